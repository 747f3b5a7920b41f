package part

import (
	"time"

	"github.com/senim-pki/senim/sig/verify"
	"github.com/senim-pki/senim/web/kit"
)

// Badge returns the signature badge of a judged signature. detail says why, in the reader's language, where there is more
// to say than the verdict; package verify gives only codes.
//
// The time is proven only by a trusted time stamp; what the signer claims is said to be his claim.
func Badge(t Text, s verify.Signature, detail string) kit.Badge {
	b := kit.Badge{Owner: s.Signer.Name, Organisation: s.Signer.Organization, Detail: detail}
	if b.Owner == "" {
		b.Owner = t("part.badge.nobody")
	}
	switch s.Indication {
	case verify.Passed:
		b.Verdict, b.Tone = t("part.badge.valid"), "good"
	case verify.Failed:
		b.Verdict, b.Tone = t("part.badge.invalid"), "bad"
	default:
		b.Verdict, b.Tone = t("part.badge.unsure"), "warn"
	}
	b.Time, b.TimeNote = provenTime(s), t("part.badge.time-stamp")
	if b.Time.IsZero() && s.SigningTime != nil {
		b.Time, b.TimeNote = *s.SigningTime, t("part.badge.time-claimed")
	}
	return b
}

func provenTime(s verify.Signature) (first time.Time) {
	for _, stamp := range s.Timestamps {
		if stamp.Trusted && (first.IsZero() || stamp.Time.Before(first)) {
			first = stamp.Time
		}
	}
	return first
}
