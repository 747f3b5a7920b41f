package main

import (
	"strings"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/report"
	"github.com/senim-pki/senim/sig/verify"
)

// show prints a moment as Kazakhstan's clocks show it, with their offset: it may be read elsewhere.
func show(t time.Time) string { return t.In(clock.Almaty()).Format("2006-01-02 15:04 -07") }

// withTexts adds the sentence of each finding in the user's language.
func (a *app) withTexts(r *verify.Report) *verify.Report {
	for i := range r.Signatures {
		s := &r.Signatures[i]
		a.text(s.Errors)
		a.text(s.Warnings)
	}
	return r
}

func (a *app) text(messages []verify.Message) {
	for i := range messages {
		messages[i].Text = a.sentence(messages[i])
	}
}

// messages sorts findings into errors and warnings, with their sentences.
func (a *app) messages(found []finding.Finding) (errors, warnings []verify.Message) {
	errors, warnings = []verify.Message{}, []verify.Message{}
	for _, f := range found {
		m := verify.Message{Code: string(f.Code), Subject: f.Subject, Args: f.Args}
		m.Text = a.sentence(m)
		if f.Severity == finding.Warning {
			warnings = append(warnings, m)
		} else {
			errors = append(errors, m)
		}
	}
	return errors, warnings
}

// printReport says in words what verify found: a line or two for each signature, then what speaks against it.
func (a *app) printReport(r *verify.Report) error {
	for _, s := range r.Signatures {
		lines := []string{a.T(verdictKey(s.Indication, s.SubIndication), "signer", a.signer(s)), "       " + a.when(s)}
		if s.Revocation != nil || s.Indication == verify.Passed {
			lines[1] += "; " + a.revocation(s)
		}
		if s.Indication != verify.Passed {
			lines = append(lines, "       "+strings.TrimSpace(s.Indication+" "+s.SubIndication))
		}
		lines = append(lines, a.listed(s.Errors, s.Warnings)...)
		if err := a.Text(strings.Join(lines, "\n") + "\n"); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printCheck(leaf *cert.Certificate, c checkJSON) error {
	lines := []string{a.T(verdictKey(c.Indication, c.SubIndication)+"-certificate", "subject", leaf.Subject.String())}
	if !c.Valid {
		lines = append(lines, "       "+strings.TrimSpace(c.Indication+" "+c.SubIndication))
	}
	for i, x := range c.Chain {
		if i > 0 {
			key := "verify.under"
			if x.Anchor {
				key = "verify.under-anchor"
			}
			lines = append(lines, "       "+a.T(key, "subject", x.Subject))
		}
	}
	return a.Text(strings.Join(append(lines, a.listed(c.Errors, c.Warnings)...), "\n") + "\n")
}

func (a *app) listed(errors, warnings []verify.Message) []string {
	var lines []string
	for _, m := range errors {
		lines = append(lines, "       "+a.T("verify.error", "text", a.sentence(m)))
	}
	for _, m := range warnings {
		lines = append(lines, "       "+a.T("verify.warning", "text", a.sentence(m)))
	}
	return lines
}

func verdictKey(indication, sub string) string {
	switch verify.ExitCode(indication, sub) {
	case 0:
		return "verify.valid"
	case 2:
		return "verify.open"
	}
	return "verify.not-valid"
}

// signer is who signed: name, number, organisation, role.
func (a *app) signer(s verify.Signature) string {
	who := s.Signer.Name
	if s.Certificate == nil {
		return a.T("verify.nobody")
	}
	if s.Signer.IIN != "" {
		who += " (" + a.T("verify.iin", "iin", s.Signer.IIN) + ")"
	}
	parts := []string{who}
	if s.Signer.Organization != "" {
		parts = append(parts, s.Signer.Organization)
	}
	for _, r := range roles {
		if s.Certificate.HasPurpose(r.purpose) {
			parts = append(parts, a.T(r.key))
		}
	}
	return strings.Join(parts, ", ")
}

// roles are those of facts/kz-pki.md section 1.2.
var roles = []struct {
	purpose oid.OID
	key     string
}{
	{oid.KZEKUHead, "verify.role-head"},
	{oid.KZEKUSignRight, "verify.role-signer"},
	{oid.KZEKUFinanceSignRight, "verify.role-finance"},
	{oid.KZEKUHR, "verify.role-hr"},
	{oid.KZEKUEmployee, "verify.role-employee"},
	{oid.KZEKUInformationSystem, "verify.role-system"},
}

func (a *app) when(s verify.Signature) string {
	for _, t := range s.Timestamps {
		if t.Trusted {
			return a.T("verify.at-proven", "time", show(t.Time))
		}
	}
	if s.SigningTime != nil {
		return a.T("verify.at-claimed", "time", show(*s.SigningTime))
	}
	return a.T("verify.at-unknown")
}

func (a *app) revocation(s verify.Signature) string {
	r := s.Revocation
	if r == nil {
		return a.T("verify.revocation-none")
	}
	at, asked := "", ""
	if r.At != nil {
		at = show(*r.At)
	}
	if r.Asked != nil {
		asked = show(*r.Asked)
	}
	switch r.Status {
	case "good":
		return a.T("verify.revocation-good", "source", r.Source, "asked", asked)
	case "revoked":
		return a.T("verify.revocation-revoked", "time", at, "source", r.Source)
	case "hold":
		return a.T("verify.revocation-hold", "time", at, "source", r.Source)
	}
	return a.T("verify.revocation-unknown", "source", r.Source)
}

// sentence is a finding in the user's language.
func (a *app) sentence(m verify.Message) string { return report.Message(a.Lang, m) }
