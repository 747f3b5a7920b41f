// Pack makes the page's module ready to be served and embedded: it lays Go's wasm_exec.js beside senim.wasm and
// compresses both with brotli and gzip, so that the server never compresses anything itself.
//
//	go run ./internal/tool/pack [-dir web/page/dist]
//
// What is already packed from the same bytes is left alone: brotli at its best takes half a minute.
package main

import (
	"bytes"
	"compress/gzip"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/andybalholm/brotli"
)

func main() {
	dir := flag.String("dir", filepath.Join("web", "page", "dist"), "the folder that holds senim.wasm")
	flag.Parse()
	if err := pack(*dir, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "pack:", err)
		os.Exit(1)
	}
}

func pack(dir string, out io.Writer) error {
	glue, err := wasmExec()
	if err != nil {
		return err
	}
	if err := write(filepath.Join(dir, "wasm_exec.js"), glue); err != nil {
		return err
	}
	for _, name := range []string{"senim.wasm", "wasm_exec.js"} {
		path := filepath.Join(dir, name)
		plain, err := os.ReadFile(path)
		if err != nil {
			return fmt.Errorf("couldn't read what to pack: %w", err)
		}
		sizes := fmt.Sprintf("%s %d bytes", name, len(plain))
		for _, c := range []coding{{"br", toBrotli, fromBrotli}, {"gz", toGzip, fromGzip}} {
			n, err := c.pack(path, plain)
			if err != nil {
				return fmt.Errorf("couldn't pack %s: %w", name, err)
			}
			sizes += fmt.Sprintf(", %s %d", c.suffix, n)
		}
		fmt.Fprintln(out, sizes)
	}
	return nil
}

// wasmExec reads the script that goes with the compiler in use; another version's doesn't start our module.
func wasmExec() ([]byte, error) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		return nil, fmt.Errorf("couldn't find Go's root: %w", err)
	}
	// Before Go 1.24 it lay under misc.
	for _, folder := range []string{"lib", "misc"} {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), folder, "wasm", "wasm_exec.js"))
		if err == nil {
			return b, nil
		}
		if !os.IsNotExist(err) {
			return nil, err
		}
	}
	return nil, fmt.Errorf("couldn't find wasm_exec.js under %s: install Go with its lib folder", bytes.TrimSpace(root))
}

// A coding is a content coding of HTTP and the suffix of a file in it.
type coding struct {
	suffix string
	to     func([]byte) ([]byte, error)
	from   func([]byte) ([]byte, error)
}

// pack writes path's packed form unless it is there already, and returns its size.
func (c coding) pack(path string, plain []byte) (int, error) {
	path += "." + c.suffix
	if packed, err := os.ReadFile(path); err == nil {
		if old, err := c.from(packed); err == nil && bytes.Equal(old, plain) {
			return len(packed), nil
		}
	}
	packed, err := c.to(plain)
	if err != nil {
		return 0, err
	}
	return len(packed), write(path, packed)
}

// write never leaves a half-written file under its name: a build that was interrupted must not be embedded.
func write(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), ".pack-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if _, err := f.Write(b); err != nil {
		f.Close()
		return err
	}
	if err := f.Chmod(0o644); err != nil {
		f.Close()
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), path)
}

func toBrotli(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	return finish(&b, brotli.NewWriterLevel(&b, brotli.BestCompression), plain)
}

func fromBrotli(packed []byte) ([]byte, error) {
	return io.ReadAll(brotli.NewReader(bytes.NewReader(packed)))
}

func toGzip(plain []byte) ([]byte, error) {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	return finish(&b, w, plain)
}

func fromGzip(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

func finish(b *bytes.Buffer, w io.WriteCloser, plain []byte) ([]byte, error) {
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
