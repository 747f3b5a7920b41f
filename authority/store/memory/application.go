package memory

import (
	"bytes"
	"cmp"
	"slices"

	"github.com/senim-pki/senim/authority/application"
)

// copyApplication is a deep copy: what a caller does with what it gave or got is not seen by the next.
func copyApplication(a *application.Application) *application.Application {
	c := *a
	c.Secret, c.Code = bytes.Clone(a.Secret), bytes.Clone(a.Code)
	c.Created, c.Changed, c.Deadline = instant(a.Created), instant(a.Changed), instant(a.Deadline)
	c.CodeLocked, c.Person.Updated = instant(a.CodeLocked), instant(a.Person.Updated)
	c.Requests = slices.Clone(a.Requests)
	for i := range c.Requests {
		c.Requests[i].CSR = bytes.Clone(c.Requests[i].CSR)
	}
	c.Moves = slices.Clone(a.Moves)
	for i := range c.Moves {
		m := &c.Moves[i]
		m.At, m.Checked, m.Evidence, m.OCSP = instant(m.At), instant(m.Checked), bytes.Clone(m.Evidence), bytes.Clone(m.OCSP)
	}
	return &c
}

func (t *tx) PutApplication(a *application.Application) error {
	if err := t.writing(); err != nil {
		return err
	}
	old, exists := t.s.applications[a.Number]
	switch {
	case a.Version == 0 && exists:
		return conflict("application.exists")
	case a.Version != 0 && !exists:
		return notFound("application")
	case a.Version != 0 && old.Version != a.Version:
		return conflict("application.changed")
	}
	a.Version++
	put(t, t.s.applications, a.Number, copyApplication(a))
	return nil
}

func (t *tx) Application(number string) (*application.Application, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	a, ok := t.s.applications[number]
	if !ok {
		return nil, notFound("application")
	}
	return copyApplication(a), nil
}

func (t *tx) StateOf(number string) (application.State, int64, error) {
	if err := t.reading(); err != nil {
		return "", 0, err
	}
	a, ok := t.s.applications[number]
	if !ok {
		return "", 0, notFound("application")
	}
	return a.State, a.Version, nil
}

func (t *tx) DeleteApplication(number string) error {
	if err := t.writing(); err != nil {
		return err
	}
	a, ok := t.s.applications[number]
	if !ok {
		return notFound("application")
	}
	if a.State != application.Draft {
		return conflict("application.not-draft")
	}
	drop(t, t.s.applications, number)
	return nil
}

func (t *tx) ListApplications(f application.Filter) ([]*application.Application, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	older := func(a, b *application.Application) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Number, b.Number))
	}
	order := func(a, b *application.Application) int { return -older(a, b) }
	if f.OldestFirst {
		order = older
	}
	var after *application.Application
	if f.After != "" {
		var ok bool
		if after, ok = t.s.applications[f.After]; !ok {
			return nil, notFound("application")
		}
	}
	before := instant(f.Before)
	var found []*application.Application
	for _, a := range t.s.applications {
		switch {
		case len(f.States) > 0 && !slices.Contains(f.States, a.State):
		case f.IIN != "" && a.Answers.IIN != f.IIN:
		case f.Locality != "" && a.Answers.Locality != f.Locality:
		case !before.IsZero() && (a.Deadline.IsZero() || !a.Deadline.Before(before)):
		case after != nil && order(a, after) <= 0:
		default:
			found = append(found, a)
		}
	}
	slices.SortFunc(found, order)
	found = found[:min(len(found), limited(f.Limit))]
	for i, a := range found {
		found[i] = copyApplication(a)
	}
	return found, nil
}
