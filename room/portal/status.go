package portal

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

// found returns an application by the number in the address or form. Numbers are tried at a limited pace.
func (p *Portal) found(w http.ResponseWriter, r *http.Request, typed string) (*application.Application, []registry.Certificate, error) {
	if !p.lookups.Allow(p.client(r)) {
		return nil, nil, p.tooOften(w)
	}
	number, err := application.ParseNumber(typed)
	if err != nil {
		return nil, nil, err
	}
	a, certificates, err := p.authority.Status(r.Context(), number)
	if err == nil && a.State == application.Draft { // a draft has no status; the domain says so too
		err = fail.New(fail.NotFound, "portal.status.unknown")
	}
	return a, certificates, err
}

func statusFormPage() kit.Page { return kit.Page{Title: "portal.status.title", Nav: "status"} }

func (p *Portal) statusForm(w http.ResponseWriter, r *http.Request) error {
	p.kit.Page(w, r, http.StatusOK, "portal-status-form", statusFormPage())
	return nil
}

func (p *Portal) findStatus(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PostFormValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PostFormValue("number"), err)
	}
	return see(w, r, "/status/"+a.Number)
}

// unknown shows the form again for a number that cannot be one, or is nobody's.
func (p *Portal) unknown(w http.ResponseWriter, r *http.Request, typed string, err error) error {
	status, code := http.StatusUnprocessableEntity, fail.CodeOf(err)
	switch {
	case fail.Is(err, fail.NotFound):
		status, code = http.StatusNotFound, "portal.status.unknown"
	case !fail.Is(err, fail.Invalid):
		return err
	case typed == "":
		code = "portal.status.empty"
	}
	page := statusFormPage()
	page.Secret = true
	page.Errors, page.Form = fail.Fields{{Name: "number", Code: code}}, url.Values{"number": {typed}}
	p.kit.Page(w, r, status, "portal-status-form", page)
	return nil
}

type statusView struct {
	Number       string
	Lead         string
	Button       kit.Anchor // the one thing to do next; empty when there is none but to wait
	Again        string     // this page's own address
	Rows         []kit.Row
	Moves        kit.Table
	Certificates *kit.Table
	Cancel       string // address where it can be withdrawn; "" when it cannot
}

func (p *Portal) status(w http.ResponseWriter, r *http.Request) error {
	a, certificates, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if a.Number != r.PathValue("number") {
		return see(w, r, "/status/"+a.Number) // one address for one application
	}
	t := p.text(r)
	v := statusView{
		Number: a.Number, Again: "/status/" + a.Number,
		Rows: part.Application(t, a, part.Stranger), Moves: part.Moves(t, a, part.Stranger),
	}
	v.Lead, v.Button = p.next(t, a)
	if len(certificates) > 0 {
		table := part.Certificates(t, certificates, p.o.Clock.Now(), nil)
		v.Certificates = &table
	}
	if application.Allowed(a.State, application.Applicant, application.Cancelled) {
		v.Cancel = "/status/" + a.Number + "/cancel"
	}
	p.kit.Page(w, r, http.StatusOK, "portal-status", kit.Page{Title: "portal.status.title", Nav: "status", Data: v, Secret: true})
	return nil
}

// next says what there is to do in the state, and where.
func (p *Portal) next(t part.Text, a *application.Application) (lead string, button kit.Anchor) {
	apply := kit.Anchor{Text: t("portal.status.apply-again"), Href: "/apply"}
	switch a.State {
	case application.New:
		lead = t("portal.status.next.new", "place", part.Locality(t, a.Answers.Locality), "date", kit.Date(a.Deadline))
	case application.Issued:
		lead = t("portal.status.next.issued", "date", kit.Date(a.Deadline))
		button = kit.Anchor{Text: t("portal.install.button"), Href: "/install/" + a.Number}
	case application.Installed:
		lead = t("portal.status.next.installed")
		button = kit.Anchor{Text: t("portal.sign.button"), Href: "/sign"}
	case application.Rejected:
		if why := part.Refusal(a); why != "" {
			return t("portal.status.next.refused", "reason", why), apply
		}
		return t("portal.status.next.rejected"), apply
	case application.Deactivated, application.Cancelled, application.Uncollected:
		return t("portal.status.next." + string(a.State)), apply
	default: // identified, user-signed, awaiting-head, signing
		lead = t("portal.status.next." + string(a.State))
	}
	return lead, button
}

type cancelView struct{ Number, Action, Back string }

func cancelPage(a *application.Application) kit.Page {
	at := "/status/" + a.Number
	return kit.Page{Title: "portal.cancel.title", Nav: "status", Back: at, Secret: true, Data: cancelView{a.Number, at + "/cancel", at}}
}

func (p *Portal) cancelForm(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if !application.Allowed(a.State, application.Applicant, application.Cancelled) {
		return see(w, r, "/status/"+a.Number)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-cancel", cancelPage(a))
	return nil
}

func (p *Portal) cancel(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if !application.Allowed(a.State, application.Applicant, application.Cancelled) {
		return see(w, r, "/status/"+a.Number) // withdrawn already, or too late: the page says which
	}
	if !p.codes.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	if err := p.authority.Cancel(r.Context(), a.Number, r.PostFormValue("code")); err != nil {
		return p.again(w, r, "portal-cancel", cancelPage(a), "code", asFault(err, "code", codeWrong, codeLocked))
	}
	return see(w, r, "/status/"+a.Number)
}

// Codes that a form with a revocation code answers by itself.
const (
	codeWrong   = "application.code-wrong"
	codeLocked  = "application.code-locked"
	codeNothing = "application.nothing-to-suspend"
)

// asFault makes an error with one of the codes a fault of the form, which can be sent again. Any other is returned as it is.
func asFault(err error, field string, codes ...string) error {
	code := fail.CodeOf(err)
	if !slices.Contains(codes, code) {
		return err
	}
	var args map[string]string
	if e := (*fail.Error)(nil); errors.As(err, &e) {
		args = e.Args
	}
	return fail.Fields{{Name: field, Code: code, Args: args}}
}
