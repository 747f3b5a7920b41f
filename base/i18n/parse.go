package i18n

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxFile caps a message file. Ours have a few hundred kilobytes at most; a larger one is a wrong path.
const maxFile = 4 << 20

// parse reads a message file: a strict part of TOML, so that any TOML editor can help, and nothing that needs a manual.
//
//	# a comment
//	[application.waiting]
//	kk = "…"                                  with \n \" \\ \uXXXX
//	ru = {one = "…", few = "…", many = "…"}   plural forms, chosen by the argument count
//	en = """
//	several lines, with the same escapes"""
//
// Every table is one message and has only the keys kk, ru and en. Anything else is an error that names the line.
func parse(data []byte) (map[string]message, error) {
	if len(data) > maxFile {
		return nil, errors.New("message file over 4 MiB")
	}
	if !utf8.Valid(data) {
		return nil, errors.New("message file is not UTF-8")
	}
	p := parser{rest: strings.ReplaceAll(string(data), "\r\n", "\n"), line: 1}
	messages := map[string]message{}
	key := ""
	for p.nextLine() {
		if p.take("[") {
			key = p.name(true)
			p.want("]")
			if _, doubled := messages[key]; doubled {
				p.fail("message %s stands twice", key)
			}
			messages[key] = message{}
		} else {
			lang := p.name(false)
			p.blanks()
			p.want("=")
			p.blanks()
			value := p.value(Lang(lang))
			switch {
			case p.err != nil:
			case key == "":
				p.fail("a text before the first [message]")
			case !slices.Contains(langs, Lang(lang)):
				p.fail("%s is not a language; kk, ru and en are", lang)
			case messages[key][Lang(lang)] != nil:
				p.fail("%s has %s twice", key, lang)
			default:
				messages[key][Lang(lang)] = value
			}
		}
		p.lineEnd()
	}
	if p.err != nil {
		return nil, p.err
	}
	return messages, nil
}

// parser reads from rest; after the first failure every method does nothing.
type parser struct {
	rest string
	line int
	err  error
}

func (p *parser) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("line %d: %s", p.line, fmt.Sprintf(format, args...))
	}
}

// nextLine moves to the next line that says something.
func (p *parser) nextLine() bool {
	for p.err == nil {
		p.blanks()
		switch {
		case p.rest == "":
			return false
		case p.rest[0] == '\n' || p.rest[0] == '#':
			p.lineEnd()
		default:
			return true
		}
	}
	return false
}

func (p *parser) blanks() { p.rest = strings.TrimLeft(p.rest, " \t") }

func (p *parser) take(s string) bool {
	if p.err != nil || !strings.HasPrefix(p.rest, s) {
		return false
	}
	p.rest = p.rest[len(s):]
	return true
}

func (p *parser) want(s string) {
	if !p.take(s) {
		p.fail("wanted %s", s)
	}
}

// lineEnd takes blanks, a comment and the line feed.
func (p *parser) lineEnd() {
	p.blanks()
	if strings.HasPrefix(p.rest, "#") {
		comment, _, _ := strings.Cut(p.rest, "\n")
		p.rest = p.rest[len(comment):]
	}
	if p.rest == "" {
		return
	}
	p.want("\n")
	if p.err == nil {
		p.line++
	}
}

// name reads a bare key; with dots, several of them.
func (p *parser) name(dots bool) string {
	n := strings.IndexFunc(p.rest, func(c rune) bool {
		return !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.' && dots)
	})
	if n < 0 {
		n = len(p.rest)
	}
	name := p.rest[:n]
	if name == "" || strings.HasPrefix(name, ".") || strings.HasSuffix(name, ".") || strings.Contains(name, "..") {
		p.fail("wanted a name of letters, digits, - and _")
		return ""
	}
	p.rest = p.rest[n:]
	return name
}

// value reads the texts of one language: one, or one for each plural form.
func (p *parser) value(lang Lang) texts {
	if !p.take("{") {
		return texts{"": p.text()}
	}
	forms := texts{}
	for p.err == nil {
		p.blanks()
		form := p.name(false)
		p.blanks()
		p.want("=")
		p.blanks()
		if _, doubled := forms[form]; doubled {
			p.fail("form %s stands twice", form)
		}
		forms[form] = p.text()
		p.blanks()
		if p.take("}") {
			break
		}
		p.want(",")
	}
	wanted := pluralForms(lang)
	for form := range forms {
		if !slices.Contains(wanted, form) {
			p.fail("%s is no plural form of %s; %s are", form, lang, strings.Join(wanted, ", "))
		}
	}
	for _, form := range wanted {
		if _, ok := forms[form]; !ok {
			p.fail("the plural form %s is missing", form)
		}
	}
	return forms
}

// text reads a string and splits it at its placeholders.
func (p *parser) text() text {
	line := p.line
	s := p.str()
	if p.err != nil {
		return nil
	}
	t, err := split(s)
	if err != nil {
		p.err = fmt.Errorf("line %d: %w", line, err)
	}
	return t
}

// str reads "…" or """…""".
func (p *parser) str() string {
	long := p.take(`"""`)
	if long {
		// A line feed right after the opening is not part of the text, as in TOML.
		if p.take("\n") {
			p.line++
		}
	} else if !p.take(`"`) {
		p.fail(`wanted a text in "`)
		return ""
	}
	var b strings.Builder
	for p.err == nil {
		n := plainOctets(p.rest)
		plain, rest := p.rest[:n], p.rest[n:]
		p.rest = rest
		switch {
		case rest == "":
			p.fail("the text has no end")
		case long && p.take(`"""`), !long && p.take(`"`):
			if b.Len() == 0 {
				return plain // most texts, without a copy: the file's text is kept for them
			}
			b.WriteString(plain)
			return b.String()
		case rest[0] == '\\':
			b.WriteString(plain)
			p.rest = rest[1:]
			p.escape(&b)
		case long && (rest[0] == '"' || rest[0] == '\n'):
			b.WriteString(plain)
			b.WriteByte(rest[0])
			p.rest = rest[1:]
			if rest[0] == '\n' {
				p.line++
			}
		default:
			p.fail("a control character in a text")
		}
	}
	return ""
}

// plainOctets is how many octets of s stand for themselves in every text. Those of a character beyond ASCII are all above
// 0x7f, and that s is UTF-8 was checked.
func plainOctets(s string) int {
	for i := range len(s) {
		if c := s[i]; c == '"' || c == '\\' || c < ' ' && c != '\t' || c == 0x7f {
			return i
		}
	}
	return len(s)
}

func (p *parser) escape(b *strings.Builder) {
	switch {
	case p.take("n"):
		b.WriteByte('\n')
	case p.take(`"`):
		b.WriteByte('"')
	case p.take(`\`):
		b.WriteByte('\\')
	case p.take("u"):
		n, err := uint64(0), error(nil)
		if len(p.rest) < 4 {
			err = strconv.ErrSyntax
		} else {
			n, err = strconv.ParseUint(p.rest[:4], 16, 32)
		}
		if err != nil || n == 0 || !utf8.ValidRune(rune(n)) {
			p.fail(`wanted four hexadecimal digits of a character after \u`)
			return
		}
		b.WriteRune(rune(n))
		p.rest = p.rest[4:]
	default:
		p.fail(`wanted n, ", \ or uXXXX after \`)
	}
}

// split cuts s at its placeholders: {name}, a name of lower-case letters, digits, - and _. A brace that is not part of one is an error.
func split(s string) (text, error) {
	var t text
	for s != "" {
		before, after, found := strings.Cut(s, "{")
		if strings.Contains(before, "}") {
			return nil, errors.New("a } without its {")
		}
		if before != "" {
			t = append(t, part{literal: before})
		}
		if !found {
			break
		}
		name, rest, closed := strings.Cut(after, "}")
		if !closed || name == "" || strings.Trim(name, "abcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			return nil, errors.New("a { that begins no {placeholder}")
		}
		t = append(t, part{placeholder: name})
		s = rest
	}
	return t, nil
}
