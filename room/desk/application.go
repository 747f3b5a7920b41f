package desk

import (
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

type applicationView struct {
	Number       string
	State        kit.Tag
	Decided      string // said after his own decision, once
	Notes        []note // why nothing can be decided, or what to look at before
	Problem      string // why the last step was refused
	Names        kit.Table
	Facts        []kit.Row
	Keys         kit.Table
	Moves        kit.Table
	Others       kit.Table
	Certificates kit.Table
	Action       string
	Decidable    bool
	Approvable   bool
	Reasons      []kit.Option
	RefuseHint   string
}

type note struct{ Tone, Text string }

// refusals are the reasons of a refusal, in the order of their frequency at a desk. "other" demands words.
var refusals = []string{"no-document", "photo", "names", "not-in-register", "someone-else", "other"}

func applicationHref(number string) string { return "/desk/applications/" + number }

// number is the application in the address. It redirects to the one address of an application and reports false.
func (d *Desk) number(w http.ResponseWriter, r *http.Request) (string, bool, error) {
	n, err := application.ParseNumber(r.PathValue("number"))
	if err != nil {
		return "", false, fail.Wrap(fail.NotFound, "desk.application.unknown", err)
	}
	if n != r.PathValue("number") && r.Method == http.MethodGet {
		return n, false, see(w, r, applicationHref(n))
	}
	return n, true, nil
}

func (d *Desk) backToApplication(w http.ResponseWriter, r *http.Request) error {
	n, err := application.ParseNumber(r.PathValue("number"))
	if err != nil {
		return fail.Wrap(fail.NotFound, "desk.application.unknown", err)
	}
	return see(w, r, applicationHref(n))
}

func (d *Desk) application(w http.ResponseWriter, r *http.Request) error {
	n, ok, err := d.number(w, r)
	if err != nil || !ok {
		return err
	}
	review, err := d.authority.Review(r.Context(), member(r).IIN, n)
	if err != nil {
		return unknown(err)
	}
	return d.applicationPage(w, r, http.StatusOK, review, nil, nil)
}

// unknown names what was not found.
func unknown(err error) error {
	if fail.Is(err, fail.NotFound) {
		return fail.Wrap(fail.NotFound, "desk.application.unknown", err)
	}
	return err
}

// applicationPage shows the application. faults are of its decision form, refused is why the last step was refused.
func (d *Desk) applicationPage(w http.ResponseWriter, r *http.Request, status int, review authority.Review, faults fail.Fields, refused error) error {
	t, a := d.text(r), review.Application
	v := applicationView{
		Number: a.Number, State: part.State(t, a.State), Names: names(t, review), Facts: part.Application(t, a, part.Staff),
		Keys: keys(t, a), Moves: part.Moves(t, a, part.Staff), Action: applicationHref(a.Number),
		Decidable: review.Decidable && !review.Own, Approvable: review.Registered,
	}
	v.Others = applications(t, review.Others, t("desk.application.others"), t("desk.application.others-empty"))
	v.Others.Sticky = false
	v.Certificates = certificates(t, review.Certificates, d.o.Clock.Now())
	v.Problem = d.say(r, refused)
	say := func(tone, key string) { v.Notes = append(v.Notes, note{tone, t(key)}) }
	waiting := slices.Contains(queueTabs[0].states, a.State)
	switch {
	case review.Own && waiting:
		say("warn", "desk.application.own")
	case waiting && !review.Decidable:
		say("warn", "desk.application.not-yours")
	}
	if waiting && !review.Registered {
		say("bad", "desk.application.not-registered")
	} else if waiting && len(review.Differences) > 0 {
		say("warn", "desk.application.differs")
	}
	// The address says only that he comes from his decision; what is told is what the application has become.
	if decided := r.URL.Query().Get("decided"); decided != "" {
		if m, ok := decision(a); ok && m.Who == member(r).IIN {
			v.Decided = t("desk.decided." + string(m.To))
		}
	}
	for _, code := range refusals {
		v.Reasons = append(v.Reasons, kit.Option{Value: code, Text: t("desk.refuse." + code)})
	}
	v.RefuseHint = t("desk.refuse.hint." + string(appLang(a)))
	p := kit.Page{Title: "desk.application.title", Args: []any{"number", kit.Group4(a.Number)}, Nav: "queue", Back: "/desk", Data: v, Errors: faults}
	if r.Method == http.MethodPost {
		p.Form = r.PostForm
	} else {
		p.Form = url.Values{}
	}
	return d.show(w, r, status, "desk-application", p)
}

// names sets what was typed beside what the register says. A difference is said by a word and a shape, not by a colour.
func names(t part.Text, review authority.Review) kit.Table {
	table := kit.Table{
		Caption: t("desk.names"),
		Columns: []kit.Column{{Text: t("desk.names.field")}, {Text: t("desk.names.typed")}, {Text: t("desk.names.register")}, {Text: t("desk.names.compare")}},
	}
	ans, p := review.Application.Answers, review.Person
	for _, f := range []struct{ field, label, typed, register string }{
		{"surname", "part.surname", ans.Surname, p.Surname},
		{"name", "part.given-name", ans.Name, p.Name},
		{"patronymic", "part.patronymic", ans.Patronymic, p.Patronymic},
	} {
		tag := kit.Tag{Text: t("desk.names.same"), Tone: "good"}
		switch {
		case !review.Registered:
			tag = kit.Tag{Text: t("desk.names.absent"), Tone: "bad"}
		case slices.Contains(review.Differences, f.field):
			tag = kit.Tag{Text: t("desk.names.differs"), Tone: "warn"}
		}
		table.Rows = append(table.Rows, []any{t(f.label), orDash(f.typed), orDash(f.register), tag})
	}
	return table
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}

// keys are the keys asked for. What is read from a request here is only shown; package issue checks it.
func keys(t part.Text, a *application.Application) kit.Table {
	table := kit.Table{
		Caption: t("desk.keys"), Empty: t("desk.keys.empty"),
		Columns: []kit.Column{{Text: t("part.certificate.template")}, {Text: t("desk.keys.algorithm")}, {Text: t("desk.keys.id")}, {Text: t("desk.keys.request")}},
	}
	for _, q := range a.Requests {
		algorithm, id := "—", any("—")
		if csr, err := cert.ParseRequest(q.CSR); err == nil {
			v := csr.View()
			if algorithm = v.Key.Name; v.Key.Bits > 0 && !strings.Contains(algorithm, strconv.Itoa(v.Key.Bits)) {
				algorithm += "\u00a0" + strconv.Itoa(v.Key.Bits)
			}
			id = part.Number(v.Key.SHA1)
		}
		table.Rows = append(table.Rows, []any{part.Profile(t, q.Profile), algorithm, id, part.Number(hex.EncodeToString(q.Hash[:]))})
	}
	return table
}

// certificates is a list of certificates with their owners, each leading to its page.
func certificates(t part.Text, list []registry.Certificate, now time.Time) kit.Table {
	table := kit.Table{
		Caption: t("part.certificates"), Empty: t("part.certificates.empty"),
		Columns: []kit.Column{{Text: t("part.serial")}, {Text: t("part.certificate.template")}, {Text: t("part.owner")}, {Text: t("part.iin")}, {Text: t("part.certificate.until")}, {Text: t("part.state")}},
	}
	for _, c := range list {
		table.Rows = append(table.Rows, []any{
			kit.Anchor{Text: kit.Group4(c.Serial), Href: certificateHref(c)}, part.Profile(t, c.Profile), c.Name, nowrap(c.IIN),
			nowrap(kit.Date(c.NotAfter)), part.Status(t, c, now),
		})
	}
	return table
}

// decision is the last move that an operator made.
func decision(a *application.Application) (application.Move, bool) {
	for _, m := range slices.Backward(a.Moves) {
		if m.By == application.RA && (m.To == application.Identified || m.To == application.Rejected) {
			return m, true
		}
	}
	return application.Move{}, false
}
