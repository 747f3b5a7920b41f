package storetest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

// prepared is a prepared certificate; n tells it from others by serial and key.
func prepared(n int) registry.Certificate {
	return registry.Certificate{
		Issuer: "rsa", Serial: fmt.Sprintf("%040X", n+0x1000), Profile: "individual-sign-rsa", Application: "A", IIN: "850315300009",
		Name: "ТЕСТОВ ТЕСТ", KeyHash: [32]byte{byte(n), 0xff}, TBS: []byte{0x30, byte(n)}, NotBefore: Start.Truncate(time.Second), NotAfter: Start.AddDate(1, 0, 0),
		Stage: registry.Prepared, Status: registry.Valid, Reason: -1, Prepared: Start.Add(time.Duration(n) * time.Second),
	}
}

func issued(n int) registry.Certificate {
	c := prepared(n)
	c.Stage, c.DER, c.IssuedAt = registry.Issued, []byte{0x30, 0x80, byte(n)}, c.Prepared.Add(time.Millisecond)
	return c
}

func serials(found []registry.Certificate) []int {
	var all []int
	for _, c := range found {
		var n int
		_, _ = fmt.Sscanf(c.Serial, "%X", &n)
		all = append(all, n-0x1000)
	}
	return all
}

func certificates(t *testing.T, s authority.Store) {
	c := prepared(1)
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.Certificate("rsa", c.Serial)
		kind(t, "no certificate", err, fail.NotFound)
		_, err = tx.CertificateByKey(c.KeyHash)
		kind(t, "no certificate of the key", err, fail.NotFound)
		kind(t, "updating no certificate", tx.UpdateCertificate(c), fail.NotFound)
		kind(t, "issuing no certificate", tx.IssueCertificate(c), fail.NotFound)
		return tx.InsertCertificate(c)
	})
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.Certificate("rsa", c.Serial)
		same(t, "the prepared certificate", got, c, err)
		_, err = tx.Certificate("gost", c.Serial)
		kind(t, "the serial of another issuer", err, fail.NotFound)
		got, err = tx.CertificateByKey(c.KeyHash)
		same(t, "the prepared certificate by its key", got, c, err)
		return nil
	})
	c = issued(1)
	update(t, s, func(tx authority.Tx) error { return tx.IssueCertificate(c) })
	update(t, s, func(tx authority.Tx) error {
		again := c
		again.DER = []byte{1}
		code(t, "issuing it again", tx.IssueCertificate(again), registry.CodeStage)
		return nil
	})
	c.Status, c.StatusAt, c.Reason, c.Invalidity = registry.Revoked, Start.Add(time.Hour), 1, Start.Add(-time.Hour)
	update(t, s, func(tx authority.Tx) error { return tx.UpdateCertificate(c) })
	forged := c
	forged.DER, forged.TBS, forged.IIN, forged.Name, forged.KeyHash, forged.NotAfter, forged.IssuedAt = []byte{1}, []byte{2}, "2", "X", [32]byte{3}, Start, Start
	update(t, s, func(tx authority.Tx) error { return tx.UpdateCertificate(forged) })
	update(t, s, func(tx authority.Tx) error { return tx.InsertCertificate(issued(2)) })
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.Certificate("rsa", c.Serial)
		same(t, "the revoked certificate; what is issued does not change", got, c, err)
		of, err := tx.CertificatesOf("A")
		same(t, "the certificates of the application", of, []registry.Certificate{c, issued(2)}, err)
		of, err = tx.CertificatesOf("")
		same(t, "the certificates of no application", len(of), 0, err)
		return nil
	})
}

func certificateUniqueness(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error { return tx.InsertCertificate(prepared(1)) })
	update(t, s, func(tx authority.Tx) error {
		twin := prepared(2)
		twin.Serial = prepared(1).Serial
		code(t, "a taken serial", tx.InsertCertificate(twin), registry.CodeSerialTaken)
		twin.Issuer = "gost"
		if err := tx.InsertCertificate(twin); err != nil {
			t.Errorf("the serial of another issuer was refused: %v", err)
		}
		twin = prepared(3)
		twin.KeyHash = prepared(1).KeyHash
		code(t, "a taken key", tx.InsertCertificate(twin), registry.CodeKeyTaken)
		abandoned := prepared(1)
		abandoned.Stage = registry.Abandoned
		if err := tx.UpdateCertificate(abandoned); err != nil {
			return err
		}
		_, err := tx.CertificateByKey(twin.KeyHash)
		kind(t, "the key of an abandoned certificate", err, fail.NotFound)
		if err := tx.InsertCertificate(twin); err != nil {
			t.Errorf("the key of an abandoned certificate was refused: %v", err)
		}
		got, err := tx.CertificateByKey(twin.KeyHash)
		same(t, "the certificate that has the key now", got, twin, err)
		return nil
	})
}

func certificateStages(t *testing.T, s authority.Store) {
	for i, c := range []struct {
		from, to registry.Stage
		ok       bool
	}{
		{registry.Prepared, registry.Prepared, true},
		{registry.Prepared, registry.Issued, false}, // which is for IssueCertificate
		{registry.Prepared, registry.Abandoned, true},
		{registry.Issued, registry.Issued, true},
		{registry.Issued, registry.Prepared, false},
		{registry.Issued, registry.Abandoned, false},
		{registry.Abandoned, registry.Issued, false},
		{registry.Abandoned, registry.Prepared, false},
		{registry.Abandoned, registry.Abandoned, true},
	} {
		update(t, s, func(tx authority.Tx) error {
			row := prepared(i)
			row.Stage = c.from
			if err := tx.InsertCertificate(row); err != nil {
				return err
			}
			if c.from != registry.Prepared {
				code(t, "issuing what is "+string(c.from), tx.IssueCertificate(row), registry.CodeStage)
			}
			row.Stage, row.Reason = c.to, 5
			err := tx.UpdateCertificate(row)
			if c.ok && err != nil {
				t.Errorf("from %s to %s: %v", c.from, c.to, err)
			}
			if !c.ok {
				code(t, fmt.Sprintf("from %s to %s", c.from, c.to), err, registry.CodeStage)
			}
			got, err := tx.Certificate(row.Issuer, row.Serial)
			if c.ok != (got.Reason == 5) {
				t.Errorf("from %s to %s: the row says %+v (%v)", c.from, c.to, got, err)
			}
			return nil
		})
	}
}

func certificateSearch(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error {
		for i, name := range []string{"СЕМЁНОВ ПЁТР", "Семенова Анна", "ӘУЕЗОВ МҰХТАР", "СЕМ"} {
			c := issued(i)
			c.Name, c.IIN = name, fmt.Sprint(i%2)
			if i == 3 {
				c.Stage, c.DER = registry.Prepared, nil
			}
			if err := tx.InsertCertificate(c); err != nil {
				return err
			}
		}
		return nil
	})
	for _, c := range []struct {
		name   string
		filter registry.Filter
		want   []int
	}{
		{"all, newest first", registry.Filter{}, []int{3, 2, 1, 0}},
		{"IIN", registry.Filter{IIN: "1"}, []int{3, 1}},
		{"serial", registry.Filter{Serial: issued(2).Serial}, []int{2}},
		{"the beginning of serials", registry.Filter{Serial: "0000"}, []int{3, 2, 1, 0}},
		{"a serial that nobody has", registry.Filter{Serial: "1000"}, nil},
		{"ё and case of a name", registry.Filter{NamePrefix: "семен"}, []int{1, 0}},
		{"the exact name too", registry.Filter{NamePrefix: "СЕМЁНОВ  ПЁТР"}, []int{0}},
		{"Kazakh letters", registry.Filter{NamePrefix: "әу"}, []int{2}},
		{"stage", registry.Filter{NamePrefix: "сем", Stage: registry.Issued}, []int{1, 0}},
		{"a name with signs of a pattern", registry.Filter{NamePrefix: "%"}, nil},
		{"limit", registry.Filter{Limit: 1}, []int{3}},
	} {
		view(t, s, func(tx authority.Tx) error {
			found, err := tx.FindCertificates(c.filter)
			same(t, c.name, serials(found), c.want, err)
			return nil
		})
	}
}

func revokedCertificates(t *testing.T, s authority.Store) {
	update(t, s, func(tx authority.Tx) error {
		for i, status := range []registry.Status{registry.Revoked, registry.Valid, registry.Hold, registry.Revoked, registry.Revoked, registry.Revoked} {
			c := issued(5 - i) // inserted in falling order, listed in rising
			c.Status = status
			switch i {
			case 3:
				c.NotAfter = Start // expires at that very moment
			case 4:
				c.Issuer = "gost"
			case 5:
				c.NotAfter = Start.Add(time.Microsecond)
			}
			if err := tx.InsertCertificate(c); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx authority.Tx) error {
		found, err := tx.RevokedCertificates("rsa", Start)
		same(t, "revoked and on hold", serials(found), []int{0, 3, 5}, err)
		return nil
	})
	update(t, s, func(tx authority.Tx) error { // more than a store reads at once
		for i := range 450 {
			c := issued(0x1000 + i)
			c.Issuer, c.KeyHash = "many", [32]byte{9: 1, 10: byte(i), 11: byte(i >> 8)}
			if err := tx.InsertCertificate(c); err != nil {
				return err
			}
		}
		return nil
	})
	view(t, s, func(tx authority.Tx) error {
		var all []string
		err := tx.EachCertificate(func(c registry.Certificate) error {
			if _, err := tx.Certificate(c.Issuer, c.Serial); err != nil { // asking in between is allowed
				return err
			}
			all = append(all, c.Serial+c.Issuer)
			return nil
		})
		same(t, "the number of all certificates", len(all), 456, err)
		if !slices.IsSorted(all) || len(slices.Compact(slices.Clone(all))) != len(all) {
			t.Error("certificates don't come once and in order")
		}
		stop := fail.New(fail.Invalid, "enough")
		if err := tx.EachCertificate(func(registry.Certificate) error { return stop }); err != stop {
			t.Errorf("EachCertificate answered %v, not what its function did", err)
		}
		return nil
	})
}
