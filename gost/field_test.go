package gost

import (
	"crypto/ecdh"
	"fmt"
	"math/big"
	"math/rand/v2"
	"slices"
	"testing"
)

// Tests may use math/big; the package may not.

func (x *element) big() *big.Int {
	o := x.octets()
	slices.Reverse(o[:])
	return new(big.Int).SetBytes(o[:])
}

func elementOf(n *big.Int) element {
	o := octetsOf(n)
	return o.element()
}

func octetsOf(n *big.Int) (o octets) {
	n.FillBytes(o[:])
	slices.Reverse(o[:])
	return o
}

func bigOf(t testing.TB, digits string) *big.Int {
	t.Helper()
	n, ok := new(big.Int).SetString(digits, 16)
	if !ok {
		t.Fatalf("not a number: %q", digits)
	}
	return n
}

// testCurves are all curves of cofactor 1 in the vectors, the two test parameter sets among them, and P-256, for which
// the standard library has an independent implementation.
func testCurves(t testing.TB) map[string]*Curve {
	t.Helper()
	curves := map[string]*Curve{"P-256": newCurve(32, parameters{
		name: "P-256",
		p:    "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff",
		q:    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		a:    "ffffffff00000001000000000000000000000000fffffffffffffffffffffffc",
		b:    "5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604b",
		x:    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
		y:    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5",
	})}
	v := readVectors(t)
	for _, c := range v.Curves {
		p, q := bigOf(t, c.P), bigOf(t, c.Q)
		if p.BitLen()-q.BitLen() > 1 {
			continue // cofactor 4: such a curve needs other formulas
		}
		curves[c.Name] = newCurve((p.BitLen()+255)/256*32, parameters{c.Name, c.P, c.Q, c.A, c.B, c.X, c.Y})
	}
	for _, s := range v.Sign {
		c := s.Curve
		curves[s.Name] = newCurve((bigOf(t, c.P).BitLen()+255)/256*32, parameters{s.Name, c.P, c.Q, c.A, c.B, c.X, c.Y})
	}
	return curves
}

// samples are edge values and random ones, some of them not reduced.
func samples(m *modulus, r *rand.Rand) []element {
	p := m.p.big()
	all := new(big.Int).Lsh(big.NewInt(1), uint(64*m.n))
	var list []element
	for _, base := range []*big.Int{big.NewInt(0), p, all, new(big.Int).Rsh(all, 1), new(big.Int).Rsh(p, 1)} {
		for d := int64(-3); d <= 3; d++ {
			if n := new(big.Int).Add(base, big.NewInt(d)); n.Sign() >= 0 && n.Cmp(all) < 0 {
				list = append(list, elementOf(n))
			}
		}
	}
	for range 40 {
		var x element
		for i := range m.n {
			switch r.IntN(4) { // limbs of zeros and ones make carries run
			case 0:
			case 1:
				x[i] = ^uint64(0)
			default:
				x[i] = r.Uint64()
			}
		}
		list = append(list, x)
	}
	return list
}

func TestFieldAgreesWithBigIntegers(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for name, c := range testCurves(t) {
		for field, m := range map[string]*modulus{"p": c.field, "q": c.order} {
			t.Run(name+" "+field, func(t *testing.T) { testField(t, m, r) })
		}
	}
}

func testField(t *testing.T, m *modulus, r *rand.Rand) {
	p := m.p.big()
	list := samples(m, r)
	check := func(what string, got *element, want *big.Int) {
		t.Helper()
		if want.Mod(want, p); got.big().Cmp(want) != 0 {
			t.Fatalf("%s: got %x, want %x", what, got.big(), want)
		}
	}
	for _, x := range list {
		var z, xm element
		bx := x.big()
		m.enter(&xm, &x)
		m.leave(&z, &xm)
		check(fmt.Sprintf("%x reduced", bx), &z, new(big.Int).Set(bx))
		if want := bx.Cmp(p) < 0; want != (m.less(&x) == 1) {
			t.Fatalf("less(%x) is not %v", bx, want)
		}
		m.sqr(&z, &xm)
		m.leave(&z, &z)
		check(fmt.Sprintf("%x squared", bx), &z, new(big.Int).Mul(bx, bx))
		m.invert(&z, &xm)
		m.leave(&z, &z)
		want := new(big.Int).ModInverse(new(big.Int).Mod(bx, p), p)
		if want == nil {
			want = new(big.Int) // 1/0 is 0 here
		}
		check(fmt.Sprintf("1/%x", bx), &z, want)
		m.neg(&z, &xm)
		m.leave(&z, &z)
		check(fmt.Sprintf("-%x", bx), &z, new(big.Int).Neg(bx))

		for _, y := range list {
			by := y.big()
			var ym element
			m.enter(&ym, &y)
			m.mul(&z, &xm, &ym)
			m.leave(&z, &z)
			check(fmt.Sprintf("%x * %x", bx, by), &z, new(big.Int).Mul(bx, by))
			m.mul(&z, &xm, &y) // residue times an unreduced number
			check(fmt.Sprintf("%x * %x, one outside the field", bx, by), &z, new(big.Int).Mul(bx, by))
			m.add(&z, &xm, &ym)
			m.leave(&z, &z)
			check(fmt.Sprintf("%x + %x", bx, by), &z, new(big.Int).Add(bx, by))
			m.sub(&z, &xm, &ym)
			m.leave(&z, &z)
			check(fmt.Sprintf("%x - %x", bx, by), &z, new(big.Int).Sub(bx, by))
			z = xm
			m.mul(&z, &z, &z) // in place
			m.leave(&z, &z)
			check(fmt.Sprintf("%x squared in place", bx), &z, new(big.Int).Mul(bx, bx))
		}
	}
}

// bigCurve is the same curve in textbook arithmetic; a nil x is infinity.
type bigCurve struct{ p, a *big.Int }
type bigPoint struct{ x, y *big.Int }

func (p bigPoint) String() string { return fmt.Sprintf("(%x, %x)", p.x, p.y) }

func (c *bigCurve) add(p, q bigPoint) bigPoint {
	if p.x == nil {
		return q
	}
	if q.x == nil {
		return p
	}
	slope := new(big.Int)
	if p.x.Cmp(q.x) == 0 {
		if new(big.Int).Mod(new(big.Int).Add(p.y, q.y), c.p).Sign() == 0 {
			return bigPoint{}
		}
		slope.Mul(p.x, p.x)
		slope.Mul(slope, big.NewInt(3)).Add(slope, c.a)
		slope.Mul(slope, new(big.Int).ModInverse(new(big.Int).Lsh(p.y, 1), c.p))
	} else {
		slope.Sub(q.y, p.y)
		dx := new(big.Int).Sub(q.x, p.x)
		slope.Mul(slope, dx.ModInverse(dx.Mod(dx, c.p), c.p))
	}
	x := new(big.Int).Mul(slope, slope)
	x.Sub(x, p.x).Sub(x, q.x).Mod(x, c.p)
	y := new(big.Int).Sub(p.x, x)
	y.Mul(y, slope).Sub(y, p.y).Mod(y, c.p)
	return bigPoint{x, y}
}

func (c *bigCurve) mul(k *big.Int, p bigPoint) (r bigPoint) {
	for i := k.BitLen() - 1; i >= 0; i-- {
		r = c.add(r, r)
		if k.Bit(i) == 1 {
			r = c.add(r, p)
		}
	}
	return r
}

// plain gives a residue's number.
func (m *modulus) plain(x *element) *big.Int {
	var z element
	m.leave(&z, x)
	return z.big()
}

func (c *Curve) bigProjective(p *projective) bigPoint {
	if p.z.isZero() == 1 {
		return bigPoint{}
	}
	var a affine
	c.affine(&a, p)
	return bigPoint{c.field.plain(&a.x), c.field.plain(&a.y)}
}

func (c *Curve) bigJacobian(p *jacobian) bigPoint {
	if p.z.isZero() == 1 {
		return bigPoint{}
	}
	f := c.field
	var inv, t, x, y element
	f.invert(&inv, &p.z)
	f.sqr(&t, &inv)
	f.mul(&x, &p.x, &t)
	f.mul(&t, &t, &inv)
	f.mul(&y, &p.y, &t)
	return bigPoint{f.plain(&x), f.plain(&y)}
}

func samePoint(a, b bigPoint) bool {
	if a.x == nil || b.x == nil {
		return a.x == nil && b.x == nil
	}
	return a.x.Cmp(b.x) == 0 && a.y.Cmp(b.y) == 0
}

func TestPointsAgreeWithTextbookArithmetic(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for name, c := range testCurves(t) {
		t.Run(name, func(t *testing.T) {
			f := c.field
			text := &bigCurve{f.p.big(), f.plain(&c.a)}
			base := bigPoint{f.plain(&c.bx), f.plain(&c.by)}
			q := c.order.p.big()
			if !c.onCurve(&c.bx, &c.by) {
				t.Fatal("the base point is not on the curve")
			}
			if got := text.mul(q, base); got.x != nil {
				t.Fatal("q times the base point is not infinity")
			}

			scalars := []*big.Int{big.NewInt(0), big.NewInt(1), big.NewInt(2), big.NewInt(15), big.NewInt(16),
				big.NewInt(17), big.NewInt(31), big.NewInt(32), big.NewInt(33), new(big.Int).Sub(q, big.NewInt(1)),
				new(big.Int).Sub(q, big.NewInt(2)), q, new(big.Int).Rsh(q, 1),
				new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*c.size)), big.NewInt(1))}
			for range 2 {
				var k element
				for i := range f.n {
					k[i] = r.Uint64()
				}
				scalars = append(scalars, k.big())
			}
			baseAffine := affine{c.bx, c.by}
			for _, k := range scalars {
				want := text.mul(k, base)
				o := octetsOf(k)
				var p projective
				c.mulBase(&p, &o)
				if got := c.bigProjective(&p); !samePoint(got, want) {
					t.Fatalf("%x by the comb: got %v, want %v", k, got, want)
				}
				ke := o.element()
				j := c.multiply(&ke, &baseAffine)
				if got := c.bigJacobian(&j); !samePoint(got, want) {
					t.Fatalf("%x by the window: got %v, want %v", k, got, want)
				}
				// What is added: the same point, its opposite, infinity, another.
				for _, l := range []*big.Int{k, new(big.Int).Mod(new(big.Int).Neg(k), q), new(big.Int), big.NewInt(5), scalars[len(scalars)-1]} {
					sum := text.add(want, text.mul(l, base))
					lo := octetsOf(l)
					var pl, s projective
					c.mulBase(&pl, &lo)
					c.add(&s, &p, &pl)
					if got := c.bigProjective(&s); !samePoint(got, sum) {
						t.Fatalf("%x + %x: got %v, want %v", k, l, got, sum)
					}
					if pl.z.isZero() == 0 {
						var a affine
						c.affine(&a, &pl)
						c.addAffine(&s, &p, &a)
						if got := c.bigProjective(&s); !samePoint(got, sum) {
							t.Fatalf("%x + affine %x: got %v, want %v", k, l, got, sum)
						}
					}
					js := j
					c.addMultipleOfBase(&js, lo)
					if got := c.bigJacobian(&js); !samePoint(got, sum) {
						t.Fatalf("%x + %x, Jacobian: got %v, want %v", k, l, got, sum)
					}
				}
			}

			// q·P = O for the base point and for a multiple of it, by our own arithmetic.
			qo := octetsOf(q)
			var p projective
			if c.mulBase(&p, &qo); p.z.isZero() != 1 {
				t.Error("the comb does not give infinity for q")
			}
			qe := qo.element()
			if j := c.multiply(&qe, &baseAffine); j.z.isZero() != 1 {
				t.Error("the window does not give infinity for q")
			}
		})
	}
}

func TestDigitsAddUp(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for i := range 200 {
		var k element
		for j := range k {
			k[j] = r.Uint64()
			if i == 0 {
				k[j] = ^uint64(0)
			}
		}
		sum := new(big.Int)
		for j, d := range signedDigits(k) {
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(int64(d)), uint(j)))
			if d != 0 && (d%2 == 0 || d < -15 || d > 15) {
				t.Fatalf("digit %d", d)
			}
		}
		if sum.Cmp(k.big()) != 0 {
			t.Fatalf("signed digits of %x add up to %x", k.big(), sum)
		}
		o := k.octets()
		sum.SetInt64(0)
		for j := range 103 {
			magnitude, negative := digit(&o, j)
			d := int64(magnitude) * (1 - 2*int64(negative))
			if magnitude > combWidth {
				t.Fatalf("digit %d", d)
			}
			sum.Add(sum, new(big.Int).Lsh(big.NewInt(d), uint(combBits*j)))
		}
		if sum.Cmp(k.big()) != 0 {
			t.Fatalf("Booth digits of %x add up to %x", k.big(), sum)
		}
	}
}

func TestP256AgreesWithTheStandardLibrary(t *testing.T) {
	c := testCurves(t)["P-256"]
	r := rand.NewChaCha8([32]byte{7})
	for range 20 {
		k, err := c.GenerateKey(r)
		if err != nil {
			t.Fatal(err)
		}
		d := k.Bytes()
		slices.Reverse(d)
		std, err := ecdh.P256().NewPrivateKey(d)
		if err != nil {
			t.Fatal(err)
		}
		xy := k.pub.Bytes()
		slices.Reverse(xy[:32])
		slices.Reverse(xy[32:])
		if want := std.PublicKey().Bytes()[1:]; !slices.Equal(xy, want) {
			t.Fatalf("got %x, want %x", xy, want)
		}
	}
}
