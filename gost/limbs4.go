package gost

import "math/bits"

// The kernels of 256-bit arithmetic: the only code that a faster backend has to replace. They are unrolled because the
// compiler keeps the carry in the flag register only in straight code. Nothing here branches or indexes by a value.

// mulWide4 sets t = x·y. t must be zero on entry.
func mulWide4(t *[8]uint64, x, y *[4]uint64) {
	for i := range 4 {
		xi := x[i]
		w := (*[5]uint64)(t[i:])
		h0, l0 := bits.Mul64(xi, y[0])
		h1, l1 := bits.Mul64(xi, y[1])
		h2, l2 := bits.Mul64(xi, y[2])
		h3, l3 := bits.Mul64(xi, y[3])
		var c uint64
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		w[0], c = bits.Add64(w[0], l0, 0)
		w[1], c = bits.Add64(w[1], l1, c)
		w[2], c = bits.Add64(w[2], l2, c)
		w[3], c = bits.Add64(w[3], l3, c)
		w[4] = h3 + c
	}
}

// sqrWide4 sets t = x²: each product of two different limbs is computed once and doubled. t must be zero on entry.
func sqrWide4(t *[8]uint64, x *[4]uint64) {
	var c uint64
	{
		h1, l1 := bits.Mul64(x[0], x[1])
		h2, l2 := bits.Mul64(x[0], x[2])
		h3, l3 := bits.Mul64(x[0], x[3])
		l2, c = bits.Add64(l2, h1, 0)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		t[1] = l1
		t[2] = l2
		t[3] = l3
		t[4] = h3
	}
	{
		h2, l2 := bits.Mul64(x[1], x[2])
		h3, l3 := bits.Mul64(x[1], x[3])
		l3, c = bits.Add64(l3, h2, 0)
		h3 += c
		t[3], c = bits.Add64(t[3], l2, 0)
		t[4], c = bits.Add64(t[4], l3, c)
		t[5] = h3 + c
	}
	{
		h3, l3 := bits.Mul64(x[2], x[3])
		t[5], c = bits.Add64(t[5], l3, 0)
		t[6] = h3 + c
	}
	t[1], c = bits.Add64(t[1], t[1], 0)
	t[2], c = bits.Add64(t[2], t[2], c)
	t[3], c = bits.Add64(t[3], t[3], c)
	t[4], c = bits.Add64(t[4], t[4], c)
	t[5], c = bits.Add64(t[5], t[5], c)
	t[6], c = bits.Add64(t[6], t[6], c)
	t[7] = c
	var h, l uint64
	c = 0
	h, l = bits.Mul64(x[0], x[0])
	t[0], c = bits.Add64(t[0], l, c)
	t[1], c = bits.Add64(t[1], h, c)
	h, l = bits.Mul64(x[1], x[1])
	t[2], c = bits.Add64(t[2], l, c)
	t[3], c = bits.Add64(t[3], h, c)
	h, l = bits.Mul64(x[2], x[2])
	t[4], c = bits.Add64(t[4], l, c)
	t[5], c = bits.Add64(t[5], h, c)
	h, l = bits.Mul64(x[3], x[3])
	t[6], c = bits.Add64(t[6], l, c)
	t[7], c = bits.Add64(t[7], h, c)
}

// montgomery4 sets z = t / 2^256 mod p, fully reduced, for t < p·2^256 and inv = −1/p mod 2^64. It destroys t.
func montgomery4(z *[4]uint64, t *[8]uint64, p *[4]uint64, inv uint64) {
	var top, c uint64
	for i := range 4 {
		m := t[i] * inv
		w := (*[5]uint64)(t[i:])
		h0, l0 := bits.Mul64(m, p[0])
		h1, l1 := bits.Mul64(m, p[1])
		h2, l2 := bits.Mul64(m, p[2])
		h3, l3 := bits.Mul64(m, p[3])
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		h3 += c
		_, c = bits.Add64(w[0], l0, 0)
		w[1], c = bits.Add64(w[1], l1, c)
		w[2], c = bits.Add64(w[2], l2, c)
		w[3], c = bits.Add64(w[3], l3, c)
		w[4], top = bits.Add64(w[4], h3+c, top)
	}
	reduceOnce4(z, (*[4]uint64)(t[4:]), p, top)
}

// crandall4 sets z = t mod p, fully reduced, for p = 2^256 − fold and fold < 2^32. It destroys t.
func crandall4(z *[4]uint64, t *[8]uint64, fold uint64) {
	var c uint64
	h0, l0 := bits.Mul64(fold, t[4])
	h1, l1 := bits.Mul64(fold, t[5])
	h2, l2 := bits.Mul64(fold, t[6])
	h3, l3 := bits.Mul64(fold, t[7])
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, c = bits.Add64(l3, h2, c)
	h3 += c
	l0, c = bits.Add64(l0, t[0], 0)
	l1, c = bits.Add64(l1, t[1], c)
	l2, c = bits.Add64(l2, t[2], c)
	l3, c = bits.Add64(l3, t[3], c)
	h3 += c // at most fold, so that the product below is one word
	l0, c = bits.Add64(l0, h3*fold, 0)
	l1, c = bits.Add64(l1, 0, c)
	l2, c = bits.Add64(l2, 0, c)
	l3, c = bits.Add64(l3, 0, c)
	// A second carry leaves a number below fold², so the last addition carries no further than the next limb.
	l0, c = bits.Add64(l0, fold&-c, 0)
	l1 += c
	// What is left is below 2^256; it is at least p exactly when adding fold overflows.
	d0, c := bits.Add64(l0, fold, 0)
	d1, c := bits.Add64(l1, 0, c)
	d2, c := bits.Add64(l2, 0, c)
	d3, c := bits.Add64(l3, 0, c)
	mask := -c
	z[0] = l0 ^ (mask & (l0 ^ d0))
	z[1] = l1 ^ (mask & (l1 ^ d1))
	z[2] = l2 ^ (mask & (l2 ^ d2))
	z[3] = l3 ^ (mask & (l3 ^ d3))
}

// reduceOnce4 sets z = x + top·2^256 − p where that is not negative, otherwise z = x.
func reduceOnce4(z, x, p *[4]uint64, top uint64) {
	d0, b := bits.Sub64(x[0], p[0], 0)
	d1, b := bits.Sub64(x[1], p[1], b)
	d2, b := bits.Sub64(x[2], p[2], b)
	d3, b := bits.Sub64(x[3], p[3], b)
	_, b = bits.Sub64(top, 0, b)
	mask := -b
	z[0] = d0 ^ (mask & (d0 ^ x[0]))
	z[1] = d1 ^ (mask & (d1 ^ x[1]))
	z[2] = d2 ^ (mask & (d2 ^ x[2]))
	z[3] = d3 ^ (mask & (d3 ^ x[3]))
}

// add4 sets z = x + y mod p for x, y < p.
func add4(z, x, y, p *[4]uint64) {
	s0, c := bits.Add64(x[0], y[0], 0)
	s1, c := bits.Add64(x[1], y[1], c)
	s2, c := bits.Add64(x[2], y[2], c)
	s3, c := bits.Add64(x[3], y[3], c)
	d0, b := bits.Sub64(s0, p[0], 0)
	d1, b := bits.Sub64(s1, p[1], b)
	d2, b := bits.Sub64(s2, p[2], b)
	d3, b := bits.Sub64(s3, p[3], b)
	_, b = bits.Sub64(c, 0, b)
	mask := -b
	z[0] = d0 ^ (mask & (d0 ^ s0))
	z[1] = d1 ^ (mask & (d1 ^ s1))
	z[2] = d2 ^ (mask & (d2 ^ s2))
	z[3] = d3 ^ (mask & (d3 ^ s3))
}

// sub4 sets z = x − y mod p for x, y < p.
func sub4(z, x, y, p *[4]uint64) {
	d0, b := bits.Sub64(x[0], y[0], 0)
	d1, b := bits.Sub64(x[1], y[1], b)
	d2, b := bits.Sub64(x[2], y[2], b)
	d3, b := bits.Sub64(x[3], y[3], b)
	mask := -b
	var c uint64
	z[0], c = bits.Add64(d0, p[0]&mask, 0)
	z[1], c = bits.Add64(d1, p[1]&mask, c)
	z[2], c = bits.Add64(d2, p[2]&mask, c)
	z[3], _ = bits.Add64(d3, p[3]&mask, c)
}
