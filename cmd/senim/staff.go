package main

import (
	"encoding/base32"
	"errors"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
)

type staffAddCmd struct {
	dataFlags
	unlockFlags
	IIN          string `name:"iin" placeholder:"IIN" help:"${staff_person}"`
	Surname      string `help:"${staff_person}"`
	Name         string `help:"${staff_person}"`
	Patronymic   string `help:"${staff_person}"`
	Role         string `enum:"operator,administrator" default:"operator" help:"${staff_role} (${enum})"`
	PasswordFile string `placeholder:"F" help:"${new_password_file}"`
	Output       string `short:"o" placeholder:"K.p12" help:"${staff_output}"`
}

// Run takes a member of staff in: keys, certificates, one-time codes.
func (c *staffAddCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	if c.Output == "" {
		c.Output = c.Role + ".p12"
	}
	if err := cli.Vacant(c.Output); err != nil {
		return err
	}
	r := authority.StaffRequest{IIN: c.IIN, Surname: c.Surname, Name: c.Name, Patronymic: c.Patronymic, Role: account.Role(c.Role)}
	o, err := a.openAuthority(config, c.unlockFlags)
	if err != nil {
		return err
	}
	added, container, err := c.hire(a, o, r)
	if err == nil {
		// The certificates exist now: a key file that could not be written is lost with them, and the member has to be removed.
		err = writeKey(c.Output, container)
	}
	if err = errors.Join(err, o.Close()); err != nil {
		return err
	}
	return a.printStaff(o.hierarchy.Name(), c.Output, added)
}

func (c *staffAddCmd) hire(a *app, o *opened, r authority.StaffRequest) (authority.StaffAdded, []byte, error) {
	if err := askName(a, &r); err != nil {
		return authority.StaffAdded{}, nil, err
	}
	password, err := a.NewSecret(c.PasswordFile, "key.new-password", "file", c.Output)
	if err != nil {
		return authority.StaffAdded{}, nil, err
	}
	defer clear(password)
	if err := a.checkPassword(password); err != nil {
		return authority.StaffAdded{}, nil, err
	}
	return hire(a.ctx, o.Authority, console(), string(password), r)
}

type staffListCmd struct {
	dataFlags
	JSON bool `name:"json" help:"${json}"`
}

// Run lists the members of staff. It needs no secret.
func (c *staffListCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	store, err := a.openStore(config)
	if err != nil {
		return err
	}
	defer store.Close()
	var all []account.Staff
	if err := store.View(a.ctx, func(tx authority.Tx) (err error) {
		all, err = tx.ListStaff()
		return err
	}); err != nil {
		return err
	}
	type row struct {
		IIN     string `json:"iin"`
		Name    string `json:"name"`
		Role    string `json:"role"`
		Removed bool   `json:"removed"`
		Created string `json:"created"`
	}
	rows := []row{}
	for _, s := range all {
		rows = append(rows, row{s.IIN, s.Name, string(s.Role), s.Removed, s.Created.UTC().Format("2006-01-02T15:04:05Z")})
		if c.JSON {
			continue
		}
		role := a.T("staff.role-" + string(s.Role))
		if s.Removed {
			role = a.T("staff.line-removed", "role", role)
		}
		if err := a.Text(s.IIN + "  " + pad(role, 16) + " " + clock.ShowDate(s.Created) + "  " + s.Name + "\n"); err != nil {
			return err
		}
	}
	if c.JSON {
		return a.JSON(map[string]any{"staff": rows})
	}
	return nil
}

type staffRemoveCmd struct {
	dataFlags
	unlockFlags
	IIN string `arg:"" name:"iin" help:"${staff_person}"`
}

// Run ends a membership and revokes the member's certificates.
func (c *staffRemoveCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	o, err := a.openAuthority(config, c.unlockFlags)
	if err != nil {
		return err
	}
	err = o.RemoveStaff(a.ctx, console(), c.IIN)
	if err == nil {
		err = o.Publisher().Work(a.ctx)
	}
	if err = errors.Join(err, o.Close()); err == nil {
		a.Say("staff.gone")
	}
	return err
}

type staffTOTPCmd struct {
	File string `arg:"" help:"${staff_totp_file}"`
}

// Run prints the one-time code of this moment, for whoever keeps the secret in a file as the demo does.
func (c *staffTOTPCmd) Run(a *app) error {
	text, err := a.Secret(c.File, "staff.totp-secret")
	if err != nil {
		return err
	}
	defer clear(text)
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(strings.TrimRight(string(text), "= ")))
	if err != nil || len(secret) < 10 {
		return fail.New(fail.Invalid, "staff.totp-broken", "file", c.File)
	}
	return a.Text(account.Secret(secret).Code(a.clock.Now()) + "\n")
}
