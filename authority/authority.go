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
