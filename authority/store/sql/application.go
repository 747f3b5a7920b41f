package sql

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority/application"
)

var (
	insertApplication = prepare(`INSERT INTO application (number, state, iin, locality, created, deadline, version, body)
		VALUES (?, ?, ?, ?, ?, ?, 1, ?) ON CONFLICT DO NOTHING`)
	updateApplication = prepare(`UPDATE application SET state = ?, iin = ?, locality = ?, created = ?, deadline = ?, version = version + 1, body = ?
		WHERE number = ? AND version = ?`)
	getApplication    = prepare(`SELECT state, deadline, version, body FROM application WHERE number = ?`)
	placeOf           = prepare(`SELECT created FROM application WHERE number = ?`)
	deleteApplication = prepare(`DELETE FROM application WHERE number = ? AND state = 'draft'`)
)

// The body of an application is the whole of it. State, deadline and version are taken from their columns.
func bodyOf(a *application.Application) (string, error) {
	b := *a
	b.Created, b.Changed, b.Deadline = whole(a.Created), whole(a.Changed), whole(a.Deadline)
	b.CodeLocked, b.Person.Updated = whole(a.CodeLocked), whole(a.Person.Updated)
	b.Moves = slices.Clone(a.Moves)
	for i := range b.Moves {
		b.Moves[i].At, b.Moves[i].Checked = whole(a.Moves[i].At), whole(a.Moves[i].Checked)
	}
	body, err := json.Marshal(&b)
	return string(body), err
}

// whole is the time in whole microseconds, as columns keep it.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func (t *Tx) PutApplication(a *application.Application) error {
	body, err := bodyOf(a)
	if err != nil {
		return wrap("put an application", err)
	}
	created := a.Created.UnixMicro() // orders the list, so it is never NULL
	if a.Version == 0 {
		rows, err := t.exec(insertApplication, a.Number, string(a.State), a.Answers.IIN, a.Answers.Locality, created, micros(a.Deadline), body)
		if err != nil {
			return wrap("put an application", err)
		}
		if rows == 0 {
			return conflict("application.exists")
		}
		a.Version = 1
		return nil
	}
	rows, err := t.exec(updateApplication, string(a.State), a.Answers.IIN, a.Answers.Locality, created, micros(a.Deadline), body, a.Number, a.Version)
	if err != nil {
		return wrap("put an application", err)
	}
	if rows == 0 {
		if _, err := t.Application(a.Number); err != nil {
			return err
		}
		return conflict("application.changed")
	}
	a.Version++
	return nil
}

func scanApplication(row scanner) (*application.Application, error) {
	var (
		a        application.Application
		state    string
		deadline time.Time
		version  int64
		body     []byte
	)
	if err := row.Scan(&state, instant{&deadline}, &version, &body); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	a.State, a.Deadline, a.Version = application.State(state), deadline, version
	return &a, nil
}

func (t *Tx) Application(number string) (*application.Application, error) {
	found, err := all(t, getApplication, scanApplication, number)
	if err != nil {
		return nil, wrap("read an application", err)
	}
	if len(found) == 0 {
		return nil, notFound("application")
	}
	return found[0], nil
}

func (t *Tx) DeleteApplication(number string) error {
	rows, err := t.exec(deleteApplication, number)
	if err != nil {
		return wrap("delete an application", err)
	}
	if rows == 0 {
		if _, err := t.Application(number); err != nil {
			return err
		}
		return conflict("application.not-draft")
	}
	return nil
}

func (t *Tx) ListApplications(f application.Filter) ([]*application.Application, error) {
	text := `SELECT state, deadline, version, body FROM application`
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	if len(f.States) > 0 {
		states := make([]any, len(f.States))
		for i, s := range f.States {
			states[i] = string(s)
		}
		and(`state IN (?`+strings.Repeat(`, ?`, len(states)-1)+`)`, states...)
	}
	if f.IIN != "" {
		and(`iin = ?`, f.IIN)
	}
	if f.Locality != "" {
		and(`locality = ?`, f.Locality)
	}
	if !f.Before.IsZero() {
		and(`deadline < ?`, micros(f.Before))
	}
	beyond, order := `<`, ` DESC`
	if f.OldestFirst {
		beyond, order = `>`, ``
	}
	if f.After != "" {
		var created int64
		if err := t.one(placeOf, "application", []any{f.After}, &created); err != nil {
			return nil, err
		}
		and(`(created, number) `+beyond+` (?, ?)`, created, f.After)
	}
	if len(where) > 0 {
		text += ` WHERE ` + strings.Join(where, ` AND `)
	}
	text += ` ORDER BY created` + order + `, number` + order + ` LIMIT ?`
	found, err := free(t, text, scanApplication, append(args, limited(f.Limit))...)
	return found, wrap("list applications", err)
}
