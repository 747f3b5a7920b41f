package portal

import (
	"net/http"
	"strings"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/fail"
)

const (
	draftCookie     = "senim_draft"     // number.secret of the application that this browser makes
	agreementCookie = "senim_agreement" // version of the agreement that was accepted in this browser
	cookieLife      = 30 * 24 * 3600    // seconds: as long as a draft is kept
)

// agreementVersion is of the text in apply.toml, and is kept with every application. Who accepted an older one is asked again.
const agreementVersion = "2026-11"

// cookieName adds the prefix that keeps another site of the same domain from planting a cookie of ours: a person would type his
// data into somebody else's draft.
func (p *Portal) cookieName(name string) string {
	if p.o.Secure {
		return "__Host-" + name
	}
	return name
}

func (p *Portal) setCookie(w http.ResponseWriter, name, value string, life int) {
	http.SetCookie(w, &http.Cookie{Name: p.cookieName(name), Value: value, Path: "/", MaxAge: life, HttpOnly: true, Secure: p.o.Secure, SameSite: http.SameSiteLaxMode})
}

// ticket reads the draft's cookie. What is not of the right form is as good as none.
func (p *Portal) ticket(r *http.Request) (number, secret string, ok bool) {
	c, err := r.Cookie(p.cookieName(draftCookie))
	if err != nil || len(c.Value) > 200 {
		return "", "", false
	}
	number, secret, ok = strings.Cut(c.Value, ".")
	if !ok || secret == "" {
		return "", "", false
	}
	number, err = application.ParseNumber(number)
	return number, secret, err == nil
}

// A draft is the application that this browser makes or has made.
type draft struct {
	*application.Application
	secret string
}

// open reports whether it can still be changed.
func (d *draft) open() bool { return d.State == application.Draft }

// draft returns the application of this browser, or nil when it has none any more: the cookie of a deleted or foreign one is
// taken away.
func (p *Portal) draft(w http.ResponseWriter, r *http.Request) (*draft, error) {
	number, secret, ok := p.ticket(r)
	if !ok {
		return nil, nil
	}
	a, err := p.authority.Draft(r.Context(), number, secret)
	switch {
	case fail.Is(err, fail.NotFound), fail.Is(err, fail.Forbidden), fail.Is(err, fail.Invalid):
		p.setCookie(w, draftCookie, "", -1)
		return nil, nil
	case err != nil:
		return nil, err
	}
	return &draft{a, secret}, nil
}

// startDraft begins an application in this browser.
func (p *Portal) startDraft(w http.ResponseWriter, r *http.Request) (*draft, error) {
	if !p.drafts.Allow(p.client(r)) {
		return nil, p.tooOften(w)
	}
	a, secret, err := p.authority.StartDraft(r.Context(), p.lang(r))
	if err != nil {
		return nil, err
	}
	p.setCookie(w, draftCookie, a.Number+"."+secret, cookieLife)
	return &draft{a, secret}, nil
}

// agreed reports whether the present agreement was accepted in this browser.
func (p *Portal) agreed(r *http.Request, d *draft) bool {
	if d != nil && d.Answers.Agreement == agreementVersion {
		return true
	}
	c, err := r.Cookie(p.cookieName(agreementCookie))
	return err == nil && c.Value == agreementVersion
}

// answered reports whether the form was filled in, and keyed, whether there is a request for every key.
func (d *draft) answered() bool { return d.Answers.IIN != "" }

func (p *Portal) keyed(d *draft) bool {
	needed := p.authority.NeededProfiles(d.Application)
	if len(needed) == 0 || len(d.Requests) != len(needed) {
		return false
	}
	for i, q := range d.Requests {
		if q.Profile != needed[i] {
			return false
		}
	}
	return true
}

// step is where this browser's application stands: the address of the page to go on with.
func (p *Portal) step(r *http.Request, d *draft) string {
	switch {
	case d == nil:
		return "/apply"
	case !d.open():
		return "/apply/done"
	case !p.agreed(r, d) && !d.answered():
		return "/apply"
	case !d.answered():
		return "/apply/form"
	case !p.keyed(d):
		return "/apply/keys"
	}
	return "/apply/check"
}
