package rules

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A source is one of our Go files, tests apart.
type source struct {
	pkg       string // "./pki/cert"
	name      string // "pki/cert/parse.go"
	file      *ast.File
	lines     int
	generated bool
}

// sources reads every Go file of the tree whatever its build tags say, so that nothing hides behind one.
func sources(root string, set *token.FileSet) ([]source, error) {
	var all []source
	err := filepath.WalkDir(root, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); p != root && (strings.HasPrefix(name, ".") || name == "node_modules" || name == "bin") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return nil
		}
		text, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(set, p, text, parser.ParseComments)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(root, p)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		pkg := "."
		if dir := path.Dir(name); dir != "." {
			pkg = "./" + dir
		}
		all = append(all, source{pkg, name, file, bytes.Count(text, []byte("\n")), ast.IsGenerated(file)})
		return nil
	})
	return all, err
}

// written returns a line for each use in s of what calls reserves for other packages.
func written(set *token.FileSet, s source) []string {
	var lines []string
	for _, c := range calls {
		if allowed, _ := match(s.pkg, "", c.only); allowed {
			continue
		}
		for _, spec := range s.file.Imports {
			if strings.Trim(spec.Path.Value, "`\"") != c.pkg {
				continue
			}
			local := c.pkg
			if spec.Name != nil {
				local = spec.Name.Name
			}
			// A dot import would hide which names are used.
			if len(c.names) == 0 || local == "." {
				lines = append(lines, at(set, s, spec.Pos())+" imports "+c.pkg)
				continue
			}
			ast.Inspect(s.file, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				// An identifier that the parser resolved inside the file is a variable, not the package.
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil && slices.Contains(c.names, sel.Sel.Name) {
					lines = append(lines, fmt.Sprintf("%s uses %s.%s, which belongs to %s only", at(set, s, sel.Pos()), c.pkg, sel.Sel.Name, strings.Join(c.only, ", ")))
				}
				return true
			})
		}
	}
	return lines
}

func at(set *token.FileSet, s source, pos token.Pos) string {
	return fmt.Sprintf("%s:%d", s.name, set.Position(pos).Line)
}

// habits returns a line for each name that says nothing, package without a comment, and size without a reason.
func habits(all []source) []string {
	var lines []string
	comments, sizes := map[string]string{}, map[string]int{}
	for _, s := range all {
		if s.file.Doc != nil {
			comments[s.pkg] += s.file.Doc.Text()
		}
		if !s.generated {
			sizes[s.pkg] += s.lines
		}
		for _, name := range []string{s.file.Name.Name, path.Base(s.pkg)} {
			if slices.Contains(emptyNames, name) {
				lines = append(lines, s.name+": a package called "+name+" says nothing; name it after its one idea")
				break
			}
		}
	}
	for _, s := range all {
		if !s.generated && s.lines > maxFile && !strings.Contains(comments[s.pkg], path.Base(s.name)) {
			lines = append(lines, fmt.Sprintf("%s has %d lines: split it, or let the package comment name it and say why", s.name, s.lines))
		}
	}
	for pkg, n := range sizes {
		if comments[pkg] == "" {
			lines = append(lines, pkg+" has no package comment")
		}
		if n > maxPackage && !strings.Contains(comments[pkg], "3,000 lines") {
			lines = append(lines, fmt.Sprintf("%s has %d lines: split it, or say in the package comment why it is over 3,000 lines", pkg, n))
		}
	}
	slices.Sort(lines)
	return lines
}

// ownPath finds an absolute path that exists only where the text was written. It doesn't match a path inside a URL.
var ownPath = regexp.MustCompile(`(?m)(?:^|[\s"'` + "`" + `=(:<])/(?:work|root|home|Users)/[\w.]`)

// paths returns a line for each such path in a file; a binary file has none.
func paths(name string, text []byte) []string {
	if bytes.IndexByte(text, 0) >= 0 {
		return nil
	}
	var lines []string
	for _, m := range ownPath.FindAllIndex(text, -1) {
		lines = append(lines, fmt.Sprintf("%s:%d names a path of one machine", name, 1+bytes.Count(text[:m[1]], []byte("\n"))))
	}
	return lines
}
