// Package testauthority makes a small authority for tests: a hierarchy on GOST, RSA and P-256, a store, an operator with a
// real key, and applications that he approves by signed decisions. This package is for tests only.
package testauthority

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all" // every row
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/issue"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

// Start is when every test begins.
var Start = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var made struct {
	once sync.Once
	h    *ca.Hierarchy
	p    ca.Public
	err  error
}

// Hierarchy returns the hierarchy that all tests of a process share; making it takes seconds.
func Hierarchy(t testing.TB) (*ca.Hierarchy, ca.Public) {
	t.Helper()
	made.once.Do(func() {
		var dir string
		if dir, made.err = os.MkdirTemp("", "senim-authority-"); made.err != nil {
			return
		}
		defer os.RemoveAll(dir)
		c := ca.DemoConfig()
		for i := range c.Roots {
			c.Roots[i].Bits = min(c.Roots[i].Bits, 2048) // a longer one proves nothing more
		}
		c.AddEC()
		secret := []byte("for tests, not a secret")
		if _, made.err = ca.Init(ca.InitOptions{
			Data: dir, RootDir: filepath.Join(dir, "root"), Config: c, Secret: secret, Rand: rand.Reader, Now: Start.Add(-time.Hour),
		}); made.err != nil {
			return
		}
		if made.h, made.err = ca.Open(dir, secret); made.err != nil {
			return
		}
		made.p, made.err = ca.OpenPublic(dir)
	})
	if made.err != nil {
		t.Fatalf("couldn't make a hierarchy: %v", made.err)
	}
	return made.h, made.p
}

// A Key is a private key with its certification request.
type Key struct {
	*alg.PrivateKey
	CSR []byte
}

// NewKey makes a key of the kind that the template takes, and a request for it that names nobody.
func NewKey(t testing.TB, template string) Key {
	t.Helper()
	kind := profile.KindOf(template)
	if kind == "" {
		kind = "p256"
	}
	k, err := alg.GenerateKey(rand.Reader, alg.KindByName(kind), 0)
	if err != nil {
		t.Fatal(err)
	}
	return Key{k, Request(t, k)}
}

// Request makes a certification request for k that names somebody else.
func Request(t testing.TB, k *alg.PrivateKey) []byte {
	t.Helper()
	csr, err := cert.CreateRequest(rand.Reader, k, alg.DefaultScheme(k.Kind), cert.Name{{{Type: "2.5.4.3", Tag: 12, Value: "SOMEBODY ELSE"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// A World is an authority at work.
type World struct {
	Store     authority.Store
	Hierarchy *ca.Hierarchy
	Public    ca.Public
	Clock     *clock.Manual
	Issuer    *issue.Issuer
	Responder *publish.Responder
	Publisher *publish.Publisher
	Log       *audit.Log
	Dir       string // checkpoints are exported to it
	Checker   *statement.Checker

	operator     Key
	operatorCert *cert.Certificate
}

// New makes a World over a store; dir takes the exported checkpoints.
func New(t testing.TB, s authority.Store, dir string, c *clock.Manual) *World {
	t.Helper()
	h, p := Hierarchy(t)
	w := &World{Store: s, Hierarchy: h, Public: p, Clock: c, Dir: dir}
	w.Issuer = issue.New(issue.Options{Hierarchy: h, View: w.issueView, Update: w.issueUpdate, Approve: w.Reopen, Clock: c})
	w.Responder = publish.NewResponder(h, w.publishView, c)
	w.Checker = &statement.Checker{Anchors: h.Anchors(), Fetcher: w.Responder, Clock: c}
	for _, a := range h.Authorities() {
		w.Checker.Issuers = append(w.Checker.Issuers, statement.Issuer{Name: a.Name, Certificate: a.Certificate})
	}
	var err error
	if w.Publisher, err = publish.NewPublisher(publish.Options{Hierarchy: h, View: w.publishView, Update: w.publishUpdate, Clock: c}); err != nil {
		t.Fatal(err)
	}
	if w.Log, err = audit.NewLog(audit.Options{Update: w.auditUpdate, Key: h.LogKey(), Verifier: h.LogVerifier(), Dir: dir, Clock: c}); err != nil {
		t.Fatal(err)
	}
	return w
}

// The store as each package sees it.

func (w *World) issueView(ctx context.Context, f func(issue.Tx) error) error {
	return w.Store.View(ctx, func(tx authority.Tx) error { return f(tx) })
}

func (w *World) issueUpdate(ctx context.Context, f func(issue.Tx) error) error {
	return w.Store.Update(ctx, func(tx authority.Tx) error { return f(tx) })
}

func (w *World) publishView(ctx context.Context, f func(publish.Tx) error) error {
	return w.Store.View(ctx, func(tx authority.Tx) error { return f(tx) })
}

func (w *World) publishUpdate(ctx context.Context, f func(publish.Tx) error) error {
	return w.Store.Update(ctx, func(tx authority.Tx) error { return f(tx) })
}

func (w *World) auditUpdate(ctx context.Context, f func(audit.Records) error) error {
	return w.Store.Update(ctx, func(tx authority.Tx) error { return f(tx) })
}

// Update runs f in the store and fails the test when it fails.
func (w *World) Update(t testing.TB, f func(tx authority.Tx) error) {
	t.Helper()
	if err := w.Store.Update(t.Context(), f); err != nil {
		t.Fatalf("couldn't update the store: %v", err)
	}
}

// View is Update for reading.
func (w *World) View(t testing.TB, f func(tx authority.Tx) error) {
	t.Helper()
	if err := w.Store.View(t.Context(), f); err != nil {
		t.Fatalf("couldn't read the store: %v", err)
	}
}

// Operator is the number of the one who decides.
const Operator = "850315300009"

// Hire makes the operator, with a signing certificate of the P-256 authority. The decisions of a World without one fail.
func (w *World) Hire(t testing.TB) {
	t.Helper()
	w.operator = NewKey(t, profile.IndividualSignP256)
	row, err := w.Issuer.Staff(t.Context(), issue.StaffOrder{
		Profile: profile.IndividualSignP256, Person: person.Person{IIN: Operator, Surname: "ОПЕРАТОРОВА", Name: "АСЕЛЬ"}, CSR: w.operator.CSR, Actor: "ceremony",
	})
	if err != nil {
		t.Fatalf("couldn't make the operator: %v", err)
	}
	if w.operatorCert, err = cert.Parse(row.DER); err != nil {
		t.Fatal(err)
	}
}

// Rehire gives a World on a reopened store the operator of another.
func (w *World) Rehire(old *World) { w.operator, w.operatorCert = old.operator, old.operatorCert }

var people atomic.Int64

// Somebody returns a person of the register that no other call returns.
func Somebody() person.Person {
	return person.Person{IIN: fmt.Sprintf("%012d", 900101300000+people.Add(1)), Surname: "ТЕСТОВ", Name: "ТЕСТ", Patronymic: "ТЕСТОВИЧ"}
}

// Apply hands in an application of p with a key for each template.
func (w *World) Apply(t testing.TB, p person.Person, keys map[string]Key, templates ...string) *application.Application {
	t.Helper()
	number, err := application.NewNumber(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	now := w.Clock.Now()
	a := application.NewDraft(number, []byte("secret"), "ru", now)
	a.Answers = application.Answers{IIN: p.IIN, Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, Agreement: "1", Storage: "file", Language: "ru"}
	for _, template := range templates {
		k, ok := keys[template]
		if !ok {
			k = NewKey(t, template)
		}
		q, err := cert.ParseRequest(k.CSR)
		if err != nil {
			t.Fatal(err)
		}
		a.Requests = append(a.Requests, application.KeyRequest{Profile: template, CSR: k.CSR, Hash: sha256.Sum256(k.CSR), KeyHash: sha256.Sum256(q.RawSPKI)})
	}
	if err := a.Submit(now, templates, []byte("code")); err != nil {
		t.Fatal(err)
	}
	w.Update(t, func(tx authority.Tx) error {
		if err := tx.PutPerson(p); err != nil {
			return err
		}
		if err := tx.PutApplication(a); err != nil {
			return err
		}
		return w.leaf(tx, a, application.Draft)
	})
	return a
}

func (w *World) leaf(tx authority.Tx, a *application.Application, from application.State) error {
	fact := audit.ApplicationFact{Number: a.Number, From: string(from), State: string(a.State)}
	for _, q := range a.Requests {
		switch key := hex.EncodeToString(q.KeyHash[:]); a.State {
		case application.New:
			fact.Submitted = append(fact.Submitted, key)
		case application.Signing:
			fact.Approved = append(fact.Approved, key)
		}
	}
	payload, err := audit.Payload(fact)
	if err != nil {
		return err
	}
	return audit.Record(tx, w.Clock.Now(), rand.Reader, "application."+string(a.State), "test", a.Number, payload)
}

// Approve has the operator sign the decision, and approves the application with it.
func (w *World) Approve(t testing.TB, a *application.Application) application.Approved {
	t.Helper()
	var p person.Person
	w.View(t, func(tx authority.Tx) (err error) {
		p, err = tx.Person(a.Answers.IIN)
		return err
	})
	challenge, err := statement.New(rand.Reader, w.Clock.Now(), statement.Decision, "ru", map[string]string{
		statement.FactNumber: a.Number, statement.FactPerson: application.FullName(p), statement.FactIIN: p.IIN,
		statement.FactAct: statement.Approve, statement.FactRequests: a.RequestHashes(), statement.FactOrigin: "https://senim.test",
	})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := cms.Sign(rand.Reader, []byte(challenge.Text), w.operator.PrivateKey, w.operatorCert, cms.Options{})
	if err != nil {
		t.Fatal(err)
	}
	w.Update(t, func(tx authority.Tx) error { return tx.PutChallenge(challenge) })
	checked, err := w.Checker.Check(t.Context(), challenge, signed)
	if err != nil {
		t.Fatalf("couldn't check the operator's decision: %v", err)
	}
	var approved application.Approved
	w.Update(t, func(tx authority.Tx) error {
		a, err := tx.Application(a.Number)
		if err != nil {
			return err
		}
		v, err := checked.Accept(tx)
		if err != nil {
			return err
		}
		if err := a.Identify(w.Clock.Now(), v); err != nil {
			return err
		}
		if err := w.leaf(tx, a, application.New); err != nil {
			return err
		}
		if approved, err = application.StartSigning(a, w.Clock.Now(), v, p); err != nil {
			return err
		}
		if err := tx.PutApplication(a); err != nil {
			return err
		}
		return w.leaf(tx, a, application.Identified)
	})
	return approved
}

// Reopen judges the stored decision of an application again.
func (w *World) Reopen(ctx context.Context, a *application.Application) (approved application.Approved, err error) {
	m, ok := a.Decided()
	if !ok {
		return approved, fmt.Errorf("application %s was not decided", a.Number)
	}
	err = w.Store.View(ctx, func(tx authority.Tx) error {
		v, err := w.Checker.Recheck(ctx, tx, m.Text, m.Evidence, m.OCSP, m.Checked)
		if err != nil {
			return err
		}
		approved, err = application.Reopen(a, v)
		return err
	})
	return approved, err
}

// Issued makes an application of somebody and issues its certificates.
func (w *World) Issued(t testing.TB, templates ...string) []registry.Certificate {
	t.Helper()
	rows, err := w.Issuer.Issue(t.Context(), w.Approve(t, w.Apply(t, Somebody(), nil, templates...)))
	if err != nil {
		t.Fatalf("couldn't issue: %v", err)
	}
	return rows
}

// Verify verifies the log and fails the test on any problem.
func (w *World) Verify(t testing.TB) audit.Report {
	t.Helper()
	r := w.Report(t)
	for _, p := range r.Problems {
		t.Errorf("audit: %v", p)
	}
	return r
}

// Report verifies the log.
func (w *World) Report(t testing.TB) audit.Report {
	t.Helper()
	exported, err := audit.Exported(w.Dir)
	if err != nil {
		t.Fatal(err)
	}
	r, err := authority.VerifyLog(t.Context(), w.Store, w.Public, exported)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Certificate returns a row of the register.
func (w *World) Certificate(t testing.TB, c registry.Certificate) registry.Certificate {
	t.Helper()
	w.View(t, func(tx authority.Tx) (err error) {
		c, err = tx.Certificate(c.Issuer, c.Serial)
		return err
	})
	return c
}

// Parsed returns the certificate of a row.
func Parsed(t testing.TB, c registry.Certificate) *cert.Certificate {
	t.Helper()
	p, err := cert.Parse(c.DER)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(p.RawTBS, c.TBS) {
		t.Fatalf("%s is not what was prepared", c.Subject())
	}
	return p
}
