// Package storetest is what every authority.Store is held to. A store's test calls Run; one that outlives its process
// calls Durable too.
package storetest

import (
	"context"
	"errors"
	"reflect"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/base/fail"
)

// Start is the moment at which everything in these tests begins; it has no part below a microsecond.
var Start = time.Date(2026, 11, 22, 9, 8, 31, 123456000, time.UTC)

// Run holds the stores that open makes to the suite. Each is empty and ready, and open closes it when the test ends.
func Run(t *testing.T, open func(t *testing.T) authority.Store) {
	for _, part := range []struct {
		name string
		test func(t *testing.T, s authority.Store)
	}{
		{"persons are put over each other and found by IIN", persons},
		{"staff are put over each other and listed by IIN", staff},
		{"a challenge is used once", challenges},
		{"an application keeps everything it is given", applications},
		{"an application is written by the one who read it last", applicationVersions},
		{"applications are filtered and paged", applicationFilters},
		{"a certificate keeps everything it is given", certificates},
		{"a serial and a key are taken once", certificateUniqueness},
		{"only a prepared certificate changes its stage", certificateStages},
		{"certificates are found by IIN, serial and the beginning of a name", certificateSearch},
		{"revoked certificates are listed until they expire", revokedCertificates},
		{"entries are numbered without a gap", entries},
		{"hashes of the log are appended and read", hashes},
		{"checkpoints only grow", checkpoints},
		{"a notice is taken by one worker at a time", notices},
		{"a list has a greater number than the last", lists},
		{"a failing function rolls back alone", rollback},
		{"a panic rolls back and reaches its caller", panics},
		{"a goroutine that ends in an update rolls back", goexit},
		{"a view cannot write", readOnly},
		{"a transaction is over when its function returns", over},
		{"what goes in and comes out is a copy", copies},
		{"a cancelled context starts nothing", cancelled},
		{"32 goroutines update at once and none is lost", concurrent},
		{"a view stands still while others update", snapshot},
		{"a closed store is unavailable", closed},
	} {
		t.Run(part.name, func(t *testing.T) { part.test(t, open(t)) })
	}
}

// Durable checks that a store which is opened again holds what was committed and nothing else. open opens the same
// store each time.
func Durable(t *testing.T, open func(t *testing.T) authority.Store) {
	s := open(t)
	want := errors.New("refused")
	update(t, s, func(tx authority.Tx) error { return tx.PutPerson(somebody) })
	if err := s.Update(t.Context(), func(tx authority.Tx) error {
		if err := tx.PutPerson(person.Person{IIN: "2"}); err != nil {
			return err
		}
		return want
	}); !errors.Is(err, want) {
		t.Fatalf("Update answered %v, want the function's own error", err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t)
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.Person(somebody.IIN)
		same(t, "the committed person", got, somebody, err)
		_, err = tx.Person("2")
		kind(t, "the person that was rolled back", err, fail.NotFound)
		return nil
	})
}

func update(t *testing.T, s authority.Store, f func(authority.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), f); err != nil {
		t.Fatalf("couldn't update: %v", err)
	}
}

func view(t *testing.T, s authority.Store, f func(authority.Tx) error) {
	t.Helper()
	if err := s.View(t.Context(), f); err != nil {
		t.Fatalf("couldn't view: %v", err)
	}
}

func same(t *testing.T, what string, got, want any, err error) {
	t.Helper()
	if err != nil {
		t.Errorf("%s: %v", what, err)
	} else if !reflect.DeepEqual(got, want) {
		t.Errorf("%s:\n got %+v\nwant %+v", what, got, want)
	}
}

func kind(t *testing.T, what string, err error, want fail.Kind) {
	t.Helper()
	if !fail.Is(err, want) {
		t.Errorf("%s: got error %v, want one of kind %v", what, err, want)
	}
}

func code(t *testing.T, what string, err error, want string) {
	t.Helper()
	if fail.CodeOf(err) != want {
		t.Errorf("%s: got error %v, want %s", what, err, want)
	}
}

func rollback(t *testing.T, s authority.Store) {
	refused := errors.New("refused")
	var wg sync.WaitGroup
	for i := range 40 {
		wg.Go(func() {
			iin := string(rune('A' + i))
			err := s.Update(t.Context(), func(tx authority.Tx) error {
				if err := tx.PutPerson(person.Person{IIN: iin}); err != nil {
					return err
				}
				if i%2 == 1 {
					return refused
				}
				return nil
			})
			if i%2 == 1 && !errors.Is(err, refused) || i%2 == 0 && err != nil {
				t.Errorf("update %d answered %v", i, err)
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx authority.Tx) error {
		for i := range 40 {
			_, err := tx.Person(string(rune('A' + i)))
			if kept := err == nil; kept != (i%2 == 0) {
				t.Errorf("person %d is kept: %v (%v)", i, kept, err)
			}
		}
		return nil
	})
}

func panics(t *testing.T, s authority.Store) {
	func() {
		defer func() {
			if got := recover(); got != "lost" {
				t.Errorf("the caller recovered %v", got)
			}
		}()
		_ = s.Update(t.Context(), func(tx authority.Tx) error {
			if err := tx.PutPerson(somebody); err != nil {
				t.Error(err)
			}
			panic("lost")
		})
	}()
	nobody(t, s)
}

func goexit(t *testing.T, s authority.Store) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = s.Update(t.Context(), func(tx authority.Tx) error {
			if err := tx.PutPerson(somebody); err != nil {
				t.Error(err)
			}
			runtime.Goexit()
			return nil
		})
	}()
	<-done
	nobody(t, s)
}

// nobody checks that the store holds no person and still works.
func nobody(t *testing.T, s authority.Store) {
	t.Helper()
	view(t, s, func(tx authority.Tx) error {
		n, err := tx.CountPersons()
		same(t, "the number of persons", n, 0, err)
		return nil
	})
	update(t, s, func(tx authority.Tx) error { return tx.PutPerson(somebody) })
}

func readOnly(t *testing.T, s authority.Store) {
	if err := s.View(t.Context(), func(tx authority.Tx) error { return tx.PutPerson(somebody) }); err == nil {
		t.Error("a view wrote")
	}
	if err := s.View(t.Context(), func(tx authority.Tx) error {
		_, err := tx.TakeNotices("issue", Start, Start, 1)
		return err
	}); err == nil {
		t.Error("a view took notices")
	}
	nobody(t, s)
}

func over(t *testing.T, s authority.Store) {
	var kept, seen authority.Tx
	update(t, s, func(tx authority.Tx) error { kept = tx; return nil })
	view(t, s, func(tx authority.Tx) error { seen = tx; return nil })
	if err := kept.PutPerson(somebody); err == nil {
		t.Error("a transaction wrote after its end")
	}
	if _, err := seen.CountPersons(); err == nil {
		t.Error("a transaction read after its end")
	}
	nobody(t, s)
}

func cancelled(t *testing.T, s authority.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	f := func(authority.Tx) error { t.Error("a function ran"); return nil }
	if err := s.Update(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("Update answered %v", err)
	}
	if err := s.View(ctx, f); !errors.Is(err, context.Canceled) {
		t.Errorf("View answered %v", err)
	}
}

func concurrent(t *testing.T, s authority.Store) {
	const workers, each = 32, 20
	var wg sync.WaitGroup
	update(t, s, func(tx authority.Tx) error { return tx.PutPerson(person.Person{IIN: "n"}) })
	for range workers {
		wg.Go(func() {
			for range each {
				if err := s.Update(t.Context(), func(tx authority.Tx) error {
					p, err := tx.Person("n")
					if err != nil {
						return err
					}
					p.Name += "x"
					return tx.PutPerson(p)
				}); err != nil {
					t.Errorf("couldn't update: %v", err)
				}
			}
		})
	}
	wg.Wait()
	view(t, s, func(tx authority.Tx) error {
		p, err := tx.Person("n")
		same(t, "the number of updates", len(p.Name), workers*each, err)
		return nil
	})
}

func snapshot(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error { return tx.PutPerson(somebody) })
	written := make(chan error, 1)
	view(t, s, func(tx authority.Tx) error {
		n, err := tx.CountPersons()
		same(t, "persons at first", n, 1, err)
		go func() {
			written <- s.Update(context.WithoutCancel(t.Context()), func(tx authority.Tx) error { return tx.PutPerson(person.Person{IIN: "2"}) })
		}()
		select { // a store may also make the writer wait for the view
		case err := <-written:
			written <- err
		case <-time.After(100 * time.Millisecond):
		}
		n, err = tx.CountPersons()
		same(t, "persons after another's update", n, 1, err)
		return nil
	})
	if err := <-written; err != nil {
		t.Errorf("couldn't update beside a view: %v", err)
	}
	view(t, s, func(tx authority.Tx) error {
		n, err := tx.CountPersons()
		same(t, "persons in the next view", n, 2, err)
		return nil
	})
}

func closed(t *testing.T, s authority.Store) {
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	f := func(authority.Tx) error { t.Error("a function ran"); return nil }
	kind(t, "Update", s.Update(t.Context(), f), fail.Unavailable)
	kind(t, "View", s.View(t.Context(), f), fail.Unavailable)
}
