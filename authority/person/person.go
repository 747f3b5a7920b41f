// Package person holds the register of persons that an authority issues to: who has which IIN and which names.
package person

import "time"

// A Person as the register names him.
type Person struct {
	IIN        string
	Surname    string
	Name       string
	Patronymic string // may be empty
	Updated    time.Time
}

// Records is the part of the store that holds persons. Absence is fail.NotFound.
type Records interface {
	PutPerson(p Person) error
	Person(iin string) (Person, error)
	CountPersons() (int, error)
}

// Exported functions of this package:
//
//	(p Person) CommonName() string                    // SURNAME NAME
//	SameName(a, b string) bool                        // Unicode fold, spaces, hyphen kinds, Ё/Е; what the desk marks as different
//	ReadCSV(r io.Reader, check func(iin string) error) ([]Person, []Refused, error)   // header row iin,surname,name,patronymic in any order, ; or ,
//	ReadJSON(r io.Reader, check …) (…)
//	type Refused struct{ Line int; IIN string (masked); Code string; Args map[string]string }
