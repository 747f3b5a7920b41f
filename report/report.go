// Package report turns findings, verdicts and errors of signatures, certificates and key files into sentences in Kazakh,
// Russian and English: what happened, and what to do.
//
// The formats themselves know codes only, so that the page's module carries no sentences. Times are shown in Asia/Almaty.
package report

import (
	"embed"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/sig/verify"
)

//go:embed *.toml
var files embed.FS

var bundle = i18n.MustLoad(files, "findings.toml", "verdicts.toml", "faults.toml")

// Messages returns the bundle, for merging with those of other packages.
func Messages() *i18n.Bundle { return bundle }

// Text returns the sentences of a finding.
func Text(lang i18n.Lang, f finding.Finding) string {
	return sentence(lang, "finding."+string(f.Code), f.Subject, f.Args)
}

// Message returns the sentences of a finding in a verification report.
func Message(lang i18n.Lang, m verify.Message) string {
	return sentence(lang, "finding."+m.Code, m.Subject, m.Args)
}

// Broken returns the sentences of a broken password rule.
func Broken(lang i18n.Lang, b keyfile.Broken) string { return sentence(lang, b.Code, "", b.Args) }

// Error returns the sentences of an error of packages sign and verify, and false for another error.
func Error(lang i18n.Lang, err error) (string, bool) {
	var e *fail.Error
	if !errors.As(err, &e) || !bundle.Has(e.Code) {
		return "", false
	}
	return sentence(lang, e.Code, "", e.Args), true
}

// Indication returns an indication of EN 319 102-1 in words, for experts; with a sub-indication both.
func Indication(lang i18n.Lang, indication, sub string) string {
	words := bundle.T(lang, "indication."+key(indication))
	if sub == "" {
		return words
	}
	return bundle.T(lang, "indication.with-reason", "indication", words, "reason", bundle.T(lang, "indication."+key(sub)))
}

// verdicts are the answers of M9 by sub-indication; every other signature that did not pass is verdict.bad-signature.
var verdicts = map[string]string{
	verify.OutOfBoundsNoPOE:          "verdict.dates",
	verify.RevokedNoPOE:              "verdict.revoked",
	verify.RevokedCANoPOE:            "verdict.revoked",
	verify.TryLater:                  "verdict.status-unknown",
	verify.NoCertificateChainFound:   "verdict.untrusted",
	verify.SignedDataNotFound:        "verdict.content-missing",
	verify.NoSigningCertificateFound: "verdict.certificate-missing",
}

// Verdict returns what a person is told of a signature: the short answer, and the sentences of the finding that decided.
func Verdict(lang i18n.Lang, s verify.Signature) (short, explanation string) {
	if s.Indication == verify.Passed {
		return bundle.T(lang, "verdict.valid"), bundle.T(lang, "verdict.valid-explanation")
	}
	name := "verdict.bad-signature"
	if v, ok := verdicts[s.SubIndication]; ok && s.Indication == verify.Indeterminate {
		name = v
	}
	explanation = bundle.T(lang, "verdict.not-valid-explanation")
	if f, ok := verify.Deciding(s.Findings); ok {
		explanation = Text(lang, f)
	}
	return bundle.T(lang, name), explanation
}

// key is a name as the message files write it: "REVOKED_NO_POE" is revoked-no-poe, "notAfter" not-after.
func key(name string) string {
	var b strings.Builder
	lower := false
	for _, c := range strings.ReplaceAll(name, "_", "-") {
		if unicode.IsUpper(c) && lower {
			b.WriteByte('-')
		}
		lower = unicode.IsLower(c)
		b.WriteRune(unicode.ToLower(c))
	}
	return b.String()
}

// sentence fills in the arguments as a person reads them: times in Almaty, reasons in words.
func sentence(lang i18n.Lang, name, subject string, args map[string]string) string {
	values := []any{"subject", subject}
	for _, k := range slices.Sorted(maps.Keys(args)) {
		v := args[k]
		switch k {
		case "notBefore", "notAfter", "time", "thisUpdate":
			if t, err := time.Parse(time.RFC3339, v); err == nil {
				v = clock.Show(t)
			}
		case "reason":
			v = reason(lang, v)
		}
		values = append(values, key(k), v)
	}
	return bundle.T(lang, name, values...)
}

func reason(lang i18n.Lang, name string) string {
	if k := "revocation-reason." + reasonKey(name); bundle.Has(k) {
		return bundle.T(lang, k)
	}
	return bundle.T(lang, "revocation-reason.unspecified")
}

// reasonKey is key but for cACompromise and aACompromise, whose first letter is no word.
func reasonKey(name string) string {
	if name == "cACompromise" {
		return "ca-compromise"
	}
	return key(name)
}
