package verify

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/sign"
)

// What each container of testdata/kz/p12/gost512-sdk2026 is by the last column of the README: held, superseded, or good.
func TestEveryNationalKeySignsAndItsSignatureHasTheVerdictOfItsCertificate(t *testing.T) {
	roots, cas := certificates(t, "test")
	list, err := crl.Parse(testdata.Read(t, "kz", "crl", "nca_gost2022_test_num166_2026.crl"))
	if err != nil {
		t.Fatal(err)
	}
	superseded := []string{"legal__valid__employee.p12", "legal__valid__infosystem.p12"}
	at := moment(t, "2026-08-12T00:00:00Z")
	for _, file := range testdata.Glob(t, "kz", "p12", "gost512-sdk2026", "*.p12") {
		name := filepath.Base(file)
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := keyfile.Open(b, "Qwerty12")
		if err != nil {
			t.Fatal(err)
		}
		message, err := sign.Sign(sign.Request{Content: []byte("Мен қол қоямын."), Key: entries[0].Key, Certificate: entries[0].Certificate, Time: at, Rand: rand.Reader})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		r, err := Verify(background, Input{File: message, Anchors: roots, Intermediates: cas, CRLs: []*crl.List{list}, Revocation: path.Soft, Time: at})
		if err != nil {
			t.Fatal(err)
		}
		want, status := 0, "good"
		switch {
		case name == superseded[0] || name == superseded[1]:
			want, status = 1, "revoked"
		case strings.Contains(name, "revoked"):
			want, status = 1, "hold"
		}
		if s := r.Signatures[0]; r.ExitCode() != want || s.Revocation == nil || s.Revocation.Status != status {
			t.Errorf("%s: exit %d, status %+v, want %d, %s: %+v", name, r.ExitCode(), s.Revocation, want, status, s.Errors)
		}
	}
}

func TestTheAuthenticationKeyOf2018DoesNotSign(t *testing.T) {
	b, err := os.ReadFile(testdata.Glob(t, "kz", "p12", "legacy", "AUTH_RSA256_*.p12")[0])
	if err != nil {
		t.Fatal(err)
	}
	entries, err := keyfile.Open(b, "Qwerty12")
	if err != nil {
		t.Fatal(err)
	}
	e := entries[0]
	_, err = sign.Sign(sign.Request{Content: []byte("x"), Key: e.Key, Certificate: e.Certificate, Time: e.Certificate.NotBefore, Rand: rand.Reader})
	if err == nil || !strings.Contains(err.Error(), sign.AuthenticationKey) {
		t.Errorf("signed with it: %v", err)
	}
}
