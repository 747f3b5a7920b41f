package gost

import "math/bits"

// Everything in this file sees public values only and takes time that depends on them.

// Verify reports whether sig is a signature of digest by the holder of p.
//
// digest is the hash in stream order, exactly Size octets; sig is r‖s, each half Size octets, little-endian
// (facts/kz-pki.md section 0, rows 3 and 4). A malformed sig is an invalid signature, not an error: both answer false.
func (p *PublicKey) Verify(digest, sig []byte) bool {
	c := p.curve
	if len(digest) != c.size || len(sig) != 2*c.size {
		return false
	}
	var ro, so octets
	copy(ro[:], sig[:c.size])
	copy(so[:], sig[c.size:])
	if !c.isScalar(&ro) || !c.isScalar(&so) {
		return false
	}

	// v = 1/e, z1 = s·v, z2 = −r·v.
	q := c.order
	eo := c.digestNumber(digest)
	v, z1, z2 := eo.element(), so.element(), ro.element()
	q.enter(&v, &v)
	q.invert(&v, &v)
	q.mul(&z1, &z1, &v)
	q.mul(&z2, &z2, &v)
	q.neg(&z2, &z2)

	sum := c.multiply(&z2, &p.point)
	c.addMultipleOfBase(&sum, z1.octets())
	if sum.z.isZero() == 1 {
		return false
	}
	return c.hasX(&sum, ro.element())
}

// jacobian is the point (X/Z², Y/Z³); infinity has Z = 0.
type jacobian struct{ x, y, z element }

// hasX reports whether the x coordinate of p, which is not infinity, is r mod q. It compares x with r, r + q, … below
// the field's prime, each multiplied by Z², which saves an inversion.
func (c *Curve) hasX(p *jacobian, r element) bool {
	f := c.field
	var zz, x element
	f.sqr(&zz, &p.z)
	for f.less(&r) == 1 {
		f.enter(&x, &r)
		f.mul(&x, &x, &zz)
		if x.equal(&p.x) == 1 {
			return true
		}
		var carry uint64
		for i := range f.n {
			r[i], carry = bits.Add64(r[i], c.order.p[i], carry)
		}
		if carry == 1 {
			return false
		}
	}
	return false
}

// addMultipleOfBase adds k·(base point) to p.
func (c *Curve) addMultipleOfBase(p *jacobian, k octets) {
	c.combOnce.Do(c.buildComb)
	for i := range c.comb {
		magnitude, negative := digit(&k, i)
		if magnitude == 0 {
			continue
		}
		entry := c.comb[i][magnitude-1]
		if negative == 1 {
			c.field.neg(&entry.y, &entry.y)
		}
		c.addJacobian(p, &jacobian{entry.x, entry.y, c.field.one}, true)
	}
}

// multiply is k·q by signed digits in a sliding window: odd digits in −15…15, on average one in six bits.
func (c *Curve) multiply(k *element, q *affine) jacobian {
	f := c.field
	var odd [8]jacobian // 1, 3, … 15 times q
	odd[0] = jacobian{q.x, q.y, f.one}
	twice := odd[0]
	c.double(&twice)
	for i := 1; i < len(odd); i++ {
		odd[i] = twice
		c.addJacobian(&odd[i], &odd[i-1], false)
	}

	digits := signedDigits(*k)
	var p jacobian
	for i := len(digits) - 1; i >= 0; i-- {
		c.double(&p)
		d := digits[i]
		if d == 0 {
			continue
		}
		entry := odd[max(d, -d)/2]
		if d < 0 {
			f.neg(&entry.y, &entry.y)
		}
		c.addJacobian(&p, &entry, d == 1 || d == -1)
	}
	return p
}

// signedDigits cuts k into digits of which each is 0 or odd in −15…15, the lowest first: k = Σ digits[i]·2^i.
func signedDigits(k element) []int {
	digits := make([]int, 0, 513)
	var over uint64 // bit 512, which rounding up may reach
	for k.isZero() == 0 || over != 0 {
		d := 0
		if k[0]&1 == 1 {
			d = int(k[0] & 31)
			if d > 16 {
				d -= 32
			}
			var c uint64
			if d > 0 {
				k[0] -= uint64(d) // the low five bits are d: no borrow
			} else {
				k[0], c = bits.Add64(k[0], uint64(-d), 0)
				for i := 1; i < len(k); i++ {
					k[i], c = bits.Add64(k[i], 0, c)
				}
				over += c
			}
		}
		digits = append(digits, d)
		for i := range len(k) - 1 {
			k[i] = k[i]>>1 | k[i+1]<<63
		}
		k[len(k)-1] = k[len(k)-1]>>1 | over<<63
		over >>= 1
	}
	return digits
}

// double sets p = 2p. Infinity stays infinity; there are no points of order 2.
func (c *Curve) double(p *jacobian) {
	f := c.field
	var zz, yy, xyy, alpha, t element
	f.sqr(&zz, &p.z)
	f.sqr(&yy, &p.y)
	f.mul(&xyy, &p.x, &yy)

	// alpha = 3X² + aZ⁴, which is 3(X − Z²)(X + Z²) where a = −3.
	if c.aIsM3 {
		f.sub(&alpha, &p.x, &zz)
		f.add(&t, &p.x, &zz)
		f.mul(&alpha, &alpha, &t)
		f.add(&t, &alpha, &alpha)
		f.add(&alpha, &alpha, &t)
	} else {
		f.sqr(&alpha, &p.x)
		f.add(&t, &alpha, &alpha)
		f.add(&alpha, &alpha, &t)
		f.sqr(&t, &zz)
		f.mul(&t, &t, &c.a)
		f.add(&alpha, &alpha, &t)
	}

	f.mul(&p.z, &p.y, &p.z)
	f.add(&p.z, &p.z, &p.z)

	f.add(&xyy, &xyy, &xyy)
	f.add(&xyy, &xyy, &xyy) // 4XY²
	f.sqr(&p.x, &alpha)
	f.sub(&p.x, &p.x, &xyy)
	f.sub(&p.x, &p.x, &xyy)

	f.sub(&t, &xyy, &p.x)
	f.mul(&p.y, &alpha, &t)
	f.sqr(&yy, &yy)
	f.add(&yy, &yy, &yy)
	f.add(&yy, &yy, &yy)
	f.add(&yy, &yy, &yy) // 8Y⁴
	f.sub(&p.y, &p.y, &yy)
}

// addJacobian sets p = p + q for a finite q; zIsOne promises that its Z is 1. The exceptions are found and treated.
func (c *Curve) addJacobian(p, q *jacobian, zIsOne bool) {
	if p.z.isZero() == 1 {
		*p = *q
		return
	}
	f := c.field
	u1, s1 := p.x, p.y
	var t, u2, s2 element
	f.sqr(&t, &p.z)
	f.mul(&u2, &q.x, &t)
	f.mul(&t, &t, &p.z)
	f.mul(&s2, &q.y, &t)
	if !zIsOne {
		f.sqr(&t, &q.z)
		f.mul(&u1, &u1, &t)
		f.mul(&t, &t, &q.z)
		f.mul(&s1, &s1, &t)
		f.mul(&p.z, &p.z, &q.z)
	}

	// h and r are the differences of x and of y.
	var h, r, hh, hhh element
	f.sub(&h, &u2, &u1)
	f.sub(&r, &s2, &s1)
	if h.isZero() == 1 {
		if r.isZero() == 1 {
			*p = *q
			c.double(p)
		} else {
			*p = jacobian{}
		}
		return
	}
	f.mul(&p.z, &p.z, &h)
	f.sqr(&hh, &h)
	f.mul(&hhh, &hh, &h)
	f.mul(&u1, &u1, &hh)
	f.sqr(&p.x, &r)
	f.sub(&p.x, &p.x, &hhh)
	f.sub(&p.x, &p.x, &u1)
	f.sub(&p.x, &p.x, &u1)
	f.sub(&t, &u1, &p.x)
	f.mul(&p.y, &r, &t)
	f.mul(&t, &s1, &hhh)
	f.sub(&p.y, &p.y, &t)
}
