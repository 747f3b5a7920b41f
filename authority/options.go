package authority

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/issue"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/crl"
)

// Options are what an authority is made from.
type Options struct {
	Store     Store
	Hierarchy *ca.Hierarchy
	Clock     clock.Clock
	Rand      io.Reader              // nil is crypto/rand
	CheckIIN  func(iin string) error // nil is iin.Check; a hierarchy of test identities gives iin.CheckLenient
	Log       *slog.Logger           // faults of the workers; nil is silence
	ExportDir string                 // where checkpoints of the audit log are written; empty writes none
	CRLEvery  time.Duration          // between scheduled lists; 0 is 24 hours
	Workers   int                    // issuances at once; 0 is 2
}

// An Authority is a certification authority at work. It may be used by several goroutines at once.
type Authority struct {
	store     Store
	hierarchy *ca.Hierarchy
	clock     clock.Clock
	rand      io.Reader
	checkIIN  func(string) error
	log       *slog.Logger
	workers   int

	audit     *audit.Log
	issuer    *issue.Issuer
	responder *publish.Responder
	publisher *publish.Publisher
	checker   *statement.Checker

	wake chan struct{} // an issuance was ordered in this process; others are found by looking
}

// New makes an authority of its parts. It does not touch the store.
func New(o Options) (*Authority, error) {
	if o.Store == nil || o.Hierarchy == nil || o.Clock == nil {
		return nil, errors.New("an authority needs a store, a hierarchy and a clock")
	}
	a := &Authority{
		store: o.Store, hierarchy: o.Hierarchy, clock: o.Clock, rand: o.Rand, checkIIN: o.CheckIIN, log: o.Log, workers: o.Workers,
		wake: make(chan struct{}, 1),
	}
	if a.rand == nil {
		a.rand = rand.Reader
	}
	if a.checkIIN == nil {
		a.checkIIN = iin.Check
	}
	if a.log == nil {
		a.log = slog.New(slog.DiscardHandler)
	}
	if a.workers <= 0 {
		a.workers = 2
	}
	var err error
	a.audit, err = audit.NewLog(audit.Options{
		Update: part[audit.Records](a.store.Update), Key: o.Hierarchy.LogKey(), Verifier: o.Hierarchy.LogVerifier(), Dir: o.ExportDir, Clock: o.Clock,
	})
	if err != nil {
		return nil, err
	}
	a.issuer = issue.New(issue.Options{
		Hierarchy: o.Hierarchy, View: part[issue.Tx](a.store.View), Update: part[issue.Tx](a.store.Update), Approve: a.approve, Clock: o.Clock, Rand: a.rand,
	})
	a.responder = publish.NewResponder(o.Hierarchy, part[publish.Tx](a.store.View), o.Clock)
	a.publisher, err = publish.NewPublisher(publish.Options{
		Hierarchy: o.Hierarchy, View: part[publish.Tx](a.store.View), Update: part[publish.Tx](a.store.Update), Clock: o.Clock, Rand: a.rand, Every: o.CRLEvery,
	})
	if err != nil {
		return nil, err
	}
	a.checker = &statement.Checker{Anchors: o.Hierarchy.Anchors(), Fetcher: a.responder, Clock: o.Clock}
	for _, r := range o.Hierarchy.Roots() {
		list, err := crl.Parse(r.List)
		if err != nil {
			return nil, fmt.Errorf("couldn't read the list of %s: %w", r.Name, err)
		}
		a.checker.Lists = append(a.checker.Lists, list)
	}
	for _, x := range o.Hierarchy.Authorities() {
		a.checker.Issuers = append(a.checker.Issuers, statement.Issuer{Name: x.Name, Certificate: x.Certificate})
	}
	return a, nil
}

// The whole store has every part.
var _ = func(tx Tx) (audit.Records, issue.Tx, publish.Tx, statement.Tx) { return tx, tx, tx, tx }

// part gives a package of the domain its part of the store.
func part[T any](run func(context.Context, func(Tx) error) error) func(context.Context, func(T) error) error {
	return func(ctx context.Context, f func(T) error) error {
		return run(ctx, func(tx Tx) error {
			own, ok := any(tx).(T)
			if !ok {
				return fmt.Errorf("the store lacks a part: %T is not one", tx)
			}
			return f(own)
		})
	}
}

// Hierarchy returns the authority's hierarchy.
func (a *Authority) Hierarchy() *ca.Hierarchy { return a.hierarchy }

// Responder answers OCSP requests.
func (a *Authority) Responder() *publish.Responder { return a.responder }

// Publisher publishes revocation lists.
func (a *Authority) Publisher() *publish.Publisher { return a.publisher }

// approve judges the stored decision of an application that is being signed: the evidence itself, not what rows say about it.
func (a *Authority) approve(ctx context.Context, app *application.Application) (application.Approved, error) {
	m, ok := app.Decided()
	if !ok {
		return application.Approved{}, fail.New(fail.Forbidden, "issue.not-approved")
	}
	var v statement.Verified
	err := a.store.View(ctx, func(tx Tx) (err error) {
		if err := inLog(tx, app, m); err != nil {
			return err
		}
		v, err = a.checker.Recheck(ctx, tx, m.Text, m.Evidence, m.OCSP, m.Checked)
		return err
	})
	if err != nil {
		return application.Approved{}, fmt.Errorf("couldn't judge the decision on %s again: %w", application.LogName(app.Number), err)
	}
	if v.Role() != oid.KZEKUOperator {
		return application.Approved{}, fail.New(fail.Forbidden, "issue.not-approved")
	}
	return application.Reopen(app, v)
}
