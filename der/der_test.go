package der

import (
	"bytes"
	"encoding/hex"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/oid"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatalf("test data %q: %v", s, err)
	}
	return b
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	at := time.Date(2026, 11, 22, 9, 8, 31, 0, time.UTC)
	later := at.AddDate(30, 0, 0)
	b := NewBuilder()
	b.Sequence(func(b *Builder) {
		b.OID(oid.KZStorePKCS12)
		b.Bool(true)
		b.Bool(false)
		b.Int(-129)
		b.Unsigned([]byte{0, 0, 0x80})
		b.Unsigned(nil)
		b.RawInteger([]byte{0xff})
		b.OctetString([]byte("x"))
		b.OctetStringWrapping(func(b *Builder) { b.Null() })
		b.BitString([]byte{1, 2})
		b.BitStringWrapping(func(b *Builder) { b.OctetString([]byte{3}) })
		b.NamedBits(0, 1, 4) // facts/kz-pki.md section 2.4: 03 02 03 C8
		b.Null()
		b.UTF8String("ТЕСТОВ")
		b.PrintableString("KZ")
		b.IA5String("http://pki.gov.kz/cps")
		b.BMPString("ә😀")
		b.UTCTime(at)
		b.GeneralizedTime(at)
		b.Time(at)
		b.Time(later)
		b.Enumerated(6)
		b.Explicit(3, func(b *Builder) { b.Int(7) })
		b.Context(1, []byte("a"))
		b.ContextConstructed(2, func(b *Builder) { b.Int(8) })
		b.SetOf([][]byte{{2, 1, 3}, {2, 1, 1}, {1, 1, 0}})
		b.Raw([]byte{5, 0})
	})
	out := b.MustBytes()

	top := NewReader(out)
	r := top.Sequence()
	check := func(what string, ok bool) {
		t.Helper()
		if r.Err() != nil {
			t.Fatalf("%s: %v", what, r.Err())
		}
		if !ok {
			t.Errorf("%s is read wrong", what)
		}
	}
	check("OID", r.OID() == oid.KZStorePKCS12)
	check("TRUE", r.Bool())
	check("FALSE", !r.Bool())
	check("Int", r.Int() == -129)
	check("Unsigned", bytes.Equal(r.Unsigned(), []byte{0x80}))
	check("zero", bytes.Equal(r.Unsigned(), []byte{0}))
	check("BigInt", bytes.Equal(r.BigInt(), []byte{0xff}))
	check("OctetString", string(r.OctetString()) == "x")
	check("OctetStringWrapping", bytes.Equal(r.OctetString(), []byte{5, 0}))
	check("BitStringOctets", bytes.Equal(r.BitStringOctets(), []byte{1, 2}))
	check("BitStringWrapping", bytes.Equal(r.BitStringOctets(), []byte{4, 1, 3}))
	bits, unused := r.BitString()
	check("NamedBits", bytes.Equal(bits, []byte{0xc8}) && unused == 3)
	r.Null()
	check("UTF8String", r.String() == "ТЕСТОВ")
	check("PrintableString", r.String() == "KZ")
	check("IA5String", r.String() == "http://pki.gov.kz/cps")
	check("BMPString", r.String() == "ә😀")
	check("UTCTime", r.Time().Equal(at))
	check("GeneralizedTime", r.Time().Equal(at))
	tag, ok := r.PeekTag()
	check("Time to 2049", ok && tag == TagUTCTime && r.Time().Equal(at))
	tag, ok = r.PeekTag()
	check("Time from 2050", ok && tag == TagGeneralizedTime && r.Time().Equal(later))
	check("Enumerated", r.Enumerated() == 6)
	_, ok = r.OptionalExplicit(2)
	check("an absent [2]", !ok)
	inner, ok := r.OptionalExplicit(3)
	check("Explicit", ok && inner.Int() == 7 && inner.End() == nil)
	_, ok = r.Optional(ContextTag(2))
	check("another absent [2]", !ok)
	e, ok := r.Optional(ContextTag(1))
	check("Context", ok && string(e.Contents) == "a" && bytes.Equal(e.Full, []byte{0x81, 1, 'a'}))
	check("ContextConstructed", r.Explicit(2).Int() == 8)
	check("SetOf", bytes.Equal(r.Element(TagSet).Contents, []byte{1, 1, 0, 2, 1, 1, 2, 1, 3}))
	check("Rest", bytes.Equal(r.Rest(), []byte{5, 0}))
	r.Null()
	check("Empty", r.Empty())
	if err := errors.Join(r.End(), top.End()); err != nil {
		t.Error(err)
	}
}

func TestIntegersAreMinimalBothWays(t *testing.T) {
	for _, v := range []int64{0, 1, -1, 127, 128, -128, -129, 255, 256, 32767, 32768, -32768, -32769, math.MaxInt64, math.MinInt64} {
		b := NewBuilder()
		b.Int(v)
		out := b.MustBytes()
		if got := NewReader(out).Int(); got != v {
			t.Errorf("%d is read as %d from %x", v, got, out)
		}
		b = NewBuilder()
		b.RawInteger(NewReader(out).BigInt())
		if again := b.MustBytes(); !bytes.Equal(again, out) {
			t.Errorf("%d: %x written again is %x", v, out, again)
		}
	}
}

func TestReaderRefuses(t *testing.T) {
	for _, c := range []struct {
		name, hex string
		read      func(*Reader)
		want      string
	}{
		{"nothing", "", func(r *Reader) { r.Any() }, "an element is missing"},
		{"nothing where a type is wanted", "", func(r *Reader) { r.Int() }, "INTEGER is missing"},
		{"a tag alone", "02", func(r *Reader) { r.Any() }, "length is missing"},
		{"another type", "0400", func(r *Reader) { r.Int() }, "found OCTET STRING, wanted INTEGER"},
		{"contents cut off", "020201", func(r *Reader) { r.Int() }, "INTEGER of 2 octets, 1 are there"},
		{"a length cut off", "048201", func(r *Reader) { r.Any() }, "length is cut off"},
		{"an indefinite length", "30800000", func(r *Reader) { r.Sequence() }, "indefinite length (BER)"},
		{"a long form for a short length", "04810178", func(r *Reader) { r.OctetString() }, "length is not minimal (BER)"},
		{"a length with a leading zero", "04820080" + strings.Repeat("00", 128), func(r *Reader) { r.OctetString() }, "length is not minimal (BER)"},
		{"a length of five octets", "04850000000001ff", func(r *Reader) { r.OctetString() }, "length of over four octets"},
		{"a length of 4 GiB", "0484ffffffff00", func(r *Reader) { r.OctetString() }, "OCTET STRING of 4294967295 octets, 1 are there"},
		{"a long tag", "1f8101 00", func(r *Reader) { r.Any() }, "tag number over 30"},
		{"end of contents", "0000", func(r *Reader) { r.Any() }, "tag 0 is reserved"},
		{"a primitive SEQUENCE", "1000", func(r *Reader) { r.Any() }, "constructed bit"},
		{"a constructed OCTET STRING", "24 03 040178", func(r *Reader) { r.Any() }, "constructed bit"},
		{"a constructed OCTET STRING where one is wanted", "24 03 040178", func(r *Reader) { r.OctetString() }, "wanted OCTET STRING"},
		{"an empty INTEGER", "0200", func(r *Reader) { r.Int() }, "INTEGER is empty"},
		{"an INTEGER with a needless 00", "0202007f", func(r *Reader) { r.Int() }, "INTEGER is not minimal"},
		{"an INTEGER with a needless FF", "0202ff80", func(r *Reader) { r.BigInt() }, "INTEGER is not minimal"},
		{"an INTEGER over 64 bits", "0209008000000000000000", func(r *Reader) { r.Int() }, "over 64 bits"},
		{"a negative INTEGER", "0201ff", func(r *Reader) { r.Unsigned() }, "negative"},
		{"an ENUMERATED over 32 bits", "0a050080000000", func(r *Reader) { r.Enumerated() }, "over 32 bits"},
		{"a BOOLEAN of 01", "010101", func(r *Reader) { r.Bool() }, "neither 00 nor FF"},
		{"a BOOLEAN of two octets", "0102ffff", func(r *Reader) { r.Bool() }, "neither 00 nor FF"},
		{"a BIT STRING without a count", "0300", func(r *Reader) { r.BitString() }, "unused bits"},
		{"a BIT STRING with 8 unused bits", "03020800", func(r *Reader) { r.BitString() }, "unused bits"},
		{"unused bits of nothing", "030101", func(r *Reader) { r.BitString() }, "unused bits"},
		{"an unused bit that is set", "03020101", func(r *Reader) { r.BitString() }, "unused bits"},
		{"a key of broken octets", "03020102", func(r *Reader) { r.BitStringOctets() }, "whole octets"},
		{"a NULL with contents", "050100", func(r *Reader) { r.Null() }, "not empty"},
		{"an OID of leading zeros", "06032a8001", func(r *Reader) { r.OID() }, "minimal"},
		{"an empty OID", "0600", func(r *Reader) { r.OID() }, "object identifier"},
		{"something after the end", "0500 0500", func(r *Reader) { r.Null() }, "2 octets too many"},
		{"something after the end of a sequence", "3004 0500 0500", func(r *Reader) { s := r.Sequence(); s.Null(); s.End() }, "at SEQUENCE 0 / 1: 2 octets too many"},
		{"a fault deep inside", "3009 0500 a305 3003 020201", func(r *Reader) { s := r.Sequence(); s.Null(); s.Explicit(3).Sequence().Int() },
			"at SEQUENCE 0 / [3] 1 / SEQUENCE 0 / 0: INTEGER of 2 octets, 1 are there"},
		{"what only the parser knows", "3003 020105", func(r *Reader) {
			if s := r.Sequence(); s.Int() != 1 {
				s.Fail("version %d", 5)
			}
		}, "at SEQUENCE 0 / 0: version 5"},
		{"no character string", "0500", func(r *Reader) { _ = r.String() }, "not a character string"},
		{"no time", "0500", func(r *Reader) { r.Time() }, "not a time"},
		{"a read of an absent explicit tag", "0500", func(r *Reader) { a, _ := r.OptionalExplicit(1); a.Int() }, "INTEGER is missing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(unhex(t, c.hex))
			c.read(r)
			err := r.End()
			if err == nil || !errors.Is(err, ErrMalformed) || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("got %v, want %q", err, c.want)
			}
			// Once failed, everything is zero, and the first failure stays.
			if !r.Empty() || r.Rest() != nil || r.Any().Full != nil || r.Int() != 0 || r.Bool() || r.OID() != "" || r.OctetString() != nil ||
				r.Unsigned() != nil || r.String() != "" || !r.Time().IsZero() || !r.Sequence().Empty() || r.ImplicitOctetString(0) != nil {
				t.Error("a failed reader still answers")
			}
			if _, ok := r.PeekTag(); ok {
				t.Error("a failed reader still peeks")
			}
			if r.End() != err {
				t.Errorf("the error has become %v", r.End())
			}
		})
	}
}

func TestLoopOverBrokenElementsEnds(t *testing.T) {
	r := NewReader(unhex(t, "3006 020101 0202 01"))
	n := 0
	for s := r.Sequence(); !s.Empty(); n++ {
		s.Int()
	}
	if n != 2 || r.End() == nil {
		t.Errorf("%d turns, error %v", n, r.Err())
	}
}

func TestReaderOfAnElementHasItsOwnError(t *testing.T) {
	r := NewReader(unhex(t, "3003 020101 0500"))
	e := r.Any()
	if e.Reader().Int(); r.Err() != nil {
		t.Errorf("the error has come back: %v", r.Err())
	}
	in := e.Inside()
	if in.Int() != 1 || in.End() != nil || !e.Is(TagSequence) || (Element{}).Is(0) {
		t.Error("the element is read wrong")
	}
	if r.Null(); r.End() != nil {
		t.Error(r.Err())
	}
}

func TestStrings(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"UTF-8", "0c04 d3 99 c3 a9", "әé"},
		{"UTF-8 cut off", "0c01 d3", ""},
		{"UTF-8 in a long form", "0c02 c0 af", ""},
		{"UTF-8 with NUL", "0c03 61 00 62", ""},
		{"printable", "1302 4b5a", "KZ"},
		{"printable with an at sign, as the world writes", "1303 61 40 62", "a@b"},
		{"printable with a control", "1302 61 0a", ""},
		{"printable with Latin-1", "1302 61 e9", ""},
		{"numeric", "1203 31 20 32", "1 2"},
		{"numeric with a letter", "1202 31 61", ""},
		{"visible", "1a02 61 7e", "a~"},
		{"IA5 with line feeds, as an address of 2018", "1603 61 0d 0a", "a\r\n"},
		{"IA5 with NUL", "1603 61 00 62", ""},
		{"IA5 with Latin-1", "1601 e9", ""},
		{"T61 as Latin-1", "1402 61 e9", "aé"},
		{"BMP", "1e04 04d9 0041", "әA"},
		{"BMP with a pair", "1e04 d83d de00", "😀"},
		{"BMP with half a pair", "1e02 d83d", ""},
		{"BMP with a broken pair", "1e04 d83d 0041", ""},
		{"BMP of three octets", "1e03 004100", ""},
		{"BMP with NUL", "1e04 0041 0000", ""},
		{"UTF-32", "1c04 0001f600", "😀"},
		{"UTF-32 past the end of Unicode", "1c04 00110000", ""},
		{"UTF-32 over 31 bits", "1c04 ffffffff", ""},
		{"UTF-32 of a surrogate", "1c04 0000d800", ""},
		{"a time is no text", "170d 3236313132323039303833315a", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := NewReader(unhex(t, c.hex))
			if got := r.String(); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if err := r.End(); (err == nil) != (c.want != "") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestTimes(t *testing.T) {
	const utc, generalized = TagUTCTime, TagGeneralizedTime
	for _, c := range []struct {
		name     string
		tag      Tag
		text     string
		want     string // RFC 3339, empty when refused
		fraction bool   // only FractionalTime takes it
	}{
		{"the present", utc, "261122090831Z", "2026-11-22T09:08:31Z", false},
		{"the last two-digit year", utc, "491231235959Z", "2049-12-31T23:59:59Z", false},
		{"the first two-digit year", utc, "500101000000Z", "1950-01-01T00:00:00Z", false},
		{"2050 in full", generalized, "20500101000000Z", "2050-01-01T00:00:00Z", false},
		{"no end, RFC 5280", generalized, "99991231235959Z", "9999-12-31T23:59:59Z", false},
		{"not issued, RFC 6960", generalized, "19700101000000Z", "1970-01-01T00:00:00Z", false},
		{"a leap day", utc, "240229000000Z", "2024-02-29T00:00:00Z", false},
		{"a fraction", generalized, "20261122090831.25Z", "2026-11-22T09:08:31.25Z", true},
		{"nine digits of fraction", generalized, "20261122090831.123456789Z", "2026-11-22T09:08:31.123456789Z", true},
		{"ten digits of fraction", generalized, "20261122090831.1234567891Z", "", false},
		{"a fraction that ends in 0", generalized, "20261122090831.50Z", "", false},
		{"an empty fraction", generalized, "20261122090831.Z", "", false},
		{"a fraction without Z", generalized, "20261122090831.5", "", false},
		{"a fraction of letters", generalized, "20261122090831.xZ", "", false},
		{"a fraction in a UTCTime", utc, "261122090831.5Z", "", false},
		{"no leap day", utc, "230229000000Z", "", false},
		{"31 April", utc, "230431000000Z", "", false},
		{"month 13", utc, "231301000000Z", "", false},
		{"month 0", utc, "230001000000Z", "", false},
		{"day 0", utc, "230100000000Z", "", false},
		{"hour 24", utc, "230101240000Z", "", false},
		{"minute 60", utc, "230101006000Z", "", false},
		{"a leap second", utc, "161231235960Z", "", false},
		{"no seconds", utc, "2611220908Z", "", false},
		{"an offset", utc, "261122140831+0500", "", false},
		{"no zone", generalized, "20261122090831", "", false},
		{"a sign for a digit", utc, "26112209083-1Z", "", false},
		{"a sign in the seconds", utc, "2611220908-1Z", "", false},
		{"nothing", utc, "", "", false},
		{"one letter", generalized, "Z", "", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := NewBuilder()
			b.Primitive(c.tag, []byte(c.text))
			for _, fraction := range []bool{false, true} {
				r := NewReader(b.MustBytes())
				read := r.Time
				if fraction {
					read = r.FractionalTime
				}
				got := read()
				if c.want == "" || c.fraction && !fraction {
					if r.End() == nil {
						t.Errorf("read as %v", got)
					}
				} else if r.End() != nil || got.Format(time.RFC3339Nano) != c.want {
					t.Errorf("got %v, %v", got, r.Err())
				}
			}
		})
	}
}

func TestImplicitOctetStringTakesPieces(t *testing.T) {
	for _, c := range []struct{ name, hex, want string }{
		{"whole", "8002 6162", "ab"},
		{"in pieces", "a006 040161 040162", "ab"},
		{"in no pieces", "a000", ""},
	} {
		r := NewReader(unhex(t, c.hex))
		if got := r.ImplicitOctetString(0); got == nil || string(got) != c.want || r.End() != nil {
			t.Errorf("%s: %q, %v", c.name, got, r.Err())
		}
	}
	r := NewReader(unhex(t, "a003 020101"))
	if got := r.ImplicitOctetString(0); got != nil || r.End() == nil {
		t.Errorf("pieces of another type: %q", got)
	}
}

func TestBuilderReportsWhatCannotBeWritten(t *testing.T) {
	for name, f := range map[string]func(*Builder){
		"a malformed OID":                  func(b *Builder) { b.OID("1.2.x") },
		"a letter PrintableString lacks":   func(b *Builder) { b.PrintableString("a@b") },
		"Kazakh in a PrintableString":      func(b *Builder) { b.PrintableString("Қ") },
		"Kazakh in an IA5String":           func(b *Builder) { b.IA5String("Қ") },
		"text that is not UTF-8":           func(b *Builder) { b.UTF8String("\xff") },
		"text that is not UTF-8, in BMP":   func(b *Builder) { b.BMPString("\xff") },
		"a UTCTime of 2050":                func(b *Builder) { b.UTCTime(time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"a time of the year 10000":         func(b *Builder) { b.Time(time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)) },
		"an INTEGER that is not minimal":   func(b *Builder) { b.RawInteger([]byte{0, 1}) },
		"an INTEGER of nothing":            func(b *Builder) { b.RawInteger(nil) },
		"bit 128":                          func(b *Builder) { b.NamedBits(128) },
		"bit -1":                           func(b *Builder) { b.NamedBits(-1) },
		"tag 31":                           func(b *Builder) { b.Context(31, nil) },
		"an error of the caller's":         func(b *Builder) { b.Fail(errors.New("x")) },
		"a fault in something deep inside": func(b *Builder) { b.Sequence(func(b *Builder) { b.Set(func(b *Builder) { b.OID("") }) }) },
	} {
		t.Run(name, func(t *testing.T) {
			b := NewBuilder()
			b.Sequence(func(b *Builder) { f(b); b.Null() })
			b.Null()
			if out, err := b.Bytes(); err == nil {
				t.Errorf("written as %x", out)
			}
			defer func() {
				if recover() == nil {
					t.Error("MustBytes did not panic")
				}
			}()
			b.MustBytes()
		})
	}
}

func TestNamedBitsHaveNoTrailingZeros(t *testing.T) {
	for _, c := range []struct {
		bits []int
		want string
	}{
		{nil, "030100"},
		{[]int{0}, "03020780"},
		{[]int{5, 6}, "03020106"}, // certSign, crlSign: facts/kz-pki.md section 2.2
		{[]int{0, 1}, "030206c0"},
		{[]int{0, 2}, "030205a0"},
		{[]int{8}, "0303070080"},
		{[]int{7}, "03020001"},
	} {
		b := NewBuilder()
		b.NamedBits(c.bits...)
		if got := hex.EncodeToString(b.MustBytes()); got != c.want {
			t.Errorf("%v: %s, want %s", c.bits, got, c.want)
		}
	}
}

func TestSortSetLeavesTheGivenAlone(t *testing.T) {
	given := [][]byte{{4, 1, 2}, {2, 1, 9}, {4, 1, 1}}
	got := SortSet(given)
	if !bytes.Equal(bytes.Join(got, nil), []byte{2, 1, 9, 4, 1, 1, 4, 1, 2}) || given[0][2] != 2 {
		t.Errorf("sorted %x, given %x", got, given)
	}
}

func TestLongContentsHaveShortestLengths(t *testing.T) {
	for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, 1 << 20} {
		b := NewBuilder()
		b.Sequence(func(b *Builder) { b.OctetString(make([]byte, n)) })
		out := b.MustBytes()
		r := NewReader(out)
		s := r.Sequence()
		if got := s.OctetString(); len(got) != n || s.End() != nil || r.End() != nil {
			t.Errorf("%d octets are read as %d: %v", n, len(got), r.Err())
		}
		if sizeOf(sizeOf(n)) != len(out) {
			t.Errorf("%d octets: size %d, want %d", n, sizeOf(sizeOf(n)), len(out))
		}
	}
}

// FuzzReader reads any input as far as it goes and demands that what was read is the one encoding of it.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"30030101ff", "3006020101020202", "0c04d399c3a9", "170d3236313132323039303833315a", "03020106", "30800000", "a003020105",
		"1e04d83dde00", "06032a8001", "311005000c0161130161160161140161180f", "0209008000000000000000"} {
		b, err := hex.DecodeString(s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		r := NewReader(b)
		again := NewBuilder()
		if !copyAll(r, again, 30) {
			return
		}
		if out := again.MustBytes(); !bytes.Equal(out, b) {
			t.Fatalf("%x is read, and written again as %x", b, out)
		}
	})
}

// copyAll reads everything in r by its type and writes it again; false when something is malformed.
func copyAll(r *Reader, b *Builder, depth int) bool {
	for !r.Empty() {
		e := r.Any()
		if r.Err() != nil {
			return false
		}
		if depth > 0 && e.Tag&constructed != 0 {
			inner, ok := NewBuilder(), false
			ok = copyAll(e.Inside(), inner, depth-1)
			if !ok {
				return false
			}
			b.Primitive(e.Tag, inner.MustBytes())
			continue
		}
		typed := e.Reader()
		switch e.Tag {
		case TagBoolean:
			b.Bool(typed.Bool())
		case TagInteger:
			v := typed.BigInt()
			if typed.Err() != nil {
				return false
			}
			b.RawInteger(v)
			e.Reader().Unsigned()
			e.Reader().Int()
		case TagEnumerated:
			v := typed.Enumerated()
			if typed.Err() != nil {
				return false
			}
			b.Enumerated(v)
		case TagOID:
			v := typed.OID()
			if typed.Err() != nil {
				return false
			}
			b.OID(v)
		case TagNull:
			typed.Null()
			b.Null()
		case TagBitString:
			bits, unused := typed.BitString()
			b.Primitive(TagBitString, append([]byte{byte(unused)}, bits...))
		case TagUTCTime, TagGeneralizedTime:
			v := typed.Time()
			if typed.Err() != nil {
				return false
			}
			if e.Tag == TagUTCTime {
				b.UTCTime(v)
			} else {
				b.GeneralizedTime(v)
			}
		case TagUTF8String:
			v := typed.String()
			if typed.Err() != nil {
				return false
			}
			b.UTF8String(v)
		case TagIA5String:
			v := typed.String()
			if typed.Err() != nil {
				return false
			}
			b.IA5String(v)
		case TagBMPString:
			v := typed.String()
			if typed.Err() != nil {
				return false
			}
			b.BMPString(v)
		default:
			Text(e)
			typed.Any()
			b.Raw(e.Full)
		}
		if typed.End() != nil {
			return false
		}
	}
	return r.End() == nil
}
