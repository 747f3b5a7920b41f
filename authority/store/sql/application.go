package sql

import (
	"encoding/json"
	"errors"
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
	getApplication    = prepare(`SELECT number, state, deadline, version, body FROM application WHERE number = ?`)
	stateOf           = prepare(`SELECT state, version FROM application WHERE number = ?`)
	placeOf           = prepare(`SELECT created FROM application WHERE number = ?`)
	deleteApplication = prepare(`DELETE FROM application WHERE number = ? AND state = 'draft'`)
)

// The body of an application is the whole of it. Number, state, deadline and version are taken from their columns.
type body struct {
	application.Application
	Requests []keyRequest // in place of Application.Requests
}

// A keyRequest is an application.KeyRequest whose hashes are base64 and not lists of numbers.
type keyRequest struct {
	Profile            string
	CSR, Hash, KeyHash []byte
}

func bodyOf(a *application.Application) (string, error) {
	b := body{Application: *a}
	for _, q := range a.Requests {
		b.Requests = append(b.Requests, keyRequest{q.Profile, q.CSR, q.Hash[:], q.KeyHash[:]})
	}
	b.Created, b.Changed, b.Deadline = whole(a.Created), whole(a.Changed), whole(a.Deadline)
	b.CodeLocked, b.Person.Updated = whole(a.CodeLocked), whole(a.Person.Updated)
	b.Moves = slices.Clone(a.Moves)
	for i := range b.Moves {
		b.Moves[i].At, b.Moves[i].Checked = whole(a.Moves[i].At), whole(a.Moves[i].Checked)
	}
	text, err := json.Marshal(&b)
	return string(text), err
}

// application makes the whole again.
func (b *body) application() (*application.Application, error) {
	a := &b.Application
	a.Requests = nil
	for _, q := range b.Requests {
		if len(q.Hash) != 32 || len(q.KeyHash) != 32 {
			return nil, errors.New("a digest of another length is stored")
		}
		a.Requests = append(a.Requests, application.KeyRequest{Profile: q.Profile, CSR: q.CSR, Hash: [32]byte(q.Hash), KeyHash: [32]byte(q.KeyHash)})
	}
	return a, nil
}

// whole is the time in whole microseconds, as columns keep it.
func whole(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

func (t *Tx) PutApplication(a *application.Application) error {
	text, err := bodyOf(a)
	if err != nil {
		return wrap("put an application", err)
	}
	created := a.Created.UnixMicro() // orders the list, so it is never NULL
	if a.Version == 0 {
		rows, err := t.exec(insertApplication, a.Number, string(a.State), a.Answers.IIN, a.Answers.Locality, created, micros(a.Deadline), text)
		if err != nil {
			return wrap("put an application", err)
		}
		if rows == 0 {
			return conflict("application.exists")
		}
		a.Version = 1
		return nil
	}
	rows, err := t.exec(updateApplication, string(a.State), a.Answers.IIN, a.Answers.Locality, created, micros(a.Deadline), text, a.Number, a.Version)
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
		b        body
		number   string
		state    string
		deadline time.Time
		version  int64
		text     []byte
	)
	if err := row.Scan(&number, &state, instant{&deadline}, &version, &text); err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, err
	}
	a, err := b.application()
	if err != nil {
		return nil, err
	}
	a.Number, a.State, a.Deadline, a.Version = number, application.State(state), deadline, version
	return a, nil
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

func (t *Tx) StateOf(number string) (state application.State, version int64, err error) {
	err = t.one(stateOf, "application", []any{number}, &state, &version)
	return state, version, err
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
	text := `SELECT number, state, deadline, version, body FROM application`
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
