package desk_test

import (
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/internal/testroom"
)

// Each try to sign in is a leaf that stays for good, so a stranger is slowed down before it and not after.
func TestTriesToSignInFillNoLog(t *testing.T) {
	p := newPlace(t)
	b := testroom.Open(t, p.server)
	form := b.Get("/desk/login").Form("/desk/login")
	form.Set("cms", "MAA=")
	form.Set("totp", "000000")
	slowed := 0
	for range 60 {
		if b.Post("/desk/login", form).Status == 503 {
			slowed++
		}
	}
	leaves := 0
	err := p.Store.View(t.Context(), func(tx authority.Tx) error {
		entries, err := tx.EntriesAfter(0, 1000)
		for _, e := range entries {
			if e.Act == "login.failed" {
				leaves++
			}
		}
		return err
	})
	if err != nil || leaves == 0 || leaves > 40 || slowed < 20 {
		t.Errorf("60 tries at once: %d were slowed down, %d leaves: %v", slowed, leaves, err)
	}
}

func TestASessionEndsWithTheCertificateThatOpenedIt(t *testing.T) {
	p := newPlace(t)
	admin := p.Hire(testroom.AdminIIN, "ӘКІМШІ", account.Administrator)
	b := p.signIn(p.op)
	act := func(act string) {
		t.Helper()
		c, err := p.OperatorRevocationChallenge(t.Context(), testroom.AdminIIN, "rsa", p.op.Auth.Certificate.SerialHex(), act, 0, "ключ потерян", testroom.Origin, "ru")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := p.RevokeByOperator(t.Context(), testroom.AdminIIN, c.Nonce, admin.Sign.Sign(t, c.Text)); err != nil {
			t.Fatal(err)
		}
	}
	act(statement.Hold)
	wants(t, b.Get("/desk"), 403, "больше не действует, сеанс завершён")
	act(statement.Lift)
	if at := b.Get("/desk"); !strings.HasPrefix(at.Path, "/desk/login") {
		t.Errorf("the old session goes on at %s", at.Path)
	}
	if at := p.signIn(p.op).Get("/desk"); at.Status != 200 {
		t.Errorf("who signs in again gets %d", at.Status)
	}
}
