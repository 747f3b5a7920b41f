package gost

import (
	"encoding/hex"
	"sync"
)

// Curve is a short Weierstrass curve y² = x³ + ax + b over a prime field, with a base point of prime order q.
// The two that there are come from CryptoProA and TC26512A; a *Curve may be used by many goroutines and compared with ==.
type Curve struct {
	name   string
	size   int      // octets of a coordinate or a scalar
	field  *modulus // coordinates
	order  *modulus // scalars
	a, b   element
	b3     element // 3b, as the addition formulas want it
	aIsM3  bool    // a = −3: multiplying by a is two additions
	bx, by element // the base point

	comb     [][combWidth]affine // see mulBase
	combOnce sync.Once
}

// parameters are a curve as standards print it: hexadecimal numbers, big-endian.
type parameters struct {
	name             string
	p, q, a, b, x, y string
}

// CryptoProA is the curve id-GostR3410-2001-CryptoPro-A-ParamSet of 256 bits (RFC 4357 section 11.4), which
// GOST 34.310-2004 of Kazakhstan uses as its parameter A. Its order is prime: there is no cofactor.
func CryptoProA() *Curve { return cryptoProA() }

var cryptoProA = sync.OnceValue(func() *Curve {
	return newCurve(32, parameters{
		name: "id-GostR3410-2001-CryptoPro-A-ParamSet",
		p:    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD97",
		q:    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF6C611070995AD10045841B09B761B893",
		a:    "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFD94",
		b:    "A6",
		x:    "1",
		y:    "8D91E471E0989CDA27DF505A453F2B7635294F2DDF23E3B122ACC99C9E9F1E14",
	})
})

// TC26512A is the curve id-tc26-gost-3410-12-512-paramSetA of 512 bits (RFC 7836 appendix A.1), which
// СТ РК ГОСТ Р 34.10-2015 uses as its parameter A. Its order is prime: there is no cofactor.
func TC26512A() *Curve { return tc26512A() }

var tc26512A = sync.OnceValue(func() *Curve {
	return newCurve(64, parameters{
		name: "id-tc26-gost-3410-12-512-paramSetA",
		p: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" +
			"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC7",
		q: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" +
			"27E69532F48D89116FF22B8D4E0560609B4B38ABFAD2B85DCACDB1411F10B275",
		a: "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF" +
			"FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFDC4",
		b: "E8C2505DEDFC86DDC1BD0B2B6667F1DA34B82574761CB0E879BD081CFD0B6265" +
			"EE3CB090F30D27614CB4574010DA90DD862EF9D4EBEE4761503190785A71C760",
		x: "3",
		y: "7503CFE87A836AE3A61B8816E25450E6CE5E1C93ACF1ABC1778064FDCBEFA921" +
			"DF1626BE4FD036E93D75E6A50E3A41E98028FE5FC235F5B889A589CB5215F2A4",
	})
})

// newCurve makes a curve with coordinates of size octets, 32 or 64, and cofactor 1.
func newCurve(size int, s parameters) *Curve {
	c := &Curve{name: s.name, size: size}
	n := size / 8
	p, q := parse(s.p), parse(s.q)
	c.field, c.order = newModulus(&p, n), newModulus(&q, n)
	for _, number := range []struct {
		to   *element
		from string
	}{{&c.a, s.a}, {&c.b, s.b}, {&c.bx, s.x}, {&c.by, s.y}} {
		*number.to = parse(number.from)
		c.field.enter(number.to, number.to)
	}
	f := c.field
	f.add(&c.b3, &c.b, &c.b)
	f.add(&c.b3, &c.b3, &c.b)

	var three, minus3 element
	f.add(&three, &f.one, &f.one)
	f.add(&three, &three, &f.one)
	f.neg(&minus3, &three)
	c.aIsM3 = c.a.equal(&minus3) == 1
	return c
}

// parse reads a constant of this package, a hexadecimal number of at most 512 bits. It panics on anything else.
func parse(s string) element {
	if len(s)%2 == 1 {
		s = "0" + s
	}
	raw, err := hex.DecodeString(s)
	if err != nil || len(raw) > 64 {
		panic("gost: bad constant " + s)
	}
	var o octets
	for i, b := range raw {
		o[len(raw)-1-i] = b
	}
	return o.element()
}

// Name is the identifier's name in the standard that defines the curve.
func (c *Curve) Name() string { return c.name }

// Size is the number of octets of a coordinate and of a scalar: 32 or 64. A digest to be signed is as long.
func (c *Curve) Size() int { return c.size }

// onCurve reports whether y² = x³ + ax + b. It may be used on public points only.
func (c *Curve) onCurve(x, y *element) bool {
	f := c.field
	var left, right element
	f.sqr(&left, y)
	f.sqr(&right, x)
	f.add(&right, &right, &c.a)
	f.mul(&right, &right, x)
	f.add(&right, &right, &c.b)
	return left.equal(&right) == 1
}
