package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/pki/cert"
)

// An Issuer is an authority whose certificates or lists are in the store.
type Issuer struct {
	Certificate *cert.Certificate
	Root        bool // it signs no certificates of the register
}

// A Standing is where an application stands in the store.
type Standing struct{ Number, State string }

// A PublishedList is a CRL of the store.
type PublishedList struct {
	Issuer string
	Number int64
	DER    []byte
}

// An Input is a whole store, seen in one transaction, and what is known from outside it.
type Input struct {
	Log          Records
	Certificates func(func(registry.Certificate) error) error
	Applications func(func(Standing) error) error
	Lists        []PublishedList
	Draft        string            // the state that leaves no trace in the log
	Issuers      map[string]Issuer // by name
	Verifier     string            // of the log's checkpoints, as golang.org/x/mod/sumdb/note writes it
	Exported     [][]byte          // checkpoints kept outside the store, see Exported
}

// Verify re-checks everything that the log promises, from outside and without a secret: every leaf from salt and payload, the
// tree from the leaves, the signature and the tree of every checkpoint in the store and outside it, and that log, register
// and lists say the same. What it finds is in the Report; its error says that it could not look.
//
// Entries that no checkpoint covers yet and issuances that were begun are reported and are no problem: the process may have
// been stopped at any moment.
func Verify(ctx context.Context, in Input) (Report, error) {
	v := &verification{
		ctx: ctx, in: in, heads: map[int64][]namedHead{},
		certificates: map[string]*history{}, applications: map[string]*course{}, lists: map[string]ListFact{}, ordered: map[string]int64{},
	}
	for _, step := range []func() error{v.readHeads, v.walk, v.compareRegister, v.compareLists, v.compareApplications} {
		if err := step(); err != nil {
			return v.r, fmt.Errorf("couldn't verify the log: %w", err)
		}
	}
	return v.r, nil
}

// A history is what the log says of one certificate.
type history struct {
	prepared, issued, abandoned, status *CertificateFact // status is the last
	at                                  int64            // Seq of prepared
	seen                                bool             // the register has a row
}

// A course is what the log says of one application.
type course struct {
	state     string
	submitted []string         // key hashes, by the first act that hands it in
	approved  map[string]int64 // key hash → Seq of the approval
	seen      bool
}

type namedHead struct {
	name string
	head
}

type verification struct {
	ctx          context.Context
	in           Input
	r            Report
	integrated   int64
	heads        map[int64][]namedHead // by size; those that verify
	certificates map[string]*history   // by issuer/serial
	applications map[string]*course    // by number
	lists        map[string]ListFact   // the last of each issuer
	ordered      map[string]int64      // issuer/serial → Seq of the order
	revoked      map[string]map[string]registry.Certificate
}

// readHeads opens every checkpoint.
func (v *verification) readHeads() error {
	verifier, err := note.NewVerifier(v.in.Verifier)
	if err != nil {
		return err
	}
	if v.integrated, err = v.in.Log.IntegratedSize(); err != nil {
		v.r.problem("log.hashes", "", "%v", err)
	}
	v.r.Integrated = v.integrated
	open := func(name string, signed []byte) (head, bool) {
		h, err := openCheckpoint(signed, verifier)
		if err != nil {
			v.r.problem("checkpoint.foreign", name, "%v", err)
			return h, false
		}
		if h.size > v.integrated {
			v.r.problem("log.truncated", name, "it covers %d leaves, the store has %d in its tree", h.size, v.integrated)
			return h, false
		}
		v.heads[h.size] = append(v.heads[h.size], namedHead{name, h})
		v.r.Signed = max(v.r.Signed, h.size)
		return h, true
	}
	var last []byte
	if err := v.in.Log.EachCheckpoint(func(c Checkpoint) error {
		v.r.Checkpoints++
		name := "checkpoint " + strconv.FormatInt(c.Size, 10)
		if h, ok := open(name, c.Note); ok && (h.size != c.Size || !h.time.Equal(c.Time)) {
			v.r.problem("checkpoint.changed", name, "its row says %d leaves at %s, its signed text %d at %s", c.Size, c.Time, h.size, h.time)
		}
		last = c.Note
		return nil
	}); err != nil {
		return err
	}
	for i, signed := range v.in.Exported {
		v.r.Exported++
		open("exported checkpoint "+strconv.Itoa(i+1), signed)
	}
	switch {
	case v.r.Exported > 0 && v.r.Checkpoints == 0:
		v.r.problem("log.truncated", "", "checkpoints were exported, and the store has none")
	case v.r.Exported == 0 && v.r.Checkpoints > 1:
		v.r.problem("checkpoint.not-exported", "", "the store has %d checkpoints and none was found outside it", v.r.Checkpoints)
	case v.r.Checkpoints > 0 && (v.r.Exported == 0 || !bytes.Equal(v.in.Exported[v.r.Exported-1], last)):
		v.r.note("checkpoint.not-exported", "", "the last checkpoint is not exported yet")
	}
	return nil
}

// walk reads the whole log once: leaves, tree, checkpoints, and what the entries say.
func (v *verification) walk() error {
	var t tree
	var last Entry
	stored := &storedHashes{log: v.in.Log, size: tlog.StoredHashCount(v.integrated)}
	for seq := int64(0); ; {
		if err := v.ctx.Err(); err != nil {
			return err
		}
		entries, err := v.in.Log.EntriesAfter(seq, 1000)
		if err != nil {
			return err
		}
		if len(entries) == 0 {
			break
		}
		for _, e := range entries {
			if e.Seq != seq+1 {
				v.r.problem("log.gap", "entry "+strconv.FormatInt(seq+1, 10), "the next entry is %d", e.Seq)
			}
			if datedBack(last, e) {
				v.r.problem("entry.dated-back", "entry "+strconv.FormatInt(e.Seq, 10), "it is of %s, the one before it of %s", e.Time.Format(time.RFC3339), last.Time.Format(time.RFC3339))
			}
			seq, last = e.Seq, Entry{Time: e.Time}
			v.r.Entries++
			v.entry(e)
			if t.n < v.integrated {
				for _, h := range t.add(e.Leaf) {
					ok, err := stored.next(h)
					if err != nil {
						return err
					}
					if !ok {
						v.r.problem("log.hashes", "entry "+strconv.FormatInt(seq, 10), "a stored hash of the tree is not that of the leaves")
					}
				}
				v.atSize(&t)
			}
		}
	}
	if v.r.Entries < v.integrated {
		v.r.problem("log.truncated", "", "%d leaves are in the tree, and only %d entries are left", v.integrated, v.r.Entries)
	}
	if n := v.r.Entries - v.r.Signed; n > 0 {
		v.r.note("log.pending", "", "%d entries are not under a checkpoint yet", n)
	}
	return nil
}

// atSize compares the tree with every checkpoint of its size.
func (v *verification) atSize(t *tree) {
	for _, h := range v.heads[t.n] {
		if t.root() != h.root {
			v.r.problem("log.changed", h.name, "the first %d leaves are not those that it was signed over", t.n)
		}
	}
}

// entry checks one entry by itself and remembers what it says.
func (v *verification) entry(e Entry) {
	name := "entry " + strconv.FormatInt(e.Seq, 10)
	if len(e.Salt) != SaltSize || len(e.Act) > 255 || !bytes.Equal(Encode(e), e.Leaf) {
		v.r.problem("entry.changed", name, "its leaf is not that of its time, act, actor, subject and payload")
	}
	switch {
	case strings.HasPrefix(e.Act, "certificate."):
		var f CertificateFact
		if json.Unmarshal(e.Payload, &f) != nil || f.Issuer+"/"+f.Serial != e.Subject {
			v.r.problem("entry.unreadable", name, "it does not say which certificate it is about")
			return
		}
		v.certificate(e, name, &f)
	case e.Act == ListPublished:
		var f ListFact
		if json.Unmarshal(e.Payload, &f) != nil || f.Issuer != e.Subject {
			v.r.problem("entry.unreadable", name, "it does not say which list it is about")
			return
		}
		if f.Number <= v.lists[f.Issuer].Number {
			v.r.problem("list.number", f.Issuer, "list %d was published after list %d", f.Number, v.lists[f.Issuer].Number)
		}
		v.lists[f.Issuer] = f
	case strings.HasPrefix(e.Act, "application."):
		var f ApplicationFact
		if json.Unmarshal(e.Payload, &f) != nil || f.Number != e.Subject || f.State == "" {
			return // an act on an application that does not move it
		}
		c := v.applications[f.Number]
		if c == nil {
			c = &course{approved: map[string]int64{}}
			v.applications[f.Number] = c
		}
		c.state = f.State
		if e.Act == ApplicationSubmitted && c.submitted == nil {
			c.submitted = f.Submitted
		}
		for _, key := range f.Approved {
			if !slices.Contains(c.submitted, key) {
				v.r.problem("application.keys-changed", f.Number, "a key was approved that the applicant had not handed in")
			}
			if c.approved[key] == 0 {
				c.approved[key] = e.Seq
			}
		}
	}
}

func (v *verification) certificate(e Entry, name string, f *CertificateFact) {
	if e.Act == CertificateOrdered {
		v.ordered[e.Subject] = e.Seq
		return
	}
	h := v.certificates[e.Subject]
	if h == nil {
		h = &history{}
		v.certificates[e.Subject] = h
	}
	f.Evidence, f.Words = nil, "" // not needed again, and large
	once := func(place **CertificateFact) {
		if *place != nil {
			v.r.problem("entry.twice", name, "%s was recorded before for %s", e.Act, e.Subject)
		}
		*place = f
	}
	switch e.Act {
	case CertificatePrepared:
		once(&h.prepared)
		h.at = e.Seq
	case CertificateIssued:
		once(&h.issued)
	case CertificateAbandoned:
		once(&h.abandoned)
	case CertificateStatus:
		h.status = f
	}
}

// A tree is the right edge of a Merkle tree that grows leaf by leaf.
type tree struct {
	n     int64
	peaks []tlog.Hash // roots of the complete subtrees, the largest first
}

// add appends a leaf and returns the hashes that tlog stores for it, in its order.
func (t *tree) add(leaf []byte) []tlog.Hash {
	h := tlog.RecordHash(leaf)
	hashes := []tlog.Hash{h}
	for n := t.n; n&1 == 1; n >>= 1 {
		last := len(t.peaks) - 1
		h = tlog.NodeHash(t.peaks[last], h)
		t.peaks = t.peaks[:last]
		hashes = append(hashes, h)
	}
	t.peaks = append(t.peaks, h)
	t.n++
	return hashes
}

func (t *tree) root() tlog.Hash {
	last := len(t.peaks) - 1
	h := t.peaks[last]
	for i := last - 1; i >= 0; i-- {
		h = tlog.NodeHash(t.peaks[i], h)
	}
	return h
}

// storedHashes reads the hashes of the store in order.
type storedHashes struct {
	log        Records
	size, read int64
	ahead      [][32]byte
}

// next reports whether the next stored hash is h.
func (s *storedHashes) next(h tlog.Hash) (bool, error) {
	if len(s.ahead) == 0 {
		var indexes []int64
		for i := s.read; i < min(s.size, s.read+512); i++ {
			indexes = append(indexes, i)
		}
		if len(indexes) == 0 {
			return false, nil
		}
		var err error
		if s.ahead, err = s.log.ReadHashes(indexes); err != nil {
			return false, err
		}
		s.read += int64(len(indexes))
	}
	ok := s.ahead[0] == h
	s.ahead = s.ahead[1:]
	return ok, nil
}
