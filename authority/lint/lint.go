// Package lint checks the exact bytes of a certificate before they are signed: whatever made them, what comes out must be
// what the template says, within the limits of its issuer, under a key that is worth certifying.
//
// It shares nothing with package profile but the template's description: the bytes are parsed back by pki/cert under a
// placeholder signature of the right length. Every fault is a code with its sentence in authority/messages.toml. RFC 5280
// and the national form (facts/kz-pki.md sections 0 and 2) are the ground of the rules.
package lint

import (
	"bytes"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// Serial numbers of this product (DESIGN section 3).
const (
	serialSize           = 20
	serialLow, serialTop = 0x10, 0x7f // of the first octet
)

// maxName is in characters: the least of the upper bounds of RFC 5280 appendix A that readers enforce.
const maxName = 64

// Check returns what is wrong with tbs as a certificate of the template t by issuer; issuer is nil for a self-signed root. The
// error is fail.Fields: the name of each is the part that has the fault.
func Check(t *profile.Template, issuer *cert.Certificate, tbs []byte) error {
	c, err := parse(t, issuer, tbs)
	if err != nil {
		return fail.Fields{{Name: "certificate", Code: "lint.form"}}
	}
	k := checker{t: t, c: c, issuer: issuer}
	k.serial()
	k.names()
	k.validity()
	k.key()
	k.extensions()
	k.usage()
	k.addresses()
	return k.faults.Err()
}

// parse reads tbs back under a placeholder signature.
func parse(t *profile.Template, issuer *cert.Certificate, tbs []byte) (*cert.Certificate, error) {
	scheme := t.Hierarchy().Scheme
	size := 512 // of a root's own key, not known before it is parsed; no reader looks
	if issuer != nil && issuer.PublicKey != nil {
		size = scheme.Length(issuer.PublicKey.Key)
	}
	raw, err := cert.Assemble(tbs, scheme, make([]byte, size))
	if err != nil {
		return nil, err
	}
	return cert.Parse(raw)
}

type checker struct {
	t      *profile.Template
	c      *cert.Certificate
	issuer *cert.Certificate
	faults fail.Fields
}

func (k *checker) fault(part, code string, args ...string) { k.faults.Add(part, code, args...) }

func (k *checker) serial() {
	s := k.c.Serial
	if len(s) != serialSize || s[0] < serialLow || s[0] > serialTop {
		k.fault("serial", "lint.serial")
	}
	if k.c.Version != 3 {
		k.fault("version", "lint.form")
	}
	if !k.c.SignatureAlgorithm.Equal(k.t.Hierarchy().Scheme.Identifier) {
		k.fault("signature", "lint.signature-algorithm")
	}
}

func (k *checker) names() {
	want := k.t.Hierarchy().Issuer
	if k.issuer != nil {
		want = k.issuer.RawSubject
	} else if k.t.Name == profile.Root {
		want = k.c.RawSubject
	}
	if !bytes.Equal(k.c.RawIssuer, want) {
		k.fault("issuer", "lint.issuer-name")
	}
	at := 0
	for _, a := range k.t.Subject {
		if at < len(k.c.Subject) && len(k.c.Subject[at]) == 1 && k.c.Subject[at][0].Type == a.Type {
			k.attribute(a, k.c.Subject[at][0])
			at++
		} else if !a.Optional {
			k.fault("subject", "lint.subject-missing", "attribute", a.Type.Name())
		}
	}
	if at != len(k.c.Subject) {
		k.fault("subject", "lint.subject-extra")
	}
}

// PlainText reports whether a text may stand in a name: nothing in it is invisible, superfluous or decomposed.
func PlainText(s string) bool {
	hidden := strings.ContainsFunc(s, func(r rune) bool {
		return unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co) || r == utf8.RuneError
	})
	return !hidden && strings.TrimSpace(s) == s && !strings.Contains(s, "  ") && norm.NFC.IsNormalString(s)
}

func (k *checker) attribute(want profile.Attribute, a cert.Attribute) {
	name := a.Type.Name()
	if der.Tag(a.Tag) != want.Tag {
		k.fault("subject", "lint.subject-type", "attribute", name)
	}
	if n := utf8.RuneCountInString(a.Value); n == 0 || n > maxName {
		k.fault("subject", "lint.subject-length", "attribute", name)
	}
	if !PlainText(a.Value) {
		k.fault("subject", "lint.subject-characters", "attribute", name)
	}
	switch a.Type {
	case oid.Country:
		if a.Value != "KZ" {
			k.fault("subject", "lint.subject-country")
		}
	case oid.SerialNumber:
		if number, ok := strings.CutPrefix(a.Value, "IIN"); !ok || iin.CheckLenient(number) != nil {
			k.fault("subject", "lint.subject-iin")
		}
	}
}

func (k *checker) validity() {
	from, to := k.c.NotBefore, k.c.NotAfter
	switch {
	case !to.After(from):
		k.fault("validity", "lint.validity")
	case k.issuer != nil && (from.Before(k.issuer.NotBefore) || to.After(k.issuer.NotAfter)):
		k.fault("validity", "lint.validity-issuer")
	case k.t.Years > 0 && to.After(from.AddDate(k.t.Years, 0, 0)):
		k.fault("validity", "lint.validity-long")
	}
	if from.Nanosecond() != 0 || to.Nanosecond() != 0 || from.Location() != time.UTC {
		k.fault("validity", "lint.validity")
	}
}

func (k *checker) key() {
	if k.c.PublicKey == nil {
		k.fault("key", "lint.key-unknown")
		return
	}
	if k.t.Kind != "" && k.c.PublicKey.Kind.Name != k.t.Kind {
		k.fault("key", "lint.key-kind")
	}
	if err := Key(k.c.PublicKey); err != nil {
		k.faults.AddError("key", err)
	}
	if k.issuer != nil && k.c.PublicKey.Equal(k.issuer.PublicKey) {
		k.fault("key", "lint.key-of-issuer")
	}
	if !bytes.Equal(k.c.SubjectKeyID, cert.KeyID(k.c.PublicKey)) {
		k.fault("subjectKeyIdentifier", "lint.key-id")
	}
}

func (k *checker) extensions() {
	var have []oid.OID
	for _, e := range k.c.Extensions {
		have = append(have, e.OID)
		if e.Critical != critical(k.t, e.OID) {
			k.fault(e.OID.Name(), "lint.critical")
		}
	}
	want := k.t.Written()
	for _, id := range want {
		if !slices.Contains(have, id) {
			k.fault(id.Name(), "lint.extension-missing")
		}
	}
	for i, id := range have {
		if !slices.Contains(want, id) || slices.Contains(have[:i], id) {
			k.fault(id.Name(), "lint.extension-extra")
		}
	}
	if !slices.Equal(have, want) && len(have) == len(want) {
		k.fault("extensions", "lint.extension-order")
	}
	for _, id := range k.c.Malformed {
		k.fault(id.Name(), "lint.extension-form")
	}
	switch {
	case k.issuer != nil && !bytes.Equal(k.c.AuthorityKeyID.KeyID, k.issuer.SubjectKeyID):
		k.fault("authorityKeyIdentifier", "lint.authority-key-id")
	case k.t.Name == profile.Root && !bytes.Equal(k.c.AuthorityKeyID.KeyID, k.c.SubjectKeyID):
		k.fault("authorityKeyIdentifier", "lint.authority-key-id")
	}
	if policy := k.t.Hierarchy().Policy; policy != "" && slices.Contains(want, oid.ExtCertificatePolicies) {
		if len(k.c.Policies) != 1 || k.c.Policies[0].OID != policy {
			k.fault("certificatePolicies", "lint.policy")
		}
	}
}

// critical says which extensions are: RFC 5280 sections 4.2.1.3 and 4.2.1.9, and the responder of the national form.
func critical(t *profile.Template, id oid.OID) bool {
	return id == oid.ExtBasicConstraints || id == oid.ExtKeyUsage && !t.UsageFree
}

func (k *checker) usage() {
	c := k.c
	if c.KeyUsage != k.t.Usage || !slices.Equal(c.ExtKeyUsage, k.t.Purposes) {
		k.fault("usage", "lint.usage")
	}
	signs := c.KeyUsage&(cert.KeyCertSign|cert.CRLSign) != 0
	if c.IsCA() != k.t.CA || signs != k.t.CA {
		k.fault("usage", "lint.usage-authority")
	}
	// One key does not both log in and sign documents: a site that asks for a login must never obtain a signature (facts section 2.4).
	if c.HasPurpose(oid.EKUClientAuth) && (c.HasPurpose(oid.EKUEmailProtection) || c.KeyUsage&cert.NonRepudiation != 0) {
		k.fault("usage", "lint.usage-both")
	}
	if c.HasPurpose(oid.EKUEmailProtection) && c.KeyUsage&cert.NonRepudiation == 0 {
		k.fault("usage", "lint.usage")
	}
	if c.OCSPNoCheck != c.HasPurpose(oid.EKUOCSPSigning) {
		k.fault("usage", "lint.usage-ocsp")
	}
}

func (k *checker) addresses() {
	for _, list := range [][]string{k.c.CRLURLs, k.c.FreshestCRLURLs, k.c.OCSPURLs, k.c.CAIssuersURLs} {
		for _, s := range list {
			u, err := url.Parse(s)
			// Plain http: whoever checks a certificate must not need another one for it (RFC 5280 section 8).
			if err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil || u.Fragment != "" {
				k.fault("address", "lint.address", "url", s)
			}
		}
	}
}

// Key reports whether a public key is worth certifying: strong enough, of a sound form. Errors are fail.Invalid with codes
// lint.key-weak and lint.key-unknown. Whether it was seen before is for the register to say.
func Key(pub *alg.PublicKey) error {
	if pub == nil || pub.Kind == nil {
		return fail.New(fail.Invalid, "lint.key-unknown")
	}
	if err := alg.Acceptable(pub, nil); err != nil {
		return fail.Wrap(fail.Invalid, "lint.key-weak", err)
	}
	return rsaSound(pub)
}
