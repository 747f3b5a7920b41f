package main_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// newAuthority makes an authority as `ca init` does, with roots of 2048 bits, and returns its folder.
func newAuthority(t *testing.T) (dir, unlock string) {
	t.Helper()
	tmp := t.TempDir()
	shown, _, code := senim(t, "ca", "init", "--show", "--name", "Ertis", "--url", "http://ca.example.kz")
	if code != 0 {
		t.Fatalf("ca init --show: %d", code)
	}
	write := func(name, text string) string {
		path := filepath.Join(tmp, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	dir, unlock = filepath.Join(tmp, "data"), write("unlock", "correct horse battery staple\n")
	_, stderr, code := senim(t, "ca", "init", "--data", dir, "--root", filepath.Join(tmp, "root"),
		"--hierarchy", write("hierarchy.json", strings.ReplaceAll(shown, "4096", "2048")),
		"--unlock-file", unlock, "--root-password-file", unlock, "--password-file", write("password", "qwerty-12"),
		"--admin-iin", "711225100844", "--admin-surname", "БАЙҒАЗИН", "--admin-name", "ОРАЗ", "-o", filepath.Join(tmp, "administrator.p12"))
	if code != 0 {
		t.Fatalf("ca init: %d\n%s", code, stderr)
	}
	return dir, unlock
}

// tlsFiles makes a certificate for 127.0.0.1 and a client that trusts it.
func tlsFiles(t *testing.T) (certificate, key string, client *http.Client) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	certificate, key = filepath.Join(dir, "tls.pem"), filepath.Join(dir, "tls.key")
	for name, block := range map[string]*pem.Block{certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8}} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return certificate, key, &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// A real authority with TLS, each face at its own address, unlocked by a descriptor, configured by a file in its folder.
func TestFacesHaveTheirOwnAddresses(t *testing.T) {
	dir, unlock := newAuthority(t)
	certificate, key, client := tlsFiles(t)
	pages, status, desk := freeAddress(t), freeAddress(t), freeAddress(t)
	config := fmt.Sprintf("listen = %q\nstatus-listen = %q\ndesk-listen = %q\nurl = %q\ndesk-url = %q\ntls-certificate = %q\ntls-key = %q\nlog-format = \"json\"\n",
		pages, status, desk, "https://"+pages, "https://"+desk, certificate, key)
	if err := os.WriteFile(filepath.Join(dir, "senim.toml"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	secret, err := os.Open(unlock)
	if err != nil {
		t.Fatal(err)
	}
	defer secret.Close()
	cmd := exec.Command(program(t), "serve", "--data", dir, "--unlock-fd", "3")
	cmd.Env = append(os.Environ(), "SENIM_LANG=en")
	cmd.ExtraFiles = []*os.File{secret}
	s := begin(t, cmd)

	for _, c := range []struct {
		name, url string
		status    int
		contains  string
	}{
		{"pages", "https://" + pages + "/", 200, "<html"},
		{"pages know no desk", "https://" + pages + "/desk", 404, ""},
		{"pages know no OCSP", "https://" + pages + "/ocsp", 404, ""},
		{"verification", "https://" + pages + "/verify", 200, "<form"},
		{"desk asks to sign in", "https://" + desk + "/desk", 303, ""},
		{"desk's front leads to it", "https://" + desk + "/", 303, ""},
		{"desk knows no portal", "https://" + desk + "/apply", 404, ""},
		{"status by plain HTTP", "http://" + status + "/healthz", 200, "ok"},
		{"lists by plain HTTP", "http://" + status + "/crl/gost.crl", 200, ""},
		{"a root's list", "http://" + status + "/crl/root_rsa.crl", 200, ""},
		{"certificates of authorities", "http://" + status + "/cert/root_gost.cer", 200, ""},
		{"status knows no pages", "http://" + status + "/", 404, ""},
		{"plain HTTP at a TLS address", "http://" + pages + "/", 400, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			resp, err := client.Get(c.url)
			if err != nil {
				t.Fatal(err)
			}
			defer resp.Body.Close()
			body, err := io.ReadAll(resp.Body)
			if err != nil {
				t.Fatal(err)
			}
			if resp.StatusCode != c.status || !strings.Contains(string(body), c.contains) {
				t.Errorf("status %d, wanted %d: %.200s", resp.StatusCode, c.status, body)
			}
			if strings.HasPrefix(c.url, "https://") && resp.Header.Get("Strict-Transport-Security") == "" {
				t.Error("no HSTS")
			}
		})
	}
	if out := s.output(); strings.Contains(out, "correct horse") {
		t.Error("the log holds the secret")
	}
	s.stop(t)
}

func TestABusyPortIsToldBeforeAnythingIsMade(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	dir := filepath.Join(t.TempDir(), "demo")
	_, stderr, code := senim(t, "serve", "--demo", "--data", dir, "--listen", l.Addr().String())
	if code != 3 || !strings.Contains(stderr, "can't be listened on") {
		t.Errorf("%d\n%s", code, stderr)
	}
	if _, err := os.Stat(dir); err == nil {
		t.Error("the folder was made")
	}
}

// A first start that is killed while it makes the demo leaves nothing half: the next one makes it whole.
func TestAFirstStartThatWasBrokenOffIsMadeGood(t *testing.T) {
	dir, made := copyOfDemo(t)
	stage := filepath.Join(dir, ".first-start")
	if err := os.Mkdir(stage, 0o700); err != nil {
		t.Fatal(err)
	}
	// Killed between two renames: the first parts have their places, the others wait.
	for _, part := range []string{"store.db", "demo"} {
		if err := os.Rename(filepath.Join(dir, part), filepath.Join(stage, part)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(stage, "done"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s := start(t, dir)
	for name, b := range snapshot(t, filepath.Join(dir, "demo")) {
		if string(b) != string(made.files[name]) {
			t.Errorf("%s differs", name)
		}
	}
	if _, err := os.Stat(stage); err == nil {
		t.Error("the stage is left")
	}
	s.stop(t)
}
