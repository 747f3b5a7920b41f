package application

import (
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
)

// NewDraft begins an application. secretHash is HashSecret of what its maker's browser holds.
func NewDraft(number string, secretHash []byte, language string, now time.Time) *Application {
	now = now.UTC()
	return &Application{
		Number: number, State: Draft, Secret: secretHash, Answers: Answers{Language: language},
		Created: now, Changed: now, Deadline: now.Add(Waiting),
	}
}

// Submit hands the application in. It needs the answers and a request for each of the templates in needed; codeHash is HashCode of
// its revocation code.
func (a *Application) Submit(now time.Time, needed []string, codeHash []byte) error {
	if a.Answers.IIN == "" || a.Answers.Agreement == "" {
		return fail.New(fail.Invalid, "application.answers-missing")
	}
	if len(a.Requests) != len(needed) || len(needed) == 0 {
		return fail.New(fail.Invalid, "application.keys-missing")
	}
	for i, q := range a.Requests {
		if q.Profile != needed[i] || len(q.CSR) == 0 {
			return fail.New(fail.Invalid, "application.keys-missing")
		}
	}
	if err := a.move(now, New, Applicant, Move{}); err != nil {
		return err
	}
	a.Code = codeHash
	return nil
}

// Identify records an operator's signed decision that the applicant is who he says.
func (a *Application) Identify(now time.Time, v statement.Verified) error {
	if err := a.decision(v, statement.Approve); err != nil {
		return err
	}
	return a.move(now, Identified, RA, evidence(v))
}

// Reject records an operator's signed refusal; its words are for the applicant.
func (a *Application) Reject(now time.Time, v statement.Verified) error {
	if err := a.decision(v, statement.Refuse); err != nil {
		return err
	}
	if v.Fact(statement.FactWords) == "" {
		return fail.New(fail.Invalid, "application.reason-missing")
	}
	return a.move(now, Rejected, RA, evidence(v))
}

// decision checks that v is an operator's decision on exactly this application, with exactly these requests, and not on his own.
func (a *Application) decision(v statement.Verified, act string) error {
	foreign := func(why string) error { return fail.Wrap(fail.Invalid, "application.other-decision", errors.New(why)) }
	switch {
	case v.Purpose() != statement.Decision:
		return foreign("not a decision")
	case v.Fact(statement.FactNumber) != a.Number:
		return foreign("of another application")
	case v.Fact(statement.FactAct) != act:
		return foreign("it decides otherwise")
	case v.Fact(statement.FactRequests) != a.RequestHashes():
		return foreign("of other certification requests")
	case v.Fact(statement.FactIIN) != a.Answers.IIN:
		return foreign("of another person")
	case v.IIN() == a.Answers.IIN:
		return fail.New(fail.Forbidden, "application.own")
	}
	return nil
}

func evidence(v statement.Verified) Move {
	cms, ocsp := v.Evidence()
	return Move{Who: v.IIN(), Reason: v.Fact(statement.FactWords), Text: v.Text(), Evidence: cms, OCSP: ocsp, Checked: v.At()}
}

// RequestHashes returns the SHA-256 of each certification request, in hexadecimal with commas between: what a decision names.
func (a *Application) RequestHashes() string {
	hashes := make([]string, len(a.Requests))
	for i, q := range a.Requests {
		hashes[i] = hex.EncodeToString(q.Hash[:])
	}
	return strings.Join(hashes, ",")
}

// StartSigning approves an identified application on the operator's decision v and returns the value that package issue consumes. p
// is the person whom the register names at this moment; certificates will carry these names and no others.
func StartSigning(a *Application, now time.Time, v statement.Verified, p person.Person) (Approved, error) {
	if err := a.decision(v, statement.Approve); err != nil {
		return Approved{}, err
	}
	if err := approvable(a, p, v); err != nil {
		return Approved{}, err
	}
	if err := a.move(now, Signing, RA, Move{Who: v.IIN()}); err != nil {
		return Approved{}, err
	}
	a.Person = p
	return approved(a), nil
}

// Reopen makes the Approved of an application that is being signed, after a restart or in a worker. v is the stored decision,
// judged again by statement.Recheck, so that a changed row of the database approves nothing.
func Reopen(a *Application, v statement.Verified) (Approved, error) {
	if a.State != Signing {
		return Approved{}, fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("%s is %s", LogName(a.Number), a.State))
	}
	if err := a.decision(v, statement.Approve); err != nil {
		return Approved{}, err
	}
	if err := approvable(a, a.Person, v); err != nil {
		// It was approvable when it was approved; the row has been changed since.
		return Approved{}, fail.Wrap(fail.Invalid, "application.other-decision", err)
	}
	return approved(a), nil
}

// FullName returns surname, name and patronymic, as a decision names the person.
func FullName(p person.Person) string {
	return strings.Join(strings.Fields(p.CommonName()+" "+p.Patronymic), " ")
}

// Decided returns the move that the approval rests on: the last identification by an operator.
func (a *Application) Decided() (Move, bool) {
	for _, m := range slices.Backward(a.Moves) {
		if m.To == Identified && m.By == RA && len(m.Evidence) > 0 {
			return m, true
		}
	}
	return Move{}, false
}

// approvable checks that p is the person of the application, under the very names that the operator signed.
func approvable(a *Application, p person.Person, v statement.Verified) error {
	if p.IIN == "" || p.IIN != a.Answers.IIN {
		return fail.New(fail.Conflict, "application.not-in-register")
	}
	if v.Fact(statement.FactPerson) != FullName(p) {
		return fail.New(fail.Conflict, "application.register-changed")
	}
	if len(a.Requests) == 0 {
		return fail.New(fail.Conflict, "application.keys-missing")
	}
	return nil
}

func approved(a *Application) Approved {
	return Approved{number: a.Number, person: a.Person, requests: slices.Clone(a.Requests), valid: true}
}

// Cancel withdraws the application; the caller has checked the revocation code.
func (a *Application) Cancel(now time.Time) error { return a.move(now, Cancelled, Applicant, Move{}) }

// MarkIssued records that every certificate of the application exists.
func (a *Application) MarkIssued(now time.Time) error { return a.move(now, Issued, Issuer, Move{}) }

// MarkInstalled records that the applicant has the certificates. Repeated, it does nothing.
func (a *Application) MarkInstalled(now time.Time) error {
	if a.State == Installed {
		return nil
	}
	return a.move(now, Installed, Applicant, Move{})
}

// RejectByIssuer records that the certificates cannot be issued; reason is the code of the message for the applicant.
func (a *Application) RejectByIssuer(now time.Time, reason string) error {
	return a.move(now, Rejected, Issuer, Move{Reason: reason})
}

// Expire makes the move of the clock when its moment has come: Deactivated, or Uncollected, whose certificates the caller
// revokes in the same transaction. For a draft it answers Deleted and the caller deletes it.
func (a *Application) Expire(now time.Time) (State, error) {
	if a.Deadline.IsZero() || now.Before(a.Deadline) {
		return a.State, fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("%s has its time yet", LogName(a.Number)))
	}
	for _, r := range table {
		if r.From == a.State && r.By == Clock {
			if r.To == Deleted {
				return Deleted, nil
			}
			return r.To, a.move(now, r.To, Clock, Move{})
		}
	}
	return a.State, fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("the clock moves nothing that is %s", a.State))
}
