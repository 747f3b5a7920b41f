// Package publish makes what relying parties ask for: OCSP answers and certificate revocation lists from the register.
// It does not depend on issuance or applications: status works when issuance is down.
package publish

import (
	"context"
	"time"

	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/registry"
)

// A List is a published CRL.
type List struct {
	Issuer                 string
	Number                 int64
	DER                    []byte
	ThisUpdate, NextUpdate time.Time
}

// Records is the part of the store that holds published lists.
type Records interface {
	PutList(l List) error // conflict when the number is not greater than the last
	LastList(issuer string) (List, error)
}

// Tx is the part of the store that publishing needs.
type Tx interface {
	registry.Records
	audit.Records
	notice.Records
	Records
}

// A Hierarchy is who publishes; *ca.Hierarchy is one.
type Hierarchy interface {
	Authorities() []*ca.Authority
	Roots() []ca.Root
}

// View and Update run f in a transaction of the store.
type (
	View   = func(ctx context.Context, f func(Tx) error) error
	Update = func(ctx context.Context, f func(Tx) error) error
)
