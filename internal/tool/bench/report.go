package main

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
)

// A row is one figure of the table.
type row struct {
	what, key, unit string
	over            string // a peer's figure that it is divided by, in the same round
	peer            string // its name
	known           string // what another authority is known to do on such a machine, without approval, log and lint
	allocs          string // the benchmark whose allocations go with it
}

var rows = func() []row {
	rows := []row{{what: "Forced write of 4 kB", key: "fsync", unit: "µs"}}
	for _, x := range []struct{ key, name string }{{"p256", "P-256"}, {"rsa2048", "RSA-2048"}, {"gost512", "GOST-512"}} {
		for _, clients := range []string{"1", "8", "32"} {
			r := row{what: x.name + ", clients: " + clients, key: "Issue/" + x.key + "/" + clients + " certificates/s", unit: "certificates/s",
				over: "OpenSSLCA/" + x.key + " certificates/s", peer: "openssl ca", allocs: "Issue/" + x.key + "/" + clients}
			if x.key == "p256" && clients == "8" {
				r.known = "1,173"
			}
			rows = append(rows, r)
			if clients == "8" {
				rows = append(rows, row{what: "  processor time of one", key: "Issue/" + x.key + "/8 cpu-µs/op", unit: "µs"})
			}
			if x.key != "gost512" && clients == "8" {
				r.what, r.over, r.peer, r.known, r.allocs = "  the same", "OpenSSLSpeed/all "+x.key+"-sign/s", "openssl speed, all cores", "", ""
				rows = append(rows, r)
			}
		}
	}
	for _, x := range []struct{ key, name string }{{"p256", "P-256"}, {"rsa2048", "RSA-2048"}, {"gost512", "GOST-512"}} {
		r := row{what: "OCSP, responder " + x.name, key: "OCSP/" + x.key + " answers/s", unit: "answers/s", allocs: "OCSP/" + x.key}
		if x.key != "gost512" {
			r.over, r.peer = "OpenSSLSpeed/all "+x.key+"-sign/s", "openssl speed, all cores"
		}
		rows = append(rows, r)
	}
	for _, x := range []struct{ key, name string }{{"p256", "P-256"}, {"rsa2048", "RSA-2048"}, {"gost512", "GOST-512"}} {
		r := row{what: "Sign CMS, " + x.name, key: "Sign/" + x.key + " signatures/s", unit: "signatures/s", allocs: "Sign/" + x.key}
		if x.key != "gost512" {
			r.over, r.peer = "OpenSSLSpeed/one "+x.key+"-sign/s", "openssl speed, one core"
		}
		rows = append(rows, r)
	}
	for _, x := range []struct{ key, name string }{{"p256", "P-256"}, {"rsa2048", "RSA-2048"}, {"gost512", "GOST-512"}} {
		rows = append(rows, row{what: "Verify CMS, " + x.name, key: "Verify/" + x.key + " verdicts/s", unit: "verdicts/s", allocs: "Verify/" + x.key,
			over: "OpenSSLVerify/" + x.key + " verifications/s", peer: "openssl verify"})
	}
	return append(rows,
		row{what: "Start of serve until it listens", key: "start store", unit: "ms", known: "59-107"},
		row{what: "Start of serve --demo, made before", key: "start demo", unit: "ms", known: "59-107"},
		row{what: "Memory half a second after the start", key: "memory after start", unit: "MB"},
		row{what: "Memory after idling for 10 s", key: "memory idle", unit: "MB", known: "50"},
		row{what: "The program", key: "size program", unit: "MB"},
		row{what: "The program, gzip", key: "size program gz", unit: "MB"},
		row{what: "The page's WebAssembly", key: "size wasm", unit: "MB"},
		row{what: "  brotli", key: "size wasm br", unit: "MB"},
		row{what: "  gzip", key: "size wasm gz", unit: "MB"},
	)
}()

// A table is what a run says at its end.
type table struct {
	text                    string
	reasons                 []string
	passed, failed, skipped int
}

func report(all results) table {
	var t table
	var b strings.Builder
	loads := all.values("load before", true)
	fmt.Fprintf(&b, "Machine: %s. Rounds: %d. Load of the machine before the steps: %s to %s, median %s.\n",
		all.Machine, len(all.Rounds), number(slices.Min(loads)), number(slices.Max(loads)), number(median(loads)))
	b.WriteString("\n| what | median | least to most | known peer | ratio in the same round | B/op | allocs/op |\n|---|---:|---:|---:|---:|---:|---:|\n")
	for _, r := range rows {
		v := all.values(r.key, false)
		if len(v) == 0 {
			why := all.why(r.key)
			if why == "" && strings.HasSuffix(r.key, " cpu-µs/op") {
				why = "this system doesn't tell the processor time of a process"
			}
			if why != "" {
				t.reasons = append(t.reasons, "skipped: "+r.what+": "+why)
				t.skipped++
			} else {
				t.reasons = append(t.reasons, "failed: "+r.what+" has no figure")
				t.failed++
			}
			continue
		}
		t.passed++
		ratio := ""
		if r.over != "" {
			if q := all.ratios(r.key, r.over); len(q) > 0 {
				ratio = fmt.Sprintf("%.2f of %s", median(q), r.peer)
			} else {
				t.skipped++
				t.reasons = append(t.reasons, "skipped: ratio of "+strings.TrimSpace(r.what)+" to "+r.peer+": "+all.why(r.over))
			}
		}
		bytes, allocs := "", ""
		if r.allocs != "" {
			bytes, allocs = number(median(all.values(r.allocs+" B/op", false))), number(median(all.values(r.allocs+" allocs/op", false)))
		}
		fmt.Fprintf(&b, "| %s | %s %s | %s to %s | %s | %s | %s | %s |\n",
			r.what, number(median(v)), r.unit, number(slices.Min(v)), number(slices.Max(v)), r.known, ratio, bytes, allocs)
	}
	for _, n := range slices.Sorted(maps.Keys(all.Rounds)) {
		for step, why := range all.Rounds[n].Failed {
			t.failed++
			t.reasons = append(t.reasons, "failed: "+step+" in round "+n+": "+why)
		}
	}
	t.text = b.String()
	return t
}

// values are a figure's in every round; with prefix, of every figure whose name begins so.
func (all results) values(key string, prefix bool) []float64 {
	var v []float64
	for _, r := range all.Rounds {
		for name, x := range r.Figures {
			if name == key || prefix && strings.HasPrefix(name, key) {
				v = append(v, x)
			}
		}
	}
	return v
}

func (all results) ratios(key, over string) []float64 {
	var q []float64
	for _, r := range all.Rounds {
		a, here := r.Figures[key]
		b, there := r.Figures[over]
		if here && there && b > 0 {
			q = append(q, a/b)
		}
	}
	return q
}

// why is the reason that a figure was skipped; a benchmark's name is the beginning of its figures'.
func (all results) why(key string) string {
	for _, r := range all.Rounds {
		for name, why := range r.Skipped {
			if key == name || strings.HasPrefix(key, name+" ") || strings.HasPrefix(key, name+"/") {
				return why
			}
		}
	}
	return ""
}

func median(v []float64) float64 {
	if len(v) == 0 {
		return 0
	}
	v = slices.Sorted(slices.Values(v))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// number shows three digits that count, and thousands apart.
func number(v float64) string {
	switch {
	case v < 10:
		return fmt.Sprintf("%.2f", v)
	case v < 100:
		return fmt.Sprintf("%.1f", v)
	}
	s := fmt.Sprintf("%.0f", v)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

const begin, end = "<!-- bench: begin -->", "<!-- bench: end -->"

var errMarkers = errors.New("the document lacks the marks between which figures stand")

// replace puts the table between the marks of the document.
func replace(file, text string) error {
	old, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	before, rest, ok := strings.Cut(string(old), begin)
	_, after, closed := strings.Cut(rest, end)
	if !ok || !closed {
		return fmt.Errorf("%s: %w: %s and %s", file, errMarkers, begin, end)
	}
	return os.WriteFile(file, []byte(before+begin+"\n"+text+end+after), 0o644)
}
