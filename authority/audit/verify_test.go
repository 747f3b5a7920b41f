package audit_test

import (
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

func open(t testing.TB, path string) *sqlite.Store {
	t.Helper()
	if _, _, err := sqlite.Migrate(t.Context(), path, clock.Fixed(testauthority.Start)); err != nil {
		t.Fatal(err)
	}
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A stopped authority: a folder with a store and its exported checkpoints, and what a forger can know of it.
type stopped struct {
	w       *testauthority.World
	path    string
	valid   registry.Certificate // issued, of the first checkpoint
	revoked registry.Certificate
	older   []byte // the list before the last
}

// made is the stopped authority that every test works on a copy of.
var made struct {
	once sync.Once
	s    *stopped
	dir  string
}

func TestMain(m *testing.M) {
	code := m.Run()
	if made.dir != "" {
		if err := os.RemoveAll(made.dir); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
		}
	}
	os.Exit(code)
}

// work returns a stopped authority with two checkpoints, in a folder of its own.
func work(t *testing.T) *stopped {
	t.Helper()
	made.once.Do(func() {
		var err error
		if made.dir, err = os.MkdirTemp("", "senim-audit-"); err != nil {
			t.Fatal(err)
		}
		made.s = begin(t, made.dir)
	})
	if made.s == nil {
		t.Fatal("couldn't make an authority to forge")
	}
	s := *made.s
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS(made.dir)); err != nil {
		t.Fatal(err)
	}
	s.path = filepath.Join(dir, "senim.db")
	s.w = testauthority.New(t, nil, filepath.Join(dir, "log"), clock.NewManual(made.s.w.Clock.Now()))
	return &s
}

// begin makes such an authority.
func begin(t *testing.T, dir string) *stopped {
	t.Helper()
	s := &stopped{path: filepath.Join(dir, "senim.db")}
	store := open(t, s.path)
	now := clock.NewManual(testauthority.Start)
	s.w = testauthority.New(t, store, filepath.Join(dir, "log"), now)
	s.w.Hire(t)
	s.valid = s.w.Issued(t, profile.IndividualSignP256)[0]
	s.revoked = s.w.Issued(t, profile.IndividualSignP256)[0]
	publish := func() {
		if err := s.w.Publisher.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := s.w.Log.Integrate(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	publish()
	l, err := s.w.Publisher.Current(t.Context(), s.valid.Issuer)
	if err != nil {
		t.Fatal(err)
	}
	s.older = l.DER
	now.Advance(time.Hour)
	s.w.Update(t, func(tx authority.Tx) error {
		_, err := revoke.Change(tx, now.Now(), rand.Reader, revoke.Order{
			Issuer: s.revoked.Issuer, Serial: s.revoked.Serial, To: registry.Revoked, Reason: revoke.KeyCompromise, Actor: "holder",
		})
		return err
	})
	now.Advance(time.Minute)
	publish()
	if err := store.Close(); err != nil {
		t.Fatal(err)
	}
	return s
}

// exec runs a statement that must change something.
func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	r, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatalf("%s: %v", statement, err)
	}
	if n, err := r.RowsAffected(); err != nil || n == 0 {
		t.Fatalf("%s changed nothing (%v)", statement, err)
	}
}

// resigned is der with another validity and a signature of somebody else's key.
func forgedCertificate(t *testing.T, s *stopped) []byte {
	t.Helper()
	k := testauthority.NewKey(t, profile.IndividualSignP256)
	authority := s.w.Hierarchy.Authority(s.valid.Issuer)
	der, err := cert.Sign(rand.Reader, s.valid.TBS, k.PrivateKey, authority.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

// reencode changes the payload of the first entry of the act about the subject, and makes its leaf anew as only somebody
// without the log key can: the tree then tells.
func reencode(t *testing.T, db *sql.DB, act, subject string, change func(payload []byte) []byte) {
	t.Helper()
	var e audit.Entry
	var at int64
	if err := db.QueryRow(`SELECT seq, time, act, actor, subject, payload, salt FROM audit_entry WHERE act = ? AND subject = ? ORDER BY seq`, act, subject).
		Scan(&e.Seq, &at, &e.Act, &e.Actor, &e.Subject, &e.Payload, &e.Salt); err != nil {
		t.Fatal(err)
	}
	e.Time, e.Payload = time.UnixMicro(at), change(e.Payload)
	exec(t, db, `UPDATE audit_entry SET payload = ?, leaf = ? WHERE seq = ?`, e.Payload, audit.Encode(e), e.Seq)
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

func TestEachForgeryBySQLOnAStoppedStoreIsFound(t *testing.T) {
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, db *sql.DB, s *stopped)
		want  string
	}{
		{"a changed certificate", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET der = ? WHERE serial = ?`, forgedCertificate(t, s), s.valid.Serial)
		}, "certificate.changed"},
		{"a changed certificate, and its leaf made to fit", func(t *testing.T, db *sql.DB, s *stopped) {
			der := forgedCertificate(t, s)
			exec(t, db, `UPDATE certificate SET der = ? WHERE serial = ?`, der, s.valid.Serial)
			reencode(t, db, audit.CertificateIssued, s.valid.Subject(), func(p []byte) []byte {
				return []byte(strings.Replace(string(p), sum(s.valid.DER), sum(der), 1))
			})
		}, "log.changed"},
		{"a certificate signed by a foreign key, its leaf made to fit", func(t *testing.T, db *sql.DB, s *stopped) {
			der := forgedCertificate(t, s)
			exec(t, db, `UPDATE certificate SET der = ? WHERE serial = ?`, der, s.valid.Serial)
			reencode(t, db, audit.CertificateIssued, s.valid.Subject(), func(p []byte) []byte {
				return []byte(strings.Replace(string(p), sum(s.valid.DER), sum(der), 1))
			})
		}, "certificate.signature"},
		{"an inserted certificate", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `INSERT INTO certificate SELECT issuer, '7F' || substr(serial, 3), profile, application, iin, name, name_fold, randomblob(32), tbs, der,
				not_before, not_after, stage, status, status_at, reason, invalidity, prepared, issued FROM certificate WHERE serial = ?`, s.valid.Serial)
		}, "certificate.unrecorded"},
		{"an inserted certificate with leaves behind the last checkpoint", func(t *testing.T, db *sql.DB, s *stopped) {
			serial := "7F" + s.valid.Serial[2:]
			exec(t, db, `INSERT INTO certificate SELECT issuer, ?, profile, application, iin, name, name_fold, key_hash || '', tbs, der,
				not_before, not_after, 'abandoned', status, status_at, reason, invalidity, prepared, issued FROM certificate WHERE serial = ?`, serial, s.valid.Serial)
			exec(t, db, `UPDATE certificate SET key_hash = randomblob(32), stage = 'issued' WHERE serial = ?`, serial)
			var seq int64
			if err := db.QueryRow(`SELECT max(seq) FROM audit_entry`).Scan(&seq); err != nil {
				t.Fatal(err)
			}
			for i, act := range []string{audit.CertificatePrepared, audit.CertificateIssued} {
				payload, err := json.Marshal(audit.CertificateFact{Issuer: s.valid.Issuer, Serial: serial, Application: s.valid.Application, Profile: s.valid.Profile, TBS: sum(s.valid.TBS), DER: sum(s.valid.DER)})
				if err != nil {
					t.Fatal(err)
				}
				e := audit.Entry{Time: testauthority.Start.Add(2 * time.Hour), Act: act, Actor: "issuer", Subject: s.valid.Issuer + "/" + serial, Payload: payload, Salt: make([]byte, 32)}
				exec(t, db, `INSERT INTO audit_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, seq+int64(i)+1, e.Time.UnixMicro(), e.Act, e.Actor, e.Subject, e.Payload, e.Salt, audit.Encode(e))
			}
		}, "certificate.unapproved"},
		{"a leaf that was dated back behind the last checkpoint", func(t *testing.T, db *sql.DB, s *stopped) {
			var seq int64
			if err := db.QueryRow(`SELECT max(seq) FROM audit_entry`).Scan(&seq); err != nil {
				t.Fatal(err)
			}
			e := audit.Entry{Time: testauthority.Start, Act: "login", Actor: "staff:850315300009", Subject: "login", Payload: []byte("{}"), Salt: make([]byte, 32)}
			exec(t, db, `INSERT INTO audit_entry VALUES (?, ?, ?, ?, ?, ?, ?, ?)`, seq+1, e.Time.UnixMicro(), e.Act, e.Actor, e.Subject, e.Payload, e.Salt, audit.Encode(e))
		}, "entry.dated-back"},
		{"a certificate copied to a second serial", func(t *testing.T, db *sql.DB, s *stopped) {
			if _, err := db.Exec(`DROP INDEX certificate_key`); err != nil { // a forger is not bound by constraints
				t.Fatal(err)
			}
			if _, err := db.Exec(`INSERT INTO certificate SELECT issuer, '7F' || substr(serial, 3), profile, application, iin, name, name_fold, key_hash, tbs, der,
				not_before, not_after, stage, status, status_at, reason, invalidity, prepared, issued FROM certificate WHERE serial = ?`, s.valid.Serial); err != nil {
				t.Fatal(err)
			}
		}, "certificate.key-twice"},
		{"a deleted certificate", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `DELETE FROM certificate WHERE serial = ?`, s.valid.Serial)
		}, "certificate.missing"},
		{"a deleted leaf", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `DELETE FROM audit_entry WHERE act = ? AND subject = ?`, audit.CertificateStatus, s.revoked.Subject())
		}, "log.gap"},
		{"a deleted leaf, and the later ones moved up", func(t *testing.T, db *sql.DB, s *stopped) {
			var seq int64
			if err := db.QueryRow(`SELECT seq FROM audit_entry WHERE act = ?`, audit.CertificateStatus).Scan(&seq); err != nil {
				t.Fatal(err)
			}
			exec(t, db, `DELETE FROM audit_entry WHERE seq = ?`, seq)
			exec(t, db, `UPDATE audit_entry SET seq = -seq WHERE seq > ?`, seq)
			exec(t, db, `UPDATE audit_entry SET seq = -seq - 1 WHERE seq < 0`)
		}, "log.truncated"},
		{"a swapped status", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET status = 'valid', status_at = NULL, reason = -1 WHERE serial = ?`, s.revoked.Serial)
		}, "certificate.status"},
		{"a swapped status, and its leaf made to fit", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET status = 'valid' WHERE serial = ?`, s.revoked.Serial)
			reencode(t, db, audit.CertificateStatus, s.revoked.Subject(), func(p []byte) []byte {
				return []byte(strings.Replace(string(p), `"revoked"`, `"valid"`, 1))
			})
		}, "log.changed"},
		{"a revocation dated back", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET status_at = status_at - 1000000 WHERE serial = ?`, s.revoked.Serial)
		}, "certificate.status"},
		{"a truncated log: rows and checkpoints removed", func(t *testing.T, db *sql.DB, s *stopped) {
			truncate(t, db, s)
		}, "log.truncated"},
		{"a log without checkpoints", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `DELETE FROM audit_checkpoint`)
		}, "log.truncated"},
		{"checkpoints signed again with a foreign key", func(t *testing.T, db *sql.DB, s *stopped) {
			foreignCheckpoints(t, db, s)
		}, "checkpoint.foreign"},
		{"a checkpoint's row that says another size", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_checkpoint SET size = size - 1 WHERE size = (SELECT max(size) FROM audit_checkpoint)`)
		}, "checkpoint.changed"},
		{"a changed payload", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_entry SET payload = CAST(replace(CAST(payload AS TEXT), 'issued', 'lost') AS BLOB) WHERE act = 'application.issued'`)
		}, "entry.changed"},
		{"an erased payload", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_entry SET payload = x'', salt = x'' WHERE act = ?`, audit.CertificateOrdered)
		}, "entry.changed"},
		{"a changed actor", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_entry SET actor = 'somebody' WHERE seq = 1`)
		}, "entry.changed"},
		{"a changed time", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_entry SET time = time + 1 WHERE seq = 2`)
		}, "entry.changed"},
		{"a changed stored hash", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE audit_hashes SET hashes = CAST(substr(hashes, 1, 64) || x'00' || substr(hashes, 66) AS BLOB) WHERE first = 0`)
		}, "log.hashes"},
		{"a changed application", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE application SET state = 'cancelled' WHERE number = ?`, s.valid.Application)
		}, "application.changed"},
		{"an application out of nothing", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `INSERT INTO application SELECT 'FORGED', state, iin, locality, created, deadline, version, body FROM application WHERE number = ?`, s.valid.Application)
		}, "application.unrecorded"},
		{"an approval of keys that the applicant did not hand in", func(t *testing.T, db *sql.DB, s *stopped) {
			reencode(t, db, audit.ApplicationSubmitted, s.valid.Application, func(p []byte) []byte {
				return []byte(strings.Replace(string(p), hex.EncodeToString(s.valid.KeyHash[:]), strings.Repeat("ab", 32), 1))
			})
		}, "application.keys-changed"},
		{"a deleted application", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `DELETE FROM application WHERE number = ?`, s.valid.Application)
		}, "application.missing"},
		{"another person in the register", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET iin = '999999999999' WHERE serial = ?`, s.valid.Serial)
		}, "certificate.row"},
		{"the list before the last", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE crl SET der = ?, number = number - 1 WHERE issuer = ?`, s.older, s.valid.Issuer)
		}, "list.changed"},
		{"a list of a foreign key", func(t *testing.T, db *sql.DB, s *stopped) {
			k := testauthority.NewKey(t, profile.IndividualSignP256)
			a := s.w.Hierarchy.Authority(s.valid.Issuer)
			der, err := crl.Create(rand.Reader, crl.Template{
				Issuer: a.Certificate.RawSubject, Scheme: a.Scheme, ThisUpdate: testauthority.Start, NextUpdate: testauthority.Start.Add(time.Hour), Number: []byte{2}, AuthorityKeyID: a.Certificate.SubjectKeyID,
			}, k.PrivateKey)
			if err != nil {
				t.Fatal(err)
			}
			exec(t, db, `UPDATE crl SET der = ? WHERE issuer = ?`, der, s.valid.Issuer)
		}, "list.signature"},
		{"a deleted list", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `DELETE FROM crl WHERE issuer = ?`, s.valid.Issuer)
		}, "list.missing"},
		{"a revocation undone everywhere but in the list", func(t *testing.T, db *sql.DB, s *stopped) {
			exec(t, db, `UPDATE certificate SET status = 'valid', status_at = NULL, reason = -1 WHERE serial = ?`, s.revoked.Serial)
			exec(t, db, `UPDATE audit_entry SET act = 'login.failed' WHERE act = ?`, audit.CertificateStatus)
		}, "list.register"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := work(t)
			db, err := sql.Open("sqlite", s.path)
			if err != nil {
				t.Fatal(err)
			}
			s.w.Store = open(t, s.path)
			s.w.Verify(t)
			c.forge(t, db, s)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if r := s.w.Report(t); !r.Has(c.want) {
				t.Errorf("found %v, want %s among it", r.Problems, c.want)
			}
		})
	}
}

// truncate takes the store back to its first checkpoint, with everything that was done since.
func truncate(t *testing.T, db *sql.DB, s *stopped) {
	t.Helper()
	var size int64
	if err := db.QueryRow(`SELECT min(size) FROM audit_checkpoint`).Scan(&size); err != nil {
		t.Fatal(err)
	}
	exec(t, db, `DELETE FROM audit_checkpoint WHERE size > ?`, size)
	exec(t, db, `DELETE FROM audit_entry WHERE seq > ?`, size)
	exec(t, db, `DELETE FROM audit_hashes WHERE first > 0`)
	exec(t, db, `UPDATE certificate SET status = 'valid', status_at = NULL, reason = -1 WHERE serial = ?`, s.revoked.Serial)
	exec(t, db, `UPDATE crl SET der = ?, number = number - 1 WHERE issuer = ?`, s.older, s.valid.Issuer)
}

// foreignCheckpoints signs every checkpoint of the store again, with a key of the same name.
func foreignCheckpoints(t *testing.T, db *sql.DB, s *stopped) {
	t.Helper()
	verifier, err := note.NewVerifier(s.w.Public.LogVerifier)
	if err != nil {
		t.Fatal(err)
	}
	skey, _, err := note.GenerateKey(rand.Reader, verifier.Name())
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	rows, err := db.Query(`SELECT size, note FROM audit_checkpoint`)
	if err != nil {
		t.Fatal(err)
	}
	signed := map[int64][]byte{}
	for rows.Next() {
		var size int64
		var text []byte
		if err := rows.Scan(&size, &text); err != nil {
			t.Fatal(err)
		}
		n, err := note.Open(text, note.VerifierList(verifier))
		if err != nil {
			t.Fatal(err)
		}
		if signed[size], err = note.Sign(&note.Note{Text: n.Text}, signer); err != nil {
			t.Fatal(err)
		}
	}
	if err := rows.Close(); err != nil || len(signed) < 2 {
		t.Fatalf("%d checkpoints: %v", len(signed), err)
	}
	for size, text := range signed {
		exec(t, db, `UPDATE audit_checkpoint SET note = ? WHERE size = ?`, text, size)
	}
}

func TestATruncatedLogIsFoundOnlyByWhatIsKeptOutside(t *testing.T) {
	s := work(t)
	db, err := sql.Open("sqlite", s.path)
	if err != nil {
		t.Fatal(err)
	}
	truncate(t, db, s)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	s.w.Store = open(t, s.path)
	if r := s.w.Report(t); !r.Has("log.truncated") {
		t.Errorf("found %v", r.Problems)
	}
	// The log does not go on from there either.
	if _, err := s.w.Log.Integrate(t.Context()); fail.CodeOf(err) != "audit.truncated" {
		t.Errorf("the sequencer answered %v", err)
	}
	// Only the copy at hand being cut too leaves nothing to see, which is why copies belong elsewhere.
	history, err := os.ReadFile(filepath.Join(s.w.Dir, "checkpoints"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(history), "---\n")
	for name, text := range map[string]string{"checkpoints": first + "---\n", "checkpoint": first} {
		if err := os.WriteFile(filepath.Join(s.w.Dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	s.w.Verify(t)
}

func TestTheSequencerRefusesALogThatWasChanged(t *testing.T) {
	for _, c := range []struct {
		name, statement, want string
	}{
		{"an entry that waits", `UPDATE audit_entry SET actor = 'x' WHERE seq = (SELECT max(seq) FROM audit_entry)`, "audit.changed"},
		{"the last entry of the tree removed", `DELETE FROM audit_entry WHERE seq = (SELECT max(seq) - 1 FROM audit_entry)`, "audit.changed"},
		{"a hash of the tree", `UPDATE audit_hashes SET hashes = zeroblob(length(hashes)) WHERE first = 0`, "audit.changed"},
		{"a checkpoint", `UPDATE audit_checkpoint SET note = CAST(replace(CAST(note AS TEXT), 'time', 'Time') AS BLOB)`, "audit.foreign"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := work(t)
			s.w.Store = open(t, s.path)
			s.w.Update(t, func(tx authority.Tx) error {
				return audit.Record(tx, s.w.Clock.Now(), rand.Reader, "login.failed", "somebody", "", nil)
			})
			db, err := sql.Open("sqlite", s.path)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			exec(t, db, c.statement)
			if _, err := s.w.Log.Integrate(t.Context()); fail.CodeOf(err) != c.want {
				t.Errorf("it answered %v, want %s", err, c.want)
			}
		})
	}
}

// A leaf of a time that is past would make a decision of somebody who was an operator then.
func TestTheSequencerRefusesAnEntryThatWasDatedBack(t *testing.T) {
	s := work(t)
	s.w.Store = open(t, s.path)
	e := audit.Entry{Time: testauthority.Start, Act: "login", Actor: "somebody", Payload: []byte("{}"), Salt: make([]byte, audit.SaltSize)}
	e.Leaf = audit.Encode(e)
	s.w.Update(t, func(tx authority.Tx) error { return tx.AppendEntry(e) }) // as Record never would
	if _, err := s.w.Log.Integrate(t.Context()); fail.CodeOf(err) != "audit.changed" {
		t.Errorf("answered %v", err)
	}
}
