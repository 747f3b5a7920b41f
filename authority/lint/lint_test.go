package lint_test

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"errors"
	"math/big"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/authority/lint"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

type fixture struct {
	issuer   *cert.Certificate
	template *profile.Template
	tbs      cert.TBS
}

// individual is a real certificate of the national test hierarchy, ready to be bent.
func individual(t testing.TB) fixture {
	t.Helper()
	all, err := cert.ParsePEM(testdata.Read(t, "kz", "ca", "test", "nca_gost2022_test.cer"))
	if err != nil {
		t.Fatal(err)
	}
	issuer := all[0]
	entries, err := keyfile.Open(testdata.Read(t, "kz", "p12", "gost512-sdk2026", "individual__valid__individual_valid.p12"), "Qwerty12")
	if err != nil {
		t.Fatal(err)
	}
	c := entries[0].Certificate
	h := profile.Hierarchy{
		Issuer: issuer.RawSubject, KeyID: issuer.SubjectKeyID, Scheme: alg.SchemeByName("kz-gost-2015-512"), Policy: oid.KZNCAPolicy, CPS: "http://pki.gov.kz/cps",
		OCSP: c.OCSPURLs[0], CAIssuers: c.CAIssuersURLs[0], CRL: c.CRLURLs[0], DeltaCRL: c.FreshestCRLURLs[0],
	}
	return fixture{
		issuer: issuer, template: profile.National(h).Template(profile.IndividualSignGOST512),
		tbs: cert.TBS{Serial: c.Serial, Scheme: h.Scheme, Issuer: c.RawIssuer, Subject: c.Subject, NotBefore: c.NotBefore, NotAfter: c.NotAfter, SPKI: c.RawSPKI, Extensions: c.Extensions},
	}
}

func TestARealCertificatePasses(t *testing.T) {
	f := individual(t)
	tbs, err := f.tbs.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if err := lint.Check(f.template, f.issuer, tbs); err != nil {
		t.Errorf("refused: %v", err)
	}
}

func (f *fixture) replace(e cert.Extension) {
	f.tbs.Extensions = slices.Clone(f.tbs.Extensions)
	for i := range f.tbs.Extensions {
		if f.tbs.Extensions[i].OID == e.OID {
			f.tbs.Extensions[i] = e
		}
	}
}

func (f *fixture) name(i int, value string) {
	f.tbs.Subject = slices.Clone(f.tbs.Subject)
	a := f.tbs.Subject[i][0]
	a.Value = value
	f.tbs.Subject[i] = cert.RDN{a}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(t *testing.T, f *fixture)
		code string
	}{
		{"a serial of 19 octets", func(t *testing.T, f *fixture) { f.tbs.Serial = f.tbs.Serial[1:] }, "lint.serial"},
		{"a serial that begins below 10", func(t *testing.T, f *fixture) {
			f.tbs.Serial = append([]byte{0x0f}, f.tbs.Serial[1:]...)
		}, "lint.serial"},
		{"another issuer", func(t *testing.T, f *fixture) {
			f.tbs.Issuer = bytes.Replace(f.tbs.Issuer, []byte("TEST"), []byte("REAL"), 1)
		}, "lint.issuer-name"},
		{"another signature algorithm", func(t *testing.T, f *fixture) { f.tbs.Scheme = alg.SchemeByName("kz-gost-2004") }, "lint.form"},
		{"more than a year", func(t *testing.T, f *fixture) { f.tbs.NotAfter = f.tbs.NotAfter.Add(time.Second) }, "lint.validity-long"},
		{"an end after the issuer's", func(t *testing.T, f *fixture) {
			f.tbs.NotBefore, f.tbs.NotAfter = f.issuer.NotAfter.AddDate(0, -1, 0), f.issuer.NotAfter.AddDate(0, 1, 0)
		}, "lint.validity-issuer"},
		{"a beginning before the issuer's", func(t *testing.T, f *fixture) {
			f.tbs.NotBefore = f.issuer.NotBefore.Add(-time.Second)
			f.tbs.NotAfter = f.tbs.NotBefore.AddDate(0, 1, 0)
		}, "lint.validity-issuer"},
		{"no time at all", func(t *testing.T, f *fixture) { f.tbs.NotAfter = f.tbs.NotBefore }, "lint.validity"},
		{"no surname", func(t *testing.T, f *fixture) { f.tbs.Subject = slices.Delete(slices.Clone(f.tbs.Subject), 1, 2) }, "lint.subject-missing"},
		{"an organisation in a person's name", func(t *testing.T, f *fixture) {
			f.tbs.Subject = append(slices.Clone(f.tbs.Subject), cert.RDN{{Type: oid.Organization, Tag: 12, Value: "А"}})
		}, "lint.subject-extra"},
		{"another order of names", func(t *testing.T, f *fixture) {
			f.tbs.Subject = slices.Clone(f.tbs.Subject)
			f.tbs.Subject[0], f.tbs.Subject[1] = f.tbs.Subject[1], f.tbs.Subject[0]
		}, "lint.subject-missing"},
		{"a country in UTF8String", func(t *testing.T, f *fixture) {
			f.tbs.Subject = slices.Clone(f.tbs.Subject)
			f.tbs.Subject[3] = cert.RDN{{Type: oid.Country, Tag: 12, Value: "KZ"}}
		}, "lint.subject-type"},
		{"another country", func(t *testing.T, f *fixture) { f.name(3, "RU") }, "lint.subject-country"},
		{"a name of 65 characters", func(t *testing.T, f *fixture) { f.name(0, strings.Repeat("Ә", 65)) }, "lint.subject-length"},
		{"an invisible character", func(t *testing.T, f *fixture) { f.name(0, "ТЕСТОВ\u200bТЕСТ") }, "lint.subject-characters"},
		{"a space at the end", func(t *testing.T, f *fixture) { f.name(1, "ТЕСТОВ ") }, "lint.subject-characters"},
		{"a decomposed letter", func(t *testing.T, f *fixture) { f.name(1, "И\u0306") }, "lint.subject-characters"},
		{"a number without IIN", func(t *testing.T, f *fixture) { f.name(2, "123456789011") }, "lint.subject-iin"},
		{"the number of an organisation", func(t *testing.T, f *fixture) { f.name(2, "BIN123456789021") }, "lint.subject-iin"},
		{"no policy", func(t *testing.T, f *fixture) { f.tbs.Extensions = f.tbs.Extensions[1:] }, "lint.extension-missing"},
		{"another policy", func(t *testing.T, f *fixture) { f.replace(cert.ExtPolicies([]cert.Policy{{OID: oid.KZRootPolicy}})) }, "lint.policy"},
		{"an extension too many", func(t *testing.T, f *fixture) {
			f.tbs.Extensions = append(slices.Clone(f.tbs.Extensions), cert.ExtOCSPNoCheck())
		}, "lint.extension-extra"},
		{"an extension twice", func(t *testing.T, f *fixture) {
			f.tbs.Extensions = append(slices.Clone(f.tbs.Extensions), f.tbs.Extensions[0])
		}, "lint."},
		{"another order of extensions", func(t *testing.T, f *fixture) {
			f.tbs.Extensions = slices.Clone(f.tbs.Extensions)
			slices.Reverse(f.tbs.Extensions)
		}, "lint.extension-order"},
		{"basic constraints of an authority", func(t *testing.T, f *fixture) {
			f.tbs.Extensions = append(slices.Clone(f.tbs.Extensions), cert.ExtBasicConstraints(true, true, -1))
		}, "lint.usage-authority"},
		{"a usage that signs certificates", func(t *testing.T, f *fixture) {
			f.replace(cert.ExtKeyUsage(true, cert.DigitalSignature|cert.NonRepudiation|cert.KeyAgreement|cert.KeyCertSign))
		}, "lint.usage-authority"},
		{"a usage that is not critical", func(t *testing.T, f *fixture) {
			f.replace(cert.ExtKeyUsage(false, cert.DigitalSignature|cert.NonRepudiation|cert.KeyAgreement))
		}, "lint.critical"},
		{"one key to log in and to sign", func(t *testing.T, f *fixture) {
			f.replace(cert.ExtEKU(false, oid.EKUEmailProtection, oid.EKUClientAuth, oid.KZEKUIndividual))
		}, "lint.usage-both"},
		{"the powers of an operator", func(t *testing.T, f *fixture) {
			f.replace(cert.ExtEKU(false, oid.EKUEmailProtection, oid.KZEKUOperator))
		}, "lint.usage"},
		{"another key's identifier", func(t *testing.T, f *fixture) { f.replace(cert.ExtSKI(make([]byte, 20))) }, "lint.key-id"},
		{"another authority's identifier", func(t *testing.T, f *fixture) { f.replace(cert.ExtAKI(make([]byte, 20))) }, "lint.authority-key-id"},
		{"an address that nothing can fetch", func(t *testing.T, f *fixture) { f.replace(cert.ExtCRLDP("file:///etc/passwd")) }, "lint.address"},
		{"an address with a password", func(t *testing.T, f *fixture) { f.replace(cert.ExtCRLDP("http://a:b@example.kz/x.crl")) }, "lint.address"},
		{"the issuer's own key", func(t *testing.T, f *fixture) { f.tbs.SPKI = f.issuer.RawSPKI }, "lint.key-of-issuer"},
		{"a malformed extension", func(t *testing.T, f *fixture) {
			f.replace(cert.Extension{OID: oid.ExtSubjectKeyID, Value: []byte{5, 0}})
		}, "lint.extension-form"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := individual(t)
			c.bend(t, &f)
			tbs, err := f.tbs.Marshal()
			if err != nil && c.code == "lint." {
				return // the builder refuses it already
			}
			if err != nil {
				t.Fatal(err)
			}
			err = lint.Check(f.template, f.issuer, tbs)
			var faults fail.Fields
			if !errors.As(err, &faults) || !slices.ContainsFunc(faults, func(x fail.Field) bool { return strings.HasPrefix(x.Code, c.code) }) {
				t.Errorf("answered %v, want %s", err, c.code)
			}
		})
	}
}

func TestBytesThatAreNoCertificateAreRefused(t *testing.T) {
	f := individual(t)
	for _, tbs := range [][]byte{nil, {0x30}, {0x30, 0}, bytes.Repeat([]byte{0x30, 0x80}, 500)} {
		if err := lint.Check(f.template, f.issuer, tbs); fail.CodeOf(err) != "lint.form" {
			t.Errorf("%x: answered %v", tbs[:min(len(tbs), 8)], err)
		}
	}
}

func TestWeakRSAKeysAreRefused(t *testing.T) {
	prime := func(s string) *big.Int { n, _ := new(big.Int).SetString(s, 16); return n }
	// Two primes of 1024 bits, and the next prime after the first: made for this test.
	p := prime("d0b1c5f1f0a1" + strings.Repeat("a5c3", 60) + "0001")
	for !p.ProbablyPrime(10) {
		p.Add(p, big.NewInt(2))
	}
	near := new(big.Int).Add(p, big.NewInt(2))
	for !near.ProbablyPrime(10) {
		near.Add(near, big.NewInt(2))
	}
	far := new(big.Int).Add(p, new(big.Int).Lsh(big.NewInt(1), 1020))
	far.SetBit(far, 0, 1)
	for !far.ProbablyPrime(10) {
		far.Add(far, big.NewInt(2))
	}
	good := new(big.Int).Mul(p, far)
	small := new(big.Int).Div(good, big.NewInt(1987)) // 1987 is prime
	small.Mul(small.SetBit(small, 0, 1), big.NewInt(1987))
	for _, c := range []struct {
		name string
		n    *big.Int
		e    int
		weak bool
	}{
		{"a sound key", good, 65537, false},
		{"exponent 3", good, 3, true},
		{"an even exponent", good, 65538, true},
		{"a small factor", small, 65537, true},
		{"an even modulus", new(big.Int).Add(good, big.NewInt(1)), 65537, true},
		{"primes side by side", new(big.Int).Mul(p, near), 65537, true},
		{"a square", new(big.Int).Mul(p, p), 65537, true},
		{"1024 bits", new(big.Int).Rsh(good, 1024).SetBit(new(big.Int).Rsh(good, 1024), 0, 1), 65537, true},
		{"8192 bits", new(big.Int).Add(new(big.Int).Lsh(good, 6144), big.NewInt(1)), 65537, true},
		{"2041 bits", new(big.Int).SetBit(new(big.Int).Rsh(good, 7), 0, 1), 65537, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			pub := &alg.PublicKey{Kind: alg.KindByName("rsa"), Key: &rsa.PublicKey{N: c.n, E: c.e}}
			err := lint.Key(pub)
			if (err != nil) != c.weak || c.weak && fail.CodeOf(err) != "lint.key-weak" {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func FuzzCheckNeverPanics(f *testing.F) {
	x := individual(f)
	tbs, err := x.tbs.Marshal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(tbs)
	f.Fuzz(func(t *testing.T, b []byte) { _ = lint.Check(x.template, x.issuer, b) })
}

func BenchmarkKey(b *testing.B) {
	k, err := alg.GenerateKey(rand.Reader, alg.KindByName("rsa"), 2048)
	if err != nil {
		b.Fatal(err)
	}
	pub, _ := k.Public()
	for b.Loop() {
		_ = lint.Key(pub)
	}
}
