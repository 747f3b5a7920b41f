// Package application is the application for certificates and its state machine (DESIGN section 4): one table of states
// and moves; a move that is not in the table cannot be expressed. Only this package makes the Approved that package issue consumes.
package application

import (
	"time"

	"github.com/senim-pki/senim/authority/person"
)

// A State of an application.
type State string

const (
	Draft        State = "draft"
	New          State = "new"
	Identified   State = "identified"
	UserSigned   State = "user-signed"
	AwaitingHead State = "awaiting-head"
	Signing      State = "signing"
	Issued       State = "issued"
	Installed    State = "installed"
	Rejected     State = "rejected"
	Deactivated  State = "deactivated"
	Cancelled    State = "cancelled"
	Uncollected  State = "uncollected"

	// Deleted is not stored: a draft that nobody submitted is erased.
	Deleted State = "deleted"
)

// An Actor who moves an application.
type Actor string

const (
	Applicant Actor = "applicant"
	RA        Actor = "operator"
	Remote    Actor = "identification" // remote identification
	Head      Actor = "head"
	Issuer    Actor = "issuer"
	Clock     Actor = "clock"
)

// Answers of the form (M1.1).
type Answers struct {
	IIN, Surname, Name, Patronymic string
	Email                          string
	Locality                       string // code of the service centre's place
	Storage                        string // "file"
	Signing                        string // "gost" (default), "rsa" or "both"
	Agreement                      string // version of the user agreement that was accepted
	Language                       string // of notices
}

// A KeyRequest binds one certification request to the application.
type KeyRequest struct {
	Profile string   // "individual-auth-rsa", "individual-sign-gost512", "individual-sign-rsa"
	CSR     []byte   // DER
	Hash    [32]byte // SHA-256 of CSR
	KeyHash [32]byte // SHA-256 of SubjectPublicKeyInfo
}

// A Move that happened.
type Move struct {
	At       time.Time
	From, To State
	By       Actor
	Who      string // IIN of the staff member; empty for others
	Reason   string // words for the applicant, when refused
	// The signed statement that this move rests on, when it rests on one: its text, the CMS over it, the answer about the signer's
	// certificate, and the moment at which they were judged.
	Text     string
	Evidence []byte
	OCSP     []byte
	Checked  time.Time
}

// An Application.
type Application struct {
	Number   string // canonical: 16 characters of Crockford base32 (80 random bits), shown in groups of four
	State    State
	Answers  Answers
	Requests []KeyRequest
	Secret   []byte // SHA-256 of the draft secret that its maker's browser holds
	Code     []byte // salted hash of the revocation code
	// Wrong revocation codes in a row, and until when no code is looked at.
	CodeFailures int
	CodeLocked   time.Time
	// Person is who the register said the applicant is at the moment of approval; zero before. Certificates name this person.
	Person   person.Person
	Created  time.Time
	Changed  time.Time
	Deadline time.Time // when the clock moves it by itself
	Moves    []Move
	Version  int64 // increases with each write; PutApplication refuses a stale one (conflict)
}

// Records is the part of the store that holds applications.
type Records interface {
	PutApplication(a *Application) error // insert when Version is 0; sets Version
	Application(number string) (*Application, error)
	StateOf(number string) (state State, version int64, err error) // what a transaction asks that has read the rest before
	DeleteApplication(number string) error                         // drafts only
	ListApplications(f Filter) ([]*Application, error)
}

// A Filter selects applications, newest first unless OldestFirst.
type Filter struct {
	States      []State
	IIN         string
	Locality    string
	Before      time.Time // Deadline before this moment, when set
	OldestFirst bool
	Limit       int // 0 is 100
	After       string
}
