package sql

import (
	"encoding/json"
	"time"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/statement"
)

var (
	putPerson = prepare(`INSERT INTO person (iin, surname, name, patronymic, updated) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (iin) DO UPDATE SET surname = excluded.surname, name = excluded.name, patronymic = excluded.patronymic, updated = excluded.updated`)
	getPerson    = prepare(`SELECT iin, surname, name, patronymic, updated FROM person WHERE iin = ?`)
	countPersons = prepare(`SELECT count(*) FROM person`)

	putStaff = prepare(`INSERT INTO staff (iin, name, role, totp, last_totp, failures, locked, removed, created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (iin) DO UPDATE SET name = excluded.name, role = excluded.role, totp = excluded.totp, last_totp = excluded.last_totp,
		failures = excluded.failures, locked = excluded.locked, removed = excluded.removed, created = excluded.created`)
	getStaff  = prepare(`SELECT iin, name, role, totp, last_totp, failures, locked, removed, created FROM staff WHERE iin = ?`)
	listStaff = prepare(`SELECT iin, name, role, totp, last_totp, failures, locked, removed, created FROM staff ORDER BY iin`)

	putChallenge = prepare(`INSERT INTO challenge (nonce, purpose, subject, args, body, origin, created, expires, used)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`)
	getChallenge = prepare(`SELECT nonce, purpose, subject, args, body, origin, created, expires, used FROM challenge WHERE nonce = ?`)
	useChallenge = prepare(`UPDATE challenge SET used = 1 WHERE nonce = ? AND used = 0`)
	oldChallenge = prepare(`DELETE FROM challenge WHERE expires < ?`)
)

func (t *Tx) PutPerson(p person.Person) error {
	_, err := t.exec(putPerson, p.IIN, p.Surname, p.Name, p.Patronymic, micros(p.Updated))
	return wrap("put a person", err)
}

func (t *Tx) Person(iin string) (p person.Person, err error) {
	err = t.one(getPerson, "person", []any{iin}, &p.IIN, &p.Surname, &p.Name, &p.Patronymic, instant{&p.Updated})
	return p, err
}

func (t *Tx) CountPersons() (n int, err error) {
	err = t.one(countPersons, "person", nil, &n)
	return n, err
}

func (t *Tx) PutStaff(s account.Staff) error {
	_, err := t.exec(putStaff, s.IIN, s.Name, string(s.Role), octets(s.TOTP), s.LastTOTP, s.Failures, micros(s.Locked), s.Removed, micros(s.Created))
	return wrap("put a member of staff", err)
}

func staffFields(s *account.Staff) []any {
	return []any{&s.IIN, &s.Name, &s.Role, &s.TOTP, &s.LastTOTP, &s.Failures, instant{&s.Locked}, &s.Removed, instant{&s.Created}}
}

func (t *Tx) Staff(iin string) (s account.Staff, err error) {
	err = t.one(getStaff, "staff", []any{iin}, staffFields(&s)...)
	return s, err
}

func (t *Tx) ListStaff() ([]account.Staff, error) {
	found, err := all(t, listStaff, func(row scanner) (s account.Staff, err error) {
		err = row.Scan(staffFields(&s)...)
		return s, err
	})
	return found, wrap("list staff", err)
}

func (t *Tx) PutChallenge(c statement.Challenge) error {
	args, err := json.Marshal(c.Args)
	if err != nil {
		return wrap("put a challenge", err)
	}
	rows, err := t.exec(putChallenge, c.Nonce, string(c.Purpose), c.Subject, string(args), c.Text, c.Origin, micros(c.Created), c.Expires.UnixMicro(), c.Used)
	if err == nil && rows == 0 {
		return conflict("challenge.exists")
	}
	return wrap("put a challenge", err)
}

func (t *Tx) Challenge(nonce string) (c statement.Challenge, err error) {
	var args []byte
	err = t.one(getChallenge, "challenge", []any{nonce}, &c.Nonce, &c.Purpose, &c.Subject, &args, &c.Text, &c.Origin, instant{&c.Created}, instant{&c.Expires}, &c.Used)
	if err == nil {
		err = json.Unmarshal(args, &c.Args)
	}
	return c, err
}

func (t *Tx) UseChallenge(nonce string) error {
	rows, err := t.exec(useChallenge, nonce)
	if err != nil {
		return wrap("use a challenge", err)
	}
	if rows == 0 {
		if _, err := t.Challenge(nonce); err != nil {
			return err
		}
		return conflict("challenge.used")
	}
	return nil
}

func (t *Tx) DeleteChallenges(before time.Time) error {
	_, err := t.exec(oldChallenge, before.UnixMicro())
	return wrap("delete challenges", err)
}
