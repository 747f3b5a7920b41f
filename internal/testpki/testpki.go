// Package testpki makes small hierarchies for tests: any row of alg, any extension, right or wrong on purpose. Keys are made
// anew for each test. This package is for tests only.
package testpki

import (
	"crypto/rand"
	"crypto/sha1"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all" // every row
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
)

// Now is the moment around which everything here is valid: from a year before to a year after.
var Now = time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)

// A Party is a key with its certificate.
type Party struct {
	Key  *alg.PrivateKey
	Cert *cert.Certificate
}

// A Spec is what a certificate is to say. The zero value is a signing certificate of a person with a P-256 key.
type Spec struct {
	Name       string // CN; "ТЕСТОВ ТЕСТ" when empty
	Kind       string // of the key; "p256" when empty
	Key        *alg.PrivateKey
	CA         bool
	MaxPath    int           // with CA; 0 means none, -1 means pathlen 0
	KeyUsage   cert.KeyUsage // zero is what the others suggest
	NoKeyUsage bool
	EKU        []oid.OID // nil is emailProtection for a person and nothing for an authority
	NoEKU      bool
	NotBefore  time.Time
	NotAfter   time.Time
	Serial     []byte
	Extra      []cert.Extension
	NoKeyIDs   bool
	Issuer     []byte // encoded name instead of the issuer's
}

// Root makes a self-signed authority.
func Root(t testing.TB, s Spec) *Party {
	t.Helper()
	s.CA = true
	if s.Name == "" {
		s.Name = "ROOT"
	}
	return issue(t, nil, s)
}

// Issue makes a certificate signed by p.
func (p *Party) Issue(t testing.TB, s Spec) *Party {
	t.Helper()
	return issue(t, p, s)
}

func issue(t testing.TB, issuer *Party, s Spec) *Party {
	t.Helper()
	if s.Kind == "" {
		s.Kind = "p256"
	}
	if s.Name == "" {
		s.Name = "ТЕСТОВ ТЕСТ"
	}
	key := s.Key
	if key == nil {
		var err error
		if key, err = alg.GenerateKey(rand.Reader, alg.KindByName(s.Kind), 0); err != nil {
			t.Fatalf("couldn't make a key: %v", err)
		}
	}
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	subject := cert.Name{
		{{Type: oid.CommonName, Tag: uint8(der.TagUTF8String), Value: s.Name}},
		{{Type: oid.Country, Tag: uint8(der.TagPrintableString), Value: "KZ"}},
	}
	if !s.CA {
		subject = append(subject, cert.RDN{{Type: oid.SerialNumber, Tag: uint8(der.TagPrintableString), Value: "IIN123456789011"}})
	}
	if s.NotBefore.IsZero() {
		s.NotBefore = Now.AddDate(-1, 0, 0)
	}
	if s.NotAfter.IsZero() {
		s.NotAfter = Now.AddDate(1, 0, 0)
	}
	if s.Serial == nil {
		s.Serial = make([]byte, 20)
		rand.Read(s.Serial)
		s.Serial[0] = s.Serial[0]&0x3f | 0x10
	}
	signer, issuerName := key, s.Issuer
	authority := cert.KeyID(public)
	if issuer != nil {
		signer = issuer.Key
		if issuerName == nil {
			issuerName = issuer.Cert.RawSubject
		}
		if authority = issuer.Cert.SubjectKeyID; authority == nil {
			authority = cert.KeyID(issuer.Cert.PublicKey)
		}
	} else if issuerName == nil {
		if issuerName, err = subject.Marshal(); err != nil {
			t.Fatal(err)
		}
	}
	scheme := alg.DefaultScheme(signer.Kind)
	tbs, err := cert.TBS{
		Serial: s.Serial, Scheme: scheme, Issuer: issuerName, Subject: subject,
		NotBefore: s.NotBefore, NotAfter: s.NotAfter, SPKI: public.SPKI,
		Extensions: s.extensions(cert.KeyID(public), authority),
	}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := cert.Sign(rand.Reader, tbs, signer, scheme)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return &Party{Key: key, Cert: c}
}

func (s Spec) extensions(subjectKey, authorityKey []byte) []cert.Extension {
	var out []cert.Extension
	usage, eku := s.KeyUsage, s.EKU
	if s.CA {
		path := s.MaxPath
		if path == 0 {
			path = -1
		} else if path < 0 {
			path = 0
		}
		out = append(out, cert.ExtBasicConstraints(true, true, path))
		if usage == 0 {
			usage = cert.KeyCertSign | cert.CRLSign
		}
	} else {
		if usage == 0 {
			usage = cert.DigitalSignature | cert.NonRepudiation
		}
		if eku == nil {
			eku = []oid.OID{oid.EKUEmailProtection}
		}
	}
	if !s.NoKeyUsage {
		out = append(out, cert.ExtKeyUsage(true, usage))
	}
	if eku != nil && !s.NoEKU {
		out = append(out, cert.ExtEKU(len(eku) == 1 && eku[0] == oid.EKUTimeStamping, eku...))
	}
	if !s.NoKeyIDs {
		out = append(out, cert.ExtSKI(subjectKey), cert.ExtAKI(authorityKey))
	}
	return append(out, s.Extra...)
}

// Forge returns p's certificate with its name and contents signed by another key: the signature is wrong.
func (p *Party) Forge(t testing.TB) *cert.Certificate {
	t.Helper()
	raw := append([]byte{}, p.Cert.Raw...)
	raw[len(raw)-1] ^= 1
	c, err := cert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// CRL makes a list of p with the entries, issued at the moment and valid for a week. edit may change the template.
func (p *Party) CRL(t testing.TB, at time.Time, edit func(*crl.Template), entries ...crl.Entry) *crl.List {
	t.Helper()
	template := crl.Template{
		Issuer: p.Cert.RawSubject, Scheme: alg.DefaultScheme(p.Key.Kind), ThisUpdate: at, NextUpdate: at.AddDate(0, 0, 7),
		Number: []byte{1}, AuthorityKeyID: p.Cert.SubjectKeyID, Entries: entries,
	}
	if edit != nil {
		edit(&template)
	}
	raw, err := crl.Create(rand.Reader, template, p.Key)
	if err != nil {
		t.Fatal(err)
	}
	l, err := crl.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// Answer makes an OCSP answer by p about leaf of issuer. edit may change the template.
func (p *Party) Answer(t testing.TB, leaf, issuer *cert.Certificate, single ocsp.Single, edit func(*ocsp.Template)) *ocsp.Response {
	t.Helper()
	single.CertID = ocsp.NewCertID(alg.SHA1, issuer, leaf.Serial)
	template := ocsp.Template{ResponderName: p.Cert.RawSubject, ProducedAt: single.ThisUpdate, Singles: []ocsp.Single{single}, Certificates: [][]byte{p.Cert.Raw}}
	if edit != nil {
		edit(&template)
	}
	raw, err := ocsp.Create(rand.Reader, template, alg.DefaultScheme(p.Key.Kind), p.Key)
	if err != nil {
		t.Fatal(err)
	}
	r, err := ocsp.ParseResponse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// KeyHash is the byKey form of a responder's identity.
func (p *Party) KeyHash() []byte {
	sum := sha1.Sum(p.Cert.PublicKeyBits)
	return sum[:]
}
