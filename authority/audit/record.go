package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"github.com/senim-pki/senim/base/fail"
)

// SaltSize is the length of an entry's salt in octets.
const SaltSize = 32

// MaxPayload caps the payload of an entry, in octets. The largest is a signed statement with its certificates; what is
// longer belongs elsewhere and into the payload by its hash.
const MaxPayload = 256 << 10

// Tolerance is how far the clock may stand before the last entry's time: an act that waited for its turn at the store
// carries the moment at which it was asked for.
const Tolerance = 10 * time.Second

// Record appends the entry of an act to the log, in the act's own transaction: no leaf, no act.
//
// act is what happened ("certificate.issued"), actor who did it, subject what it was done to, payload what a later reader
// needs, in canonical form. It refuses with fail.Unavailable, code "clock.behind", when now is before the last entry.
func Record(tx Records, now time.Time, rand io.Reader, act, actor, subject string, payload []byte) error {
	if err := CheckClock(tx, now); err != nil {
		return err
	}
	if act == "" || len(act) > 255 || len(payload) > MaxPayload {
		return fmt.Errorf("couldn't record %q: %w", act, errors.New("an act without a name or beyond its size"))
	}
	e := Entry{Time: now.UTC().Truncate(time.Microsecond), Act: act, Actor: actor, Subject: subject, Payload: payload, Salt: make([]byte, SaltSize)}
	if _, err := io.ReadFull(rand, e.Salt); err != nil {
		return fmt.Errorf("couldn't record %s: %w", act, err)
	}
	e.Leaf = Encode(e)
	if err := tx.AppendEntry(e); err != nil {
		return fmt.Errorf("couldn't record %s: %w", act, err)
	}
	return nil
}

// CheckClock refuses with fail.Unavailable, code "clock.behind", when now stands before the last entry's time: a clock that
// was set back would date acts, revocations and lists before what is already known.
func CheckClock(tx Records, now time.Time) error {
	last, err := tx.LastEntryTime()
	if err != nil {
		return fmt.Errorf("couldn't read the time of the last entry: %w", err)
	}
	if now.Before(last.Add(-Tolerance)) {
		return fail.Wrap(fail.Unavailable, "clock.behind", fmt.Errorf("the clock says %s, the log already %s", now.UTC().Format(time.RFC3339), last.Format(time.RFC3339)))
	}
	return nil
}

// datedBack reports whether e bears a time that Record would have refused behind last: somebody else has written it.
func datedBack(last, e Entry) bool {
	return !last.Time.IsZero() && e.Time.Before(last.Time.Add(-Tolerance-time.Microsecond)) // an entry's time is cut to microseconds
}

const leafVersion = 1

// Encode returns the leaf of an entry, the octets that are hashed into the tree (RFC 6962 section 2.1 puts a zero octet
// before them). It holds no personal data, and nothing in it can be guessed without the salt:
//
//	octet      version, 1
//	8 octets   time in microseconds since 1970-01-01 UTC, big-endian
//	octet      length of act
//	…          act, UTF-8
//	32 octets  SHA-256(salt ‖ 01 ‖ actor)
//	32 octets  SHA-256(salt ‖ 02 ‖ subject)
//	32 octets  SHA-256(salt ‖ 03 ‖ payload)
//
// The salt is 32 random octets for each entry. This encoding is kept for as long as there are logs.
func Encode(e Entry) []byte {
	leaf := make([]byte, 0, 10+len(e.Act)+3*sha256.Size)
	leaf = append(leaf, leafVersion)
	leaf = binary.BigEndian.AppendUint64(leaf, uint64(e.Time.UnixMicro()))
	leaf = append(leaf, byte(len(e.Act)))
	leaf = append(leaf, e.Act...)
	buf := make([]byte, 0, SaltSize+1+max(len(e.Payload), len(e.Actor), len(e.Subject)))
	commit := func(what byte, value string) {
		buf = append(append(append(buf[:0], e.Salt...), what), value...)
		sum := sha256.Sum256(buf)
		leaf = append(leaf, sum[:]...)
	}
	commit(1, e.Actor)
	commit(2, e.Subject)
	commit(3, string(e.Payload))
	return leaf
}

// LeavesOf returns the number of leaves of a tree of which this many hashes are stored (tlog.StoredHashCount turned
// round); an error when no tree has that many. Stores use it.
func LeavesOf(hashes int64) (int64, error) {
	// A tree of n leaves has at least n and fewer than 2n stored hashes.
	low, high := hashes/2, hashes
	for low < high {
		mid := low + (high-low)/2
		if tlog.StoredHashCount(mid) < hashes {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if tlog.StoredHashCount(low) != hashes {
		return 0, fmt.Errorf("no tree has %d stored hashes", hashes)
	}
	return low, nil
}
