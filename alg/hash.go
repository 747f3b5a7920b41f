package alg

import (
	"crypto"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"

	"github.com/senim-pki/senim/oid"
)

// The rows of the standard library's digests. They are written with NULL, as every verifier of CMS and OCSP reads, and
// read with NULL or without parameters.
var (
	SHA256 = &Hash{Name: "sha256", Title: "SHA-256", Identifier: Identifier{OID: oid.SHA256, Params: derNull}, Size: 32, Crypto: crypto.SHA256, New: sha256.New}
	SHA384 = &Hash{Name: "sha384", Title: "SHA-384", Identifier: Identifier{OID: oid.SHA384, Params: derNull}, Size: 48, Crypto: crypto.SHA384, New: sha512.New384}
	SHA512 = &Hash{Name: "sha512", Title: "SHA-512", Identifier: Identifier{OID: oid.SHA512, Params: derNull}, Size: 64, Crypto: crypto.SHA512, New: sha512.New}
	// SHA1 is in the table because OCSP requests, time stamps and key identifiers name things by it. No scheme of alg/all
	// uses it.
	SHA1 = &Hash{Name: "sha1", Title: "SHA-1", Identifier: Identifier{OID: oid.SHA1, Params: derNull}, Size: 20, Crypto: crypto.SHA1, Weak: true, New: sha1.New}
)

func init() { Register(SHA256, SHA384, SHA512, SHA1) }
