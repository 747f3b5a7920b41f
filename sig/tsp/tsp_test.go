package tsp

import (
	"testing"
	"time"

	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/sig/cms"
)

func TestNationalTokens(t *testing.T) {
	for _, c := range []struct {
		file   string
		policy oid.OID
		at     string
	}{
		{"tsp_token.bin", oid.KZPolicyTSAGost2004, "2022-09-18T13:20:14Z"},
		{"prod_tsa_gost512_token_2026.der", oid.KZPolicyTSAGost2015512, ""},
	} {
		token, err := Parse(testdata.Read(t, "kz", "tsp", c.file))
		if err != nil {
			t.Fatal(err)
		}
		if !token.Check(nil).Good() || token.Policy != c.policy || c.at != "" && token.Time.Format(time.RFC3339) != c.at {
			t.Errorf("%s: policy %s, time %v", c.file, token.Policy, token.Time)
		}
	}
}

func TestATokenCoversTheSignatureItWasMadeFor(t *testing.T) {
	m, err := cms.Parse(testdata.Read(t, "kz", "cms", "individual_attached.der"))
	if err != nil {
		t.Fatal(err)
	}
	token, err := Parse(m.Signers[0].Timestamps[0])
	if err != nil {
		t.Fatal(err)
	}
	if !token.Covers(m.Signers[0].Signature) {
		t.Error("it doesn't cover its signature")
	}
	if token.Covers(append([]byte{0}, m.Signers[0].Signature...)) {
		t.Error("it covers another signature")
	}
	weak, err := Parse(testdata.Read(t, "kz", "tsp", "tsp_token.bin"))
	if err != nil || weak.Hash.OID != oid.SHA1 {
		t.Fatalf("the sample's imprint was to be SHA-1: %v", err)
	}
}

func TestParseRefuses(t *testing.T) {
	for _, elem := range [][]string{{"kz", "cms", "individual_attached.der"}, {"kz", "tsp", "tsp_response.bin"}, {"kz", "cert", "individual_signer.cer"}} {
		if _, err := Parse(testdata.Read(t, elem...)); err == nil {
			t.Errorf("%v was read as a token", elem)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, name := range []string{"tsp_token.bin", "prod_tsa_gost512_token_2026.der"} {
		f.Add(testdata.Read(f, "kz", "tsp", name))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if token, err := Parse(b); err == nil {
			token.Covers(b)
			token.Check(nil)
		}
	})
}
