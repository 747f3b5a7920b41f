package authority

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/iin"
)

// member returns an active member of staff; his role is read here, inside the transaction, and not from a session.
func (a *Authority) member(tx Tx, staff string, roles ...account.Role) (account.Staff, error) {
	s, err := tx.Staff(staff)
	if fail.Is(err, fail.NotFound) {
		return s, fail.Wrap(fail.Forbidden, "staff.not-staff", err)
	}
	if err != nil {
		return s, err
	}
	if s.Removed {
		return s, fail.New(fail.Forbidden, "staff.removed")
	}
	if len(roles) > 0 && !slices.Contains(roles, s.Role) {
		return s, fail.New(fail.Forbidden, "staff.role")
	}
	return s, nil
}

// StaffMember returns the member of staff, or fail.Forbidden when he was removed since he logged in, or has no good
// authentication certificate any more: what a lost key has opened closes when the key is reported.
func (a *Authority) StaffMember(ctx context.Context, staff string) (s account.Staff, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		if s, err = a.member(tx, staff); err != nil {
			return err
		}
		rows, err := tx.FindCertificates(registry.Filter{IIN: staff, Stage: registry.Issued, Limit: found})
		if err != nil {
			return err
		}
		now := a.now()
		for _, row := range rows {
			if slices.Index(s.Role.Templates(), row.Profile) == 0 && row.Status == registry.Valid && !now.After(row.NotAfter) {
				return nil
			}
		}
		return fail.New(fail.Forbidden, "staff.no-certificate")
	})
	return s, err
}

// LoginChallenge makes the text that a member of staff signs with his authentication key.
func (a *Authority) LoginChallenge(ctx context.Context, origin, lang string) (statement.Challenge, error) {
	return a.challenge(ctx, statement.Login, lang, func(Tx) (map[string]string, error) {
		return map[string]string{statement.FactOrigin: origin}, nil
	})
}

// challenge makes and keeps a challenge of the facts that f gives.
func (a *Authority) challenge(ctx context.Context, p statement.Purpose, lang string, f func(Tx) (map[string]string, error)) (c statement.Challenge, err error) {
	err = a.store.Update(ctx, func(tx Tx) error {
		facts, err := f(tx)
		if err != nil {
			return err
		}
		facts[statement.FactAuthority] = a.hierarchy.Name()
		if c, err = statement.New(a.rand, a.now(), p, lang, facts); err != nil {
			return err
		}
		return tx.PutChallenge(c)
	})
	return c, err
}

// answer judges the CMS that answers a challenge of that purpose. The challenge is returned as far as it was found.
func (a *Authority) answer(ctx context.Context, nonce string, p statement.Purpose, cms []byte) (c statement.Challenge, k statement.Checked, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		c, err = tx.Challenge(nonce)
		return err
	})
	if fail.Is(err, fail.NotFound) || err == nil && c.Purpose != p {
		return statement.Challenge{}, k, fail.Wrap(fail.NotFound, "statement.no-challenge", err)
	}
	if err != nil {
		return c, k, err
	}
	k, err = a.checker.Check(ctx, c, cms)
	return c, k, err
}

// Login checks a signed LoginChallenge and the one-time code. Steps: signature by an authentication certificate of a member;
// the challenge is used; the member exists, has the role of the certificate and is not locked; the code is right and new.
// Every failure is a leaf.
func (a *Authority) Login(ctx context.Context, nonce string, cms []byte, totp string) (s account.Staff, err error) {
	c, checked, err := a.answer(ctx, nonce, statement.Login, cms)
	if err != nil {
		return account.Staff{}, a.refused(ctx, "login.failed", actorNobody, "login", refusal{Nonce: c.Nonce}, err)
	}
	var wrong error
	err = a.store.Update(ctx, func(tx Tx) error {
		wrong = nil
		v, err := checked.Accept(tx)
		if err != nil {
			return err
		}
		now := a.now()
		if s, err = a.member(tx, v.IIN()); err == nil && s.Role.Power() != v.Role() {
			err = fail.New(fail.Forbidden, "staff.role")
		}
		if err == nil {
			err = s.CheckTOTP(a.hierarchy, strings.TrimSpace(totp), now)
			if put := tx.PutStaff(s); put != nil {
				return put
			}
		}
		if fail.Is(err, fail.Internal) && err != nil {
			return err
		}
		if wrong = err; wrong != nil {
			// The challenge stays used and the failure counted.
			return a.record(tx, now, "login.failed", staffActor(v.IIN()), "login", refusal{Code: fail.CodeOf(err), Nonce: nonce})
		}
		return a.record(tx, now, "login", staffActor(s.IIN), "login", struct {
			Nonce string `json:"nonce"`
		}{nonce})
	})
	if err != nil {
		return account.Staff{}, a.refused(ctx, "login.failed", actorNobody, "login", refusal{Nonce: nonce}, err)
	}
	if wrong != nil {
		return account.Staff{}, wrong
	}
	return s, nil
}

// undecided are the states in which an application waits for an operator.
var undecided = []application.State{application.New, application.UserSigned}

// Queue lists applications; a filter without states lists those that wait for a decision, oldest first. Drafts are in no list.
func (a *Authority) Queue(ctx context.Context, staff string, f application.Filter) (list []*application.Application, err error) {
	if len(f.States) == 0 {
		f.States, f.OldestFirst = undecided, true
	}
	f.States = slices.DeleteFunc(slices.Clone(f.States), func(s application.State) bool { return s == application.Draft })
	err = a.store.View(ctx, func(tx Tx) error {
		if _, err := a.member(tx, staff); err != nil || len(f.States) == 0 {
			return err
		}
		list, err = tx.ListApplications(f)
		return err
	})
	return list, err
}

// others is the most further applications of a person that a review shows.
const others = 20

// Review returns everything that an operator sees of an application before he decides.
func (a *Authority) Review(ctx context.Context, staff, number string) (r Review, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		r = Review{}
		s, err := a.member(tx, staff)
		if err != nil {
			return err
		}
		if r.Application, err = submitted(tx, number); err != nil {
			return err
		}
		app := r.Application
		switch r.Person, err = tx.Person(app.Answers.IIN); {
		case err == nil:
			r.Registered = true
		case !fail.Is(err, fail.NotFound):
			return err
		}
		if r.Registered {
			r.Differences = differences(app.Answers, r.Person)
		}
		r.Own = app.Answers.IIN == s.IIN
		r.Decidable = !r.Own && s.Role == account.Operator && slices.Contains(undecided, app.State)
		if r.Certificates, err = issued(tx, number); err != nil {
			return err
		}
		found, err := tx.ListApplications(application.Filter{IIN: app.Answers.IIN, Limit: others})
		r.Others = slices.DeleteFunc(found, func(o *application.Application) bool { return o.Number == number || o.State == application.Draft })
		return err
	})
	return r, err
}

// differences names the fields in which what was typed is not what the register says.
func differences(typed application.Answers, p person.Person) []string {
	var fields []string
	for _, f := range []struct{ name, typed, register string }{
		{"surname", typed.Surname, p.Surname}, {"name", typed.Name, p.Name}, {"patronymic", typed.Patronymic, p.Patronymic},
	} {
		if !person.SameName(f.typed, f.register) {
			fields = append(fields, f.name)
		}
	}
	return fields
}

// DecisionChallenge makes the text that an operator signs to approve or refuse an application; a refusal needs a reason, for the applicant.
func (a *Authority) DecisionChallenge(ctx context.Context, staff, number string, approve bool, reason, origin, lang string) (statement.Challenge, error) {
	reason = strings.Join(strings.Fields(reason), " ")
	return a.challenge(ctx, statement.Decision, lang, func(tx Tx) (map[string]string, error) {
		if _, err := a.member(tx, staff, account.Operator); err != nil {
			return nil, err
		}
		app, err := submitted(tx, number)
		if err != nil {
			return nil, err
		}
		if app.Answers.IIN == staff {
			return nil, fail.New(fail.Forbidden, "application.own")
		}
		if !slices.Contains(undecided, app.State) {
			return nil, fail.New(fail.Conflict, "application.moved-on")
		}
		p, err := tx.Person(app.Answers.IIN)
		switch {
		case err == nil:
		case !fail.Is(err, fail.NotFound):
			return nil, err
		case approve:
			return nil, fail.New(fail.Conflict, "application.not-in-register")
		default:
			p = person.Person{Surname: app.Answers.Surname, Name: app.Answers.Name, Patronymic: app.Answers.Patronymic}
		}
		facts := map[string]string{
			statement.FactStaff: staff, statement.FactNumber: app.Number, statement.FactPerson: application.FullName(p), statement.FactIIN: app.Answers.IIN,
			statement.FactAct: statement.Approve, statement.FactRequests: app.RequestHashes(), statement.FactOrigin: origin,
		}
		if approve {
			return facts, asSubmitted(tx, app)
		}
		facts[statement.FactAct], facts[statement.FactWords] = statement.Refuse, reason
		return facts, words(reason)
	})
}

func words(s string) error {
	var f fail.Fields
	switch n := utf8.RuneCountInString(s); {
	case n == 0:
		f.Add("reason", "application.reason-missing")
	case n > statement.MaxWords:
		f.Add("reason", "application.reason-long", "max", strconv.Itoa(statement.MaxWords))
	}
	return f.Err()
}

// Decide carries out a signed DecisionChallenge:
//
//  1. the signature is right, over the text that was shown, by a signing certificate of the operator that is good at this moment;
//  2. in one transaction: the challenge is used; the operator is still one; the application waits, is not his own, and has the very
//     requests that he signed and the keys that were handed in; the register names the person as he signed;
//  3. the application moves to identified and on to signing, or to rejected, with the evidence, a leaf for each move and the job.
//
// Sent twice, it answers the same again and moves nothing.
func (a *Authority) Decide(ctx context.Context, staff, nonce string, cms []byte) (app *application.Application, err error) {
	app, c, err := a.decide(ctx, staff, nonce, cms)
	if err != nil {
		return nil, a.refused(ctx, "decision.refused", staffActor(staff), c.Subject, refusal{Nonce: c.Nonce, Purpose: string(statement.Decision)}, err)
	}
	if app.State == application.Signing {
		select {
		case a.wake <- struct{}{}:
		default: // it is awake
		}
	}
	return app, nil
}

func (a *Authority) decide(ctx context.Context, staff, nonce string, cms []byte) (app *application.Application, c statement.Challenge, err error) {
	c, checked, err := a.answer(ctx, nonce, statement.Decision, cms)
	if fail.CodeOf(err) == "statement.used" {
		app, again := a.decided(ctx, staff, c)
		if again {
			return app, c, nil
		}
	}
	if err != nil {
		return nil, c, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		v, err := checked.Accept(tx)
		if err != nil {
			return err
		}
		s, err := a.member(tx, staff, account.Operator)
		if err != nil {
			return err
		}
		if v.IIN() != staff || v.Fact(statement.FactStaff) != staff || v.Role() != s.Role.Power() {
			return fail.New(fail.Forbidden, "statement.other-signer")
		}
		if app, err = submitted(tx, v.Fact(statement.FactNumber)); err != nil {
			return err
		}
		now := a.now()
		if v.Fact(statement.FactAct) == statement.Refuse {
			if err := app.Reject(now, v); err != nil {
				return err
			}
			return a.moved(tx, now, app, staffActor(staff))
		}
		return a.approveNow(tx, now, app, v, staff)
	})
	if fail.CodeOf(err) == "statement.used" {
		if app, again := a.decided(ctx, staff, c); again {
			return app, c, nil
		}
	}
	return app, c, err
}

func (a *Authority) approveNow(tx Tx, now time.Time, app *application.Application, v statement.Verified, staff string) error {
	p, err := tx.Person(app.Answers.IIN)
	if fail.Is(err, fail.NotFound) {
		return fail.Wrap(fail.Conflict, "application.not-in-register", err)
	}
	if err != nil {
		return err
	}
	if err := asSubmitted(tx, app); err != nil {
		return err
	}
	if err := app.Identify(now, v); err != nil {
		return err
	}
	if _, err := application.StartSigning(app, now, v, p); err != nil {
		return err
	}
	if err := a.told(tx, now, app, len(app.Moves)-2, staffActor(staff)); err != nil {
		return err
	}
	if err := a.moved(tx, now, app, staffActor(staff)); err != nil {
		return err
	}
	return tx.PutNotice(notice.Notice{Kind: noticeIssue, Key: app.Number, Due: now, Created: now})
}

// decided returns the application of a used challenge when this member's decision on it is the one that was carried out.
func (a *Authority) decided(ctx context.Context, staff string, c statement.Challenge) (app *application.Application, yes bool) {
	err := a.store.View(ctx, func(tx Tx) (err error) {
		app, err = submitted(tx, c.Subject)
		return err
	})
	if err != nil {
		return nil, false
	}
	return app, slices.ContainsFunc(app.Moves, func(m application.Move) bool { return m.Text == c.Text && m.Who == staff && c.Text != "" })
}

// found is the most results of a search of each kind.
const found = 50

// Search finds applications and certificates by number, IIN, serial, or the beginning of a name of three letters and more.
func (a *Authority) Search(ctx context.Context, staff, query string) (f Found, err error) {
	query = strings.TrimSpace(query)
	err = a.store.View(ctx, func(tx Tx) error {
		f = Found{}
		if _, err := a.member(tx, staff); err != nil {
			return err
		}
		bare := strings.Join(strings.Fields(query), "")
		if iin.CheckLenient(bare) == nil {
			return f.byIIN(tx, bare)
		}
		if number, err := application.ParseNumber(query); err == nil {
			app, err := submitted(tx, number)
			if err == nil {
				f.Applications = []*application.Application{app}
				f.Certificates, err = issued(tx, number)
			}
			return absent(err)
		}
		if serial, err := registry.ParseSerial(query); err == nil && len(serial) >= 8 {
			f.Certificates, err = tx.FindCertificates(registry.Filter{Serial: serial, Stage: registry.Issued, Limit: found})
			return err
		}
		if utf8.RuneCountInString(query) < 3 || utf8.RuneCountInString(query) > person.MaxName {
			return fail.New(fail.Invalid, "search.query")
		}
		f.Certificates, err = tx.FindCertificates(registry.Filter{NamePrefix: query, Stage: registry.Issued, Limit: found})
		return err
	})
	return f, err
}

func (f *Found) byIIN(tx Tx, number string) error {
	list, err := tx.ListApplications(application.Filter{IIN: number, Limit: found})
	if err != nil {
		return err
	}
	f.Applications = slices.DeleteFunc(list, func(a *application.Application) bool { return a.State == application.Draft })
	f.Certificates, err = tx.FindCertificates(registry.Filter{IIN: number, Stage: registry.Issued, Limit: found})
	return err
}

// absent makes of "not found" an empty answer.
func absent(err error) error {
	if fail.Is(err, fail.NotFound) {
		return nil
	}
	return err
}

// Certificate returns an issued certificate of the register to a member of staff.
func (a *Authority) Certificate(ctx context.Context, staff, issuer, serial string) (c registry.Certificate, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		if _, err := a.member(tx, staff); err != nil {
			return err
		}
		c, err = existing(tx, issuer, serial)
		return err
	})
	return c, err
}

// existing returns an issued certificate; serial is as people write it.
func existing(tx Tx, issuer, serial string) (registry.Certificate, error) {
	serial, err := registry.ParseSerial(serial)
	if err != nil {
		return registry.Certificate{}, err
	}
	c, err := tx.Certificate(issuer, serial)
	if err == nil && c.Stage != registry.Issued {
		return registry.Certificate{}, fail.New(fail.NotFound, "certificate.not-found")
	}
	return c, err
}
