package authority

import (
	"embed"

	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/i18n"
)

//go:embed messages.toml
var messageFiles embed.FS

var messages = i18n.Merge(i18n.MustLoad(messageFiles, "messages.toml"), statement.Messages())

// Messages returns the sentences for the codes of the domain's errors, and the texts that people sign. Those for the codes of
// package iin are its own.
func Messages() *i18n.Bundle { return messages }
