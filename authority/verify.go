package authority

import (
	"context"
	"fmt"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/base/fail"
)

// VerifyLog re-checks from outside that audit log, register, applications and published lists of a store agree (see
// audit.Verify). It needs no secret: p is the public part of the hierarchy, exported are the checkpoints that were kept
// outside the store (audit.Exported). It sees the store in one transaction, so it may run beside a server.
func VerifyLog(ctx context.Context, s Store, p ca.Public, exported [][]byte) (r audit.Report, err error) {
	err = s.View(ctx, func(tx Tx) error {
		in := audit.Input{
			Log: tx, Certificates: tx.EachCertificate, Applications: eachStanding(tx), Draft: string(application.Draft),
			Issuers: map[string]audit.Issuer{}, Verifier: p.LogVerifier, Exported: exported,
		}
		for name, c := range p.Roots {
			in.Issuers[name] = audit.Issuer{Certificate: c, Root: true}
		}
		for name, c := range p.Authorities {
			in.Issuers[name] = audit.Issuer{Certificate: c}
		}
		for name := range in.Issuers {
			l, err := tx.LastList(name)
			switch {
			case err == nil:
				in.Lists = append(in.Lists, listOf(l))
			case !fail.Is(err, fail.NotFound):
				return fmt.Errorf("couldn't read the list of %s: %w", name, err)
			}
		}
		r, err = audit.Verify(ctx, in)
		return err
	})
	return r, err
}

func listOf(l publish.List) audit.PublishedList {
	return audit.PublishedList{Issuer: l.Issuer, Number: l.Number, DER: l.DER}
}

// eachStanding walks over all applications.
func eachStanding(tx Tx) func(func(audit.Standing) error) error {
	return func(f func(audit.Standing) error) error {
		filter := application.Filter{OldestFirst: true, Limit: 500}
		for {
			found, err := tx.ListApplications(filter)
			if err != nil {
				return err
			}
			if len(found) == 0 {
				return nil
			}
			for _, a := range found {
				if err := f(audit.Standing{Number: a.Number, State: string(a.State)}); err != nil {
					return err
				}
			}
			filter.After = found[len(found)-1].Number
		}
	}
}
