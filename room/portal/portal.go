// Package portal is the applicant's site: apply for certificates with keys made in the page, follow the application by its
// number, install, sign, revoke (M1.1, M1.2, M1.4, M1.12).
//
// Everybody here is a stranger: nobody signs in. What opens something is a number of 80 random bits, the secret that the
// browser of a draft's maker holds in a cookie, a revocation code, or a signature. The register's data about persons is not
// reachable from here at all, and the same answer is given for every unknown IIN.
//
// Each change is a POST that ends in a redirect, and each may be sent twice.
package portal

import (
	"context"
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/session"
)

//go:embed templates apply.toml status.toml revoke.toml pages.toml
var files embed.FS

var messages = i18n.MustLoad(files, "apply.toml", "status.toml", "revoke.toml", "pages.toml")

// Messages returns the texts of the site.
func Messages() *i18n.Bundle { return messages }

// Templates returns the pages of the site, whose names begin with "portal-". They use those of package part, and the
// fragments of package page.
func Templates() fs.FS {
	dir, err := fs.Sub(files, "templates")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// An Authority is what the site may ask of *authority.Authority: an applicant's procedures and no others, so that no mistake
// here can reach those of staff.
type Authority interface {
	StartDraft(ctx context.Context, lang string) (app *application.Application, secret string, err error)
	Draft(ctx context.Context, number, secret string) (*application.Application, error)
	SaveAnswers(ctx context.Context, number, secret string, answers application.Answers) error
	NeededProfiles(app *application.Application) []string
	AttachRequests(ctx context.Context, number, secret string, csrs map[string][]byte) error
	Submit(ctx context.Context, number, secret string) (app *application.Application, code string, err error)
	RevocationCode(ctx context.Context, number, secret string) (string, error)

	Status(ctx context.Context, number string) (*application.Application, []registry.Certificate, error)
	Cancel(ctx context.Context, number, code string) error
	MarkInstalled(ctx context.Context, number string) error

	HoldByCode(ctx context.Context, number, code string) ([]registry.Certificate, error)
	CertificateStatus(ctx context.Context, issuer, serial string) (registry.Certificate, error)
	RevocationChallenge(ctx context.Context, issuer, serial string, reason int, origin, lang string) (statement.Challenge, error)
	RevokeByHolder(ctx context.Context, nonce string, cms []byte) (registry.Certificate, error)
}

// Options are what a Portal is made from. All but Secure and TrustedProxies must be given.
type Options struct {
	Authority Authority
	Hierarchy *ca.Hierarchy // for its certificates only
	Kit       *kit.Kit      // with the templates and messages of this package, part and page
	Sessions  *session.Manager
	Clock     clock.Clock
	Origin    string // https://host as people reach the site; stands in signed statements
	Secure    bool   // people reach the site by https: the draft's cookie is Secure
	// TrustedProxies are believed when they say whose request they pass on.
	TrustedProxies []netip.Prefix
}

// A Portal is the applicant's site. It is safe for concurrent use.
type Portal struct {
	o         Options
	authority Authority
	kit       *kit.Kit
	issuers   []issuer

	drafts  *session.Limiter // new drafts, by client
	lookups *session.Limiter // numbers and serials, by client
	codes   *session.Limiter // revocation codes, by client
}

// New makes the site of its parts.
func New(o Options) (*Portal, error) {
	if o.Authority == nil || o.Hierarchy == nil || o.Kit == nil || o.Sessions == nil || o.Clock == nil {
		return nil, errors.New("couldn't make the portal: a part is missing")
	}
	u, err := url.Parse(o.Origin)
	if err != nil || u.Host == "" || (u.Scheme != "https" && u.Scheme != "http") || u.Path != "" {
		return nil, errors.New("couldn't make the portal: the origin is no https://host")
	}
	// A service centre's hall may stand behind one address, so the limits bear a queue of people; what is guessed has 80
	// random bits in any case. The domain locks an application whose code is tried too often.
	const clients = 100_000 // some 10 MB at most
	return &Portal{
		o: o, authority: o.Authority, kit: o.Kit, issuers: issuersOf(o.Hierarchy),
		drafts:  session.NewLimiter(o.Clock, 1.0/20, 30, clients),
		lookups: session.NewLimiter(o.Clock, 1, 60, clients),
		codes:   session.NewLimiter(o.Clock, 1.0/30, 10, clients),
	}, nil
}

// Handler routes the site. It checks the origin of every form by itself; kit.Middleware stands around it.
func (p *Portal) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, f := range map[string]func(http.ResponseWriter, *http.Request) error{
		"GET /{$}":       p.start,
		"GET /sign":      p.sign,
		"GET /downloads": p.downloads,
		"GET /about":     p.about,

		"GET /apply":         p.agreement,
		"POST /apply":        p.agree,
		"GET /apply/form":    p.form,
		"POST /apply/form":   p.saveForm,
		"GET /apply/keys":    p.keys,
		"POST /apply/keys":   p.saveKeys,
		"GET /apply/check":   p.check,
		"GET /apply/submit":  p.submitted, // a reload or a language switch after an error there
		"POST /apply/submit": p.submit,
		"GET /apply/done":    p.done,
		"POST /apply/forget": p.forget,

		"GET /status":                  p.statusForm,
		"POST /status":                 p.findStatus,
		"GET /status/{number}":         p.status,
		"GET /status/{number}/cancel":  p.cancelForm,
		"POST /status/{number}/cancel": p.cancel,

		"GET /install/{number}":                  p.install,
		"POST /install/{number}":                 p.markInstalled,
		"GET /install/{number}/done":             p.installed,
		"GET /install/{number}/certificates.pem": p.certificates,

		"GET /revoke":                        p.revoke,
		"GET /revoke/key":                    p.holder,
		"POST /revoke/key":                   p.holderCertificates,
		"POST /revoke/key/reason":            p.holderReason,
		"POST /revoke/key/sign":              p.holderSign,
		"GET /revoke/key/reason":             redirect("/revoke/key"),
		"GET /revoke/key/sign":               redirect("/revoke/key"),
		"GET /revoke/done/{issuer}/{serial}": p.holderDone,
		"GET /revoke/code":                   p.codeForm,
		"POST /revoke/code":                  p.hold,
		"GET /revoke/code/{number}":          p.held,
	} {
		mux.Handle(pattern, p.kit.Handle(f))
	}
	mux.Handle("/", p.kit.NotFound())
	return p.o.Sessions.Protect(mux)
}

// redirect answers a GET to an address that only takes forms: somebody reloaded, or changed the language.
func redirect(to string) func(http.ResponseWriter, *http.Request) error {
	return func(w http.ResponseWriter, r *http.Request) error { return see(w, r, to) }
}

// see sends the reader on after a form. The address may hold a number, so nothing keeps the answer.
func see(w http.ResponseWriter, r *http.Request, to string) error {
	w.Header().Set("Cache-Control", "no-store")
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

func (p *Portal) text(r *http.Request) part.Text { return part.In(p.kit, r) }

func (p *Portal) lang(r *http.Request) string { return string(p.kit.Lang(r)) }

// again shows a form once more with what was typed, where err is the form's own fault: at its fields, or, when it names none,
// at the field. Any other error is returned, for the page of errors.
func (p *Portal) again(w http.ResponseWriter, r *http.Request, name string, page kit.Page, field string, err error) error {
	var faults fail.Fields
	if !errors.As(err, &faults) && !faults.AddError(field, err) {
		return err
	}
	page.Errors, page.Form = faults, r.PostForm
	p.kit.Page(w, r, http.StatusUnprocessableEntity, name, page)
	return nil
}

// tooOften is what a client that asks too often is told.
func (p *Portal) tooOften(w http.ResponseWriter) error {
	w.Header().Set("Retry-After", "60")
	return fail.New(fail.Unavailable, "portal.too-often")
}

func (p *Portal) client(r *http.Request) string { return session.ClientKey(r, p.o.TrustedProxies) }
