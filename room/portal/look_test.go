package portal_test

import (
	"encoding/base64"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/internal/browser"
)

// A look is a page as the handlers answered with it.
type look struct {
	name string
	*answer
}

// looks opens every page in the language of b.
func looks(t *testing.T, s *site, lang string) (all []look) {
	b := s.visitor(t)
	b.lang = lang
	keep := func(name string, a *answer) { all = append(all, look{lang + "-" + name, a}) }
	keep("start", b.get("/"))
	keep("agreement", b.get("/apply"))
	keep("agreement-fault", b.post("/apply"))
	b.post("/apply", "agree", "yes")
	keep("form", b.get("/apply/form"))
	keep("form-faults", b.post("/apply/form", "iin", "85031530", "surname", "<b>", "email", "a@", "signing", "gost"))
	keep("keys", b.post("/apply/form", answers()...))
	keep("keys-fault", b.post("/apply/keys"))
	keep("check", b.keys())
	keep("done", b.post("/apply/submit"))
	number, code := compact(b.last.text(b.last.id("panel-number"))), compact(b.last.text(b.last.id("revocation-code")))
	keep("agreement-before", b.get("/apply"))
	keep("status-form", b.get("/status"))
	keep("status-unknown", b.post("/status", "number", "0123-4567-89AB-CDEF"))
	keep("status-new", b.get("/status/"+number))
	keep("install-not-yet", b.get("/install/"+number))
	keep("cancel", b.get("/status/"+number+"/cancel"))
	keep("code-fault", b.post("/revoke/code", "number", number, "code", strings.Repeat("0", 16)))
	s.issued(t, number)
	keep("status-issued", b.get("/status/"+number))
	keep("install", b.get("/install/"+number))
	keep("installed", b.post("/install/"+number))
	keep("revoke", b.get("/revoke"))
	keep("holder", b.get("/revoke/key"))
	_, certificates, err := s.authority.Status(t.Context(), number)
	if err != nil {
		t.Fatal(err)
	}
	var list []string
	for _, c := range certificates {
		list = append(list, fmt.Sprintf("%x:%s", s.Hierarchy.Authority(c.Issuer).Certificate.SubjectKeyID, c.Serial))
	}
	form := []string{"issuer-serials", strings.Join(list, " ")}
	keep("reason", b.post("/revoke/key", form...))
	keep("reason-faults", b.post("/revoke/key/reason", form...))
	sign := certificates[1]
	keep("statement", b.post("/revoke/key/reason", append(form, "certificate", sign.Subject(), "reason", "1", "consent", "yes")...))
	keep("revoked", b.post("/revoke/key/sign", "certificate", sign.Subject(), "reason", "1", "nonce", b.last.value("nonce"), "cms", base64Of(s.sign(t, b.last.statement(), sign))))
	keep("held", b.post("/revoke/code", "number", number, "code", code))
	keep("sign", b.get("/sign"))
	keep("downloads", b.get("/downloads"))
	keep("about", b.get("/about"))
	s.Update(t, func(tx authority.Tx) error {
		a, err := tx.Application(number)
		if err != nil {
			return err
		}
		a.State = application.Rejected
		a.Moves = append(a.Moves, application.Move{At: now.Add(time.Hour), From: application.New, To: application.Rejected, By: application.RA, Reason: "Фамилия в заявке не совпадает с удостоверением"})
		return tx.PutApplication(a)
	})
	keep("status-refused", b.get("/status/"+number))
	return all
}

// TestThePagesInABrowser opens every page in a real browser, wide and narrow, in each language, and fails where a page is
// wider than the screen or the browser complains.
//
//	go test -run ThePagesInABrowser -artifacts -outputdir DIR ./room/portal
//
// keeps the pictures, to be looked at.
func TestThePagesInABrowser(t *testing.T) {
	b := browser.Start(t)
	var all []look
	var s *site
	for _, l := range i18n.Langs() {
		s = newSite(t)
		all = append(all, looks(t, s, string(l))...)
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, l := range all {
			if r.URL.Path == "/look/"+l.name {
				for name, values := range l.header {
					w.Header()[name] = values
				}
				w.Write(l.body)
				return
			}
		}
		s.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	p := b.Tab(t)
	keep := flag.Lookup("test.artifacts").Value.String() == "true" // to take pictures doubles the time
	for _, l := range all {
		p.Open(server.URL + "/look/" + l.name)
		for _, width := range []int{390, 1280} {
			p.Width(width)
			if wide := browser.Eval[int](p, "document.documentElement.scrollWidth"); wide > width {
				t.Errorf("%s at %d: the page is %d wide", l.name, width, wide)
			}
			if keep {
				p.Picture(filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-%d.png", l.name, width)), width)
			}
		}
		for _, c := range p.Complaints() {
			if !strings.Contains(c, "favicon.ico") {
				t.Errorf("%s: the browser complains: %s", l.name, c)
			}
		}
	}
}

func base64Of(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
