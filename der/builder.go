package der

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/senim-pki/senim/oid"
)

// A Builder writes DER. Its error is sticky: what cannot be written (a malformed OID, a letter outside PrintableString)
// is reported by Bytes, and nothing is written in its place. The Builder given to a function is valid only within it.
type Builder struct{ c *cryptobyte.Builder }

// NewBuilder returns an empty builder.
func NewBuilder() *Builder { return &Builder{cryptobyte.NewBuilder(nil)} }

// Bytes returns what was written, or the first error.
func (b *Builder) Bytes() ([]byte, error) {
	out, err := b.c.Bytes()
	if err != nil {
		return nil, fmt.Errorf("couldn't encode DER: %w", err)
	}
	return out, nil
}

// MustBytes is Bytes for what cannot fail because it holds no input; it panics on an error.
func (b *Builder) MustBytes() []byte {
	out, err := b.Bytes()
	if err != nil {
		panic(err)
	}
	return out
}

// Fail makes Bytes answer err.
func (b *Builder) Fail(err error) { b.c.SetError(err) }

// Constructed writes an element of the tag with what f writes as contents.
func (b *Builder) Constructed(tag Tag, f func(*Builder)) {
	b.c.AddASN1(tag, func(c *cryptobyte.Builder) { f(&Builder{c}) })
}

// Primitive writes an element of the tag with the contents octets.
func (b *Builder) Primitive(tag Tag, contents []byte) {
	b.c.AddASN1(tag, func(c *cryptobyte.Builder) { c.AddBytes(contents) })
}

// Sequence writes a SEQUENCE.
func (b *Builder) Sequence(f func(*Builder)) { b.Constructed(asn1.SEQUENCE, f) }

// Set writes a SET in the order in which f writes; for a SET OF use SetOf.
func (b *Builder) Set(f func(*Builder)) { b.Constructed(asn1.SET, f) }

// SetOf writes a SET OF of whole encoded elements, in the order that DER demands (X.690 section 11.6).
func (b *Builder) SetOf(elements [][]byte) {
	b.Set(func(b *Builder) {
		for _, e := range SortSet(elements) {
			b.Raw(e)
		}
	})
}

// SortSet returns whole encoded elements in the order of a DER SET OF; the slice given is not changed.
// No encoding is the beginning of another, so plain comparison of octets is the order of X.690 section 11.6.
func SortSet(elements [][]byte) [][]byte {
	sorted := slices.Clone(elements)
	slices.SortStableFunc(sorted, bytes.Compare)
	return sorted
}

// Explicit writes [n] EXPLICIT.
func (b *Builder) Explicit(n uint8, f func(*Builder)) { b.Constructed(ContextConstructedTag(n), f) }

// Context writes [n] IMPLICIT over a primitive type, whose contents octets are given.
func (b *Builder) Context(n uint8, contents []byte) { b.Primitive(ContextTag(n), contents) }

// ContextConstructed writes [n] IMPLICIT over a SEQUENCE or SET, whose elements f writes.
func (b *Builder) ContextConstructed(n uint8, f func(*Builder)) {
	b.Constructed(ContextConstructedTag(n), f)
}

// OID writes an OBJECT IDENTIFIER.
func (b *Builder) OID(o oid.OID) {
	contents := o.Contents()
	if contents == nil {
		b.Fail(fmt.Errorf("malformed object identifier %q", string(o)))
		return
	}
	b.Primitive(asn1.OBJECT_IDENTIFIER, contents)
}

// Bool writes a BOOLEAN.
func (b *Builder) Bool(v bool) { b.c.AddASN1Boolean(v) }

// Int writes an INTEGER.
func (b *Builder) Int(v int64) { b.c.AddASN1Int64(v) }

// Enumerated writes an ENUMERATED.
func (b *Builder) Enumerated(v int) { b.c.AddASN1Enum(int64(v)) }

// Unsigned writes an INTEGER of the magnitude, big-endian, with any number of leading zeros; nothing at all is zero.
func (b *Builder) Unsigned(magnitude []byte) {
	for len(magnitude) > 0 && magnitude[0] == 0 {
		magnitude = magnitude[1:]
	}
	b.c.AddASN1(asn1.INTEGER, func(c *cryptobyte.Builder) {
		if len(magnitude) == 0 || magnitude[0]&0x80 != 0 {
			c.AddUint8(0)
		}
		c.AddBytes(magnitude)
	})
}

// RawInteger writes an INTEGER of the contents octets, as Reader.BigInt returns them; not minimal ones are an error.
func (b *Builder) RawInteger(contents []byte) {
	if fault := integerFault(contents); fault != "" {
		b.Fail(errors.New("INTEGER " + fault))
		return
	}
	b.Primitive(asn1.INTEGER, contents)
}

// OctetString writes an OCTET STRING.
func (b *Builder) OctetString(v []byte) { b.Primitive(asn1.OCTET_STRING, v) }

// OctetStringWrapping writes an OCTET STRING that holds what f writes.
func (b *Builder) OctetStringWrapping(f func(*Builder)) { b.Constructed(asn1.OCTET_STRING, f) }

// BitString writes a BIT STRING of whole octets.
func (b *Builder) BitString(v []byte) { b.c.AddASN1BitString(v) }

// BitStringWrapping writes a BIT STRING that holds what f writes, as the key of a SubjectPublicKeyInfo does.
func (b *Builder) BitStringWrapping(f func(*Builder)) {
	b.Constructed(asn1.BIT_STRING, func(b *Builder) {
		b.c.AddUint8(0)
		f(b)
	})
}

// NamedBits writes a BIT STRING in which the bits of these numbers are set, 0 being the first, and trailing zero bits
// are left out, as DER demands of named bits (X.690 section 11.2.2). Numbers are 0 to 127.
func (b *Builder) NamedBits(bits ...int) {
	contents, err := namedBits(bits)
	if err != nil {
		b.Fail(err)
		return
	}
	b.Primitive(asn1.BIT_STRING, contents)
}

func namedBits(bits []int) ([]byte, error) {
	if len(bits) == 0 {
		return []byte{0}, nil
	}
	last := slices.Max(bits)
	if slices.Min(bits) < 0 || last > 127 {
		return nil, errors.New("named bit outside 0 to 127")
	}
	out := make([]byte, 2+last/8)
	out[0] = byte(7 - last%8)
	for _, n := range bits {
		out[1+n/8] |= 0x80 >> (n % 8)
	}
	return out, nil
}

// Null writes a NULL.
func (b *Builder) Null() { b.c.AddASN1NULL() }

// UTF8String writes a UTF8String; text that is not UTF-8 is an error.
func (b *Builder) UTF8String(s string) {
	if !utf8.ValidString(s) {
		b.Fail(errors.New("UTF8String: not UTF-8"))
		return
	}
	b.Primitive(asn1.UTF8String, []byte(s))
}

// PrintableString writes a PrintableString; a character outside the alphabet of X.680 section 41.4 is an error.
func (b *Builder) PrintableString(s string) {
	if !IsPrintable(s) {
		b.Fail(errors.New("PrintableString: a character it does not have"))
		return
	}
	b.Primitive(asn1.PrintableString, []byte(s))
}

// IsPrintable reports whether s fits PrintableString: letters, digits, space and ' ( ) + , - . / : = ?
func IsPrintable(s string) bool {
	return all([]byte(s), func(c byte) bool {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', c == ' ', '\'' <= c && c <= ')', '+' <= c && c <= '/', c == ':', c == '=', c == '?':
			return true
		}
		return false
	})
}

// IA5String writes an IA5String; a character outside ASCII is an error.
func (b *Builder) IA5String(s string) {
	if !all([]byte(s), func(c byte) bool { return c < 0x80 }) {
		b.Fail(errors.New("IA5String: a character outside ASCII"))
		return
	}
	b.Primitive(asn1.IA5String, []byte(s))
}

// BMPString writes a BMPString: UTF-16BE, with surrogate pairs where they are needed.
func (b *Builder) BMPString(s string) {
	if !utf8.ValidString(s) {
		b.Fail(errors.New("BMPString: not UTF-8"))
		return
	}
	units := utf16.Encode([]rune(s))
	out := make([]byte, 0, 2*len(units))
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	b.Primitive(TagBMPString, out)
}

// UTCTime writes a UTCTime; a year outside 1950 to 2049 is an error. Fractions of a second are dropped.
func (b *Builder) UTCTime(t time.Time) {
	t = t.UTC()
	if t.Year() < 1950 || t.Year() > 2049 {
		b.Fail(fmt.Errorf("UTCTime: year %d", t.Year()))
		return
	}
	b.Primitive(asn1.UTCTime, []byte(t.Format("060102150405Z")))
}

// GeneralizedTime writes a GeneralizedTime without a fraction; a year outside 0 to 9999 is an error.
func (b *Builder) GeneralizedTime(t time.Time) {
	t = t.UTC()
	if t.Year() < 0 || t.Year() > 9999 {
		b.Fail(fmt.Errorf("GeneralizedTime: year %d", t.Year()))
		return
	}
	b.Primitive(asn1.GeneralizedTime, []byte(t.Format("20060102150405Z")))
}

// Time writes a Time as RFC 5280 section 4.1.2.5 demands: UTCTime to 2049, GeneralizedTime from 2050, and before 1950.
func (b *Builder) Time(t time.Time) {
	if year := t.UTC().Year(); year < 1950 || year > 2049 {
		b.GeneralizedTime(t)
		return
	}
	b.UTCTime(t)
}

// Raw writes octets as they are; the caller answers for their being whole elements.
func (b *Builder) Raw(v []byte) { b.c.AddBytes(v) }
