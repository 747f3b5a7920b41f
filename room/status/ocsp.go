package status

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/senim-pki/senim/pki/ocsp"
)

const (
	// maxRequest caps a request, in octets of its binary form: a signed question about a hundred certificates has half of
	// it. What is over pki/ocsp's own cap is answered "malformed".
	maxRequest = 64 << 10
	// maxPath caps the base64 of a GET. RFC 5019 section 5 wants GET up to 255; browsers' servers take 8 kB of path.
	maxPath = 8 << 10
	// maxAge is how long a cache may keep an answer to a GET: short, for a revocation is to be seen at once.
	maxAge = time.Minute
)

func (s *Status) ocspPOST(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxRequest))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			refuse(w, http.StatusRequestEntityTooLarge, "")
			return
		}
		refuse(w, http.StatusBadRequest, "")
		return
	}
	w.Header().Set("Cache-Control", "no-store") // caches are not meant to keep the answer to a POST, and some do
	s.send(w, s.answer(r, body))
}

// ocspGET answers a request in the path (RFC 6960 appendix A.1, RFC 5019 section 5), with what caches need to know.
func (s *Status) ocspGET(w http.ResponseWriter, r *http.Request, escaped string) {
	request, ok := decodePath(escaped)
	if !ok {
		w.Header().Set("Cache-Control", "no-store")
		s.send(w, ocsp.CreateError(ocsp.MalformedRequest))
		return
	}
	response := s.answer(r, request)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	a, err := ocsp.ParseResponse(response)
	if err != nil || a.Code != ocsp.Successful || a.Nonce != nil || len(a.Singles) == 0 {
		s.send(w, response)
		return
	}
	now := s.o.Clock.Now()
	age := maxAge
	for _, one := range a.Singles {
		if !one.NextUpdate.IsZero() {
			age = min(age, one.NextUpdate.Sub(now))
		}
	}
	if age > 0 {
		sum := sha256.Sum256(response)
		h.Set("Cache-Control", "max-age="+strconv.Itoa(int(age.Seconds()))+", public, no-transform, must-revalidate")
		h.Set("ETag", `"`+hex.EncodeToString(sum[:])+`"`)
		h.Set("Last-Modified", a.Singles[0].ThisUpdate.UTC().Format(http.TimeFormat))
		h.Set("Expires", now.Add(age).UTC().Format(http.TimeFormat))
	}
	s.send(w, response)
}

func (s *Status) answer(r *http.Request, request []byte) []byte {
	response, err := s.o.Responder.Answer(r.Context(), request)
	if err != nil {
		s.o.Log.LogAttrs(r.Context(), slog.LevelError, "OCSP answer failed", slog.String("err", err.Error()))
	}
	if len(response) == 0 {
		response = ocsp.CreateError(ocsp.InternalError)
	}
	return response
}

func (s *Status) send(w http.ResponseWriter, response []byte) {
	w.Header().Set("Content-Type", "application/ocsp-response")
	w.Header().Set("Content-Length", strconv.Itoa(len(response)))
	w.Write(response) // the reader may have gone: nothing to do about it
}

// decodePath reads base64 as clients put it into a path: percent-encoded or not, so that + arrives as itself, as %2B, or as a
// space; with or without padding; in the URL alphabet; after a second slash, which some join to the address that
// already ends in one. A slash inside is a digit of base64.
func decodePath(escaped string) ([]byte, bool) {
	if len(escaped) > maxPath {
		return nil, false
	}
	text, err := url.PathUnescape(escaped)
	if err != nil {
		return nil, false
	}
	// A request begins with octet 30, so its base64 never begins with a slash.
	text = strings.TrimLeft(text, "/")
	text = strings.TrimRight(text, "=")
	text = strings.Map(func(c rune) rune {
		switch c {
		case ' ', '-':
			return '+'
		case '_':
			return '/'
		}
		return c
	}, text)
	b, err := base64.RawStdEncoding.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil, false
	}
	return b, true
}
