package main_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// scratch is removed when all tests have run: what they share lies in it.
var scratch string

func TestMain(m *testing.M) { os.Exit(runAll(m)) }

func runAll(m *testing.M) int {
	dir, err := os.MkdirTemp("", "senim-test-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	scratch = dir
	defer os.RemoveAll(dir)
	return m.Run()
}

// binary builds the real program once for all tests.
var binary = sync.OnceValues(func() (string, error) {
	path := filepath.Join(scratch, "senim")
	out, err := exec.Command("go", "build", "-o", path, ".").CombinedOutput()
	if err != nil {
		return "", errors.New(string(out))
	}
	return path, nil
})

func program(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("couldn't build senim: %v", err)
	}
	return path
}

// senim runs a command to its end.
func senim(t testing.TB, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, program(t), args...)
	cmd.Env = append(os.Environ(), "SENIM_LANG=en")
	var out, messages bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &messages
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatalf("couldn't run senim %s: %v", strings.Join(args, " "), err)
	}
	return out.String(), messages.String(), cmd.ProcessState.ExitCode()
}

// A server is a running senim serve; url and dir are those of a demo.
type server struct {
	url   string
	dir   string
	cmd   *exec.Cmd
	lines chan string // of standard error, after the ready line

	mu  sync.Mutex
	log strings.Builder // mu
}

// start runs the demo on a free port and waits until it is ready.
func start(t testing.TB, dir string, env ...string) *server {
	t.Helper()
	return startAt(t, freeAddress(t), dir, env...)
}

func startAt(t testing.TB, addr, dir string, env ...string) *server {
	t.Helper()
	cmd := exec.Command(program(t), "serve", "--demo", "--data", dir, "--listen", addr)
	cmd.Env = append(append(os.Environ(), "SENIM_LANG=en"), env...)
	s := begin(t, cmd)
	s.dir, s.url = dir, "http://"+addr
	return s
}

// begin runs a server and waits until it is ready.
func begin(t testing.TB, cmd *exec.Cmd) *server {
	t.Helper()
	s := &server{cmd: cmd, lines: make(chan string, 1000)}
	pipe, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.kill)
	ready := make(chan struct{})
	go s.read(bufio.NewScanner(pipe), ready)
	select {
	case <-ready:
	case <-time.After(3 * time.Minute): // keys of 4096 bits on a busy machine
		t.Fatalf("the server is not ready:\n%s", s.output())
	}
	return s
}

func (s *server) read(lines *bufio.Scanner, ready chan struct{}) {
	defer close(s.lines)
	told := false
	for lines.Scan() {
		s.mu.Lock()
		s.log.WriteString(lines.Text() + "\n")
		s.mu.Unlock()
		if strings.HasPrefix(lines.Text(), "listening on ") && !told {
			told = true
			close(ready)
		}
		select {
		case s.lines <- lines.Text():
		default:
		}
	}
	if !told {
		close(ready) // it has ended; whoever asks it next finds out
	}
}

func (s *server) output() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// waitFor waits for a line of standard error.
func (s *server) waitFor(t testing.TB, line string) {
	t.Helper()
	timeout := time.After(time.Minute)
	for {
		select {
		case l, open := <-s.lines:
			if l == line {
				return
			}
			if !open {
				t.Fatalf("the server ended without saying %q:\n%s", line, s.output())
			}
		case <-timeout:
			t.Fatalf("the server did not say %q:\n%s", line, s.output())
		}
	}
}

// stop asks the server to end and waits.
func (s *server) stop(t testing.TB) {
	t.Helper()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("the server was gone: %v\n%s", err, s.output())
	}
	done := make(chan error, 1)
	go func() { done <- s.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("the server ended with %v:\n%s", err, s.output())
		}
	case <-time.After(time.Minute):
		t.Fatalf("the server does not end:\n%s", s.output())
	}
}

// kill sends SIGKILL.
func (s *server) kill() {
	if s.cmd.ProcessState != nil {
		return
	}
	if s.cmd.Process.Kill() == nil {
		_ = s.cmd.Wait() // the error says that it was killed
	}
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A firstDemo is a demo that was started once, on the address that its certificates name, and stopped.
type firstDemo struct {
	dir, addr string
	files     map[string][]byte // of DIR/demo, when the port answered for the first time
}

var (
	firstOnce sync.Once
	first     firstDemo
)

// copyOfDemo returns a copy of a demo. Making one takes seconds, for the keys of its roots have 4096 bits.
func copyOfDemo(t *testing.T) (dir string, f firstDemo) {
	t.Helper()
	firstOnce.Do(func() {
		f := firstDemo{dir: filepath.Join(scratch, "demo"), addr: freeAddress(t)}
		s := startAt(t, f.addr, f.dir)
		f.files = snapshot(t, filepath.Join(f.dir, "demo"))
		s.stop(t)
		first = f
	})
	if first.dir == "" {
		t.Fatal("the demo could not be made, see the first test that wanted it")
	}
	dir = t.TempDir()
	copyFolder(t, first.dir, dir)
	return dir, first
}

// copyFolder copies a folder with its permissions, which os.CopyFS leaves behind.
func copyFolder(t testing.TB, from, to string) {
	t.Helper()
	err := filepath.WalkDir(from, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		inside, err := filepath.Rel(from, path)
		if err != nil {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		target := filepath.Join(to, inside)
		if e.IsDir() {
			return errors.Join(os.MkdirAll(target, 0o700), os.Chmod(target, info.Mode().Perm()))
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(target, b, info.Mode().Perm())
	})
	if err != nil {
		t.Fatalf("couldn't copy the demo: %v", err)
	}
}
