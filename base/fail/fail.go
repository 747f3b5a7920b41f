// Package fail gives errors a kind, which decides what a caller does, and a code, which names the message a person reads.
//
// A kind is chosen where the fault is understood, once; one function of web/kit maps it to an HTTP status and one of cmd to
// an exit code. The sentences live in message files (base/i18n) under the code, so that no error text is shown to people.
// Error() is for logs: it never prints Args, which may hold what a person typed.
package fail

import (
	"errors"
	"strings"
)

// Kind says what a caller can do about an error. The zero kind is Internal: an error nobody classified is our fault.
type Kind int

const (
	Internal    Kind = iota // our fault; nothing the caller sent would have helped
	Invalid                 // what was sent cannot be accepted as it is; sending the same again fails again
	NotFound                // there is no such thing, or the caller may not know of it
	Conflict                // the state has moved on; look again, then decide
	Forbidden               // who asks is known, and may not
	Unavailable             // cannot be done now; the same may succeed later
)

var kindNames = [...]string{"internal", "invalid", "not found", "conflict", "forbidden", "unavailable"}

// String returns the English word of the kind, for logs.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return "internal"
	}
	return kindNames[k]
}

// Error is a fault with its kind and the code of its message.
type Error struct {
	Kind Kind
	Code string            // names the message a person reads: "application.iin-checksum"
	Args map[string]string // fill the placeholders of that message; may be nil
	Err  error             // the cause, for logs; may be nil
}

// New returns an error of the kind whose message is code; args are name, value pairs for the message's placeholders.
func New(kind Kind, code string, args ...string) *Error {
	return &Error{Kind: kind, Code: code, Args: pairs(args)}
}

// Wrap is New with a cause that errors.Is and errors.As see through.
func Wrap(kind Kind, code string, err error, args ...string) *Error {
	return &Error{Kind: kind, Code: code, Args: pairs(args), Err: err}
}

// Error returns the code and the cause, for logs. Args are left out on purpose.
func (e *Error) Error() string {
	if e.Err == nil {
		return e.Code
	}
	return e.Code + ": " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// A Field is one fault of one form field.
type Field struct {
	Name string // the field's name in the form
	Code string // names the message, as in Error
	Args map[string]string
}

// Fields are several form faults at once, in the order of the form. As an error its kind is Invalid.
// A function that collects faults ends with Err, never with the slice itself: an empty Fields in an error is not nil.
type Fields []Field

// Add appends a fault; args are name, value pairs.
func (f *Fields) Add(name, code string, args ...string) {
	*f = append(*f, Field{Name: name, Code: code, Args: pairs(args)})
}

// AddError appends err as a fault of the named field, taking code and arguments from it. It reports false, and adds
// nothing, when err is not an *Error of kind Invalid: such an error is not the form's fault and has to be returned as it is.
func (f *Fields) AddError(name string, err error) bool {
	var e *Error
	if !errors.As(err, &e) || e.Kind != Invalid {
		return false
	}
	*f = append(*f, Field{Name: name, Code: e.Code, Args: e.Args})
	return true
}

// Err returns f as an error, or nil when there is no fault.
func (f Fields) Err() error {
	if len(f) == 0 {
		return nil
	}
	return f
}

// Error lists names and codes, for logs.
func (f Fields) Error() string {
	var b strings.Builder
	b.WriteString("invalid fields")
	for i, x := range f {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(x.Name + " " + x.Code)
	}
	return b.String()
}

// KindOf returns the kind of the outermost error in err's chain that has one, Internal when none has.
// Of nil it answers Internal too; ask only about errors.
func KindOf(err error) Kind {
	kind, _, _ := find(err)
	return kind
}

// CodeOf returns the message code of the outermost error in err's chain that has one, or "". Of Fields it is the first field's.
func CodeOf(err error) string {
	_, code, _ := find(err)
	return code
}

// Is reports whether err has a kind, and it is k. An unclassified error counts as Internal, nil as nothing.
func Is(err error, k Kind) bool {
	return err != nil && KindOf(err) == k
}

func find(err error) (kind Kind, code string, ok bool) {
	switch e := err.(type) {
	case nil:
		return Internal, "", false
	case *Error:
		if e == nil {
			return Internal, "", false
		}
		return e.Kind, e.Code, true
	case Fields:
		if len(e) == 0 {
			return Invalid, "", true
		}
		return Invalid, e[0].Code, true
	case interface{ Unwrap() error }:
		return find(e.Unwrap())
	case interface{ Unwrap() []error }:
		for _, cause := range e.Unwrap() {
			if kind, code, ok = find(cause); ok {
				return kind, code, ok
			}
		}
	}
	return Internal, "", false
}

// pairs makes the map of name, value pairs. A name without a value is the caller's slip; an error path is no place to panic,
// so the slip is made visible in the message instead.
func pairs(args []string) map[string]string {
	if len(args) == 0 {
		return nil
	}
	m := make(map[string]string, (len(args)+1)/2)
	for i := 0; i < len(args); i += 2 {
		if i+1 == len(args) {
			m[args[i]] = "⟦?⟧"
			break
		}
		m[args[i]] = args[i+1]
	}
	return m
}
