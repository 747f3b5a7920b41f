package testroom

import (
	"bytes"
	"io"
	"mime/multipart"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// Origin is the address that signed statements name; the test server itself listens elsewhere.
const Origin = "http://127.0.0.1:8080"

// A Reader is one person's browser, without scripts.
type Reader struct {
	t      testing.TB
	server *httptest.Server
	client *http.Client
	Lang   string
}

// Serve starts a server for the test.
func Serve(t testing.TB, h http.Handler) *httptest.Server {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s
}

// Open opens a browser without cookies.
func Open(t testing.TB, s *httptest.Server) *Reader {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Reader{t: t, server: s, client: &http.Client{Jar: jar}, Lang: "ru"}
}

// A Page is an answer, read as a document.
type Page struct {
	Status int
	Path   string // after redirects, with the query
	Header http.Header
	Body   []byte
	doc    *html.Node
	t      testing.TB
}

func (b *Reader) do(r *http.Request) *Page {
	b.t.Helper()
	if r.Header.Get("Accept") == "" {
		r.Header.Set("Accept", "text/html")
	}
	r.Header.Set("Accept-Language", b.Lang)
	answer, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	doc, err := html.Parse(bytes.NewReader(body))
	if err != nil {
		b.t.Fatal(err)
	}
	return &Page{answer.StatusCode, answer.Request.URL.RequestURI(), answer.Header, body, doc, b.t}
}

func (b *Reader) request(method, path string, body io.Reader) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(method, b.server.URL+path, body)
	if err != nil {
		b.t.Fatal(err)
	}
	return r
}

// Get opens an address.
func (b *Reader) Get(path string) *Page {
	b.t.Helper()
	return b.do(b.request("GET", path, nil))
}

// Post sends a form as it is given.
func (b *Reader) Post(path string, form url.Values) *Page {
	b.t.Helper()
	r := b.request("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// Submit fills in the form of the page that goes to action and sends it. Pairs are names and values.
func (b *Reader) Submit(p *Page, action string, pairs ...string) *Page {
	b.t.Helper()
	form := p.Form(action)
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	return b.Post(action, form)
}

// A File of an upload.
type File struct {
	Name string
	Body []byte
}

// Upload sends files with fields; change, when not nil, changes the request.
func (b *Reader) Upload(path string, files map[string]File, fields map[string]string, change func(*http.Request)) *Page {
	b.t.Helper()
	var buf bytes.Buffer
	w := multipart.NewWriter(&buf)
	for name, value := range fields {
		if err := w.WriteField(name, value); err != nil {
			b.t.Fatal(err)
		}
	}
	for name, f := range files {
		part, err := w.CreateFormFile(name, f.Name)
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := part.Write(f.Body); err != nil {
			b.t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		b.t.Fatal(err)
	}
	r := b.request("POST", path, &buf)
	r.Header.Set("Content-Type", w.FormDataContentType())
	if change != nil {
		change(r)
	}
	return b.do(r)
}

// Form returns the fields of the form that goes to action, as the page gives them. No such form fails the test.
func (p *Page) Form(action string) url.Values {
	p.t.Helper()
	for f := range p.all("form") {
		if attr(f, "action") != action {
			continue
		}
		form := url.Values{}
		for n := range walk(f) {
			switch n.Data {
			case "input":
				kind := attr(n, "type")
				if _, on := find(n, "checked"); (kind == "checkbox" || kind == "radio") && !on {
					continue
				}
				if attr(n, "name") != "" && kind != "file" {
					form.Set(attr(n, "name"), attr(n, "value"))
				}
			case "textarea":
				form.Set(attr(n, "name"), strings.TrimPrefix(textOf(n), "\n"))
			case "select":
				for o := range walk(n) {
					if _, on := find(o, "selected"); o.Data == "option" && on {
						form.Set(attr(n, "name"), attr(o, "value"))
					}
				}
			}
		}
		return form
	}
	p.t.Fatalf("the page at %s (%d) has no form for %s:\n%s", p.Path, p.Status, action, p.Text())
	return nil
}

// Has reports whether an element matches: "#id", or a name with attributes: `input name=totp`.
func (p *Page) Has(selector string) bool { return p.find(selector) != nil }

// Inner returns the text of the element, or "" when there is none.
func (p *Page) Inner(selector string) string {
	n := p.find(selector)
	if n == nil {
		return ""
	}
	return oneLine(textOf(n))
}

// Raw returns the text of the element octet for octet, as a script reads it.
func (p *Page) Raw(selector string) string {
	if n := p.find(selector); n != nil {
		return textOf(n)
	}
	return ""
}

// Attr returns an attribute of the element.
func (p *Page) Attr(selector, name string) string {
	if n := p.find(selector); n != nil {
		return attr(n, name)
	}
	return ""
}

// Text returns what a person reads, in one line, without scripts' texts.
func (p *Page) Text() string {
	for n := range p.all("main") {
		return oneLine(textOf(n))
	}
	return oneLine(textOf(p.doc))
}

// Count returns how many elements match.
func (p *Page) Count(selector string) int {
	n := 0
	for e := range walk(p.doc) {
		if matches(e, selector) {
			n++
		}
	}
	return n
}

func (p *Page) find(selector string) *html.Node {
	for n := range walk(p.doc) {
		if matches(n, selector) {
			return n
		}
	}
	return nil
}

func matches(n *html.Node, selector string) bool {
	if n.Type != html.ElementNode {
		return false
	}
	if id, ok := strings.CutPrefix(selector, "#"); ok {
		return attr(n, "id") == id
	}
	words := strings.Fields(selector)
	if n.Data != words[0] {
		return false
	}
	for _, w := range words[1:] {
		name, value, given := strings.Cut(w, "=")
		got, ok := find(n, name)
		if !ok || given && got != value {
			return false
		}
	}
	return true
}

func (p *Page) all(name string) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		for n := range walk(p.doc) {
			if n.Type == html.ElementNode && n.Data == name && !yield(n) {
				return
			}
		}
	}
}

func walk(root *html.Node) func(func(*html.Node) bool) {
	return func(yield func(*html.Node) bool) {
		if !yield(root) {
			return
		}
		for n := range root.Descendants() {
			if !yield(n) {
				return
			}
		}
	}
}

func find(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func attr(n *html.Node, name string) string {
	v, _ := find(n, name)
	return v
}

// textOf is what can be read: what stands in a template, script or noscript can not.
func textOf(root *html.Node) string {
	var b strings.Builder
	var read func(*html.Node)
	read = func(n *html.Node) {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
		if n.Data == "template" || n.Data == "script" || n.Data == "noscript" {
			return
		}
		for c := range n.ChildNodes() {
			read(c)
		}
	}
	read(root)
	return b.String()
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// URL is the address of the server.
func (b *Reader) URL() string { return b.server.URL }
