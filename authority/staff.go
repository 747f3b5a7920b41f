package authority

import (
	"context"
	"fmt"
	"slices"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/issue"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/base/fail"
)

// StaffProfiles returns the templates for which a member of that role needs keys, the authentication key first.
func StaffProfiles(role account.Role) []string { return role.Templates() }

// AddStaff takes a new member in and issues his certificates; who is told to the log. The certificates come first: without the
// record that follows they open nothing. Whoever was removed before may come back, with new keys.
func (a *Authority) AddStaff(ctx context.Context, who string, r StaffRequest) (StaffAdded, error) {
	p := person.Person{IIN: r.IIN, Surname: r.Surname, Name: r.Name, Patronymic: r.Patronymic}
	if err := person.Normalize(&p, a.checkIIN); err != nil {
		return StaffAdded{}, err
	}
	needed := StaffProfiles(r.Role)
	if needed == nil {
		return StaffAdded{}, fail.New(fail.Invalid, "staff.role-unknown")
	}
	if len(r.Requests) != len(needed) {
		return StaffAdded{}, fail.New(fail.Invalid, "application.keys-missing")
	}
	for _, template := range needed {
		if _, err := keyRequest(template, r.Requests[template]); err != nil {
			return StaffAdded{}, err
		}
	}
	if err := a.store.View(ctx, func(tx Tx) error { return vacant(tx, p.IIN) }); err != nil {
		return StaffAdded{}, err
	}
	out := StaffAdded{Certificates: map[string][]byte{}}
	for _, template := range needed {
		row, err := a.issuer.Staff(ctx, issue.StaffOrder{Profile: template, Person: p, CSR: r.Requests[template], Actor: who, Words: "staff: " + string(r.Role)})
		if err != nil {
			return StaffAdded{}, err
		}
		out.Certificates[template] = row.DER
	}
	var err error
	if out.TOTP, err = account.NewSecret(a.rand); err != nil {
		return StaffAdded{}, err
	}
	now := a.now()
	out.Staff = account.Staff{IIN: p.IIN, Name: p.CommonName(), Role: r.Role, Created: now}
	if err := out.Staff.SetTOTP(a.rand, a.hierarchy, out.TOTP); err != nil {
		return StaffAdded{}, err
	}
	err = a.store.Update(ctx, func(tx Tx) error {
		if err := vacant(tx, p.IIN); err != nil {
			return err
		}
		if err := tx.PutStaff(out.Staff); err != nil {
			return err
		}
		return a.record(tx, now, "staff.added", who, "staff:"+p.IIN, staffFact{string(r.Role)})
	})
	if err != nil {
		return StaffAdded{}, fmt.Errorf("couldn't add the member of staff: %w", err)
	}
	return out, nil
}

type staffFact struct {
	Role string `json:"role"`
}

func vacant(tx Tx, iin string) error {
	s, err := tx.Staff(iin)
	if err == nil && !s.Removed {
		return fail.New(fail.Conflict, "staff.exists")
	}
	return absent(err)
}

// RemoveStaff ends a membership and revokes the member's certificates, in one transaction. The last administrator stays.
func (a *Authority) RemoveStaff(ctx context.Context, who, iin string) error {
	err := a.store.Update(ctx, func(tx Tx) error {
		s, err := a.member(tx, iin)
		if fail.CodeOf(err) == "staff.not-staff" {
			return fail.Wrap(fail.NotFound, "staff.not-found", err)
		}
		if err != nil {
			return err
		}
		all, err := tx.ListStaff()
		if err != nil {
			return err
		}
		if s.Role == account.Administrator && !slices.ContainsFunc(all, func(o account.Staff) bool {
			return o.Role == account.Administrator && !o.Removed && o.IIN != iin
		}) {
			return fail.New(fail.Conflict, "staff.last-administrator")
		}
		now := a.now()
		rows, err := tx.FindCertificates(registry.Filter{IIN: iin, Stage: registry.Issued, Limit: 1000})
		if err != nil {
			return err
		}
		for _, row := range rows {
			if !slices.Contains(s.Role.Templates(), row.Profile) || row.Status == registry.Revoked || now.After(row.NotAfter) {
				continue
			}
			if _, err := revoke.Change(tx, now, a.rand, revoke.Order{
				Issuer: row.Issuer, Serial: row.Serial, To: registry.Revoked, Reason: revoke.PrivilegeWithdrawn, Actor: who, Words: "staff removed",
			}); err != nil {
				return err
			}
		}
		s.Removed, s.TOTP = true, nil
		if err := tx.PutStaff(s); err != nil {
			return err
		}
		return a.record(tx, now, "staff.removed", who, "staff:"+iin, staffFact{string(s.Role)})
	})
	if err != nil {
		return fmt.Errorf("couldn't remove the member of staff: %w", err)
	}
	revoke.Committed()
	return nil
}

// ListStaff returns the members of staff, removed ones too.
func (a *Authority) ListStaff(ctx context.Context) (all []account.Staff, err error) {
	err = a.store.View(ctx, func(tx Tx) error {
		all, err = tx.ListStaff()
		return err
	})
	return all, err
}
