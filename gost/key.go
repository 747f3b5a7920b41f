package gost

import (
	"crypto"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
)

// PublicKey is a point of a curve's group of prime order, never infinity. It can be made by NewPublicKey and GenerateKey only.
type PublicKey struct {
	curve *Curve
	point affine
	x, y  octets
}

// PrivateKey is a scalar d with 0 < d < q and its public key. It implements crypto.Signer.
type PrivateKey struct {
	hidden *secret
	pub    PublicKey
}

// secret holds the scalar behind two pointers, so that a key printed by mistake shows an address: fmt follows one
// pointer for a verb that does not fit. All zeros after Zero.
type secret struct{ d *octets }

var _ crypto.Signer = (*PrivateKey)(nil)

// maxTries bounds the search for a random scalar. A candidate is good with a probability above one half, so that an
// honest source fails once in 2^128 searches and a broken one (all zeros, all ones) ends in an error instead of a hang.
const maxTries = 128

// GenerateKey makes a key from rand, which must be a cryptographic source such as crypto/rand.Reader.
// It fails when rand does.
func (c *Curve) GenerateKey(rand io.Reader) (*PrivateKey, error) {
	if rand == nil {
		return nil, errors.New("couldn't make a key: no source of randomness")
	}
	var d octets
	defer clear(d[:])
	for range maxTries {
		if _, err := io.ReadFull(rand, d[:c.size]); err != nil {
			return nil, fmt.Errorf("couldn't make a key: %w", err)
		}
		d[c.size-1] &= 0xff >> (8*c.size - c.order.bits) // the prime may be shorter than its octets, by less than one
		if c.isScalar(&d) {
			return c.newPrivateKey(&d), nil
		}
	}
	return nil, errors.New("couldn't make a key: the source of randomness is broken")
}

// NewPrivateKey takes a private key d: exactly Size octets, little-endian, 0 < d < q, otherwise an error. The octets are copied.
func (c *Curve) NewPrivateKey(d []byte) (*PrivateKey, error) {
	if len(d) != c.size {
		return nil, fmt.Errorf("couldn't read a private key: %d octets instead of %d", len(d), c.size)
	}
	var o octets
	defer clear(o[:])
	copy(o[:], d)
	if !c.isScalar(&o) {
		return nil, errors.New("couldn't read a private key: the number is zero or not below the order of the curve")
	}
	return c.newPrivateKey(&o), nil
}

// isScalar reports whether 0 < d < q, in constant time but for the answer.
func (c *Curve) isScalar(d *octets) bool {
	x := d.element()
	defer clear(x[:])
	return c.order.less(&x)&(1^x.isZero()) == 1
}

func (c *Curve) newPrivateKey(d *octets) *PrivateKey {
	kept := *d
	k := &PrivateKey{hidden: &secret{&kept}}
	x, y := c.multiplyBase(d)
	k.pub = PublicKey{curve: c, x: x, y: y}
	k.pub.enter()
	return k
}

// NewPublicKey takes a public key: x‖y, each Size octets, little-endian. Coordinates that are not below p, a point off
// the curve and any other length are errors. The order of both curves is prime, so that every point on them is good.
func (c *Curve) NewPublicKey(xy []byte) (*PublicKey, error) {
	if len(xy) != 2*c.size {
		return nil, fmt.Errorf("couldn't read a public key: %d octets instead of %d", len(xy), 2*c.size)
	}
	p := &PublicKey{curve: c}
	copy(p.x[:], xy[:c.size])
	copy(p.y[:], xy[c.size:])
	x, y := p.x.element(), p.y.element()
	if c.field.less(&x)&c.field.less(&y) != 1 {
		return nil, errors.New("couldn't read a public key: a coordinate is not below the field's prime")
	}
	p.enter()
	if !c.onCurve(&p.point.x, &p.point.y) {
		return nil, errors.New("couldn't read a public key: the point is not on the curve")
	}
	return p, nil
}

// enter computes the point from its octets.
func (p *PublicKey) enter() {
	x, y := p.x.element(), p.y.element()
	p.curve.field.enter(&p.point.x, &x)
	p.curve.field.enter(&p.point.y, &y)
}

// Curve is the curve of the key.
func (p *PublicKey) Curve() *Curve { return p.curve }

// Bytes is x‖y, each Size octets, little-endian.
func (p *PublicKey) Bytes() []byte {
	size := p.curve.size
	return append(append(make([]byte, 0, 2*size), p.x[:size]...), p.y[:size]...)
}

// Equal reports whether x is a *PublicKey of the same curve and point.
func (p *PublicKey) Equal(x crypto.PublicKey) bool {
	o, ok := x.(*PublicKey)
	return ok && o != nil && p.curve == o.curve && p.x == o.x && p.y == o.y
}

// d is the scalar itself, not a copy.
func (k *PrivateKey) d() *octets { return k.hidden.d }

// Public is the *PublicKey.
func (k *PrivateKey) Public() crypto.PublicKey { return &k.pub }

// Bytes is d, Size octets, little-endian. The caller clears them after use.
func (k *PrivateKey) Bytes() []byte {
	return append([]byte(nil), k.d()[:k.pub.curve.size]...)
}

// Equal reports, in constant time, whether x is a *PrivateKey of the same curve and scalar.
func (k *PrivateKey) Equal(x crypto.PrivateKey) bool {
	o, ok := x.(*PrivateKey)
	return ok && o != nil && k.pub.curve == o.pub.curve && subtle.ConstantTimeCompare(k.d()[:], o.d()[:]) == 1
}

// Zero forgets the scalar; the public key stays. Signing afterwards is an error.
func (k *PrivateKey) Zero() { clear(k.d()[:]) }
