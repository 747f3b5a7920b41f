package authority_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

var (
	secret    = []byte("a secret for tests")
	hierarchy *ca.Hierarchy
	public    ca.Public
	start     = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
)

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "senim-authority-")
	if err != nil {
		panic(err)
	}
	c := ca.DemoConfig()
	for i := range c.Roots {
		c.Roots[i].Bits = min(c.Roots[i].Bits, 2048)
	}
	_, err = ca.Init(ca.InitOptions{Data: dir, RootDir: filepath.Join(dir, "roots"), Config: c, Secret: secret, Rand: rand.Reader, Now: start})
	if err == nil {
		hierarchy, err = ca.Open(dir, secret)
	}
	if err == nil {
		public, err = ca.OpenPublic(dir)
	}
	code := 1
	if err == nil {
		code = m.Run()
	} else {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

var (
	poolMu sync.Mutex
	pool   = map[string]*alg.PrivateKey{}
)

// key returns the key of that owner and kind; RSA keys cost a second each, so tests share them.
func key(t testing.TB, owner, template string) *alg.PrivateKey {
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

func request(t testing.TB, k *alg.PrivateKey) []byte {
	t.Helper()
	// The subject says something false on purpose: nothing of it may reach a certificate.
	csr, err := cert.CreateRequest(rand.Reader, k, alg.DefaultScheme(k.Kind), cert.Name{{{Type: "2.5.4.3", Tag: 12, Value: "ЧУЖОЕ ИМЯ"}}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return csr
}

// A pen is a key with its certificate: what a person signs with.
type pen struct {
	key  *alg.PrivateKey
	cert *cert.Certificate
}

func (p pen) sign(t testing.TB, text string) []byte {
	t.Helper()
	b, err := cms.Sign(rand.Reader, []byte(text), p.key, p.cert, cms.Options{SigningTime: start})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A house is an authority with its people.
type house struct {
	*authority.Authority
	t     testing.TB
	store authority.Store
	clock *clock.Manual
	ctx   context.Context

	exports string // folder of exported checkpoints, when there is one
}

// People of the tests. The numbers have right check digits.
const (
	adminIIN    = "850315300009"
	operatorIIN = "850315301801"
	aigerimIIN  = "900101400015"
	otherIIN    = "900101400025"
)

type staffKeys struct {
	auth, sign pen
	totp       account.Secret
}

func newHouse(t testing.TB) *house {
	t.Helper()
	h := &house{t: t, store: memory.New(), clock: clock.NewManual(start), ctx: context.Background()}
	var err error
	h.Authority, err = authority.New(authority.Options{Store: h.store, Hierarchy: hierarchy, Clock: h.clock, CheckIIN: func(string) error { return nil }})
	if err != nil {
		t.Fatal(err)
	}
	return h
}

// tick lets time pass, so that one-time codes are new ones.
func (h *house) tick() { h.clock.Advance(31 * time.Second) }

func (h *house) hire(iin, surname string, role account.Role) staffKeys {
	h.t.Helper()
	requests := map[string][]byte{}
	profiles := authority.StaffProfiles(role)
	for _, p := range profiles {
		requests[p] = request(h.t, key(h.t, iin, p))
	}
	added, err := h.AddStaff(h.ctx, "test", authority.StaffRequest{IIN: iin, Surname: surname, Name: "Тест", Role: role, Requests: requests})
	if err != nil {
		h.t.Fatal(err)
	}
	return staffKeys{h.pen(iin, profiles[0], added.Certificates), h.pen(iin, profiles[1], added.Certificates), added.TOTP}
}

func (h *house) pen(owner, template string, certificates map[string][]byte) pen {
	h.t.Helper()
	c, err := cert.Parse(certificates[template])
	if err != nil {
		h.t.Fatal(err)
	}
	return pen{key(h.t, owner, template), c}
}

func (h *house) register(iin, surname, name, patronymic string) {
	h.t.Helper()
	n, err := h.ImportPersons(h.ctx, []person.Person{{IIN: iin, Surname: surname, Name: name, Patronymic: patronymic}}, "test")
	if err != nil || n != 1 {
		h.t.Fatalf("imported %d: %v", n, err)
	}
}

func answers(iin string) application.Answers {
	return application.Answers{IIN: iin, Surname: "Ибраева", Name: "Әйгерім", Patronymic: "Серікқызы", Locality: "almaty", Agreement: "2026-11", Language: "kk"}
}

// apply files an application with the keys of owner and returns its number, secret and revocation code.
func (h *house) apply(iin, owner string) (number, secret, code string) {
	h.t.Helper()
	app, secret, err := h.StartDraft(h.ctx, "ru")
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.SaveAnswers(h.ctx, app.Number, secret, answers(iin)); err != nil {
		h.t.Fatal(err)
	}
	csrs := map[string][]byte{}
	if app, err = h.Draft(h.ctx, app.Number, secret); err != nil {
		h.t.Fatal(err)
	}
	for _, p := range h.NeededProfiles(app) {
		csrs[p] = request(h.t, key(h.t, owner, p))
	}
	if err := h.AttachRequests(h.ctx, app.Number, secret, csrs); err != nil {
		h.t.Fatal(err)
	}
	if app, code, err = h.Submit(h.ctx, app.Number, secret); err != nil {
		h.t.Fatal(err)
	}
	return app.Number, secret, code
}

func (h *house) decide(op staffKeys, number string, approve bool, reason string) *application.Application {
	h.t.Helper()
	c, err := h.DecisionChallenge(h.ctx, operatorIIN, number, approve, reason, "http://127.0.0.1:8080", "ru")
	if err != nil {
		h.t.Fatal(err)
	}
	app, err := h.Decide(h.ctx, operatorIIN, c.Nonce, op.sign.sign(h.t, c.Text))
	if err != nil {
		h.t.Fatal(err)
	}
	return app
}

func (h *house) issueAll() {
	h.t.Helper()
	if err := h.WorkIssue(h.ctx); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) state(number string) application.State {
	h.t.Helper()
	app, _, err := h.Status(h.ctx, number)
	if err != nil {
		h.t.Fatal(err)
	}
	return app.State
}

// issuedTo applies, approves and issues for a registered person, and returns his pens by template.
func (h *house) issuedTo(op staffKeys, iin string) (number, code string, pens map[string]pen) {
	h.t.Helper()
	h.register(iin, "Ибраева", "Әйгерім", "Серікқызы")
	number, _, code = h.apply(iin, iin)
	h.decide(op, number, true, "")
	h.issueAll()
	_, rows, err := h.Status(h.ctx, number)
	if err != nil || len(rows) != 2 {
		h.t.Fatalf("%d certificates, state %s: %v", len(rows), h.state(number), err)
	}
	certificates := map[string][]byte{}
	for _, row := range rows {
		certificates[row.Profile] = row.DER
	}
	return number, code, map[string]pen{
		profile.IndividualAuthRSA:     h.pen(iin, profile.IndividualAuthRSA, certificates),
		profile.IndividualSignGOST512: h.pen(iin, profile.IndividualSignGOST512, certificates),
	}
}

// statuses returns the status of each certificate of an application.
func (h *house) statuses(number string) map[string]registry.Status {
	h.t.Helper()
	_, rows, err := h.Status(h.ctx, number)
	if err != nil {
		h.t.Fatal(err)
	}
	all := map[string]registry.Status{}
	for _, row := range rows {
		all[row.Profile] = row.Status
	}
	return all
}

// acts returns how many leaves of each act the log has.
func (h *house) acts() map[string]int {
	h.t.Helper()
	all := map[string]int{}
	err := h.store.View(h.ctx, func(tx authority.Tx) error {
		for seq := int64(0); ; {
			entries, err := tx.EntriesAfter(seq, 1000)
			if err != nil || len(entries) == 0 {
				return err
			}
			for _, e := range entries {
				all[e.Act]++
				seq = e.Seq
			}
		}
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return all
}

// proven lets the log be verified from outside: register, applications and log must agree.
func (h *house) proven() {
	h.t.Helper()
	var exported [][]byte
	var err error
	if h.exports != "" {
		if exported, err = audit.Exported(h.exports); err != nil {
			h.t.Fatal(err)
		}
	}
	r, err := authority.VerifyLog(h.ctx, h.store, public, exported)
	if err != nil {
		h.t.Fatal(err)
	}
	for _, p := range r.Problems {
		h.t.Errorf("the log disagrees: %+v", p)
	}
}

func (h *house) login(k staffKeys, lang string) (account.Staff, error) {
	h.t.Helper()
	c, err := h.LoginChallenge(h.ctx, "http://127.0.0.1:8080", lang)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.Login(h.ctx, c.Nonce, k.auth.sign(h.t, c.Text), k.totp.Code(h.clock.Now()))
}

func sum(b []byte) [32]byte { return sha256.Sum256(b) }
