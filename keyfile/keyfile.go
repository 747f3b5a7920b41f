// Package keyfile opens and writes key containers: PKCS#12 in the Kazakh form (facts/kz-pki.md section 3.5) and in the
// modern form (PBES2 with AES-256, HMAC-SHA-256), and checks the password rule of M1.5.
//
// It keeps nothing and asks nobody: octets and a password come in, keys and certificates come out.
package keyfile

import (
	"errors"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// The three ways in which a container fails to open; every error of Open wraps one of them.
var (
	ErrWrongPassword = errors.New("wrong password")
	ErrDamaged       = errors.New("damaged key container")
	ErrUnsupported   = errors.New("unsupported key container")
)

// An Entry is a private key with its certificate, or either alone.
type Entry struct {
	Alias       string // friendlyName
	LocalKeyID  []byte
	Key         *alg.PrivateKey
	Certificate *cert.Certificate
	Chain       []*cert.Certificate // other certificates of the container
}

// A Form of container.
type Form int

const (
	Modern   Form = iota // PBES2 AES-256-CBC, PBKDF2-HMAC-SHA-256 (600,000), MAC HMAC-SHA-256
	National             // BER, 3DES, RC2-40, SHA-1, 1024 iterations: what existing programs read
)

// A Summary describes a container without its password, as far as that is possible.
type Summary struct {
	Size int
	Form string // "pkcs12", …
}

// Exported functions of this package:
//
//	const MaxSize = 1 << 20
//	Open(container []byte, password string) ([]Entry, error)
//	Write(rand io.Reader, form Form, password string, entries ...Entry) ([]byte, error)   // an Entry without certificate is allowed in Modern (a key that waits for it)
//	FileName(e Entry) string            // AUTH_RSA256_…, RSA256_…, GOST512_…, GOSTKNCA_… + SKI hex + ".p12"
//	type Rule struct{ Min, Max int; … }; func DefaultRule() Rule; func (r Rule) Check(password string) []Broken   // Broken{Code string}: "password.too-short", "password.too-long", "password.no-letter", "password.no-digit", "password.forbidden" (with the character)
var _ = alg.ErrUnsupported
