package path

import (
	"slices"
	"strings"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

// processed are the extensions that are honoured here, or that restrict nothing that is decided here; any other critical one
// refuses (RFC 5280 section 4.2).
var processed = []oid.OID{
	oid.ExtBasicConstraints, oid.ExtKeyUsage, oid.ExtExtKeyUsage, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID, oid.ExtSubjectAltName,
	oid.ExtIssuerAltName, oid.ExtCertificatePolicies, oid.ExtCRLDistributionPoints, oid.ExtFreshestCRL, oid.ExtAuthorityInfoAccess,
	oid.KZKeyStore, oid.OCSPNoCheck,
}

// relied are those without which a certificate isn't what it seems: broken, they refuse even where they aren't critical.
var relied = []oid.OID{oid.ExtBasicConstraints, oid.ExtKeyUsage, oid.ExtExtKeyUsage, oid.ExtNameConstraints}

// rules are the checks of RFC 5280 section 6.1 on a complete chain whose signatures have been verified.
func (v *search) rules(chain []*cert.Certificate) []finding.Finding {
	var found []finding.Finding
	add := func(code finding.Code, severity finding.Severity, c *cert.Certificate, args ...string) {
		found = append(found, newFinding(code, severity, c, args...))
	}
	anchor := len(chain) - 1
	between := 0 // intermediates so far that aren't self-issued, as pathLenConstraint counts them
	for i, c := range chain {
		if i < anchor || anchor == 0 {
			switch {
			case v.in.Dates.Before(c.NotBefore):
				add(finding.NotYetValid, finding.Fatal, c, "notBefore", c.NotBefore.UTC().Format(time.RFC3339))
			case v.in.Dates.After(c.NotAfter):
				add(finding.Expired, finding.Fatal, c, "notAfter", c.NotAfter.UTC().Format(time.RFC3339))
			}
			found = append(found, extensions(c)...)
			if i == 0 {
				found = append(found, v.leafKey(c)...)
			}
		} else if cert.Find(c.Extensions, oid.ExtNameConstraints) != nil {
			// An anchor's constraints would be passed over with it: who wrote them meant them.
			add(finding.UnknownCritical, finding.Fatal, c, "oid", string(oid.ExtNameConstraints))
		}
		if i > 0 && i < anchor && !issuesFor(c, chain[0], v.in.Purpose) {
			add(finding.PurposeForbids, finding.Fatal, c, "purpose", purposeNames[v.in.Purpose], "has", purposesOf(c))
		}
		if i > 0 {
			found = append(found, v.issuer(c, chain[i-1], between, i == anchor)...)
			if !c.SelfIssued() {
				between++
			}
		}
	}
	if f, ok := purpose(chain[0], v.in.Purpose); !ok {
		found = append(found, f)
	}
	return found
}

// leafKey judges the strength of the leaf's own key, which signs what the caller is after.
func (v *search) leafKey(c *cert.Certificate) []finding.Finding {
	if c.PublicKey == nil {
		return []finding.Finding{newFinding(finding.UnsupportedAlgorithm, finding.Fatal, c, "oid", string(c.PublicKeyAlgorithm.OID))}
	}
	if err := alg.Acceptable(c.PublicKey, nil); err != nil {
		return []finding.Finding{newFinding(finding.WeakAlgorithm, v.gravity(), c, "what", err.Error())}
	}
	return nil
}

// gravity is that of a weak algorithm.
func (v *search) gravity() finding.Severity {
	if v.in.Lax {
		return finding.Warning
	}
	return finding.Fatal
}

// extensions refuses what isn't understood.
func extensions(c *cert.Certificate) []finding.Finding {
	var found []finding.Finding
	for _, e := range c.Extensions {
		// Name constraints refuse even where they aren't critical: to pass them over would be to trust names that the authority was denied.
		if e.OID == oid.ExtNameConstraints || e.Critical && !slices.Contains(processed, e.OID) {
			found = append(found, newFinding(finding.UnknownCritical, finding.Fatal, c, "oid", string(e.OID)))
		}
	}
	for _, id := range c.Malformed {
		severity := finding.Warning
		if e := cert.Find(c.Extensions, id); e != nil && e.Critical || slices.Contains(relied, id) {
			severity = finding.Fatal
		}
		found = append(found, newFinding(finding.MalformedExtension, severity, c, "oid", string(id)))
	}
	return found
}

// issuer asks whether c may issue child, with between intermediates under it. An anchor without basicConstraints is one of
// version 1, or one that somebody listed for another reason: only the former may issue.
func (v *search) issuer(c, child *cert.Certificate, between int, anchor bool) []finding.Finding {
	var found []finding.Finding
	add := func(code finding.Code, severity finding.Severity, args ...string) {
		found = append(found, newFinding(code, severity, c, args...))
	}
	old := anchor && c.Version < 3
	switch {
	case c.IsCA() && !slices.Contains(c.Malformed, oid.ExtBasicConstraints):
		if n := c.BasicConstraints.MaxPath; n >= 0 && between > n {
			add(finding.PathTooLong, finding.Fatal)
		}
	case !old:
		add(finding.NotCA, finding.Fatal)
	}
	if c.HasKeyUsage && c.KeyUsage&cert.KeyCertSign == 0 || slices.Contains(c.Malformed, oid.ExtKeyUsage) {
		add(finding.KeyUsageForbids, finding.Fatal)
	}
	if weak := weakness(child.SignatureAlgorithm, c.PublicKey); weak != nil {
		add(finding.WeakAlgorithm, v.gravity(), "what", weak.Error())
	}
	return found
}

// purposeNames are for findings.
var purposeNames = map[Purpose]string{Sign: "sign", Auth: "auth", TSA: "tsa", OCSP: "ocsp", Server: "server", Client: "client"}

// purpose asks whether the leaf is for what it is used for. A national certificate says so always (facts/kz-pki.md section 2.4); one
// without extendedKeyUsage may serve TLS, as RFC 5280 section 4.2.1.12 has it, and nothing that needs a national purpose.
func purpose(c *cert.Certificate, p Purpose) (finding.Finding, bool) {
	usage := func(bits cert.KeyUsage) bool { return !c.HasKeyUsage || c.KeyUsage&bits != 0 }
	named := func(id oid.OID) bool { return c.HasPurpose(id) }
	free := c.ExtKeyUsage == nil || named(oid.EKUAny)
	ok := true
	switch p {
	case Sign:
		ok = c.IsSigning() && usage(cert.DigitalSignature|cert.NonRepudiation)
	case Auth:
		ok = named(oid.EKUClientAuth) && usage(cert.DigitalSignature)
	case TSA:
		// RFC 3161 section 2.3: the one purpose, and critical.
		e := cert.Find(c.Extensions, oid.ExtExtKeyUsage)
		ok = e != nil && e.Critical && named(oid.EKUTimeStamping) && len(c.ExtKeyUsage) == 1 && usage(cert.DigitalSignature|cert.NonRepudiation)
	case OCSP:
		ok = named(oid.EKUOCSPSigning) && usage(cert.DigitalSignature|cert.NonRepudiation)
	case Server:
		ok = (named(oid.EKUServerAuth) || free) && usage(cert.DigitalSignature|cert.KeyEncipherment|cert.KeyAgreement)
	case Client:
		ok = (named(oid.EKUClientAuth) || free) && usage(cert.DigitalSignature|cert.KeyAgreement)
	}
	if ok {
		return finding.Finding{}, true
	}
	return newFinding(finding.PurposeForbids, finding.Fatal, c, "purpose", purposeNames[p], "has", purposesOf(c)), false
}

func purposesOf(c *cert.Certificate) string {
	var have []string
	for _, id := range c.ExtKeyUsage {
		have = append(have, id.Name())
	}
	return strings.Join(have, ", ")
}

// issuesFor reports whether an intermediate that names purposes names the one that the leaf is used for.
func issuesFor(ca, leaf *cert.Certificate, p Purpose) bool {
	if ca.ExtKeyUsage == nil || ca.HasPurpose(oid.EKUAny) {
		return true
	}
	switch p {
	case Any:
		return true
	case Sign:
		if !leaf.HasPurpose(oid.EKUEmailProtection) {
			return slices.ContainsFunc(leaf.ExtKeyUsage, ca.HasPurpose) // an information system, by its national purpose
		}
		return ca.HasPurpose(oid.EKUEmailProtection)
	case TSA:
		return ca.HasPurpose(oid.EKUTimeStamping)
	case OCSP:
		return ca.HasPurpose(oid.EKUOCSPSigning)
	case Server:
		return ca.HasPurpose(oid.EKUServerAuth)
	}
	return ca.HasPurpose(oid.EKUClientAuth) // Auth and Client
}
