package gost

import "math/bits"

// element is a number of 256 or 512 bits: little-endian limbs, of which a modulus uses the first four or all eight.
// Unused limbs are zero.
type element [8]uint64

// octets is the same number at the boundary of the arithmetic: little-endian, the first Size octets used, the rest zero.
// Everything outside the field and the points sees numbers in this form only.
type octets [64]byte

// modulus is a prime field. Residues are kept multiplied by a radix: 2^(64n) with Montgomery's reduction, or 1 where the
// prime is 2^(64n) − c for a small c and folding c times the upper half is quicker (both production fields p).
//
// All methods take time that depends on the modulus only, never on an element, unless they say otherwise.
type modulus struct {
	n    int     // limbs in use, 4 or 8
	bits int     // length of the prime in bits
	p    element // the prime
	fold uint64  // c where the prime is 2^(64n) − c with c < 2^32, otherwise 0
	inv  uint64  // −1/p mod 2^64
	one  element // 1 times the radix
	rr   element // the radix squared: brings a number into the field
	exp  element // p − 2, the exponent that inverts
}

// literalOne is the number 1 outside any field: multiplying by it takes the radix off.
var literalOne = element{1}

// newModulus prepares the odd prime p of n limbs, whose top limb is not zero.
func newModulus(p *element, n int) *modulus {
	m := &modulus{n: n, p: *p}
	m.bits = 64*(n-1) + bits.Len64(p[n-1])

	// Newton's iteration doubles the number of right bits: 5, 10, 20, 40, 80.
	inv := p[0]*3 ^ 2
	for range 4 {
		inv *= 2 - p[0]*inv
	}
	m.inv = -inv

	m.fold = -p[0]
	for i := 1; i < n; i++ {
		if p[i] != ^uint64(0) {
			m.fold = 0
		}
	}
	if m.fold>>32 != 0 {
		m.fold = 0
	}

	m.one = literalOne
	m.rr = literalOne
	if m.fold == 0 {
		for i := range 2 * 64 * n {
			m.add(&m.rr, &m.rr, &m.rr)
			if i == 64*n-1 {
				m.one = m.rr
			}
		}
	}

	var b uint64
	m.exp[0], b = bits.Sub64(p[0], 2, 0)
	for i := 1; i < n; i++ {
		m.exp[i], b = bits.Sub64(p[i], 0, b)
	}
	return m
}

// mul sets z = x·y. One factor may be any number of n limbs, not only a reduced one: the product is reduced all the same.
func (m *modulus) mul(z, x, y *element) {
	if m.n == 8 {
		var t [16]uint64
		mulWide8(&t, (*[8]uint64)(x), (*[8]uint64)(y))
		if m.fold != 0 {
			crandall8((*[8]uint64)(z), &t, m.fold)
		} else {
			montgomery8((*[8]uint64)(z), &t, (*[8]uint64)(&m.p), m.inv)
		}
		return
	}
	var t [8]uint64
	mulWide4(&t, (*[4]uint64)(x[:]), (*[4]uint64)(y[:]))
	if m.fold != 0 {
		crandall4((*[4]uint64)(z[:]), &t, m.fold)
	} else {
		montgomery4((*[4]uint64)(z[:]), &t, (*[4]uint64)(m.p[:]), m.inv)
	}
}

// sqr sets z = x².
func (m *modulus) sqr(z, x *element) {
	if m.n == 8 {
		var t [16]uint64
		sqrWide8(&t, (*[8]uint64)(x))
		if m.fold != 0 {
			crandall8((*[8]uint64)(z), &t, m.fold)
		} else {
			montgomery8((*[8]uint64)(z), &t, (*[8]uint64)(&m.p), m.inv)
		}
		return
	}
	var t [8]uint64
	sqrWide4(&t, (*[4]uint64)(x[:]))
	if m.fold != 0 {
		crandall4((*[4]uint64)(z[:]), &t, m.fold)
	} else {
		montgomery4((*[4]uint64)(z[:]), &t, (*[4]uint64)(m.p[:]), m.inv)
	}
}

// add sets z = x + y.
func (m *modulus) add(z, x, y *element) {
	if m.n == 8 {
		add8((*[8]uint64)(z), (*[8]uint64)(x), (*[8]uint64)(y), (*[8]uint64)(&m.p))
		return
	}
	add4((*[4]uint64)(z[:]), (*[4]uint64)(x[:]), (*[4]uint64)(y[:]), (*[4]uint64)(m.p[:]))
}

// sub sets z = x − y.
func (m *modulus) sub(z, x, y *element) {
	if m.n == 8 {
		sub8((*[8]uint64)(z), (*[8]uint64)(x), (*[8]uint64)(y), (*[8]uint64)(&m.p))
		return
	}
	sub4((*[4]uint64)(z[:]), (*[4]uint64)(x[:]), (*[4]uint64)(y[:]), (*[4]uint64)(m.p[:]))
}

// neg sets z = −x.
func (m *modulus) neg(z, x *element) {
	m.sub(z, &element{}, x)
}

// enter brings a number of n limbs, reduced or not, into the field.
func (m *modulus) enter(z, x *element) { m.mul(z, x, &m.rr) }

// leave gives the number that a residue stands for.
func (m *modulus) leave(z, x *element) { m.mul(z, x, &literalOne) }

// invert sets z = 1/x, and 0 for 0, by Fermat's theorem with windows of four bits. The exponent is public.
func (m *modulus) invert(z, x *element) {
	var table [16]element
	table[0], table[1] = m.one, *x
	for i := 2; i < 16; i++ {
		m.mul(&table[i], &table[i-1], x)
	}
	acc := m.one
	for i := 16*m.n - 1; i >= 0; i-- {
		for range 4 {
			m.sqr(&acc, &acc)
		}
		if digit := m.exp[i/16] >> (i % 16 * 4) & 15; digit != 0 {
			m.mul(&acc, &acc, &table[digit])
		}
	}
	*z = acc
	clear(acc[:])
	clear(table[:])
}

// less is 1 where the number x is below the prime, otherwise 0.
func (m *modulus) less(x *element) uint64 {
	var b uint64
	for i := range m.n {
		_, b = bits.Sub64(x[i], m.p[i], b)
	}
	return b
}

// isZero is 1 for zero, otherwise 0.
func (x *element) isZero() uint64 {
	var or uint64
	for _, limb := range x {
		or |= limb
	}
	return 1 ^ (or|-or)>>63
}

// equal is 1 where x and y are the same limbs, otherwise 0.
func (x *element) equal(y *element) uint64 {
	var or uint64
	for i := range x {
		or |= x[i] ^ y[i]
	}
	return 1 ^ (or|-or)>>63
}

// choose sets z = x where choice is 1 and leaves z alone where it is 0.
func (z *element) choose(x *element, choice uint64) {
	mask := -choice
	for i := range z {
		z[i] ^= mask & (z[i] ^ x[i])
	}
}

// element reads the number.
func (o *octets) element() (z element) {
	for i := range z {
		for j := 7; j >= 0; j-- {
			z[i] = z[i]<<8 | uint64(o[8*i+j])
		}
	}
	return z
}

// octets writes the number.
func (x *element) octets() (o octets) {
	for i, limb := range x {
		for j := range 8 {
			o[8*i+j] = byte(limb >> (8 * j))
		}
	}
	return o
}
