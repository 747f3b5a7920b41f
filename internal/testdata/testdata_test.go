package testdata

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestFind(t *testing.T) {
	t.Run("the folder that SENIM_TESTDATA names", func(t *testing.T) {
		dir := t.TempDir()
		if got, err := find(dir); err != nil || got != dir {
			t.Fatalf("find = %q, %v; want %q", got, err, dir)
		}
	})
	t.Run("a named folder that is absent is an error, not the default", func(t *testing.T) {
		if got, err := find(filepath.Join(t.TempDir(), "absent")); err == nil {
			t.Fatalf("find = %q; want an error", got)
		}
	})
	t.Run("beside the module root, or beside a folder above it", func(t *testing.T) {
		top := t.TempDir()
		data := filepath.Join(top, "shared", "testdata")
		root := filepath.Join(top, "main", "worktrees", "one")
		pkg := filepath.Join(root, "sig", "cms")
		for _, dir := range []string{data, pkg} {
			if err := os.MkdirAll(dir, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(root, "go.mod"), nil, 0o644); err != nil {
			t.Fatal(err)
		}
		t.Chdir(pkg)
		got, err := find("")
		if err != nil {
			t.Fatal(err)
		}
		same, err := filepath.EvalSymlinks(data)
		if err != nil {
			t.Fatal(err)
		}
		if got != data && got != same {
			t.Fatalf("find = %q, want %q", got, data)
		}
	})
	t.Run("nowhere", func(t *testing.T) {
		if got, err := above(t.TempDir()); !errors.Is(err, errNoData) {
			t.Fatalf("above = %q, %v; want %v", got, err, errNoData)
		}
	})
}

func TestGlobReturnsWholePaths(t *testing.T) {
	for _, file := range Glob(t, "*", "README*") {
		if _, err := os.Stat(file); err != nil {
			t.Fatal(err)
		}
	}
}
