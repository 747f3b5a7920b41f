package verify

import (
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/path"
)

// Nothing of ours makes RSA of 1024 bits or signs with SHA-1, so that OpenSSL has to.
func TestLaxLetsAWeakSignatureInAndSaysSo(t *testing.T) {
	openssl := peer.OpenSSL(t)
	for _, c := range []struct{ name, key, certificate, digest string }{
		{"RSA-1024", "rsa:1024", "-sha256", "sha256"},
		{"SHA-1 of the signature", "rsa:2048", "-sha256", "sha1"},
		{"both, and SHA-1 of the certificate", "rsa:1024", "-sha1", "sha1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			at := func(name string) string { return filepath.Join(dir, name) }
			run := func(args ...string) {
				t.Helper()
				if _, err := peer.Run(t, nil, openssl, args...); err != nil {
					t.Fatal(err)
				}
			}
			run("req", "-x509", "-newkey", c.key, c.certificate, "-nodes", "-keyout", at("k"), "-out", at("ca"), "-days", "30", "-subj", "/CN=CA", "-addext", "keyUsage=keyCertSign,cRLSign")
			run("req", "-new", "-newkey", c.key, "-nodes", "-keyout", at("key"), "-out", at("csr"), "-subj", "/CN=X")
			extensions := "keyUsage=digitalSignature,nonRepudiation\nextendedKeyUsage=emailProtection\n"
			if err := os.WriteFile(at("extensions"), []byte(extensions), 0o600); err != nil {
				t.Fatal(err)
			}
			run("x509", "-req", "-in", at("csr"), "-CA", at("ca"), "-CAkey", at("k"), "-CAcreateserial", "-days", "30", c.certificate, "-extfile", at("extensions"), "-out", at("cert"))
			if err := os.WriteFile(at("content"), []byte("content"), 0o600); err != nil {
				t.Fatal(err)
			}
			run("cms", "-sign", "-nodetach", "-binary", "-md", c.digest, "-in", at("content"), "-signer", at("cert"), "-inkey", at("key"), "-outform", "DER", "-out", at("message"))
			message, err := os.ReadFile(at("message"))
			if err != nil {
				t.Fatal(err)
			}
			pem, err := os.ReadFile(at("ca"))
			if err != nil {
				t.Fatal(err)
			}
			anchors, err := cert.ParsePEM(pem)
			if err != nil {
				t.Fatal(err)
			}
			in := Input{File: message, Anchors: anchors, Revocation: path.None, Time: anchors[0].NotBefore.Add(time.Hour)}
			for _, lax := range []bool{false, true} {
				in.Lax = lax
				r, err := Verify(background, in)
				if err != nil {
					t.Fatal(err)
				}
				s := r.Signatures[0]
				list := s.Errors
				if lax {
					list = s.Warnings
				} else if s.SubIndication != CryptoConstraintsFailure {
					t.Errorf("strict: %s %s", s.Indication, s.SubIndication)
				}
				if r.Valid != lax || !slices.ContainsFunc(list, func(m Message) bool { return m.Code == string(finding.WeakAlgorithm) }) {
					t.Errorf("lax %v: %s %s, %+v", lax, s.Indication, s.SubIndication, s.Findings)
				}
				in.File = slices.Clone(message)
				in.File[len(in.File)-1] ^= 1
				if r, err := Verify(background, in); err == nil && r.Valid {
					t.Errorf("lax %v: a changed signature is valid", lax)
				}
				in.File = message
			}
		})
	}
}
