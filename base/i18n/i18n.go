// Package i18n keeps the sentences that people read, in Kazakh, Russian and English.
//
// The sentences live in message files beside the package that owns them (parse.go shows the form); cmd merges the
// bundles. A sentence is whole: it has named placeholders and plural forms, and is never glued from parts. Texts are plain; whoever
// puts them into HTML, PDF or a mail escapes them there.
//
// A missing message never stops a page: T answers the key in ⟦⟧ and Missing lists it. Problems, asked by a test of every
// package with messages, keeps it from happening.
package i18n

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Lang is a language of the interface, as its ISO 639-1 code.
type Lang string

// The languages of the interface.
const (
	KK Lang = "kk"
	RU Lang = "ru"
	EN Lang = "en"
)

var langs = []Lang{KK, RU, EN}

// Langs returns the languages in the order in which they are offered: kk, ru, en.
func Langs() []Lang { return slices.Clone(langs) }

// ParseLang returns the language of the code s: "kk", "ru" or "en", in any case, or with a region ("kk-KZ", "ru_RU.UTF-8").
func ParseLang(s string) (Lang, bool) {
	if i := strings.IndexAny(s, "-_."); i >= 0 {
		s = s[:i]
	}
	l := Lang(strings.ToLower(s))
	return l, slices.Contains(langs, l)
}

// Name returns what the language calls itself, for the language switch.
func (l Lang) Name() string {
	switch l {
	case KK:
		return "Қазақша"
	case RU:
		return "Русский"
	case EN:
		return "English"
	}
	return string(l)
}

// A Bundle is a set of messages. It is not changed after it was made, and may be used by several goroutines at once.
type Bundle struct {
	messages map[string]message

	mu      sync.Mutex
	missing map[string]bool // owned by mu
}

type (
	message map[Lang]texts
	texts   map[string]text // by plural form; "" when there are none
	text    []part
	part    struct{ literal, placeholder string } // one of the two
)

// Load reads message files. A fault of form, and a key that stands twice, is an error that names file and line.
func Load(fsys fs.FS, files ...string) (*Bundle, error) {
	b := newBundle()
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("couldn't read messages: %w", err)
		}
		messages, err := parse(data)
		if err != nil {
			return nil, fmt.Errorf("couldn't read messages: %s: %w", file, err)
		}
		if err := b.add(messages); err != nil {
			return nil, fmt.Errorf("couldn't read messages: %s: %w", file, err)
		}
	}
	return b, nil
}

// MustLoad is Load for files embedded in the program; it panics on an error.
func MustLoad(fsys fs.FS, files ...string) *Bundle {
	b, err := Load(fsys, files...)
	if err != nil {
		panic(err)
	}
	return b
}

// Merge returns a bundle with the messages of all. It panics when a key stands in two of them: this happens
// when the program starts, and which of the texts people would see is nothing to be left to chance.
func Merge(bundles ...*Bundle) *Bundle {
	all := newBundle()
	for _, b := range bundles {
		if err := all.add(b.messages); err != nil {
			panic("couldn't merge messages: " + err.Error())
		}
	}
	return all
}

func newBundle() *Bundle {
	return &Bundle{messages: map[string]message{}, missing: map[string]bool{}}
}

func (b *Bundle) add(messages map[string]message) error {
	for key, m := range messages {
		if _, doubled := b.messages[key]; doubled {
			return fmt.Errorf("message %s stands twice", key)
		}
		b.messages[key] = m
	}
	return nil
}

// T returns the message of the key in the language. args are name, value pairs for its placeholders; a value is shown as fmt.Sprint
// does. In a message with plural forms the argument "count", an integer, chooses the form.
//
// What is not there is shown so that it is seen, and reported through Missing: a key as ⟦key⟧, an argument as its
// placeholder. A message that lacks only this language is answered in Russian, or in what there is.
func (b *Bundle) T(l Lang, key string, args ...any) string {
	m, ok := b.messages[key]
	if !ok || len(m) == 0 {
		b.miss(key)
		return "⟦" + key + "⟧"
	}
	forms, ok := m[l]
	if !ok {
		b.miss(key + " in " + string(l))
		for _, l = range []Lang{RU, EN, KK} {
			if forms, ok = m[l]; ok {
				break
			}
		}
	}
	t, ok := forms[""]
	if !ok {
		n, isNumber := count(args)
		if !isNumber {
			b.miss(key + " {count}")
		}
		t = forms[plural(l, n)]
	}
	if len(t) == 1 && t[0].placeholder == "" {
		return t[0].literal
	}
	var s strings.Builder
	for _, part := range t {
		if part.placeholder == "" {
			s.WriteString(part.literal)
		} else if v, ok := argument(args, part.placeholder); ok {
			fmt.Fprint(&s, v)
		} else {
			b.miss(key + " {" + part.placeholder + "}")
			s.WriteString("{" + part.placeholder + "}")
		}
	}
	return s.String()
}

// Has reports whether there is a message of the key.
func (b *Bundle) Has(key string) bool {
	_, ok := b.messages[key]
	return ok
}

// Keys returns all keys, sorted.
func (b *Bundle) Keys() []string { return slices.Sorted(maps.Keys(b.messages)) }

// maxMissing caps the list of Missing, in case a key is ever made from what a user sends.
const maxMissing = 1000

// Missing returns what T was asked for and did not have, sorted: keys, "key in kk", "key {placeholder}".
func (b *Bundle) Missing() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Sorted(maps.Keys(b.missing))
}

func (b *Bundle) miss(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.missing) < maxMissing {
		b.missing[what] = true
	}
}

// Problems returns what is wrong with the messages, one line each, sorted: a language that is missing, an empty text, and
// placeholders that differ between languages or plural forms. Where a language has plural forms, count may be
// left out of any text ("one" need not say 1), and another language may do with one text: a Kazakh noun does not change after a number.
func (b *Bundle) Problems() []string {
	var found []string
	for key, m := range b.messages {
		var want map[string]bool // placeholders of the first text, with which the others are compared
		var first string
		for _, l := range langs {
			if m[l] == nil {
				found = append(found, key+": "+string(l)+" is missing")
			}
			for _, form := range slices.Sorted(maps.Keys(m[l])) {
				at := strings.TrimSpace(string(l) + " " + form)
				t := m[l][form]
				if t.empty() {
					found = append(found, key+": "+at+" is empty")
				}
				got := t.placeholders()
				if m.plural() {
					delete(got, "count")
				}
				if want == nil {
					want, first = got, at
				} else if !maps.Equal(got, want) {
					found = append(found, fmt.Sprintf("%s: placeholders %v in %s, %v in %s", key,
						slices.Sorted(maps.Keys(want)), first, slices.Sorted(maps.Keys(got)), at))
				}
			}
		}
	}
	slices.Sort(found)
	return found
}

// plural reports whether any language has plural forms.
func (m message) plural() bool {
	for _, forms := range m {
		if _, plain := forms[""]; !plain {
			return true
		}
	}
	return false
}

func (t text) placeholders() map[string]bool {
	set := map[string]bool{}
	for _, p := range t {
		if p.placeholder != "" {
			set[p.placeholder] = true
		}
	}
	return set
}

func (t text) empty() bool {
	for _, p := range t {
		if p.placeholder != "" || strings.TrimSpace(p.literal) != "" {
			return false
		}
	}
	return true
}

func argument(args []any, name string) (any, bool) {
	for i := 0; i+1 < len(args); i += 2 {
		if args[i] == name {
			return args[i+1], true
		}
	}
	return nil, false
}
