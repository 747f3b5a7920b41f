package main

import (
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/cmd/internal/cli"
)

type auditVerifyCmd struct {
	dataFlags
	JSON bool `name:"json" help:"${json}"`
}

// Run re-checks log, register, lists and checkpoints of a store. It needs no secret, and exits 1 when they disagree.
func (c *auditVerifyCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	public, err := ca.OpenPublic(config.Data)
	if err != nil {
		return err
	}
	exported, err := audit.Exported(config.checkpoints())
	if err != nil {
		return err
	}
	store, err := a.openStore(config)
	if err != nil {
		return err
	}
	defer store.Close()
	r, err := authority.VerifyLog(a.ctx, store, public, exported)
	if err != nil {
		return err
	}
	if c.JSON {
		err = a.JSON(struct {
			OK bool `json:"ok"`
			audit.Report
		}{r.OK(), r})
	} else {
		err = a.printAudit(r)
	}
	if err != nil {
		return err
	}
	if !r.OK() {
		return verdict(cli.NotValid)
	}
	return nil
}

func (a *app) printAudit(r audit.Report) error {
	if err := a.Print("audit.counts", "entries", r.Entries, "signed", r.Signed, "checkpoints", r.Checkpoints, "certificates", r.Certificates,
		"applications", r.Applications, "lists", r.Lists); err != nil {
		return err
	}
	for _, o := range r.Open {
		if err := a.Print("audit.open", "certificate", o); err != nil {
			return err
		}
	}
	for _, n := range r.Notes {
		if err := a.Print("audit.note", "text", n.String()); err != nil {
			return err
		}
	}
	for _, p := range r.Problems {
		if err := a.Print("audit.problem", "text", p.String()); err != nil {
			return err
		}
	}
	if r.OK() {
		return a.Print("audit.ok")
	}
	return a.Print("audit.bad", "count", len(r.Problems)+r.More)
}
