package oid

import (
	"bytes"
	"encoding/hex"
	"go/ast"
	"go/parser"
	"go/token"
	"math/big"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/senim-pki/senim/internal/testdata"
)

func TestContentsAndTextAreTheSameIdentifier(t *testing.T) {
	for _, c := range []struct {
		text OID
		hex  string
	}{
		{"0.0", "00"},
		{"0.39", "27"},
		{"1.0", "28"},
		{"1.39", "4f"},
		{"2.0", "50"},
		{"2.47", "7f"},
		{"2.48", "8100"},
		{"2.999.3", "883703"}, // the example of X.690 section 8.19.5
		{RSAEncryption, "2a864886f70d010101"},
		{KZGost2004Key, "2a830e030a01010101"},
		{KZStorePKCS12, "2a830e0303050101"}, // facts/kz-pki.md section 2.4
		{"2.25.340282366920938463463374607431768211455", "6983ffffffffffffffffffffffffffffffffff7f"},
		{"2.25.18446744073709551616", "6982808080808080808000"},
		{"1.3.18446744073709551615", "2b81ffffffffffffffff7f"},
	} {
		want, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.text.Contents(); !bytes.Equal(got, want) {
			t.Errorf("%s: contents %x, want %x", c.text, got, want)
		}
		got, err := FromContents(want)
		if err != nil || got != c.text {
			t.Errorf("%s: %s is read as %q, %v", c.text, c.hex, got, err)
		}
		if got, err := Parse(string(c.text)); err != nil || got != c.text {
			t.Errorf("Parse(%q) = %q, %v", c.text, got, err)
		}
	}
}

func TestFromContentsRefuses(t *testing.T) {
	for _, c := range []struct{ name, hex string }{
		{"nothing", ""},
		{"an arc with leading zeros", "2a8001"},
		{"a first octet of leading zeros", "8001"},
		{"an unfinished arc", "2a86"},
		{"an arc of 129 bits", "6984808080808080808080808080808080808000"},
		{"an arc of 140 bits", "69ffffffffffffffffffffffffffffffffffffffff7f"},
		{"over 256 octets", strings.Repeat("01", 257)},
	} {
		b, err := hex.DecodeString(c.hex)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := FromContents(b); err == nil {
			t.Errorf("%s: read as %q", c.name, got)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for _, s := range []string{"", "1", "1.", ".1", "1..2", "3.1", "0.40", "1.40", "01.2", "1.02", "1.2.-3", "1.2.3 ", "1.2.x", "+1.2",
		"2.25.340282366920938463463374607431768211456", "2.340282366920938463463374607431768211455",
		"2.25.999999999999999999999999999999999999999", "1.2" + strings.Repeat(".1", 1000), strings.Repeat("9", 1<<16)} {
		if got, err := Parse(s); err == nil {
			t.Errorf("Parse(%.60q) = %q", s, got)
		}
		if got := OID(s).Contents(); got != nil {
			t.Errorf("%.60q has contents %x", s, got)
		}
	}
}

func TestUnderIsBelowAndNotBeside(t *testing.T) {
	for _, c := range []struct {
		o, arc OID
		want   bool
	}{
		{KZEKUHead, KZEKULegal, true},
		{KZEKUHead, KZ, true},
		{KZEKULegal, KZEKULegal, false},
		{"1.2.30", "1.2.3", false},
		{"1.2.3", "1.2.3.4", false},
		{"1.2.3", "", false},
	} {
		if got := c.o.Under(c.arc); got != c.want {
			t.Errorf("%s under %s: %v", c.o, c.arc, got)
		}
	}
}

// Every constant is read from the source, so that one added without a name, or twice, is found.
func TestEveryConstantIsEncodableNamedAndThereOnce(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "consts.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[OID]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		ident := spec.Names[0].Name
		text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
		if err != nil {
			t.Fatal(err)
		}
		o := OID(text)
		if o.Contents() == nil {
			t.Errorf("%s = %q is malformed", ident, text)
		}
		if o.Name() == text {
			t.Errorf("%s has no name", ident)
		}
		if other, twice := seen[o]; twice {
			t.Errorf("%s and %s are both %s", ident, other, o)
		}
		seen[o] = ident
		return true
	})
	if len(seen) < 250 || len(seen) != len(names) {
		t.Errorf("%d constants, %d names", len(seen), len(names))
	}
}

func TestNameOfAStrangerIsItsText(t *testing.T) {
	if got := OID("1.2.3.4").Name(); got != "1.2.3.4" {
		t.Errorf("got %q", got)
	}
	if got := SHA256WithRSA.Name(); got != "sha256WithRSAEncryption" {
		t.Errorf("got %q", got)
	}
}

// The register names what we name: an identifier with a digit wrong would not be in it.
func TestNationalConstantsAreInTheRegister(t *testing.T) {
	data, err := os.ReadFile(testdata.Path(t, "kz", "oid-registry-1.2.398.tsv"))
	if err != nil {
		t.Fatal(err)
	}
	registered := map[OID]bool{}
	for line := range strings.Lines(string(data)) {
		text, _, _ := strings.Cut(line, "\t")
		if strings.HasPrefix(text, "#") {
			continue
		}
		o, err := Parse(strings.TrimSpace(text))
		if err != nil {
			t.Fatalf("register line %q: %v", line, err)
		}
		registered[o] = true
	}
	for o := range names {
		if o.Under(KZ) && !registered[o] {
			t.Errorf("%s (%s) is not in the register", o, o.Name())
		}
	}
}

func FuzzFromContents(f *testing.F) {
	for _, o := range []OID{RSAEncryption, KZStorePKCS12, "2.999.3", "2.25.340282366920938463463374607431768211455", "0.0"} {
		f.Add(o.Contents())
	}
	f.Add([]byte{0x2a, 0x80, 0x01})
	f.Fuzz(func(t *testing.T, b []byte) {
		o, err := FromContents(b)
		if err != nil {
			return
		}
		if back := o.Contents(); !bytes.Equal(back, b) {
			t.Fatalf("%x is read as %s, which is written as %x", b, o, back)
		}
		if slow := withBigNumbers(b); slow != string(o) {
			t.Fatalf("%x is read as %s, want %s", b, o, slow)
		}
	})
}

// withBigNumbers is the same reading, done with math/big.
func withBigNumbers(b []byte) string {
	var arcs []string
	v := new(big.Int)
	for _, x := range b {
		v.Lsh(v, 7).Or(v, big.NewInt(int64(x&0x7f)))
		if x&0x80 != 0 {
			continue
		}
		if arcs == nil {
			root := min(2, v.Uint64()/40)
			if !v.IsUint64() {
				root = 2
			}
			arcs = append(arcs, strconv.FormatUint(root, 10))
			v.Sub(v, new(big.Int).SetUint64(40*root))
		}
		arcs = append(arcs, v.String())
		v = new(big.Int)
	}
	return strings.Join(arcs, ".")
}
