package cert

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

const (
	// maxRDNs caps a name. Real ones have under a dozen parts; the cap keeps the comparison of hostile names cheap.
	maxRDNs = 100
	// maxAttributes caps a part. Real ones have one or two attributes; EqualName compares each with each.
	maxAttributes = 16
)

// ReadName reads a Name and returns it with its encoding. A failure is the reader's.
//
// A value that is a character string is decoded to UTF-8; a value of another type, such as the BIT STRING of
// x500UniqueIdentifier, is "#" and the hexadecimal digits of its encoding, as in RFC 4514 section 2.4.
func ReadName(r *der.Reader) (Name, []byte) {
	e := r.Element(der.TagSequence)
	if r.Err() != nil {
		return nil, nil
	}
	n, err := readName(e.Inside())
	if err != nil {
		r.Fail("name: %v", err)
		return nil, nil
	}
	return n, e.Full
}

// ParseName reads the encoding of a whole Name.
func ParseName(b []byte) (Name, error) {
	r := der.NewReader(b)
	n, _ := ReadName(r)
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("couldn't read a name: %w", err)
	}
	return n, nil
}

func readName(r *der.Reader) (Name, error) {
	n := Name{}
	for !r.Empty() {
		if len(n) == maxRDNs {
			return nil, fmt.Errorf("more than %d parts", maxRDNs)
		}
		var rdn RDN
		set := r.Set()
		for !set.Empty() {
			if len(rdn) == maxAttributes {
				return nil, fmt.Errorf("more than %d attributes in a part", maxAttributes)
			}
			rdn = append(rdn, readAttribute(set))
		}
		if r.Err() == nil && rdn == nil {
			return nil, errors.New("a part without attributes")
		}
		n = append(n, rdn)
	}
	return n, r.End()
}

func readAttribute(r *der.Reader) Attribute {
	s := r.Sequence()
	a := Attribute{Type: s.OID()}
	value := s.Any()
	a.Tag = uint8(value.Tag)
	if isText(value.Tag) {
		text, ok := der.Text(value)
		if !ok {
			s.Fail("attribute %s holds characters that its type does not have", a.Type)
		}
		a.Value = text
	} else {
		a.Value = "#" + hex.EncodeToString(value.Full)
	}
	s.End()
	return a
}

func isText(tag der.Tag) bool {
	switch tag {
	case der.TagUTF8String, der.TagPrintableString, der.TagNumericString, der.TagIA5String, der.TagVisibleString,
		der.TagGeneralString, der.TagT61String, der.TagBMPString, der.TagUniversalString:
		return true
	}
	return false
}

// Marshal encodes a name. The encoding of a name that was read is the same octets. A character that its string type does not
// have is an error.
func (n Name) Marshal() ([]byte, error) {
	var failed error
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		for _, rdn := range n {
			if len(rdn) == 0 {
				failed = errors.New("a part without attributes")
			}
			var set [][]byte
			for _, a := range rdn {
				attribute, err := a.marshal()
				if err != nil {
					failed = err
				}
				set = append(set, attribute)
			}
			b.SetOf(set)
		}
	})
	out, err := b.Bytes()
	if err = errors.Join(failed, err); err != nil {
		return nil, fmt.Errorf("couldn't write a name: %w", err)
	}
	return out, nil
}

func (a Attribute) marshal() ([]byte, error) {
	var contents []byte
	tag := der.Tag(a.Tag)
	b := der.NewBuilder()
	if !isText(tag) {
		full, err := hex.DecodeString(strings.TrimPrefix(a.Value, "#"))
		r := der.NewReader(full)
		if e := r.Any(); err != nil || r.End() != nil || e.Tag != tag {
			return nil, fmt.Errorf("attribute %s: value is not the encoding of its type", a.Type)
		}
		b.Sequence(func(b *der.Builder) {
			b.OID(a.Type)
			b.Raw(full)
		})
		return b.Bytes()
	}
	if !utf8.ValidString(a.Value) {
		return nil, fmt.Errorf("attribute %s: value is not UTF-8", a.Type)
	}
	switch tag {
	case der.TagT61String: // Latin-1, as it is read
		for _, c := range a.Value {
			if c > 0xff {
				return nil, fmt.Errorf("attribute %s: a character that T61String does not have", a.Type)
			}
			contents = append(contents, byte(c))
		}
	case der.TagBMPString:
		for _, u := range utf16.Encode([]rune(a.Value)) {
			contents = append(contents, byte(u>>8), byte(u))
		}
	case der.TagUniversalString:
		for _, c := range a.Value {
			contents = append(contents, byte(c>>24), byte(c>>16), byte(c>>8), byte(c))
		}
	default:
		contents = []byte(a.Value)
	}
	b.Sequence(func(b *der.Builder) {
		b.OID(a.Type)
		b.Primitive(tag, contents)
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, err
	}
	// What the reader would refuse must not be written; the alphabets are its to know.
	if r := der.NewReader(out); readAttribute(r).Value != a.Value || r.Err() != nil {
		return nil, fmt.Errorf("attribute %s: a character that its string type does not have", a.Type)
	}
	return out, nil
}

// strict reports the first PrintableString with a character outside its alphabet, which is read and not made.
func (n Name) strict() error {
	for _, rdn := range n {
		for _, a := range rdn {
			if der.Tag(a.Tag) == der.TagPrintableString && !der.IsPrintable(a.Value) {
				return fmt.Errorf("attribute %s: a character that PrintableString does not have", a.Type)
			}
		}
	}
	return nil
}

// attributeNames are the names of RFC 4519, and where these would mislead (SN is the surname, read by many as the serial
// number) the longer word.
var attributeNames = map[oid.OID]string{
	oid.CommonName:             "CN",
	oid.Surname:                "SURNAME",
	oid.SerialNumber:           "SERIALNUMBER",
	oid.Country:                "C",
	oid.Locality:               "L",
	oid.State:                  "ST",
	oid.Street:                 "STREET",
	oid.Organization:           "O",
	oid.OrganizationalUnit:     "OU",
	oid.Title:                  "TITLE",
	oid.Description:            "DESCRIPTION",
	oid.BusinessCategory:       "BUSINESSCATEGORY",
	oid.PostalCode:             "POSTALCODE",
	oid.Name:                   "NAME",
	oid.GivenName:              "GIVENNAME",
	oid.Initials:               "INITIALS",
	oid.GenerationQualifier:    "GENERATIONQUALIFIER",
	oid.DNQualifier:            "DNQUALIFIER",
	oid.Pseudonym:              "PSEUDONYM",
	oid.OrganizationIdentifier: "ORGANIZATIONIDENTIFIER",
	oid.UserID:                 "UID",
	oid.DomainComponent:        "DC",
	oid.Email:                  "E",
}

// String shows a name in its encoded order: "CN=ТЕСТОВ ТЕСТ, SERIALNUMBER=IIN123456789011, C=KZ". Special characters are
// escaped as in RFC 4514; so are characters that don't show or that turn the direction of writing, as they could make a
// name look like another.
func (n Name) String() string {
	var b strings.Builder
	for i, rdn := range n {
		if i > 0 {
			b.WriteString(", ")
		}
		for j, a := range rdn {
			if j > 0 {
				b.WriteString(" + ")
			}
			name, ok := attributeNames[a.Type]
			if !ok {
				name = string(a.Type)
			}
			b.WriteString(name)
			b.WriteByte('=')
			if isText(der.Tag(a.Tag)) {
				escape(&b, a.Value)
			} else {
				b.WriteString(a.Value)
			}
		}
	}
	return b.String()
}

// Short is what a person calls the holder of the name: the common name, and where there is none the whole.
func (n Name) Short() string {
	if cn := n.Get(oid.CommonName); cn != "" {
		return Visible(cn)
	}
	return n.String()
}

// Visible returns a text from a certificate as it may be shown: characters that don't show or that turn the direction of writing
// are their octets, as in String. Whoever makes a certificate chooses its texts, and a terminal obeys some of them.
func Visible(s string) string {
	var b strings.Builder
	for _, c := range s {
		writeVisible(&b, c)
	}
	return b.String()
}

func escape(b *strings.Builder, s string) {
	for i, c := range s {
		switch {
		case strings.ContainsRune(`,+"\<>;=`, c), c == '#' && i == 0, c == ' ' && (i == 0 || i == len(s)-1):
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			writeVisible(b, c)
		}
	}
}

func writeVisible(b *strings.Builder, c rune) {
	if visible(c) {
		b.WriteRune(c)
		return
	}
	for _, octet := range []byte(string(c)) {
		fmt.Fprintf(b, `\%02X`, octet)
	}
}

// visible reports whether a character leaves a mark of its own and none on how its neighbours are read. Besides what
// unicode.IsPrint refuses (controls, changes of direction, odd spaces) these are letters and marks that fonts leave blank.
func visible(c rune) bool {
	return unicode.IsPrint(c) && c != '\u2800' && !unicode.In(c, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// Get returns the value of the first attribute of the type, "" when there is none.
func (n Name) Get(t oid.OID) string {
	for _, rdn := range n {
		for _, a := range rdn {
			if a.Type == t {
				return a.Value
			}
		}
	}
	return ""
}

// numbered returns the twelve digits after the prefix in the attributes of the types; "" where none has them, and where two
// differ: one program would take the first for the holder and another the last.
func (n Name) numbered(prefix string, types ...oid.OID) string {
	found := ""
	for _, rdn := range n {
		for _, a := range rdn {
			digits, ok := strings.CutPrefix(a.Value, prefix)
			if !ok || !slices.Contains(types, a.Type) || len(digits) != 12 || strings.Trim(digits, "0123456789") != "" {
				continue
			}
			if found != "" && found != digits {
				return ""
			}
			found = digits
		}
	}
	return found
}

// EqualName reports whether two encoded names are the same name by RFC 5280 section 7.1: attributes in PrintableString and
// UTF8String, mixed or not, without regard to case and to the amount of space; every other attribute by its octets. The
// attributes of one part may be in any order. What cannot be read equals nothing but its own octets.
func EqualName(a, b []byte) bool {
	if bytes.Equal(a, b) {
		return true
	}
	m, err := ParseName(a)
	if err != nil {
		return false
	}
	n, err := ParseName(b)
	if err != nil || len(m) != len(n) {
		return false
	}
	for i := range m {
		if !m[i].equal(n[i]) {
			return false
		}
	}
	return true
}

func (r RDN) equal(other RDN) bool {
	if len(r) != len(other) {
		return false
	}
	taken := make([]bool, len(other))
next:
	for _, a := range r {
		for i, b := range other {
			if !taken[i] && a.equal(b) {
				taken[i] = true
				continue next
			}
		}
		return false
	}
	return true
}

func (a Attribute) equal(b Attribute) bool {
	if a.Type != b.Type {
		return false
	}
	if foldable(a.Tag) && foldable(b.Tag) {
		return strings.EqualFold(oneSpace(a.Value), oneSpace(b.Value))
	}
	return a.Tag == b.Tag && a.Value == b.Value
}

func foldable(tag uint8) bool {
	return der.Tag(tag) == der.TagPrintableString || der.Tag(tag) == der.TagUTF8String
}

// oneSpace drops space at both ends and makes one of several.
func oneSpace(s string) string { return strings.Join(strings.Fields(s), " ") }
