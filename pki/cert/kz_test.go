package cert_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

func load(t testing.TB, path ...string) *cert.Certificate {
	t.Helper()
	list, err := cert.ParsePEM(testdata.Read(t, path...))
	if err != nil {
		t.Fatalf("%s: %v", filepath.Join(path...), err)
	}
	if len(list) != 1 {
		t.Fatalf("%s: %d certificates", filepath.Join(path...), len(list))
	}
	return list[0]
}

// TestKazakhCertificatesChain is the README of testdata/kz and table 2.1 of facts/kz-pki.md.
func TestKazakhCertificatesChain(t *testing.T) {
	rows := []struct {
		file, issuer string // below testdata/kz
		serial       string // its beginning
		bits         int
		skiOctets    int
	}{
		{"ca/prod/root_gost.pem", "ca/prod/root_gost.pem", "561E7A76", 256, 20},
		{"ca/prod/root_rsa.pem", "ca/prod/root_rsa.pem", "54A51869", 4096, 20},
		{"ca/prod/nca_gost.pem", "ca/prod/root_gost.pem", "46170A97", 256, 4},
		{"ca/prod/nca_rsa.pem", "ca/prod/root_rsa.pem", "3576F5B3", 4096, 4},
		{"ca/prod/root_gost_2020.cer", "ca/prod/root_gost_2020.cer", "1D594101", 256, 20},
		{"ca/prod/root_rsa_2020.cer", "ca/prod/root_rsa_2020.cer", "54B3B740", 4096, 20},
		{"ca/prod/root_gost_2022.pem", "ca/prod/root_gost_2022.pem", "13B00CFB", 512, 20},
		{"ca/prod/nca_gost_2022.pem", "ca/prod/root_gost_2022.pem", "7E30BE9F", 512, 20},
		{"ca/prod/nca_rsa_2022.cer", "ca/prod/root_rsa_2020.cer", "5CAE24D7", 4096, 20},
		{"ca/prod/btsd_gost.cer", "ca/prod/root_gost_2020.cer", "1F8C2003", 256, 20},
		{"ca/prod/ucgo_gost.cer", "ca/prod/root_gost_2020.cer", "1E07B6C6", 256, 20},
		{"ca/test/root_gost_test.crt", "ca/test/root_gost_test.crt", "02C7E4FA", 256, 20},
		{"ca/test/root_rsa_test.crt", "ca/test/root_rsa_test.crt", "53C77DFF", 4096, 20},
		{"ca/test/nca_gost_test.crt", "ca/test/root_gost_test.crt", "1236E8F1", 256, 20},
		{"ca/test/nca_rsa_test.crt", "ca/test/root_rsa_test.crt", "452A6437", 4096, 20},
		{"ca/test/root_test_gost_2022.cer", "ca/test/root_test_gost_2022.cer", "27D3AB77", 512, 20},
		{"ca/test/nca_gost2022_test.cer", "ca/test/root_test_gost_2022.cer", "7AD24B1B", 512, 20},
		{"cert/ceo_valid_sign_2004_gost.cer", "ca/test/nca_gost_test.crt", "", 256, 20},
		{"cert/individual_valid_sign_2004_rsa.cer", "ca/test/nca_rsa_test.crt", "", 2048, 20},
		{"cert/individual_valid_sign_2004_rsa_auth.cer", "ca/test/nca_rsa_test.crt", "", 2048, 20},
		{"cert/individual_signer.cer", "ca/test/nca_gost2022_test.cer", "6C425659", 512, 20},
		{"cert/legal_entity_signer.cer", "ca/test/nca_gost2022_test.cer", "303EEBDF", 512, 20},
	}
	if files := len(testdata.Glob(t, "kz", "ca", "*", "*")) + len(testdata.Glob(t, "kz", "cert", "*")); files != len(rows) {
		t.Errorf("%d files, %d rows", files, len(rows))
	}
	for _, c := range rows {
		t.Run(c.file, func(t *testing.T) {
			x := load(t, "kz", c.file)
			issuer := load(t, "kz", c.issuer)
			if x.PublicKey == nil || x.PublicKey.BitLen() != c.bits {
				t.Errorf("key %v, want %d bits", x.PublicKey, c.bits)
			}
			if !strings.HasPrefix(x.SerialHex(), c.serial) || len(x.Serial) != 20 || x.OddSerial() {
				t.Errorf("serial number %s, want %s…", x.SerialHex(), c.serial)
			}
			if len(x.SubjectKeyID) != c.skiOctets {
				t.Errorf("key identifier of %d octets, want %d", len(x.SubjectKeyID), c.skiOctets)
			}
			if len(x.Malformed) != 0 {
				t.Errorf("malformed extensions %v", x.Malformed)
			}
			if err := x.CheckSignature(issuer.PublicKey); err != nil {
				t.Errorf("signature: %v", err)
			}
			if !cert.EqualName(x.RawIssuer, issuer.RawSubject) {
				t.Errorf("issuer is %s, want %s", x.Issuer, issuer.Subject)
			}
			if x.SelfIssued() != (c.file == c.issuer) {
				t.Errorf("self-issued: %v", x.SelfIssued())
			}
			for _, other := range testdata.Glob(t, "kz", "ca", "*", "*") {
				if o := load(t, "kz", strings.TrimPrefix(other, testdata.Path(t, "kz"))); !o.PublicKey.Equal(issuer.PublicKey) && x.CheckSignature(o.PublicKey) == nil {
					t.Errorf("verifies under the key of %s too", o.Subject)
				}
			}
			for _, n := range []struct {
				name cert.Name
				raw  []byte
			}{{x.Subject, x.RawSubject}, {x.Issuer, x.RawIssuer}} {
				if again, err := n.name.Marshal(); err != nil || !bytes.Equal(again, n.raw) {
					t.Errorf("name %s isn't written as it was read: %v", n.name, err)
				}
			}
			if text := cert.Text(x); !strings.Contains(text, x.SerialHex()) || !strings.Contains(text, x.Subject.String()) {
				t.Errorf("shown as:\n%s", text)
			}
			if _, err := json.Marshal(x.View()); err != nil {
				t.Errorf("not shown in JSON: %v", err)
			}
			rebuild(t, x)
		})
	}
}

// TestAKazakhCertificateIsShownInWordsAndInJSON is what senim cert show prints of the certificate of testdata/kz/cert/individual_signer.cer.
func TestAKazakhCertificateIsShownInWordsAndInJSON(t *testing.T) {
	x := load(t, "kz", "cert", "individual_signer.cer")
	const words = `subject              CN=ТЕСТОВ ТЕСТ, SURNAME=ТЕСТОВ, SERIALNUMBER=IIN123456789011, C=KZ, GIVENNAME=ТЕСТОВИЧ
IIN                  123456789011
issuer               CN=ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) TEST 2022, C=KZ
serial number        6C425659BD2FC6DC587B871AEDE1857727CF8451
valid from           2026-05-08 06:45:13 UTC
valid until          2027-05-08 06:45:13 UTC
key                  СТ РК ГОСТ Р 34.10-2015 (512) (1.2.398.3.10.1.1.2.2), 512 bits
signed with          СТ РК ГОСТ Р 34.10-2015 (512), СТ РК ГОСТ Р 34.11-2015 (512) (1.2.398.3.10.1.1.2.3.2)
key usage            digitalSignature, nonRepudiation, keyAgreement
purpose              id-kp-emailProtection (1.3.6.1.5.5.7.3.4)
purpose              KZ individual (1.2.398.3.3.4.1.1)
policy               KZ NCA certificate policies (1.2.398.3.3.2) http://pki.gov.kz/cps
key storage          KZ key storage PKCS12 (1.2.398.3.3.5.1.1)
CRL                  http://test.pki.gov.kz/crl/nca_gost2022_test.crl
delta CRL            http://test.pki.gov.kz/crl/nca_gost2022_d_test.crl
OCSP                 http://test.pki.gov.kz/ocsp/
issuer's certificate http://test.pki.gov.kz/cert/nca_gost2022_test.cer
key identifier       ec425659bd2fc6dc587b871aede1857727cf8451
issuer's key         fad24b1ba3a0c961fe1ca8503e6aa2bb450db8a3
extension            certificatePolicies (2.5.29.32)
extension            authorityInfoAccess (1.3.6.1.5.5.7.1.1)
extension            cRLDistributionPoints (2.5.29.31)
extension            freshestCRL (2.5.29.46)
extension            extKeyUsage (2.5.29.37)
extension            keyUsage (2.5.29.15), critical
extension            subjectKeyIdentifier (2.5.29.14)
extension            authorityKeyIdentifier (2.5.29.35)
extension            KZ key storage (1.2.398.3.3.5)
SHA-1                b5d5909618b556d5142c1629e2ad849c2ecf1071
SHA-256              f9305218f91240e329afea23a250e67534c535ae6f217807e268cfe630e63d34
`
	if got := cert.Text(x); got != words {
		t.Errorf("words:\n%s\nwant:\n%s", got, words)
	}
	b, err := json.Marshal(x.View())
	if err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(b, &fields); err != nil {
		t.Fatal(err)
	}
	// The names are an interface: a program that reads them is broken by another word.
	for name, want := range map[string]string{
		"serial": "6C425659BD2FC6DC587B871AEDE1857727CF8451", "subject": x.Subject.String(), "issuer": x.Issuer.String(),
		"commonName": "ТЕСТОВ ТЕСТ", "iin": "123456789011", "bin": "<nil>", "version": "3", "ca": "false",
		"notBefore": "2026-05-08T06:45:13Z", "notAfter": "2027-05-08T06:45:13Z", "forSigning": "true", "forAuthentication": "false",
		"keyUsage": "[digitalSignature nonRepudiation keyAgreement]", "ocspUrls": "[http://test.pki.gov.kz/ocsp/]",
		"crlUrls": "[http://test.pki.gov.kz/crl/nca_gost2022_test.crl]", "keyStore": "map[name:KZ key storage PKCS12 oid:1.2.398.3.3.5.1.1]",
		"sha256": "f9305218f91240e329afea23a250e67534c535ae6f217807e268cfe630e63d34",
	} {
		if got := fmt.Sprint(fields[name]); got != want {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}
}

// rebuild writes the certificate from its parts: the same octets have to come out.
func rebuild(t *testing.T, x *cert.Certificate) {
	t.Helper()
	issuer := x.RawIssuer
	var scheme *alg.Scheme
	for _, s := range alg.Schemes() {
		if s.Identifier.Equal(x.SignatureAlgorithm) {
			scheme = s
		}
	}
	tbs, err := cert.TBS{
		Serial: x.Serial, Scheme: scheme, Issuer: issuer, Subject: x.Subject, NotBefore: x.NotBefore, NotAfter: x.NotAfter,
		SPKI: x.RawSPKI, Extensions: x.Extensions,
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	// FALSE that is written down is the one thing that is not kept.
	if explicitFalse := []byte{0x01, 0x01, 0x00}; !bytes.Equal(tbs, x.RawTBS) && !bytes.Contains(x.RawTBS, explicitFalse) {
		t.Errorf("to-be-signed octets rebuilt differ:\n%x\n%x", tbs, x.RawTBS)
	}
}

// TestExtensionBuildersMakeWhatTheNationalAuthorityMade rebuilds each extension from its decoded fields.
func TestExtensionBuildersMakeWhatTheNationalAuthorityMade(t *testing.T) {
	for _, file := range []string{"ca/prod/nca_gost.pem", "ca/prod/nca_gost_2022.pem", "ca/prod/nca_rsa_2022.cer", "ca/test/root_test_gost_2022.cer",
		"cert/individual_signer.cer", "cert/legal_entity_signer.cer", "cert/individual_valid_sign_2004_rsa_auth.cer"} {
		t.Run(file, func(t *testing.T) {
			x := load(t, "kz", file)
			built := 0
			for _, e := range x.Extensions {
				var made cert.Extension
				switch e.OID {
				case oid.ExtBasicConstraints:
					made = cert.ExtBasicConstraints(e.Critical, x.BasicConstraints.CA, x.BasicConstraints.MaxPath)
				case oid.ExtKeyUsage:
					made = cert.ExtKeyUsage(e.Critical, x.KeyUsage)
				case oid.ExtExtKeyUsage:
					made = cert.ExtEKU(e.Critical, x.ExtKeyUsage...)
				case oid.ExtSubjectKeyID:
					made = cert.ExtSKI(x.SubjectKeyID)
				case oid.ExtAuthorityKeyID:
					made = cert.ExtAKIFull(x.AuthorityKeyID.KeyID, x.AuthorityKeyID.IssuerRaw, x.AuthorityKeyID.Serial)
				case oid.ExtCertificatePolicies:
					made = cert.ExtPolicies(x.Policies)
				case oid.ExtCRLDistributionPoints:
					made = cert.ExtCRLDP(x.CRLURLs...)
				case oid.ExtFreshestCRL:
					made = cert.ExtFreshestCRL(x.FreshestCRLURLs...)
				case oid.KZKeyStore:
					made = cert.ExtKeyStore(x.KeyStore)
				default:
					continue
				}
				built++
				if made.Critical != e.Critical || !bytes.Equal(made.Value, e.Value) {
					t.Errorf("%s:\nmade %x\nwas  %x", e.OID.Name(), made.Value, e.Value)
				}
			}
			if built < 4 {
				t.Errorf("only %d extensions compared", built)
			}
		})
	}
}

func TestOddFactsOfKazakhCertificates(t *testing.T) {
	individual := load(t, "kz", "cert/individual_signer.cer")
	head := load(t, "kz", "cert/legal_entity_signer.cer")
	auth := load(t, "kz", "cert/individual_valid_sign_2004_rsa_auth.cer")
	nca2018 := load(t, "kz", "ca/prod/nca_gost.pem")
	nca2022 := load(t, "kz", "ca/prod/nca_gost_2022.pem")
	for _, c := range []struct {
		name      string
		got, want any
	}{
		{"a person's name reads as it is written", individual.Subject.String(), "CN=ТЕСТОВ ТЕСТ, SURNAME=ТЕСТОВ, SERIALNUMBER=IIN123456789011, C=KZ, GIVENNAME=ТЕСТОВИЧ"},
		{"IIN without its prefix", individual.IIN(), "123456789011"},
		{"a person has no BIN", individual.BIN(), ""},
		{"a head has both", head.IIN() + " " + head.BIN(), "123456789011 123456789021"},
		{"storage", individual.KeyStore, oid.KZStorePKCS12},
		{"for signing", individual.IsSigning() && !individual.IsAuthentication(), true},
		{"for signing in", auth.IsAuthentication() && !auth.IsSigning(), true},
		{"OCSP twice in one certificate", len(head.OCSPURLs), 2},
		{"a URL with a line break inside is kept", nca2018.CRLURLs[0], "http://crl.root.gov.kz/gost.crl\n               URL=http://crl1.root.gov.kz/gost.crl"},
		{"and can't break a line of the terminal", strings.Contains(cert.Text(nca2018), "gost.crl\\u{A}  "), true},
		{"a CPS with a leading space is kept", nca2022.Policies[0].CPS, " http://pki.gov.kz/cps"},
		{"key identifier of 2022: key bits", hex.EncodeToString(cert.KeyID(individual.PublicKey)), hex.EncodeToString(individual.SubjectKeyID)},
		{"key identifier before: whole SPKI", hex.EncodeToString(cert.KeyIDOfSPKI(auth.RawSPKI)), hex.EncodeToString(auth.SubjectKeyID)},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestForeignCertificates: every certificate at hand is read, or refused with an error, and never panics.
func TestForeignCertificates(t *testing.T) {
	for _, c := range []struct {
		folder, pattern string
		unreadable      int // at most
	}{
		{"ocsp", "*.pem", 0},
		{"pkits/certs", "*.crt", 2}, // two signatures that are not whole octets; both tests expect a refusal
		{"gost", "*cert*.der", 0},
	} {
		t.Run(c.folder, func(t *testing.T) {
			var read, noKey, refused int
			for _, file := range testdata.Glob(t, c.folder, c.pattern) {
				b, err := os.ReadFile(file)
				if err != nil {
					t.Fatal(err)
				}
				list, err := cert.ParsePEM(b)
				if err != nil {
					refused++
					t.Logf("%s: %v", filepath.Base(file), err)
					continue
				}
				for _, x := range list {
					if read++; x.PublicKey == nil {
						noKey++
					}
					if cert.Text(x) == "" {
						t.Errorf("%s: no text", file)
					}
					if again, err := x.Subject.Marshal(); err != nil || !bytes.Equal(again, x.RawSubject) {
						t.Errorf("%s: subject isn't written as it was read: %v", file, err)
					}
				}
			}
			t.Logf("%d read, %d of them with a key that no row knows, %d refused", read, noKey, refused)
			if refused > c.unreadable {
				t.Errorf("%d files are refused, want at most %d", refused, c.unreadable)
			}
		})
	}
}

func TestGOSTOfRFC9215(t *testing.T) {
	for _, c := range []struct {
		file  string
		known bool // the curve is ours
	}{
		{"tk26iok_cert_256.der", true},
		{"tk26iok_cert_512.der", false}, // parameter set B
		{"rfc9215_256a_paramset_cert.der", false},
		{"rfc9215_256_test_paramset_cert.der", false},
		{"rfc9215_512_test_paramset_cert.der", false},
	} {
		t.Run(c.file, func(t *testing.T) {
			x := load(t, "gost", c.file)
			err := x.CheckSignature(x.PublicKey)
			if c.known && err != nil {
				t.Errorf("signature: %v", err)
			}
			if !c.known && (x.PublicKey != nil || !errors.Is(err, alg.ErrUnsupported)) {
				t.Errorf("key %v, signature %v, want none and unsupported", x.PublicKey, err)
			}
		})
	}
	for _, file := range testdata.Glob(t, "gost", "*csr.der") {
		q, err := cert.ParseRequest(testdata.Read(t, "gost", filepath.Base(file)))
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if err := q.CheckSignature(); !errors.Is(err, alg.ErrUnsupported) {
			t.Errorf("%s: signature %v, want unsupported", file, err)
		}
	}
}
