package audit

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"math/big"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// compareRegister holds every row of the register against the log, and the log against the register.
func (v *verification) compareRegister() error {
	v.revoked = map[string]map[string]registry.Certificate{}
	keys := map[[32]byte]string{}
	if err := v.in.Certificates(func(c registry.Certificate) error {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		v.r.Certificates++
		if c.Stage != registry.Abandoned {
			if other, taken := keys[c.KeyHash]; taken {
				v.r.problem("certificate.key-twice", c.Subject(), "its key is in %s too", other)
			}
			keys[c.KeyHash] = c.Subject()
		}
		v.row(c)
		return nil
	}); err != nil {
		return err
	}
	for subject, h := range v.certificates {
		if !h.seen {
			v.r.problem("certificate.missing", subject, "the log knows it, the register does not")
		}
	}
	return nil
}

// row compares one row of the register with the log and with itself.
func (v *verification) row(c registry.Certificate) {
	subject := c.Subject()
	h := v.certificates[subject]
	if h == nil {
		v.r.problem("certificate.unrecorded", subject, "the register has it, the log does not")
		return
	}
	h.seen = true
	if c.Stage == registry.Issued && c.Status != registry.Valid {
		if v.revoked[c.Issuer] == nil {
			v.revoked[c.Issuer] = map[string]registry.Certificate{}
		}
		light := c
		light.TBS, light.DER = nil, nil
		v.revoked[c.Issuer][c.Serial] = light
	}
	v.preparation(c, subject, h)
	switch {
	case (h.issued != nil) != (c.Stage == registry.Issued), (h.abandoned != nil) != (c.Stage == registry.Abandoned):
		v.r.problem("certificate.stage", subject, "the register says %s; the log: issued %t, abandoned %t", c.Stage, h.issued != nil, h.abandoned != nil)
	case c.Stage == registry.Prepared:
		v.r.Open = append(v.r.Open, subject)
	case c.Stage == registry.Issued:
		if h.issued.DER != sum(c.DER) {
			v.r.problem("certificate.changed", subject, "it is not the certificate that was recorded")
		}
	}
	if c.Stage == registry.Issued {
		v.issuedRow(c, subject)
	} else if c.DER != nil {
		v.r.problem("certificate.stage", subject, "it is %s and has a certificate", c.Stage)
	}
	v.status(c, subject, h)
}

// preparation checks what was decided before the signature, and that somebody decided it.
func (v *verification) preparation(c registry.Certificate, subject string, h *history) {
	p := h.prepared
	if p == nil {
		v.r.problem("certificate.unrecorded", subject, "its preparation is not in the log")
		return
	}
	if p.TBS != sum(c.TBS) || p.KeyHash != hex.EncodeToString(c.KeyHash[:]) || p.Application != c.Application || p.Profile != c.Profile {
		v.r.problem("certificate.changed", subject, "it is not what was prepared")
	}
	if c.Application == "" {
		if at := v.ordered[subject]; at == 0 || at > h.at {
			v.r.problem("certificate.unapproved", subject, "nobody ordered it before it was prepared")
		}
		return
	}
	a := v.applications[c.Application]
	if a == nil || a.approved[p.KeyHash] == 0 || a.approved[p.KeyHash] > h.at {
		v.r.problem("certificate.unapproved", subject, "its key was not approved in application %s before it was prepared", c.Application)
	}
}

// issuedRow checks the certificate by itself and against its row.
func (v *verification) issuedRow(c registry.Certificate, subject string) {
	parsed, err := cert.Parse(c.DER)
	if err != nil {
		v.r.problem("certificate.changed", subject, "%v", err)
		return
	}
	issuer, ok := v.in.Issuers[c.Issuer]
	if !ok || issuer.Certificate == nil || issuer.Root {
		v.r.problem("certificate.issuer", subject, "no issuing authority is called %s", c.Issuer)
	} else if !bytes.Equal(parsed.RawIssuer, issuer.Certificate.RawSubject) {
		v.r.problem("certificate.issuer", subject, "it names another issuer")
	} else if issuer.Certificate.PublicKey == nil || parsed.CheckSignature(issuer.Certificate.PublicKey) != nil {
		v.r.problem("certificate.signature", subject, "its signature is not that of %s", c.Issuer)
	}
	if !bytes.Equal(parsed.RawTBS, c.TBS) {
		v.r.problem("certificate.changed", subject, "it is not what was prepared")
	}
	if registry.FormatSerial(parsed.Serial) != c.Serial || sha256.Sum256(parsed.RawSPKI) != c.KeyHash ||
		!parsed.NotBefore.Equal(c.NotBefore) || !parsed.NotAfter.Equal(c.NotAfter) || parsed.IIN() != c.IIN || parsed.CommonName() != c.Name {
		v.r.problem("certificate.row", subject, "serial, key, validity, IIN or name of the row are not those of the certificate")
	}
}

// status compares the row's status with the last leaf about it.
func (v *verification) status(c registry.Certificate, subject string, h *history) {
	status, at, reason, invalidity := registry.Valid, time.Time{}, -1, time.Time{}
	if s := h.status; s != nil {
		status, at, invalidity = registry.Status(s.Status), s.At, s.Invalidity
		if s.Reason != nil {
			reason = *s.Reason
		}
	}
	if c.Status != status || !c.StatusAt.Equal(at) || c.Reason != reason || !c.Invalidity.Equal(invalidity) {
		v.r.problem("certificate.status", subject, "the register says %s (%d) since %s, the log %s (%d) since %s",
			c.Status, c.Reason, c.StatusAt.Format(time.RFC3339), status, reason, at.Format(time.RFC3339))
	}
}

// compareLists checks each published list: its signature, that it is the one that was recorded, and that it agrees with
// the register.
func (v *verification) compareLists() error {
	seen := map[string]bool{}
	for _, l := range v.in.Lists {
		v.r.Lists++
		seen[l.Issuer] = true
		if f, ok := v.lists[l.Issuer]; !ok || f.Number != l.Number || f.DER != sum(l.DER) {
			v.r.problem("list.changed", l.Issuer, "list %d is not the last that was recorded", l.Number)
		}
		list, err := crl.Parse(l.DER)
		if err != nil {
			v.r.problem("list.changed", l.Issuer, "%v", err)
			continue
		}
		issuer, ok := v.in.Issuers[l.Issuer]
		if !ok || issuer.Certificate == nil || issuer.Certificate.PublicKey == nil ||
			!bytes.Equal(list.RawIssuer, issuer.Certificate.RawSubject) || list.CheckSignature(issuer.Certificate.PublicKey) != nil {
			v.r.problem("list.signature", l.Issuer, "list %d is not signed by %s", l.Number, l.Issuer)
			continue
		}
		if issuer.Root {
			continue // its entries are authorities, which are not in the register
		}
		if new(big.Int).SetBytes(list.Number).Cmp(big.NewInt(l.Number)) != 0 {
			v.r.problem("list.changed", l.Issuer, "list %d says another number", l.Number)
		}
		v.listEntries(l.Issuer, list)
	}
	for issuer := range v.lists {
		if !seen[issuer] {
			v.r.problem("list.missing", issuer, "a list was recorded, and none is in the store")
		}
	}
	return nil
}

// listEntries compares a list with the register as it was at the list's thisUpdate, which is in whole seconds.
func (v *verification) listEntries(issuer string, list *crl.List) {
	listed := map[string]bool{}
	for _, e := range list.Entries {
		serial := registry.FormatSerial(e.Serial)
		listed[serial] = true
		c, ok := v.revoked[issuer][serial]
		if h := v.certificates[issuer+"/"+serial]; !ok && h != nil && h.status != nil && !h.status.At.Before(list.ThisUpdate) {
			continue // a hold that was lifted since
		}
		if !ok {
			v.r.problem("list.register", issuer+"/"+serial, "the list has it, and it is not revoked")
			continue
		}
		if c.StatusAt.Before(list.ThisUpdate) && (e.Reason != c.Reason || !e.Time.Equal(c.StatusAt.Truncate(time.Second))) {
			v.r.problem("list.register", issuer+"/"+serial, "the list gives another reason or time than the register")
		}
	}
	for serial, c := range v.revoked[issuer] {
		// A hold that became a revocation since the list was there before; one later than the list need not be.
		if c.StatusAt.Before(list.ThisUpdate) && c.NotAfter.After(list.ThisUpdate) && !listed[serial] {
			v.r.problem("list.register", issuer+"/"+serial, "it is revoked, and the list does not have it")
		}
	}
}

// compareApplications checks that every application stands where its last recorded move left it.
func (v *verification) compareApplications() error {
	if err := v.in.Applications(func(s Standing) error {
		v.r.Applications++
		c := v.applications[s.Number]
		if c == nil {
			if s.State != v.in.Draft {
				v.r.problem("application.unrecorded", s.Number, "it is %s, and the log does not know it", s.State)
			}
			return nil
		}
		c.seen = true
		if c.state != s.State {
			v.r.problem("application.changed", s.Number, "it is %s, and the log says %s", s.State, c.state)
		}
		return nil
	}); err != nil {
		return err
	}
	var missing []string
	for number, c := range v.applications {
		if !c.seen && c.state != v.in.Draft {
			missing = append(missing, number)
		}
	}
	slices.Sort(missing)
	for _, number := range missing {
		v.r.problem("application.missing", number, "the log knows it, the store does not")
	}
	return nil
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}
