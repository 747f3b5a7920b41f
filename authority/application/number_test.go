package application

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/base/fail"
)

func TestNumbersAreReadAsPeopleTypeThem(t *testing.T) {
	const want = "0123ABCDEFGH1KMN"
	for _, c := range []struct {
		name, typed string
		ok          bool
	}{
		{"as shown", "0123-ABCD-EFGH-1KMN", true},
		{"without hyphens", "0123ABCDEFGH1KMN", true},
		{"small letters", "0123 abcd efgh 1kmn", true},
		{"letter O for zero", "O123-ABCD-EFGH-1KMN", true},
		{"I and L for one", "0I23-ABCD-EFGH-LKMN", true},
		{"Cyrillic letters that look the same", "О123-АВСD-ЕFGН-1КМN", true},
		{"dashes of a word processor", "0123–ABCD—EFGH‑1KMN", true},
		{"spaces around", "  0123-ABCD-EFGH-1KMN\r\n", true},
		{"one character short", "0123-ABCD-EFGH-1KM", false},
		{"one too many", "0123-ABCD-EFGH-1KMNP", false},
		{"U is not in the alphabet", "U123-ABCD-EFGH-1KMN", false},
		{"empty", "", false},
		{"very long", strings.Repeat("0", 10000), false},
		{"another script", "٠١٢٣ABCDEFGH1KMN", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := ParseNumber(c.typed)
			if c.ok && (err != nil || got != want) {
				t.Errorf("read %q: %v", got, err)
			}
			if !c.ok && (fail.CodeOf(err) != "application.number" || got != "") {
				t.Errorf("read %q: %v", got, err)
			}
		})
	}
	if got := FormatNumber(want); got != "0123-ABCD-EFGH-1KMN" {
		t.Errorf("shown as %s", got)
	}
}

func TestNumbersHaveEightyBitsAndComeBack(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		n, err := NewNumber(rand.Reader)
		if err != nil || len(n) != 16 || seen[n] {
			t.Fatalf("made %q: %v", n, err)
		}
		seen[n] = true
		if back, err := ParseNumber(FormatNumber(n)); err != nil || back != n {
			t.Fatalf("%q came back as %q: %v", n, back, err)
		}
	}
}

func TestTheRevocationCodeIsDerivedAndKeptAsAHash(t *testing.T) {
	secret, _ := NewSecret(rand.Reader)
	code, err := CodeOf(secret, "A")
	if err != nil || len(code) != 16 {
		t.Fatalf("code %q: %v", code, err)
	}
	if again, _ := CodeOf(secret, "A"); again != code {
		t.Error("the browser that made it does not see it again")
	}
	if other, _ := CodeOf(secret, "B"); other == code {
		t.Error("two applications have one code")
	}
	h1, _ := HashCode(rand.Reader, code)
	h2, _ := HashCode(rand.Reader, code)
	if string(h1) == string(h2) || strings.Contains(string(h1), code) {
		t.Error("the stored form is not a salted hash")
	}
}

func TestWrongCodesAreLimited(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	hash, _ := HashCode(rand.Reader, "RIGHT")
	a := &Application{Code: hash}
	for i := range codeTries {
		if err := a.TryCode("WRONG", now); fail.CodeOf(err) != "application.code-wrong" {
			t.Fatalf("try %d: %v", i, err)
		}
	}
	if err := a.TryCode("RIGHT", now); fail.CodeOf(err) != "application.code-locked" {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	if err := a.TryCode("RIGHT", now.Add(codeLock)); err != nil {
		t.Errorf("the right code when the lock is over: %v", err)
	}
	for range codeTries - 1 {
		_ = a.TryCode("WRONG", now.Add(codeLock))
	}
	if err := a.TryCode("RIGHT", now.Add(codeLock)); err != nil || a.CodeFailures != 0 {
		t.Errorf("four wrong ones and the right one: %v", err)
	}
	if err := (&Application{}).TryCode("", now); err == nil {
		t.Error("an application without a code took the empty one")
	}
}

func TestADraftBelongsToItsSecret(t *testing.T) {
	secret, _ := NewSecret(rand.Reader)
	a := NewDraft("N", HashSecret(secret), "ru", time.Unix(0, 0))
	if !a.OwnedBy(secret) || a.OwnedBy(secret+"0") || a.OwnedBy("") || (&Application{}).OwnedBy("") {
		t.Error("OwnedBy is wrong")
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("0123-ABCD-EFGH-1KMN")
	f.Add("О1ІL \xff")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			return
		}
		if again, err := ParseNumber(FormatNumber(n)); err != nil || again != n || len(n) != 16 {
			t.Fatalf("%q read as %q, which reads as %q: %v", s, n, again, err)
		}
	})
}
