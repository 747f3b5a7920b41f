package main_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	_ "modernc.org/sqlite"
)

// What package audit finds, the command finds: on a stopped store, without a secret, and it says what was forged.
// Every kind of forgery has its row in the test of package audit; here are those that an attacker would try first.
func TestTheCommandFindsAStoreForgedBySQL(t *testing.T) {
	for _, c := range []struct {
		name, statement, says string
	}{
		{"a changed certificate", `UPDATE certificate SET der = CAST(substr(der, 1, length(der) - 1) || x'00' AS BLOB) WHERE serial = (SELECT max(serial) FROM certificate WHERE stage = 'issued')`, "certificate"},
		{"an inserted certificate", `INSERT INTO certificate SELECT issuer, '7F' || substr(serial, 3), profile, application, iin, name, name_fold, randomblob(32), tbs, der, not_before, not_after, stage, status, status_at, reason, invalidity, prepared, issued FROM certificate WHERE stage = 'issued' LIMIT 1`, "certificate"},
		{"a deleted leaf", `DELETE FROM audit_entry WHERE seq = (SELECT min(seq) FROM audit_entry WHERE act LIKE 'certificate.%')`, "log.gap"},
		{"a swapped status", `UPDATE certificate SET status = 'revoked', reason = 1, status_at = issued WHERE serial = (SELECT max(serial) FROM certificate WHERE stage = 'issued')`, "status"},
		{"a truncated log", `DELETE FROM audit_entry WHERE seq > 5; DELETE FROM audit_checkpoint; DELETE FROM audit_hashes`, "log.truncated"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir, _ := copyOfDemo(t)
			if stdout, stderr, code := senim(t, "audit", "verify", "--data", dir); code != 0 || strings.Contains(stdout, "log.pending") {
				t.Fatalf("before the forgery: %d\n%s%s", code, stdout, stderr)
			}
			db, err := sql.Open("sqlite", filepath.Join(dir, "store.db"))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := db.Exec(c.statement); err != nil {
				t.Fatal(err)
			}
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			stdout, stderr, code := senim(t, "audit", "verify", "--data", dir)
			if code != 1 || strings.Contains(stdout, "agree\n") || !strings.Contains(stdout+stderr, c.says) {
				t.Errorf("after it: %d\n%s%s", code, stdout, stderr)
			}
		})
	}
}
