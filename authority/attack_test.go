package authority_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

const origin = "http://127.0.0.1:8080"

// A scene is a house with two operators, an administrator, an application that waits, and a person with certificates.
type scene struct {
	*house
	admin, op, second staffKeys
	waiting, secret   string // of another person, who is in the register
	number, code      string // of the person with certificates
	pens              map[string]pen
}

const secondIIN = "900101400035"

func newScene(t testing.TB) *scene {
	t.Helper()
	s := &scene{house: newHouse(t)}
	s.admin = s.hire(adminIIN, "Әкімші", account.Administrator)
	s.op = s.hire(operatorIIN, "Оператор", account.Operator)
	s.second = s.hire(secondIIN, "Екінші", account.Operator)
	s.register(otherIIN, "Басқа", "Адам", "")
	s.register(operatorIIN, "Оператор", "Тест", "")
	s.waiting, s.secret, _ = s.apply(otherIIN, otherIIN)
	s.number, s.code, s.pens = s.issuedTo(s.op, aigerimIIN)
	s.tick()
	return s
}

func (s *scene) decision(t testing.TB, number string) statement.Challenge {
	t.Helper()
	c, err := s.DecisionChallenge(s.ctx, operatorIIN, number, true, "", origin, "ru")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// swapKey puts a thief's key into the application, as somebody can who writes to the database.
func (s *scene) swapKey(number string) {
	s.t.Helper()
	csr := request(s.t, key(s.t, "thief", profile.IndividualSignGOST512))
	parsed, err := cert.ParseRequest(csr)
	if err != nil {
		s.t.Fatal(err)
	}
	if err := s.store.Update(s.ctx, func(tx authority.Tx) error {
		app, err := tx.Application(number)
		if err != nil {
			return err
		}
		app.Requests[1] = application.KeyRequest{Profile: profile.IndividualSignGOST512, CSR: csr, Hash: sum(csr), KeyHash: sum(parsed.RawSPKI)}
		return tx.PutApplication(app)
	}); err != nil {
		s.t.Fatal(err)
	}
}

// discreet checks that an error, which is logged, names neither a person nor anything that opens something.
func (s *scene) discreet(err error) {
	s.t.Helper()
	if err == nil {
		return
	}
	for what, secret := range map[string]string{
		"the number of an application": s.number, "the number of the one that waits": s.waiting, "a revocation code": s.code, "a draft's secret": s.secret,
		"an applicant": otherIIN, "a holder": aigerimIIN, "an operator": operatorIIN, "a name": "БРАЕВА", "the name that was typed": "Ибраева",
	} {
		if strings.Contains(err.Error(), secret) {
			s.t.Errorf("the log would hold %s: %v", what, err)
		}
	}
}

func TestDecideRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *scene) error
		code string
	}{
		{"a nonce of nothing", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, "NOTHING", s.op.sign.sign(t, c.Text))
			return err
		}, "statement.no-challenge"},
		{"the nonce of a login", func(t *testing.T, s *scene) error {
			c, err := s.LoginChallenge(s.ctx, origin, "ru")
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "statement.no-challenge"},
		{"the nonce of another challenge", func(t *testing.T, s *scene) error {
			one, two := s.decision(t, s.waiting), s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, one.Nonce, s.op.sign.sign(t, two.Text))
			return err
		}, "statement.content"},
		{"a text with one letter changed", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, strings.Replace(c.Text, "а", "a", 1)))
			return err
		}, "statement.content"},
		{"a text with a line break more at its end", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text+"\n"))
			return err
		}, "statement.content"},
		{"an authentication key", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.auth.sign(t, c.Text))
			return err
		}, "statement.authentication-key"},
		{"another operator's key", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.second.sign.sign(t, c.Text))
			return err
		}, "statement.other-signer"},
		{"another operator's session", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, secondIIN, c.Nonce, s.second.sign.sign(t, c.Text))
			return err
		}, "statement.other-signer"},
		{"an administrator", func(t *testing.T, s *scene) error {
			_, err := s.DecisionChallenge(s.ctx, adminIIN, s.waiting, true, "", origin, "ru")
			return err
		}, "staff.role"},
		{"the applicant's own key", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.pens[profile.IndividualSignGOST512].sign(t, c.Text))
			return err
		}, "statement.other-signer"},
		{"a person who is not staff", func(t *testing.T, s *scene) error {
			_, err := s.DecisionChallenge(s.ctx, aigerimIIN, s.waiting, true, "", origin, "ru")
			return err
		}, "staff.not-staff"},
		{"the operator's own application", func(t *testing.T, s *scene) error {
			number, _, _ := s.apply(operatorIIN, "operator as a person")
			_, err := s.DecisionChallenge(s.ctx, operatorIIN, number, true, "", origin, "ru")
			return err
		}, "application.own"},
		{"two signers", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			one := s.op.sign.sign(t, c.Text)
			two, err := cms.AddSigner(rand.Reader, one, []byte(c.Text), s.second.sign.key, s.second.sign.cert, cms.Options{SigningTime: start})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, two)
			return err
		}, "statement.signers"},
		{"a signature value with one bit turned", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			b := s.op.sign.sign(t, c.Text)
			b[len(b)-5] ^= 1
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, b)
			return err
		}, "statement.signature"},
		{"no signature at all", func(t *testing.T, s *scene) error {
			_, err := s.Decide(s.ctx, operatorIIN, s.decision(t, s.waiting).Nonce, []byte("yes"))
			return err
		}, "statement.not-a-signature"},
		{"a message beyond all size", func(t *testing.T, s *scene) error {
			_, err := s.Decide(s.ctx, operatorIIN, s.decision(t, s.waiting).Nonce, bytes.Repeat([]byte{0x30}, statement.MaxMessage+1))
			return err
		}, "statement.not-a-signature"},
		{"a signature that came too late", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			s.clock.Advance(15*time.Minute + time.Second)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "statement.expired"},
		{"an operator who was removed after he saw the text", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			if err := s.RemoveStaff(s.ctx, "test", operatorIIN); err != nil {
				t.Fatal(err)
			}
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "statement.revoked"},
		{"an operator whose certificate is on hold", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			hold, err := s.OperatorRevocationChallenge(s.ctx, adminIIN, "gost", s.op.sign.cert.SerialHex(), statement.Hold, 0, "потерян", origin, "ru")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.RevokeByOperator(s.ctx, adminIIN, hold.Nonce, s.admin.sign.sign(t, hold.Text)); err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "statement.revoked"},
		{"an application that another operator has refused meanwhile", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			refuse, err := s.DecisionChallenge(s.ctx, secondIIN, s.waiting, false, "нет документа", origin, "ru")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := s.Decide(s.ctx, secondIIN, refuse.Nonce, s.second.sign.sign(t, refuse.Text)); err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "application.moved-on"},
		{"an application that was withdrawn meanwhile", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			code, err := s.RevocationCode(s.ctx, s.waiting, s.secret)
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Cancel(s.ctx, s.waiting, code); err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "application.moved-on"},
		{"a person whom the register names otherwise meanwhile", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			s.register(otherIIN, "Жаңа", "Адам", "")
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "application.register-changed"},
		{"requests that were changed in the store after he saw the text", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			err := s.store.Update(s.ctx, func(tx authority.Tx) error {
				app, err := tx.Application(s.waiting)
				if err != nil {
					return err
				}
				app.Requests[1].Hash[0] ^= 1
				return tx.PutApplication(app)
			})
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "application.other-decision"},
		{"a key that was put in the place of the applicant's before he saw the text", func(t *testing.T, s *scene) error {
			s.swapKey(s.waiting)
			_, err := s.DecisionChallenge(s.ctx, operatorIIN, s.waiting, true, "", origin, "ru")
			return err
		}, "application.keys-changed"},
		{"such a key, under the statement of the one before", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			s.swapKey(s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "application.keys-changed"},
		{"approval of somebody who is not in the register", func(t *testing.T, s *scene) error {
			number, _, _ := s.apply("900101400045", "stranger")
			_, err := s.DecisionChallenge(s.ctx, operatorIIN, number, true, "", origin, "ru")
			return err
		}, "application.not-in-register"},
		{"a refusal without a reason", func(t *testing.T, s *scene) error {
			_, err := s.DecisionChallenge(s.ctx, operatorIIN, s.waiting, false, " \n", origin, "ru")
			return err
		}, "application.reason-missing"},
		{"a decision on what is issued", func(t *testing.T, s *scene) error {
			_, err := s.DecisionChallenge(s.ctx, operatorIIN, s.number, false, "поздно", origin, "ru")
			return err
		}, "application.moved-on"},
		{"a decision on a draft", func(t *testing.T, s *scene) error {
			app, _, err := s.StartDraft(s.ctx, "ru")
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.DecisionChallenge(s.ctx, operatorIIN, app.Number, true, "", origin, "ru")
			return err
		}, "application.not-found"},
		{"an operator of another authority, with the same number", func(t *testing.T, s *scene) error {
			c := s.decision(t, s.waiting)
			_, err := s.Decide(s.ctx, operatorIIN, c.Nonce, foreignOperator(t).sign(t, c.Text))
			return err
		}, "statement.foreign"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			before := s.acts()
			err := c.do(t, s)
			s.discreet(err)
			if fail.CodeOf(err) != c.code {
				t.Fatalf("answered %v, want %s", err, c.code)
			}
			if fail.Is(err, fail.Internal) {
				t.Errorf("%v has no kind", err)
			}
			s.issueAll()
			app, rows, err := s.Status(s.ctx, s.waiting)
			if err != nil || app.State == application.Signing || app.State == application.Issued || len(rows) != 0 {
				t.Errorf("after all it is %s with %d certificates: %v", app.State, len(rows), err)
			}
			if after := s.acts(); strings.HasPrefix(c.code, "statement.") && after["decision.refused"] != before["decision.refused"]+1 {
				t.Error("the refusal has no leaf")
			}
			if c.code != "application.other-decision" { // where the store was changed behind the log's back
				s.proven()
			}
		})
	}
}

var foreign pen

// foreignOperator is the signing pen of an operator of another authority of the same names, with the same number.
func foreignOperator(t testing.TB) pen {
	t.Helper()
	if foreign.key != nil {
		return foreign
	}
	dir := t.TempDir()
	c := ca.DemoConfig()
	for i := range c.Roots {
		c.Roots[i].Bits = min(c.Roots[i].Bits, 2048)
	}
	if _, err := ca.Init(ca.InitOptions{Data: dir, RootDir: dir + "/roots", Config: c, Secret: secret, Rand: rand.Reader, Now: start}); err != nil {
		t.Fatal(err)
	}
	other, err := ca.Open(dir, secret)
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: memory.New(), clock: clock.NewManual(start), ctx: context.Background()}
	if h.Authority, err = authority.New(authority.Options{Store: h.store, Hierarchy: other, Clock: h.clock, CheckIIN: func(string) error { return nil }}); err != nil {
		t.Fatal(err)
	}
	foreign = h.hire(operatorIIN, "Оператор", account.Operator).sign
	return foreign
}

func TestADecisionSentTwiceIsCarriedOutOnce(t *testing.T) {
	s := newScene(t)
	c := s.decision(t, s.waiting)
	message := s.op.sign.sign(t, c.Text)
	for range 3 {
		app, err := s.Decide(s.ctx, operatorIIN, c.Nonce, message)
		if err != nil || app.Number != s.waiting || len(app.Moves) < 3 {
			t.Fatalf("%+v: %v", app, err)
		}
		s.issueAll()
	}
	_, rows, err := s.Status(s.ctx, s.waiting)
	if err != nil || len(rows) != 2 {
		t.Errorf("%d certificates: %v", len(rows), err)
	}
	// Another operator does not get it answered with the same message.
	if _, err := s.Decide(s.ctx, secondIIN, c.Nonce, message); fail.CodeOf(err) != "statement.used" {
		t.Errorf("another operator: %v", err)
	}
	s.proven()
}

func TestADetachedSignatureIsTaken(t *testing.T) {
	s := newScene(t)
	c := s.decision(t, s.waiting)
	b, err := cms.Sign(rand.Reader, []byte(c.Text), s.op.sign.key, s.op.sign.cert, cms.Options{SigningTime: start, Detached: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Decide(s.ctx, operatorIIN, c.Nonce, b); err != nil {
		t.Fatal(err)
	}
	s.issueAll() // which judges the stored evidence again
	if s.state(s.waiting) != application.Issued {
		t.Errorf("it is %s", s.state(s.waiting))
	}
}

func TestLoginRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *scene, c statement.Challenge) error
		code string
	}{
		{"a signing key", func(t *testing.T, s *scene, c statement.Challenge) error {
			_, err := s.Login(s.ctx, c.Nonce, s.op.sign.sign(t, c.Text), s.op.totp.Code(s.clock.Now()))
			return err
		}, "statement.signing-key"},
		{"the key of somebody who is not staff", func(t *testing.T, s *scene, c statement.Challenge) error {
			_, err := s.Login(s.ctx, c.Nonce, s.pens[profile.IndividualAuthRSA].sign(t, c.Text), "000000")
			return err
		}, "staff.not-staff"},
		{"a wrong code", func(t *testing.T, s *scene, c statement.Challenge) error {
			_, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), s.second.totp.Code(s.clock.Now()))
			return err
		}, "staff.code-wrong"},
		{"no code", func(t *testing.T, s *scene, c statement.Challenge) error {
			_, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), "")
			return err
		}, "staff.code-wrong"},
		{"the same message and code again", func(t *testing.T, s *scene, c statement.Challenge) error {
			message, code := s.op.auth.sign(t, c.Text), s.op.totp.Code(s.clock.Now())
			if _, err := s.Login(s.ctx, c.Nonce, message, code); err != nil {
				t.Fatal(err)
			}
			_, err := s.Login(s.ctx, c.Nonce, message, s.op.totp.Code(s.clock.Now().Add(30*time.Second)))
			return err
		}, "statement.used"},
		{"a code that was used for another login", func(t *testing.T, s *scene, c statement.Challenge) error {
			if _, err := s.login(s.op, "ru"); err != nil {
				t.Fatal(err)
			}
			_, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), s.op.totp.Code(s.clock.Now()))
			return err
		}, "staff.code-wrong"},
		{"a message that failed once, with the right code", func(t *testing.T, s *scene, c statement.Challenge) error {
			message := s.op.auth.sign(t, c.Text)
			if _, err := s.Login(s.ctx, c.Nonce, message, "x"); err == nil {
				t.Fatal("x is a code")
			}
			_, err := s.Login(s.ctx, c.Nonce, message, s.op.totp.Code(s.clock.Now()))
			return err
		}, "statement.used"},
		{"a text that is six minutes old", func(t *testing.T, s *scene, c statement.Challenge) error {
			s.clock.Advance(6 * time.Minute)
			_, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), s.op.totp.Code(s.clock.Now()))
			return err
		}, "statement.expired"},
		{"the right code after five wrong ones", func(t *testing.T, s *scene, c statement.Challenge) error {
			for range 5 {
				c, err := s.LoginChallenge(s.ctx, origin, "ru")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), "x"); fail.CodeOf(err) != "staff.code-wrong" {
					t.Fatal(err)
				}
			}
			_, err := s.Login(s.ctx, c.Nonce, s.op.auth.sign(t, c.Text), s.op.totp.Code(s.clock.Now()))
			return err
		}, "staff.locked"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			challenge, err := s.LoginChallenge(s.ctx, origin, "ru")
			if err != nil {
				t.Fatal(err)
			}
			before := s.acts()["login.failed"]
			err = c.do(t, s, challenge)
			s.discreet(err)
			if fail.CodeOf(err) != c.code {
				t.Fatalf("answered %v, want %s", err, c.code)
			}
			if s.acts()["login.failed"] <= before {
				t.Error("the failed login has no leaf")
			}
		})
	}
}

func TestRevocationRefuses(t *testing.T) {
	holder := func(t *testing.T, s *scene) statement.Challenge {
		t.Helper()
		c, err := s.RevocationChallenge(s.ctx, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), 1, origin, "ru")
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	for _, c := range []struct {
		name string
		do   func(t *testing.T, s *scene) error
		code string
	}{
		{"another person's signing key", func(t *testing.T, s *scene) error {
			c := holder(t, s)
			_, err := s.RevokeByHolder(s.ctx, c.Nonce, s.second.sign.sign(t, c.Text))
			return err
		}, "certificate.not-yours"},
		{"the holder's authentication key", func(t *testing.T, s *scene) error {
			c := holder(t, s)
			_, err := s.RevokeByHolder(s.ctx, c.Nonce, s.pens[profile.IndividualAuthRSA].sign(t, c.Text))
			return err
		}, "statement.authentication-key"},
		{"an operator's text signed by the holder", func(t *testing.T, s *scene) error {
			c, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), statement.Hold, 0, "x", origin, "ru")
			if err != nil {
				t.Fatal(err)
			}
			_, err = s.RevokeByHolder(s.ctx, c.Nonce, s.pens[profile.IndividualSignGOST512].sign(t, c.Text))
			return err
		}, "statement.other-signer"},
		{"a holder's text signed by an operator at the desk", func(t *testing.T, s *scene) error {
			c := holder(t, s)
			_, err := s.RevokeByOperator(s.ctx, operatorIIN, c.Nonce, s.op.sign.sign(t, c.Text))
			return err
		}, "statement.other-signer"},
		{"a reason that is not a holder's to give", func(t *testing.T, s *scene) error {
			_, err := s.RevocationChallenge(s.ctx, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), 2, origin, "ru")
			return err
		}, "certificate.reason"},
		{"a serial of nothing", func(t *testing.T, s *scene) error {
			_, err := s.RevocationChallenge(s.ctx, "rsa", strings.Repeat("7F", 20), 1, origin, "ru")
			return err
		}, "certificate.not-found"},
		{"an operator's own certificate", func(t *testing.T, s *scene) error {
			_, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "gost", s.op.sign.cert.SerialHex(), statement.Hold, 0, "x", origin, "ru")
			return err
		}, "certificate.own"},
		{"an operator without words", func(t *testing.T, s *scene) error {
			_, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), statement.Revoke, 1, " ", origin, "ru")
			return err
		}, "application.reason-missing"},
		{"lifting what is not held", func(t *testing.T, s *scene) error {
			_, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), statement.Lift, 0, "x", origin, "ru")
			return err
		}, "certificate.not-held"},
		{"an act that there is not", func(t *testing.T, s *scene) error {
			_, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), "forget", 0, "x", origin, "ru")
			return err
		}, "certificate.act"},
		{"a suspended signing key", func(t *testing.T, s *scene) error {
			c := holder(t, s)
			if _, err := s.HoldByCode(s.ctx, s.number, s.code); err != nil {
				t.Fatal(err)
			}
			_, err := s.RevokeByHolder(s.ctx, c.Nonce, s.pens[profile.IndividualSignGOST512].sign(t, c.Text))
			return err
		}, "statement.revoked"},
		{"a hold sent again after it was lifted", func(t *testing.T, s *scene) error {
			act := func(what string) (statement.Challenge, []byte) {
				c, err := s.OperatorRevocationChallenge(s.ctx, operatorIIN, "rsa", s.pens[profile.IndividualAuthRSA].cert.SerialHex(), what, 0, "x", origin, "ru")
				if err != nil {
					t.Fatal(err)
				}
				b := s.op.sign.sign(t, c.Text)
				if _, err := s.RevokeByOperator(s.ctx, operatorIIN, c.Nonce, b); err != nil {
					t.Fatal(err)
				}
				return c, b
			}
			c, b := act(statement.Hold)
			act(statement.Lift)
			_, err := s.RevokeByOperator(s.ctx, operatorIIN, c.Nonce, b)
			return err
		}, "statement.used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			err := c.do(t, s)
			s.discreet(err)
			if fail.CodeOf(err) != c.code {
				t.Fatalf("answered %v, want %s", err, c.code)
			}
			if got := s.statuses(s.number)[profile.IndividualAuthRSA]; got == registry.Revoked {
				t.Error("it was revoked all the same")
			}
			s.proven()
		})
	}
}

// What a stranger writes where a nonce belongs does not go into the log, which keeps everything for good.
func TestARefusalRecordsOnlyAChallengeOfOurs(t *testing.T) {
	s := newScene(t)
	long := strings.Repeat("A", 60_000)
	for name, do := range map[string]func() error{
		"a revocation":             func() error { _, err := s.RevokeByHolder(s.ctx, long, nil); return err },
		"an operator's revocation": func() error { _, err := s.RevokeByOperator(s.ctx, operatorIIN, long, nil); return err },
		"a decision":               func() error { _, err := s.Decide(s.ctx, operatorIIN, long, nil); return err },
		"a login":                  func() error { _, err := s.Login(s.ctx, long, nil, long); return err },
	} {
		if err := do(); fail.CodeOf(err) != "statement.no-challenge" {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := s.store.View(s.ctx, func(tx authority.Tx) error {
		entries, err := tx.EntriesAfter(0, 1000)
		for _, e := range entries {
			if bytes.Contains(e.Payload, []byte("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")) {
				t.Errorf("%s holds %d octets of it", e.Act, len(e.Payload))
			}
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestWrongRevocationCodes(t *testing.T) {
	s := newScene(t)
	before := s.acts()["code.refused"]
	for range 5 {
		if _, err := s.HoldByCode(s.ctx, s.number, "0000-0000-0000-0000"); fail.CodeOf(err) != "application.code-wrong" {
			t.Fatal(err)
		}
	}
	if _, err := s.HoldByCode(s.ctx, s.number, s.code); fail.CodeOf(err) != "application.code-locked" {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	if err := s.Cancel(s.ctx, s.number, s.code); fail.CodeOf(err) != "application.code-locked" {
		t.Errorf("withdrawal meanwhile: %v", err)
	}
	if got := s.acts()["code.refused"]; got != before+7 {
		t.Errorf("%d leaves of wrong codes", got-before)
	}
	s.clock.Advance(15 * time.Minute)
	if held, err := s.HoldByCode(s.ctx, s.number, s.code); err != nil || len(held) != 2 {
		t.Errorf("held %d when the lock is over: %v", len(held), err)
	}
	if _, err := s.HoldByCode(s.ctx, s.waiting, s.code); fail.CodeOf(err) != "application.code-wrong" {
		t.Errorf("the code of another application: %v", err)
	}
	s.proven()
}

func TestAttachRefuses(t *testing.T) {
	s := newScene(t)
	auth, sign := profile.IndividualAuthRSA, profile.IndividualSignGOST512
	good := func() map[string][]byte {
		return map[string][]byte{auth: request(t, key(t, "fresh", auth)), sign: request(t, key(t, "fresh", sign))}
	}
	tampered := func(template string) []byte {
		b := request(t, key(t, "fresh", template))
		b[len(b)-3] ^= 1
		return b
	}
	// The key of one request in the envelope of another: what a thief of a public key would send.
	stolen := func() []byte {
		theirs, ours := key(t, otherIIN, sign), key(t, "fresh", sign)
		public, err := theirs.Public()
		if err != nil {
			t.Fatal(err)
		}
		mine, err := ours.Public()
		if err != nil {
			t.Fatal(err)
		}
		return bytes.Replace(request(t, ours), mine.SPKI, public.SPKI, 1)
	}
	short, err := alg.GenerateKey(rand.Reader, alg.KindByName("p256"), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		csrs map[string][]byte
		code string
	}{
		{"one request too few", map[string][]byte{auth: good()[auth]}, "application.keys-missing"},
		{"a request too many", func() map[string][]byte {
			m := good()
			m[profile.IndividualSignRSA] = request(t, key(t, "fresh", profile.IndividualSignRSA))
			return m
		}(), "application.keys-missing"},
		{"the template of an operator", map[string][]byte{auth: good()[auth], profile.OperatorSignGOST512: good()[sign]}, "application.keys-missing"},
		{"keys in each other's place", map[string][]byte{auth: good()[sign], sign: good()[auth]}, "lint.key-kind"},
		{"a key of another kind", map[string][]byte{auth: good()[auth], sign: request(t, short)}, "lint.key-kind"},
		{"a request whose signature is wrong", map[string][]byte{auth: good()[auth], sign: tampered(sign)}, "issue.request-signature"},
		{"another's key", map[string][]byte{auth: good()[auth], sign: stolen()}, "issue.request-signature"},
		{"no request at all", map[string][]byte{auth: good()[auth], sign: []byte("x")}, "issue.request-form"},
		{"a request beyond all size", map[string][]byte{auth: good()[auth], sign: bytes.Repeat([]byte{0x30}, 1<<20)}, "issue.request-form"},
		{"the keys of certificates that exist", map[string][]byte{auth: request(t, key(t, aigerimIIN, auth)), sign: good()[sign]}, "application.key-used"},
		{"the key of an operator", map[string][]byte{auth: request(t, s.op.auth.key), sign: good()[sign]}, "application.key-used"},
	} {
		t.Run(c.name, func(t *testing.T) {
			app, secret, err := s.StartDraft(s.ctx, "ru")
			if err != nil {
				t.Fatal(err)
			}
			if err := s.SaveAnswers(s.ctx, app.Number, secret, answers("900101400045")); err != nil {
				t.Fatal(err)
			}
			if err := s.AttachRequests(s.ctx, app.Number, secret, c.csrs); fail.CodeOf(err) != c.code {
				t.Errorf("answered %v, want %s", err, c.code)
			}
			if _, _, err := s.Submit(s.ctx, app.Number, secret); fail.CodeOf(err) != "application.keys-missing" {
				t.Errorf("submitted without keys: %v", err)
			}
		})
	}
}

func TestOneKeyInTwoApplicationsGetsOneCertificate(t *testing.T) {
	s := newScene(t)
	s.register("900101400045", "Тағы", "Біреу", "")
	number, _, _ := s.apply("900101400045", otherIIN) // the same keys as the application that waits
	for _, n := range []string{s.waiting, number} {
		s.decide(s.op, n, true, "")
	}
	s.issueAll()
	_, first, _ := s.Status(s.ctx, s.waiting)
	second, none, err := s.Status(s.ctx, number)
	if err != nil || len(first) != 2 || len(none) != 0 || second.State != application.Rejected {
		t.Errorf("%d and %d certificates, the second is %s: %v", len(first), len(none), second.State, err)
	}
	if reason := second.Moves[len(second.Moves)-1].Reason; !authority.Messages().Has(reason) {
		t.Errorf("the applicant is told %q", reason)
	}
	s.proven()
}

func TestADraftIsItsMakers(t *testing.T) {
	s := newScene(t)
	app, secret, err := s.StartDraft(s.ctx, "ru")
	if err != nil {
		t.Fatal(err)
	}
	for _, thief := range []string{"", "x", s.secret} {
		if _, err := s.Draft(s.ctx, app.Number, thief); !fail.Is(err, fail.Forbidden) {
			t.Errorf("read with %q: %v", thief, err)
		}
		if err := s.SaveAnswers(s.ctx, app.Number, thief, answers(aigerimIIN)); !fail.Is(err, fail.Forbidden) {
			t.Errorf("written with %q: %v", thief, err)
		}
		if err := s.AttachRequests(s.ctx, app.Number, thief, nil); !fail.Is(err, fail.Forbidden) {
			t.Errorf("keys with %q: %v", thief, err)
		}
		if _, _, err := s.Submit(s.ctx, app.Number, thief); !fail.Is(err, fail.Forbidden) {
			t.Errorf("submitted with %q: %v", thief, err)
		}
		if _, err := s.RevocationCode(s.ctx, s.number, thief); !fail.Is(err, fail.Forbidden) {
			t.Errorf("code with %q: %v", thief, err)
		}
	}
	if _, _, err := s.Status(s.ctx, app.Number); !fail.Is(err, fail.NotFound) {
		t.Errorf("a stranger sees the draft: %v", err)
	}
	if err := s.SaveAnswers(s.ctx, s.waiting, s.secret, answers(aigerimIIN)); fail.CodeOf(err) != "application.submitted" {
		t.Errorf("answers changed after submission: %v", err)
	}
	if err := s.AttachRequests(s.ctx, s.waiting, s.secret, map[string][]byte{}); fail.CodeOf(err) != "application.submitted" {
		t.Errorf("keys changed after submission: %v", err)
	}
	if _, err := s.RevocationCode(s.ctx, app.Number, secret); fail.CodeOf(err) != "application.not-submitted" {
		t.Errorf("code of a draft: %v", err)
	}
	one, code, err := s.Submit(s.ctx, s.waiting, s.secret)
	if err != nil {
		t.Fatal(err)
	}
	two, again, err := s.Submit(s.ctx, s.waiting, s.secret)
	if err != nil || again != code || two.Version != one.Version || len(two.Moves) != 1 {
		t.Errorf("a second click made %d moves: %v", len(two.Moves), err)
	}
}

func TestSubmissionDoesNotTellWhoIsInTheRegister(t *testing.T) {
	s := newScene(t)
	known, _, err := s.Status(s.ctx, s.waiting)
	if err != nil {
		t.Fatal(err)
	}
	number, _, _ := s.apply("900101400045", "stranger")
	unknown, _, err := s.Status(s.ctx, number)
	if err != nil {
		t.Fatal(err)
	}
	if known.State != unknown.State || len(known.Moves) != len(unknown.Moves) || known.Person != unknown.Person {
		t.Errorf("%+v and %+v", known, unknown)
	}
}

func TestAStoredApprovalThatWasForgedIssuesNothing(t *testing.T) {
	for _, c := range []struct {
		name  string
		forge func(s *scene, app *application.Application)
	}{
		{"a state without a decision", func(s *scene, app *application.Application) {}},
		{"the decision of another application", func(s *scene, app *application.Application) {
			other, _, err := s.Status(s.ctx, s.number)
			if err != nil {
				s.t.Fatal(err)
			}
			app.Moves = append(app.Moves, other.Moves[1])
		}},
		{"a person of another name", func(s *scene, app *application.Application) {
			s.decide(s.op, s.waiting, true, "")
			decided, _, err := s.Status(s.ctx, s.waiting)
			if err != nil {
				s.t.Fatal(err)
			}
			*app = *decided
			app.Person.Surname = "ЧУЖАЯ"
		}},
		{"another request in the place of the approved one", func(s *scene, app *application.Application) {
			s.decide(s.op, s.waiting, true, "")
			decided, _, err := s.Status(s.ctx, s.waiting)
			if err != nil {
				s.t.Fatal(err)
			}
			*app = *decided
			csr := request(s.t, key(s.t, "thief", profile.IndividualSignGOST512))
			parsed, err := cert.ParseRequest(csr)
			if err != nil {
				s.t.Fatal(err)
			}
			app.Requests[1] = application.KeyRequest{Profile: profile.IndividualSignGOST512, CSR: csr, Hash: sum(csr), KeyHash: sum(parsed.RawSPKI)}
		}},
		// Somebody who writes to the database, with an operator's key: the answer about its certificate may be from before the
		// operator was removed, and the moment is a row too.
		{"a decision that the log does not know", func(s *scene, app *application.Application) {
			c := s.decision(s.t, s.waiting)
			answer, err := s.Responder().OCSP(s.ctx, s.op.sign.cert, hierarchy.Authority("gost").Certificate)
			if err != nil {
				s.t.Fatal(err)
			}
			at := s.clock.Now()
			s.tick()
			if err := s.RemoveStaff(s.ctx, "test", operatorIIN); err != nil {
				s.t.Fatal(err)
			}
			app.Moves = append(app.Moves, application.Move{
				From: application.New, To: application.Identified, By: application.RA, Who: operatorIIN, Text: c.Text,
				Evidence: s.op.sign.sign(s.t, c.Text), OCSP: answer.Raw, Checked: at,
			})
		}},
		{"a decision that the applicant signed himself", func(s *scene, app *application.Application) {
			c := s.decision(s.t, s.waiting)
			answer, err := s.Responder().OCSP(s.ctx, s.pens[profile.IndividualSignGOST512].cert, hierarchy.Authority("gost").Certificate)
			if err != nil {
				s.t.Fatal(err)
			}
			app.Moves = append(app.Moves, application.Move{
				From: application.New, To: application.Identified, By: application.RA, Who: operatorIIN, Text: c.Text,
				Evidence: s.pens[profile.IndividualSignGOST512].sign(s.t, c.Text), OCSP: answer.Raw, Checked: s.clock.Now(),
			})
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newScene(t)
			app, _, err := s.Status(s.ctx, s.waiting)
			if err != nil {
				t.Fatal(err)
			}
			c.forge(s, app)
			app.State = application.Signing
			if app.Person.IIN == "" {
				app.Person.IIN, app.Person.Surname, app.Person.Name = otherIIN, "БАСҚА", "АДАМ"
			}
			if err := s.store.Update(s.ctx, func(tx authority.Tx) error { return tx.PutApplication(app) }); err != nil {
				t.Fatal(err)
			}
			s.discreet(s.WorkIssue(s.ctx))
			s.discreet(s.Resume(s.ctx))
			after, rows, err := s.Status(s.ctx, s.waiting)
			if err != nil || len(rows) != 0 || after.State != application.Rejected {
				t.Errorf("%d certificates, %s: %v", len(rows), after.State, err)
			}
		})
	}
}

func TestAnAddressForLettersIsSeenAsItIs(t *testing.T) {
	h := newHouse(t)
	app, secret, err := h.StartDraft(h.ctx, "ru")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name, email string
		ok          bool
	}{
		{"none", "", true},
		{"an ordinary one", "aigerim@example.kz", true},
		{"of Kazakh letters", "әйгерім@пошта.қаз", true},
		{"with a name before it", "Әйгерім <aigerim@example.kz>", false},
		{"a header behind it", "a@example.kz\r\nBcc: b@example.kz", false},
		{"a host without a domain", "a@localhost", false},
		{"a turn of the writing direction", "a\u202eb@example.kz", false},
		{"an invisible character in the host", "a@exam\u200bple.kz", false},
		{"a line separator", "a\u2028b@example.kz", false},
		{"a next line", "a\u0085b@example.kz", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := answers(aigerimIIN)
			a.Email = c.email
			if err := h.SaveAnswers(h.ctx, app.Number, secret, a); (err == nil) != c.ok || err != nil && err.(fail.Fields)[0].Code != "application.email" {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestAnswersTellEveryFaultAtOnce(t *testing.T) {
	h := newHouse(t)
	strict, err := authority.New(authority.Options{Store: h.store, Hierarchy: hierarchy, Clock: h.clock})
	if err != nil {
		t.Fatal(err)
	}
	app, secret, err := strict.StartDraft(h.ctx, "xx")
	if err != nil || app.Answers.Language != "ru" {
		t.Fatalf("%+v: %v", app, err)
	}
	err = strict.SaveAnswers(h.ctx, app.Number, secret, application.Answers{
		IIN: "123456789011", Surname: "", Name: "А1", Patronymic: strings.Repeat("А", 65), Email: "x@", Storage: "token", Signing: "ec",
	})
	want := map[string]string{
		"iin": "iin.checksum", "surname": "application.surname-missing", "name": "person.name-letters", "patronymic": "person.name-long", "email": "application.email",
		"locality": "application.locality-missing", "storage": "application.storage", "signing": "application.signing", "agreement": "application.agreement",
	}
	fields, ok := err.(fail.Fields)
	if !ok || len(fields) != len(want) {
		t.Fatalf("answered %v", err)
	}
	for _, f := range fields {
		if want[f.Name] != f.Code {
			t.Errorf("%s: %s, want %s", f.Name, f.Code, want[f.Name])
		}
	}
}

func TestAnAuthorityThatItsRootRevokedSignsForNobody(t *testing.T) {
	dir := t.TempDir()
	c := ca.DemoConfig()
	for i := range c.Roots {
		c.Roots[i].Bits = min(c.Roots[i].Bits, 2048)
	}
	if _, err := ca.Init(ca.InitOptions{Data: dir, RootDir: dir + "/roots", Config: c, Secret: secret, Rand: rand.Reader, Now: start}); err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, store: memory.New(), clock: clock.NewManual(start), ctx: context.Background()}
	open := func() {
		opened, err := ca.Open(dir, secret)
		if err != nil {
			t.Fatal(err)
		}
		if h.Authority, err = authority.New(authority.Options{Store: h.store, Hierarchy: opened, Clock: h.clock, CheckIIN: func(string) error { return nil }}); err != nil {
			t.Fatal(err)
		}
	}
	open()
	op := h.hire(operatorIIN, "Оператор", account.Operator)
	if _, err := h.login(op, "ru"); err != nil {
		t.Fatal(err)
	}
	if err := ca.RenewRootLists(rand.Reader, dir, dir+"/roots", secret, start.Add(time.Minute), map[string]int{"rsa": 2}); err != nil {
		t.Fatal(err)
	}
	h.clock.Advance(2 * time.Minute)
	open()
	if _, err := h.login(op, "ru"); !fail.Is(err, fail.Forbidden) {
		t.Errorf("signed in under a revoked authority: %v", err)
	}
}
