package sql

import (
	"embed"
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

//go:embed schema/*.sql
var schema embed.FS

// A Migration brings a schema from the version before it to its own.
type Migration struct {
	Version    int
	Name       string
	Statements []string
}

// Migrations returns every migration in order, in the words of the dialect. They are the files of schema, NNNN_name.sql;
// a published one is never edited. Each is compatible with the binary of the version before it.
func Migrations(d Dialect) ([]Migration, error) {
	files, err := fs.Glob(schema, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	var all []Migration
	for i, file := range files {
		number, name, _ := strings.Cut(strings.TrimSuffix(strings.TrimPrefix(file, "schema/"), ".sql"), "_")
		version, err := strconv.Atoi(number)
		if err != nil || version != i+1 {
			return nil, fmt.Errorf("migration %s is out of order", file)
		}
		text, err := schema.ReadFile(file)
		if err != nil {
			return nil, err
		}
		m := Migration{Version: version, Name: name}
		for _, s := range strings.Split(stripComments(string(text)), ";") {
			if s = strings.TrimSpace(s); s != "" {
				m.Statements = append(m.Statements, d.Text(s))
			}
		}
		all = append(all, m)
	}
	return all, nil
}

func stripComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "--")
		b.WriteString(strings.TrimRight(line, " \n") + "\n")
	}
	return b.String()
}
