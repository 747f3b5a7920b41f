package sql

import (
	"encoding/json"
	"time"

	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/publish"
)

var (
	putNotice  = prepare(`INSERT INTO notice (kind, subject, args, due, lease, tries, created) VALUES (?, ?, ?, ?, ?, ?, ?)`)
	dueNotices = prepare(`SELECT id, kind, subject, args, due, lease, tries, created FROM notice
		WHERE kind = ? AND due <= ? AND (lease IS NULL OR lease <= ?) ORDER BY due, id LIMIT ?`)
	leaseNotice = prepare(`UPDATE notice SET lease = ?, tries = tries + 1 WHERE id = ?`)
	doneNotice  = prepare(`DELETE FROM notice WHERE id = ?`)
	retryNotice = prepare(`UPDATE notice SET due = ?, lease = NULL WHERE id = ?`)

	putList = prepare(`INSERT INTO crl (issuer, number, der, this_update, next_update) VALUES (?, ?, ?, ?, ?)
		ON CONFLICT (issuer) DO UPDATE SET number = excluded.number, der = excluded.der, this_update = excluded.this_update, next_update = excluded.next_update
		WHERE excluded.number > crl.number`)
	lastList = prepare(`SELECT issuer, number, der, this_update, next_update FROM crl WHERE issuer = ?`)
)

func (t *Tx) PutNotice(n notice.Notice) error {
	args, err := json.Marshal(n.Args)
	if err != nil {
		return wrap("put a notice", err)
	}
	_, err = t.exec(putNotice, n.Kind, n.Key, string(args), n.Due.UnixMicro(), micros(n.Lease), n.Tries, micros(n.Created))
	return wrap("put a notice", err)
}

func scanNotice(row scanner) (n notice.Notice, err error) {
	var args []byte
	if err = row.Scan(&n.ID, &n.Kind, &n.Key, &args, instant{&n.Due}, instant{&n.Lease}, &n.Tries, instant{&n.Created}); err == nil {
		err = json.Unmarshal(args, &n.Args)
	}
	return n, err
}

func (t *Tx) TakeNotices(kind string, now, lease time.Time, limit int) ([]notice.Notice, error) {
	if !t.writable {
		return nil, errReadOnly
	}
	found, err := all(t, dueNotices, scanNotice, kind, now.UnixMicro(), now.UnixMicro(), limited(limit))
	if err != nil {
		return nil, wrap("take notices", err)
	}
	for i := range found {
		if _, err := t.exec(leaseNotice, micros(lease), found[i].ID); err != nil {
			return nil, wrap("take notices", err)
		}
		found[i].Lease = whole(lease)
		found[i].Tries++
	}
	return found, nil
}

func (t *Tx) DoneNotice(id int64) error {
	_, err := t.exec(doneNotice, id)
	return wrap("finish a notice", err)
}

func (t *Tx) RetryNotice(id int64, due time.Time) error {
	rows, err := t.exec(retryNotice, due.UnixMicro(), id)
	if err == nil && rows == 0 {
		return notFound("notice")
	}
	return wrap("postpone a notice", err)
}

func (t *Tx) PutList(l publish.List) error {
	rows, err := t.exec(putList, l.Issuer, l.Number, octets(l.DER), l.ThisUpdate.UnixMicro(), micros(l.NextUpdate))
	if err == nil && rows == 0 {
		return conflict("list.number")
	}
	return wrap("put a list", err)
}

func (t *Tx) LastList(issuer string) (l publish.List, err error) {
	err = t.one(lastList, "list", []any{issuer}, &l.Issuer, &l.Number, &l.DER, instant{&l.ThisUpdate}, instant{&l.NextUpdate})
	return l, err
}
