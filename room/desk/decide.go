package desk

import (
	"net/http"
	"slices"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

// maxWords is how many characters an operator may add to a reason from the list: both together fit into a statement.
const maxWords = statement.MaxWords - 150

// appLang is the language of the applicant, who reads the reason of a refusal.
func appLang(a *application.Application) i18n.Lang {
	if l, ok := i18n.ParseLang(a.Answers.Language); ok {
		return l
	}
	return i18n.RU
}

// An order is a decision as the form asks for it.
type order struct {
	approve bool
	reason  string // a code of refusals
	words   string
}

// orderOf reads a decision. An approval says that each point of the check-list was looked at.
func orderOf(r *http.Request) (order, fail.Fields) {
	var faults fail.Fields
	o := order{approve: r.PostFormValue("act") == statement.Approve, reason: r.PostFormValue("reason"), words: strings.TrimSpace(r.PostFormValue("words"))}
	if o.approve {
		if r.PostFormValue("document") != "yes" {
			faults.Add("document", "desk.check.document-missing")
		}
		if r.PostFormValue("photo") != "yes" {
			faults.Add("photo", "desk.check.photo-missing")
		}
		return o, faults
	}
	switch {
	case !slices.Contains(refusals, o.reason):
		faults.Add("reason", "desk.refuse.missing")
	case o.reason == "other" && o.words == "":
		faults.Add("words", "desk.refuse.words-missing")
	}
	if len([]rune(o.words)) > maxWords {
		faults.Add("words", "desk.refuse.words-long")
	}
	return o, faults
}

// text is the reason as the applicant reads it, in his language.
func (o order) text(a *application.Application) string {
	if o.approve {
		return ""
	}
	l := appLang(a)
	if o.reason == "other" {
		return o.words
	}
	reason := messages.T(l, "desk.refuse."+o.reason+".told")
	if o.words == "" {
		return reason
	}
	return messages.T(l, "desk.refuse.with-words", "reason", reason, "words", o.words)
}

// decision shows the statement that decides, to be signed.
func (d *Desk) decision(w http.ResponseWriter, r *http.Request) error {
	n, _, err := d.number(w, r)
	if err != nil {
		return err
	}
	review, err := d.authority.Review(r.Context(), member(r).IIN, n)
	if err != nil {
		return unknown(err)
	}
	if !slices.Contains(queueTabs[0].states, review.Application.State) {
		return d.conflict(w, r, review)
	}
	o, faults := orderOf(r)
	if len(faults) > 0 {
		return d.applicationPage(w, r, http.StatusUnprocessableEntity, review, faults, nil)
	}
	return d.statement(w, r, http.StatusOK, review, o, nil)
}

// statement makes the text of the decision and shows it. refused is why the last signature was not taken.
func (d *Desk) statement(w http.ResponseWriter, r *http.Request, status int, review authority.Review, o order, refused error) error {
	a := review.Application
	c, err := d.authority.DecisionChallenge(r.Context(), member(r).IIN, a.Number, o.approve, o.text(a), d.o.Origin, d.lang(r))
	switch {
	case err == nil:
	case hopeless(err):
		return err
	case fail.Is(err, fail.Conflict) && fail.CodeOf(err) == "application.moved-on":
		return d.conflictOf(w, r, a.Number)
	default:
		return d.applicationPage(w, r, http.StatusUnprocessableEntity, review, nil, err)
	}
	t := d.text(r)
	v := signView{Action: applicationHref(a.Number) + "/sign", Text: c.Text, Nonce: c.Nonce}
	for _, name := range []string{"act", "document", "photo", "reason", "words"} {
		if value := r.PostFormValue(name); value != "" {
			v.Fields = append(v.Fields, hidden{name, value})
		}
	}
	v.Title, v.Lead, v.Button = t("desk.sign.approve"), t("desk.sign.approve-lead"), t("desk.sign.approve-button")
	if !o.approve {
		v.Title, v.Lead, v.Button, v.Grave = t("desk.sign.refuse"), t("desk.sign.refuse-lead"), t("desk.sign.refuse-button"), true
	}
	v.Problem = d.say(r, refused)
	return d.show(w, r, status, "desk-sign", kit.Page{TitleText: v.Title, Nav: "queue", Back: applicationHref(a.Number),
		Wasm: true, Scripts: []string{scriptPage}, Data: v})
}

// decide carries the signed decision out. The very same signature, sent a second time by a double click or after a lost
// connection, is answered by the domain as the first time.
func (d *Desk) decide(w http.ResponseWriter, r *http.Request) error {
	n, _, err := d.number(w, r)
	if err != nil {
		return err
	}
	nonce, cms, err := signed(r)
	if err == nil {
		var a *application.Application
		a, err = d.authority.Decide(r.Context(), member(r).IIN, nonce, cms)
		if err == nil {
			return see(w, r, applicationHref(a.Number)+"?decided=yes")
		}
	}
	if hopeless(err) {
		return err
	}
	review, lost := d.authority.Review(r.Context(), member(r).IIN, n)
	if lost != nil {
		return unknown(lost)
	}
	if !slices.Contains(queueTabs[0].states, review.Application.State) {
		return d.conflict(w, r, review)
	}
	o, faults := orderOf(r)
	if len(faults) > 0 {
		return d.applicationPage(w, r, http.StatusUnprocessableEntity, review, faults, err)
	}
	return d.statement(w, r, http.StatusUnprocessableEntity, review, o, err)
}

type conflictView struct {
	Number  string
	What    string
	State   kit.Tag
	Moves   kit.Table
	Address string
}

// conflictOf is conflict of an application that has moved on since it was looked at.
func (d *Desk) conflictOf(w http.ResponseWriter, r *http.Request, number string) error {
	review, err := d.authority.Review(r.Context(), member(r).IIN, number)
	if err != nil {
		return unknown(err)
	}
	return d.conflict(w, r, review)
}

// conflict says what became of an application that he was about to decide: another operator or his own other tab was
// earlier, the applicant withdrew it, or its time was over.
func (d *Desk) conflict(w http.ResponseWriter, r *http.Request, review authority.Review) error {
	t, a := d.text(r), review.Application
	v := conflictView{Number: a.Number, State: part.State(t, a.State), Moves: part.Moves(t, a, part.Staff), Address: applicationHref(a.Number), What: t("desk.conflict.moved")}
	if m, ok := decision(a); ok {
		v.What = t("desk.conflict.other", "iin", m.Who, "time", kit.Time(m.At))
		if m.Who == member(r).IIN {
			v.What = t("desk.conflict.yours", "time", kit.Time(m.At))
		}
	}
	return d.show(w, r, http.StatusConflict, "desk-conflict", kit.Page{Title: "desk.conflict.title", Nav: "queue", Data: v})
}
