package storetest

import (
	"fmt"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/fail"
)

func someApplication(number string) *application.Application {
	return &application.Application{
		Number: number, State: application.New,
		Answers: application.Answers{
			IIN: "850315300009", Surname: "ӘУЕЗОВ", Name: "МҰХТАР", Email: "m@example.kz", Locality: "710000000",
			Storage: "file", Signing: "both", Agreement: "2026-1", Language: "kk",
		},
		Requests: []application.KeyRequest{
			{Profile: "individual-auth-rsa", CSR: []byte{0x30, 0}, Hash: [32]byte{1}, KeyHash: [32]byte{2}},
			{Profile: "individual-sign-rsa", CSR: []byte{0x30, 1, 0}, Hash: [32]byte{3}, KeyHash: [32]byte{4}},
		},
		Secret: []byte{1, 2, 3}, Code: []byte{4, 5}, CodeFailures: 2, CodeLocked: Start.Add(time.Minute), Person: somebody,
		Created: Start, Changed: Start.Add(time.Second), Deadline: Start.Add(720 * time.Hour),
		Moves: []application.Move{
			{At: Start, From: application.Draft, To: application.New, By: application.Applicant},
			{At: Start.Add(time.Second), From: application.New, To: application.Rejected, By: application.RA, Who: "1", Reason: "не тот документ", Checked: Start, Evidence: []byte{9}, OCSP: []byte{8}},
		},
	}
}

func applications(t *testing.T, s authority.Store) {
	a := someApplication("A")
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.Application("A")
		kind(t, "no application", err, fail.NotFound)
		kind(t, "deleting no application", tx.DeleteApplication("A"), fail.NotFound)
		return tx.PutApplication(a)
	})
	update(t, s, func(tx authority.Tx) error {
		got, err := tx.Application("A")
		same(t, "the application", got, a, err)
		state, version, err := tx.StateOf("A")
		same(t, "its state and version", []any{state, version}, []any{application.New, int64(1)}, err)
		_, _, err = tx.StateOf("B")
		kind(t, "the state of no application", err, fail.NotFound)
		kind(t, "deleting what is no draft", tx.DeleteApplication("A"), fail.Conflict)
		got.State, got.Deadline, got.Answers.IIN = application.Draft, time.Time{}, "2"
		return tx.PutApplication(got)
	})
	update(t, s, func(tx authority.Tx) error {
		got, err := tx.Application("A")
		want := someApplication("A")
		want.State, want.Deadline, want.Answers.IIN, want.Version = application.Draft, time.Time{}, "2", 2
		same(t, "the application written again", got, want, err)
		return tx.DeleteApplication("A")
	})
	view(t, s, func(tx authority.Tx) error {
		_, err := tx.Application("A")
		kind(t, "a deleted draft", err, fail.NotFound)
		return nil
	})
}

func applicationVersions(t *testing.T, s authority.Store) {
	a := someApplication("A")
	update(t, s, func(tx authority.Tx) error { return tx.PutApplication(a) })
	if a.Version != 1 {
		t.Errorf("the first version is %d", a.Version)
	}
	update(t, s, func(tx authority.Tx) error {
		kind(t, "a second of the number", tx.PutApplication(someApplication("A")), fail.Conflict)
		stale, err := tx.Application("A")
		if err != nil {
			return err
		}
		if err := tx.PutApplication(a); err != nil {
			return err
		}
		same(t, "the second version", a.Version, int64(2), nil)
		kind(t, "a stale version", tx.PutApplication(stale), fail.Conflict)
		ghost := someApplication("B")
		ghost.Version = 1
		kind(t, "a version of what is not there", tx.PutApplication(ghost), fail.NotFound)
		return nil
	})
}

func applicationFilters(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error {
		for i := range 6 { // two of each minute
			a := someApplication(fmt.Sprintf("A%d", i))
			a.Created = Start.Add(time.Duration(i/2) * time.Minute)
			a.Deadline = Start.Add(time.Duration(i) * time.Hour)
			if i%2 == 1 {
				a.State, a.Answers.Locality = application.Signing, "750000000"
			}
			if i == 5 {
				a.State, a.Deadline, a.Answers.IIN = application.Issued, time.Time{}, "2"
			}
			if err := tx.PutApplication(a); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		filter application.Filter
		want   string
	}{
		{"all, newest first", application.Filter{}, "A5 A4 A3 A2 A1 A0"},
		{"oldest first", application.Filter{OldestFirst: true}, "A0 A1 A2 A3 A4 A5"},
		{"limit", application.Filter{Limit: 2}, "A5 A4"},
		{"after, in the middle of a minute", application.Filter{After: "A3"}, "A2 A1 A0"},
		{"after, oldest first", application.Filter{After: "A2", OldestFirst: true, Limit: 2}, "A3 A4"},
		{"one state", application.Filter{States: []application.State{application.Signing}}, "A3 A1"},
		{"two states", application.Filter{States: []application.State{application.Signing, application.Issued}}, "A5 A3 A1"},
		{"IIN", application.Filter{IIN: "2"}, "A5"},
		{"an IIN that nobody has", application.Filter{IIN: "3"}, ""},
		{"locality", application.Filter{Locality: "750000000"}, "A5 A3 A1"},
		{"deadline before; none has no deadline", application.Filter{Before: Start.Add(3 * time.Hour)}, "A2 A1 A0"},
		{"everything at once", application.Filter{States: []application.State{application.New}, Locality: "710000000", IIN: "850315300009", Before: Start.Add(3 * time.Hour), After: "A2"}, "A0"},
	} {
		view(t, s, func(tx authority.Tx) error {
			found, err := tx.ListApplications(c.filter)
			var numbers string
			for i, a := range found {
				if i > 0 {
					numbers += " "
				}
				numbers += a.Number
			}
			same(t, c.name, numbers, c.want, err)
			return nil
		})
	}
	view(t, s, func(tx authority.Tx) error {
		_, err := tx.ListApplications(application.Filter{After: "nowhere"})
		kind(t, "after an unknown number", err, fail.NotFound)
		return nil
	})
}
