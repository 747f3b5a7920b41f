package ocsp_test

import (
	"bytes"
	"crypto/rand"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
)

// TestOpenSSLAcceptsWhatWeBuild gives OpenSSL a whole small authority under every scheme that it knows, its GOST engine for the RFC
// forms: a chain, a request with its key, a list that revokes, answers. Each has a damaged twin that it must refuse.
func TestOpenSSLAcceptsWhatWeBuild(t *testing.T) {
	for _, name := range []string{"rsa-sha256", "rsa-sha384", "rsa-sha512", "p256-sha256", "p256-sha384", "p256-sha512", "gost-2012-256", "gost-2012-512"} {
		t.Run(name, func(t *testing.T) {
			s := alg.SchemeByName(name)
			h := &house{T: t, scheme: s, dir: t.TempDir()}
			if s.Kind.GOST {
				gost := peer.OpenSSLGost(t)
				h.openssl = func(args ...string) error { _, err := gost(t, args...); return err }
			} else {
				path := peer.OpenSSL(t)
				h.openssl = func(args ...string) error { _, err := peer.Run(t, nil, path, args...); return err }
			}
			h.build()
			h.chain()
			h.request()
			h.list()
			h.answers()
		})
	}
}

type house struct {
	*testing.T
	scheme  *alg.Scheme
	dir     string
	openssl func(args ...string) error

	ca, leaf       *cert.Certificate
	caKey, leafKey *alg.PrivateKey
}

// The moments are far apart, as OpenSSL goes by the clock of the machine.
var (
	begin = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)
	end   = time.Date(2051, 1, 1, 0, 0, 0, 0, time.UTC)
)

func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func (h *house) write(name, label string, b []byte) string {
	h.Helper()
	path := filepath.Join(h.dir, name)
	if label != "" {
		b = pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b})
	}
	if err := os.WriteFile(path, b, 0o600); err != nil {
		h.Fatal(err)
	}
	return path
}

func (h *house) accepts(what string, args ...string) {
	h.Helper()
	if err := h.openssl(args...); err != nil {
		h.Errorf("%s: %v", what, err)
	}
}

func (h *house) refuses(what string, args ...string) {
	h.Helper()
	if err := h.openssl(args...); err == nil {
		h.Errorf("%s: accepted", what)
	}
}

func bent(b []byte) []byte {
	out := bytes.Clone(b)
	out[len(out)-1] ^= 1
	return out
}

func text(value string) cert.Name {
	return cert.Name{
		{{Type: oid.CommonName, Tag: 12, Value: value}},
		{{Type: oid.SerialNumber, Tag: 19, Value: "IIN123456789011"}, {Type: oid.GivenName, Tag: 12, Value: "ТЕСТОВИЧ"}},
		{{Type: oid.Country, Tag: 19, Value: "KZ"}},
	}
}

func (h *house) certificate(subject cert.Name, issuer []byte, serial []byte, key, signer *alg.PrivateKey, extensions ...cert.Extension) *cert.Certificate {
	h.Helper()
	pub := must(key.Public())(h)
	tbs := must(cert.TBS{Serial: serial, Scheme: h.scheme, Issuer: issuer, Subject: subject, NotBefore: begin, NotAfter: end, SPKI: pub.SPKI, Extensions: extensions}.Marshal())(h)
	c := must(cert.Parse(must(cert.Sign(rand.Reader, tbs, signer, h.scheme))(h)))(h)
	if len(c.Malformed) != 0 {
		h.Errorf("malformed extensions %v", c.Malformed)
	}
	return c
}

func (h *house) build() {
	h.caKey = must(alg.GenerateKey(rand.Reader, h.scheme.Kind, 0))(h)
	h.leafKey = must(alg.GenerateKey(rand.Reader, h.scheme.Kind, 0))(h)
	caPub := must(h.caKey.Public())(h)
	name := text("СЫНАҚ КО, «Сенім»")
	raw := must(name.Marshal())(h)
	h.ca = h.certificate(name, raw, []byte{0x10, 1}, h.caKey, h.caKey,
		cert.ExtBasicConstraints(true, true, 0), cert.ExtKeyUsage(true, cert.KeyCertSign|cert.CRLSign), cert.ExtSKI(cert.KeyID(caPub)),
		cert.ExtAKIFull(cert.KeyID(caPub), raw, []byte{0x10, 1}),
		cert.ExtPolicies([]cert.Policy{{OID: "2.25.1", CPS: "http://example.kz/cps", ExplicitText: "Ереже"}}))
	leafPub := must(h.leafKey.Public())(h)
	h.leaf = h.certificate(text("ТЕСТОВ ТЕСТ"), raw, bytes.Repeat([]byte{0x7f}, 20), h.leafKey, h.caKey,
		cert.ExtKeyUsage(true, cert.DigitalSignature|cert.NonRepudiation), cert.ExtEKU(false, oid.EKUEmailProtection, oid.KZEKUIndividual),
		cert.ExtSKI(cert.KeyID(leafPub)), cert.ExtAKI(cert.KeyID(caPub)), cert.ExtCRLDP("http://example.kz/a.crl", "http://example.kz/b.crl"), cert.ExtFreshestCRL("http://example.kz/d.crl"),
		cert.ExtAIA([]cert.AccessDescription{{Method: oid.OCSP, URL: "http://example.kz/ocsp"}, {Method: oid.CAIssuers, URL: "http://example.kz/ca.cer"}}),
		cert.ExtSAN(cert.GeneralName{Kind: cert.Email, Value: "a@example.kz"}, cert.GeneralName{Kind: cert.DNSName, Value: "example.kz"}),
		cert.ExtPolicies([]cert.Policy{{OID: "2.25.1"}}), cert.ExtKeyStore(oid.KZStorePKCS12), cert.ExtOCSPNoCheck())
	h.write("ca.pem", "CERTIFICATE", h.ca.Raw)
	h.write("leaf.pem", "CERTIFICATE", h.leaf.Raw)
}

func (h *house) file(name string) string { return filepath.Join(h.dir, name) }

func (h *house) chain() {
	if err := h.leaf.CheckSignature(h.ca.PublicKey); err != nil {
		h.Error(err)
	}
	h.accepts("chain", "verify", "-no_check_time", "-x509_strict", "-check_ss_sig", "-CAfile", h.file("ca.pem"), h.file("leaf.pem"))
	h.refuses("chain with a damaged signature", "verify", "-no_check_time", "-CAfile", h.file("ca.pem"), h.write("bent.pem", "CERTIFICATE", bent(h.leaf.Raw)))
}

func (h *house) request() {
	extensions := []cert.Extension{cert.ExtSAN(cert.GeneralName{Kind: cert.Email, Value: "a@example.kz"}), cert.ExtKeyStore(oid.KZStorePKCS12)}
	key := h.write("leaf.key", "PRIVATE KEY", must(h.leafKey.MarshalPKCS8())(h))
	for _, e := range [][]cert.Extension{nil, extensions} {
		b := must(cert.CreateRequest(rand.Reader, h.leafKey, h.scheme, text("ТЕСТОВ ТЕСТ"), e))(h)
		q := must(cert.ParseRequest(b))(h)
		if err := q.CheckSignature(); err != nil || len(q.Extensions) != len(e) || !q.View().SignatureValid {
			h.Errorf("request: %v, extensions %v", err, q.Extensions)
		}
		// x509 -req verifies the request; req -verify only tells, and succeeds either way. It needs the key too.
		h.accepts("request", "x509", "-req", "-in", h.write("req.pem", "CERTIFICATE REQUEST", b), "-signkey", key, "-out", h.file("self.pem"))
		h.accepts("request as it stands", "req", "-in", h.file("req.pem"), "-verify", "-text", "-noout")
		h.refuses("damaged request", "x509", "-req", "-in", h.write("bentreq.pem", "CERTIFICATE REQUEST", bent(b)), "-signkey", key, "-out", h.file("none.pem"))
	}
	// What OpenSSL made of our key verifies here.
	self := must(os.ReadFile(h.file("self.pem")))(h)
	c := must(cert.ParsePEM(self))(h)[0]
	if h.scheme.Hash == alg.SHA256 || h.scheme.Kind.GOST { // its own choice of digest
		if err := c.CheckSignature(c.PublicKey); err != nil {
			h.Errorf("OpenSSL's certificate: %v", err)
		}
	}
}

func (h *house) list() {
	template := crl.Template{Issuer: h.ca.RawSubject, Scheme: h.scheme, ThisUpdate: begin, NextUpdate: end, Number: []byte{1}, AuthorityKeyID: h.ca.SubjectKeyID}
	verify := func(list string) []string {
		return []string{"verify", "-no_check_time", "-crl_check", "-CAfile", h.file("ca.pem"), "-CRLfile", list, h.file("leaf.pem")}
	}
	empty := must(crl.Create(rand.Reader, template, h.caKey))(h)
	h.accepts("list as it stands", "crl", "-in", h.write("text.crl", "X509 CRL", empty), "-CAfile", h.file("ca.pem"), "-text", "-noout")
	h.accepts("empty list", verify(h.write("empty.crl", "X509 CRL", empty))...)
	h.refuses("damaged list", verify(h.write("bent.crl", "X509 CRL", bent(empty)))...)
	template.Entries = []crl.Entry{
		{Serial: []byte{5}, Time: begin, Reason: -1},
		{Serial: h.leaf.Serial, Time: begin, Reason: 6, InvalidityDate: begin},
	}
	full := must(crl.Create(rand.Reader, template, h.caKey))(h)
	h.refuses("revoked certificate", verify(h.write("full.crl", "X509 CRL", full))...)
	if l := must(crl.Parse(full))(h); l.CheckSignature(h.ca.PublicKey) != nil || len(l.Entries) != 2 {
		h.Error("our own list doesn't verify")
	}
}

func (h *house) answers() {
	b, id, err := ocsp.CreateRequest(alg.SHA1, h.leaf, h.ca, []byte("12345678"))
	if err != nil {
		h.Fatal(err)
	}
	h.accepts("OCSP request", "ocsp", "-reqin", h.write("req.der", "", b), "-req_text")
	single := ocsp.Single{CertID: id, Reason: -1, ThisUpdate: begin, NextUpdate: end}
	respond := func(s ocsp.Single) []byte {
		return must(ocsp.Create(rand.Reader, ocsp.Template{ResponderName: h.ca.RawSubject, ProducedAt: begin, Singles: []ocsp.Single{s}, Nonce: []byte("12345678"), ExtendedRevoke: true}, h.scheme, h.caKey))(h)
	}
	// Certificates, nonce and time are taken from the files; the answer's signature is under the CA's key.
	judge := func(answer string) []string {
		return []string{"ocsp", "-respin", answer, "-reqin", h.file("req.der"), "-CAfile", h.file("ca.pem"), "-VAfile", h.file("ca.pem"), "-resp_text"}
	}
	good := respond(single)
	h.accepts("OCSP answer", judge(h.write("good.der", "", good))...)
	h.refuses("damaged OCSP answer", judge(h.write("bent.der", "", bent(good)))...)
	single.Status, single.RevokedAt, single.Reason = ocsp.Revoked, begin, 6
	h.accepts("OCSP answer: revoked", judge(h.write("revoked.der", "", respond(single)))...)
	// OpenSSL's own question, which names by SHA-1 and has a nonce, is read here.
	h.accepts("OCSP request of OpenSSL", "ocsp", "-issuer", h.file("ca.pem"), "-cert", h.file("leaf.pem"), "-reqout", h.file("theirs.der"))
	q := must(ocsp.ParseRequest(must(os.ReadFile(h.file("theirs.der")))(h)))(h)
	if len(q.Certs) != 1 || !bytes.Equal(q.Certs[0].Raw, id.Raw) || len(q.Nonce) == 0 {
		h.Errorf("OpenSSL's request: %+v", q)
	}
}
