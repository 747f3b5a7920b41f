package main

import (
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/verify"
)

type certCheckCmd struct {
	trustFlags
	Purpose              string   `enum:"sign,auth,tsa,ocsp,server,client,any" default:"any" help:"${check_purpose} (${enum})"`
	Name                 []string `sep:"none" placeholder:"dns:…|ip:…|rfc822:…" help:"${check_name}"`
	Profile              string   `enum:"strict,rfc5280,national" default:"rfc5280" help:"${check_profile} (${enum})"`
	Policy               []string `sep:"none" placeholder:"OID" help:"${check_policy}"`
	RequirePolicy        bool     `help:"${check_policy}"`
	InhibitPolicyMapping bool     `help:"${check_policy}"`
	InhibitAnyPolicy     bool     `help:"${check_policy}"`
	MaxDepth             int      `default:"8" placeholder:"N" help:"${check_max_depth}"`
	File                 string   `arg:"" help:"${check_file}"`
}

var purposes = map[string]path.Purpose{
	"any": path.Any, "sign": path.Sign, "auth": path.Auth, "tsa": path.TSA, "ocsp": path.OCSP, "server": path.Server, "client": path.Client,
}

// checkJSON is the object of cert check.
type checkJSON struct {
	Valid         bool             `json:"valid"`
	Indication    string           `json:"indication"`
	SubIndication string           `json:"subIndication,omitempty"`
	Chain         []chainJSON      `json:"chain"`
	Errors        []verify.Message `json:"errors"`
	Warnings      []verify.Message `json:"warnings"`
}

// chainJSON is one certificate of the chain.
type chainJSON struct {
	verify.ChainEntry
	Issuer string `json:"issuer"`
}

// Run judges the path of one certificate. Further certificates of its file are candidates for the chain.
func (c *certCheckCmd) Run(a *app) error {
	if err := c.built(); err != nil {
		return err
	}
	t, err := c.read(a)
	if err != nil {
		return err
	}
	leaf, err := a.certificates([]string{c.File})
	if err != nil {
		return err
	}
	mode := path.None
	if len(t.crls) > 0 {
		mode = path.Soft
	}
	in := path.Input{
		Leaf: leaf[0], Intermediates: append(append([]*cert.Certificate(nil), leaf[1:]...), t.intermediates...), Anchors: t.anchors,
		Time: t.at, Purpose: purposes[c.Purpose], Revocation: c.mode(mode), CRLs: t.crls, MaxDepth: c.MaxDepth, Lax: t.lax,
	}
	indication, sub, result := verify.Certificate(a.ctx, in)
	out := checkJSON{Valid: indication == verify.Passed, Indication: indication, SubIndication: sub, Chain: []chainJSON{},
		Errors: []verify.Message{}, Warnings: []verify.Message{}}
	for i, x := range result.Chain {
		out.Chain = append(out.Chain, chainJSON{verify.ChainEntry{Subject: x.Subject.String(), Serial: x.SerialHex(), NotBefore: x.NotBefore,
			NotAfter: x.NotAfter, Anchor: i == len(result.Chain)-1 && isAnchor(x, t.anchors)}, x.Issuer.String()})
	}
	out.Errors, out.Warnings = a.messages(result.Findings)
	if c.JSON {
		err = a.JSON(out)
	} else {
		err = a.printCheck(leaf[0], out)
	}
	if err != nil {
		return err
	}
	if code := verify.ExitCode(indication, sub); code != 0 {
		return verdict(code)
	}
	return nil
}

// built refuses what this version does not check. To accept such a flag without looking would be a lie.
func (c *certCheckCmd) built() error {
	switch {
	case len(c.Name) > 0:
		return fail.New(fail.Invalid, "cmd.not-built", "what", "--name")
	case c.Profile == "strict":
		return fail.New(fail.Invalid, "cmd.not-built", "what", "--profile strict")
	case len(c.Policy) > 0 || c.RequirePolicy || c.InhibitPolicyMapping || c.InhibitAnyPolicy:
		return fail.New(fail.Invalid, "cmd.not-built", "what", "--policy")
	case c.MaxDepth < 1:
		return fail.New(fail.Invalid, "cmd.max-depth")
	}
	return nil
}

func isAnchor(c *cert.Certificate, anchors []*cert.Certificate) bool {
	for _, a := range anchors {
		if a.Fingerprint() == c.Fingerprint() {
			return true
		}
	}
	return false
}
