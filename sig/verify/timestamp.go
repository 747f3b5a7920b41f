package verify

import (
	"time"

	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/tsp"
)

// timestamps judges the time stamps of a signature, lists them in s, and returns the earliest proven moment; zero when there is none.
// A stamp that isn't trusted is a warning and proves nothing.
func (j *judge) timestamps(s *Signature, signer *cms.Signer, found *[]finding.Finding) time.Time {
	var proven time.Time
	for i, raw := range signer.Timestamps {
		if i == maxTimestamps || j.stamps == maxStamps {
			*found = append(*found, unverified(s.Signer.Name, "number", time.Time{}))
			break
		}
		j.stamps++
		token, err := tsp.Parse(raw)
		if err != nil {
			*found = append(*found, unverified(s.Signer.Name, "format", time.Time{}))
			continue
		}
		check := token.Check(j.intermediates)
		stamp := Timestamp{Time: token.Time, Policy: string(token.Policy)}
		if check.Certificate != nil {
			stamp.Signer = check.Certificate.Subject.Short()
		}
		if why := j.distrust(token, check, signer.Signature); why != "" {
			*found = append(*found, unverified(stamp.Signer, why, token.Time))
		} else {
			stamp.Trusted = true
			if proven.IsZero() || token.Time.Before(proven) {
				proven = token.Time
			}
		}
		s.Timestamps = append(s.Timestamps, stamp)
	}
	if !proven.IsZero() {
		s.BestTime = proven
	}
	return proven
}

// distrust says why a time stamp proves nothing, "" when it proves its moment: imprint, token signature, purpose and chain to an
// anchor hold, at that moment, and its authority has not been revoked since.
func (j *judge) distrust(token *tsp.Token, check cms.Check, signature []byte) string {
	switch {
	case !token.Covers(signature):
		return "imprint"
	case !check.Good():
		return "signature"
	case token.Time.After(j.in.Time):
		return "later"
	}
	in := j.pathInput(check.Certificate, path.TSA, time.Time{}, path.None, token.Message.Certificates)
	in.Dates = token.Time
	if !path.Validate(j.ctx, in).Valid() {
		return "chain"
	}
	if j.in.Revocation != path.None {
		// Whoever holds a stolen key of an authority stamps whatever moment he likes, so that a revocation at any time counts, also
		// after the end of its certificate.
		in.Revocation = path.Soft
		if worst(path.Validate(j.ctx, in).Findings) == finding.Fatal {
			return "revoked"
		}
	}
	return ""
}

func unverified(subject, why string, at time.Time) finding.Finding {
	args := map[string]string{"why": why}
	if !at.IsZero() {
		args["time"] = at.UTC().Format(time.RFC3339)
	}
	return finding.Finding{Code: finding.TimestampUnverified, Severity: finding.Warning, Subject: subject, Args: args}
}
