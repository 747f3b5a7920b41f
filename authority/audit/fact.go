package audit

import (
	"encoding/json"
	"fmt"
	"time"
)

// Acts whose leaves Verify compares with the register. Other packages name further acts.
const (
	ApplicationSubmitted = "application.new"       // names the keys that the applicant has handed in
	CertificateOrdered   = "certificate.ordered"   // a staff or service certificate was decided on
	CertificatePrepared  = "certificate.prepared"  // serial and to-be-signed bytes are fixed
	CertificateIssued    = "certificate.issued"    // signed
	CertificateAbandoned = "certificate.abandoned" // the serial will never be signed
	CertificateStatus    = "certificate.status"    // put on hold, lifted, revoked
	ListPublished        = "crl.published"
)

// A CertificateFact is the payload of the acts on a certificate. It is encoded as JSON in this order of fields.
type CertificateFact struct {
	Issuer      string    `json:"issuer"`
	Serial      string    `json:"serial"`
	Application string    `json:"application,omitempty"`
	Profile     string    `json:"profile,omitempty"`
	KeyHash     string    `json:"key,omitempty"` // SHA-256 of SubjectPublicKeyInfo, hex; prepared
	TBS         string    `json:"tbs,omitempty"` // SHA-256 of the to-be-signed bytes, hex; prepared
	DER         string    `json:"der,omitempty"` // SHA-256 of the certificate, hex; issued
	Status      string    `json:"status,omitempty"`
	At          time.Time `json:"at,omitzero"`      // of the change of status
	Reason      *int      `json:"reason,omitempty"` // CRLReason of the change of status; absent when there is none
	Invalidity  time.Time `json:"invalidity,omitzero"`
	Evidence    []byte    `json:"evidence,omitempty"` // the signed statement that asked for it
	Words       string    `json:"words,omitempty"`    // why, in words
}

// A ListFact is the payload of ListPublished; the subject is the issuer.
type ListFact struct {
	Issuer string `json:"issuer"`
	Number int64  `json:"number"`
	DER    string `json:"der"` // SHA-256, hex
}

// An ApplicationFact is the payload of the acts that move an application; the subject is its number. Verify holds the
// application's state against the last one, whatever the act is called.
type ApplicationFact struct {
	Number string `json:"number"`
	From   string `json:"from,omitempty"`
	State  string `json:"state"`
	// SHA-256 of each certification request's key, hex: in the act that hands the application in, and in the one that approves.
	Submitted []string `json:"submitted,omitempty"`
	Approved  []string `json:"approved,omitempty"`
	Who       string   `json:"who,omitempty"`
	Reason    string   `json:"reason,omitempty"`
	Evidence  []byte   `json:"evidence,omitempty"` // the signed statement that the move rests on
}

// Payload encodes a fact.
func Payload(fact any) ([]byte, error) {
	b, err := json.Marshal(fact)
	if err != nil {
		return nil, fmt.Errorf("couldn't encode a fact for the log: %w", err)
	}
	return b, nil
}
