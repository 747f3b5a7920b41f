package registry

import (
	"encoding/hex"
	"strings"
	"unicode"

	"github.com/senim-pki/senim/base/fail"
)

// SerialSize is the length of the serial numbers that are given here, in octets: the most that RFC 5280 section 4.1.2.2
// allows, and what Kazakh certificates have (facts/kz-pki.md section 0 row 10).
const SerialSize = 20

// FormatSerial returns the register's form of a serial number: upper-case hex of its octets, without a leading zero octet.
func FormatSerial(octets []byte) string {
	for len(octets) > 1 && octets[0] == 0 {
		octets = octets[1:]
	}
	return strings.ToUpper(hex.EncodeToString(octets))
}

// ParseSerial returns the register's form of what a person typed or pasted: either case, with blanks, colons or hyphens between.
func ParseSerial(s string) (string, error) {
	s = strings.Map(func(r rune) rune {
		if r == ':' || r == '-' || unicode.IsSpace(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, s)
	octets, err := hex.DecodeString(s)
	if err != nil || len(octets) == 0 || len(octets) > SerialSize+1 {
		return "", fail.New(fail.Invalid, "certificate.serial-form")
	}
	return FormatSerial(octets), nil
}

// SerialOctets returns the octets of a serial number in the register's form, as they stand in the certificate.
func SerialOctets(serial string) ([]byte, error) {
	octets, err := hex.DecodeString(serial)
	if err != nil || len(octets) == 0 {
		return nil, fail.New(fail.Invalid, "certificate.serial-form")
	}
	if octets[0]&0x80 != 0 {
		octets = append([]byte{0}, octets...) // INTEGER contents of a positive number
	}
	return octets, nil
}

// GroupSerial returns the serial number in groups of four digits, as pages show it.
func GroupSerial(serial string) string {
	var b strings.Builder
	for i, r := range serial {
		if i > 0 && i%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// FoldName is what two names are compared by in search: upper case, Ё as Е, one blank between words. Every store keeps
// it beside the name, so that all find the same.
func FoldName(name string) string {
	return strings.ReplaceAll(strings.ToUpper(strings.Join(strings.Fields(name), " ")), "Ё", "Е")
}

// Subject is what the certificate's leaves in the audit log are filed under: issuer/serial.
func (c Certificate) Subject() string { return c.Issuer + "/" + c.Serial }
