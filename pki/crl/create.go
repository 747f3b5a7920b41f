package crl

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// A Template is what a list says, before its signature. Lists are of version 2 (RFC 5280 section 5.1).
type Template struct {
	Issuer                 []byte // encoded name
	Scheme                 *alg.Scheme
	ThisUpdate, NextUpdate time.Time // to the second
	Number                 []byte    // CRLNumber: INTEGER contents, not negative, at most 20 octets
	BaseNumber             []byte    // deltaCRLIndicator; nil for a full list
	AuthorityKeyID         []byte    // key identifier of the issuer; nil leaves the extension out
	Entries                []Entry   // written in the given order
}

// Create builds and signs a list. Time and memory are proportional to the number of entries.
func Create(rand io.Reader, t Template, key *alg.PrivateKey) ([]byte, error) {
	tbs, err := t.Marshal()
	if err != nil {
		return nil, err
	}
	out, err := cert.Sign(rand, tbs, key, t.Scheme)
	if err != nil {
		return nil, fmt.Errorf("couldn't write a CRL: %w", err)
	}
	return out, nil
}

// Marshal returns the exact octets to be signed.
func (t Template) Marshal() ([]byte, error) {
	if err := t.check(); err != nil {
		return nil, fmt.Errorf("couldn't write a CRL: %w", err)
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(1)
		alg.WriteIdentifier(b, t.Scheme.Identifier)
		b.Raw(t.Issuer)
		b.Time(t.ThisUpdate)
		b.Time(t.NextUpdate)
		if len(t.Entries) > 0 {
			b.Sequence(func(b *der.Builder) {
				for i := range t.Entries {
					b.Sequence(t.Entries[i].write)
				}
			})
		}
		b.Explicit(0, func(b *der.Builder) { cert.WriteExtensions(b, t.extensions()) })
	})
	out, err := b.Bytes()
	if err != nil {
		return nil, fmt.Errorf("couldn't write a CRL: %w", err)
	}
	return out, nil
}

func (t Template) check() error {
	if t.Scheme == nil {
		return errors.New("no signature scheme")
	}
	if n, err := cert.ParseName(t.Issuer); err != nil || len(n) == 0 {
		return errors.New("issuer has no name")
	}
	if !t.NextUpdate.After(t.ThisUpdate) {
		return errors.New("next update is not after this one")
	}
	if n := len(t.Number); n == 0 || n > 20 || t.Number[0]&0x80 != 0 {
		return errors.New("CRL number is absent, negative or over 20 octets")
	}
	for i := range t.Entries {
		if e := &t.Entries[i]; e.Reason > maxReason || e.Reason == 7 {
			return fmt.Errorf("certificate %s: reason %d", cert.SerialHex(e.Serial), e.Reason)
		}
	}
	return nil
}

func (t Template) extensions() []cert.Extension {
	number := func(id oid.OID, critical bool, contents []byte) cert.Extension {
		b := der.NewBuilder()
		b.RawInteger(contents)
		value, err := b.Bytes()
		if err != nil {
			value = nil // which cert.WriteExtensions refuses
		}
		return cert.Extension{OID: id, Critical: critical, Value: value}
	}
	out := []cert.Extension{number(oid.ExtCRLNumber, false, t.Number)}
	if t.AuthorityKeyID != nil {
		out = append(out, cert.ExtAKI(t.AuthorityKeyID))
	}
	if t.BaseNumber != nil {
		out = append(out, number(oid.ExtDeltaCRL, true, t.BaseNumber))
	}
	return out
}

// write encodes an entry. Reason 0, unspecified, is left out, as RFC 5280 section 5.3.1 asks.
func (e *Entry) write(b *der.Builder) {
	b.RawInteger(e.Serial)
	b.Time(e.Time)
	switch {
	case e.Reason <= 0 && e.InvalidityDate.IsZero():
	case e.InvalidityDate.IsZero():
		b.Raw(plainReason)
		b.Raw([]byte{byte(e.Reason)})
	default:
		b.Sequence(func(b *der.Builder) {
			if e.Reason > 0 {
				b.Raw(plainReason[2:])
				b.Raw([]byte{byte(e.Reason)})
			}
			b.Sequence(func(b *der.Builder) {
				b.OID(oid.ExtInvalidityDate)
				b.OctetStringWrapping(func(b *der.Builder) { b.GeneralizedTime(e.InvalidityDate) })
			})
		})
	}
}

const (
	maxReason     = 10
	removeFromCRL = 8
)

var reasons = [maxReason + 1]string{
	"unspecified", "keyCompromise", "cACompromise", "affiliationChanged", "superseded", "cessationOfOperation", "certificateHold",
	"", "removeFromCRL", "privilegeWithdrawn", "aACompromise",
}

// ReasonName returns the name of RFC 5280 section 5.3.1 of a reason; "" for -1 (absent), and for a number without a name the number.
func ReasonName(code int) string {
	switch {
	case code < 0:
		return ""
	case code > maxReason || reasons[code] == "":
		return fmt.Sprintf("reason %d", code)
	}
	return reasons[code]
}
