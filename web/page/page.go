// Package page is the part of a web page that holds keys: it makes them, installs their certificates and signs, all on
// the person's computer. Rooms include its templates; kit serves its modules and the WebAssembly that does the work.
//
//	page-keys       makes the keys of an application            page-install   joins keys and certificates
//	page-statement  signs a text inside a room's own form       page-sign      signs a document
//	page-hash       hashes a document to be verified            page-holder    names the certificates of a key file
//
// A page that includes one sets kit.Page{Wasm: true, Scripts: []string{"page/page.js"}}. What each takes stands in
// templates/. No password and no private key leaves the browser, and fields that hold them have no name, so that
// no form can send them. Sentences are in messages.toml, never in a script.
//
// The WebAssembly is built by make (cmd/senim-wasm) and is not in the repository: where it was not built, Built is false
// and the templates say what to do.
package page

import (
	"embed"
	"fmt"
	"io/fs"
	"slices"

	"github.com/senim-pki/senim/base/i18n"
)

//go:embed assets templates built unbuilt messages.toml
var files embed.FS

// dist holds what make built, and only its packed forms (.br, .gz): the kit unpacks for the rare client that takes neither.
// The pattern ends so that it always finds .keep and never the plain files.
//
//go:embed dist/*[pzr]
var dist embed.FS

var messages = i18n.MustLoad(files, "messages.toml")

// Messages returns the texts of the templates and scripts.
func Messages() *i18n.Bundle { return messages }

// Built reports whether this build holds the WebAssembly: without it no page makes keys or signs.
func Built() bool {
	_, err := fs.Stat(dist, "dist/senim.wasm.gz")
	return err == nil
}

// Assets are the modules, the worker and the WebAssembly, for kit.Options.Assets["page"].
func Assets() fs.FS { return layers{sub(files, "assets"), sub(dist, "dist")} }

// Templates are the fragments that rooms include.
func Templates() fs.FS { return templates(Built()) }

func templates(built bool) fs.FS {
	if built {
		return layers{sub(files, "templates"), sub(files, "built")}
	}
	return layers{sub(files, "templates"), sub(files, "unbuilt")}
}

func sub(dir fs.FS, name string) fs.FS {
	s, err := fs.Sub(dir, name)
	if err != nil {
		panic(fmt.Sprintf("couldn't open the embedded folder %s: %v", name, err)) // the name is a constant
	}
	return s
}

// layers are folders that are seen as one by fs.ReadDir, Glob and WalkDir. Names in the first hide those in the next; an
// opened folder is the first layer's alone.
type layers []fs.FS

// Open opens the file of the first layer that has it.
func (l layers) Open(name string) (fs.File, error) {
	for _, dir := range l {
		if f, err := dir.Open(name); err == nil {
			return f, nil
		}
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

// ReadDir lists all layers.
func (l layers) ReadDir(name string) ([]fs.DirEntry, error) {
	var out []fs.DirEntry
	found := false
	for _, dir := range l {
		entries, err := fs.ReadDir(dir, name)
		if err != nil {
			continue
		}
		found = true
		for _, e := range entries {
			if !slices.ContainsFunc(out, func(have fs.DirEntry) bool { return have.Name() == e.Name() }) {
				out = append(out, e)
			}
		}
	}
	if !found {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	slices.SortFunc(out, func(a, b fs.DirEntry) int {
		if a.Name() < b.Name() {
			return -1
		}
		return 1
	})
	return out, nil
}
