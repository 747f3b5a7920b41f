package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Checkpoints leave the store as two files, so that a store which lost its end, or was exchanged, is found out; copies of
// them belong on other machines. "checkpoint" is the newest; "checkpoints" has every one, each followed by a line "---".
const (
	newestFile  = "checkpoint"
	historyFile = "checkpoints"
	separator   = "---\n" // a whole line
)

// export writes a checkpoint to the folder. The history is first: when the process dies in between, the newest file is
// only older than it could be.
func export(dir string, signed []byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	if err := appendHistory(filepath.Join(dir, historyFile), signed); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, newestFile+".*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it was renamed
	_, err = f.Write(signed)
	if err = errors.Join(err, f.Chmod(0o644), f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(f.Name(), filepath.Join(dir, newestFile)); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}

// appendHistory adds a checkpoint to the history, over a last one that was torn when the machine stopped.
func appendHistory(path string, signed []byte) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return err
	}
	end, err := f.Seek(0, io.SeekEnd)
	if err == nil {
		tail := make([]byte, min(end, 2*maxCheckpoint))
		if _, err = f.ReadAt(tail, end-int64(len(tail))); err == nil {
			whole, ok := wholeOf(tail)
			if ok || int64(len(tail)) == end {
				end += int64(len(whole) - len(tail))
			} else {
				err = errors.New("the history of checkpoints is damaged")
			}
		}
	}
	if err == nil {
		err = f.Truncate(end)
	}
	if err == nil {
		_, err = f.WriteAt(append(bytes.Clone(signed), separator...), end)
	}
	return errors.Join(err, f.Sync(), f.Close())
}

// wholeOf is b up to its last separator; ok is false when it has none.
func wholeOf(b []byte) (whole []byte, ok bool) {
	if i := bytes.LastIndex(b, []byte("\n"+separator)); i >= 0 {
		return b[:i+1+len(separator)], true
	}
	if bytes.HasPrefix(b, []byte(separator)) {
		return b[:len(separator)], true
	}
	return nil, false
}

// Exported reads the checkpoints that a Log wrote to the folder, oldest first and the newest last; none when there is no
// folder. What was torn at the end of the history is left out.
func Exported(dir string) ([][]byte, error) {
	var all [][]byte
	history, err := os.ReadFile(filepath.Join(dir, historyFile))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("couldn't read exported checkpoints: %w", err)
	}
	whole, _ := wholeOf(history)
	var one []byte
	for line := range bytes.Lines(whole) {
		if string(line) != separator {
			one = append(one, line...)
			continue
		}
		all = append(all, one)
		one = nil
	}
	newest, err := os.ReadFile(filepath.Join(dir, newestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return all, nil
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't read the exported checkpoint: %w", err)
	}
	return append(all, newest), nil
}
