package line

import (
	"bytes"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// A Page that a server answered with, after redirects.
type Page struct {
	Status int
	Path   string
	Body   []byte
	tree   *html.Node
}

// A Form of a page, as a browser would send it untouched.
type Form struct {
	Action  string
	Fields  map[string]string   // hidden, checked, selected and typed values
	Choices map[string][]string // values of radio buttons and selects
	Data    map[string]string   // data-… attributes of the form
}

// must fails unless the page is the right one.
func (p *Page) must(t testing.TB, path string) *Page {
	t.Helper()
	if p.Status != 200 || p.Path != path {
		t.Fatalf("status %d at %s, wanted 200 at %s:\n%s", p.Status, p.Path, path, p.Main())
	}
	return p
}

func (p *Page) ok(t testing.TB) *Page {
	t.Helper()
	if p.Status != 200 {
		t.Fatalf("status %d at %s:\n%s", p.Status, p.Path, p.Main())
	}
	return p
}

func (p *Page) root(t testing.TB) *html.Node {
	t.Helper()
	if p.tree == nil {
		var err error
		if p.tree, err = html.Parse(bytes.NewReader(p.Body)); err != nil {
			t.Fatalf("couldn't read the page: %v", err)
		}
	}
	return p.tree
}

// Main is the text of the page's main part, for messages.
func (p *Page) Main() string {
	tree, err := html.Parse(bytes.NewReader(p.Body))
	if err != nil {
		return string(p.Body)
	}
	main := find(tree, func(n *html.Node) bool { return n.Data == "main" })
	if main == nil {
		main = tree
	}
	return strings.Join(strings.Fields(text(main)), " ")
}

// Form returns the form that is sent to an address.
func (p *Page) Form(t testing.TB, action string) Form {
	t.Helper()
	return p.form(t, "action "+action, func(n *html.Node) bool { return attribute(n, "action") == action })
}

// FormID returns the form of an id.
func (p *Page) FormID(t testing.TB, id string) Form {
	t.Helper()
	return p.form(t, "id "+id, func(n *html.Node) bool { return attribute(n, "id") == id })
}

// Statement returns the form that carries a signed statement.
func (p *Page) Statement(t testing.TB) Form {
	t.Helper()
	return p.form(t, "a statement", func(n *html.Node) bool {
		return find(n, func(c *html.Node) bool { return c.Data == "input" && attribute(c, "name") == "cms" }) != nil
	})
}

// Challenge returns the text that is to be signed, exactly.
func (p *Page) Challenge(t testing.TB) string {
	t.Helper()
	n := find(p.root(t), func(n *html.Node) bool { return n.Data == "pre" && has(n, "data-text") })
	if n == nil {
		t.Fatalf("no text to sign at %s:\n%s", p.Path, p.Main())
	}
	return text(n)
}

// Text returns the text of the element of an id.
func (p *Page) Text(t testing.TB, id string) string {
	t.Helper()
	n := find(p.root(t), func(n *html.Node) bool { return attribute(n, "id") == id })
	if n == nil {
		t.Fatalf("no #%s at %s:\n%s", id, p.Path, p.Main())
	}
	return strings.TrimSpace(text(n))
}

func (p *Page) form(t testing.TB, what string, is func(*html.Node) bool) Form {
	t.Helper()
	n := find(p.root(t), func(n *html.Node) bool {
		return n.Data == "form" && strings.EqualFold(attribute(n, "method"), "post") && is(n)
	})
	if n == nil {
		t.Fatalf("no form of %s at %s (status %d):\n%s", what, p.Path, p.Status, p.Main())
	}
	f := Form{Action: attribute(n, "action"), Fields: map[string]string{}, Choices: map[string][]string{}, Data: map[string]string{}}
	for _, a := range n.Attr {
		if name, ok := strings.CutPrefix(a.Key, "data-"); ok {
			f.Data[name] = a.Val
		}
	}
	walk(n, f.take)
	return f
}

// take reads one control of a form as a browser does.
func (f Form) take(n *html.Node) {
	name := attribute(n, "name")
	if name == "" || has(n, "disabled") {
		return
	}
	switch n.Data {
	case "input":
		value := attribute(n, "value")
		switch attribute(n, "type") {
		case "radio", "checkbox":
			f.Choices[name] = append(f.Choices[name], value)
			if has(n, "checked") {
				f.Fields[name] = value
			}
		case "submit", "button", "file":
		default:
			f.Fields[name] = value
		}
	case "textarea":
		f.Fields[name] = text(n)
	case "select":
		walk(n, func(o *html.Node) {
			if o.Data == "option" {
				f.Choices[name] = append(f.Choices[name], attribute(o, "value"))
				if has(o, "selected") || len(f.Choices[name]) == 1 {
					f.Fields[name] = attribute(o, "value")
				}
			}
		})
	}
}

func walk(n *html.Node, f func(*html.Node)) {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode {
			f(c)
		}
	}
}

func find(n *html.Node, is func(*html.Node) bool) *html.Node {
	for c := range n.Descendants() {
		if c.Type == html.ElementNode && is(c) {
			return c
		}
	}
	return nil
}

func text(n *html.Node) string {
	var b strings.Builder
	for c := range n.Descendants() {
		if c.Type == html.TextNode {
			b.WriteString(c.Data)
		}
	}
	return b.String()
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}
