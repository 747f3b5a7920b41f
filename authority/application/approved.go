package application

import "github.com/senim-pki/senim/authority/person"

// An Approved is an application whose certificates may be issued: an operator identified the person, and his signed decision
// names the hash of each certification request. Only StartSigning and Reopen make one; package issue consumes it.
type Approved struct {
	number   string
	person   person.Person
	requests []KeyRequest
	valid    bool
}

// Number returns the number of the application; "" for the zero Approved, which approves nothing.
func (a Approved) Number() string { return a.number }

// Person returns the person as the register named him at the moment of approval.
func (a Approved) Person() person.Person { return a.person }

// Requests returns the approved certification requests.
func (a Approved) Requests() []KeyRequest { return append([]KeyRequest(nil), a.requests...) }

// Valid reports whether a was made by StartSigning or Reopen; the zero Approved was not.
func (a Approved) Valid() bool { return a.valid }
