// Package keyfile opens and writes key containers: PKCS#12 (RFC 7292) in the Kazakh form (facts/kz-pki.md section 3.5) and
// in the modern form (PBES2 with AES-256, HMAC-SHA-256), and checks the password rule of M1.5.
//
// It keeps nothing and asks nobody: octets and a password come in, keys and certificates come out. It reads more than it
// writes: containers of OpenSSL, Java and Windows, with PBES2, PBMAC1 (RFC 9579) and the old ciphers, open too.
//
// Secrets it made (keys from passwords, decrypted PKCS#8) are zeroed before it returns. Go's strings cannot be, so the
// password itself stays with the caller.
package keyfile

import (
	"errors"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// MaxSize caps a container, in octets. Real ones have 2 to 10 thousand; a megabyte holds hundreds of keys with their
// chains and is still nothing for a phone.
const MaxSize = 1 << 20

// The three ways in which a container fails to open; every error of Open wraps one of them.
var (
	ErrWrongPassword = errors.New("wrong password")
	ErrDamaged       = errors.New("damaged key container")
	ErrUnsupported   = errors.New("unsupported key container")
)

// An Entry is a private key with its certificate, or either alone.
type Entry struct {
	Alias       string // friendlyName; of national files the certificate's SKI in lower-case hex
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
