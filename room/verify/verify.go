// Package verify is the verification page: anybody uploads a signed file or a certificate and is told in the words of M9 what
// it is worth, with the evidence (M9). It needs no authority: anchors, certificates and the way to revocation answers are given.
//
// Nothing that is uploaded is stored. Judging changes nothing, so the form carries no token; each client may judge a
// limited number of files, and answers go only to whoever asked from our own page or from a program.
package verify

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/session"
)

//go:embed templates assets messages.toml
var files embed.FS

var messages = i18n.MustLoad(files, "messages.toml")

// Messages returns the texts of the page. Those of package report are its callers' to add, too.
func Messages() *i18n.Bundle { return messages }

// Templates returns the page's templates, whose names begin with "verify-". They use those of package part, and page-hash of
// package page.
func Templates() fs.FS { return sub("templates") }

// Assets returns the page's module, for kit.Options.Assets["verify"].
func Assets() fs.FS { return sub("assets") }

func sub(name string) fs.FS {
	dir, err := fs.Sub(files, name)
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// MaxBody caps an upload, in octets. An attached signature holds its document; a scan has a few megabytes and an attachment of an
// appeal at most 15 (M4.7), while a file lies in memory up to three times: as it came, as DER, and its content. A larger
// document is signed detached and hashed in the page, or verified by the command.
const MaxBody = 32 << 20

// BodyLimit is what this page lets the kit's middleware pass, 0 for the pages of other rooms: for kit.Options.BodyLimit.
func BodyLimit(r *http.Request) int64 {
	if r.Method == http.MethodPost && (r.URL.Path == "/verify" || r.URL.Path == "/verify/content") {
		return MaxBody
	}
	return 0
}

const (
	atOnce   = 4                // judgements at the same time: their memory is bounded by atOnce × 3 × MaxBody
	patience = 20 * time.Second // for one judgement, with its questions to the network
)

// Options are what a Page is made from. Kit, Clock and Anchors must be given.
type Options struct {
	Kit           *kit.Kit // with the templates, messages and assets ("verify") of this package, part and page
	Clock         clock.Clock
	Anchors       []*cert.Certificate
	Intermediates []*cert.Certificate
	Fetcher       path.Fetcher     // package online; nil: nobody is asked, and a status is known only where the file brings it
	Limiter       *session.Limiter // of judgements by client; nil: 30 at once and one more every 5 seconds
	// TrustedProxies are believed when they say whose request they pass on.
	TrustedProxies []netip.Prefix
}

// A Page is the verification page. It is safe for concurrent use.
type Page struct {
	o     Options
	kit   *kit.Kit
	slots chan struct{}
}

// New makes the page of its parts.
func New(o Options) (*Page, error) {
	if o.Kit == nil || o.Clock == nil || len(o.Anchors) == 0 {
		return nil, errors.New("couldn't make the verification page: a part is missing")
	}
	if o.Limiter == nil {
		o.Limiter = session.NewLimiter(o.Clock, 1.0/5, 30, 100_000)
	}
	return &Page{o: o, kit: o.Kit, slots: make(chan struct{}, atOnce)}, nil
}

// Handler routes the page. kit.Middleware stands around it, with BodyLimit.
func (p *Page) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /verify", p.kit.Handle(p.form))
	mux.Handle("POST /verify", p.kit.Handle(p.judge))
	mux.Handle("GET /verify/content", p.kit.Handle(p.contentForm))
	mux.Handle("POST /verify/content", p.kit.Handle(p.content))
	mux.Handle("/", p.kit.NotFound())
	return mux
}

func (p *Page) text(r *http.Request) part.Text { return part.In(p.kit, r) }

// formView is the form; Problem says why the last upload was not judged.
type formView struct {
	Problem   string
	Signature string // base64 of the signature that waits for its document; "" when none does
	Name      string // of its file
	Max       string
}

func (p *Page) form(w http.ResponseWriter, r *http.Request) error {
	p.show(w, r, http.StatusOK, formView{})
	return nil
}

func (p *Page) show(w http.ResponseWriter, r *http.Request, status int, v formView) {
	v.Max = p.kit.T(r, "verify.max", "megabytes", MaxBody>>20)
	p.kit.Page(w, r, status, "verify-form", kit.Page{Title: "verify.title", Nav: "verify", Wasm: true, Scripts: scripts, Data: v})
}

// The module of this page comes first: it gives page-hash the signature that was sent before.
var scripts = []string{"verify/verify.js", "page/page.js"}

// admit slows down whoever asks too often, and refuses what another site makes a browser send.
func (p *Page) admit(w http.ResponseWriter, r *http.Request) error {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "same-origin", "none":
	default:
		return fail.New(fail.Forbidden, "verify.elsewhere")
	}
	if o := r.Header.Get("Origin"); o != "" && o != "null" {
		if u, err := url.Parse(o); err != nil || !strings.EqualFold(u.Host, r.Host) {
			return fail.New(fail.Forbidden, "verify.elsewhere")
		}
	}
	if !p.o.Limiter.Allow(session.ClientKey(r, p.o.TrustedProxies)) {
		w.Header().Set("Retry-After", "30")
		return fail.New(fail.Unavailable, "verify.too-often")
	}
	return nil
}
