package page

import (
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"golang.org/x/net/html"

	"github.com/jba/templatecheck"

	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/sign"
	"github.com/senim-pki/senim/web/kit"
)

const all = `{{define "all"}}
{{template "page-keys" (dict "Action" "/submit" "Number" "4P7K" "Profiles" (list "individual-auth-rsa" "individual-sign-gost512") "Saved" true)}}
{{template "page-install" (dict "Number" "4P7K" "CertificatesURL" "/c.pem" "Action" "/installed")}}
<form>{{template "page-statement" (dict "Text" "\nтекст" "Nonce" "N" "Purpose" "sign")}}</form>
<form>{{template "page-statement" (dict "Text" "текст" "Nonce" "N" "Purpose" "auth")}}</form>
<form>{{template "page-holder"}}</form>
{{template "page-sign"}}
<form>{{template "page-hash"}}</form>{{end}}`

func newKit(t *testing.T, built bool) *kit.Kit {
	t.Helper()
	k, err := kit.New(kit.Options{Messages: []*i18n.Bundle{Messages()}, Assets: map[string]fs.FS{"page": Assets()},
		Templates: []fs.FS{templates(built), fstest.MapFS{"all.html": {Data: []byte(all)}}}})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func render(t *testing.T, k *kit.Kit, lang string) *html.Node {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/", nil)
	r.AddCookie(&http.Cookie{Name: "lang", Value: lang})
	w := httptest.NewRecorder()
	k.Page(w, r, 200, "all", kit.Page{TitleText: "all", Wasm: true})
	if w.Code != 200 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if i := strings.Index(w.Body.String(), "⟦"); i >= 0 {
		t.Errorf("%s: a message is missing: %.80s", lang, w.Body.String()[i:])
	}
	n, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func TestEveryFragmentRendersInThreeLanguages(t *testing.T) {
	for _, built := range []bool{true, false} {
		k := newKit(t, built)
		for _, lang := range []string{"kk", "ru", "en"} {
			unbuilt := 0
			for n := range render(t, k, lang).Descendants() {
				if n.Type != html.ElementNode {
					continue
				}
				if slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "data-unbuilt" }) {
					unbuilt++
				}
			}
			if built && unbuilt != 0 || !built && unbuilt != 7 {
				t.Errorf("%s, built %v: %d fragments say that the module is not built", lang, built, unbuilt)
			}
		}
	}
	if missing := Messages().Missing(); len(missing) > 0 {
		t.Errorf("missing: %q", missing)
	}
	if problems := Messages().Problems(); len(problems) > 0 {
		t.Errorf("%q", problems)
	}
}

func TestNoFormCanSendAPasswordOrKeyFile(t *testing.T) {
	passwords, files := 0, 0
	for n := range render(t, newKit(t, true), "ru").Descendants() {
		if n.Data != "input" {
			continue
		}
		switch attr(n, "type") {
		case "password":
			passwords++
		case "file":
			if id := attr(n, "id"); id == "file" || id == "content" {
				continue // of page-hash: they are sent
			}
			files++
		default:
			continue
		}
		if attr(n, "name") != "" || attr(n, "value") != "" {
			t.Errorf("input %s has a name or a value", attr(n, "id"))
		}
	}
	if passwords < 9 || files < 7 {
		t.Errorf("%d passwords and %d files were looked at", passwords, files)
	}
}

func TestTheTextOfAStatementIsThatOfItsElement(t *testing.T) {
	for n := range render(t, newKit(t, true), "ru").Descendants() {
		if n.Data == "pre" {
			if got := n.FirstChild.Data; got != "\nтекст" { // the first statement's, which begins with a line break
				t.Errorf("text %q", got)
			}
			return
		}
	}
	t.Error("no text")
}

// source is every script, so that a code that a script uses can't lack its sentence.
func source(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	names, err := fs.Glob(files, "assets/*.js")
	if err != nil || len(names) < 10 {
		t.Fatalf("%d scripts, %v", len(names), err)
	}
	for _, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			t.Fatal(err)
		}
		b.Write(text)
	}
	return b.String()
}

func found(re, text string) []string {
	var out []string
	for _, m := range regexp.MustCompile(re).FindAllStringSubmatch(text, -1) {
		out = append(out, m[1])
	}
	return out
}

func TestEveryCodeHasItsSentence(t *testing.T) {
	script := source(t)
	provider, err := os.ReadFile("provider/provider.go")
	if err != nil {
		t.Fatal(err)
	}
	codes := slices.Concat(
		found(`new Fault\("([\w.-]+)"`, script), found(`throw \{ code: "([\w.-]+)"`, script), found(`need\("[\w-]+", "([\w-]+)"`, script),
		found(`Code\w+ += "([\w.-]+)"`, string(provider)),
		[]string{sign.AuthenticationKey, sign.NotASigningKey, sign.Expired, sign.NotYetValid,
			keyfile.PasswordTooShort, keyfile.PasswordTooLong, keyfile.PasswordNoLetter, keyfile.PasswordNoDigit, keyfile.PasswordForbidden})
	said := slices.Concat(found(`f\.run\(\s*"([\w-]+)"`, script), found(`held\(f, "([\w-]+)"`, script),
		found(`state\("\w+", "([\w-]+)"`, script), found(`\.text\("([\w-]+)"`, script))
	if len(codes) < 40 || len(said) < 12 {
		t.Fatalf("found only %d codes and %d sentences", len(codes), len(said))
	}
	here := map[string]bool{}
	for n := range render(t, newKit(t, true), "ru").Descendants() {
		if c := attr(n, "data-code"); c != "" {
			here[c] = true
		}
	}
	for _, c := range codes {
		if c == "choose-key" {
			continue // no error: Fragment.run says it
		}
		if !here[c] || !Messages().Has("page.error."+c) {
			t.Errorf("error %s has no sentence in the page", c)
		}
	}
	for _, c := range said {
		if !here[c] || !Messages().Has("page.say."+c) {
			t.Errorf("%s has no sentence in the page", c)
		}
	}
}

func TestErrorsSayWhatHappenedAndWhatToDo(t *testing.T) {
	for _, key := range Messages().Keys() {
		if !strings.HasPrefix(key, "page.error.") {
			continue
		}
		for _, lang := range i18n.Langs() {
			text := Messages().T(lang, key, "min", "6", "max", "32", "character", "Я", "allowed", "@", "profile", "x")
			parts := regexp.MustCompile(`[.:;?!](\s|$)`).FindAllString(text, -1)
			if len(parts) < 2 {
				t.Errorf("%s in %s: %s", key, lang, text)
			}
		}
	}
}

func TestEveryMessageIsUsed(t *testing.T) {
	var b strings.Builder
	for _, pattern := range []string{"templates/*.html", "built/*.html", "unbuilt/*.html"} {
		names, err := fs.Glob(files, pattern)
		if err != nil || len(names) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range names {
			text, err := fs.ReadFile(files, name)
			if err != nil {
				t.Fatal(err)
			}
			b.Write(text)
		}
	}
	for _, key := range Messages().Keys() {
		short := strings.TrimPrefix(strings.TrimPrefix(key, "page.error."), "page.say.")
		if !strings.Contains(b.String(), fmt.Sprintf("%q", short)) {
			t.Errorf("nothing shows %s", key)
		}
	}
}

func TestTheRuleThatIsShownIsTheRuleThatIsChecked(t *testing.T) {
	rule := keyfile.DefaultRule()
	for _, lang := range i18n.Langs() {
		length, allowed := Messages().T(lang, "page.rule.length"), Messages().T(lang, "page.rule.allowed")
		if !strings.Contains(length, fmt.Sprint(rule.Min)) || !strings.Contains(length, fmt.Sprint(rule.Max)) {
			t.Errorf("%s: %s", lang, length)
		}
		for _, c := range rule.Allowed {
			if !strings.Contains(allowed, " "+string(c)) {
				t.Errorf("%s: %s lacks %c", lang, allowed, c)
			}
		}
	}
}

func TestAnAttachedSignatureIsNeverTooLargeToBeRead(t *testing.T) {
	limit := found(`maxAttached = (\d+) \* 1000 \* 1000`, source(t))
	if len(limit) != 1 {
		t.Fatal("the script has no limit")
	}
	megabytes, err := strconv.Atoi(limit[0])
	if err != nil || megabytes*1000*1000+1<<20 > cms.MaxSize {
		t.Errorf("%d MB and what a signature adds are over %d octets", megabytes, cms.MaxSize)
	}
	for _, lang := range i18n.Langs() {
		if hint := Messages().T(lang, "page.sign.attached-hint"); !strings.Contains(hint, limit[0]) {
			t.Errorf("%s: %s", lang, hint)
		}
	}
}

func TestAssetsAreServedWithoutInlineScript(t *testing.T) {
	k := newKit(t, Built())
	for _, name := range []string{"page/page.js", "page/worker.js", "page/page.css"} {
		if !k.HasAsset(name) {
			t.Errorf("%s is not served", name)
		}
	}
	if k.HasAsset("page/senim.wasm") != Built() || k.HasAsset("page/wasm_exec.js") != Built() {
		t.Errorf("built %v, but senim.wasm %v", Built(), k.HasAsset("page/senim.wasm"))
	}
	for _, name := range found(`(?:from|import) "\./([\w.]+)"`, source(t)) {
		if !k.HasAsset("page/"+name) && name != "wasm_exec.js" {
			t.Errorf("a script imports %s, which is not served", name)
		}
	}
	for n := range render(t, k, "ru").Descendants() {
		for _, a := range n.Attr {
			if a.Key == "style" || strings.HasPrefix(a.Key, "on") {
				t.Errorf("<%s %s>: the policy stops it", n.Data, a.Key)
			}
		}
	}
}

func TestTemplatesFitTheirTypes(t *testing.T) {
	k := newKit(t, true)
	for _, name := range []string{"page-keys", "page-install", "page-statement", "page-holder", "page-sign", "page-hash"} {
		set, err := k.Templates()
		if err != nil {
			t.Fatal(err)
		}
		if err := templatecheck.CheckHTML(set.Lookup(name), map[string]any{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLayersShowBothFolders(t *testing.T) {
	l := layers{fstest.MapFS{"a.js": {Data: []byte("1")}, "b.js": {Data: []byte("2")}}, fstest.MapFS{"a.js": {Data: []byte("3")}, "c.js": {Data: []byte("4")}}}
	if names, err := fs.Glob(l, "*.js"); err != nil || !slices.Equal(names, []string{"a.js", "b.js", "c.js"}) {
		t.Errorf("%v, %v", names, err)
	}
	if b, err := fs.ReadFile(l, "a.js"); err != nil || string(b) != "1" {
		t.Errorf("%s, %v", b, err)
	}
	for _, name := range []string{"d.js", "../a.js"} {
		if _, err := l.Open(name); err == nil {
			t.Errorf("%s opens", name)
		}
	}
	if _, err := l.ReadDir("none"); err == nil {
		t.Error("a folder that isn't there is listed")
	}
}
