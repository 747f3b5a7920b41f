// Package sign is the one door to signing, for the command, the page and the interface for developers. It refuses a
// certificate that is not for signing, or one that is not valid at the moment, before a key is touched.
package sign

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

// A Request is what is to be signed, by whom and how.
type Request struct {
	Format       string // "cms"; others are fail.Invalid "sign.format-not-built"
	Detached     bool
	Level        string // "" is the plain national form
	Content      []byte
	Digest       []byte // instead of Content: what a content hashed elsewhere hashed to, with the key's own digest; makes a detached signature
	Key          *alg.PrivateKey
	Certificate  *cert.Certificate
	Time         time.Time // signing time
	AllowExpired bool
	CoSign       []byte // an existing signature of the same format to which this one is added
	Rand         io.Reader
}

// The codes of Sign's errors, which are *fail.Error of kind Invalid; package report has their sentences.
const (
	AuthenticationKey = "sign.authentication-key" // a certificate for signing in
	NotASigningKey    = "sign.not-a-signing-key"
	Expired           = "sign.expired"       // args: notAfter
	NotYetValid       = "sign.not-yet-valid" // args: notBefore
	FormatNotBuilt    = "sign.format-not-built"
	LevelNotBuilt     = "sign.level-not-built"
	KeyMismatch       = "sign.key-mismatch"
	NoCertificate     = "sign.no-certificate"
	NotASignature     = "sign.not-a-signature" // what was to be co-signed is none
	OtherContent      = "sign.other-content"   // what was to be co-signed is over another content
	ContentMissing    = "sign.content-missing" // what was to be co-signed is detached, and no content was given
)

// Sign makes the signature. Everything that speaks against it is asked before the key is used.
func Sign(r Request) ([]byte, error) {
	if err := r.check(); err != nil {
		return nil, err
	}
	o := cms.Options{Detached: r.Detached, SigningTime: r.Time}
	var out []byte
	var err error
	switch {
	case r.CoSign != nil:
		out, err = cms.AddSigner(r.Rand, r.CoSign, r.Content, r.Key, r.Certificate, o)
		err = coSignFault(err)
	case r.Digest != nil:
		out, err = cms.SignDigest(r.Rand, r.Digest, r.Key, r.Certificate, o)
	default:
		out, err = cms.Sign(r.Rand, r.Content, r.Key, r.Certificate, o)
	}
	if err != nil {
		return nil, err
	}
	return out, nil
}

func (r Request) check() error {
	switch {
	case r.Format != "" && r.Format != "cms":
		return fail.New(fail.Invalid, FormatNotBuilt, "format", r.Format)
	case r.Level != "":
		return fail.New(fail.Invalid, LevelNotBuilt, "level", r.Level)
	case r.Certificate == nil:
		return fail.New(fail.Invalid, NoCertificate)
	case r.Time.IsZero() || r.Rand == nil:
		return errors.New("couldn't sign: no signing time or no source of randomness")
	}
	if err := Usable(r.Certificate, r.Time, r.AllowExpired); err != nil {
		return err
	}
	if r.Key == nil {
		return fail.New(fail.Invalid, KeyMismatch)
	}
	public, err := r.Key.Public()
	if err != nil {
		return fmt.Errorf("couldn't sign: %w", err)
	}
	if r.Certificate.PublicKey == nil || !r.Certificate.PublicKey.Equal(public) {
		return fail.New(fail.Invalid, KeyMismatch)
	}
	return nil
}

// Usable says why a certificate may not sign documents at the moment; nil when it may. Whether it is revoked, and by whom it was
// issued, is not asked: whoever signs may not know, whoever verifies has to.
func Usable(c *cert.Certificate, at time.Time, allowExpired bool) error {
	switch {
	case !c.IsSigning() && c.IsAuthentication():
		return fail.New(fail.Invalid, AuthenticationKey)
	case !c.IsSigning() || c.IsCA() || c.HasKeyUsage && c.KeyUsage&(cert.DigitalSignature|cert.NonRepudiation) == 0:
		return fail.New(fail.Invalid, NotASigningKey)
	case at.Before(c.NotBefore):
		return fail.New(fail.Invalid, NotYetValid, "notBefore", c.NotBefore.UTC().Format(time.RFC3339))
	case at.After(c.NotAfter) && !allowExpired:
		return fail.New(fail.Invalid, Expired, "notAfter", c.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

func coSignFault(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, cms.ErrOtherContent):
		return fail.Wrap(fail.Invalid, OtherContent, err)
	case errors.Is(err, cms.ErrContentMissing):
		return fail.Wrap(fail.Invalid, ContentMissing, err)
	case errors.Is(err, cms.ErrNotSignedData), errors.Is(err, cms.ErrNoSignature), errors.Is(err, cms.ErrMalformed):
		return fail.Wrap(fail.Invalid, NotASignature, err)
	}
	return err
}
