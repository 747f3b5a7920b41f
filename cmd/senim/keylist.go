package main

import (
	"bytes"
	"errors"
	"slices"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
)

type keyListCmd struct {
	PasswordFile string `placeholder:"F" help:"${password_file}"`
	JSON         bool   `name:"json" help:"${json}"`
	File         string `arg:"" help:"${key_file}"`
}

// An entryView is one key of a container.
type entryView struct {
	Alias     string     `json:"alias"`
	Subject   string     `json:"subject,omitempty"`
	Serial    string     `json:"serial,omitempty"`
	Issuer    string     `json:"issuer,omitempty"`
	NotBefore *time.Time `json:"notBefore,omitempty"`
	NotAfter  *time.Time `json:"notAfter,omitempty"`
	Purpose   []string   `json:"purpose,omitempty"` // "sign", "auth"
	Algorithm string     `json:"algorithm"`
	Key       bool       `json:"key"`     // there is a private key
	Matches   bool       `json:"matches"` // and it is the certificate's
	FileName  string     `json:"fileName,omitempty"`
}

// Run lists the keys of a container.
func (c *keyListCmd) Run(a *app) error {
	entries, err := a.openKeys(c.File, c.PasswordFile)
	if err != nil {
		return err
	}
	views := []entryView{}
	for _, e := range entries {
		views = append(views, viewEntry(e))
	}
	if c.JSON {
		return a.JSON(map[string]any{"entries": views})
	}
	for i, v := range views {
		if i > 0 {
			if err := a.Text("\n"); err != nil {
				return err
			}
		}
		if err := a.printEntry(v); err != nil {
			return err
		}
	}
	return nil
}

func viewEntry(e keyfile.Entry) entryView {
	v := entryView{Alias: e.Alias, Key: e.Key != nil, FileName: keyfile.FileName(e)}
	if e.Key != nil {
		v.Algorithm = e.Key.Kind.Title
	}
	c := e.Certificate
	if c == nil {
		return v
	}
	v.Subject, v.Serial, v.Issuer, v.NotBefore, v.NotAfter = c.Subject.String(), c.SerialHex(), c.Issuer.String(), &c.NotBefore, &c.NotAfter
	if c.IsSigning() {
		v.Purpose = append(v.Purpose, "sign")
	}
	if c.IsAuthentication() {
		v.Purpose = append(v.Purpose, "auth")
	}
	v.Algorithm = c.View().Key.String()
	if e.Key != nil {
		public, err := e.Key.Public()
		v.Matches = err == nil && bytes.Equal(public.Bits, c.PublicKeyBits)
	}
	return v
}

func (a *app) printEntry(v entryView) error {
	line := func(label, value string) error {
		if value == "" {
			return nil
		}
		return a.Print("key.line", "label", pad(a.T(label), 16), "value", value)
	}
	purpose := "key.purpose-none"
	switch {
	case slices.Contains(v.Purpose, "sign") && slices.Contains(v.Purpose, "auth"):
		purpose = "key.purpose-both"
	case slices.Contains(v.Purpose, "sign"):
		purpose = "key.purpose-sign"
	case slices.Contains(v.Purpose, "auth"):
		purpose = "key.purpose-auth"
	}
	state, valid := "key.state-matches", ""
	switch {
	case !v.Key:
		state = "key.state-none"
	case v.Subject == "":
		state, purpose = "key.state-waits", "key.purpose-waits"
	case !v.Matches:
		state = "key.state-differs"
	}
	if v.NotBefore != nil {
		valid = a.T("key.valid-range", "from", clock.Show(*v.NotBefore), "to", clock.Show(*v.NotAfter))
	}
	return errors.Join(
		line("key.alias", v.Alias), line("key.subject", v.Subject), line("key.serial", v.Serial), line("key.issuer", v.Issuer),
		line("key.valid", valid), line("key.purpose", a.T(purpose)), line("key.algorithm", v.Algorithm), line("key.state", a.T(state)),
	)
}

// pad fills a label up to width characters.
func pad(s string, width int) string {
	for n := len([]rune(s)); n < width; n++ {
		s += " "
	}
	return s
}

// openKeys opens a container with the password that the user gives.
func (a *app) openKeys(file, passwordFile string) ([]keyfile.Entry, error) {
	b, err := a.Read(file, keyfile.MaxSize)
	if err != nil {
		return nil, err
	}
	// A file that is no container is said so before anyone types a password.
	if _, err := keyfile.Describe(b); err != nil {
		return nil, keyError(file, err)
	}
	password, err := a.Secret(passwordFile, "key.password", "file", file)
	if err != nil {
		return nil, err
	}
	defer clear(password)
	entries, err := keyfile.Open(b, string(password))
	if err != nil {
		return nil, keyError(file, err)
	}
	return entries, nil
}

func keyError(file string, err error) error {
	code := "key.damaged"
	switch {
	case errors.Is(err, keyfile.ErrWrongPassword):
		code = "key.wrong-password"
	case errors.Is(err, keyfile.ErrUnsupported):
		code = "key.unsupported"
	}
	return fail.Wrap(fail.Invalid, code, err, "file", file)
}
