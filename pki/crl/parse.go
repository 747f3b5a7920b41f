package crl

import (
	"bytes"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// MaxSize is the most octets of one list: over half a million revoked certificates with their reasons. A list takes up to eight
// times its octets in memory.
const MaxSize = 32 << 20

// Parse reads a list in strict DER and keeps a reference to it. Time and memory are proportional to its length.
//
// An extension of the list or of an entry that occurs twice is an error; a critical one that is not known sets UnknownCritical,
// and the list then says nothing reliable (RFC 5280 section 5.2). Among those are issuingDistributionPoint and certificateIssuer:
// partitioned and indirect lists are not followed.
func Parse(b []byte) (*List, error) {
	l, err := parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a CRL: %w", err)
	}
	return l, nil
}

func parse(b []byte) (*List, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("%d octets, at most %d are read", len(b), MaxSize)
	}
	signed, err := cert.ReadSigned(b)
	if err != nil {
		return nil, err
	}
	l := &List{Raw: b, RawTBS: signed.TBS, SignatureAlgorithm: signed.Algorithm, Signature: signed.Value}
	outer := der.NewReader(signed.TBS)
	r := outer.Sequence()
	version2 := false
	if tag, ok := r.PeekTag(); ok && tag == der.TagInteger {
		if version := r.Int(); version != 1 {
			r.Fail("version is not v2")
		}
		version2 = true
	}
	// Kazakhstan's lists of 2026 have NULL outside and nothing inside.
	if inner := alg.ReadIdentifier(r); r.Err() == nil && !inner.Same(signed.Algorithm) {
		r.Fail("two different signature algorithms")
	}
	l.Issuer, l.RawIssuer = cert.ReadName(r)
	l.ThisUpdate = r.Time()
	if tag, ok := r.PeekTag(); ok && (tag == der.TagUTCTime || tag == der.TagGeneralizedTime) {
		l.NextUpdate = r.Time()
	}
	if tag, ok := r.PeekTag(); ok && tag == der.TagSequence {
		l.readEntries(r.Sequence(), version2)
	}
	if wrapped, ok := r.OptionalExplicit(0); ok {
		if !version2 {
			r.Fail("extensions in version 1")
		}
		l.Extensions = cert.ReadExtensions(wrapped)
		wrapped.End()
	}
	if r.End() != nil || outer.End() != nil {
		return nil, outer.Err()
	}
	if err := l.readExtensions(); err != nil {
		return nil, err
	}
	l.index = make(map[string]int32, len(l.Entries))
	for i := len(l.Entries) - 1; i >= 0; i-- {
		e := &l.Entries[i]
		if e.Reason == removeFromCRL {
			if _, listed := l.index[string(e.Serial)]; listed {
				continue
			}
		}
		l.index[string(e.Serial)] = int32(i)
	}
	return l, nil
}

func (l *List) readEntries(r *der.Reader, version2 bool) {
	// The shortest entry of a real list has 37 octets; a list of shorter ones only makes the slice grow.
	l.Entries = make([]Entry, 0, len(r.Rest())/37+1)
	for !r.Empty() {
		s := r.Sequence()
		e := Entry{Serial: s.BigInt(), Time: s.Time(), Reason: -1}
		if !s.Empty() {
			if !version2 {
				s.Fail("extensions in version 1")
			}
			l.readEntryExtensions(&e, s)
		}
		s.End()
		l.Entries = append(l.Entries, e)
	}
}

// plainReason is how nearly every entry of every list says its reason, but for the last octet, which is the reason.
var plainReason = []byte{0x30, 0x0c, 0x30, 0x0a, 0x06, 0x03, 0x55, 0x1d, 0x15, 0x04, 0x03, 0x0a, 0x01}

func (l *List) readEntryExtensions(e *Entry, s *der.Reader) {
	// The short way is what makes a list of 100,000 quick to read; it takes one encoding only, and the long way takes it as well.
	if b := s.Rest(); len(b) == len(plainReason)+1 && bytes.HasPrefix(b, plainReason) && b[len(plainReason)] < 0x80 {
		e.Reason = int(b[len(plainReason)])
		s.Any()
		return
	}
	for _, x := range cert.ReadExtensions(s) {
		value := der.NewReader(x.Value)
		switch x.OID {
		case oid.ExtReasonCode:
			if e.Reason = value.Enumerated(); e.Reason < 0 {
				value.Fail("negative reason")
			}
		case oid.ExtInvalidityDate:
			e.InvalidityDate = value.Time()
		default:
			l.UnknownCritical = l.UnknownCritical || x.Critical
			continue
		}
		if err := value.End(); err != nil {
			s.Fail("extension %s: %v", x.OID.Name(), err)
		}
	}
}

func (l *List) readExtensions() error {
	for _, x := range l.Extensions {
		r := der.NewReader(x.Value)
		switch x.OID {
		case oid.ExtCRLNumber:
			l.Number = readNumber(r)
		case oid.ExtDeltaCRL:
			l.BaseNumber = readNumber(r)
		case oid.ExtAuthorityKeyID:
			l.AuthorityKeyID = cert.ReadAuthorityKeyID(r)
		default:
			l.UnknownCritical = l.UnknownCritical || x.Critical
			continue
		}
		if err := r.End(); err != nil {
			return fmt.Errorf("extension %s: %w", x.OID.Name(), err)
		}
	}
	return nil
}

// readNumber reads a CRLNumber, INTEGER (0..MAX). A negative one would be a large one to whoever forgets the sign.
func readNumber(r *der.Reader) []byte {
	contents := r.BigInt()
	if r.Err() == nil && contents[0]&0x80 != 0 {
		r.Fail("negative number")
	}
	return contents
}

// Signed returns what the signature is over.
func (l *List) Signed() cert.Signed {
	return cert.Signed{TBS: l.RawTBS, Algorithm: l.SignatureAlgorithm, Value: l.Signature}
}

// CheckSignature verifies the list's signature with the issuer's key. Errors are those of cert.Signed.Check.
func (l *List) CheckSignature(issuer *alg.PublicKey) error {
	return l.Signed().Check(issuer)
}

// Find returns the entry of a serial number (INTEGER contents) without walking through the list. Where there are several it is the
// first that is not removeFromCRL: a list that says both that a certificate is revoked and that it no longer is, says it is.
func (l *List) Find(serial []byte) (Entry, bool) {
	if l.index != nil {
		i, ok := l.index[string(serial)]
		if !ok {
			return Entry{}, false
		}
		return l.Entries[i], true
	}
	for _, e := range l.Entries { // a list that was not parsed
		if bytes.Equal(e.Serial, serial) {
			return e, true
		}
	}
	return Entry{}, false
}

// IsDelta reports whether the list only says what changed since the list of BaseNumber.
func (l *List) IsDelta() bool { return l.BaseNumber != nil }
