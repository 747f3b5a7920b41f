package sqlite

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	driver "modernc.org/sqlite" // "sqlite" of database/sql
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/senim-pki/senim/authority"
	store "github.com/senim-pki/senim/authority/store/sql"
	"github.com/senim-pki/senim/base/fail"
)

// maxBatch caps the Updates of one commit, so that the first does not wait long for the last.
const maxBatch = 128

// An update is a caller of Update in the queue. Its function runs in the caller's own goroutine while the writer waits,
// so a panic unwinds where it began, and a goroutine that ends inside f takes nobody with it.
type update struct {
	turn chan *store.Tx // the writer gives the transaction; closed without one when there is none
	ran  chan bool      // the caller says: keep what was written
	done chan error     // what became of it, once
}

// Update runs f in a transaction that is on the disk when Update returns nil. While it waits for its turn it heeds ctx; once
// f runs it goes through.
func (s *Store) Update(ctx context.Context, f func(authority.Tx) error) error {
	err := s.update(ctx, f)
	var e *driver.Error
	if errors.As(err, &e) && e.Code()&0xff == sqlite3.SQLITE_FULL { // nothing was kept; it passes when there is room again
		return fail.Wrap(fail.Unavailable, "store.full", err)
	}
	return err
}

func (s *Store) update(ctx context.Context, f func(authority.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	u := &update{turn: make(chan *store.Tx, 1), ran: make(chan bool, 1), done: make(chan error, 1)}
	s.waiting.Add(1)
	select {
	case s.updates <- u:
		s.waiting.Add(-1)
	case <-s.ctx.Done():
		s.waiting.Add(-1)
		return closed()
	case <-ctx.Done():
		s.waiting.Add(-1)
		return ctx.Err()
	}
	t := <-u.turn
	if t == nil {
		return <-u.done
	}
	return u.run(t, f)
}

// run calls f, tells the writer how it ended and waits for the end of the common transaction. It waits when f failed too:
// what f saw, and why it failed, may be another's write that is not on the disk yet.
func (u *update) run(t *store.Tx, f func(authority.Tx) error) (err error) {
	keep := false
	defer func() {
		t.End()
		u.ran <- keep
		if broken := <-u.done; broken != nil {
			err = broken
		}
	}()
	if err = f(t); err != nil {
		return err
	}
	keep = true
	return nil
}

// Waiting returns how many callers of Update wait for their turn at this moment.
func (s *Store) Waiting() int { return int(s.waiting.Load()) }

// write is the one goroutine that writes.
func (s *Store) write() {
	defer close(s.stopped)
	for {
		select {
		case <-s.ctx.Done():
			return
		case u := <-s.updates:
			s.commit(u)
		}
	}
}

// commit runs first and whoever waits behind it in one transaction, and tells each when it is on the disk.
func (s *Store) commit(first *update) {
	if err := s.writer.Exec("BEGIN IMMEDIATE"); err != nil {
		// Another process held the lock for too long, or a rollback before this one failed.
		_ = s.writer.Exec("ROLLBACK")
		close(first.turn)
		first.done <- fail.Wrap(fail.Unavailable, "store.busy", err)
		return
	}
	// The first needs no savepoint: when it fails, there is nothing else to keep.
	first.turn <- s.writer.Tx(true)
	if !<-first.ran {
		// It fails where SQLite has rolled back by itself, for the disk is full or broken: why f failed is what there is to say. Were the
		// transaction open yet, the next could not begin.
		_ = s.writer.Exec("ROLLBACK")
		first.done <- nil
		return
	}
	batch := []*update{first}
	var broken error // the transaction is in a state that nothing of it may be kept
	// Whoever could run at this moment runs before the disk is waited for, and perhaps comes along. It costs nothing where nobody
	// could; with eight issuers it was ahead in five pairs of runs out of five, by some 5 % (docs/performance.md).
	for yielded := false; len(batch) < maxBatch && broken == nil; {
		select {
		case u := <-s.updates:
			batch, yielded = append(batch, u), false
			broken = s.run(u)
			continue
		default:
		}
		if yielded {
			break
		}
		runtime.Gosched()
		yielded = true
	}
	if broken == nil {
		broken = s.writer.Exec("COMMIT")
	}
	if broken != nil {
		// After most faults SQLite has rolled back by itself, and then this says that there is no transaction.
		_ = s.writer.Exec("ROLLBACK")
		broken = fmt.Errorf("couldn't commit: %w", broken)
	}
	for _, u := range batch {
		u.done <- broken
	}
}

// run gives u its turn inside a savepoint.
func (s *Store) run(u *update) error {
	if err := s.writer.Exec("SAVEPOINT caller"); err != nil {
		close(u.turn)
		return err
	}
	u.turn <- s.writer.Tx(true)
	if !<-u.ran {
		if err := s.writer.Exec("ROLLBACK TO caller"); err != nil {
			return err
		}
	}
	return s.writer.Exec("RELEASE caller")
}
