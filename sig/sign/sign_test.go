package sign

import (
	"bytes"
	"crypto/rand"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

func TestSignRefusesBeforeTheKeyIsTouched(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	good := root.Issue(t, testpki.Spec{})
	login := root.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUClientAuth}, KeyUsage: cert.DigitalSignature | cert.KeyEncipherment})
	server := root.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUServerAuth}, KeyUsage: cert.DigitalSignature})
	system := root.Issue(t, testpki.Spec{EKU: []oid.OID{oid.KZEKULegal}})
	ended := root.Issue(t, testpki.Spec{NotAfter: testpki.Now.Add(-time.Second)})
	future := root.Issue(t, testpki.Spec{NotBefore: testpki.Now.Add(time.Second)})
	signed, err := Sign(Request{Content: []byte("content"), Key: good.Key, Certificate: good.Cert, Time: testpki.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	detached, err := Sign(Request{Content: []byte("content"), Detached: true, Key: good.Key, Certificate: good.Cert, Time: testpki.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		bend func(*Request)
		want string // "" is signed
	}{
		{"nothing wrong", func(*Request) {}, ""},
		{"the format by its name", func(r *Request) { r.Format = "cms" }, ""},
		{"another format", func(r *Request) { r.Format = "pdf" }, FormatNotBuilt},
		{"a level", func(r *Request) { r.Level = "t" }, LevelNotBuilt},
		{"a key for signing in", func(r *Request) { r.Key, r.Certificate = login.Key, login.Cert }, AuthenticationKey},
		{"a server's key", func(r *Request) { r.Key, r.Certificate = server.Key, server.Cert }, NotASigningKey},
		{"an authority's key", func(r *Request) { r.Key, r.Certificate = root.Key, root.Cert }, NotASigningKey},
		{"an information system's key", func(r *Request) { r.Key, r.Certificate = system.Key, system.Cert }, ""},
		{"a certificate that ended", func(r *Request) { r.Key, r.Certificate = ended.Key, ended.Cert }, Expired},
		{"one that ended, allowed", func(r *Request) { r.Key, r.Certificate, r.AllowExpired = ended.Key, ended.Cert, true }, ""},
		{"a certificate that hasn't begun", func(r *Request) { r.Key, r.Certificate, r.AllowExpired = future.Key, future.Cert, true }, NotYetValid},
		{"another's key", func(r *Request) { r.Key = system.Key }, KeyMismatch},
		{"no key", func(r *Request) { r.Key = nil }, KeyMismatch},
		{"no certificate", func(r *Request) { r.Certificate = nil }, NoCertificate},
		{"beside a signature", func(r *Request) { r.CoSign, r.Content = signed, nil }, ""},
		{"beside a signature over another content", func(r *Request) { r.CoSign, r.Content = signed, []byte("other") }, OtherContent},
		{"beside a detached signature", func(r *Request) { r.CoSign = detached }, ""},
		{"beside a detached signature over another content", func(r *Request) { r.CoSign, r.Content = detached, []byte("other") }, OtherContent},
		{"beside a detached signature without its content", func(r *Request) { r.CoSign, r.Content = detached, nil }, ContentMissing},
		{"beside something else", func(r *Request) { r.CoSign = []byte("hello") }, NotASignature},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := Request{Content: []byte("content"), Key: good.Key, Certificate: good.Cert, Time: testpki.Now, Rand: rand.Reader}
			c.bend(&r)
			out, err := Sign(r)
			if c.want != "" {
				if fail.CodeOf(err) != c.want || !fail.Is(err, fail.Invalid) || out != nil {
					t.Fatalf("%v, want %s", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			m, err := cms.Parse(out)
			if err != nil {
				t.Fatal(err)
			}
			for i := range m.Signers {
				if check := m.Check(i, []byte("content"), nil); !check.Good() {
					t.Errorf("signer %d: %v", i, check.Findings)
				}
			}
		})
	}
	if _, err := Sign(Request{Content: []byte("content"), Key: good.Key, Certificate: good.Cert, Rand: rand.Reader}); err == nil {
		t.Error("signed at no moment")
	}
}

func TestADigestMadeElsewhereIsSignedDetached(t *testing.T) {
	p := testpki.Root(t, testpki.Spec{}).Issue(t, testpki.Spec{Kind: "kz-gost-2015-512"})
	digest := alg.DefaultScheme(p.Key.Kind).Hash.Sum([]byte("content"))
	out, err := Sign(Request{Digest: digest, Key: p.Key, Certificate: p.Cert, Time: testpki.Now, Rand: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	m, err := cms.Parse(out)
	if err != nil || !m.Detached || !m.Check(0, []byte("content"), nil).Good() || bytes.Contains(out, []byte("content")) {
		t.Errorf("%v", err)
	}
}
