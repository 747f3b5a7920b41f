// Package gostkey is what the Kazakh and the RFC rows of GOST share: checks of the curve, numbers in octets, and the nonce's
// hash. It registers nothing.
package gostkey

import (
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/gost"
)

var errNotOnCurve = errors.New("not a GOST key on the curve of this row")

// Public returns pub as a key on the curve.
func Public(c *gost.Curve, pub crypto.PublicKey) (*gost.PublicKey, error) {
	k, ok := pub.(*gost.PublicKey)
	if !ok || k.Curve() != c {
		return nil, errNotOnCurve
	}
	return k, nil
}

// Private returns a key of the curve that is in memory; one in a token is an error.
func Private(c *gost.Curve, key crypto.Signer) (*gost.PrivateKey, error) {
	k, ok := key.(*gost.PrivateKey)
	if !ok {
		return nil, errors.New("not a GOST key in memory")
	}
	if _, err := Public(c, k.Public()); err != nil {
		return nil, err
	}
	return k, nil
}

// Point reads the BIT STRING content of both forms: a DER OCTET STRING of x‖y, each little-endian (facts/kz-pki.md
// section 0 row 5, RFC 9215 section 4.3).
func Point(c *gost.Curve, bits []byte) (crypto.PublicKey, error) {
	r := der.NewReader(bits)
	xy := r.OctetString()
	if err := r.End(); err != nil {
		return nil, err
	}
	key, err := c.NewPublicKey(xy)
	if err != nil {
		return nil, err // a nil key in an interface would not be nil
	}
	return key, nil
}

// Scalar makes a private key of a number in little-endian octets, which it copies.
func Scalar(c *gost.Curve, d []byte) (crypto.Signer, error) {
	key, err := c.NewPrivateKey(d)
	if err != nil {
		return nil, err
	}
	return key, nil
}

// PointBits is the opposite of Point.
func PointBits(c *gost.Curve, pub crypto.PublicKey) ([]byte, error) {
	k, err := Public(c, pub)
	if err != nil {
		return nil, err
	}
	b := der.NewBuilder()
	b.OctetString(k.Bytes())
	return b.Bytes()
}

// LittleEndian turns a magnitude, big-endian, into size octets, little-endian; false when it is longer. The result is a copy.
func LittleEndian(magnitude []byte, size int) ([]byte, bool) {
	if len(magnitude) > size {
		return nil, false
	}
	out := make([]byte, size)
	for i, b := range magnitude {
		out[len(magnitude)-1-i] = b
	}
	return out, true
}

// Reversed returns the octets in reverse order: r‖s in little-endian halves is s‖r in big-endian ones, reversed
// (facts/kz-pki.md section 0 row 3).
func Reversed(b []byte) []byte {
	out := slices.Clone(b)
	slices.Reverse(out)
	return out
}

// Generate makes a key on the curve; bits is its length or 0.
func Generate(c *gost.Curve, rand io.Reader, bits int) (crypto.Signer, error) {
	if bits != 0 && bits != 8*c.Size() {
		return nil, fmt.Errorf("%d bits on a curve of %d", bits, 8*c.Size())
	}
	key, err := c.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	return key, nil
}

// Verify judges a signature r‖s in little-endian halves.
func Verify(c *gost.Curve, pub crypto.PublicKey, digest, sig []byte) bool {
	k, err := Public(c, pub)
	return err == nil && k.Verify(digest, sig)
}

// Sign returns a signature r‖s in little-endian halves, which is what every signer of GOST keys in this project makes.
func Sign(c *gost.Curve, rand io.Reader, key crypto.Signer, digest []byte, h *alg.Hash) ([]byte, error) {
	if _, err := Public(c, key.Public()); err != nil {
		return nil, err
	}
	sig, err := key.Sign(rand, digest, options{h})
	if err != nil {
		return nil, err
	}
	// A token is not ours: a signature of another length would become a certificate that nobody can read.
	if len(sig) != 2*c.Size() {
		return nil, fmt.Errorf("the signer gave %d octets, not %d", len(sig), 2*c.Size())
	}
	return sig, nil
}

// options tell a signer which hash builds its nonce (the construction of RFC 6979 with the algorithm's own hash).
type options struct{ hash *alg.Hash }

// HashFunc answers zero: the standard library has no number for these hashes.
func (o options) HashFunc() crypto.Hash { return 0 }

// NonceHash is what package gost asks for.
func (o options) NonceHash() func() hash.Hash { return o.hash.New }
