package main

import (
	"crypto/rand"
	"encoding/pem"
	"io"
	"path/filepath"
	"slices"
	"strings"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/sign"
)

// maxContent caps a document that is signed attached: the message with it must stay under the cap of its readers.
const maxContent = cms.MaxSize - 1<<20

type signCmd struct {
	Key          string `required:"" placeholder:"K.p12" help:"${sign_key}"`
	PasswordFile string `placeholder:"F" help:"${password_file}"`
	Alias        string `placeholder:"A" help:"${sign_alias}"`
	Format       string `default:"cms" enum:"cms,xml,wsse,pdf,jws,asice" help:"${sign_format} (${enum})"`
	Detached     bool   `help:"${sign_detached}"`
	Level        string `enum:",b,t,lt,lta" default:"" placeholder:"b|t|lt|lta" help:"${sign_level}"`
	TSA          string `name:"tsa" placeholder:"URL" help:"${sign_tsa}"`
	AllowExpired bool   `help:"${sign_allow_expired}"`
	PEM          bool   `name:"pem" help:"${sign_pem}"`
	Output       string `short:"o" placeholder:"OUT" help:"${sign_output}"`
	In           string `arg:"" help:"${sign_in}"`
}

// Run signs one document.
func (c *signCmd) Run(a *app) error {
	if c.TSA != "" && c.Level == "" {
		return fail.New(fail.Invalid, "cmd.tsa-without-level")
	}
	entries, err := a.openKeys(c.Key, c.PasswordFile)
	if err != nil {
		return err
	}
	entry, err := choose(entries, c.Alias)
	if err != nil {
		return err
	}
	if entry.Certificate == nil {
		return fail.New(fail.Invalid, "key.no-certificate", "file", c.Key)
	}
	request := sign.Request{
		Format: c.Format, Detached: c.Detached, Level: c.Level, Key: entry.Key, Certificate: entry.Certificate,
		Time: a.clock.Now(), AllowExpired: c.AllowExpired, Rand: rand.Reader,
	}
	if c.Detached && c.In != "-" {
		// A detached document is hashed as a stream, so that it may have any size.
		request.Digest, err = digestFile(c.In, alg.DefaultScheme(entry.Key.Kind).Hash)
	} else {
		request.Content, err = a.Read(c.In, maxContent)
	}
	if err != nil {
		return err
	}
	out, err := sign.Sign(request)
	if fail.CodeOf(err) == "sign.authentication-key" {
		return fail.Wrap(fail.Invalid, "sign.authentication-key-file", err, "right", rightKey(c.Key))
	}
	if err != nil {
		return err
	}
	if c.PEM {
		out = pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: out})
	}
	return a.Output(c.Output, out, !c.PEM)
}

// choose picks the key to sign with: the one of the alias; else the only one; else the only one that is for signing.
func choose(entries []keyfile.Entry, alias string) (keyfile.Entry, error) {
	var keys []keyfile.Entry
	var names []string
	for _, e := range entries {
		if e.Key != nil && (alias == "" || strings.EqualFold(e.Alias, alias)) {
			keys = append(keys, e)
		}
		names = append(names, e.Alias)
	}
	if len(keys) > 1 {
		signing := slices.DeleteFunc(slices.Clone(keys), func(e keyfile.Entry) bool { return e.Certificate == nil || !e.Certificate.IsSigning() })
		if len(signing) > 0 {
			keys = signing
		}
	}
	switch {
	case len(keys) == 1:
		return keys[0], nil
	case len(keys) == 0 && alias != "":
		return keyfile.Entry{}, fail.New(fail.NotFound, "key.no-alias", "alias", alias, "aliases", strings.Join(names, ", "))
	case len(keys) == 0:
		return keyfile.Entry{}, fail.New(fail.Invalid, "key.no-key")
	}
	return keyfile.Entry{}, fail.New(fail.Invalid, "key.several", "aliases", strings.Join(names, ", "))
}

// rightKey names the signing key files beside an authentication key, or how they are usually called.
func rightKey(file string) string {
	var found []string
	names, err := cli.ReadDir(filepath.Dir(file))
	if err == nil {
		for _, n := range names {
			base := filepath.Base(n)
			for _, prefix := range []string{"GOST512_", "RSA256_", "GOSTKNCA_"} {
				if strings.HasPrefix(base, prefix) && strings.EqualFold(filepath.Ext(base), ".p12") {
					found = append(found, base)
				}
			}
		}
	}
	if len(found) == 0 {
		return "GOST512_….p12, RSA256_….p12"
	}
	return strings.Join(found[:min(len(found), 4)], ", ")
}

// digestFile hashes a file of any size.
func digestFile(name string, h *alg.Hash) ([]byte, error) {
	f, err := cli.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	d := h.New()
	if _, err := io.Copy(d, f); err != nil {
		return nil, fail.Wrap(fail.Unavailable, "cli.file", err, "file", name)
	}
	return d.Sum(nil), nil
}
