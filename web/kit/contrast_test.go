package kit_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// colours reads the custom properties of a :root block.
func colours(t *testing.T, block string) map[string]string {
	t.Helper()
	m := map[string]string{}
	for _, d := range regexp.MustCompile(`--([a-z-]+):\s*(#[0-9A-Fa-f]{6});`).FindAllStringSubmatch(block, -1) {
		m[d[1]] = d[2]
	}
	if len(m) < 20 {
		t.Fatalf("only %d colours found", len(m))
	}
	return m
}

func root(t *testing.T, css string) string {
	t.Helper()
	_, rest, ok := strings.Cut(css, ":root {")
	block, _, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		t.Fatal("no :root block")
	}
	return block
}

// luminance and contrast are those of WCAG 2.2.
func luminance(t *testing.T, hex string) float64 {
	t.Helper()
	n, err := strconv.ParseUint(strings.TrimPrefix(hex, "#"), 16, 32)
	if err != nil {
		t.Fatalf("colour %q: %v", hex, err)
	}
	channel := func(v uint64) float64 {
		c := float64(v&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*channel(n>>16) + 0.7152*channel(n>>8) + 0.0722*channel(n)
}

func contrast(t *testing.T, a, b string) float64 {
	t.Helper()
	x, y := luminance(t, a), luminance(t, b)
	if x < y {
		x, y = y, x
	}
	return (x + 0.05) / (y + 0.05)
}

func TestColoursHaveContrast(t *testing.T) {
	css, err := os.ReadFile("assets/kit.css")
	if err != nil {
		t.Fatal(err)
	}
	light := colours(t, root(t, string(css)))
	_, afterDark, ok := strings.Cut(string(css), "@media (prefers-color-scheme: dark)")
	if !ok {
		t.Fatal("no dark mode")
	}
	dark := colours(t, root(t, afterDark))
	for name := range light {
		if dark[name] == "" {
			t.Errorf("--%s has no dark value", name)
		}
	}
	const text, shape = 4.5, 3 // WCAG 2.2, 1.4.3 and 1.4.11, level AA
	for _, c := range []struct {
		fore, grounds string
		least         float64
	}{
		{"ink", "paper mist sky-ground good-ground warn-ground bad-ground", text},
		{"quiet", "paper mist sky-ground good-ground warn-ground bad-ground", text},
		{"sky", "paper mist sky-ground good-ground warn-ground bad-ground", text},
		{"sky-dark", "paper mist sky-ground good-ground warn-ground bad-ground", text},
		{"on-sky", "sky sky-dark", text},
		{"on-sun", "sun", text},
		{"on-bad", "bad bad-dark", text},
		{"good", "paper mist good-ground", text},
		{"warn", "paper mist warn-ground", text},
		{"bad", "paper mist bad-ground", text},
		{"paper", "ink", text},        // the sign of a warning
		{"edge", "paper mist", shape}, // borders of fields
	} {
		for ground := range strings.FieldsSeq(c.grounds) {
			for mode, m := range map[string]map[string]string{"light": light, "dark": dark} {
				if got := contrast(t, m[c.fore], m[ground]); got < c.least {
					t.Errorf("%s: %s on %s has %.2f, wants %.1f", mode, c.fore, ground, got, c.least)
				}
			}
		}
	}
	// DESIGN section 9 fixes these.
	for name, want := range map[string]string{"ink": "#14212B", "paper": "#FFFFFF", "mist": "#F3F6F7", "line": "#C9D3D8", "sky": "#006A86",
		"sky-dark": "#004B60", "sun": "#FFC52E", "good": "#1B7F4B", "warn": "#8A5A00", "bad": "#B3261E"} {
		if light[name] != want {
			t.Errorf("--%s is %s, the design says %s", name, light[name], want)
		}
	}
}

func TestStylesUseOnlyTheirProperties(t *testing.T) {
	data, err := os.ReadFile("assets/kit.css")
	if err != nil {
		t.Fatal(err)
	}
	css := regexp.MustCompile(`(?s)/\*.*?\*/`).ReplaceAllString(string(data), "")
	defined := map[string]bool{}
	for _, d := range regexp.MustCompile(`--([a-z0-9-]+):`).FindAllStringSubmatch(css, -1) {
		defined[d[1]] = true
	}
	for _, u := range regexp.MustCompile(`var\(--([a-z0-9-]+)\)`).FindAllStringSubmatch(css, -1) {
		if !defined[u[1]] {
			t.Errorf("--%s is used and not defined", u[1])
		}
	}
	rules := regexp.MustCompile(`(?s):root\s*\{.*?\}`).ReplaceAllString(css, "")
	if c := regexp.MustCompile(`#[0-9A-Fa-f]{3,8}\b`).FindString(rules); c != "" {
		t.Errorf("the colour %s stands outside :root", c)
	}
	for _, bad := range []string{"url(", "@import", "box-shadow: 0 2px"} {
		if strings.Contains(css, bad) {
			t.Errorf("the styles hold %q", bad)
		}
	}
	if strings.Count(css, "{") != strings.Count(css, "}") {
		t.Error("braces do not match")
	}
}
