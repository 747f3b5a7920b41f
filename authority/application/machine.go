package application

import (
	"fmt"
	"slices"
	"time"

	"github.com/senim-pki/senim/base/fail"
)

//go:generate go run github.com/senim-pki/senim/internal/tool/states -o ../../docs/states.md

// A Need is what a move rests on besides state and actor.
type Need string

const (
	NothingMore    Need = "nothing more"
	Complete       Need = "complete answers and a request for every key"
	SignedDecision Need = "an operator's signed decision"
	Identification Need = "a passed remote identification"
	SigningKey     Need = "a statement signed with the applicant's own valid signing key"
	NotHead        Need = "an organisation, and the applicant is not its present head"
	InRegister     Need = "the person in the register, and for an organisation its present head"
	OtherNames     Need = "names that differ from the register, and an operator's signed decision"
	HeadStatement  Need = "a statement signed by the present head"
	Code           Need = "the revocation code"
	AllIssued      Need = "every certificate exists"
	CannotIssue    Need = "a fault of lint or key, or a suspended authority"
	Age            Need = "30 days in the state"
)

// A Rule is one move that there is.
type Rule struct {
	From  State
	By    Actor
	To    State
	Needs Need
}

// table is every move there is; nothing else can be expressed. docs/states.md is drawn from it by go generate.
// States, labels and moves are those of DESIGN section 4.
var table = []Rule{
	{Draft, Applicant, New, Complete},
	{Draft, Clock, Deleted, Age},

	{New, RA, Identified, SignedDecision},
	{New, Remote, Identified, Identification},
	{New, Applicant, UserSigned, SigningKey},
	{New, RA, Rejected, SignedDecision},
	{New, Applicant, Cancelled, Code},
	{New, Clock, Deactivated, Age},

	{Identified, RA, AwaitingHead, NotHead},
	{Identified, RA, Signing, InRegister},
	{Identified, Applicant, Cancelled, Code},
	{Identified, Clock, Deactivated, Age},

	{UserSigned, Applicant, AwaitingHead, NotHead},
	{UserSigned, Applicant, Signing, InRegister},
	{UserSigned, RA, Identified, OtherNames},
	{UserSigned, RA, Rejected, SignedDecision},
	{UserSigned, Applicant, Cancelled, Code},
	{UserSigned, Clock, Deactivated, Age},

	{AwaitingHead, Head, Signing, HeadStatement},
	{AwaitingHead, Head, Rejected, HeadStatement},
	{AwaitingHead, Applicant, Cancelled, Code},
	{AwaitingHead, Clock, Deactivated, Age},

	{Signing, Issuer, Issued, AllIssued},
	{Signing, Issuer, Rejected, CannotIssue},

	{Issued, Applicant, Installed, NothingMore},
	{Issued, Clock, Uncollected, Age},
}

// Table returns every move there is.
func Table() []Rule { return slices.Clone(table) }

// States returns every state that is stored, in the order of a straight life.
func States() []State {
	return []State{Draft, New, Identified, UserSigned, AwaitingHead, Signing, Issued, Installed, Rejected, Deactivated, Cancelled, Uncollected}
}

// Allowed reports whether the actor may ever move an application so.
func Allowed(from State, by Actor, to State) bool {
	return slices.ContainsFunc(table, func(r Rule) bool { return r.From == from && r.By == by && r.To == to })
}

// Final reports whether nothing moves an application of the state any more.
func (s State) Final() bool {
	return !slices.ContainsFunc(table, func(r Rule) bool { return r.From == s })
}

// Waiting is how long the clock lets an application stay in a state that needs somebody (M1.3, DESIGN section 4).
const Waiting = 30 * 24 * time.Hour

// move carries out one row of the table. What the row needs was checked by the named move that calls it.
func (a *Application) move(now time.Time, to State, by Actor, m Move) error {
	if !Allowed(a.State, by, to) {
		return fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("%s is %s; %s can't make it %s", LogName(a.Number), a.State, by, to))
	}
	now = now.UTC()
	m.At, m.From, m.To, m.By = now, a.State, to, by
	a.Moves = append(a.Moves, m)
	a.State, a.Changed, a.Deadline = to, now, time.Time{}
	if slices.ContainsFunc(table, func(r Rule) bool { return r.From == to && r.Needs == Age }) {
		a.Deadline = now.Add(Waiting)
	}
	return nil
}
