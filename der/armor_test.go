package der

import (
	"bytes"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
)

// armored is a SEQUENCE of 100 octets, so that its base64 has several lines.
var armored = append([]byte{0x30, 100}, bytes.Repeat([]byte{5, 0}, 50)...)

func lines(b []byte, width int, end string) string {
	s := base64.StdEncoding.EncodeToString(b)
	var out strings.Builder
	for ; len(s) > width; s = s[width:] {
		out.WriteString(s[:width] + end)
	}
	return out.String() + s + end
}

func TestUnarmor(t *testing.T) {
	const begin, end = "-----BEGIN CMS-----", "-----END CMS-----"
	whole := lines(armored, 1000, "")
	for _, c := range []struct{ name, text string }{
		{"DER", string(armored)},
		{"PEM", begin + "\n" + lines(armored, 64, "\n") + end + "\n"},
		{"PEM without the last line end", begin + "\n" + lines(armored, 64, "\n") + end},
		{"PEM with CR LF", begin + "\r\n" + lines(armored, 64, "\r\n") + end + "\r\n"},
		{"PEM with CR", begin + "\r" + lines(armored, 64, "\r") + end + "\r"},
		{"PEM after a byte-order mark", "\xef\xbb\xbf" + begin + "\n" + lines(armored, 64, "\n") + end},
		{"PEM on one line", begin + whole + end},
		{"PEM whose base64 is one line", begin + "\n" + whole + "\n" + end},
		{"PEM whose end hangs on the base64", begin + "\n" + whole + end + "\n"},
		{"PEM that is indented", "  " + begin + "\n" + lines(armored, 64, "\n  ") + end},
		{"PEM after words", "Subject: x\n-- \n----- not a marker\n" + begin + "\n" + lines(armored, 76, "\n") + end},
		{"PEM before another", begin + "\n" + lines(armored, 64, "\n") + end + "\n" + begin + "\nAAAA\n" + end},
		{"base64", whole},
		{"base64 in lines", lines(armored, 76, "\r\n")},
		{"base64 without padding", strings.TrimRight(whole, "=")},
		{"base64 of the URL alphabet", strings.NewReplacer("+", "-", "/", "_").Replace(whole)},
		{"base64 after a byte-order mark and blanks", "\xef\xbb\xbf \t\n" + whole},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Unarmor([]byte(c.text), len(armored))
			if err == nil && bytes.HasPrefix([]byte(c.text), []byte{0x30}) != (c.name == "DER") {
				t.Fatal("the case tests something else")
			}
			if err != nil || !bytes.Equal(got, armored) && c.name != "DER" {
				t.Fatalf("%x, %v", got, err)
			}
			if _, err := Unarmor([]byte(c.text), len(armored)-1); !errors.Is(err, ErrTooLarge) {
				t.Errorf("an octet too large: %v", err)
			}
		})
	}
}

func TestUnarmorRefuses(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       error
	}{
		{"nothing", "", ErrNotArmored},
		{"blanks", " \r\n", ErrNotArmored},
		{"words", "hello, world", ErrNotArmored},
		{"base64 of something else", base64.StdEncoding.EncodeToString([]byte("hello, world")), ErrNotArmored},
		{"PEM of something else", "-----BEGIN X-----\naGVsbG8=\n-----END X-----\n", ErrNotArmored},
		{"an empty PEM", "-----BEGIN X-----\n-----END X-----\n", ErrNotArmored},
		{"PEM cut off", "-----BEGIN X-----\nMAA=\n", ErrNotArmored},
		{"PEM with two names", "-----BEGIN X-----\nMAA=\n-----END Y-----\n", ErrNotArmored},
		{"binary of another tag", "\x04\x01a", ErrNotArmored},
		{"XML", "<a/>", ErrNotArmored},
		{"a large text", strings.Repeat("A", 10000), ErrTooLarge},
		{"a large text of markers", strings.Repeat("-----BEGIN ", 1000), ErrTooLarge},
	} {
		if got, err := Unarmor([]byte(c.text), 1000); !errors.Is(err, c.want) {
			t.Errorf("%s: %x, %v", c.name, got, err)
		}
	}
}

func TestDecodePEMTakesTheLabelsAskedFor(t *testing.T) {
	text := []byte("-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\nwords\n" +
		"-----BEGIN CMS-----\r\nMQA=\r\n-----END CMS-----\r\nrest")
	block, label, rest, ok := DecodePEM(text, "CMS", "PKCS7")
	if !ok || label != "CMS" || !bytes.Equal(block, []byte{0x31, 0}) || string(bytes.TrimSpace(rest)) != "rest" {
		t.Errorf("%x %s %q %v", block, label, rest, ok)
	}
	block, label, rest, ok = DecodePEM(text)
	if !ok || label != "CERTIFICATE" || !bytes.Equal(block, []byte{0x30, 0}) {
		t.Errorf("%x %s %v", block, label, ok)
	}
	if _, label, _, ok = DecodePEM(rest); !ok || label != "CMS" {
		t.Errorf("the second block: %s %v", label, ok)
	}
	if _, _, rest, ok = DecodePEM(text, "PRIVATE KEY"); ok || bytes.Contains(rest, []byte("BEGIN CMS")) {
		t.Errorf("a label that is not there: %v, %q", ok, rest)
	}
}

func FuzzUnarmor(f *testing.F) {
	f.Add([]byte("-----BEGIN CMS-----MAA=-----END CMS-----"))
	f.Add([]byte("\xef\xbb\xbf -----BEGIN X-----\r\nProc-Type: 4\r\n\r\nMAA=\r\n-----END X-----"))
	f.Add([]byte("M A_A-="))
	f.Add([]byte("0\x00"))
	f.Fuzz(func(t *testing.T, b []byte) {
		before := bytes.Clone(b)
		out, err := Unarmor(b, 1<<16)
		if !bytes.Equal(b, before) {
			t.Fatal("the input was changed")
		}
		if err == nil && (len(out) == 0 || len(out) > 1<<16 || out[0] != 0x30) {
			t.Fatalf("%q gives %x", b, out)
		}
	})
}
