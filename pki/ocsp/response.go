package ocsp

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// MaxResponse is the most octets of an answer: one about a certificate, with the responder's certificate and a chain, has 1 to 8 kB.
const MaxResponse = 256 << 10

// maxChain caps the certificates of an answer. One, the responder's, is usual.
const maxChain = 20

// The values of responseStatus (RFC 6960 section 4.2.1).
const (
	Successful       = 0
	MalformedRequest = 1
	InternalError    = 2
	TryLater         = 3
	SigRequired      = 5
	Unauthorized     = 6
)

// ParseResponse reads an answer (RFC 6960 section 4.2.1) in strict DER and keeps a reference to it. Of an answer that says it
// is an error only Raw and Code are set. Another type of answer than id-pkix-ocsp-basic is an error, and so is an
// embedded certificate that cannot be read.
func ParseResponse(b []byte) (*Response, error) {
	r, err := parseResponse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read an OCSP answer: %w", err)
	}
	return r, nil
}

func parseResponse(b []byte) (*Response, error) {
	if len(b) > MaxResponse {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(b), MaxResponse)
	}
	outer := der.NewReader(b)
	s := outer.Sequence()
	p := &Response{Raw: b, Code: s.Enumerated()}
	if p.Code < 0 || p.Code > Unauthorized || p.Code == 4 {
		s.Fail("response status %d", p.Code)
	}
	var basic []byte
	if wrapped, ok := s.OptionalExplicit(0); ok {
		body := wrapped.Sequence()
		if kind := body.OID(); kind != oid.OCSPBasic {
			body.Fail("answer of type %s", kind)
		}
		basic = body.OctetString()
		body.End()
		wrapped.End()
	}
	if s.End() != nil || outer.End() != nil {
		return nil, outer.Err()
	}
	if p.Code != Successful {
		return p, nil
	}
	if basic == nil {
		return nil, fmt.Errorf("%w: successful, and nothing in it", der.ErrMalformed)
	}
	return p, p.readBasic(basic)
}

func (p *Response) readBasic(b []byte) error {
	outer := der.NewReader(b)
	s := outer.Sequence()
	p.RawData = s.Element(der.TagSequence).Full
	p.SignatureAlgorithm = alg.ReadIdentifier(s)
	p.Signature = s.BitStringOctets()
	if wrapped, ok := s.OptionalExplicit(0); ok {
		list := wrapped.Sequence()
		wrapped.End()
		for !list.Empty() {
			if len(p.Certificates) == maxChain {
				list.Fail("more than %d certificates", maxChain)
				break
			}
			c, err := cert.Parse(list.Element(der.TagSequence).Full)
			if err != nil {
				list.Fail("%v", err)
				break
			}
			p.Certificates = append(p.Certificates, c)
		}
	}
	if s.End() != nil || outer.End() != nil {
		return outer.Err()
	}
	return p.readData()
}

func (p *Response) readData() error {
	outer := der.NewReader(p.RawData)
	r := outer.Sequence()
	readVersion(r)
	if name, ok := r.OptionalExplicit(1); ok {
		_, p.ResponderName = cert.ReadName(name)
		name.End()
	} else {
		key := r.Explicit(2)
		p.ResponderKeyHash = key.OctetString()
		key.End()
	}
	p.ProducedAt = r.Time()
	for list := r.Sequence(); !list.Empty(); {
		if len(p.Singles) == maxCerts {
			list.Fail("more than %d certificates", maxCerts)
			break
		}
		p.Singles = append(p.Singles, p.readSingle(list.Sequence()))
	}
	if wrapped, ok := r.OptionalExplicit(1); ok {
		for _, e := range cert.ReadExtensions(wrapped) {
			switch e.OID {
			case oid.OCSPNonce:
				p.Nonce = readNonce(r, e.Value)
			case oid.OCSPExtendedRevoke:
				p.ExtendedRevoke = true
			default:
				p.UnknownCritical = p.UnknownCritical || e.Critical
			}
		}
		wrapped.End()
	}
	r.End()
	return outer.End()
}

func (p *Response) readSingle(s *der.Reader) Single {
	one := Single{CertID: readCertID(s), Reason: -1}
	tag, _ := s.PeekTag()
	switch tag {
	case der.ContextTag(0), der.ContextTag(2):
		if e := s.Any(); len(e.Contents) != 0 {
			s.Fail("status with contents")
		}
		if tag == der.ContextTag(2) {
			one.Status = Unknown
		}
	default:
		one.Status = Revoked
		info := s.Explicit(1)
		one.RevokedAt = info.Time()
		if reason, ok := info.OptionalExplicit(0); ok {
			if one.Reason = reason.Enumerated(); one.Reason < 0 {
				reason.Fail("negative reason")
			}
			reason.End()
		}
		info.End()
	}
	one.ThisUpdate = s.Time()
	if next, ok := s.OptionalExplicit(0); ok {
		one.NextUpdate = next.Time()
		next.End()
	}
	if wrapped, ok := s.OptionalExplicit(1); ok {
		for _, e := range cert.ReadExtensions(wrapped) {
			p.UnknownCritical = p.UnknownCritical || e.Critical
		}
		wrapped.End()
	}
	s.End()
	return one
}

// Signed returns what the signature is over.
func (p *Response) Signed() cert.Signed {
	return cert.Signed{TBS: p.RawData, Algorithm: p.SignatureAlgorithm, Value: p.Signature}
}

// CheckSignature verifies the answer's signature with the responder's key. Whether the responder may speak for the issuer is package
// path's question. Errors are those of cert.Signed.Check; an answer that is an error has no signature.
func (p *Response) CheckSignature(pub *alg.PublicKey) error {
	if p.Code != Successful {
		return cert.ErrSignature
	}
	return p.Signed().Check(pub)
}

// Find returns what the answer says of the certificate: the single answer with its serial number whose hashes, by their own
// function, are those of the issuer's name and key. Where several speak of it, one that says revoked counts.
func (p *Response) Find(leaf, issuer *cert.Certificate) (Single, bool) {
	var found Single
	ok := false
	for _, s := range p.Singles {
		if !bytes.Equal(s.CertID.Serial, leaf.Serial) || ok && s.Status != Revoked {
			continue
		}
		// The hash is over the name as the leaf writes it (RFC 6960 section 4.1.1), which the issuer may write otherwise.
		if s.CertID.Matches(issuer) || cert.EqualName(leaf.RawIssuer, issuer.RawSubject) && s.CertID.matches(leaf.RawIssuer, issuer.PublicKeyBits) {
			found, ok = s, true
		}
	}
	return found, ok
}

// A Template is what an answer says, before its signature.
type Template struct {
	ResponderName    []byte // encoded subject of the responder; nil when it is named by ResponderKeyHash
	ResponderKeyHash []byte // SHA-1 of the responder's key bits
	ProducedAt       time.Time
	Singles          []Single // CertID.Raw is echoed as it came
	Nonce            []byte   // of the request; nil leaves the extension out
	ExtendedRevoke   bool     // unissued certificates are answered as revoked (RFC 6960 section 4.4.8)
	Certificates     [][]byte // encoded, the responder's first
}

// Create builds and signs a successful answer.
func Create(rand io.Reader, t Template, scheme *alg.Scheme, key *alg.PrivateKey) ([]byte, error) {
	out, err := t.create(rand, scheme, key)
	if err != nil {
		return nil, fmt.Errorf("couldn't write an OCSP answer: %w", err)
	}
	return out, nil
}

func (t Template) create(rand io.Reader, scheme *alg.Scheme, key *alg.PrivateKey) ([]byte, error) {
	data, err := t.data()
	if err != nil {
		return nil, err
	}
	signature, err := key.Sign(rand, scheme, data)
	if err != nil {
		return nil, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Enumerated(Successful)
		b.Explicit(0, func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.OID(oid.OCSPBasic)
				b.OctetStringWrapping(func(b *der.Builder) {
					b.Sequence(func(b *der.Builder) {
						b.Raw(data)
						alg.WriteIdentifier(b, scheme.Identifier)
						b.BitString(signature)
						if len(t.Certificates) > 0 {
							b.Explicit(0, func(b *der.Builder) {
								b.Sequence(func(b *der.Builder) {
									for _, c := range t.Certificates {
										b.Raw(c)
									}
								})
							})
						}
					})
				})
			})
		})
	})
	return b.Bytes()
}

func (t Template) data() ([]byte, error) {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		switch {
		case t.ResponderName != nil:
			b.Explicit(1, func(b *der.Builder) { b.Raw(t.ResponderName) })
		case t.ResponderKeyHash != nil:
			b.Explicit(2, func(b *der.Builder) { b.OctetString(t.ResponderKeyHash) })
		default:
			b.Fail(errors.New("no responder"))
		}
		b.GeneralizedTime(t.ProducedAt)
		b.Sequence(func(b *der.Builder) {
			for _, s := range t.Singles {
				b.Sequence(s.write)
			}
		})
		var extensions []cert.Extension
		if t.Nonce != nil {
			extensions = append(extensions, nonceExtension(t.Nonce))
		}
		if t.ExtendedRevoke {
			extensions = append(extensions, cert.Extension{OID: oid.OCSPExtendedRevoke, Value: alg.Null()})
		}
		if extensions != nil {
			b.Explicit(1, func(b *der.Builder) { cert.WriteExtensions(b, extensions) })
		}
	})
	return b.Bytes()
}

func (s Single) write(b *der.Builder) {
	if s.CertID.Raw == nil {
		b.Fail(errors.New("single answer without a certificate identifier"))
	}
	b.Raw(s.CertID.Raw)
	switch s.Status {
	case Good:
		b.Context(0, nil)
	case Revoked:
		b.ContextConstructed(1, func(b *der.Builder) {
			b.GeneralizedTime(s.RevokedAt)
			if s.Reason >= 0 {
				b.Explicit(0, func(b *der.Builder) { b.Enumerated(s.Reason) })
			}
		})
	default:
		b.Context(2, nil)
	}
	b.GeneralizedTime(s.ThisUpdate)
	if !s.NextUpdate.IsZero() {
		b.Explicit(0, func(b *der.Builder) { b.GeneralizedTime(s.NextUpdate) })
	}
}

// CreateError builds an answer that says why there is none: MalformedRequest, InternalError, TryLater or Unauthorized. It has no
// signature.
func CreateError(code int) []byte {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) { b.Enumerated(code) })
	return b.MustBytes()
}
