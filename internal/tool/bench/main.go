// Bench measures what docs/performance.md says, beside the peers on this machine, and writes it there.
//
//	go run ./internal/tool/bench [-rounds N] [-for D] [-out FILE] [-again] [-binary FILE]
//
// A round is every step once: the disk, the peers, issuance, OCSP, signing, verifying, starts. Rounds interleave what is compared, and
// a figure is the median of its rounds; a ratio is the median of the ratios inside each round. What was measured is kept in
// bin/bench/results.json, so that a run that ends after -for, which is under ten minutes, goes on where it stopped when the
// command is given again; with -again, or when the program has changed, it begins anew.
//
// The last line is "N passed, N failed, N skipped", counted in figures. A figure that couldn't be measured is skipped, and the
// line before says why.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

func main() {
	rounds := flag.Int("rounds", 5, "rounds, of which a figure is the median")
	limit := flag.Duration("for", 9*time.Minute, "stop after the step that ends beyond this; the same command goes on")
	out := flag.String("out", filepath.Join("docs", "performance.md"), "the document whose figures are replaced")
	again := flag.Bool("again", false, "forget what was measured before")
	binary := flag.String("binary", filepath.Join("bin", "senim"), "the program, of make build")
	flag.Parse()
	if err := run(*rounds, *limit, *out, *again, *binary); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// results is the file bin/bench/results.json.
type results struct {
	Version string
	Machine string
	Rounds  map[string]round
}

// A round is the figures of one round by step and name, and why a step has none.
type round struct {
	Done    map[string]bool
	Figures map[string]float64
	Skipped map[string]string
	Failed  map[string]string
}

// A bencher is where things are while it runs.
type bencher struct {
	dir, binary string // absolute
	round       round
}

func run(rounds int, limit time.Duration, out string, again bool, binary string) error {
	began := time.Now()
	work, err := filepath.Abs(filepath.Join("bin", "bench"))
	if err != nil {
		return err
	}
	if binary, err = filepath.Abs(binary); err != nil {
		return err
	}
	if _, err := os.Stat(binary); err != nil {
		return fmt.Errorf("couldn't find the program; run make build: %w", err)
	}
	if err := os.MkdirAll(filepath.Join(work, "tmp"), 0o755); err != nil {
		return err
	}
	version, err := sum(binary)
	if err != nil {
		return err
	}
	file := filepath.Join(work, "results.json")
	all, err := load(file, version)
	if err != nil {
		return err
	}
	if again || all.Version != version {
		all = results{Version: version, Machine: machine(), Rounds: map[string]round{}}
	}
	b := &bencher{dir: work, binary: binary}
	for n := 1; n <= rounds; n++ {
		name := fmt.Sprint(n)
		b.round = all.Rounds[name]
		if b.round.Done == nil {
			b.round = round{map[string]bool{}, map[string]float64{}, map[string]string{}, map[string]string{}}
		}
		for _, s := range steps {
			if b.round.Done[s.name] {
				continue
			}
			if time.Since(began) > limit {
				fmt.Printf("round %d of %d: %s is next; give the same command again\n", n, rounds, s.name)
				return nil
			}
			fmt.Printf("round %d of %d: %s\n", n, rounds, s.name)
			b.round.Figures["load before "+s.name] = load1()
			if err := s.run(b); err != nil {
				b.round.Failed[s.name] = err.Error()
				fmt.Println(err)
			}
			b.round.Done[s.name] = true
			all.Rounds[name] = b.round
			if err := save(file, all); err != nil {
				return err
			}
		}
	}
	t := report(all)
	fmt.Print(t.text)
	if err := replace(out, t.text); err != nil {
		return err
	}
	for _, why := range t.reasons {
		fmt.Println(why)
	}
	fmt.Printf("%d passed, %d failed, %d skipped\n", t.passed, t.failed, t.skipped)
	if t.failed > 0 {
		os.Exit(1)
	}
	return nil
}

func load(file, version string) (results, error) {
	b, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return results{}, nil
	}
	if err != nil {
		return results{}, err
	}
	var r results
	if err := json.Unmarshal(b, &r); err != nil || r.Version != version {
		return results{}, nil // of another program, or broken off while it was written: measured anew
	}
	return r, nil
}

func save(file string, r results) error {
	b, err := json.MarshalIndent(r, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(file, b, 0o644)
}

// machine is what figures depend on, in one line.
func machine() string {
	cpu := "unknown processor"
	if b, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		for line := range strings.Lines(string(b)) {
			if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
				cpu = strings.TrimSpace(value)
				break
			}
		}
	}
	openssl := "no openssl"
	if b, err := exec.Command("openssl", "version").Output(); err == nil {
		if f := strings.Fields(string(b)); len(f) > 1 {
			openssl = "OpenSSL " + f[1]
		}
	}
	return fmt.Sprintf("%s, %d cores, %s/%s, %s, %s", cpu, runtime.NumCPU(), runtime.GOOS, runtime.GOARCH, runtime.Version(), openssl)
}

// load1 is the load of the last minute, -1 where the system doesn't say.
func load1() float64 {
	b, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return -1
	}
	var l float64
	if _, err := fmt.Sscan(string(b), &l); err != nil {
		return -1
	}
	return l
}
