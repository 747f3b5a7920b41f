package portal_test

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/internal/browser"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/web/page"
)

// TestAPersonAppliesAndInstallsInABrowser is the way that a person goes, with keys that the page really makes.
func TestAPersonAppliesAndInstallsInABrowser(t *testing.T) {
	if !page.Built() {
		t.Skip("this build makes no keys in the page; run make build")
	}
	const password = "qwerty12"
	b := browser.Start(t)
	s := newSite(t)
	server := httptest.NewServer(s.handler)
	defer server.Close()
	p := b.Tab(t)
	p.Lang(server.URL, "kk")

	p.Open(server.URL + "/")
	p.Click("#apply")
	p.WaitURL("/apply")
	p.Click(`form[action="/apply"] button`)
	p.Wait(`document.activeElement.id === "error-summary"`) // the summary takes the focus
	p.Click("#agree")
	p.Click(`form[action="/apply"] button`)
	p.WaitURL("/apply/form")
	p.Fill("#iin", somebody.IIN)
	p.Fill("#surname", "Ибраева")
	p.Fill("#name", "Әйгерім")
	browser.Eval[string](p, `document.querySelector("#locality").value = "oskemen"`)
	p.Click(`form[action="/apply/form"] button`)
	p.WaitURL("/apply/keys")

	p.Fill("#key-password", password)
	p.Fill("#key-password-again", password)
	p.Click("#make-keys")
	p.WaitState("#page-keys", "saved")
	file := p.Download("senim-keys-*.p12")
	p.Choose("#key-file", file)
	p.Fill("#key-file-password", password)
	p.Click("#check-keys")
	p.WaitState("#page-keys", "checked")
	p.Click("#submit-keys")
	p.WaitURL("/apply/check")
	if text := p.Text("main"); !strings.Contains(text, "Өскемен") {
		t.Errorf("the check does not show the place: %s", text)
	}
	// An impatient hand clicks on and on.
	browser.Eval[bool](p, `(() => { const b = document.querySelector("#submit-application"); b.click(); b.click(); b.click(); return true })()`)
	p.WaitURL("/apply/done")
	p.Wait(`document.querySelector("#panel-number")`)
	number := compact(p.Text("#panel-number"))
	if n := s.applications(t); n != 1 || !strings.Contains(file, number) {
		t.Errorf("%d applications; the file of %s is %s", n, number, file)
	}
	s.Update(t, func(tx authority.Tx) error { return tx.PutPerson(somebody) })
	s.issued(t, number)

	p.Open(server.URL + "/status/" + number)
	p.Click("#next-button")
	p.WaitURL("/install/" + number)
	p.Choose("#install-file", file)
	p.Fill("#install-password", password)
	p.Click("#install")
	p.WaitState("#page-install", "done")
	if got := s.application(t, number).State; got != application.Installed {
		t.Errorf("state %s", got)
	}
	p.Click("[data-next]")
	p.WaitURL("/install/" + number + "/done")
	for _, pattern := range []string{"AUTH_RSA256_*.p12", "GOST512_*.p12"} {
		name := p.Download(pattern)
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := keyfile.Open(data, password)
		if err != nil || len(entries) != 1 {
			t.Errorf("%s: %d entries, %v", filepath.Base(name), len(entries), err)
		}
	}

	// The holder's key file names its certificates; whose they are is not said.
	p.Open(server.URL + "/revoke/key")
	p.Choose("#holder-file", p.Download("GOST512_*.p12"))
	p.Fill("#holder-password", password)
	p.Click(`form[data-holder] button[type=submit]`)
	p.Wait(`document.querySelector("#certificate")`)
	if text := p.Text("main"); strings.Contains(text, "ИБРАЕВА") || strings.Contains(text, somebody.IIN) {
		t.Errorf("the page names the holder: %s", text)
	}
	for _, c := range p.Complaints() {
		if !strings.Contains(c, "422") && !strings.Contains(c, "favicon") { // the agreement that was not accepted
			t.Errorf("the browser complains: %s", c)
		}
	}
}
