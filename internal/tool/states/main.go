// Command states draws docs/states.md from the table of moves of package authority/application, so that the document
// cannot say anything else than the program does. It is run by go generate.
package main

import (
	"flag"
	"fmt"
	"os"
	"strings"

	"github.com/senim-pki/senim/authority/application"
)

func main() {
	out := flag.String("o", "", "file to write; standard output when empty")
	flag.Parse()
	text := document(application.Table())
	if *out == "" {
		fmt.Print(text)
		return
	}
	if err := os.WriteFile(*out, []byte(text), 0o644); err != nil {
		fmt.Fprintln(os.Stderr, "states:", err)
		os.Exit(1)
	}
}

func document(table []application.Rule) string {
	var b strings.Builder
	b.WriteString("# States of an application\n\n")
	b.WriteString("Drawn by `go generate ./authority/application` from the one table of moves in that package. Do not edit.\n\n")
	b.WriteString("```mermaid\nstateDiagram-v2\n    direction TB\n    [*] --> draft\n")
	for _, r := range table {
		fmt.Fprintf(&b, "    %s --> %s: %s\n", id(r.From), id(r.To), r.By)
	}
	for _, s := range append(application.States(), application.Deleted) {
		if s.Final() {
			fmt.Fprintf(&b, "    %s --> [*]\n", id(s))
		}
	}
	b.WriteString("```\n\n| from | by | to | needs |\n|---|---|---|---|\n")
	for _, r := range table {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.From, r.By, r.To, r.Needs)
	}
	b.WriteString("\n`deleted` is not stored: a draft that nobody submitted is erased. What is not in the table cannot happen.\n")
	return b.String()
}

// id makes of a state a name that the drawing language takes.
func id(s application.State) string { return strings.ReplaceAll(string(s), "-", "_") }
