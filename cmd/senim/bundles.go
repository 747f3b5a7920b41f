package main

import (
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/report"
)

// bundles are the texts of every package whose findings and errors a command or a page shows.
func bundles() []*i18n.Bundle {
	return []*i18n.Bundle{i18n.MustLoad(iin.Messages, "messages.toml"), report.Messages(), authority.Messages()}
}
