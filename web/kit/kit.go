// Package kit is the look and the manners of every page: markup, styles, small ES modules, three languages, error
// pages, static files and security headers.
//
// It knows no certificate, no authority and no storage, so a component cannot be wrong about one: what a badge says is
// decided by the caller, the kit only draws it. A room gives its own templates and message files and gets back whole
// pages; every page works without JavaScript, and no page holds inline script or style.
//
// A room writes
//
//	func (p *Portal) status(w http.ResponseWriter, r *http.Request) error {
//		…
//		p.kit.Page(w, r, http.StatusOK, "status", kit.Page{Title: "status.title", Data: view})
//		return nil
//	}
//
// registers it as p.kit.Handle(p.status), and its template "status" is executed with view as the dot, inside the
// layout. The functions and components that a template may use are listed at funcs.go and in templates/.
package kit

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"

	"github.com/senim-pki/senim/base/i18n"
)

//go:embed assets templates messages.toml
var files embed.FS

// DefaultBody is the largest request body, in octets, that Middleware lets through where Options.BodyLimit does not
// say otherwise: forms and one PKCS#10 or CMS of a decision are a few kilobytes, a file to verify is a room's own matter.
const DefaultBody = 256 << 10

// Options is what a Kit is made of. The zero value works: the kit's own texts, no forms protected, plain HTTP.
type Options struct {
	// Messages are the rooms' texts. The kit adds its own; a key in two bundles is an error of New.
	Messages []*i18n.Bundle
	// Templates are the rooms' own: each *.html file at the root of each FS holds {{define "…"}} blocks. A name
	// defined twice, in a room or in the kit, is an error of New.
	Templates []fs.FS
	// Assets are further folders of static files: "page" → /assets/…/page/…
	Assets map[string]fs.FS
	// Secure says that people reach the site by https: cookies are Secure and HSTS is sent.
	Secure bool
	// Demo shows the banner of the test authority on every page.
	Demo bool
	// Version is shown in the footer.
	Version string
	// CSRF gives the token that the csrf field carries, setting a cookie where it has to: session.Manager.CSRFToken.
	// Nil: forms carry no token.
	CSRF func(w http.ResponseWriter, r *http.Request) string
	// User names who is signed in, for the header; "" is nobody. Nil: never anybody. Pages of somebody signed in are kept
	// in no cache: whoever sits down at the computer after him must not find them by going back.
	User func(r *http.Request) string
	// SignOut is where the header's sign-out form is posted; "/logout" when empty.
	SignOut string
	// Nav is the main navigation; nil is the default for the applicant's site, an empty one shows none. The footer too.
	Nav, Footer []Link
	// NavFor, when set, chooses the main navigation by request (the desk's differs from the portal's); nil → Nav.
	NavFor func(r *http.Request) []Link
	// BodyLimit is the largest body in octets that this request may have; 0 is DefaultBody. Nil is 0 for all.
	BodyLimit func(r *http.Request) int64
	// Log takes what the pages do not say: causes of internal errors, with reference and request number. Nil: slog.Default().
	Log *slog.Logger
}

// A Link leads somewhere. Text is a message key; Name is what Page.Nav refers to.
type Link struct{ Name, Text, Href string }

// Kit renders pages. It is safe for concurrent use.
type Kit struct {
	o      Options
	bundle *i18n.Bundle
	base   *template.Template // never executed: only a template that was not can be cloned
	sets   sync.Pool          // of *set
	assets *assets
	log    *slog.Logger
}

// New reads the kit's own and the rooms' messages, templates and assets; whatever is wrong in them is an error here
// and not on a page.
func New(o Options) (*Kit, error) {
	own, err := i18n.Load(files, "messages.toml")
	if err != nil {
		return nil, fmt.Errorf("couldn't load the kit's messages: %w", err)
	}
	bundle, err := merge(append([]*i18n.Bundle{own}, o.Messages...))
	if err != nil {
		return nil, err
	}
	if o.Nav == nil {
		o.Nav = DefaultNav
	}
	if o.Footer == nil {
		o.Footer = DefaultFooter
	}
	if o.SignOut == "" {
		o.SignOut = "/logout"
	}
	k := &Kit{o: o, bundle: bundle, log: o.Log}
	if k.log == nil {
		k.log = slog.Default()
	}
	if k.assets, err = newAssets(o.Assets); err != nil {
		return nil, err
	}
	if k.base, err = k.parse(o.Templates); err != nil {
		return nil, err
	}
	if _, err := k.newSet(); err != nil {
		return nil, err
	}
	return k, nil
}

// merge turns the panic of i18n.Merge into an error: whose message doubles whose is what a room's author must read.
func merge(bundles []*i18n.Bundle) (_ *i18n.Bundle, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("couldn't join the messages: %v", p)
		}
	}()
	return i18n.Merge(bundles...), nil
}

// DefaultNav and DefaultFooter are the links of the applicant's site.
var (
	DefaultNav = []Link{
		{"apply", "kit.nav.apply", "/apply"},
		{"status", "kit.nav.status", "/status"},
		{"sign", "kit.nav.sign", "/sign"},
		{"verify", "kit.nav.verify", "/verify"},
		{"revoke", "kit.nav.revoke", "/revoke"},
	}
	DefaultFooter = []Link{
		{"roots", "kit.footer.roots", "/downloads"},
		{"crl", "kit.footer.crl", "/downloads#issuing"},
		{"verify", "kit.footer.verify", "/verify"},
		{"about", "kit.footer.about", "/about"},
	}
)
