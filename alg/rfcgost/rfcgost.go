// Package rfcgost holds the rows of GOST R 34.10-2012 in the encodings of RFC 9215, which OpenSSL's GOST engine speaks, on the
// curves that Kazakhstan uses too: CryptoPro-A with Streebog-256 and TC26-512-A with Streebog-512. Other parameter sets
// are ErrUnsupported.
package rfcgost

import (
	"crypto"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/alg/gostkey"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/gost"
	"github.com/senim-pki/senim/oid"
)

// The digests. They are written without parameters and read with NULL too, which OpenSSL's engine writes.
var (
	Streebog256 = &alg.Hash{
		Name: "streebog-256", Title: "ГОСТ Р 34.11-2012 (256)", Size: 32,
		Identifier: alg.Identifier{OID: oid.Streebog256}, New: gost.NewStreebog256,
	}
	Streebog512 = &alg.Hash{
		Name: "streebog-512", Title: "ГОСТ Р 34.11-2012 (512)", Size: 64,
		Identifier: alg.Identifier{OID: oid.Streebog512}, New: gost.NewStreebog512,
	}
)

// row is what the two lengths differ in.
type row struct {
	curve     func() *gost.Curve
	algorithm oid.OID
	params    []oid.OID // names of the curve; the first is written
	digest    oid.OID
	named     bool // digestParamSet is written: a duty with CryptoPro's curves, better left out with 512 bits (RFC 9215 section 4.2)
}

var (
	row256 = row{gost.CryptoProA, oid.Gost2012256Key, []oid.OID{oid.GostParamCryptoProA, oid.GostParamCryptoProXA}, oid.Streebog256, true}
	row512 = row{gost.TC26512A, oid.Gost2012512Key, []oid.OID{oid.GostParam512A}, oid.Streebog512, false}
)

// The kinds of keys.
var (
	Kind256 = row256.kind("gost-2012-256", "ГОСТ Р 34.10-2012 (256)")
	Kind512 = row512.kind("gost-2012-512", "ГОСТ Р 34.10-2012 (512)")
)

// The schemes.
var (
	Scheme256 = row256.scheme(Kind256, Streebog256, oid.Gost2012256WithStreebog256)
	Scheme512 = row512.scheme(Kind512, Streebog512, oid.Gost2012512WithStreebog512)
)

func init() {
	alg.Register(Streebog256, Streebog512, Kind256, Scheme256, Kind512, Scheme512)
}

func (r row) kind(name, title string) *alg.Kind {
	return &alg.Kind{
		Name: name, Title: title, GOST: true, OID: r.algorithm,
		ParseSPKI: func(id alg.Identifier, bits []byte) (crypto.PublicKey, error) {
			if err := r.check(id); err != nil {
				return nil, err
			}
			return gostkey.Point(r.curve(), bits)
		},
		MarshalSPKI: func(pub crypto.PublicKey) (alg.Identifier, []byte, error) {
			bits, err := gostkey.PointBits(r.curve(), pub)
			return r.identifier(), bits, err
		},
		ParsePKCS8: r.parsePKCS8,
		MarshalPKCS8: func(signer crypto.Signer) (alg.Identifier, []byte, error) {
			key, err := gostkey.Private(r.curve(), signer)
			if err != nil {
				return alg.Identifier{}, nil, err
			}
			return r.identifier(), key.Bytes(), nil
		},
		Generate: func(rand io.Reader, bits int) (crypto.Signer, error) {
			return gostkey.Generate(r.curve(), rand, bits)
		},
		Bits: func(crypto.PublicKey) int { return 8 * r.curve().Size() },
	}
}

// scheme: the signature is s‖r, big-endian, the reverse of what gostkey makes and checks.
func (r row) scheme(kind *alg.Kind, hash *alg.Hash, id oid.OID) *alg.Scheme {
	return &alg.Scheme{
		Name: kind.Name, Title: kind.Title + ", " + hash.Title, Kind: kind, Hash: hash,
		Identifier: alg.Identifier{OID: id},
		Length:     func(crypto.PublicKey) int { return 2 * r.curve().Size() },
		Verify: func(pub crypto.PublicKey, digest, sig []byte) bool {
			return gostkey.Verify(r.curve(), pub, digest, gostkey.Reversed(sig))
		},
		Sign: func(rand io.Reader, key crypto.Signer, digest []byte) ([]byte, error) {
			sig, err := gostkey.Sign(r.curve(), rand, key, digest, hash)
			if err != nil {
				return nil, err
			}
			return gostkey.Reversed(sig), nil
		},
	}
}

func (r row) identifier() alg.Identifier {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(r.params[0])
		if r.named {
			b.OID(r.digest)
		}
	})
	return alg.Identifier{OID: r.algorithm, Params: b.MustBytes()}
}

func (r row) check(id alg.Identifier) error {
	if id.OID != r.algorithm {
		return alg.ErrNotMine
	}
	in := der.NewReader(id.Params)
	s := in.Sequence()
	param := s.OID()
	digest := r.digest // may be left out
	if !s.Empty() {
		digest = s.OID()
	}
	if s.End() != nil || in.End() != nil {
		return in.Err()
	}
	if !slices.Contains(r.params, param) {
		return fmt.Errorf("parameter set %s: %w", param.Name(), alg.ErrUnsupported)
	}
	if digest != r.digest {
		return fmt.Errorf("digest parameter %s is not that of the key's length", digest.Name())
	}
	return nil
}

// parsePKCS8 reads the forms that OpenSSL's GOST engine has written over time: the number's octets, little-endian, bare (the
// present one, and the one written here), in an OCTET STRING, or an INTEGER. The masked form, several times as long, is unsupported.
func (r row) parsePKCS8(id alg.Identifier, content []byte) (crypto.Signer, error) {
	if err := r.check(id); err != nil {
		return nil, err
	}
	d, size := content, r.curve().Size()
	if len(content) != size {
		in := der.NewReader(content)
		switch tag, _ := in.PeekTag(); {
		case len(content) == 2*size:
			return nil, fmt.Errorf("masked key: %w", alg.ErrUnsupported)
		case tag == der.TagInteger:
			var ok bool
			if d, ok = gostkey.LittleEndian(in.Unsigned(), size); !ok {
				return nil, errors.New("the secret number is too long")
			}
			defer clear(d) // a copy
		default:
			d = in.OctetString()
		}
		if err := in.End(); err != nil {
			return nil, err
		}
	}
	return gostkey.Scalar(r.curve(), d)
}
