// Package peer finds the independent programs that our results are compared with: OpenSSL, its GOST engine, Chromium.
//
// A peer that is not on the machine skips the test with a reason that starts with "peer: " and names make deps, which
// installs it; .ci/run counts such a skip as a failure. This package is for tests only, and none of these programs is
// needed to use Senim.
package peer

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// timeout ends one run of a peer. The slowest, a key generation on a busy machine, takes a few seconds.
const timeout = 60 * time.Second

// OpenSSL returns the path of the openssl command.
func OpenSSL(t testing.TB) string {
	t.Helper()
	return command(t, "openssl", "openssl")
}

// Chromium returns the path of a Chromium or Chrome browser.
func Chromium(t testing.TB) string {
	t.Helper()
	return command(t, "chromium", "chromium", "chromium-browser", "google-chrome")
}

// A Runner runs one peer with arguments and returns its standard output.
type Runner func(t testing.TB, args ...string) ([]byte, error)

// gostConfig loads the engine by its name from OpenSSL's own folder of engines. The empty section for requests lets
// openssl req run with -subj alone.
const gostConfig = `openssl_conf = init

[init]
engines = engines

[engines]
gost = gost

[gost]
engine_id = gost
default_algorithms = ALL

[req]
distinguished_name = name

[name]
`

// OpenSSLGost returns a runner of openssl with its GOST engine loaded. The engine speaks the RFC forms of the GOST
// algorithms (RFC 7091, 6986, 9215), not Kazakhstan's little-endian ones.
func OpenSSLGost(t testing.TB) Runner {
	t.Helper()
	openssl := OpenSSL(t)
	config := filepath.Join(t.TempDir(), "openssl.cnf")
	if err := os.WriteFile(config, []byte(gostConfig), 0o600); err != nil {
		t.Fatalf("couldn't write the engine's configuration: %v", err)
	}
	run := func(t testing.TB, args ...string) ([]byte, error) {
		t.Helper()
		return run([]string{"OPENSSL_CONF=" + config}, nil, openssl, args...)
	}
	// openssl starts even when its engine doesn't load, and fails only at the first GOST algorithm.
	if out, err := run(t, "engine", "-t", "gost"); err != nil || !bytes.Contains(out, []byte("[ available ]")) {
		t.Skip(absent("the GOST engine of openssl"))
	}
	return run
}

// Run runs a peer, feeds it stdin, and returns its standard output. Where it fails, or is still running after a minute,
// the error holds what it wrote to standard error.
func Run(t testing.TB, stdin []byte, name string, args ...string) (out []byte, err error) {
	t.Helper()
	return run(nil, stdin, name, args...)
}

func run(env []string, stdin []byte, name string, args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = bytes.NewReader(stdin)
	cmd.WaitDelay = time.Second // a child that inherited the pipes must not hold us
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		err = fmt.Errorf("no end after %v: %w", timeout, ctx.Err())
	}
	if err != nil {
		err = fmt.Errorf("couldn't run %s %s: %w\n%s", filepath.Base(name), strings.Join(args, " "), err, stderr.Bytes())
	}
	return stdout.Bytes(), err
}

func command(t testing.TB, name string, commands ...string) string {
	t.Helper()
	for _, c := range commands {
		if path, err := exec.LookPath(c); err == nil {
			return path
		}
	}
	t.Skip(absent(name))
	return ""
}

func absent(name string) string {
	return "peer: " + name + " is not installed; run make deps"
}
