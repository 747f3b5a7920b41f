// Package cms reads, checks and makes CMS SignedData (RFC 5652) with the Kazakh habits of facts section 3.3.
//
// It checks the mathematics of signatures (content digest, signed attributes, signature value, certificate named by
// signingCertificateV2) and knows nothing of trust: sig/verify judges a signature.
package cms

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

// A Message is a parsed SignedData.
type Message struct {
	Raw          []byte // DER (after normalisation when BER came in)
	ContentType  oid.OID
	Content      []byte // nil when detached
	Detached     bool
	Certificates []*cert.Certificate
	CRLs         [][]byte
	Signers      []Signer
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
	Scheme      *alg.Scheme
	Attributes  bool              // the signature over the signed attributes (or the content) is right
	Content     bool              // the content's digest is the signed one
	Findings    []finding.Finding // empty when everything holds
}

// Exported functions of this package:
//
//	const MaxSize = …
//	Parse(b []byte) (*Message, error)                              // BER, DER, PEM "CMS"/"PKCS7", base64; ErrNotSignedData for another content type; ErrNoSignature…
//	(m) Check(i int, content []byte, more []*cert.Certificate) Check   // content nil: the attached one; both given and different → finding.ContentDiffers
//	(m) CheckDigest(i int, digests func(*alg.Hash) ([]byte, error), more) Check   // for contents hashed elsewhere (a stream, the page)
//	type Options struct{ Detached bool; SigningTime time.Time; Certificates []*cert.Certificate (extra); Scheme *alg.Scheme }
//	Sign(rand io.Reader, content []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error)
//	SignDigest(rand, digest []byte, …) ([]byte, error)             // detached, over a content hashed elsewhere
//	AddSigner(rand, message []byte, content []byte, key, certificate, o Options) ([]byte, error)   // a further SignerInfo over the same content
//	Tokens: the time-stamp token as a Message is parsed by Parse too (eContentType id-ct-TSTInfo)
