package main

import (
	"os"

	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/fail"
)

type migrateCmd struct{ dataFlags }

// Run brings the store to this program's schema.
func (c *migrateCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil {
		return err
	}
	if _, err := os.Stat(config.store()); err != nil {
		return fail.Wrap(fail.NotFound, "store.absent", err, "data", config.Data)
	}
	from, to, err := sqlite.Migrate(a.ctx, config.store(), a.clock)
	if err != nil {
		return err
	}
	if from == to {
		return a.Print("migrate.none", "version", to)
	}
	return a.Print("migrate.done", "from", from, "to", to)
}
