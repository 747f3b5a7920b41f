// Package status is the face of an authority for machines: OCSP, revocation lists, certificates of authorities, health.
//
// It knows no application, no person and no issuance, so it works when issuance is down, and can be served alone. It is
// meant for plain HTTP, since clients must be able to ask about the certificate of a TLS server before they trust it;
// everything it says is signed by itself.
//
// Nothing here redirects, and nothing is cleaned: base64 in a path has slashes that mean something. A server that
// joins this face with others therefore asks Serves before its own multiplexer sees the request.
//
// The paths are part of certificates and never change: /ocsp, /crl/NAME.crl, /cert/NAME.cer, /healthz.
package status

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/clock"
)

// A Responder answers OCSP requests. It always answers; the error is for the log.
type Responder interface {
	Answer(ctx context.Context, request []byte) (response []byte, err error)
}

// A List is a revocation list as it is published.
type List struct {
	DER                    []byte
	ThisUpdate, NextUpdate time.Time
}

// Lists gives the current list of the name in a path, "gost" for /crl/gost.crl. A name that does not exist is
// fail.NotFound.
type Lists func(ctx context.Context, name string) (List, error)

// Certificates gives the certificate of the name in a path, DER, or nil.
type Certificates func(name string) []byte

// Ready says why the authority cannot do its work, nothing when it can. What it returns is public.
type Ready func(ctx context.Context) []string

// Options is what a Status is made of. Responder, Lists, Certificates and Clock are required.
type Options struct {
	Responder    Responder
	Lists        Lists
	Certificates Certificates
	Ready        Ready // nil: always
	Clock        clock.Clock
	Log          *slog.Logger // nil: silence
}

// Status serves the machine faces. It may be used by several goroutines at once.
type Status struct{ o Options }

// New makes a Status. It panics where a required part is missing: a slip of wiring.
func New(o Options) *Status {
	if o.Responder == nil || o.Lists == nil || o.Certificates == nil || o.Clock == nil {
		panic("status: a part is missing")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	return &Status{o}
}

// Serves reports whether the request is for this face.
func Serves(r *http.Request) bool {
	p := r.URL.EscapedPath()
	return p == "/ocsp" || p == "/healthz" || strings.HasPrefix(p, "/ocsp/") || strings.HasPrefix(p, "/healthz/") ||
		strings.HasPrefix(p, "/crl/") || strings.HasPrefix(p, "/cert/")
}

// ServeHTTP answers a request to one of the fixed paths; every other path is 404.
func (s *Status) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("X-Content-Type-Options", "nosniff")
	p := r.URL.EscapedPath()
	switch {
	case p == "/ocsp" && r.Method == http.MethodPost, p == "/ocsp/" && r.Method == http.MethodPost:
		s.ocspPOST(w, r)
	case p == "/ocsp", p == "/ocsp/":
		refuse(w, http.StatusMethodNotAllowed, http.MethodPost)
	case strings.HasPrefix(p, "/ocsp/"):
		s.get(w, r, func() { s.ocspGET(w, r, strings.TrimPrefix(p, "/ocsp/")) })
	case strings.HasPrefix(p, "/crl/"):
		s.get(w, r, func() { s.crl(w, r, strings.TrimPrefix(p, "/crl/")) })
	case strings.HasPrefix(p, "/cert/"):
		s.get(w, r, func() { s.cert(w, r, strings.TrimPrefix(p, "/cert/")) })
	case p == "/healthz" || p == "/healthz/ready" || p == "/healthz/live":
		s.get(w, r, func() { s.health(w, r, p != "/healthz/live") })
	default:
		refuse(w, http.StatusNotFound, "")
	}
}

// get lets GET and HEAD through; net/http leaves the body of an answer to HEAD out.
func (s *Status) get(w http.ResponseWriter, r *http.Request, f func()) {
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		refuse(w, http.StatusMethodNotAllowed, "GET, HEAD")
		return
	}
	f()
}

// refuse answers with a status and its words, for whoever reads it; programs read the status.
func refuse(w http.ResponseWriter, status int, allow string) {
	if allow != "" {
		w.Header().Set("Allow", allow)
	}
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, http.StatusText(status), status)
}
