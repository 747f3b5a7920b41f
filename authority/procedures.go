package authority

import (
	"context"
	"errors"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
)

var errBody = errors.New("this procedure has no body yet")

// New makes an authority of its parts.
func New(o Options) (*Authority, error) { return nil, errBody }

// StartDraft begins an application. The secret is what its maker's browser keeps; the authority keeps only its hash.
func (a *Authority) StartDraft(ctx context.Context, lang string) (app *application.Application, secret string, err error) {
	return nil, "", errBody
}

// Draft returns a draft, or what became of it, to the browser that made it.
func (a *Authority) Draft(ctx context.Context, number, secret string) (*application.Application, error) {
	return nil, errBody
}

// SaveAnswers checks and keeps the answers of the form. Its error is fail.Fields with every fault at once.
func (a *Authority) SaveAnswers(ctx context.Context, number, secret string, answers application.Answers) error {
	return errBody
}

// NeededProfiles returns the templates for which the application's answers ask a key, the authentication key first.
func (a *Authority) NeededProfiles(app *application.Application) []string { return nil }

// AttachRequests checks and keeps the certification requests of a draft, by template.
func (a *Authority) AttachRequests(ctx context.Context, number, secret string, csrs map[string][]byte) error {
	return errBody
}

// Submit hands the application in and returns its revocation code. Repeated, it answers the same again.
func (a *Authority) Submit(ctx context.Context, number, secret string) (app *application.Application, code string, err error) {
	return nil, "", errBody
}

// RevocationCode returns the revocation code of a submitted application to the browser that made it.
func (a *Authority) RevocationCode(ctx context.Context, number, secret string) (string, error) {
	return "", errBody
}

// Status returns an application with its issued certificates to whoever has its number. What a stranger may see of it is masked by the page.
func (a *Authority) Status(ctx context.Context, number string) (*application.Application, []registry.Certificate, error) {
	return nil, nil, errBody
}

// Cancel withdraws an application on its revocation code.
func (a *Authority) Cancel(ctx context.Context, number, code string) error { return errBody }

// MarkInstalled records that the applicant has installed the certificates. It is idempotent.
func (a *Authority) MarkInstalled(ctx context.Context, number string) error { return errBody }

// HoldByCode suspends the certificates of an application on its revocation code, at once.
func (a *Authority) HoldByCode(ctx context.Context, number, code string) ([]registry.Certificate, error) {
	return nil, errBody
}

// RevocationChallenge makes the text that the holder of a certificate signs to revoke it. issuer names the issuing authority,
// serial is hexadecimal; reason is a CRLReason of RevocationReasons.
func (a *Authority) RevocationChallenge(ctx context.Context, issuer, serial string, reason int, origin, lang string) (statement.Challenge, error) {
	return statement.Challenge{}, errBody
}

// RevokeByHolder revokes the certificate of a signed RevocationChallenge.
func (a *Authority) RevokeByHolder(ctx context.Context, nonce string, cms []byte) (registry.Certificate, error) {
	return registry.Certificate{}, errBody
}

// LoginChallenge makes the text that a member of staff signs with his authentication key.
func (a *Authority) LoginChallenge(ctx context.Context, origin, lang string) (statement.Challenge, error) {
	return statement.Challenge{}, errBody
}

// Login checks a signed LoginChallenge and the one-time code.
func (a *Authority) Login(ctx context.Context, nonce string, cms []byte, totp string) (account.Staff, error) {
	return account.Staff{}, errBody
}

// StaffMember returns the member of staff, or forbidden when he was removed since he logged in.
func (a *Authority) StaffMember(ctx context.Context, staff string) (account.Staff, error) {
	return account.Staff{}, errBody
}

// Queue lists applications; the zero filter lists those that wait for a decision, oldest first.
func (a *Authority) Queue(ctx context.Context, staff string, f application.Filter) ([]*application.Application, error) {
	return nil, errBody
}

// Review returns everything that an operator sees of an application before he decides.
func (a *Authority) Review(ctx context.Context, staff, number string) (Review, error) {
	return Review{}, errBody
}

// DecisionChallenge makes the text that an operator signs to approve or refuse an application; a refusal needs a reason.
func (a *Authority) DecisionChallenge(ctx context.Context, staff, number string, approve bool, reason, origin, lang string) (statement.Challenge, error) {
	return statement.Challenge{}, errBody
}

// Decide carries out a signed DecisionChallenge.
func (a *Authority) Decide(ctx context.Context, staff, nonce string, cms []byte) (*application.Application, error) {
	return nil, errBody
}

// Search finds applications and certificates by number, IIN or serial.
func (a *Authority) Search(ctx context.Context, staff, query string) (Found, error) {
	return Found{}, errBody
}

// Certificate returns a certificate of the register to a member of staff.
func (a *Authority) Certificate(ctx context.Context, staff, issuer, serial string) (registry.Certificate, error) {
	return registry.Certificate{}, errBody
}

// OperatorRevocationChallenge makes the text that an operator signs to change the status of a certificate. act is
// statement.Revoke, statement.Hold or statement.Lift; words say why, and are demanded.
func (a *Authority) OperatorRevocationChallenge(ctx context.Context, staff, issuer, serial string, act string, reason int, words, origin, lang string) (statement.Challenge, error) {
	return statement.Challenge{}, errBody
}

// RevokeByOperator carries out a signed OperatorRevocationChallenge.
func (a *Authority) RevokeByOperator(ctx context.Context, staff, nonce string, cms []byte) (registry.Certificate, error) {
	return registry.Certificate{}, errBody
}

// ImportPersons puts persons into the register; who is told to the log.
func (a *Authority) ImportPersons(ctx context.Context, persons []person.Person, who string) (imported int, err error) {
	return 0, errBody
}

// StaffProfiles returns the templates for which a member of that role needs keys, the authentication key first.
func StaffProfiles(role account.Role) []string { return nil }

// AddStaff takes a new member in and issues his certificates; who is told to the log.
func (a *Authority) AddStaff(ctx context.Context, who string, r StaffRequest) (StaffAdded, error) {
	return StaffAdded{}, errBody
}

// RemoveStaff ends a membership and revokes the member's certificates.
func (a *Authority) RemoveStaff(ctx context.Context, who, iin string) error { return errBody }

// ListStaff returns the members of staff, removed ones too.
func (a *Authority) ListStaff(ctx context.Context) ([]account.Staff, error) { return nil, errBody }

// Run works until ctx ends: issuance, outbox, log, revocation lists, deadlines.
func (a *Authority) Run(ctx context.Context) error { return errBody }

// Resume finishes or abandons the issuances that a stop left open. It is called at start, before serving.
func (a *Authority) Resume(ctx context.Context) error { return errBody }
