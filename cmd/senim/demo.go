package main

import (
	"bytes"
	"context"
	"crypto/rand"
	_ "embed"
	"encoding/base32"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/web/page/provider"
)

// demoRegister is the sample register. The numbers are those of people born in the nineteenth century, so that they are
// nobody's; the check digits are right.
//
//go:embed demo.csv
var demoRegister []byte

const (
	demoAdministrator = "711225100844"
	demoOperator      = "960517208970"
	demoPerson        = "800313100750" // whose key files lie in the folder
	demoPassword      = "demo-2026"    // of every key file of a demo; it opens nothing else
)

// stage is where a demo is made before its parts take their places, so that a start that was broken off leaves nothing half.
const (
	stageFolder = ".first-start"
	stageDone   = "done"
)

// demoParts in the order in which they take their places. The folder demo is last: where it is, everything is.
var demoParts = []string{"root", "ca", "audit", "store.db", "demo"}

// demo makes what a demo needs on the first start, and on later ones nothing.
func (c *serveCmd) demo(a *app, s *settings) error {
	if ca.Exists(s.Data) {
		config, err := ca.ReadConfig(s.Data)
		if err != nil {
			return err
		}
		if !config.Demo {
			return fail.New(fail.Forbidden, "serve.not-demo", "data", s.Data)
		}
	}
	if cli.IsDir(s.Config.demo()) {
		return nil
	}
	if err := cli.MakeDir(s.Data); err != nil {
		return err
	}
	stage := filepath.Join(s.Data, stageFolder)
	if _, err := os.Stat(filepath.Join(stage, stageDone)); errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(s.store()); err == nil {
			return fail.New(fail.Forbidden, "serve.not-demo", "data", s.Data)
		}
		if err := os.RemoveAll(stage); err != nil {
			return fail.Wrap(fail.Unavailable, "cli.file", err, "file", stage)
		}
		a.Say("demo.making")
		d := demo{a: a, dir: stage, url: s.url, status: s.url}
		if s.StatusListen != "" {
			d.status = "http://" + reachable(s.StatusListen)
		}
		if err := d.make(); err != nil {
			return err
		}
	}
	for _, part := range demoParts {
		err := os.Rename(filepath.Join(stage, part), filepath.Join(s.Data, part))
		if err != nil && !errors.Is(err, fs.ErrNotExist) { // it was moved by the start that was broken off
			return fail.Wrap(fail.Unavailable, "cli.file", err, "file", filepath.Join(s.Data, part))
		}
	}
	if err := os.RemoveAll(stage); err != nil {
		return fail.Wrap(fail.Unavailable, "cli.file", err, "file", stage)
	}
	return nil
}

// A demo is being made.
type demo struct {
	a           *app
	dir         string // the stage
	url, status string // of the pages, and of what certificates name
	o           *opened
	operator    *provider.Ring
}

func (d *demo) path(name string) string { return filepath.Join(d.dir, "demo", name) }

func (d *demo) write(name string, data []byte) error {
	return cli.Write(d.path(name), data, 0o600, true)
}

// make makes everything: hierarchy, store, register, staff, and the key files of a sample person, which go through the line
// like anybody's: application, an operator's signed decision, issuance, installation.
func (d *demo) make() (err error) {
	if err := cli.MakeDir(filepath.Join(d.dir, "demo")); err != nil {
		return err
	}
	if err := d.authority(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.o.Close()) }()
	persons, refused, err := person.ReadCSV(bytes.NewReader(demoRegister), iin.Check)
	if err == nil && len(refused) > 0 {
		err = fmt.Errorf("the sample register has %d faults", len(refused))
	}
	if err != nil {
		return err
	}
	if _, err := d.o.ImportPersons(d.a.ctx, persons, "demo"); err != nil {
		return err
	}
	byIIN := map[string]person.Person{}
	for _, p := range persons {
		byIIN[p.IIN] = p
	}
	for _, m := range []struct {
		iin  string
		role account.Role
	}{{demoAdministrator, account.Administrator}, {demoOperator, account.Operator}} {
		if err := d.hire(byIIN[m.iin], m.role); err != nil {
			return fmt.Errorf("couldn't hire the demo's %s: %w", m.role, err)
		}
	}
	if err := d.person(byIIN[demoPerson]); err != nil {
		return fmt.Errorf("couldn't make the sample person's keys: %w", err)
	}
	if err := d.o.Publisher().Work(d.a.ctx); err != nil {
		return err
	}
	if err := d.write("password", []byte(demoPassword+"\n")); err != nil {
		return err
	}
	var trust bytes.Buffer
	for _, c := range append(d.o.hierarchy.Anchors(), d.o.hierarchy.Intermediates()...) {
		if err := pem.Encode(&trust, &pem.Block{Type: "CERTIFICATE", Bytes: c.Raw}); err != nil {
			return err
		}
	}
	if err := d.write("trust.pem", trust.Bytes()); err != nil {
		return err
	}
	if err := d.write("persons.csv", demoRegister); err != nil {
		return err
	}
	return cli.Write(filepath.Join(d.dir, stageDone), nil, 0o600, true)
}

func (d *demo) authority() error {
	config := ca.DemoConfig()
	usual := config.URL
	at := func(s *string) { *s = strings.Replace(*s, usual, d.status, 1) }
	at(&config.URL)
	for i := range config.Roots {
		at(&config.Roots[i].CPS)
	}
	for i := range config.Authorities {
		at(&config.Authorities[i].CPS)
	}
	var random [20]byte
	if _, err := rand.Read(random[:]); err != nil {
		return err
	}
	secret := []byte(base32.StdEncoding.EncodeToString(random[:]))
	if err := d.write("unlock", append(bytes.Clone(secret), '\n')); err != nil {
		return err
	}
	if _, err := ca.Init(ca.InitOptions{
		Data: d.dir, RootDir: filepath.Join(d.dir, "root"), Config: config, Secret: secret, Rand: rand.Reader, Now: d.a.clock.Now(),
	}); err != nil {
		return err
	}
	h, err := ca.Open(d.dir, secret)
	if err != nil {
		return err
	}
	c := Config{Data: d.dir}
	if _, _, err := sqlite.Migrate(d.a.ctx, c.store(), d.a.clock); err != nil {
		return err
	}
	store, err := d.a.openStore(c)
	if err != nil {
		return err
	}
	if d.o, err = d.a.assemble(c, h, store, nil, 0); err != nil {
		return errors.Join(err, store.Close())
	}
	return nil
}

func (d *demo) hire(p person.Person, role account.Role) error {
	added, container, err := hire(d.a.ctx, d.o.Authority, "demo", demoPassword, authority.StaffRequest{
		IIN: p.IIN, Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, Role: role,
	})
	if err != nil {
		return err
	}
	if role == account.Operator {
		if d.operator, err = provider.Open(container, demoPassword); err != nil {
			return err
		}
	}
	name := string(role)
	return errors.Join(
		d.write(name+".p12", container),
		d.write(name+".totp", []byte(added.TOTP.Text()+"\n")),
		d.write(name+".txt", []byte(added.Staff.Name+"\n"+added.Staff.IIN+"\n"+added.TOTP.URL(d.o.hierarchy.Name(), added.Staff.Name)+"\n")),
	)
}

// person takes one person through the line.
func (d *demo) person(p person.Person) error {
	ctx := d.a.ctx
	app, secret, err := d.o.StartDraft(ctx, "kk")
	if err != nil {
		return err
	}
	if err := d.o.SaveAnswers(ctx, app.Number, secret, application.Answers{
		IIN: p.IIN, Surname: p.Surname, Name: p.Name, Patronymic: p.Patronymic, Email: "demo@example.kz", Locality: "astana",
		Storage: authority.StorageFile, Signing: authority.SignBoth, Agreement: "demo", Language: "kk",
	}); err != nil {
		return err
	}
	if app, err = d.o.Draft(ctx, app.Number, secret); err != nil {
		return err
	}
	ring, requests, err := newKeys(app.Number, demoPassword, d.o.NeededProfiles(app))
	if err != nil {
		return err
	}
	defer ring.Forget()
	if err := d.o.AttachRequests(ctx, app.Number, secret, requests); err != nil {
		return err
	}
	if _, _, err := d.o.Submit(ctx, app.Number, secret); err != nil {
		return err
	}
	if err := d.decide(ctx, app.Number); err != nil {
		return err
	}
	if err := d.o.WorkIssue(ctx); err != nil {
		return err
	}
	return d.install(ctx, app.Number, ring)
}

// decide is the operator's signed approval.
func (d *demo) decide(ctx context.Context, number string) error {
	challenge, err := d.o.DecisionChallenge(ctx, demoOperator, number, true, "", d.url, "kk")
	if err != nil {
		return err
	}
	now := d.a.clock.Now()
	key, err := d.operator.Choose(provider.Signing, now)
	if err != nil {
		return err
	}
	signed, err := d.operator.SignStatement(rand.Reader, key[0], provider.Signing, challenge.Text, now)
	if err != nil {
		return err
	}
	_, err = d.o.Decide(ctx, demoOperator, challenge.Nonce, signed)
	return err
}

func (d *demo) install(ctx context.Context, number string, ring *provider.Ring) error {
	_, rows, err := d.o.Status(ctx, number)
	if err != nil {
		return err
	}
	var certificates bytes.Buffer
	for _, r := range rows {
		if err := pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: r.DER}); err != nil {
			return err
		}
	}
	files, err := ring.Install(rand.Reader, certificates.Bytes(), demoPassword, keyfile.National)
	if err != nil {
		return err
	}
	for _, f := range files {
		if err := d.write(f.Name, f.Container); err != nil {
			return err
		}
	}
	return d.o.MarkInstalled(ctx, number)
}

// sayDemo tells whoever started a demo what to open, and with what.
func (a *app) sayDemo(s settings) {
	dir := s.Config.demo()
	file := func(pattern string) string {
		found, err := filepath.Glob(filepath.Join(dir, pattern))
		if err != nil || len(found) == 0 {
			return filepath.Join(dir, pattern)
		}
		return found[0]
	}
	a.Say("demo.next", "portal", s.url+"/", "desk", s.deskURL+"/desk", "password", demoPassword, "dir", dir,
		"operator", filepath.Join(dir, "operator.p12"), "senim", os.Args[0], "totp", os.Args[0]+" staff totp "+filepath.Join(dir, "operator.totp"),
		"key", file("GOST512_*.p12"), "passwordfile", filepath.Join(dir, "password"), "trust", filepath.Join(dir, "trust.pem"))
}
