package issue_test

import (
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fault"
	"github.com/senim-pki/senim/internal/testauthority"
)

// reopen opens the store at path, as a process does after its start.
func reopen(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	if _, _, err := sqlite.Migrate(t.Context(), path, clock.Fixed(testauthority.Start)); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// stopAt runs f in a goroutine that ends when it passes the point for the nth time, and reports whether it did.
func stopAt(t *testing.T, point string, nth int, f func()) (stopped bool) {
	t.Helper()
	done := make(chan struct{})
	left := nth
	fault.Arm(point, func() {
		if left--; left == 0 {
			stopped = true
			runtime.Goexit()
		}
	})
	defer fault.Arm(point, nil)
	go func() {
		defer close(done)
		f()
	}()
	<-done
	return stopped
}

func TestWhereverIssuanceStopsItIsResumedAndEachKeyGetsOneCertificate(t *testing.T) {
	for _, c := range []struct {
		point string
		nth   int
		later time.Duration // how long the process is down
	}{
		{"issue.before-prepare-commit", 1, time.Minute},
		{"issue.after-prepare-commit", 1, time.Minute},
		{"issue.after-prepare-commit", 1, 30 * time.Hour},
		{"issue.after-sign", 1, time.Minute},
		{"issue.after-sign", 2, time.Minute},
		{"issue.after-sign", 2, 30 * time.Hour},
		{"issue.before-issue-commit", 1, time.Minute},
		{"issue.before-issue-commit", 2, time.Minute},
		{"issue.after-issue-commit", 1, time.Minute},
		{"issue.after-issue-commit", 2, time.Minute},
		{"issue.between-certificates", 1, time.Minute},
		{"issue.between-certificates", 1, 30 * time.Hour},
	} {
		t.Run(c.point+" "+c.later.String(), func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "senim.db")
			s := reopen(t, path)
			now := clock.NewManual(testauthority.Start)
			w := testauthority.New(t, s, filepath.Join(dir, "log"), now)
			w.Hire(t)
			a := w.Apply(t, testauthority.Somebody(), nil, profile.IndividualSignP256, profile.IndividualSignGOST512)
			approved := w.Approve(t, a)
			if !stopAt(t, c.point, c.nth, func() { _, _ = w.Issuer.Issue(t.Context(), approved) }) {
				t.Fatal("issuance did not pass the point")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}

			now.Advance(c.later)
			s = reopen(t, path)
			again := testauthority.New(t, s, w.Dir, now)
			again.Rehire(w)
			stopped := again.Verify(t) // a stopped store is sound at any moment
			if err := again.Issuer.Resume(t.Context()); err != nil {
				t.Fatalf("couldn't resume: %v", err)
			}
			if err := again.Issuer.Resume(t.Context()); err != nil {
				t.Fatalf("couldn't resume a second time: %v", err)
			}
			if _, err := again.Log.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			r := again.Verify(t)
			if len(r.Open) != 0 {
				t.Errorf("still open: %v", r.Open)
			}
			again.View(t, func(tx authority.Tx) error {
				rows, err := tx.CertificatesOf(a.Number)
				perKey := map[[32]byte]int{}
				abandoned := 0
				for _, row := range rows {
					switch row.Stage {
					case registry.Issued:
						perKey[row.KeyHash]++
						testauthority.Parsed(t, row)
					case registry.Abandoned:
						abandoned++
					}
				}
				for _, q := range a.Requests {
					if perKey[q.KeyHash] != 1 {
						t.Errorf("the key for %s has %d certificates", q.Profile, perKey[q.KeyHash])
					}
				}
				if late := c.later > 24*time.Hour && len(stopped.Open) > 0; late != (abandoned > 0) {
					t.Errorf("%d serials were abandoned", abandoned)
				}
				if got, err := tx.Application(a.Number); err != nil || got.State != application.Issued {
					t.Errorf("the application is %s: %v", got.State, err)
				}
				return err
			})
		})
	}
}

func TestWhereverRevocationStopsItIsDoneOrNot(t *testing.T) {
	for _, c := range []struct {
		point string
		done  bool
	}{
		{"revoke.before-commit", false},
		{"revoke.after-commit", true},
		{"publish.after-sign", true},
		{"publish.after-commit", true},
		{"audit.after-integrate", true},
		{"audit.after-checkpoint", true},
	} {
		t.Run(c.point, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, "senim.db")
			s := reopen(t, path)
			now := clock.NewManual(testauthority.Start)
			w := testauthority.New(t, s, filepath.Join(dir, "log"), now)
			w.Hire(t)
			row := w.Issued(t, profile.IndividualSignP256)[0]
			if _, err := w.Log.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			order := revoke.Order{Issuer: row.Issuer, Serial: row.Serial, To: registry.Revoked, Reason: revoke.KeyCompromise, Actor: "holder"}
			if !stopAt(t, c.point, 1, func() {
				if err := w.Store.Update(t.Context(), func(tx authority.Tx) error {
					_, err := revoke.Change(tx, now.Now(), randReader, order)
					return err
				}); err != nil {
					t.Error(err)
				}
				revoke.Committed()
				if err := w.Publisher.Work(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := w.Log.Integrate(t.Context()); err != nil {
					t.Error(err)
				}
			}) {
				t.Fatal("nothing passed the point")
			}
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}

			now.Advance(time.Hour)
			s = reopen(t, path)
			again := testauthority.New(t, s, w.Dir, now)
			again.Verify(t)
			if got := again.Certificate(t, row).Status == registry.Revoked; got != c.done {
				t.Errorf("the certificate is revoked: %t", got)
			}
			if err := again.Publisher.Work(t.Context()); err != nil {
				t.Fatal(err)
			}
			if _, err := again.Log.Integrate(t.Context()); err != nil {
				t.Fatal(err)
			}
			if r := again.Verify(t); r.Lists != 5 || len(r.Notes) > 0 {
				t.Errorf("afterwards: %+v", r)
			}
			list, err := again.Responder.CRL(t.Context(), testauthority.Parsed(t, row))
			if err != nil {
				t.Fatal(err)
			}
			if _, found := list.Find(testauthority.Parsed(t, row).Serial); found != c.done {
				t.Errorf("the list has the certificate: %t", found)
			}
		})
	}
}
