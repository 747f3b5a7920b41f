package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/fault"
)

var (
	afterIntegrate  = fault.Register("audit.after-integrate")
	afterCheckpoint = fault.Register("audit.after-checkpoint")
)

// batch is how many leaves one transaction integrates: hashing them takes a few milliseconds, for which others wait.
const batch = 1024

// Options of a Log.
type Options struct {
	// Update runs f in a transaction of the store.
	Update func(ctx context.Context, f func(Records) error) error
	// Key signs checkpoints, Verifier checks them, both as golang.org/x/mod/sumdb/note writes them.
	Key, Verifier string
	// Dir is the folder that checkpoints are exported to; empty exports none.
	Dir   string
	Clock clock.Clock
}

// A Log integrates committed entries into the Merkle tree and signs what it has become. It may be used by several goroutines.
//
// Several processes may do so on one store: the tree grows in a transaction that reads its size first, so a process that
// comes late finds nothing to do, and no lease is needed.
type Log struct {
	update   func(ctx context.Context, f func(Records) error) error
	signer   note.Signer
	verifier note.Verifier
	dir      string
	clock    clock.Clock
	mu       sync.Mutex // one integration at a time in this process; owns exported
	exported []byte
}

// NewLog makes a Log. It does not touch the store.
func NewLog(o Options) (*Log, error) {
	signer, err := note.NewSigner(o.Key)
	if err != nil {
		return nil, errors.New("couldn't read the key of the log") // note's error may hold the key
	}
	verifier, err := note.NewVerifier(o.Verifier)
	if err != nil {
		return nil, fmt.Errorf("couldn't read the verifier of the log: %w", err)
	}
	if signer.Name() != verifier.Name() || signer.KeyHash() != verifier.KeyHash() {
		return nil, errors.New("the key and the verifier of the log belong to two logs")
	}
	return &Log{update: o.Update, signer: signer, verifier: verifier, dir: o.Dir, clock: o.Clock}, nil
}

// Run integrates every so often until ctx ends; report is told of each failure, after which it tries again.
func (l *Log) Run(ctx context.Context, every time.Duration, report func(error)) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if _, err := l.Integrate(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// Integrate brings every committed entry into the tree, signs a checkpoint if the tree has grown since the last, and
// exports it. It returns the number of leaves.
//
// It refuses (fail.Internal, "audit.…") to sign what does not continue the last checkpoint, stored or exported: a store
// that was changed behind the log's back must be looked at by a person.
func (l *Log) Integrate(ctx context.Context) (int64, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if err := l.loadExported(); err != nil {
		return 0, fmt.Errorf("couldn't integrate the log: %w", err)
	}
	for {
		var n int
		if err := l.update(ctx, func(tx Records) (err error) {
			n, err = integrate(tx)
			return err
		}); err != nil {
			return 0, fmt.Errorf("couldn't integrate the log: %w", err)
		}
		if n > 0 {
			afterIntegrate.Here()
		}
		if n < batch {
			break
		}
	}
	var last Checkpoint
	var signed bool
	if err := l.update(ctx, func(tx Records) (err error) {
		last, signed, err = l.checkpoint(tx)
		return err
	}); err != nil {
		return 0, fmt.Errorf("couldn't sign a checkpoint: %w", err)
	}
	if signed {
		afterCheckpoint.Here()
	}
	if l.dir != "" && last.Size > 0 && !bytes.Equal(l.exported, last.Note) {
		if err := export(l.dir, last.Note); err != nil {
			return 0, fmt.Errorf("couldn't export a checkpoint: %w", err)
		}
		l.exported = last.Note
	}
	return last.Size, nil
}

func (l *Log) loadExported() error {
	if l.dir == "" || l.exported != nil {
		return nil
	}
	all, err := Exported(l.dir)
	if err != nil || len(all) == 0 {
		return err
	}
	l.exported = all[len(all)-1]
	return nil
}

// integrate brings up to batch entries into the tree.
func integrate(tx Records) (int, error) {
	size, err := tx.IntegratedSize()
	if err != nil {
		return 0, err
	}
	// With the last entry of the tree, which those that follow continue.
	entries, err := tx.EntriesAfter(max(size-1, 0), batch+1)
	if err != nil {
		return 0, err
	}
	var last Entry
	if size > 0 {
		if len(entries) == 0 || entries[0].Seq != size {
			return 0, fail.Wrap(fail.Internal, "audit.changed", fmt.Errorf("entry %d of the log is gone", size))
		}
		last, entries = entries[0], entries[1:]
	}
	if len(entries) == 0 {
		return 0, nil
	}
	first := tlog.StoredHashCount(size)
	grown := &growing{tx: tx, first: first}
	for i, e := range entries {
		n := size + int64(i)
		if e.Seq != n+1 || !bytes.Equal(e.Leaf, Encode(e)) || datedBack(last, e) {
			return 0, fail.Wrap(fail.Internal, "audit.changed", fmt.Errorf("entry %d of the log is not what was recorded", n+1))
		}
		last = e
		hashes, err := tlog.StoredHashes(n, e.Leaf, grown)
		if err != nil {
			return 0, err
		}
		for _, h := range hashes {
			grown.hashes = append(grown.hashes, h)
		}
	}
	return len(entries), tx.StoreHashes(first, grown.hashes)
}

// growing reads hashes of the store and those that will be stored next.
type growing struct {
	tx     Records
	first  int64
	hashes [][32]byte
}

func (g *growing) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	found := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		if index >= g.first {
			found[i] = g.hashes[index-g.first]
			continue
		}
		h, err := g.tx.ReadHashes([]int64{index})
		if err != nil {
			return nil, err
		}
		found[i] = h[0]
	}
	return found, nil
}

// checkpoint returns the last checkpoint, and makes it if the tree has grown.
func (l *Log) checkpoint(tx Records) (c Checkpoint, signed bool, err error) {
	size, err := tx.IntegratedSize()
	if err != nil {
		return c, false, err
	}
	stored := &growing{tx: tx, first: tlog.StoredHashCount(size)}
	if l.exported != nil {
		if err := l.continues(stored, size, l.exported); err != nil {
			return c, false, fmt.Errorf("the exported checkpoint: %w", err)
		}
	}
	last, err := tx.LastCheckpoint()
	switch {
	case err == nil:
		if err := l.continues(stored, size, last.Note); err != nil {
			return c, false, fmt.Errorf("the last checkpoint: %w", err)
		}
	case !fail.Is(err, fail.NotFound):
		return c, false, err
	}
	if last.Size == size {
		return last, false, nil
	}
	root, err := tlog.TreeHash(size, stored)
	if err != nil {
		return c, false, err
	}
	h := head{size: size, root: root, time: l.clock.Now().Truncate(time.Microsecond)}
	if err := CheckClock(tx, h.time); err != nil {
		return c, false, err
	}
	text, err := note.Sign(&note.Note{Text: h.text(l.signer.Name())}, l.signer)
	if err != nil {
		return c, false, fmt.Errorf("couldn't sign tree head: %w", err)
	}
	c = Checkpoint{Size: size, Note: text, Time: h.time}
	return c, true, tx.PutCheckpoint(c)
}

// continues reports whether the tree of this size has the checkpoint's tree as its beginning.
func (l *Log) continues(stored tlog.HashReader, size int64, signed []byte) error {
	h, err := openCheckpoint(signed, l.verifier)
	if err != nil {
		return fail.Wrap(fail.Internal, "audit.foreign", err)
	}
	if h.size > size {
		return fail.Wrap(fail.Internal, "audit.truncated", fmt.Errorf("it has %d leaves, the log only %d", h.size, size))
	}
	root, err := tlog.TreeHash(h.size, stored)
	if err != nil {
		return err
	}
	if root != h.root {
		return fail.Wrap(fail.Internal, "audit.changed", fmt.Errorf("the log is not what it was at %d leaves", h.size))
	}
	return nil
}
