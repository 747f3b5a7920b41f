package main_test

import (
	"context"
	"encoding/base64"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/internal/line"
	"github.com/senim-pki/senim/keyfile"
)

// pending is a demo, stopped, with one application that waits for its decision.
type pending struct {
	dir string
	app *line.Application
}

func newPending(t *testing.T) pending {
	t.Helper()
	dir, _ := copyOfDemo(t)
	p := pending{dir: dir}
	s := start(t, p.dir)
	p.app = line.New(t, s.url).Apply(t, line.Person{IIN: "870127109715", Surname: "ҚАСЫМОВ", Name: "АЙДЫН", Patronymic: "ТӨЛЕГЕНҰЛЫ"}, "both", "qwerty-12")
	s.stop(t)
	return p
}

// copy is the same demo elsewhere.
func (p pending) copy(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	copyFolder(t, p.dir, dir)
	return dir
}

// Killed at any named point of issuance, of the log, of publication or of revocation, the real program goes on after a
// restart: exactly one certificate for each approved key, none for any other, and log, register and lists agree.
//
// SENIM_RELIABILITY is the number of rounds over all points; without it there is one.
func TestReliabilityOfAKilledServer(t *testing.T) {
	rounds := 1
	if n, err := strconv.Atoi(os.Getenv("SENIM_RELIABILITY")); err == nil {
		rounds = n
	}
	p := newPending(t)
	for range rounds {
		for _, c := range []struct {
			point string
			act   func(*testing.T, *server, pending)
		}{
			{"issue.before-prepare-commit", approve},
			{"issue.after-prepare-commit", approve},
			{"issue.after-sign", approve},
			{"issue.before-issue-commit", approve},
			{"issue.after-issue-commit", approve},
			{"issue.between-certificates", approve},
			{"audit.after-integrate", knock},
			{"audit.after-checkpoint", knock},
			{"revoke.before-commit", revoke},
			{"revoke.after-commit", revoke},
			{"publish.after-sign", revoke},
			{"publish.after-commit", revoke},
		} {
			t.Run(c.point, func(t *testing.T) {
				dir := p.copy(t)
				s := start(t, dir, "SENIM_FAULT="+c.point)
				c.act(t, s, p)
				s.waitFor(t, "fault: "+c.point)
				s.kill()
				p.goesOn(t, dir)
			})
		}
	}
}

// approve decides; the answer may never come.
func approve(t *testing.T, s *server, p pending) {
	if err := operator(t, s).TryApprove(t, p.app.Number); err != nil {
		t.Logf("the decision got no answer: %v", err)
	}
}

// knock makes a leaf of the log: a sign-in that fails.
func knock(t *testing.T, s *server, _ pending) {
	b := line.New(t, s.url)
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	at, err := b.TryGet(ctx, "/desk/login")
	if err == nil {
		f := at.Statement(t)
		_, err = b.TrySend(ctx, f, map[string]string{"totp": "000000", "cms": base64.StdEncoding.EncodeToString([]byte("nothing"))})
	}
	if err != nil {
		t.Logf("the failed sign-in got no answer: %v", err)
	}
}

// revoke goes through the line up to a revocation by code, whose answer may never come.
func revoke(t *testing.T, s *server, p pending) {
	operator(t, s).Approve(t, p.app.Number)
	b := line.New(t, s.url)
	line.Wait(t, "certificates", func() bool { _, ok := b.Certificates(t.Context(), p.app.Number); return ok })
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	f := b.Get(t, "/revoke/code").Form(t, "/revoke/code")
	if _, err := b.TrySend(ctx, f, map[string]string{"number": p.app.Number, "code": p.app.Code}); err != nil {
		t.Logf("the suspension got no answer: %v", err)
	}
}

// goesOn starts the killed demo again, brings the application to its end, and looks at everything from outside.
func (p pending) goesOn(t *testing.T, dir string) {
	t.Helper()
	s := start(t, dir)
	b := line.New(t, s.url)
	// The decision, if it was not made before the kill.
	if _, ok := b.Certificates(t.Context(), p.app.Number); !ok && !p.decided(t, dir) {
		operator(t, s).Approve(t, p.app.Number)
	}
	if files := b.Install(t, p.app, keyfile.National); len(files) != len(p.app.Profiles) {
		t.Errorf("%d key files for %d keys", len(files), len(p.app.Profiles))
	}
	s.stop(t)
	if stdout, stderr, code := senim(t, "audit", "verify", "--data", dir); code != 0 || strings.Contains(stdout, "not finished") {
		t.Errorf("audit verify: %d\n%s%s", code, stdout, stderr)
	}
	issued := map[[32]byte]int{}
	p.view(t, dir, func(tx authority.Tx) error {
		app, err := tx.Application(p.app.Number)
		if err != nil {
			return err
		}
		for _, q := range app.Requests {
			issued[q.KeyHash] = 0
		}
		return tx.EachCertificate(func(c registry.Certificate) error {
			if c.Application == p.app.Number && c.Stage == registry.Issued {
				issued[c.KeyHash]++
			}
			return nil
		})
	})
	if len(issued) != len(p.app.Profiles) {
		t.Errorf("certificates for %d keys, approved were %d", len(issued), len(p.app.Profiles))
	}
	for key, n := range issued {
		if n != 1 {
			t.Errorf("key %x has %d certificates", key[:4], n)
		}
	}
}

// decided reports whether the decision is in the store.
func (p pending) decided(t *testing.T, dir string) (yes bool) {
	t.Helper()
	p.view(t, dir, func(tx authority.Tx) error {
		app, err := tx.Application(p.app.Number)
		if err == nil {
			_, yes = app.Decided()
		}
		return err
	})
	return yes
}

func (p pending) view(t *testing.T, dir string, f func(authority.Tx) error) {
	t.Helper()
	store, err := sqlite.Open(t.Context(), filepath.Join(dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer store.Close()
	if err := store.View(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}
