package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/statement"
)

func (t *tx) PutPerson(p person.Person) error {
	if err := t.writing(); err != nil {
		return err
	}
	p.Updated = instant(p.Updated)
	put(t, t.s.persons, p.IIN, p)
	return nil
}

func (t *tx) Person(iin string) (person.Person, error) {
	if err := t.reading(); err != nil {
		return person.Person{}, err
	}
	p, ok := t.s.persons[iin]
	if !ok {
		return person.Person{}, notFound("person")
	}
	return p, nil
}

func (t *tx) CountPersons() (int, error) { return len(t.s.persons), t.reading() }

func copyStaff(s account.Staff) account.Staff {
	s.TOTP = bytes.Clone(s.TOTP)
	s.Locked, s.Created = instant(s.Locked), instant(s.Created)
	return s
}

func (t *tx) PutStaff(s account.Staff) error {
	if err := t.writing(); err != nil {
		return err
	}
	put(t, t.s.staff, s.IIN, copyStaff(s))
	return nil
}

func (t *tx) Staff(iin string) (account.Staff, error) {
	if err := t.reading(); err != nil {
		return account.Staff{}, err
	}
	s, ok := t.s.staff[iin]
	if !ok {
		return account.Staff{}, notFound("staff")
	}
	return copyStaff(s), nil
}

func (t *tx) ListStaff() ([]account.Staff, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	var all []account.Staff
	for _, s := range t.s.staff {
		all = append(all, copyStaff(s))
	}
	slices.SortFunc(all, func(a, b account.Staff) int { return cmp.Compare(a.IIN, b.IIN) })
	return all, nil
}

func copyChallenge(c statement.Challenge) statement.Challenge {
	c.Args = maps.Clone(c.Args)
	c.Created, c.Expires = instant(c.Created), instant(c.Expires)
	return c
}

func (t *tx) PutChallenge(c statement.Challenge) error {
	if err := t.writing(); err != nil {
		return err
	}
	if _, taken := t.s.challenges[c.Nonce]; taken {
		return conflict("challenge.exists")
	}
	put(t, t.s.challenges, c.Nonce, copyChallenge(c))
	return nil
}

func (t *tx) Challenge(nonce string) (statement.Challenge, error) {
	if err := t.reading(); err != nil {
		return statement.Challenge{}, err
	}
	c, ok := t.s.challenges[nonce]
	if !ok {
		return statement.Challenge{}, notFound("challenge")
	}
	return copyChallenge(c), nil
}

func (t *tx) UseChallenge(nonce string) error {
	if err := t.writing(); err != nil {
		return err
	}
	c, ok := t.s.challenges[nonce]
	if !ok {
		return notFound("challenge")
	}
	if c.Used {
		return conflict("challenge.used")
	}
	c.Used = true
	put(t, t.s.challenges, nonce, c)
	return nil
}

func (t *tx) DeleteChallenges(before time.Time) error {
	if err := t.writing(); err != nil {
		return err
	}
	before = instant(before)
	for nonce, c := range t.s.challenges {
		if c.Expires.Before(before) {
			drop(t, t.s.challenges, nonce)
		}
	}
	return nil
}
