package application

import (
	"slices"
	"testing"
	"time"

	"github.com/senim-pki/senim/base/fail"
)

// TestTheTableIsTheDesign compares the table with DESIGN section 4, whose rows are written out here.
func TestTheTableIsTheDesign(t *testing.T) {
	design := []struct {
		from State
		to   []State
	}{
		{Draft, []State{New, Deleted}},
		{New, []State{Identified, UserSigned, Rejected, Deactivated, Cancelled}},
		{Identified, []State{AwaitingHead, Signing, Cancelled, Deactivated}},
		{UserSigned, []State{AwaitingHead, Signing, Identified, Rejected, Cancelled, Deactivated}},
		{AwaitingHead, []State{Signing, Rejected, Cancelled, Deactivated}},
		{Signing, []State{Issued, Rejected}},
		{Issued, []State{Installed, Uncollected}},
		{Installed, nil},
		{Rejected, nil},
		{Deactivated, nil},
		{Cancelled, nil},
		{Uncollected, nil},
	}
	if len(design) != len(States()) {
		t.Errorf("%d states, the design has %d", len(States()), len(design))
	}
	for _, d := range design {
		var have []State
		for _, r := range Table() {
			if r.From == d.from && !slices.Contains(have, r.To) {
				have = append(have, r.To)
			}
		}
		want := slices.Clone(d.to)
		slices.Sort(have)
		slices.Sort(want)
		if !slices.Equal(have, want) {
			t.Errorf("%s moves to %v, the design says %v", d.from, have, want)
		}
		if d.from.Final() != (d.to == nil) {
			t.Errorf("%s: Final is %v", d.from, d.from.Final())
		}
	}
}

func TestWhoMakesWhichMove(t *testing.T) {
	for _, c := range []struct {
		name string
		from State
		by   Actor
		to   State
		want bool
	}{
		{"the operator identifies", New, RA, Identified, true},
		{"a remote identification identifies", New, Remote, Identified, true},
		{"the applicant does not identify himself", New, Applicant, Identified, false},
		{"nobody signs what is not identified", New, RA, Signing, false},
		{"the applicant does not send himself to signing by a visit", Identified, Applicant, Signing, false},
		{"only the issuer issues", Signing, RA, Issued, false},
		{"the issuer issues", Signing, Issuer, Issued, true},
		{"an operator does not identify who signed, unless names differ", UserSigned, RA, Identified, true},
		{"awaiting the head is reached from identified", Identified, RA, AwaitingHead, true},
		{"awaiting the head is not reached from new", New, RA, AwaitingHead, false},
		{"what is being signed is not withdrawn", Signing, Applicant, Cancelled, false},
		{"what was issued is not refused", Issued, RA, Rejected, false},
		{"what was rejected stays", Rejected, RA, New, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if Allowed(c.from, c.by, c.to) != c.want {
				t.Errorf("%s by %s to %s: %v", c.from, c.by, c.to, !c.want)
			}
		})
	}
}

func TestEveryMoveThatIsNotInTheTableIsRefused(t *testing.T) {
	actors := []Actor{Applicant, RA, Remote, Head, Issuer, Clock}
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, from := range append(States(), Deleted, "") {
		for _, by := range actors {
			for _, to := range append(States(), Deleted) {
				a := &Application{Number: "X", State: from}
				err := a.move(now, to, by, Move{})
				if Allowed(from, by, to) {
					if err != nil || a.State != to || len(a.Moves) != 1 || a.Moves[0].From != from {
						t.Fatalf("%s by %s to %s: %v, %+v", from, by, to, err, a)
					}
					continue
				}
				if !fail.Is(err, fail.Conflict) || a.State != from || len(a.Moves) != 0 {
					t.Fatalf("%s by %s to %s was made: %v", from, by, to, err)
				}
			}
		}
	}
}

func TestTheClockMovesAfterThirtyDays(t *testing.T) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		state, want State
	}{
		{Draft, Deleted}, {New, Deactivated}, {Identified, Deactivated}, {UserSigned, Deactivated}, {AwaitingHead, Deactivated}, {Issued, Uncollected},
	} {
		t.Run(string(c.state), func(t *testing.T) {
			a := &Application{State: c.state, Deadline: start.Add(Waiting)}
			if _, err := a.Expire(start.Add(Waiting - time.Second)); !fail.Is(err, fail.Conflict) {
				t.Errorf("a second early: %v", err)
			}
			got, err := a.Expire(start.Add(Waiting))
			if err != nil || got != c.want {
				t.Errorf("moved to %s: %v", got, err)
			}
		})
	}
	for _, s := range []State{Signing, Installed, Rejected} {
		a := &Application{State: s, Deadline: start}
		if _, err := a.Expire(start.Add(1)); err == nil {
			t.Errorf("the clock moved what is %s", s)
		}
	}
}

func TestEachStateThatTheClockEndsHasItsDeadline(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, r := range Table() {
		if r.To == Deleted {
			continue
		}
		a := &Application{State: r.From}
		if err := a.move(now, r.To, r.By, Move{}); err != nil {
			t.Fatal(err)
		}
		ends := slices.ContainsFunc(Table(), func(x Rule) bool { return x.From == r.To && x.By == Clock })
		if ends != a.Deadline.Equal(now.Add(Waiting)) || !ends && !a.Deadline.IsZero() {
			t.Errorf("%s: deadline %s", r.To, a.Deadline)
		}
	}
}
