package keyfile

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
)

func TestAFileUnderARandomPasswordOpensAgain(t *testing.T) {
	password := rand.Text() + rand.Text()
	b, err := WriteRandom(rand.Reader, password, newEntry(t))
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := Open(b, password); err != nil || len(entries) != 1 {
		t.Errorf("opened %d entries: %v", len(entries), err)
	}
	if _, err := Open(b, strings.ToLower(password)); !errors.Is(err, ErrWrongPassword) {
		t.Errorf("another password: %v", err)
	}
	if _, err := WriteRandom(rand.Reader, "Qwerty12", newEntry(t)); err == nil {
		t.Error("a password that a person chose was taken for a random one")
	}
}
