package portal_test

import (
	"bytes"
	"crypto/rand"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/room/portal"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/page"
	"github.com/senim-pki/senim/web/session"
)

var now = testauthority.Start

const origin = "http://senim.example"

// A site is the portal as cmd wires it.
type site struct {
	*testauthority.World
	clock     *clock.Manual
	kit       *kit.Kit
	bundle    *i18n.Bundle
	sessions  *session.Manager
	handler   http.Handler
	authority *authority.Authority
}

func newSite(t testing.TB, change ...func(*portal.Options)) *site {
	t.Helper()
	s := &site{clock: clock.NewManual(now)}
	s.World = testauthority.New(t, memory.New(), t.TempDir(), s.clock)
	s.Hire(t)
	var err error
	if s.authority, err = authority.New(authority.Options{Store: s.Store, Hierarchy: s.Hierarchy, Clock: s.clock}); err != nil {
		t.Fatal(err)
	}
	messages := domainMessages(t)
	all := append([]*i18n.Bundle{portal.Messages(), part.Messages(), page.Messages()}, messages...)
	s.bundle = i18n.Merge(all...)
	var sessions *session.Manager
	var k *kit.Kit
	sessions = session.New(session.Options{Clock: s.clock, Refused: func(w http.ResponseWriter, r *http.Request, same bool) { k.Expired(w, r, same) }})
	k, err = kit.New(kit.Options{
		Messages: all, Templates: []fs.FS{portal.Templates(), part.Templates(), page.Templates()},
		Assets: map[string]fs.FS{"page": page.Assets()}, CSRF: sessions.CSRFToken, Demo: true, Version: "0.1",
		Log: slog.New(slog.NewTextHandler(testWriter{t}, &slog.HandlerOptions{Level: slog.LevelError})),
	})
	if err != nil {
		t.Fatal(err)
	}
	o := portal.Options{Authority: s.authority, Hierarchy: s.Hierarchy, Kit: k, Sessions: sessions, Clock: s.clock, Origin: origin}
	for _, f := range change {
		f(&o)
	}
	p, err := portal.New(o)
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/assets/", k.Assets())
	mux.Handle("/", p.Handler())
	s.sessions = sessions
	s.kit, s.handler = k, k.Middleware(mux)
	return s
}

type testWriter struct{ t testing.TB }

func (w testWriter) Write(b []byte) (int, error) {
	w.t.Helper()
	w.t.Log(string(b))
	return len(b), nil
}

// A visitor is a browser that keeps cookies and the last page, and follows redirects.
type visitor struct {
	t       testing.TB
	s       *site
	lang    string
	address string // remote address
	jar     map[string]*http.Cookie
	last    *answer
}

func (s *site) visitor(t testing.TB) *visitor {
	return &visitor{t: t, s: s, lang: "ru", address: "192.0.2.1:1000", jar: map[string]*http.Cookie{}}
}

type answer struct {
	t      testing.TB
	path   string
	status int
	header http.Header
	body   []byte
	doc    *html.Node
}

func (b *visitor) do(r *http.Request) *httptest.ResponseRecorder {
	r.RemoteAddr = b.address
	r.AddCookie(&http.Cookie{Name: "lang", Value: b.lang})
	for _, c := range b.jar {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.s.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c
		}
	}
	return w
}

func (b *visitor) request(method, path string, form url.Values) *http.Request {
	if method != http.MethodPost {
		return httptest.NewRequest(method, origin+path, nil)
	}
	r := httptest.NewRequest(method, origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return r
}

func (b *visitor) follow(r *http.Request) *answer {
	b.t.Helper()
	for range 10 {
		w := b.do(r)
		if w.Code < 300 || w.Code > 399 {
			a := &answer{t: b.t, path: r.URL.Path, status: w.Code, header: w.Header(), body: w.Body.Bytes()}
			if strings.HasPrefix(w.Header().Get("Content-Type"), "text/html") {
				doc, err := html.Parse(bytes.NewReader(a.body))
				if err != nil {
					b.t.Fatal(err)
				}
				a.doc = doc
			}
			b.last = a
			return a
		}
		r = b.request("GET", w.Header().Get("Location"), nil)
	}
	b.t.Fatalf("redirects without end from %s", r.URL)
	return nil
}

func (b *visitor) get(path string) *answer {
	b.t.Helper()
	return b.follow(b.request("GET", path, nil))
}

// post sends a form with the token of the last page, or of one opened for it.
func (b *visitor) post(path string, pairs ...string) *answer {
	b.t.Helper()
	return b.follow(b.request("POST", path, b.form(pairs...)))
}

func (b *visitor) form(pairs ...string) url.Values {
	b.t.Helper()
	if b.last == nil || b.last.doc == nil || b.last.value("csrf") == "" {
		last := b.last
		b.get("/status")
		defer func(a *answer) { b.last = last }(b.last)
	}
	form := url.Values{"csrf": {b.last.value("csrf")}}
	for i := 0; i < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return form
}

func attr(n *html.Node, key string) string {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val
		}
	}
	return ""
}

func (a *answer) find(match func(*html.Node) bool) *html.Node {
	if a.doc == nil {
		return nil
	}
	for n := range a.doc.Descendants() {
		if n.Type == html.ElementNode && match(n) {
			return n
		}
	}
	return nil
}

func (a *answer) id(id string) *html.Node {
	return a.find(func(n *html.Node) bool { return attr(n, "id") == id })
}

// value is what the field of that name holds.
func (a *answer) value(name string) string {
	n := a.find(func(n *html.Node) bool {
		return attr(n, "name") == name && (n.Data == "input" || n.Data == "select") && (attr(n, "type") != "radio" || has(n, "checked"))
	})
	if n == nil {
		return ""
	}
	if n.Data == "select" {
		for o := range n.Descendants() {
			if o.Data == "option" && has(o, "selected") {
				return attr(o, "value")
			}
		}
	}
	return attr(n, "value")
}

func has(n *html.Node, key string) bool {
	for _, a := range n.Attr {
		if a.Key == key {
			return true
		}
	}
	return false
}

// text is the words of the page's main part, or of a node.
func (a *answer) text(of ...*html.Node) string {
	n := a.id("main")
	if len(of) > 0 {
		n = of[0]
	}
	if n == nil {
		return ""
	}
	var words []string
	var walk func(*html.Node)
	walk = func(n *html.Node) {
		if n.Type == html.TextNode {
			words = append(words, n.Data)
		}
		if n.Data == "template" || n.Data == "noscript" {
			return
		}
		for c := range n.ChildNodes() {
			walk(c)
		}
	}
	walk(n)
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

func (a *answer) h1() string {
	return a.text(a.find(func(n *html.Node) bool { return n.Data == "h1" }))
}

func (a *answer) want(path string, status int, words ...string) *answer {
	a.t.Helper()
	if a.path != path || a.status != status {
		a.t.Fatalf("at %s, status %d; want %s, %d: %s", a.path, a.status, path, status, a.text())
	}
	for _, w := range words {
		if !strings.Contains(a.text(), w) {
			a.t.Errorf("%s does not say %q: %s", a.path, w, a.text())
		}
	}
	return a
}

// sound fails where a page lacks a text, could run something, or does not keep a number to itself.
func (a *answer) sound(lang string) {
	a.t.Helper()
	for _, bad := range []string{"⟦", "⟧", "{{", "&lt;no value&gt;", "ZgotmplZ", "%!"} {
		if bytes.Contains(a.body, []byte(bad)) {
			at := bytes.Index(a.body, []byte(bad))
			a.t.Errorf("%s in %s contains %q: …%s…", a.path, lang, bad, a.body[max(0, at-80):min(len(a.body), at+80)])
		}
	}
	ids := map[string]bool{}
	h1 := 0
	for n := range a.doc.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		for _, at := range n.Attr {
			if strings.HasPrefix(at.Key, "on") || at.Key == "style" {
				a.t.Errorf("%s: <%s> has %s=%q", a.path, n.Data, at.Key, at.Val)
			}
			if at.Key == "id" && at.Val != "" {
				if ids[at.Val] {
					a.t.Errorf("%s: id %q stands twice", a.path, at.Val)
				}
				ids[at.Val] = true
			}
		}
		switch n.Data {
		case "h1":
			h1++
		case "html":
			if attr(n, "lang") != lang {
				a.t.Errorf("%s is in %q", a.path, attr(n, "lang"))
			}
		case "form":
			if attr(n, "method") == "post" && !bytes.Contains(a.body, []byte(`name="csrf"`)) {
				a.t.Errorf("%s: a form without token", a.path)
			}
		}
	}
	if h1 != 1 {
		a.t.Errorf("%s has %d headings of level 1", a.path, h1)
	}
	for n := range a.doc.Descendants() {
		for _, key := range []string{"for", "aria-describedby"} {
			for id := range strings.FieldsSeq(attr(n, key)) {
				if !ids[id] {
					a.t.Errorf("%s: %s names %q, which is not on the page", a.path, key, id)
				}
			}
		}
	}
}

func (a *answer) keptNowhere() {
	a.t.Helper()
	if a.header.Get("Cache-Control") != "no-store" || a.header.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(a.header.Get("X-Robots-Tag"), "noindex") {
		a.t.Errorf("%s: Cache-Control %q, Referrer-Policy %q, X-Robots-Tag %q", a.path, a.header.Get("Cache-Control"), a.header.Get("Referrer-Policy"), a.header.Get("X-Robots-Tag"))
	}
}

// sign signs a text as the holder of c, whose key is keyOf its template.
func (s *site) sign(t testing.TB, text string, c registry.Certificate) []byte {
	t.Helper()
	row := s.Certificate(t, c)
	signed, err := cms.Sign(rand.Reader, []byte(text), keyOf(t, c.Profile).PrivateKey, testauthority.Parsed(t, row), cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return signed
}

func domainMessages(t testing.TB) []*i18n.Bundle {
	own, err := i18n.Load(iin.Messages, "messages.toml")
	if err != nil {
		t.Fatal(err)
	}
	return []*i18n.Bundle{own, authority.Messages()}
}
