package desk

import (
	"html/template"
	"net/http"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/session"
)

func (d *Desk) client(r *http.Request) string { return session.ClientKey(r, d.o.TrustedProxies) }

// A view of the queue: which states it lists. The first is the work; oldest first, as people came.
type queueTab struct {
	name   string
	states []application.State
	oldest bool
}

var queueTabs = []queueTab{
	{"waiting", []application.State{application.New, application.UserSigned}, true},
	{"signing", []application.State{application.Identified, application.AwaitingHead, application.Signing}, true},
	{"issued", []application.State{application.Issued, application.Installed}, false},
	{"closed", []application.State{application.Rejected, application.Deactivated, application.Cancelled, application.Uncollected}, false},
}

const (
	pageRows = 50
	maxCount = 200 // beyond it a count says "200+": nobody needs more, and each row is read
)

type queueView struct {
	Tabs       []kit.Tab
	Filtered   bool
	Tab        string
	Localities []kit.Option
	Clear      string
	Table      kit.Table
	More       string // address of the next page
	First      string // of this list, when it is not the first page
}

func queueHref(tab, locality, after string) string {
	q := url.Values{}
	if tab != "" && tab != queueTabs[0].name {
		q.Set("state", tab)
	}
	if locality != "" {
		q.Set("locality", locality)
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return "/desk"
	}
	return "/desk?" + q.Encode()
}

func (d *Desk) queue(w http.ResponseWriter, r *http.Request) error {
	t, staff := d.text(r), member(r).IIN
	q := r.URL.Query()
	tab := queueTabs[0]
	for _, x := range queueTabs {
		if x.name == q.Get("state") {
			tab = x
		}
	}
	locality := q.Get("locality")
	if !part.IsLocality(locality) {
		locality = ""
	}
	after := ""
	if q.Get("after") != "" {
		var err error
		if after, err = application.ParseNumber(q.Get("after")); err != nil {
			return see(w, r, queueHref(tab.name, locality, ""))
		}
	}
	list, err := d.authority.Queue(r.Context(), staff, application.Filter{States: tab.states, Locality: locality, OldestFirst: tab.oldest, Limit: pageRows + 1, After: after})
	if fail.Is(err, fail.NotFound) && after != "" { // the application that this page began behind is gone
		return see(w, r, queueHref(tab.name, locality, ""))
	}
	if err != nil {
		return err
	}
	v := queueView{Tab: tab.name, Filtered: locality != "", Localities: part.Localities(t), Clear: queueHref(tab.name, "", "")}
	waiting, err := d.authority.Queue(r.Context(), staff, application.Filter{States: queueTabs[0].states, Locality: locality, OldestFirst: true, Limit: maxCount + 1})
	if err != nil {
		return err
	}
	for _, x := range queueTabs {
		one := kit.Tab{Text: t("desk.queue." + x.name), Href: queueHref(x.name, locality, ""), Current: x.name == tab.name}
		if x.name == queueTabs[0].name {
			one.Count = min(len(waiting), maxCount)
		}
		v.Tabs = append(v.Tabs, one)
	}
	count := ""
	switch n := len(waiting); {
	case tab.name != queueTabs[0].name:
	case n > maxCount:
		count = t("desk.queue.count-many", "n", maxCount)
	case n > 0:
		count = t("desk.queue.count", "count", n)
	}
	if len(list) > pageRows {
		list = list[:pageRows]
		v.More = queueHref(tab.name, locality, list[pageRows-1].Number)
	}
	if after != "" {
		v.First = queueHref(tab.name, locality, "")
	}
	empty := t("desk.queue.empty." + tab.name)
	if locality != "" {
		empty = t("desk.queue.empty-in", "place", part.Locality(t, locality))
	}
	caption := t("desk.queue." + tab.name)
	if count != "" {
		caption = count
	}
	v.Table = applications(t, list, caption, empty)
	page := kit.Page{Title: "desk.queue.title", Nav: "queue", Data: v, Form: url.Values{"locality": {locality}}}
	return d.show(w, r, http.StatusOK, "desk-queue", page)
}

// applications is a list of applications, a line each.
func applications(t part.Text, list []*application.Application, caption, empty string) kit.Table {
	table := kit.Table{
		Caption: caption, Empty: empty, Sticky: true,
		Columns: []kit.Column{{Text: t("part.number")}, {Text: t("part.created")}, {Text: t("part.name")}, {Text: t("part.iin")},
			{Text: t("part.locality")}, {Text: t("part.state")}, {Text: t("part.deadline")}},
	}
	for _, a := range list {
		ans := a.Answers
		var deadline any = "—"
		if !a.Deadline.IsZero() {
			deadline = nowrap(kit.Date(a.Deadline))
		}
		table.Rows = append(table.Rows, []any{
			kit.Anchor{Text: unbroken(kit.Group4(a.Number)), Href: applicationHref(a.Number)}, part.Submitted(a),
			part.FullName(ans.Surname, ans.Name, ans.Patronymic), nowrap(ans.IIN), part.Locality(t, ans.Locality), part.State(t, a.State), deadline,
		})
	}
	return table
}

// unbroken is a number in groups that stays in one line; whoever reads a number takes such spaces, too.
func unbroken(s string) string { return strings.ReplaceAll(s, " ", "\u00a0") }

func nowrap(s string) template.HTML {
	return template.HTML(`<span class="nowrap">` + template.HTMLEscapeString(s) + `</span>`)
}
