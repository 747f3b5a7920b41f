package application

import (
	"crypto/hkdf"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"

	"github.com/senim-pki/senim/base/fail"
)

// crockford is the alphabet of numbers and codes: no I, L, O, U, so that nothing is read as another letter or as a word.
var crockford = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

const (
	bytesOfNumber = 10 // 80 random bits: a number opens the status page, and is not guessed
	charsOfNumber = 16
)

// NewNumber makes the number of an application.
func NewNumber(rand io.Reader) (string, error) {
	var b [bytesOfNumber]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("couldn't make an application number: %w", err)
	}
	return crockford.EncodeToString(b[:]), nil
}

// ParseNumber reads a number as people type it: in any case, with spaces or hyphens anywhere, with O for 0 and I or L for 1.
// Its errors are fail.Invalid with code application.number.
func ParseNumber(s string) (string, error) { return parse(s, "application.number") }

// ParseCode reads a revocation code in the same way. Its errors are fail.Invalid with code application.code.
func ParseCode(s string) (string, error) { return parse(s, "application.code") }

func parse(s, code string) (string, error) {
	if len(s) > 200 { // anything longer is a slip of the clipboard
		return "", fail.New(fail.Invalid, code)
	}
	s = strings.Map(func(r rune) rune {
		switch r = unicode.ToUpper(r); {
		case unicode.IsSpace(r), strings.ContainsRune("-‐‑‒–—−", r):
			return -1
		case r == 'O', r == 'О': // the second is Cyrillic
			return '0'
		case r == 'I', r == 'L', r == 'І':
			return '1'
		case strings.ContainsRune("АВСЕНКМРТХ", r): // Cyrillic letters that look like Latin ones
			return rune("ABCEHKMPTX"[strings.Index("АВСЕНКМРТХ", string(r))/2])
		}
		return r
	}, s)
	if _, err := crockford.DecodeString(s); err != nil || len(s) != charsOfNumber {
		return "", fail.New(fail.Invalid, code)
	}
	return s, nil
}

// FormatNumber shows a number or a code in groups of four.
func FormatNumber(n string) string {
	var b strings.Builder
	for i, r := range n {
		if i > 0 && i%4 == 0 {
			b.WriteByte('-')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// LogName returns what errors, and so logs, say of a number: its first group. The rest opens the status page.
func LogName(number string) string {
	if len(number) != charsOfNumber {
		return "?" // not ours: nothing of it is worth a line
	}
	return number[:4] + "…"
}

// NewSecret makes what a draft's maker's browser holds: 160 bits.
func NewSecret(rand io.Reader) (string, error) {
	var b [20]byte
	if _, err := io.ReadFull(rand, b[:]); err != nil {
		return "", fmt.Errorf("couldn't make a draft secret: %w", err)
	}
	return crockford.EncodeToString(b[:]), nil
}

// HashSecret returns what is stored of a draft secret. The secret is random, so a plain hash gives nothing to guess.
func HashSecret(secret string) []byte {
	sum := sha256.Sum256([]byte("senim draft " + secret))
	return sum[:]
}

// OwnedBy reports, in constant time, whether secret is the one that a was begun with.
func (a *Application) OwnedBy(secret string) bool {
	return len(a.Secret) > 0 && subtle.ConstantTimeCompare(HashSecret(secret), a.Secret) == 1
}

// CodeOf derives the revocation code of an application from its draft secret (HKDF, RFC 5869): the browser that made the
// application can see it again, and the authority, which keeps only hashes of both, cannot.
func CodeOf(secret, number string) (string, error) {
	b, err := hkdf.Key(sha256.New, []byte(secret), []byte(number), "senim revocation code", bytesOfNumber)
	if err != nil {
		return "", fmt.Errorf("couldn't derive a revocation code: %w", err)
	}
	return crockford.EncodeToString(b), nil
}

const saltOfCode = 16

// HashCode returns what is stored of a revocation code: a salt and the salted SHA-256. A code has 80 random bits, which no
// slow hash has to protect.
func HashCode(rand io.Reader, code string) ([]byte, error) {
	salt := make([]byte, saltOfCode, saltOfCode+sha256.Size)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return nil, fmt.Errorf("couldn't salt a revocation code: %w", err)
	}
	sum := sha256.Sum256(append(append([]byte(nil), salt...), code...))
	return append(salt, sum[:]...), nil
}

const (
	codeTries = 5
	codeLock  = 15 * time.Minute // short: whoever knows a number could otherwise keep its holder from suspending
)

// TryCode looks at a canonical revocation code and counts: after five wrong ones in a row no code is looked at for a while. The caller
// stores a whatever the answer. Errors: fail.Forbidden application.code-wrong, fail.Unavailable application.code-locked
// with the argument minutes.
func (a *Application) TryCode(code string, now time.Time) error {
	if now.Before(a.CodeLocked) {
		return fail.New(fail.Unavailable, "application.code-locked", "minutes", fmt.Sprint(int(codeLock.Minutes())))
	}
	ok := len(a.Code) == saltOfCode+sha256.Size
	if ok {
		sum := sha256.Sum256(append(append([]byte(nil), a.Code[:saltOfCode]...), code...))
		ok = subtle.ConstantTimeCompare(sum[:], a.Code[saltOfCode:]) == 1
	}
	if ok {
		a.CodeFailures, a.CodeLocked = 0, time.Time{}
		return nil
	}
	if a.CodeFailures++; a.CodeFailures >= codeTries {
		a.CodeFailures, a.CodeLocked = 0, now.UTC().Add(codeLock)
	}
	return fail.New(fail.Forbidden, "application.code-wrong")
}
