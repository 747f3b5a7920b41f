package authority

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/fail"
)

// RevocationReasons returns the reasons that the holder of a certificate may give.
func RevocationReasons() []int {
	return []int{revoke.KeyCompromise, revoke.AffiliationChanged, revoke.Superseded, revoke.CessationOfOperation, revoke.Unspecified}
}

// HoldByCode suspends the certificates of an application on its revocation code, at once: for whoever lost the key or its
// password. Who holds the key, or an operator, then revokes or lifts.
func (a *Authority) HoldByCode(ctx context.Context, number, code string) (held []registry.Certificate, err error) {
	err = a.withCode(ctx, number, code, func(tx Tx, now time.Time, app *application.Application) error {
		held = nil
		rows, err := issued(tx, number)
		if err != nil {
			return err
		}
		for _, row := range rows {
			if row.Status == registry.Revoked || now.After(row.NotAfter) {
				continue
			}
			row, err := revoke.Change(tx, now, a.rand, revoke.Order{Issuer: row.Issuer, Serial: row.Serial, To: registry.Hold, Actor: actorHolder, Words: "by revocation code"})
			if err != nil {
				return err
			}
			held = append(held, row)
		}
		if held == nil {
			return fail.New(fail.Conflict, "application.nothing-to-suspend")
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	revoke.Committed()
	return held, nil
}

// RevocationChallenge makes the text that the holder of a certificate signs to revoke it, with the signing key of that certificate or
// of another of his. issuer names the issuing authority, serial is hexadecimal; reason is one of RevocationReasons.
func (a *Authority) RevocationChallenge(ctx context.Context, issuer, serial string, reason int, origin, lang string) (statement.Challenge, error) {
	if !slices.Contains(RevocationReasons(), reason) {
		return statement.Challenge{}, fail.New(fail.Invalid, "certificate.reason")
	}
	return a.challenge(ctx, statement.Revocation, lang, func(tx Tx) (map[string]string, error) {
		// Whose certificate it is stays out of the text: who asks has shown nothing yet.
		c, err := changeable(tx, issuer, serial, registry.Revoked)
		return map[string]string{
			statement.FactIssuer: c.Issuer, statement.FactSerial: c.Serial, statement.FactAct: statement.Revoke,
			statement.FactReason: strconv.Itoa(reason), statement.FactOrigin: origin,
		}, err
	})
}

// changeable returns an issued certificate that may be given the status.
func changeable(tx Tx, issuer, serial string, to registry.Status) (registry.Certificate, error) {
	c, err := existing(tx, issuer, serial)
	switch {
	case err != nil:
		return c, err
	case c.Status.MayBecome(to):
		return c, nil
	case to == registry.Valid:
		return c, fail.New(fail.Conflict, "certificate.not-held")
	case c.Status == registry.Hold:
		return c, fail.New(fail.Conflict, "certificate.held")
	}
	return c, fail.New(fail.Conflict, "certificate.revoked")
}

// RevokeByHolder revokes the certificate of a signed RevocationChallenge. The signer's certificate is for signing, good at this
// moment, and of the same IIN. Sent twice, it answers the same again.
func (a *Authority) RevokeByHolder(ctx context.Context, nonce string, cms []byte) (registry.Certificate, error) {
	return a.changeStatus(ctx, nonce, cms, actorHolder, func(tx Tx, v statement.Verified, row registry.Certificate) error {
		if v.Fact(statement.FactStaff) != "" {
			return fail.New(fail.Forbidden, "statement.other-signer")
		}
		if v.IIN() == "" || v.IIN() != row.IIN {
			return fail.New(fail.Forbidden, "certificate.not-yours")
		}
		return nil
	})
}

// OperatorRevocationChallenge makes the text that a member of staff signs to change the status of a certificate. act is
// statement.Revoke, statement.Hold or statement.Lift; reason is one of revoke.Reasons, for a revocation; why says it in words, and is demanded.
func (a *Authority) OperatorRevocationChallenge(ctx context.Context, staff, issuer, serial string, act string, reason int, why, origin, lang string) (statement.Challenge, error) {
	to, ok := statusOf(act)
	if !ok {
		return statement.Challenge{}, fail.New(fail.Invalid, "certificate.act")
	}
	if to == registry.Revoked && !slices.Contains(revoke.Reasons(), reason) {
		return statement.Challenge{}, fail.New(fail.Invalid, "certificate.reason")
	}
	why = strings.Join(strings.Fields(why), " ")
	if err := words(why); err != nil {
		return statement.Challenge{}, err
	}
	return a.challenge(ctx, statement.Revocation, lang, func(tx Tx) (map[string]string, error) {
		if _, err := a.member(tx, staff); err != nil {
			return nil, err
		}
		c, err := changeable(tx, issuer, serial, to)
		if err != nil {
			return nil, err
		}
		if c.IIN == staff {
			return nil, fail.New(fail.Forbidden, "certificate.own")
		}
		facts := map[string]string{
			statement.FactStaff: staff, statement.FactIssuer: c.Issuer, statement.FactSerial: c.Serial, statement.FactPerson: c.Name, statement.FactIIN: c.IIN,
			statement.FactAct: act, statement.FactWords: why, statement.FactOrigin: origin,
		}
		if to == registry.Revoked {
			facts[statement.FactReason] = strconv.Itoa(reason)
		}
		return facts, nil
	})
}

// RevokeByOperator carries out a signed OperatorRevocationChallenge. Sent twice, it answers the same again.
func (a *Authority) RevokeByOperator(ctx context.Context, staff, nonce string, cms []byte) (registry.Certificate, error) {
	return a.changeStatus(ctx, nonce, cms, staffActor(staff), func(tx Tx, v statement.Verified, row registry.Certificate) error {
		s, err := a.member(tx, staff)
		if err != nil {
			return err
		}
		if v.IIN() != staff || v.Fact(statement.FactStaff) != staff || v.Role() != s.Role.Power() {
			return fail.New(fail.Forbidden, "statement.other-signer")
		}
		if row.IIN == staff {
			return fail.New(fail.Forbidden, "certificate.own")
		}
		return nil
	})
}

func statusOf(act string) (registry.Status, bool) {
	switch act {
	case statement.Revoke:
		return registry.Revoked, true
	case statement.Hold:
		return registry.Hold, true
	case statement.Lift:
		return registry.Valid, true
	}
	return "", false
}

// changeStatus carries out a signed statement about a certificate when may allows it.
func (a *Authority) changeStatus(ctx context.Context, nonce string, cms []byte, actor string, may func(Tx, statement.Verified, registry.Certificate) error) (registry.Certificate, error) {
	c, checked, err := a.answer(ctx, nonce, statement.Revocation, cms)
	var row registry.Certificate
	if err == nil {
		err = a.store.Update(ctx, func(tx Tx) error {
			v, err := checked.Accept(tx)
			if err != nil {
				return err
			}
			if row, err = existing(tx, v.Fact(statement.FactIssuer), v.Fact(statement.FactSerial)); err != nil {
				return err
			}
			if err := may(tx, v, row); err != nil {
				return err
			}
			to, ok := statusOf(v.Fact(statement.FactAct))
			if !ok {
				return fail.New(fail.Invalid, "certificate.act")
			}
			o := revoke.Order{Issuer: row.Issuer, Serial: row.Serial, To: to, Actor: actor, Words: v.Fact(statement.FactWords)}
			o.Evidence, _ = v.Evidence()
			if to == registry.Revoked {
				if o.Reason, err = strconv.Atoi(v.Fact(statement.FactReason)); err != nil {
					return fail.Wrap(fail.Invalid, "certificate.reason", err)
				}
			}
			row, err = revoke.Change(tx, a.now(), a.rand, o)
			return err
		})
	}
	if fail.CodeOf(err) == "statement.used" {
		// A second sending: what it asks for is so, or it is refused.
		if again, same := a.standing(ctx, c); same {
			return again, nil
		}
	}
	if err != nil {
		return registry.Certificate{}, a.refused(ctx, "revocation.refused", actor, c.Subject, refusal{Nonce: c.Nonce, Purpose: string(statement.Revocation)}, err)
	}
	revoke.Committed()
	return row, nil
}

func (a *Authority) standing(ctx context.Context, c statement.Challenge) (row registry.Certificate, same bool) {
	to, ok := statusOf(c.Args[statement.FactAct])
	err := a.store.View(ctx, func(tx Tx) (err error) {
		row, err = existing(tx, c.Args[statement.FactIssuer], c.Args[statement.FactSerial])
		return err
	})
	return row, ok && err == nil && row.Status == to
}
