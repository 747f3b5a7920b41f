// Package audit is the tamper-evident log of acts: every act writes its leaf in the transaction of the act; a sequencer
// integrates leaves into a Merkle tree (golang.org/x/mod/sumdb/tlog) and signs checkpoints (sumdb/note).
//
// A leaf is a salted commitment: the payload lies in a side table and can be erased without breaking the log.
package audit

import "time"

// An Entry is one act before it has its place in the tree.
type Entry struct {
	Seq     int64 // order of commit, given by the store; 0 when new
	Time    time.Time
	Act     string // "application.submitted", "certificate.prepared", "certificate.issued", "certificate.status", "login.failed", …
	Actor   string // "applicant", "operator:850315…" …
	Subject string // application number, or issuer/serial
	Payload []byte // what happened, canonical; personal data only here
	Salt    []byte // 32 random octets
	Leaf    []byte // what is hashed into the tree: see Encode
}

// A Checkpoint is a signed tree head (note text).
type Checkpoint struct {
	Size int64
	Note []byte
	Time time.Time
}

// Records is the part of the store that holds the log.
type Records interface {
	AppendEntry(e Entry) error                          // gives Seq: 1, 2, 3 … in order of commit, without a gap
	EntriesAfter(seq int64, limit int) ([]Entry, error) // in order of Seq; limit 0 is 100
	EntriesOf(subject string) ([]Entry, error)          // in order of Seq
	IntegratedSize() (int64, error)                     // leaves in the tree
	StoreHashes(first int64, hashes [][32]byte) error   // tlog stored hashes, appended; conflict when first is not the next
	ReadHashes(indexes []int64) ([][32]byte, error)
	PutCheckpoint(c Checkpoint) error // conflict when it is not larger than the last
	LastCheckpoint() (Checkpoint, error)
	EachCheckpoint(f func(Checkpoint) error) error // in order of size
	LastEntryTime() (time.Time, error)             // zero when the log is empty
}
