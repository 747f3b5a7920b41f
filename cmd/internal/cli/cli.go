// Package cli is what the commands share: reading files under a cap, writing them whole or not at all, asking for
// secrets, saying what went wrong in the user's language, and exit codes.
//
// Standard output carries results only; everything said to a person goes to standard error. A secret comes from a
// terminal, a file or descriptor 0, never from an argument, which everybody on the machine can read.
package cli

import (
	"bufio"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
)

// Exit codes (DESIGN section 5). A command that judges nothing knows Done and Refused only.
const (
	Done     = 0 // valid, or done
	NotValid = 1 // judged, and not valid
	TryLater = 2 // more evidence or time could still make it valid
	Refused  = 3 // bad input or usage, or it could not be done
)

//go:embed messages.toml
var files embed.FS

var own = i18n.MustLoad(files, "messages.toml")

// Messages returns the texts of this package.
func Messages() *i18n.Bundle { return own }

// An IO is what a command may touch of the world around it.
type IO struct {
	In    *os.File
	Out   io.Writer
	Err   io.Writer
	Lang  i18n.Lang
	Texts *i18n.Bundle
	// Own explains errors that fill their sentences in a way of their own; false leaves them to Texts. May be nil.
	Own func(i18n.Lang, error) (string, bool)

	secrets *bufio.Reader // of In, when secrets come from there
	taken   bool          // In was read as a file
}

// Lang chooses the user's language from the environment: SENIM_LANG, then LC_ALL, LC_MESSAGES and LANG as POSIX has it. A
// language that is not ours is English.
func Lang(getenv func(string) string) i18n.Lang {
	for _, name := range []string{"SENIM_LANG", "LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if l, ok := i18n.ParseLang(v); ok {
				return l
			}
			return i18n.EN
		}
	}
	return i18n.EN
}

// T is the message of the key in the user's language.
func (o *IO) T(key string, args ...any) string { return o.Texts.T(o.Lang, key, args...) }

// Say tells the user something on standard error.
func (o *IO) Say(key string, args ...any) { fmt.Fprintln(o.Err, o.T(key, args...)) }

// Print writes a line of the result.
func (o *IO) Print(key string, args ...any) error {
	return o.result(fmt.Fprintln(o.Out, o.T(key, args...)))
}

// Text writes words that are no message, as part of the result.
func (o *IO) Text(text string) error { return o.result(io.WriteString(o.Out, text)) }

// JSON writes one object, indented, as the result.
func (o *IO) JSON(v any) error {
	e := json.NewEncoder(o.Out)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return o.result(0, e.Encode(v))
}

// result turns a failed write into an error: a result that was not written whole is none.
func (o *IO) result(_ int, err error) error {
	if err != nil {
		return fail.Wrap(fail.Unavailable, "cli.output", err)
	}
	return nil
}

// Report tells the user what went wrong and what to do, after "senim: "; further lines are indented under the first.
func (o *IO) Report(err error) {
	for i, line := range strings.Split(o.Explain(err), "\n") {
		head := "       "
		if i == 0 {
			head = "senim: "
		}
		fmt.Fprintln(o.Err, head+line)
	}
}

// Explain is err in sentences. The cause is added where it helps whoever runs the command: for faults of the machine or
// the network, and for those that nobody gave a message.
func (o *IO) Explain(err error) string {
	if o.Own != nil {
		if text, ok := o.Own(o.Lang, err); ok {
			return text
		}
	}
	var fields fail.Fields
	if errors.As(err, &fields) && len(fields) > 0 {
		var lines []string
		for _, f := range fields {
			lines = append(lines, f.Name+": "+o.sentence(f.Code, f.Args))
		}
		return strings.Join(lines, "\n")
	}
	code := fail.CodeOf(err)
	var path *fs.PathError
	if code == "" && errors.As(err, &path) { // a fault of the disk or of permissions, wherever it was met, is no fault of ours
		return o.Explain(fileError(path.Path, path))
	}
	if code == "" || !o.Texts.Has(code) {
		return o.T("cli.internal", "error", err.Error())
	}
	var e *fail.Error
	errors.As(err, &e)
	text := o.sentence(code, e.Args)
	if k := fail.KindOf(err); (k == fail.Internal || k == fail.Unavailable) && e.Err != nil {
		text += "\n(" + e.Err.Error() + ")"
	}
	return text
}

func (o *IO) sentence(code string, args map[string]string) string {
	if !o.Texts.Has(code) {
		return code
	}
	var pairs []any
	for k, v := range args {
		pairs = append(pairs, k, v)
	}
	return o.T(code, pairs...)
}
