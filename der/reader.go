package der

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/senim-pki/senim/oid"
)

// Tag is an identifier octet: class, constructed bit and a tag number up to 30. Longer tag numbers are refused everywhere;
// none of this project's formats has one.
type Tag = asn1.Tag

// The universal tags. SEQUENCE and SET have the constructed bit set, as their encodings do.
const (
	TagBoolean         = asn1.BOOLEAN
	TagInteger         = asn1.INTEGER
	TagBitString       = asn1.BIT_STRING
	TagOctetString     = asn1.OCTET_STRING
	TagNull            = asn1.NULL
	TagOID             = asn1.OBJECT_IDENTIFIER
	TagEnumerated      = asn1.ENUM
	TagUTF8String      = asn1.UTF8String
	TagSequence        = asn1.SEQUENCE
	TagSet             = asn1.SET
	TagNumericString   = Tag(18)
	TagPrintableString = asn1.PrintableString
	TagT61String       = asn1.T61String
	TagIA5String       = asn1.IA5String
	TagUTCTime         = asn1.UTCTime
	TagGeneralizedTime = asn1.GeneralizedTime
	TagVisibleString   = Tag(26)
	TagGeneralString   = asn1.GeneralString
	TagUniversalString = Tag(28)
	TagBMPString       = Tag(30)
)

const constructed = Tag(0x20)

// ContextTag is the tag of [n] IMPLICIT over a primitive type. n is at most 30.
func ContextTag(n uint8) Tag { return Tag(n).ContextSpecific() }

// ContextConstructedTag is the tag of [n] EXPLICIT, and of [n] IMPLICIT over a SEQUENCE or SET. n is at most 30.
func ContextConstructedTag(n uint8) Tag { return Tag(n).ContextSpecific().Constructed() }

// Element is one encoded value. Both slices are parts of the input: they live as long as it does, and are not to be written to.
type Element struct {
	Tag      Tag
	Full     []byte // identifier, length and contents octets
	Contents []byte
}

// Is reports whether the element has the tag.
func (e Element) Is(tag Tag) bool { return e.Tag == tag && e.Full != nil }

// Reader returns a new reader, with an error of its own, that reads this one element.
func (e Element) Reader() *Reader { return NewReader(e.Full) }

// Inside returns a new reader, with an error of its own, over the contents of the element.
func (e Element) Inside() *Reader { return NewReader(e.Contents) }

// A Reader reads DER elements one after the other.
//
// Its error is sticky, and shared with every reader that Sequence, Set, Explicit and the like derive from it: after the first
// failure all of them answer zero values, Empty answers true and Err the first failure, so a parser reads a whole
// structure in straight lines and asks once, at the end. The exception to remember: what was read before the failure is
// real, so nothing may be decided before End or Err was asked. A reader from NewReader, Element.Reader or Element.Inside starts anew.
type Reader struct {
	rest   cryptobyte.String
	state  *state
	parent *Reader
	in     Tag // the tag of the element this reader is inside of
	index  int // elements read so far
}

// state is shared by a reader and those derived from it.
type state struct{ err error }

// ErrMalformed is the cause of every error of Reader and Normalize that is the input's fault.
var ErrMalformed = errors.New("malformed DER")

// NewReader reads b, which it does not copy.
func NewReader(b []byte) *Reader {
	return &Reader{rest: b, state: new(state)}
}

// Empty reports whether nothing is left to read. After a failure it answers true, so that loops end.
func (r *Reader) Empty() bool { return r.state.err != nil || len(r.rest) == 0 }

// Err returns the first failure of this reader and its relatives.
func (r *Reader) Err() error { return r.state.err }

// Rest returns the octets not yet read, and does not move. After a failure it answers nil.
func (r *Reader) Rest() []byte {
	if r.state.err != nil {
		return nil
	}
	return r.rest
}

// PeekTag returns the tag of the next element; false when there is none.
func (r *Reader) PeekTag() (Tag, bool) {
	if r.Empty() {
		return 0, false
	}
	return Tag(r.rest[0]), true
}

// Fail records a failure at the element last read, as the reader's own failures are: the first one stays.
// A parser uses it for what the encoding cannot say ("version is not 1").
func (r *Reader) Fail(format string, args ...any) {
	r.fail(r.index-1, fmt.Sprintf(format, args...))
}

// Any reads the next element, whatever it is.
func (r *Reader) Any() Element {
	if r.state.err != nil {
		return Element{}
	}
	if len(r.rest) == 0 {
		r.fail(r.index, "an element is missing")
		return Element{}
	}
	before := r.rest
	var full cryptobyte.String
	var tag Tag
	if !r.rest.ReadAnyASN1Element(&full, &tag) {
		r.rest = before
		r.fail(r.index, headerFault(before))
		return Element{}
	}
	if tag == 0 {
		r.fail(r.index, "tag 0 is reserved")
		return Element{}
	}
	if class := tag >> 6; class == 0 {
		if number := tag &^ constructed; (number == 16 || number == 17) != (tag&constructed != 0) {
			r.fail(r.index, "constructed bit does not fit the type "+tagName(tag))
			return Element{}
		}
	}
	r.index++
	// The header is valid here, so its length is: two octets, and in the long form as many more as the second says.
	header := 2
	if full[1]&0x80 != 0 {
		header += int(full[1] & 0x7f)
	}
	return Element{Tag: tag, Full: full, Contents: full[header:]}
}

// Element reads the next element, which must have the tag.
func (r *Reader) Element(tag Tag) Element {
	if r.state.err != nil {
		return Element{}
	}
	if got, ok := r.PeekTag(); ok && got != tag {
		r.fail(r.index, "found "+tagName(got)+", wanted "+tagName(tag))
		return Element{}
	} else if !ok {
		r.fail(r.index, tagName(tag)+" is missing")
		return Element{}
	}
	return r.Any()
}

// Optional reads the next element if it has the tag.
func (r *Reader) Optional(tag Tag) (Element, bool) {
	if got, ok := r.PeekTag(); !ok || got != tag {
		return Element{}, false
	}
	e := r.Any()
	return e, r.state.err == nil
}

// Sequence reads a SEQUENCE or SEQUENCE OF and returns a reader over its contents.
func (r *Reader) Sequence() *Reader { return r.Constructed(asn1.SEQUENCE) }

// Set reads a SET or SET OF and returns a reader over its contents. The order of a SET OF is not checked: signed
// attributes that are not sorted are met in the field, and whoever needs the order compares with Builder.SetOf.
func (r *Reader) Set() *Reader { return r.Constructed(asn1.SET) }

// Explicit reads [n] EXPLICIT, or [n] IMPLICIT over a SEQUENCE or SET, and returns a reader over its contents.
func (r *Reader) Explicit(n uint8) *Reader { return r.Constructed(ContextConstructedTag(n)) }

// OptionalExplicit is Explicit where the element may be absent: then it answers false and an empty reader.
func (r *Reader) OptionalExplicit(n uint8) (*Reader, bool) {
	if got, ok := r.PeekTag(); !ok || got != ContextConstructedTag(n) {
		return &Reader{state: r.state, parent: r, in: ContextConstructedTag(n)}, false
	}
	child := r.Explicit(n)
	return child, r.state.err == nil
}

// Constructed reads an element of the tag and returns a reader over its contents.
func (r *Reader) Constructed(tag Tag) *Reader {
	e := r.Element(tag)
	return &Reader{rest: e.Contents, state: r.state, parent: r, in: tag}
}

// OID reads an OBJECT IDENTIFIER.
func (r *Reader) OID() oid.OID {
	e := r.Element(asn1.OBJECT_IDENTIFIER)
	if r.state.err != nil {
		return ""
	}
	o, err := oid.FromContents(e.Contents)
	if err != nil {
		r.failLast(err.Error())
		return ""
	}
	return o
}

// Bool reads a BOOLEAN; only 00 and FF are values.
func (r *Reader) Bool() bool {
	e := r.Element(asn1.BOOLEAN)
	if r.state.err != nil {
		return false
	}
	if len(e.Contents) != 1 || (e.Contents[0] != 0 && e.Contents[0] != 0xff) {
		r.failLast("BOOLEAN is neither 00 nor FF")
		return false
	}
	return e.Contents[0] == 0xff
}

// Int reads an INTEGER that fits 64 bits.
func (r *Reader) Int() int64 { return r.small(asn1.INTEGER) }

// Enumerated reads an ENUMERATED that fits 32 bits.
func (r *Reader) Enumerated() int {
	v := r.small(asn1.ENUM)
	if int64(int32(v)) != v {
		r.failLast("ENUMERATED over 32 bits")
		return 0
	}
	return int(v)
}

// BigInt reads an INTEGER and returns its contents octets: two's complement, big-endian, checked to be minimal.
func (r *Reader) BigInt() []byte { return r.integer(asn1.INTEGER) }

// Unsigned reads an INTEGER that is not negative and returns its magnitude, big-endian, without a leading zero; of zero a single 00.
func (r *Reader) Unsigned() []byte {
	b := r.integer(asn1.INTEGER)
	if r.state.err != nil {
		return nil
	}
	if b[0]&0x80 != 0 {
		r.failLast("INTEGER is negative")
		return nil
	}
	if b[0] == 0 && len(b) > 1 {
		b = b[1:]
	}
	return b
}

func (r *Reader) integer(tag Tag) []byte {
	b := r.Element(tag).Contents
	if r.state.err != nil {
		return nil
	}
	if fault := integerFault(b); fault != "" {
		r.failLast(tagName(tag) + " " + fault)
		return nil
	}
	return b
}

// integerFault says what is wrong with the contents octets of an INTEGER, "" when nothing is.
func integerFault(b []byte) string {
	if len(b) == 0 {
		return "is empty"
	}
	if len(b) > 1 && ((b[0] == 0 && b[1]&0x80 == 0) || (b[0] == 0xff && b[1]&0x80 != 0)) {
		return "is not minimal"
	}
	return ""
}

func (r *Reader) small(tag Tag) int64 {
	b := r.integer(tag)
	if r.state.err != nil {
		return 0
	}
	if len(b) > 8 {
		r.failLast(tagName(tag) + " over 64 bits")
		return 0
	}
	v := int64(int8(b[0]))
	for _, x := range b[1:] {
		v = v<<8 | int64(x)
	}
	return v
}

// OctetString reads an OCTET STRING.
func (r *Reader) OctetString() []byte {
	return r.Element(asn1.OCTET_STRING).Contents
}

// ImplicitOctetString reads [n] IMPLICIT OCTET STRING. Besides the primitive form that DER demands it takes the constructed
// one, a row of OCTET STRINGs, and joins them: Normalize cannot tell such an element from an explicit tag, and the
// encrypted contents of PKCS#7 and PKCS#12 files are written so. The result is a copy only in that case.
func (r *Reader) ImplicitOctetString(n uint8) []byte {
	if e, ok := r.Optional(ContextTag(n)); ok {
		return e.Contents
	}
	parts := r.Explicit(n)
	var joined []byte
	for !parts.Empty() {
		joined = append(joined, parts.OctetString()...)
	}
	if r.state.err != nil {
		return nil
	}
	if joined == nil {
		joined = []byte{}
	}
	return joined
}

// BitString reads a BIT STRING: its octets and the number of unused bits, 0 to 7, in the last one, which must be zero.
func (r *Reader) BitString() (bits []byte, unused int) {
	b := r.Element(asn1.BIT_STRING).Contents
	if r.state.err != nil {
		return nil, 0
	}
	bits, unused, ok := BitStringContents(b)
	if !ok {
		r.failLast("BIT STRING has a wrong count of unused bits")
		return nil, 0
	}
	return bits, unused
}

// BitStringOctets reads a BIT STRING that is whole octets, as keys and signatures are.
func (r *Reader) BitStringOctets() []byte {
	bits, unused := r.BitString()
	if r.state.err != nil {
		return nil
	}
	if unused != 0 {
		r.failLast("BIT STRING is not whole octets")
		return nil
	}
	return bits
}

// BitStringContents splits the contents octets of a BIT STRING, for one under an implicit tag. It answers false
// when the count of unused bits is over 7, or over what there is, or when an unused bit is set.
func BitStringContents(b []byte) (bits []byte, unused int, ok bool) {
	if len(b) == 0 || b[0] > 7 || (len(b) == 1 && b[0] != 0) {
		return nil, 0, false
	}
	unused = int(b[0])
	if b[len(b)-1]&(1<<unused-1) != 0 && len(b) > 1 {
		return nil, 0, false
	}
	return b[1:], unused, true
}

// Null reads a NULL.
func (r *Reader) Null() {
	e := r.Element(asn1.NULL)
	if r.state.err == nil && len(e.Contents) != 0 {
		r.failLast("NULL is not empty")
	}
}

// End returns the reader's error, and makes one when octets are left.
func (r *Reader) End() error {
	if r.state.err == nil && len(r.rest) != 0 {
		r.fail(r.index, strconv.Itoa(len(r.rest))+" octets too many")
	}
	return r.state.err
}

func (r *Reader) failLast(what string) { r.fail(r.index-1, what) }

// fail keeps the first failure, with the path to the element: tags from the outside in, each with its index
// in what holds it, as in "SEQUENCE 0 / [0] 3 / 1: INTEGER is not minimal".
func (r *Reader) fail(index int, what string) {
	if r.state.err != nil {
		return
	}
	path := strconv.Itoa(max(index, 0))
	for p := r; p.parent != nil; p = p.parent {
		path = tagName(p.in) + " " + strconv.Itoa(max(p.parent.index-1, 0)) + " / " + path
	}
	r.state.err = fmt.Errorf("%w at %s: %s", ErrMalformed, path, what)
}

// headerFault says why the header at the start of b, which is not empty, is not one of DER.
func headerFault(b []byte) string {
	switch {
	case b[0]&0x1f == 0x1f:
		return "tag number over 30"
	case len(b) < 2:
		return "length is missing"
	case b[1] == 0x80:
		return "indefinite length (BER)"
	case b[1] > 0x84:
		return "length of over four octets"
	}
	length := uint64(b[1])
	header := 2
	if b[1]&0x80 != 0 {
		header += int(b[1] & 0x7f)
		if len(b) < header {
			return "length is cut off"
		}
		length = 0
		for _, x := range b[2:header] {
			length = length<<8 | uint64(x)
		}
		if length < 0x80 || b[2] == 0 {
			return "length is not minimal (BER)"
		}
	}
	if uint64(len(b)-header) < length {
		return fmt.Sprintf("%s of %d octets, %d are there", tagName(Tag(b[0])), length, len(b)-header)
	}
	return "not DER"
}

var universalNames = [...]string{1: "BOOLEAN", 2: "INTEGER", 3: "BIT STRING", 4: "OCTET STRING", 5: "NULL", 6: "OBJECT IDENTIFIER",
	10: "ENUMERATED", 12: "UTF8String", 16: "SEQUENCE", 17: "SET", 18: "NumericString", 19: "PrintableString", 20: "T61String", 22: "IA5String",
	23: "UTCTime", 24: "GeneralizedTime", 26: "VisibleString", 27: "GeneralString", 28: "UniversalString", 30: "BMPString"}

func tagName(t Tag) string {
	number := int(t & 0x1f)
	switch t >> 6 {
	case 0:
		if number < len(universalNames) && universalNames[number] != "" {
			if name := universalNames[number]; (t&constructed != 0) == (strings.HasPrefix(name, "SE")) {
				return name
			}
		}
		return fmt.Sprintf("tag %#02x", uint8(t))
	case 1:
		return "[APPLICATION " + strconv.Itoa(number) + "]"
	case 2:
		return "[" + strconv.Itoa(number) + "]"
	}
	return "[PRIVATE " + strconv.Itoa(number) + "]"
}
