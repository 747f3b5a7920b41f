package cli

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"

	"github.com/senim-pki/senim/base/fail"
)

// Read reads a file of at most max octets; "-" is standard input, which is read once.
func (o *IO) Read(name string, max int64) ([]byte, error) {
	if name == "-" {
		if o.taken || o.secrets != nil {
			return nil, fail.New(fail.Invalid, "cli.stdin-twice")
		}
		o.taken = true
		return capped(o.In, "-", max)
	}
	f, err := Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return capped(f, name, max)
}

// Open opens a file for reading and refuses folders.
func Open(name string) (*os.File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	info, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fileError(name, err)
	}
	if info.IsDir() {
		f.Close()
		return nil, fail.New(fail.Invalid, "cli.file-is-folder", "file", name)
	}
	return f, nil
}

func capped(r io.Reader, name string, max int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, max+1))
	if err != nil {
		return nil, fileError(name, err)
	}
	if int64(len(b)) > max {
		return nil, fail.New(fail.Invalid, "cli.file-large", "file", name, "megabytes", megabytes(max))
	}
	return b, nil
}

func megabytes(n int64) string { return strconv.FormatFloat(float64(n)/(1<<20), 'f', -1, 64) }

func fileError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fail.Wrap(fail.NotFound, "cli.file-absent", err, "file", name)
	case errors.Is(err, fs.ErrPermission):
		return fail.Wrap(fail.Forbidden, "cli.file-forbidden", err, "file", name)
	case errors.Is(err, fs.ErrExist):
		return fail.Wrap(fail.Conflict, "cli.file-exists", err, "file", name)
	}
	return fail.Wrap(fail.Unavailable, "cli.file", err, "file", name)
}

// Write writes a file whole or not at all. An existing one is replaced only when replace says so. The rule of the commands:
// a name that the user gave with -o is replaced, a name that the command chose is not, and a key file never is.
func Write(name string, data []byte, mode fs.FileMode, replace bool) error {
	if err := write(name, data, mode, replace); err != nil {
		return fileError(name, err)
	}
	return nil
}

func write(name string, data []byte, mode fs.FileMode, replace bool) (err error) {
	dir := filepath.Dir(name)
	f, err := os.CreateTemp(dir, ".senim-*") // 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when it was renamed
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), f.Sync(), f.Close()); err != nil {
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
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// Output writes a result of octets: to the file that -o named, replacing it, or without a name, and for "-", to standard
// output, but not to a terminal when it is binary.
func (o *IO) Output(name string, data []byte, binary bool) error {
	if name != "" && name != "-" {
		if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() && !info.IsDir() {
			return into(name, data)
		}
		if target, err := filepath.EvalSymlinks(name); err == nil {
			name = target // a link stays, what it names is replaced
		}
		return Write(name, data, 0o644, true)
	}
	if binary && IsTerminal(o.Out) {
		return fail.New(fail.Invalid, "cli.binary-to-terminal")
	}
	return o.Text(string(data))
}

// into writes to what is there and cannot be replaced: to put a file in the place of /dev/null harms the whole machine.
func into(name string, data []byte) error {
	f, err := os.OpenFile(name, os.O_WRONLY, 0)
	if err != nil {
		return fileError(name, err)
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err != nil {
		return fileError(name, err)
	}
	return nil
}

// Vacant refuses a name that a new file cannot take, or a folder that nothing can be written into, before anything is made
// that would be lost with it.
func Vacant(name string) error {
	if _, err := os.Lstat(name); !errors.Is(err, fs.ErrNotExist) {
		if err == nil {
			err = fs.ErrExist
		}
		return fileError(name, err)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".senim-*")
	if err == nil {
		err = errors.Join(f.Close(), os.Remove(f.Name()))
	}
	if err != nil {
		return fileError(name, err)
	}
	return nil
}

// MakeDir makes a folder for its owner only.
func MakeDir(name string) error {
	if err := os.MkdirAll(name, 0o700); err != nil {
		return fileError(name, err)
	}
	return nil
}

// ReadDir returns the paths of the plain files in a folder, in order, without hidden ones.
func ReadDir(name string) ([]string, error) {
	entries, err := os.ReadDir(name)
	if err != nil {
		return nil, fileError(name, err)
	}
	var all []string
	for _, e := range entries {
		path := filepath.Join(name, e.Name())
		info, err := os.Stat(path) // a link is followed
		if err != nil {
			return nil, fileError(path, err)
		}
		if info.Mode().IsRegular() && e.Name()[0] != '.' {
			all = append(all, path)
		}
	}
	return all, nil
}

// IsDir reports whether the name is that of a folder.
func IsDir(name string) bool {
	info, err := os.Stat(name)
	return err == nil && info.IsDir()
}
