// Package testroom gives the tests of rooms what stands around a room: an authority at work over the memory store with its
// people and their real keys, a kit with the templates of the pages, and a reader that keeps cookies and reads the pages as
// documents. This package is for tests only.
package testroom

import (
	"context"
	"crypto/rand"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all" // every row
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

// People of the tests. The numbers have right check digits.
const (
	AdminIIN     = "850315300009"
	OperatorIIN  = "850315301801"
	OperatorIIN2 = "900101400025"
	PersonIIN    = "900101400015"
)

var (
	poolMu sync.Mutex
	pool   = map[string]*alg.PrivateKey{}
)

// Key returns the key of that owner and template; RSA keys cost a second each, so the tests of a process share them.
func Key(t testing.TB, owner, template string) *alg.PrivateKey {
	t.Helper()
	poolMu.Lock()
	defer poolMu.Unlock()
	id := owner + " " + template
	if pool[id] == nil {
		k, err := alg.GenerateKey(rand.Reader, alg.KindByName(profile.KindOf(template)), 0)
		if err != nil {
			t.Fatal(err)
		}
		pool[id] = k
	}
	return pool[id]
}

// A Pen is a key with its certificate: what a person signs with.
type Pen struct {
	Key         *alg.PrivateKey
	Certificate *cert.Certificate
}

// Sign signs a text as the page would, attached.
func (p Pen) Sign(t testing.TB, text string) []byte {
	t.Helper()
	return p.SignAs(t, []byte(text), cms.Options{SigningTime: testauthority.Start})
}

// SignAs signs a content with options.
func (p Pen) SignAs(t testing.TB, content []byte, o cms.Options) []byte {
	t.Helper()
	b, err := cms.Sign(rand.Reader, content, p.Key, p.Certificate, o)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A House is an authority with its people.
type House struct {
	*authority.Authority
	Clock     *clock.Manual
	Store     authority.Store
	Hierarchy *ca.Hierarchy
	t         testing.TB
}

// New makes an authority over an empty memory store, at the moment at which every test begins.
func New(t testing.TB) *House {
	t.Helper()
	return NewAt(t, testauthority.Start)
}

// NewAt is New at another moment, after testauthority.Start: a real browser has the clock of the machine.
func NewAt(t testing.TB, now time.Time) *House {
	t.Helper()
	h, _ := testauthority.Hierarchy(t)
	house := &House{Clock: clock.NewManual(now), Store: memory.New(), Hierarchy: h, t: t}
	var err error
	house.Authority, err = authority.New(authority.Options{Store: house.Store, Hierarchy: h, Clock: house.Clock, CheckIIN: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return house
}

// Staff is what a member of staff holds.
type Staff struct {
	IIN        string
	Auth, Sign Pen
	TOTP       account.Secret
}

// Hire takes a member of staff in.
func (h *House) Hire(iin, surname string, role account.Role) Staff {
	h.t.Helper()
	requests := map[string][]byte{}
	profiles := authority.StaffProfiles(role)
	for _, p := range profiles {
		requests[p] = testauthority.Request(h.t, Key(h.t, iin, p))
	}
	added, err := h.AddStaff(context.Background(), "test", authority.StaffRequest{IIN: iin, Surname: surname, Name: "ТЕСТ", Role: role, Requests: requests})
	if err != nil {
		h.t.Fatal(err)
	}
	return Staff{iin, h.pen(iin, profiles[0], added.Certificates[profiles[0]]), h.pen(iin, profiles[1], added.Certificates[profiles[1]]), added.TOTP}
}

func (h *House) pen(owner, template string, der []byte) Pen {
	h.t.Helper()
	c, err := cert.Parse(der)
	if err != nil {
		h.t.Fatal(err)
	}
	return Pen{Key(h.t, owner, template), c}
}

// Register puts a person into the register.
func (h *House) Register(iin, surname, name, patronymic string) {
	h.t.Helper()
	n, err := h.ImportPersons(context.Background(), []person.Person{{IIN: iin, Surname: surname, Name: name, Patronymic: patronymic}}, "test")
	if err != nil || n != 1 {
		h.t.Fatalf("imported %d: %v", n, err)
	}
}

// Apply files an application with the keys of owner and returns its number. change, when not nil, changes the answers.
func (h *House) Apply(iin, owner string, change func(*application.Answers)) (number string) {
	h.t.Helper()
	ctx := context.Background()
	app, secret, err := h.StartDraft(ctx, "ru")
	if err != nil {
		h.t.Fatal(err)
	}
	a := application.Answers{IIN: iin, Surname: "ИБРАЕВА", Name: "ӘЙГЕРІМ", Patronymic: "СЕРІКҚЫЗЫ", Email: "a@example.kz", Locality: "almaty", Agreement: "2026-11", Language: "kk"}
	if change != nil {
		change(&a)
	}
	if err := h.SaveAnswers(ctx, app.Number, secret, a); err != nil {
		h.t.Fatal(err)
	}
	if app, err = h.Draft(ctx, app.Number, secret); err != nil {
		h.t.Fatal(err)
	}
	csrs := map[string][]byte{}
	for _, p := range h.NeededProfiles(app) {
		csrs[p] = testauthority.Request(h.t, Key(h.t, owner, p))
	}
	if err := h.AttachRequests(ctx, app.Number, secret, csrs); err != nil {
		h.t.Fatal(err)
	}
	if app, _, err = h.Submit(ctx, app.Number, secret); err != nil {
		h.t.Fatal(err)
	}
	return app.Number
}

// KeyFile writes the member's keys as one file into dir and returns its path; its password is KeyPassword.
func (s Staff) KeyFile(t testing.TB, dir string) string {
	t.Helper()
	b, err := keyfile.Write(rand.Reader, keyfile.National, KeyPassword,
		keyfile.Entry{Key: s.Auth.Key, Certificate: s.Auth.Certificate}, keyfile.Entry{Key: s.Sign.Key, Certificate: s.Sign.Certificate})
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "operator.p12")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// KeyPassword opens the key files of tests.
const KeyPassword = "Qwerty12"

// Decided carries out an operator's decision without a page.
func (h *House) Decided(op Staff, number string, approve bool, reason string) {
	h.t.Helper()
	ctx := context.Background()
	c, err := h.DecisionChallenge(ctx, op.IIN, number, approve, reason, Origin, "ru")
	if err == nil {
		_, err = h.Decide(ctx, op.IIN, c.Nonce, op.Sign.Sign(h.t, c.Text))
	}
	if err != nil {
		h.t.Fatal(err)
	}
}

// Issued issues what was approved, and returns the certificates of the application and the pens of their owner, by template.
func (h *House) Issued(number, owner string) ([]registry.Certificate, map[string]Pen) {
	h.t.Helper()
	if err := h.WorkIssue(context.Background()); err != nil {
		h.t.Fatal(err)
	}
	_, rows, err := h.Status(context.Background(), number)
	if err != nil || len(rows) == 0 {
		h.t.Fatalf("%d certificates: %v", len(rows), err)
	}
	pens := map[string]Pen{}
	for _, row := range rows {
		pens[row.Profile] = h.pen(owner, row.Profile, row.DER)
	}
	return rows, pens
}

// Tick lets a minute pass, so that one-time codes are new ones.
func (h *House) Tick() { h.Clock.Advance(time.Minute) }

// State returns the state of an application.
func (h *House) State(number string) application.State {
	h.t.Helper()
	app, _, err := h.Status(context.Background(), number)
	if err != nil {
		h.t.Fatal(err)
	}
	return app.State
}
