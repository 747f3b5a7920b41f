package publish

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
)

// maxAsked caps the certificates of one request: each costs a look-up in the register, and who sends it is not known. Real
// clients ask about one, at most about a chain.
const maxAsked = 20

// A Responder answers OCSP requests (RFC 6960) from the register, in the form of facts/kz-pki.md section 3.6. It may be
// used by several goroutines at once.
type Responder struct {
	authorities []*ca.Authority
	roots       []ca.Root
	byID        map[issuerID]*ca.Authority
	view        View
	clock       clock.Clock
}

// issuerID names an authority as a CertID does.
type issuerID struct{ hash, name, key string }

// NewResponder makes a Responder for the authorities of the hierarchy.
func NewResponder(h Hierarchy, view View, clock clock.Clock) *Responder {
	r := &Responder{authorities: h.Authorities(), roots: h.Roots(), byID: map[issuerID]*ca.Authority{}, view: view, clock: clock}
	for _, a := range r.authorities {
		for _, hash := range alg.Hashes() { // SHA-1 and SHA-256 are what is met; any other that is linked costs nothing
			id := ocsp.NewCertID(hash, a.Certificate, nil)
			r.byID[idOf(id)] = a
		}
	}
	return r
}

func idOf(id ocsp.CertID) issuerID {
	return issuerID{string(id.Hash.OID), string(id.IssuerNameHash), string(id.IssuerKeyHash)}
}

// Answer answers a request, both in DER. There is always an answer, if need be one that says why there is none; err is for
// the log of the process and is nil for requests that are merely not ours or malformed.
func (r *Responder) Answer(ctx context.Context, request []byte) (response []byte, err error) {
	q, err := ocsp.ParseRequest(request)
	if err != nil || len(q.Certs) == 0 || len(q.Certs) > maxAsked || q.UnknownCritical {
		return ocsp.CreateError(ocsp.MalformedRequest), nil
	}
	a := r.authority(q)
	if a == nil {
		return ocsp.CreateError(ocsp.Unauthorized), nil
	}
	now := r.clock.Now().UTC().Truncate(time.Second)
	t := ocsp.Template{
		ResponderName: a.Responder.Certificate.RawSubject, ProducedAt: now, Nonce: q.Nonce, ExtendedRevoke: true,
		Certificates: [][]byte{a.Responder.Certificate.Raw},
		Singles:      make([]ocsp.Single, len(q.Certs)),
	}
	err = r.view(ctx, func(tx Tx) error {
		if err := audit.CheckClock(tx, now); err != nil {
			return err
		}
		for i, id := range q.Certs {
			s, err := r.single(tx, a, id)
			if err != nil {
				return err
			}
			s.ThisUpdate = now
			t.Singles[i] = s
		}
		return nil
	})
	switch {
	case fail.Is(err, fail.Unavailable), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return ocsp.CreateError(ocsp.TryLater), fmt.Errorf("couldn't answer an OCSP request: %w", err)
	case err != nil:
		return ocsp.CreateError(ocsp.InternalError), fmt.Errorf("couldn't answer an OCSP request: %w", err)
	}
	response, err = ocsp.Create(rand.Reader, t, a.Responder.Scheme, a.Responder.Key)
	if err != nil {
		return ocsp.CreateError(ocsp.InternalError), fmt.Errorf("couldn't answer an OCSP request: %w", err)
	}
	return response, nil
}

// authority returns who answers: the first authority that the request names and that is ours.
func (r *Responder) authority(q *ocsp.Request) *ca.Authority {
	for _, id := range q.Certs {
		if a := r.byID[idOf(id)]; a != nil {
			return a
		}
	}
	return nil
}

// single looks one certificate up. A certificate of another authority is unknown to the responder of this one.
func (r *Responder) single(tx Tx, a *ca.Authority, id ocsp.CertID) (ocsp.Single, error) {
	s := ocsp.Single{CertID: id, Reason: -1}
	if r.byID[idOf(id)] != a {
		s.Status = ocsp.Unknown
		return s, nil
	}
	if bytes.Equal(id.Serial, a.Responder.Certificate.Serial) {
		return s, nil // made with the hierarchy, before there was a register
	}
	c, err := tx.Certificate(a.Name, registry.FormatSerial(id.Serial))
	switch {
	case fail.Is(err, fail.NotFound), err == nil && c.Stage != registry.Issued:
		// Never issued: RFC 6960 section 2.2 lets a responder say so by this very answer, which only the extension
		// extended-revoke tells from a real hold.
		s.Status, s.RevokedAt, s.Reason = ocsp.Revoked, time.Unix(0, 0).UTC(), 6
	case err != nil:
		return s, err
	case c.Status != registry.Valid:
		s.Status, s.RevokedAt, s.Reason = ocsp.Revoked, c.StatusAt.Truncate(time.Second), c.Reason
	}
	return s, nil
}

// OCSP answers about leaf within the process; with CRL it makes a Responder a path.Fetcher.
func (r *Responder) OCSP(ctx context.Context, leaf, issuer *cert.Certificate) (*ocsp.Response, error) {
	request, _, err := ocsp.CreateRequest(alg.HashByName("sha256"), leaf, issuer, nil)
	if err != nil {
		return nil, err
	}
	response, err := r.Answer(ctx, request)
	if err != nil {
		return nil, err
	}
	return ocsp.ParseResponse(response)
}

// CRL returns the list on which leaf would stand: its authority's last, or that of a root.
func (r *Responder) CRL(ctx context.Context, leaf *cert.Certificate) (*crl.List, error) {
	for _, a := range r.authorities {
		if !bytes.Equal(leaf.RawIssuer, a.Certificate.RawSubject) {
			continue
		}
		var l List
		if err := r.view(ctx, func(tx Tx) (err error) {
			l, err = tx.LastList(a.Name)
			return err
		}); err != nil {
			return nil, fmt.Errorf("couldn't read the list of %s: %w", a.Name, err)
		}
		return crl.Parse(l.DER)
	}
	for _, root := range r.roots {
		if bytes.Equal(leaf.RawIssuer, root.Certificate.RawSubject) && root.List != nil {
			return crl.Parse(root.List)
		}
	}
	return nil, fail.New(fail.NotFound, "list.not-found")
}
