// Package profile holds the certificate templates (M1.6, M1.8) as data: which names, which extensions, in which order and
// with which string types each kind of certificate has (facts/kz-pki.md sections 2.2 to 2.4).
//
// A template is given a person, a key, a serial, dates and the values of a hierarchy, and gives the exact to-be-signed
// bytes. It takes nothing from a certification request, knows no register and decides nothing: package application
// decides who gets a certificate, package lint checks what came out.
package profile

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
)

// Names of the templates.
const (
	IndividualAuthRSA     = "individual-auth-rsa"
	IndividualSignGOST512 = "individual-sign-gost512"
	IndividualSignRSA     = "individual-sign-rsa"
	IndividualSignP256    = "individual-sign-p256" // no national form is known; for an authority on P-256

	OperatorAuthRSA          = "operator-auth-rsa"
	OperatorSignGOST512      = "operator-sign-gost512"
	AdministratorAuthRSA     = "administrator-auth-rsa"
	AdministratorSignGOST512 = "administrator-sign-gost512"

	OCSPResponder = "ocsp-responder"
	Root          = "root"
	Issuing       = "issuing"
)

// A Hierarchy is what certificates of one issuing authority have in common. A template gets every such value from here,
// so that the same templates serve the demo, an organisation and the national form.
type Hierarchy struct {
	Issuer []byte      // distinguished name of the issuing authority, DER, copied verbatim
	KeyID  []byte      // its subject key identifier
	Scheme *alg.Scheme // it signs with
	// IssuerIssuer and IssuerSerial (INTEGER contents) name the issuing authority's own certificate; the full form of
	// authorityKeyIdentifier in authorities' certificates holds them.
	IssuerIssuer []byte
	IssuerSerial []byte

	Policy    oid.OID // certificate policy
	CPS       string  // its practice statement, URL
	OCSP      string  // URLs; an empty one leaves its entry out
	CAIssuers string
	CRL       string
	DeltaCRL  string  // freshestCRL stands in a certificate only when this is set
	Storage   oid.OID // kind of key storage; empty is the PKCS#12 file
}

// A Request is what differs from certificate to certificate. It has no field for encoded names or extensions.
type Request struct {
	CommonName   string // of a person: SURNAME NAME
	Surname      string
	Patronymic   string // may be empty
	IIN          string // 12 digits
	Organization string // of a service certificate
	PublicKey    *alg.PublicKey
	Serial       []byte // 20 octets
	NotBefore    time.Time
	NotAfter     time.Time
}
