// Package rsakey holds the rows of RSA: PKCS#1 v1.5 signatures with SHA-256, SHA-384 and SHA-512 (RFC 8017 section 8.2), keys
// of 2048 to 8192 bits read and 2048 to 4096 made. It writes and reads the key encodings of RFC 8017 appendix A.1 itself:
// crypto/x509 is too heavy for the page's module.
package rsakey

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"io"
	"math/big"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

const (
	minBits      = 2048
	maxBits      = 8192 // more only costs the verifier time
	maxMadeBits  = 4096
	minExponent  = 65537
	maxExponent  = 1<<31 - 1 // what crypto/rsa can verify with
	defaultBits  = 2048      // the national profiles (facts/kz-pki.md section 2.4)
	maxShownBits = 16384     // a longer modulus is not even shown
)

// Kind is the row of RSA keys. A public key below 2048 bits is parsed, so that its certificate can be shown, and refused by
// alg.Acceptable, hence in every signature that counts.
var Kind = &alg.Kind{
	Name:         "rsa",
	Title:        "RSA",
	OID:          oid.RSAEncryption,
	ParseSPKI:    parseSPKI,
	MarshalSPKI:  marshalSPKI,
	ParsePKCS8:   parsePKCS8,
	MarshalPKCS8: marshalPKCS8,
	Generate:     generate,
	Bits: func(pub crypto.PublicKey) int {
		if k, ok := pub.(*rsa.PublicKey); ok {
			return k.N.BitLen()
		}
		return 0
	},
	Acceptable: acceptable,
}

// The schemes. SHA-256 is the one that this product signs with.
var (
	SHA256 = scheme("rsa-sha256", alg.SHA256, oid.SHA256WithRSA)
	SHA384 = scheme("rsa-sha384", alg.SHA384, oid.SHA384WithRSA)
	SHA512 = scheme("rsa-sha512", alg.SHA512, oid.SHA512WithRSA)
)

func init() { alg.Register(Kind, SHA256, SHA384, SHA512) }

func scheme(name string, hash *alg.Hash, id oid.OID) *alg.Scheme {
	return &alg.Scheme{
		Name:       name,
		Title:      "RSA, " + hash.Title,
		Kind:       Kind,
		Hash:       hash,
		Identifier: alg.Identifier{OID: id, Params: alg.Null()},
		Length: func(pub crypto.PublicKey) int {
			if k, ok := pub.(*rsa.PublicKey); ok {
				return k.Size()
			}
			return 0
		},
		Verify: func(pub crypto.PublicKey, digest, sig []byte) bool {
			k, ok := pub.(*rsa.PublicKey)
			return ok && k.N.BitLen() <= maxBits && rsa.VerifyPKCS1v15(k, hash.Crypto, digest, sig) == nil
		},
		Sign: func(rand io.Reader, key crypto.Signer, digest []byte) ([]byte, error) {
			if err := acceptable(key.Public()); err != nil {
				return nil, err
			}
			return key.Sign(rand, digest, hash.Crypto)
		},
	}
}

func acceptable(pub crypto.PublicKey) error {
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return errNotRSA
	}
	if n := k.N.BitLen(); n < minBits || n > maxBits {
		return fmt.Errorf("RSA modulus of %d bits, not %d to %d", n, minBits, maxBits)
	}
	if k.E < minExponent || k.E&1 == 0 {
		return fmt.Errorf("RSA exponent %d is even or under %d", k.E, minExponent)
	}
	return nil
}

var errNotRSA = errors.New("not an RSA key")

// checkIdentifier demands the parameters NULL, as RFC 3279 section 2.3.1 does.
func checkIdentifier(id alg.Identifier) error {
	if id.OID != oid.RSAEncryption {
		return alg.ErrNotMine
	}
	if !bytes.Equal(id.Params, alg.Null()) {
		return errors.New("parameters are not NULL")
	}
	return nil
}

func parseSPKI(id alg.Identifier, bits []byte) (crypto.PublicKey, error) {
	if err := checkIdentifier(id); err != nil {
		return nil, err
	}
	r := der.NewReader(bits)
	s := r.Sequence()
	n, e := s.Unsigned(), s.Unsigned()
	if s.End() != nil || r.End() != nil {
		return nil, r.Err()
	}
	return publicKey(n, e)
}

func publicKey(n, e []byte) (*rsa.PublicKey, error) {
	if len(n) > maxShownBits/8 || n[len(n)-1]&1 == 0 {
		return nil, fmt.Errorf("modulus of %d octets is too long or even", len(n))
	}
	exponent := new(big.Int).SetBytes(e)
	if len(e) > 4 || exponent.Int64() > maxExponent || exponent.Int64() < 3 || exponent.Bit(0) == 0 {
		return nil, errors.New("public exponent is even, under 3 or over 2^31-1")
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(exponent.Int64())}, nil
}

func marshalSPKI(pub crypto.PublicKey) (alg.Identifier, []byte, error) {
	k, ok := pub.(*rsa.PublicKey)
	if !ok {
		return alg.Identifier{}, nil, errNotRSA
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Unsigned(k.N.Bytes())
		b.Int(int64(k.E))
	})
	bits, err := b.Bytes()
	return alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()}, bits, err
}

// parsePKCS8 reads an RSAPrivateKey of two primes and checks that its numbers belong together.
func parsePKCS8(id alg.Identifier, content []byte) (crypto.Signer, error) {
	if err := checkIdentifier(id); err != nil {
		return nil, err
	}
	r := der.NewReader(content)
	s := r.Sequence()
	if version := s.Int(); version != 0 {
		s.Fail("version %d: only keys of two primes are read", version)
	}
	n, e := s.Unsigned(), s.Unsigned()
	var secret [6]*big.Int // d, p, q, d mod p-1, d mod q-1, 1/q mod p
	for i := range secret {
		// No number of the key is longer than its modulus; the check comes before the arithmetic, which would be slow.
		b := s.Unsigned()
		if len(b) > len(n) {
			s.Fail("a number longer than the modulus")
		}
		secret[i] = new(big.Int).SetBytes(b)
	}
	if s.End() != nil || r.End() != nil {
		return nil, r.Err()
	}
	pub, err := publicKey(n, e)
	if err != nil {
		return nil, err
	}
	if err := acceptable(pub); err != nil {
		return nil, err
	}
	key := &rsa.PrivateKey{PublicKey: *pub, D: secret[0], Primes: []*big.Int{secret[1], secret[2]}}
	if err := key.Validate(); err != nil {
		return nil, errors.New("the numbers of the key don't belong together")
	}
	key.Precompute()
	if p := key.Precomputed; p.Dp == nil || p.Dp.Cmp(secret[3]) != 0 || p.Dq.Cmp(secret[4]) != 0 || p.Qinv.Cmp(secret[5]) != 0 {
		return nil, errors.New("the numbers of the key don't belong together")
	}
	return key, nil
}

func marshalPKCS8(signer crypto.Signer) (alg.Identifier, []byte, error) {
	k, ok := signer.(*rsa.PrivateKey)
	if !ok || len(k.Primes) != 2 {
		return alg.Identifier{}, nil, errors.New("not an RSA key of two primes in memory")
	}
	k.Precompute()
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(0)
		b.Unsigned(k.N.Bytes())
		b.Int(int64(k.E))
		for _, v := range []*big.Int{k.D, k.Primes[0], k.Primes[1], k.Precomputed.Dp, k.Precomputed.Dq, k.Precomputed.Qinv} {
			b.Unsigned(v.Bytes())
		}
	})
	content, err := b.Bytes()
	return alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()}, content, err
}

func generate(rand io.Reader, bits int) (crypto.Signer, error) {
	if bits == 0 {
		bits = defaultBits
	}
	if bits < minBits || bits > maxMadeBits || bits%8 != 0 {
		return nil, fmt.Errorf("modulus of %d bits, not %d to %d", bits, minBits, maxMadeBits)
	}
	return rsa.GenerateKey(rand, bits)
}
