package cert

import (
	"encoding/hex"
	"errors"
	"net/netip"

	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// The kinds of GeneralName, by context tag.
const (
	OtherName     = 0
	Email         = 1
	DNSName       = 2
	X400Address   = 3
	DirectoryName = 4
	EDIPartyName  = 5
	URI           = 6
	IPAddress     = 7
	RegisteredID  = 8
)

// decoders read what an extension's value holds into the certificate's fields. They ask no error but their reader's.
var decoders = map[oid.OID]func(*Certificate, *der.Reader){
	oid.ExtBasicConstraints: func(c *Certificate, r *der.Reader) {
		s := r.Sequence()
		b := BasicConstraints{MaxPath: -1}
		if tag, ok := s.PeekTag(); ok && tag == der.TagBoolean {
			b.CA = s.Bool()
		}
		if !s.Empty() {
			n := s.Int()
			if n < 0 || n > 1<<20 {
				s.Fail("path length %d", n)
			}
			b.MaxPath = int(n)
		}
		s.End()
		c.BasicConstraints = &b
	},
	oid.ExtKeyUsage: func(c *Certificate, r *der.Reader) {
		bits, _ := r.BitString()
		if len(bits) > 2 {
			r.Fail("key usage of %d octets", len(bits))
		}
		for i := range 9 {
			if i/8 < len(bits) && bits[i/8]&(0x80>>(i%8)) != 0 {
				c.KeyUsage |= 1 << i
			}
		}
		c.HasKeyUsage = true
	},
	oid.ExtExtKeyUsage: func(c *Certificate, r *der.Reader) {
		s := r.Sequence()
		for !s.Empty() {
			c.ExtKeyUsage = append(c.ExtKeyUsage, s.OID())
		}
		if c.ExtKeyUsage == nil {
			r.Fail("no purpose")
		}
	},
	// Any length: the issuing authorities of 2018 have 4 octets (facts/kz-pki.md section 0 row 9).
	oid.ExtSubjectKeyID:          func(c *Certificate, r *der.Reader) { c.SubjectKeyID = r.OctetString() },
	oid.ExtAuthorityKeyID:        func(c *Certificate, r *der.Reader) { c.AuthorityKeyID = ReadAuthorityKeyID(r) },
	oid.ExtCertificatePolicies:   func(c *Certificate, r *der.Reader) { c.Policies = readPolicies(r) },
	oid.ExtCRLDistributionPoints: func(c *Certificate, r *der.Reader) { c.CRLURLs = readPoints(r) },
	oid.ExtFreshestCRL:           func(c *Certificate, r *der.Reader) { c.FreshestCRLURLs = readPoints(r) },
	oid.ExtSubjectAltName:        func(c *Certificate, r *der.Reader) { c.SubjectAltNames = readGeneralNames(r.Sequence()) },
	oid.ExtAuthorityInfoAccess: func(c *Certificate, r *der.Reader) {
		s := r.Sequence()
		for !s.Empty() {
			a := s.Sequence()
			method := a.OID()
			name := readGeneralName(a)
			a.End()
			switch {
			case name.Kind != URI:
			case method == oid.OCSP:
				c.OCSPURLs = append(c.OCSPURLs, name.Value)
			case method == oid.CAIssuers:
				c.CAIssuersURLs = append(c.CAIssuersURLs, name.Value)
			}
		}
	},
	oid.KZKeyStore: func(c *Certificate, r *der.Reader) {
		s := r.Sequence()
		c.KeyStore = s.OID()
		for !s.Empty() { // a request says where the file is, too (facts/kz-pki.md section 2.4)
			s.Any()
		}
	},
	// Being there is all it says (RFC 6960 section 4.2.2.2.1); the value should be NULL, and in Kazakh responders of 2022 it is not.
	oid.OCSPNoCheck: nil,
}

// Known reports whether Parse decodes an extension. Whoever refuses unknown critical extensions has to honour the
// fields too: this package judges nothing.
func Known(id oid.OID) bool {
	_, ok := decoders[id]
	return ok
}

func (c *Certificate) decodeExtensions() {
	for _, e := range c.Extensions {
		decode := decoders[e.OID]
		if e.OID == oid.OCSPNoCheck {
			c.OCSPNoCheck = true
		}
		if decode == nil {
			continue
		}
		before := *c
		r := der.NewReader(e.Value)
		decode(c, r)
		if r.End() != nil {
			// Nothing of what was read before the fault counts.
			*c = before
			c.Malformed = append(c.Malformed, e.OID)
		}
	}
}

// ReadAuthorityKeyID reads an AuthorityKeyIdentifier. A failure is the reader's.
func ReadAuthorityKeyID(r *der.Reader) AuthorityKeyID {
	var a AuthorityKeyID
	s := r.Sequence()
	if e, ok := s.Optional(der.ContextTag(0)); ok {
		a.KeyID = e.Contents
	}
	if names, ok := s.OptionalExplicit(1); ok {
		for _, n := range readGeneralNames(names) {
			if n.Kind == DirectoryName && a.IssuerRaw == nil {
				a.IssuerRaw = der.NewReader(n.Raw).Element(der.ContextConstructedTag(DirectoryName)).Contents
			}
		}
	}
	if e, ok := s.Optional(der.ContextTag(2)); ok {
		a.Serial = e.Contents
	}
	s.End()
	return a
}

func readPolicies(r *der.Reader) []Policy {
	var out []Policy
	list := r.Sequence()
	for !list.Empty() {
		s := list.Sequence()
		p := Policy{OID: s.OID()}
		if !s.Empty() {
			qualifiers := s.Sequence()
			for !qualifiers.Empty() {
				p.readQualifier(qualifiers.Sequence())
			}
		}
		s.End()
		out = append(out, p)
	}
	if out == nil {
		r.Fail("no policy")
	}
	return out
}

func (p *Policy) readQualifier(s *der.Reader) {
	switch s.OID() {
	case oid.CPSQualifier:
		p.CPS = s.String() // the leading space of 2022 is kept (facts/kz-pki.md section 2.2)
	case oid.UserNotice:
		notice := s.Sequence()
		notice.Optional(der.TagSequence)
		if !notice.Empty() {
			p.ExplicitText = notice.String()
		}
		notice.End()
	default:
		for !s.Empty() {
			s.Any()
		}
	}
	s.End()
}

// readPoints returns the URIs of CRLDistributionPoints in their order.
func readPoints(r *der.Reader) []string {
	var out []string
	list := r.Sequence()
	for !list.Empty() {
		point := list.Sequence()
		if name, ok := point.OptionalExplicit(0); ok {
			if full, ok := name.OptionalExplicit(0); ok {
				for _, n := range readGeneralNames(full) {
					if n.Kind == URI {
						out = append(out, n.Value)
					}
				}
			} else {
				name.Element(der.ContextConstructedTag(1)) // relative to the issuer: not met, not followed
			}
			name.End()
		}
		point.Optional(der.ContextTag(1))            // reasons
		point.Optional(der.ContextConstructedTag(2)) // another issuer of the list
		point.End()
	}
	return out
}

func readGeneralNames(r *der.Reader) []GeneralName {
	var out []GeneralName
	for !r.Empty() {
		out = append(out, readGeneralName(r))
	}
	if out == nil {
		r.Fail("no name in a list of names")
	}
	return out
}

// readGeneralName reads a GeneralName. Text is kept as it is: what is wrong with a URI is for those to say who want to follow it.
func readGeneralName(r *der.Reader) GeneralName {
	e := r.Any()
	g := GeneralName{Kind: int(e.Tag &^ 0xe0), Raw: e.Full}
	if r.Err() != nil {
		return g
	}
	want := der.ContextTag(uint8(g.Kind))
	switch g.Kind {
	case OtherName, X400Address, DirectoryName, EDIPartyName:
		want = der.ContextConstructedTag(uint8(g.Kind))
	}
	if e.Tag != want || g.Kind > RegisteredID {
		r.Fail("not a name of any kind")
		return g
	}
	var err error
	g.Value, err = generalText(g.Kind, e)
	if err != nil {
		r.Fail("%v", err)
	}
	return g
}

func generalText(kind int, e der.Element) (string, error) {
	switch kind {
	case Email, DNSName, URI:
		text, ok := der.Text(der.Element{Tag: der.TagIA5String, Contents: e.Contents})
		if !ok {
			return "", errors.New("a name outside ASCII")
		}
		return text, nil
	case DirectoryName:
		n, err := ParseName(e.Contents)
		return n.String(), err
	case IPAddress:
		if addr, ok := netip.AddrFromSlice(e.Contents); ok {
			return addr.String(), nil
		}
		return "", errors.New("an address of neither 4 nor 16 octets")
	case RegisteredID:
		id, err := oid.FromContents(e.Contents)
		return string(id), err
	}
	return hex.EncodeToString(e.Contents), nil
}
