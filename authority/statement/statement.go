// Package statement makes and checks signed statements: a UTF-8 text that is exactly what a person was shown, signed as
// CMS with his own key (DESIGN section 3, signed statements).
//
// The authority keeps the text of each challenge under its nonce; a signature over any other octet is refused, and a
// nonce is used once.
//
// Use Checker.Check outside a transaction, for it asks about revocation, and Checked.Accept inside the one that acts on it.
// Only Accept and Recheck make a Verified, the value that the rest of the domain acts upon.
package statement

import "time"

// A Purpose of a statement; each has its own text and its own demand on the key.
type Purpose string

const (
	Login      Purpose = "login"      // authentication key, minutes
	Decision   Purpose = "decision"   // operator's signing key: approve or refuse an application
	Revocation Purpose = "revocation" // signing key of the holder, or of an operator with a reason
)

// A Challenge is a text that waits for a signature.
type Challenge struct {
	Nonce   string // 128 random bits, base32
	Purpose Purpose
	Subject string            // application number or certificate serial; empty for a login
	Args    map[string]string // what the text was made from: decision, reason, csr hashes …
	Text    string            // exactly what is shown and signed
	Origin  string            // https://host of the page
	Created time.Time
	Expires time.Time
	Used    bool
}

// Records is the part of the store that holds challenges.
type Records interface {
	PutChallenge(c Challenge) error
	Challenge(nonce string) (Challenge, error)
	UseChallenge(nonce string) error         // conflict when used already
	DeleteChallenges(before time.Time) error // expired ones
}
