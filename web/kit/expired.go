package kit

import (
	"errors"
	"net/http"
	"sort"
	"strings"
)

// pair is one field of a form that is shown again.
type pair struct{ Name, Value string }

// expired is what the page about a stale form shows.
type expired struct {
	Again  bool
	Action string
	Fields []pair
}

// Expired answers a form whose token is no longer good (session.Options.Refused). Where the browser vouches that the form
// came from our own page, it is offered again under a fresh token with all that was typed; the person looks at
// nothing but one button. Passwords and files are not carried: the form will ask for them. From elsewhere nothing is carried,
// since another site could have filled it in.
func (k *Kit) Expired(w http.ResponseWriter, r *http.Request, sameOrigin bool) {
	// A body over the cap has no readable token either, but sending it again would not help.
	var over *http.MaxBytesError
	if r.Body != nil {
		if _, err := r.Body.Read(make([]byte, 1)); errors.As(err, &over) {
			k.Fail(w, r, err)
			return
		}
	}
	if wantsJSON(r) {
		l := k.Lang(r)
		k.problemJSON(w, problem{Status: http.StatusForbidden, Kind: "forbidden", Code: "kit.expired",
			What: k.bundle.T(l, "kit.expired.what"), Do: k.bundle.T(l, "kit.expired.back")})
		return
	}
	e := expired{Action: localPath(r)}
	// MultipartForm means files, which cannot be sent again from here.
	if sameOrigin && r.Method == http.MethodPost && r.MultipartForm == nil && len(r.PostForm) > 0 && k.o.CSRF != nil {
		e.Again = true
		names := make([]string, 0, len(r.PostForm))
		for name := range r.PostForm {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			if name == "csrf" || secretName(name) {
				continue
			}
			for _, v := range r.PostForm[name] {
				e.Fields = append(e.Fields, pair{name, v})
			}
		}
	}
	k.Page(w, r, http.StatusForbidden, "kit-expired", Page{Title: "kit.expired.title", Data: e, Secret: true})
}

// secretName: fields that must not be written into a page.
func secretName(name string) bool {
	n := strings.ToLower(name)
	for _, word := range []string{"password", "passwd", "pin", "secret", "totp", "otp", "code"} {
		if strings.Contains(n, word) {
			return true
		}
	}
	return false
}
