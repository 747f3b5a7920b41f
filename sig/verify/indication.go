package verify

import (
	"github.com/senim-pki/senim/pki/finding"
)

// Sub-indications of ETSI EN 319 102-1 table 5 that this product gives.
const (
	FormatFailure               = "FORMAT_FAILURE"
	HashFailure                 = "HASH_FAILURE"
	SigCryptoFailure            = "SIG_CRYPTO_FAILURE"
	CryptoConstraintsFailure    = "CRYPTO_CONSTRAINTS_FAILURE"
	SigConstraintsFailure       = "SIG_CONSTRAINTS_FAILURE"
	ChainConstraintsFailure     = "CHAIN_CONSTRAINTS_FAILURE"
	RevokedNoPOE                = "REVOKED_NO_POE"
	RevokedCANoPOE              = "REVOKED_CA_NO_POE"
	OutOfBoundsNoPOE            = "OUT_OF_BOUNDS_NO_POE"
	SignedDataNotFound          = "SIGNED_DATA_NOT_FOUND"
	NoSigningCertificateFound   = "NO_SIGNING_CERTIFICATE_FOUND"
	NoCertificateChainFound     = "NO_CERTIFICATE_CHAIN_FOUND"
	TryLater                    = "TRY_LATER"
	exitValid, exitNot, exitMay = 0, 1, 2
	exitNoSignature             = 3
)

// A row gives the indication of some findings.
type row struct {
	indication, sub string
	codes           []finding.Code
	is              func(finding.Finding) bool // nil is any
}

func fatal(f finding.Finding) bool     { return f.Severity == finding.Fatal }
func authority(f finding.Finding) bool { return fatal(f) && f.Args["authority"] == "true" }

// rows are in the order in which they count: what is wrong for good before what more evidence could heal, so that exit code 2 is given
// only where it could (DESIGN section 5). One exception follows ETSI EN 319 102-1 section 5.3.4: the content's absence is told
// before the end of the certificate, since cryptographic verification comes before the dates.
var rows = []row{
	{Failed, FormatFailure, []finding.Code{finding.Malformed, finding.AttributesNotDER, finding.AttributeMissing, finding.ContentTypeMismatch}, nil},
	{Failed, HashFailure, []finding.Code{finding.DigestMismatch, finding.ContentDiffers}, nil},
	{Failed, SigCryptoFailure, []finding.Code{finding.SignatureValueWrong}, nil},
	{Indeterminate, CryptoConstraintsFailure, []finding.Code{finding.UnsupportedAlgorithm, finding.WeakAlgorithm}, nil},
	{Indeterminate, SigConstraintsFailure, []finding.Code{finding.SigningCertificateMismatch, finding.AuthenticationKey, finding.PurposeForbids}, nil},
	{Indeterminate, RevokedCANoPOE, []finding.Code{finding.Revoked, finding.OnHold, finding.UnknownToResponder}, authority},
	{Indeterminate, RevokedNoPOE, []finding.Code{finding.Revoked, finding.OnHold, finding.UnknownToResponder}, fatal},
	{Indeterminate, ChainConstraintsFailure, []finding.Code{finding.BadSignature, finding.NameMismatch, finding.KeyIDMismatch, finding.NotCA, finding.PathTooLong,
		finding.KeyUsageForbids, finding.UnknownCritical, finding.MalformedExtension, finding.ChainTooDeep}, nil},
	{Indeterminate, SignedDataNotFound, []finding.Code{finding.ContentMissing}, nil},
	{Indeterminate, OutOfBoundsNoPOE, []finding.Code{finding.Expired, finding.NotYetValid}, nil},
	{Indeterminate, NoSigningCertificateFound, []finding.Code{finding.NoSigningCertificate}, nil},
	{Indeterminate, NoCertificateChainFound, []finding.Code{finding.NoChain}, nil},
	{Indeterminate, TryLater, []finding.Code{finding.NoRevocationAnswer, finding.StaleRevocation, finding.UnknownToResponder}, nil},
}

// indicate gives the indication of the finding that decides. A finding of no row, were there one, is a failure.
func indicate(found []finding.Finding) (indication, sub string) {
	if _, r := deciding(found); r != nil {
		return r.indication, r.sub
	}
	if worst(found) != finding.Warning {
		return Indeterminate, ChainConstraintsFailure
	}
	return Passed, ""
}

// Deciding returns the finding that the indication was given for; false when there are only warnings.
func Deciding(found []finding.Finding) (finding.Finding, bool) {
	f, r := deciding(found)
	return f, r != nil
}

func deciding(found []finding.Finding) (finding.Finding, *row) {
	for i := range rows {
		for _, f := range found {
			if f.Severity != finding.Warning && rows[i].has(f) {
				return f, &rows[i]
			}
		}
	}
	return finding.Finding{}, nil
}

func (r row) has(f finding.Finding) bool {
	for _, c := range r.codes {
		if c == f.Code {
			return r.is == nil || r.is(f)
		}
	}
	return false
}

// open are the sub-indications that more evidence or time could still make valid.
var open = map[string]bool{TryLater: true, NoCertificateChainFound: true, NoSigningCertificateFound: true, SignedDataNotFound: true}

// ExitCode is that of DESIGN section 5: 0 valid, 1 not valid, 2 where more evidence or time could still make it valid, 3 no
// signature. The worst signature decides: not valid before not yet.
func (r *Report) ExitCode() int {
	if len(r.Signatures) == 0 {
		return exitNoSignature
	}
	code := exitValid
	for _, s := range r.Signatures {
		switch exit := ExitCode(s.Indication, s.SubIndication); {
		case exit == exitNot:
			return exitNot
		case exit == exitMay:
			code = exitMay
		}
	}
	return code
}

// ExitCode is the exit code of one indication.
func ExitCode(indication, sub string) int {
	switch {
	case indication == Passed:
		return exitValid
	case indication == Indeterminate && open[sub]:
		return exitMay
	}
	return exitNot
}
