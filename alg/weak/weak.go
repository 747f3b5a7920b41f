// Package weak holds the row that verifies RSA with SHA-1, which authorities used until 2016, for whoever has to judge old
// things on purpose (package path, Input.Lax). It is not in alg/all, it can't sign, and alg.Acceptable refuses it: only
// Scheme.Verify itself, and cert.Signed.CheckLax, answer for it.
package weak

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"io"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/alg/rsakey"
	"github.com/senim-pki/senim/oid"
)

// RSASHA1 verifies under keys from 1024 bits on.
var RSASHA1 = &alg.Scheme{
	Name: "rsa-sha1", Title: "RSA, SHA-1", Kind: rsakey.Kind, Hash: alg.SHA1,
	Identifier: alg.Identifier{OID: oid.SHA1WithRSA, Params: alg.Null()},
	Length: func(pub crypto.PublicKey) int {
		if k, ok := pub.(*rsa.PublicKey); ok {
			return k.Size()
		}
		return 0
	},
	Verify: func(pub crypto.PublicKey, digest, sig []byte) bool {
		k, ok := pub.(*rsa.PublicKey)
		return ok && k.Size() <= 1024 && rsa.VerifyPKCS1v15(k, crypto.SHA1, digest, sig) == nil
	},
	Sign: func(io.Reader, crypto.Signer, []byte) ([]byte, error) {
		return nil, errors.New("SHA-1 is too weak to sign with")
	},
}

func init() { alg.Register(RSASHA1) }
