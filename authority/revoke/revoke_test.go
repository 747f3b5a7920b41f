package revoke_test

import (
	"crypto/rand"
	"encoding/json"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/fail"
)

var start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

func TestChangesOfStatus(t *testing.T) {
	const hold, valid, revoked = registry.Hold, registry.Valid, registry.Revoked
	type step struct {
		to     registry.Status
		reason int
		code   string // of the conflict; empty when it is done
		leaves int    // in the log afterwards
	}
	for _, c := range []struct {
		name  string
		steps []step
	}{
		{"revoked", []step{{revoked, revoke.KeyCompromise, "", 1}}},
		{"revoked twice for the same reason", []step{{revoked, revoke.KeyCompromise, "", 1}, {revoked, revoke.KeyCompromise, "", 1}}},
		{"revoked twice for two reasons", []step{{revoked, revoke.KeyCompromise, "", 1}, {revoked, revoke.Superseded, "certificate.revoked", 1}}},
		{"revoked, then lifted", []step{{revoked, revoke.Unspecified, "", 1}, {valid, 0, "certificate.revoked", 1}}},
		{"revoked, then suspended", []step{{revoked, revoke.Unspecified, "", 1}, {hold, 0, "certificate.revoked", 1}}},
		{"suspended and lifted, twice", []step{{hold, 0, "", 1}, {valid, 0, "", 2}, {hold, 0, "", 3}, {valid, 0, "", 4}}},
		{"suspended twice", []step{{hold, 0, "", 1}, {hold, 0, "", 1}}},
		{"suspended, then revoked", []step{{hold, 0, "", 1}, {revoked, revoke.CessationOfOperation, "", 2}}},
		{"lifted without a hold", []step{{valid, 0, "certificate.not-held", 0}}},
		{"compromise of an authority", []step{{revoked, 2, "certificate.reason", 0}}},
		{"revoked as a hold", []step{{revoked, 6, "certificate.reason", 0}}},
		{"removed from a list", []step{{revoked, 8, "certificate.reason", 0}}},
		{"a reason that there is not", []step{{revoked, -1, "certificate.reason", 0}}},
		{"a status that there is not", []step{{"gone", 0, "certificate.status", 0}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			for n, step := range c.steps {
				now := start.Add(time.Duration(n) * time.Minute)
				before := row(t, s)
				err := s.Update(t.Context(), func(tx authority.Tx) error {
					_, err := revoke.Change(tx, now, rand.Reader, revoke.Order{Issuer: "rsa", Serial: "AA", To: step.to, Reason: step.reason, Actor: "operator", Words: "слова", Evidence: []byte("cms")})
					return err
				})
				if fail.CodeOf(err) != step.code {
					t.Fatalf("step %d answered %v, want %q", n, err, step.code)
				}
				after := row(t, s)
				leaves := entries(t, s)
				if len(leaves) != step.leaves {
					t.Fatalf("after step %d there are %d leaves, want %d", n, len(leaves), step.leaves)
				}
				changed := len(leaves) > 0 && leaves[len(leaves)-1].Time.Equal(now)
				if !changed {
					if before.Status != after.Status || !before.StatusAt.Equal(after.StatusAt) || before.Reason != after.Reason {
						t.Errorf("step %d changed the row without a leaf", n)
					}
					continue
				}
				want := step.reason
				if step.to == hold {
					want = 6
				} else if step.to == valid || step.reason == revoke.Unspecified {
					want = -1
				}
				if after.Status != step.to || !after.StatusAt.Equal(now) || after.Reason != want {
					t.Errorf("after step %d the row says %s at %s for %d", n, after.Status, after.StatusAt, after.Reason)
				}
				var f audit.CertificateFact
				if err := json.Unmarshal(leaves[len(leaves)-1].Payload, &f); err != nil || f.Status != string(step.to) || !f.At.Equal(now) || f.Words != "слова" || string(f.Evidence) != "cms" {
					t.Errorf("the leaf of step %d says %+v: %v", n, f, err)
				}
			}
			asked := len(entries(t, s))
			if err := s.Update(t.Context(), func(tx authority.Tx) error {
				jobs, err := tx.TakeNotices(revoke.NoticeKind, start.Add(time.Hour), start.Add(time.Hour), 0)
				if len(jobs) != asked {
					t.Errorf("%d lists were asked for", len(jobs))
				}
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
	}
}

func TestChangesThatAreRefused(t *testing.T) {
	for _, c := range []struct {
		name  string
		order revoke.Order
		now   time.Time
		code  string
	}{
		{"a serial that nobody has", revoke.Order{Issuer: "rsa", Serial: "BB", To: registry.Hold}, start, "certificate.not-found"},
		{"another issuer's serial", revoke.Order{Issuer: "gost", Serial: "AA", To: registry.Hold}, start, "certificate.not-found"},
		{"a prepared certificate", revoke.Order{Issuer: "rsa", Serial: "CC", To: registry.Revoked}, start, "certificate.not-found"},
		{"an abandoned serial", revoke.Order{Issuer: "rsa", Serial: "DD", To: registry.Revoked}, start, "certificate.not-found"},
		{"an expired certificate", revoke.Order{Issuer: "rsa", Serial: "AA", To: registry.Revoked}, start.AddDate(2, 0, 0), "certificate.expired"},
		{"invalidity in the future", revoke.Order{Issuer: "rsa", Serial: "AA", To: registry.Revoked, Invalidity: start.Add(time.Second)}, start, "certificate.invalidity"},
		{"invalidity of a hold", revoke.Order{Issuer: "rsa", Serial: "AA", To: registry.Hold, Invalidity: start.Add(-time.Second)}, start, "certificate.invalidity"},
		{"a clock that was set back", revoke.Order{Issuer: "rsa", Serial: "AA", To: registry.Hold}, start.Add(-time.Hour), "clock.behind"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := store(t)
			if err := s.Update(t.Context(), func(tx authority.Tx) error {
				return audit.Record(tx, start, rand.Reader, "test", "test", "", nil)
			}); err != nil {
				t.Fatal(err)
			}
			err := s.Update(t.Context(), func(tx authority.Tx) error {
				_, err := revoke.Change(tx, c.now, rand.Reader, c.order)
				return err
			})
			if fail.CodeOf(err) != c.code {
				t.Errorf("it answered %v, want %s", err, c.code)
			}
			if got := row(t, s); got.Status != registry.Valid {
				t.Errorf("the certificate is %s", got.Status)
			}
		})
	}
}

func TestInvalidityIsKeptAndTheRevocationIsNotDatedBack(t *testing.T) {
	s := store(t)
	since := start.Add(-24 * time.Hour)
	if err := s.Update(t.Context(), func(tx authority.Tx) error {
		_, err := revoke.Change(tx, start, rand.Reader, revoke.Order{Issuer: "rsa", Serial: "AA", To: registry.Revoked, Reason: revoke.KeyCompromise, Invalidity: since})
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if got := row(t, s); !got.StatusAt.Equal(start) || !got.Invalidity.Equal(since) {
		t.Errorf("the row says revoked %s, invalid since %s", got.StatusAt, got.Invalidity)
	}
}

func store(t *testing.T) authority.Store {
	s := memory.New()
	t.Cleanup(func() { s.Close() })
	if err := s.Update(t.Context(), func(tx authority.Tx) error {
		for n, stage := range []registry.Stage{registry.Issued, registry.Prepared, registry.Abandoned} {
			serial := []string{"AA", "CC", "DD"}[n]
			if err := tx.InsertCertificate(registry.Certificate{
				Issuer: "rsa", Serial: serial, Stage: stage, Status: registry.Valid, Reason: -1, KeyHash: [32]byte{byte(n)}, NotBefore: start, NotAfter: start.AddDate(1, 0, 0),
			}); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	return s
}

func row(t *testing.T, s authority.Store) (c registry.Certificate) {
	t.Helper()
	if err := s.View(t.Context(), func(tx authority.Tx) (err error) {
		c, err = tx.Certificate("rsa", "AA")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return c
}

func entries(t *testing.T, s authority.Store) (all []audit.Entry) {
	t.Helper()
	if err := s.View(t.Context(), func(tx authority.Tx) (err error) {
		all, err = tx.EntriesOf("rsa/AA")
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return all
}
