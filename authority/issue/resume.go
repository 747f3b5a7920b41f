package issue

import (
	"context"
	"errors"
	"fmt"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/base/fail"
)

// Resume finishes what was begun: every application that is being signed, from its stored bytes if it has any. It is called
// before the process serves, and may be called at any time. It goes on after a failure and returns all of them.
func (i *Issuer) Resume(ctx context.Context) error {
	var errs []error
	var after string
	for {
		var waiting []*application.Application
		if err := i.o.View(ctx, func(tx Tx) (err error) {
			waiting, err = tx.ListApplications(application.Filter{States: []application.State{application.Signing}, OldestFirst: true, Limit: 200, After: after})
			return err
		}); err != nil {
			return fmt.Errorf("couldn't resume issuance: %w", err)
		}
		if len(waiting) == 0 {
			break
		}
		for _, a := range waiting {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := i.resume(ctx, a); err != nil {
				errs = append(errs, err)
			}
		}
		after = waiting[len(waiting)-1].Number
	}
	return errors.Join(append(errs, i.sweep(ctx))...)
}

func (i *Issuer) resume(ctx context.Context, a *application.Application) error {
	approved, err := i.o.Approve(ctx, a)
	switch {
	case err == nil:
		if _, err = i.Issue(ctx, approved); forGood(err) {
			return nil // it was rejected, and the applicant is told why
		}
		return err
	case fail.Is(err, fail.Invalid), fail.Is(err, fail.Forbidden):
		// The decision does not hold: nothing may be issued on it, and what was goes.
		return i.reject(ctx, a.Number, "issue.not-approved")
	default:
		return fmt.Errorf("couldn't resume application %s: %w", application.LogName(a.Number), err)
	}
}

// sweep abandons prepared certificates that nobody will finish: of staff and services, whose maker has gone, past the
// deadline; of applications that are not being signed, at once.
func (i *Issuer) sweep(ctx context.Context) error {
	var open []registry.Certificate
	if err := i.o.View(ctx, func(tx Tx) error {
		found, err := tx.FindCertificates(registry.Filter{Stage: registry.Prepared, Limit: 10_000})
		if err != nil {
			return err
		}
		for _, row := range found {
			if row.Application != "" {
				a, err := tx.Application(row.Application)
				if err != nil && !fail.Is(err, fail.NotFound) {
					return err
				}
				if err == nil && a.State == application.Signing {
					continue
				}
			} else if !i.o.Clock.Now().After(row.Prepared.Add(i.o.Deadline)) {
				continue
			}
			open = append(open, row)
		}
		return nil
	}); err != nil {
		return fmt.Errorf("couldn't look for open issuances: %w", err)
	}
	for _, row := range open {
		if err := i.abandon(ctx, row, errors.New("nobody waits for it")); err != nil {
			return err
		}
	}
	return nil
}

// abandon gives a prepared certificate up: its serial will never be signed, and its key is free again. When somebody else has
// finished or abandoned it meanwhile, it stays so.
func (i *Issuer) abandon(ctx context.Context, row registry.Certificate, why error) error {
	err := i.o.Update(ctx, func(tx Tx) error { return i.abandonIn(tx, row, why.Error()) })
	if err != nil && fail.CodeOf(err) != registry.CodeStage {
		return fmt.Errorf("couldn't abandon %s: %w", row.Subject(), err)
	}
	return nil
}

func (i *Issuer) abandonIn(tx Tx, row registry.Certificate, why string) error {
	now := i.o.Clock.Now()
	stored, err := tx.Certificate(row.Issuer, row.Serial)
	if err != nil {
		return err
	}
	if stored.Stage != registry.Prepared {
		return fail.New(fail.Conflict, registry.CodeStage)
	}
	stored.Stage = registry.Abandoned
	if err := tx.UpdateCertificate(stored); err != nil {
		return err
	}
	return i.record(tx, now, audit.CertificateAbandoned, Actor, stored, audit.CertificateFact{Application: stored.Application, Profile: stored.Profile, Words: why})
}

// reject ends an application that cannot be issued: in one transaction its prepared certificates are abandoned, those that
// exist are revoked, and it is rejected with the code of the reason. When it is not being signed any more, nothing happens.
func (i *Issuer) reject(ctx context.Context, number, reason string) error {
	revoked := false
	err := i.o.Update(ctx, func(tx Tx) error {
		revoked = false
		now := i.o.Clock.Now()
		a, err := tx.Application(number)
		if err != nil || a.State != application.Signing {
			return err
		}
		rows, err := tx.CertificatesOf(number)
		if err != nil {
			return err
		}
		for _, row := range rows {
			switch row.Stage {
			case registry.Prepared:
				err = i.abandonIn(tx, row, reason)
			case registry.Issued:
				_, err = revoke.Change(tx, now, i.o.Rand, revoke.Order{
					Issuer: row.Issuer, Serial: row.Serial, To: registry.Revoked, Reason: revoke.CessationOfOperation, Actor: Actor, Words: reason,
				})
				revoked = true
				if code := fail.CodeOf(err); code == "certificate.revoked" || code == "certificate.expired" {
					err = nil
				}
			}
			if err != nil {
				return err
			}
		}
		return i.move(tx, now, a, application.Rejected, reason)
	})
	if err != nil {
		return fmt.Errorf("couldn't reject application %s: %w", application.LogName(number), err)
	}
	if revoked {
		revoke.Committed()
	}
	return nil
}
