// Testsum runs go test and says what ran: failures as they happen, then a table of the packages, the reasons of every
// skip, and alone on the last line "N passed, N failed, N skipped".
//
//	go run ./internal/tool/testsum [-strict] [-race] [-run RE] [-bench RE] [-timeout D] PACKAGES
//
// Packages that exist only for js/wasm, which the go command leaves out of ./... elsewhere, are run in Node. What
// doesn't build is a failure, and so is a run without any test; with -strict a skip is one too. Results are never taken
// from the test cache: it doesn't notice that a peer was installed.
package main

import (
	"bufio"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

func main() {
	strict := flag.Bool("strict", false, "a skip is a failure")
	race := flag.Bool("race", false, "run with the race detector")
	run := flag.String("run", "", "only tests that match, as of go test")
	bench := flag.String("bench", "", "benchmarks that match, in place of tests")
	timeout := flag.Duration("timeout", 10*time.Minute, "time limit of one package")
	flag.Parse()
	packages := flag.Args()
	if len(packages) == 0 {
		packages = []string{"./..."}
	}
	args := []string{"-count=1", "-timeout=" + timeout.String()}
	if *race {
		args = append(args, "-race")
	}
	if *run != "" {
		args = append(args, "-run="+*run)
	}
	if *bench != "" {
		args = append(args, "-run=^$", "-bench="+*bench, "-benchmem")
	}

	sum := newTally(os.Stdout)
	if err := goTest(sum, os.Environ(), append(args, packages...)); err != nil {
		sum.broke("go test", err)
	}
	if !*race && *bench == "" {
		if err := inNode(sum, args, packages); err != nil {
			sum.broke("js/wasm", err)
		}
	}
	if !sum.close(*strict) {
		os.Exit(1)
	}
}

// goTest feeds the events of one go test into sum. That tests fail is no error here; that go test fails without a
// failed test is.
func goTest(sum *tally, env, args []string) error {
	cmd := exec.Command("go", append([]string{"test", "-json"}, args...)...)
	cmd.Env = env
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	before := sum.failed()
	if err := read(sum, out); err != nil {
		return err
	}
	if err := cmd.Wait(); err != nil && sum.failed() == before {
		return err
	}
	return nil
}

func read(sum *tally, r io.Reader) error {
	lines := bufio.NewReader(r) // not a Scanner: a line of a test's output has no limit
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if json.Unmarshal(line, &e) != nil {
				sum.say(string(line)) // the go command writes some of its own faults as plain text
			} else {
				sum.add(e)
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// inNode runs the packages that exist only for js/wasm.
func inNode(sum *tally, args, packages []string) error {
	here, err := list(nil, packages)
	if err != nil {
		return err
	}
	js := []string{"GOOS=js", "GOARCH=wasm"}
	there, err := list(js, packages)
	if err != nil {
		return err
	}
	only := slices.DeleteFunc(there, func(p string) bool { return slices.Contains(here, p) })
	if len(only) == 0 {
		return nil
	}
	if _, err := exec.LookPath("node"); err != nil {
		for _, p := range only {
			sum.skip(p, "peer: node is not installed; run make deps")
		}
		return nil
	}
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return fmt.Errorf("couldn't find Go's root: %w", err)
	}
	runner := filepath.Join(strings.TrimSpace(string(root)), "lib", "wasm", "go_js_wasm_exec")
	return goTest(sum, append(small(os.Environ()), js...), slices.Concat([]string{"-exec=" + runner}, args, only))
}

// small is the part of an environment that a test in Node needs: Go's wasm_exec.js refuses arguments and environment
// of more than 8 KiB together.
func small(env []string) []string {
	return slices.DeleteFunc(env, func(v string) bool {
		return !slices.ContainsFunc([]string{"PATH=", "HOME=", "TMPDIR=", "XDG_CACHE_HOME=", "CI=", "GO", "SENIM_"}, func(p string) bool {
			return strings.HasPrefix(v, p)
		})
	})
}

// list names packages that have a file for the system; with -e, so that one broken package doesn't hide the others.
func list(env, packages []string) ([]string, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-f", "{{if or .GoFiles .CgoFiles .TestGoFiles .XTestGoFiles}}{{.ImportPath}}{{end}}"}, packages...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("couldn't list packages: %w", err)
	}
	return strings.Fields(string(out)), nil
}
