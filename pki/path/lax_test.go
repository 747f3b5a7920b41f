package path

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
)

// The answers of testdata/ocsp are signed with SHA-1, so that they are judged under Lax; without it not one counts.
func TestOpenSSLsAnswersAreJudgedAsItJudgesThem(t *testing.T) {
	var cases []struct {
		Group, Title, Response, Trusted, Expect string
		Other                                   string `json:"other_certs"`
	}
	if err := json.Unmarshal(testdata.Read(t, "ocsp", "cases.json"), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 59 {
		t.Fatalf("%d cases", len(cases))
	}
	at := time.Unix(1355875200, 0)
	for _, c := range cases {
		raw, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(string(testdata.Read(t, "ocsp", c.Response))), ""))
		if err != nil {
			t.Fatal(err)
		}
		r, err := ocsp.ParseResponse(raw)
		if err != nil {
			t.Fatal(err)
		}
		others, err := cert.ParsePEM(testdata.Read(t, "ocsp", c.Other)) // the issuer, and who issued it
		if err != nil {
			t.Fatal(err)
		}
		anchors, issuer := []*cert.Certificate{load(t, "ocsp", c.Trusted)}, others[0]
		for _, lax := range []bool{true, false} {
			v := newSearch(background, Input{Time: at, Revocation: Soft, OCSPs: []*ocsp.Response{r}, Lax: lax})
			got, found := v.revocation(&cert.Certificate{Serial: r.Singles[0].CertID.Serial, RawIssuer: issuer.RawSubject}, issuer, true)
			valid := got.Source == "ocsp" && Validate(background, Input{Leaf: issuer, Intermediates: others, Anchors: anchors, Time: at, Lax: lax}).Valid()
			if want := lax && c.Expect == "valid"; valid != want {
				t.Errorf("%s, %s, %s, lax %v: %v, want %v: %v", c.Group, c.Title, c.Response, lax, valid, want, codes(Result{Findings: found}))
			}
			if valid && !(Result{Findings: found}).Has(finding.WeakAlgorithm) {
				t.Errorf("%s: not reported as weak", c.Response)
			}
		}
	}
}
