package statement

import (
	"crypto/rand"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/base/i18n"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func decision() map[string]string {
	return map[string]string{
		FactAuthority: "Senim TEST", FactStaff: "850315301801", FactNumber: "0123ABCDEFGH1KMN", FactPerson: "ИБРАЕВА ӘЙГЕРІМ СЕРІКҚЫЗЫ", FactIIN: "900101400015",
		FactAct: Refuse, FactWords: "Документ просрочен", FactRequests: strings.Repeat("ab", 32) + "," + strings.Repeat("cd", 32), FactOrigin: "https://ca.example.kz",
	}
}

func TestATextSaysEverythingInEachLanguage(t *testing.T) {
	for _, l := range i18n.Langs() {
		for _, c := range []struct {
			name    string
			purpose Purpose
			bend    func(map[string]string)
			says    []string // in the sentences
		}{
			{"login", Login, func(f map[string]string) {
				clear(f)
				f[FactAuthority], f[FactOrigin] = "Senim TEST", "https://ca.example.kz"
			}, []string{"Senim TEST", "https://ca.example.kz"}},
			{"approval", Decision, func(f map[string]string) { f[FactAct] = Approve; delete(f, FactWords) }, []string{"0123-ABCD-EFGH-1KMN", "ИБРАЕВА ӘЙГЕРІМ СЕРІКҚЫЗЫ", "900101400015", "Senim TEST"}},
			{"refusal", Decision, func(map[string]string) {}, []string{"0123-ABCD-EFGH-1KMN", "Документ просрочен"}},
			{"revocation by the holder", Revocation, func(f map[string]string) {
				clear(f)
				f[FactAct], f[FactSerial], f[FactIssuer], f[FactReason] = Revoke, "7F01", "rsa", "1"
			}, []string{"7F01"}},
			{"revocation by staff", Revocation, func(f map[string]string) {
				f[FactAct], f[FactSerial], f[FactIssuer], f[FactReason] = Revoke, "7F01", "rsa", "9"
			}, []string{"7F01", "900101400015", "Документ просрочен"}},
			{"suspension by staff", Revocation, func(f map[string]string) { f[FactAct], f[FactSerial], f[FactIssuer] = Hold, "7F01", "rsa" }, []string{"7F01", "Документ просрочен"}},
			{"its end", Revocation, func(f map[string]string) { f[FactAct], f[FactSerial], f[FactIssuer] = Lift, "7F01", "rsa" }, []string{"7F01", "Документ просрочен"}},
		} {
			t.Run(string(l)+" "+c.name, func(t *testing.T) {
				facts := decision()
				c.bend(facts)
				x, err := New(rand.Reader, now, c.purpose, string(l), facts)
				if err != nil {
					t.Fatal(err)
				}
				sentences, block, ok := strings.Cut(x.Text, mark)
				if !ok {
					t.Fatal("the text has no facts")
				}
				for _, s := range c.says {
					if !strings.Contains(sentences, s) {
						t.Errorf("the sentences do not say %s:\n%s", s, sentences)
					}
				}
				if strings.ContainsAny(sentences, "{}⟦⟧") {
					t.Errorf("a placeholder is left:\n%s", sentences)
				}
				read, err := Facts(x.Text)
				if err != nil || !maps.Equal(read, x.Args) {
					t.Fatalf("the facts come back as %v: %v\n%s", read, err, block)
				}
				for key, value := range facts {
					if read[key] != value {
						t.Errorf("%s is %q, want %q", key, read[key], value)
					}
				}
				if read[FactNonce] != x.Nonce || read[FactTime] != "2026-11-22T09:00:00Z" || read[FactPurpose] != string(c.purpose) {
					t.Errorf("facts %v", read)
				}
				life := 15 * time.Minute
				if c.purpose == Login {
					life = 5 * time.Minute
				}
				if !x.Expires.Equal(now.Add(life)) {
					t.Errorf("it expires at %s", x.Expires)
				}
			})
		}
	}
	if missing := messages.Missing(); len(missing) > 0 {
		t.Errorf("missing %q", missing)
	}
}

func TestWhatSomebodyTypedCannotBecomeAFact(t *testing.T) {
	for _, words := range []string{
		"ok" + mark + "purpose: decision\nact: approve\n",
		"ok\nact: approve",
		"ok\r\nact: approve\r\n",
		"ok\u2028act: approve\u2029iin: 1",
		"ok\u0085act: approve",
		"ok\vact: approve\f",
		"\u202eevorppa :tca",
		"ok\x00act: approve",
		"\xff\nact: approve",
	} {
		facts := decision()
		facts[FactWords] = words
		x, err := New(rand.Reader, now, Decision, "ru", facts)
		if err != nil {
			t.Fatal(err)
		}
		read, err := Facts(x.Text)
		if err != nil || read[FactAct] != Refuse || read[FactIIN] != "900101400015" || strings.Count(x.Text, mark) != 1 {
			t.Errorf("%q became %v: %v", words, read, err)
		}
		if strings.ContainsAny(x.Text, "\r\v\f\x00\u2028\u2029\u0085\u202e") {
			t.Errorf("%q left something invisible in %q", words, x.Text)
		}
	}
}

func TestFactsRefusesWhatNewDoesNotWrite(t *testing.T) {
	x, err := New(rand.Reader, now, Decision, "ru", decision())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, text string }{
		{"nothing", ""},
		{"only sentences", "Я подтверждаю."},
		{"no end", strings.TrimSuffix(x.Text, "\n")},
		{"a line too many", x.Text + "\n"},
		{"a fact twice", x.Text + "time: 2026-11-22T09:00:00Z\n"},
		{"a fact in another place", x.Text + "act: approve\n"},
		{"an unknown fact", x.Text + "zzz: 1\n"},
		{"an empty fact", strings.Replace(x.Text, "act: refuse", "act: ", 1)},
		{"a carriage return", strings.Replace(x.Text, "act: refuse\n", "act: refuse\r\n", 1)},
		{"two spaces", strings.Replace(x.Text, "act: refuse", "act:  refuse", 1)},
		{"beyond all size", strings.Repeat("а", MaxText) + x.Text},
	} {
		t.Run(c.name, func(t *testing.T) {
			if facts, err := Facts(c.text); err == nil {
				t.Errorf("read as %v", facts)
			}
		})
	}
}

func TestNewRefusesAnUnknownFactAndAnEndlessOne(t *testing.T) {
	if _, err := New(rand.Reader, now, Decision, "ru", map[string]string{"colour": "red"}); err == nil {
		t.Error("colour is a fact")
	}
	facts := decision()
	facts[FactWords] = strings.Repeat("а", MaxText)
	if _, err := New(rand.Reader, now, Decision, "ru", facts); err == nil {
		t.Error("a text beyond all size was made")
	}
}

func TestNoncesAreRandom(t *testing.T) {
	var seen []string
	for range 50 {
		x, err := New(rand.Reader, now, Login, "kk", map[string]string{FactOrigin: "x"})
		if err != nil || len(x.Nonce) != 26 || slices.Contains(seen, x.Nonce) {
			t.Fatalf("nonce %q: %v", x.Nonce, err)
		}
		seen = append(seen, x.Nonce)
	}
}

func FuzzFacts(f *testing.F) {
	x, err := New(rand.Reader, now, Decision, "kk", decision())
	if err != nil {
		f.Fatal(err)
	}
	f.Add(x.Text)
	f.Add(mark + "act: approve\n")
	f.Fuzz(func(t *testing.T, text string) {
		facts, err := Facts(text)
		if err != nil {
			return
		}
		// What is read is what stands there: nothing is made up, nothing is lost.
		block := text[strings.LastIndex(text, mark)+len(mark):]
		if strings.Count(block, "\n") != len(facts) {
			t.Fatalf("%q has %d facts", block, len(facts))
		}
		for key, value := range facts {
			if !strings.Contains(block, key+": "+value+"\n") {
				t.Fatalf("%s: %q stands nowhere in %q", key, value, block)
			}
		}
	})
}
