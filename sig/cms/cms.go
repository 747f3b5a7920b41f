// Package cms reads, checks and makes CMS SignedData (RFC 5652) with the Kazakh habits of facts/kz-pki.md section 3.3.
//
// It checks the mathematics of signatures (content digest, signed attributes, signature value, certificate named by
// signingCertificateV2) and knows nothing of trust: sig/verify judges a signature, and no program should take the
// answer of this package for a verdict.
package cms

import (
	"errors"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

// MaxSize caps a message, in octets of its binary form: a signed document with its content has to be in memory, and larger
// documents are signed detached, their content hashed as a stream.
const MaxSize = 64 << 20

// Caps on the parts of a message. Each signer costs a signature check and each certificate a parse, before anyone is trusted.
const (
	maxSigners      = 64  // a contract with more parties is signed by annexes
	maxCertificates = 256 // the signers' with their chains
	maxAttributes   = 64  // of one signer; archive forms have about 15
	maxCandidates   = 8   // certificates of the same issuer and serial number that are tried for one signer
)

var (
	// ErrNotSignedData is the cause of Parse's error for what is not a CMS SignedData at all.
	ErrNotSignedData = errors.New("not a CMS SignedData")
	// ErrNoSignature is the cause for a SignedData without a signer, such as a bag of certificates.
	ErrNoSignature = errors.New("no signature in it")
	// ErrMalformed is the cause for a SignedData that breaks RFC 5652.
	ErrMalformed = errors.New("malformed CMS SignedData")
)

// A Message is a parsed SignedData with at least one signer.
type Message struct {
	Raw          []byte // DER (after normalisation when BER came in)
	ContentType  oid.OID
	Content      []byte // nil when detached
	Detached     bool
	Certificates []*cert.Certificate
	CRLs         [][]byte
	Signers      []Signer

	digestAlgorithms [][]byte // DER of each, as received
	certificates     [][]byte // DER of every CertificateChoices, as received
	signers          [][]byte // DER of each SignerInfo, as received
}

// A Signer is a SignerInfo.
type Signer struct {
	Version            int
	IssuerRaw, Serial  []byte // issuerAndSerialNumber
	SubjectKeyID       []byte // or subjectKeyIdentifier
	DigestAlgorithm    alg.Identifier
	SignatureAlgorithm alg.Identifier
	SignedAttributes   []Attribute
	RawSignedAttrs     []byte // as signed: SET OF
	Signature          []byte
	Unsigned           []Attribute
	SigningTime        time.Time // zero when absent
	Timestamps         [][]byte  // signature time-stamp tokens, DER
}

// An Attribute of a SignerInfo with its values' DER.
type Attribute struct {
	OID    oid.OID
	Values [][]byte
}

// A Check is the mathematical verdict on one signer.
type Check struct {
	Certificate *cert.Certificate // nil when it was not found
	Scheme      *alg.Scheme       // nil when the algorithm is not known
	Attributes  bool              // the signature over the signed attributes (or the content) is right
	Content     bool              // the content's digest is the signed one
	Findings    []finding.Finding // empty when everything holds
}

// Good reports whether everything holds.
func (c Check) Good() bool { return c.Attributes && c.Content && len(c.Findings) == 0 }
