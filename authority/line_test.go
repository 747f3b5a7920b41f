package authority_test

import (
	"slices"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

func TestTheWholeLine(t *testing.T) {
	h := newHouse(t)
	h.hire(adminIIN, "Әкімші", account.Administrator)
	op := h.hire(operatorIIN, "Оператор", account.Operator)

	// The operator signs in.
	s, err := h.login(op, "kk")
	if err != nil || s.IIN != operatorIIN || s.Role != account.Operator {
		t.Fatalf("signed in as %+v: %v", s, err)
	}

	// The person is in the register under the right names, and types a part of them otherwise.
	h.register(aigerimIIN, "Ибраева", "Айгерім", "Серікқызы")
	number, secret, code := h.apply(aigerimIIN, aigerimIIN)
	if h.state(number) != application.New {
		t.Fatalf("submitted and %s", h.state(number))
	}
	if again, err := h.RevocationCode(h.ctx, number, secret); err != nil || again != code {
		t.Errorf("its maker sees the code %q: %v", again, err)
	}

	// The operator sees what differs, and approves.
	queue, err := h.Queue(h.ctx, operatorIIN, application.Filter{})
	if err != nil || len(queue) != 1 || queue[0].Number != number {
		t.Fatalf("queue %v: %v", queue, err)
	}
	r, err := h.Review(h.ctx, operatorIIN, number)
	if err != nil || !r.Registered || !r.Decidable || r.Own || !slices.Equal(r.Differences, []string{"name"}) {
		t.Fatalf("review %+v: %v", r, err)
	}
	app := h.decide(op, number, true, "")
	if app.State != application.Signing {
		t.Fatalf("approved and %s", app.State)
	}
	if m := app.Moves[1]; m.To != application.Identified || m.Who != operatorIIN || len(m.Evidence) == 0 || len(m.OCSP) == 0 || m.Text == "" {
		t.Errorf("the move to identified has no evidence: %+v", m)
	}

	// Certificates: names of the register, nothing of the request.
	h.issueAll()
	app, rows, err := h.Status(h.ctx, number)
	if err != nil || app.State != application.Issued || len(rows) != 2 {
		t.Fatalf("issued: %s, %d certificates: %v", app.State, len(rows), err)
	}
	var pens []pen
	for i, want := range []struct {
		template, authority string
		purpose             oid.OID
	}{{profile.IndividualAuthRSA, "rsa", oid.EKUClientAuth}, {profile.IndividualSignGOST512, "gost", oid.EKUEmailProtection}} {
		c, err := cert.Parse(rows[i].DER)
		if err != nil {
			t.Fatal(err)
		}
		if rows[i].Profile != want.template || rows[i].Issuer != want.authority || !c.HasPurpose(want.purpose) {
			t.Errorf("certificate %d: %s by %s", i, rows[i].Profile, rows[i].Issuer)
		}
		if c.CommonName() != "ИБРАЕВА АЙГЕРІМ" || c.Subject.Get(oid.GivenName) != "СЕРІКҚЫЗЫ" || c.IIN() != aigerimIIN {
			t.Errorf("certificate %d names %s", i, c.Subject)
		}
		if !c.NotAfter.Equal(c.NotBefore.AddDate(1, 0, 0)) {
			t.Errorf("certificate %d is valid from %s to %s", i, c.NotBefore, c.NotAfter)
		}
		if err := c.CheckSignature(hierarchy.Authority(want.authority).Certificate.PublicKey); err != nil {
			t.Error(err)
		}
		pens = append(pens, pen{key(t, aigerimIIN, want.template), c})
	}

	// Installed, twice.
	for range 2 {
		if err := h.MarkInstalled(h.ctx, number); err != nil {
			t.Fatal(err)
		}
	}
	if h.state(number) != application.Installed {
		t.Errorf("installed and %s", h.state(number))
	}

	// The holder revokes the authentication certificate with the signing key.
	c, err := h.RevocationChallenge(h.ctx, rows[0].Issuer, rows[0].Serial, 1, "http://127.0.0.1:8080", "en")
	if err != nil {
		t.Fatal(err)
	}
	message := pens[1].sign(t, c.Text)
	h.tick()
	row, err := h.RevokeByHolder(h.ctx, c.Nonce, message)
	if err != nil || row.Status != registry.Revoked || row.Reason != 1 || !row.StatusAt.Equal(h.clock.Now()) {
		t.Fatalf("revoked: %+v: %v", row, err)
	}
	if again, err := h.RevokeByHolder(h.ctx, c.Nonce, message); err != nil || again.StatusAt != row.StatusAt {
		t.Errorf("the same again: %v", err)
	}

	// The revocation code suspends what is left; an operator lifts and then revokes.
	held, err := h.HoldByCode(h.ctx, number, application.FormatNumber(code))
	if err != nil || len(held) != 1 || held[0].Status != registry.Hold {
		t.Fatalf("held %+v: %v", held, err)
	}
	for _, step := range []struct {
		act  string
		want registry.Status
	}{{statement.Lift, registry.Valid}, {statement.Hold, registry.Hold}, {statement.Revoke, registry.Revoked}} {
		c, err := h.OperatorRevocationChallenge(h.ctx, operatorIIN, rows[1].Issuer, rows[1].Serial, step.act, 5, "по заявлению в центре", "http://127.0.0.1:8080", "ru")
		if err != nil {
			t.Fatal(err)
		}
		row, err := h.RevokeByOperator(h.ctx, operatorIIN, c.Nonce, op.sign.sign(t, c.Text))
		if err != nil || row.Status != step.want {
			t.Fatalf("%s: %+v: %v", step.act, row, err)
		}
	}
	if got := h.statuses(number); got[profile.IndividualAuthRSA] != registry.Revoked || got[profile.IndividualSignGOST512] != registry.Revoked {
		t.Errorf("at the end %v", got)
	}

	// Every act has its leaf, and the log agrees with the register.
	acts := h.acts()
	for act, want := range map[string]int{
		"staff.added": 2, "login": 1, "register.imported": 1, "application.new": 1, "application.identified": 1, "application.signing": 1,
		"application.issued": 1, "application.installed": 1, "certificate.issued": 6, "certificate.status": 5,
	} {
		if acts[act] != want {
			t.Errorf("%d leaves of %s, want %d (%v)", acts[act], act, want, acts)
		}
	}
	h.proven()
}

func TestARefusalIsToldToTheApplicant(t *testing.T) {
	h := newHouse(t)
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	number, _, _ := h.apply(aigerimIIN, aigerimIIN) // who is not in the register
	app := h.decide(op, number, false, "Документ  просрочен.\nПриходите с новым.")
	if app.State != application.Rejected || app.Moves[len(app.Moves)-1].Reason != "Документ просрочен. Приходите с новым." {
		t.Errorf("%s, %q", app.State, app.Moves[len(app.Moves)-1].Reason)
	}
	h.issueAll()
	if _, rows, _ := h.Status(h.ctx, number); len(rows) != 0 {
		t.Error("a refused application has certificates")
	}
	h.proven()
}

func TestAnApplicationIsWithdrawnByItsCode(t *testing.T) {
	h := newHouse(t)
	number, _, code := h.apply(aigerimIIN, aigerimIIN)
	for range 2 {
		if err := h.Cancel(h.ctx, number, code); err != nil {
			t.Fatal(err)
		}
	}
	if h.state(number) != application.Cancelled {
		t.Errorf("withdrawn and %s", h.state(number))
	}
	h.proven()
}

func TestTheClockEndsWhatNobodyComesFor(t *testing.T) {
	h := newHouse(t)
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	draft, secret, err := h.StartDraft(h.ctx, "kk")
	if err != nil {
		t.Fatal(err)
	}
	waiting, _, _ := h.apply(otherIIN, otherIIN)
	number, _, pens := h.issuedTo(op, aigerimIIN)
	h.clock.Advance(application.Waiting - time.Minute)
	if err := h.WorkDeadlines(h.ctx); err != nil {
		t.Fatal(err)
	}
	if h.state(waiting) != application.New || h.state(number) != application.Issued {
		t.Error("the clock was early")
	}
	h.clock.Advance(time.Minute)
	if err := h.WorkDeadlines(h.ctx); err != nil {
		t.Fatal(err)
	}
	if h.state(waiting) != application.Deactivated || h.state(number) != application.Uncollected {
		t.Errorf("%s, %s", h.state(waiting), h.state(number))
	}
	for template, s := range h.statuses(number) {
		if s != registry.Revoked {
			t.Errorf("%s of an application that nobody came for is %s", template, s)
		}
	}
	if len(pens) != 2 {
		t.Error("there was nothing to revoke")
	}
	if _, err := h.Draft(h.ctx, draft.Number, secret); err == nil {
		t.Error("a draft of 30 days is still there")
	}
	h.proven()
}

func TestAMemberOfStaffIsRemovedWithHisCertificates(t *testing.T) {
	h := newHouse(t)
	admin := h.hire(adminIIN, "Әкімші", account.Administrator)
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	if err := h.RemoveStaff(h.ctx, "test", adminIIN); err == nil {
		t.Error("the last administrator was removed")
	}
	if err := h.RemoveStaff(h.ctx, "test", operatorIIN); err != nil {
		t.Fatal(err)
	}
	if _, err := h.login(op, "ru"); err == nil {
		t.Error("a removed operator signs in")
	}
	if _, err := h.StaffMember(h.ctx, operatorIIN); err == nil {
		t.Error("a removed operator is a member")
	}
	if _, err := h.login(admin, "ru"); err != nil {
		t.Errorf("the administrator: %v", err)
	}
	f, err := h.Search(h.ctx, adminIIN, operatorIIN)
	if err != nil || len(f.Certificates) != 2 {
		t.Fatalf("found %+v: %v", f, err)
	}
	for _, c := range f.Certificates {
		if c.Status != registry.Revoked || c.Reason != 9 {
			t.Errorf("%s is %s", c.Profile, c.Status)
		}
	}
	h.proven()
}

func TestSearch(t *testing.T) {
	h := newHouse(t)
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	number, _, _ := h.issuedTo(op, aigerimIIN)
	_, rows, err := h.Status(h.ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, query string
		apps, certs int
		refused     bool
	}{
		{"number", number, 1, 2, false},
		{"number as typed", application.FormatNumber(number), 1, 2, false},
		{"number of nothing", "0000-0000-0000-0000", 0, 0, false},
		{"IIN", aigerimIIN, 1, 2, false},
		{"IIN with spaces", "900101 400015", 1, 2, false},
		{"IIN of nobody", "111111111111", 0, 0, false},
		{"serial", rows[0].Serial, 0, 1, false},
		{"serial in groups", registry.GroupSerial(rows[1].Serial), 0, 1, false},
		{"beginning of a name", "ибра", 0, 2, false},
		{"two letters", "иб", 0, 0, true},
		{"nothing", " ", 0, 0, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, err := h.Search(h.ctx, operatorIIN, c.query)
			if (err != nil) != c.refused || len(f.Applications) != c.apps || len(f.Certificates) != c.certs {
				t.Errorf("%d applications, %d certificates: %v", len(f.Applications), len(f.Certificates), err)
			}
		})
	}
	if _, err := h.Search(h.ctx, aigerimIIN, number); err == nil {
		t.Error("somebody who is not staff searches")
	}
}
