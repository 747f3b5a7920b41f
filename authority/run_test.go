package authority_test

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/pki/crl"
)

func TestTheWorkersDoEverythingByThemselves(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	h := newHouse(t)
	h.exports = t.TempDir()
	var err error
	h.Authority, err = authority.New(authority.Options{
		Store: h.store, Hierarchy: hierarchy, Clock: h.clock, CheckIIN: func(string) error { return nil }, ExportDir: h.exports,
	})
	if err != nil {
		t.Fatal(err)
	}
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	h.register(aigerimIIN, "Ибраева", "Әйгерім", "Серікқызы")
	ctx, stop := context.WithCancel(h.ctx)
	done := make(chan error, 1)
	go func() { done <- h.Run(ctx) }()
	number, _, code := h.apply(aigerimIIN, aigerimIIN)
	h.decide(op, number, true, "")
	wait := func(what string, ready func() bool) {
		t.Helper()
		for range 600 {
			if ready() {
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		t.Fatalf("%s never happened", what)
	}
	wait("issuance", func() bool { return h.state(number) == application.Issued })
	held, err := h.HoldByCode(h.ctx, number, code)
	if err != nil {
		t.Fatal(err)
	}
	wait("the list with the suspended certificate", func() bool {
		l, err := h.Publisher().Current(h.ctx, held[0].Issuer)
		if err != nil {
			return false
		}
		list, err := crl.Parse(l.DER)
		return err == nil && len(list.Entries) == 1
	})
	wait("the checkpoint over all leaves", func() bool {
		whole := false
		err := h.store.View(h.ctx, func(tx authority.Tx) error {
			c, err := tx.LastCheckpoint()
			if err != nil {
				return nil // none yet
			}
			later, err := tx.EntriesAfter(c.Size, 1)
			whole = len(later) == 0
			return err
		})
		return err == nil && whole
	})
	stop()
	select {
	case err := <-done:
		if err != nil {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Fatal("the workers do not stop")
	}
	h.proven()
}

func TestTheLineOnSQLite(t *testing.T) {
	h := newHouse(t)
	file := filepath.Join(t.TempDir(), "senim.db")
	if _, _, err := sqlite.Migrate(h.ctx, file, h.clock); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(h.ctx, file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	h.store = s
	if h.Authority, err = authority.New(authority.Options{Store: s, Hierarchy: hierarchy, Clock: h.clock, CheckIIN: func(string) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	if _, err := h.login(op, "kk"); err != nil {
		t.Fatal(err)
	}
	number, code, _ := h.issuedTo(op, aigerimIIN)
	if held, err := h.HoldByCode(h.ctx, number, code); err != nil || len(held) != 2 {
		t.Errorf("held %d: %v", len(held), err)
	}
	h.proven()
}

// Ten double clicks at once: one application, one decision, one certificate for each key.
func TestEverythingAtOnceHappensOnce(t *testing.T) {
	h := newHouse(t)
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	h.register(aigerimIIN, "Ибраева", "Әйгерім", "Серікқызы")
	number, secret, code := h.apply(aigerimIIN, aigerimIIN)
	c, err := h.DecisionChallenge(h.ctx, operatorIIN, number, true, "", origin, "ru")
	if err != nil {
		t.Fatal(err)
	}
	message := op.sign.sign(t, c.Text)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			if _, again, err := h.Submit(h.ctx, number, secret); err != nil || again != code {
				t.Errorf("submitted: %v", err)
			}
			if _, err := h.Decide(h.ctx, operatorIIN, c.Nonce, message); err != nil {
				t.Errorf("decided: %v", err)
			}
			if err := h.WorkIssue(h.ctx); err != nil {
				t.Errorf("issued: %v", err)
			}
		})
	}
	all.Wait()
	h.issueAll()
	app, rows, err := h.Status(h.ctx, number)
	if err != nil || len(rows) != 2 || len(app.Moves) != 4 || app.State != application.Issued {
		t.Errorf("%s after %d moves with %d certificates: %v", app.State, len(app.Moves), len(rows), err)
	}
	h.proven()
}
