package statement

import (
	"slices"
	"time"

	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// A Verified is a statement that was signed by a certificate of this authority that was good at that moment, over
// exactly the text that was shown, and whose nonce was used for it. Only Accept and Recheck make one.
type Verified struct {
	facts       map[string]string
	text        string
	certificate *cert.Certificate
	issuer      string
	iin, name   string
	cms, ocsp   []byte
	at          time.Time
}

// Purpose returns what the statement is for.
func (v Verified) Purpose() Purpose { return Purpose(v.facts[FactPurpose]) }

// Fact returns a fact of the signed text by its key, or "".
func (v Verified) Fact(key string) string { return v.facts[key] }

// Text returns the text that was signed.
func (v Verified) Text() string { return v.text }

// IIN returns the signer's number, as the register of certificates has it.
func (v Verified) IIN() string { return v.iin }

// Name returns the signer's name, as the register of certificates has it.
func (v Verified) Name() string { return v.name }

// Certificate returns the signer's certificate.
func (v Verified) Certificate() *cert.Certificate { return v.certificate }

// Evidence returns the signed message, and the OCSP answer about the signer's certificate, both DER.
func (v Verified) Evidence() (cms, ocsp []byte) { return v.cms, v.ocsp }

// At returns the moment of the check.
func (v Verified) At() time.Time { return v.at }

// Role returns the powers that the signer's certificate names: oid.KZEKUAdministrator, oid.KZEKUManager,
// oid.KZEKUOperator, or "" for a certificate of the public.
func (v Verified) Role() oid.OID {
	for _, role := range []oid.OID{oid.KZEKUAdministrator, oid.KZEKUManager, oid.KZEKUOperator} {
		if slices.Contains(v.certificate.ExtKeyUsage, role) {
			return role
		}
	}
	return ""
}
