// Package tsp reads time-stamp tokens (RFC 3161). A token is a CMS SignedData whose content says that a digest existed at a moment;
// whether its authority is to be believed is for sig/verify to judge.
package tsp

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
)

// MaxSize caps a token, in octets: with a chain of certificates it has 2 to 10 thousand.
const MaxSize = 256 << 10

// An Info is the TSTInfo of a token.
type Info struct {
	Policy  oid.OID
	Hash    alg.Identifier // of the imprint
	Imprint []byte
	Serial  []byte    // INTEGER contents
	Time    time.Time // genTime
	Nonce   []byte    // INTEGER contents; nil when absent
}

// A Token is a parsed time-stamp token.
type Token struct {
	Info
	Message *cms.Message
}

// Parse reads a token: a SignedData with exactly one signer (RFC 3161 section 2.4.2) and an attached TSTInfo.
func Parse(b []byte) (*Token, error) {
	if len(b) > MaxSize {
		return nil, fmt.Errorf("couldn't read a time stamp: %w", der.ErrTooLarge)
	}
	m, err := cms.Parse(b)
	if err != nil {
		return nil, fmt.Errorf("couldn't read a time stamp: %w", err)
	}
	if m.ContentType != oid.TSTInfo || m.Detached || len(m.Signers) != 1 {
		return nil, errors.New("couldn't read a time stamp: not one signature over a TSTInfo")
	}
	t := &Token{Message: m}
	if err := t.readInfo(m.Content); err != nil {
		return nil, fmt.Errorf("couldn't read a time stamp: %w", err)
	}
	return t, nil
}

func (t *Token) readInfo(b []byte) error {
	outer := der.NewReader(b)
	r := outer.Sequence()
	if v := r.Int(); v != 1 {
		r.Fail("TSTInfo version %d", v)
	}
	t.Policy = r.OID()
	imprint := r.Sequence()
	t.Hash, t.Imprint = alg.ReadIdentifier(imprint), imprint.OctetString()
	imprint.End()
	t.Serial = r.BigInt()
	t.Time = r.FractionalTime()
	r.Optional(der.TagSequence) // accuracy
	if tag, ok := r.PeekTag(); ok && tag == der.TagBoolean {
		r.Bool() // ordering
	}
	if tag, ok := r.PeekTag(); ok && tag == der.TagInteger {
		t.Nonce = r.BigInt()
	}
	r.Optional(der.ContextConstructedTag(0)) // tsa: a hint, the signer's certificate says who it is
	if extensions, ok := r.OptionalExplicit(1); ok {
		for !extensions.Empty() {
			e := extensions.Sequence()
			e.OID()
			if tag, ok := e.PeekTag(); ok && tag == der.TagBoolean && e.Bool() {
				e.Fail("critical extension")
			}
			e.OctetString()
			e.End()
		}
	}
	r.End()
	return outer.End()
}

// Covers reports whether the imprint is the digest of data. A digest that isn't known, or is too weak to prove anything, covers nothing.
func (t *Token) Covers(data []byte) bool {
	h, err := alg.HashByID(t.Hash)
	return err == nil && !h.Weak && subtle.ConstantTimeCompare(h.Sum(data), t.Imprint) == 1
}

// Check verifies the token's own signature; more are certificates to look for the authority's in.
func (t *Token) Check(more []*cert.Certificate) cms.Check { return t.Message.Check(0, nil, more) }
