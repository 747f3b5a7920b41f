package person

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/senim-pki/senim/base/fail"
)

// MaxName is the most characters of one name, and of surname and name together: the upper bound that RFC 5280 appendix A
// sets for a common name and that certificate readers enforce.
const MaxName = 64

// NormalName returns s as the register writes names: composed, upper-case, single spaces, one kind of hyphen and
// apostrophe. Upper-casing is Unicode's own, the same on every machine: no locale turns i into İ.
func NormalName(s string) string {
	s = strings.Map(func(r rune) rune {
		switch r {
		case '‐', '‑', '‒', '–', '—', '−':
			return '-'
		case '’', 'ʼ', '‘', '`', '´':
			return '\''
		}
		return r
	}, norm.NFC.String(s))
	return norm.NFC.String(strings.ToUpper(strings.Join(strings.Fields(s), " ")))
}

// CheckName reports whether s, already normal, can be a name: letters with their marks, space, hyphen, apostrophe and full
// stop, at most MaxName characters. The empty name is for the caller to judge. Errors are fail.Invalid with codes person.name-letters and
// person.name-long.
func CheckName(s string) error {
	if utf8.RuneCountInString(s) > MaxName {
		return fail.New(fail.Invalid, "person.name-long")
	}
	letters := s == ""
	for _, r := range s {
		switch {
		case unicode.IsLetter(r):
			letters = true
		case unicode.Is(unicode.Mn, r), r == ' ', r == '-', r == '\'', r == '.':
		default:
			return fail.New(fail.Invalid, "person.name-letters")
		}
	}
	if !letters || !utf8.ValidString(s) {
		return fail.New(fail.Invalid, "person.name-letters")
	}
	return nil
}

// SameName reports whether two names differ only in ways that people do not mean as a difference: case, spaces, kinds of
// hyphen, Ё written as Е. Letters of different alphabets that look alike are different: a Latin A in a Cyrillic name is
// what an operator has to see.
func SameName(a, b string) bool { return folded(a) == folded(b) }

func folded(s string) string {
	s = strings.ReplaceAll(NormalName(s), "Ё", "Е")
	for _, gap := range []string{" -", "- "} {
		s = strings.ReplaceAll(s, gap, "-")
	}
	return s
}
