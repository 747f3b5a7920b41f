package part

import (
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/web/kit"
)

var stateTones = map[application.State]string{
	application.New: "info", application.Identified: "info", application.UserSigned: "info", application.AwaitingHead: "info",
	application.Signing: "info", application.Issued: "good", application.Installed: "good",
	application.Rejected: "bad", application.Deactivated: "warn", application.Cancelled: "", application.Uncollected: "warn",
}

// State returns the status of an application by its name in the glossary.
func State(t Text, s application.State) kit.Tag {
	return kit.Tag{Text: t("part.state." + string(s)), Tone: stateTones[s]}
}

// Template returns in words which certificates an application asks for.
func Template(t Text, a *application.Application) string {
	switch a.Answers.Signing {
	case "rsa", "both":
		return t("part.template." + a.Answers.Signing)
	}
	return t("part.template.gost")
}

// Application returns the facts of M1.2. A stranger sees number and names masked; the names are those that were typed, never
// those of the register.
func Application(t Text, a *application.Application, v Viewer) []kit.Row {
	ans := a.Answers
	rows := []kit.Row{{Key: t("part.person-type"), Value: t("part.individual")}}
	if v == Staff {
		rows = append(rows,
			kit.Row{Key: t("part.iin"), Value: ans.IIN, Copy: true},
			kit.Row{Key: t("part.name"), Value: FullName(ans.Surname, ans.Name, ans.Patronymic)})
	} else {
		rows = append(rows,
			kit.Row{Key: t("part.iin"), Value: iin.Mask(ans.IIN)},
			kit.Row{Key: t("part.name"), Value: MaskName(ans.Surname, ans.Name, ans.Patronymic)})
	}
	rows = append(rows,
		kit.Row{Key: t("part.number"), Value: Number(a.Number), Copy: true},
		kit.Row{Key: t("part.created"), Value: Submitted(a)},
		kit.Row{Key: t("part.template"), Value: Template(t, a)},
		kit.Row{Key: t("part.kind"), Value: t("part.kind.online")},
		kit.Row{Key: t("part.state"), Value: State(t, a.State)})
	if v == Staff {
		rows = append(rows,
			kit.Row{Key: t("part.locality"), Value: Locality(t, ans.Locality)},
			kit.Row{Key: t("part.email"), Value: orDash(ans.Email)},
			kit.Row{Key: t("part.agreement"), Value: ans.Agreement})
		if !a.Deadline.IsZero() {
			rows = append(rows, kit.Row{Key: t("part.deadline"), Value: a.Deadline})
		}
	}
	return rows
}

// Moves returns the table of all changes of status, the earliest first, without that of the draft. Only staff see which
// member of staff acted.
func Moves(t Text, a *application.Application, v Viewer) kit.Table {
	table := kit.Table{
		Caption: t("part.moves"),
		Columns: []kit.Column{{Text: t("part.moves.time")}, {Text: t("part.state")}, {Text: t("part.moves.detail")}},
		Empty:   t("part.moves.empty"),
	}
	if v == Staff {
		table.Columns = append(table.Columns, kit.Column{Text: t("part.moves.who")})
	}
	for _, m := range a.Moves {
		if m.To == application.Draft {
			continue
		}
		row := []any{m.At, State(t, m.To), Detail(t, m)}
		if v == Staff {
			who := t("part.by." + string(m.By))
			if m.Who != "" {
				who = t("part.by.staff", "iin", m.Who)
			}
			row = append(row, who)
		}
		table.Rows = append(table.Rows, row)
	}
	return table
}

// Detail returns «подробная информация» of a move: what happened, and the reason of a refusal in the operator's words.
func Detail(t Text, m application.Move) string {
	switch {
	case m.To == application.Rejected && m.By == application.RA:
		return t("part.move.refused", "reason", orDash(m.Reason))
	case m.To == application.Rejected && authority.Messages().Has(m.Reason):
		return t("part.move.rejected-because", "reason", t(m.Reason))
	case m.To == application.Rejected:
		return t("part.move.rejected")
	case m.To == application.Identified && m.By == application.Remote:
		return t("part.move.identified-remotely")
	}
	return t("part.move." + string(m.To))
}

// Refusal returns the operator's words of a refusal, or "".
func Refusal(a *application.Application) string {
	for i := len(a.Moves) - 1; i >= 0; i-- {
		if m := a.Moves[i]; m.To == application.Rejected && m.By == application.RA {
			return m.Reason
		}
	}
	return ""
}

// Submitted returns when the application was handed in; of a draft, when it was begun.
func Submitted(a *application.Application) time.Time {
	for _, m := range a.Moves {
		if m.To == application.New {
			return m.At
		}
	}
	return a.Created
}
