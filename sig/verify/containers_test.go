package verify

import (
	"crypto/rand"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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

// Every container of testdata/kz/p12: its certificate chains to the root of its authority, and the list that its README row names
// says of it what the row says.
func TestTheCertificateOfEveryNationalContainerHasItsREADMEsVerdict(t *testing.T) {
	roots, cas := certificates(t, "test")
	prodRoots, prodCAs := certificates(t, "prod")
	roots, cas = append(roots, prodRoots...), append(cas, prodCAs...)
	lists := map[string]*crl.List{}
	for _, name := range []string{"num14_2025.crl", "num166_2026.crl"} {
		list, err := crl.Parse(testdata.Read(t, "kz", "crl", "nca_gost2022_test_"+name))
		if err != nil {
			t.Fatal(err)
		}
		lists[name] = list
	}
	rows := map[string][]string{} // of the README, by the file's name
	for line := range strings.Lines(string(testdata.Read(t, "kz", "README.md"))) {
		if cells := strings.Split(line, "|"); len(cells) > 3 {
			for i := range cells {
				cells[i] = strings.Trim(cells[i], " *")
			}
			for name := range strings.SplitSeq(cells[1], ", ") {
				rows[strings.TrimSuffix(name, "….p12")] = cells
			}
		}
	}
	folders := map[string]string{"gost512-sdk2026": "num166_2026.crl", "gost512-test2022": "num14_2025.crl", "legacy": ""}
	seen := 0
	for folder, usual := range folders {
		for _, file := range testdata.Glob(t, "kz", "p12", folder, "*.p12") {
			seen++
			name := filepath.Base(file)
			row := rows[name]
			if prefix, rest, ok := strings.Cut(name, "_"); row == nil && ok { // the README shortens the names of 2018
				for key := range rows {
					if strings.HasPrefix(key, prefix+"_") && strings.HasPrefix(prefix+"_"+rest, key) {
						row = rows[key]
					}
				}
			}
			if row == nil {
				t.Errorf("%s: not in the README", name)
				continue
			}
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			entries, err := keyfile.Open(b, row[2])
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			c := entries[0].Certificate
			in := path.Input{Leaf: c, Anchors: roots, Intermediates: cas, Time: c.NotBefore.Add(time.Hour), Purpose: path.Sign}
			if c.IsAuthentication() {
				in.Purpose = path.Auth
			}
			if indication, sub, r := Certificate(background, in); indication != Passed || len(r.Chain) != 3 {
				t.Errorf("%s: %s %s, chain of %d", name, indication, sub, len(r.Chain))
			}
			if usual == "" {
				continue
			}
			if !strings.EqualFold(c.SerialHex(), row[3]) {
				t.Errorf("%s: serial number %s, want %s", name, c.SerialHex(), row[3])
			}
			// The dates are the certificate's, the evidence is that of the list's moment: half of them had ended by then.
			list := lists[usual]
			in.Dates, in.Time, in.Revocation, in.CRLs = in.Time, list.ThisUpdate.Add(time.Hour), path.Soft, []*crl.List{list}
			indication, sub, r := Certificate(background, in)
			want := ""
			if row[7] != "–" {
				want = RevokedNoPOE
			}
			if sub != want || (indication == Passed) != (want == "") || !r.Revocations[0].Checked {
				t.Errorf("%s: %s %q, want %q by %q", name, indication, sub, want, row[7])
			}
		}
	}
	if seen != 46 {
		t.Errorf("%d containers, want 46", seen)
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
