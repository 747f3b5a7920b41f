// Package revoke changes the status of issued certificates: suspension, its end, revocation (M1.8, RFC 5280 section 5.3).
//
// Who may ask is decided above; what may happen is decided here, in one transaction with the leaf of the audit log and
// the job that publishes a new list. OCSP answers from the register, so it answers at once.
package revoke

import (
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/fault"
)

var (
	beforeCommit = fault.Register("revoke.before-commit")
	afterCommit  = fault.Register("revoke.after-commit")
)

// Reasons of RFC 5280 section 5.3.1 that a revocation of a person's certificate may have. Compromise of an authority is
// not a person's; a hold has a status of its own; removal from a list is not for full lists.
const (
	Unspecified          = 0
	KeyCompromise        = 1
	AffiliationChanged   = 3
	Superseded           = 4
	CessationOfOperation = 5
	PrivilegeWithdrawn   = 9

	certificateHold = 6
	none            = -1
)

// Reasons returns the reasons that a revocation may have.
func Reasons() []int {
	return []int{Unspecified, KeyCompromise, AffiliationChanged, Superseded, CessationOfOperation, PrivilegeWithdrawn}
}

// NoticeKind is the kind of the job that publishes a list after a change; its key is the issuer.
const NoticeKind = "publish-crl"

// Tx is the part of the store that a change needs.
type Tx interface {
	registry.Records
	audit.Records
	notice.Records
}

// An Order asks for a change of status.
type Order struct {
	Issuer, Serial string
	To             registry.Status
	Reason         int       // of Reasons, for a revocation
	Invalidity     time.Time // since when the key is not to be trusted, for a revocation; zero when not known
	Actor          string    // who asks, for the log
	Words          string    // why, in his words
	Evidence       []byte    // the signed statement that asks
}

// Change carries an order out inside the caller's transaction and returns the row as it is then. The change counts from
// now: revocation is never back-dated.
//
// What is so already stays and is no error. Errors: fail.NotFound for what was never issued; fail.Conflict "certificate.revoked"
// (it stays so), "certificate.not-held" (nothing to lift), "certificate.expired"; fail.Invalid "certificate.reason",
// "certificate.invalidity"; fail.Unavailable "clock.behind". After the commit the caller calls Committed.
func Change(tx Tx, now time.Time, rand io.Reader, o Order) (registry.Certificate, error) {
	c, err := tx.Certificate(o.Issuer, o.Serial)
	if err != nil {
		return c, err
	}
	if c.Stage != registry.Issued {
		return c, fail.New(fail.NotFound, "certificate.not-found") // a serial that was never signed is nobody's
	}
	reason := none
	switch o.To {
	case registry.Hold:
		reason = certificateHold
	case registry.Revoked:
		if !slices.Contains(Reasons(), o.Reason) {
			return c, fail.New(fail.Invalid, "certificate.reason")
		}
		if o.Reason != Unspecified { // which is said by saying nothing (RFC 5280 section 5.3.1)
			reason = o.Reason
		}
	case registry.Valid:
	default:
		return c, fail.Wrap(fail.Internal, "certificate.status", fmt.Errorf("there is no status %q", o.To))
	}
	if !o.Invalidity.IsZero() && (o.To != registry.Revoked || o.Invalidity.After(now)) {
		return c, fail.New(fail.Invalid, "certificate.invalidity")
	}
	switch {
	case c.Status == o.To && o.To == registry.Valid:
		return c, fail.New(fail.Conflict, "certificate.not-held")
	case c.Status == o.To && c.Reason == reason:
		return c, nil
	case !c.Status.MayBecome(o.To):
		return c, fail.New(fail.Conflict, "certificate.revoked")
	case now.After(c.NotAfter):
		return c, fail.New(fail.Conflict, "certificate.expired")
	}
	c.Status, c.StatusAt, c.Reason, c.Invalidity = o.To, now.UTC().Truncate(time.Microsecond), reason, o.Invalidity.UTC().Truncate(time.Second)
	if err := tx.UpdateCertificate(c); err != nil {
		return c, fmt.Errorf("couldn't change the status of %s: %w", c.Subject(), err)
	}
	fact := audit.CertificateFact{
		Issuer: c.Issuer, Serial: c.Serial, Application: c.Application, Status: string(c.Status), At: c.StatusAt, Invalidity: c.Invalidity,
		Words: o.Words, Evidence: o.Evidence,
	}
	if reason != none {
		fact.Reason = &reason
	}
	payload, err := audit.Payload(fact)
	if err != nil {
		return c, err
	}
	if err := audit.Record(tx, now, rand, audit.CertificateStatus, o.Actor, c.Subject(), payload); err != nil {
		return c, err
	}
	if err := tx.PutNotice(notice.Notice{Kind: NoticeKind, Key: c.Issuer, Due: now, Created: now}); err != nil {
		return c, fmt.Errorf("couldn't ask for a new list: %w", err)
	}
	beforeCommit.Here()
	return c, nil
}

// Committed is called when the transaction of a Change is on the disk.
func Committed() { afterCommit.Here() }
