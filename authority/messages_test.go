package authority_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/i18n"
)

var codeForm = regexp.MustCompile(`^[a-z]+(\.[a-z0-9-]+)+$`)

// makers are the functions of the domain that make an error or a refusal out of a code among their arguments.
var makers = []string{"New", "Wrap", "Add", "fault", "refuse", "conflict", "parse", "foreign"}

// TestEveryCodeHasItsSentence reads the code of the domain for every code that an error may bear.
func TestEveryCodeHasItsSentence(t *testing.T) {
	codes := map[string]string{"application.surname-missing": "a form's field", "application.name-missing": "a form's field"}
	found := 0
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.Contains(name, "storetest") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			return err
		}
		add := func(e ast.Expr, suffix string) {
			lit, ok := e.(*ast.BasicLit)
			if !ok || lit.Kind != token.STRING {
				return
			}
			if s, err := strconv.Unquote(lit.Value); err == nil && codeForm.MatchString(s+suffix) {
				codes[s+suffix] = name
				found++
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.CallExpr:
				callee := ""
				switch f := n.Fun.(type) {
				case *ast.Ident:
					callee = f.Name
				case *ast.SelectorExpr:
					callee = f.Sel.Name
				}
				if callee == "notFound" && len(n.Args) == 1 {
					add(n.Args[0], ".not-found")
				}
				if slices.Contains(makers, callee) {
					for _, a := range n.Args {
						add(a, "")
					}
				}
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Code" {
					add(n.Value, "")
				}
			case *ast.ValueSpec:
				for i, id := range n.Names {
					if strings.HasPrefix(id.Name, "Code") && i < len(n.Values) {
						add(n.Values[i], "")
					}
				}
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 150 {
		t.Errorf("only %d codes were found: does this test still read the code?", found)
	}
	m := authority.Messages()
	for code, where := range codes {
		if !m.Has(code) {
			t.Errorf("%s (%s) has no sentence", code, where)
		}
	}
	// A sentence whose code is gone is a promise that nobody keeps.
	for _, key := range m.Keys() {
		if _, used := codes[key]; !used && !statement.Messages().Has(key) {
			t.Errorf("%s has a sentence and no error", key)
		}
	}
}

func TestTheSentencesAreComplete(t *testing.T) {
	for _, p := range authority.Messages().Problems() {
		t.Error(p)
	}
	// What happened, and what to do: two sentences at least.
	for _, key := range authority.Messages().Keys() {
		if statement.Messages().Has(key) {
			continue
		}
		for _, l := range i18n.Langs() {
			text := authority.Messages().T(l, key, "have", 1, "want", 1, "line", 1, "megabytes", 1, "column", "x", "minutes", 1, "max", 1, "min", 1,
				"attribute", "x", "url", "x", "name", "x", "oid", "x", "host", "x", "scheme", "x", "root", "x", "template", "x", "file", "x")
			if strings.Count(text, ". ")+strings.Count(text, ": ")+strings.Count(text, "; ") == 0 {
				t.Errorf("%s in %s says only %q", key, l, text)
			}
		}
	}
	if missing := authority.Messages().Missing(); len(missing) > 0 {
		t.Errorf("missing %q", missing)
	}
}
