package kit

import (
	"fmt"
	"html/template"
	"io/fs"
	"net/url"
	"reflect"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/i18n"
)

// set is one copy of all templates. Its functions read the scene, so it renders one page at a time.
type set struct {
	tmpl  *template.Template
	scene scene
}

func (k *Kit) takeSet() (*set, error) {
	if s, ok := k.sets.Get().(*set); ok {
		return s, nil
	}
	return k.newSet()
}

func (k *Kit) newSet() (*set, error) {
	t, err := k.base.Clone()
	if err != nil {
		return nil, fmt.Errorf("couldn't copy the templates: %w", err)
	}
	s := &set{tmpl: t}
	t.Funcs(s.funcs())
	return s, nil
}

// Templates is a copy of all templates with their functions, for a room's test to type-check its own
// (templatecheck.CheckHTML). They are not for rendering: the functions have no page.
func (k *Kit) Templates() (*template.Template, error) {
	s, err := k.newSet()
	if err != nil {
		return nil, err
	}
	return s.tmpl, nil
}

// parse reads the kit's templates and then the rooms'; one name has one definition.
func (k *Kit) parse(rooms []fs.FS) (*template.Template, error) {
	own, err := fs.Sub(files, "templates")
	if err != nil {
		return nil, fmt.Errorf("couldn't open the kit's templates: %w", err)
	}
	root := template.New("").Funcs((&set{}).funcs())
	taken := map[string]string{}
	for i, dir := range append([]fs.FS{own}, rooms...) {
		names, err := fs.Glob(dir, "*.html")
		if err != nil {
			return nil, fmt.Errorf("couldn't list templates: %w", err)
		}
		if len(names) == 0 {
			return nil, fmt.Errorf("couldn't find templates: folder %d has no *.html file", i)
		}
		for _, name := range names {
			text, err := fs.ReadFile(dir, name)
			if err != nil {
				return nil, fmt.Errorf("couldn't read template %s: %w", name, err)
			}
			alone, err := template.New("").Funcs((&set{}).funcs()).Parse(string(text))
			if err != nil {
				return nil, fmt.Errorf("couldn't parse template %s: %w", name, err)
			}
			for _, t := range alone.Templates() {
				if t.Name() == "" {
					continue
				}
				if before, ok := taken[t.Name()]; ok {
					return nil, fmt.Errorf("couldn't add template %q of %s: %s defines it already", t.Name(), name, before)
				}
				taken[t.Name()] = name
			}
			if _, err := root.Parse(string(text)); err != nil {
				return nil, fmt.Errorf("couldn't parse template %s: %w", name, err)
			}
		}
	}
	return root, nil
}

// funcs are the functions of every template, the rooms' included:
//
//	t KEY [NAME VALUE]…     message in the reader's language
//	asset NAME              address of a static file: asset "kit.css"
//	time T, date T          Almaty time: 22.11.2026 14:08, 22.11.2026; the zero time is "—"
//	group4 S                a number in groups of four, selectable as one: <span class="number">1234 5678</span>
//	plain4 S                the same as bare text
//	lang                    "kk", "ru" or "en"
//	langs                   the switch: a list of {Tag, Name, Href, Current}
//	csrf                    the hidden field that every form with method="post" carries
//	dict NAME VALUE …       arguments of a component
//	list V …                a list
//	option VALUE TEXT [HINT]  an Option of radios, checkboxes, select
//	row KEY VALUE           a Row of a summary list
//	fault NAME              the message for the field of that name in Page.Errors, or ""
//	typed NAME              what was typed into the field, from Page.Form, or ""
//	takes DICT WORDS        used in components: refuses an argument whose name is not in WORDS, wants those with "!"
func (s *set) funcs() template.FuncMap {
	return template.FuncMap{
		"t":       func(key string, args ...any) string { return s.scene.k.bundle.T(s.scene.lang, key, args...) },
		"asset":   func(name string) (string, error) { return s.scene.k.assets.url(name) },
		"time":    Time,
		"date":    Date,
		"iso":     iso,
		"group4":  group4,
		"plain4":  Group4,
		"lang":    func() string { return string(s.scene.lang) },
		"langs":   s.langs,
		"csrf":    s.csrf,
		"dict":    dict,
		"list":    func(v ...any) []any { return v },
		"option":  option,
		"row":     func(key string, value any) Row { return row(key, value) },
		"fault":   s.fault,
		"faults":  s.faults,
		"typed":   s.typed,
		"chosen":  s.chosen,
		"takes":   takes,
		"href":    href,
		"options": options,

		"field": s.field, "tone": tone, "cell": cell, "cellKind": cellKind, "choiceID": choiceID,
		// One page may hold several lists with something to copy.
		"rowID": func() string { s.scene.rows++; return fmt.Sprintf("row-%d", s.scene.rows) },
	}
}

// Time is the moment as people of Kazakhstan write it, in Almaty time: 22.11.2026 14:08. The zero time is a dash.
func Time(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return clock.Show(t)
}

// Date is the day in Almaty: 22.11.2026. The zero time is a dash.
func Date(t time.Time) string {
	if t.IsZero() {
		return "—"
	}
	return clock.ShowDate(t)
}

func iso(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(clock.Almaty()).Format(time.RFC3339)
}

// Group4 puts a space after each four characters of a number or serial; whatever spaces and hyphens it had are left out.
func Group4(s string) string {
	var b strings.Builder
	n := 0
	for _, c := range s {
		if c == ' ' || c == '-' || c == '\u00a0' {
			continue
		}
		if n > 0 && n%4 == 0 {
			b.WriteByte(' ')
		}
		b.WriteRune(c)
		n++
	}
	return b.String()
}

func group4(s string) template.HTML {
	return template.HTML(`<span class="number" translate="no">` + template.HTMLEscapeString(Group4(s)) + `</span>`)
}

type langChoice struct {
	Tag, Name, Href string
	Current         bool
}

func (s *set) langs() []langChoice {
	var out []langChoice
	for _, l := range i18n.Langs() {
		out = append(out, langChoice{string(l), l.Name(), langLink(s.scene.r, l), l == s.scene.lang})
	}
	return out
}

func (s *set) csrf() template.HTML {
	if s.scene.k.o.CSRF == nil {
		return ""
	}
	// autocomplete=off: a browser that fills forms again after a reload must not fill in the old token.
	return template.HTML(`<input type="hidden" name="csrf" autocomplete="off" value="` +
		template.HTMLEscapeString(s.scene.k.o.CSRF(s.scene.w, s.scene.r)) + `">`)
}

func dict(pairs ...any) (map[string]any, error) {
	if len(pairs)%2 != 0 {
		return nil, fmt.Errorf("dict wants pairs, got %d arguments", len(pairs))
	}
	d := make(map[string]any, len(pairs)/2)
	for i := 0; i < len(pairs); i += 2 {
		name, ok := pairs[i].(string)
		if !ok {
			return nil, fmt.Errorf("dict: argument %d is no name", i)
		}
		d[name] = pairs[i+1]
	}
	return d, nil
}

// takes makes a misspelt or forgotten argument of a component an error of the page instead of a hole in it.
func takes(d map[string]any, words string) (string, error) {
	known := map[string]bool{}
	for w := range strings.FieldsSeq(words) {
		name, must := strings.CutSuffix(w, "!")
		known[name] = true
		if _, ok := d[name]; must && !ok {
			return "", fmt.Errorf("component lacks %q", name)
		}
	}
	for name := range d {
		if !known[name] {
			return "", fmt.Errorf("component takes no %q (it takes %s)", name, words)
		}
	}
	return "", nil
}

func (s *set) fault(name string) string {
	if s.scene.page == nil {
		return ""
	}
	return fieldMessage(s.scene.k.bundle, s.scene.lang, s.scene.page.Errors, name)
}

// Fault is one line of the error summary.
type Fault struct{ Field, Text string }

func (s *set) faults() []Fault {
	if s.scene.page == nil {
		return nil
	}
	return fieldMessages(s.scene.k.bundle, s.scene.lang, s.scene.page.Errors)
}

func (s *set) typed(name string) string {
	if s.scene.page == nil {
		return ""
	}
	return s.scene.page.Form.Get(name)
}

// chosen reports whether value is among those picked: in picked (a string or list of strings) when it is given, else in
// what was typed.
func (s *set) chosen(d map[string]any, value string) bool {
	if picked, ok := d["value"]; ok {
		switch p := picked.(type) {
		case string:
			return p == value
		case []string:
			for _, v := range p {
				if v == value {
					return true
				}
			}
			return false
		}
		v := reflect.ValueOf(picked)
		return v.IsValid() && v.Kind() == reflect.String && v.String() == value
	}
	if s.scene.page == nil {
		return false
	}
	name, _ := d["name"].(string)
	for _, v := range s.scene.page.Form[name] {
		if v == value {
			return true
		}
	}
	return false
}

// href lets only addresses of this site and plain web, mail and telephone addresses through; html/template judges the rest.
func href(s string) (string, error) {
	u, err := url.Parse(s)
	if err != nil {
		return "", fmt.Errorf("no address: %w", err)
	}
	switch u.Scheme {
	case "", "http", "https", "mailto", "tel":
		return s, nil
	}
	return "", fmt.Errorf("address with scheme %q", u.Scheme)
}
