package storetest

import (
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

func entries(t *testing.T, s authority.Store) {
	view(t, s, func(tx authority.Tx) error {
		at, err := tx.LastEntryTime()
		same(t, "the time of no entry", at.IsZero(), true, err)
		return nil
	})
	entry := func(i int) audit.Entry {
		return audit.Entry{
			Time: Start.Add(time.Duration(i) * time.Second), Act: "login.failed", Actor: "стало", Subject: string(rune('a' + i%2)),
			Payload: []byte{byte(i)}, Salt: []byte{1, byte(i)}, Leaf: []byte{2, byte(i)},
		}
	}
	for i := range 3 {
		update(t, s, func(tx authority.Tx) error { return tx.AppendEntry(entry(i)) })
		_ = s.Update(t.Context(), func(tx authority.Tx) error { // leaves no gap
			if err := tx.AppendEntry(entry(9)); err != nil {
				return err
			}
			return fail.New(fail.Forbidden, "no")
		})
	}
	numbered := func(i int) audit.Entry {
		e := entry(i)
		e.Seq = int64(i) + 1
		return e
	}
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.EntriesAfter(0, 10)
		same(t, "all entries", got, []audit.Entry{numbered(0), numbered(1), numbered(2)}, err)
		got, err = tx.EntriesAfter(1, 1)
		same(t, "one entry after the first", got, []audit.Entry{numbered(1)}, err)
		got, err = tx.EntriesAfter(3, 1)
		same(t, "entries after the last", len(got), 0, err)
		got, err = tx.EntriesOf("a")
		same(t, "entries of a subject", got, []audit.Entry{numbered(0), numbered(2)}, err)
		at, err := tx.LastEntryTime()
		same(t, "the time of the last entry", at, numbered(2).Time, err)
		return nil
	})
}

func hashes(t *testing.T, s authority.Store) {
	var all [][32]byte
	stored := tlog.StoredHashCount(400) // more than a store reads at once
	for i := range stored {
		all = append(all, [32]byte{byte(i), byte(i >> 8), 7})
	}
	update(t, s, func(tx authority.Tx) error {
		n, err := tx.IntegratedSize()
		same(t, "an empty tree", n, int64(0), err)
		return tx.StoreHashes(0, all[:1])
	})
	update(t, s, func(tx authority.Tx) error {
		kind(t, "hashes that are there", tx.StoreHashes(0, all[:1]), fail.Conflict)
		kind(t, "hashes beyond a gap", tx.StoreHashes(2, all[2:3]), fail.Conflict)
		return tx.StoreHashes(1, all[1:])
	})
	view(t, s, func(tx authority.Tx) error {
		n, err := tx.IntegratedSize()
		same(t, "the leaves of the tree", n, int64(400), err)
		got, err := tx.ReadHashes([]int64{0, 1, stored - 1, 300, 299, 2})
		same(t, "hashes", got, [][32]byte{all[0], all[1], all[stored-1], all[300], all[299], all[2]}, err)
		for _, beyond := range []int64{stored, -1} {
			_, err = tx.ReadHashes([]int64{0, beyond})
			kind(t, "a hash that is not there", err, fail.NotFound)
		}
		return nil
	})
}

func checkpoints(t *testing.T, s authority.Store) {
	c := func(size int64) audit.Checkpoint {
		return audit.Checkpoint{Size: size, Note: []byte("note\n"), Time: Start.Add(time.Duration(size) * time.Second)}
	}
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.LastCheckpoint()
		kind(t, "no checkpoint", err, fail.NotFound)
		for _, size := range []int64{1, 2, 9} {
			if err := tx.PutCheckpoint(c(size)); err != nil {
				return err
			}
		}
		kind(t, "a checkpoint of the same size", tx.PutCheckpoint(c(9)), fail.Conflict)
		kind(t, "a smaller checkpoint", tx.PutCheckpoint(c(5)), fail.Conflict)
		return nil
	})
	view(t, s, func(tx authority.Tx) error {
		last, err := tx.LastCheckpoint()
		same(t, "the last checkpoint", last, c(9), err)
		var all []audit.Checkpoint
		err = tx.EachCheckpoint(func(c audit.Checkpoint) error { all = append(all, c); return nil })
		same(t, "all checkpoints", all, []audit.Checkpoint{c(1), c(2), c(9)}, err)
		return nil
	})
}

func notices(t *testing.T, s authority.Store) {
	n := notice.Notice{Kind: "issue", Key: "A", Args: map[string]string{"k": "v"}, Due: Start, Created: Start}
	update(t, s, func(tx authority.Tx) error {
		for i, due := range []time.Duration{time.Second, 0, time.Hour} {
			n := n
			n.Key, n.Due = string(rune('A'+i)), Start.Add(due)
			if err := tx.PutNotice(n); err != nil {
				return err
			}
		}
		return tx.PutNotice(notice.Notice{Kind: "mail", Due: Start})
	})
	take := func(now time.Time, limit int) (taken []notice.Notice) {
		t.Helper()
		update(t, s, func(tx authority.Tx) (err error) {
			taken, err = tx.TakeNotices("issue", now, now.Add(time.Minute), limit)
			return err
		})
		return taken
	}
	first := take(Start.Add(time.Second), 1)
	if len(first) != 1 {
		t.Fatalf("took %d notices, want 1", len(first))
	}
	want := n
	want.ID, want.Key, want.Lease, want.Tries = first[0].ID, "B", Start.Add(time.Second+time.Minute), 1
	same(t, "the first that is due", first[0], want, nil)
	second := take(Start.Add(time.Second), 10)
	if len(second) != 1 || second[0].Key != "A" || second[0].ID == first[0].ID {
		t.Fatalf("took %+v, want the other that is due", second)
	}
	if again := take(Start.Add(time.Minute), 10); len(again) != 0 {
		t.Errorf("took %+v while others hold the lease", again)
	}
	update(t, s, func(tx authority.Tx) error {
		if err := tx.DoneNotice(first[0].ID); err != nil {
			return err
		}
		if err := tx.DoneNotice(first[0].ID); err != nil {
			t.Errorf("a notice that is done already: %v", err)
		}
		kind(t, "postponing a notice that is done", tx.RetryNotice(first[0].ID, Start), fail.NotFound)
		return tx.RetryNotice(second[0].ID, Start.Add(30*time.Second))
	})
	if early := take(Start.Add(29*time.Second), 10); len(early) != 0 {
		t.Errorf("took %+v before it is due again", early)
	}
	again := take(Start.Add(30*time.Second), 10)
	if len(again) != 1 || again[0].Key != "A" || again[0].Tries != 2 {
		t.Fatalf("took %+v, want the postponed one", again)
	}
	if lapsed := take(Start.Add(30*time.Second+time.Minute), 10); len(lapsed) != 1 || lapsed[0].Tries != 3 {
		t.Errorf("took %+v, want the one whose lease has lapsed", lapsed)
	}
	update(t, s, func(tx authority.Tx) error { // a number is not given twice: a slow worker must not end another's notice
		if err := tx.PutNotice(n); err != nil {
			return err
		}
		last, err := tx.TakeNotices("issue", Start, Start, 1)
		if err != nil || len(last) != 1 {
			t.Fatalf("took %v, %v", last, err)
		}
		if err := tx.DoneNotice(last[0].ID); err != nil {
			return err
		}
		if err := tx.PutNotice(n); err != nil {
			return err
		}
		next, err := tx.TakeNotices("issue", Start, Start, 1)
		if err != nil || len(next) != 1 || next[0].ID <= last[0].ID {
			t.Errorf("after number %d came %v, %v", last[0].ID, next, err)
		}
		return nil
	})
}

func lists(t *testing.T, s authority.Store) {
	l := publish.List{Issuer: "rsa", Number: 3, DER: []byte{1}, ThisUpdate: Start, NextUpdate: Start.Add(time.Hour)}
	update(t, s, func(tx authority.Tx) error {
		_, err := tx.LastList("rsa")
		kind(t, "no list", err, fail.NotFound)
		return tx.PutList(l)
	})
	update(t, s, func(tx authority.Tx) error {
		kind(t, "the same number", tx.PutList(l), fail.Conflict)
		l.Number = 2
		kind(t, "a smaller number", tx.PutList(l), fail.Conflict)
		l.Number, l.DER = 4, []byte{4}
		if err := tx.PutList(publish.List{Issuer: "gost", Number: 1, DER: []byte{9}, ThisUpdate: Start}); err != nil {
			return err
		}
		return tx.PutList(l)
	})
	view(t, s, func(tx authority.Tx) error {
		got, err := tx.LastList("rsa")
		same(t, "the last list", got, l, err)
		got, err = tx.LastList("gost")
		same(t, "the other issuer's", got, publish.List{Issuer: "gost", Number: 1, DER: []byte{9}, ThisUpdate: Start}, err)
		return nil
	})
}

func copies(t *testing.T, s authority.Store) {
	a := someApplication("A")
	c := issued(1)
	e := audit.Entry{Time: Start, Payload: []byte{1}, Salt: []byte{2}, Leaf: []byte{3}}
	update(t, s, func(tx authority.Tx) error {
		if err := tx.InsertCertificate(c); err != nil {
			return err
		}
		if err := tx.AppendEntry(e); err != nil {
			return err
		}
		return tx.PutApplication(a)
	})
	spoil := func(a *application.Application, c *registry.Certificate, e *audit.Entry) {
		a.Requests[0].CSR[0], a.Moves[1].Evidence[0], a.Moves[0].Who, a.Secret[0] = 0xee, 0xee, "x", 0xee
		c.DER[0], c.TBS[0] = 0xee, 0xee
		e.Payload[0], e.Salt[0], e.Leaf[0] = 0xee, 0xee, 0xee
	}
	spoil(a, &c, &e)
	for _, name := range []string{"what was given was changed afterwards", "what was got was changed afterwards"} {
		view(t, s, func(tx authority.Tx) error {
			gotA, err := tx.Application("A")
			want := someApplication("A")
			want.Version = 1
			same(t, name+", an application", gotA, want, err)
			gotC, err := tx.Certificate("rsa", c.Serial)
			same(t, name+", a certificate", gotC, issued(1), err)
			gotE, err := tx.EntriesAfter(0, 1)
			same(t, name+", an entry", gotE, []audit.Entry{{Seq: 1, Time: Start, Payload: []byte{1}, Salt: []byte{2}, Leaf: []byte{3}}}, err)
			spoil(gotA, &gotC, &gotE[0])
			return nil
		})
	}
}
