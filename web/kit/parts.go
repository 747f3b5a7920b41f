package kit

import (
	"fmt"
	"html/template"
	"sort"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
)

// An Option is one choice of radios, checkboxes or select. Texts are texts, not keys.
type Option struct {
	Value, Text, Hint string
	Disabled          bool
}

func option(value, text string, hint ...string) Option {
	o := Option{Value: value, Text: text}
	if len(hint) > 0 {
		o.Hint = hint[0]
	}
	return o
}

// options takes []Option or the list that a template made of option calls.
func options(v any) ([]Option, error) {
	switch l := v.(type) {
	case nil:
		return nil, nil
	case []Option:
		return l, nil
	case []any:
		out := make([]Option, 0, len(l))
		for _, x := range l {
			o, ok := x.(Option)
			if !ok {
				return nil, fmt.Errorf("options: %T is no Option", x)
			}
			out = append(out, o)
		}
		return out, nil
	}
	return nil, fmt.Errorf("options: %T is no list of Option", v)
}

// A Row is one line of a summary list. Value is a text, template.HTML made by the kit (group4), or a Tag.
type Row struct {
	Key   string
	Value any
	// Action and Href lead to where the line is changed; Hidden completes the link's text for those who only hear it
	// («Изменить» + «фамилию»).
	Action, Href, Hidden string
	Copy                 bool // a button that copies the value, where JavaScript runs
}

func row(key string, value any) Row { return Row{Key: key, Value: value} }

// A Tag is a status: a word, with a shape and a colour that say the same. Tone is one of "good", "bad", "warn", "info", "" (quiet).
type Tag struct{ Text, Tone string }

// A Move is one line of a timeline: a change of state with its moment. The last one of a list is the present state.
type Move struct {
	Text   string
	Time   time.Time
	Tone   string // as of Tag
	Detail string // «подробная информация»; folded away
	Next   bool   // has not happened yet
}

// A Table is rows of cells under named columns. A cell is a text, a time.Time, template.HTML made by the kit, a Tag or an Anchor.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]any
	Empty   string // what is said when there are no rows
	Sticky  bool   // the head stays in sight (desk)
}

// A Column is a heading of a Table.
type Column struct {
	Text    string
	Numeric bool
}

// An Anchor is a link in a cell.
type Anchor struct{ Text, Href string }

// A Badge is the signature badge: the same object on pages, in PDF marks and in the agent. Texts are ready to be shown;
// the caller has judged the signature. An empty line is left out.
type Badge struct {
	Owner, Organisation, Role string
	Time                      time.Time
	TimeNote                  string // how the time is known: «по метке времени», «по словам подписавшего»
	Verdict                   string // «Подпись действительна»
	Tone                      string // as of Tag: decides seal and colour
	Detail                    string // why, when there is more to say
}

// A Step of several. Number counts from 1.
type Steps struct {
	Number, Of int
	Text       string // what is done in this step
}

// Pagination of a list. Prev and Next are addresses, empty at the ends. Number counts from 1.
type Pagination struct {
	Prev, Next string
	Number, Of int
}

// A Tab is a page of its own: tabs are links, so they need no script.
type Tab struct {
	Text, Href string
	Current    bool
	Count      int // shown when above 0
}

var tones = map[string]bool{"": true, "good": true, "bad": true, "warn": true, "info": true}

// tone refuses an unknown one, as it becomes a class name.
func tone(s string) (string, error) {
	if !tones[s] {
		return "", fmt.Errorf("unknown tone %q", s)
	}
	if s == "" {
		return "quiet", nil
	}
	return s, nil
}

// cell turns what a cell or a summary value may hold into what is shown.
func cell(v any) (any, error) {
	switch x := v.(type) {
	case nil:
		return "", nil
	case string, template.HTML:
		return x, nil
	case time.Time, Tag, Anchor:
		return x, nil
	case int, int64, uint64:
		return fmt.Sprint(x), nil
	case fmt.Stringer:
		return x.String(), nil
	}
	return nil, fmt.Errorf("a cell cannot hold %T", v)
}

func cellKind(v any) string {
	switch v.(type) {
	case Tag:
		return "tag"
	case Anchor:
		return "anchor"
	case time.Time:
		return "time"
	}
	return "text"
}

// field is a form component's common part, worked out.
type field struct {
	ID, Name, Label, Hint, Error, Value string
	Described                           string // ids for aria-describedby
	Big, Optional                       bool
}

// field checks a component's arguments and finds what was typed and what is wrong with it.
func (s *set) field(d map[string]any, extra string) (*field, error) {
	if _, err := takes(d, "name! label! hint error value id big optional "+extra); err != nil {
		return nil, err
	}
	text := func(name string) string {
		switch v := d[name].(type) {
		case nil:
			return ""
		case string:
			return v
		default:
			return fmt.Sprint(v)
		}
	}
	f := &field{ID: text("id"), Name: text("name"), Label: text("label"), Hint: text("hint"), Error: text("error")}
	if f.ID == "" {
		f.ID = f.Name
	}
	if f.Error == "" {
		f.Error = s.fault(f.Name)
	}
	f.Value = s.typed(f.Name)
	if _, ok := d["value"]; ok {
		f.Value = text("value")
	}
	f.Big, _ = d["big"].(bool)
	f.Optional, _ = d["optional"].(bool)
	if f.Hint != "" {
		f.Described = f.ID + "-hint"
	}
	if f.Error != "" {
		f.Described = strings.TrimSpace(f.Described + " " + f.ID + "-error")
	}
	return f, nil
}

// choiceID is the id of the i-th choice; the first has the field's own, so that the error summary leads to it.
func choiceID(i int, id any, name any) string {
	base, _ := id.(string)
	if base == "" {
		base = fmt.Sprint(name)
	}
	if i == 0 {
		return base
	}
	return fmt.Sprintf("%s-%d", base, i+1)
}

// pairs of a message's arguments, in an order that does not change from page to page.
func pairs(args map[string]string) []any {
	names := make([]string, 0, len(args))
	for n := range args {
		names = append(names, n)
	}
	sort.Strings(names)
	out := make([]any, 0, 2*len(names))
	for _, n := range names {
		out = append(out, n, args[n])
	}
	return out
}

func fieldMessage(b *i18n.Bundle, l i18n.Lang, fields fail.Fields, name string) string {
	for _, f := range fields {
		if f.Name == name {
			return b.T(l, f.Code, pairs(f.Args)...)
		}
	}
	return ""
}

func fieldMessages(b *i18n.Bundle, l i18n.Lang, fields fail.Fields) []Fault {
	var out []Fault
	for _, f := range fields {
		out = append(out, Fault{f.Name, b.T(l, f.Code, pairs(f.Args)...)})
	}
	return out
}
