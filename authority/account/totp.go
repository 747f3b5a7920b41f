package account

import (
	"crypto/hmac"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"io"
	"net/url"
	"time"
)

// Parameters of the one-time codes (RFC 6238): what every authenticator program supports.
const (
	period = 30 // seconds
	digits = 6
	window = 1 // steps before and after the present one that are accepted, for clocks that differ
)

// A Secret is the shared secret of one-time codes, 160 bits as RFC 4226 section 4 recommends. It is shown once, when
// it is made, and kept sealed.
type Secret []byte

// NewSecret makes a Secret.
func NewSecret(rand io.Reader) (Secret, error) {
	s := make(Secret, 20)
	if _, err := io.ReadFull(rand, s); err != nil {
		return nil, fmt.Errorf("couldn't make a one-time code secret: %w", err)
	}
	return s, nil
}

var base32NoPad = base32.StdEncoding.WithPadding(base32.NoPadding)

// Text returns the secret in base32, as it is typed into an authenticator.
func (s Secret) Text() string { return base32NoPad.EncodeToString(s) }

// URL returns the otpauth URL of the secret, for a QR code; issuer and name are shown by the authenticator.
func (s Secret) URL(issuer, name string) string {
	q := url.Values{"secret": {s.Text()}, "issuer": {issuer}}
	return (&url.URL{Scheme: "otpauth", Host: "totp", Path: "/" + issuer + ":" + name, RawQuery: q.Encode()}).String()
}

// Code returns the code of the moment t.
func (s Secret) Code(t time.Time) string { return s.at(step(t), digits) }

func step(t time.Time) int64 { return t.Unix() / period }

// at computes HOTP (RFC 4226 section 5.3) with SHA-1 for a time step.
func (s Secret) at(step int64, digits int) string {
	var counter [8]byte
	binary.BigEndian.PutUint64(counter[:], uint64(step))
	mac := hmac.New(sha1.New, s)
	mac.Write(counter[:])
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 15
	n := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	modulus := uint32(1)
	for range digits {
		modulus *= 10
	}
	return fmt.Sprintf("%0*d", digits, n%modulus)
}

// match returns the step after last within the window whose code this is. A code works once: last is the step of the code
// that was accepted before. Every step of the window is computed, whichever matches.
func (s Secret) match(code string, t time.Time, last int64) (int64, bool) {
	found, ok := int64(0), false
	for d := int64(-window); d <= window; d++ {
		n := step(t) + d
		if subtle.ConstantTimeCompare([]byte(s.at(n, digits)), []byte(code)) == 1 && n > last && !ok {
			found, ok = n, true
		}
	}
	return found, ok
}
