package cms

import (
	"bytes"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// pemLabels are those that signed messages are met under; the C library writes "CMS", OpenSSL both of the others.
var pemLabels = []string{"CMS", "PKCS7", "PKCS #7 SIGNED DATA"}

// Parse reads a SignedData in BER, DER, PEM or base64. It keeps references to b.
//
// What it accepts is well-formed, no more: attributes are read by Check, and what is wrong with them is a finding. The
// causes of its errors are ErrNotSignedData, ErrNoSignature and ErrMalformed.
func Parse(b []byte) (*Message, error) {
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a signed message: %w", err)
	}
	if len(m.Signers) == 0 {
		return nil, fmt.Errorf("couldn't read a signed message: %w", ErrNoSignature)
	}
	return m, nil
}

// ParseCertificates returns the certificates of a SignedData, whether it has signers or not: .p7b files are such messages.
func ParseCertificates(b []byte) ([]*cert.Certificate, error) {
	m, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read certificates of a signed message: %w", err)
	}
	return m.Certificates, nil
}

func parse(b []byte) (*Message, error) {
	ber, err := unarmor(b)
	if err != nil {
		return nil, err
	}
	raw, err := der.Normalize(ber, der.Limits{Size: MaxSize})
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSignedData, err)
	}
	outer := der.NewReader(raw)
	r := outer.Sequence()
	kind := r.OID()
	if outer.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSignedData, outer.Err())
	}
	if kind != oid.SignedData {
		return nil, fmt.Errorf("%w: %s", ErrNotSignedData, kind.Name())
	}
	content := r.Explicit(0)
	m := &Message{Raw: raw}
	m.readSignedData(content)
	content.End()
	if r.End() != nil || outer.End() != nil {
		return nil, fmt.Errorf("%w: %w", ErrMalformed, outer.Err())
	}
	return m, nil
}

func unarmor(b []byte) ([]byte, error) {
	if len(b) > 0 && b[0] != byte(der.TagSequence) && len(b) <= 2*MaxSize && bytes.Contains(b[:min(len(b), 4096)], []byte("-----BEGIN ")) {
		block, _, _, ok := der.DecodePEM(b, pemLabels...)
		if !ok {
			return nil, fmt.Errorf("%w: a PEM file of something else", ErrNotSignedData)
		}
		return block, nil
	}
	out, err := der.Unarmor(b, MaxSize)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrNotSignedData, err)
	}
	return out, nil
}

// readSignedData reads RFC 5652 section 5.1.
func (m *Message) readSignedData(r *der.Reader) {
	s := r.Sequence()
	if v := s.Int(); v < 1 || v > 5 {
		s.Fail("SignedData version %d", v)
	}
	digests := s.Set()
	for !digests.Empty() {
		if len(m.digestAlgorithms) == maxSigners {
			digests.Fail("more than %d digest algorithms", maxSigners)
		}
		m.digestAlgorithms = append(m.digestAlgorithms, digests.Element(der.TagSequence).Full)
	}
	info := s.Sequence()
	m.ContentType = info.OID()
	if content, ok := info.OptionalExplicit(0); ok {
		if m.Content = content.OctetString(); m.Content == nil {
			m.Content = []byte{} // there and empty; an absent one is nil
		}
		content.End()
	}
	m.Detached = m.Content == nil
	info.End()
	if certificates, ok := s.OptionalExplicit(0); ok {
		m.readCertificates(certificates)
	}
	if crls, ok := s.OptionalExplicit(1); ok {
		for !crls.Empty() {
			if len(m.CRLs) == maxCertificates {
				crls.Fail("more than %d revocation lists", maxCertificates)
			}
			if e := crls.Any(); e.Is(der.TagSequence) {
				m.CRLs = append(m.CRLs, e.Full)
			}
		}
	}
	signers := s.Set()
	for !signers.Empty() {
		if len(m.signers) == maxSigners {
			signers.Fail("more than %d signers", maxSigners)
		}
		e := signers.Element(der.TagSequence)
		m.signers = append(m.signers, e.Full)
		m.Signers = append(m.Signers, readSigner(signers, e))
	}
	s.End()
}

// readCertificates keeps what can be read. A certificate that can't be is as good as absent: whoever needs it finds none.
func (m *Message) readCertificates(r *der.Reader) {
	for !r.Empty() {
		if len(m.certificates) == maxCertificates {
			r.Fail("more than %d certificates", maxCertificates)
		}
		e := r.Any()
		m.certificates = append(m.certificates, e.Full)
		if !e.Is(der.TagSequence) {
			continue // attribute certificates and the like
		}
		if c, err := cert.Parse(e.Full); err == nil {
			m.Certificates = append(m.Certificates, c)
		}
	}
}

// readSigner reads RFC 5652 section 5.3. Failures are parent's.
func readSigner(parent *der.Reader, e der.Element) Signer {
	var s Signer
	outer := e.Reader()
	r := outer.Sequence()
	s.Version = int(r.Int())
	if key, ok := r.Optional(der.ContextTag(0)); ok {
		s.SubjectKeyID = key.Contents
	} else {
		id := r.Sequence()
		s.IssuerRaw = id.Element(der.TagSequence).Full
		s.Serial = id.BigInt()
		id.End()
	}
	s.DigestAlgorithm = alg.ReadIdentifier(r)
	if attributes, ok := r.Optional(der.ContextConstructedTag(0)); ok {
		// What is signed has the tag of a SET OF instead of [0] (RFC 5652 section 5.4).
		s.RawSignedAttrs = bytes.Clone(attributes.Full)
		s.RawSignedAttrs[0] = byte(der.TagSet)
		s.SignedAttributes = readAttributes(r, attributes)
	}
	s.SignatureAlgorithm = alg.ReadIdentifier(r)
	s.Signature = r.OctetString()
	if attributes, ok := r.Optional(der.ContextConstructedTag(1)); ok {
		s.Unsigned = readAttributes(r, attributes)
	}
	r.End()
	if err := outer.End(); err != nil {
		parent.Fail("signer: %v", err)
		return Signer{}
	}
	if v := values(s.SignedAttributes, oid.SigningTime); len(v) == 1 {
		// A time that isn't one is a finding of Check.
		if t := der.NewReader(v[0]); true {
			if at := t.Time(); t.End() == nil {
				s.SigningTime = at
			}
		}
	}
	s.Timestamps = values(s.Unsigned, oid.TimeStampToken)
	return s
}

func readAttributes(parent *der.Reader, e der.Element) []Attribute {
	r := e.Inside()
	var out []Attribute
	for !r.Empty() {
		if len(out) == maxAttributes {
			r.Fail("more than %d attributes", maxAttributes)
		}
		a := r.Sequence()
		attribute := Attribute{OID: a.OID()}
		set := a.Set()
		for !set.Empty() {
			attribute.Values = append(attribute.Values, set.Any().Full)
		}
		a.End()
		out = append(out, attribute)
	}
	if err := r.End(); err != nil {
		parent.Fail("attributes: %v", err)
		return nil
	}
	return out
}

// values are all values of all attributes of the type.
func values(attributes []Attribute, kind oid.OID) [][]byte {
	var out [][]byte
	for _, a := range attributes {
		if a.OID == kind {
			out = append(out, a.Values...)
		}
	}
	return out
}
