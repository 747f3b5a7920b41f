package main_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/iin"
)

const configurationFile = "../../docs/configuration.md"

// docs/configuration.md is the comments of the Config struct. SENIM_UPDATE=1 writes it anew.
func TestTheConfigurationIsDocumentedFieldByField(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("# Configuration\n\nMade from the comments of cmd/senim/config.go by its test (SENIM_UPDATE=1 go test ./cmd/senim -run Configuration).\n\n")
	file, err := parser.ParseFile(token.NewFileSet(), "config.go", nil, parser.ParseComments)
	if err != nil {
		t.Fatal(err)
	}
	fields := 0
	ast.Inspect(file, func(n ast.Node) bool {
		d, ok := n.(*ast.GenDecl)
		if !ok || len(d.Specs) != 1 {
			return true
		}
		s, ok := d.Specs[0].(*ast.TypeSpec)
		if !ok || s.Name.Name != "Config" {
			return true
		}
		b.WriteString(strings.TrimPrefix(paragraph(d.Doc), "A Config is the configuration file of a server, in TOML. ") + "\n")
		for _, f := range s.Type.(*ast.StructType).Fields.List {
			key := reflect.StructTag(strings.Trim(f.Tag.Value, "`")).Get("toml")
			if key == "" || f.Doc == nil {
				t.Fatalf("the field %s has no key or no comment", f.Names[0].Name)
			}
			text := regexp.MustCompile(`^`+f.Names[0].Name+` is `).ReplaceAllString(paragraph(f.Doc), "")
			b.WriteString("\n## `" + key + "`\n\n" + strings.ToUpper(text[:1]) + text[1:] + "\n")
			fields++
		}
		return false
	})
	if fields < 10 {
		t.Fatalf("only %d fields were found", fields)
	}
	if os.Getenv("SENIM_UPDATE") != "" {
		if err := os.WriteFile(configurationFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	have, err := os.ReadFile(configurationFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(have, b.Bytes()) {
		t.Error("docs/configuration.md is not what config.go says; run SENIM_UPDATE=1 go test ./cmd/senim -run Configuration")
	}
}

func paragraph(c *ast.CommentGroup) string { return strings.Join(strings.Fields(c.Text()), " ") }

func TestMessagesAreWholeInThreeLanguages(t *testing.T) {
	for _, problem := range i18n.MustLoad(os.DirFS("."), "messages.toml", "help.toml").Problems() {
		t.Error(problem)
	}
}

// Every message that the code names is there, and every message is named: by itself, or by the beginning of its key where the
// code puts it together.
func TestMessagesAreThoseThatTheCodeNames(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var code bytes.Buffer
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			b, err := os.ReadFile(e.Name())
			if err != nil {
				t.Fatal(err)
			}
			code.Write(b)
		}
	}
	text := code.String()
	joined := []string{"staff.role-", "doctor.level-"}
	for _, key := range i18n.MustLoad(os.DirFS("."), "messages.toml").Keys() {
		named := strings.Contains(text, `"`+key+`"`)
		for _, j := range joined {
			named = named || strings.HasPrefix(key, j)
		}
		named = named || strings.HasSuffix(key, "-certificate") && strings.HasPrefix(key, "verify.")
		if !named {
			t.Errorf("nothing names the message %s", key)
		}
	}
	for _, key := range i18n.MustLoad(os.DirFS("."), "help.toml").Keys() {
		if !strings.Contains(text, "${"+strings.TrimPrefix(key, "help.")+"}") && key != "help.senim" {
			t.Errorf("nothing names the message %s", key)
		}
	}
	bundle := i18n.MustLoad(os.DirFS("."), "messages.toml")
	for _, m := range regexp.MustCompile(`"((?:cmd|key|unlock|config|register|audit|migrate|serve|demo|doctor|verify)\.[a-z-]*[a-z])"`).FindAllStringSubmatch(text, -1) {
		if !bundle.Has(m[1]) {
			t.Errorf("there is no message %s", m[1])
		}
	}
}

// Who types what the README says gets no further than a number that is nobody's.
func TestTheNumbersOfTheREADMECanBeNumbersOfPersons(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	numbers := regexp.MustCompile(`\b[0-9]{12}\b`).FindAllString(string(text), -1)
	if len(numbers) == 0 {
		t.Fatal("the README has no number of a person")
	}
	for _, n := range numbers {
		if err := iin.Check(n); err != nil {
			t.Errorf("%s: %v", n, err)
		}
	}
}
