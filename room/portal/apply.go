package portal

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

// Codes of conflicts that a page answers by itself.
const (
	codeSubmitted = "application.submitted" // by another tab, at this very moment
	codeKeyUsed   = "application.key-used"
)

const steps = 4 // agreement, form, keys, check

func (p *Portal) steps(r *http.Request, number int, key string) kit.Steps {
	return kit.Steps{Number: number, Of: steps, Text: p.kit.T(r, key)}
}

// Step 1: the agreement.

type agreementView struct {
	Steps   kit.Steps
	Version string
	Resume  string // where an open draft goes on; "" when there is none
	Before  string // number of the application that this browser submitted before; "" when there is none
}

func (p *Portal) agreementPage(r *http.Request, d *draft) kit.Page {
	v := agreementView{Steps: p.steps(r, 1, "portal.step.agreement"), Version: agreementVersion}
	if d != nil && d.open() && d.answered() {
		v.Resume = p.step(r, d)
	}
	if d != nil && !d.open() {
		v.Before = d.Number
	}
	return kit.Page{Title: "portal.agreement.title", Nav: "apply", Data: v, Secret: v.Before != ""}
}

func (p *Portal) agreement(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	p.kit.Page(w, r, http.StatusOK, "portal-agreement", p.agreementPage(r, d))
	return nil
}

func (p *Portal) agree(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if r.PostFormValue("agree") != "yes" {
		return p.again(w, r, "portal-agreement", p.agreementPage(r, d), "agree", fail.New(fail.Invalid, "portal.agreement.missing"))
	}
	// The same form sent twice finds the draft of the first time; a submitted application is left alone and a new one begins.
	if d == nil || !d.open() {
		if d, err = p.startDraft(w, r); err != nil {
			return err
		}
	}
	p.setCookie(w, agreementCookie, agreementVersion, cookieLife)
	return see(w, r, "/apply/form")
}

// Step 2: the form.

type formView struct {
	Steps      kit.Steps
	Localities []kit.Option
	Agree      bool // the agreement has to be accepted here, for the cookie of the first step was lost
}

func (p *Portal) formPage(r *http.Request, agree bool) kit.Page {
	return kit.Page{Title: "portal.form.title", Nav: "apply", Back: "/apply", NoIndex: true, Data: formView{
		Steps: p.steps(r, 2, "portal.step.form"), Localities: part.Localities(p.text(r)), Agree: agree}}
}

func (p *Portal) form(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if d == nil || !d.open() || (!p.agreed(r, d) && !d.answered()) {
		return see(w, r, p.step(r, d))
	}
	page := p.formPage(r, !p.agreed(r, d))
	a := d.Answers
	if a.Signing == "" {
		a.Signing = "gost"
	}
	page.Form = url.Values{
		"iin": {a.IIN}, "surname": {a.Surname}, "name": {a.Name}, "patronymic": {a.Patronymic}, "email": {a.Email},
		"locality": {a.Locality}, "signing": {a.Signing},
	}
	p.kit.Page(w, r, http.StatusOK, "portal-form", page)
	return nil
}

func (p *Portal) saveForm(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if d != nil && !d.open() {
		return see(w, r, "/apply/done") // the other tab has submitted it
	}
	accepted := p.agreed(r, d)
	if !accepted && r.PostFormValue("agree") != "yes" {
		return p.again(w, r, "portal-form", p.formPage(r, true), "agree", fail.New(fail.Invalid, "portal.agreement.missing"))
	}
	if d == nil { // the draft's cookie was lost or its time is over, what was typed is not
		if d, err = p.startDraft(w, r); err != nil {
			return err
		}
	}
	if !accepted {
		p.setCookie(w, agreementCookie, agreementVersion, cookieLife)
	}
	answers := application.Answers{
		IIN: r.PostFormValue("iin"), Surname: r.PostFormValue("surname"), Name: r.PostFormValue("name"),
		Patronymic: r.PostFormValue("patronymic"), Email: r.PostFormValue("email"), Locality: r.PostFormValue("locality"),
		Storage: "file", Signing: r.PostFormValue("signing"), Agreement: agreementVersion, Language: p.lang(r),
	}
	if !part.IsLocality(answers.Locality) {
		answers.Locality = "" // our list says where there are centres; the domain demands only that a place is given
	}
	err = p.authority.SaveAnswers(r.Context(), d.Number, d.secret, answers)
	if fail.CodeOf(err) == codeSubmitted {
		return see(w, r, "/apply/done")
	}
	if err != nil {
		return p.again(w, r, "portal-form", p.formPage(r, !accepted), "", err)
	}
	// Keys that were made stay good where the answers still ask for the same: step finds out.
	next, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if next == nil { // a new draft, whose cookie this request does not bring yet
		return see(w, r, "/apply/keys")
	}
	return see(w, r, p.step(r, next))
}

// Step 3: the keys.

type keysView struct {
	Steps    kit.Steps
	Number   string
	Profiles []string
	Saved    bool // there are requests for all of them already
}

func (p *Portal) keysPage(r *http.Request, d *draft) kit.Page {
	return kit.Page{Title: "portal.keys.title", Nav: "apply", Back: "/apply/form", Secret: true, Wasm: true, Scripts: []string{keyScript},
		Data: keysView{p.steps(r, 3, "portal.step.keys"), d.Number, p.authority.NeededProfiles(d.Application), p.keyed(d)}}
}

func (p *Portal) keys(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if d == nil || !d.open() || !d.answered() {
		return see(w, r, p.step(r, d))
	}
	p.kit.Page(w, r, http.StatusOK, "portal-keys", p.keysPage(r, d))
	return nil
}

// maxRequest caps one certification request in characters of base64: one of an RSA-4096 key has some 2,500.
const maxRequest = 16 << 10

func (p *Portal) saveKeys(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if d == nil || !d.open() || !d.answered() {
		return see(w, r, p.step(r, d))
	}
	csrs := map[string][]byte{}
	for _, profile := range p.authority.NeededProfiles(d.Application) {
		text := strings.TrimSpace(r.PostFormValue("csr-" + profile))
		der, err := base64.StdEncoding.DecodeString(text)
		if text == "" || len(text) > maxRequest || err != nil {
			return p.again(w, r, "portal-keys", p.keysPage(r, d), "", fail.New(fail.Invalid, "portal.keys.missing"))
		}
		csrs[profile] = der
	}
	err = p.authority.AttachRequests(r.Context(), d.Number, d.secret, csrs)
	if fail.CodeOf(err) == codeSubmitted {
		return see(w, r, "/apply/done")
	}
	if err != nil {
		return p.again(w, r, "portal-keys", p.keysPage(r, d), "", asFault(err, "", codeKeyUsed))
	}
	return see(w, r, "/apply/check")
}

// Step 4: check your answers, and submit.

type checkView struct {
	Steps kit.Steps
	Rows  []kit.Row
}

func (p *Portal) checkPage(r *http.Request, d *draft) kit.Page {
	t, a := p.text(r), d.Answers
	row := func(key string, value any, at string) kit.Row {
		return kit.Row{Key: t(key), Value: value, Href: at, Hidden: t(key)}
	}
	dash := func(s string) string {
		if s == "" {
			return "—"
		}
		return s
	}
	return kit.Page{Title: "portal.check.title", Nav: "apply", Back: "/apply/keys", Secret: true, Data: checkView{p.steps(r, 4, "portal.step.check"), []kit.Row{
		row("part.iin", a.IIN, "/apply/form#iin"),
		row("part.surname", a.Surname, "/apply/form#surname"),
		row("part.given-name", dash(a.Name), "/apply/form#name"),
		row("part.patronymic", dash(a.Patronymic), "/apply/form#patronymic"),
		row("part.email", dash(a.Email), "/apply/form#email"),
		row("part.locality", part.Locality(t, a.Locality), "/apply/form#locality"),
		{Key: t("portal.check.storage"), Value: t("portal.check.storage.file")},
		row("part.template", part.Template(t, d.Application), "/apply/form#signing"),
		row("portal.check.keys", t("portal.check.keys.made"), "/apply/keys"),
	}}}
}

func (p *Portal) check(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if to := p.step(r, d); to != "/apply/check" {
		return see(w, r, to)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-check", p.checkPage(r, d))
	return nil
}

// submit hands the application in. Sent twice, by a double click, a second tab or after a lost connection, it ends on the same page.
func (p *Portal) submit(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if to := p.step(r, d); to != "/apply/check" {
		return see(w, r, to)
	}
	if _, _, err := p.authority.Submit(r.Context(), d.Number, d.secret); err != nil {
		return p.again(w, r, "portal-check", p.checkPage(r, d), "", asFault(err, "", codeKeyUsed))
	}
	return see(w, r, "/apply/done")
}

func (p *Portal) submitted(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	return see(w, r, p.step(r, d))
}

type doneView struct {
	Number, Code string
	Place        string
	Deadline     string // day until which the applicant has to come; "" when nobody waits for him any more
	Status       string
}

func (p *Portal) done(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	if d == nil || d.open() {
		return see(w, r, p.step(r, d))
	}
	code, err := p.authority.RevocationCode(r.Context(), d.Number, d.secret)
	if err != nil {
		return fmt.Errorf("couldn't show the revocation code: %w", err)
	}
	v := doneView{Number: d.Number, Code: code, Place: part.Locality(p.text(r), d.Answers.Locality), Status: "/status/" + d.Number}
	if d.State == application.New {
		v.Deadline = kit.Date(d.Deadline)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-done", kit.Page{Title: "portal.done.title", Nav: "apply", Data: v, Secret: true})
	return nil
}

// forget takes the application out of this browser: it may be somebody else's.
func (p *Portal) forget(w http.ResponseWriter, r *http.Request) error {
	p.setCookie(w, draftCookie, "", -1)
	p.setCookie(w, agreementCookie, "", -1)
	return see(w, r, "/")
}
