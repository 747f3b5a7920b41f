package kit

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"

	"github.com/senim-pki/senim/base/fail"
)

// Handle makes a handler of f and renders whatever error it returns: the kind gives the status, the page says in the
// reader's language what happened and what to do. A *fail.Error whose code is a message key is explained by that
// message; its arguments fill it. An internal error shows a short random reference that the log holds too, never the
// cause. A program that asks for JSON gets {"error":{"kind","code","message","reference"}}.
//
// An error after the answer has begun is only logged.
func (k *Kit) Handle(f func(http.ResponseWriter, *http.Request) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		rec := &recorder{ResponseWriter: w}
		err := f(rec, r)
		if err == nil {
			return
		}
		if rec.begun {
			k.record(r, slog.LevelError, "answer broken off", err, "")
			return
		}
		k.Fail(w, r, err)
	})
}

// Fail renders err as Handle does, for code that is no Handle function.
func (k *Kit) Fail(w http.ResponseWriter, r *http.Request, err error) {
	p := k.problem(r, err)
	if p.Reference != "" {
		k.record(r, slog.LevelError, "request failed", err, p.Reference)
	} else {
		k.record(r, slog.LevelDebug, "request refused", err, "")
	}
	if p.Status == http.StatusServiceUnavailable && w.Header().Get("Retry-After") == "" {
		w.Header().Set("Retry-After", "30")
	}
	if wantsJSON(r) {
		k.problemJSON(w, p)
		return
	}
	page := Page{TitleText: p.Title, Data: p, NoIndex: true}
	out, err := k.render(w, r, "kit-problem", &page)
	if err != nil {
		k.record(r, slog.LevelError, "couldn't render the error page", err, p.Reference)
		k.plain(w, r, p)
		return
	}
	k.send(w, r, p.Status, &page, out)
}

// NotFound is the page for addresses that lead nowhere: mux.Handle("/", k.NotFound()).
func (k *Kit) NotFound() http.Handler {
	return k.Handle(func(http.ResponseWriter, *http.Request) error { return fail.New(fail.NotFound, "") })
}

// problem is an error as its reader sees it.
type problem struct {
	Status    int
	Kind      string // name in messages.toml and in JSON
	Code      string
	Title     string
	What      string // what happened
	Do        string // what to do
	Reference string
}

var statuses = map[fail.Kind]struct {
	status int
	name   string
}{
	fail.Invalid:     {http.StatusBadRequest, "invalid"},
	fail.NotFound:    {http.StatusNotFound, "notfound"},
	fail.Conflict:    {http.StatusConflict, "conflict"},
	fail.Forbidden:   {http.StatusForbidden, "forbidden"},
	fail.Unavailable: {http.StatusServiceUnavailable, "unavailable"},
	fail.Internal:    {http.StatusInternalServerError, "internal"},
}

func (k *Kit) problem(r *http.Request, err error) problem {
	l := k.Lang(r)
	var tooLarge *http.MaxBytesError
	p := problem{Status: http.StatusInternalServerError, Kind: "internal"}
	if errors.As(err, &tooLarge) {
		p.Status, p.Kind = http.StatusRequestEntityTooLarge, "toolarge"
	} else if s, ok := statuses[fail.KindOf(err)]; ok {
		p.Status, p.Kind = s.status, s.name
	}
	p.Title = k.bundle.T(l, "kit.error."+p.Kind+".title")
	p.What = k.bundle.T(l, "kit.error."+p.Kind+".what")
	p.Do = k.bundle.T(l, "kit.error."+p.Kind+".do")
	if p.Status == http.StatusInternalServerError {
		p.Reference = reference()
		return p
	}
	var e *fail.Error
	if errors.As(err, &e) && e.Code != "" {
		p.Code = e.Code
		if k.bundle.Has(e.Code) {
			// The code's own message holds both sentences, so that the general advice would only repeat or contradict it.
			p.What, p.Do = k.bundle.T(l, e.Code, pairs(e.Args)...), ""
		}
	}
	return p
}

// Message is err in a sentence or two of the reader's language, for a form that comes back with it. An internal error
// gives the general text without a reference.
func (k *Kit) Message(r *http.Request, err error) string {
	p := k.problem(r, err)
	return strings.TrimSpace(p.What + " " + p.Do)
}

// reference is short enough to be read over the telephone, and long enough to find one line of the log: some 39 random bits.
func reference() string {
	const letters = "23456789ABCDEFGHJKMNPQRSTUVWXYZ" // without those taken for another
	var b [8]byte
	rand.Read(b[:])
	for i := range b {
		b[i] = letters[int(b[i])%len(letters)] // a little uneven; it names a line, it opens nothing
	}
	return string(b[:4]) + "-" + string(b[4:])
}

// plain is the last resort, when not even the error page can be rendered.
func (k *Kit) plain(w http.ResponseWriter, r *http.Request, p problem) {
	h := w.Header()
	h.Set("Content-Type", "text/plain; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Security-Policy", policy(false, k.o.Secure))
	w.WriteHeader(p.Status)
	fmt.Fprintf(w, "%s\n%s\n%s\n%s\n", p.Title, p.What, p.Do, p.Reference)
}

func (k *Kit) problemJSON(w http.ResponseWriter, p problem) {
	var out bytes.Buffer
	err := json.NewEncoder(&out).Encode(map[string]any{"error": map[string]string{
		"kind": p.Kind, "code": p.Code, "message": strings.TrimSpace(p.What + " " + p.Do), "reference": p.Reference,
	}})
	if err != nil {
		panic(err) // strings always encode
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	w.Write(out.Bytes())
}

// wantsJSON: a browser's navigation always names text/html, a script of ours names only JSON.
func wantsJSON(r *http.Request) bool {
	a := r.Header.Get("Accept")
	return strings.Contains(a, "application/json") && !strings.Contains(a, "text/html")
}

// record logs without address, query or body: they may hold numbers that open something.
func (k *Kit) record(r *http.Request, level slog.Level, what string, err error, reference string) {
	attrs := []any{"request", RequestID(r), "method", r.Method, "route", r.Pattern}
	if err != nil {
		attrs = append(attrs, "kind", fail.KindOf(err).String(), "err", err.Error())
	}
	if reference != "" {
		attrs = append(attrs, "reference", reference)
	}
	k.log.Log(r.Context(), level, what, attrs...)
}

// recorder notices whether an answer has begun.
type recorder struct {
	http.ResponseWriter
	begun bool
}

func (rec *recorder) WriteHeader(status int) {
	if status >= 200 {
		rec.begun = true
	}
	rec.ResponseWriter.WriteHeader(status)
}

func (rec *recorder) Write(b []byte) (int, error) {
	rec.begun = true
	return rec.ResponseWriter.Write(b)
}

func (rec *recorder) Unwrap() http.ResponseWriter { return rec.ResponseWriter }
