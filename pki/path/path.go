// Package path decides whether a certificate chains to a trust anchor at a given moment (RFC 5280 section 6), and whether
// it was revoked by evidence that is itself authentic; it judges OCSP responders and CRL issuers too.
//
// It knows no network and no clock: candidates, revocation evidence and the moment come in, a verdict with the rule that
// decided comes out. Findings are codes; package report turns them into sentences.
//
// What is decided here, and where a reader of RFC 5280 may ask:
//
//   - An anchor is trusted as it is: its own dates, signature and revocation are not looked at (RFC 5280 section 6.1 has only
//     its name and key), so that whoever lists anchors decides how long. As an issuer it is still held to its own
//     basicConstraints, keyUsage and path length, since a listed certificate of a person must not become an authority. The leaf
//     itself may be listed; then its dates and purpose count, and nothing else.
//   - Every signature below the anchor is verified. Validity periods need not be nested: real authorities began before their
//     roots (facts/kz-pki.md section 2.1).
//   - An authority whose extendedKeyUsage names purposes issues for those only. RFC 5280 is silent about it; the web's
//     authorities are restricted in this way and everybody else's software honours it. An anchor's isn't looked at.
//   - Name constraints, and policy constraints and mappings where they are critical, are not processed yet; a chain that has them is refused.
//   - Authority and subject key identifiers choose between candidates; where they differ and the signature verifies all the
//     same, that is a warning.
package path

import (
	"context"
	"time"

	_ "github.com/senim-pki/senim/alg/weak" // for Lax alone: everything else asks alg.Acceptable
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

// A Fetcher gets revocation evidence from outside; package online is one. Nil means only what is given. What it gets is judged
// like any other evidence.
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
	// Proven is a moment before Time at which what the leaf signed is proven to have existed, by a trusted time stamp: a
	// revocation of the leaf after it changes nothing. Zero means Time.
	Proven time.Time
	// Dates is the moment at which the validity periods count, where that is another than Time: a time stamp is good when its
	// authority's certificate was at that moment, and nobody has revoked it up to Time. Zero means Time.
	Dates      time.Time
	Purpose    Purpose
	Policies   []oid.OID // reserved: acceptable policies
	Revocation Mode
	CRLs       []*crl.List
	OCSPs      []*ocsp.Response
	Fetcher    Fetcher
	MaxDepth   int  // intermediates at most; 0 means 8
	Lax        bool // SHA-1 and RSA-1024 are accepted with a warning, in certificates, lists and answers
}

// A Revocation is what the evidence says of one certificate.
type Revocation struct {
	Checked bool        // there is an authentic, fresh answer
	Source  string      // "ocsp" or "crl"
	Status  ocsp.Status // Unknown when there is no answer
	At      time.Time   // when revoked
	Reason  int         // -1 when absent
	Asked   time.Time   // thisUpdate of the evidence
}

// A Result is the verdict. Valid means no Fatal and no Missing finding.
type Result struct {
	Chain       []*cert.Certificate // leaf first, anchor last; the best chain found, perhaps incomplete
	Revocations []Revocation        // one per certificate of Chain
	Findings    []finding.Finding
}

// Valid reports whether the chain is complete and nothing speaks against it.
func (r Result) Valid() bool { return worst(r.Findings) < finding.Missing && len(r.Chain) > 0 }

// Has reports whether the code was found.
func (r Result) Has(code finding.Code) bool {
	for _, f := range r.Findings {
		if f.Code == code {
			return true
		}
	}
	return false
}

// worst is the gravest severity, Warning when there is none at all.
func worst(findings []finding.Finding) finding.Severity {
	w := finding.Warning
	for _, f := range findings {
		w = max(w, f.Severity)
	}
	return w
}

// defaultDepth is enough for every hierarchy met: the national one has one intermediate, cross-certified ones have four.
const defaultDepth = 8

// Validate judges the leaf. Any valid chain wins; where there is none, the findings are those of the chain that came nearest.
func Validate(ctx context.Context, in Input) Result {
	if in.Leaf == nil {
		return Result{Findings: []finding.Finding{{Code: finding.NoChain, Severity: finding.Missing}}}
	}
	if in.MaxDepth <= 0 {
		in.MaxDepth = defaultDepth
	}
	if in.Dates.IsZero() {
		in.Dates = in.Time
	}
	v := newSearch(ctx, in)
	v.extend([]*cert.Certificate{in.Leaf}, nil)
	return v.result()
}

func newFinding(code finding.Code, severity finding.Severity, c *cert.Certificate, args ...string) finding.Finding {
	f := finding.Finding{Code: code, Severity: severity}
	if c != nil {
		f.Subject = c.Subject.Short()
	}
	for i := 0; i+1 < len(args); i += 2 {
		if f.Args == nil {
			f.Args = map[string]string{}
		}
		f.Args[args[i]] = args[i+1]
	}
	return f
}
