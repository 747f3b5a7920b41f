package der

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
)

func TestNormalize(t *testing.T) {
	for _, c := range []struct{ name, ber, der string }{
		{"DER stays", "3005 020101 0500", "3005 020101 0500"},
		{"an indefinite length", "3080 020101 0000", "3003 020101"},
		{"indefinite lengths in each other", "3080 3180 a080 0500 0000 0000 0000", "3006 3104 a002 0500"},
		{"an empty one", "3080 0000", "3000"},
		{"a long form of a short length", "308105 028200 0101", "3003 020101"},
		{"a length with leading zeros", "30880000000000000003 020101", "3003 020101"},
		{"pieces", "2480 040161 040162 0000", "0402 6162"},
		{"pieces of definite length", "2406 040161 040162", "0402 6162"},
		{"pieces of pieces", "2480 2403 040161 2480 040162 0000 0400 0000", "0402 6162"},
		{"no pieces", "2480 0000", "0400"},
		{"pieces of a text, as octets", "2c06 040161 040162", "0c02 6162"},
		{"pieces of a text, as text", "2c06 0c0161 0c0162", "0c02 6162"},
		{"pieces of bits", "2307 030200ff 030104 ", ""},
		{"pieces of bits, the last not whole", "2308 030200ff 03020480", "0303 04ff80"},
		{"no pieces of bits", "2300", "030100"},
		{"pieces of a time", "3704 0402 3236", "1702 3236"},
		{"a context tag over pieces stays explicit", "a080 2480 040161 0000 0000", "a003 040161"},
		{"a context tag in pieces stays in pieces", "a080 040161 040162 0000", "a006 040161 040162"},
		{"an application tag", "6080 0500 0000", "6002 0500"},
		{"the order of a set stays", "3180 020102 020101 0000", "3106 020102 020101"},
		{"primitive contents stay as they are", "3080 010101 02020001 0000", "3007 010101 02020001"},
		{"what is in a primitive string stays", "040430800000", "040430800000"},
		{"zeros that are contents", "3080 04020000 0000", "3004 04020000"},
		{"nothing", "", ""},
		{"a tag alone", "30", ""},
		{"something after it", "3000 00", ""},
		{"zeros after it", "3000 0000", ""},
		{"no end of contents", "3080 020101", ""},
		{"half an end of contents", "3080 020101 00", ""},
		{"an end of contents outside", "3002 0000", ""},
		{"an end of contents with a length", "3080 0001 00 0000", ""},
		{"an indefinite primitive", "0480 0000", ""},
		{"a primitive sequence", "1000", ""},
		{"a constructed integer", "2203 020101", ""},
		{"a constructed tag 0", "2000", ""},
		{"a long tag", "3f8101 00", ""},
		{"a reserved length", "30ff", ""},
		{"a length cut off", "308201", ""},
		{"a length of 2^64", "30890100000000000000 00", ""},
		{"a length of 2^63", "30888000000000000000", ""},
		{"an element longer than what holds it", "3003 020201 01", ""},
		{"an indefinite one that ends after what holds it", "3004 3080 0500 0000", ""},
		{"pieces of another type", "2403 020101", ""},
		{"pieces of octets among bits", "2303 040161", ""},
		{"a piece of bits without a count", "2302 0300", ""},
		{"a piece of bits after one that is not whole", "2308 03020480 030200ff", ""},
		{"a piece longer than the string", "2403 040261 62", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := unhex(t, c.ber)
			before := bytes.Clone(in)
			got, err := Normalize(in, Limits{})
			if !bytes.Equal(in, before) {
				t.Error("the input was changed")
			}
			if c.der == "" {
				if !errors.Is(err, ErrMalformed) {
					t.Fatalf("%x, %v", got, err)
				}
				return
			}
			if err != nil || !bytes.Equal(got, unhex(t, c.der)) {
				t.Fatalf("%x, %v, want %s", got, err, c.der)
			}
			again, err := Normalize(got, Limits{})
			if err != nil || &again[0] != &got[0] {
				t.Errorf("normal form is not left alone: %x, %v", again, err)
			}
		})
	}
}

func TestNormalizeKeepsItsLimits(t *testing.T) {
	nest := func(n int) []byte {
		return append(bytes.Repeat([]byte{0x30, 0x80}, n), make([]byte, 2*n)...)
	}
	pieces := func(n int) []byte {
		return append(bytes.Repeat([]byte{0x24, 0x80}, n), make([]byte, 2*n)...)
	}
	for _, c := range []struct {
		name string
		ber  []byte
		lim  Limits
		ok   bool
	}{
		{"as deep as it may", nest(40), Limits{}, true},
		{"one too deep", nest(41), Limits{}, false},
		{"a million deep", nest(1 << 20), Limits{}, false},
		{"as deep as asked", nest(5), Limits{Depth: 5}, true},
		{"deeper than asked", nest(6), Limits{Depth: 5}, false},
		{"pieces as deep as they may", pieces(40), Limits{}, true},
		{"pieces one too deep", pieces(41), Limits{}, false},
		{"as large as it may be", nest(5), Limits{Size: 20}, true},
		{"an octet too large", nest(5), Limits{Size: 19}, false},
		{"a length that 32 bits take for a negative one", slices.Concat([]byte{0x30, 0x84, 0, 0xff, 0xff, 0xf8, 0x04, 0x84, 0xc0, 0, 0, 0}, make([]byte, 1<<24-14)), Limits{}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Normalize(c.ber, c.lim); (err == nil) != c.ok {
				t.Errorf("error %v", err)
			}
		})
	}
	if _, err := Normalize(nest(5), Limits{Size: 19}); !errors.Is(err, ErrTooLarge) {
		t.Errorf("too large: %v", err)
	}
}

// Every container of the national tools: definite outside, indefinite in the safe (facts/kz-pki.md section 3.5).
func TestNormalizeNationalContainers(t *testing.T) {
	files, changed := 0, 0
	err := filepath.WalkDir(testdata.Path(t, "kz", "p12"), func(path string, d os.DirEntry, err error) error {
		if err != nil || filepath.Ext(path) != ".p12" {
			return err
		}
		files++
		name := filepath.Base(path)
		ber, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		pfx, err := Normalize(ber, Limits{Size: 1 << 20})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			return nil
		}
		top := NewReader(pfx)
		seq := top.Sequence()
		if v := seq.Int(); v != 3 {
			t.Errorf("%s: version %d", name, v)
		}
		authSafe := seq.Sequence()
		if o := authSafe.OID(); o != oid.Data {
			t.Errorf("%s: content %s", name, o.Name())
		}
		content := authSafe.Explicit(0).OctetString()
		if err := authSafe.End(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		seq.Sequence() // MacData
		if err := errors.Join(seq.End(), top.End()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		safe, err := Normalize(content, Limits{Size: 1 << 20})
		if err != nil {
			t.Errorf("%s: safe: %v", name, err)
			return nil
		}
		if !bytes.Equal(safe, content) {
			changed++
		}
		walk(t, name, safe, 0)
		r := NewReader(safe)
		contents := r.Sequence()
		for !contents.Empty() {
			info := contents.Sequence()
			switch o := info.OID(); o {
			case oid.Data:
				octets := info.Explicit(0).OctetString()
				if _, err := Normalize(octets, Limits{}); err != nil {
					t.Errorf("%s: bags: %v", name, err)
				}
			case oid.EncryptedData:
				data := info.Explicit(0).Sequence()
				data.Int()
				encrypted := data.Sequence()
				encrypted.OID()
				encrypted.Sequence()
				if b := encrypted.ImplicitOctetString(0); len(b) == 0 || len(b)%8 != 0 {
					t.Errorf("%s: %d encrypted octets", name, len(b))
				}
			default:
				t.Errorf("%s: content %s", name, o.Name())
			}
		}
		if err := r.End(); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if files != 46 || changed == 0 {
		t.Errorf("%d containers, of %d the safe was BER; want 46, and most", files, changed)
	}
	t.Logf("%d containers, %d with a safe in BER", files, changed)
}

// Certificates, lists, answers, messages, in DER, PEM and base64; the other files are not taken for such.
func TestNormalizeNationalObjects(t *testing.T) {
	seen := 0
	err := filepath.WalkDir(testdata.Path(t, "kz"), func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) == ".p12" {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		binary, err := Unarmor(b, 1<<20)
		switch kind := filepath.Ext(path); {
		case slices.Contains([]string{".cer", ".crt", ".pem", ".crl", ".bin", ".der", ".cms"}, kind), d.Name() == "CMS_for_double_sign.txt":
			if err != nil {
				t.Errorf("%s: %v", d.Name(), err)
				return nil
			}
		default:
			if err == nil {
				t.Errorf("%s is taken for an encoded object", d.Name())
			}
			return nil
		}
		seen++
		out, err := Normalize(binary, Limits{})
		if err != nil {
			t.Errorf("%s: %v", d.Name(), err)
			return nil
		}
		walk(t, d.Name(), out, 0)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if seen < 40 {
		t.Errorf("only %d objects", seen)
	}
}

// walk demands that b is one element after another with strict headers, all the way down.
func walk(t testing.TB, name string, b []byte, depth int) {
	t.Helper()
	r := NewReader(b)
	for !r.Empty() {
		if e := r.Any(); e.Tag&constructed != 0 {
			if depth > 200 {
				t.Fatalf("%s: too deep", name)
			}
			walk(t, name, e.Contents, depth+1)
		}
	}
	if err := r.End(); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

func FuzzNormalize(f *testing.F) {
	for _, s := range []string{
		"3080020101 0000", "3080 3180 a080 0500 0000 0000 0000", "308105 028200 0101", "2480 2403 040161 2480 040162 0000 0400 0000",
		"2308 030200ff 03020480", "2300", "2c06 0c0161 040162", "a080 2480 040161 0000 0000", "3180 020102 020101 0000", "3003020101",
		"3080 06092a864886f70d010701 a080 2480 0404 61626364 0000 0000 0000", "30880000000000000003 020101",
	} {
		b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		out, err := Normalize(b, Limits{Depth: 30, Size: 1 << 16})
		if err != nil {
			return
		}
		walk(t, "output", out, 0)
		again, err := Normalize(out, Limits{Depth: 30, Size: 1 << 17})
		if err != nil || &again[0] != &out[0] {
			t.Fatalf("%x becomes %x, and that is not left alone: %x, %v", b, out, again, err)
		}
		// A whole DER input is its own normal form.
		if r := NewReader(b); len(b) > 0 && strict(r, 40) && !bytes.Equal(out, b) {
			t.Fatalf("DER %x becomes %x", b, out)
		}
	})
}

// strict reports whether all of r has strict headers.
func strict(r *Reader, depth int) bool {
	for !r.Empty() {
		e := r.Any()
		if r.Err() == nil && e.Tag&constructed != 0 && (depth == 0 || !strict(e.Inside(), depth-1)) {
			return false
		}
	}
	return r.End() == nil
}

func BenchmarkNormalize(b *testing.B) {
	inner := bytes.Repeat([]byte{0x24, 0x80, 0x04, 0x01, 0x61, 0x00, 0x00}, 1<<16)
	for _, c := range []struct {
		name string
		ber  []byte
	}{
		{"flat", append(append([]byte{0x30, 0x80}, inner...), 0, 0)},
		{"deep", append(append(bytes.Repeat([]byte{0x30, 0x80}, 38), inner...), make([]byte, 76)...)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.ber)))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Normalize(c.ber, Limits{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
