package gost

import (
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"
)

// Sign makes the signature r‖s of digest, each half Size octets, little-endian (facts/kz-pki.md section 0, rows 3 and 4).
//
// digest is the hash in stream order and has exactly Size octets. The nonce is drawn as RFC 6979 describes, with Size
// octets from rand as additional data; a nil rand makes the deterministic signature of RFC 6979. The hash of that
// construction is Streebog of the curve's size, unless opts has a method NonceHash() func() hash.Hash that names another;
// opts may be nil, and its HashFunc is not asked.
//
// Errors: a digest of another length, a failing rand, a key after Zero. Time does not depend on the key or the nonce,
// except that the nonce's hash uses tables (see the package comment).
func (k *PrivateKey) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	c := k.pub.curve
	if len(digest) != c.size {
		return nil, fmt.Errorf("couldn't sign: the digest has %d octets instead of %d", len(digest), c.size)
	}
	if !c.isScalar(k.d()) {
		return nil, errors.New("couldn't sign: the key was forgotten")
	}
	var fresh []byte
	if rand != nil {
		fresh = make([]byte, c.size)
		defer clear(fresh)
		if _, err := io.ReadFull(rand, fresh); err != nil {
			return nil, fmt.Errorf("couldn't sign: no randomness for the nonce: %w", err)
		}
	}
	h := c.hash()
	if o, ok := opts.(interface{ NonceHash() func() hash.Hash }); ok {
		if named := o.NonceHash(); named != nil {
			h = named
		}
	}

	e := c.digestNumber(digest)
	n := newNonces(c, h, k.d(), &e, fresh)
	defer n.forget()
	for {
		nonce := n.next()
		r, s, ok := c.signWith(k.d(), &e, &nonce)
		clear(nonce[:])
		if ok {
			return append(append(make([]byte, 0, 2*c.size), r[:c.size]...), s[:c.size]...), nil
		}
	}
}

// hash is Streebog of the curve's size.
func (c *Curve) hash() func() hash.Hash {
	if c.size == 64 {
		return NewStreebog512
	}
	return NewStreebog256
}

// digestNumber is e: the digest read as a little-endian number, mod q, and 1 where that is 0.
func (c *Curve) digestNumber(digest []byte) octets {
	var o octets
	copy(o[:], digest)
	e := c.order.reduce(&o)
	e.choose(&literalOne, e.isZero())
	return e.octets()
}

// reduce is x mod the prime, for any x of n limbs.
func (m *modulus) reduce(x *octets) element {
	z := x.element()
	m.enter(&z, &z)
	m.leave(&z, &z)
	return z
}

// signWith is the equation of the standard: r = x(k·P) mod q, s = r·d + k·e mod q. It is not ok where r or s is 0.
// d, e and k are scalars below q.
func (c *Curve) signWith(d, e, k *octets) (r, s octets, ok bool) {
	x, _ := c.multiplyBase(k)
	rn := c.order.reduce(&x)
	r = rn.octets()
	s = c.respond(&r, d, k, e)
	sn := s.element()
	return r, s, rn.isZero()|sn.isZero() == 0
}

// respond is r·d + k·e mod q for numbers below q.
func (c *Curve) respond(r, d, k, e *octets) octets {
	q := c.order
	u, v, w := r.element(), d.element(), element{}
	q.enter(&u, &u) // a residue times a plain number is a plain number
	q.mul(&w, &u, &v)
	u, v = k.element(), e.element()
	q.enter(&u, &u)
	q.mul(&u, &u, &v)
	q.add(&w, &w, &u)
	s := w.octets()
	clear(u[:])
	clear(v[:])
	return s
}
