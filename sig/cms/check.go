package cms

import (
	"bytes"
	"crypto/subtle"
	"errors"
	"slices"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

// gost95 is the one digest that is met in two orders (facts/kz-pki.md section 0 row 7).
const gost95 = "gost-34311-95"

// maxModulus caps the keys that signatures are computed with, in bits; a larger one would only take time.
const maxModulus = 8192

// Check verifies signer i over the content. content is that of a detached message; nil takes the attached one, and where both
// are there and differ, that is finding.ContentDiffers. more are certificates to look for the signer's in, after the message's own.
func (m *Message) Check(i int, content []byte, more []*cert.Certificate) Check {
	differs := !m.Detached && content != nil && !bytes.Equal(content, m.Content)
	if !m.Detached {
		content = m.Content
	}
	digests := func(h *alg.Hash) ([]byte, error) {
		if content == nil {
			return nil, ErrContentMissing
		}
		return h.Sum(content), nil
	}
	c := m.CheckDigest(i, digests, more)
	if m.Detached && m.Signers[i].RawSignedAttrs == nil && AreAttributes(content) {
		c.passedOff()
	}
	if differs {
		c.Content = false
		c.fatal(finding.ContentDiffers)
	}
	return c
}

// ErrContentMissing is the cause of AddSigner's error for a detached message without its content.
var ErrContentMissing = errors.New("the content isn't there")

// CheckDigest is Check for a content that was hashed elsewhere, as a stream or in the page. digests answers the content's digest in
// stream order, or an error when there is none, which is finding.ContentMissing. An attached content is not hashed. Whoever has a detached one at hand
// asks AreAttributes, too, for a signer without signed attributes.
func (m *Message) CheckDigest(i int, digests func(*alg.Hash) ([]byte, error), more []*cert.Certificate) Check {
	s := &m.Signers[i]
	var best Check
	candidates := s.candidates(m.Certificates, more)
	for n, certificate := range candidates {
		c := m.check(s, certificate, digests)
		if n == 0 || better(c, best) {
			best = c
		}
		if len(best.Findings) == 0 {
			break
		}
	}
	if len(candidates) == 0 {
		best.missing(finding.NoSigningCertificate)
		a, ok := best.attributes(m, s)
		// What doesn't need the key is still told.
		if h, err := alg.HashByID(s.DigestAlgorithm); ok && a != nil && err == nil {
			best.content(h, a.messageDigest, digests)
		}
	}
	return best
}

// better reports whether a is closer to good than b.
func better(a, b Check) bool {
	rank := func(c Check) int {
		n := 0
		for _, f := range c.Findings {
			n += 1 + int(f.Severity)
		}
		if !c.Attributes {
			n += 100
		}
		return n
	}
	return rank(a) < rank(b)
}

// candidates are the certificates that the signer's identifier names. An attacker can add any number of them, hence the cap.
func (s *Signer) candidates(own, more []*cert.Certificate) []*cert.Certificate {
	var out []*cert.Certificate
	for _, list := range [][]*cert.Certificate{own, more} {
		for _, c := range list {
			if len(out) == maxCandidates {
				return out
			}
			if s.names(c) && !slices.ContainsFunc(out, func(o *cert.Certificate) bool { return bytes.Equal(o.Raw, c.Raw) }) {
				out = append(out, c)
			}
		}
	}
	return out
}

func (s *Signer) names(c *cert.Certificate) bool {
	if s.SubjectKeyID != nil {
		return len(c.SubjectKeyID) > 0 && bytes.Equal(c.SubjectKeyID, s.SubjectKeyID)
	}
	return bytes.Equal(c.Serial, s.Serial) && cert.EqualName(c.RawIssuer, s.IssuerRaw)
}

func (m *Message) check(s *Signer, certificate *cert.Certificate, digests func(*alg.Hash) ([]byte, error)) Check {
	c := Check{Certificate: certificate}
	a, ok := c.attributes(m, s)
	scheme, err := alg.SchemeForCMS(s.DigestAlgorithm, s.SignatureAlgorithm, certificate.PublicKey)
	if err != nil {
		id := s.SignatureAlgorithm.OID
		if _, unknown := alg.HashByID(s.DigestAlgorithm); unknown != nil {
			id = s.DigestAlgorithm.OID
		}
		c.fatal(finding.UnsupportedAlgorithm, "oid", string(id))
		return c
	}
	c.Scheme = scheme
	if err := alg.Acceptable(certificate.PublicKey, scheme.Hash); err != nil {
		c.fatal(finding.WeakAlgorithm, "what", err.Error())
		if certificate.PublicKey.BitLen() > maxModulus {
			return c
		}
	}
	if !ok {
		return c
	}
	if a == nil {
		c.overContent(s, digests)
		if AreAttributes(m.Content) {
			c.passedOff()
		}
		return c
	}
	// scheme.Verify and not VerifyDigest: weakness has been found above, and is not the same as a wrong signature.
	c.Attributes = scheme.Verify(certificate.PublicKey.Key, scheme.Hash.Sum(s.RawSignedAttrs), s.Signature)
	if !c.Attributes {
		c.fatal(finding.SignatureValueWrong)
	}
	if !a.names(certificate) {
		c.fatal(finding.SigningCertificateMismatch)
	}
	c.content(scheme.Hash, a.messageDigest, digests)
	return c
}

// overContent checks a signature without signed attributes, which is over the content itself.
func (c *Check) overContent(s *Signer, digests func(*alg.Hash) ([]byte, error)) {
	digest, err := digests(c.Scheme.Hash)
	if err != nil {
		c.missing(finding.ContentMissing)
		return
	}
	c.Attributes = len(digest) == c.Scheme.Hash.Size && c.Scheme.Verify(c.Certificate.PublicKey.Key, digest, s.Signature)
	c.Content = c.Attributes
	if !c.Attributes {
		c.fatal(finding.SignatureValueWrong)
	}
}

// AreAttributes reports whether a content is a set of signed attributes. What a signature with attributes is over is such a set, and
// the message doesn't say which of the two was signed: without its attributes the same signature would be one over the set as a
// document (RFC 5652 section 5.3 forbids it for other content types only).
func AreAttributes(content []byte) bool {
	if len(content) == 0 || content[0] != byte(der.TagSet) {
		return false
	}
	outer := der.NewReader(content)
	set := outer.Set()
	digest := false
	for !set.Empty() {
		a := set.Sequence()
		digest = a.OID() == oid.MessageDigest || digest
		a.Set()
		a.End()
	}
	return outer.End() == nil && digest
}

func (c *Check) passedOff() {
	c.Content = false
	c.fatal(finding.Malformed, "why", "the content is the signed attributes of another signature")
}

// content compares the signed digest with the content's.
func (c *Check) content(h *alg.Hash, signed []byte, digests func(*alg.Hash) ([]byte, error)) {
	digest, err := digests(h)
	if err != nil {
		c.missing(finding.ContentMissing)
		return
	}
	c.Content = subtle.ConstantTimeCompare(digest, signed) == 1
	if !c.Content && h.Name == gost95 {
		// The C library writes messageDigest byte-reversed (facts/kz-pki.md section 0 row 7); nothing in the message says
		// which order was used, so both are tried. Streebog is never reversed.
		reversed := bytes.Clone(digest)
		slices.Reverse(reversed)
		c.Content = subtle.ConstantTimeCompare(reversed, signed) == 1
	}
	if !c.Content {
		c.fatal(finding.DigestMismatch)
	}
}

// A signedAttributes is what the signed attributes say.
type signedAttributes struct {
	messageDigest []byte
	references    []certReference // of signingCertificate and signingCertificateV2: the signer's own comes first
}

// A certReference is the first ESSCertID or ESSCertIDv2 (RFC 5035 section 4).
type certReference struct {
	hash   *alg.Hash
	value  []byte
	serial []byte // of issuerSerial; nil when absent
}

// names reports whether every reference is to the certificate.
func (a *signedAttributes) names(c *cert.Certificate) bool {
	for _, ref := range a.references {
		if ref.hash == nil || subtle.ConstantTimeCompare(ref.hash.Sum(c.Raw), ref.value) != 1 {
			return false
		}
		if ref.serial != nil && !bytes.Equal(ref.serial, c.Serial) {
			return false
		}
	}
	return true
}

// signedOnly must not be unsigned attributes (RFC 5652 section 11, RFC 5035 section 5.4): a program that looked there would believe anyone.
var signedOnly = []oid.OID{oid.ContentType, oid.MessageDigest, oid.SigningTime, oid.SigningCertificate, oid.SigningCertificateV2}

// attributes reads the signed attributes by RFC 5652 sections 5.3 and 11. It answers nil when there are none, and false when they
// are so wrong that nothing can be computed from them.
func (c *Check) attributes(m *Message, s *Signer) (*signedAttributes, bool) {
	for _, a := range s.Unsigned {
		if slices.Contains(signedOnly, a.OID) {
			c.fatal(finding.Malformed, "why", "attribute "+a.OID.Name()+" is not signed")
			return nil, false
		}
	}
	if s.RawSignedAttrs == nil {
		if m.ContentType != oid.Data {
			// RFC 5652 section 5.3: then they must be present, or a signature over attributes could be passed off as one over such a content.
			c.fatal(finding.AttributeMissing, "oid", string(oid.ContentType))
			return nil, false
		}
		return nil, true
	}
	if !sortedDER(s.RawSignedAttrs) {
		c.fatal(finding.AttributesNotDER)
	}
	a := new(signedAttributes)
	ok := true
	one := func(kind oid.OID, required bool) []byte {
		count, value := 0, []byte(nil)
		for _, x := range s.SignedAttributes {
			if x.OID == kind {
				if count++; len(x.Values) == 1 {
					value = x.Values[0]
				}
			}
		}
		switch {
		case count == 0 && required:
			c.fatal(finding.AttributeMissing, "oid", string(kind))
			ok = false
		case count > 1 || count == 1 && value == nil:
			c.fatal(finding.Malformed, "why", "attribute "+kind.Name()+" has not exactly one value")
			ok = false
			return nil
		}
		return value
	}
	read := func(value []byte, kind oid.OID, f func(*der.Reader)) {
		if value == nil {
			return
		}
		r := der.NewReader(value)
		if f(r); r.End() != nil {
			c.fatal(finding.Malformed, "why", "attribute "+kind.Name())
			ok = false
		}
	}
	read(one(oid.ContentType, true), oid.ContentType, func(r *der.Reader) {
		if kind := r.OID(); r.Err() == nil && kind != m.ContentType {
			c.fatal(finding.ContentTypeMismatch)
		}
	})
	read(one(oid.MessageDigest, true), oid.MessageDigest, func(r *der.Reader) { a.messageDigest = r.OctetString() })
	read(one(oid.SigningTime, false), oid.SigningTime, func(r *der.Reader) { r.Time() })
	read(one(oid.SigningCertificate, false), oid.SigningCertificate, func(r *der.Reader) { a.readReference(r, false) })
	read(one(oid.SigningCertificateV2, false), oid.SigningCertificateV2, func(r *der.Reader) { a.readReference(r, true) })
	read(one(oid.CMSAlgorithmProtect, false), oid.CMSAlgorithmProtect, func(r *der.Reader) { s.checkProtection(r) })
	return a, ok
}

// readReference reads the first certificate reference of SigningCertificate or SigningCertificateV2. The others, of issuers, say
// nothing about the signer.
func (a *signedAttributes) readReference(r *der.Reader, v2 bool) {
	s := r.Sequence()
	certs := s.Sequence()
	if !s.Empty() {
		s.Element(der.TagSequence) // policies
	}
	s.End()
	id := certs.Sequence()
	ref := certReference{hash: alg.SHA1}
	if v2 {
		ref.hash = alg.SHA256
		if tag, ok := id.PeekTag(); ok && tag == der.TagSequence {
			// A digest that isn't known leaves the reference unverifiable, which is not the same as absent.
			ref.hash, _ = alg.HashByID(alg.ReadIdentifier(id))
		}
	}
	ref.value = id.OctetString()
	if !id.Empty() {
		issuerSerial := id.Sequence()
		issuerSerial.Sequence()
		ref.serial = issuerSerial.BigInt()
		issuerSerial.End()
	}
	id.End()
	a.references = append(a.references, ref)
}

// checkProtection is RFC 6211: the signed copies of the two algorithms have to be the ones used.
func (s *Signer) checkProtection(r *der.Reader) {
	p := r.Sequence()
	digest := alg.ReadIdentifier(p)
	signature, ok := p.Optional(der.ContextConstructedTag(1))
	p.End()
	if !ok || r.Err() != nil {
		r.Fail("no signature algorithm")
		return
	}
	inside := signature.Inside()
	if digest.OID != s.DigestAlgorithm.OID || inside.OID() != s.SignatureAlgorithm.OID {
		r.Fail("other algorithms than those used")
	}
}

// sortedDER reports whether the attributes are a DER SET OF: each attribute, and its own set of values, in the order of X.690
// section 11.6. Lengths have been checked by the reader.
func sortedDER(set []byte) bool {
	r := der.NewReader(set)
	attributes := r.Set()
	var last []byte
	for !attributes.Empty() {
		e := attributes.Any()
		if last != nil && bytes.Compare(last, e.Full) > 0 {
			return false
		}
		last = e.Full
		a := e.Inside()
		a.Any()
		values := a.Set()
		var lastValue []byte
		for !values.Empty() {
			v := values.Any()
			if lastValue != nil && bytes.Compare(lastValue, v.Full) > 0 {
				return false
			}
			lastValue = v.Full
		}
		if a.Err() != nil {
			return false
		}
	}
	return r.End() == nil
}

func (c *Check) fatal(code finding.Code, args ...string) { c.add(code, finding.Fatal, args) }

func (c *Check) missing(code finding.Code) { c.add(code, finding.Missing, nil) }

func (c *Check) add(code finding.Code, severity finding.Severity, args []string) {
	f := finding.Finding{Code: code, Severity: severity}
	if c.Certificate != nil {
		f.Subject = c.Certificate.Subject.Short()
	}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	c.Findings = append(c.Findings, f)
}
