package profile_test

import (
	"bytes"
	"encoding/hex"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

func octets(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func utc(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse("2006-01-02 15:04:05", s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// dn makes a name the way configuration does: from words.
func dn(t testing.TB, commonName string) []byte {
	t.Helper()
	b, err := cert.Name{
		{{Type: oid.CommonName, Tag: uint8(der.TagUTF8String), Value: commonName}},
		{{Type: oid.Country, Tag: uint8(der.TagPrintableString), Value: "KZ"}},
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func sample(t testing.TB, elem ...string) *cert.Certificate {
	t.Helper()
	b := testdata.Read(t, append([]string{"kz"}, elem...)...)
	all, err := cert.ParsePEM(b)
	if err != nil || len(all) != 1 {
		t.Fatalf("couldn't read %v: %v", elem, err)
	}
	return all[0]
}

func container(t testing.TB, password string, elem ...string) *cert.Certificate {
	t.Helper()
	entries, err := keyfile.Open(testdata.Read(t, append([]string{"kz", "p12"}, elem...)...), password)
	if err != nil || len(entries) != 1 {
		t.Fatalf("couldn't open %v: %v", elem, err)
	}
	return entries[0].Certificate
}

const (
	rootName = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) TEST 2022"
	ncaName  = "ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) TEST 2022"
	ncaKey   = "FAD24B1BA3A0C961FE1CA8503E6AA2BB450DB8A3"
)

// national is the national test hierarchy of 2022, in words (facts/kz-pki.md sections 2.1, 2.2, 2.4).
func national(t testing.TB) profile.Hierarchy {
	return profile.Hierarchy{
		Issuer: dn(t, ncaName), KeyID: octets(t, ncaKey), Scheme: alg.SchemeByName("kz-gost-2015-512"),
		Policy: "1.2.398.3.3.2", CPS: "http://pki.gov.kz/cps",
		OCSP:      "http://test.pki.gov.kz/ocsp/",
		CAIssuers: "http://test.pki.gov.kz/cert/nca_gost2022_test.cer",
		CRL:       "http://test.pki.gov.kz/crl/nca_gost2022_test.crl",
		DeltaCRL:  "http://test.pki.gov.kz/crl/nca_gost2022_d_test.crl",
	}
}

// root is the national test root of 2022, as the certificates that it signs name it.
func root(t testing.TB) profile.Hierarchy {
	return profile.Hierarchy{
		Issuer: dn(t, rootName), KeyID: octets(t, "A7D3AB7790372E5B698170DDE60CCCA38BC3A4B2"), Scheme: alg.SchemeByName("kz-gost-2015-512"),
		IssuerIssuer: dn(t, rootName), IssuerSerial: octets(t, "27D3AB7790372E5B698170DDE60CCCA38BC3A4B2"),
	}
}

func TestTheTemplatesMakeTheSameBytesAsTheNationalAuthority(t *testing.T) {
	for _, c := range []struct {
		name      string
		sample    func(t testing.TB) *cert.Certificate
		template  string
		hierarchy func(t testing.TB) profile.Hierarchy
		request   profile.Request
		serial    string
		from, to  string
	}{
		{
			name: "signing certificate of an individual, 2026",
			sample: func(t testing.TB) *cert.Certificate {
				return container(t, "Qwerty12", "gost512-sdk2026", "individual__valid__individual_valid.p12")
			},
			template:  profile.IndividualSignGOST512,
			hierarchy: national,
			request:   profile.Request{CommonName: "ТЕСТОВ ТЕСТ", Surname: "ТЕСТОВ", Patronymic: "ТЕСТОВИЧ", IIN: "123456789011"},
			serial:    "6C425659BD2FC6DC587B871AEDE1857727CF8451", from: "2026-05-08 06:45:13", to: "2027-05-08 06:45:13",
		},
		{
			name:     "issuing authority, 2022",
			sample:   func(t testing.TB) *cert.Certificate { return sample(t, "ca", "test", "nca_gost2022_test.cer") },
			template: profile.Issuing,
			hierarchy: func(t testing.TB) profile.Hierarchy {
				h := root(t)
				h.Policy, h.CPS = "1.2.398.3.3.2", " http://pki.gov.kz/cps" // the space is the national authority's
				h.CRL, h.CAIssuers = "http://crl.root.gov.kz/gost_test_2022.crl", "http://root.gov.kz/cert/root_test_gost_2022.cer"
				return h
			},
			request: profile.Request{CommonName: ncaName},
			serial:  "7AD24B1BA3A0C961FE1CA8503E6AA2BB450DB8A3", from: "2022-07-07 09:55:23", to: "2032-07-04 09:55:23",
		},
		{
			name:     "root, 2022",
			sample:   func(t testing.TB) *cert.Certificate { return sample(t, "ca", "test", "root_test_gost_2022.cer") },
			template: profile.Root,
			hierarchy: func(t testing.TB) profile.Hierarchy {
				h := root(t)
				h.Policy, h.CPS = "1.2.398.3.1.2", "http://root.gov.kz/cps"
				return h
			},
			request: profile.Request{CommonName: rootName},
			serial:  "27D3AB7790372E5B698170DDE60CCCA38BC3A4B2", from: "2022-07-07 09:05:52", to: "2032-07-07 09:05:52",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			want := c.sample(t)
			r := c.request
			r.PublicKey, r.Serial, r.NotBefore, r.NotAfter = want.PublicKey, octets(t, c.serial), utc(t, c.from), utc(t, c.to)
			got, err := profile.National(c.hierarchy(t)).Template(c.template).TBS(r)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.RawTBS) {
				t.Errorf("made\n%x\nwant\n%x", got, want.RawTBS)
			}
		})
	}
}

func TestEveryIndividualOfTheSamplesCanBeMadeAgain(t *testing.T) {
	// The samples of 2023 to 2026; those of 2022 have another keyUsage (facts/kz-pki.md section 2.4).
	for _, file := range []string{
		"gost512-sdk2026/individual__revoked__individual_revoked.p12",
		"gost512-test2022/GOST512_02c7a21f2df78b99cb67323e2e255779bb6ae309.p12",
		"gost512-test2022/GOST512_0d79679f360a2da49a631a0b1ac76f76c34b6f24.p12",
		"gost512-test2022/GOST512_145fc4910ee07ff689aeceee0f1d09d2441d0670.p12",
		"gost512-test2022/GOST512_8147287582df9bb4710e461804acd49b88bf45c4.p12",
	} {
		t.Run(file, func(t *testing.T) {
			want := container(t, "Qwerty12", file)
			got, err := profile.National(national(t)).Template(profile.IndividualSignGOST512).TBS(profile.Request{
				CommonName: want.CommonName(), Surname: want.Subject.Get(oid.Surname), Patronymic: want.Subject.Get(oid.GivenName), IIN: want.IIN(),
				PublicKey: want.PublicKey, Serial: want.Serial, NotBefore: want.NotBefore, NotAfter: want.NotAfter,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want.RawTBS) {
				t.Errorf("made\n%x\nwant\n%x", got, want.RawTBS)
			}
		})
	}
}

func TestWhatTheHierarchyLacksIsLeftOut(t *testing.T) {
	h := national(t)
	h.DeltaCRL, h.OCSP = "", ""
	key := container(t, "Qwerty12", "gost512-sdk2026", "individual__valid__individual_valid.p12").PublicKey
	tbs, err := profile.National(h).Template(profile.IndividualSignGOST512).TBS(profile.Request{
		CommonName: "А", Surname: "А", IIN: "123456789011", PublicKey: key, Serial: []byte{0x10, 1},
		NotBefore: utc(t, "2026-01-01 00:00:00"), NotAfter: utc(t, "2027-01-01 00:00:00"),
	})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cert.Assemble(tbs, h.Scheme, make([]byte, 128))
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	if cert.Find(c.Extensions, oid.ExtFreshestCRL) != nil || len(c.OCSPURLs) != 0 || len(c.CAIssuersURLs) != 1 {
		t.Errorf("has %v", c.View())
	}
	if c.Subject.Get(oid.GivenName) != "" || len(c.Subject) != 4 {
		t.Errorf("an absent patronymic left %s", c.Subject)
	}
}

func TestUsageAndPurposesOfEachTemplate(t *testing.T) {
	for _, c := range []struct {
		template, usage string // the value of keyUsage in hexadecimal
		purposes        []oid.OID
	}{
		{profile.IndividualAuthRSA, "030205a0", []oid.OID{"1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.1.1"}},
		{profile.IndividualSignRSA, "030206c0", []oid.OID{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.1"}},
		{profile.IndividualSignGOST512, "030203c8", []oid.OID{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.1"}},
		{profile.OperatorAuthRSA, "030205a0", []oid.OID{"1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.2.3"}},
		{profile.OperatorSignGOST512, "030203c8", []oid.OID{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.2.3"}},
		{profile.AdministratorAuthRSA, "030205a0", []oid.OID{"1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.2.1"}},
		{profile.AdministratorSignGOST512, "030203c8", []oid.OID{"1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.2.1"}},
		{profile.OCSPResponder, "03020780", []oid.OID{"1.3.6.1.5.5.7.3.9"}},
	} {
		t.Run(c.template, func(t *testing.T) {
			tm := profile.National(profile.Hierarchy{}).Template(c.template)
			if got := hex.EncodeToString(cert.ExtKeyUsage(true, tm.Usage).Value); got != c.usage {
				t.Errorf("keyUsage %s, want %s", got, c.usage)
			}
			if len(tm.Purposes) != len(c.purposes) || tm.Purposes[0] != c.purposes[0] || tm.Purposes[len(tm.Purposes)-1] != c.purposes[len(c.purposes)-1] {
				t.Errorf("purposes %v, want %v", tm.Purposes, c.purposes)
			}
		})
	}
}

func TestAKeyOfAnotherKindIsRefused(t *testing.T) {
	key := container(t, "Qwerty12", "gost512-sdk2026", "individual__valid__individual_valid.p12").PublicKey
	if _, err := profile.National(national(t)).Template(profile.IndividualAuthRSA).TBS(profile.Request{PublicKey: key}); err == nil {
		t.Error("a GOST key went into an RSA template")
	}
}
