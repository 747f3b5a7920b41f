package statement

import (
	"embed"
	"encoding/base32"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/senim-pki/senim/base/i18n"
)

//go:embed messages.toml
var files embed.FS

// Messages returns the sentences of statements.
var messages = i18n.MustLoad(files, "messages.toml")

// Messages returns the texts that people sign.
func Messages() *i18n.Bundle { return messages }

// Keys of a statement's facts, in the order in which they stand in the text.
const (
	FactPurpose   = "purpose"   // a Purpose
	FactAuthority = "authority" // who asks
	FactStaff     = "staff"     // IIN of the member of staff that the text was made for; absent when the holder or anyone may sign
	FactNumber    = "number"    // of the application, canonical
	FactIssuer    = "issuer"    // of the certificate: name of the issuing authority in the hierarchy
	FactSerial    = "serial"    // of the certificate, hexadecimal
	FactPerson    = "person"    // SURNAME NAME PATRONYMIC of the applicant or holder, as the register names him
	FactIIN       = "iin"       // his number
	FactAct       = "act"       // Approve, Refuse, Revoke, Hold or Lift
	FactReason    = "reason"    // CRLReason, decimal
	FactWords     = "words"     // why, in words
	FactRequests  = "requests"  // SHA-256 of each certification request, hexadecimal, comma-separated, in the order of the application
	FactOrigin    = "origin"    // https://host of the page
	FactNonce     = "nonce"
	FactTime      = "time" // RFC 3339, UTC
)

// Acts of a statement.
const (
	Approve = "approve"
	Refuse  = "refuse"
	Revoke  = "revoke"
	Hold    = "hold"
	Lift    = "lift"
)

var order = []string{FactPurpose, FactAuthority, FactStaff, FactNumber, FactIssuer, FactSerial, FactPerson, FactIIN, FactAct, FactReason, FactWords, FactRequests, FactOrigin, FactNonce, FactTime}

// mark separates the sentences, which are for the person, from the facts, which both read. Facts have one line each and
// never a line break inside, so nothing that somebody typed can begin a fact or a second mark.
const mark = "\n\nsenim-statement-1\n"

// MaxText caps a statement; the longest holds a reason in words and a few hashes.
const MaxText = 16 << 10

// MaxWords is the most characters of a reason in words.
const MaxWords = 500

// Lifetimes of challenges: a login is signed at once, everything else is read first.
const (
	loginLife = 5 * time.Minute
	otherLife = 15 * time.Minute
)

// New makes a challenge. facts are by the keys above; purpose, nonce and time are added, and line breaks and invisible
// characters of every value are replaced, so that the text shown is the text signed. The sentences are in lang.
func New(rand io.Reader, now time.Time, purpose Purpose, lang string, facts map[string]string) (Challenge, error) {
	var random [16]byte
	if _, err := io.ReadFull(rand, random[:]); err != nil {
		return Challenge{}, fmt.Errorf("couldn't make a nonce: %w", err)
	}
	now = now.UTC().Truncate(time.Second)
	args := map[string]string{}
	for key, value := range facts {
		if !slices.Contains(order, key) {
			return Challenge{}, fmt.Errorf("couldn't make a statement: no fact is called %s", key)
		}
		if value = oneLine(value); value != "" {
			args[key] = value
		}
	}
	args[FactPurpose] = string(purpose)
	args[FactNonce] = base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(random[:])
	args[FactTime] = now.Format(time.RFC3339)
	c := Challenge{Nonce: args[FactNonce], Purpose: purpose, Args: args, Origin: args[FactOrigin], Created: now, Expires: now.Add(otherLife)}
	if purpose == Login {
		c.Expires = now.Add(loginLife)
	}
	switch {
	case args[FactNumber] != "":
		c.Subject = args[FactNumber]
	case args[FactSerial] != "":
		c.Subject = args[FactIssuer] + "/" + args[FactSerial]
	}
	l, ok := i18n.ParseLang(lang)
	if !ok {
		l = i18n.RU
	}
	c.Text = render(l, args)
	if len(c.Text) > MaxText {
		return Challenge{}, errors.New("couldn't make a statement: its text is too long")
	}
	return c, nil
}

func render(l i18n.Lang, args map[string]string) string {
	key := "statement." + args[FactPurpose]
	if args[FactAct] != "" {
		key += "." + args[FactAct]
	}
	if args[FactPurpose] == string(Revocation) && args[FactStaff] != "" {
		key += ".staff"
	}
	var values []any
	for name, value := range args {
		if name == FactNumber {
			value = groups(value)
		}
		values = append(values, name, value)
	}
	if code, ok := args[FactReason]; ok {
		values = append(values, "why", messages.T(l, "statement.reason."+code))
	}
	var b strings.Builder
	b.WriteString(messages.T(l, key, values...))
	b.WriteString(mark)
	for _, name := range order {
		if value, ok := args[name]; ok {
			b.WriteString(name + ": " + value + "\n")
		}
	}
	return b.String()
}

// Facts reads the facts of a text that New made. A text of another form is an error.
func Facts(text string) (map[string]string, error) {
	if len(text) > MaxText {
		return nil, errors.New("statement too long")
	}
	at := strings.LastIndex(text, mark)
	if at < 0 {
		return nil, errors.New("statement without facts")
	}
	facts := map[string]string{}
	last := -1
	rest, ok := strings.CutSuffix(text[at+len(mark):], "\n")
	if !ok {
		return nil, errors.New("statement does not end")
	}
	for line := range strings.SplitSeq(rest, "\n") {
		name, value, found := strings.Cut(line, ": ")
		i := slices.Index(order, name)
		if !found || i <= last || value == "" || value != oneLine(value) {
			return nil, errors.New("statement with a line that is no fact")
		}
		last = i
		facts[name] = value
	}
	return facts, nil
}

// oneLine makes of s what can stand in one line and be seen whole: line and paragraph separators, control and
// formatting characters (which could turn the direction of writing) become spaces.
func oneLine(s string) string {
	s = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Cf, unicode.Zl, unicode.Zp) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(s, " "))
	return strings.Join(strings.Fields(s), " ")
}

// groups shows a number in groups of four, as everywhere.
func groups(number string) string {
	var parts []string
	for len(number) > 4 {
		parts, number = append(parts, number[:4]), number[4:]
	}
	return strings.Join(append(parts, number), "-")
}
