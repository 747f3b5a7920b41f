package main

import (
	"context"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/online"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/room/desk"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/room/portal"
	"github.com/senim-pki/senim/room/status"
	"github.com/senim-pki/senim/room/verify"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/page"
	"github.com/senim-pki/senim/web/session"
)

// A site is every room of a server.
type site struct {
	kit    *kit.Kit
	portal http.Handler
	desk   http.Handler
	verify http.Handler
	status *status.Status
	online *online.Client
}

// A frame is what every page stands in: texts, templates and sessions. It needs no authority.
type frame struct {
	kit      *kit.Kit
	sessions *session.Manager
}

func newFrame(a *app, s settings, demo bool) (*frame, error) {
	f := &frame{}
	secure := strings.HasPrefix(s.url, "https://")
	// Forms that expired are answered by the kit, which needs the manager's tokens: each is made with a way to the other.
	f.sessions = session.New(session.Options{Clock: a.clock, Secure: secure, Refused: func(w http.ResponseWriter, r *http.Request, same bool) {
		f.kit.Expired(w, r, same)
	}})
	v, _ := buildVersion()
	var err error
	f.kit, err = kit.New(kit.Options{
		Messages:  append(bundles(), part.Messages(), page.Messages(), portal.Messages(), desk.Messages(), verify.Messages()),
		Templates: []fs.FS{part.Templates(), page.Templates(), portal.Templates(), desk.Templates(), verify.Templates()},
		Assets:    map[string]fs.FS{"page": page.Assets(), "desk": desk.Assets(), "verify": verify.Assets()},
		Secure:    secure, Demo: demo, Version: v, CSRF: f.sessions.CSRFToken,
		User: desk.User, NavFor: desk.NavFor, SignOut: desk.SignOut, BodyLimit: verify.BodyLimit, Log: s.log,
	})
	return f, err
}

// newSite makes the rooms of an authority.
func newSite(a *app, s settings, o *opened, f *frame) (*site, error) {
	x := &site{status: newStatus(a.clock, s, o), online: newOnline(a.clock, s, o), kit: f.kit}
	secure, sessions := strings.HasPrefix(s.url, "https://"), f.sessions
	p, err := portal.New(portal.Options{
		Authority: o.Authority, Hierarchy: o.hierarchy, Kit: x.kit, Sessions: sessions, Clock: a.clock, Origin: s.url, Secure: secure, TrustedProxies: s.proxies,
	})
	if err != nil {
		return nil, err
	}
	d, err := desk.New(desk.Options{Authority: o.Authority, Kit: x.kit, Sessions: sessions, Clock: a.clock, Origin: s.deskURL, TrustedProxies: s.proxies})
	if err != nil {
		return nil, err
	}
	more, err := a.certificates(s.Trust)
	if err != nil {
		return nil, err
	}
	y, err := verify.New(verify.Options{
		Kit: x.kit, Clock: a.clock, Anchors: append(o.hierarchy.Anchors(), more...), Intermediates: o.hierarchy.Intermediates(),
		Fetcher: newEvidence(o, x.online), TrustedProxies: s.proxies,
	})
	if err != nil {
		return nil, err
	}
	x.portal, x.desk, x.verify = p.Handler(), d.Handler(), y.Handler()
	return x, nil
}

// Close lets connections of the network client go.
func (x *site) Close() { x.online.Close() }

// pages is the handler of the main address: the pages, and every face that has no address of its own.
func (x *site) pages(s settings) http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/", x.portal)
	mux.Handle("/verify", x.verify)
	mux.Handle("/verify/", x.verify)
	mux.Handle("/assets/", x.kit.Assets())
	if s.DeskListen == "" {
		mux.Handle("/desk", x.desk)
		mux.Handle("/desk/", x.desk)
	}
	pages := x.kit.Middleware(mux)
	if s.StatusListen != "" {
		return pages
	}
	// The multiplexer would clean a path that has base64 in it, so the machines' face is asked first.
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if status.Serves(r) {
			x.status.ServeHTTP(w, r)
			return
		}
		pages.ServeHTTP(w, r)
	})
}

// deskAlone is the handler of the desk's own address.
func (x *site) deskAlone() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("/desk", x.desk)
	mux.Handle("/desk/", x.desk)
	mux.Handle("/assets/", x.kit.Assets())
	mux.Handle("GET /{$}", http.RedirectHandler("/desk", http.StatusSeeOther))
	mux.Handle("/", x.kit.NotFound())
	return x.kit.Middleware(mux)
}

func newStatus(c clock.Clock, s settings, o *opened) *status.Status {
	certificates := map[string][]byte{}
	for _, r := range o.hierarchy.Roots() {
		certificates[r.Name] = r.Certificate.Raw
	}
	for _, x := range o.hierarchy.Authorities() {
		certificates[x.Name] = x.Certificate.Raw
	}
	lists := publish.NewShelf(o.Publisher())
	return status.New(status.Options{
		Responder: o.Responder(), Clock: c, Log: s.log,
		Certificates: func(name string) []byte { return certificates[name] },
		Lists: func(ctx context.Context, name string) (status.List, error) {
			l, err := lists.Current(ctx, name)
			return status.List{DER: l.DER, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate}, err
		},
		Ready: func(ctx context.Context) []string { return notReady(ctx, c, o, lists) },
	})
}

// notReady says what keeps the authority from its work. A balancer reads it, so it is English and names no place inside.
func notReady(ctx context.Context, c clock.Clock, o *opened, lists *publish.Shelf) (reasons []string) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	now := c.Now()
	var last time.Time
	if err := o.store.View(ctx, func(tx authority.Tx) (err error) {
		last, err = tx.LastEntryTime()
		return err
	}); err != nil {
		return []string{"the store does not answer"}
	}
	if now.Before(last) {
		reasons = append(reasons, "the clock stands before the last entry of the log")
	}
	for name := range listNames(o) {
		if l, err := lists.Current(ctx, name); err != nil || !l.NextUpdate.IsZero() && now.After(l.NextUpdate) {
			reasons = append(reasons, "the list of "+name+" is missing or out of date")
		}
	}
	slices.Sort(reasons)
	return reasons
}

func listNames(o *opened) map[string]bool {
	names := map[string]bool{}
	for _, r := range o.hierarchy.Roots() {
		names[r.Name] = true
	}
	for _, x := range o.hierarchy.Authorities() {
		names[x.Name] = true
	}
	return names
}

// newOnline asks the network for the verification page. The authority's own host may be on this machine.
func newOnline(c clock.Clock, s settings, o *opened) *online.Client {
	allowed := append([]string{s.Listen, s.StatusListen}, s.AllowedHosts...)
	if u, err := url.Parse(o.hierarchy.Config().URL); err == nil {
		allowed = append(allowed, u.Host)
	}
	return online.New(online.Options{Clock: c, Allowed: slices.DeleteFunc(allowed, func(h string) bool { return h == "" }), Log: s.log})
}

// evidence answers about the authority's own certificates from its register, and asks the network about all others.
type evidence struct {
	own    path.Fetcher
	others path.Fetcher
	issuer func(*cert.Certificate) bool
}

func (e evidence) OCSP(ctx context.Context, leaf, issuer *cert.Certificate) (*ocsp.Response, error) {
	if e.issuer(leaf) {
		return e.own.OCSP(ctx, leaf, issuer)
	}
	return e.others.OCSP(ctx, leaf, issuer)
}

func (e evidence) CRL(ctx context.Context, leaf *cert.Certificate) (*crl.List, error) {
	if e.issuer(leaf) {
		return e.own.CRL(ctx, leaf)
	}
	return e.others.CRL(ctx, leaf)
}

// newEvidence joins the two.
func newEvidence(o *opened, others path.Fetcher) path.Fetcher {
	return evidence{own: o.Responder(), others: others, issuer: func(leaf *cert.Certificate) bool {
		return slices.ContainsFunc(o.hierarchy.Authorities(), func(x *ca.Authority) bool {
			return cert.EqualName(leaf.RawIssuer, x.Certificate.RawSubject) && leaf.CheckSignature(x.Certificate.PublicKey) == nil
		})
	}}
}
