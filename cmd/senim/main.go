// Command senim is the server and the command line of Senim: everything between a person and a legally usable
// electronic signature, in one program.
//
// A file per subcommand. This package wires, reads flags, files and the environment, and says what came out; it decides
// nothing about certificates, signatures or applications. Exit codes are those of package cli. It is over 3,000 lines long since it is
// many commands, of which none needs another's file.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/cmd/internal/cli"
)

// version is set by the linker: -X main.version=….
var version string

func main() {
	// The first signal asks to stop; after it the default is back, so that a second one kills.
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := armFaults(os.Getenv("SENIM_FAULT"), os.Stderr); err != nil {
		newIO(os.Stdin, os.Stdout, os.Stderr, os.Getenv).Report(err)
		os.Exit(cli.Refused)
	}
	os.Exit(run(ctx, os.Args[1:], newIO(os.Stdin, os.Stdout, os.Stderr, os.Getenv)))
}
