package authority

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/lint"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/pki/cert"
)

// StartDraft begins an application. The secret is what its maker's browser keeps; the authority keeps only its hash. A
// draft is nobody's act yet: it leaves no leaf, and is erased after 30 days.
func (a *Authority) StartDraft(ctx context.Context, lang string) (app *application.Application, secret string, err error) {
	number, err := application.NewNumber(a.rand)
	if err != nil {
		return nil, "", err
	}
	if secret, err = application.NewSecret(a.rand); err != nil {
		return nil, "", err
	}
	l, ok := i18n.ParseLang(lang)
	if !ok {
		l = i18n.RU
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		app = application.NewDraft(number, application.HashSecret(secret), string(l), a.now())
		return tx.PutApplication(app)
	})
	if err != nil {
		return nil, "", fmt.Errorf("couldn't begin an application: %w", err)
	}
	return app, secret, nil
}

// Draft returns a draft, or what became of it, to the browser that made it. Another's secret is fail.Forbidden.
func (a *Authority) Draft(ctx context.Context, number, secret string) (app *application.Application, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		app, err = owned(tx, number, secret)
		return err
	})
	return app, err
}

func owned(tx Tx, number, secret string) (*application.Application, error) {
	app, err := tx.Application(number)
	if err != nil {
		return nil, err
	}
	if !app.OwnedBy(secret) {
		return nil, fail.New(fail.Forbidden, "application.not-yours")
	}
	return app, nil
}

// change gives a draft to f and stores it.
func (a *Authority) change(ctx context.Context, number, secret string, f func(tx Tx, app *application.Application) error) error {
	return a.store.Update(ctx, func(tx Tx) error {
		app, err := owned(tx, number, secret)
		if err != nil {
			return err
		}
		if app.State != application.Draft {
			return fail.New(fail.Conflict, "application.submitted")
		}
		if err := f(tx, app); err != nil {
			return err
		}
		app.Changed = a.now()
		return tx.PutApplication(app)
	})
}

// SaveAnswers checks and keeps the answers of the form. Its error is fail.Fields with every fault at once. The register of
// persons is not looked at: nobody learns from a form who is in it. A request for a key that the new answers do not ask for is dropped.
func (a *Authority) SaveAnswers(ctx context.Context, number, secret string, answers application.Answers) error {
	answers, err := a.checkAnswers(answers)
	if err != nil {
		return err
	}
	return a.change(ctx, number, secret, func(tx Tx, app *application.Application) error {
		app.Answers = answers
		needed := a.NeededProfiles(app)
		app.Requests = slices.DeleteFunc(app.Requests, func(q application.KeyRequest) bool { return !slices.Contains(needed, q.Profile) })
		return nil
	})
}

// Values of Answers.
const (
	StorageFile = "file"

	SignGOST = "gost"
	SignRSA  = "rsa"
	SignBoth = "both"
	SignEC   = "ec" // where the hierarchy has an authority on P-256
)

const (
	maxEmail   = 254 // RFC 5321 section 4.5.3.1.3
	maxChoice  = 64  // of what the form offers; anything longer was not chosen there
	maxRequest = 16 << 10
)

func (a *Authority) checkAnswers(in application.Answers) (application.Answers, error) {
	var f fail.Fields
	out := in
	out.IIN = strings.Map(func(r rune) rune {
		if r == ' ' || r == '-' || r == '\u00a0' {
			return -1
		}
		return r
	}, strings.TrimSpace(in.IIN))
	if err := a.checkIIN(out.IIN); err != nil && !f.AddError("iin", err) {
		return out, err
	}
	name := func(field string, value *string, required bool) {
		if *value = strings.Join(strings.Fields(*value), " "); *value == "" {
			if required {
				f.Add(field, "application."+field+"-missing")
			}
			return
		}
		if !utf8.ValidString(*value) {
			f.Add(field, "person.encoding")
		} else if err := person.CheckName(person.NormalName(*value)); err != nil {
			f.AddError(field, err)
		}
	}
	name("surname", &out.Surname, true)
	name("name", &out.Name, true)
	name("patronymic", &out.Patronymic, false)
	if out.Email = strings.TrimSpace(in.Email); out.Email != "" {
		if !isEmail(out.Email) {
			f.Add("email", "application.email")
		}
	}
	if n := len(out.Locality); n == 0 || n > maxChoice {
		f.Add("locality", "application.locality-missing")
	}
	if out.Storage == "" {
		out.Storage = StorageFile
	}
	if out.Storage != StorageFile {
		f.Add("storage", "application.storage")
	}
	if out.Signing == "" {
		out.Signing = SignGOST
	}
	if a.neededFor(out.Signing) == nil {
		f.Add("signing", "application.signing")
	}
	if n := len(out.Agreement); n == 0 || n > maxChoice {
		f.Add("agreement", "application.agreement")
	}
	l, ok := i18n.ParseLang(out.Language)
	if !ok {
		l = i18n.RU
	}
	out.Language = string(l)
	return out, f.Err()
}

// isEmail reports whether s is an address on the internet by itself (RFC 5322 section 3.4.1, RFC 6532), all of which is seen.
func isEmail(s string) bool {
	addr, err := mail.ParseAddress(s)
	return err == nil && addr.Address == s && len(s) <= maxEmail && strings.Contains(s[strings.LastIndexByte(s, '@')+1:], ".") && !strings.ContainsFunc(s, func(r rune) bool { return !unicode.IsPrint(r) })
}

// NeededProfiles returns the templates for which the application's answers ask a key, the authentication key first.
func (a *Authority) NeededProfiles(app *application.Application) []string {
	return a.neededFor(app.Answers.Signing)
}

func (a *Authority) neededFor(signing string) []string {
	switch signing {
	case "", SignGOST:
		return []string{profile.IndividualAuthRSA, profile.IndividualSignGOST512}
	case SignRSA:
		return []string{profile.IndividualAuthRSA, profile.IndividualSignRSA}
	case SignBoth:
		return []string{profile.IndividualAuthRSA, profile.IndividualSignGOST512, profile.IndividualSignRSA}
	case SignEC:
		if a.hierarchy.Issuer(profile.IndividualSignP256) != nil {
			return []string{profile.IndividualSignP256}
		}
	}
	return nil
}

// AttachRequests checks and keeps the certification requests of a draft, by template: one for each of NeededProfiles, each
// made by the holder of its key, of a key that is strong, of the right kind, and used nowhere else. Names in them are not looked at.
func (a *Authority) AttachRequests(ctx context.Context, number, secret string, csrs map[string][]byte) error {
	requests := map[string]application.KeyRequest{}
	for name, csr := range csrs {
		q, err := keyRequest(name, csr)
		if err != nil {
			return err
		}
		for _, other := range requests {
			if other.KeyHash == q.KeyHash {
				return fail.New(fail.Invalid, "application.one-key-twice")
			}
		}
		requests[name] = q
	}
	return a.change(ctx, number, secret, func(tx Tx, app *application.Application) error {
		needed := a.NeededProfiles(app)
		if len(requests) != len(needed) {
			return fail.New(fail.Invalid, "application.keys-missing")
		}
		app.Requests = nil
		for _, name := range needed {
			q, ok := requests[name]
			if !ok {
				return fail.New(fail.Invalid, "application.keys-missing")
			}
			app.Requests = append(app.Requests, q)
		}
		return unused(tx, app)
	})
}

// keyRequest opens a certification request and judges its key.
func keyRequest(template string, csr []byte) (application.KeyRequest, error) {
	var q application.KeyRequest
	if len(csr) > maxRequest {
		return q, fail.New(fail.Invalid, "issue.request-form")
	}
	parsed, err := cert.ParseRequest(csr)
	if err != nil {
		return q, fail.Wrap(fail.Invalid, "issue.request-form", err)
	}
	if err := lint.Key(parsed.PublicKey); err != nil {
		return q, err
	}
	if kind := profile.KindOf(template); kind == "" || kind != parsed.PublicKey.Kind.Name {
		return q, fail.New(fail.Invalid, "lint.key-kind")
	}
	if err := parsed.CheckSignature(); err != nil {
		return q, fail.Wrap(fail.Invalid, "issue.request-signature", err)
	}
	return application.KeyRequest{Profile: template, CSR: slices.Clone(csr), Hash: sha256.Sum256(csr), KeyHash: sha256.Sum256(parsed.PublicKey.SPKI)}, nil
}

// unused checks that no key of the application has a certificate already, of whomever.
func unused(tx Tx, app *application.Application) error {
	for _, q := range app.Requests {
		row, err := tx.CertificateByKey(q.KeyHash)
		switch {
		case fail.Is(err, fail.NotFound):
		case err != nil:
			return err
		case row.Stage != registry.Abandoned && row.Application != app.Number:
			return fail.New(fail.Conflict, "application.key-used")
		}
	}
	return nil
}

// Submit hands the application in and returns its revocation code. Repeated, by a double click, another tab or after a lost
// answer, it answers the same again.
func (a *Authority) Submit(ctx context.Context, number, secret string) (app *application.Application, code string, err error) {
	if code, err = application.CodeOf(secret, number); err != nil {
		return nil, "", err
	}
	hash, err := application.HashCode(a.rand, code)
	if err != nil {
		return nil, "", err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		if app, err = owned(tx, number, secret); err != nil {
			return err
		}
		if app.State != application.Draft {
			return nil
		}
		if err := unused(tx, app); err != nil {
			return err
		}
		now := a.now()
		if err := app.Submit(now, a.NeededProfiles(app), hash); err != nil {
			return err
		}
		return a.moved(tx, now, app, actorApplicant)
	})
	if err != nil {
		return nil, "", err
	}
	return app, code, nil
}

// RevocationCode returns the revocation code of a submitted application to the browser that made it.
func (a *Authority) RevocationCode(ctx context.Context, number, secret string) (string, error) {
	app, err := a.Draft(ctx, number, secret)
	if err != nil {
		return "", err
	}
	if app.State == application.Draft {
		return "", fail.New(fail.Conflict, "application.not-submitted")
	}
	return application.CodeOf(secret, number)
}

// Status returns an application with its issued certificates to whoever has its number. What a stranger may see of it is for
// the page to mask. A draft is shown to nobody.
func (a *Authority) Status(ctx context.Context, number string) (app *application.Application, certificates []registry.Certificate, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		if app, err = submitted(tx, number); err != nil {
			return err
		}
		certificates, err = issued(tx, number)
		return err
	})
	if err != nil {
		return nil, nil, err
	}
	return app, certificates, nil
}

func submitted(tx Tx, number string) (*application.Application, error) {
	app, err := tx.Application(number)
	if err == nil && app.State == application.Draft {
		return nil, fail.New(fail.NotFound, "application.not-found")
	}
	return app, err
}

// issued returns the issued certificates of an application, the authentication certificate first.
func issued(tx Tx, number string) ([]registry.Certificate, error) {
	all, err := tx.CertificatesOf(number)
	all = slices.DeleteFunc(all, func(c registry.Certificate) bool { return c.Stage != registry.Issued })
	names := profile.Names()
	slices.SortStableFunc(all, func(x, y registry.Certificate) int {
		return slices.Index(names, x.Profile) - slices.Index(names, y.Profile)
	})
	return all, err
}

// withCode lets f act on an application on its revocation code. A wrong code is counted, and the count and its leaf are kept.
func (a *Authority) withCode(ctx context.Context, number, code string, f func(tx Tx, now time.Time, app *application.Application) error) error {
	code, err := application.ParseCode(code)
	if err != nil {
		return err
	}
	var wrong error
	err = a.store.Update(ctx, func(tx Tx) error {
		wrong = nil
		app, err := submitted(tx, number)
		if err != nil {
			return err
		}
		now := a.now()
		failures := app.CodeFailures
		if wrong = app.TryCode(code, now); wrong != nil {
			if err := a.record(tx, now, "code.refused", actorNobody, number, refusal{Code: fail.CodeOf(wrong)}); err != nil {
				return err
			}
			return tx.PutApplication(app)
		}
		if failures > 0 {
			if err := tx.PutApplication(app); err != nil {
				return err
			}
		}
		return f(tx, now, app)
	})
	if err == nil {
		err = wrong // which was committed
	}
	return err
}

// Cancel withdraws an application on its revocation code. Repeated, it does nothing.
func (a *Authority) Cancel(ctx context.Context, number, code string) error {
	return a.withCode(ctx, number, code, func(tx Tx, now time.Time, app *application.Application) error {
		if app.State == application.Cancelled {
			return nil
		}
		if err := app.Cancel(now); err != nil {
			return err
		}
		return a.moved(tx, now, app, actorApplicant)
	})
}

// MarkInstalled records that the applicant has installed the certificates. It is idempotent.
func (a *Authority) MarkInstalled(ctx context.Context, number string) error {
	return a.store.Update(ctx, func(tx Tx) error {
		app, err := submitted(tx, number)
		if err != nil || app.State == application.Installed {
			return err
		}
		now := a.now()
		if err := app.MarkInstalled(now); err != nil {
			return err
		}
		return a.moved(tx, now, app, actorApplicant)
	})
}

// ImportPersons puts persons into the register; who is told to the log. Persons with faults are an error before anything is
// written; an error later leaves whole batches of the beginning, which a second run writes again.
func (a *Authority) ImportPersons(ctx context.Context, persons []person.Person, who string) (imported int, err error) {
	persons = slices.Clone(persons)
	for i := range persons {
		if err := person.Normalize(&persons[i], a.checkIIN); err != nil {
			return 0, err
		}
	}
	for batch := range slices.Chunk(persons, importBatch) {
		err := a.store.Update(ctx, func(tx Tx) error {
			now := a.now()
			for _, p := range batch {
				p.Updated = now
				if err := tx.PutPerson(p); err != nil {
					return err
				}
			}
			return a.record(tx, now, "register.imported", who, "register", struct {
				Persons int `json:"persons"`
			}{len(batch)})
		})
		if err != nil {
			return imported, fmt.Errorf("couldn't import persons: %w", err)
		}
		imported += len(batch)
	}
	return imported, nil
}

// importBatch is how many persons one transaction writes: others wait for it some milliseconds.
const importBatch = 500
