package statement

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/cms"
)

// An Issuer is an issuing authority whose certificates' holders may sign statements.
type Issuer struct {
	Name        string // in the register
	Certificate *cert.Certificate
}

// A Checker judges signatures of statements.
type Checker struct {
	Anchors []*cert.Certificate
	Issuers []Issuer
	Lists   []*crl.List  // of the anchors: an issuing authority that its root revoked signs for nobody
	Fetcher path.Fetcher // answers whether a certificate is revoked, signed: the answer is kept as evidence
	Clock   clock.Clock
}

// A Checked is a statement whose signature is right. It is not yet used: Accept does that.
type Checked struct{ v Verified }

// Check judges message, a CMS over the text of challenge, attached or detached. It asks the Fetcher about revocation, so it
// is not called inside a transaction. Its errors have codes of this package's messages: what is wrong with the signature is
// fail.Invalid or fail.Forbidden, no answer about revocation is fail.Unavailable.
func (c *Checker) Check(ctx context.Context, challenge Challenge, message []byte) (Checked, error) {
	if challenge.Used {
		return Checked{}, fail.New(fail.Conflict, "statement.used")
	}
	v, leaf, issuer, err := c.judge(challenge.Text, message)
	if err != nil {
		return Checked{}, err
	}
	// The answer is fetched before the moment is taken: evidence that is younger than the moment does not count.
	answer, err := c.Fetcher.OCSP(ctx, leaf, issuer)
	if err != nil {
		return Checked{}, fail.Wrap(fail.Unavailable, "statement.no-status", err)
	}
	v.ocsp = answer.Raw
	v.at = c.Clock.Now().UTC()
	if v.at.After(challenge.Expires) {
		return Checked{}, fail.New(fail.Conflict, "statement.expired")
	}
	if err := c.path(ctx, v, answer); err != nil {
		return Checked{}, err
	}
	return Checked{v}, nil
}

// Recheck judges stored evidence again: the text, the signed message, the OCSP answer of that moment. It is used before
// certificates are issued from a stored decision, so that rows changed in the database approve nothing.
func (c *Checker) Recheck(ctx context.Context, tx registry.Records, text string, message, answer []byte, at time.Time) (Verified, error) {
	v, _, _, err := c.judge(text, message)
	if err != nil {
		return Verified{}, err
	}
	parsed, err := ocsp.ParseResponse(answer)
	if err != nil {
		return Verified{}, fail.Wrap(fail.Invalid, "statement.no-status", err)
	}
	v.ocsp, v.at = answer, at.UTC()
	if err := c.path(ctx, v, parsed); err != nil {
		return Verified{}, err
	}
	row, err := c.row(tx, v)
	if err != nil {
		return Verified{}, err
	}
	v.iin, v.name = row.IIN, row.Name
	return v, nil
}

// judge checks the message against the text, and that the certificate is one of ours for this purpose.
func (c *Checker) judge(text string, message []byte) (Verified, *cert.Certificate, *cert.Certificate, error) {
	refuse := func(kind fail.Kind, code string, err error) (Verified, *cert.Certificate, *cert.Certificate, error) {
		return Verified{}, nil, nil, fail.Wrap(kind, code, err)
	}
	facts, err := Facts(text)
	if err != nil {
		return refuse(fail.Invalid, "statement.content", err)
	}
	if len(message) > MaxMessage {
		return refuse(fail.Invalid, "statement.not-a-signature", errors.New("message too long"))
	}
	m, err := cms.Parse(message)
	if err != nil {
		return refuse(fail.Invalid, "statement.not-a-signature", err)
	}
	if len(m.Signers) != 1 {
		return refuse(fail.Invalid, "statement.signers", fmt.Errorf("%d signers", len(m.Signers)))
	}
	if m.ContentType != oid.Data {
		return refuse(fail.Invalid, "statement.content", fmt.Errorf("content of type %s", m.ContentType))
	}
	if !m.Detached && !bytes.Equal(m.Content, []byte(text)) {
		return refuse(fail.Invalid, "statement.content", errors.New("another text was signed"))
	}
	check := m.Check(0, []byte(text), nil)
	switch {
	case check.Certificate == nil:
		return refuse(fail.Invalid, "statement.no-certificate", errors.New("the message has no certificate of its signer"))
	case !check.Content:
		return refuse(fail.Invalid, "statement.content", errors.New("another text was signed"))
	case !check.Attributes || len(check.Findings) > 0:
		return refuse(fail.Invalid, "statement.signature", found(check.Findings))
	}
	leaf := check.Certificate
	v := Verified{facts: facts, text: text, certificate: leaf, cms: m.Raw}
	var issuer *cert.Certificate
	for _, i := range c.Issuers {
		if bytes.Equal(i.Certificate.RawSubject, leaf.RawIssuer) && bytes.Equal(i.Certificate.SubjectKeyID, leaf.AuthorityKeyID.KeyID) {
			issuer, v.issuer = i.Certificate, i.Name
		}
	}
	if issuer == nil || leaf.CheckSignature(issuer.PublicKey) != nil {
		return refuse(fail.Forbidden, "statement.foreign", errors.New("the certificate is of another authority"))
	}
	if v.Purpose() == Login {
		if !leaf.IsAuthentication() {
			return refuse(fail.Forbidden, "statement.signing-key", errors.New("not an authentication certificate"))
		}
	} else if leaf.IsAuthentication() || !leaf.IsSigning() {
		return refuse(fail.Forbidden, "statement.authentication-key", errors.New("not a signing certificate"))
	}
	return v, leaf, issuer, nil
}

// path decides whether the certificate was good at v.at.
func (c *Checker) path(ctx context.Context, v Verified, answer *ocsp.Response) error {
	in := path.Input{
		Leaf: v.certificate, Anchors: c.Anchors, Time: v.at, Purpose: path.Sign,
		Revocation: path.Soft, OCSPs: []*ocsp.Response{answer}, CRLs: c.Lists,
	}
	if v.Purpose() == Login {
		in.Purpose = path.Auth
	}
	for _, i := range c.Issuers {
		in.Intermediates = append(in.Intermediates, i.Certificate)
	}
	result := path.Validate(ctx, in)
	if result.Valid() {
		return nil
	}
	cause := found(result.Findings)
	switch {
	case result.Has(finding.Revoked), result.Has(finding.OnHold):
		return fail.Wrap(fail.Forbidden, "statement.revoked", cause)
	case result.Has(finding.Expired), result.Has(finding.NotYetValid):
		return fail.Wrap(fail.Forbidden, "statement.not-valid-now", cause)
	case result.Has(finding.NoRevocationAnswer), result.Has(finding.StaleRevocation), result.Has(finding.BadRevocation):
		return fail.Wrap(fail.Unavailable, "statement.no-status", cause)
	}
	return fail.Wrap(fail.Forbidden, "statement.foreign", cause)
}

// found is a cause by the codes of findings; what they are about is a person's name, which no log needs.
func found(all []finding.Finding) error {
	codes := make([]finding.Code, len(all))
	for i, f := range all {
		codes[i] = f.Code
	}
	return fmt.Errorf("findings %v", codes)
}

// row returns the signer's certificate in the register; the very same octets, or it is not ours.
func (c *Checker) row(tx registry.Records, v Verified) (registry.Certificate, error) {
	row, err := tx.Certificate(v.issuer, registry.FormatSerial(v.certificate.Serial))
	if fail.Is(err, fail.NotFound) {
		return row, fail.Wrap(fail.Forbidden, "statement.foreign", err)
	}
	if err != nil {
		return row, fmt.Errorf("couldn't find the signer's certificate: %w", err)
	}
	if row.Stage != registry.Issued || !bytes.Equal(row.DER, v.certificate.Raw) {
		return row, fail.Wrap(fail.Forbidden, "statement.foreign", errors.New("the register has another certificate of this serial"))
	}
	return row, nil
}

// A Tx is what Accept needs of the store.
type Tx interface {
	Records
	registry.Records
}

// Accept uses the challenge, inside the transaction that acts on the statement, and looks at the register once more: a
// revocation between Check and this moment counts.
func (k Checked) Accept(tx Tx) (Verified, error) {
	v := k.v
	challenge, err := tx.Challenge(v.facts[FactNonce])
	if err != nil {
		return Verified{}, err
	}
	if challenge.Text != v.text {
		return Verified{}, fail.New(fail.Invalid, "statement.content")
	}
	if err := tx.UseChallenge(challenge.Nonce); err != nil {
		if fail.Is(err, fail.Conflict) {
			return Verified{}, fail.Wrap(fail.Conflict, "statement.used", err)
		}
		return Verified{}, fmt.Errorf("couldn't use the challenge: %w", err)
	}
	row, err := (*Checker)(nil).row(tx, v)
	if err != nil {
		return Verified{}, err
	}
	if row.Status != registry.Valid {
		return Verified{}, fail.New(fail.Forbidden, "statement.revoked")
	}
	v.iin, v.name = row.IIN, row.Name
	return v, nil
}

// MaxMessage caps a signed statement: the text, a certificate or two, and a signature.
const MaxMessage = 128 << 10
