package audit

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// A head is what a checkpoint says: a tree and a time.
type head struct {
	size int64
	root tlog.Hash
	time time.Time
}

// The text of a checkpoint is that of c2sp.org/tlog-checkpoint: the name of the log, the number of leaves, the root hash in
// base64, each on its line, and here one more: "time" and the moment of signing (RFC 3339, UTC).
func (h head) text(origin string) string {
	return origin + "\n" + strconv.FormatInt(h.size, 10) + "\n" + h.root.String() + "\ntime " + h.time.UTC().Format(time.RFC3339Nano) + "\n"
}

var errCheckpoint = errors.New("not a checkpoint of this log")

// maxCheckpoint caps a checkpoint, in octets: four short lines and one signature take 300, cosignatures may join.
const maxCheckpoint = 16 << 10

// openCheckpoint checks the signature of a checkpoint and reads it.
func openCheckpoint(signed []byte, v note.Verifier) (head, error) {
	if len(signed) > maxCheckpoint {
		return head{}, errCheckpoint
	}
	n, err := note.Open(signed, note.VerifierList(v))
	if err != nil {
		return head{}, fmt.Errorf("couldn't verify a checkpoint: %w", err)
	}
	lines := strings.Split(n.Text, "\n")
	if len(lines) != 5 || lines[0] != v.Name() || lines[4] != "" {
		return head{}, errCheckpoint
	}
	var h head
	if h.size, err = strconv.ParseInt(lines[1], 10, 64); err != nil || h.size < 0 || strconv.FormatInt(h.size, 10) != lines[1] {
		return head{}, errCheckpoint
	}
	root, err := base64.StdEncoding.Strict().DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return head{}, errCheckpoint
	}
	h.root = tlog.Hash(root)
	at, ok := strings.CutPrefix(lines[3], "time ")
	if h.time, err = time.Parse(time.RFC3339Nano, at); !ok || err != nil {
		return head{}, errCheckpoint
	}
	return h, nil
}
