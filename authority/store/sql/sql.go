// Package sql is what the stores in SQL databases share: the schema, the statements and the rows of an authority's store.
//
// It opens nothing. An engine's own package (store/sqlite) holds connections, locks, transactions and when they commit,
// and gives this package one connection and a Dialect, of what the engines say differently. SQL is by hand and close to
// the standard; times are whole microseconds since 1970 in UTC, and NULL where a time is not set.
package sql

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/base/fail"
)

// A Dialect is what an engine says in its own way. Statements are written with ? for arguments, and {blob}, {int} and
// {id} for the types of octets, 64-bit numbers and keys that the engine counts up and never gives twice. Text compares by its octets in every
// engine (PostgreSQL: COLLATE "C" on the database).
type Dialect struct {
	Blob, Int, ID string
	Numbered      bool // arguments are $1, $2 … and not ?
}

// SQLite is the dialect of SQLite.
var SQLite = Dialect{Blob: "BLOB", Int: "INTEGER", ID: "INTEGER PRIMARY KEY AUTOINCREMENT"}

// Text returns a statement in the words of the dialect.
func (d Dialect) Text(statement string) string {
	statement = strings.NewReplacer("{blob}", d.Blob, "{int}", d.Int, "{id}", d.ID).Replace(statement)
	if !d.Numbered {
		return statement
	}
	var b strings.Builder
	n := 0
	for _, r := range statement {
		if r == '?' {
			n++
			b.WriteString("$" + strconv.Itoa(n))
			continue
		}
		b.WriteRune(r)
	}
	return b.String()
}

var (
	errReadOnly = errors.New("written in a view")
	errOver     = errors.New("the transaction is over")
)

// A query is a statement of this package. Each connection prepares it once.
type query struct {
	text  string
	index int
}

var queries []*query

func prepare(text string) *query {
	q := &query{text: text, index: len(queries)}
	queries = append(queries, q)
	return q
}

// A Conn is one connection to the database with its prepared statements. One goroutine uses it at a time.
type Conn struct {
	c       *sql.Conn
	dialect Dialect
	stmts   []*sql.Stmt // by query.index; nil until it is first used
	own     map[string]*sql.Stmt
}

// NewConn wraps a connection; Close closes it.
func NewConn(c *sql.Conn, d Dialect) *Conn {
	return &Conn{c: c, dialect: d, stmts: make([]*sql.Stmt, len(queries)), own: map[string]*sql.Stmt{}}
}

// Close closes the statements and the connection.
func (c *Conn) Close() error {
	for _, s := range c.stmts {
		if s != nil {
			s.Close()
		}
	}
	for _, s := range c.own {
		s.Close()
	}
	return c.c.Close()
}

// Exec runs a statement of the engine's package, such as BEGIN, which is prepared once too.
func (c *Conn) Exec(text string) error {
	s, ok := c.own[text]
	if !ok {
		var err error
		if s, err = c.c.PrepareContext(context.Background(), c.dialect.Text(text)); err != nil {
			return fmt.Errorf("couldn't prepare %s: %w", text, err)
		}
		c.own[text] = s
	}
	if _, err := s.Exec(); err != nil {
		return fmt.Errorf("couldn't %s: %w", text, err)
	}
	return nil
}

// Statements run without the caller's context: a transaction that has begun is short, and in a common commit one
// caller's impatience must not interrupt the others.
func (c *Conn) stmt(q *query) (*sql.Stmt, error) {
	if s := c.stmts[q.index]; s != nil {
		return s, nil
	}
	s, err := c.c.PrepareContext(context.Background(), c.dialect.Text(q.text))
	if err != nil {
		return nil, fmt.Errorf("couldn't prepare a statement: %w", err)
	}
	c.stmts[q.index] = s
	return s, nil
}

// Tx returns the records of the transaction that has begun on c; End ends its use.
func (c *Conn) Tx(writable bool) *Tx { return &Tx{c: c, writable: writable} }

// A Tx is an authority.Tx on a connection.
type Tx struct {
	c        *Conn
	writable bool
	over     bool

	lastEntry time.Time // of the log, as this transaction left it, when knowsLast
	knowsLast bool
}

var _ authority.Tx = (*Tx)(nil)

// End makes every later use of t an error: a Tx that was kept beyond its function must not write into another's transaction.
func (t *Tx) End() { t.over = true }

func (t *Tx) exec(q *query, args ...any) (rows int64, err error) {
	if t.over {
		return 0, errOver
	}
	if !t.writable {
		return 0, errReadOnly
	}
	s, err := t.c.stmt(q)
	if err != nil {
		return 0, err
	}
	r, err := s.Exec(args...)
	if err != nil {
		return 0, err
	}
	return r.RowsAffected()
}

// one reads the one row of q into dest; NotFound of the thing when there is none.
func (t *Tx) one(q *query, what string, args []any, dest ...any) error {
	if t.over {
		return errOver
	}
	s, err := t.c.stmt(q)
	if err != nil {
		return err
	}
	err = s.QueryRow(args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return fail.New(fail.NotFound, what+".not-found")
	}
	return err
}

type scanner interface{ Scan(dest ...any) error }

// all reads every row of q. Rows are closed before it returns, so that a caller may ask further.
func all[T any](t *Tx, q *query, scan func(scanner) (T, error), args ...any) ([]T, error) {
	if t.over {
		return nil, errOver
	}
	s, err := t.c.stmt(q)
	if err != nil {
		return nil, err
	}
	rows, err := s.Query(args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, scan)
}

// free is all for a statement whose text depends on what is asked; it is not kept.
func free[T any](t *Tx, text string, scan func(scanner) (T, error), args ...any) ([]T, error) {
	if t.over {
		return nil, errOver
	}
	rows, err := t.c.c.QueryContext(context.Background(), t.c.dialect.Text(text), args...)
	if err != nil {
		return nil, err
	}
	return collect(rows, scan)
}

func collect[T any](rows *sql.Rows, scan func(scanner) (T, error)) ([]T, error) {
	defer rows.Close()
	var found []T
	for rows.Next() {
		v, err := scan(rows)
		if err != nil {
			return nil, err
		}
		found = append(found, v)
	}
	return found, rows.Err()
}

func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("couldn't %s: %w", what, err)
}

func conflict(code string) error { return fail.New(fail.Conflict, code) }

func notFound(what string) error { return fail.New(fail.NotFound, what+".not-found") }

// micros is a time as it is stored.
func micros(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// An instant reads a stored time into t.
type instant struct{ t *time.Time }

func (i instant) Scan(v any) error {
	switch v := v.(type) {
	case nil:
		*i.t = time.Time{}
	case int64:
		*i.t = time.UnixMicro(v).UTC()
	default:
		return fmt.Errorf("a time is stored as %T", v)
	}
	return nil
}

// A digest reads stored octets of one length into d.
type digest struct{ d *[32]byte }

func (d digest) Scan(v any) error {
	b, ok := v.([]byte)
	if !ok || len(b) != len(d.d) {
		return errors.New("a digest of another length is stored")
	}
	copy(d.d[:], b)
	return nil
}

// octets is a slice as it is stored: never nil, which would be NULL.
func octets(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// limited is the number of rows that a filter asks for; none is 100.
func limited(n int) int {
	if n <= 0 {
		return 100
	}
	return n
}
