package iin

import (
	"errors"
	"strings"
	"testing"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
)

// The worked examples of facts/kz-pki.md section 5, and what people type.
func TestCheck(t *testing.T) {
	for _, c := range []struct {
		name, number, code string
	}{
		{"a BIN, first pass", "990240005765", ""},
		{"a BIN, second pass", "191240019852", ""},
		{"an IIN, first pass", "850315300009", ""},
		{"an IIN, second pass", "850315301801", ""},
		{"the test identity of the SDK", "123456789011", CodeChecksum},
		{"the second test identity", "123456789012", CodeChecksum},
		{"the test organisation", "123456789021", CodeChecksum},
		{"a BIN of the register with a typing error", "191140008797", CodeChecksum},
		{"two digits swapped", "850315300090", CodeChecksum},
		{"eleven digits", "85031530000", CodeLength},
		{"thirteen digits", "8503153000099", CodeLength},
		{"nothing", "", CodeLength},
		{"the prefix of certificates left on", "IIN850315300009", CodeLength},
		{"a letter", "85031530000O", CodeDigits},
		{"spaces", "8503 1530009", CodeDigits},
		{"digits of another script", "٨٥٠٣١٥٣٠٠٠٠٩", CodeDigits},
		{"not UTF-8", strings.Repeat("\xff", 12), CodeDigits},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := Check(c.number)
			if c.code == "" {
				if err != nil || !Valid(c.number) {
					t.Fatalf("%s is refused: %v", c.number, err)
				}
				return
			}
			if err == nil || Valid(c.number) {
				t.Fatalf("%q is accepted", c.number)
			}
			if !fail.Is(err, fail.Invalid) || fail.CodeOf(err) != c.code {
				t.Errorf("%v, want %s", err, c.code)
			}
			if lenient := CheckLenient(c.number); (lenient == nil) != (c.code == CodeChecksum) {
				t.Errorf("CheckLenient says %v", lenient)
			}
		})
	}
}

func TestNumberWithoutCheckDigitIsNeverValid(t *testing.T) {
	for d := '0'; d <= '9'; d++ {
		if s := "85031530260" + string(d); fail.CodeOf(Check(s)) != CodeChecksum {
			t.Errorf("%s: %v", s, Check(s))
		}
	}
}

func TestExactlyOneLastDigitFits(t *testing.T) {
	valid := 0
	for n := range 1000 {
		fits := 0
		for d := '0'; d <= '9'; d++ {
			s := "990240" + string('0'+byte(n/100)) + string('0'+byte(n/10%10)) + "00" + string('0'+byte(n%10)) + string(d)
			if Valid(s) {
				fits++
			}
		}
		if fits > 1 {
			t.Errorf("%d: %d last digits fit", n, fits)
		}
		valid += fits
	}
	// One number in 121 has no check digit.
	if valid < 980 || valid == 1000 {
		t.Errorf("%d of 1000 numbers have a check digit", valid)
	}
}

func TestOrganisationsAreToldByTheFifthDigit(t *testing.T) {
	for s, want := range map[string]bool{"990240005765": true, "191240019852": true, "850315300009": false, "123456789021": true, "990250005765": true,
		"990260005765": true, "850331300009": false, "9902400057": false, "": false} {
		if got := IsBIN(s); got != want {
			t.Errorf("IsBIN(%q) = %v", s, got)
		}
	}
}

func TestMaskShowsAtMostSixDigits(t *testing.T) {
	for s, want := range map[string]string{"850315300009": "8503••••••09", "": "", "8503": "••••", "850315300009850315300009": "••••••••••••", "Иванов": "••••••"} {
		if got := Mask(s); got != want {
			t.Errorf("Mask(%q) = %q, want %q", s, got, want)
		}
	}
}

func TestBirthDate(t *testing.T) {
	for _, c := range []struct {
		number           string
		year, month, day int
	}{
		{"850315300009", 1985, 3, 15},
		{"850315400009", 1985, 3, 15},
		{"991231200009", 1899, 12, 31},
		{"991231100009", 1899, 12, 31},
		{"000229500009", 2000, 2, 29},
		{"240229600009", 2024, 2, 29},
		{"000229300009", 0, 0, 0}, // 1900 had no 29 February
		{"850431300009", 0, 0, 0},
		{"850015300009", 0, 0, 0},
		{"851315300009", 0, 0, 0},
		{"850300300009", 0, 0, 0},
		{"850315000009", 0, 0, 0}, // 0 in the seventh place: some non-citizens
		{"850315700009", 0, 0, 0},
		{"990240005765", 0, 0, 0}, // a BIN
		{"8503153", 0, 0, 0},
	} {
		y, m, d, ok := BirthDate(c.number)
		if y != c.year || m != c.month || d != c.day || ok != (c.year != 0) {
			t.Errorf("%s: %d-%d-%d %v", c.number, y, m, d, ok)
		}
	}
}

func TestEveryCodeHasItsSentence(t *testing.T) {
	messages := i18n.MustLoad(Messages, "messages.toml")
	if got := messages.Problems(); len(got) != 0 {
		t.Errorf("problems: %q", got)
	}
	for _, typed := range []string{"1", "12345678901x", "123456789011"} {
		var e *fail.Error
		if !errors.As(Check(typed), &e) {
			t.Fatalf("%s: %v", typed, Check(typed))
		}
		for _, l := range i18n.Langs() {
			var args []any
			for name, value := range e.Args {
				args = append(args, name, value)
			}
			messages.T(l, e.Code, args...)
		}
	}
	if got := messages.Missing(); len(got) != 0 {
		t.Errorf("missing: %q", got)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("850315301801")
	f.Add("191240019852")
	f.Add("85031530260")
	f.Fuzz(func(t *testing.T, s string) {
		if Valid(s) && CheckLenient(s) != nil {
			t.Fatalf("%q passes Check and not CheckLenient", s)
		}
		if masked := Mask(s); len(s) >= 12 && strings.Contains(masked, s) {
			t.Fatalf("%q is not masked", s)
		}
		BirthDate(s)
		IsBIN(s)
	})
}
