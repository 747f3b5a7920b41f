package lint

import (
	"crypto/rsa"
	"errors"
	"math/big"
	"sync"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
)

const (
	maxModulus  = 4096 // bits: larger keys only cost relying parties time
	maxExponent = 1<<31 - 1
	smallPrimes = 2000 // no factor below; one modulus in a few millions of faulty generators has one, and it costs microseconds to look
)

// primes is the product of all odd primes below smallPrimes.
var primes = sync.OnceValue(func() *big.Int {
	product := big.NewInt(1)
	for n := int64(3); n < smallPrimes; n += 2 {
		if p := big.NewInt(n); p.ProbablyPrime(0) {
			product.Mul(product, p)
		}
	}
	return product
})

// fermatRounds is how far apart the primes are known to be at least: factors that are close are found by Fermat's method in
// a few rounds (CVE-2022-26320 of printers' and libraries' key generators).
const fermatRounds = 64

// rsaSound refuses the moduli and exponents that faulty generators make; a key of another kind has nothing to look at here.
func rsaSound(pub *alg.PublicKey) error {
	key, ok := pub.Key.(*rsa.PublicKey)
	if !ok {
		return nil
	}
	weak := func(why string) error { return fail.Wrap(fail.Invalid, "lint.key-weak", errors.New(why)) }
	switch bits := key.N.BitLen(); {
	case bits > maxModulus:
		return weak("modulus over 4096 bits")
	case bits%256 != 0:
		return weak("modulus of an odd length")
	case key.N.Bit(0) == 0:
		return weak("even modulus")
	case key.E > maxExponent:
		return weak("exponent over 31 bits")
	case new(big.Int).GCD(nil, nil, key.N, primes()).Cmp(big.NewInt(1)) != 0:
		return weak("modulus with a small factor")
	case closePrimes(key.N):
		return weak("modulus of two primes that are close")
	}
	return nil
}

func closePrimes(n *big.Int) bool {
	a := new(big.Int).Sqrt(n)
	b2, root := new(big.Int), new(big.Int)
	for range fermatRounds {
		b2.Sub(b2.Mul(a, a), n)
		// A square leaves one of twelve remainders modulo 64; most numbers are told apart without a root.
		if b2.Sign() == 0 || b2.Sign() > 0 && squares64[b2.Bits()[0]&63] && root.Sqrt(b2).Mul(root, root).Cmp(b2) == 0 {
			return true
		}
		a.Add(a, big.NewInt(1))
	}
	return false
}

var squares64 = func() (s [64]bool) {
	for i := range 64 {
		s[i*i%64] = true
	}
	return s
}()
