// Package crl reads, shows and builds certificate revocation lists (RFC 5280 section 5).
package crl

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// A List is a parsed CRL.
type List struct {
	Raw, RawTBS, RawIssuer []byte
	Issuer                 cert.Name
	SignatureAlgorithm     alg.Identifier
	Signature              []byte
	ThisUpdate, NextUpdate time.Time // NextUpdate is zero when absent
	Number                 []byte    // CRLNumber contents; nil when absent
	AuthorityKeyID         cert.AuthorityKeyID
	BaseNumber             []byte // deltaCRLIndicator; nil for a full list
	Extensions             []cert.Extension
	UnknownCritical        bool // of the list or of an entry
	Entries                []Entry

	index map[string]int32 // serial number to the entry that Find returns
}

// An Entry of a list. Reason is -1 when absent.
type Entry struct {
	Serial         []byte
	Time           time.Time
	Reason         int
	InvalidityDate time.Time
}
