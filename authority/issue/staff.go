package issue

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

// A StaffOrder asks for a certificate of the authority's own people or services. There is no application; the approval is
// the act of an administrator, or the ceremony, as a leaf of its own.
type StaffOrder struct {
	Profile string
	Issuer  string // name of the authority; empty is the one that issues by the template

	Person       person.Person // of staff
	CommonName   string        // of a service
	Organization string

	CSR []byte         // of staff: possession is checked
	Key *alg.PublicKey // of a service whose key this process holds; used when CSR is nil

	Actor    string // who decided, for the log
	Words    string
	Evidence []byte // his signed statement, if there is one
}

// Staff issues such a certificate by the same steps as Issue. Repeated after a crash with the same key, it finishes what was begun.
func (i *Issuer) Staff(ctx context.Context, o StaffOrder) (registry.Certificate, error) {
	for range maxAttempts {
		row, err := i.staff(ctx, o)
		if fail.CodeOf(err) == registry.CodeSerialTaken || errors.Is(err, errStale) {
			continue
		}
		if err != nil {
			return row, fmt.Errorf("couldn't issue a certificate by the template %s: %w", o.Profile, err)
		}
		return row, nil
	}
	return registry.Certificate{}, fail.New(fail.Unavailable, "issue.again")
}

var errStale = errors.New("what was prepared is stale")

func (i *Issuer) staff(ctx context.Context, so StaffOrder) (registry.Certificate, error) {
	o, err := i.staffOrder(so)
	if err != nil {
		return registry.Certificate{}, err
	}
	planned := o.row
	if err := i.o.Update(ctx, func(tx Tx) error {
		o.row, o.resumed = planned, false
		now := i.o.Clock.Now()
		there, err := tx.CertificateByKey(o.row.KeyHash)
		if err == nil && there.Stage == registry.Prepared && there.Application == "" && there.Profile == o.row.Profile && there.Issuer == o.row.Issuer {
			o.row, o.resumed = there, true
			return nil
		}
		if err == nil {
			return fail.New(fail.Conflict, registry.CodeKeyTaken)
		}
		if !fail.Is(err, fail.NotFound) {
			return err
		}
		if err := i.record(tx, now, audit.CertificateOrdered, so.Actor, o.row, audit.CertificateFact{
			Profile: o.row.Profile, KeyHash: hex.EncodeToString(o.row.KeyHash[:]), Words: so.Words, Evidence: so.Evidence,
		}); err != nil {
			return err
		}
		if err := i.insert(tx, now, o.row); err != nil {
			return err
		}
		beforePrepareCommit.Here()
		return nil
	}); err != nil {
		return o.row, err
	}
	afterPrepareCommit.Here()
	if o.resumed {
		if why := i.stale(ctx, o); why != nil {
			return o.row, errors.Join(errStale, i.abandon(ctx, o.row, why))
		}
	}
	der, err := i.sign(o)
	if err != nil {
		return o.row, err
	}
	row, err := i.commit(ctx, o.row, der, nil)
	if errors.Is(err, errRaced) {
		return i.read(ctx, row)
	}
	return row, err
}

func (i *Issuer) staffOrder(so StaffOrder) (order, error) {
	key := so.Key
	if so.CSR != nil {
		var err error
		if key, err = possessed(so.CSR); err != nil {
			return order{}, err
		}
	}
	if key == nil || so.Actor == "" {
		return order{}, fail.Wrap(fail.Invalid, "issue.request-form", errors.New("an order without a key or without anybody who gave it"))
	}
	var authority *ca.Authority
	if so.Issuer != "" {
		authority = i.o.Hierarchy.Authority(so.Issuer)
	} else {
		authority = i.o.Hierarchy.Issuer(so.Profile)
	}
	if authority == nil {
		return order{}, fail.Wrap(fail.Unavailable, "issue.no-authority", fmt.Errorf("no authority issues %s", so.Profile))
	}
	r := profile.Request{CommonName: so.CommonName, Organization: so.Organization, PublicKey: key}
	if so.Person.IIN != "" {
		r = profile.Request{
			CommonName: so.Person.CommonName(), Surname: so.Person.Surname, Patronymic: so.Person.Patronymic, IIN: so.Person.IIN, PublicKey: key,
		}
	}
	return i.order(i.o.Clock.Now(), authority, so.Profile, r)
}
