// Package iin checks the 12-digit numbers of Kazakhstan: the IIN of a person and the BIN of an organisation
// (facts/kz-pki.md section 5). They share form and check digit.
//
// Since 2013 the other digits are officially not tied to birth date and sex, so nothing is ever refused because of them.
package iin

import (
	"embed"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/senim-pki/senim/base/fail"
)

// The codes of Check's errors.
const (
	CodeLength   = "iin.length"   // not 12 characters; argument "length" says how many
	CodeDigits   = "iin.digits"   // a character that is not 0 to 9
	CodeChecksum = "iin.checksum" // the last digit does not fit, or no last digit could
)

// Messages holds messages.toml, the sentences for the codes, for base/i18n.
//
//go:embed messages.toml
var Messages embed.FS

const length = 12

// Check reports whether s is an IIN or BIN that can have been issued: 12 digits with the right check digit. Its errors are
// *fail.Error of kind Invalid with one of the codes above.
func Check(s string) error {
	if err := CheckLenient(s); err != nil {
		return err
	}
	if c, ok := checkDigit(s); !ok || c != s[length-1] {
		return fail.New(fail.Invalid, CodeChecksum)
	}
	return nil
}

// CheckLenient is Check without the check digit, for hierarchies of test identities, whose official numbers
// (123456789011 and others) do not have the right one.
func CheckLenient(s string) error {
	if n := utf8.RuneCountInString(s); n != length {
		return fail.New(fail.Invalid, CodeLength, "length", strconv.Itoa(n))
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return fail.New(fail.Invalid, CodeDigits)
		}
	}
	return nil
}

// Valid reports whether Check finds nothing.
func Valid(s string) bool { return Check(s) == nil }

// IsBIN reports whether 12 digits are the number of an organisation and not of a person: the fifth digit of a BIN is 4 to 6,
// that of an IIN is the tens digit of a day, 0 to 3. It does not look at the check digit.
func IsBIN(s string) bool { return CheckLenient(s) == nil && s[4] >= '4' }

// Mask hides a number from strangers and leaves its holder able to recognise it: "8503••••••09". Anything that is not 12
// digits is hidden whole, for who knows what was typed.
func Mask(s string) string {
	if CheckLenient(s) != nil {
		return strings.Repeat("•", min(utf8.RuneCountInString(s), length))
	}
	return s[:4] + "••••••" + s[10:]
}

// BirthDate returns the date that an IIN's first seven digits say. It is informative only (see the package comment); ok is
// false when they say none, as for some non-citizens and every BIN.
func BirthDate(s string) (year, month, day int, ok bool) {
	if CheckLenient(s) != nil {
		return 0, 0, 0, false
	}
	century := int(s[6]-'1') / 2 // 1, 2 are of the 1800s, 3, 4 of the 1900s, 5, 6 of the 2000s
	if s[6] < '1' || s[6] > '6' {
		return 0, 0, 0, false
	}
	two := func(i int) int { return int(s[i]-'0')*10 + int(s[i+1]-'0') }
	year, month, day = 1800+100*century+two(0), two(2), two(4)
	if month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return 0, 0, 0, false
	}
	return year, month, day, true
}

// checkDigit computes the twelfth digit of eleven; ok is false for the one number in about 120 that has none.
func checkDigit(s string) (digit byte, ok bool) {
	for pass := range 2 {
		sum := 0
		for i := range length - 1 {
			// Weights 1 to 11; in the second pass 3 to 11, 1, 2.
			sum += int(s[i]-'0') * ((i+2*pass)%11 + 1)
		}
		if c := sum % 11; c < 10 {
			return byte('0' + c), true
		}
	}
	return 0, false
}

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}
