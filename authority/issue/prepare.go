package issue

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/lint"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
)

// An order is one certificate on its way: what it is made from and its row.
type order struct {
	template  *profile.Template
	authority *ca.Authority
	request   profile.Request // without serial and dates, which are the row's
	row       registry.Certificate
	resumed   bool // the row was in the register already
}

// prepare plans all certificates of an application and records them. done says that they exist already. It returns the
// application as it was read.
func (i *Issuer) prepare(ctx context.Context, a application.Approved) (orders []order, app *application.Application, done bool, err error) {
	for range maxAttempts {
		var there []registry.Certificate
		if app, there, err = i.look(ctx, a); err != nil {
			return nil, nil, false, err
		}
		if orders, err = i.plan(a); err != nil {
			return nil, nil, false, err
		}
		missing := false
		for n := range orders {
			o := &orders[n]
			for _, row := range there {
				if row.Stage != registry.Abandoned && row.KeyHash == o.row.KeyHash && row.Profile == o.row.Profile {
					o.row, o.resumed = row, true
				}
			}
			missing = missing || !o.resumed
		}
		if app.State != application.Signing {
			if missing {
				err = fail.Wrap(fail.Internal, "issue.lost", errors.New("an issued application lacks a certificate"))
			}
			return orders, app, true, err
		}
		if missing {
			err = i.commitPrepared(ctx, app, orders)
		}
		switch {
		case err == nil:
		case errors.Is(err, errRaced), fail.CodeOf(err) == registry.CodeSerialTaken:
			continue
		default:
			return nil, nil, false, err
		}
		if missing {
			afterPrepareCommit.Here()
		}
		again := false
		for _, o := range orders {
			if !o.resumed || o.row.Stage != registry.Prepared {
				continue
			}
			if why := i.stale(ctx, o); why != nil {
				if err := i.abandon(ctx, o.row, why); err != nil {
					return nil, nil, false, err
				}
				again = true
			}
		}
		if !again {
			return orders, app, false, nil
		}
	}
	return nil, nil, false, fail.New(fail.Unavailable, "issue.again")
}

// look reads the application, checks that the approval is of it as it stands, and reads the certificates it has already.
// This is done beside the writer; the transactions that follow check that nothing has changed.
func (i *Issuer) look(ctx context.Context, a application.Approved) (app *application.Application, there []registry.Certificate, err error) {
	err = i.o.View(ctx, func(tx Tx) error {
		if app, err = tx.Application(a.Number()); err != nil {
			return err
		}
		if err := bound(app, a); err != nil {
			return err
		}
		there, err = tx.CertificatesOf(a.Number())
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	switch app.State {
	case application.Signing, application.Issued, application.Installed:
		return app, there, nil
	}
	return nil, nil, fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("%s is %s", application.LogName(app.Number), app.State))
}

// plan fills and lints every certificate of an application. Nothing is recorded yet.
func (i *Issuer) plan(a application.Approved) ([]order, error) {
	now := i.o.Clock.Now()
	p := a.Person()
	requests := a.Requests()
	if len(requests) == 0 {
		return nil, fail.New(fail.Invalid, "application.keys-missing")
	}
	orders := make([]order, 0, len(requests))
	for _, q := range requests {
		if sha256.Sum256(q.CSR) != q.Hash {
			return nil, fail.New(fail.Invalid, "issue.request-changed")
		}
		key, err := possessed(q.CSR)
		if err != nil {
			return nil, err
		}
		authority := i.o.Hierarchy.Issuer(q.Profile)
		if authority == nil {
			return nil, fail.Wrap(fail.Unavailable, "issue.no-authority", fmt.Errorf("no authority issues %s", q.Profile))
		}
		o, err := i.order(now, authority, q.Profile, profile.Request{
			CommonName: p.CommonName(), Surname: p.Surname, Patronymic: p.Patronymic, IIN: p.IIN, PublicKey: key,
		})
		if err != nil {
			return nil, err
		}
		if o.row.KeyHash != q.KeyHash {
			return nil, fail.New(fail.Invalid, "issue.request-changed")
		}
		for _, other := range orders {
			if other.row.KeyHash == o.row.KeyHash {
				return nil, fail.New(fail.Conflict, registry.CodeKeyTaken)
			}
		}
		o.row.Application = a.Number()
		orders = append(orders, o)
	}
	return orders, nil
}

// possessed opens a certification request, checks that its maker holds the private key, and returns the public one. Nothing
// else is taken from it.
func possessed(csr []byte) (*alg.PublicKey, error) {
	q, err := cert.ParseRequest(csr)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, "issue.request-form", err)
	}
	if q.PublicKey == nil {
		return nil, fail.New(fail.Invalid, "lint.key-unknown")
	}
	if err := q.CheckSignature(); err != nil {
		return nil, fail.Wrap(fail.Invalid, "issue.request-signature", err)
	}
	return q.PublicKey, nil
}

// order fills the template of that name with r, a new serial number and dates from now, and lints the result.
func (i *Issuer) order(now time.Time, a *ca.Authority, name string, r profile.Request) (order, error) {
	template := profile.National(a.Profile).Template(name)
	if template == nil || template.CA {
		return order{}, fail.Wrap(fail.Invalid, "issue.no-template", fmt.Errorf("no template is called %s", name))
	}
	if now.Before(a.Certificate.NotBefore) || !now.Before(a.Certificate.NotAfter) {
		return order{}, fail.Wrap(fail.Invalid, "issue.authority-expired", fmt.Errorf("%s is not valid now", a.Name))
	}
	serial, err := ca.NewSerial(i.o.Rand)
	if err != nil {
		return order{}, err
	}
	from := now.UTC().Truncate(time.Second)
	to := template.NotAfter(from)
	if to.After(a.Certificate.NotAfter) { // a certificate that outlives its issuer cannot be judged to its end
		to = a.Certificate.NotAfter
	}
	o := order{template: template, authority: a, request: r, row: registry.Certificate{
		Issuer: a.Name, Serial: registry.FormatSerial(serial), Profile: name, IIN: r.IIN, Name: r.CommonName, KeyHash: sha256.Sum256(r.PublicKey.SPKI),
		NotBefore: from, NotAfter: to, Stage: registry.Prepared, Status: registry.Valid, Reason: -1, Prepared: now.UTC().Truncate(time.Microsecond),
	}}
	if o.row.TBS, err = o.fill(); err != nil {
		return order{}, fail.Wrap(fail.Invalid, "issue.template", err)
	}
	if err := lint.Check(template, a.Certificate, o.row.TBS); err != nil {
		return order{}, err
	}
	return o, nil
}

// fill makes the to-be-signed bytes of the order with the serial and the dates of its row.
func (o order) fill() ([]byte, error) {
	r := o.request
	var err error
	if r.Serial, err = registry.SerialOctets(o.row.Serial); err != nil {
		return nil, err
	}
	r.NotBefore, r.NotAfter = o.row.NotBefore, o.row.NotAfter
	return o.template.TBS(r)
}

// commitPrepared records the planned certificates that are not there yet.
func (i *Issuer) commitPrepared(ctx context.Context, app *application.Application, orders []order) error {
	return i.o.Update(ctx, func(tx Tx) error {
		state, version, err := tx.StateOf(app.Number)
		if err != nil {
			return err
		}
		if state != app.State || version != app.Version {
			return errRaced
		}
		now := i.o.Clock.Now()
		for n := range orders {
			if orders[n].resumed {
				continue
			}
			err := i.insert(tx, now, orders[n].row)
			if fail.CodeOf(err) == registry.CodeKeyTaken {
				// Another worker may have prepared the same application meanwhile.
				if holder, e := tx.CertificateByKey(orders[n].row.KeyHash); e == nil && holder.Application == app.Number {
					return errRaced
				}
			}
			if err != nil {
				return err
			}
		}
		beforePrepareCommit.Here()
		return nil
	})
}

// insert records a prepared certificate and its leaf.
func (i *Issuer) insert(tx Tx, now time.Time, row registry.Certificate) error {
	if err := tx.InsertCertificate(row); err != nil {
		return err
	}
	return i.record(tx, now, audit.CertificatePrepared, Actor, row, audit.CertificateFact{
		Application: row.Application, Profile: row.Profile, KeyHash: hex.EncodeToString(row.KeyHash[:]), TBS: digest(row.TBS),
	})
}

// bound checks that an approval is of this application as it is stored.
func bound(app *application.Application, a application.Approved) error {
	requests := a.Requests()
	ok := app.Number == a.Number() && app.Person.IIN == a.Person().IIN && len(app.Requests) == len(requests)
	for n := 0; ok && n < len(requests); n++ {
		ok = app.Requests[n].Hash == requests[n].Hash && app.Requests[n].Profile == requests[n].Profile
	}
	if !ok {
		return fail.Wrap(fail.Conflict, "application.moved-on", fmt.Errorf("the approval is not of application %s as it is now", application.LogName(a.Number())))
	}
	return nil
}

// stale says why the stored bytes of a prepared certificate must not be signed any more: they are too old, or not what the
// approval gives, or not what the log says was prepared.
func (i *Issuer) stale(ctx context.Context, o order) error {
	now := i.o.Clock.Now()
	if now.After(o.row.Prepared.Add(i.o.Deadline)) {
		return errors.New("past the deadline")
	}
	tbs, err := o.fill()
	if err != nil || !bytes.Equal(tbs, o.row.TBS) {
		return errors.New("not what the approval gives")
	}
	if err := lint.Check(o.template, o.authority.Certificate, tbs); err != nil {
		return err
	}
	recorded := false
	err = i.o.View(ctx, func(tx Tx) error {
		entries, err := tx.EntriesOf(o.row.Subject())
		for _, e := range entries {
			recorded = recorded || e.Act == audit.CertificatePrepared && bytes.Equal(e.Leaf, audit.Encode(e)) && bytes.Contains(e.Payload, []byte(`"tbs":"`+digest(tbs)+`"`))
		}
		return err
	})
	if err == nil && !recorded {
		err = errors.New("not what the log says was prepared")
	}
	return err
}

func digest(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}
