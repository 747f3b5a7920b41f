package kit

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/base/i18n"
)

const langCookie = "lang"

// Lang is the reader's language: ?lang=, else the cookie, else Accept-Language, else Russian. Middleware turns ?lang=
// of a GET into the cookie and sends the reader to the same address without it.
func (k *Kit) Lang(r *http.Request) i18n.Lang {
	if l, ok := i18n.ParseLang(r.URL.Query().Get("lang")); ok {
		return l
	}
	if c, err := r.Cookie(langCookie); err == nil {
		if l, ok := i18n.ParseLang(c.Value); ok {
			return l
		}
	}
	if accept := r.Header.Get("Accept-Language"); accept != "" {
		return i18n.Match(accept)
	}
	return i18n.RU
}

// T is the message key in the reader's language; args are pairs name, value.
func (k *Kit) T(r *http.Request, key string, args ...any) string {
	return k.bundle.T(k.Lang(r), key, args...)
}

// chooseLang answers ?lang= of a GET: the choice goes into a cookie of a year and out of the address.
func (k *Kit) chooseLang(w http.ResponseWriter, r *http.Request) bool {
	if r.Method != http.MethodGet {
		return false
	}
	q := r.URL.Query()
	if !q.Has("lang") {
		return false
	}
	if l, ok := i18n.ParseLang(q.Get("lang")); ok {
		http.SetCookie(w, &http.Cookie{Name: langCookie, Value: string(l), Path: "/", MaxAge: 365 * 24 * 3600,
			Secure: k.o.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
	}
	q.Del("lang")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Location", local(r.URL.Path, q))
	w.WriteHeader(http.StatusSeeOther)
	return true
}

// langLink is the address of this page in another language.
func langLink(r *http.Request, l i18n.Lang) string {
	q := r.URL.Query()
	q.Set("lang", string(l))
	return local(r.URL.Path, q)
}

// localPath is the address of the request, on this host.
func localPath(r *http.Request) string { return local(r.URL.Path, r.URL.Query()) }

// local makes an address that stays on this host: a path that begins with two slashes would lead to another one.
func local(path string, q url.Values) string {
	to := url.URL{Path: "/" + strings.TrimLeft(path, `/\`), RawQuery: q.Encode()}
	return to.String()
}
