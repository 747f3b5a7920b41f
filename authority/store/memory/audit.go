package memory

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/audit"
)

func copyEntry(e audit.Entry) audit.Entry {
	e.Time = instant(e.Time)
	e.Payload, e.Salt, e.Leaf = bytes.Clone(e.Payload), bytes.Clone(e.Salt), bytes.Clone(e.Leaf)
	return e
}

func (t *tx) AppendEntry(e audit.Entry) error {
	if err := t.writing(); err != nil {
		return err
	}
	n := len(t.s.entries)
	e = copyEntry(e)
	e.Seq = int64(n) + 1
	put(t, t.s.bySubject, e.Subject, append(slices.Clone(t.s.bySubject[e.Subject]), n))
	t.undo = append(t.undo, func() { t.s.entries = t.s.entries[:n] })
	t.s.entries = append(t.s.entries, e)
	return nil
}

func (t *tx) EntriesAfter(seq int64, limit int) ([]audit.Entry, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	var found []audit.Entry
	for i := max(seq, 0); i < int64(len(t.s.entries)) && len(found) < limited(limit); i++ {
		found = append(found, copyEntry(t.s.entries[i]))
	}
	return found, nil
}

func (t *tx) EntriesOf(subject string) ([]audit.Entry, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	var found []audit.Entry
	for _, i := range t.s.bySubject[subject] {
		found = append(found, copyEntry(t.s.entries[i]))
	}
	return found, nil
}

func (t *tx) LastEntryTime() (time.Time, error) {
	if err := t.reading(); err != nil || len(t.s.entries) == 0 {
		return time.Time{}, err
	}
	return t.s.entries[len(t.s.entries)-1].Time, nil
}

func (t *tx) IntegratedSize() (int64, error) {
	if err := t.reading(); err != nil {
		return 0, err
	}
	return audit.LeavesOf(int64(len(t.s.hashes)))
}

func (t *tx) StoreHashes(first int64, hashes [][32]byte) error {
	if err := t.writing(); err != nil {
		return err
	}
	n := len(t.s.hashes)
	if first != int64(n) {
		return conflict("audit.hashes")
	}
	t.undo = append(t.undo, func() { t.s.hashes = t.s.hashes[:n] })
	t.s.hashes = append(t.s.hashes, hashes...)
	return nil
}

func (t *tx) ReadHashes(indexes []int64) ([][32]byte, error) {
	if err := t.reading(); err != nil {
		return nil, err
	}
	found := make([][32]byte, len(indexes))
	for i, index := range indexes {
		if index < 0 || index >= int64(len(t.s.hashes)) {
			return nil, fmt.Errorf("couldn't read hash %d of the log: %w", index, notFound("audit.hash"))
		}
		found[i] = t.s.hashes[index]
	}
	return found, nil
}

func copyCheckpoint(c audit.Checkpoint) audit.Checkpoint {
	c.Note, c.Time = bytes.Clone(c.Note), instant(c.Time)
	return c
}

func (t *tx) PutCheckpoint(c audit.Checkpoint) error {
	if err := t.writing(); err != nil {
		return err
	}
	n := len(t.s.checkpoints)
	if n > 0 && t.s.checkpoints[n-1].Size >= c.Size {
		return conflict("audit.checkpoint")
	}
	t.undo = append(t.undo, func() { t.s.checkpoints = t.s.checkpoints[:n] })
	t.s.checkpoints = append(t.s.checkpoints, copyCheckpoint(c))
	return nil
}

func (t *tx) LastCheckpoint() (audit.Checkpoint, error) {
	if err := t.reading(); err != nil {
		return audit.Checkpoint{}, err
	}
	if len(t.s.checkpoints) == 0 {
		return audit.Checkpoint{}, notFound("audit.checkpoint")
	}
	return copyCheckpoint(t.s.checkpoints[len(t.s.checkpoints)-1]), nil
}

func (t *tx) EachCheckpoint(f func(audit.Checkpoint) error) error {
	if err := t.reading(); err != nil {
		return err
	}
	for _, c := range t.s.checkpoints {
		if err := f(copyCheckpoint(c)); err != nil {
			return err
		}
	}
	return nil
}
