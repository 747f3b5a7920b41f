package main_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/ocsp"
)

// judge runs senim verify on a signature. want is "TOTAL-PASSED" or "INDETERMINATE SUB_INDICATION".
func judge(t *testing.T, signature string, want int, indication string, args ...string) {
	t.Helper()
	stdout, stderr, code := senim(t, append(append([]string{"verify", "--json"}, args...), signature)...)
	var r struct {
		Valid      bool
		Signatures []struct{ Indication, SubIndication string }
	}
	if err := json.Unmarshal([]byte(stdout), &r); err != nil || len(r.Signatures) != 1 {
		t.Fatalf("verify %v: %d, %v\n%s%s", args, code, err, stdout, stderr)
	}
	got := strings.TrimSpace(r.Signatures[0].Indication + " " + r.Signatures[0].SubIndication)
	if code != want || r.Valid != (want == 0) || got != indication {
		t.Errorf("verify %v: %d and %s, wanted %d and %s\n%s%s", args, code, got, want, indication, stdout, stderr)
	}
}

// holder is the certificate in a key file that the page made.
func holder(t *testing.T, key string) *cert.Certificate {
	t.Helper()
	container, err := os.ReadFile(key)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := keyfile.Open(container, ownPassword)
	if err != nil || len(entries) != 1 || entries[0].Certificate == nil {
		t.Fatalf("%s: %d entries, %v", filepath.Base(key), len(entries), err)
	}
	return entries[0].Certificate
}

// answer asks the responder about the certificate of a key file and stores what it answered.
func (w *walk) answer(t *testing.T, name, key string) (file string) {
	t.Helper()
	leaf := holder(t, key)
	var issuer *cert.Certificate
	for _, url := range leaf.CAIssuersURLs {
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(resp.Body)
		resp.Body.Close()
		if err != nil {
			t.Fatal(err)
		}
		if issuer, err = cert.Parse(b); err != nil {
			t.Fatalf("%s: %v", url, err)
		}
	}
	if issuer == nil || len(leaf.OCSPURLs) == 0 {
		t.Fatalf("the certificate of %s names no issuer or no responder", filepath.Base(key))
	}
	request, _, err := ocsp.CreateRequest(alg.SHA256, leaf, issuer, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Post(leaf.OCSPURLs[0], "application/ocsp-request", bytes.NewReader(request))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("the responder answered %d, %v", resp.StatusCode, err)
	}
	return w.write(t, name+".ocsp", string(b))
}

// An opensslHolder is the certificate of an RSA key file as OpenSSL reads it.
type opensslHolder struct{ openssl, leaf, issuer, trust, url string }

// newPeerOf opens a key file in the national form with OpenSSL, which needs the old ciphers for it.
func newPeerOf(t *testing.T, w *walk, key, secret string) opensslHolder {
	t.Helper()
	o := opensslHolder{peer.OpenSSL(t), filepath.Join(w.folder, "leaf.pem"), filepath.Join(w.folder, "issuer.pem"), w.demoFile("trust.pem"), w.url + "/ocsp"}
	private := filepath.Join(w.folder, "private.pem")
	der := filepath.Join(w.folder, "rsa.cer")
	fetch(t, w.url+"/cert/rsa.cer", der)
	for _, args := range [][]string{
		{"pkcs12", "-legacy", "-in", key, "-passin", "file:" + secret, "-nokeys", "-clcerts", "-out", o.leaf},
		{"pkcs12", "-legacy", "-in", key, "-passin", "file:" + secret, "-nocerts", "-nodes", "-out", private},
		{"rsa", "-in", private, "-check", "-noout"},
		{"x509", "-inform", "der", "-in", der, "-out", o.issuer},
	} {
		if _, err := peer.Run(t, nil, o.openssl, args...); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

// status asks the responder as OpenSSL does.
func (o opensslHolder) status(t *testing.T, want string) {
	t.Helper()
	out, err := peer.Run(t, nil, o.openssl, "ocsp", "-issuer", o.issuer, "-cert", o.leaf, "-url", o.url, "-CAfile", o.trust)
	if err != nil || !strings.Contains(string(out), o.leaf+": "+want) {
		t.Errorf("openssl ocsp does not say %s: %v\n%s", want, err, out)
	}
}
