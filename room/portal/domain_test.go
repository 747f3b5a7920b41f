package portal_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/pki/cert"
)

type domain struct {
	*testauthority.World
	clock *clock.Manual
}

func newDomain(w *testauthority.World) *domain { return &domain{w, w.Clock} }

func domainMessages(t testing.TB) []*i18n.Bundle {
	own, err := i18n.Load(iin.Messages, "messages.toml")
	if err != nil {
		t.Fatal(err)
	}
	return []*i18n.Bundle{own, standIn(t, "application.number", "application.code", "application.code-wrong", "application.code-locked",
		"application.surname", "application.keys-missing", "application.request")}
}

func (d *domain) StartDraft(ctx context.Context, lang string) (*application.Application, string, error) {
	number, _ := application.NewNumber(rand.Reader)
	secret, _ := application.NewSecret(rand.Reader)
	a := application.NewDraft(number, application.HashSecret(secret), lang, d.clock.Now())
	return a, secret, d.Store.Update(ctx, func(tx authority.Tx) error { return tx.PutApplication(a) })
}

func (d *domain) Draft(ctx context.Context, number, secret string) (a *application.Application, err error) {
	err = d.Store.View(ctx, func(tx authority.Tx) error { a, err = tx.Application(number); return err })
	if err == nil && !a.OwnedBy(secret) {
		err = fail.New(fail.NotFound, "application.unknown")
	}
	return a, err
}

func (d *domain) change(ctx context.Context, number string, f func(a *application.Application) error) error {
	var result error
	err := d.Store.Update(ctx, func(tx authority.Tx) error {
		a, err := tx.Application(number)
		if err != nil {
			return err
		}
		result = f(a)
		return tx.PutApplication(a)
	})
	if err != nil {
		return err
	}
	return result
}

func (d *domain) SaveAnswers(ctx context.Context, number, secret string, answers application.Answers) error {
	var faults fail.Fields
	if err := iin.CheckLenient(answers.IIN); err != nil {
		faults.AddError("iin", err)
	}
	if answers.Surname == "" {
		faults.Add("surname", "application.surname")
	}
	if err := faults.Err(); err != nil {
		return err
	}
	return d.change(ctx, number, func(a *application.Application) error { a.Answers = answers; return nil })
}

func (d *domain) NeededProfiles(a *application.Application) []string {
	switch a.Answers.Signing {
	case "rsa":
		return []string{profile.IndividualAuthRSA, profile.IndividualSignRSA}
	case "both":
		return []string{profile.IndividualAuthRSA, profile.IndividualSignGOST512, profile.IndividualSignRSA}
	}
	return []string{profile.IndividualAuthRSA, profile.IndividualSignGOST512}
}

func (d *domain) AttachRequests(ctx context.Context, number, secret string, csrs map[string][]byte) error {
	return d.change(ctx, number, func(a *application.Application) error {
		a.Requests = nil
		for _, p := range d.NeededProfiles(a) {
			q, err := cert.ParseRequest(csrs[p])
			if err != nil {
				return fail.New(fail.Invalid, "application.request")
			}
			a.Requests = append(a.Requests, application.KeyRequest{Profile: p, CSR: csrs[p], Hash: sha256.Sum256(csrs[p]), KeyHash: sha256.Sum256(q.RawSPKI)})
		}
		return nil
	})
}

func (d *domain) Submit(ctx context.Context, number, secret string) (*application.Application, string, error) {
	code, _ := application.CodeOf(secret, number)
	hash, _ := application.HashCode(rand.Reader, code)
	err := d.change(ctx, number, func(a *application.Application) error {
		if a.State != application.Draft {
			return nil
		}
		return a.Submit(d.clock.Now(), d.NeededProfiles(a), hash)
	})
	return nil, code, err
}

func (d *domain) RevocationCode(ctx context.Context, number, secret string) (string, error) {
	return application.CodeOf(secret, number)
}

func (d *domain) Status(ctx context.Context, number string) (a *application.Application, list []registry.Certificate, err error) {
	err = d.Store.View(ctx, func(tx authority.Tx) error {
		if a, err = tx.Application(number); err != nil {
			return err
		}
		list, err = tx.CertificatesOf(number)
		return err
	})
	return a, list, err
}

func (d *domain) Cancel(ctx context.Context, number, code string) error {
	code, err := application.ParseCode(code)
	if err != nil {
		return err
	}
	return d.change(ctx, number, func(a *application.Application) error {
		if err := a.TryCode(code, d.clock.Now()); err != nil {
			return err
		}
		return a.Cancel(d.clock.Now())
	})
}

func (d *domain) MarkInstalled(ctx context.Context, number string) error {
	return d.change(ctx, number, func(a *application.Application) error { return a.MarkInstalled(d.clock.Now()) })
}

func (d *domain) HoldByCode(ctx context.Context, number, code string) ([]registry.Certificate, error) {
	err := d.change(ctx, number, func(a *application.Application) error { return a.TryCode(code, d.clock.Now()) })
	if err != nil {
		return nil, err
	}
	return nil, d.Store.Update(ctx, func(tx authority.Tx) error {
		list, err := tx.CertificatesOf(number)
		for _, c := range list {
			c.Status, c.StatusAt, c.Reason = registry.Hold, d.clock.Now(), 6
			if err := tx.UpdateCertificate(c); err != nil {
				return err
			}
		}
		return err
	})
}

func (d *domain) CertificateStatus(ctx context.Context, issuer, serial string) (c registry.Certificate, err error) {
	err = d.Store.View(ctx, func(tx authority.Tx) error { c, err = tx.Certificate(issuer, serial); return err })
	return registry.Certificate{Issuer: c.Issuer, Serial: c.Serial, Profile: c.Profile, Status: c.Status, StatusAt: c.StatusAt, Stage: c.Stage, Reason: c.Reason, NotBefore: c.NotBefore, NotAfter: c.NotAfter}, err
}

func (d *domain) RevocationChallenge(ctx context.Context, issuer, serial string, reason int, origin, lang string) (statement.Challenge, error) {
	return statement.New(rand.Reader, d.clock.Now(), statement.Revocation, lang, map[string]string{
		statement.FactAct: statement.Revoke, statement.FactReason: "1", statement.FactIssuer: issuer, statement.FactSerial: serial, statement.FactOrigin: origin})
}

func (d *domain) RevokeByHolder(ctx context.Context, nonce string, cms []byte) (registry.Certificate, error) {
	return registry.Certificate{}, fail.New(fail.Invalid, "application.request")
}
