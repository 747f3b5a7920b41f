package authority

import (
	"context"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

// CertificateStatus returns what anybody may know of an issued certificate: what OCSP says of it, its template and its dates. Whom
// it names and which application it came from are left out. What was never issued is fail.NotFound.
func (a *Authority) CertificateStatus(ctx context.Context, issuer, serial string) (c registry.Certificate, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		c, err = tx.Certificate(issuer, serial)
		return err
	})
	if err == nil && c.Stage != registry.Issued {
		err = fail.New(fail.NotFound, "certificate.not-found")
	}
	if err != nil {
		return registry.Certificate{}, err
	}
	return registry.Certificate{
		Issuer: c.Issuer, Serial: c.Serial, Profile: c.Profile, NotBefore: c.NotBefore, NotAfter: c.NotAfter, IssuedAt: c.IssuedAt,
		Stage: c.Stage, Status: c.Status, StatusAt: c.StatusAt, Reason: c.Reason, Invalidity: c.Invalidity,
	}, nil
}
