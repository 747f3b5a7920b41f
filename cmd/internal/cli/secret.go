package cli

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/senim-pki/senim/base/fail"
)

// maxSecret caps a password, in octets: the longest of a key file has 32 characters, an unlocking sentence a line.
const maxSecret = 1024

// interrupted is the exit code of whoever was stopped by a signal at a prompt, as shells have it.
const interrupted = 130

// Secret asks for an existing secret. file is --password-file: a name, or "-" for descriptor 0; one trailing newline is
// not part of it. Without a file it is asked for on the terminal, without echo; where descriptor 0 is no terminal, its
// next line is taken. prompt is a message key.
func (o *IO) Secret(file, prompt string, args ...any) ([]byte, error) {
	if file != "" && file != "-" {
		f, err := Open(file)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		return whole(f, file)
	}
	if file == "" && o.onTerminal() {
		return o.ask(prompt, args...)
	}
	return o.line()
}

// NewSecret is Secret for one that is being chosen: on a terminal it is asked for twice.
func (o *IO) NewSecret(file, prompt string, args ...any) ([]byte, error) {
	first, err := o.Secret(file, prompt, args...)
	if err != nil || file != "" || !o.onTerminal() {
		return first, err
	}
	again, err := o.ask("cli.again")
	if err != nil {
		return nil, err
	}
	defer clear(again)
	if !bytes.Equal(first, again) {
		clear(first)
		return nil, fail.New(fail.Invalid, "cli.secrets-differ")
	}
	return first, nil
}

// SecretFD reads a secret from an open descriptor, as a service manager gives it.
func SecretFD(fd int) ([]byte, error) {
	f := os.NewFile(uintptr(fd), "unlock-fd")
	if f == nil {
		return nil, fail.New(fail.Invalid, "cli.descriptor", "fd", fmt.Sprint(fd))
	}
	defer f.Close()
	b, err := whole(f, fmt.Sprint("/dev/fd/", fd))
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, "cli.descriptor", err, "fd", fmt.Sprint(fd))
	}
	return b, nil
}

// Ask asks for something that is no secret, on the terminal or in the next line of descriptor 0.
func (o *IO) Ask(prompt string, args ...any) (string, error) {
	if o.onTerminal() {
		fmt.Fprint(o.Err, o.T(prompt, args...)+" ")
	}
	b, err := o.line()
	if fail.CodeOf(err) == "cli.secret-absent" {
		err = fail.Wrap(fail.Invalid, "cli.answer-absent", err, "question", strings.TrimSuffix(o.T(prompt, args...), ":"))
	}
	return string(b), err
}

// onTerminal: a person sits at descriptor 0 and it is not the input.
func (o *IO) onTerminal() bool { return !o.taken && o.In != nil && term.IsTerminal(int(o.In.Fd())) }

func (o *IO) ask(prompt string, args ...any) ([]byte, error) {
	fd := int(o.In.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "cli.terminal", err)
	}
	fmt.Fprint(o.Err, o.T(prompt, args...)+" ")
	// Whoever gives up at the prompt must get a terminal back that shows what he types.
	stopped, done := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(stopped, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(stopped)
	defer close(done)
	go func() {
		select {
		case <-stopped:
			_ = term.Restore(fd, before) // the process ends either way
			fmt.Fprintln(o.Err)
			os.Exit(interrupted)
		case <-done:
		}
	}()
	b, err := term.ReadPassword(fd)
	fmt.Fprintln(o.Err)
	if err != nil {
		return nil, fail.Wrap(fail.Unavailable, "cli.terminal", err)
	}
	return b, nil
}

// line reads one line of descriptor 0. Several secrets are several lines, in the order in which they are asked for.
func (o *IO) line() ([]byte, error) {
	if o.taken {
		return nil, fail.New(fail.Invalid, "cli.stdin-twice")
	}
	if o.In == nil {
		return nil, fail.New(fail.Invalid, "cli.secret-absent")
	}
	if o.secrets == nil {
		o.secrets = bufio.NewReaderSize(o.In, maxSecret+2)
	}
	text, err := o.secrets.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return nil, fail.New(fail.Invalid, "cli.secret-long")
	case err == io.EOF && len(text) == 0:
		return nil, fail.New(fail.Invalid, "cli.secret-absent")
	case err != nil && err != io.EOF:
		return nil, fail.Wrap(fail.Unavailable, "cli.terminal", err)
	}
	return trimmed(text)
}

// whole reads a secret that is a whole file.
func whole(r io.Reader, name string) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, maxSecret+3))
	if err != nil {
		return nil, fileError(name, err)
	}
	return trimmed(b)
}

// trimmed takes one trailing newline away. What is inside stays, a space at the end too; a line break inside is a mistake.
func trimmed(b []byte) ([]byte, error) {
	b = bytes.TrimSuffix(b, []byte("\n"))
	b = bytes.TrimSuffix(b, []byte("\r"))
	if len(b) > maxSecret {
		return nil, fail.New(fail.Invalid, "cli.secret-long")
	}
	if bytes.ContainsAny(b, "\r\n\x00") {
		return nil, fail.Wrap(fail.Invalid, "cli.secret-lines", errTooManyLines)
	}
	return bytes.Clone(b), nil
}

var errTooManyLines = errors.New("more than one line")

// IsTerminal reports whether a stream is a terminal.
func IsTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
