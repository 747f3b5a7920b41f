package verify

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/cms"
)

// The codes of Verify's errors, which are *fail.Error of kind Invalid: bad input, exit code 3.
const (
	NotASignature = "verify.not-a-signature"
	NoSignature   = "verify.no-signature"
	Malformed     = "verify.malformed"
)

// Caps on what a message brings along and on what it makes us compute; the evidence and certificates that the caller gives come first.
const (
	maxEmbeddedLists = 16
	maxTimestamps    = 8  // on one signature; those of archive forms are counted elsewhere
	maxStamps        = 32 // in all: each may bring a hundred certificates of its own to search through
)

// Verify judges every signature of a file. The error is for input that is no signed file; a file whose signatures are wrong has a
// report that says so.
//
// There is no proof of time but a time stamp whose authority chains to an anchor. A trusted one proves that the signature existed, so
// that a revocation of the signer's certificate after it changes nothing; the certificate has to be within its dates at in.Time
// all the same, since evidence about it after its end proves nothing.
func Verify(ctx context.Context, in Input) (*Report, error) {
	if in.Time.IsZero() {
		return nil, errors.New("couldn't verify: no moment of validation")
	}
	m, err := cms.Parse(in.File)
	if err != nil {
		code := Malformed
		switch {
		case errors.Is(err, cms.ErrNotSignedData):
			code = NotASignature
		case errors.Is(err, cms.ErrNoSignature):
			code = NoSignature
		}
		return nil, fail.Wrap(fail.Invalid, code, err)
	}
	j := newJudge(ctx, in, m)
	r := &Report{Valid: true, Indication: Passed}
	for i := range m.Signers {
		s := j.signature(i)
		r.Signatures = append(r.Signatures, s)
		r.Valid = r.Valid && s.Indication == Passed
		if s.Indication == Failed || s.Indication == Indeterminate && r.Indication == Passed {
			r.Indication = s.Indication
		}
	}
	return r, nil
}

// A judge holds what the signatures of one message share.
type judge struct {
	ctx           context.Context
	in            Input
	m             *cms.Message
	intermediates []*cert.Certificate
	crls          []*crl.List
	digests       map[string][]byte
	stamps        int // judged so far
}

func newJudge(ctx context.Context, in Input, m *cms.Message) *judge {
	j := &judge{ctx: ctx, in: in, m: m, digests: map[string][]byte{}}
	j.intermediates = append(slices.Clone(in.Intermediates), m.Certificates...)
	j.crls = slices.Clone(in.CRLs)
	for i, b := range m.CRLs {
		if i == maxEmbeddedLists {
			break
		}
		// A list that can't be read is no evidence; one that can is judged like any other.
		if l, err := crl.Parse(b); err == nil {
			j.crls = append(j.crls, l)
		}
	}
	return j
}

var errNoContent = errors.New("the content isn't there")

// digest answers the content's digest, computed once for all signers. An attached content is the content, whatever else was given.
func (j *judge) digest(h *alg.Hash) ([]byte, error) {
	if d, ok := j.digests[h.Name]; ok {
		return d, nil
	}
	var d []byte
	switch {
	case !j.m.Detached:
		d = h.Sum(j.m.Content)
	case j.in.Content != nil:
		d = h.Sum(j.in.Content)
	case j.in.Digest != nil:
		d = j.in.Digest(h.Name)
	}
	if len(d) != h.Size {
		return nil, errNoContent
	}
	j.digests[h.Name] = d
	return d, nil
}

// differs reports whether the content that was given is not the one that is attached.
func (j *judge) differs(scheme *alg.Scheme) bool {
	if j.m.Detached {
		return false
	}
	if j.in.Content != nil {
		return !bytes.Equal(j.in.Content, j.m.Content)
	}
	if j.in.Digest != nil && scheme != nil {
		if d := j.in.Digest(scheme.Hash.Name); d != nil {
			attached, err := j.digest(scheme.Hash)
			return err != nil || !bytes.Equal(d, attached)
		}
	}
	return false
}

func (j *judge) signature(i int) Signature {
	signer := &j.m.Signers[i]
	check := j.m.CheckDigest(i, j.digest, j.in.Intermediates)
	found := check.Findings
	if j.differs(check.Scheme) {
		check.Content = false
		found = append(found, finding.Finding{Code: finding.ContentDiffers, Severity: finding.Fatal})
	}
	if j.m.Detached && signer.RawSignedAttrs == nil && cms.AreAttributes(j.in.Content) {
		check.Content = false
		found = append(found, finding.Finding{Code: finding.Malformed, Severity: finding.Fatal})
	}
	if j.in.Lax {
		found = lax(found)
	}
	s := Signature{Format: "CMS", BestTime: j.in.Time, Timestamps: []Timestamp{}, Chain: []ChainEntry{}, Errors: []Message{}, Warnings: []Message{}}
	if !signer.SigningTime.IsZero() {
		at := signer.SigningTime
		s.SigningTime = &at
	}
	if check.Scheme != nil {
		s.Algorithm = check.Scheme.Title
	}
	if check.Content {
		s.Covered = "whole content"
	}
	s.Signer = signerOf(signer, check.Certificate)
	s.Certificate = check.Certificate
	good := check.Attributes && check.Content && check.Certificate != nil
	// Whose certificate a wrong signature named is of no weight, and not worth the search for its chain.
	if check.Certificate != nil && check.Attributes && worst(found) < finding.Fatal {
		proven := j.timestamps(&s, signer, &found)
		result := path.Validate(j.ctx, j.pathInput(check.Certificate, path.Sign, proven, j.in.Revocation, nil))
		found = append(found, signingPurpose(check.Certificate, result.Findings)...)
		s.Chain = chainOf(result, j.in.Anchors)
		s.Revocation = revocationOf(result, j.in.Revocation)
		good = good && result.Valid()
	} else {
		good = false
	}
	s.Findings = found
	s.Indication, s.SubIndication = indicate(found)
	if s.Indication == Passed && !good {
		// Fail closed: whatever was overlooked is not a valid signature.
		s.Indication, s.SubIndication = Failed, FormatFailure
	}
	for _, f := range found {
		msg := Message{Code: string(f.Code), Subject: f.Subject, Args: maps.Clone(f.Args)}
		if f.Severity == finding.Warning {
			s.Warnings = append(s.Warnings, msg)
		} else {
			s.Errors = append(s.Errors, msg)
		}
	}
	return s
}

func (j *judge) pathInput(leaf *cert.Certificate, purpose path.Purpose, proven time.Time, mode path.Mode, more []*cert.Certificate) path.Input {
	return path.Input{
		Leaf: leaf, Intermediates: append(slices.Clone(j.intermediates), more...), Anchors: j.in.Anchors, Time: j.in.Time, Proven: proven,
		Purpose: purpose, Revocation: mode, CRLs: j.crls, OCSPs: j.in.OCSPs, Fetcher: j.in.Fetcher, Lax: j.in.Lax,
	}
}

// lax turns weakness into a warning.
func lax(found []finding.Finding) []finding.Finding {
	out := slices.Clone(found)
	for i := range out {
		if out[i].Code == finding.WeakAlgorithm {
			out[i].Severity = finding.Warning
		}
	}
	return out
}

// signingPurpose says of a certificate for signing in what it is, where package path only knows that it doesn't fit.
func signingPurpose(c *cert.Certificate, found []finding.Finding) []finding.Finding {
	out := slices.Clone(found)
	for i := range out {
		if out[i].Code == finding.PurposeForbids && c.IsAuthentication() && !c.IsSigning() {
			out[i].Code = finding.AuthenticationKey
		}
	}
	return out
}

func worst(found []finding.Finding) finding.Severity {
	w := finding.Warning
	for _, f := range found {
		w = max(w, f.Severity)
	}
	return w
}

func signerOf(s *cms.Signer, c *cert.Certificate) Signer {
	if c == nil {
		// All that is known is whom the message names.
		out := Signer{Serial: cert.SerialHex(s.Serial)}
		if name, err := cert.ParseName(s.IssuerRaw); err == nil {
			out.Issuer = name.Short()
		}
		return out
	}
	out := Signer{Name: c.Subject.Short(), IIN: c.IIN(), BIN: c.BIN(), Serial: c.SerialHex(), Issuer: c.Issuer.Short()}
	out.Organization = cert.Visible(c.Subject.Get(oid.Organization))
	return out
}

func chainOf(r path.Result, anchors []*cert.Certificate) []ChainEntry {
	out := []ChainEntry{}
	for _, c := range r.Chain {
		anchor := slices.ContainsFunc(anchors, func(a *cert.Certificate) bool { return bytes.Equal(a.Raw, c.Raw) })
		out = append(out, ChainEntry{Subject: c.Subject.String(), Serial: c.SerialHex(), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC(), Anchor: anchor})
	}
	return out
}

func revocationOf(r path.Result, mode path.Mode) *RevocationStatus {
	if mode == path.None || len(r.Revocations) == 0 || len(r.Chain) < 2 {
		return nil
	}
	leaf := r.Revocations[0]
	out := &RevocationStatus{Source: leaf.Source, Status: leaf.Status.String()}
	if !leaf.Checked {
		out.Status = "unknown"
	}
	if !leaf.Asked.IsZero() {
		out.Asked = &leaf.Asked
	}
	if leaf.Checked && leaf.Status == ocsp.Revoked {
		out.Status, out.At = "revoked", &leaf.At
		if out.Reason = crl.ReasonName(leaf.Reason); out.Reason == "certificateHold" {
			out.Status = "hold"
		}
	}
	return out
}

// Certificate judges a certificate by itself, for `cert check`, in the same indications.
func Certificate(ctx context.Context, in path.Input) (indication, sub string, result path.Result) {
	result = path.Validate(ctx, in)
	indication, sub = indicate(result.Findings)
	if indication == Passed && !result.Valid() {
		return Indeterminate, NoCertificateChainFound, result
	}
	return indication, sub, result
}
