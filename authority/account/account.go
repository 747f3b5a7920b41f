// Package account holds the authority's own people: administrators and operators, their roles, their second factor.
package account

import "time"

// A Role in the authority (M1.6).
type Role string

const (
	Administrator Role = "administrator"
	Operator      Role = "operator"
)

// A Staff member; the key files are his own, the authority keeps only who he is.
type Staff struct {
	IIN      string
	Name     string // as shown
	Role     Role
	TOTP     []byte // sealed by the authority's sealing key (RFC 6238 secret); never leaves unsealed
	LastTOTP int64  // the last accepted time step: a code works once
	Failures int    // failed logins in a row
	Locked   time.Time
	Removed  bool
	Created  time.Time
}

// Records is the part of the store that holds staff.
type Records interface {
	PutStaff(s Staff) error
	Staff(iin string) (Staff, error)
	ListStaff() ([]Staff, error)
}
