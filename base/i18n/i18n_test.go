package i18n

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
)

const sample = `# messages of a test
[application.waiting]
kk = "Өтініміңіз қабылданды. Соңғы күні: {date}."
ru = "Заявка принята. До {date} придите с удостоверением личности."  # why not
en = "Your application is in. Come by {date} with your identity card."

[queue]
kk = "Кезекте {count} өтінім бар."
ru = {one = "В очереди {count} заявка.", few = "В очереди {count} заявки.", many = "В очереди {count} заявок."}
en = {one = "One application is waiting.", other = "{count} applications are waiting."}

[long]
kk = """
Бірінші жол.
Екінші "жол" \u2014 \\ соңы."""
ru = "Строка\nи «ещё» \"одна\"."
en = """Inline."""
`

func load(t *testing.T, text string) *Bundle {
	t.Helper()
	b, err := Load(fstest.MapFS{"m.toml": {Data: []byte(text)}}, "m.toml")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestMessagesAreFilledIn(t *testing.T) {
	b := load(t, sample)
	for _, c := range []struct {
		lang Lang
		key  string
		args []any
		want string
	}{
		{RU, "application.waiting", []any{"date", "22.12.2026"}, "Заявка принята. До 22.12.2026 придите с удостоверением личности."},
		{KK, "application.waiting", []any{"other", 1, "date", "22.12.2026"}, "Өтініміңіз қабылданды. Соңғы күні: 22.12.2026."},
		{EN, "application.waiting", []any{"date", "{date} {x}"}, "Your application is in. Come by {date} {x} with your identity card."},
		{RU, "queue", []any{"count", 1}, "В очереди 1 заявка."},
		{RU, "queue", []any{"count", uint8(2)}, "В очереди 2 заявки."},
		{RU, "queue", []any{"count", "5"}, "В очереди 5 заявок."},
		{RU, "queue", []any{"count", int64(-3)}, "В очереди -3 заявки."},
		{KK, "queue", []any{"count", 5}, "Кезекте 5 өтінім бар."},
		{EN, "queue", []any{"count", 1}, "One application is waiting."},
		{EN, "queue", []any{"count", 0}, "0 applications are waiting."},
		{KK, "long", nil, "Бірінші жол.\nЕкінші \"жол\" — \\ соңы."},
		{RU, "long", nil, "Строка\nи «ещё» \"одна\"."},
		{EN, "long", nil, "Inline."},
	} {
		if got := b.T(c.lang, c.key, c.args...); got != c.want {
			t.Errorf("%s %s %v: %q, want %q", c.lang, c.key, c.args, got, c.want)
		}
	}
	if got := b.Missing(); len(got) != 0 {
		t.Errorf("missing: %q", got)
	}
	if got := b.Problems(); len(got) != 0 {
		t.Errorf("problems: %q", got)
	}
	if got := b.Keys(); !slices.Equal(got, []string{"application.waiting", "long", "queue"}) {
		t.Errorf("keys: %q", got)
	}
}

func TestRussianPlurals(t *testing.T) {
	for form, numbers := range map[string][]uint64{
		"one":  {1, 21, 101, 1001, 121},
		"few":  {2, 3, 4, 22, 34, 102, 1004},
		"many": {0, 5, 9, 10, 11, 12, 13, 14, 15, 19, 20, 25, 100, 111, 112, 114, 1011, 1000000},
	} {
		for _, n := range numbers {
			if got := plural(RU, n); got != form {
				t.Errorf("%d: %s, want %s", n, got, form)
			}
		}
	}
	for n, form := range map[uint64]string{0: "other", 1: "one", 2: "other", 11: "other", 21: "other"} {
		if kk, en := plural(KK, n), plural(EN, n); kk != form || en != form {
			t.Errorf("%d: kk %s, en %s, want %s", n, kk, en, form)
		}
	}
}

func TestWhatIsMissingIsSeenAndReported(t *testing.T) {
	b := load(t, "[a]\nen = \"Only {x}.\"\n[empty]\n[n]\nen = {one = \"One.\", other = \"{count}.\"}\n")
	for _, c := range []struct {
		lang Lang
		key  string
		args []any
		want string
		miss string
	}{
		{RU, "nothing", nil, "⟦nothing⟧", "nothing"},
		{EN, "empty", nil, "⟦empty⟧", "empty"},
		{KK, "a", []any{"x", 1}, "Only 1.", "a in kk"},
		{EN, "a", nil, "Only {x}.", "a {x}"},
		{EN, "a", []any{"x"}, "Only {x}.", "a {x}"},
		{RU, "n", []any{"count", 1}, "One.", "n in ru"}, // the English form is chosen by the English rule
		{RU, "n", []any{"count", 3}, "3.", "n in ru"},
		{EN, "n", []any{"count", 1.5}, "1.5.", "n {count}"},
	} {
		if got := b.T(c.lang, c.key, c.args...); got != c.want {
			t.Errorf("%s %s: %q, want %q", c.lang, c.key, got, c.want)
		}
		if !slices.Contains(b.Missing(), c.miss) {
			t.Errorf("%s %s: %q is not among %q", c.lang, c.key, c.miss, b.Missing())
		}
	}
	for i := range 2 * maxMissing {
		b.T(EN, fmt.Sprint("made.up.", i))
	}
	if n := len(b.Missing()); n != maxMissing {
		t.Errorf("%d missing keys are kept", n)
	}
	if b.Has("nothing") || !b.Has("a") {
		t.Error("Has is wrong")
	}
}

func TestOneBundleServesManyAtOnce(t *testing.T) {
	b := load(t, sample)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			b.T(RU, "queue", "count", i)
			b.T(RU, fmt.Sprint("missing", i))
			b.Missing()
		})
	}
	wait.Wait()
	if n := len(b.Missing()); n != 8 {
		t.Errorf("%d missing", n)
	}
}

func TestProblems(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a language is missing", "[a]\nkk = \"x\"\nru = \"x\"", "a: en is missing"},
		{"an empty message", "[a]", "a: kk is missing"},
		{"an empty text", "[a]\nkk = \"x\"\nru = \" \"\nen = \"x\"", "a: ru is empty"},
		{"an empty form", "[a]\nkk = \"x\"\nru = {one = \"x\", few = \"\", many = \"x\"}\nen = \"x\"", "a: ru few is empty"},
		{"other placeholders", "[a]\nkk = \"{x}\"\nru = \"{y}\"\nen = \"{x}\"", "a: placeholders [x] in kk, [y] in ru"},
		{"a placeholder lost in a form", "[a]\nkk = \"{x}\"\nru = {one = \"{x}\", few = \"{x}\", many = \"мно\"}\nen = \"{x}\"", "a: placeholders [x] in kk, [] in ru many"},
		{"count lost where there are no plurals", "[a]\nkk = \"{count}\"\nru = \"x\"\nen = \"{count}\"", "a: placeholders [count] in kk, [] in ru"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := load(t, c.text).Problems(); !slices.Contains(got, c.want) {
				t.Errorf("%q is not among %q", c.want, got)
			}
		})
	}
}

func TestParseRefusesAndNamesTheLine(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"a text before the first message", "\nkk = \"x\"", "line 2: a text before"},
		{"an unknown language", "[a]\nde = \"x\"", "line 2: de is not a language"},
		{"a language twice", "[a]\nkk = \"x\"\n\nkk = \"x\"", "line 4: a has kk twice"},
		{"a message twice", "[a]\n[b]\n[a]", "line 3: message a stands twice"},
		{"a number", "[a]\nkk = 1", "line 2: wanted a text"},
		{"a literal string", "[a]\nkk = 'x'", "line 2: wanted a text"},
		{"an array of tables", "[[a]]", "line 1: wanted a name"},
		{"a quoted key", "[\"a\"]", "line 1: wanted a name"},
		{"an empty part of a key", "[a..b]", "line 1: wanted a name"},
		{"a key that ends with a dot", "[a.]", "line 1: wanted a name"},
		{"an open table name", "[a\n", "line 1: wanted ]"},
		{"a dotted language", "[a]\nkk.x = \"x\"", "line 2: wanted ="},
		{"an open text", "[a]\nkk = \"x\n\"", "line 2: a control character"},
		{"an open text at the end", "[a]\nkk = \"x", "line 2: the text has no end"},
		{"an open long text", "[a]\nkk = \"\"\"x\n\n", "line 4: the text has no end"},
		{"an unknown escape", "[a]\nkk = \"\\t\"", "line 2: wanted n"},
		{"a short character number", "[a]\nkk = \"\\u20\"", "line 2: wanted four"},
		{"a signed character number", "[a]\nkk = \"\\u+020\"", "line 2: wanted four"},
		{"a surrogate", "[a]\nkk = \"\\ud800\"", "line 2: wanted four"},
		{"a NUL", "[a]\nkk = \"\\u0000\"", "line 2: wanted four"},
		{"something after the text", "[a]\nkk = \"x\" y", "line 2: wanted \n"},
		{"an unknown form", "[a]\nkk = {one = \"x\", few = \"x\"}", "line 2: few is no plural form of kk"},
		{"a missing form", "[a]\nru = {one = \"x\", few = \"x\"}", "line 2: the plural form many is missing"},
		{"a form twice", "[a]\nen = {one = \"x\", one = \"x\"}", "line 2: form one stands twice"},
		{"an open form table", "[a]\nen = {one = \"x\"", "line 2: wanted ,"},
		{"no forms", "[a]\nen = {}", "line 2: wanted a name"},
		{"an open placeholder", "[a]\nen = \"{x\"", "line 2: a { that begins no"},
		{"a placeholder without a name", "[a]\nen = \"{}\"", "line 2: a { that begins no"},
		{"a placeholder with a space", "[a]\nen = \"{a b}\"", "line 2: a { that begins no"},
		{"a closing brace alone", "[a]\nen = \"x}\"", "line 2: a } without"},
		{"a carriage return alone", "[a]\ren = \"x\"", "line 1: wanted \n"},
		{"bytes that are not UTF-8", "[a]\nen = \"\xff\"", "not UTF-8"},
		{"a byte-order mark", "\ufeff[a]", "line 1: wanted a name"},
		{"too much", strings.Repeat("#", maxFile+1), "over 4 MiB"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Load(fstest.MapFS{"m.toml": {Data: []byte(c.text)}}, "m.toml")
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "m.toml") {
				t.Errorf("got %v, want %q", err, c.want)
			}
		})
	}
}

func TestWindowsLineEndsAreTaken(t *testing.T) {
	b := load(t, strings.ReplaceAll(sample, "\n", "\r\n"))
	if got := b.T(KK, "long"); strings.Contains(got, "\r") || !strings.Contains(got, "\n") {
		t.Errorf("got %q", got)
	}
}

func TestDoubledKeysNeverStart(t *testing.T) {
	fsys := fstest.MapFS{"a.toml": {Data: []byte("[a]")}, "b.toml": {Data: []byte("[b]\n[a]")}}
	if _, err := Load(fsys, "a.toml", "b.toml"); err == nil || !strings.Contains(err.Error(), "b.toml: message a stands twice") {
		t.Errorf("Load: %v", err)
	}
	if _, err := Load(fsys, "none.toml"); err == nil {
		t.Error("a file that is not there was loaded")
	}
	if got := Merge(MustLoad(fsys, "a.toml"), load(t, sample)).Keys(); len(got) != 4 {
		t.Errorf("merged keys %q", got)
	}
	for name, f := range map[string]func(){
		"Merge":    func() { Merge(MustLoad(fsys, "a.toml"), MustLoad(fsys, "b.toml")) },
		"MustLoad": func() { MustLoad(fsys, "none.toml") },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]Lang{
		"":                                       RU,
		"kk":                                     KK,
		"kk-KZ,kk;q=0.9,ru;q=0.8,en;q=0.7":       KK,
		"en-US,en;q=0.5":                         EN,
		"de-DE,de;q=0.9,en;q=0.4,ru;q=0.6":       RU,
		"de,fr":                                  RU,
		"*":                                      RU,
		"en;q=0":                                 RU,
		"en;q=0.3, kk ; q=0.5":                   KK,
		"EN-gb":                                  EN,
		"en;q=9, kk;q=0.1":                       KK,
		"en;q=NaN, kk;q=0.1":                     KK,
		"ru,kk":                                  RU,
		"kk,ru":                                  KK,
		",,;;q=,":                                RU,
		strings.Repeat("en,", maxAcceptLanguage): RU,
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%.40q) = %s, want %s", header, got, want)
		}
	}
}

func TestParseLang(t *testing.T) {
	for s, want := range map[string]Lang{"kk": KK, "RU": RU, "en-US": EN, "ru_RU.UTF-8": RU, "kk_KZ": KK} {
		if got, ok := ParseLang(s); got != want || !ok {
			t.Errorf("ParseLang(%q) = %s, %v", s, got, ok)
		}
	}
	for _, s := range []string{"", "C", "C.UTF-8", "kaz", "kkk", "de", "-ru"} {
		if got, ok := ParseLang(s); ok {
			t.Errorf("ParseLang(%q) = %s", s, got)
		}
	}
	if got := Langs(); !slices.Equal(got, []Lang{KK, RU, EN}) {
		t.Errorf("got %v", got)
	}
	for _, l := range Langs() {
		if l.Name() == string(l) {
			t.Errorf("%s has no name", l)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(sample))
	f.Add([]byte("[a]\nkk = \"\\u00e9 {x}\"\nru = {one = \"x\", few=\"y\" , many=\"z\"}"))
	f.Add([]byte("[a]\nkk = \"\"\"\n\n\"\"\" # x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		messages, err := parse(data)
		if err != nil {
			return
		}
		b := newBundle()
		if err := b.add(messages); err != nil {
			t.Fatal(err)
		}
		b.Problems()
		for _, key := range b.Keys() {
			for _, l := range Langs() {
				b.T(l, key, "count", 3)
			}
		}
	})
}
