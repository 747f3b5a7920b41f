package authority

import (
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/registry"
)

// A Review is everything an operator sees of an application before he decides.
type Review struct {
	Application  *application.Application
	Person       person.Person // as the register names the applicant; zero when Registered is false
	Registered   bool          // the register has the IIN; without it nothing can be approved
	Differences  []string      // fields whose typed value differs from the register: "surname", "name", "patronymic"
	Own          bool          // it is the operator's own application: he may not decide it
	Decidable    bool          // it waits for a decision, and this member may make it
	Certificates []registry.Certificate
	Others       []*application.Application // further applications of the same IIN, newest first
}

// Found is what a search gave.
type Found struct {
	Applications []*application.Application
	Certificates []registry.Certificate
}

// A StaffRequest asks for a new member of staff, whose keys are made where he sits.
type StaffRequest struct {
	IIN, Surname, Name, Patronymic string
	Role                           account.Role
	Requests                       map[string][]byte // certification request, DER, by template: StaffProfiles
}

// A StaffAdded is a new member with what he takes away.
type StaffAdded struct {
	Staff        account.Staff
	Certificates map[string][]byte // DER by template
	TOTP         account.Secret    // shown once
}
