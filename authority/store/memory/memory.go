// Package memory is the store of an authority in the memory of one process: for tests and for looking around. Nothing
// survives the process.
//
// It is a real store: transactions that roll back, conflicts, copies in and copies out. store/storetest holds it to the
// same suite as the others. Updates run one at a time; views run beside each other and not beside an update.
package memory

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
)

var (
	errReadOnly = errors.New("written in a view")
	errOver     = errors.New("the transaction is over")
	errClosed   = errors.New("the store is closed")
)

// A Store is an authority.Store. The zero value is not ready; New makes one.
type Store struct {
	mu sync.RWMutex // held for writing by an update, for reading by a view
	s  state        // owned by mu
}

type certificateKey struct{ issuer, serial string }

type state struct {
	closed       bool
	persons      map[string]person.Person
	staff        map[string]account.Staff
	challenges   map[string]statement.Challenge
	applications map[string]*application.Application
	certificates map[certificateKey]registry.Certificate
	byKey        map[[32]byte]certificateKey // of prepared and issued rows
	entries      []audit.Entry               // entry i has Seq i+1
	bySubject    map[string][]int            // indexes of entries
	hashes       [][32]byte
	checkpoints  []audit.Checkpoint // by size
	notices      map[int64]notice.Notice
	lastNotice   int64
	lists        map[string]publish.List // the last of each issuer
}

// New returns an empty store.
func New() *Store {
	return &Store{s: state{
		persons:      map[string]person.Person{},
		staff:        map[string]account.Staff{},
		challenges:   map[string]statement.Challenge{},
		applications: map[string]*application.Application{},
		certificates: map[certificateKey]registry.Certificate{},
		byKey:        map[[32]byte]certificateKey{},
		bySubject:    map[string][]int{},
		notices:      map[int64]notice.Notice{},
		lists:        map[string]publish.List{},
	}}
}

var _ authority.Store = (*Store)(nil)

// Update runs f alone. When f fails or panics, or its goroutine ends, everything it wrote is undone.
func (s *Store) Update(ctx context.Context, f func(authority.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.s.closed {
		return fail.Wrap(fail.Unavailable, "store.closed", errClosed)
	}
	t := &tx{s: &s.s, writable: true}
	kept := false
	defer func() {
		t.over = true
		if !kept {
			for i := len(t.undo) - 1; i >= 0; i-- {
				t.undo[i]()
			}
		}
	}()
	if err := f(t); err != nil {
		return err
	}
	kept = true
	return nil
}

// View runs f on a state that stands still.
func (s *Store) View(ctx context.Context, f func(authority.Tx) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.s.closed {
		return fail.Wrap(fail.Unavailable, "store.closed", errClosed)
	}
	t := &tx{s: &s.s}
	defer func() { t.over = true }()
	return f(t)
}

// Close makes every later transaction fail.
func (s *Store) Close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.s.closed = true
	return nil
}

// tx is one transaction. Only the goroutine that Update or View runs in uses it.
type tx struct {
	s        *state
	undo     []func()
	writable bool
	over     bool
}

func (t *tx) reading() error {
	if t.over {
		return errOver
	}
	return nil
}

func (t *tx) writing() error {
	if t.over {
		return errOver
	}
	if !t.writable {
		return errReadOnly
	}
	return nil
}

// put sets a key of a map and remembers what was there.
func put[K comparable, V any](t *tx, m map[K]V, k K, v V) {
	old, had := m[k]
	t.undo = append(t.undo, func() {
		if had {
			m[k] = old
		} else {
			delete(m, k)
		}
	})
	m[k] = v
}

// drop removes a key of a map and remembers what was there.
func drop[K comparable, V any](t *tx, m map[K]V, k K) {
	old, had := m[k]
	if !had {
		return
	}
	t.undo = append(t.undo, func() { m[k] = old })
	delete(m, k)
}

func notFound(what string) error { return fail.New(fail.NotFound, what+".not-found") }

func conflict(code string) error { return fail.New(fail.Conflict, code) }

// instant is the time as every store keeps it: UTC, in whole microseconds.
func instant(t time.Time) time.Time {
	if t.IsZero() {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Microsecond)
}

// limited is the number of rows that a filter asks for; none is 100.
func limited(n int) int {
	if n <= 0 {
		return 100
	}
	return n
}
