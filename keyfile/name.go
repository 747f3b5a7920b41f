package keyfile

import (
	"encoding/hex"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// prefixes of file names by kind of key (facts/kz-pki.md section 4). Those of kinds that the national authority doesn't issue
// follow the pattern: algorithm and length.
var prefixes = map[string]string{
	"rsa":              "RSA256",
	"kz-gost-2015-512": "GOST512",
	"kz-gost-2004":     "GOSTKNCA",
	"p256":             "ECDSA256",
	"gost-2012-256":    "GOSTR256",
	"gost-2012-512":    "GOSTR512",
}

// FileName is the customary name of the file of an entry: AUTH_RSA256_‹SKI›.p12 for signing in, RSA256_…, GOST512_…,
// GOSTKNCA_… for signing (facts/kz-pki.md section 4). A key that waits for its certificate is KEY_‹key identifier›.p12, since
// its use isn't known yet. It is empty for an entry with neither.
func FileName(e Entry) string {
	switch {
	case e.Certificate != nil:
		id := e.Certificate.SubjectKeyID
		if len(id) == 0 && e.Certificate.PublicKey != nil {
			id = cert.KeyID(e.Certificate.PublicKey)
		}
		name := prefix(e.Certificate.PublicKey) + "_" + hex.EncodeToString(id) + ".p12"
		if e.Certificate.IsAuthentication() && !e.Certificate.IsSigning() {
			name = "AUTH_" + name
		}
		return name
	case e.Key != nil:
		public, err := e.Key.Public()
		if err != nil {
			return ""
		}
		return "KEY_" + hex.EncodeToString(cert.KeyID(public)) + ".p12"
	}
	return ""
}

func prefix(public *alg.PublicKey) string {
	if public != nil {
		if p, ok := prefixes[public.Kind.Name]; ok {
			return p
		}
	}
	return "KEY"
}
