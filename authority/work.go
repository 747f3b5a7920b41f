package authority

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/base/fail"
)

// How often each worker looks; an issuance that this process ordered does not wait.
const (
	everyIssue    = 500 * time.Millisecond
	everyAudit    = 500 * time.Millisecond
	everyPublish  = 2 * time.Second
	everyDeadline = time.Minute

	issueLease = 2 * time.Minute // of one job: signing takes milliseconds, but a machine may stall
	issueBatch = 16
	maxBackoff = 10 * time.Minute
	lastAudit  = 10 * time.Second // for the checkpoint of a stop
	maxDue     = 200              // deadlines of one turn
)

// Resume finishes or abandons the issuances that a stop left open. It is called at start, before serving.
func (a *Authority) Resume(ctx context.Context) error { return a.issuer.Resume(ctx) }

// Run works until ctx ends: issuance, outbox, log, revocation lists, deadlines. Faults are logged and tried again; nothing is lost,
// since every job is a row. It returns when all workers have stopped and the log is closed with a checkpoint; an error is that of
// the last checkpoint, and the next start makes it good.
func (a *Authority) Run(ctx context.Context) error {
	var all sync.WaitGroup
	report := func(what string) func(error) {
		return func(err error) { a.log.Error("a worker failed and will try again", "worker", what, "err", err) }
	}
	all.Go(func() { a.audit.Run(ctx, everyAudit, report("audit")) })
	all.Go(func() { a.publisher.Run(ctx, everyPublish, report("publish")) })
	for range a.workers {
		all.Go(func() { a.every(ctx, everyIssue, a.wake, "issue", a.WorkIssue) })
	}
	all.Go(func() { a.every(ctx, everyDeadline, nil, "deadlines", a.WorkDeadlines) })
	<-ctx.Done()
	all.Wait()
	// What the last moments committed comes under a checkpoint too, so that nothing of a stopped store can be rewritten unseen.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastAudit)
	defer cancel()
	if _, err := a.audit.Integrate(last); err != nil {
		return fmt.Errorf("couldn't close the log: %w", err)
	}
	return nil
}

func (a *Authority) every(ctx context.Context, d time.Duration, wake <-chan struct{}, what string, work func(context.Context) error) {
	t := time.NewTicker(d)
	defer t.Stop()
	for {
		if err := work(ctx); err != nil && ctx.Err() == nil {
			a.log.Error("a worker failed and will try again", "worker", what, "err", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-wake:
		case <-t.C:
		}
	}
}

// WorkIssue issues what was approved, once through the waiting jobs. Run calls it; tests and commands may.
func (a *Authority) WorkIssue(ctx context.Context) error {
	for {
		var jobs []notice.Notice
		now := a.now()
		if err := a.store.Update(ctx, func(tx Tx) (err error) {
			jobs, err = tx.TakeNotices(noticeIssue, now, now.Add(issueLease), issueBatch)
			return err
		}); err != nil {
			return fmt.Errorf("couldn't take jobs: %w", err)
		}
		if len(jobs) == 0 {
			return nil
		}
		var errs []error
		for _, j := range jobs {
			errs = append(errs, a.issueJob(ctx, j))
		}
		if err := errors.Join(errs...); err != nil {
			return err
		}
	}
}

// issueJob issues one application. What can never be issued was rejected by issue, with the reason, and the job is done.
func (a *Authority) issueJob(ctx context.Context, j notice.Notice) error {
	done, err := a.issueApplication(ctx, j.Key)
	if done {
		return errors.Join(err, a.store.Update(ctx, func(tx Tx) error { return tx.DoneNotice(j.ID) }))
	}
	wait := min(maxBackoff, time.Second<<min(j.Tries, 10))
	return errors.Join(err, a.store.Update(ctx, func(tx Tx) error { return tx.RetryNotice(j.ID, a.now().Add(wait)) }))
}

func (a *Authority) issueApplication(ctx context.Context, number string) (done bool, err error) {
	var app *application.Application
	if err := a.store.View(ctx, func(tx Tx) (err error) {
		app, err = tx.Application(number)
		return err
	}); err != nil {
		return fail.Is(err, fail.NotFound), err
	}
	if app.State != application.Signing {
		return true, nil
	}
	approved, err := a.approve(ctx, app)
	if err == nil {
		_, err = a.issuer.Issue(ctx, approved)
	} else if fail.Is(err, fail.Invalid) || fail.Is(err, fail.Forbidden) {
		// The stored decision does not hold: Resume ends such an application.
		return true, errors.Join(err, a.issuer.Resume(ctx))
	}
	switch {
	case err == nil:
		return true, nil
	case fail.Is(err, fail.Invalid), fail.CodeOf(err) == registry.CodeKeyTaken:
		a.log.Warn("an application was rejected at issuance", "code", fail.CodeOf(err))
		return true, nil
	case fail.CodeOf(err) == "application.moved-on":
		return true, nil // another worker was faster
	}
	return false, err
}

// WorkDeadlines makes the moves of the clock that are due and removes challenges that nobody can answer any more.
func (a *Authority) WorkDeadlines(ctx context.Context) error {
	var due []*application.Application
	now := a.now()
	if err := a.store.View(ctx, func(tx Tx) (err error) {
		due, err = tx.ListApplications(application.Filter{States: clocked(), Before: now.Add(time.Second), OldestFirst: true, Limit: maxDue})
		return err
	}); err != nil {
		return fmt.Errorf("couldn't look for deadlines: %w", err)
	}
	var errs []error
	for _, app := range due {
		if err := a.expire(ctx, app.Number); err != nil {
			errs = append(errs, fmt.Errorf("couldn't end application %s: %w", application.LogName(app.Number), err))
		}
	}
	errs = append(errs, a.store.Update(ctx, func(tx Tx) error { return tx.DeleteChallenges(now) }))
	return errors.Join(errs...)
}

// clocked returns the states that the clock ends.
func clocked() []application.State {
	var states []application.State
	for _, r := range application.Table() {
		if r.By == application.Clock {
			states = append(states, r.From)
		}
	}
	return states
}

func (a *Authority) expire(ctx context.Context, number string) error {
	revoked := false
	err := a.store.Update(ctx, func(tx Tx) error {
		revoked = false
		app, err := tx.Application(number)
		if err != nil {
			return absent(err)
		}
		now := a.now()
		to, err := app.Expire(now)
		switch {
		case fail.Is(err, fail.Conflict):
			return nil // it moved meanwhile
		case err != nil:
			return err
		case to == application.Deleted:
			return tx.DeleteApplication(number)
		case to == application.Uncollected:
			if revoked, err = a.uncollected(tx, now, number); err != nil {
				return err
			}
		}
		return a.moved(tx, now, app, actorClock)
	})
	if err == nil && revoked {
		revoke.Committed()
	}
	return err
}

// uncollected revokes the certificates that nobody came for (M1.19).
func (a *Authority) uncollected(tx Tx, now time.Time, number string) (revoked bool, err error) {
	rows, err := issued(tx, number)
	if err != nil {
		return false, err
	}
	for _, row := range rows {
		if row.Status == registry.Revoked || now.After(row.NotAfter) {
			continue
		}
		if _, err := revoke.Change(tx, now, a.rand, revoke.Order{
			Issuer: row.Issuer, Serial: row.Serial, To: registry.Revoked, Reason: revoke.CessationOfOperation, Actor: actorClock, Words: "not collected",
		}); err != nil {
			return revoked, err
		}
		revoked = true
	}
	return revoked, nil
}
