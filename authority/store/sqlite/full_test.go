package sqlite_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/base/fail"
)

func TestAFullDiskIsSaidAndPasses(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "senim.db"))
	if err := s.Fill(1); err != nil { // which is what it has already, and no more
		t.Fatal(err)
	}
	many := func(tx authority.Tx) error {
		for i := range 200 {
			if err := tx.PutPerson(person.Person{IIN: fmt.Sprint(i), Surname: strings.Repeat("А", 500)}); err != nil {
				return err
			}
		}
		return nil
	}
	if err := s.Update(t.Context(), many); !fail.Is(err, fail.Unavailable) || fail.CodeOf(err) != "store.full" {
		t.Errorf("a full disk is answered with %v", err)
	}
	if err := s.View(t.Context(), func(tx authority.Tx) error {
		n, err := tx.CountPersons()
		if n != 0 {
			t.Errorf("%d persons are left of what did not fit", n)
		}
		return err
	}); err != nil {
		t.Error(err)
	}
	if err := s.Fill(1 << 20); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), many); err != nil {
		t.Errorf("when there is room again: %v", err)
	}
}
