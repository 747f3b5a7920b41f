// Package registry is the register of certificates: what was prepared, issued, abandoned, and what became of it.
package registry

import "time"

// A Stage of issuance.
type Stage string

const (
	Prepared  Stage = "prepared" // serial and to-be-signed bytes are recorded, not signed yet
	Issued    Stage = "issued"
	Abandoned Stage = "abandoned" // past its deadline; OCSP says not issued
)

// A Status of an issued certificate: valid ⇄ hold → revoked.
type Status string

const (
	Valid   Status = "valid"
	Hold    Status = "hold"
	Revoked Status = "revoked"
)

// A Certificate in the register.
type Certificate struct {
	Issuer      string // name of the issuing authority in the hierarchy ("gost", "rsa")
	Serial      string // upper-case hex, 40 digits
	Profile     string
	Application string // number; empty for staff and service certificates
	IIN         string
	Name        string // subject common name, for search and lists
	KeyHash     [32]byte
	TBS         []byte
	DER         []byte // nil until issued
	NotBefore   time.Time
	NotAfter    time.Time
	Stage       Stage
	Status      Status
	StatusAt    time.Time // of the last change of status
	Reason      int       // CRLReason; -1 when absent
	Invalidity  time.Time // invalidityDate, zero when absent
	Prepared    time.Time
	IssuedAt    time.Time
}

// Records is the part of the store that holds certificates.
type Records interface {
	InsertCertificate(c Certificate) error // conflict when the serial exists for the issuer, or the key in a prepared or issued row
	UpdateCertificate(c Certificate) error
	Certificate(issuer, serial string) (Certificate, error)
	CertificatesOf(application string) ([]Certificate, error)
	FindCertificates(f Filter) ([]Certificate, error)
	CertificateByKey(keyHash [32]byte) (Certificate, error)
	RevokedCertificates(issuer string, notAfter time.Time) ([]Certificate, error) // hold and revoked, of those that expire after this moment
	EachCertificate(f func(Certificate) error) error                              // for audit verification
}

// A Filter for search.
type Filter struct {
	IIN, Serial, NamePrefix string
	Stage                   Stage
	Limit                   int
}
