package fail

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"strings"
	"testing"
)

func TestKindAndCodeAreFoundThroughWrapping(t *testing.T) {
	inner := New(NotFound, "application.unknown")
	var none *Error
	for _, c := range []struct {
		name string
		err  error
		kind Kind
		code string
	}{
		{"nothing", nil, Internal, ""},
		{"a stranger", io.EOF, Internal, ""},
		{"an error of ours", inner, NotFound, "application.unknown"},
		{"one wrapped by fmt", fmt.Errorf("couldn't show: %w", inner), NotFound, "application.unknown"},
		{"one wrapped twice, the outer decides", Wrap(Conflict, "application.moved", inner), Conflict, "application.moved"},
		{"the second of a join", errors.Join(io.EOF, inner), NotFound, "application.unknown"},
		{"two of a join, the first decides", errors.Join(New(Forbidden, "a"), inner), Forbidden, "a"},
		{"several fields, wrapped", fmt.Errorf("form: %w", Fields{{Name: "iin", Code: "iin.length"}, {Name: "name", Code: "b"}}), Invalid, "iin.length"},
		{"a nil of our type", none, Internal, ""},
		{"an error classified as internal", Wrap(Internal, "x", inner), Internal, "x"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := KindOf(c.err); got != c.kind {
				t.Errorf("kind %v, want %v", got, c.kind)
			}
			if got := CodeOf(c.err); got != c.code {
				t.Errorf("code %q, want %q", got, c.code)
			}
			if c.err != nil && (!Is(c.err, c.kind) || Is(c.err, c.kind+1)) {
				t.Error("Is does not agree with KindOf")
			}
		})
	}
	if Is(nil, Internal) {
		t.Error("nil is internal")
	}
}

func TestCauseIsSeenThrough(t *testing.T) {
	err := Wrap(Unavailable, "store.away", context.DeadlineExceeded, "store", "registry")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Error("errors.Is does not see the cause")
	}
	var e *Error
	if !errors.As(fmt.Errorf("outer: %w", err), &e) || e.Args["store"] != "registry" {
		t.Error("errors.As does not find the arguments")
	}
}

func TestErrorTextHoldsNoArguments(t *testing.T) {
	err := Wrap(Invalid, "iin.checksum", io.ErrUnexpectedEOF, "iin", "850315300009")
	if got := err.Error(); got != "iin.checksum: unexpected EOF" {
		t.Errorf("got %q", got)
	}
	var f Fields
	f.Add("iin", "iin.length", "typed", "850315300009")
	f.Add("mail", "mail.form")
	if got := f.Err().Error(); got != "invalid fields: iin iin.length, mail mail.form" || strings.Contains(got, "8503") {
		t.Errorf("got %q", got)
	}
}

func TestFieldsWithoutFaultAreNoError(t *testing.T) {
	var f Fields
	if err := f.Err(); err != nil {
		t.Errorf("got %v", err)
	}
	if f.AddError("iin", io.EOF) || f.AddError("iin", New(Unavailable, "register.away")) || f.Err() != nil {
		t.Error("an error that is not the form's was taken")
	}
	if !f.AddError("iin", fmt.Errorf("check: %w", New(Invalid, "iin.length", "length", "3"))) {
		t.Error("an invalid field was not taken")
	}
	if len(f) != 1 || f[0].Name != "iin" || f[0].Code != "iin.length" || f[0].Args["length"] != "3" {
		t.Errorf("got %+v", f)
	}
}

func TestArgumentsArePairs(t *testing.T) {
	if got := New(Invalid, "x").Args; got != nil {
		t.Errorf("got %v", got)
	}
	if got := New(Invalid, "x", "a", "1", "b").Args; !maps.Equal(got, map[string]string{"a": "1", "b": "⟦?⟧"}) {
		t.Errorf("got %v", got)
	}
}

func TestEveryKindHasItsWord(t *testing.T) {
	for k, want := range map[Kind]string{Internal: "internal", Invalid: "invalid", NotFound: "not found", Conflict: "conflict",
		Forbidden: "forbidden", Unavailable: "unavailable", -1: "internal", 99: "internal"} {
		if got := k.String(); got != want {
			t.Errorf("%d is %q, want %q", int(k), got, want)
		}
	}
}
