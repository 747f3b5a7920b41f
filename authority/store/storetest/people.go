package storetest

import (
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
)

var somebody = person.Person{IIN: "850315300009", Surname: "ӘУЕЗОВ", Name: "Мұхтар", Patronymic: "Омарханұлы", Updated: Start}

func persons(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.Person(somebody.IIN)
		kind(t, "nobody", err, fail.NotFound)
		return tx.PutPerson(somebody)
	})
	later := somebody
	later.Surname, later.Patronymic, later.Updated = "AUEZOV", "", Start.Add(time.Hour)
	update(t, s, func(tx authority.Tx) error {
		got, err := tx.Person(somebody.IIN)
		same(t, "the person", got, somebody, err)
		return tx.PutPerson(later)
	})
	update(t, s, func(tx authority.Tx) error {
		got, err := tx.Person(somebody.IIN)
		same(t, "the person put over", got, later, err)
		n, err := tx.CountPersons()
		same(t, "the number of persons", n, 1, err)
		return nil
	})
}

func staff(t *testing.T, s authority.Store) {
	a := account.Staff{IIN: "1", Name: "А", Role: account.Administrator, TOTP: []byte{0, 1, 255}, LastTOTP: 1 << 40, Failures: 3, Locked: Start, Created: Start}
	b := account.Staff{IIN: "2", Name: "Б", Role: account.Operator, TOTP: []byte{7}, Created: Start}
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.Staff("1")
		kind(t, "nobody", err, fail.NotFound)
		if err := tx.PutStaff(b); err != nil {
			return err
		}
		return tx.PutStaff(a)
	})
	b.Removed, b.Locked = true, Start.Add(time.Minute)
	update(t, s, func(tx authority.Tx) error { return tx.PutStaff(b) })
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.Staff("1")
		same(t, "the administrator", got, a, err)
		list, err := tx.ListStaff()
		same(t, "all staff", list, []account.Staff{a, b}, err)
		return nil
	})
}

func challenges(t *testing.T, s authority.Store) {
	c := statement.Challenge{
		Nonce: "N", Purpose: statement.Decision, Subject: "ABCD", Args: map[string]string{"decision": "approve", "csr": "00ff"},
		Text: "Мен, «оператор», бекітемін.\r\nРешение: одобрить\n", Origin: "https://senim.example", Created: Start, Expires: Start.Add(5 * time.Minute),
	}
	update(t, s, func(tx authority.Tx) error { return tx.PutChallenge(c) })
	update(t, s, func(tx authority.Tx) error {
		kind(t, "the same nonce again", tx.PutChallenge(c), fail.Conflict)
		got, err := tx.Challenge("N")
		same(t, "the challenge", got, c, err)
		_, err = tx.Challenge("M")
		kind(t, "an unknown nonce", err, fail.NotFound)
		kind(t, "use of an unknown nonce", tx.UseChallenge("M"), fail.NotFound)
		return tx.UseChallenge("N")
	})
	update(t, s, func(tx authority.Tx) error {
		kind(t, "a second use", tx.UseChallenge("N"), fail.Conflict)
		got, err := tx.Challenge("N")
		same(t, "it is marked as used", got.Used, true, err)
		if err := tx.DeleteChallenges(c.Expires); err != nil {
			return err
		}
		if _, err := tx.Challenge("N"); err != nil {
			t.Errorf("a challenge was deleted at the moment it expires: %v", err)
		}
		if err := tx.DeleteChallenges(c.Expires.Add(time.Second)); err != nil {
			return err
		}
		_, err = tx.Challenge("N")
		kind(t, "an expired challenge", err, fail.NotFound)
		return nil
	})
}
