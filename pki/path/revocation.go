package path

import (
	"bytes"
	"crypto/sha1"
	"slices"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
)

const unknown = ocsp.Unknown

const (
	// freshWithoutNext is how long an answer without nextUpdate counts. The national responder answers with the moment of asking and
	// names no next one (facts/kz-pki.md section 3.6); an hour is long enough to carry the answer over and too short to hide a theft.
	freshWithoutNext = time.Hour
	// skew is how far ahead of ours the clock of whoever was asked a moment ago may be. It is granted to what a Fetcher brings;
	// evidence that was given is a file, and one issued later is simply later.
	skew = 5 * time.Minute
)

// Reasons of RFC 5280 section 5.3.1 that are decided upon here.
const (
	reasonHold   = 6
	reasonRemove = 8
)

// maxEvidence caps the answers and lists that are judged for one certificate: each costs a signature check, and a message can bring any number.
const maxEvidence = 32

// An answer is what one authentic piece of evidence says of a certificate.
type answer struct {
	Revocation
	fresh     bool
	unissued  bool      // the responder says that it never issued this certificate
	effective time.Time // from when on the key is not to be trusted
}

// revocation says what is known of c, which issuer issued, at the moment of validation.
func (v *search) revocation(c, issuer *cert.Certificate, leaf bool) (Revocation, []finding.Finding) {
	if s, known := v.statuses[edge{c, issuer}]; known {
		return s.revocation, s.found
	}
	e := &evidence{v: v, c: c, issuer: issuer, leaf: leaf}
	for _, r := range v.in.OCSPs {
		e.addOCSP(r, 0)
	}
	for _, l := range v.in.CRLs {
		e.addCRL(l, 0)
	}
	if f := v.in.Fetcher; f != nil && !e.conclusive() {
		e.spent = 0 // what was given must not keep us from asking
		if r, err := f.OCSP(v.ctx, c, issuer); err == nil && r != nil {
			e.addOCSP(r, skew)
		}
		if !e.conclusive() {
			if l, err := f.CRL(v.ctx, c); err == nil && l != nil {
				e.addCRL(l, skew)
			}
		}
	}
	r, found := e.verdict()
	v.statuses[edge{c, issuer}] = status{r, found}
	return r, found
}

// evidence collects what speaks of one certificate.
type evidence struct {
	v         *search
	c, issuer *cert.Certificate
	leaf      bool
	answers   []answer
	found     []finding.Finding
	stale     bool
	spent     int
}

func (e *evidence) cap() bool { return e.spent < maxEvidence }

func (e *evidence) warn(code finding.Code, args ...string) {
	f := newFinding(code, finding.Warning, e.c, args...)
	if !slices.ContainsFunc(e.found, func(o finding.Finding) bool { return o.Code == f.Code && o.Args["why"] == f.Args["why"] }) {
		e.found = append(e.found, f)
	}
}

// conclusive reports whether a fresh answer is there, or a revocation that nothing lifts.
func (e *evidence) conclusive() bool {
	return slices.ContainsFunc(e.answers, func(a answer) bool { return a.fresh && a.Status != unknown || e.final(a) })
}

// final is a revocation that is not a hold: it stays, however old the evidence. One from a later moment on says nothing yet.
func (e *evidence) final(a answer) bool {
	return a.Status == ocsp.Revoked && a.Reason != reasonHold && !a.unissued && !a.effective.After(e.v.in.Time)
}

// usable judges the dates of evidence: fresh, stale, or issued after the moment, when it doesn't count at all.
func (e *evidence) usable(this, next time.Time, ahead time.Duration) (fresh, ok bool) {
	now := e.v.in.Time
	if this.After(now.Add(ahead)) {
		e.warn(finding.LaterEvidence, "thisUpdate", this.UTC().Format(time.RFC3339))
		return false, false
	}
	if next.IsZero() {
		return !now.After(this.Add(freshWithoutNext)), true
	}
	return !now.After(next), true
}

func (e *evidence) addOCSP(r *ocsp.Response, ahead time.Duration) {
	if r == nil || r.Code != ocsp.Successful {
		return
	}
	single, ok := r.Find(e.c, e.issuer)
	if !ok || !e.cap() {
		return // it speaks of another certificate
	}
	e.spent++
	if r.ProducedAt.After(e.v.in.Time.Add(ahead)) {
		e.warn(finding.LaterEvidence, "thisUpdate", r.ProducedAt.UTC().Format(time.RFC3339))
		return
	}
	if why := e.authentic(r); why != "" {
		e.warn(finding.BadRevocation, "why", why)
		return
	}
	fresh, ok := e.usable(single.ThisUpdate, single.NextUpdate, ahead)
	if !ok {
		return
	}
	a := answer{fresh: fresh, effective: single.RevokedAt, Revocation: Revocation{
		Checked: fresh, Source: "ocsp", Status: single.Status, At: single.RevokedAt, Reason: single.Reason, Asked: single.ThisUpdate}}
	// RFC 6960 section 2.2: with extended-revoke, this is how a responder answers for what was never issued.
	a.unissued = r.ExtendedRevoke && single.Status == ocsp.Revoked && single.RevokedAt.Unix() == 0
	e.answers = append(e.answers, a)
}

// authentic says why an answer isn't the issuer's own word, "" when it is (RFC 6960 sections 3.2 and 4.2.2.2): it is signed by
// the issuer's key, or by one that this very key named as its responder.
func (e *evidence) authentic(r *ocsp.Response) string {
	if r.UnknownCritical {
		return "unknown critical extension"
	}
	if named(r, e.issuer) && e.v.verify(r.Signed(), e.issuer.PublicKey) == nil {
		e.warnWeak(r.SignatureAlgorithm, e.issuer.PublicKey)
		return ""
	}
	why := "signed by neither the issuer nor its responder"
	for i, c := range r.Certificates {
		if i == maxCandidates {
			break
		}
		if !named(r, c) || c.PublicKey == nil {
			continue
		}
		if e.v.verify(r.Signed(), c.PublicKey) != nil {
			why = "signature does not verify"
			continue
		}
		if w := e.delegate(c); w != "" {
			why = w
			continue
		}
		e.warnWeak(r.SignatureAlgorithm, c.PublicKey)
		return ""
	}
	return why
}

// warnWeak tells of evidence that only Lax lets in.
func (e *evidence) warnWeak(id alg.Identifier, pub *alg.PublicKey) {
	if weak := weakness(id, pub); weak != nil {
		e.warn(finding.WeakAlgorithm, "what", weak.Error())
	}
}

// named reports whether the answer's responderID is the certificate.
func named(r *ocsp.Response, c *cert.Certificate) bool {
	if r.ResponderName != nil {
		return cert.EqualName(r.ResponderName, c.RawSubject)
	}
	sum := sha1.Sum(c.PublicKeyBits)
	return bytes.Equal(r.ResponderKeyHash, sum[:])
}

// delegate says why the holder of c may not answer for the issuer.
func (e *evidence) delegate(c *cert.Certificate) string {
	v := e.v
	if bytes.Equal(c.RawSPKI, e.c.RawSPKI) {
		return "the answer is about its own signer" // whoever stole the key would say good
	}
	if !cert.EqualName(c.RawIssuer, e.issuer.RawSubject) || v.check(c, e.issuer) != nil {
		return "the responder's certificate is not of this issuer"
	}
	if _, ok := purpose(c, OCSP); !ok {
		return "the responder's certificate is not for OCSP"
	}
	if v.in.Time.Before(c.NotBefore) || v.in.Time.After(c.NotAfter) {
		return "the responder's certificate is not valid at the moment"
	}
	if worst(extensions(c)) == finding.Fatal {
		return "the responder's certificate has an extension that is not understood"
	}
	if c.OCSPNoCheck {
		return ""
	}
	// Without nocheck its own status counts (RFC 6960 section 4.2.2.2.1). Only lists are asked: an answer of its own would be about itself.
	own := &evidence{v: v, c: c, issuer: e.issuer}
	for _, l := range v.in.CRLs {
		own.addCRL(l, 0)
	}
	r, _ := own.verdict()
	if r.Status == ocsp.Revoked {
		return "the responder's certificate is revoked"
	}
	if v.in.Revocation == Hard && !r.Checked {
		return "the status of the responder's certificate is not known"
	}
	return ""
}

func (e *evidence) addCRL(l *crl.List, ahead time.Duration) {
	if l == nil || !cert.EqualName(l.RawIssuer, e.issuer.RawSubject) {
		return // of another issuer
	}
	if l.IsDelta() {
		return // says what changed since another list, never that a certificate is good
	}
	if id := l.AuthorityKeyID.KeyID; len(id) > 0 && len(e.issuer.SubjectKeyID) > 0 && !bytes.Equal(id, e.issuer.SubjectKeyID) {
		return // of another key of the same name
	}
	if !e.cap() {
		return
	}
	fresh, ok := e.usable(l.ThisUpdate, l.NextUpdate, ahead)
	if !ok {
		return
	}
	e.spent++
	switch {
	case l.UnknownCritical:
		e.warn(finding.BadRevocation, "why", "unknown critical extension")
		return
	case cert.Find(l.Extensions, oid.ExtIssuingDistributionPoint) != nil:
		// A list of a part: of other reasons, of authorities only, or of another issuer. Not followed yet, so it says nothing.
		e.warn(finding.BadRevocation, "why", "partial list")
		return
	case e.issuer.HasKeyUsage && e.issuer.KeyUsage&cert.CRLSign == 0:
		e.warn(finding.BadRevocation, "why", "the issuer may not sign lists")
		return
	case e.v.checkList(l, e.issuer) != nil:
		e.warn(finding.BadRevocation, "why", "signature does not verify")
		return
	}
	e.warnWeak(l.SignatureAlgorithm, e.issuer.PublicKey)
	a := answer{fresh: fresh, Revocation: Revocation{Checked: fresh, Source: "crl", Status: ocsp.Good, Reason: -1, Asked: l.ThisUpdate}}
	if entry, listed := l.Find(e.c.Serial); listed && entry.Reason != reasonRemove {
		a.Status, a.At, a.Reason, a.effective = ocsp.Revoked, entry.Time, entry.Reason, entry.Time
		if !entry.InvalidityDate.IsZero() && entry.InvalidityDate.Before(a.effective) {
			a.effective = entry.InvalidityDate
		}
	}
	e.answers = append(e.answers, a)
}

// checkList verifies a list's signature, once: lists are long.
func (v *search) checkList(l *crl.List, issuer *cert.Certificate) error {
	e := listEdge{l, issuer}
	err, known := v.lists[e]
	if !known {
		err = v.verify(l.Signed(), issuer.PublicKey)
		v.lists[e] = err
	}
	return err
}

// verdict weighs the answers: a revocation that isn't a hold wins over everything, else the newest answer counts.
func (e *evidence) verdict() (Revocation, []finding.Finding) {
	// A responder that knows the certificate by now takes back that it didn't.
	all := slices.Clone(e.answers)
	e.answers = slices.DeleteFunc(e.answers, func(a answer) bool {
		return a.unissued && slices.ContainsFunc(all, func(o answer) bool {
			return o.Source == "ocsp" && !o.unissued && o.fresh && o.Status != unknown && o.Asked.After(a.Asked)
		})
	})
	var best *answer
	for i := range e.answers {
		a := &e.answers[i]
		switch {
		case best == nil,
			e.final(*a) && (!e.final(*best) || a.effective.Before(best.effective)),
			!e.final(*best) && !e.final(*a) && better(a, best):
			best = a
		}
	}
	severity := finding.Missing
	if !e.leaf && e.v.in.Revocation != Hard {
		severity = finding.Warning
	}
	if best == nil {
		return Revocation{Status: unknown, Reason: -1}, append(e.found, newFinding(finding.NoRevocationAnswer, severity, e.c))
	}
	r := best.Revocation
	if best.Status == ocsp.Revoked {
		// An answer that isn't fresh still says so of a final revocation; a hold may have been lifted since.
		if best.fresh || e.final(*best) {
			r.Checked = true
			return r, append(e.found, e.revoked(best)...)
		}
	}
	switch {
	case !best.fresh:
		return r, append(e.found, newFinding(finding.StaleRevocation, severity, e.c, "thisUpdate", best.Asked.UTC().Format(time.RFC3339)))
	case best.Status == unknown:
		r.Checked = false
		return r, append(e.found, newFinding(finding.UnknownToResponder, severity, e.c))
	}
	return r, e.found
}

// better prefers an answer that says something, then a fresh one, then the newer. A list can't contradict who says that there never
// was such a certificate: it names what was revoked, and what an intruder made isn't in it.
func better(a, b *answer) bool {
	if known, other := a.Status != unknown, b.Status != unknown; known != other {
		return known
	}
	if a.fresh != b.fresh {
		return a.fresh
	}
	if a.unissued != b.unissued && (a.Source == "crl" || b.Source == "crl") {
		return a.unissued
	}
	if !a.Asked.Equal(b.Asked) {
		return a.Asked.After(b.Asked)
	}
	return a.Status == ocsp.Revoked
}

func (e *evidence) revoked(a *answer) []finding.Finding {
	at := a.At.UTC().Format(time.RFC3339)
	switch {
	case a.unissued:
		return []finding.Finding{e.about(finding.UnknownToResponder)}
	case a.effective.After(e.v.in.Time):
		return nil // revoked from a later moment on
	case e.leaf && !e.v.in.Proven.IsZero() && a.effective.After(e.v.in.Proven):
		return nil // what it signed is proven to be older than the revocation
	case a.Reason == reasonHold:
		return []finding.Finding{e.about(finding.OnHold, "time", at)}
	}
	return []finding.Finding{e.about(finding.Revoked, "time", at, "reason", reasonName(a.Reason))}
}

// about is a fatal finding that says whether it is an authority that it is about: the indications of ETSI differ.
func (e *evidence) about(code finding.Code, args ...string) finding.Finding {
	if !e.leaf {
		args = append(args, "authority", "true")
	}
	return newFinding(code, finding.Fatal, e.c, args...)
}

func reasonName(code int) string {
	if code < 0 {
		return crl.ReasonName(0)
	}
	return crl.ReasonName(code)
}
