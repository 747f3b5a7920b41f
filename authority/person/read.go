package person

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/iin"
)

const (
	// maxFile caps an import: some half a million persons, which is held in memory to find duplicates. More come in several files.
	maxFile = 64 << 20
	// maxLine caps one person: four fields of at most 64 characters, with room for quotes and other columns' faults.
	maxLine = 4096
)

// A Refused line of an import file. The number is masked, since reports are printed and mailed.
type Refused struct {
	Line int    // from 1; the header is a line too
	IIN  string // masked
	Code string // names the message, as in fail.Error
	Args map[string]string
}

var columns = []string{"iin", "surname", "name", "patronymic"}

// ReadCSV reads persons from comma- or semicolon-separated UTF-8 text whose first line names the columns iin, surname, name
// and patronymic in any order and case; patronymic may be absent. check judges each number: iin.Check, or
// iin.CheckLenient for test identities.
//
// Lines with faults are refused and reported, all others are returned; when one number stands on several lines, each of them is
// refused, for nobody knows which is right. The error (fail.Invalid) is about the file as a whole.
func ReadCSV(r io.Reader, check func(iin string) error) ([]Person, []Refused, error) {
	data, err := readCapped(r)
	if err != nil {
		return nil, nil, err
	}
	b := batch{check: check, lines: map[string]int{}}
	var order []string
	comma := ','
	for line := 1; len(data) > 0; line++ {
		var text []byte
		text, data, _ = bytes.Cut(data, []byte("\n"))
		text = bytes.TrimSuffix(text, []byte("\r"))
		if len(bytes.TrimSpace(text)) == 0 {
			continue
		}
		if order == nil {
			if bytes.Count(text, []byte(";")) > bytes.Count(text, []byte(",")) {
				comma = ';'
			}
			if order, err = header(text, comma); err != nil {
				return nil, nil, err
			}
			continue
		}
		if len(text) > maxLine {
			b.refuse(line, "", "person.line-long", nil)
			continue
		}
		fields, err := split(text, comma)
		if err != nil || len(fields) != len(order) {
			b.refuse(line, "", "person.columns", map[string]string{"want": strconv.Itoa(len(order)), "have": strconv.Itoa(len(fields))})
			continue
		}
		var row Person
		for i, column := range order {
			*field(&row, column) = fields[i]
		}
		b.add(line, row)
	}
	if order == nil {
		return nil, nil, fail.New(fail.Invalid, "person.empty")
	}
	persons, refused := b.result()
	return persons, refused, nil
}

// ReadJSON reads persons from a JSON array of objects with the members iin, surname, name and patronymic. It is ReadCSV
// otherwise; the line of a refused person is that on which its object ends. JSON that is broken is an error, for nothing after it can be trusted.
func ReadJSON(r io.Reader, check func(iin string) error) ([]Person, []Refused, error) {
	data, err := readCapped(r)
	if err != nil {
		return nil, nil, err
	}
	broken := func(err error) error { return fail.Wrap(fail.Invalid, "person.json", err) }
	d := json.NewDecoder(bytes.NewReader(data))
	if t, err := d.Token(); err != nil || t != json.Delim('[') {
		return nil, nil, broken(errors.New("not an array"))
	}
	b := batch{check: check, lines: map[string]int{}}
	line, counted := 1, 0
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, nil, broken(errors.New("broken after line " + strconv.Itoa(line)))
		}
		line += bytes.Count(data[counted:d.InputOffset()], []byte("\n"))
		counted = int(d.InputOffset())
		var row struct {
			IIN        string `json:"iin"`
			Surname    string `json:"surname"`
			Name       string `json:"name"`
			Patronymic string `json:"patronymic"`
		}
		// A misspelt member would lose a name without a word.
		one := json.NewDecoder(bytes.NewReader(raw))
		one.DisallowUnknownFields()
		switch err := one.Decode(&row); {
		case len(raw) > maxLine:
			b.refuse(line, "", "person.line-long", nil)
		case err != nil:
			b.refuse(line, "", "person.members", nil)
		default:
			b.add(line, Person{IIN: row.IIN, Surname: row.Surname, Name: row.Name, Patronymic: row.Patronymic})
		}
	}
	if _, err := d.Token(); err != nil {
		return nil, nil, broken(errors.New("the array does not end"))
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, nil, broken(errors.New("something follows the array"))
	}
	persons, refused := b.result()
	return persons, refused, nil
}

func readCapped(r io.Reader) ([]byte, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("couldn't read persons: %w", err)
	}
	if len(data) > maxFile {
		return nil, fail.New(fail.Invalid, "person.file-large", "megabytes", strconv.Itoa(maxFile>>20))
	}
	return bytes.TrimPrefix(data, []byte("\ufeff")), nil // spreadsheets write a byte order mark
}

// split reads one line as CSV. Lines are separate on purpose: one forgotten quote costs one person and not the rest of the file.
func split(text []byte, comma rune) ([]string, error) {
	c := csv.NewReader(bytes.NewReader(text))
	c.Comma = comma
	c.FieldsPerRecord = -1
	return c.Read()
}

func header(text []byte, comma rune) ([]string, error) {
	if len(text) > maxLine {
		return nil, fail.New(fail.Invalid, "person.line-long")
	}
	names, err := split(text, comma)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, "person.header", err)
	}
	for i, n := range names {
		names[i] = strings.ToLower(strings.TrimSpace(n))
		switch {
		case !slices.Contains(columns, names[i]):
			return nil, fail.New(fail.Invalid, "person.header-unknown", "column", strconv.Itoa(i+1))
		case slices.Contains(names[:i], names[i]):
			return nil, fail.New(fail.Invalid, "person.header-doubled", "column", names[i])
		}
	}
	for _, c := range columns[:3] {
		if !slices.Contains(names, c) {
			return nil, fail.New(fail.Invalid, "person.header-missing", "column", c)
		}
	}
	return names, nil
}

func field(p *Person, column string) *string {
	switch column {
	case "iin":
		return &p.IIN
	case "surname":
		return &p.Surname
	case "name":
		return &p.Name
	}
	return &p.Patronymic
}

// A batch collects the persons of one file.
type batch struct {
	check   func(string) error
	persons []Person
	at      []int          // line of each person
	lines   map[string]int // number → its first line
	doubled map[string]bool
	refused []Refused
}

func (b *batch) refuse(line int, number, code string, args map[string]string) {
	b.refused = append(b.refused, Refused{line, iin.Mask(number), code, args})
}

func (b *batch) add(line int, p Person) {
	p.IIN = strings.TrimSpace(p.IIN)
	if err := Normalize(&p, b.check); err != nil {
		var e *fail.Error
		if errors.As(err, &e) {
			b.refuse(line, p.IIN, e.Code, e.Args)
		} else {
			b.refuse(line, p.IIN, "person.members", nil)
		}
		return
	}
	if first, taken := b.lines[p.IIN]; taken {
		if b.doubled == nil {
			b.doubled = map[string]bool{}
		}
		b.doubled[p.IIN] = true
		b.refuse(line, p.IIN, "person.doubled", map[string]string{"line": strconv.Itoa(first)})
		return
	}
	b.lines[p.IIN] = line
	b.persons = append(b.persons, p)
	b.at = append(b.at, line)
}

func (b *batch) result() ([]Person, []Refused) {
	kept := b.persons[:0]
	for i, p := range b.persons {
		if b.doubled[p.IIN] {
			b.refuse(b.at[i], p.IIN, "person.doubled", map[string]string{"line": strconv.Itoa(b.at[i])})
			continue
		}
		kept = append(kept, p)
	}
	slices.SortStableFunc(b.refused, func(x, y Refused) int { return x.Line - y.Line })
	return kept, b.refused
}

// Normalize brings the names of p into the form of the register and checks them and the number. Errors are *fail.Error of kind
// Invalid: those of check, of CheckName, and person.surname-missing, person.encoding, person.name-long.
func Normalize(p *Person, check func(iin string) error) error {
	if err := check(p.IIN); err != nil {
		return err
	}
	for _, name := range []*string{&p.Surname, &p.Name, &p.Patronymic} {
		if !utf8.ValidString(*name) {
			return fail.New(fail.Invalid, "person.encoding")
		}
		*name = NormalName(*name)
		if err := CheckName(*name); err != nil {
			return err
		}
	}
	if p.Surname == "" {
		return fail.New(fail.Invalid, "person.surname-missing")
	}
	if utf8.RuneCountInString(p.CommonName()) > MaxName {
		return fail.New(fail.Invalid, "person.name-long")
	}
	return nil
}
