package main

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// An event is one line of go test -json (go doc test2json).
type event struct {
	Action      string
	Package     string
	ImportPath  string // of build-output
	Test        string
	Output      string
	Elapsed     float64 // seconds
	FailedBuild string
}

// A tally counts leaf tests: a test with subtests is told by them, and counts itself only if it fails or skips on its own.
type tally struct {
	out      io.Writer
	packages map[string]*pack
	reasons  map[string]map[string]int // reason of a skip → package → times
}

type pack struct {
	tests                   map[string]*test
	order                   []string
	output                  []string // of the package itself: a panic, TestMain
	passed, failed, skipped int
	seconds                 float64
	done, without           bool // without: no test files
}

type test struct {
	action string // pass, fail, skip; empty while it runs
	output []string
	parent bool
	told   bool
}

func newTally(out io.Writer) *tally {
	return &tally{out, map[string]*pack{}, map[string]map[string]int{}}
}

func (s *tally) say(text string) { io.WriteString(s.out, text) }

func (s *tally) pack(name string) *pack {
	p := s.packages[name]
	if p == nil {
		p = &pack{tests: map[string]*test{}}
		s.packages[name] = p
	}
	return p
}

func (p *pack) test(name string) *test {
	x := p.tests[name]
	if x == nil {
		x = &test{}
		p.tests[name] = x
		p.order = append(p.order, name)
	}
	return x
}

func (s *tally) add(e event) {
	if e.Action == "build-output" {
		s.say(e.Output)
		return
	}
	if e.Package == "" {
		return
	}
	p := s.pack(e.Package)
	if e.Test == "" {
		s.addPackage(p, e)
		return
	}
	x := p.test(e.Test)
	switch e.Action {
	case "run":
		// A slash may also be part of a name, so only a test that has started can be a parent.
		for i := range e.Test {
			if up := p.tests[e.Test[:i]]; e.Test[i] == '/' && up != nil {
				up.parent = true
			}
		}
	case "output":
		x.output = append(x.output, e.Output)
		// A benchmark has no closing event; its line of figures is its result.
		if strings.HasPrefix(e.Test, "Benchmark") && strings.Contains(e.Output, " ns/op") {
			x.action = "pass"
			figures := strings.Join(strings.Fields(e.Output), " ")
			if !strings.HasPrefix(figures, "Benchmark") {
				figures = e.Test + " " + figures
			}
			s.say(figures + "\n")
		}
	case "pass", "fail", "skip":
		x.action = e.Action
		if e.Action == "fail" {
			s.tell(e.Package, e.Test, x)
		}
	}
}

func (s *tally) addPackage(p *pack, e event) {
	switch e.Action {
	case "output":
		p.output = append(p.output, e.Output)
	case "pass", "fail", "skip":
		p.seconds, p.done = e.Elapsed, true
		p.without = e.Action == "skip" && len(p.tests) == 0
		s.count(e.Package, p)
		if e.Action == "fail" && p.failed == 0 {
			p.failed = 1
		}
		if e.Action == "fail" && !p.toldAny() {
			s.say("FAIL " + short(e.Package) + "\n" + strings.Join(p.output, ""))
		}
	}
}

func (p *pack) toldAny() bool {
	for _, x := range p.tests {
		if x.told {
			return true
		}
	}
	return false
}

// count settles a package whose last event has come.
func (s *tally) count(name string, p *pack) {
	for _, n := range p.order {
		x := p.tests[n]
		switch {
		case strings.HasPrefix(n, "Benchmark") && x.action == "" && !x.broken():
			// The head of a group of benchmarks, or one that only logged.
		case x.action == "": // the process ended under it
			x.action = "fail"
			s.tell(name, n, x)
			p.failed++
		case x.action == "fail" && x.parent && p.failedBelow(n):
		case x.action == "fail":
			p.failed++
		case x.action == "skip":
			p.skipped++
			s.because(name, reason(x.output))
		case x.parent:
		default:
			p.passed++
		}
	}
}

func (x *test) broken() bool {
	return slices.ContainsFunc(x.output, func(l string) bool {
		return strings.Contains(l, "--- FAIL") || strings.HasPrefix(l, "panic:")
	})
}

func (p *pack) failedBelow(name string) bool {
	for n, x := range p.tests {
		if strings.HasPrefix(n, name+"/") && (x.action == "fail" || x.action == "") {
			return true
		}
	}
	return false
}

func (s *tally) tell(pkg, name string, x *test) {
	x.told = true
	s.say("FAIL " + short(pkg) + " " + name + "\n")
	for _, line := range x.output {
		if !strings.HasPrefix(line, "=== ") {
			s.say(line)
		}
	}
}

var logged = regexp.MustCompile(`^\s+[^\s:]+\.go:\d+: (.*)`)

// reason is the last thing a skipped test logged.
func reason(output []string) string {
	for _, line := range slices.Backward(output) {
		if m := logged.FindStringSubmatch(strings.TrimRight(line, "\n")); m != nil {
			return m[1]
		}
	}
	return "no reason given"
}

func (s *tally) because(pkg, reason string) {
	if s.reasons[reason] == nil {
		s.reasons[reason] = map[string]int{}
	}
	s.reasons[reason][pkg]++
}

// skip records that a package could not be run.
func (s *tally) skip(pkg, reason string) {
	p := s.pack(pkg)
	p.skipped, p.done = p.skipped+1, true
	s.because(pkg, reason)
}

// broke records that a run failed as a whole.
func (s *tally) broke(name string, err error) {
	s.say(fmt.Sprintf("FAIL %s: %v\n", name, err))
	p := s.pack(name)
	p.failed, p.done = p.failed+1, true
}

func (s *tally) failed() int {
	n := 0
	for _, p := range s.packages {
		n += p.failed
	}
	return n
}

// close prints the table and the closing line, and reports whether all is well.
func (s *tally) close(strict bool) bool {
	var passed, failed, skipped int
	var without []string
	s.say(fmt.Sprintf("\n%-40s %7s %7s %7s %8s\n", "package", "passed", "failed", "skipped", "seconds"))
	for _, name := range slices.Sorted(maps.Keys(s.packages)) {
		p := s.packages[name]
		if !p.done { // go test ended in the middle of it
			s.count(name, p)
			p.failed = max(p.failed, 1)
		}
		passed, failed, skipped = passed+p.passed, failed+p.failed, skipped+p.skipped
		if p.without {
			without = append(without, short(name))
		} else if p.passed+p.failed+p.skipped > 0 {
			s.say(fmt.Sprintf("%-40s %7d %7d %7d %8.1f\n", short(name), p.passed, p.failed, p.skipped, p.seconds))
		}
	}
	if len(without) > 0 {
		s.say("\nwithout tests: " + strings.Join(without, ", ") + "\n")
	}
	if len(s.reasons) > 0 {
		s.say("\nskipped, and why:\n")
		total := func(reason string) (n int) {
			for _, k := range s.reasons[reason] {
				n += k
			}
			return n
		}
		reasons := slices.SortedFunc(maps.Keys(s.reasons), func(a, b string) int {
			return cmp.Or(total(b)-total(a), strings.Compare(a, b))
		})
		for _, r := range reasons {
			var in []string
			for _, name := range slices.Sorted(maps.Keys(s.reasons[r])) {
				in = append(in, short(name))
			}
			s.say(fmt.Sprintf("%7d  %s (%s)\n", total(r), r, strings.Join(in, ", ")))
		}
	}
	if strict && skipped > 0 {
		s.say("\na skip is a failure here (-strict)\n")
	}
	if passed+failed == 0 {
		s.say("\nno test ran\n")
	}
	s.say(fmt.Sprintf("\n%d passed, %d failed, %d skipped\n", passed, failed, skipped))
	return failed == 0 && passed > 0 && !(strict && skipped > 0)
}

func short(pkg string) string {
	return strings.TrimPrefix(pkg, "github.com/senim-pki/senim/")
}
