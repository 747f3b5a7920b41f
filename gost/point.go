package gost

// This file multiplies the base point by a secret. It uses the complete formulas of Renes, Costello and Batina ("Complete
// addition formulas for prime order elliptic curves", 2015, algorithms 1 to 3): the same operations for every pair of
// points, infinity and doubling included, so there is neither a branch nor an exception to hide. They hold because the
// order of both curves is odd.

// projective is the point (X/Z, Y/Z); infinity has Z = 0.
type projective struct{ x, y, z element }

// affine is a point that is not infinity.
type affine struct{ x, y element }

// infinity is the neutral element.
func (c *Curve) infinity() projective { return projective{y: c.field.one} }

// timesA sets z = a·x.
func (c *Curve) timesA(z, x *element) {
	f := c.field
	if !c.aIsM3 {
		f.mul(z, &c.a, x)
		return
	}
	var t element
	f.add(&t, x, x)
	f.add(&t, &t, x)
	f.neg(z, &t)
}

// add sets r = p + q (algorithm 1).
func (c *Curve) add(r, p, q *projective) {
	f := c.field
	var t0, t1, t2, t3, t4, t5 element
	f.mul(&t0, &p.x, &q.x)
	f.mul(&t1, &p.y, &q.y)
	f.mul(&t2, &p.z, &q.z)
	c.cross(&t3, &p.x, &p.y, &q.x, &q.y, &t0, &t1)
	c.cross(&t4, &p.x, &p.z, &q.x, &q.z, &t0, &t2)
	c.cross(&t5, &p.y, &p.z, &q.y, &q.z, &t1, &t2)
	c.combine(r, &t0, &t1, &t2, &t3, &t4, &t5)
}

// addAffine sets r = p + q (algorithm 2, the same with Z = 1 for q).
func (c *Curve) addAffine(r, p *projective, q *affine) {
	f := c.field
	var t0, t1, t3, t4, t5 element
	f.mul(&t0, &p.x, &q.x)
	f.mul(&t1, &p.y, &q.y)
	c.cross(&t3, &p.x, &p.y, &q.x, &q.y, &t0, &t1)
	f.mul(&t4, &q.x, &p.z)
	f.add(&t4, &t4, &p.x)
	f.mul(&t5, &q.y, &p.z)
	f.add(&t5, &t5, &p.y)
	t2 := p.z
	c.combine(r, &t0, &t1, &t2, &t3, &t4, &t5)
}

// cross sets z = u1·v2 + v1·u2, given the products uu = u1·u2 and vv = v1·v2.
func (c *Curve) cross(z, u1, v1, u2, v2, uu, vv *element) {
	f := c.field
	var t element
	f.add(z, u1, v1)
	f.add(&t, u2, v2)
	f.mul(z, z, &t)
	f.sub(z, z, uu)
	f.sub(z, z, vv)
}

// combine ends both additions: from X1X2, Y1Y2, Z1Z2 and the three cross terms XY, XZ, YZ to the sum. With
// s, d = YY ± (a·XZ + 3b·ZZ), m = 3·XX + a·ZZ and n = 3b·XZ + a·(XX − a·ZZ) it is
// (XY·d − YZ·n : s·d + m·n : YZ·s + XY·m).
func (c *Curve) combine(r *projective, xx, yy, zz, xy, xz, yz *element) {
	f := c.field
	var s, d, m, n, t element
	c.timesA(&t, xz)
	f.mul(&s, &c.b3, zz)
	f.add(&t, &t, &s)
	f.sub(&d, yy, &t)
	f.add(&s, yy, &t)

	f.add(&m, xx, xx)
	f.add(&m, &m, xx)
	c.timesA(&t, zz)
	f.add(&m, &m, &t)

	f.sub(&n, xx, &t)
	c.timesA(&n, &n)
	f.mul(&t, &c.b3, xz)
	f.add(&n, &n, &t)

	f.mul(&r.y, &s, &d)
	f.mul(&t, &m, &n)
	f.add(&r.y, &r.y, &t)
	f.mul(&r.x, xy, &d)
	f.mul(&t, yz, &n)
	f.sub(&r.x, &r.x, &t)
	f.mul(&r.z, yz, &s)
	f.mul(&t, xy, &m)
	f.add(&r.z, &r.z, &t)
}

// affine sets r to the point p, and to zeros where p is infinity.
func (c *Curve) affine(r *affine, p *projective) {
	f := c.field
	var inv element
	f.invert(&inv, &p.z)
	f.mul(&r.x, &p.x, &inv)
	f.mul(&r.y, &p.y, &inv)
	clear(inv[:]) // as p's Z, it tells about the scalar
}

// The comb: a scalar is cut into digits of combBits bits, each in −16…16, and for digit i the multiples 1…16 of
// 32^i times the base point are kept. A product is then one addition a digit, without doubling: 52 or 103 of them.
const (
	combBits  = 5
	combWidth = 1 << (combBits - 1)
)

// buildComb computes the multiples, 106 or 211 kB. The base point is public.
func (c *Curve) buildComb() {
	f := c.field
	digits := (8*c.size + combBits) / combBits // a carry may add one bit
	points := make([]projective, 0, digits*combWidth)
	start := projective{c.bx, c.by, f.one}
	for range digits {
		sum := start
		for range combWidth {
			points = append(points, sum)
			c.add(&sum, &sum, &start)
		}
		last := points[len(points)-1]
		c.add(&start, &last, &last)
	}

	// One inversion for all: running products forward, then peeled off backward (Montgomery's trick). No Z is zero,
	// since no multiple below the order is infinity.
	products := make([]element, len(points))
	run := f.one
	for i := range points {
		products[i] = run
		f.mul(&run, &run, &points[i].z)
	}
	f.invert(&run, &run)
	c.comb = make([][combWidth]affine, digits)
	for i := len(points) - 1; i >= 0; i-- {
		var inv element
		f.mul(&inv, &run, &products[i])
		f.mul(&run, &run, &points[i].z)
		to := &c.comb[i/combWidth][i%combWidth]
		f.mul(&to.x, &points[i].x, &inv)
		f.mul(&to.y, &points[i].y, &inv)
	}
}

// digit cuts digit i out of k by Booth's rule: the magnitude, 0…16, and the sign, 1 for negative. Constant time in k.
func digit(k *octets, i int) (magnitude, negative uint64) {
	// The window is combBits bits and the one below them.
	low := i*combBits - 1
	var window uint64
	for j := range combBits + 1 {
		if bit := low + j; bit >= 0 && bit < 8*len(k) { // positions are public
			window |= uint64(k[bit/8]>>(bit%8)&1) << j
		}
	}
	negative = window >> combBits
	flip := -negative & (1<<(combBits+1) - 1)
	magnitude = window ^ flip
	return magnitude>>1 + magnitude&1, negative
}

// pick copies entry magnitude−1 of row, reading every entry; magnitude 0 gives zeros.
func pick(to *affine, row *[combWidth]affine, magnitude uint64, n int) {
	*to = affine{}
	for i := range row {
		diff := magnitude ^ uint64(i+1)
		mask := (diff|-diff)>>63 - 1 // all ones where diff is 0
		for j := range n {
			to.x[j] |= mask & row[i].x[j]
			to.y[j] |= mask & row[i].y[j]
		}
	}
}

// mulBase sets p = k·(base point) for any k of Size octets, in time that does not depend on k.
func (c *Curve) mulBase(p *projective, k *octets) {
	c.combOnce.Do(c.buildComb)
	f := c.field
	*p = c.infinity()
	var entry affine
	var sum projective
	var minusY element
	defer func() { entry, sum, minusY = affine{}, projective{}, element{} }()
	for i := range c.comb {
		magnitude, negative := digit(k, i)
		pick(&entry, &c.comb[i], magnitude, f.n)
		f.neg(&minusY, &entry.y)
		entry.y.choose(&minusY, negative)
		c.addAffine(&sum, p, &entry)
		// Infinity has no affine form: for digit 0 the sum is thrown away.
		nonzero := (magnitude | -magnitude) >> 63
		p.x.choose(&sum.x, nonzero)
		p.y.choose(&sum.y, nonzero)
		p.z.choose(&sum.z, nonzero)
	}
}

// multiplyBase is k·(base point) in octets: the boundary for keys and nonces. Infinity, that is k = 0 mod q, is zeros.
func (c *Curve) multiplyBase(k *octets) (x, y octets) {
	var p projective
	var a affine
	c.mulBase(&p, k)
	c.affine(&a, &p)
	p = projective{} // its Z tells about k
	c.field.leave(&a.x, &a.x)
	c.field.leave(&a.y, &a.y)
	return a.x.octets(), a.y.octets()
}
