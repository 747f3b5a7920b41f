package main

import (
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/online"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/path"
)

// trustFlags are what verify and cert check judge by.
type trustFlags struct {
	Trust         []string `sep:"none" placeholder:"FILE|DIR" help:"${trust}"`
	Intermediates []string `sep:"none" placeholder:"FILE|DIR" help:"${intermediates}"`
	CRL           []string `name:"crl" sep:"none" placeholder:"FILE|DIR" help:"${crl}"`
	Revocation    string   `enum:",none,soft,hard" default:"" placeholder:"none|soft|hard" help:"${revocation}"`
	Time          string   `placeholder:"RFC3339" help:"${time}"`
	Rules         string   `placeholder:"FILE|lax" help:"${rules}"`
	JSON          bool     `name:"json" help:"${json}"`
}

// trusted is what the flags name, read.
type trusted struct {
	anchors, intermediates []*cert.Certificate
	crls                   []*crl.List
	at                     time.Time
	lax                    bool
}

func (f *trustFlags) read(a *app) (t trusted, err error) {
	switch f.Rules {
	case "", "lax":
		t.lax = f.Rules == "lax"
	default:
		return t, fail.New(fail.Invalid, "cmd.not-built", "what", "--rules FILE")
	}
	t.at = a.clock.Now()
	if f.Time != "" {
		if t.at, err = time.Parse(time.RFC3339, f.Time); err != nil {
			return t, fail.Wrap(fail.Invalid, "cmd.time", err, "time", f.Time)
		}
	}
	if t.anchors, err = a.certificates(f.Trust); err != nil {
		return t, err
	}
	if t.intermediates, err = a.certificates(f.Intermediates); err != nil {
		return t, err
	}
	t.crls, err = a.lists(f.CRL)
	return t, err
}

// mode is --revocation, or what the command does without it.
func (f *trustFlags) mode(otherwise path.Mode) path.Mode {
	switch f.Revocation {
	case "none":
		return path.None
	case "soft":
		return path.Soft
	case "hard":
		return path.Hard
	}
	return otherwise
}

// fetcher asks the network. Private hosts are asked only where a certificate that the user trusts names them: an
// authority inside an organisation, or on this machine, is trusted by its certificate, and that says where it publishes.
func (t trusted) fetcher(a *app) *online.Client {
	var hosts []string
	for _, c := range append(append([]*cert.Certificate(nil), t.anchors...), t.intermediates...) {
		for _, list := range [][]string{c.CRLURLs, c.OCSPURLs, c.CAIssuersURLs} {
			for _, text := range list {
				if u, err := url.Parse(strings.TrimSpace(text)); err == nil && u.Host != "" {
					hosts = append(hosts, u.Host)
				}
			}
		}
	}
	dir := ""
	if cache, err := os.UserCacheDir(); err == nil {
		dir = filepath.Join(cache, "senim", "crl")
	}
	return online.New(online.Options{Clock: a.clock, Allowed: hosts, CacheDir: dir})
}
