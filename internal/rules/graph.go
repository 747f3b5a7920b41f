package rules

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
)

const module = "github.com/senim-pki/senim"

// A graph is what each package imports. Our own packages are named "./pki/cert", the module's root ".".
type graph map[string][]string

// A build is one way of compiling the tree; each sees other files.
type build struct {
	name string
	env  []string
	args []string
}

var builds = []build{
	{"linux", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=0"}, nil},
	{"js/wasm", []string{"GOOS=js", "GOARCH=wasm", "CGO_ENABLED=0"}, nil},
	{"linux with the tag pkcs11", []string{"GOOS=linux", "GOARCH=amd64", "CGO_ENABLED=1"}, []string{"-tags", "pkcs11"}},
}

// load asks the go command. Packages that don't compile are listed all the same (-e): to find them is the compiler's work.
func load(root string, b build) (graph, error) {
	args := append([]string{"list", "-e", "-deps", "-json=ImportPath,Imports,ImportMap"}, b.args...)
	cmd := exec.Command("go", append(args, "./...")...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), b.env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("couldn't list packages: %w\n%s", err, stderr.Bytes())
	}
	g := graph{}
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var p struct {
			ImportPath string
			Imports    []string
			ImportMap  map[string]string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return g, nil
		} else if err != nil {
			return nil, fmt.Errorf("couldn't read the list of packages: %w", err)
		}
		for i, path := range p.Imports {
			if to, ok := p.ImportMap[path]; ok {
				path = to
			}
			p.Imports[i] = short(path)
		}
		g[short(p.ImportPath)] = p.Imports
	}
}

func short(path string) string {
	if path == module {
		return "."
	}
	if rest, ok := strings.CutPrefix(path, module+"/"); ok {
		return "./" + rest
	}
	return path
}

func ours(pkg string) bool { return pkg == "." || strings.HasPrefix(pkg, "./") }

// match reports whether pkg is one of the patterns; x is what {x} stands for, and is returned when it was empty.
func match(pkg, x string, patterns []string) (bool, string) {
	for _, p := range patterns {
		if m := expression(p, x).FindStringSubmatch(pkg); m != nil {
			if len(m) > 1 && x == "" {
				return true, m[1]
			}
			return true, x
		}
	}
	return false, x
}

// Only the path of a module has a dot in its first element; what the standard library vendors begins with "vendor".
var inModule = regexp.MustCompile(`^[^/.][^/]*\.[^/]+/`)

func expression(pattern, x string) *regexp.Regexp {
	if pattern == otherModules {
		return inModule
	}
	re := regexp.QuoteMeta(pattern)
	if rest, ok := strings.CutSuffix(re, `/\.\.\.`); ok {
		re = rest + `(?:/.*)?`
	}
	element := `([^/]+)`
	if x != "" {
		element = regexp.QuoteMeta(x)
	}
	return regexp.MustCompile(`^` + strings.ReplaceAll(re, `\{x\}`, element) + `$`)
}

// broken returns a line with the offending chain for each package that reaches what the row forbids. A chain through
// another package of the same row is left to that one.
func broken(g graph, r row) []string {
	var lines []string
	for pkg := range g {
		in, x := match(pkg, "", r.from)
		if out, _ := match(pkg, x, r.but); !in || out || !ours(pkg) {
			continue
		}
		same := func(p string) bool {
			in, px := match(p, "", r.from)
			out, _ := match(p, px, r.but)
			return in && !out && px == x
		}
		bad := func(p string) bool {
			never, _ := match(p, x, r.never)
			except, _ := match(p, x, r.except)
			return never && !except
		}
		if chain := g.chain(pkg, same, bad); chain != nil {
			lines = append(lines, strings.Join(chain, " → ")+": "+r.because)
		}
	}
	slices.Sort(lines)
	return lines
}

// chain is the shortest way from a package to a bad one that doesn't pass through another that stop names.
func (g graph) chain(from string, stop, bad func(string) bool) []string {
	came := map[string]string{from: ""}
	for queue := []string{from}; len(queue) > 0; queue = queue[1:] {
		for _, next := range g[queue[0]] {
			if _, seen := came[next]; seen {
				continue
			}
			came[next] = queue[0]
			if bad(next) {
				var chain []string
				for p := next; p != ""; p = came[p] {
					chain = append(chain, p)
				}
				slices.Reverse(chain)
				return chain
			}
			if !stop(next) {
				queue = append(queue, next)
			}
		}
	}
	return nil
}

// upward returns a line for each import that goes up, and for each package that stands on no floor.
func upward(g graph) []string {
	var lines []string
	for pkg, imports := range g {
		if !ours(pkg) {
			continue
		}
		from := floor(pkg)
		if from < 0 {
			lines = append(lines, pkg+" stands on no floor: give it one in internal/rules, or a place in the layout")
			continue
		}
		for _, to := range imports {
			if ours(to) && floor(to) > from {
				lines = append(lines, pkg+" → "+to+": imports point down only")
			}
		}
	}
	slices.Sort(lines)
	return lines
}

func floor(pkg string) int {
	return slices.IndexFunc(floors, func(patterns []string) bool {
		in, _ := match(pkg, "", patterns)
		return in
	})
}
