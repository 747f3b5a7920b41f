package main

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"path/filepath"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/pki/crl"
)

// maxHierarchy caps a hierarchy file: a few authorities of a few lines each.
const maxHierarchy = 1 << 20

type caInitCmd struct {
	dataFlags
	Root             string `placeholder:"ROOTDIR" help:"${ca_root}"`
	Name             string `default:"Senim" help:"${ca_name}"`
	URL              string `name:"url" placeholder:"http://HOST" help:"${ca_url}"`
	Hierarchy        string `placeholder:"FILE" help:"${ca_hierarchy}"`
	Show             bool   `help:"${ca_show}"`
	UnlockFile       string `placeholder:"F" help:"${unlock_file}"`
	RootPasswordFile string `placeholder:"F" help:"${ca_root_password_file}"`
	AdminIIN         string `name:"admin-iin" placeholder:"IIN" help:"${ca_admin}"`
	AdminSurname     string `help:"${ca_admin}"`
	AdminName        string `help:"${ca_admin}"`
	AdminPatronymic  string `help:"${ca_admin}"`
	PasswordFile     string `placeholder:"F" help:"${new_password_file}"`
	Output           string `short:"o" default:"administrator.p12" placeholder:"K.p12" help:"${staff_output}"`
}

// Run makes a hierarchy, an empty store, and the first administrator.
func (c *caInitCmd) Run(a *app) error {
	hierarchy, err := c.hierarchy(a)
	if err != nil {
		return err
	}
	if err := hierarchy.Check(); err != nil {
		return err
	}
	if c.Show {
		return a.JSON(hierarchy)
	}
	config, err := c.config(a)
	if err != nil {
		return err
	}
	if c.Root == "" {
		return fail.New(fail.Invalid, "ca.no-root-folder")
	}
	if ca.Exists(config.Data) {
		return fail.New(fail.Conflict, "ca.exists", "data", config.Data)
	}
	if err := cli.Vacant(c.Output); err != nil {
		return err
	}
	admin := authority.StaffRequest{IIN: c.AdminIIN, Surname: c.AdminSurname, Name: c.AdminName, Patronymic: c.AdminPatronymic, Role: account.Administrator}
	if err := askName(a, &admin); err != nil {
		return err
	}
	// What hire would refuse is refused before there are authorities without an administrator.
	first := person.Person{IIN: admin.IIN, Surname: admin.Surname, Name: admin.Name, Patronymic: admin.Patronymic}
	if err := person.Normalize(&first, iin.Check); err != nil {
		return err
	}
	secret, err := a.NewSecret(c.UnlockFile, "unlock.new")
	if err != nil {
		return err
	}
	defer clear(secret)
	if err := ca.CheckSecret(secret); err != nil {
		return err
	}
	rootSecret, err := a.NewSecret(c.RootPasswordFile, "unlock.new-root")
	if err != nil {
		return err
	}
	defer clear(rootSecret)
	if err := ca.CheckSecret(rootSecret); err != nil {
		return err
	}
	password, err := a.NewSecret(c.PasswordFile, "key.new-password", "file", c.Output)
	if err != nil {
		return err
	}
	defer clear(password)
	if err := a.checkPassword(password); err != nil {
		return err
	}
	created, err := ca.Init(ca.InitOptions{
		Data: config.Data, RootDir: c.Root, Config: hierarchy, Secret: secret, RootSecret: rootSecret, Rand: rand.Reader, Now: a.clock.Now(),
	})
	if err != nil {
		return err
	}
	if _, _, err := sqlite.Migrate(a.ctx, config.store(), a.clock); err != nil {
		return err
	}
	h, err := ca.Open(config.Data, secret)
	if err != nil {
		return err
	}
	store, err := a.openStore(config)
	if err != nil {
		return err
	}
	o, err := a.assemble(config, h, store, nil, 0)
	if err != nil {
		return errors.Join(err, store.Close())
	}
	added, container, err := hire(a.ctx, o.Authority, console(), string(password), admin)
	if err == nil {
		err = writeKey(c.Output, container)
	}
	if err == nil {
		err = o.Publisher().Work(a.ctx)
	}
	if err = errors.Join(err, o.Close()); err != nil {
		return err
	}
	for _, x := range created.Authorities {
		if err := a.Print("ca.made", "subject", x.Subject.String()); err != nil {
			return err
		}
	}
	if err := a.printStaff(h.Name(), c.Output, added); err != nil {
		return err
	}
	for _, f := range created.RootFiles {
		a.Say("ca.take-away", "file", f)
	}
	a.Say("ca.next", "data", config.Data)
	return nil
}

// hierarchy is what is to be made: the file, or the usual one under a name and an address.
func (c *caInitCmd) hierarchy(a *app) (ca.Config, error) {
	if c.Hierarchy == "" {
		if c.URL == "" {
			return ca.Config{}, fail.New(fail.Invalid, "ca.no-url")
		}
		return ca.NewConfig(rand.Reader, c.Name, c.URL)
	}
	b, err := a.Read(c.Hierarchy, maxHierarchy)
	if err != nil {
		return ca.Config{}, err
	}
	var h ca.Config
	d := json.NewDecoder(bytes.NewReader(b))
	d.DisallowUnknownFields()
	if err := d.Decode(&h); err != nil {
		return h, fail.Wrap(fail.Invalid, "config.broken", err, "file", c.Hierarchy, "error", err.Error())
	}
	return h, nil
}

type caListCmd struct {
	dataFlags
	JSON bool `name:"json" help:"${json}"`
}

// Run lists the authorities of a hierarchy with the state of their lists.
func (c *caListCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	p, err := ca.OpenPublic(config.Data)
	if err != nil {
		return err
	}
	type row struct {
		Name     string `json:"name"`
		Root     bool   `json:"root"`
		Subject  string `json:"subject"`
		Serial   string `json:"serial"`
		NotAfter string `json:"notAfter"`
	}
	rows := []row{}
	for _, r := range p.Config.Roots {
		x := p.Roots[r.Name]
		rows = append(rows, row{r.Name, true, x.Subject.String(), x.SerialHex(), x.NotAfter.UTC().Format("2006-01-02T15:04:05Z")})
	}
	for _, r := range p.Config.Authorities {
		x := p.Authorities[r.Name]
		rows = append(rows, row{r.Name, false, x.Subject.String(), x.SerialHex(), x.NotAfter.UTC().Format("2006-01-02T15:04:05Z")})
	}
	if c.JSON {
		return a.JSON(map[string]any{"name": p.Config.Name, "demo": p.Config.Demo, "url": p.Config.URL, "logVerifier": p.LogVerifier, "authorities": rows})
	}
	for _, r := range rows {
		if err := a.Text(pad(r.Name, 12) + " " + r.Serial + " " + r.NotAfter[:10] + " " + r.Subject + "\n"); err != nil {
			return err
		}
	}
	return nil
}

type caCRLCmd struct {
	dataFlags
	Root             string         `required:"" placeholder:"ROOTDIR" help:"${ca_root}"`
	Revoke           map[string]int `placeholder:"NAME=REASON" help:"${ca_revoke}"`
	RootPasswordFile string         `placeholder:"F" help:"${ca_root_password_file}"`
}

// Run signs the next list of each root.
func (c *caCRLCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	for _, reason := range c.Revoke {
		if reason < 0 || crl.ReasonName(reason) == "" || reason == 6 || reason == 7 || reason > 10 {
			return fail.New(fail.Invalid, "ca.reason")
		}
	}
	secret, err := a.Secret(c.RootPasswordFile, "unlock.root", "folder", c.Root)
	if err != nil {
		return err
	}
	defer clear(secret)
	if err := ca.RenewRootLists(rand.Reader, config.Data, c.Root, secret, a.clock.Now(), c.Revoke); err != nil {
		return err
	}
	a.Say("ca.lists-renewed")
	return nil
}

// printStaff tells what a new member takes away. It is the only time that the one-time code's secret is shown.
func (a *app) printStaff(issuer, file string, added authority.StaffAdded) error {
	path, err := filepath.Abs(file)
	if err != nil {
		path = file
	}
	return a.Print("staff.added", "name", added.Staff.Name, "iin", added.Staff.IIN, "role", a.T("staff.role-"+string(added.Staff.Role)), "file", path,
		"secret", added.TOTP.Text(), "url", added.TOTP.URL(issuer, added.Staff.Name))
}

// askName asks for what the flags left out of a person.
func askName(a *app, r *authority.StaffRequest) error {
	for _, f := range []struct {
		value  *string
		prompt string
	}{{&r.IIN, "staff.ask-iin"}, {&r.Surname, "staff.ask-surname"}, {&r.Name, "staff.ask-name"}} {
		if *f.value != "" {
			continue
		}
		var err error
		if *f.value, err = a.Ask(f.prompt); err != nil {
			return err
		}
	}
	return nil
}
