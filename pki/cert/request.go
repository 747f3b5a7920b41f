package cert

import (
	"errors"
	"fmt"
	"io"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// ParseRequest reads a PKCS#10 certification request (RFC 2986) in strict DER. Attributes besides extensionRequest are passed
// over; one attribute twice is an error. A key of an unknown algorithm leaves PublicKey nil.
func ParseRequest(b []byte) (*Request, error) {
	q, err := parseRequest(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a certification request: %w", err)
	}
	return q, nil
}

func parseRequest(b []byte) (*Request, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(b), MaxSize)
	}
	signed, err := ReadSigned(b)
	if err != nil {
		return nil, err
	}
	q := &Request{Raw: b, RawInfo: signed.TBS, SignatureAlgorithm: signed.Algorithm, Signature: signed.Value}
	outer := der.NewReader(signed.TBS)
	r := outer.Sequence()
	if version := r.Int(); version != 0 {
		r.Fail("version %d", version)
	}
	q.Subject, q.RawSubject = ReadName(r)
	q.RawSPKI = r.Element(der.TagSequence).Full
	attributes, _ := r.OptionalExplicit(0) // a duty, and left out by some programs
	seen := map[oid.OID]bool{}
	for !attributes.Empty() {
		a := attributes.Sequence()
		id, values := a.OID(), a.Set()
		if seen[id] || len(seen) == maxExtensions {
			a.Fail("attribute %s occurs twice, or there are over %d", id, maxExtensions)
		}
		seen[id] = true
		if id == oid.ExtensionRequest {
			q.Extensions = ReadExtensions(values)
			values.End()
		}
		a.End()
	}
	if r.End() != nil || outer.End() != nil {
		return nil, outer.Err()
	}
	if _, _, q.PublicKey, err = readKey(q.RawSPKI); err != nil {
		return nil, err
	}
	return q, nil
}

// CheckSignature verifies that the request was signed with its own key. Errors are those of Signed.Check.
func (q *Request) CheckSignature() error {
	return Signed{q.RawInfo, q.SignatureAlgorithm, q.Signature}.Check(q.PublicKey)
}

// CreateRequest builds and signs a certification request. Without extensions the attributes are an empty set.
func CreateRequest(rand io.Reader, key *alg.PrivateKey, scheme *alg.Scheme, subject Name, extensions []Extension) ([]byte, error) {
	out, err := createRequest(rand, key, scheme, subject, extensions)
	if err != nil {
		return nil, fmt.Errorf("couldn't write a certification request: %w", err)
	}
	return out, nil
}

func createRequest(rand io.Reader, key *alg.PrivateKey, scheme *alg.Scheme, subject Name, extensions []Extension) ([]byte, error) {
	if scheme == nil {
		return nil, errors.New("no signature scheme")
	}
	pub, err := key.Public()
	if err != nil {
		return nil, err
	}
	name, err := subject.Marshal()
	if err != nil {
		return nil, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(0)
		b.Raw(name)
		b.Raw(pub.SPKI)
		b.ContextConstructed(0, func(b *der.Builder) {
			if len(extensions) == 0 {
				return
			}
			b.Sequence(func(b *der.Builder) {
				b.OID(oid.ExtensionRequest)
				b.Set(func(b *der.Builder) { WriteExtensions(b, extensions) })
			})
		})
	})
	info, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	return Sign(rand, info, key, scheme)
}
