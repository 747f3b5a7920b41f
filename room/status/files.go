package status

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/fail"
)

const (
	// listAge is how long a cache may keep a list: lists are published on revocation too, hours before their end.
	listAge = 5 * time.Minute
	// certAge: the certificate of an authority changes with its key, and then has another name.
	certAge = 24 * time.Hour
)

// name reads NAME.suffix of a path. A name is what a configuration can call an authority: short, lower-case, no dots.
func name(file, suffix string) (string, bool) {
	n, ok := strings.CutSuffix(file, suffix)
	if !ok || n == "" || len(n) > 64 {
		return "", false
	}
	for _, c := range []byte(n) {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '_' && c != '-' {
			return "", false
		}
	}
	return n, true
}

func (s *Status) crl(w http.ResponseWriter, r *http.Request, file string) {
	n, ok := name(file, ".crl")
	if !ok {
		refuse(w, http.StatusNotFound, "")
		return
	}
	list, err := s.o.Lists(r.Context(), n)
	switch {
	case fail.Is(err, fail.NotFound):
		refuse(w, http.StatusNotFound, "")
		return
	case err == nil && len(list.DER) == 0:
		err = errors.New("the list is empty")
		fallthrough
	case err != nil:
		s.o.Log.LogAttrs(r.Context(), slog.LevelError, "CRL is not to be had", slog.String("name", n), slog.String("err", err.Error()))
		w.Header().Set("Retry-After", "30")
		refuse(w, http.StatusServiceUnavailable, "")
		return
	}
	age := listAge
	if !list.NextUpdate.IsZero() {
		age = max(0, min(age, list.NextUpdate.Sub(s.o.Clock.Now())))
	}
	s.file(w, r, list.DER, "application/pkix-crl", list.ThisUpdate, age)
}

func (s *Status) cert(w http.ResponseWriter, r *http.Request, file string) {
	n, ok := name(file, ".cer")
	if !ok {
		refuse(w, http.StatusNotFound, "")
		return
	}
	der := s.o.Certificates(n)
	if len(der) == 0 {
		refuse(w, http.StatusNotFound, "")
		return
	}
	s.file(w, r, der, "application/pkix-cert", time.Time{}, certAge)
}

// file sends octets with what caches need; http.ServeContent answers If-None-Match, If-Modified-Since and Range.
func (s *Status) file(w http.ResponseWriter, r *http.Request, octets []byte, kind string, modified time.Time, age time.Duration) {
	sum := sha256.Sum256(octets)
	h := w.Header()
	h.Set("Content-Type", kind)
	h.Set("ETag", `"`+hex.EncodeToString(sum[:16])+`"`)
	h.Set("Cache-Control", "public, no-transform, must-revalidate, max-age="+strconv.Itoa(int(age.Seconds())))
	http.ServeContent(w, r, "", modified, bytes.NewReader(octets))
}

// health answers a balancer: 200 when the process lives and, asked for readiness, when nothing keeps it from its work; else 503 with
// the reasons. JSON for whoever accepts it, otherwise lines.
func (s *Status) health(w http.ResponseWriter, r *http.Request, ready bool) {
	reasons := []string{}
	if ready && s.o.Ready != nil {
		reasons = append(reasons, s.o.Ready(r.Context())...)
	}
	status, word := http.StatusOK, "ok"
	if len(reasons) > 0 {
		status, word = http.StatusServiceUnavailable, "unavailable"
	}
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	var body []byte
	if strings.Contains(r.Header.Get("Accept"), "application/json") {
		h.Set("Content-Type", "application/json")
		var err error
		body, err = json.Marshal(map[string]any{"status": word, "reasons": reasons})
		if err != nil {
			panic(err) // strings always encode
		}
		body = append(body, '\n')
	} else {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		body = []byte(strings.Join(append([]string{word}, reasons...), "\n") + "\n")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	w.Write(body)
}
