// Package publish makes what relying parties ask for: OCSP answers and certificate revocation lists from the register.
// It does not depend on issuance or applications: status works when issuance is down.
package publish

import "time"

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

// Exported functions of this package:
//
//	type Tx interface { registry.Records; audit.Records; Records }
//	NewResponder(hierarchy *ca.Hierarchy, view func(ctx, func(Tx) error) error, clock) *Responder
//	(r *Responder) Answer(ctx, request []byte) (response []byte, err error)        // OCSP; always an answer, never a panic; error only for the log
//	(r *Responder) OCSP(ctx, leaf, issuer *cert.Certificate) (*ocsp.Response, error); CRL(…)   // path.Fetcher in process, for statements
//	NewPublisher(hierarchy, update, clock, …) *Publisher; (p) Publish(ctx, issuer string) (List, error); (p) Current(ctx, issuer) (List, error)
