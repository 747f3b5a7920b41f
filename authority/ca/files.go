package ca

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// maxFile caps a file of a hierarchy's folder: the largest is a root's list, which has an entry for each revoked authority.
const maxFile = 8 << 20

// writeFile writes a new file: whole or not at all, readable by its owner only, on the disk before it returns. An existing file
// is an error that wraps fs.ErrExist: keys are never written over.
func writeFile(name string, data []byte) error { return write(name, data, false) }

// replaceFile is writeFile that may replace what is there.
func replaceFile(name string, data []byte) error { return write(name, data, true) }

func write(name string, data []byte, replace bool) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".new-*") // 0600
	if err != nil {
		return fmt.Errorf("couldn't write %s: %w", filepath.Base(name), err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("couldn't write %s: %w", filepath.Base(name), err)
		}
		_ = os.Remove(f.Name()) // gone already when it was renamed
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if replace {
		err = os.Rename(f.Name(), name)
	} else {
		err = os.Link(f.Name(), name) // unlike a rename it fails when the name is taken
	}
	if err != nil {
		return err
	}
	return syncDir(dir)
}

func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// makeDir makes a folder for its owner only, with those above it.
func makeDir(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't make the folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return fmt.Errorf("couldn't close the folder to others: %w", err)
	}
	return nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return nil, err
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s is too large to be a part of the hierarchy", filepath.Base(name))
	}
	return b, nil
}

// within reports whether path lies in dir or is dir, links resolved as far as they exist.
func within(path, dir string) (bool, error) {
	p, err := resolve(path)
	if err != nil {
		return false, err
	}
	d, err := resolve(dir)
	if err != nil {
		return false, err
	}
	rel, err := filepath.Rel(d, p)
	if err != nil {
		return false, nil // on different volumes
	}
	return rel == "." || filepath.IsLocal(rel), nil
}

func resolve(path string) (string, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	for rest := ""; ; {
		resolved, err := filepath.EvalSymlinks(abs)
		if err == nil {
			return filepath.Join(resolved, rest), nil
		}
		if !errors.Is(err, fs.ErrNotExist) || filepath.Dir(abs) == abs {
			return "", err
		}
		rest = filepath.Join(filepath.Base(abs), rest)
		abs = filepath.Dir(abs)
	}
}
