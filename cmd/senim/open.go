package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"os/user"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/fail"
)

// An opened is an authority with its store, for one command.
type opened struct {
	*authority.Authority
	hierarchy *ca.Hierarchy
	store     *sqlite.Store
}

func (o *opened) Close() error { return o.store.Close() }

// openStore opens an existing store.
func (a *app) openStore(c Config) (*sqlite.Store, error) {
	if _, err := os.Stat(c.store()); errors.Is(err, fs.ErrNotExist) {
		return nil, fail.Wrap(fail.NotFound, "store.absent", err, "data", c.Data)
	}
	return sqlite.Open(a.ctx, c.store())
}

// openAuthority unlocks the authority of a data folder and opens its store, for a command beside the server.
func (a *app) openAuthority(c Config, u unlockFlags) (*opened, error) {
	config, err := ca.ReadConfig(c.Data)
	if err != nil {
		return nil, err
	}
	secret, err := u.secret(a, c, config.Demo)
	if err != nil {
		return nil, err
	}
	defer clear(secret)
	h, err := ca.Open(c.Data, secret)
	if err != nil {
		return nil, err
	}
	store, err := a.openStore(c)
	if err != nil {
		return nil, err
	}
	o, err := a.assemble(c, h, store, nil, 0)
	if err != nil {
		return nil, errors.Join(err, store.Close())
	}
	return o, nil
}

// assemble makes the authority of its parts.
func (a *app) assemble(c Config, h *ca.Hierarchy, store *sqlite.Store, log *slog.Logger, crlEvery time.Duration) (*opened, error) {
	au, err := authority.New(authority.Options{Store: store, Hierarchy: h, Clock: a.clock, Log: log, ExportDir: c.checkpoints(), CRLEvery: crlEvery})
	if err != nil {
		return nil, err
	}
	return &opened{Authority: au, hierarchy: h, store: store}, nil
}

// console is who works at the command line, for the log of the authority.
func console() string {
	if u, err := user.Current(); err == nil {
		return "console:" + u.Username
	}
	return "console"
}
