// Package sign is the one door to signing, for the command, the page and the interface for developers. It refuses a
// certificate that is not for signing, or one that is not valid at the moment, before a key is touched.
package sign

import (
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// A Request is what is to be signed, by whom and how.
type Request struct {
	Format       string // "cms"; others are fail.Invalid "sign.format-not-built"
	Detached     bool
	Level        string // "" is the plain national form
	Content      []byte
	Digest       []byte // of a content hashed elsewhere, with the digest of alg.DefaultScheme(Key.Kind); Detached, and Content is nil
	Key          *alg.PrivateKey
	Certificate  *cert.Certificate
	Time         time.Time // signing time
	AllowExpired bool
	CoSign       []byte // an existing signature of the same format to which this one is added
	Rand         io.Reader
}

// Exported functions of this package:
//
//	Sign(r Request) ([]byte, error)
//	Errors are *fail.Error of kind Invalid with codes sign.authentication-key, sign.not-a-signing-key, sign.expired, sign.not-yet-valid, sign.format-not-built, sign.level-not-built, sign.key-mismatch
