package issue_test

import (
	"bytes"
	"context"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"database/sql"
	"io"
	"math/big"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/issue"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testauthority"
)

const p256, gost = profile.IndividualSignP256, profile.IndividualSignGOST512

// state returns where the application stands, with the reason of its last move and its certificates by stage.
func state(t testing.TB, w *testauthority.World, number string) (s application.State, reason string, stages map[registry.Stage]int) {
	t.Helper()
	stages = map[registry.Stage]int{}
	w.View(t, func(tx authority.Tx) error {
		a, err := tx.Application(number)
		if err != nil {
			return err
		}
		s, reason = a.State, a.Moves[len(a.Moves)-1].Reason
		rows, err := tx.CertificatesOf(number)
		for _, row := range rows {
			stages[row.Stage]++
		}
		return err
	})
	return s, reason, stages
}

// badSignature is a request whose last octet is another.
func badSignature(csr []byte) []byte {
	bad := bytes.Clone(csr)
	bad[len(bad)-1] ^= 1
	return bad
}

func TestWhatTheKeyCheckOrTheLintRefusesIsRejectedWithTheReason(t *testing.T) {
	w := world(t)
	used := testauthority.NewKey(t, p256)
	if _, err := w.Issuer.Issue(t.Context(), w.Approve(t, w.Apply(t, testauthority.Somebody(), map[string]testauthority.Key{p256: used}, p256))); err != nil {
		t.Fatal(err)
	}
	bad := testauthority.NewKey(t, p256)
	bad.CSR = badSignature(bad.CSR)
	authorityKey := w.Hierarchy.Authority("ec").Key
	for _, c := range []struct {
		name   string
		person person.Person
		key    testauthority.Key
		reason string
	}{
		{"a key that has a certificate", testauthority.Somebody(), testauthority.Key{PrivateKey: used.PrivateKey, CSR: testauthority.Request(t, used.PrivateKey)}, registry.CodeKeyTaken},
		{"a request that its key did not sign", testauthority.Somebody(), bad, "issue.request-signature"},
		{"the authority's own key", testauthority.Somebody(), testauthority.Key{PrivateKey: authorityKey, CSR: testauthority.Request(t, authorityKey)}, "lint.key-of-issuer"},
		{"a key of another kind", testauthority.Somebody(), testauthority.NewKey(t, gost), "issue.template"},
		{"a name beyond its bounds", person.Person{IIN: "900101399999", Surname: string(bytes.Repeat([]byte("А"), 70)), Name: "Б"}, testauthority.NewKey(t, p256), "lint.subject-length"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := w.Apply(t, c.person, map[string]testauthority.Key{p256: c.key}, gost, p256)
			rows, err := w.Issuer.Issue(t.Context(), w.Approve(t, a))
			if err == nil || rows != nil {
				t.Fatalf("issued %d certificates", len(rows))
			}
			s, reason, stages := state(t, w, a.Number)
			if s != application.Rejected || reason != fail.CodeOf(err) || stages[registry.Issued] != 0 || stages[registry.Prepared] != 0 {
				t.Errorf("the application is %s for %s with %v", s, reason, stages)
			}
			if reason != c.reason {
				t.Errorf("the reason is %s, want %s (%v)", reason, c.reason, err)
			}
		})
	}
	w.Verify(t)
}

func TestAWeakKeyIsRejected(t *testing.T) {
	w := world(t)
	// Our own code signs with no weak key, so the request is one whose primes are so close that anybody finds them.
	p, err := rand.Prime(randReader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	q := new(big.Int).Add(p, big.NewInt(2))
	for !q.ProbablyPrime(20) {
		q.Add(q, big.NewInt(2))
	}
	one := big.NewInt(1)
	phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
	k := &careless{public: rsa.PublicKey{N: new(big.Int).Mul(p, q), E: 65537}, d: new(big.Int).ModInverse(big.NewInt(65537), phi)}
	weak := &alg.PrivateKey{Kind: alg.KindByName("rsa"), Signer: k}
	template := profile.IndividualSignRSA
	a := w.Apply(t, testauthority.Somebody(), map[string]testauthority.Key{template: {PrivateKey: weak, CSR: testauthority.Request(t, weak)}}, template)
	_, err = w.Issuer.Issue(t.Context(), w.Approve(t, a))
	if fail.CodeOf(err) != "lint.key-weak" {
		t.Errorf("it answered %v", err)
	}
	if s, reason, _ := state(t, w, a.Number); s != application.Rejected || reason != "lint.key-weak" {
		t.Errorf("the application is %s for %s", s, reason)
	}
}

// careless signs with RSA keys that no library signs with (RFC 8017 section 8.2.1, SHA-256).
type careless struct {
	public rsa.PublicKey
	d      *big.Int
}

func (c *careless) Public() crypto.PublicKey { return &c.public }

func (c *careless) Sign(_ io.Reader, digest []byte, _ crypto.SignerOpts) ([]byte, error) {
	info := append([]byte{0x30, 0x31, 0x30, 0x0d, 6, 9, 0x60, 0x86, 0x48, 1, 0x65, 3, 4, 2, 1, 5, 0, 4, 0x20}, digest...)
	size := c.public.Size()
	em := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, size-3-len(info))...)
	em = append(append(em, 0), info...)
	return new(big.Int).Exp(new(big.Int).SetBytes(em), c.d, c.public.N).FillBytes(make([]byte, size)), nil
}

func TestNothingIsIssuedWithoutAnApproval(t *testing.T) {
	w := world(t)
	if _, err := w.Issuer.Issue(t.Context(), application.Approved{}); !fail.Is(err, fail.Forbidden) {
		t.Errorf("the zero approval: %v", err)
	}
	// An approval of one state of an application does not serve another.
	a := w.Apply(t, testauthority.Somebody(), nil, p256)
	approved := w.Approve(t, a)
	w.Update(t, func(tx authority.Tx) error {
		a, err := tx.Application(a.Number)
		if err != nil {
			return err
		}
		k := testauthority.NewKey(t, p256)
		a.Requests[0].CSR, a.Requests[0].Hash = k.CSR, sha256.Sum256(k.CSR)
		return tx.PutApplication(a)
	})
	if _, err := w.Issuer.Issue(t.Context(), approved); fail.CodeOf(err) != "application.moved-on" {
		t.Errorf("changed requests: %v", err)
	}
	// Nor is anything issued on it after a restart: the decision names other requests, and the application is rejected.
	if err := w.Issuer.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, reason, stages := state(t, w, a.Number); s != application.Rejected || reason != "issue.not-approved" || len(stages) != 0 {
		t.Errorf("the application is %s for %s with %v", s, reason, stages)
	}
}

func TestASecondIssueAnswersTheSame(t *testing.T) {
	w := world(t)
	approved := w.Approve(t, w.Apply(t, testauthority.Somebody(), nil, p256, gost))
	first, err := w.Issuer.Issue(t.Context(), approved)
	if err != nil {
		t.Fatal(err)
	}
	second, err := w.Issuer.Issue(t.Context(), approved)
	if err != nil || len(second) != 2 {
		t.Fatalf("a second time: %v, %v", second, err)
	}
	for n := range first {
		if !bytes.Equal(first[n].DER, second[n].DER) {
			t.Errorf("certificate %d is another", n)
		}
	}
}

func TestManyWorkersOnOneApplicationIssueEachCertificateOnce(t *testing.T) {
	s := reopen(t, filepath.Join(t.TempDir(), "senim.db"))
	w := testauthority.New(t, s, t.TempDir(), clock.NewManual(testauthority.Start))
	w.Hire(t)
	for range 5 {
		a := w.Apply(t, testauthority.Somebody(), nil, p256, gost)
		approved := w.Approve(t, a)
		var wg sync.WaitGroup
		var mu sync.Mutex
		seen := map[string]bool{}
		for range 8 {
			wg.Go(func() {
				rows, err := w.Issuer.Issue(context.WithoutCancel(t.Context()), approved)
				if err != nil {
					if !fail.Is(err, fail.Conflict) && !fail.Is(err, fail.Unavailable) { // which says: look again
						t.Errorf("couldn't issue: %v", err)
					}
					return
				}
				mu.Lock()
				defer mu.Unlock()
				for _, row := range rows {
					seen[string(row.DER)] = true
				}
			})
		}
		wg.Wait()
		if err := w.Issuer.Resume(t.Context()); err != nil {
			t.Fatal(err)
		}
		if s, _, stages := state(t, w, a.Number); s != application.Issued || stages[registry.Issued] != 2 || len(seen) > 2 {
			t.Errorf("the application is %s with %v; %d certificates were handed out", s, stages, len(seen))
		}
	}
	w.Verify(t)
}

// without is a hierarchy one of whose authorities does not issue at the moment.
type without struct {
	*ca.Hierarchy
	template string
	in       *ca.Authority
}

func (h without) Issuer(template string) *ca.Authority {
	if template == h.template {
		return h.in
	}
	return h.Hierarchy.Issuer(template)
}

func issuer(w *testauthority.World, h issue.Hierarchy) *issue.Issuer {
	return issue.New(issue.Options{
		Hierarchy: h, Approve: w.Reopen, Clock: w.Clock,
		View: func(ctx context.Context, f func(issue.Tx) error) error {
			return w.Store.View(ctx, func(tx authority.Tx) error { return f(tx) })
		},
		Update: func(ctx context.Context, f func(issue.Tx) error) error {
			return w.Store.Update(ctx, func(tx authority.Tx) error { return f(tx) })
		},
	})
}

func TestWhenALaterCertificateFailsForGoodTheEarlierIsRevoked(t *testing.T) {
	s := reopen(t, filepath.Join(t.TempDir(), "senim.db"))
	w := testauthority.New(t, s, t.TempDir(), clock.NewManual(testauthority.Start))
	w.Hire(t)
	a := w.Apply(t, testauthority.Somebody(), nil, p256, gost)
	approved := w.Approve(t, a)
	if !stopAt(t, "issue.between-certificates", 1, func() { _, _ = w.Issuer.Issue(context.WithoutCancel(t.Context()), approved) }) {
		t.Fatal("nothing passed between the certificates")
	}
	w.Clock.Advance(25 * time.Hour) // what waits is abandoned and would be prepared anew
	expired := *w.Hierarchy.Authority("gost")
	certificate := *expired.Certificate
	certificate.NotAfter = w.Clock.Now().Add(-time.Second)
	expired.Certificate = &certificate
	if err := issuer(w, without{w.Hierarchy, gost, &expired}).Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, reason, stages := state(t, w, a.Number)
	if got != application.Rejected || reason != "issue.authority-expired" || stages[registry.Issued] != 1 || stages[registry.Abandoned] != 1 {
		t.Errorf("the application is %s for %s with %v", got, reason, stages)
	}
	w.View(t, func(tx authority.Tx) error {
		rows, err := tx.CertificatesOf(a.Number)
		for _, row := range rows {
			if row.Stage == registry.Issued && (row.Status != registry.Revoked || row.Reason != 5) {
				t.Errorf("the earlier certificate is %s (%d)", row.Status, row.Reason)
			}
		}
		return err
	})
	w.Verify(t)
}

func TestAnAuthorityThatIsAwayLeavesTheApplicationWaiting(t *testing.T) {
	w := world(t)
	a := w.Apply(t, testauthority.Somebody(), nil, p256, gost)
	_, err := issuer(w, without{w.Hierarchy, gost, nil}).Issue(t.Context(), w.Approve(t, a))
	if !fail.Is(err, fail.Unavailable) {
		t.Errorf("it answered %v", err)
	}
	if s, _, stages := state(t, w, a.Number); s != application.Signing || len(stages) != 0 {
		t.Errorf("the application is %s with %v", s, stages)
	}
	if err := w.Issuer.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s, _, _ := state(t, w, a.Number); s != application.Issued {
		t.Errorf("once it is back the application is %s", s)
	}
}

func TestAKeyThatIsNotTheAuthoritysSignsNothingThatLeaves(t *testing.T) {
	w := world(t)
	a := w.Apply(t, testauthority.Somebody(), nil, p256)
	foreign := *w.Hierarchy.Authority("ec")
	foreign.Key = testauthority.NewKey(t, p256).PrivateKey
	if _, err := issuer(w, without{w.Hierarchy, p256, &foreign}).Issue(t.Context(), w.Approve(t, a)); err == nil || fail.KindOf(err) != fail.Internal {
		t.Errorf("it answered %v", err)
	}
	if s, _, stages := state(t, w, a.Number); s != application.Signing || stages[registry.Prepared] != 1 {
		t.Errorf("the application is %s with %v", s, stages)
	}
}

func TestAClockThatWasSetBackIssuesNothing(t *testing.T) {
	w := world(t)
	approved := w.Approve(t, w.Apply(t, testauthority.Somebody(), nil, p256))
	w.Clock.Advance(-time.Minute)
	if _, err := w.Issuer.Issue(t.Context(), approved); fail.CodeOf(err) != "clock.behind" {
		t.Errorf("it answered %v", err)
	}
	w.Clock.Advance(time.Minute)
	if _, err := w.Issuer.Issue(t.Context(), approved); err != nil {
		t.Errorf("once it is right: %v", err)
	}
}

func TestStoredBytesThatWereChangedAreNeverSigned(t *testing.T) {
	for _, c := range []struct {
		name  string
		forge func(t *testing.T, db *sql.DB, row registry.Certificate, other []byte)
	}{
		{"the bytes", func(t *testing.T, db *sql.DB, row registry.Certificate, other []byte) {
			exec(t, db, `UPDATE certificate SET tbs = ? WHERE serial = ?`, other, row.Serial)
		}},
		{"the end of validity", func(t *testing.T, db *sql.DB, row registry.Certificate, _ []byte) {
			exec(t, db, `UPDATE certificate SET not_after = not_after + 1000000 WHERE serial = ?`, row.Serial)
		}},
		{"the beginning of validity, in the bytes too", func(t *testing.T, db *sql.DB, row registry.Certificate, _ []byte) {
			tbs := bytes.Replace(row.TBS, []byte("261122120000Z"), []byte("261122110000Z"), 1)
			if bytes.Equal(tbs, row.TBS) {
				t.Fatal("the bytes have no such time")
			}
			exec(t, db, `UPDATE certificate SET tbs = ?, not_before = not_before - 3600000000 WHERE serial = ?`, tbs, row.Serial)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "senim.db")
			s := reopen(t, path)
			w := testauthority.New(t, s, t.TempDir(), clock.NewManual(testauthority.Start))
			w.Hire(t)
			a := w.Apply(t, testauthority.Somebody(), nil, p256)
			approved := w.Approve(t, a)
			other := w.Issued(t, p256)[0]
			if !stopAt(t, "issue.after-prepare-commit", 1, func() { _, _ = w.Issuer.Issue(context.WithoutCancel(t.Context()), approved) }) {
				t.Fatal("nothing passed the point")
			}
			var row registry.Certificate
			w.View(t, func(tx authority.Tx) error {
				rows, err := tx.CertificatesOf(a.Number)
				row = rows[0]
				return err
			})
			db, err := sql.Open("sqlite", path)
			if err != nil {
				t.Fatal(err)
			}
			c.forge(t, db, row, other.TBS)
			if err := db.Close(); err != nil {
				t.Fatal(err)
			}
			if err := w.Issuer.Resume(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := w.Certificate(t, row); got.Stage != registry.Abandoned || got.DER != nil {
				t.Errorf("the changed row is %s", got.Stage)
			}
			if s, _, stages := state(t, w, a.Number); s != application.Issued || stages[registry.Issued] != 1 {
				t.Errorf("the application is %s with %v", s, stages)
			}
		})
	}
}

func exec(t *testing.T, db *sql.DB, statement string, args ...any) {
	t.Helper()
	r, err := db.Exec(statement, args...)
	if err != nil {
		t.Fatal(err)
	}
	if n, err := r.RowsAffected(); err != nil || n != 1 {
		t.Fatalf("%s changed %d rows", statement, n)
	}
}

func TestStaffAndServicesAreCertifiedByOrder(t *testing.T) {
	w := world(t)
	key := testauthority.NewKey(t, profile.AdministratorSignGOST512)
	order := issue.StaffOrder{
		Profile: profile.AdministratorSignGOST512, Person: person.Person{IIN: "800101300001", Surname: "АДМИНОВ", Name: "АДМИН"}, CSR: key.CSR, Actor: "ceremony", Words: "first",
	}
	row, err := w.Issuer.Staff(t.Context(), order)
	if err != nil {
		t.Fatal(err)
	}
	if c := testauthority.Parsed(t, row); c.IIN() != "800101300001" || c.CommonName() != "АДМИНОВ АДМИН" || row.Issuer != "gost" {
		t.Errorf("the certificate is of %s %s by %s", c.IIN(), c.CommonName(), row.Issuer)
	}
	public, err := testauthority.NewKey(t, p256).Public()
	if err != nil {
		t.Fatal(err)
	}
	responder, err := w.Issuer.Staff(t.Context(), issue.StaffOrder{Profile: profile.OCSPResponder, Issuer: "ec", CommonName: "OCSP RESPONDER 2", Key: public, Actor: "administrator:1"})
	if err != nil {
		t.Fatal(err)
	}
	if c := testauthority.Parsed(t, responder); !c.OCSPNoCheck || !c.HasPurpose("1.3.6.1.5.5.7.3.9") {
		t.Error("the responder's certificate is not one")
	}
	for _, c := range []struct {
		name string
		bend func(*issue.StaffOrder)
		code string
	}{
		{"the same key again", func(*issue.StaffOrder) {}, registry.CodeKeyTaken},
		{"a root", func(o *issue.StaffOrder) { o.Profile, o.Issuer = profile.Root, "gost" }, "issue.no-template"},
		{"an issuing authority", func(o *issue.StaffOrder) { o.Profile, o.Issuer = profile.Issuing, "gost" }, "issue.no-template"},
		{"a template that there is not", func(o *issue.StaffOrder) { o.Profile, o.Issuer = "nothing", "gost" }, "issue.no-template"},
		{"an authority that there is not", func(o *issue.StaffOrder) { o.Issuer = "nobody" }, "issue.no-authority"},
		{"nobody who decided", func(o *issue.StaffOrder) { o.Actor = "" }, "issue.request-form"},
		{"no key", func(o *issue.StaffOrder) { o.CSR = nil }, "issue.request-form"},
		{"a request that its key did not sign", func(o *issue.StaffOrder) { o.CSR = badSignature(o.CSR) }, "issue.request-signature"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := order
			c.bend(&o)
			if row, err := w.Issuer.Staff(t.Context(), o); fail.CodeOf(err) != c.code {
				t.Errorf("it answered %v with %s, want %s", err, row.Subject(), c.code)
			}
		})
	}
	w.Verify(t)
}

func TestAStaffCertificateThatWasBegunIsFinishedOrAbandoned(t *testing.T) {
	w := world(t)
	key := testauthority.NewKey(t, p256)
	order := issue.StaffOrder{Profile: p256, Person: testauthority.Somebody(), CSR: key.CSR, Actor: "administrator:1"}
	stop := func() {
		t.Helper()
		if !stopAt(t, "issue.after-prepare-commit", 1, func() { _, _ = w.Issuer.Staff(context.WithoutCancel(t.Context()), order) }) {
			t.Fatal("nothing passed the point")
		}
	}
	stop()
	if err := w.Issuer.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.Verify(t); len(r.Open) != 1 {
		t.Errorf("open: %v", r.Open)
	}
	row, err := w.Issuer.Staff(t.Context(), order) // the administrator tries again
	if err != nil || row.Stage != registry.Issued {
		t.Fatalf("a second time: %s, %v", row.Stage, err)
	}
	key = testauthority.NewKey(t, p256)
	order.CSR = key.CSR
	stop()
	w.Clock.Advance(25 * time.Hour)
	if err := w.Issuer.Resume(t.Context()); err != nil {
		t.Fatal(err)
	}
	if r := w.Verify(t); len(r.Open) != 0 {
		t.Errorf("open: %v", r.Open)
	}
	if _, err := w.Issuer.Staff(t.Context(), order); err != nil { // its key is free again
		t.Errorf("after it was abandoned: %v", err)
	}
}

func TestNamesComeFromTheApprovalAndNotFromTheRequest(t *testing.T) {
	w := world(t)
	row := w.Issued(t, p256)[0] // every request of these tests names SOMEBODY ELSE
	if c := testauthority.Parsed(t, row); bytes.Contains(c.Raw, []byte("SOMEBODY")) {
		t.Error("the certificate has a name of the request")
	}
}
