package main_test

import (
	"database/sql"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// A server that cannot go on with an issuance, here because its clock stands before the log, still says what is revoked.
func TestAStuckIssuanceDoesNotKeepTheStatusFromBeingServed(t *testing.T) {
	p := newPending(t)
	s := start(t, p.dir, "SENIM_FAULT=issue.after-prepare-commit")
	approve(t, s, p)
	s.waitFor(t, "fault: issue.after-prepare-commit")
	s.kill()
	db, err := sql.Open("sqlite", filepath.Join(p.dir, "store.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(`UPDATE audit_entry SET time = time + 3600000000 WHERE seq = (SELECT max(seq) FROM audit_entry)`); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}

	s = start(t, p.dir)
	for _, c := range []struct {
		path   string
		status int
		says   string
	}{
		{"/crl/gost.crl", 200, ""},
		{"/cert/rsa.cer", 200, ""},
		{"/verify", 200, "<form"},
		{"/healthz/live", 200, "ok"},
		{"/healthz", 503, "the clock stands before the last entry of the log"},
	} {
		resp, err := http.Get(s.url + c.path)
		if err != nil {
			t.Fatalf("%v\n%s", err, s.output())
		}
		body, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil || resp.StatusCode != c.status || !strings.Contains(string(body), c.says) {
			t.Errorf("%s: %d, %v\n%.500s", c.path, resp.StatusCode, err, body)
		}
	}
	s.stop(t)
}
