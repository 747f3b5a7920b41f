// Package verify judges a signed file: which signatures it has, by whom, and whether each is valid at a moment, in the
// indications of ETSI EN 319 102-1. It is used by the command, the verification page and the authority itself.
package verify

import (
	"time"

	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
)

// Indications and sub-indications (ETSI EN 319 102-1 section 5).
const (
	Passed        = "TOTAL-PASSED"
	Failed        = "TOTAL-FAILED"
	Indeterminate = "INDETERMINATE"
)

// An Input is everything the verdict depends on.
type Input struct {
	File          []byte
	Content       []byte                       // of a detached signature; nil when none was given
	Digest        func(hashName string) []byte // instead of Content: the page hashed it itself, in stream order; nil, or answers nil, where it didn't
	Anchors       []*cert.Certificate
	Intermediates []*cert.Certificate
	CRLs          []*crl.List
	OCSPs         []*ocsp.Response
	Revocation    path.Mode
	Time          time.Time
	Fetcher       path.Fetcher
	Lax           bool
}

// A Report is the verdict, in the JSON of DESIGN section 5.
type Report struct {
	Valid      bool        `json:"valid"`
	Indication string      `json:"indication"`
	Signatures []Signature `json:"signatures"`
}

// A Signature is the verdict on one of them.
type Signature struct {
	Indication    string            `json:"indication"`
	SubIndication string            `json:"subIndication,omitempty"`
	Format        string            `json:"format"` // "CMS"
	Level         string            `json:"level"`  // "" for the plain form
	Signer        Signer            `json:"signer"`
	SigningTime   *time.Time        `json:"signingTime,omitempty"` // claimed
	BestTime      time.Time         `json:"bestTime"`              // proven, or the moment of validation
	Timestamps    []Timestamp       `json:"timestamps"`
	Chain         []ChainEntry      `json:"chain"`
	Covered       string            `json:"covered"` // "whole content"
	Errors        []Message         `json:"errors"`
	Warnings      []Message         `json:"warnings"`
	Algorithm     string            `json:"algorithm"`
	Revocation    *RevocationStatus `json:"revocation,omitempty"`

	Certificate *cert.Certificate `json:"-"`
	Findings    []finding.Finding `json:"-"`
}

// A Signer as the certificate names him.
type Signer struct {
	Name         string `json:"name"`
	IIN          string `json:"iin,omitempty"`
	BIN          string `json:"bin,omitempty"`
	Organization string `json:"organization,omitempty"`
	Serial       string `json:"serial"`
	Issuer       string `json:"issuer"`
}

// A Timestamp found on a signature.
type Timestamp struct {
	Time    time.Time `json:"time"`
	Policy  string    `json:"policy"`
	Signer  string    `json:"signer"`
	Trusted bool      `json:"trusted"`
}

// A ChainEntry is a certificate of the chain.
type ChainEntry struct {
	Subject   string    `json:"subject"`
	Serial    string    `json:"serial"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	Anchor    bool      `json:"anchor,omitempty"`
}

// A Message is a finding with its code; sentences come from package report.
type Message struct {
	Code    string            `json:"code"`
	Subject string            `json:"subject,omitempty"`
	Args    map[string]string `json:"args,omitempty"`
	Text    string            `json:"text,omitempty"`
}

// A RevocationStatus of the signer's certificate.
type RevocationStatus struct {
	Source string     `json:"source"`
	Status string     `json:"status"` // good, revoked, hold, unknown
	At     *time.Time `json:"at,omitempty"`
	Reason string     `json:"reason,omitempty"`
	Asked  *time.Time `json:"asked,omitempty"`
}
