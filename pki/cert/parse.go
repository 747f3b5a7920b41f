package cert

import (
	"errors"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// MaxSize is the most octets of one certificate. Those of people have 1 to 3 kB, the longest of the web's, with
// hundreds of names, about 30 kB.
const MaxSize = 64 << 10

// MaxFile is the most octets that ParsePEM takes: a bundle of every authority in the world has under 1 MB.
const MaxFile = 4 << 20

// maxExtensions caps the list. Real certificates have about ten extensions.
const maxExtensions = 100

// maxSerial caps a serial number. RFC 5280 allows 20 octets; what is a little longer is met and shown.
const maxSerial = 64

// Parse reads one certificate in strict DER and keeps a reference to it.
//
// The key of an algorithm, curve or parameter set that no linked row of package alg knows leaves PublicKey nil; a key that
// is broken is an error. An extension that occurs twice is an error; a known one that cannot be decoded is listed in
// Malformed. A serial number that is zero, negative or too long is kept: see OddSerial.
func Parse(b []byte) (*Certificate, error) {
	c, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a certificate: %w", err)
	}
	return c, nil
}

func parse(b []byte) (*Certificate, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(b), MaxSize)
	}
	signed, err := ReadSigned(b)
	if err != nil {
		return nil, err
	}
	c := &Certificate{Raw: b, RawTBS: signed.TBS, SignatureAlgorithm: signed.Algorithm, Signature: signed.Value, Version: 1}
	outer := der.NewReader(signed.TBS)
	r := outer.Sequence()
	if v, ok := r.OptionalExplicit(0); ok {
		n := v.Int()
		v.End()
		// DER leaves the default out; version 1 written down is another encoding of the same.
		if n != 1 && n != 2 {
			r.Fail("version is not v2 or v3")
		}
		c.Version = int(n) + 1
	}
	c.Serial = r.BigInt()
	if len(c.Serial) > maxSerial {
		r.Fail("serial number of %d octets", len(c.Serial))
	}
	if inner := alg.ReadIdentifier(r); r.Err() == nil && !inner.Same(signed.Algorithm) {
		// The outer one is not signed: were they to differ, an attacker could choose the algorithm.
		r.Fail("two different signature algorithms")
	}
	c.Issuer, c.RawIssuer = ReadName(r)
	validity := r.Sequence()
	c.NotBefore, c.NotAfter = validity.Time(), validity.Time()
	validity.End()
	c.Subject, c.RawSubject = ReadName(r)
	c.RawSPKI = r.Element(der.TagSequence).Full
	for n := uint8(1); n <= 2; n++ {
		if _, ok := r.Optional(der.ContextTag(n)); ok && c.Version == 1 {
			r.Fail("unique identifier in version 1")
		}
	}
	if wrapped, ok := r.OptionalExplicit(3); ok {
		if c.Version != 3 {
			r.Fail("extensions in version %d", c.Version)
		}
		c.Extensions = ReadExtensions(wrapped)
		wrapped.End()
	}
	if r.End() != nil || outer.End() != nil {
		return nil, outer.Err()
	}
	if c.PublicKeyAlgorithm, c.PublicKeyBits, c.PublicKey, err = readKey(c.RawSPKI); err != nil {
		return nil, err
	}
	c.decodeExtensions()
	return c, nil
}

func readKey(spki []byte) (alg.Identifier, []byte, *alg.PublicKey, error) {
	id, bits, err := alg.SplitSPKI(spki)
	if err != nil {
		return id, nil, nil, err
	}
	pub, err := alg.ParsePublicKey(spki)
	if err != nil && !errors.Is(err, alg.ErrUnsupported) {
		return id, nil, nil, err
	}
	return id, bits, pub, nil
}

// A Signed is what certificates, requests, CRLs and OCSP answers have in common: signed octets, algorithm and signature.
type Signed struct {
	TBS       []byte
	Algorithm alg.Identifier
	Value     []byte
}

// ReadSigned splits SEQUENCE { SEQUENCE, AlgorithmIdentifier, BIT STRING } without looking into the first.
func ReadSigned(b []byte) (Signed, error) {
	r := der.NewReader(b)
	s := r.Sequence()
	signed := Signed{TBS: s.Element(der.TagSequence).Full, Algorithm: alg.ReadIdentifier(s), Value: s.BitStringOctets()}
	if s.End() != nil || r.End() != nil {
		return Signed{}, r.Err()
	}
	return signed, nil
}

// ErrSignature says that a signature does not verify, or that its key is too weak to tell.
var ErrSignature = errors.New("signature does not verify")

// Check verifies the signature with the key. The error is ErrSignature, or alg.ErrUnsupported for an algorithm that no linked row
// knows, which is also the answer for a nil key.
func (s Signed) Check(pub *alg.PublicKey) error {
	scheme, err := alg.SchemeByID(s.Algorithm, pub)
	if err != nil {
		return err
	}
	if err := alg.Acceptable(pub, scheme.Hash); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	if !scheme.VerifyMessage(pub, s.TBS, s.Value) {
		return ErrSignature
	}
	return nil
}

// CheckLax is Check for old things that are judged on purpose: a signature that verifies and that alg.Acceptable refuses is no
// error but is told in weak. RSA with SHA-1 needs package alg/weak to be linked.
func (s Signed) CheckLax(pub *alg.PublicKey) (weak, err error) {
	scheme, err := alg.SchemeByID(s.Algorithm, pub)
	if err != nil {
		return nil, err
	}
	if !scheme.Verify(pub.Key, scheme.Hash.Sum(s.TBS), s.Value) {
		return nil, ErrSignature
	}
	return alg.Acceptable(pub, scheme.Hash), nil
}

// Signed returns what the signature is over, for Check and CheckLax.
func (c *Certificate) Signed() Signed { return Signed{c.RawTBS, c.SignatureAlgorithm, c.Signature} }

// CheckSignature verifies the certificate's own signature with the issuer's key. It looks at nothing else: names, key usage and
// time are package path's. Errors are those of Signed.Check.
func (c *Certificate) CheckSignature(issuer *alg.PublicKey) error {
	return c.Signed().Check(issuer)
}

// ReadExtensions reads Extensions; an empty list and an extension that occurs twice are failures.
func ReadExtensions(r *der.Reader) []Extension {
	list := r.Sequence()
	var out []Extension
	for !list.Empty() {
		e := readExtension(list)
		if list.Err() != nil {
			return nil
		}
		if Find(out, e.OID) != nil {
			list.Fail("extension %s occurs twice", e.OID)
		}
		if len(out) == maxExtensions {
			list.Fail("more than %d extensions", maxExtensions)
		}
		out = append(out, e)
	}
	if out == nil {
		r.Fail("no extension in the list of extensions")
	}
	return out
}

func readExtension(r *der.Reader) Extension {
	s := r.Sequence()
	e := Extension{OID: s.OID()}
	if tag, ok := s.PeekTag(); ok && tag == der.TagBoolean {
		e.Critical = s.Bool() // FALSE written down is not DER, and common
	}
	e.Value = s.OctetString()
	s.End()
	return e
}

// WriteExtensions writes Extensions. One without a value could not be built; writing it fails, as does one that occurs twice.
func WriteExtensions(b *der.Builder, extensions []Extension) {
	b.Sequence(func(b *der.Builder) {
		seen := map[oid.OID]bool{}
		for _, e := range extensions {
			if e.Value == nil {
				b.Fail(fmt.Errorf("extension %s: a part of it can't be encoded", e.OID.Name()))
				return
			}
			if seen[e.OID] {
				b.Fail(fmt.Errorf("extension %s occurs twice", e.OID.Name()))
				return
			}
			seen[e.OID] = true
			b.Sequence(func(b *der.Builder) {
				b.OID(e.OID)
				if e.Critical {
					b.Bool(true)
				}
				b.OctetString(e.Value)
			})
		}
	})
}

// Find returns the extension of a list, nil when it is absent.
func Find(extensions []Extension, id oid.OID) *Extension {
	for i := range extensions {
		if extensions[i].OID == id {
			return &extensions[i]
		}
	}
	return nil
}

// ParsePEM reads the certificates of a file: one in DER, one or several in PEM with whatever stands between them, or one in
// bare base64. No certificate at all is an error.
func ParsePEM(b []byte) ([]*Certificate, error) {
	if len(b) > MaxFile {
		return nil, fmt.Errorf("couldn't read certificates: %d octets, at most %d are read", len(b), MaxFile)
	}
	var out []*Certificate
	rest := b
	for len(b) > 0 && b[0] != byte(der.TagSequence) {
		block, _, after, ok := der.DecodePEM(rest, "CERTIFICATE", "X509 CERTIFICATE")
		if !ok {
			break
		}
		c, err := Parse(block)
		if err != nil {
			return nil, err
		}
		out, rest = append(out, c), after
	}
	if out != nil {
		return out, nil
	}
	bare, err := der.Unarmor(b, MaxSize)
	if err != nil {
		return nil, fmt.Errorf("couldn't read certificates: %w", err)
	}
	c, err := Parse(bare)
	if err != nil {
		return nil, err
	}
	return []*Certificate{c}, nil
}
