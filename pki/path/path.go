// Package path decides whether a certificate chains to a trust anchor at a given moment (RFC 5280 section 6), and whether
// it was revoked by evidence that is itself authentic; it judges OCSP responders and CRL issuers too.
//
// It knows no network and no clock: candidates, revocation evidence and the moment come in, a verdict with the rule that
// decided comes out. Findings are codes; package report turns them into sentences.
package path

import (
	"context"
	"time"

	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
)

// A Mode says how revocation is looked at (DESIGN section 5).
type Mode int

const (
	None Mode = iota // not looked at
	Soft             // no answer for the leaf is "try later", none for a CA a warning
	Hard             // every certificate but the anchor needs a fresh answer
)

// A Purpose is what the leaf is to be used for.
type Purpose int

const (
	Any Purpose = iota
	Sign
	Auth
	TSA
	OCSP
	Server
	Client
)

// A Fetcher gets revocation evidence from outside; package online is one. Nil means only what is given.
type Fetcher interface {
	OCSP(ctx context.Context, leaf, issuer *cert.Certificate) (*ocsp.Response, error)
	CRL(ctx context.Context, leaf *cert.Certificate) (*crl.List, error)
}

// An Input is everything a validation depends on.
type Input struct {
	Leaf          *cert.Certificate
	Intermediates []*cert.Certificate
	Anchors       []*cert.Certificate // each is trusted as it is, self-signed or not
	Time          time.Time           // moment of validation
	Purpose       Purpose
	Policies      []oid.OID // reserved: acceptable policies
	Revocation    Mode
	CRLs          []*crl.List
	OCSPs         []*ocsp.Response
	Fetcher       Fetcher
	MaxDepth      int  // intermediates at most; 0 means 8
	Lax           bool // SHA-1 and RSA-1024 are accepted with a warning
}

// A Revocation is what the evidence says of one certificate.
type Revocation struct {
	Checked bool
	Source  string // "ocsp" or "crl"
	Status  ocsp.Status
	At      time.Time // when revoked
	Reason  int       // -1 when absent
	Asked   time.Time // thisUpdate of the evidence
}

// A Result is the verdict. Valid means no Fatal and no Missing finding.
type Result struct {
	Chain       []*cert.Certificate // leaf first, anchor last; the best chain found, perhaps incomplete
	Revocations []Revocation        // one per certificate of Chain
	Findings    []finding.Finding
}

// Exported functions of this package:
//
//	Validate(ctx context.Context, in Input) Result
//	(r Result) Valid() bool; (r) Has(code finding.Code) bool
