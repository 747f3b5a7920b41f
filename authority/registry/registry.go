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

// Records is the part of the store that holds certificates. Absence is fail.NotFound. Rows are never deleted.
type Records interface {
	// InsertCertificate adds a row: CodeSerialTaken when the serial exists for the issuer, CodeKeyTaken when the key is
	// in a prepared or issued row.
	InsertCertificate(c Certificate) error
	// IssueCertificate makes a prepared row an issued one, with DER and IssuedAt; CodeStage when it is not prepared any more,
	// whoever was faster and whatever it became.
	IssueCertificate(c Certificate) error
	// UpdateCertificate writes the status with its time, reason and invalidity, and of a prepared row the stage, which may become
	// abandoned. Everything else stays as it is. Any other change of stage is CodeStage.
	UpdateCertificate(c Certificate) error
	Certificate(issuer, serial string) (Certificate, error)
	CertificatesOf(application string) ([]Certificate, error) // oldest first
	FindCertificates(f Filter) ([]Certificate, error)         // newest first
	CertificateByKey(keyHash [32]byte) (Certificate, error)   // prepared or issued
	// RevokedCertificates returns those on hold and revoked that expire after the moment, in order of serial.
	RevokedCertificates(issuer string, notAfter time.Time) ([]Certificate, error)
	EachCertificate(f func(Certificate) error) error // in order of serial; for audit verification
}

// A Filter for search. What is empty does not restrict.
type Filter struct {
	IIN, Serial, NamePrefix string // Serial is a prefix too; NamePrefix ignores case and Ё
	Stage                   Stage
	Limit                   int // 0 is 100
}

// Codes of the conflicts that Records answers with.
const (
	CodeSerialTaken = "certificate.serial-taken"
	CodeKeyTaken    = "certificate.key-taken"
	CodeStage       = "certificate.stage"
)
