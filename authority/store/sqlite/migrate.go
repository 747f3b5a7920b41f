package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"

	store "github.com/senim-pki/senim/authority/store/sql"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
)

// Migrate brings the file at path to this binary's schema and returns the versions before and after; a file that does not
// exist is made. Each migration is one transaction. A schema newer than this binary is refused: fail.Conflict,
// "store.schema-new".
func Migrate(ctx context.Context, path string, clock clock.Clock) (from, to int, err error) {
	from, to, err = migrate(ctx, path, clock)
	if err != nil {
		return from, to, fmt.Errorf("couldn't migrate the store %s: %w", path, err)
	}
	return from, to, nil
}

func migrate(ctx context.Context, path string, clock clock.Clock) (from, to int, err error) {
	db, err := connect(path, false)
	if err != nil {
		return 0, 0, err
	}
	defer db.Close()
	conn, err := db.Conn(ctx)
	if err != nil {
		return 0, 0, err
	}
	defer conn.Close()
	migrations, err := store.Migrations(store.SQLite)
	if err != nil {
		return 0, 0, err
	}
	if from, err = version(ctx, conn); err != nil {
		return 0, 0, err
	}
	if from > len(migrations) {
		return from, from, tooNew(from, len(migrations))
	}
	to = from
	for _, m := range migrations[from:] {
		if err := apply(ctx, conn, m, clock); err != nil {
			return from, to, fmt.Errorf("couldn't apply migration %d (%s): %w", m.Version, m.Name, err)
		}
		to = m.Version
	}
	return from, to, nil
}

func apply(ctx context.Context, conn *sql.Conn, m store.Migration, clock clock.Clock) (err error) {
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_, undone := conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
			err = errors.Join(err, undone)
		}
	}()
	now, err := version(ctx, conn)
	if err != nil {
		return err
	}
	if now >= m.Version { // another process was faster
		_, err = conn.ExecContext(ctx, "COMMIT")
		return err
	}
	if now == 0 {
		if _, err := conn.ExecContext(ctx, `CREATE TABLE schema_version (version INTEGER PRIMARY KEY, name TEXT NOT NULL, applied INTEGER NOT NULL)`); err != nil {
			return err
		}
	}
	for _, statement := range m.Statements {
		if _, err := conn.ExecContext(ctx, statement); err != nil {
			return err
		}
	}
	if _, err := conn.ExecContext(ctx, `INSERT INTO schema_version (version, name, applied) VALUES (?, ?, ?)`, m.Version, m.Name, clock.Now().UnixMicro()); err != nil {
		return err
	}
	_, err = conn.ExecContext(ctx, "COMMIT")
	return err
}

// version is the schema's version, 0 of an empty file.
func version(ctx context.Context, conn *sql.Conn) (int, error) {
	var tables int
	if err := conn.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name = 'schema_version'`).Scan(&tables); err != nil {
		return 0, err
	}
	if tables == 0 {
		return 0, nil
	}
	var v int
	err := conn.QueryRowContext(ctx, `SELECT COALESCE(MAX(version), 0) FROM schema_version`).Scan(&v)
	return v, err
}

func checkVersion(ctx context.Context, conn *sql.Conn) error {
	migrations, err := store.Migrations(store.SQLite)
	if err != nil {
		return err
	}
	v, err := version(ctx, conn)
	switch {
	case err != nil:
		return err
	case v > len(migrations):
		return tooNew(v, len(migrations))
	case v < len(migrations):
		return fail.New(fail.Conflict, "store.schema-old", "version", strconv.Itoa(v), "known", strconv.Itoa(len(migrations)))
	}
	return nil
}

func tooNew(v, known int) error {
	return fail.New(fail.Conflict, "store.schema-new", "version", strconv.Itoa(v), "known", strconv.Itoa(known))
}
