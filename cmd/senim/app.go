package main

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/report"
)

//go:embed messages.toml help.toml
var texts embed.FS

// An app is what a subcommand runs in.
type app struct {
	*cli.IO
	ctx   context.Context
	clock clock.Clock
}

// A verdict is an exit code that is no error: what there was to say has been said.
type verdict int

func (v verdict) Error() string { return "verdict" }

// commands is the command line (DESIGN section 5). Help texts are messages: ${x} is the message help.x.
type commands struct {
	Serve  serveCmd  `cmd:"" help:"${serve}"`
	Sign   signCmd   `cmd:"" help:"${sign}"`
	Verify verifyCmd `cmd:"" help:"${verify}"`
	Cert   struct {
		Show  certShowCmd  `cmd:"" help:"${cert_show}"`
		Check certCheckCmd `cmd:"" help:"${cert_check}"`
	} `cmd:"" help:"${cert}"`
	Key struct {
		List keyListCmd `cmd:"" help:"${key_list}"`
	} `cmd:"" help:"${key}"`
	CA struct {
		Init caInitCmd `cmd:"" help:"${ca_init}"`
		List caListCmd `cmd:"" help:"${ca_list}"`
		CRL  caCRLCmd  `cmd:"" name:"crl" help:"${ca_crl}"`
	} `cmd:"" name:"ca" help:"${ca}"`
	Register struct {
		Import registerImportCmd `cmd:"" help:"${register_import}"`
	} `cmd:"" help:"${register}"`
	Staff struct {
		Add    staffAddCmd    `cmd:"" help:"${staff_add}"`
		List   staffListCmd   `cmd:"" help:"${staff_list}"`
		Remove staffRemoveCmd `cmd:"" help:"${staff_remove}"`
		TOTP   staffTOTPCmd   `cmd:"" name:"totp" help:"${staff_totp}"`
	} `cmd:"" help:"${staff}"`
	Audit struct {
		Verify auditVerifyCmd `cmd:"" help:"${audit_verify}"`
	} `cmd:"" help:"${audit}"`
	Migrate migrateCmd `cmd:"" help:"${migrate}"`
	Doctor  doctorCmd  `cmd:"" help:"${doctor}"`
	Version versionCmd `cmd:"" help:"${version}"`
}

// help puts the text help.x in place of the ${x} that begins the help of commands and flags. Kong can do it too, but tries every text at every
// flag, which was a fifth of a start.
func help(o *cli.IO) func(*kong.Kong) error {
	fill := func(text *string) error {
		inside, ours := strings.CutPrefix(*text, "${")
		name, rest, _ := strings.Cut(inside, "}")
		if !ours {
			return nil
		}
		if !o.Texts.Has("help." + name) {
			return fmt.Errorf("there is no text help.%s", name)
		}
		*text = o.T("help."+name) + rest
		return nil
	}
	return func(k *kong.Kong) error {
		return kong.Visit(k.Model, func(node kong.Visitable, next kong.Next) error {
			switch node := node.(type) {
			case *kong.Node:
				return next(fill(&node.Help))
			case *kong.Value:
				return next(fill(&node.Help))
			}
			return next(nil)
		})
	}
}

// newIO makes the IO of a process. What other packages want said is merged in here.
func newIO(in *os.File, out, err io.Writer, getenv func(string) string) *cli.IO {
	return &cli.IO{In: in, Out: out, Err: err, Lang: cli.Lang(getenv), Texts: messages(), Own: report.Error}
}

func messages() *i18n.Bundle {
	return i18n.Merge(append(bundles(), cli.Messages(), i18n.MustLoad(texts, "messages.toml", "help.toml"))...)
}

// exit is what kong calls after it printed help.
type exit int

// run carries out one command line and returns the exit code.
func run(ctx context.Context, args []string, o *cli.IO) (code int) {
	defer func() {
		p := recover()
		if e, ok := p.(exit); ok {
			code = int(e)
		} else if p != nil {
			panic(p)
		}
	}()
	parser, err := newParser(o)
	if err != nil {
		o.Report(err)
		return cli.Refused
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		command := "senim"
		var e *kong.ParseError
		if errors.As(err, &e) && e.Context != nil {
			for _, word := range strings.Fields(e.Context.Command()) {
				if !strings.HasPrefix(word, "<") { // an argument
					command += " " + word
				}
			}
		}
		o.Say("cli.usage", "error", err.Error(), "command", command)
		return cli.Refused
	}
	err = parsed.Run(&app{IO: o, ctx: ctx, clock: clock.System()})
	var v verdict
	switch {
	case err == nil:
		return cli.Done
	case errors.As(err, &v):
		return int(v)
	}
	o.Report(err)
	return cli.Refused
}

func newParser(o *cli.IO) (*kong.Kong, error) {
	return kong.New(new(commands),
		kong.Name("senim"), kong.Description(o.T("help.senim")), kong.PostBuild(help(o)),
		kong.Writers(o.Out, o.Err), kong.Exit(func(code int) { panic(exit(code)) }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
		kong.ExplicitGroups(nil),
	)
}
