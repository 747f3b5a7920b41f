// Package finding names what a validation found: codes, not sentences; package report turns them into Kazakh, Russian
// and English. It knows nothing else, so every format may use it.
package finding

// A Code is a stable, machine-readable name of a finding, in the product's JSON and in message files.
type Code string

// A Severity says what a finding does to the verdict.
type Severity int

const (
	Warning Severity = iota // told, does not change the verdict
	Missing                 // more evidence or time could still make it valid
	Fatal                   // it is not valid
)

// A Finding is one thing that was found, with what a sentence about it needs.
type Finding struct {
	Code     Code
	Severity Severity
	Subject  string            // whose certificate or object it is about; empty for the whole
	Args     map[string]string // placeholders of the sentence
}

// Codes of path validation.
const (
	NoChain              Code = "no-chain"               // no chain to a trust anchor
	NotYetValid          Code = "not-yet-valid"          // args: notBefore
	Expired              Code = "expired"                // args: notAfter
	BadSignature         Code = "bad-signature"          // signature of a certificate does not verify
	NameMismatch         Code = "name-mismatch"          // issuer name is not the subject name above it
	KeyIDMismatch        Code = "key-id-mismatch"        // AKI and SKI differ
	NotCA                Code = "not-ca"                 // basicConstraints CA absent or false
	PathTooLong          Code = "path-too-long"          // pathLenConstraint
	KeyUsageForbids      Code = "key-usage"              // keyUsage lacks what is needed
	PurposeForbids       Code = "purpose"                // extendedKeyUsage lacks what is needed
	UnknownCritical      Code = "unknown-critical"       // args: oid
	MalformedExtension   Code = "malformed-extension"    // args: oid
	UnsupportedAlgorithm Code = "unsupported-algorithm"  // args: oid
	WeakAlgorithm        Code = "weak-algorithm"         // args: what
	ChainTooDeep         Code = "chain-too-deep"         // more intermediates than allowed
	Revoked              Code = "revoked"                // args: time, reason
	OnHold               Code = "on-hold"                // args: time
	NoRevocationAnswer   Code = "no-revocation-answer"   // neither CRL nor OCSP answers for a certificate
	StaleRevocation      Code = "stale-revocation"       // evidence exists but is not fresh
	BadRevocation        Code = "bad-revocation"         // evidence exists but is not authentic; args: why
	LaterEvidence        Code = "later-evidence-ignored" // evidence issued after the moment of validation
	UnknownToResponder   Code = "unknown-to-responder"   // the responder does not know the certificate
)

// Codes of signature validation.
const (
	NoSignature                Code = "no-signature"
	Malformed                  Code = "malformed" // args: why
	NoSigningCertificate       Code = "no-signing-certificate"
	SigningCertificateMismatch Code = "signing-certificate-mismatch" // signingCertificateV2 names another
	AttributesNotDER           Code = "attributes-not-der"
	AttributeMissing           Code = "attribute-missing" // args: oid
	ContentTypeMismatch        Code = "content-type-mismatch"
	DigestMismatch             Code = "digest-mismatch"
	SignatureValueWrong        Code = "signature-value"
	ContentMissing             Code = "content-missing"
	ContentDiffers             Code = "content-differs"    // attached content is not the given one
	AuthenticationKey          Code = "authentication-key" // signed with a certificate for signing in
	TimestampUnverified        Code = "timestamp-unverified"
)
