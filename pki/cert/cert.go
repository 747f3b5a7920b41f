// Package cert reads, shows and builds X.509 certificates (RFC 5280) and certification requests (RFC 2986).
//
// It keeps every received octet: names, extensions and to-be-signed bytes are compared and verified as received. It
// accepts the quirks of real Kazakh certificates (facts/kz-pki.md sections 0 and 2.2) and refuses what is not DER.
// It does not decide whether to trust: see pki/path.
package cert

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
)

// A Certificate is a parsed certificate. Slices share the input's memory and are not to be changed.
type Certificate struct {
	Raw, RawTBS, RawIssuer, RawSubject, RawSPKI []byte

	Version            int    // 1, 2 or 3
	Serial             []byte // INTEGER contents octets (big-endian two's complement), as in CertID and CRL entries
	SignatureAlgorithm alg.Identifier
	Issuer, Subject    Name
	NotBefore          time.Time
	NotAfter           time.Time
	PublicKey          *alg.PublicKey // nil when no linked row knows the algorithm
	PublicKeyAlgorithm alg.Identifier
	PublicKeyBits      []byte // BIT STRING content of the key
	Extensions         []Extension
	Signature          []byte

	// Decoded extensions; the zero value means absent.
	BasicConstraints *BasicConstraints
	KeyUsage         KeyUsage
	HasKeyUsage      bool
	ExtKeyUsage      []oid.OID
	SubjectKeyID     []byte
	AuthorityKeyID   AuthorityKeyID
	Policies         []Policy
	CRLURLs          []string // URIs of the distribution points; a malformed URI is kept as it is
	FreshestCRLURLs  []string
	OCSPURLs         []string
	CAIssuersURLs    []string
	SubjectAltNames  []GeneralName
	KeyStore         oid.OID // 1.2.398.3.3.5, the storage of the key
	OCSPNoCheck      bool
	Malformed        []oid.OID // known extensions that could not be decoded
}

// An Extension as received.
type Extension struct {
	OID      oid.OID
	Critical bool
	Value    []byte // extnValue content
}

// A Name is a distinguished name: RDNs in encoded order.
type Name []RDN

// An RDN is a set of attributes; nearly always one.
type RDN []Attribute

// An Attribute of a name. Tag is the ASN.1 string type as encoded (or to be encoded).
type Attribute struct {
	Type  oid.OID
	Tag   uint8
	Value string
}

// BasicConstraints (RFC 5280 section 4.2.1.9). MaxPath is -1 when absent.
type BasicConstraints struct {
	CA      bool
	MaxPath int
}

// KeyUsage bits, bit 0 of the BIT STRING is DigitalSignature.
type KeyUsage uint16

const (
	DigitalSignature KeyUsage = 1 << iota
	NonRepudiation
	KeyEncipherment
	DataEncipherment
	KeyAgreement
	KeyCertSign
	CRLSign
	EncipherOnly
	DecipherOnly
)

// AuthorityKeyID (RFC 5280 section 4.2.1.1).
type AuthorityKeyID struct {
	KeyID     []byte
	IssuerRaw []byte // DER of the directory name, when present
	Serial    []byte
}

// A Policy with its qualifiers.
type Policy struct {
	OID          oid.OID
	CPS          string
	ExplicitText string
}

// A GeneralName; Kind is the context tag (1 rfc822Name, 2 dNSName, 4 directoryName, 6 URI, 7 iPAddress).
type GeneralName struct {
	Kind  int
	Value string
	Raw   []byte
}

// A Request is a parsed PKCS#10 certification request. Its subject is shown and never used (names come from the approved application).
type Request struct {
	Raw, RawInfo, RawSubject, RawSPKI []byte
	Subject                           Name
	PublicKey                         *alg.PublicKey
	SignatureAlgorithm                alg.Identifier
	Extensions                        []Extension
	Signature                         []byte
}
