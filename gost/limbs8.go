package gost

import "math/bits"

// The kernels of 512-bit arithmetic: the only code that a faster backend has to replace. They are unrolled because the
// compiler keeps the carry in the flag register only in straight code. Nothing here branches or indexes by a value.

// mulWide8 sets t = x·y. t must be zero on entry.
func mulWide8(t *[16]uint64, x, y *[8]uint64) {
	for i := range 8 {
		xi := x[i]
		w := (*[9]uint64)(t[i:])
		h0, l0 := bits.Mul64(xi, y[0])
		h1, l1 := bits.Mul64(xi, y[1])
		h2, l2 := bits.Mul64(xi, y[2])
		h3, l3 := bits.Mul64(xi, y[3])
		h4, l4 := bits.Mul64(xi, y[4])
		h5, l5 := bits.Mul64(xi, y[5])
		h6, l6 := bits.Mul64(xi, y[6])
		h7, l7 := bits.Mul64(xi, y[7])
		var c uint64
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		l4, c = bits.Add64(l4, h3, c)
		l5, c = bits.Add64(l5, h4, c)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		w[0], c = bits.Add64(w[0], l0, 0)
		w[1], c = bits.Add64(w[1], l1, c)
		w[2], c = bits.Add64(w[2], l2, c)
		w[3], c = bits.Add64(w[3], l3, c)
		w[4], c = bits.Add64(w[4], l4, c)
		w[5], c = bits.Add64(w[5], l5, c)
		w[6], c = bits.Add64(w[6], l6, c)
		w[7], c = bits.Add64(w[7], l7, c)
		w[8] = h7 + c
	}
}

// sqrWide8 sets t = x²: each product of two different limbs is computed once and doubled. t must be zero on entry.
func sqrWide8(t *[16]uint64, x *[8]uint64) {
	var c uint64
	{
		h1, l1 := bits.Mul64(x[0], x[1])
		h2, l2 := bits.Mul64(x[0], x[2])
		h3, l3 := bits.Mul64(x[0], x[3])
		h4, l4 := bits.Mul64(x[0], x[4])
		h5, l5 := bits.Mul64(x[0], x[5])
		h6, l6 := bits.Mul64(x[0], x[6])
		h7, l7 := bits.Mul64(x[0], x[7])
		l2, c = bits.Add64(l2, h1, 0)
		l3, c = bits.Add64(l3, h2, c)
		l4, c = bits.Add64(l4, h3, c)
		l5, c = bits.Add64(l5, h4, c)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		t[1] = l1
		t[2] = l2
		t[3] = l3
		t[4] = l4
		t[5] = l5
		t[6] = l6
		t[7] = l7
		t[8] = h7
	}
	{
		h2, l2 := bits.Mul64(x[1], x[2])
		h3, l3 := bits.Mul64(x[1], x[3])
		h4, l4 := bits.Mul64(x[1], x[4])
		h5, l5 := bits.Mul64(x[1], x[5])
		h6, l6 := bits.Mul64(x[1], x[6])
		h7, l7 := bits.Mul64(x[1], x[7])
		l3, c = bits.Add64(l3, h2, 0)
		l4, c = bits.Add64(l4, h3, c)
		l5, c = bits.Add64(l5, h4, c)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		t[3], c = bits.Add64(t[3], l2, 0)
		t[4], c = bits.Add64(t[4], l3, c)
		t[5], c = bits.Add64(t[5], l4, c)
		t[6], c = bits.Add64(t[6], l5, c)
		t[7], c = bits.Add64(t[7], l6, c)
		t[8], c = bits.Add64(t[8], l7, c)
		t[9] = h7 + c
	}
	{
		h3, l3 := bits.Mul64(x[2], x[3])
		h4, l4 := bits.Mul64(x[2], x[4])
		h5, l5 := bits.Mul64(x[2], x[5])
		h6, l6 := bits.Mul64(x[2], x[6])
		h7, l7 := bits.Mul64(x[2], x[7])
		l4, c = bits.Add64(l4, h3, 0)
		l5, c = bits.Add64(l5, h4, c)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		t[5], c = bits.Add64(t[5], l3, 0)
		t[6], c = bits.Add64(t[6], l4, c)
		t[7], c = bits.Add64(t[7], l5, c)
		t[8], c = bits.Add64(t[8], l6, c)
		t[9], c = bits.Add64(t[9], l7, c)
		t[10] = h7 + c
	}
	{
		h4, l4 := bits.Mul64(x[3], x[4])
		h5, l5 := bits.Mul64(x[3], x[5])
		h6, l6 := bits.Mul64(x[3], x[6])
		h7, l7 := bits.Mul64(x[3], x[7])
		l5, c = bits.Add64(l5, h4, 0)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		t[7], c = bits.Add64(t[7], l4, 0)
		t[8], c = bits.Add64(t[8], l5, c)
		t[9], c = bits.Add64(t[9], l6, c)
		t[10], c = bits.Add64(t[10], l7, c)
		t[11] = h7 + c
	}
	{
		h5, l5 := bits.Mul64(x[4], x[5])
		h6, l6 := bits.Mul64(x[4], x[6])
		h7, l7 := bits.Mul64(x[4], x[7])
		l6, c = bits.Add64(l6, h5, 0)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		t[9], c = bits.Add64(t[9], l5, 0)
		t[10], c = bits.Add64(t[10], l6, c)
		t[11], c = bits.Add64(t[11], l7, c)
		t[12] = h7 + c
	}
	{
		h6, l6 := bits.Mul64(x[5], x[6])
		h7, l7 := bits.Mul64(x[5], x[7])
		l7, c = bits.Add64(l7, h6, 0)
		h7 += c
		t[11], c = bits.Add64(t[11], l6, 0)
		t[12], c = bits.Add64(t[12], l7, c)
		t[13] = h7 + c
	}
	{
		h7, l7 := bits.Mul64(x[6], x[7])
		t[13], c = bits.Add64(t[13], l7, 0)
		t[14] = h7 + c
	}
	t[1], c = bits.Add64(t[1], t[1], 0)
	t[2], c = bits.Add64(t[2], t[2], c)
	t[3], c = bits.Add64(t[3], t[3], c)
	t[4], c = bits.Add64(t[4], t[4], c)
	t[5], c = bits.Add64(t[5], t[5], c)
	t[6], c = bits.Add64(t[6], t[6], c)
	t[7], c = bits.Add64(t[7], t[7], c)
	t[8], c = bits.Add64(t[8], t[8], c)
	t[9], c = bits.Add64(t[9], t[9], c)
	t[10], c = bits.Add64(t[10], t[10], c)
	t[11], c = bits.Add64(t[11], t[11], c)
	t[12], c = bits.Add64(t[12], t[12], c)
	t[13], c = bits.Add64(t[13], t[13], c)
	t[14], c = bits.Add64(t[14], t[14], c)
	t[15] = c
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
	h, l = bits.Mul64(x[4], x[4])
	t[8], c = bits.Add64(t[8], l, c)
	t[9], c = bits.Add64(t[9], h, c)
	h, l = bits.Mul64(x[5], x[5])
	t[10], c = bits.Add64(t[10], l, c)
	t[11], c = bits.Add64(t[11], h, c)
	h, l = bits.Mul64(x[6], x[6])
	t[12], c = bits.Add64(t[12], l, c)
	t[13], c = bits.Add64(t[13], h, c)
	h, l = bits.Mul64(x[7], x[7])
	t[14], c = bits.Add64(t[14], l, c)
	t[15], c = bits.Add64(t[15], h, c)
}

// montgomery8 sets z = t / 2^512 mod p, fully reduced, for t < p·2^512 and inv = −1/p mod 2^64. It destroys t.
func montgomery8(z *[8]uint64, t *[16]uint64, p *[8]uint64, inv uint64) {
	var top, c uint64
	for i := range 8 {
		m := t[i] * inv
		w := (*[9]uint64)(t[i:])
		h0, l0 := bits.Mul64(m, p[0])
		h1, l1 := bits.Mul64(m, p[1])
		h2, l2 := bits.Mul64(m, p[2])
		h3, l3 := bits.Mul64(m, p[3])
		h4, l4 := bits.Mul64(m, p[4])
		h5, l5 := bits.Mul64(m, p[5])
		h6, l6 := bits.Mul64(m, p[6])
		h7, l7 := bits.Mul64(m, p[7])
		l1, c = bits.Add64(l1, h0, 0)
		l2, c = bits.Add64(l2, h1, c)
		l3, c = bits.Add64(l3, h2, c)
		l4, c = bits.Add64(l4, h3, c)
		l5, c = bits.Add64(l5, h4, c)
		l6, c = bits.Add64(l6, h5, c)
		l7, c = bits.Add64(l7, h6, c)
		h7 += c
		_, c = bits.Add64(w[0], l0, 0)
		w[1], c = bits.Add64(w[1], l1, c)
		w[2], c = bits.Add64(w[2], l2, c)
		w[3], c = bits.Add64(w[3], l3, c)
		w[4], c = bits.Add64(w[4], l4, c)
		w[5], c = bits.Add64(w[5], l5, c)
		w[6], c = bits.Add64(w[6], l6, c)
		w[7], c = bits.Add64(w[7], l7, c)
		w[8], top = bits.Add64(w[8], h7+c, top)
	}
	reduceOnce8(z, (*[8]uint64)(t[8:]), p, top)
}

// crandall8 sets z = t mod p, fully reduced, for p = 2^512 − fold and fold < 2^32. It destroys t.
func crandall8(z *[8]uint64, t *[16]uint64, fold uint64) {
	var c uint64
	h0, l0 := bits.Mul64(fold, t[8])
	h1, l1 := bits.Mul64(fold, t[9])
	h2, l2 := bits.Mul64(fold, t[10])
	h3, l3 := bits.Mul64(fold, t[11])
	h4, l4 := bits.Mul64(fold, t[12])
	h5, l5 := bits.Mul64(fold, t[13])
	h6, l6 := bits.Mul64(fold, t[14])
	h7, l7 := bits.Mul64(fold, t[15])
	l1, c = bits.Add64(l1, h0, 0)
	l2, c = bits.Add64(l2, h1, c)
	l3, c = bits.Add64(l3, h2, c)
	l4, c = bits.Add64(l4, h3, c)
	l5, c = bits.Add64(l5, h4, c)
	l6, c = bits.Add64(l6, h5, c)
	l7, c = bits.Add64(l7, h6, c)
	h7 += c
	l0, c = bits.Add64(l0, t[0], 0)
	l1, c = bits.Add64(l1, t[1], c)
	l2, c = bits.Add64(l2, t[2], c)
	l3, c = bits.Add64(l3, t[3], c)
	l4, c = bits.Add64(l4, t[4], c)
	l5, c = bits.Add64(l5, t[5], c)
	l6, c = bits.Add64(l6, t[6], c)
	l7, c = bits.Add64(l7, t[7], c)
	h7 += c // at most fold, so that the product below is one word
	l0, c = bits.Add64(l0, h7*fold, 0)
	l1, c = bits.Add64(l1, 0, c)
	l2, c = bits.Add64(l2, 0, c)
	l3, c = bits.Add64(l3, 0, c)
	l4, c = bits.Add64(l4, 0, c)
	l5, c = bits.Add64(l5, 0, c)
	l6, c = bits.Add64(l6, 0, c)
	l7, c = bits.Add64(l7, 0, c)
	// A second carry leaves a number below fold², so the last addition carries no further than the next limb.
	l0, c = bits.Add64(l0, fold&-c, 0)
	l1 += c
	// What is left is below 2^512; it is at least p exactly when adding fold overflows.
	d0, c := bits.Add64(l0, fold, 0)
	d1, c := bits.Add64(l1, 0, c)
	d2, c := bits.Add64(l2, 0, c)
	d3, c := bits.Add64(l3, 0, c)
	d4, c := bits.Add64(l4, 0, c)
	d5, c := bits.Add64(l5, 0, c)
	d6, c := bits.Add64(l6, 0, c)
	d7, c := bits.Add64(l7, 0, c)
	mask := -c
	z[0] = l0 ^ (mask & (l0 ^ d0))
	z[1] = l1 ^ (mask & (l1 ^ d1))
	z[2] = l2 ^ (mask & (l2 ^ d2))
	z[3] = l3 ^ (mask & (l3 ^ d3))
	z[4] = l4 ^ (mask & (l4 ^ d4))
	z[5] = l5 ^ (mask & (l5 ^ d5))
	z[6] = l6 ^ (mask & (l6 ^ d6))
	z[7] = l7 ^ (mask & (l7 ^ d7))
}

// reduceOnce8 sets z = x + top·2^512 − p where that is not negative, otherwise z = x.
func reduceOnce8(z, x, p *[8]uint64, top uint64) {
	d0, b := bits.Sub64(x[0], p[0], 0)
	d1, b := bits.Sub64(x[1], p[1], b)
	d2, b := bits.Sub64(x[2], p[2], b)
	d3, b := bits.Sub64(x[3], p[3], b)
	d4, b := bits.Sub64(x[4], p[4], b)
	d5, b := bits.Sub64(x[5], p[5], b)
	d6, b := bits.Sub64(x[6], p[6], b)
	d7, b := bits.Sub64(x[7], p[7], b)
	_, b = bits.Sub64(top, 0, b)
	mask := -b
	z[0] = d0 ^ (mask & (d0 ^ x[0]))
	z[1] = d1 ^ (mask & (d1 ^ x[1]))
	z[2] = d2 ^ (mask & (d2 ^ x[2]))
	z[3] = d3 ^ (mask & (d3 ^ x[3]))
	z[4] = d4 ^ (mask & (d4 ^ x[4]))
	z[5] = d5 ^ (mask & (d5 ^ x[5]))
	z[6] = d6 ^ (mask & (d6 ^ x[6]))
	z[7] = d7 ^ (mask & (d7 ^ x[7]))
}

// add8 sets z = x + y mod p for x, y < p.
func add8(z, x, y, p *[8]uint64) {
	s0, c := bits.Add64(x[0], y[0], 0)
	s1, c := bits.Add64(x[1], y[1], c)
	s2, c := bits.Add64(x[2], y[2], c)
	s3, c := bits.Add64(x[3], y[3], c)
	s4, c := bits.Add64(x[4], y[4], c)
	s5, c := bits.Add64(x[5], y[5], c)
	s6, c := bits.Add64(x[6], y[6], c)
	s7, c := bits.Add64(x[7], y[7], c)
	d0, b := bits.Sub64(s0, p[0], 0)
	d1, b := bits.Sub64(s1, p[1], b)
	d2, b := bits.Sub64(s2, p[2], b)
	d3, b := bits.Sub64(s3, p[3], b)
	d4, b := bits.Sub64(s4, p[4], b)
	d5, b := bits.Sub64(s5, p[5], b)
	d6, b := bits.Sub64(s6, p[6], b)
	d7, b := bits.Sub64(s7, p[7], b)
	_, b = bits.Sub64(c, 0, b)
	mask := -b
	z[0] = d0 ^ (mask & (d0 ^ s0))
	z[1] = d1 ^ (mask & (d1 ^ s1))
	z[2] = d2 ^ (mask & (d2 ^ s2))
	z[3] = d3 ^ (mask & (d3 ^ s3))
	z[4] = d4 ^ (mask & (d4 ^ s4))
	z[5] = d5 ^ (mask & (d5 ^ s5))
	z[6] = d6 ^ (mask & (d6 ^ s6))
	z[7] = d7 ^ (mask & (d7 ^ s7))
}

// sub8 sets z = x − y mod p for x, y < p.
func sub8(z, x, y, p *[8]uint64) {
	d0, b := bits.Sub64(x[0], y[0], 0)
	d1, b := bits.Sub64(x[1], y[1], b)
	d2, b := bits.Sub64(x[2], y[2], b)
	d3, b := bits.Sub64(x[3], y[3], b)
	d4, b := bits.Sub64(x[4], y[4], b)
	d5, b := bits.Sub64(x[5], y[5], b)
	d6, b := bits.Sub64(x[6], y[6], b)
	d7, b := bits.Sub64(x[7], y[7], b)
	mask := -b
	var c uint64
	z[0], c = bits.Add64(d0, p[0]&mask, 0)
	z[1], c = bits.Add64(d1, p[1]&mask, c)
	z[2], c = bits.Add64(d2, p[2]&mask, c)
	z[3], c = bits.Add64(d3, p[3]&mask, c)
	z[4], c = bits.Add64(d4, p[4]&mask, c)
	z[5], c = bits.Add64(d5, p[5]&mask, c)
	z[6], c = bits.Add64(d6, p[6]&mask, c)
	z[7], _ = bits.Add64(d7, p[7]&mask, c)
}
