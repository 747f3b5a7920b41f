package rules

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const root = "../.."

func report(t *testing.T, lines []string) {
	t.Helper()
	for _, line := range lines {
		t.Error(line)
	}
}

func TestNoPackageReachesWhatTheTableForbids(t *testing.T) {
	for _, b := range builds {
		t.Run(b.name, func(t *testing.T) {
			g, err := load(root, b)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := g["./internal/rules"]; !ok {
				t.Fatal("this package is not in the list: the list is not of this module")
			}
			for _, r := range table {
				report(t, broken(g, r))
			}
			report(t, upward(g))
		})
	}
}

func TestOurFilesKeepTheHabits(t *testing.T) {
	set := token.NewFileSet()
	all, err := sources(root, set)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		report(t, written(set, s))
	}
	report(t, habits(all))
}

func TestGoModReplacesAndExcludesNothing(t *testing.T) {
	out, err := exec.Command("go", "mod", "edit", "-json", filepath.Join(root, "go.mod")).Output()
	if err != nil {
		t.Fatal(err)
	}
	var mod struct {
		Module           struct{ Path string }
		Replace, Exclude []any
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatal(err)
	}
	if mod.Module.Path != module {
		t.Errorf("the module is %s; these rules are about %s", mod.Module.Path, module)
	}
	if len(mod.Replace)+len(mod.Exclude) > 0 {
		t.Error("go.mod replaces or excludes something: go install of this module would fail")
	}
}

func TestTrackedFilesNameNoPathOfOneMachine(t *testing.T) {
	out, err := exec.Command("git", "-C", root, "ls-files", "-z").Output()
	if err != nil {
		t.Skip("rules: not a git checkout, so there are no tracked files to read")
	}
	for name := range strings.SplitSeq(strings.TrimSuffix(string(out), "\x00"), "\x00") {
		text, err := os.ReadFile(filepath.Join(root, name))
		if os.IsNotExist(err) {
			continue // removed, not yet committed
		}
		if err != nil {
			t.Fatal(err)
		}
		report(t, paths(name, text))
	}
}

// The tests below bend a small tree and see each rule notice.

func TestTheTableNotices(t *testing.T) {
	for _, c := range []struct {
		name string
		g    graph
		want string // of one chain; empty: the tree is good
	}{
		{"the ground floor looking up", graph{"./der": {"./alg"}}, "./der → ./alg"},
		{"an algorithm looking up", graph{"./gost": {"./pki/cert"}}, "./gost → ./pki/cert"},
		{"an algorithm looking down", graph{"./alg": {"./gost", "./der"}}, ""},
		{"the ground floor on another module", graph{"./base/i18n": {"example.com/toml"}}, "./base/i18n → example.com/toml"},
		{"the ground floor on cryptobyte", graph{"./der": {"golang.org/x/crypto/cryptobyte", "encoding/pem", "vendor/golang.org/x/net/idna"}}, ""},
		{"a format that reaches the network through another module", graph{"./pki/cert": {"example.com/m"}, "example.com/m": {"net/http"}}, "./pki/cert → example.com/m → net/http"},
		{"a format that reaches a driver", graph{"./sig/cms": {"database/sql/driver"}}, "./sig/cms → database/sql/driver"},
		{"a chain is told by the package nearest to the fault", graph{"./sig/verify": {"./pki/path"}, "./pki/path": {"./online"}}, "./pki/path → ./online"},
		{"the domain showing a page", graph{"./authority/issue": {"html/template"}}, "./authority/issue → html/template"},
		{"a store using SQL", graph{"./authority/store/sql": {"database/sql"}}, ""},
		{"the domain choosing a store", graph{"./authority": {"./authority/store/sqlite"}}, "./authority → ./authority/store/sqlite"},
		{"a room choosing a store", graph{"./room/desk": {"./authority/store/memory"}}, "./room/desk → ./authority/store/memory"},
		{"the command choosing a store", graph{"./cmd/senim": {"./authority/store/sqlite"}}, ""},
		{"a component that knows a certificate", graph{"./web/kit": {"./pki/cert"}}, "./web/kit → ./pki/cert"},
		{"a room in a room", graph{"./room/portal": {"./room/desk/queue"}}, "./room/portal → ./room/desk/queue"},
		{"a room in itself and in part", graph{"./room/portal": {"./room/portal/form", "./room/part"}}, ""},
		{"part in a room", graph{"./room/part": {"./room/portal"}}, "./room/part → ./room/portal"},
		{"status leaning on issuance", graph{"./room/status": {"./authority"}, "./authority": {"./authority/issue"}}, "./room/status → ./authority → ./authority/issue"},
		{"a relying system behind the counter", graph{"./room/tax": {"./authority/registry"}}, "./room/tax → ./authority/registry"},
		{"the agent with a server's sessions", graph{"./cmd/senim-agent": {"./web/session"}}, "./cmd/senim-agent → ./web/session"},
		{"the agent with the kit", graph{"./agent": {"./web/kit"}}, ""},
		{"the wasm with X.509 of the standard library", graph{"./cmd/senim-wasm": {"./pki/cert"}, "./pki/cert": {"crypto/x509"}}, "./cmd/senim-wasm → ./pki/cert → crypto/x509"},
		{"the wasm with names of the standard library", graph{"./cmd/senim-wasm": {"crypto/x509/pkix", "net/url"}}, ""},
		{"a program that leans on a test's tool", graph{"./sig/cms": {"./internal/peer"}}, "./sig/cms → ./internal/peer"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []string
			for _, r := range table {
				got = append(got, broken(c.g, r)...)
			}
			switch {
			case c.want == "" && len(got) > 0:
				t.Errorf("reported %q", got)
			case c.want != "" && (len(got) == 0 || !strings.HasPrefix(got[0], c.want+": ")):
				t.Errorf("reported %q, want %q", got, c.want)
			}
		})
	}
}

func TestTheFloorsNotice(t *testing.T) {
	for _, c := range []struct {
		name string
		g    graph
		want string
	}{
		{"an import that goes up", graph{"./pki/path": {"./sig/cms"}, "./sig/cms": nil}, "./pki/path → ./sig/cms: imports point down only"},
		{"a noun that knows the machine", graph{"./authority/person": {"./authority/application"}}, "./authority/person → ./authority/application: imports point down only"},
		{"a package that the layout doesn't know", graph{"./misc": nil}, "./misc stands on no floor"},
		{"imports that go down", graph{"./cmd/senim": {"./room/desk", "fmt"}, "./room/desk": {"./authority"}, "./authority": {"./authority/issue"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := upward(c.g)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.HasPrefix(got[0], c.want)) {
				t.Errorf("reported %q, want %q", got, c.want)
			}
		})
	}
}

func TestReservedCallsAreNoticed(t *testing.T) {
	for _, c := range []struct {
		name, pkg, text string
		want            int
	}{
		{"the environment in a format", "./sig/cms", `import "os"; var x = os.Getenv("X")`, 1},
		{"the environment in a command", "./cmd/senim", `import "os"; var x = os.Getenv("X")`, 0},
		{"the clock under another name", "./authority/issue", `import clock "time"; var x = clock.Now`, 1},
		{"the clock in base/clock", "./base/clock", `import "time"; var x = time.Now()`, 0},
		{"a variable called time", "./pki/path", `import _ "time"; func f(time interface{ Now() int }) { time.Now() }`, 0},
		{"flags", "./online", `import _ "flag"`, 1},
		{"a dot import", "./online", `import . "log"`, 1},
		{"an end of the process", "./room/desk", `import "log"; func f() { log.Fatalf("x") }`, 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, "x.go", "package x; "+c.text, 0)
			if err != nil {
				t.Fatal(err)
			}
			if got := written(set, source{pkg: c.pkg, name: "x.go", file: file}); len(got) != c.want {
				t.Errorf("reported %q, want %d lines", got, c.want)
			}
		})
	}
}

func TestHabitsAreNoticed(t *testing.T) {
	parse := func(name, text string, lines int) source {
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		return source{pkg: "./" + filepath.Dir(name), name: name, file: file, lines: lines, generated: ast.IsGenerated(file)}
	}
	for _, c := range []struct {
		name string
		all  []source
		want string
	}{
		{"an empty name", []source{parse("web/util/a.go", "// Package util …\npackage util", 1)}, "says nothing"},
		{"a package without a comment", []source{parse("der/a.go", "package der", 1)}, "no package comment"},
		{"a long file", []source{parse("der/a.go", "// Package der …\npackage der", 701)}, "has 701 lines"},
		{"a long file with its reason", []source{parse("der/a.go", "// Package der …\n//\n// a.go is one table of 900 rows.\npackage der", 901)}, ""},
		{"a long file that was generated", []source{parse("der/a.go", "// Package der …\n\n// Code generated by x. DO NOT EDIT.\n\n// Package der …\npackage der", 901)}, ""},
		{"a large package", []source{
			parse("der/a.go", "// Package der …\npackage der", 700), parse("der/b.go", "package der", 700),
			parse("der/c.go", "package der", 700), parse("der/d.go", "package der", 700), parse("der/e.go", "package der", 201),
		}, "has 3001 lines"},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := habits(c.all)
			if c.want == "" && len(got) > 0 || c.want != "" && (len(got) != 1 || !strings.Contains(got[0], c.want)) {
				t.Errorf("reported %q, want %q", got, c.want)
			}
		})
	}
}

func TestPathsOfOneMachineAreNoticed(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       int
	}{
		{"a folder of the machine", "see /" + "work/main/x.go", 1},
		{"in quotes, twice", "cd '/" + "root/a' && cat \"/" + "home/b\"", 2},
		{"a path of a URL", "https://example.org/" + "home/page", 0},
		{"a relative path", "net/" + "work/x", 0},
		{"a binary file", "\x00 /" + "work/x", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := paths("x", []byte(c.text)); len(got) != c.want {
				t.Errorf("reported %q, want %d lines", got, c.want)
			}
		})
	}
}
