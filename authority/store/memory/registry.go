package memory

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority/registry"
)

func copyCertificate(c registry.Certificate) registry.Certificate {
	c.TBS, c.DER = bytes.Clone(c.TBS), bytes.Clone(c.DER)
	for _, at := range []*time.Time{&c.NotBefore, &c.NotAfter, &c.StatusAt, &c.Invalidity, &c.Prepared, &c.IssuedAt} {
		*at = instant(*at)
	}
	return c
}

func (t *tx) InsertCertificate(c registry.Certificate) error {
	if err := t.writing(); err != nil {
		return err
	}
	key := certificateKey{c.Issuer, c.Serial}
	if _, taken := t.s.certificates[key]; taken {
		return conflict(registry.CodeSerialTaken)
	}
	if c.Stage != registry.Abandoned {
		if _, taken := t.s.byKey[c.KeyHash]; taken {
			return conflict(registry.CodeKeyTaken)
		}
		put(t, t.s.byKey, c.KeyHash, key)
	}
	put(t, t.s.certificates, key, copyCertificate(c))
	return nil
}

func (t *tx) IssueCertificate(c registry.Certificate) error {
	if err := t.writing(); err != nil {
		return err
	}
	key := certificateKey{c.Issuer, c.Serial}
	row, ok := t.s.certificates[key]
	if !ok {
		return notFound("certificate")
	}
	if row.Stage != registry.Prepared {
		return conflict(registry.CodeStage)
	}
	c = copyCertificate(c)
	row.Stage, row.DER, row.IssuedAt = registry.Issued, c.DER, c.IssuedAt
	put(t, t.s.certificates, key, row)
	return nil
}

func (t *tx) UpdateCertificate(c registry.Certificate) error {
	if err := t.writing(); err != nil {
		return err
	}
	key := certificateKey{c.Issuer, c.Serial}
	row, ok := t.s.certificates[key]
	if !ok {
		return notFound("certificate")
	}
	abandoned := row.Stage == registry.Prepared && c.Stage == registry.Abandoned
	if row.Stage != c.Stage && !abandoned {
		return conflict(registry.CodeStage)
	}
	if abandoned {
		drop(t, t.s.byKey, row.KeyHash)
	}
	c = copyCertificate(c)
	row.Stage, row.Status, row.StatusAt, row.Reason, row.Invalidity = c.Stage, c.Status, c.StatusAt, c.Reason, c.Invalidity
	put(t, t.s.certificates, key, row)
	return nil
}

func (t *tx) Certificate(issuer, serial string) (registry.Certificate, error) {
	if err := t.reading(); err != nil {
		return registry.Certificate{}, err
	}
	c, ok := t.s.certificates[certificateKey{issuer, serial}]
	if !ok {
		return registry.Certificate{}, notFound("certificate")
	}
	return copyCertificate(c), nil
}

func (t *tx) CertificateByKey(hash [32]byte) (registry.Certificate, error) {
	if err := t.reading(); err != nil {
		return registry.Certificate{}, err
	}
	key, ok := t.s.byKey[hash]
	if !ok {
		return registry.Certificate{}, notFound("certificate")
	}
	return copyCertificate(t.s.certificates[key]), nil
}

// some returns copies of the certificates for which pick is true, in the order given.
func (t *tx) some(pick func(registry.Certificate) bool, order func(a, b registry.Certificate) int) []registry.Certificate {
	var found []registry.Certificate
	for _, c := range t.s.certificates {
		if pick(c) {
			found = append(found, copyCertificate(c))
		}
	}
	slices.SortFunc(found, order)
	return found
}

func bySerial(a, b registry.Certificate) int {
	return cmp.Or(cmp.Compare(a.Serial, b.Serial), cmp.Compare(a.Issuer, b.Issuer))
}

func newestFirst(a, b registry.Certificate) int {
	return cmp.Or(b.Prepared.Compare(a.Prepared), bySerial(a, b))
}

func (t *tx) CertificatesOf(number string) ([]registry.Certificate, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	oldestFirst := func(a, b registry.Certificate) int {
		return cmp.Or(a.Prepared.Compare(b.Prepared), bySerial(a, b))
	}
	return t.some(func(c registry.Certificate) bool { return number != "" && c.Application == number }, oldestFirst), nil
}

func (t *tx) FindCertificates(f registry.Filter) ([]registry.Certificate, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	name := registry.FoldName(f.NamePrefix)
	found := t.some(func(c registry.Certificate) bool {
		return (f.IIN == "" || c.IIN == f.IIN) && strings.HasPrefix(c.Serial, f.Serial) &&
			strings.HasPrefix(registry.FoldName(c.Name), name) && (f.Stage == "" || c.Stage == f.Stage)
	}, newestFirst)
	return found[:min(len(found), limited(f.Limit))], nil
}

func (t *tx) RevokedCertificates(issuer string, notAfter time.Time) ([]registry.Certificate, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	notAfter = instant(notAfter)
	return t.some(func(c registry.Certificate) bool {
		return c.Issuer == issuer && c.Stage == registry.Issued && c.Status != registry.Valid && c.NotAfter.After(notAfter)
	}, bySerial), nil
}

func (t *tx) EachCertificate(f func(registry.Certificate) error) error {
	if err := t.reading(); err != nil {
		return err
	}
	for _, c := range t.some(func(registry.Certificate) bool { return true }, bySerial) {
		if err := f(c); err != nil {
			return err
		}
	}
	return nil
}
