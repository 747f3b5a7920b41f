package kit_test

import (
	"bytes"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/net/html"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/web/kit"
)

// hostile is what must reach no page unescaped, whatever the place.
const hostile = `"><script>alert(1)</script><img src=x onerror=alert(2)>' onfocus=alert(3) {{.}} javascript:alert(4)`

// galleryPage uses every component. Its texts are data, so that good, empty and hostile ones go through the same markup.

const galleryPage = `{{define "gallery"}}
<h1>{{.Text}}</h1>
<p class="lead">{{.Text}}</p>
{{template "steps" .Steps}}
{{template "tabs" .Tabs}}
{{template "notification" (dict "text" .Text)}}
{{template "notification" (dict "text" .Text "tone" "good" "title" .Text)}}
{{template "notification" (dict "text" .Text "tone" "warn")}}
{{template "notification" (dict "text" .Text "tone" "bad")}}
{{template "warning" (dict "text" .Text)}}
{{template "inset" (dict "text" .Text)}}
{{template "panel" (dict "title" .Text "number" .Number "label" .Text "text" .Text)}}
<h2>{{.Text}}</h2>
{{template "summary-list" .Rows}}
{{template "table" .Table}}
{{template "table" .None}}
<h2>{{.Text}}</h2>
{{template "timeline" .Moves}}
{{range .Badges}}{{template "badge" .}}{{end}}
{{range .Tags}}<p>{{template "tag" .}}</p>{{end}}
{{template "details" (dict "summary" .Text "text" .Text)}}
<p>{{time .When}} {{date .When}} {{group4 .Number}} {{plain4 .Number}} {{lang}}</p>
<form method="post" action="/gallery" novalidate data-unsaved>{{csrf}}
{{template "input" (dict "name" "iin" "label" .Text "hint" .Text "inputmode" "numeric" "width" "12" "mono" true "maxlength" 12)}}
{{template "input" (dict "name" "mail" "label" .Text "type" "email" "optional" true "value" .Text "autocomplete" "email" "prefix" .Text "suffix" "%" "lang" "en" "autocapitalize" "none")}}
{{template "password-input" (dict "name" "password" "label" .Text "autocomplete" "new-password" "value" "must not be seen")}}
{{template "textarea" (dict "name" "why" "label" .Text "rows" 3)}}
{{template "radios" (dict "name" "kind" "label" .Text "hint" .Text "options" .Options)}}
{{template "radios" (dict "name" "inline" "label" .Text "options" (list (option "a" "A") (option "b" "B" "hint")) "inline" true "value" "b")}}
{{template "checkboxes" (dict "name" "roles" "label" .Text "options" .Options)}}
{{template "checkbox" (dict "name" "agree" "label" .Text)}}
{{template "select" (dict "name" "place" "label" .Text "options" .Options "empty" .Text)}}
{{template "file-input" (dict "name" "file" "label" .Text "accept" ".pdf" "max" 1000)}}
{{template "button" (dict "text" .Text)}}
{{template "button" (dict "text" .Text "kind" "secondary" "href" "/x")}}
{{template "button" (dict "text" .Text "kind" "warning" "name" "do" "value" .Text)}}
</form>
<span id="n">{{group4 .Number}}</span>{{template "copy" (dict "target" "n")}}
{{template "needs-script" (dict)}}
{{template "pagination" .Pages}}
{{end}}`

type galleryData struct {
	Text, Number string
	Steps        kit.Steps
	Tabs         []kit.Tab
	Rows         []kit.Row
	Table, None  kit.Table
	Moves        []kit.Move
	Badges       []kit.Badge
	Tags         []kit.Tag
	Options      []kit.Option
	Pages        kit.Pagination
	When         time.Time
}

func dataOf(s string) galleryData {
	when := time.Date(2026, 11, 22, 9, 8, 0, 0, time.UTC)
	return galleryData{
		Text: s, Number: s,
		Steps: kit.Steps{Number: 2, Of: 4, Text: s},
		Tabs:  []kit.Tab{{Text: s, Href: "/a", Current: true, Count: 3}, {Text: s, Href: "/b"}},
		Rows:  []kit.Row{{Key: s, Value: s, Href: "/x", Hidden: s}, {Key: s, Value: when}, {Key: s, Value: kit.Tag{Text: s, Tone: "good"}}, {Key: s, Value: s, Copy: true}},
		Table: kit.Table{Caption: s, Columns: []kit.Column{{Text: s}, {Text: s, Numeric: true}, {Text: s}}, Rows: [][]any{{s, 12, kit.Tag{Text: s, Tone: "bad"}}, {kit.Anchor{Text: s, Href: "/n"}, when, nil}}},
		None:  kit.Table{Caption: s},
		Moves: []kit.Move{{Text: s, Time: when, Tone: "info", Detail: s}, {Text: s, Time: when, Tone: "good"}, {Text: s, Tone: "bad"}, {Text: s, Next: true}},
		Badges: []kit.Badge{
			{Owner: s, Organisation: s, Role: s, Time: when, TimeNote: s, Verdict: s, Tone: "good"},
			{Owner: s, Verdict: s, Tone: "bad", Detail: s}, {Owner: s, Verdict: s, Tone: "warn"},
		},
		Tags:    []kit.Tag{{s, "good"}, {s, "warn"}, {s, "bad"}, {s, "info"}, {s, ""}},
		Options: []kit.Option{{Value: s, Text: s, Hint: s}, {Value: "other", Text: s}, {Value: "off", Text: s, Disabled: true}},
		Pages:   kit.Pagination{Prev: "/1", Next: "/3", Number: 2, Of: 3},
		When:    when,
	}
}

func galleryFS(pages string) fs.FS {
	return fstest.MapFS{"gallery.html": {Data: []byte(pages)}}
}

const token = "token-of-the-form"

func newKit(t testing.TB, change func(*kit.Options)) *kit.Kit {
	t.Helper()
	o := kit.Options{
		Templates: []fs.FS{galleryFS(galleryPage)}, Version: "0.1", Demo: true,
		CSRF: func(http.ResponseWriter, *http.Request) string { return token },
		User: func(*http.Request) string { return "ТЕСТОВ <b>" },
		Log:  slog.New(slog.DiscardHandler),
	}
	if change != nil {
		change(&o)
	}
	k, err := kit.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func get(h http.Handler, target string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest("GET", target, nil)
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func galleryHandler(k *kit.Kit, s string, p kit.Page) http.Handler {
	return k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.Data = dataOf(s)
		p.TitleText = s
		if p.Form == nil {
			p.Form = url.Values{"iin": {s}, "kind": {s}, "roles": {s, "other"}, "why": {s}, "place": {"other"}, "password": {"must not be seen"}, "agree": {"yes"}}
		}
		k.Page(w, r, 200, "gallery", p)
	}))
}

func faults() fail.Fields {
	var f fail.Fields
	for _, name := range []string{"iin", "password", "why", "kind", "roles", "agree", "place", "file"} {
		f.Add(name, "kit.error.invalid.what")
	}
	f.Add("", "kit.error.conflict.what")
	return f
}

// elements walks a page and fails where anything could run or be styled that is not a file of ours.
func elements(t *testing.T, page []byte, see func(n *html.Node)) {
	t.Helper()
	doc, err := html.Parse(bytes.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, a := range n.Attr {
			switch {
			case strings.HasPrefix(a.Key, "on") || a.Key == "style" || a.Key == "srcdoc":
				t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
			case a.Key == "href" || a.Key == "src" || a.Key == "action":
				if strings.HasPrefix(strings.ToLower(strings.TrimSpace(a.Val)), "javascript:") {
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
			case a.Key == "id":
				if ids[a.Val]++; ids[a.Val] == 2 {
					t.Errorf("id %q stands twice", a.Val)
				}
			}
		}
		switch n.Data {
		case "script":
			if n.FirstChild != nil || !strings.HasPrefix(attr(n, "src"), "/assets/") {
				t.Errorf("a script of another place: %v %v", n.Attr, n.FirstChild)
			}
		case "style", "iframe", "object", "embed", "base":
			t.Errorf("a page holds <%s>", n.Data)
		case "img":
			t.Errorf("a page holds an image that nobody put there: %v", n.Attr)
		}
		if see != nil {
			see(n)
		}
	}
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func TestEveryComponentRendersInEveryLanguage(t *testing.T) {
	k := newKit(t, nil)
	for _, lang := range i18n.Langs() {
		for _, text := range []string{"Тәуелсіздік, ёлки: простой текст", "", hostile} {
			for _, wide := range []bool{false, true} {
				name := fmt.Sprintf("%s/%.6q/wide=%v", lang, text, wide)
				t.Run(name, func(t *testing.T) {
					w := get(galleryHandler(k, text, kit.Page{Wide: wide, Errors: faults(), Back: "/back", Expires: 90, Nav: "apply"}), "/gallery", "Cookie", "lang="+string(lang))
					if w.Code != 200 {
						t.Fatalf("status %d: %s", w.Code, w.Body)
					}
					body := w.Body.String()
					for _, bad := range []string{"must not be seen", "⟦", "&lt;no value&gt;", "ZgotmplZ", "%!"} {
						if strings.Contains(body, bad) {
							t.Errorf("the page contains %q", bad)
						}
					}
					forms, tokens := 0, 0
					elements(t, w.Body.Bytes(), func(n *html.Node) {
						if n.Data == "html" && attr(n, "lang") != string(lang) {
							t.Errorf("the page is in %q", attr(n, "lang"))
						}
						if n.Data == "form" {
							forms++
						}
						if n.Data == "input" && attr(n, "name") == "csrf" && attr(n, "value") == token {
							tokens++
						}
					})
					if forms != tokens || forms != 2 {
						t.Errorf("%d forms, %d tokens", forms, tokens)
					}
				})
			}
		}
	}
}

func TestAFieldWithAFault(t *testing.T) {
	k := newKit(t, nil)
	w := get(galleryHandler(k, "x", kit.Page{Errors: faults(), Form: url.Values{"iin": {`9 "9`}}}), "/gallery", "Cookie", "lang=en")
	described, ids, links := map[string]string{}, map[string]bool{}, []string{}
	elements(t, w.Body.Bytes(), func(n *html.Node) {
		ids[attr(n, "id")] = true
		if d := attr(n, "aria-describedby"); d != "" {
			described[attr(n, "id")+"|"+attr(n, "name")] = d
		}
		if n.Data == "input" && attr(n, "name") == "iin" {
			if attr(n, "value") != `9 "9` {
				t.Errorf("what was typed came back as %q", attr(n, "value"))
			}
			if attr(n, "aria-invalid") != "true" {
				t.Error("the field is not marked as wrong")
			}
			if d := attr(n, "aria-describedby"); d != "iin-hint iin-error" {
				t.Errorf("the field is described by %q", d)
			}
		}
		if n.Data == "a" && strings.HasPrefix(attr(n, "href"), "#") && attr(n, "href") != "#main" {
			links = append(links, attr(n, "href")[1:])
		}
	})
	for _, d := range described {
		for id := range strings.FieldsSeq(d) {
			if !ids[id] {
				t.Errorf("aria-describedby names %q, which is not on the page", id)
			}
		}
	}
	if len(links) != 8 {
		t.Errorf("the summary leads to %d fields, want 8: %v", len(links), links)
	}
	for _, l := range links {
		if !ids[l] {
			t.Errorf("the summary leads to %q, which is not on the page", l)
		}
	}
}

func TestComponentsRefuseMisuse(t *testing.T) {
	for _, c := range []struct{ name, page string }{
		{"an argument that does not exist", `{{template "input" (dict "name" "a" "label" "b" "lable" "c")}}`},
		{"a field without a label", `{{template "input" (dict "name" "a")}}`},
		{"an unknown tone", `{{template "notification" (dict "text" "a" "tone" "red")}}`},
		{"an odd dict", `{{template "warning" (dict "text")}}`},
		{"an unknown asset", `{{asset "no.css"}}`},
		{"a link that runs a script", `{{template "button" (dict "text" "a" "href" "javascript:alert(1)")}}`},
		{"a link to data", `{{template "back-link" (dict "href" "data:text/html,x")}}`},
		{"options that are none", `{{template "radios" (dict "name" "a" "label" "b" "options" "c")}}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKit(t, func(o *kit.Options) {
				o.Templates = []fs.FS{galleryFS(`{{define "bad"}}half a page ` + c.page + `{{end}}`)}
			})
			w := get(k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { k.Page(w, r, 200, "bad", kit.Page{}) })), "/")
			if w.Code != 500 || strings.Contains(w.Body.String(), "half a page") {
				t.Errorf("status %d, page %s", w.Code, w.Body)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	doubled, err := i18n.Load(fstest.MapFS{"m.toml": {Data: []byte("[kit.back]\nkk = \"a\"\nru = \"b\"\nen = \"c\"\n")}}, "m.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		o    kit.Options
		want string
	}{
		{"a template name of the kit", kit.Options{Templates: []fs.FS{galleryFS(`{{define "layout"}}{{end}}`)}}, "layout"},
		{"a template that does not parse", kit.Options{Templates: []fs.FS{galleryFS(`{{define "a"}}{{nosuch}}{{end}}`)}}, "nosuch"},
		{"a folder without templates", kit.Options{Templates: []fs.FS{fstest.MapFS{}}}, "no *.html"},
		{"a message of the kit", kit.Options{Messages: []*i18n.Bundle{doubled}}, "kit.back"},
		{"an asset folder with a slash", kit.Options{Assets: map[string]fs.FS{"a/b": fstest.MapFS{}}}, "a/b"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := kit.New(c.o); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want an error about %q", err, c.want)
			}
		})
	}
}

func TestTheMessagesAreWhole(t *testing.T) {
	b, err := i18n.Load(os.DirFS("."), "messages.toml")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range b.Problems() {
		t.Error(p)
	}
}
