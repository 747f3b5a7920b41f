package main

import (
	"runtime"
	"runtime/debug"
)

type versionCmd struct{}

// Run prints one line: the version, what it was built from, and with what.
func (versionCmd) Run(a *app) error {
	v, revision := buildVersion()
	line := "senim " + v
	if revision != "" {
		line += " (" + revision + ")"
	}
	return a.Text(line + " " + runtime.Version() + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n")
}

// buildVersion is the version that make gave, or what go install knows, and the commit.
func buildVersion() (v, revision string) {
	v = version
	info, ok := debug.ReadBuildInfo()
	if ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				revision = s.Value[:min(12, len(s.Value))]
			}
		}
		if v == "" {
			v = info.Main.Version
		}
	}
	if v == "" {
		v = "unknown"
	}
	return v, revision
}
