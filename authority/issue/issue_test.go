package issue_test

import (
	"crypto/rand"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/internal/testauthority"
)

func world(t testing.TB) *testauthority.World {
	s := memory.New()
	t.Cleanup(func() { s.Close() })
	w := testauthority.New(t, s, t.TempDir(), clock.NewManual(testauthority.Start))
	w.Hire(t)
	return w
}

func TestAnApprovedApplicationIsIssued(t *testing.T) {
	w := world(t)
	p := testauthority.Somebody()
	a := w.Apply(t, p, nil, profile.IndividualSignP256, profile.IndividualSignGOST512)
	rows, err := w.Issuer.Issue(t.Context(), w.Approve(t, a))
	if err != nil || len(rows) != 2 {
		t.Fatalf("issued %d certificates: %v", len(rows), err)
	}
	for n, row := range rows {
		c := testauthority.Parsed(t, row)
		if err := c.CheckSignature(w.Public.Authorities[row.Issuer].PublicKey); err != nil {
			t.Errorf("%s: %v", row.Subject(), err)
		}
		if c.IIN() != p.IIN || c.CommonName() != p.CommonName() {
			t.Errorf("the certificate names %s %s", c.IIN(), c.CommonName())
		}
		if row.Stage != registry.Issued || row.Status != registry.Valid || row.KeyHash != a.Requests[n].KeyHash {
			t.Errorf("the row is %+v", row)
		}
		if first := c.Serial[0]; len(c.Serial) != 20 || first < 0x10 || first > 0x7f {
			t.Errorf("the serial is %x", c.Serial)
		}
	}
	w.View(t, func(tx authority.Tx) error {
		a, err := tx.Application(a.Number)
		if err != nil || a.State != application.Issued {
			t.Errorf("the application is %s: %v", a.State, err)
		}
		return nil
	})
	if _, err := w.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	r := w.Verify(t)
	if r.Certificates != 3 || r.Applications != 1 || r.Signed != r.Entries || r.Signed == 0 {
		t.Errorf("the report is %+v", r)
	}
}

var randReader = rand.Reader
