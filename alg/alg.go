// Package alg is the one table of algorithms: digests, kinds of keys, and signature schemes with their encodings and
// identifiers. Certificates, CMS, containers and the page's module ask it and know no algorithm themselves.
//
// Rows register themselves from the packages below this one (alg/rsakey, alg/eckey, alg/kzgost, alg/rfcgost); alg/all
// links every row but that of alg/weak. A small binary imports only the rows it names.
package alg

import (
	"crypto"
	"hash"
	"io"

	"github.com/senim-pki/senim/oid"
)

// An Identifier is an AlgorithmIdentifier (RFC 5280 section 4.1.1.2).
type Identifier struct {
	OID    oid.OID
	Params []byte // full DER of the parameters; nil when absent
}

// A Hash is a row of the digest table.
type Hash struct {
	Name       string      // "sha256", "gost-34311-95", "kz-streebog-512", "streebog-512"
	Title      string      // as a person reads it: "ГОСТ 34.311-95"
	Identifier Identifier  // as this product writes it
	Aliases    []oid.OID   // other identifiers of the same function that are read
	Size       int         // octets
	Crypto     crypto.Hash // zero where the standard library has no such hash
	Weak       bool        // not to be signed with, and refused in a signature: collisions can be made
	New        func() hash.Hash
}

// A Kind is a row of the key table: an algorithm with its parameters and the encodings of its keys.
type Kind struct {
	Name      string // "rsa", "p256", "kz-gost-2004", "kz-gost-2015-512", "gost-2012-256", "gost-2012-512"
	Title     string
	GOST      bool
	OID       oid.OID                                                    // algorithm of the key; CMS may name a signature so too
	ParseSPKI func(id Identifier, bits []byte) (crypto.PublicKey, error) // what this row does not own is ErrNotMine
	// MarshalSPKI gives the AlgorithmIdentifier and the BIT STRING content of pub.
	MarshalSPKI  func(pub crypto.PublicKey) (Identifier, []byte, error)
	ParsePKCS8   func(id Identifier, key []byte) (crypto.Signer, error)
	MarshalPKCS8 func(key crypto.Signer) (Identifier, []byte, error)
	Generate     func(rand io.Reader, bits int) (crypto.Signer, error) // bits is the RSA modulus length; 0 is the row's default
	Bits         func(pub crypto.PublicKey) int                        // modulus or field length
	Acceptable   func(pub crypto.PublicKey) error                      // nil where every key of the row is strong enough
}

// A Scheme is a row of the signature table: kind of key × digest × encoding. Verify only calculates; VerifyMessage and
// VerifyDigest also refuse what Acceptable does, and are what to call.
type Scheme struct {
	Name       string // "rsa-sha256", "p256-sha256", "kz-gost-2004", "kz-gost-2015-512", "gost-2012-256", "gost-2012-512"
	Title      string
	Kind       *Kind
	Hash       *Hash
	Identifier Identifier                                          // signatureAlgorithm as this product writes it
	Length     func(pub crypto.PublicKey) int                      // octets of a signature value, the most it can have
	Verify     func(pub crypto.PublicKey, digest, sig []byte) bool // malformed is false
	Sign       func(rand io.Reader, key crypto.Signer, digest []byte) ([]byte, error)
}
