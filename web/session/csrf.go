package session

import (
	"crypto/hmac"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"
)

// Field is the name of the form field that carries the token, Header the header that scripts send it in.
const (
	Field  = "csrf"
	Header = "X-CSRF-Token"
)

// CSRFToken is the token for the forms of this page: bound to the session when there is one, else to a random cookie of
// this browser, which it sets on w when the request has none. It must be called before the answer's header is written.
//
// The token does not expire while the session or the browser lives: a form may lie open as long as a person needs.
func (m *Manager) CSRFToken(w http.ResponseWriter, r *http.Request) string {
	kind, secret, ok := m.binding(r)
	if !ok {
		var err error
		if secret, err = m.random(); err != nil {
			return "" // Protect will refuse the form, which is the safe way to fail
		}
		// Two forms on one page must get one cookie.
		r.AddCookie(&http.Cookie{Name: m.anonymous, Value: secret})
		m.set(w, m.anonymous, secret)
		kind = "form"
	}
	salt, err := m.random()
	if err != nil {
		return ""
	}
	salt = salt[:22]
	return salt + m.sign(kind, salt, secret)
}

// sign makes the token's second half. A new salt on each page keeps a compressed answer from betraying the token (BREACH).
func (m *Manager) sign(kind, salt, secret string) string {
	return base64.RawURLEncoding.EncodeToString(m.mac("csrf", kind, salt, secret))
}

// binding is what a token of this request must be bound to.
func (m *Manager) binding(r *http.Request) (kind, secret string, ok bool) {
	if s, ok := m.From(r); ok {
		return "session", s.CSRF, true
	}
	if c, ok := m.get(r, m.anonymous); ok {
		return "form", c, true
	}
	return "", "", false
}

func (m *Manager) good(r *http.Request, token string) bool {
	const saltLen = 22
	if len(token) != saltLen+numberLen {
		return false
	}
	kind, secret, ok := m.binding(r)
	if !ok {
		return false
	}
	return hmac.Equal([]byte(token[saltLen:]), []byte(m.sign(kind, token[:saltLen], secret)))
}

// Protect refuses a request of an unsafe method that did not come from a page of ours: one whose Sec-Fetch-Site or Origin
// names another site, and one without a good token in the form field or header. It must stand inside whatever caps
// the body, since it reads forms.
func (m *Manager) Protect(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.Method {
		case http.MethodGet, http.MethodHead, http.MethodOptions:
			next.ServeHTTP(w, r)
			return
		}
		from := origin(r)
		if from == foreign {
			m.refuse(w, r, false)
			return
		}
		token := r.Header.Get(Header)
		if token == "" {
			token = formToken(r)
			if r.MultipartForm != nil {
				// net/http removes the files of its own request only, and this one may be a copy with a context.
				defer r.MultipartForm.RemoveAll()
			}
		}
		if !m.good(r, token) {
			m.refuse(w, r, from == ours)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// formMemory is how much of an upload is held in memory, in octets; the rest of it lies in a temporary file.
const formMemory = 1 << 20

// formToken reads the token from a form of either encoding; an unreadable or too large body has none.
func formToken(r *http.Request) string {
	if err := r.ParseMultipartForm(formMemory); err != nil && !errors.Is(err, http.ErrNotMultipart) {
		return ""
	}
	return r.PostForm.Get(Field)
}

type source int

const (
	unsaid source = iota
	ours
	foreign
)

// origin judges what the browser says about where the request comes from (Fetch Metadata; RFC 6454). A page cannot
// forge these headers, an older browser may send neither: then the token alone decides.
func origin(r *http.Request) source {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "same-origin":
		return ours
	case "none": // typed by the person himself; no form comes so, but no other site can cause it either
		return unsaid
	case "":
	default: // cross-site, same-site: a sibling domain is not us
		return foreign
	}
	switch o := r.Header.Get("Origin"); o {
	case "", "null": // null also comes from our own pages that send no referrer
		return unsaid
	default:
		u, err := url.Parse(o)
		if err != nil || !strings.EqualFold(u.Host, r.Host) {
			return foreign
		}
		return ours
	}
}

func (m *Manager) refuse(w http.ResponseWriter, r *http.Request, sameOrigin bool) {
	if m.o.Refused != nil {
		m.o.Refused(w, r, sameOrigin)
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(http.StatusForbidden)
	w.Write([]byte("Форма устарела. Вернитесь назад, обновите страницу и отправьте её ещё раз.\n" +
		"Пішін ескірді. Артқа қайтып, бетті жаңартыңыз да, қайта жіберіңіз.\n" +
		"The form had expired. Go back, reload the page and send it again.\n"))
}
