package alg

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"io"

	"github.com/senim-pki/senim/der"
)

// ErrNotMine is what a row answers for an identifier that it does not own.
var ErrNotMine = errors.New("not an algorithm of this row")

// ErrUnsupported marks an algorithm that no linked row knows.
var ErrUnsupported = errors.New("unsupported algorithm")

// MaxKey is the most octets that ParsePublicKey and ParsePrivateKey take. The private key of RSA-8192, the longest that is
// accepted, has under 5 kB; PKCS#8 attributes are a few names.
const MaxKey = 32 << 10

// A PublicKey is a public key with its row and its exact encoding.
type PublicKey struct {
	Kind *Kind
	SPKI []byte // DER of SubjectPublicKeyInfo as received or made
	Bits []byte // BIT STRING content
	Key  crypto.PublicKey
}

// A PrivateKey is a signer with its row; the signer may live in a file, a token or an HSM.
type PrivateKey struct {
	Kind   *Kind
	Signer crypto.Signer
}

// ParsePublicKey reads a SubjectPublicKeyInfo in strict DER. An algorithm, curve or parameter set of no linked row is
// ErrUnsupported; a key that cannot be one (a point off the curve, an even modulus) is another error.
func ParsePublicKey(spki []byte) (*PublicKey, error) {
	id, bits, err := SplitSPKI(spki)
	if err != nil {
		return nil, err
	}
	for _, k := range kinds {
		key, err := k.ParseSPKI(id, bits)
		if errors.Is(err, ErrNotMine) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read a public key of %s: %w", k.Title, err)
		}
		return &PublicKey{Kind: k, SPKI: spki, Bits: bits, Key: key}, nil
	}
	return nil, fmt.Errorf("couldn't read a public key of %s: %w", id.OID, ErrUnsupported)
}

// SplitSPKI reads the two fields of a SubjectPublicKeyInfo in strict DER, of whatever algorithm.
func SplitSPKI(spki []byte) (id Identifier, bits []byte, err error) {
	if len(spki) > MaxKey {
		return id, nil, fmt.Errorf("couldn't read a public key: %d octets, at most %d are read", len(spki), MaxKey)
	}
	r := der.NewReader(spki)
	s := r.Sequence()
	id = ReadIdentifier(s)
	bits = s.BitStringOctets()
	if s.End() != nil || r.End() != nil {
		return Identifier{}, nil, fmt.Errorf("couldn't read a public key: %w", r.Err())
	}
	return id, bits, nil
}

// NewPublicKey encodes a public key of the kind.
func NewPublicKey(kind *Kind, pub crypto.PublicKey) (*PublicKey, error) {
	id, bits, err := kind.MarshalSPKI(pub)
	if err != nil {
		return nil, fmt.Errorf("couldn't write a public key of %s: %w", kind.Title, err)
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		WriteIdentifier(b, id)
		b.BitString(bits)
	})
	spki, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("couldn't write a public key of %s: %w", kind.Title, err)
	}
	return &PublicKey{Kind: kind, SPKI: spki, Bits: bits, Key: pub}, nil
}

// ParsePrivateKey reads a PrivateKeyInfo (RFC 5208), or a OneAsymmetricKey (RFC 5958), in strict DER. Attributes and the
// copy of the public key are passed over. An algorithm of no linked row is ErrUnsupported.
//
// The key holds copies: pkcs8 may be wiped after.
func ParsePrivateKey(pkcs8 []byte) (*PrivateKey, error) {
	if len(pkcs8) > MaxKey {
		return nil, fmt.Errorf("couldn't read a private key: %d octets, at most %d are read", len(pkcs8), MaxKey)
	}
	r := der.NewReader(pkcs8)
	s := r.Sequence()
	if version := s.Int(); version != 0 && version != 1 {
		s.Fail("version %d", version)
	}
	id := ReadIdentifier(s)
	content := s.OctetString()
	s.OptionalExplicit(0)         // attributes
	s.Optional(der.ContextTag(1)) // the public key again
	if s.End() != nil || r.End() != nil {
		return nil, fmt.Errorf("couldn't read a private key: %w", r.Err())
	}
	for _, k := range kinds {
		key, err := k.ParsePKCS8(id, content)
		if errors.Is(err, ErrNotMine) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("couldn't read a private key of %s: %w", k.Title, err)
		}
		return &PrivateKey{Kind: k, Signer: key}, nil
	}
	return nil, fmt.Errorf("couldn't read a private key of %s: %w", id.OID, ErrUnsupported)
}

// GenerateKey makes a key of the kind. bits is the length of an RSA modulus, 2048 to 4096; 0 is the kind's own choice, and the
// only one for curves.
func GenerateKey(rand io.Reader, kind *Kind, bits int) (*PrivateKey, error) {
	key, err := kind.Generate(rand, bits)
	if err != nil {
		return nil, fmt.Errorf("couldn't make a key of %s: %w", kind.Title, err)
	}
	return &PrivateKey{Kind: kind, Signer: key}, nil
}

// Public returns the public half with its encoding.
func (k *PrivateKey) Public() (*PublicKey, error) { return NewPublicKey(k.Kind, k.Signer.Public()) }

// MarshalPKCS8 returns the key as a PrivateKeyInfo, in clear: encrypt it before it is stored. A key that lives in a token is an error.
func (k *PrivateKey) MarshalPKCS8() ([]byte, error) {
	id, content, err := k.Kind.MarshalPKCS8(k.Signer)
	if err != nil {
		return nil, fmt.Errorf("couldn't write a private key of %s: %w", k.Kind.Title, err)
	}
	defer clear(content)
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(0)
		WriteIdentifier(b, id)
		b.OctetString(content)
	})
	return b.Bytes()
}

// Sign hashes the message with the scheme's digest and signs it.
func (k *PrivateKey) Sign(rand io.Reader, s *Scheme, message []byte) ([]byte, error) {
	return k.SignDigest(rand, s, s.Hash.Sum(message))
}

// SignDigest signs a digest that the scheme's function made. The signature is in the scheme's encoding.
func (k *PrivateKey) SignDigest(rand io.Reader, s *Scheme, digest []byte) ([]byte, error) {
	if s.Kind != k.Kind {
		return nil, fmt.Errorf("couldn't sign with %s: the key is of %s", s.Title, k.Kind.Title)
	}
	if len(digest) != s.Hash.Size {
		return nil, fmt.Errorf("couldn't sign with %s: digest of %d octets, not %d", s.Title, len(digest), s.Hash.Size)
	}
	sig, err := s.Sign(rand, k.Signer, digest)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign with %s: %w", s.Title, err)
	}
	return sig, nil
}

// Sum returns the digest of the message.
func (h *Hash) Sum(message []byte) []byte {
	f := h.New()
	f.Write(message)
	return f.Sum(nil)
}

// VerifyMessage reports whether sig is a signature of the message by the holder of pub. A malformed signature and a key of
// another kind are not; nor is one of a key or digest that Acceptable refuses.
func (s *Scheme) VerifyMessage(pub *PublicKey, message, sig []byte) bool {
	return s.VerifyDigest(pub, s.Hash.Sum(message), sig)
}

// VerifyDigest is VerifyMessage for a digest that the scheme's function made.
func (s *Scheme) VerifyDigest(pub *PublicKey, digest, sig []byte) bool {
	return pub != nil && pub.Kind == s.Kind && len(digest) == s.Hash.Size && Acceptable(pub, s.Hash) == nil && s.Verify(pub.Key, digest, sig)
}

// Equal reports whether two keys are the same key of the same kind. Encodings may differ, as one curve may have two names.
func (p *PublicKey) Equal(q *PublicKey) bool {
	if p == nil || q == nil {
		return p == q
	}
	if p.Kind != q.Kind {
		return false
	}
	if key, ok := p.Key.(interface{ Equal(crypto.PublicKey) bool }); ok {
		return key.Equal(q.Key)
	}
	return bytes.Equal(p.SPKI, q.SPKI)
}

// BitLen returns the length of the modulus or of the curve's field.
func (p *PublicKey) BitLen() int { return p.Kind.Bits(p.Key) }

// Acceptable says why a key, or a digest in a signature, is too weak to be relied on; nil when it is not. RSA needs a
// modulus of 2048 to 8192 bits and an odd exponent from 65537 on. hash may be nil, to ask about the key alone.
func Acceptable(pub *PublicKey, hash *Hash) error {
	if pub == nil {
		return fmt.Errorf("couldn't judge the key: %w", ErrUnsupported)
	}
	if hash != nil && hash.Weak {
		return fmt.Errorf("%s is too weak for a signature", hash.Title)
	}
	if pub.Kind.Acceptable == nil {
		return nil
	}
	return pub.Kind.Acceptable(pub.Key)
}
