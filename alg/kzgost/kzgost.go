// Package kzgost holds the rows of Kazakhstan's GOST in their own encodings (facts/kz-pki.md section 0): GOST 34.310-2004 on
// CryptoPro-A with GOST 34.311-95, and СТ РК ГОСТ Р 34.10-2015 on TC26-512-A with Streebog-512. Numbers are little-endian
// throughout, identifiers carry NULL.
package kzgost

import (
	"bytes"
	"crypto"
	"errors"
	"fmt"
	"hash"
	"io"
	"slices"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/alg/gostkey"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/gost"
	"github.com/senim-pki/senim/oid"
)

// The digests.
var (
	GOST95 = &alg.Hash{
		Name: "gost-34311-95", Title: "ГОСТ 34.311-95", Size: 32,
		Identifier: alg.Identifier{OID: oid.KZGost95Digest, Params: alg.Null()},
		New:        func() hash.Hash { return gost.NewGOST341194(gost.TestSBox()) },
	}
	Streebog256 = &alg.Hash{
		Name: "kz-streebog-256", Title: "СТ РК ГОСТ Р 34.11-2015 (256)", Size: 32,
		Identifier: alg.Identifier{OID: oid.KZStreebog256, Params: alg.Null()},
		New:        gost.NewStreebog256,
	}
	Streebog512 = &alg.Hash{
		Name: "kz-streebog-512", Title: "СТ РК ГОСТ Р 34.11-2015 (512)", Size: 64,
		Identifier: alg.Identifier{OID: oid.KZStreebog512, Params: alg.Null()},
		New:        gost.NewStreebog512,
	}
)

// row is what the two generations differ in.
type row struct {
	curve       func() *gost.Curve
	algorithm   oid.OID
	param, hash oid.OID // of the key's parameters
	integer     bool    // the private key is an INTEGER, not an OCTET STRING
}

var (
	row2004 = row{gost.CryptoProA, oid.KZGost2004Key, oid.KZParam2004A, oid.KZHashParamTest, true}
	row2015 = row{gost.TC26512A, oid.KZGost2015512Key, oid.KZParam2015512A, oid.KZStreebog512, false}
)

// The kinds of keys.
var (
	Kind2004 = row2004.kind("kz-gost-2004", "ГОСТ 34.310-2004")
	Kind2015 = row2015.kind("kz-gost-2015-512", "СТ РК ГОСТ Р 34.10-2015 (512)")
)

// The schemes.
var (
	Scheme2004 = row2004.scheme(Kind2004, GOST95, oid.KZGost2004WithGost95)
	Scheme2015 = row2015.scheme(Kind2015, Streebog512, oid.KZGost2015512WithStreebog512)
)

func init() {
	alg.Register(GOST95, Streebog256, Streebog512, Kind2015, Scheme2015, Kind2004, Scheme2004)
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
		ParsePKCS8:   r.parsePKCS8,
		MarshalPKCS8: r.marshalPKCS8,
		Generate: func(rand io.Reader, bits int) (crypto.Signer, error) {
			return gostkey.Generate(r.curve(), rand, bits)
		},
		Bits: func(crypto.PublicKey) int { return 8 * r.curve().Size() },
	}
}

func (r row) scheme(kind *alg.Kind, hash *alg.Hash, id oid.OID) *alg.Scheme {
	return &alg.Scheme{
		Name: kind.Name, Title: kind.Title + ", " + hash.Title, Kind: kind, Hash: hash,
		Identifier: alg.Identifier{OID: id, Params: alg.Null()},
		Length:     func(crypto.PublicKey) int { return 2 * r.curve().Size() },
		Verify: func(pub crypto.PublicKey, digest, sig []byte) bool {
			return gostkey.Verify(r.curve(), pub, digest, sig)
		},
		Sign: func(rand io.Reader, key crypto.Signer, digest []byte) ([]byte, error) {
			return gostkey.Sign(r.curve(), rand, key, digest, hash)
		},
	}
}

// identifier is the key's AlgorithmIdentifier (facts/kz-pki.md section 1.1).
func (r row) identifier() alg.Identifier {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(r.param)
		b.OID(r.hash)
	})
	return alg.Identifier{OID: r.algorithm, Params: b.MustBytes()}
}

func (r row) check(id alg.Identifier) error {
	if id.OID != r.algorithm {
		return alg.ErrNotMine
	}
	// Parameters B, C and D have names and no public curve (facts/kz-pki.md section 7).
	if !bytes.Equal(id.Params, r.identifier().Params) {
		return fmt.Errorf("other parameters than A: %w", alg.ErrUnsupported)
	}
	return nil
}

func (r row) parsePKCS8(id alg.Identifier, content []byte) (crypto.Signer, error) {
	if err := r.check(id); err != nil {
		return nil, err
	}
	in := der.NewReader(content)
	var d []byte
	ok := true
	if r.integer {
		d, ok = gostkey.LittleEndian(in.Unsigned(), r.curve().Size())
		defer clear(d) // a copy, as NewPrivateKey's is
	} else {
		d = in.OctetString()
	}
	if err := in.End(); err != nil {
		return nil, err
	}
	if !ok {
		return nil, errors.New("the secret number is too long")
	}
	return gostkey.Scalar(r.curve(), d)
}

func (r row) marshalPKCS8(signer crypto.Signer) (alg.Identifier, []byte, error) {
	key, err := gostkey.Private(r.curve(), signer)
	if err != nil {
		return alg.Identifier{}, nil, err
	}
	d := key.Bytes()
	defer clear(d)
	b := der.NewBuilder()
	if r.integer {
		slices.Reverse(d)
		b.Unsigned(d)
	} else {
		b.OctetString(d)
	}
	content, err := b.Bytes()
	return r.identifier(), content, err
}
