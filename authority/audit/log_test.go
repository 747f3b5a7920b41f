package audit_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testauthority"
)

func TestTheEncodingOfALeafIsKept(t *testing.T) {
	e := audit.Entry{
		Time: time.Date(2026, 11, 22, 9, 8, 31, 123456000, time.UTC), Act: "login.failed", Actor: "operator:1", Subject: "somebody", Payload: []byte("why"),
		Salt: bytes.Repeat([]byte{7}, 32),
	}
	// Computed from the words of Encode's comment by another program.
	const want = "01000660d9d23504000c6c6f67696e2e6661696c6564" +
		"152effffa0a8ec5ed185723b723f571e47f6fc9504d5eba3a20297bbc923fe27" +
		"2523ad235cb8042c390a03cb829f9c2e6db4cf6335319f7f2c8b8c24747a3af3" +
		"ef8e289b632a20fe70981f93470b8ef0cb34136ad560a2623e7919ad80ad2c4f"
	if got := hex.EncodeToString(audit.Encode(e)); got != want {
		t.Errorf("the leaf is %s", got)
	}
	for name, bend := range map[string]func(*audit.Entry){
		"time": func(e *audit.Entry) { e.Time = e.Time.Add(time.Microsecond) }, "act": func(e *audit.Entry) { e.Act = "x" }, "actor": func(e *audit.Entry) { e.Actor = "x" },
		"subject": func(e *audit.Entry) { e.Subject = "x" }, "payload": func(e *audit.Entry) { e.Payload = nil }, "salt": func(e *audit.Entry) { e.Salt = make([]byte, 32) },
		"actor and subject swapped": func(e *audit.Entry) { e.Actor, e.Subject = e.Subject, e.Actor },
	} {
		bent := e
		bend(&bent)
		if bytes.Equal(audit.Encode(bent), audit.Encode(e)) {
			t.Errorf("the leaf does not depend on %s", name)
		}
	}
}

func TestTheNumberOfLeavesFollowsFromTheNumberOfHashes(t *testing.T) {
	counts := map[int64]int64{}
	for n := range int64(3000) {
		counts[tlog.StoredHashCount(n)] = n
	}
	for hashes := range int64(5000) {
		n, err := audit.LeavesOf(hashes)
		want, ok := counts[hashes]
		if ok != (err == nil) || ok && n != want {
			t.Fatalf("%d hashes are %d leaves (%v), want %d", hashes, n, err, want)
		}
	}
}

// logOf is a Log over a memory store.
func logOf(t testing.TB, dir string) (*audit.Log, authority.Store, *clock.Manual, note.Verifier) {
	t.Helper()
	skey, vkey, err := note.GenerateKey(rand.Reader, "senim.test/audit")
	if err != nil {
		t.Fatal(err)
	}
	s := memory.New()
	now := clock.NewManual(testauthority.Start)
	l, err := audit.NewLog(audit.Options{
		Update: func(ctx context.Context, f func(audit.Records) error) error {
			return s.Update(ctx, func(tx authority.Tx) error { return f(tx) })
		},
		Key: skey, Verifier: vkey, Dir: dir, Clock: now,
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return l, s, now, v
}

func record(t testing.TB, s authority.Store, at time.Time, acts ...string) {
	t.Helper()
	if err := s.Update(t.Context(), func(tx authority.Tx) error {
		for _, act := range acts {
			if err := audit.Record(tx, at, rand.Reader, act, "test", "test", []byte("{}")); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestCheckpointsAreThoseOfTlog(t *testing.T) {
	dir := t.TempDir()
	l, s, now, v := logOf(t, dir)
	for n := 1; n <= 40; n++ {
		record(t, s, now.Advance(time.Second), "one")
		if n%7 == 0 || n == 1 {
			if size, err := l.Integrate(t.Context()); err != nil || size != int64(n) {
				t.Fatalf("integrated %d: %v", size, err)
			}
			if size, err := l.Integrate(t.Context()); err != nil || size != int64(n) { // nothing new
				t.Fatalf("integrated %d: %v", size, err)
			}
		}
	}
	exported, err := audit.Exported(dir)
	if err != nil || len(exported) != 7 { // six, and the newest once more
		t.Fatalf("%d checkpoints are exported: %v", len(exported), err)
	}
	if err := s.View(t.Context(), func(tx authority.Tx) error {
		reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
			found, err := tx.ReadHashes(indexes)
			hashes := make([]tlog.Hash, len(found))
			for i, h := range found {
				hashes[i] = h
			}
			return hashes, err
		})
		entries, err := tx.EntriesAfter(0, 100)
		if err != nil {
			return err
		}
		for _, signed := range exported {
			n, err := note.Open(signed, note.VerifierList(v))
			if err != nil {
				return err
			}
			var size int64
			var root string
			if _, err := fmt.Sscanf(n.Text, "senim.test/audit\n%d\n%s\n", &size, &root); err != nil {
				return err
			}
			want, err := tlog.TreeHash(size, reader)
			if err != nil || want.String() != root {
				t.Errorf("the root of %d leaves is %s, want %s: %v", size, root, want, err)
			}
			for leaf := range size {
				proof, err := tlog.ProveRecord(size, leaf, reader)
				if err != nil {
					return err
				}
				if err := tlog.CheckRecord(proof, size, want, leaf, tlog.RecordHash(entries[leaf].Leaf)); err != nil {
					t.Errorf("leaf %d of %d: %v", leaf, size, err)
				}
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestMoreLeavesThanABatchAreIntegratedByManyAtOnce(t *testing.T) {
	l, s, now, _ := logOf(t, "")
	acts := make([]string, 2500)
	for i := range acts {
		acts[i] = "many"
	}
	record(t, s, now.Now(), acts...)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if size, err := l.Integrate(t.Context()); err != nil || size != 2500 {
				t.Errorf("integrated %d: %v", size, err)
			}
		})
	}
	wg.Wait()
}

func TestAnActIsRefusedWhenTheClockStandsBeforeTheLog(t *testing.T) {
	_, s, now, _ := logOf(t, "")
	record(t, s, now.Now(), "first")
	for _, c := range []struct {
		back time.Duration
		ok   bool
	}{{0, true}, {audit.Tolerance, true}, {audit.Tolerance + time.Microsecond, false}, {24 * time.Hour, false}} {
		err := s.Update(t.Context(), func(tx authority.Tx) error {
			return audit.Record(tx, testauthority.Start.Add(-c.back), rand.Reader, "late", "test", "", nil)
		})
		if c.ok != (err == nil) || !c.ok && (fail.CodeOf(err) != "clock.behind" || !fail.Is(err, fail.Unavailable)) {
			t.Errorf("%s behind: %v", c.back, err)
		}
		if c.ok { // the next is judged by the same last entry
			record(t, s, testauthority.Start, "again")
		}
	}
}

func TestRecordRefuses(t *testing.T) {
	_, s, now, _ := logOf(t, "")
	for name, f := range map[string]func(tx authority.Tx) error{
		"an act without a name": func(tx authority.Tx) error {
			return audit.Record(tx, now.Now(), rand.Reader, "", "", "", nil)
		},
		"an act with a long name": func(tx authority.Tx) error {
			return audit.Record(tx, now.Now(), rand.Reader, strings.Repeat("a", 256), "", "", nil)
		},
		"a payload beyond its size": func(tx authority.Tx) error {
			return audit.Record(tx, now.Now(), rand.Reader, "a", "", "", make([]byte, audit.MaxPayload+1))
		},
		"no randomness": func(tx authority.Tx) error {
			return audit.Record(tx, now.Now(), strings.NewReader("short"), "a", "", "", nil)
		},
	} {
		if err := s.Update(t.Context(), f); err == nil {
			t.Errorf("%s was recorded", name)
		}
	}
}

func TestATornHistoryIsReadAndContinued(t *testing.T) {
	for _, c := range []struct {
		name string
		tear func(history []byte) []byte
		kept int // checkpoints in the history afterwards
	}{
		{"a torn end", func(h []byte) []byte { return append(h, "senim.test/audit\n99\nAAA"...) }, 3},
		{"only a torn beginning", func(h []byte) []byte { return h[:20] }, 1},
		{"nothing", func([]byte) []byte { return nil }, 1},
		{"whole", func(h []byte) []byte { return h }, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			l, s, now, v := logOf(t, dir)
			integrate := func() {
				t.Helper()
				record(t, s, now.Advance(time.Second), "one")
				if _, err := l.Integrate(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			integrate()
			integrate()
			path := filepath.Join(dir, "checkpoints")
			history, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(path, c.tear(history), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := audit.Exported(dir); err != nil {
				t.Errorf("couldn't read what is left: %v", err)
			}
			integrate()
			all, err := audit.Exported(dir)
			if err != nil || len(all) != c.kept+1 {
				t.Fatalf("%d checkpoints are exported: %v", len(all), err)
			}
			for _, signed := range all {
				if _, err := note.Open(signed, note.VerifierList(v)); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestALogNeedsItsOwnKeys(t *testing.T) {
	skey, vkey, err := note.GenerateKey(rand.Reader, "a.test")
	if err != nil {
		t.Fatal(err)
	}
	_, other, err := note.GenerateKey(rand.Reader, "a.test")
	if err != nil {
		t.Fatal(err)
	}
	for name, o := range map[string]audit.Options{
		"another verifier":  {Key: skey, Verifier: other},
		"no key":            {Verifier: vkey},
		"a key that is cut": {Key: skey[:len(skey)-4], Verifier: vkey},
		"no verifier":       {Key: skey},
	} {
		if _, err := audit.NewLog(o); err == nil {
			t.Errorf("a log was made with %s", name)
		} else if strings.Contains(err.Error(), skey[len(skey)-20:len(skey)-4]) {
			t.Errorf("with %s the error shows the key: %v", name, err)
		}
	}
}
