// Package ocsp reads, shows and builds OCSP requests and answers (RFC 6960), with the Kazakh habits of facts/kz-pki.md section 3.6.
package ocsp

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
)

// A CertID names a certificate to a responder.
type CertID struct {
	Hash           alg.Identifier
	IssuerNameHash []byte
	IssuerKeyHash  []byte
	Serial         []byte
	Raw            []byte // as received: it is echoed
}

// A Request for the status of certificates.
type Request struct {
	Certs []CertID
	Nonce []byte // content of the nonce extension as received (without the inner OCTET STRING); nil when absent

	UnknownCritical bool // of the request or of one of the certificates asked about
}

// A Status of one certificate.
type Status int

const (
	Good Status = iota
	Revoked
	Unknown
)

// A Response is a parsed OCSP answer. Code is responseStatus; everything else is set only when it is 0 (successful).
type Response struct {
	Raw, RawData       []byte
	Code               int
	ResponderName      []byte // DER, when byName
	ResponderKeyHash   []byte // when byKey
	ProducedAt         time.Time
	Singles            []Single
	Nonce              []byte
	ExtendedRevoke     bool
	SignatureAlgorithm alg.Identifier
	Signature          []byte
	Certificates       []*cert.Certificate
	UnknownCritical    bool
}

// A Single is the answer about one certificate. Reason is -1 when absent.
type Single struct {
	CertID                 CertID
	Status                 Status
	RevokedAt              time.Time
	Reason                 int
	ThisUpdate, NextUpdate time.Time
}
