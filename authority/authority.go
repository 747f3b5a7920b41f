// Package authority composes the domain into numbered procedures: what an applicant, an operator and the clock may ask of
// a certification authority. It knows no HTTP, no SQL and no template.
package authority

import (
	"context"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
)

// A Tx is the whole store inside one transaction; each package of the domain declares the part that it uses.
type Tx interface {
	person.Records
	account.Records
	statement.Records
	application.Records
	registry.Records
	audit.Records
	notice.Records
	publish.Records
}

// A Store keeps everything an authority knows. Update may put several callers' functions into one database transaction,
// each in its own savepoint; it returns to each only after the common durable commit, and a failing function rolls back alone.
// A function given to Update may run again after a conflict, so it has no effects outside the Tx.
type Store interface {
	Update(ctx context.Context, f func(Tx) error) error
	View(ctx context.Context, f func(Tx) error) error
	Close() error
}

// Exported procedures (methods of *Authority, implemented in files beside this one). secret is what the maker's browser
// holds (cookie); staff is the logged-in member's IIN, whose role is read again inside the transaction.
//
//	New(o Options) (*Authority, error)      // Options{Store; Hierarchy *ca.Hierarchy; Clock; Rand; Rules; Log *audit.Log; Origin…}
//
//	Applicant
//	  StartDraft(ctx, lang string) (a *application.Application, secret string, err error)
//	  Draft(ctx, number, secret string) (*application.Application, error)               // forbidden for another's secret
//	  SaveAnswers(ctx, number, secret string, answers application.Answers) error        // fail.Fields, every fault at once
//	  NeededProfiles(a *application.Application) []string                               // which keys its answers ask for
//	  AttachRequests(ctx, number, secret string, csrs map[string][]byte) error           // possession, strength, uniqueness of each key
//	  Submit(ctx, number, secret string) (a *application.Application, code string, err error)   // idempotent: the same answer again
//	  Status(ctx, number string) (*application.Application, []registry.Certificate, error)
//	  Cancel(ctx, number, code string) error
//	  MarkInstalled(ctx, number string) error                                            // idempotent
//	  HoldByCode(ctx, number, code string) ([]registry.Certificate, error)              // revocation code: suspends at once; wrong codes are limited
//	  HolderCertificates(ctx, cms …) …                                                   // see RevocationChallenge
//	  RevocationChallenge(ctx, issuer, serial string, reason int, origin, lang string) (statement.Challenge, error)
//	  RevokeByHolder(ctx, nonce string, cms []byte) (registry.Certificate, error)       // signing key of the same IIN, good at this moment
//	Operator
//	  LoginChallenge(ctx, origin, lang string) (statement.Challenge, error)
//	  Login(ctx, nonce string, cms []byte, totp string) (account.Staff, error)
//	  Queue(ctx, staff string, f application.Filter) ([]*application.Application, error)
//	  Review(ctx, staff, number string) (Review, error)      // application, register's person, differences, own application, certificates
//	  DecisionChallenge(ctx, staff, number string, approve bool, reason, origin, lang string) (statement.Challenge, error)
//	  Decide(ctx, staff, nonce string, cms []byte) (*application.Application, error)     // refuses the operator's own IIN
//	  Search(ctx, staff, query string) (Found, error)        // number, IIN, serial
//	  OperatorRevocationChallenge(ctx, staff, issuer, serial string, act string /* revoke, hold, lift */, reason int, words, origin, lang string) (statement.Challenge, error)
//	  RevokeByOperator(ctx, staff, nonce string, cms []byte) (registry.Certificate, error)
//	Authority
//	  ImportPersons(ctx, []person.Person, who string) (imported int, err error)
//	  AddStaff / RemoveStaff / ListStaff
//	  Run(ctx) error         // workers until ctx ends: issuance, outbox, sequencer, CRLs on schedule and on revocation, deadlines
//	  Resume(ctx) error      // at start, before serving: open issuances
