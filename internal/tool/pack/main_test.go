package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestPack(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	read := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(at(name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	build := func(plain []byte) {
		t.Helper()
		if err := os.WriteFile(at("senim.wasm"), plain, 0o644); err != nil {
			t.Fatal(err)
		}
		if err := pack(dir, io.Discard); err != nil {
			t.Fatal(err)
		}
		for suffix, from := range map[string]func([]byte) ([]byte, error){"br": fromBrotli, "gz": fromGzip} {
			got, err := from(read("senim.wasm." + suffix))
			if err != nil || !bytes.Equal(got, plain) {
				t.Fatalf("senim.wasm.%s holds other bytes than senim.wasm (%v)", suffix, err)
			}
		}
	}
	first := bytes.Repeat([]byte("\x00asm сенім "), 1000)
	build(first)
	if !strings.Contains(string(read("wasm_exec.js")), "WebAssembly") {
		t.Error("wasm_exec.js isn't Go's script")
	}
	if n := len(read("senim.wasm.br")); n >= len(first) {
		t.Errorf("brotli made %d bytes of %d", n, len(first))
	}

	t.Run("the same bytes are not packed again", func(t *testing.T) {
		old := time.Now().Add(-time.Hour).Truncate(time.Second)
		if err := os.Chtimes(at("senim.wasm.br"), old, old); err != nil {
			t.Fatal(err)
		}
		build(first)
		info, err := os.Stat(at("senim.wasm.br"))
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(old) {
			t.Error("senim.wasm.br was written again")
		}
	})
	t.Run("other bytes are", func(t *testing.T) { build(first[1:]) })
	t.Run("a packed file that is damaged is made anew", func(t *testing.T) {
		if err := os.WriteFile(at("senim.wasm.br"), []byte("\xff"), 0o644); err != nil {
			t.Fatal(err)
		}
		build(first[1:])
	})
	t.Run("nothing but what belongs there is left", func(t *testing.T) {
		files, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 6 {
			t.Errorf("the folder holds %v", files)
		}
	})
}

func TestPackSaysWhatIsMissing(t *testing.T) {
	if err := pack(t.TempDir(), io.Discard); err == nil || !strings.Contains(err.Error(), "senim.wasm") {
		t.Errorf("err = %v", err)
	}
}
