package kit

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
)

type requestKey struct{}

// RequestID is the random number under which the log holds this request; empty outside Middleware.
func RequestID(r *http.Request) string {
	id, _ := r.Context().Value(requestKey{}).(string)
	return id
}

// policy is the Content-Security-Policy of a page (CSP level 3). Nothing inline, nothing from elsewhere; the crypto runs
// in a Worker of our own, and only a page that needs it may compile WebAssembly.
func policy(wasm, secure bool) string {
	script := "'self'"
	if wasm {
		script += " 'wasm-unsafe-eval'"
	}
	p := "default-src 'none'; script-src " + script + "; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
		"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; worker-src 'self'; manifest-src 'self'"
	if secure {
		p += "; upgrade-insecure-requests"
	}
	return p
}

// Middleware wraps the whole site: security headers, the cap on bodies, the number of the request, the choice of
// language, and a clean page where a handler panics.
func (k *Kit) Middleware(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var b [12]byte
		rand.Read(b[:])
		id := hex.EncodeToString(b[:]) // never the caller's: he could write lines of the log
		r = r.WithContext(context.WithValue(r.Context(), requestKey{}, id))

		h := w.Header()
		h.Set("X-Request-Id", id)
		h.Set("Content-Security-Policy", policy(false, k.o.Secure))
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Referrer-Policy", "same-origin")
		h.Set("Cross-Origin-Opener-Policy", "same-origin")
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=(), usb=(), serial=(), hid=(), bluetooth=()")
		h.Set("X-Frame-Options", "DENY") // for browsers older than frame-ancestors
		if k.o.Secure {
			h.Set("Strict-Transport-Security", "max-age=31536000")
		}

		limit := int64(0)
		if k.o.BodyLimit != nil {
			limit = k.o.BodyLimit(r)
		}
		if limit <= 0 {
			limit = DefaultBody
		}
		if r.Body != nil {
			r.Body = http.MaxBytesReader(w, r.Body, limit)
		}

		rec := &recorder{ResponseWriter: w}
		defer func() {
			p := recover()
			if p == nil {
				return
			}
			if p == http.ErrAbortHandler {
				panic(p) // net/http's own way to break off an answer
			}
			k.log.LogAttrs(r.Context(), slog.LevelError, "panic", slog.String("request", id), slog.String("stack", places()))
			if rec.begun {
				panic(http.ErrAbortHandler) // the reader must not take half a page for a whole one
			}
			k.Fail(w, r, fmt.Errorf("panic: %v", p))
		}()
		defer func() {
			if r.MultipartForm != nil {
				r.MultipartForm.RemoveAll() // net/http removes only the files of the request that this one is a copy of
			}
		}()
		if k.chooseLang(rec, r) {
			return
		}
		next.ServeHTTP(rec, r)
		k.log.LogAttrs(r.Context(), slog.LevelDebug, "request", slog.String("request", id), slog.String("method", r.Method),
			slog.String("route", r.Pattern))
	})
}

// places is the stack as functions and lines. debug.Stack would also print the words of the arguments, and one could be
// a piece of a secret.
func places() string {
	var pcs [40]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])])
	var b strings.Builder
	for {
		f, more := frames.Next()
		fmt.Fprintf(&b, "%s:%d %s\n", f.File, f.Line, f.Function)
		if !more {
			return b.String()
		}
	}
}
