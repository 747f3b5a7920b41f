// Package testdata finds the shared test data: real and conformance material that lives beside the repository and not in
// it, so that every implementation is judged by the same files. Each folder's README says what a right answer is.
//
// The data is the folder that SENIM_TESTDATA names, else the first ../shared/testdata found by walking up from the
// module root. Without it a test is skipped with a reason that starts with "testdata: "; .ci/run counts such a skip as
// a failure. This package is for tests only.
//
// The go command leaves folders called testdata out of ./..., so the tests of this package are named by themselves
// (go test ./internal/testdata); make test does.
package testdata

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// Path returns the path of a file or folder of the shared test data. Where the data itself is absent the test is
// skipped; where the data is there and the file is not, the test fails.
func Path(t testing.TB, elem ...string) string {
	t.Helper()
	root, err := find(os.Getenv("SENIM_TESTDATA"))
	if err != nil {
		t.Skip("testdata: " + err.Error())
	}
	path := filepath.Join(append([]string{root}, elem...)...)
	if _, err := os.Stat(path); err != nil {
		t.Fatalf("couldn't find shared test data: %v", err)
	}
	return path
}

// Read returns the contents of one file of the shared test data.
func Read(t testing.TB, elem ...string) []byte {
	t.Helper()
	b, err := os.ReadFile(Path(t, elem...))
	if err != nil {
		t.Fatalf("couldn't read shared test data: %v", err)
	}
	return b
}

// Glob returns, in lexical order, the files of the shared test data that match; the last element is a pattern of
// path.Match. A pattern that matches nothing fails the test: a loop over no files would prove nothing.
func Glob(t testing.TB, elem ...string) []string {
	t.Helper()
	pattern := filepath.Join(append([]string{Path(t)}, elem...)...)
	files, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatalf("couldn't match shared test data: %v", err)
	}
	if len(files) == 0 {
		t.Fatalf("no shared test data matches %s", filepath.Join(elem...))
	}
	return files
}

var (
	errNoModule = errors.New("no go.mod above the working directory; set SENIM_TESTDATA")
	errNoData   = errors.New("no ../shared/testdata above the module root; set SENIM_TESTDATA to the folder")
)

func find(named string) (string, error) {
	if named != "" {
		if info, err := os.Stat(named); err != nil || !info.IsDir() {
			return "", errors.New("SENIM_TESTDATA is not a folder: " + named)
		}
		return filepath.Abs(named)
	}
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	root, err := moduleRoot(dir)
	if err != nil {
		return "", err
	}
	return above(root)
}

// moduleRoot goes up: a test runs in its package's folder.
func moduleRoot(dir string) (string, error) {
	for {
		if _, err := os.Stat(filepath.Join(dir, "go.mod")); err == nil {
			return dir, nil
		}
		up := filepath.Dir(dir)
		if up == dir {
			return "", errNoModule
		}
		dir = up
	}
}

func above(root string) (string, error) {
	for dir := root; ; dir = filepath.Dir(dir) {
		data := filepath.Join(filepath.Dir(dir), "shared", "testdata")
		if info, err := os.Stat(data); err == nil && info.IsDir() {
			return data, nil
		}
		if dir == filepath.Dir(dir) {
			return "", errNoData
		}
	}
}
