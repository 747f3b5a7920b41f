package main

import (
	"fmt"
	"io"
	"slices"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/fault"
)

// armFaults makes the process stop for ever at the named point, so that a test can kill it there: SENIM_FAULT=name. It says
// where it stands on standard error. The other goroutines go on, as they would until a real loss of power.
func armFaults(name string, err io.Writer) error {
	if name == "" {
		return nil
	}
	if !slices.Contains(fault.Points(), name) {
		return fail.New(fail.Invalid, "cmd.fault-unknown", "name", name)
	}
	fault.Arm(name, func() {
		fmt.Fprintln(err, "fault: "+name)
		select {}
	})
	return nil
}
