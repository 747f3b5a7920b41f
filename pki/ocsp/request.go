package ocsp

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

const (
	// MaxRequest is the most octets of a request: a question about one certificate has about 100, one signed by its asker some 3 kB.
	MaxRequest = 32 << 10
	// maxCerts caps the certificates asked about, or answered about, at once: each costs the responder a look-up, and the asker
	// two hashes of the issuer.
	maxCerts = 100
	// maxNonce is the longest nonce of RFC 9654 section 2.1.
	maxNonce = 128
)

// ParseRequest reads a request (RFC 6960 section 4.1.1) in strict DER. The signature of a signed request is not looked at: the
// answer is public anyway.
func ParseRequest(b []byte) (*Request, error) {
	q, err := parseRequest(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read an OCSP request: %w", err)
	}
	return q, nil
}

func parseRequest(b []byte) (*Request, error) {
	if len(b) > MaxRequest {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(b), MaxRequest)
	}
	q := &Request{}
	outer := der.NewReader(b)
	signed := outer.Sequence()
	r := signed.Sequence()
	readVersion(r)
	r.Optional(der.ContextConstructedTag(1)) // requestorName
	for list := r.Sequence(); !list.Empty(); {
		if len(q.Certs) == maxCerts {
			list.Fail("more than %d certificates", maxCerts)
			break
		}
		s := list.Sequence()
		q.Certs = append(q.Certs, readCertID(s))
		if wrapped, ok := s.OptionalExplicit(0); ok {
			for _, e := range cert.ReadExtensions(wrapped) {
				q.UnknownCritical = q.UnknownCritical || e.Critical
			}
			wrapped.End()
		}
		s.End()
	}
	if wrapped, ok := r.OptionalExplicit(2); ok {
		for _, e := range cert.ReadExtensions(wrapped) {
			switch e.OID {
			case oid.OCSPNonce:
				q.Nonce = readNonce(r, e.Value)
			default:
				q.UnknownCritical = q.UnknownCritical || e.Critical
			}
		}
		wrapped.End()
	}
	if r.Err() == nil && q.Certs == nil {
		r.Fail("no certificate")
	}
	r.End()
	signed.Optional(der.ContextConstructedTag(0)) // the asker's signature
	if signed.End() != nil || outer.End() != nil {
		return nil, outer.Err()
	}
	return q, nil
}

func readVersion(r *der.Reader) {
	if v, ok := r.OptionalExplicit(0); ok {
		if v.Int() != 0 {
			r.Fail("version is not v1")
		}
		v.End()
	}
}

// readNonce reads the value of the nonce extension, an OCTET STRING of 1 to 128 octets (RFC 9654).
func readNonce(r *der.Reader, value []byte) []byte {
	inner := der.NewReader(value)
	nonce := inner.OctetString()
	if inner.End() != nil || len(nonce) == 0 || len(nonce) > maxNonce {
		r.Fail("nonce is not an OCTET STRING of 1 to %d octets", maxNonce)
		return nil
	}
	return nonce
}

func readCertID(r *der.Reader) CertID {
	e := r.Element(der.TagSequence)
	if r.Err() != nil {
		return CertID{}
	}
	s := e.Inside()
	id := CertID{Hash: alg.ReadIdentifier(s), IssuerNameHash: s.OctetString(), IssuerKeyHash: s.OctetString(), Serial: s.BigInt(), Raw: e.Full}
	if s.End() != nil {
		r.Fail("certificate identifier: %v", s.Err())
		return CertID{}
	}
	return id
}

// NewCertID names the certificate of the serial number (INTEGER contents) that the issuer issued. hash is SHA-256 with Kazakh
// responders (facts/kz-pki.md section 3.6), SHA-1 with many others.
func NewCertID(hash *alg.Hash, issuer *cert.Certificate, serial []byte) CertID {
	return newCertID(hash, issuer.RawSubject, issuer.PublicKeyBits, serial)
}

func newCertID(hash *alg.Hash, name, keyBits, serial []byte) CertID {
	id := CertID{Hash: hash.Identifier, IssuerNameHash: hash.Sum(name), IssuerKeyHash: hash.Sum(keyBits), Serial: serial}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		alg.WriteIdentifier(b, id.Hash)
		b.OctetString(id.IssuerNameHash)
		b.OctetString(id.IssuerKeyHash)
		b.RawInteger(id.Serial)
	})
	if raw, err := b.Bytes(); err == nil {
		id.Raw = raw
	}
	return id
}

// Matches reports whether the identifier speaks of certificates of this issuer: both hashes, by its own function, are those of
// the issuer's name and key. One by a function that no linked row knows matches nothing.
func (id CertID) Matches(issuer *cert.Certificate) bool {
	return id.matches(issuer.RawSubject, issuer.PublicKeyBits)
}

func (id CertID) matches(name, keyBits []byte) bool {
	h, err := alg.HashByID(id.Hash)
	return err == nil && bytes.Equal(h.Sum(name), id.IssuerNameHash) && bytes.Equal(h.Sum(keyBits), id.IssuerKeyHash)
}

// CreateRequest builds a request for the status of one certificate. A nonce of 8 to 32 octets keeps an old answer from being
// taken for a new one; nil asks without.
func CreateRequest(hash *alg.Hash, leaf, issuer *cert.Certificate, nonce []byte) ([]byte, CertID, error) {
	if len(nonce) > maxNonce {
		return nil, CertID{}, fmt.Errorf("couldn't write an OCSP request: nonce of %d octets", len(nonce))
	}
	id := NewCertID(hash, issuer, leaf.Serial)
	if id.Raw == nil {
		return nil, CertID{}, errors.New("couldn't write an OCSP request: serial number can't be encoded")
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Sequence(func(b *der.Builder) { b.Raw(id.Raw) })
			})
			if len(nonce) > 0 {
				b.Explicit(2, func(b *der.Builder) { cert.WriteExtensions(b, []cert.Extension{nonceExtension(nonce)}) })
			}
		})
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, CertID{}, fmt.Errorf("couldn't write an OCSP request: %w", err)
	}
	return out, id, nil
}

func nonceExtension(nonce []byte) cert.Extension {
	b := der.NewBuilder()
	b.OctetString(nonce)
	return cert.Extension{OID: oid.OCSPNonce, Value: b.MustBytes()}
}
