package main_test

import (
	"bytes"
	"encoding/base32"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/internal/line"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/keyfile"
)

const password = "demo-2026"

// operator signs in at the desk of a demo.
func operator(t testing.TB, s *server) *line.Operator {
	t.Helper()
	container, err := os.ReadFile(filepath.Join(s.dir, "demo", "operator.p12"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(filepath.Join(s.dir, "demo", "operator.totp"))
	if err != nil {
		t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return line.SignIn(t, s.url, container, password, account.Secret(secret))
}

// snapshot reads every file of a folder.
func snapshot(t testing.TB, dir string) map[string][]byte {
	t.Helper()
	all := map[string][]byte{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		b, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		all[e.Name()] = b
	}
	return all
}

func one(t testing.TB, dir, pattern string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil || len(found) != 1 {
		t.Fatalf("%d files %s in %s", len(found), pattern, dir)
	}
	return found[0]
}

// fetch writes what an address answers into a file.
func fetch(t testing.TB, url, file string) {
	t.Helper()
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("%s: status %d, %v", url, resp.StatusCode, err)
	}
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// guesses makes what people and robots get wrong, so that refusals reach the log too.
func guesses(t *testing.T, b *line.Browser, app *line.Application) {
	t.Helper()
	for _, path := range []string{"/status/" + app.Number + "0", "/install/" + app.Number[1:], "/revoke/done/gost/00", "/status/" + app.Number + "/nothing", "/desk/applications/" + app.Number} {
		if p, err := b.TryGet(t.Context(), path); err != nil || p.Status == 500 {
			t.Errorf("%s: %+v, %v", path, p, err)
		}
	}
	form := b.Get(t, "/revoke/code").Form(t, "/revoke/code")
	for _, code := range []string{"0000-0000-0000-0000", app.Code, app.Code[1:]} {
		if p, err := b.TrySend(t.Context(), form, map[string]string{"number": app.Number, "code": code}); err != nil || p.Status == 500 {
			t.Errorf("code %s: %+v, %v", code, p, err)
		}
	}
}

// discreet checks that a log that tells everything it can names nobody and opens nothing.
func discreet(t *testing.T, log string, app *line.Application) {
	t.Helper()
	if !strings.Contains(log, "level=DEBUG") || !strings.Contains(log, "request refused") {
		t.Fatalf("the log does not tell what it could:\n%.2000s", log)
	}
	log = strings.ToUpper(log)
	for what, secret := range map[string]string{
		"an IIN": "950310201480", "a surname": "Серікова", "a given name": "Әсел", "the number of an application": app.Number, "the number as it is shown": application.FormatNumber(app.Number),
		"a revocation code": strings.ReplaceAll(app.Code, "-", ""), "the code as it is shown": app.Code, "the password of a key file": "qwerty-12",
		"a certificate": "BEGIN CERTIFICATE", "a cookie": "senim_draft", "a signed text": "senim-statement-1",
	} {
		if strings.Contains(log, strings.ToUpper(secret)) {
			t.Errorf("the log holds %s", what)
		}
	}
}

// A person applies at a demo that was just made, an operator approves, the person installs, signs and revokes; the command
// line and OpenSSL judge what comes out, before and after.
func TestTheLineOfADemoFromApplicationToRevocation(t *testing.T) {
	dir, made := copyOfDemo(t)
	tmp, first := t.TempDir(), made.files
	if err := os.WriteFile(filepath.Join(dir, "senim.toml"), []byte("log-level = \"debug\"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s := startAt(t, made.addr, dir)
	demo := filepath.Join(dir, "demo")
	for _, name := range []string{"password", "trust.pem", "operator.p12", "operator.totp", "administrator.p12", "unlock"} {
		if len(first[name]) == 0 {
			t.Errorf("%s is missing from DIR/demo when the port answers", name)
		}
	}
	for _, pattern := range []string{"AUTH_RSA256_*.p12", "RSA256_*.p12", "GOST512_*.p12"} {
		stdout, stderr, code := senim(t, "key", "list", "--password-file", filepath.Join(demo, "password"), one(t, demo, pattern))
		if code != 0 || !strings.Contains(stdout, "matches the certificate") {
			t.Errorf("key list of %s: %d\n%s%s", pattern, code, stdout, stderr)
		}
	}

	b := line.New(t, s.url)
	app := b.Apply(t, line.Person{IIN: "950310201480", Surname: "Серікова", Name: "Әсел", Patronymic: "Қайратқызы"}, "both", "qwerty-12")
	desk := operator(t, s)
	desk.Approve(t, app.Number)
	files := b.Install(t, app, keyfile.National)
	if len(files) != 3 {
		t.Fatalf("%d key files", len(files))
	}
	trust := filepath.Join(demo, "trust.pem")
	document, secret := filepath.Join(tmp, "document.txt"), filepath.Join(tmp, "password")
	for name, text := range map[string]string{document: "шарт\n", secret: "qwerty-12\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	openssl := peer.OpenSSL(t)
	rsaIssuer := filepath.Join(tmp, "rsa.cer")
	fetch(t, s.url+"/cert/rsa.cer", rsaIssuer)
	for _, f := range files {
		key, signed, answer := filepath.Join(tmp, f.Name), filepath.Join(tmp, f.Name+".p7s"), filepath.Join(tmp, f.Name+".ocsp")
		if err := os.WriteFile(key, f.Container, 0o600); err != nil {
			t.Fatal(err)
		}
		_, stderr, code := senim(t, "sign", "--key", key, "--password-file", secret, "-o", signed, document)
		if f.Key.Authentication {
			if code != 3 || !strings.Contains(stderr, "GOST512_") {
				t.Errorf("sign with %s: %d\n%s", f.Name, code, stderr)
			}
			continue
		}
		if code != 0 {
			t.Fatalf("sign with %s: %d\n%s", f.Name, code, stderr)
		}
		verify := func(want int, indication string, args ...string) {
			t.Helper()
			stdout, stderr, code := senim(t, append([]string{"verify", "--json", "--trust", trust, signed}, args...)...)
			var r struct {
				Valid      bool
				Signatures []struct{ Indication, SubIndication string }
			}
			if err := json.Unmarshal([]byte(stdout), &r); err != nil || code != want || r.Valid != (want == 0) ||
				strings.TrimSpace(r.Signatures[0].Indication+" "+r.Signatures[0].SubIndication) != indication {
				t.Errorf("verify %v of %s: %d, wanted %d\n%s%s", args, f.Name, code, want, stdout, stderr)
			}
		}
		verify(2, "INDETERMINATE TRY_LATER")
		verify(0, "TOTAL-PASSED", "--online")
		rsa := strings.HasPrefix(f.Name, "RSA256_")
		ask := func(want string) {
			t.Helper()
			leaf := filepath.Join(tmp, "leaf.pem")
			if _, err := peer.Run(t, nil, openssl, "pkcs12", "-legacy", "-in", key, "-passin", "file:"+secret, "-nokeys", "-out", leaf); err != nil {
				t.Fatal(err)
			}
			issuer := filepath.Join(tmp, "rsa.pem")
			if _, err := peer.Run(t, nil, openssl, "x509", "-inform", "der", "-in", rsaIssuer, "-out", issuer); err != nil {
				t.Fatal(err)
			}
			out, err := peer.Run(t, nil, openssl, "ocsp", "-issuer", issuer, "-cert", leaf, "-url", s.url+"/ocsp", "-CAfile", trust, "-respout", answer)
			if err != nil || !strings.Contains(string(out), want) {
				t.Errorf("openssl ocsp: %v\n%s", err, out)
			}
		}
		if rsa {
			ask(": good")
			verify(0, "TOTAL-PASSED", "--ocsp", answer)
			if out, err := peer.Run(t, nil, openssl, "cms", "-verify", "-inform", "der", "-in", signed, "-CAfile", trust, "-purpose", "any"); err != nil || !bytes.Equal(out, []byte("шарт\n")) {
				t.Errorf("openssl cms: %v\n%q", err, out)
			}
		}
		b.Revoke(t, f, "qwerty-12", 1)
		verify(1, "INDETERMINATE REVOKED_NO_POE", "--online")
		if rsa {
			ask(": revoked")
			verify(1, "INDETERMINATE REVOKED_NO_POE", "--ocsp", answer)
		}
		list := "gost"
		if rsa {
			list = "rsa"
		}
		file := filepath.Join(tmp, list+".crl")
		line.Wait(t, "the revocation on the list", func() bool {
			fetch(t, s.url+"/crl/"+list+".crl", file)
			stdout, _, code := senim(t, "cert", "show", file)
			return code == 0 && strings.Contains(stdout, strings.ToUpper(f.Key.Serial))
		})
		verify(1, "INDETERMINATE REVOKED_NO_POE", "--crl", file)
	}
	if stdout, stderr, code := senim(t, "audit", "verify", "--data", dir); code != 0 { // beside the running server
		t.Errorf("audit verify: %d\n%s%s", code, stdout, stderr)
	}
	guesses(t, b, app)
	s.stop(t)
	discreet(t, s.output(), app)

	again := start(t, dir) // another port
	for name, b := range snapshot(t, demo) {
		if !bytes.Equal(b, first[name]) {
			t.Errorf("a second start changed DIR/demo/%s", name)
		}
	}
	if p := line.New(t, again.url).Get(t, "/status/"+app.Number); p.Status != 200 {
		t.Errorf("the application is gone after a second start: %d", p.Status)
	}
	stdout, _, code := senim(t, "doctor", "--data", dir)
	if code != 0 {
		t.Errorf("doctor: %d\n%s", code, stdout)
	}
	again.stop(t)
	if stdout, stderr, code := senim(t, "audit", "verify", "--data", dir); code != 0 {
		t.Errorf("audit verify of the stopped store: %d\n%s%s", code, stdout, stderr)
	}
}

// A bag of certificates is a signed message of nobody, and other files are no signed messages at all: neither is judged.
func TestWhatHasNoSignatureIsNotJudged(t *testing.T) {
	bag := filepath.Join(t.TempDir(), "bag.p7b")
	if _, err := peer.Run(t, nil, peer.OpenSSL(t), "crl2pkcs7", "-nocrl", "-certfile", testdata.Path(t, "kz", "ca", "prod", "root_rsa.pem"), "-outform", "der", "-out", bag); err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{bag, testdata.Path(t, "kz", "xml", "xmldsig_rsa_sha256.xml"), testdata.Path(t, "kz", "cert", "individual_signer.cer")} {
		stdout, stderr, code := senim(t, "verify", "--trust", testdata.Path(t, "kz", "ca", "prod"), file)
		if code != 3 || stdout != "" || strings.Count(stderr, "\n") < 1 || strings.Contains(stderr, "unexpected") {
			t.Errorf("%s: %d\n%s%s", filepath.Base(file), code, stdout, stderr)
		}
	}
	stdout, _, code := senim(t, "cert", "show", bag)
	if code != 0 || !strings.Contains(stdout, "serial number") {
		t.Errorf("cert show of a bag: %d\n%s", code, stdout)
	}
}

// A message of OpenSSL without the signer's certificate is decided only by whoever has that certificate; one that carries another's
// is never valid.
func TestTheSignersCertificateHasToBeThere(t *testing.T) {
	dir, _ := copyOfDemo(t)
	folder, tmp, openssl := filepath.Join(dir, "demo"), t.TempDir(), peer.OpenSSL(t)
	secret, document := filepath.Join(folder, "password"), filepath.Join(tmp, "document.txt")
	if err := os.WriteFile(document, []byte("шарт\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := func(args ...string) {
		t.Helper()
		if _, err := peer.Run(t, nil, openssl, args...); err != nil {
			t.Fatal(err)
		}
	}
	leaf, key, other := filepath.Join(tmp, "leaf.pem"), filepath.Join(tmp, "key.pem"), filepath.Join(tmp, "other.pem")
	run("pkcs12", "-legacy", "-in", one(t, folder, "RSA256_*.p12"), "-passin", "file:"+secret, "-nokeys", "-out", leaf)
	run("pkcs12", "-legacy", "-in", one(t, folder, "RSA256_*.p12"), "-passin", "file:"+secret, "-nocerts", "-nodes", "-out", key)
	run("pkcs12", "-legacy", "-in", one(t, folder, "AUTH_RSA256_*.p12"), "-passin", "file:"+secret, "-nokeys", "-out", other)
	bare, foreign := filepath.Join(tmp, "bare.p7s"), filepath.Join(tmp, "foreign.p7s")
	sign := []string{"cms", "-sign", "-binary", "-nodetach", "-nocerts", "-md", "sha256", "-outform", "der", "-in", document, "-signer", leaf, "-inkey", key}
	run(append(sign, "-out", bare)...)
	run(append(sign, "-certfile", other, "-out", foreign)...)
	if stdout, _, code := senim(t, "cert", "show", foreign); code != 0 || !strings.Contains(stdout, "clientAuth") {
		t.Fatalf("the other certificate is not in the message: %d\n%s", code, stdout)
	}
	for _, c := range []struct {
		name string
		args []string
		code int
	}{
		{"nowhere", []string{bare}, 2},
		{"given beside it", []string{"--intermediates", leaf, bare}, 0},
		{"another's given beside it", []string{"--intermediates", other, bare}, 2},
		{"another's in it", []string{foreign}, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			args := append([]string{"verify", "--json", "--revocation", "none", "--trust", filepath.Join(folder, "trust.pem")}, c.args...)
			stdout, stderr, code := senim(t, args...)
			if code != c.code || c.code == 2 && !strings.Contains(stdout, "NO_SIGNING_CERTIFICATE_FOUND") {
				t.Errorf("%d, wanted %d\n%s%s", code, c.code, stdout, stderr)
			}
		})
	}
}
