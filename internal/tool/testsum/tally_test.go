package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// run writes a module of one package, tests it as testsum does, and returns what is printed and the verdict.
func run(t *testing.T, files map[string]string, strict bool, args ...string) (string, bool) {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.org/m\n\ngo 1.26\n"
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("go", append([]string{"test", "-json", "-vet=off"}, append(args, ".")...)...)
	cmd.Dir = dir
	// An error is what half of these packages are made for; the verdict is read from the events.
	events, _ := cmd.Output()
	var out bytes.Buffer
	sum := newTally(&out)
	if err := read(sum, bytes.NewReader(events)); err != nil {
		t.Fatal(err)
	}
	good := sum.close(strict)
	return out.String(), good
}

func TestTally(t *testing.T) {
	const head = "package m\n\nimport \"testing\"\n\n"
	for _, c := range []struct {
		name   string
		body   string
		strict bool
		args   []string
		line   string
		good   bool
		says   string
	}{
		{name: "leaves count, their parents don't", line: "3 passed, 0 failed, 0 skipped", good: true, body: `
			func TestA(t *testing.T) { t.Run("x", func(*testing.T) {}); t.Run("y/z", func(*testing.T) {}) }
			func TestB(t *testing.T) {}`},
		{name: "a failed leaf is one failure, and its words are told", line: "1 passed, 1 failed, 0 skipped", says: "broken seal", body: `
			func TestA(t *testing.T) { t.Run("x", func(t *testing.T) { t.Error("broken seal") }); t.Run("y", func(*testing.T) {}) }`},
		{name: "a parent that fails on its own is a failure", line: "1 passed, 1 failed, 0 skipped", says: "after all", body: `
			func TestA(t *testing.T) { t.Run("x", func(*testing.T) {}); t.Error("after all") }`},
		{name: "skips are grouped by reason", line: "1 passed, 0 failed, 2 skipped", good: true, says: "      2  testdata: absent (example.org/m)", body: `
			func TestA(t *testing.T) { t.Skip("testdata: absent") }
			func TestB(t *testing.T) { t.Skip("testdata: absent") }
			func TestC(t *testing.T) {}`},
		{name: "a skip is a failure with -strict", strict: true, line: "1 passed, 0 failed, 1 skipped", says: "no reason given", body: `
			func TestA(t *testing.T) { t.SkipNow() }
			func TestC(t *testing.T) {}`},
		{name: "what doesn't build is a failure", line: "0 passed, 1 failed, 0 skipped", says: "undefined: absent", body: `
			func TestA(t *testing.T) { absent() }`},
		{name: "a panic is a failure", line: "1 passed, 1 failed, 0 skipped", says: "panic: out of range", body: `
			func TestA(t *testing.T) {}
			func TestB(t *testing.T) { panic("out of range") }`},
		{name: "an end of the process under a test is a failure", line: "0 passed, 1 failed, 0 skipped", body: `
			func TestA(t *testing.T) { println("gone"); exit(3) }`},
		{name: "a package that runs too long is a failure", args: []string{"-timeout=100ms"}, line: "0 passed, 1 failed, 0 skipped", says: "timed out", body: `
			func TestA(t *testing.T) { select {} }
			func TestB(t *testing.T) {}`},
		{name: "no test at all isn't success", line: "0 passed, 0 failed, 0 skipped", says: "no test ran", body: `
			func helper(t *testing.T) {}`},
		{name: "benchmarks count and show their figures", args: []string{"-run=^$", "-bench=.", "-benchtime=1x"}, line: "2 passed, 0 failed, 0 skipped", good: true, says: "ns/op", body: `
			func BenchmarkA(b *testing.B) { for b.Loop() {} }
			func BenchmarkB(b *testing.B) { b.Run("one", func(b *testing.B) { for b.Loop() {} }) }`},
		{name: "a failed benchmark is a failure", args: []string{"-run=^$", "-bench=.", "-benchtime=1x"}, line: "0 passed, 1 failed, 0 skipped", says: "too slow", body: `
			func BenchmarkA(b *testing.B) { b.Fatal("too slow") }`},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			out, good := run(t, map[string]string{
				"m.go":      "package m\n\nimport \"os\"\n\nfunc exit(n int) { os.Exit(n) }\n",
				"m_test.go": head + c.body,
			}, c.strict, c.args...)
			if !strings.HasSuffix(out, "\n"+c.line+"\n") || good != c.good || !strings.Contains(out, c.says) {
				t.Errorf("good = %v, want %v, the line %q and the words %q in\n%s", good, c.good, c.line, c.says, out)
			}
		})
	}
}

func TestPackagesOfTheBrowserAloneRunInNode(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"go.mod":         "module example.org/m\n\ngo 1.26\n",
		"here/a_test.go": "package here\n",
		"js/a.go":        "//go:build js\n\npackage js\n\nimport \"syscall/js\"\n\nvar null = js.Null()\n",
		"js/a_test.go":   "//go:build js\n\npackage js\n\nimport \"testing\"\n\nfunc TestA(t *testing.T) { if !null.IsNull() { t.Fail() } }\n",
	} {
		if err := os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	t.Setenv("LARGE", strings.Repeat("x", 20000))
	verdict := func() string {
		t.Helper()
		var out bytes.Buffer
		sum := newTally(&out)
		if err := inNode(sum, nil, []string{"./..."}); err != nil {
			t.Fatal(err)
		}
		sum.close(false)
		return out.String()
	}
	t.Run("where there is no Node it is a skip with its reason", func(t *testing.T) {
		compiler, err := exec.LookPath("go")
		if err != nil {
			t.Fatal(err)
		}
		alone := t.TempDir()
		if err := os.Symlink(compiler, filepath.Join(alone, "go")); err != nil {
			t.Fatal(err)
		}
		t.Setenv("PATH", alone)
		if out := verdict(); !strings.Contains(out, "1  peer: node is not installed; run make deps (example.org/m/js)") {
			t.Errorf("printed\n%s", out)
		}
	})
	t.Run("where there is one the test runs", func(t *testing.T) {
		if _, err := exec.LookPath("node"); err != nil {
			t.Skip("peer: node is not installed; run make deps")
		}
		if out := verdict(); !strings.HasSuffix(out, "\n1 passed, 0 failed, 0 skipped\n") {
			t.Errorf("printed\n%s", out)
		}
	})
}

func TestARunThatFailsAsAWholeIsAFailure(t *testing.T) {
	var out bytes.Buffer
	sum := newTally(&out)
	sum.broke("go test", os.ErrNotExist)
	if sum.close(false) || !strings.HasSuffix(out.String(), "\n0 passed, 1 failed, 0 skipped\n") {
		t.Errorf("printed\n%s", &out)
	}
}
