package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
)

func newIO(t *testing.T, stdin string) (*IO, *bytes.Buffer, *bytes.Buffer) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "stdin")
	if err := os.WriteFile(name, []byte(stdin), 0o600); err != nil {
		t.Fatal(err)
	}
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close() })
	var out, messages bytes.Buffer
	return &IO{In: in, Out: &out, Err: &messages, Lang: i18n.EN, Texts: Messages()}, &out, &messages
}

func TestMessages(t *testing.T) {
	for _, problem := range Messages().Problems() {
		t.Error(problem)
	}
}

func TestLang(t *testing.T) {
	for _, c := range []struct {
		name string
		env  map[string]string
		want i18n.Lang
	}{
		{"our own variable wins", map[string]string{"SENIM_LANG": "kk", "LC_ALL": "ru_RU.UTF-8"}, i18n.KK},
		{"LC_ALL before LANG", map[string]string{"LC_ALL": "ru_RU.UTF-8", "LANG": "kk_KZ"}, i18n.RU},
		{"LANG alone", map[string]string{"LANG": "kk_KZ.UTF-8"}, i18n.KK},
		{"a language that is not ours", map[string]string{"LANG": "de_DE"}, i18n.EN},
		{"the C locale hides LANG", map[string]string{"LC_ALL": "C", "LANG": "ru"}, i18n.EN},
		{"nothing", nil, i18n.EN},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Lang(func(k string) string { return c.env[k] }); got != c.want {
				t.Errorf("got %s", got)
			}
		})
	}
}

func TestSecretsFromAFileAndFromDescriptor0(t *testing.T) {
	for _, c := range []struct{ name, text, want, code string }{
		{"a newline at the end", "secret\n", "secret", ""},
		{"no newline", "secret", "secret", ""},
		{"the end of a Windows line", "secret\r\n", "secret", ""},
		{"a space at the end is a part", "secret \n", "secret ", ""},
		{"letters of any kind", "құпия\n", "құпия", ""},
		{"a line more", "secret\n\n", "", "cli.secret-lines"},
		{"a zero octet", "sec\x00ret\n", "", "cli.secret-lines"},
		{"the longest", strings.Repeat("x", maxSecret) + "\n", strings.Repeat("x", maxSecret), ""},
		{"longer than that", strings.Repeat("x", maxSecret+1), "", "cli.secret-long"},
		{"an image of a disk", strings.Repeat("x", 1<<20), "", "cli.secret-long"},
	} {
		t.Run(c.name, func(t *testing.T) {
			name := filepath.Join(t.TempDir(), "password")
			if err := os.WriteFile(name, []byte(c.text), 0o600); err != nil {
				t.Fatal(err)
			}
			o, _, _ := newIO(t, "")
			got, err := o.Secret(name, "cli.again")
			if string(got) != c.want || fail.CodeOf(err) != c.code {
				t.Errorf("%q, %v", got, err)
			}
		})
	}
	o, _, _ := newIO(t, "one\ntwo\r\nthree")
	for _, want := range []string{"one", "two", "three"} {
		if got, err := o.Secret("-", "cli.again"); err != nil || string(got) != want {
			t.Errorf("%q, %v; wanted %q", got, err, want)
		}
	}
	if _, err := o.Secret("", "cli.again"); fail.CodeOf(err) != "cli.secret-absent" {
		t.Errorf("after the last line: %v", err)
	}
}

func TestStandardInputIsUsedOnce(t *testing.T) {
	o, _, _ := newIO(t, "document")
	if b, err := o.Read("-", 100); err != nil || string(b) != "document" {
		t.Fatalf("%q, %v", b, err)
	}
	if _, err := o.Read("-", 100); fail.CodeOf(err) != "cli.stdin-twice" {
		t.Errorf("a second file: %v", err)
	}
	if _, err := o.Secret("", "cli.again"); fail.CodeOf(err) != "cli.stdin-twice" {
		t.Errorf("a password after it: %v", err)
	}
}

func TestReadRefuses(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, 101), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, file, code string }{
		{"a file over the cap", large, "cli.file-large"},
		{"a folder", dir, "cli.file-is-folder"},
		{"nothing", filepath.Join(dir, "absent"), "cli.file-absent"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o, _, _ := newIO(t, "")
			if _, err := o.Read(c.file, 100); fail.CodeOf(err) != c.code {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWriteReplacesOnlyWhenTold(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "key.p12")
	if err := Write(name, []byte("first"), 0o600, false); err != nil {
		t.Fatal(err)
	}
	err := Write(name, []byte("second"), 0o600, false)
	if !errors.Is(err, fs.ErrExist) || fail.CodeOf(err) != "cli.file-exists" {
		t.Errorf("over an existing file: %v", err)
	}
	if b, _ := os.ReadFile(name); string(b) != "first" {
		t.Errorf("the file holds %q", b)
	}
	if err := Write(name, []byte("third"), 0o644, true); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(name); string(b) != "third" {
		t.Errorf("the file holds %q", b)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("%d files are left, not one", len(left))
	}
	if err := Write(filepath.Join(dir, "no", "file"), nil, 0o600, true); fail.CodeOf(err) != "cli.file-absent" {
		t.Errorf("into no folder: %v", err)
	}
}

func TestErrorsAreTwoSentences(t *testing.T) {
	o, out, messages := newIO(t, "")
	o.Report(fail.New(fail.NotFound, "cli.file-absent", "file", "a.cer"))
	if got := messages.String(); got != "senim: There is no file a.cer.\n       Check its name and folder.\n" {
		t.Errorf("%q", got)
	}
	messages.Reset()
	o.Report(errors.New("bolt from the blue"))
	if got := messages.String(); !strings.Contains(got, "bolt from the blue") || strings.Count(got, "\n") != 2 {
		t.Errorf("%q", got)
	}
	messages.Reset()
	o.Report(fmt.Errorf("couldn't make the folder: %w", &fs.PathError{Op: "mkdir", Path: "/x", Err: errors.New("read-only file system")}))
	if got := messages.String(); !strings.Contains(got, "Check the disk") || !strings.Contains(got, "(mkdir /x: read-only file system)") {
		t.Errorf("%q", got)
	}
	if out.Len() > 0 {
		t.Errorf("standard output has %q", out)
	}
}

type broken struct{}

func (broken) Write([]byte) (int, error) { return 0, errors.New("no space") }

func TestAResultThatCannotBeWrittenIsAnError(t *testing.T) {
	o, _, _ := newIO(t, "")
	o.Out = broken{}
	for _, err := range []error{o.Text("x"), o.JSON(1), o.Print("cli.again"), o.Output("", []byte("x"), true)} {
		if fail.CodeOf(err) != "cli.output" {
			t.Errorf("got %v", err)
		}
	}
}

// What is no file is written into; in its place a file would harm whoever else uses it.
func TestOutputGoesIntoWhatIsNoFile(t *testing.T) {
	dir := t.TempDir()
	o, _, _ := newIO(t, "")
	real, link := filepath.Join(dir, "real"), filepath.Join(dir, "link")
	if err := os.WriteFile(real, []byte("before"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("real", link); err != nil {
		t.Skip("no links here:", err)
	}
	if err := o.Output(link, []byte("after"), true); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(real); string(b) != "after" {
		t.Errorf("behind the link stands %q", b)
	}
	null := filepath.Join(dir, "null")
	if err := os.Symlink(os.DevNull, null); err != nil {
		t.Fatal(err)
	}
	if err := o.Output(null, []byte("gone"), true); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{link, null} {
		if info, err := os.Lstat(name); err != nil || info.Mode()&fs.ModeSymlink == 0 {
			t.Errorf("%s is no link any more: %v", name, err)
		}
	}
}
