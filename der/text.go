package der

import (
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte/asn1"
)

// String reads a character string of any of the types below and returns it in UTF-8.
//
//   - UTF8String: well-formed UTF-8.
//   - PrintableString: any printable ASCII. Its own alphabet lacks * & @ _ and others, which issuers all over the world put
//     into it; refusing their certificates would help no one, and Builder.PrintableString writes the strict alphabet only.
//   - NumericString: digits and space. VisibleString: printable ASCII. IA5String and GeneralString: ASCII.
//   - T61String: taken as Latin-1, as everyone wrote it.
//   - BMPString: UTF-16BE, surrogate pairs allowed (Windows writes them), lone ones not. UniversalString: UTF-32BE.
//
// A NUL character is refused in each: a name that ends early in one program and late in another is an attack.
func (r *Reader) String() string {
	e := r.Any()
	if r.state.err != nil {
		return ""
	}
	s, ok := Text(e)
	if !ok {
		r.failLast("not a character string, or a character that " + tagName(e.Tag) + " does not have")
		return ""
	}
	return s
}

// Text is String for an element already read. It answers false when the element is no character string or holds what its type does not allow.
func Text(e Element) (string, bool) {
	b := e.Contents
	switch e.Tag {
	case asn1.UTF8String:
		return string(b), utf8.Valid(b) && noNUL(b)
	case TagNumericString:
		return string(b), all(b, func(c byte) bool { return c == ' ' || '0' <= c && c <= '9' })
	case asn1.PrintableString, TagVisibleString:
		return string(b), all(b, func(c byte) bool { return ' ' <= c && c <= '~' })
	case asn1.IA5String, asn1.GeneralString:
		return string(b), all(b, func(c byte) bool { return 0 < c && c < 0x80 })
	case asn1.T61String:
		var s strings.Builder
		for _, c := range b {
			s.WriteRune(rune(c))
		}
		return s.String(), noNUL(b)
	case TagBMPString:
		return BMPText(b)
	case TagUniversalString:
		if len(b)%4 != 0 {
			return "", false
		}
		var s strings.Builder
		for i := 0; i < len(b); i += 4 {
			c := uint32(b[i])<<24 | uint32(b[i+1])<<16 | uint32(b[i+2])<<8 | uint32(b[i+3])
			if c == 0 || c > utf8.MaxRune || !utf8.ValidRune(rune(c)) {
				return "", false
			}
			s.WriteRune(rune(c))
		}
		return s.String(), true
	}
	return "", false
}

// BMPText decodes the contents octets of a BMPString, as String does.
func BMPText(b []byte) (string, bool) {
	if len(b)%2 != 0 {
		return "", false
	}
	var s strings.Builder
	for i := 0; i < len(b); i += 2 {
		c := rune(b[i])<<8 | rune(b[i+1])
		if utf16.IsSurrogate(c) {
			if i+4 > len(b) {
				return "", false
			}
			if c = utf16.DecodeRune(c, rune(b[i+2])<<8|rune(b[i+3])); c == utf8.RuneError {
				return "", false
			}
			i += 2
		}
		if c == 0 {
			return "", false
		}
		s.WriteRune(c)
	}
	return s.String(), true
}

func all(b []byte, ok func(byte) bool) bool {
	for _, c := range b {
		if !ok(c) {
			return false
		}
	}
	return true
}

func noNUL(b []byte) bool { return all(b, func(c byte) bool { return c != 0 }) }

// Time reads a UTCTime or GeneralizedTime in the form of RFC 5280 section 4.1.2.5: seconds present, no fraction, Z.
// Two-digit years are 1950 to 2049. The result is in UTC.
func (r *Reader) Time() time.Time { return r.time(false) }

// FractionalTime is Time that takes a fraction in a GeneralizedTime, as the genTime of a time stamp may have (RFC 3161 section 2.4.2):
// a point and one to nine digits, the last of them not 0.
func (r *Reader) FractionalTime() time.Time { return r.time(true) }

func (r *Reader) time(fraction bool) time.Time {
	e := r.Any()
	if r.state.err != nil {
		return time.Time{}
	}
	t, ok := timeOf(e, fraction)
	if !ok {
		r.failLast("not a time of the form YYMMDDHHMMSSZ or YYYYMMDDHHMMSSZ")
		return time.Time{}
	}
	return t
}

func timeOf(e Element, fraction bool) (time.Time, bool) {
	b := e.Contents
	var year int
	switch e.Tag {
	case asn1.UTCTime:
		if len(b) != 13 {
			return time.Time{}, false
		}
		year = digits(b[:2]) + 2000
		if year >= 2050 {
			year -= 100
		}
		b = b[2:]
	case asn1.GeneralizedTime:
		if len(b) < 15 {
			return time.Time{}, false
		}
		year = digits(b[:4])
		b = b[4:]
	default:
		return time.Time{}, false
	}
	month, day, hour, minute, second := digits(b[0:2]), digits(b[2:4]), digits(b[4:6]), digits(b[6:8]), digits(b[8:10])
	if min(year, month, day, hour, minute, second) < 0 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	b = b[10:]
	nano := 0
	if fraction && b[0] == '.' {
		n := len(b) - 2 // digits between the point and the Z
		if n < 1 || n > 9 || b[n] == '0' {
			return time.Time{}, false
		}
		if nano = digits(b[1 : n+1]); nano < 0 {
			return time.Time{}, false
		}
		for range 9 - n {
			nano *= 10
		}
		b = b[n+1:]
	}
	if len(b) != 1 || b[0] != 'Z' {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	// time.Date carries a 31 April over into May; a time that is not what was written is no time.
	if t.Month() != time.Month(month) || t.Day() != day {
		return time.Time{}, false
	}
	return t, true
}

// digits reads a decimal number, negative when b is something else.
func digits(b []byte) int {
	n := 0
	for _, c := range b {
		if c < '0' || c > '9' {
			return -1 << 31
		}
		n = 10*n + int(c-'0')
	}
	return n
}
