// Package part holds the views that rooms share: an application as facts and as a table of moves, a certificate as a card
// and as a line, the data of a signature badge, the places of service centres.
//
// It turns what the domain knows into what package kit draws, and decides who sees what: a Viewer is a stranger unless a
// room says otherwise, so that a forgotten argument hides rather than shows. It asks nobody and stores nothing.
package part

import (
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"slices"

	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/web/kit"
)

//go:embed templates messages.toml localities.toml
var files embed.FS

var messages = i18n.MustLoad(files, "messages.toml", "localities.toml")

// Messages returns the texts of the shared views.
func Messages() *i18n.Bundle { return messages }

// Templates returns the shared templates, whose names begin with "part-".
func Templates() fs.FS {
	dir, err := fs.Sub(files, "templates")
	if err != nil {
		panic(err) // the folder is embedded
	}
	return dir
}

// Text gives a message in the reader's language; args are pairs name, value.
type Text func(key string, args ...any) string

// In returns the texts of the language in which r is answered.
func In(k *kit.Kit, r *http.Request) Text {
	return func(key string, args ...any) string { return k.T(r, key, args...) }
}

// A Viewer is who looks. The zero Viewer is a stranger.
type Viewer int

const (
	Stranger Viewer = iota // knows a number, and nothing about him is known
	Staff                  // an operator at his desk
)

// Number returns a number or serial as pages show it: in groups of four, selected as one.
func Number(s string) template.HTML {
	return template.HTML(fmt.Sprintf(`<span class="number" translate="no">%s</span>`, template.HTMLEscapeString(kit.Group4(s))))
}

// localities are the codes of places with a service centre: the cities of republican significance, then the centres of
// the regions in the order of the Kazakh alphabet. Their names are in localities.toml.
var localities = []string{
	"astana", "almaty", "shymkent",
	"aqtau", "aqtobe", "atyrau", "jezqazghan", "kokshetau", "qaraghandy", "qonaev", "qostanai", "qyzylorda", "oral", "oskemen",
	"pavlodar", "petropavl", "semei", "taldyqorghan", "taraz", "turkistan",
}

// Localities returns the places of service centres as choices of a form.
func Localities(t Text) []kit.Option {
	var all []kit.Option
	for _, code := range localities {
		all = append(all, kit.Option{Value: code, Text: Locality(t, code)})
	}
	return all
}

// IsLocality reports whether code names a place of Localities.
func IsLocality(code string) bool { return slices.Contains(localities, code) }

// Locality returns the name of a place. A code that is no longer in the list is shown as it is.
func Locality(t Text, code string) string {
	if !IsLocality(code) {
		return code
	}
	return t("part.locality." + code)
}
