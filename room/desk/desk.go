// Package desk is the operators' site: the queue of applications, an application on one page, its decision, search, and the
// certificates of the register (M1.3, M1.12).
//
// Whoever works here has signed in with his own key file and a one-time code; what he may do is asked of the authority again at each
// request, so that whoever is removed is out at once. Every decision is a statement that he signs with his signing key
// over exactly the text that he was shown: a session alone, stolen or left open, decides nothing. The authority logs what is
// looked at and done; this package adds nothing to the log.
package desk

import (
	"context"
	"embed"
	"encoding/base64"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/session"
)

//go:embed templates assets login.toml queue.toml application.toml certificate.toml faults.toml
var files embed.FS

var messages = i18n.MustLoad(files, "login.toml", "queue.toml", "application.toml", "certificate.toml", "faults.toml")

// Messages returns the texts of the site.
func Messages() *i18n.Bundle { return messages }

// Templates returns the pages of the site, whose names begin with "desk-". They use those of package part, and the fragments
// of package page.
func Templates() fs.FS { return sub("templates") }

// Assets returns the module of the keys, for kit.Options.Assets["desk"].
func Assets() fs.FS { return sub("assets") }

func sub(name string) fs.FS {
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// An Authority is what the site may ask of *authority.Authority: the procedures of staff and no others.
type Authority interface {
	LoginChallenge(ctx context.Context, origin, lang string) (statement.Challenge, error)
	Login(ctx context.Context, nonce string, cms []byte, totp string) (account.Staff, error)
	StaffMember(ctx context.Context, staff string) (account.Staff, error)

	Queue(ctx context.Context, staff string, f application.Filter) ([]*application.Application, error)
	Review(ctx context.Context, staff, number string) (authority.Review, error)
	DecisionChallenge(ctx context.Context, staff, number string, approve bool, reason, origin, lang string) (statement.Challenge, error)
	Decide(ctx context.Context, staff, nonce string, cms []byte) (*application.Application, error)

	Search(ctx context.Context, staff, query string) (authority.Found, error)
	Certificate(ctx context.Context, staff, issuer, serial string) (registry.Certificate, error)
	OperatorRevocationChallenge(ctx context.Context, staff, issuer, serial string, act string, reason int, words, origin, lang string) (statement.Challenge, error)
	RevokeByOperator(ctx context.Context, staff, nonce string, cms []byte) (registry.Certificate, error)
}

var _ Authority = (*authority.Authority)(nil)

// Options are what a Desk is made from. All but TrustedProxies must be given.
type Options struct {
	Authority Authority
	// Kit has the templates, messages and assets ("desk") of this package, those of part and page, and as its User, NavFor and
	// SignOut those of this package.
	Kit *kit.Kit
	// Sessions end after 15 minutes without a request and 8 hours in any case, which are the Manager's own defaults.
	Sessions *session.Manager
	Clock    clock.Clock
	Origin   string // https://host as people reach the site; stands in signed statements
	// TrustedProxies are believed when they say whose request they pass on.
	TrustedProxies []netip.Prefix
}

// A Desk is the operators' site. It is safe for concurrent use.
type Desk struct {
	o         Options
	authority Authority
	kit       *kit.Kit
	logins    *session.Limiter // texts to sign in with, and tries, by client
}

// New makes the site of its parts.
func New(o Options) (*Desk, error) {
	if o.Authority == nil || o.Kit == nil || o.Sessions == nil || o.Clock == nil {
		return nil, errors.New("couldn't make the desk: a part is missing")
	}
	u, err := url.Parse(o.Origin)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" {
		return nil, errors.New("couldn't make the desk: the origin is no https://host")
	}
	return &Desk{
		o: o, authority: o.Authority, kit: o.Kit,
		// Each look at the login page is a row of the store. The operators of a centre may share one address.
		logins: session.NewLimiter(o.Clock, 1.0/3, 40, 10_000),
	}, nil
}

// Handler routes the site under /desk. It checks the origin of every form by itself; kit.Middleware stands around it.
func (d *Desk) Handler() http.Handler {
	mux := http.NewServeMux()
	open := func(pattern string, f func(http.ResponseWriter, *http.Request) error) {
		mux.Handle(pattern, d.o.Sessions.Protect(d.handle(f)))
	}
	open("GET /desk/login", d.loginForm)
	open("POST /desk/login", d.login)
	open("GET /desk/logout", redirect("/desk/login"))
	open("POST /desk/logout", d.logout)

	for pattern, f := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /desk":         d.queue,
		"GET /desk/{$}":     redirect("/desk"),
		"GET /desk/search":  d.searchForm,
		"POST /desk/search": d.search,

		"GET /desk/applications/{number}":           d.application,
		"GET /desk/applications/{number}/decision":  d.backToApplication,
		"POST /desk/applications/{number}/decision": d.decision,
		"GET /desk/applications/{number}/sign":      d.backToApplication,
		"POST /desk/applications/{number}/sign":     d.decide,

		"GET /desk/certificates/{issuer}/{serial}":         d.certificate,
		"GET /desk/certificates/{issuer}/{serial}/change":  d.backToCertificate,
		"POST /desk/certificates/{issuer}/{serial}/change": d.change,
		"GET /desk/certificates/{issuer}/{serial}/sign":    d.backToCertificate,
		"POST /desk/certificates/{issuer}/{serial}/sign":   d.changeSigned,
	} {
		// Who has no session is asked to sign in before his form is judged: its token went with the session.
		mux.Handle(pattern, d.guard(d.o.Sessions.Protect(d.handle(f))))
	}
	mux.Handle("/desk/", d.guard(d.kit.NotFound()))
	return mux
}

type staffKey struct{}

// member is who is signed in; guard has put him there.
func member(r *http.Request) account.Staff {
	s, _ := r.Context().Value(staffKey{}).(account.Staff)
	return s
}

// User gives the kit's header the name of whoever is signed in at the desk: kit.Options.User.
func User(r *http.Request) string { return member(r).Name }

// NavFor gives the kit the navigation of the desk, nil for the pages of other rooms: kit.Options.NavFor.
func NavFor(r *http.Request) []kit.Link {
	switch {
	case r.URL.Path != "/desk" && !strings.HasPrefix(r.URL.Path, "/desk/"):
		return nil
	case member(r).IIN == "":
		return []kit.Link{}
	}
	return []kit.Link{{Name: "queue", Text: "desk.nav.queue", Href: "/desk"}, {Name: "search", Text: "desk.nav.search", Href: "/desk/search"}}
}

// SignOut is where the kit's header posts the end of a session: kit.Options.SignOut.
const SignOut = "/desk/logout"

// guard lets only members of staff through, as the authority knows them at this moment.
func (d *Desk) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s, ok := d.o.Sessions.From(r)
		if !ok {
			w.Header().Set("Cache-Control", "no-store")
			to := "/desk/login"
			if r.URL.Path != "/desk" {
				to += "?next=" + url.QueryEscape(pageOf(r))
			}
			http.Redirect(w, r, to, http.StatusSeeOther)
			return
		}
		staff, err := d.authority.StaffMember(r.Context(), s.Value)
		if err != nil {
			if fail.Is(err, fail.Forbidden) || fail.Is(err, fail.NotFound) {
				if lost := d.o.Sessions.End(w, r); lost != nil {
					err = errors.Join(err, lost)
				}
			}
			d.kit.Fail(w, r, told(err))
			return
		}
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), staffKey{}, staff)))
	})
}

// pageOf is the address to come back to after signing in: of a form, the page that it stands on.
func pageOf(r *http.Request) string {
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		return r.URL.RequestURI()
	}
	return r.URL.Path
}

// page is p as the desk shows it: dense, with the end of the session, and kept nowhere.
func (d *Desk) page(r *http.Request, p kit.Page) kit.Page {
	p.Wide, p.Secret = true, true
	p.Scripts = append(p.Scripts, "desk/desk.js")
	if s, ok := d.o.Sessions.From(r); ok && member(r).IIN != "" {
		p.Expires = max(1, int(d.o.Sessions.Left(s).Seconds()))
	}
	return p
}

func (d *Desk) show(w http.ResponseWriter, r *http.Request, status int, name string, p kit.Page) error {
	d.kit.Page(w, r, status, name, d.page(r, p))
	return nil
}

// redirect answers a GET to an address that only takes forms.
func redirect(to string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return see(w, r, to) }
}

func see(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (d *Desk) text(r *http.Request) part.Text { return part.In(d.kit, r) }

func (d *Desk) lang(r *http.Request) string { return string(d.kit.Lang(r)) }

// scriptPage is the module of package page that signs.
const scriptPage = "page/page.js"

// maxCMS caps a signed statement in characters of base64: a few kilobytes of text, one certificate, one signature.
const maxCMS = 64 << 10

// signed reads the signature that the page made. Errors are fail.Invalid.
func signed(r *http.Request) (nonce string, cms []byte, err error) {
	text := strings.TrimSpace(r.PostFormValue("cms"))
	cms, err = base64.StdEncoding.DecodeString(text)
	if text == "" || len(text) > maxCMS || err != nil {
		return "", nil, fail.New(fail.Invalid, "desk.sign.missing")
	}
	return r.PostFormValue("nonce"), cms, nil
}

// told gives a refusal of the authority the words that this site has for a member of staff.
func told(err error) error {
	code := fail.CodeOf(err)
	if !messages.Has("desk.fault." + code) {
		return err
	}
	named := fail.Wrap(fail.KindOf(err), "desk.fault."+code, err)
	var e *fail.Error
	if errors.As(err, &e) {
		named.Args = e.Args
	}
	return named
}

// handle is kit.Handle with these words.
func (d *Desk) handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return d.kit.Handle(func(w http.ResponseWriter, r *http.Request) error {
		if err := f(w, r); err != nil {
			return told(err)
		}
		return nil
	})
}

// say is why something was refused, in sentences.
func (d *Desk) say(r *http.Request, err error) string {
	if err == nil {
		return ""
	}
	return d.kit.Message(r, told(err))
}

// hopeless reports whether err is nothing that another try at the form would mend. That the status of the signer's own
// certificate is not to be had is told where he signs: his choices stay, and he tries again.
func hopeless(err error) bool {
	return fail.Is(err, fail.Internal) || fail.Is(err, fail.Unavailable) && fail.CodeOf(err) != "statement.no-status"
}

// signView is a statement that waits for its signature, with what it takes to make it anew when the signature is refused.
type signView struct {
	Title, Lead string
	Action      string
	Fields      []hidden
	Text, Nonce string
	Button      string
	Grave       bool   // the button warns
	Problem     string // why the last signature was refused
}

type hidden struct{ Name, Value string }
