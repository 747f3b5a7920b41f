package online

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/senim-pki/senim/pki/crl"
)

const (
	// youth is how long a list is used without asking whether there is a newer one. It is short: an authority publishes
	// a revocation at once, and whoever verifies wants to see it.
	youth = 2 * time.Minute
	// maxUnseen is how long a server's word that a list hasn't changed is taken for it. The word is about a tag, and whoever
	// once stood between us and the server may have given us another list under it.
	maxUnseen = 30 * time.Minute
	// maxKept caps the lists in memory and, separately, on disk; the one asked for longest ago goes first. A parsed
	// list takes some eight times its octets.
	maxKept = 16
	// maxKeptOctets caps the sum of the lists in memory.
	maxKeptOctets = 64 << 20
)

// A kept list. The exported fields are what lies on disk.
type kept struct {
	Fetched      time.Time // when its octets came
	Checked      time.Time // when the server last said that this is its list
	ETag         string
	LastModified string
	DER          []byte
	list         *crl.List
}

// young reports whether the list is used as it is.
func (k *kept) young(now time.Time) bool {
	age := now.Sub(k.Checked)
	return age >= 0 && age < youth && k.current(now)
}

// current reports whether the list is not past its own end.
func (k *kept) current(now time.Time) bool {
	return k.list.NextUpdate.IsZero() || now.Before(k.list.NextUpdate)
}

// askable reports whether the server is asked only whether there is a newer one.
func (k *kept) askable(now time.Time) bool {
	age := now.Sub(k.Fetched)
	return age >= 0 && age < maxUnseen && k.current(now)
}

// lists is the cache, by address. What is in it is as unproven as what came from the network.
type lists struct {
	dir string
	log *slog.Logger

	mu    sync.Mutex
	kept  map[string]*kept         // mu
	busy  map[string]chan struct{} // mu; closed when the request for that address has ended
	order []string                 // mu; addresses of kept, least lately used first
}

func newLists(dir string, log *slog.Logger) *lists {
	return &lists{dir: dir, log: log, kept: map[string]*kept{}, busy: map[string]chan struct{}{}}
}

// lock waits until nobody else asks that address.
func (l *lists) lock(ctx context.Context, address string) (unlock func(), err error) {
	for {
		l.mu.Lock()
		wait, taken := l.busy[address]
		if !taken {
			done := make(chan struct{})
			l.busy[address] = done
			l.mu.Unlock()
			return func() {
				l.mu.Lock()
				delete(l.busy, address)
				l.mu.Unlock()
				close(done)
			}, nil
		}
		l.mu.Unlock()
		select {
		case <-wait:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (l *lists) get(address string) *kept {
	l.mu.Lock()
	k := l.kept[address]
	if k != nil {
		l.touch(address)
	}
	l.mu.Unlock()
	if k != nil || l.dir == "" {
		return k
	}
	k, err := l.read(address)
	if err != nil {
		if !os.IsNotExist(err) {
			l.log.Warn("a kept list can't be read, it is fetched again", "err", err)
		}
		return nil
	}
	l.remember(address, k)
	return k
}

func (l *lists) put(address string, k *kept) {
	l.remember(address, k)
	if l.dir == "" {
		return
	}
	if err := l.write(address, k); err != nil {
		l.log.Warn("a list can't be kept on disk", "err", err)
	}
}

func (l *lists) remember(address string, k *kept) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.kept[address] = k
	l.touch(address)
	total := 0
	for _, k := range l.kept {
		total += len(k.DER)
	}
	for len(l.order) > 1 && (len(l.order) > maxKept || total > maxKeptOctets) {
		total -= len(l.kept[l.order[0]].DER)
		delete(l.kept, l.order[0])
		l.order = l.order[1:]
	}
}

// touch makes address the one used last. The caller holds mu.
func (l *lists) touch(address string) {
	for i, a := range l.order {
		if a == address {
			l.order = append(l.order[:i], l.order[i+1:]...)
			break
		}
	}
	l.order = append(l.order, address)
}

const suffix = ".crl.json"

func (l *lists) file(address string) string {
	sum := sha256.Sum256([]byte(address))
	return filepath.Join(l.dir, hex.EncodeToString(sum[:])+suffix)
}

func (l *lists) read(address string) (*kept, error) {
	name := l.file(address)
	info, err := os.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.Size() > crl.MaxSize*2 { // base64 in JSON is a third longer than its octets
		return nil, os.ErrInvalid
	}
	b, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	k := new(kept)
	if err := json.Unmarshal(b, k); err != nil {
		return nil, err
	}
	k.list, err = crl.Parse(k.DER)
	return k, err
}

func (l *lists) write(address string, k *kept) error {
	if err := os.MkdirAll(l.dir, 0o700); err != nil {
		return err
	}
	l.sweep()
	b, err := json.Marshal(k)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(l.dir, "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails when it was renamed, as it should be
	_, err = f.Write(b)
	if closed := f.Close(); err == nil {
		err = closed
	}
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), l.file(address))
}

// sweep makes room for one more file.
func (l *lists) sweep() {
	files, err := filepath.Glob(filepath.Join(l.dir, "*"+suffix))
	if err != nil {
		return
	}
	for len(files) >= maxKept {
		oldest := 0
		var at time.Time
		for i, name := range files {
			info, err := os.Stat(name)
			if err != nil || at.IsZero() || info.ModTime().Before(at) {
				oldest = i
				if err != nil {
					break
				}
				at = info.ModTime()
			}
		}
		os.Remove(files[oldest])
		files = append(files[:oldest], files[oldest+1:]...)
	}
}
