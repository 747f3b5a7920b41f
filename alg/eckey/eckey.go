// Package eckey holds the rows of ECDSA on the curve P-256: keys of RFC 5480 and RFC 5915, named curve and uncompressed point
// only, and signatures as the DER SEQUENCE of RFC 3279, strictly read.
package eckey

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"errors"
	"fmt"
	"io"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

const (
	coordinate = 32
	// maxSignature is a SEQUENCE of two INTEGERs of 33 octets.
	maxSignature = 2 + 2*(2+coordinate+1)
)

// P256 is the row of keys on P-256.
var P256 = &alg.Kind{
	Name:         "p256",
	Title:        "ECDSA P-256",
	OID:          oid.ECPublicKey,
	ParseSPKI:    parseSPKI,
	MarshalSPKI:  marshalSPKI,
	ParsePKCS8:   parsePKCS8,
	MarshalPKCS8: marshalPKCS8,
	Generate: func(rand io.Reader, bits int) (crypto.Signer, error) {
		if bits != 0 && bits != 8*coordinate {
			return nil, fmt.Errorf("%d bits on a curve of 256", bits)
		}
		return ecdsa.GenerateKey(elliptic.P256(), rand)
	},
	Bits: func(crypto.PublicKey) int { return 8 * coordinate },
}

// The schemes. SHA-256 is the one that this product signs with.
var (
	P256SHA256 = scheme("p256-sha256", alg.SHA256, oid.ECDSAWithSHA256)
	P256SHA384 = scheme("p256-sha384", alg.SHA384, oid.ECDSAWithSHA384)
	P256SHA512 = scheme("p256-sha512", alg.SHA512, oid.ECDSAWithSHA512)
)

func init() { alg.Register(P256, P256SHA256, P256SHA384, P256SHA512) }

func scheme(name string, hash *alg.Hash, id oid.OID) *alg.Scheme {
	return &alg.Scheme{
		Name:       name,
		Title:      "ECDSA P-256, " + hash.Title,
		Kind:       P256,
		Hash:       hash,
		Identifier: alg.Identifier{OID: id},
		Length:     func(crypto.PublicKey) int { return maxSignature },
		Verify: func(pub crypto.PublicKey, digest, sig []byte) bool {
			k, ok := pub.(*ecdsa.PublicKey)
			return ok && k.Curve == elliptic.P256() && ecdsa.VerifyASN1(k, digest, sig)
		},
		Sign: func(rand io.Reader, key crypto.Signer, digest []byte) ([]byte, error) {
			if k, ok := key.Public().(*ecdsa.PublicKey); !ok || k.Curve != elliptic.P256() {
				return nil, errNotP256
			}
			return key.Sign(rand, digest, hash.Crypto)
		},
	}
}

var errNotP256 = errors.New("not a key on P-256")

// curve returns the parameters namedCurve P-256.
func curve() []byte {
	b := der.NewBuilder()
	b.OID(oid.P256)
	return b.MustBytes()
}

func checkIdentifier(id alg.Identifier) error {
	if id.OID != oid.ECPublicKey {
		return alg.ErrNotMine
	}
	if !bytes.Equal(id.Params, curve()) {
		return fmt.Errorf("curve is not P-256: %w", alg.ErrUnsupported)
	}
	return nil
}

func parseSPKI(id alg.Identifier, bits []byte) (crypto.PublicKey, error) {
	if err := checkIdentifier(id); err != nil {
		return nil, err
	}
	return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), bits)
}

func marshalSPKI(pub crypto.PublicKey) (alg.Identifier, []byte, error) {
	k, ok := pub.(*ecdsa.PublicKey)
	if !ok || k.Curve != elliptic.P256() {
		return alg.Identifier{}, nil, errNotP256
	}
	bits, err := k.Bytes()
	return alg.Identifier{OID: oid.ECPublicKey, Params: curve()}, bits, err
}

// parsePKCS8 reads an ECPrivateKey (RFC 5915 section 3). Curve and public key may be given again inside and have to agree.
func parsePKCS8(id alg.Identifier, content []byte) (crypto.Signer, error) {
	if err := checkIdentifier(id); err != nil {
		return nil, err
	}
	r := der.NewReader(content)
	s := r.Sequence()
	if version := s.Int(); version != 1 {
		s.Fail("version %d", version)
	}
	d := s.OctetString()
	if params, ok := s.OptionalExplicit(0); ok {
		if named := params.OID(); named != oid.P256 {
			params.Fail("curve %s inside, P-256 outside", named)
		}
		params.End()
	}
	var point []byte
	if pub, ok := s.OptionalExplicit(1); ok {
		point = pub.BitStringOctets()
		pub.End()
	}
	if s.End() != nil || r.End() != nil {
		return nil, r.Err()
	}
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), d)
	if err != nil {
		return nil, errors.New("the secret number is not 32 octets, zero, or over the order of the curve")
	}
	if point != nil {
		own, err := key.PublicKey.Bytes()
		if err != nil {
			return nil, err
		}
		if !bytes.Equal(own, point) {
			return nil, errors.New("the public key inside is not that of the private key")
		}
	}
	return key, nil
}

func marshalPKCS8(signer crypto.Signer) (alg.Identifier, []byte, error) {
	k, ok := signer.(*ecdsa.PrivateKey)
	if !ok || k.Curve != elliptic.P256() {
		return alg.Identifier{}, nil, errors.New("not a key on P-256 in memory")
	}
	d, err := k.Bytes()
	if err != nil {
		return alg.Identifier{}, nil, err
	}
	point, err := k.PublicKey.Bytes()
	if err != nil {
		return alg.Identifier{}, nil, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(1)
		b.OctetString(d)
		b.Explicit(1, func(b *der.Builder) { b.BitString(point) })
	})
	content, err := b.Bytes()
	return alg.Identifier{OID: oid.ECPublicKey, Params: curve()}, content, err
}
