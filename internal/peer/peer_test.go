package peer

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestTheGostEngineHashesSignsAndVerifies(t *testing.T) {
	openssl := OpenSSLGost(t)
	dir := t.TempDir()
	in := func(name string) string { return filepath.Join(dir, name) }
	message := []byte("012345678901234567890123456789012345678901234567890123456789012") // M1 of RFC 6986 section 10.1
	if err := os.WriteFile(in("message"), message, 0o600); err != nil {
		t.Fatal(err)
	}
	must := func(args ...string) string {
		t.Helper()
		out, err := openssl(t, args...)
		if err != nil {
			t.Fatal(err)
		}
		return string(out)
	}
	// RFC 6986 prints the hash of M1 last octet first.
	if got := must("dgst", "-md_gost12_256", "-r", in("message")); !strings.HasPrefix(got, "9d151eefd8590b89daa6ba6cb74af9275dd051026bb149a452fd84e5e57b5500") {
		t.Errorf("Streebog-256 of M1 = %s", got)
	}
	must("genpkey", "-algorithm", "gost2012_512", "-pkeyopt", "paramset:A", "-out", in("key"))
	must("pkey", "-in", in("key"), "-pubout", "-out", in("public"))
	must("dgst", "-md_gost12_512", "-sign", in("key"), "-out", in("signature"), in("message"))
	must("dgst", "-md_gost12_512", "-verify", in("public"), "-signature", in("signature"), in("message"))

	if err := os.WriteFile(in("message"), append(message, '3'), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := openssl(t, "dgst", "-md_gost12_512", "-verify", in("public"), "-signature", in("signature"), in("message")); err == nil {
		t.Errorf("the engine accepted another message: %s", out)
	}
	must("req", "-new", "-key", in("key"), "-md_gost12_512", "-subj", "/CN=TEST", "-out", in("request"))
}

func TestRun(t *testing.T) {
	openssl := OpenSSL(t)
	t.Run("feeds standard input and returns standard output alone", func(t *testing.T) {
		out, err := Run(t, []byte("senim"), openssl, "base64")
		if err != nil || !bytes.Equal(out, []byte("c2VuaW0=\n")) {
			t.Fatalf("Run = %q, %v", out, err)
		}
	})
	t.Run("says what the program wrote when it fails", func(t *testing.T) {
		_, err := Run(t, nil, openssl, "x509", "-in", "absent.pem")
		if err == nil || !strings.Contains(err.Error(), "absent.pem") || !strings.Contains(err.Error(), "No such file") {
			t.Fatalf("err = %v", err)
		}
	})
}

func TestChromiumRenders(t *testing.T) {
	browser := Chromium(t)
	// The sandbox refuses root, which is who runs the tests in a container.
	out, err := Run(t, nil, browser, "--headless=new", "--no-sandbox", "--user-data-dir="+t.TempDir(), "--dump-dom", "data:text/html,<p>сенім")
	if err != nil || !strings.Contains(string(out), "<p>") {
		t.Fatalf("Chromium printed %q, %v", out, err)
	}
}

func TestAnAbsentPeerSkipsAndNamesTheCommandThatInstallsIt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	r := &recorder{TB: t}
	func() {
		defer func() { _ = recover() }()
		Chromium(r)
	}()
	if want := "peer: chromium is not installed; run make deps"; r.reason != want {
		t.Fatalf("reason %q, want %q", r.reason, want)
	}
}

// A recorder notes the reason of a skip in place of skipping.
type recorder struct {
	testing.TB
	reason string
}

func (r *recorder) Skip(args ...any) {
	r.reason = args[0].(string)
	panic("skipped") // as Skip, it doesn't return
}
