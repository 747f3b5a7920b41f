// Package person holds the register of persons that an authority issues to: who has which IIN and which names.
//
// Names are kept as certificates write them: upper-case, composed (Unicode NFC), single spaces. What a person types is
// compared with SameName and never issued.
package person

import (
	"strings"
	"time"
)

// A Person as the register names him.
type Person struct {
	IIN        string
	Surname    string
	Name       string // may be empty: some people have one name
	Patronymic string // may be empty
	Updated    time.Time
}

// Records is the part of the store that holds persons. Absence is fail.NotFound.
type Records interface {
	PutPerson(p Person) error
	Person(iin string) (Person, error)
	CountPersons() (int, error)
}

// CommonName returns SURNAME NAME, as certificates name the person (facts/kz-pki.md section 2.3).
func (p Person) CommonName() string { return strings.TrimSpace(p.Surname + " " + p.Name) }
