package sql

import (
	"fmt"
	"time"

	"github.com/senim-pki/senim/authority/audit"
)

var (
	// Update transactions run one after the other, so the next number is free until commit.
	appendEntry = prepare(`INSERT INTO audit_entry (seq, time, act, actor, subject, payload, salt, leaf)
		VALUES ((SELECT COALESCE(MAX(seq), 0) + 1 FROM audit_entry), ?, ?, ?, ?, ?, ?, ?)`)
	entriesAfter = prepare(`SELECT seq, time, act, actor, subject, payload, salt, leaf FROM audit_entry WHERE seq > ? ORDER BY seq LIMIT ?`)
	entriesOf    = prepare(`SELECT seq, time, act, actor, subject, payload, salt, leaf FROM audit_entry WHERE subject = ? ORDER BY seq`)
	lastEntry    = prepare(`SELECT time FROM audit_entry ORDER BY seq DESC LIMIT 1`)

	lastHashes  = prepare(`SELECT first, LENGTH(hashes) FROM audit_hashes ORDER BY first DESC LIMIT 1`)
	storeHashes = prepare(`INSERT INTO audit_hashes (first, hashes) VALUES (?, ?)`)
	rowOfHash   = prepare(`SELECT first, hashes FROM audit_hashes WHERE first <= ? ORDER BY first DESC LIMIT 1`)

	putCheckpoint    = prepare(`INSERT INTO audit_checkpoint (size, note, time) SELECT ?, ?, ? WHERE NOT EXISTS (SELECT 1 FROM audit_checkpoint WHERE size >= ?)`)
	lastCheckpoint   = prepare(`SELECT size, note, time FROM audit_checkpoint ORDER BY size DESC LIMIT 1`)
	checkpointsAfter = prepare(`SELECT size, note, time FROM audit_checkpoint WHERE size > ? ORDER BY size LIMIT 200`)
)

const hashSize = 32

// rowHashes is how many hashes a row holds at most; a batch is cut into rows of this size, so that reading one hash
// reads little. 8 kB.
const rowHashes = 256

func (t *Tx) AppendEntry(e audit.Entry) error {
	_, err := t.exec(appendEntry, e.Time.UnixMicro(), e.Act, e.Actor, e.Subject, octets(e.Payload), octets(e.Salt), octets(e.Leaf))
	if err == nil {
		t.lastEntry, t.knowsLast = whole(e.Time), true
	}
	return wrap("append an entry", err)
}

func scanEntry(row scanner) (e audit.Entry, err error) {
	err = row.Scan(&e.Seq, instant{&e.Time}, &e.Act, &e.Actor, &e.Subject, &e.Payload, &e.Salt, &e.Leaf)
	return e, err
}

func (t *Tx) EntriesAfter(seq int64, limit int) ([]audit.Entry, error) {
	found, err := all(t, entriesAfter, scanEntry, seq, limited(limit))
	return found, wrap("read entries", err)
}

func (t *Tx) EntriesOf(subject string) ([]audit.Entry, error) {
	found, err := all(t, entriesOf, scanEntry, subject)
	return found, wrap("read entries", err)
}

func (t *Tx) LastEntryTime() (time.Time, error) {
	if t.knowsLast && !t.over {
		return t.lastEntry, nil
	}
	found, err := all(t, lastEntry, func(row scanner) (at time.Time, err error) {
		err = row.Scan(instant{&at})
		return at, err
	})
	if err != nil || len(found) == 0 {
		return time.Time{}, wrap("read the last entry", err)
	}
	return found[0], nil
}

func (t *Tx) storedHashes() (int64, error) {
	found, err := all(t, lastHashes, func(row scanner) (int64, error) {
		var first, length int64
		err := row.Scan(&first, &length)
		return first + length/hashSize, err
	})
	if err != nil || len(found) == 0 {
		return 0, wrap("count the hashes of the log", err)
	}
	return found[0], nil
}

func (t *Tx) IntegratedSize() (int64, error) {
	n, err := t.storedHashes()
	if err != nil {
		return 0, err
	}
	return audit.LeavesOf(n)
}

func (t *Tx) StoreHashes(first int64, hashes [][32]byte) error {
	next, err := t.storedHashes()
	if err != nil {
		return err
	}
	if first != next {
		return conflict("audit.hashes")
	}
	for len(hashes) > 0 {
		n := min(len(hashes), rowHashes)
		row := make([]byte, 0, n*hashSize)
		for _, h := range hashes[:n] {
			row = append(row, h[:]...)
		}
		if _, err := t.exec(storeHashes, first, row); err != nil {
			return wrap("store hashes of the log", err)
		}
		first, hashes = first+int64(n), hashes[n:]
	}
	return nil
}

func (t *Tx) ReadHashes(indexes []int64) ([][32]byte, error) {
	type row struct {
		first  int64
		hashes []byte
	}
	var last row // indexes of one call lie near each other
	found := make([][32]byte, len(indexes))
	for i, index := range indexes {
		if at := index - last.first; last.hashes == nil || at < 0 || at >= int64(len(last.hashes)/hashSize) {
			rows, err := all(t, rowOfHash, func(s scanner) (r row, err error) {
				err = s.Scan(&r.first, &r.hashes)
				return r, err
			}, index)
			if err != nil {
				return nil, wrap("read hashes of the log", err)
			}
			if len(rows) == 0 || index-rows[0].first >= int64(len(rows[0].hashes)/hashSize) {
				return nil, fmt.Errorf("couldn't read hash %d of the log: %w", index, notFound("audit.hash"))
			}
			last = rows[0]
		}
		copy(found[i][:], last.hashes[(index-last.first)*hashSize:])
	}
	return found, nil
}

func (t *Tx) PutCheckpoint(c audit.Checkpoint) error {
	rows, err := t.exec(putCheckpoint, c.Size, octets(c.Note), c.Time.UnixMicro(), c.Size)
	if err == nil && rows == 0 {
		return conflict("audit.checkpoint")
	}
	return wrap("put a checkpoint", err)
}

func scanCheckpoint(row scanner) (c audit.Checkpoint, err error) {
	err = row.Scan(&c.Size, &c.Note, instant{&c.Time})
	return c, err
}

func (t *Tx) LastCheckpoint() (c audit.Checkpoint, err error) {
	err = t.one(lastCheckpoint, "audit.checkpoint", nil, &c.Size, &c.Note, instant{&c.Time})
	return c, err
}

func (t *Tx) EachCheckpoint(f func(audit.Checkpoint) error) error {
	size := int64(-1)
	for {
		found, err := all(t, checkpointsAfter, scanCheckpoint, size)
		if err != nil {
			return wrap("read checkpoints", err)
		}
		if len(found) == 0 {
			return nil
		}
		for _, c := range found {
			if err := f(c); err != nil {
				return err
			}
		}
		size = found[len(found)-1].Size
	}
}
