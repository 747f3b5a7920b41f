package main

import (
	"errors"
	"path/filepath"
	"strconv"
	"strings"

	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/iin"
)

type registerImportCmd struct {
	dataFlags
	unlockFlags
	TestNumbers bool   `help:"${register_test}"`
	File        string `arg:"" help:"${register_file}"`
}

// Run imports persons. Refused lines are told one by one; the others are imported.
func (c *registerImportCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	persons, refused, err := c.read()
	if err != nil {
		return err
	}
	o, err := a.openAuthority(config, c.unlockFlags)
	if err != nil {
		return err
	}
	imported, err := o.ImportPersons(a.ctx, persons, console())
	if err = errors.Join(err, o.Close()); err != nil {
		return err
	}
	for _, r := range refused {
		args := []any{}
		for k, v := range r.Args {
			args = append(args, k, v)
		}
		a.Say("register.refused", "line", strconv.Itoa(r.Line), "iin", r.IIN, "why", a.T(r.Code, args...))
	}
	if err := a.Print("register.imported", "count", imported, "refused", len(refused)); err != nil {
		return err
	}
	if len(refused) > 0 {
		return verdict(cli.NotValid)
	}
	return nil
}

func (c *registerImportCmd) read() ([]person.Person, []person.Refused, error) {
	f, err := cli.Open(c.File)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	check := iin.Check
	if c.TestNumbers {
		check = iin.CheckLenient
	}
	if strings.EqualFold(filepath.Ext(c.File), ".json") {
		return person.ReadJSON(f, check)
	}
	return person.ReadCSV(f, check)
}
