package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A step measures some figures of a round.
type step struct {
	name string
	run  func(*bencher) error
}

var steps = []step{
	{"disk", (*bencher).disk},
	{"peers", benchmarks("./internal/peer", ".", "1x")},
	{"issue-p256", benchmarks("./authority/issue", "^BenchmarkIssue$/^p256$", "1500x")},
	{"issue-gost512", benchmarks("./authority/issue", "^BenchmarkIssue$/^gost512$", "600x")},
	{"issue-rsa2048", benchmarks("./authority/issue", "^BenchmarkIssue$/^rsa2048$", "200x")}, // more keys take too long to make
	{"ocsp", benchmarks("./authority/publish", "^BenchmarkOCSP$", "1s")},
	{"sign", benchmarks("./sig/sign", "^BenchmarkSign$", "1s")},
	{"verify", benchmarks("./sig/verify", "^BenchmarkVerify$", "1s")},
	{"start", (*bencher).starts},
	{"size", (*bencher).sizes},
}

// benchmarks runs benchmarks of one package in a process of their own, with temporary folders beside the results: the
// system's may lie in memory, where nothing is written to a disk.
func benchmarks(pkg, match, times string) func(*bencher) error {
	return func(b *bencher) error {
		cmd := exec.Command("go", "test", "-run=^$", "-bench="+match, "-benchtime="+times, "-benchmem", "-timeout=10m", "-v", pkg)
		cmd.Env = append(os.Environ(), "TMPDIR="+filepath.Join(b.dir, "tmp"))
		out, err := cmd.CombinedOutput()
		b.parse(string(out))
		if err != nil {
			return fmt.Errorf("couldn't measure %s: %w\n%s", pkg, err, out)
		}
		return nil
	}
}

// parse takes the figures of go test -bench: each pair of value and unit becomes "name unit".
func (b *bencher) parse(out string) {
	name := ""
	for line := range strings.Lines(out) {
		f := strings.Fields(line)
		if len(f) > 0 && strings.HasPrefix(f[0], "Benchmark") {
			name = strings.TrimPrefix(f[0], "Benchmark")
			if at := strings.LastIndexByte(name, '-'); at > 0 {
				if _, err := strconv.Atoi(name[at+1:]); err == nil { // the number of cores
					name = name[:at]
				}
			}
			f = f[1:]
		}
		if len(f) > 2 && f[0] == "---" && f[1] == "SKIP:" {
			name = strings.TrimPrefix(f[2], "Benchmark")
			continue
		}
		if _, reason, ok := strings.Cut(line, "peer: "); ok {
			b.round.Skipped[name] = "peer: " + strings.TrimSpace(reason)
			continue
		}
		if strings.Contains(line, "too busy") {
			b.round.Skipped[name] = "the machine is too busy to measure this"
			continue
		}
		if len(f) < 3 {
			continue
		}
		for i := 1; i+1 < len(f); i += 2 {
			if v, err := strconv.ParseFloat(f[i], 64); err == nil {
				b.round.Figures[name+" "+f[i+1]] = v
			}
		}
	}
}

// disk is what one forced write costs here, without which certificates per second say nothing.
func (b *bencher) disk() error {
	dir := filepath.Join(b.dir, "tmp")
	if out, err := exec.Command("stat", "-f", "-c", "%T", dir).Output(); err == nil {
		if kind := strings.TrimSpace(string(out)); kind == "tmpfs" || kind == "ramfs" {
			return fmt.Errorf("%s lies in memory (%s): a forced write costs nothing there", dir, kind)
		}
	}
	f, err := os.CreateTemp(dir, "disk")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	defer f.Close()
	page := make([]byte, 4096)
	var took []float64
	for range 200 {
		if _, err := f.Write(page); err != nil {
			return err
		}
		began := time.Now()
		if err := f.Sync(); err != nil {
			return err
		}
		took = append(took, float64(time.Since(began).Microseconds()))
	}
	slices.Sort(took)
	b.round.Figures["fsync"] = took[len(took)/2]
	return nil
}

// starts starts the program on an authority that was made before, and on a demo that was, and looks at its memory.
func (b *bencher) starts() error {
	store, demo := filepath.Join(b.dir, "store"), filepath.Join(b.dir, "demo")
	if err := b.makeStore(store); err != nil {
		return err
	}
	unlock := filepath.Join(b.dir, "unlock")
	if _, err := os.Stat(filepath.Join(demo, "demo")); err != nil {
		if err := b.start("", 0, "--demo", "--data", demo); err != nil {
			return err
		}
	}
	// The first start of a round pays for what the machine has put out of its memory since the last one.
	if err := b.start("", 0, "--data", store, "--unlock-file", unlock); err != nil {
		return err
	}
	if err := b.start("store", 10*time.Second, "--data", store, "--unlock-file", unlock); err != nil {
		return err
	}
	return b.start("demo", 0, "--demo", "--data", demo)
}

func (b *bencher) makeStore(store string) error {
	if _, err := os.Stat(filepath.Join(store, "store.db")); err == nil {
		return nil
	}
	for _, dir := range []string{store, store + "-root", filepath.Join(b.dir, "admin.p12")} {
		if err := os.RemoveAll(dir); err != nil {
			return err
		}
	}
	secret := filepath.Join(b.dir, "unlock")
	for name, text := range map[string]string{secret: "for measuring, not a secret\n", filepath.Join(b.dir, "password"): "For-measuring-1\n"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			return err
		}
	}
	out, err := exec.Command(b.binary, "ca", "init", "--data", store, "--root", store+"-root", "--name", "Measured", "--url", "http://ca.example.kz",
		"--unlock-file", secret, "--root-password-file", secret, "--password-file", filepath.Join(b.dir, "password"),
		"--admin-iin", "711225100844", "--admin-surname", "ТЕСТОВ", "--admin-name", "ТЕСТ", "-o", filepath.Join(b.dir, "admin.p12")).CombinedOutput()
	if err != nil {
		return fmt.Errorf("couldn't make an authority: %w\n%s", err, out)
	}
	return nil
}

// start measures from the start of the process until it says that it listens, then its memory, again after it idled.
func (b *bencher) start(name string, idle time.Duration, args ...string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, b.binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	said, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return err
	}
	lines, text := bufio.NewScanner(said), new(bytes.Buffer)
	ready := false
	for !ready && lines.Scan() {
		ready = strings.HasPrefix(lines.Text(), "listening on ")
		fmt.Fprintln(text, lines.Text())
	}
	took := time.Since(began)
	go io.Copy(io.Discard, said)
	if ready && name != "" {
		b.round.Figures["start "+name] = float64(took.Microseconds()) / 1000
	}
	if ready && idle > 0 {
		time.Sleep(500 * time.Millisecond)
		b.memory("memory after start", cmd.Process.Pid)
		time.Sleep(idle)
		b.memory("memory idle", cmd.Process.Pid)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	err = cmd.Wait()
	if !ready || err != nil {
		return fmt.Errorf("couldn't start %s: %w\n%s", strings.Join(cmd.Args, " "), err, text)
	}
	return nil
}

// memory is the resident memory of a process, in MB.
func (b *bencher) memory(name string, pid int) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.round.Skipped[name] = "this system doesn't tell the memory of a process in /proc"
		return
	}
	for line := range strings.Lines(string(status)) {
		if f := strings.Fields(line); len(f) == 3 && f[0] == "VmRSS:" {
			if kb, err := strconv.ParseFloat(f[1], 64); err == nil {
				b.round.Figures[name] = kb * 1024 / 1e6
			}
		}
	}
}

func (b *bencher) sizes() error {
	dist := filepath.Join("web", "page", "dist", "senim.wasm")
	for name, file := range map[string]string{"size program": b.binary, "size wasm": dist, "size wasm br": dist + ".br", "size wasm gz": dist + ".gz"} {
		info, err := os.Stat(file)
		if err != nil {
			b.round.Skipped[name] = "not built: " + filepath.Base(file)
			continue
		}
		b.round.Figures[name] = float64(info.Size()) / 1e6
	}
	f, err := os.Open(b.binary)
	if err != nil {
		return err
	}
	defer f.Close()
	var packed counter
	z := gzip.NewWriter(&packed)
	if _, err := io.Copy(z, f); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	b.round.Figures["size program gz"] = float64(packed) / 1e6
	return nil
}

type counter int64

func (c *counter) Write(p []byte) (int, error) { *c += counter(len(p)); return len(p), nil }

func sum(file string) (string, error) {
	f, err := os.Open(file)
	if err != nil {
		return "", err
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f); err != nil {
		return "", err
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
