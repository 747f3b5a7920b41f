package account

import (
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/oid"
)

// Power returns the purpose that certificates of the role carry (facts/kz-pki.md section 1.2), or "" for no role.
func (r Role) Power() oid.OID {
	switch r {
	case Administrator:
		return oid.KZEKUAdministrator
	case Operator:
		return oid.KZEKUOperator
	}
	return ""
}

// Templates returns the templates of the role's certificates, the authentication certificate first.
func (r Role) Templates() []string {
	switch r {
	case Administrator:
		return []string{profile.AdministratorAuthRSA, profile.AdministratorSignGOST512}
	case Operator:
		return []string{profile.OperatorAuthRSA, profile.OperatorSignGOST512}
	}
	return nil
}

// A Sealer encrypts what only the opened authority can read; ca.Hierarchy is one.
type Sealer interface {
	Seal(rand io.Reader, label string, plaintext []byte) ([]byte, error)
	Unseal(label string, sealed []byte) ([]byte, error)
}

func label(iin string) string { return "one-time code secret of " + iin }

// SetTOTP gives the member a new secret of one-time codes.
func (s *Staff) SetTOTP(rand io.Reader, with Sealer, secret Secret) error {
	sealed, err := with.Seal(rand, label(s.IIN), secret)
	if err != nil {
		return err
	}
	s.TOTP, s.LastTOTP = sealed, 0
	return nil
}

// Limits of failed logins. The lock is short, so that nobody can keep an operator out for long; five tries in 15 minutes at a code of
// six digits that changes guess one in some two thousand days, and they come after a signature by the member's own key.
const (
	tries   = 5
	lockFor = 15 * time.Minute
)

// Active reports why the member may do nothing at the moment: fail.Forbidden staff.removed, fail.Unavailable staff.locked
// with the argument minutes. nil means that he may.
func (s *Staff) Active(now time.Time) error {
	if s.Removed {
		return fail.New(fail.Forbidden, "staff.removed")
	}
	if now.Before(s.Locked) {
		return fail.New(fail.Unavailable, "staff.locked", "minutes", fmt.Sprint(int(lockFor.Minutes())))
	}
	return nil
}

// CheckTOTP looks at a one-time code and counts. The caller stores s whatever the answer. Errors: those of Active, and
// fail.Forbidden staff.code-wrong, for a code that was used before as well.
func (s *Staff) CheckTOTP(with Sealer, code string, now time.Time) error {
	if err := s.Active(now); err != nil {
		return err
	}
	secret, err := with.Unseal(label(s.IIN), s.TOTP)
	if err != nil {
		return fmt.Errorf("couldn't read the one-time code secret: %w", err)
	}
	defer clear(secret)
	n, ok := Secret(secret).match(code, now, s.LastTOTP)
	if !ok {
		s.Fail(now)
		return fail.New(fail.Forbidden, "staff.code-wrong")
	}
	s.LastTOTP, s.Failures, s.Locked = n, 0, time.Time{}
	return nil
}

// Fail counts a failed login; after five in a row the member is locked for 15 minutes.
func (s *Staff) Fail(now time.Time) {
	if s.Failures++; s.Failures >= tries {
		s.Failures, s.Locked = 0, now.UTC().Add(lockFor)
	}
}
