// Package testca is a small certification authority for tests of what runs on the holder's side: it answers certification
// requests with certificates of the national kinds, without asking who wants them. The authority itself is tested with
// its own code.
package testca

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/pem"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all" // every kind of key
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// A CA signs with one key.
type CA struct {
	Key         *alg.PrivateKey
	Certificate *cert.Certificate
	scheme      *alg.Scheme
	serial      byte
}

// New makes an authority with a key of the kind, as package alg names it.
func New(t testing.TB, kind string) *CA {
	t.Helper()
	key, err := alg.GenerateKey(rand.Reader, alg.KindByName(kind), 0)
	if err != nil {
		t.Fatal(err)
	}
	ca := &CA{Key: key, scheme: alg.DefaultScheme(key.Kind)}
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().UTC().Truncate(time.Second)
	name, err := (cert.Name{{{Type: oid.CommonName, Tag: uint8(der.TagUTF8String), Value: "TEST CA"}}}).Marshal()
	if err != nil {
		t.Fatal(err)
	}
	subject, err := cert.ParseName(name)
	if err != nil {
		t.Fatal(err)
	}
	ca.Certificate = ca.sign(t, cert.TBS{Serial: []byte{0x10, 0}, Issuer: name, Subject: subject, SPKI: public.SPKI,
		NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(5, 0, 0),
		Extensions: []cert.Extension{cert.ExtBasicConstraints(true, true, -1), cert.ExtKeyUsage(true, cert.KeyCertSign|cert.CRLSign), cert.ExtSKI(cert.KeyID(public))}})
	return ca
}

// A Person is whom a certificate names.
type Person struct{ Name, IIN string }

// A Term is when a certificate is valid, from now on.
type Term struct{ From, To time.Duration }

// Year is a term that holds now.
var Year = Term{-time.Minute, 365 * 24 * time.Hour}

// Issue certifies the public key for signing in (auth) or for documents.
func (ca *CA) Issue(t testing.TB, spki []byte, p Person, auth bool, term Term) *cert.Certificate {
	t.Helper()
	text := uint8(der.TagUTF8String)
	usage, purpose := cert.DigitalSignature|cert.NonRepudiation, oid.EKUEmailProtection
	if auth {
		usage, purpose = cert.DigitalSignature|cert.KeyEncipherment, oid.EKUClientAuth
	}
	ca.serial++
	now := time.Now().UTC().Truncate(time.Second)
	return ca.sign(t, cert.TBS{
		Serial: append([]byte{0x11, ca.serial}, bytes.Repeat([]byte{0xA5}, 18)...),
		Issuer: ca.Certificate.RawSubject,
		Subject: cert.Name{
			{{Type: oid.CommonName, Tag: text, Value: p.Name}},
			{{Type: oid.SerialNumber, Tag: uint8(der.TagPrintableString), Value: "IIN" + p.IIN}},
			{{Type: oid.Country, Tag: uint8(der.TagPrintableString), Value: "KZ"}},
		},
		SPKI: spki, NotBefore: now.Add(term.From), NotAfter: now.Add(term.To),
		Extensions: []cert.Extension{
			cert.ExtEKU(false, purpose), cert.ExtKeyUsage(true, usage), cert.ExtSKI(cert.KeyIDOfSPKI(spki)), cert.ExtAKI(ca.Certificate.SubjectKeyID),
		},
	})
}

// Answer verifies certification requests, base64 of DER by profile, and returns the certificates of their keys in PEM
// with the authority's own at the end. A profile with "auth" in its name is for signing in.
func (ca *CA) Answer(t testing.TB, p Person, requests map[string]string) []byte {
	t.Helper()
	var out bytes.Buffer
	profiles := make([]string, 0, len(requests))
	for profile := range requests {
		profiles = append(profiles, profile)
	}
	slices.Sort(profiles)
	for _, profile := range profiles {
		raw, err := base64.StdEncoding.DecodeString(requests[profile])
		if err != nil {
			t.Fatalf("%s: %v", profile, err)
		}
		q, err := cert.ParseRequest(raw)
		if err != nil {
			t.Fatalf("%s: %v", profile, err)
		}
		if err := q.CheckSignature(); err != nil {
			t.Fatalf("%s: %v", profile, err)
		}
		c := ca.Issue(t, q.RawSPKI, p, strings.Contains(profile, "auth"), Year)
		pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw})
	}
	pem.Encode(&out, &pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw})
	return out.Bytes()
}

func (ca *CA) sign(t testing.TB, tbs cert.TBS) *cert.Certificate {
	t.Helper()
	tbs.Scheme = ca.scheme
	raw, err := tbs.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	if raw, err = cert.Sign(rand.Reader, raw, ca.Key, ca.scheme); err != nil {
		t.Fatal(err)
	}
	c, err := cert.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return c
}
