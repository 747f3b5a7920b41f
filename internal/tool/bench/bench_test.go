package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func emptyRound() round {
	return round{map[string]bool{}, map[string]float64{}, map[string]string{}, map[string]string{}}
}

func TestFiguresAreReadFromTheLinesOfGoTest(t *testing.T) {
	b := &bencher{round: emptyRound()}
	b.parse("goos: linux\n" +
		"BenchmarkIssue/p256/8-2         \t    2000\t   9755387 ns/op\t       102.5 certificates/s\t  113804 B/op\t    1215 allocs/op\n" +
		"BenchmarkOpenSSLCA/p256\nBenchmarkOpenSSLCA/p256-16\t1\t5 ns/op\t 630 certificates/s\n" +
		"BenchmarkOpenSSLCA/gost512\n    peer.go:117: peer: the GOST engine of openssl is not installed; run make deps\n--- SKIP: BenchmarkOpenSSLCA/gost512\n" +
		"PASS\n")
	for key, want := range map[string]float64{
		"Issue/p256/8 certificates/s": 102.5, "Issue/p256/8 B/op": 113804, "Issue/p256/8 allocs/op": 1215, "OpenSSLCA/p256 certificates/s": 630,
	} {
		if got := b.round.Figures[key]; got != want {
			t.Errorf("%s is %v, wanted %v", key, got, want)
		}
	}
	all := results{Rounds: map[string]round{"1": b.round}}
	if why := all.why("OpenSSLCA/gost512 certificates/s"); !strings.Contains(why, "engine") {
		t.Errorf("the reason of a skip is lost: %q in %v", why, b.round.Skipped)
	}
}

func TestAFigureIsTheMedianOfItsRoundsAndARatioThatOfTheirRatios(t *testing.T) {
	all := results{Rounds: map[string]round{}}
	for n, v := range map[string][2]float64{"1": {10, 5}, "2": {30, 10}, "3": {20, 20}} {
		r := emptyRound()
		r.Figures["a"], r.Figures["b"] = v[0], v[1]
		all.Rounds[n] = r
	}
	if m := median(all.values("a", false)); m != 20 {
		t.Errorf("median %v", m)
	}
	if m := median(all.ratios("a", "b")); m != 2 {
		t.Errorf("ratio %v", m)
	}
}

func TestAMissingFigureIsNeverCountedAsPassed(t *testing.T) {
	r := emptyRound()
	r.Figures["fsync"], r.Figures["load before disk"] = 100, 1
	r.Skipped["memory idle"] = "no /proc"
	// The processor times of the three issuers are not told everywhere.
	got := report(results{Rounds: map[string]round{"1": r}})
	if got.passed != 1 || got.skipped != 4 || got.failed != len(rows)-5 {
		t.Errorf("%d passed, %d failed, %d skipped", got.passed, got.failed, got.skipped)
	}
}

func TestFiguresAreReplacedBetweenTheMarksOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(file, []byte("before\n"+begin+"\nold\n"+end+"\nafter\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(file, "new\n"); err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(file); string(got) != "before\n"+begin+"\nnew\n"+end+"\nafter\n" {
		t.Errorf("%q", got)
	}
	if err := os.WriteFile(file, []byte("no marks"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := replace(file, "new\n"); err == nil {
		t.Error("a document without marks was written over")
	}
}

func TestNumbersShowThreeDigitsThatCount(t *testing.T) {
	for v, want := range map[float64]string{1.234: "1.23", 12.34: "12.3", 123.4: "123", 1234.4: "1,234", 1234567: "1,234,567", 999.6: "1,000"} {
		if got := number(v); got != want {
			t.Errorf("%v is shown as %s, wanted %s", v, got, want)
		}
	}
}
