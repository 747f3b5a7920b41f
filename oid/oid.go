// Package oid names object identifiers: the dotted text is the value, so that an OID is a constant, a map key and
// readable in a log. The constants are every identifier that this project's formats know, in groups (consts.go).
//
// The encoding is X.690 section 8.19; only minimal encodings are accepted. Arcs have up to 128 bits, as 2.25.‹UUID› needs.
package oid

import (
	"errors"
	"math/bits"
	"strings"
)

// OID is an object identifier in dotted text: "1.2.398.3.3.2". A value made by FromContents or Parse is in canonical form,
// so == compares identifiers. The empty OID is no identifier.
type OID string

// maxContents caps an encoded identifier. The longest in the field have under 40 octets; the cap keeps the dotted
// text (up to four characters an octet) of a hostile message small.
const maxContents = 256

// maxText is the longest dotted text an encoding of maxContents octets can have: a digit and a dot for the two arcs of
// the first octet, then at most four characters an octet.
const maxText = 4*maxContents + 4

var (
	errLength   = errors.New("object identifier: empty or over 256 octets")
	errMinimal  = errors.New("object identifier: arc not in minimal form")
	errTrunc    = errors.New("object identifier: last arc is not finished")
	errArc      = errors.New("object identifier: arc over 128 bits")
	errText     = errors.New("object identifier: not dotted decimal numbers")
	errRootArcs = errors.New("object identifier: first arc over 2, or second over 39")
)

// FromContents decodes the contents octets of an OBJECT IDENTIFIER. A non-minimal, unfinished or oversized arc is an error.
func FromContents(b []byte) (OID, error) {
	if len(b) == 0 || len(b) > maxContents {
		return "", errLength
	}
	text := make([]byte, 0, 4*len(b)+2)
	for i := 0; i < len(b); {
		if b[i] == 0x80 {
			return "", errMinimal
		}
		var v u128
		for ; ; i++ {
			if i == len(b) {
				return "", errTrunc
			}
			if v.hi>>57 != 0 {
				return "", errArc
			}
			v.hi, v.lo = v.hi<<7|v.lo>>57, v.lo<<7|uint64(b[i]&0x7f)
			if b[i]&0x80 == 0 {
				i++
				break
			}
		}
		if len(text) == 0 {
			switch {
			case v.hi == 0 && v.lo < 40:
				text = append(text, "0."...)
			case v.hi == 0 && v.lo < 80:
				text = append(text, "1."...)
				v.lo -= 40
			default:
				text = append(text, "2."...)
				var borrow uint64
				v.lo, borrow = bits.Sub64(v.lo, 80, 0)
				v.hi -= borrow
			}
		} else {
			text = append(text, '.')
		}
		text = v.append(text)
	}
	return OID(text), nil
}

// Contents returns the contents octets of o, without tag and length; nil when o is malformed.
func (o OID) Contents() []byte {
	b, err := o.contents()
	if err != nil {
		return nil
	}
	return b
}

// Parse reads dotted decimal text: at least two arcs, no leading zeros, no spaces.
func Parse(s string) (OID, error) {
	if _, err := OID(s).contents(); err != nil {
		return "", err
	}
	return OID(s), nil
}

// Under reports whether o lies below arc: "1.2.3.4" is under "1.2.3" and "1.2", not under "1.2.3.4" or "1.2.30".
func (o OID) Under(arc OID) bool {
	return arc != "" && len(o) > len(arc) && o[len(arc)] == '.' && o[:len(arc)] == arc
}

// Name returns the short standard name ("sha256WithRSAEncryption", "id-kp-emailProtection"), for identifiers of the
// national arc an English name, and the dotted text for everything else.
func (o OID) Name() string {
	if n, ok := names[o]; ok {
		return n
	}
	return string(o)
}

// String returns the dotted text.
func (o OID) String() string { return string(o) }

func (o OID) contents() ([]byte, error) {
	if len(o) == 0 || len(o) > maxText {
		return nil, errText
	}
	rest, more := string(o), true
	out := make([]byte, 0, len(o))
	var first u128
	for n := 0; more; n++ {
		var arc string
		arc, rest, more = strings.Cut(rest, ".")
		v, err := parseArc(arc)
		if err != nil {
			return nil, err
		}
		switch n {
		case 0:
			if v.hi != 0 || v.lo > 2 || !more {
				return nil, errRootArcs
			}
			first = v
			continue
		case 1:
			if first.lo < 2 && (v.hi != 0 || v.lo > 39) {
				return nil, errRootArcs
			}
			var carry uint64
			v.lo, carry = bits.Add64(v.lo, 40*first.lo, 0)
			if v.hi, carry = bits.Add64(v.hi, 0, carry); carry != 0 {
				return nil, errArc
			}
		}
		out = v.appendBase128(out)
	}
	if len(out) > maxContents {
		return nil, errLength
	}
	return out, nil
}

// u128 is an arc.
type u128 struct{ hi, lo uint64 }

func parseArc(s string) (u128, error) {
	if s == "" || len(s) > 39 || (s[0] == '0' && len(s) > 1) {
		return u128{}, errText
	}
	var v u128
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return u128{}, errText
		}
		// v = 10v + digit
		over, hi := bits.Mul64(v.hi, 10)
		up, lo := bits.Mul64(v.lo, 10)
		var c uint64
		lo, c = bits.Add64(lo, uint64(s[i]-'0'), 0)
		hi, c = bits.Add64(hi, up, c)
		if over != 0 || c != 0 {
			return u128{}, errArc
		}
		v = u128{hi, lo}
	}
	return v, nil
}

func (v u128) append(b []byte) []byte {
	var digits [39]byte
	i := len(digits)
	for {
		// Long division by 10, high word first.
		qhi, r := v.hi/10, v.hi%10
		qlo, digit := bits.Div64(r, v.lo, 10)
		i--
		digits[i] = byte('0' + digit)
		v = u128{qhi, qlo}
		if v.hi|v.lo == 0 {
			return append(b, digits[i:]...)
		}
	}
}

func (v u128) appendBase128(b []byte) []byte {
	var octets [19]byte
	i := len(octets) - 1
	octets[i] = byte(v.lo & 0x7f)
	for {
		v = u128{v.hi >> 7, v.hi<<57 | v.lo>>7}
		if v.hi|v.lo == 0 {
			return append(b, octets[i:]...)
		}
		i--
		octets[i] = byte(v.lo&0x7f) | 0x80
	}
}
