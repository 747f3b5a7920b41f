package kit

import (
	"bytes"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
)

// Page is what one page is besides its template.
type Page struct {
	Title     string // message key; Args fill it
	TitleText string // the title itself, when it is no message; wins over Title
	Args      []any  // pairs name, value for Title
	Nav       string // Name of the current main link
	Data      any    // the dot of the template
	Wide      bool   // the desk: full width, 15 px
	Scripts   []string
	// Scripts are asset names of ES modules ("page/apply.js"), loaded after the kit's own.

	Wasm   bool        // the page runs WebAssembly: 'wasm-unsafe-eval' in its policy
	Errors fail.Fields // shown in a summary on top and beside the field of that name
	// Form is what was typed: a component without a value of its own takes it from here by its name. Passwords and
	// files are never taken back. Usually r.PostForm.
	Form    url.Values
	NoIndex bool   // search engines shall not keep it
	Back    string // address of the link back; empty: none
	// Secret: the address or the text holds numbers that open something. It is kept in no cache, sent in no Referer and
	// not indexed.
	Secret bool
	// Expires is how many seconds the session has left without activity; the page then counts the last two minutes
	// down. 0: says nothing.
	Expires int
}

// scene is everything that the template functions need to know about the page being rendered now.
type scene struct {
	k    *Kit
	w    http.ResponseWriter
	r    *http.Request
	lang i18n.Lang
	page *Page
	name string
	rows int // values with a button that copies them, so far
}

// view is the dot of the layout.
type view struct {
	Page
	TitleText string
	Name      string
	Body      template.HTML
	Version   string
	Demo      bool
	Nav       []Link
	Footer    []Link
	User      string
	SignOut   string
}

// Page renders the template name inside the layout. The whole page is made before the first octet leaves, so a
// template that fails gives a clean page of status 500.
func (k *Kit) Page(w http.ResponseWriter, r *http.Request, status int, name string, p Page) {
	out, err := k.render(w, r, name, &p)
	if err != nil {
		k.Fail(w, r, fmt.Errorf("couldn't render page %s: %w", name, err))
		return
	}
	k.send(w, r, status, &p, out)
}

func (k *Kit) send(w http.ResponseWriter, r *http.Request, status int, p *Page, out []byte) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", string(k.Lang(r)))
	h.Add("Vary", "Cookie, Accept-Language")
	h.Set("Content-Security-Policy", policy(p.Wasm, k.o.Secure))
	// no-store would also keep the browser from giving back what was typed when the person goes back; it is for secrets.
	h.Set("Cache-Control", "private, no-cache")
	if p.Secret || k.o.User != nil && k.o.User(r) != "" {
		h.Set("Cache-Control", "no-store")
	}
	if p.Secret {
		h.Set("Referrer-Policy", "no-referrer")
	}
	if p.Secret || p.NoIndex {
		h.Set("X-Robots-Tag", "noindex, nofollow")
	}
	h.Set("Content-Length", strconv.Itoa(len(out)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(out) // the reader may have gone: nothing to do about it
	}
}

func (k *Kit) render(w http.ResponseWriter, r *http.Request, name string, p *Page) ([]byte, error) {
	s, err := k.takeSet()
	if err != nil {
		return nil, err
	}
	// A set whose execution failed or panicked is dropped, not put back.
	s.scene = scene{k: k, w: w, r: r, lang: k.Lang(r), page: p, name: name}
	if s.tmpl.Lookup(name) == nil {
		return nil, fmt.Errorf("no template %q", name)
	}
	var body bytes.Buffer
	if err := s.tmpl.ExecuteTemplate(&body, name, p.Data); err != nil {
		return nil, err
	}
	v := view{Page: *p, Name: name, Body: template.HTML(body.String()), Version: k.o.Version, Demo: k.o.Demo,
		Nav: k.o.Nav, Footer: k.o.Footer, TitleText: p.TitleText, SignOut: k.o.SignOut}
	if v.TitleText == "" && p.Title != "" {
		v.TitleText = k.bundle.T(s.scene.lang, p.Title, p.Args...)
	}
	if k.o.NavFor != nil {
		if nav := k.o.NavFor(r); nav != nil {
			v.Nav = nav
		}
	}
	if k.o.User != nil {
		v.User = k.o.User(r)
	}
	var out bytes.Buffer
	out.Grow(body.Len() + 8<<10)
	if err := s.tmpl.ExecuteTemplate(&out, "layout", v); err != nil {
		return nil, err
	}
	s.scene = scene{}
	k.sets.Put(s)
	return out.Bytes(), nil
}
