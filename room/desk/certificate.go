package desk

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

type certificateView struct {
	Card        part.Card
	Done        string // said after his own change
	Problem     string
	Application string // address; "" for a certificate without one
	History     []kit.Move
	Details     []kit.Row
	Action      string
	Reasons     []kit.Option
	MayRevoke   bool
	MayHold     bool
	MayLift     bool
}

// reasons are those that an operator may give, the most urgent first.
var reasons = []int{revoke.KeyCompromise, revoke.AffiliationChanged, revoke.Superseded, revoke.CessationOfOperation, revoke.PrivilegeWithdrawn, revoke.Unspecified}

func (d *Desk) found(r *http.Request) (registry.Certificate, error) {
	c, err := d.authority.Certificate(r.Context(), member(r).IIN, r.PathValue("issuer"), r.PathValue("serial"))
	if fail.Is(err, fail.NotFound) || fail.Is(err, fail.Invalid) {
		return c, fail.Wrap(fail.NotFound, "desk.certificate.unknown", err)
	}
	return c, err
}

func (d *Desk) backToCertificate(w http.ResponseWriter, r *http.Request) error {
	c, err := d.found(r)
	if err != nil {
		return err
	}
	return see(w, r, certificateHref(c))
}

func (d *Desk) certificate(w http.ResponseWriter, r *http.Request) error {
	c, err := d.found(r)
	if err != nil {
		return err
	}
	return d.certificatePage(w, r, http.StatusOK, c, nil, nil)
}

func (d *Desk) certificatePage(w http.ResponseWriter, r *http.Request, status int, c registry.Certificate, faults fail.Fields, refused error) error {
	t, now := d.text(r), d.o.Clock.Now()
	v := certificateView{Card: part.Certificate(t, c, part.Staff, now), Action: certificateHref(c) + "/change"}
	if c.Application != "" {
		v.Application = applicationHref(c.Application)
	}
	v.Problem = d.say(r, refused)
	if r.URL.Query().Get("done") != "" && !c.StatusAt.IsZero() {
		v.Done = t("desk.certificate.done."+string(c.Status), "time", kit.Time(c.StatusAt))
	}
	if !c.IssuedAt.IsZero() {
		v.History = append(v.History, kit.Move{Text: t("desk.certificate.issued"), Time: c.IssuedAt, Tone: "good"})
	}
	if !c.StatusAt.IsZero() && c.StatusAt.After(c.IssuedAt) {
		m := kit.Move{Text: t("desk.certificate.became." + string(c.Status)), Time: c.StatusAt, Tone: part.Status(t, c, c.NotBefore).Tone}
		if c.Status == registry.Revoked {
			m.Detail = part.Reason(t, c.Reason)
		}
		v.History = append(v.History, m)
	}
	if parsed, err := cert.Parse(c.DER); err == nil {
		x := parsed.View()
		v.Details = []kit.Row{
			{Key: t("desk.certificate.subject"), Value: x.Subject}, {Key: t("desk.certificate.issuer"), Value: x.Issuer},
			{Key: t("desk.keys.algorithm"), Value: x.Key.Name}, {Key: t("desk.keys.id"), Value: part.Number(x.Key.SHA1)},
			{Key: t("desk.certificate.fingerprint"), Value: part.Number(x.SHA256)},
		}
	}
	live := c.Stage == registry.Issued && !now.After(c.NotAfter)
	v.MayRevoke = live && c.Status.MayBecome(registry.Revoked)
	v.MayHold = live && c.Status.MayBecome(registry.Hold)
	v.MayLift = live && c.Status.MayBecome(registry.Valid)
	for _, code := range reasons {
		v.Reasons = append(v.Reasons, kit.Option{Value: strconv.Itoa(code), Text: part.Reason(t, code)})
	}
	p := kit.Page{Title: "desk.certificate.title", Nav: "search", Back: "/desk/search", Data: v, Errors: faults, Form: url.Values{}}
	if r.Method == http.MethodPost {
		p.Form = r.PostForm
	}
	return d.show(w, r, status, "desk-certificate", p)
}

// A statusChange is what the form asks for.
type statusChange struct {
	act    string
	to     registry.Status
	reason int
	words  string
}

// acts are what can be done to a certificate; each has its own field of words, so that one form's fault is not another's.
var acts = map[string]registry.Status{statement.Revoke: registry.Revoked, statement.Hold: registry.Hold, statement.Lift: registry.Valid}

func changeOf(r *http.Request) (statusChange, fail.Fields) {
	var faults fail.Fields
	c := statusChange{act: r.PostFormValue("act"), reason: -1}
	var known bool
	if c.to, known = acts[c.act]; !known {
		faults.Add("", "desk.change.unknown")
		return c, faults
	}
	field := "words-" + c.act
	c.words = strings.TrimSpace(r.PostFormValue(field))
	if c.act == statement.Revoke {
		reason, err := strconv.Atoi(r.PostFormValue("reason"))
		if err != nil || !slices.Contains(reasons, reason) {
			faults.Add("reason", "desk.change.reason-missing")
		}
		c.reason = reason
	}
	switch {
	case c.words == "":
		faults.Add(field, "desk.change.words-missing")
	case len([]rune(c.words)) > statement.MaxWords:
		faults.Add(field, "desk.change.words-long")
	}
	return c, faults
}

// change shows the statement that changes the status, to be signed.
func (d *Desk) change(w http.ResponseWriter, r *http.Request) error {
	c, err := d.found(r)
	if err != nil {
		return err
	}
	x, faults := changeOf(r)
	if len(faults) > 0 {
		return d.certificatePage(w, r, http.StatusUnprocessableEntity, c, faults, nil)
	}
	return d.changeStatement(w, r, http.StatusOK, c, x, nil)
}

func (d *Desk) changeStatement(w http.ResponseWriter, r *http.Request, status int, c registry.Certificate, x statusChange, refused error) error {
	challenge, err := d.authority.OperatorRevocationChallenge(r.Context(), member(r).IIN, c.Issuer, c.Serial, x.act, x.reason, x.words, d.o.Origin, d.lang(r))
	switch {
	case err == nil:
	case hopeless(err):
		return err
	case fail.Is(err, fail.Conflict):
		return d.certificatePage(w, r, http.StatusConflict, c, nil, err)
	default:
		return d.certificatePage(w, r, http.StatusUnprocessableEntity, c, nil, err)
	}
	t := d.text(r)
	v := signView{
		Title: t("desk.sign." + x.act), Lead: t("desk.sign." + x.act + "-lead"), Button: t("desk.sign." + x.act + "-button"), Grave: x.act == statement.Revoke,
		Action: certificateHref(c) + "/sign", Text: challenge.Text, Nonce: challenge.Nonce,
	}
	for _, name := range []string{"act", "reason", "words-" + x.act} {
		if value := r.PostFormValue(name); value != "" {
			v.Fields = append(v.Fields, hidden{name, value})
		}
	}
	v.Problem = d.say(r, refused)
	return d.show(w, r, status, "desk-sign", kit.Page{TitleText: v.Title, Nav: "search", Back: certificateHref(c), Wasm: true, Scripts: []string{scriptPage}, Data: v})
}

// changeSigned carries the signed change out.
func (d *Desk) changeSigned(w http.ResponseWriter, r *http.Request) error {
	before, err := d.found(r)
	if err != nil {
		return err
	}
	nonce, cms, err := signed(r)
	if err == nil {
		var c registry.Certificate
		c, err = d.authority.RevokeByOperator(r.Context(), member(r).IIN, nonce, cms)
		if err == nil {
			return see(w, r, certificateHref(c)+"?done=yes")
		}
	}
	if hopeless(err) {
		return err
	}
	x, faults := changeOf(r)
	if len(faults) > 0 {
		return d.certificatePage(w, r, http.StatusUnprocessableEntity, before, faults, err)
	}
	if fail.Is(err, fail.Conflict) && !before.Status.MayBecome(x.to) {
		return d.certificatePage(w, r, http.StatusConflict, before, nil, err)
	}
	return d.changeStatement(w, r, http.StatusUnprocessableEntity, before, x, err)
}
