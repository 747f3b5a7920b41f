// Package issue makes certificates out of approved applications, and makes each of them once (DESIGN section 3).
//
// The procedure of one application, with its fault points:
//
//  1. Plan every certificate: open the certification request, check possession and key, take a serial number, fill the
//     template with the person of the approval, lint the exact bytes. What is at fault rejects the application.
//  2. Update: application still being signed, serials and to-be-signed bytes, a leaf "certificate.prepared" for each.
//     (issue.before-prepare-commit, issue.after-prepare-commit)
//  3. For each certificate: sign exactly those bytes and verify the signature (issue.after-sign), then
//  4. Update: certificate, leaf "certificate.issued", and with the last of them the application's move and the notice.
//     (issue.before-issue-commit, issue.after-issue-commit, issue.between-certificates)
//
// Nothing leaves the process before the last commit. Whatever stops it, Resume goes on from the stored bytes, after it
// has checked again the approval, the bytes and the time; what waited too long is abandoned and prepared anew.
package issue

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/fault"
	"github.com/senim-pki/senim/pki/cert"
)

var (
	beforePrepareCommit = fault.Register("issue.before-prepare-commit")
	afterPrepareCommit  = fault.Register("issue.after-prepare-commit")
	afterSign           = fault.Register("issue.after-sign")
	beforeIssueCommit   = fault.Register("issue.before-issue-commit")
	afterIssueCommit    = fault.Register("issue.after-issue-commit")
	betweenCertificates = fault.Register("issue.between-certificates")
)

// Actor is who issues, in the log.
const Actor = "issuer"

// DefaultDeadline is how long prepared bytes may wait for their signature: a certificate says from when it is valid, and
// one that is handed out days later would say more than was known.
const DefaultDeadline = 24 * time.Hour

// Tx is the part of the store that issuance needs.
type Tx interface {
	application.Records
	registry.Records
	audit.Records
	notice.Records
}

// A Hierarchy is who signs; *ca.Hierarchy is one.
type Hierarchy interface {
	Authority(name string) *ca.Authority
	Issuer(template string) *ca.Authority // nil when no authority issues by that template
}

// Options of an Issuer.
type Options struct {
	Hierarchy Hierarchy
	// View and Update run f in a transaction of the store.
	View, Update func(ctx context.Context, f func(Tx) error) error
	// Approve judges the stored decision of an application again, for Resume.
	Approve  func(ctx context.Context, a *application.Application) (application.Approved, error)
	Clock    clock.Clock
	Rand     io.Reader     // nil is crypto/rand
	Deadline time.Duration // 0 is DefaultDeadline
}

// An Issuer issues certificates. It may be used by several goroutines, and several processes on one store, at once.
type Issuer struct{ o Options }

// New makes an Issuer.
func New(o Options) *Issuer {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Deadline == 0 {
		o.Deadline = DefaultDeadline
	}
	return &Issuer{o}
}

// maxAttempts caps how often one call prepares anew: for a serial number that is taken, or bytes that are stale.
const maxAttempts = 4

var errRaced = errors.New("somebody else finished it")

// Issue issues every certificate of an approved application and returns them in the order of its requests. Repeated, it
// answers the same again.
//
// fail.Invalid and the conflict registry.CodeKeyTaken say that the application cannot be issued and was rejected for that
// reason; any other error leaves it as it stands, and the same may succeed later.
func (i *Issuer) Issue(ctx context.Context, a application.Approved) ([]registry.Certificate, error) {
	if !a.Valid() {
		return nil, fail.New(fail.Forbidden, "issue.not-approved")
	}
	rows, err := i.issue(ctx, a)
	if err == nil {
		return rows, nil
	}
	err = fmt.Errorf("couldn't issue the certificates of application %s: %w", application.LogName(a.Number()), err)
	if !forGood(err) {
		return nil, err
	}
	if rejected := i.reject(ctx, a.Number(), fail.CodeOf(err)); rejected != nil {
		return nil, errors.Join(err, rejected)
	}
	return nil, err
}

// forGood reports whether an application can never be issued because of err.
func forGood(err error) bool {
	return fail.Is(err, fail.Invalid) || fail.CodeOf(err) == registry.CodeKeyTaken
}

func (i *Issuer) issue(ctx context.Context, a application.Approved) ([]registry.Certificate, error) {
	orders, app, done, err := i.prepare(ctx, a)
	if err != nil || done {
		return rowsOf(orders), err
	}
	moved := false
	for n := range orders {
		if orders[n].row.Stage == registry.Issued {
			continue
		}
		if n > 0 {
			betweenCertificates.Here()
		}
		der, err := i.sign(orders[n])
		if err != nil {
			return nil, err
		}
		last := othersIssued(orders, n)
		finished := app
		if !last {
			finished = nil
		}
		row, err := i.commit(ctx, orders[n].row, der, finished)
		if errors.Is(err, errRaced) {
			// Its certificate is the one that exists; ours never leaves this function.
			row, err = i.read(ctx, row)
			last = false
		}
		if err != nil {
			return nil, err
		}
		orders[n].row = row
		moved = moved || last
	}
	if !moved {
		if err := i.complete(ctx, a.Number()); err != nil {
			return nil, err
		}
	}
	return rowsOf(orders), nil
}

func othersIssued(orders []order, n int) bool {
	for m := range orders {
		if m != n && orders[m].row.Stage != registry.Issued {
			return false
		}
	}
	return true
}

func rowsOf(orders []order) []registry.Certificate {
	rows := make([]registry.Certificate, len(orders))
	for n := range orders {
		rows[n] = orders[n].row
	}
	return rows
}

// sign signs the prepared bytes and verifies what came out: a fault of hardware or memory must not leave as a signature,
// for some faults give the key away.
func (i *Issuer) sign(o order) ([]byte, error) {
	signature, err := o.authority.Key.Sign(i.o.Rand, o.authority.Scheme, o.row.TBS)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign %s: %w", o.row.Subject(), err)
	}
	if !o.authority.Scheme.VerifyMessage(o.authority.Certificate.PublicKey, o.row.TBS, signature) {
		return nil, fmt.Errorf("couldn't sign %s: %w", o.row.Subject(), errors.New("the signature does not verify with the authority's certificate"))
	}
	der, err := cert.Assemble(o.row.TBS, o.authority.Scheme, signature)
	if err != nil {
		return nil, fmt.Errorf("couldn't sign %s: %w", o.row.Subject(), err)
	}
	afterSign.Here()
	return der, nil
}

// commit makes a signed certificate exist. The last of an application moves the application too; app is nil for the others.
func (i *Issuer) commit(ctx context.Context, row registry.Certificate, der []byte, app *application.Application) (registry.Certificate, error) {
	err := i.o.Update(ctx, func(tx Tx) error {
		now := i.o.Clock.Now()
		row.Stage, row.DER, row.IssuedAt = registry.Issued, der, now.UTC().Truncate(time.Microsecond)
		if err := tx.IssueCertificate(row); err != nil {
			if fail.CodeOf(err) == registry.CodeStage {
				return errRaced
			}
			return err
		}
		if err := i.record(tx, now, audit.CertificateIssued, Actor, row, audit.CertificateFact{Application: row.Application, Profile: row.Profile, DER: digest(der)}); err != nil {
			return err
		}
		if app != nil {
			if err := i.move(tx, now, app, application.Issued, ""); err != nil {
				return err
			}
		}
		beforeIssueCommit.Here()
		return nil
	})
	if err != nil {
		return row, fmt.Errorf("couldn't record %s: %w", row.Subject(), err)
	}
	afterIssueCommit.Here()
	return row, nil
}

// read returns a row as it stands now, which must be issued.
func (i *Issuer) read(ctx context.Context, row registry.Certificate) (registry.Certificate, error) {
	err := i.o.View(ctx, func(tx Tx) (err error) {
		row, err = tx.Certificate(row.Issuer, row.Serial)
		return err
	})
	if err == nil && row.Stage != registry.Issued {
		err = fail.Wrap(fail.Conflict, registry.CodeStage, fmt.Errorf("%s is %s", row.Subject(), row.Stage))
	}
	return row, err
}

// complete moves an application whose certificates all exist already, and does nothing when somebody else has moved it.
func (i *Issuer) complete(ctx context.Context, number string) error {
	return i.o.Update(ctx, func(tx Tx) error {
		a, err := tx.Application(number)
		if err != nil || a.State != application.Signing {
			return err
		}
		return i.move(tx, i.o.Clock.Now(), a, application.Issued, "")
	})
}

// move ends the signing of an application, with its leaf and its notice. app is the application as it was read; when
// somebody has written it since, nothing may be concluded from it.
func (i *Issuer) move(tx Tx, now time.Time, app *application.Application, to application.State, reason string) error {
	a := *app // f may run again, so what it was given stays as it is
	a.Moves = slices.Clone(app.Moves)
	from := a.State
	var err error
	if to == application.Issued {
		err = a.MarkIssued(now)
	} else {
		err = a.RejectByIssuer(now, reason)
	}
	if err != nil {
		return err
	}
	if err := tx.PutApplication(&a); err != nil {
		return err
	}
	number := a.Number
	payload, err := audit.Payload(audit.ApplicationFact{Number: number, From: string(from), State: string(a.State), Reason: reason})
	if err != nil {
		return err
	}
	if err := audit.Record(tx, now, i.o.Rand, "application."+string(a.State), Actor, number, payload); err != nil {
		return err
	}
	return tx.PutNotice(notice.Notice{Kind: "mail", Key: number, Args: map[string]string{"state": string(a.State)}, Due: now, Created: now})
}

// record writes a leaf about a certificate.
func (i *Issuer) record(tx Tx, now time.Time, act, actor string, row registry.Certificate, f audit.CertificateFact) error {
	f.Issuer, f.Serial = row.Issuer, row.Serial
	payload, err := audit.Payload(f)
	if err != nil {
		return err
	}
	return audit.Record(tx, now, i.o.Rand, act, actor, row.Subject(), payload)
}
