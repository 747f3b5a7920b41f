package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/pem"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/report"
	"github.com/senim-pki/senim/web/page/provider"
)

// newKeys makes the keys of the templates in one container, and a certification request for each.
func newKeys(number, password string, templates []string) (*provider.Ring, map[string][]byte, error) {
	var wanted []provider.Wanted
	for _, t := range templates {
		wanted = append(wanted, provider.Wanted{Profile: t})
	}
	made, err := provider.Make(rand.Reader, password, wanted)
	if err != nil {
		return nil, nil, err
	}
	ring, err := provider.Open(made.Container, password)
	if err != nil {
		return nil, nil, err
	}
	list, err := ring.Requests(rand.Reader, number, templates, made.KeyIDs)
	if err != nil {
		return nil, nil, err
	}
	requests := map[string][]byte{}
	for i, t := range templates {
		requests[t] = list[i]
	}
	return ring, requests, nil
}

// hire takes a member of staff in and returns his key file: both keys with their certificates in one container.
func hire(ctx context.Context, au *authority.Authority, who, password string, r authority.StaffRequest) (authority.StaffAdded, []byte, error) {
	templates := authority.StaffProfiles(r.Role)
	if templates == nil {
		return authority.StaffAdded{}, nil, fail.New(fail.Invalid, "staff.role-unknown")
	}
	ring, requests, err := newKeys("staff", password, templates)
	if err != nil {
		return authority.StaffAdded{}, nil, err
	}
	defer ring.Forget()
	r.Requests = requests
	added, err := au.AddStaff(ctx, who, r)
	if err != nil {
		return added, nil, err
	}
	var certificates bytes.Buffer
	for _, t := range templates {
		if err := pem.Encode(&certificates, &pem.Block{Type: "CERTIFICATE", Bytes: added.Certificates[t]}); err != nil {
			return added, nil, err
		}
	}
	files, err := ring.Install(rand.Reader, certificates.Bytes(), password, keyfile.Modern)
	if err != nil {
		return added, nil, err
	}
	var entries []keyfile.Entry
	for _, f := range files {
		e, err := keyfile.Open(f.Container, password)
		if err != nil {
			return added, nil, err
		}
		entries = append(entries, e...)
	}
	container, err := keyfile.Write(rand.Reader, keyfile.Modern, password, entries...)
	return added, container, err
}

// checkPassword refuses a password for a new key file that breaks the rule, naming every broken point.
func (a *app) checkPassword(password []byte) error {
	broken := keyfile.DefaultRule().Check(string(password))
	if len(broken) == 0 {
		return nil
	}
	var all []string
	for _, b := range broken {
		all = append(all, report.Broken(a.Lang, b))
	}
	return fail.New(fail.Invalid, "key.password-rule", "faults", strings.Join(all, " "))
}

// writeKey writes a new key file, never over another.
func writeKey(name string, container []byte) error { return cli.Write(name, container, 0o600, false) }
