package sqlite_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/authority/store/storetest"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
)

func openAt(t *testing.T, path string) *sqlite.Store {
	t.Helper()
	if _, _, err := sqlite.Migrate(t.Context(), path, clock.Fixed(storetest.Start)); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func TestTheSQLiteStoreIsAStore(t *testing.T) {
	storetest.Run(t, func(t *testing.T) authority.Store { return openAt(t, filepath.Join(t.TempDir(), "senim.db")) })
}

func TestTheSQLiteStoreIsDurable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a folder with ? and #", "senim.db")
	if err := os.Mkdir(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	storetest.Durable(t, func(t *testing.T) authority.Store { return openAt(t, path) })
	if _, err := os.Stat(path); err != nil {
		t.Errorf("the file is not where it was asked for: %v", err)
	}
}

func TestOnlyTheOwnerMayReadTheFiles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "senim.db")
	s := openAt(t, path)
	if err := s.Update(t.Context(), func(tx authority.Tx) error { return tx.PutPerson(person.Person{IIN: "1"}) }); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(path + "*")
	if err != nil || len(files) < 2 {
		t.Fatalf("found files %v, %v", files, err)
	}
	for _, f := range files {
		info, err := os.Stat(f)
		if err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, %v", f, info.Mode(), err)
		}
	}
}

func TestASecondProcessMayUpdateBesideTheFirst(t *testing.T) {
	path := filepath.Join(t.TempDir(), "senim.db")
	stores := []*sqlite.Store{openAt(t, path), openAt(t, path)} // locks are taken for each connection, so this is the same
	if err := stores[0].Update(t.Context(), func(tx authority.Tx) error { return tx.PutPerson(person.Person{IIN: "n"}) }); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for range 10 {
				if err := stores[i%2].Update(t.Context(), func(tx authority.Tx) error {
					p, err := tx.Person("n")
					p.Name += "x"
					if err != nil {
						return err
					}
					return tx.PutPerson(p)
				}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if err := stores[1].View(t.Context(), func(tx authority.Tx) error {
		p, err := tx.Person("n")
		if len(p.Name) != 80 {
			t.Errorf("of 80 updates %d are left", len(p.Name))
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestACommitThatFailsFailsForEverybodyInIt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "senim.db")
	s := openAt(t, path)
	// A constraint that is checked at COMMIT stands for whatever makes a commit fail.
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	for _, statement := range []string{
		`CREATE TABLE parent (id INTEGER PRIMARY KEY)`,
		`CREATE TABLE child (id INTEGER REFERENCES parent (id) DEFERRABLE INITIALLY DEFERRED)`,
		`CREATE TRIGGER bad AFTER INSERT ON person WHEN new.iin = 'bad' BEGIN INSERT INTO child VALUES (1); END`,
	} {
		if _, err := raw.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	begun, queued := make(chan struct{}), make(chan struct{})
	errs := make(chan error, 2)
	put := func(iin string, before func()) {
		errs <- s.Update(t.Context(), func(tx authority.Tx) error {
			before()
			return tx.PutPerson(person.Person{IIN: iin})
		})
	}
	go put("good", func() {
		close(begun)
		<-queued
	})
	<-begun
	go put("bad", func() {})
	for s.Waiting() == 0 {
		runtime.Gosched()
	}
	close(queued)
	for range 2 {
		if err := <-errs; err == nil {
			t.Error("an update in a commit that failed was reported as done")
		}
	}
	if err := s.View(t.Context(), func(tx authority.Tx) error {
		n, err := tx.CountPersons()
		if n != 0 {
			t.Errorf("%d persons are left of a commit that failed", n)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), func(tx authority.Tx) error { return tx.PutPerson(person.Person{IIN: "later"}) }); err != nil {
		t.Errorf("the store does not work after a failed commit: %v", err)
	}
}

func TestASchemaOfAnotherVersionIsRefused(t *testing.T) {
	path := filepath.Join(t.TempDir(), "senim.db")
	_, err := sqlite.Open(t.Context(), path)
	if fail.CodeOf(err) != "store.schema-old" {
		t.Errorf("an empty file opened: %v", err)
	}
	from, to, err := sqlite.Migrate(t.Context(), path, clock.Fixed(storetest.Start))
	if err != nil || from != 0 || to < 1 {
		t.Fatalf("migrated from %d to %d: %v", from, to, err)
	}
	again, still, err := sqlite.Migrate(t.Context(), path, clock.Fixed(storetest.Start))
	if err != nil || again != to || still != to {
		t.Fatalf("migrated again from %d to %d: %v", again, still, err)
	}
	raw, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Exec(`INSERT INTO schema_version VALUES (?, 'of tomorrow', 0)`, to+1); err != nil {
		t.Fatal(err)
	}
	raw.Close()
	if _, err := sqlite.Open(t.Context(), path); fail.CodeOf(err) != "store.schema-new" {
		t.Errorf("a newer schema opened: %v", err)
	}
	if _, _, err := sqlite.Migrate(t.Context(), path, clock.Fixed(storetest.Start)); fail.CodeOf(err) != "store.schema-new" {
		t.Errorf("a newer schema was migrated: %v", err)
	}
}
