// Package sqlite keeps an authority's store in one SQLite file (modernc.org/sqlite, no cgo).
//
// One goroutine writes: it gathers the Updates that wait into one BEGIN IMMEDIATE … COMMIT with a savepoint for each, so
// that one fsync serves them all. Views read a snapshot on connections of their own and never wait for a writer.
//
// Several processes may open the same file: the command line works on a store beside a running server. SQLite's own locks
// order their transactions, and nothing is kept in memory between transactions that another process could change.
// The file must lie on a disk of this machine; locks over a network file system are not to be trusted.
//
// What it promises: when Update returns nil, the transaction is on the disk (WAL, synchronous=FULL).
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/senim-pki/senim/authority"
	store "github.com/senim-pki/senim/authority/store/sql"
	"github.com/senim-pki/senim/base/fail"
)

// busyTimeout is how long a transaction waits for another process, in milliseconds. A common commit takes tens of
// milliseconds, a migration seconds.
const busyTimeout = "15000"

// A Store is an authority.Store in a file.
type Store struct {
	writing *sql.DB // one connection
	reading *sql.DB
	writer  *store.Conn // owned by the goroutine of write
	updates chan *update
	waiting atomic.Int32     // callers that offer an update
	readers chan *store.Conn // connections that nobody reads with; nil is one not opened yet
	ctx     context.Context  // ends when the store closes
	cancel  context.CancelFunc
	stopped chan struct{} // closed when write has returned
	close   sync.Once
}

var _ authority.Store = (*Store)(nil)

var errClosed = errors.New("the store is closed")

// Open opens the store in the file at path, which Migrate has brought to this binary's schema. A file that does not exist is
// made, empty, for its owner only. A schema of another version is fail.Conflict: "store.schema-old" asks for
// `senim migrate`, "store.schema-new" for a newer binary.
func Open(ctx context.Context, path string) (*Store, error) {
	s, err := open(ctx, path)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the store %s: %w", path, err)
	}
	return s, nil
}

func open(ctx context.Context, path string) (*Store, error) {
	writing, err := connect(path, false)
	if err != nil {
		return nil, err
	}
	conn, err := writing.Conn(ctx)
	if err != nil {
		writing.Close()
		return nil, err
	}
	writer := store.NewConn(conn, store.SQLite)
	if err := checkVersion(ctx, conn); err != nil {
		writer.Close()
		writing.Close()
		return nil, err
	}
	reading, err := connect(path, true)
	if err != nil {
		writer.Close()
		writing.Close()
		return nil, err
	}
	readers := max(4, 2*runtime.GOMAXPROCS(0))
	s := &Store{
		writing: writing, reading: reading, writer: writer,
		updates: make(chan *update), readers: make(chan *store.Conn, readers), stopped: make(chan struct{}),
	}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	reading.SetMaxOpenConns(readers)
	reading.SetMaxIdleConns(readers)
	for range readers {
		s.readers <- nil
	}
	go s.write()
	return s, nil
}

// connect makes a pool of connections to the file. Each sets the same pragmas when it opens.
func connect(path string, readOnly bool) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	// Made here and not by SQLite, so that nobody else may read it; the log beside it takes the same mode.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := f.Close(); err != nil {
		return nil, err
	}
	pragmas := url.Values{"_pragma": {
		"busy_timeout(" + busyTimeout + ")", // first: the others may meet a lock
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		"trusted_schema(0)", // a file that somebody else wrote runs no functions
		"cache_size(-16000)",
		// What undoes one caller of a common commit is kept in memory and not in a file; it was a tenth of issuance, and
		// durability does not depend on it.
		"temp_store(MEMORY)",
		// The log is copied into the file at 16 MB and not at 4, so that pages every commit touches are copied less often;
		// what a start after a crash reads again stays under a tenth of a second.
		"wal_autocheckpoint(4000)",
	}}
	if readOnly {
		pragmas.Add("_pragma", "query_only(1)")
	}
	name := url.URL{Scheme: "file", Path: path, RawQuery: pragmas.Encode()}
	db, err := sql.Open("sqlite", name.String())
	if err != nil {
		return nil, err
	}
	if !readOnly {
		db.SetMaxOpenConns(1)
	}
	return db, nil
}

// View runs f on a snapshot: what commits while it runs is not seen.
func (s *Store) View(ctx context.Context, f func(authority.Tx) error) error {
	var c *store.Conn
	select {
	case c = <-s.readers:
	case <-s.ctx.Done():
		return closed()
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { s.readers <- c }() // on a panic too; c is nil when the connection is not to be used again
	if s.ctx.Err() != nil {
		return closed()
	}
	if c == nil {
		conn, err := s.reading.Conn(ctx)
		if err != nil {
			return fmt.Errorf("couldn't connect to the store: %w", err)
		}
		c = store.NewConn(conn, store.SQLite)
	}
	if err := c.Exec("BEGIN"); err != nil {
		c.Close()
		c = nil
		return err
	}
	t := c.Tx(false)
	defer func() {
		t.End()
		if err := c.Exec("ROLLBACK"); err != nil { // nothing was written; a failure only costs the connection
			c.Close()
			c = nil
		}
	}()
	return f(t)
}

func closed() error { return fail.Wrap(fail.Unavailable, "store.closed", errClosed) }

// Close waits for the transactions that run and closes the file. Later ones fail.
func (s *Store) Close() error {
	var err error
	s.close.Do(func() {
		s.cancel()
		<-s.stopped
		for range cap(s.readers) {
			if c := <-s.readers; c != nil {
				c.Close()
			}
		}
		err = errors.Join(s.writer.Close(), s.reading.Close(), s.writing.Close())
	})
	return err
}
