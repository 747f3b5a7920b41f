package main

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/web/page"
)

// minDisk is the free space below which doctor warns: a store and its log grow by some 10 kB for each application.
const minDisk = 1 << 30

// soon is how long before the end of a list or certificate doctor begins to warn.
const soon = 30 * 24 * time.Hour

type doctorCmd struct {
	dataFlags
	JSON bool `name:"json" help:"${json}"`
}

// A complaint is one line of doctor.
type complaint struct {
	Check string `json:"check"`
	Level string `json:"level"` // ok, warn, bad
	Text  string `json:"text"`
}

// A doctor collects complaints.
type doctor struct {
	a     *app
	c     Config
	found []complaint
}

func (d *doctor) say(check, level, key string, args ...any) {
	d.found = append(d.found, complaint{check, level, d.a.T(key, args...)})
}

// Run looks at a data folder from outside, without its secret, and tells what is well and what is not. It exits 1 when
// something is bad.
func (c *doctorCmd) Run(a *app) error {
	config, err := c.config(a)
	if err != nil && fail.CodeOf(err) != "config.no-data" {
		return err
	}
	d := &doctor{a: a, c: config}
	d.build()
	if config.Data == "" {
		d.say("data", "warn", "doctor.no-data")
	} else {
		d.data()
	}
	bad := false
	for _, f := range d.found {
		bad = bad || f.Level == "bad"
		if !c.JSON {
			if err := a.Text(pad(a.T("doctor.level-"+f.Level), 8) + f.Text + "\n"); err != nil {
				return err
			}
		}
	}
	if c.JSON {
		if err := a.JSON(map[string]any{"ok": !bad, "checks": d.found}); err != nil {
			return err
		}
	}
	if bad {
		return verdict(cli.NotValid)
	}
	return nil
}

func (d *doctor) build() {
	if page.Built() {
		d.say("wasm", "ok", "doctor.wasm-ok")
	} else {
		d.say("wasm", "warn", "doctor.wasm-absent")
	}
}

func (d *doctor) data() {
	public, err := ca.OpenPublic(d.c.Data)
	if err != nil {
		d.found = append(d.found, complaint{"hierarchy", "bad", d.a.Explain(err)})
		return
	}
	d.say("hierarchy", "ok", "doctor.hierarchy-ok", "name", public.Config.Name)
	d.roots(public)
	d.permissions()
	d.disk()
	d.urls(public)
	d.certificates(public)
	d.store(public)
}

// roots looks for keys of roots by their names; serve looks at contents too.
func (d *doctor) roots(p ca.Public) {
	if p.Config.Demo {
		d.say("root", "ok", "doctor.root-demo")
		return
	}
	var inside string
	err := filepath.WalkDir(d.c.Data, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, r := range p.Config.Roots {
			if e.Name() == r.Name+".p12" {
				inside = path
			}
		}
		return nil
	})
	switch {
	case err != nil:
		d.found = append(d.found, complaint{"root", "bad", d.a.T("cli.file", "file", d.c.Data)})
	case inside != "":
		d.say("root", "bad", "doctor.root-inside", "file", inside)
	default:
		d.say("root", "ok", "doctor.root-ok")
	}
}

// permissions: keys and store are for their owner alone.
func (d *doctor) permissions() {
	for _, path := range []string{filepath.Join(d.c.Data, "ca"), d.c.store()} {
		info, err := os.Stat(path)
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			d.found = append(d.found, complaint{"permissions", "bad", d.a.T("cli.file", "file", path)})
			return
		}
		if info.Mode().Perm()&0o077 != 0 {
			d.say("permissions", "bad", "doctor.permissions-open", "path", path, "mode", info.Mode().Perm().String())
			return
		}
	}
	d.say("permissions", "ok", "doctor.permissions-ok")
}

func (d *doctor) disk() {
	free, known := freeSpace(d.c.Data)
	if !known {
		d.say("disk", "warn", "doctor.disk-unknown")
		return
	}
	level, key := "ok", "doctor.disk-ok"
	if free < minDisk {
		level, key = "warn", "doctor.disk-low"
	}
	d.say("disk", level, key, "free", strconv.FormatUint(free>>20, 10))
}

// urls: what stands in certificates never changes, so the server has to be where they say.
func (d *doctor) urls(p ca.Public) {
	listen := d.c.Listen
	if d.c.StatusListen != "" {
		listen = d.c.StatusListen
	}
	u, err := url.Parse(p.Config.URL)
	if err != nil || listen == "" || u.Host == reachable(listen) {
		d.say("urls", "ok", "doctor.urls", "url", p.Config.URL)
		return
	}
	d.say("urls", "warn", "doctor.urls-differ", "url", p.Config.URL, "listen", listen)
}

func (d *doctor) certificates(p ca.Public) {
	now := d.a.clock.Now()
	bad := false
	for _, r := range p.Config.Roots {
		bad = d.ends(r.Name, p.Roots[r.Name].NotAfter, now) || bad
	}
	for _, r := range p.Config.Authorities {
		bad = d.ends(r.Name, p.Authorities[r.Name].NotAfter, now) || bad
	}
	if !bad {
		d.say("certificates", "ok", "doctor.certificates-ok")
	}
}

func (d *doctor) ends(name string, at, now time.Time) bool {
	switch {
	case now.After(at):
		d.say("certificates", "bad", "doctor.certificate-ended", "name", name, "date", clock.ShowDate(at))
	case at.Sub(now) < soon:
		d.say("certificates", "warn", "doctor.certificate-ends", "name", name, "date", clock.ShowDate(at))
	default:
		return false
	}
	return true
}

func (d *doctor) store(p ca.Public) {
	if _, err := os.Stat(d.c.store()); errors.Is(err, fs.ErrNotExist) {
		d.say("store", "bad", "store.absent", "data", d.c.Data)
		return
	}
	ctx, cancel := context.WithTimeout(d.a.ctx, 30*time.Second)
	defer cancel()
	s, err := sqlite.Open(ctx, d.c.store())
	if err != nil {
		d.found = append(d.found, complaint{"store", "bad", d.a.Explain(err)})
		return
	}
	defer s.Close()
	var last time.Time
	lists := map[string]publish.List{}
	persons := 0
	err = s.View(ctx, func(tx authority.Tx) (err error) {
		if last, err = tx.LastEntryTime(); err != nil {
			return err
		}
		if persons, err = tx.CountPersons(); err != nil {
			return err
		}
		names := []string{}
		for _, r := range p.Config.Roots {
			names = append(names, r.Name)
		}
		for _, r := range p.Config.Authorities {
			names = append(names, r.Name)
		}
		for _, n := range names {
			l, err := tx.LastList(n)
			if err != nil && !fail.Is(err, fail.NotFound) {
				return err
			}
			lists[n] = l
		}
		return nil
	})
	if err != nil {
		d.found = append(d.found, complaint{"store", "bad", d.a.Explain(err)})
		return
	}
	d.say("store", "ok", "doctor.store-ok")
	if persons == 0 {
		d.say("register", "warn", "doctor.register-empty", "data", d.c.Data)
	}
	now := d.a.clock.Now()
	if now.Before(last) {
		d.say("clock", "bad", "doctor.clock-behind", "last", clock.ShowSeconds(last))
	} else {
		d.say("clock", "ok", "doctor.clock-ok", "now", clock.ShowSeconds(now))
	}
	d.say("clock", "warn", "doctor.clock-alone")
	d.lists(lists, now)
}

func (d *doctor) lists(lists map[string]publish.List, now time.Time) {
	bad := false
	for name, l := range lists {
		switch {
		case l.DER == nil:
			d.say("crl", "warn", "doctor.crl-absent", "name", name)
		case now.After(l.NextUpdate):
			d.say("crl", "bad", "doctor.crl-old", "name", name, "date", clock.Show(l.NextUpdate))
		default:
			continue
		}
		bad = true
	}
	if !bad {
		d.say("crl", "ok", "doctor.crl-ok")
	}
}
