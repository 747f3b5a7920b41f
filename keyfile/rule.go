package keyfile

import (
	"strconv"
	"unicode/utf8"
)

// A Rule is what a password of a key file has to be (M1.5). It is data, since the guides of different years differ.
type Rule struct {
	Min, Max int    // characters
	Allowed  string // besides a-z, A-Z and 0-9
}

// DefaultRule is the rule of today: 6 to 32 characters, at least one of a-z and one of 0-9; A-Z and @ # % & * ~ _ - .
// are allowed, nothing else.
func DefaultRule() Rule {
	return Rule{Min: 6, Max: 32, Allowed: "@#%&*~_-."}
}

// Broken is one way in which a password breaks the rule. Its code names a message of package report.
type Broken struct {
	Code string
	Args map[string]string // "min", "max", "allowed", "character"
}

// The codes of Broken.
const (
	PasswordTooShort  = "password.too-short"
	PasswordTooLong   = "password.too-long"
	PasswordNoLetter  = "password.no-letter"
	PasswordNoDigit   = "password.no-digit"
	PasswordForbidden = "password.forbidden"
)

// Check returns every way in which the password breaks the rule, nothing when it keeps it. Only the first forbidden
// character is named: one sentence is enough to look for the others, and a wrong keyboard layout makes them all wrong.
func (r Rule) Check(password string) []Broken {
	var broken []Broken
	length := utf8.RuneCountInString(password)
	if length < r.Min {
		broken = append(broken, Broken{PasswordTooShort, map[string]string{"min": strconv.Itoa(r.Min)}})
	}
	if length > r.Max {
		broken = append(broken, Broken{PasswordTooLong, map[string]string{"max": strconv.Itoa(r.Max)}})
	}
	letter, digit, forbidden := false, false, ""
	for _, c := range password {
		switch {
		case 'a' <= c && c <= 'z':
			letter = true
		case '0' <= c && c <= '9':
			digit = true
		case 'A' <= c && c <= 'Z', allows(r.Allowed, c):
		case forbidden == "":
			forbidden = string(c)
		}
	}
	if !letter {
		broken = append(broken, Broken{PasswordNoLetter, nil})
	}
	if !digit {
		broken = append(broken, Broken{PasswordNoDigit, nil})
	}
	if forbidden != "" {
		broken = append(broken, Broken{PasswordForbidden, map[string]string{"character": forbidden, "allowed": spaced(r.Allowed)}})
	}
	return broken
}

func allows(set string, c rune) bool {
	for _, a := range set {
		if a == c && c != utf8.RuneError {
			return true
		}
	}
	return false
}

// spaced writes the characters as a person reads them: "@ # %".
func spaced(set string) string {
	out := ""
	for i, c := range set {
		if i > 0 {
			out += " "
		}
		out += string(c)
	}
	return out
}
