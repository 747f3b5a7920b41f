// Chromedp knows no js/wasm.

//go:build !js

package page_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/internal/browser"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/internal/testca"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/page"
)

const (
	number   = "4P7K92MXQ3HD8TZWBN5R"
	auth     = "individual-auth-rsa"
	gost     = "individual-sign-gost512"
	password = "qwerty12"
	text     = "Отзыв сертификата\n\nНомер: 7A3F 90C1\nПричина: ключ утерян <&>\n"
)

var (
	profiles = []string{auth, gost}
	person   = testca.Person{Name: "ТЕСТОВ ТЕСТ", IIN: "123456789011"}
)

// pages are the smallest of rooms: each has one fragment.
const pages = `
{{define "keys"}}<h1>Ключи</h1>{{template "page-keys" (dict "Action" "/submit" "Number" .Number "Profiles" .Profiles)}}{{end}}
{{define "statement"}}<h1>Решение</h1><form method="post" action="/statement" data-statement novalidate>{{csrf}}
{{template "page-statement" (dict "Text" .Text "Nonce" "NONCE" "Purpose" .Purpose)}}
{{template "button" (dict "text" "Подписать" "name" "decision" "value" "approve")}}</form>{{end}}
{{define "holder"}}<h1>Отзыв</h1><form method="post" action="/holder" novalidate>{{csrf}}{{template "page-holder" .}}{{template "button" (dict "text" "Найти")}}</form>{{end}}
{{define "install"}}<h1>Установка</h1>{{template "page-install" (dict "Number" .Number "CertificatesURL" "/certificates.pem" "Action" "/installed")}}{{end}}
{{define "sign"}}<h1>Подписать</h1>{{template "page-sign" .}}{{end}}
{{define "verify"}}<h1>Проверить</h1><form method="post" action="/verify" enctype="multipart/form-data" novalidate>{{csrf}}{{template "page-hash" .}}{{template "button" (dict "text" "Проверить")}}</form>{{end}}
{{define "done"}}<h1 id="done">Принято</h1>{{end}}
`

// A site serves the fragments without an authority and keeps what it was sent.
type site struct {
	*httptest.Server
	mu           sync.Mutex
	posts        map[string]url.Values // owned by mu; by path; files of a form under "file:‹field›"
	sent         bytes.Buffer          // owned by mu; every body
	certificates []byte                // owned by mu
	refuse       bool                  // owned by mu: the next POST fails
	lost         bool                  // owned by mu: the WebAssembly can't be had
}

func newSite(t *testing.T) *site {
	t.Helper()
	s := &site{posts: map[string]url.Values{}}
	k, err := kit.New(kit.Options{
		Messages: []*i18n.Bundle{page.Messages()}, Assets: map[string]fs.FS{"page": page.Assets()},
		Templates: []fs.FS{page.Templates(), fstest.MapFS{"pages.html": {Data: []byte(pages)}}},
		CSRF:      func(http.ResponseWriter, *http.Request) string { return "TOKEN" },
		BodyLimit: func(*http.Request) int64 { return 10 << 20 },
	})
	if err != nil {
		t.Fatal(err)
	}
	type view struct {
		Number, Text, Purpose string
		Profiles              []string
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /assets/", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		lost := s.lost && strings.HasSuffix(r.URL.Path, ".wasm")
		s.mu.Unlock()
		if lost {
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		k.Assets().ServeHTTP(w, r)
	})
	for _, name := range []string{"keys", "statement", "holder", "install", "sign", "verify", "done"} {
		mux.HandleFunc("GET /"+name, func(w http.ResponseWriter, r *http.Request) {
			k.Page(w, r, 200, name, kit.Page{TitleText: name, Wasm: true, Scripts: []string{"page/page.js"},
				Data: view{number, text, r.FormValue("purpose"), profiles}})
		})
	}
	mux.HandleFunc("GET /certificates.pem", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if s.certificates == nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "application/pem-certificate-chain")
		w.Write(s.certificates)
	})
	mux.HandleFunc("POST /", func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.sent.Write(body)
		if s.refuse {
			s.refuse = false
			http.Error(w, "no", http.StatusServiceUnavailable)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		if err := r.ParseMultipartForm(10 << 20); err != nil && err != http.ErrNotMultipart {
			t.Error(err)
		}
		if r.PostForm.Get("csrf") != "TOKEN" {
			t.Errorf("POST %s without the token: %v", r.URL.Path, r.PostForm)
		}
		if r.MultipartForm != nil {
			for field, files := range r.MultipartForm.File {
				for _, f := range files {
					src, err := f.Open()
					if err != nil {
						t.Error(err)
						continue
					}
					b, _ := io.ReadAll(src)
					src.Close()
					r.PostForm.Add("file:"+field, string(b))
				}
			}
		}
		s.posts[r.URL.Path] = r.PostForm
		http.Redirect(w, r, "/done", http.StatusSeeOther)
	})
	s.Server = httptest.NewServer(k.Middleware(mux))
	t.Cleanup(s.Close)
	return s
}

func (s *site) posted(t *testing.T, path string) url.Values {
	t.Helper()
	s.mu.Lock()
	defer s.mu.Unlock()
	form := s.posts[path]
	if form == nil {
		t.Fatalf("nothing was posted to %s", path)
	}
	return form
}

func (s *site) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

func built(t *testing.T) {
	t.Helper()
	if !page.Built() {
		t.Skip("page: the WebAssembly is not built; run make build")
	}
	peer.Chromium(t)
}

// look takes pictures in three languages and two widths, into the folder of go test -artifacts, and leaves the page as it was.
func look(t *testing.T, p *browser.Tab, name string) {
	t.Helper()
	for _, width := range []int{390, 1280} {
		p.Picture(filepath.Join(t.ArtifactDir(), fmt.Sprintf("%s-%d.png", name, width)), width)
	}
}

func quiet(t *testing.T, p *browser.Tab) {
	t.Helper()
	for _, c := range p.Complaints() {
		t.Errorf("the browser complains: %s", c)
	}
}

// complains waits for a message of the code, beside the field or on top, and checks that it is a sentence.
func complains(t *testing.T, p *browser.Tab, root, code, field string) {
	t.Helper()
	p.Wait(fmt.Sprintf(`document.querySelector(%q).dataset.code === %q`, root, code))
	message := p.Text(root + " [data-problem]")
	if field != "" {
		message = p.Text("#" + field + "-error")
		if p.Text("#"+field+"-error") == "" || browser.Eval[string](p, fmt.Sprintf(`document.getElementById(%q).getAttribute("aria-invalid")`, field)) != "true" {
			t.Errorf("%s is not told beside %s", code, field)
		}
	}
	if strings.Count(message, " ") < 3 || strings.ContainsAny(message, "{}⟦") {
		t.Errorf("%s says %q", code, message)
	}
}

func TestBrowserPageMakesKeysAndInstallsThem(t *testing.T) {
	built(t)
	s, b := newSite(t), browser.Start(t)
	p := b.Tab(t)
	p.Lang(s.URL, "ru")
	p.Open(s.URL + "/keys")
	p.Wait(`document.querySelector("#page-keys [data-part=body]")?.hidden === false`)
	look(t, p, "keys-1")

	// Each broken point of the rule has its sentence, and what was typed stays.
	for _, c := range []struct{ typed, again, code, field string }{
		{"", "", "no-password", "key-password"},
		{"a1", "a1", "password.too-short", "key-password"},
		{"пароль12", "", "password.forbidden", "key-password"},
		{"12345678", "", "password.no-letter", "key-password"},
		{"qwertyui", "", "password.no-digit", "key-password"},
		{password, "qwerty13", "password-again", "key-password-again"},
	} {
		p.Fill("#key-password", c.typed)
		p.Fill("#key-password-again", c.again)
		p.Click("#make-keys")
		complains(t, p, "#page-keys", c.code, c.field)
		if got := p.Value("#key-password"); got != c.typed {
			t.Errorf("after %s the field holds %q", c.code, got)
		}
	}
	look(t, p, "keys-2-error")
	p.Fill("#key-password-again", password)
	p.Click("#make-keys")
	p.WaitState("#page-keys", "saved")
	file := p.Download("senim-keys-*.p12")
	if filepath.Base(file) != "senim-keys-"+number+".p12" {
		t.Errorf("file %s", file)
	}
	look(t, p, "keys-3-saved")
	container, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := keyfile.Open(container, password)
	if err != nil || len(entries) != 2 {
		t.Fatalf("%d keys, %v", len(entries), err)
	}

	// The form can't be sent early.
	browser.Eval[bool](p, `(document.querySelector("#page-keys").requestSubmit(), true)`)
	complains(t, p, "#page-keys", "not-checked", "")

	other := filepath.Join(t.TempDir(), "other.p12")
	strange, err := keyfile.Write(rand.Reader, keyfile.Modern, password, keyfile.Entry{Alias: auth, Key: newKey(t, "rsa")}, keyfile.Entry{Alias: gost, Key: newKey(t, "kz-gost-2015-512")})
	if err != nil {
		t.Fatal(err)
	}
	picture := filepath.Join(t.TempDir(), "photo.p12")
	write(t, other, strange)
	write(t, picture, []byte("\x89PNG"))
	p.Click("#check-keys")
	complains(t, p, "#page-keys", "no-file", "key-file")
	p.Choose("#key-file", picture)
	p.Fill("#key-file-password", password)
	p.Click("#check-keys")
	complains(t, p, "#page-keys", "damaged", "key-file")
	p.Choose("#key-file", other)
	p.Click("#check-keys")
	complains(t, p, "#page-keys", "other-keys", "key-file")
	p.Choose("#key-file", file)
	p.Fill("#key-file-password", "qwerty13")
	p.Click("#check-keys")
	complains(t, p, "#page-keys", "wrong-password", "key-file-password")
	if got := p.Value("#key-file-password"); got != "qwerty13" {
		t.Errorf("the password's field holds %q", got)
	}
	look(t, p, "keys-4-wrong-password")

	// Reload in the middle: the copy in the browser is gone on from.
	p.Reload()
	p.WaitState("#page-keys", "saved")
	if !p.Visible("#key-file") || p.Visible("#key-password") {
		t.Error("after the reload the page doesn't go on from the file")
	}
	look(t, p, "keys-5-reload")
	p.Choose("#key-file", other)
	p.Fill("#key-file-password", password)
	p.Click("#check-keys")
	complains(t, p, "#page-keys", "other-keys", "key-file")
	p.Choose("#key-file", file)
	p.Click("#check-keys")
	p.WaitState("#page-keys", "checked")
	look(t, p, "keys-6-checked")
	p.Click("#submit-keys")
	p.WaitURL("/done")
	form := s.posted(t, "/submit")
	if len(form) != 3 {
		t.Errorf("the form sent %v", form)
	}
	asked := map[string]string{}
	for _, profile := range profiles {
		asked[profile] = form.Get("csr-" + profile)
	}
	answer := testca.New(t, "kz-gost-2015-512").Answer(t, person, asked) // verifies the requests

	// Installation, from the browser's copy, and at first before the certificates are there.
	p.Open(s.URL + "/install")
	p.Wait(`document.querySelector("#page-install [data-part=kept]")?.hidden === false`)
	look(t, p, "install-1")
	p.Click("#install")
	complains(t, p, "#page-install", "no-password", "install-password")
	p.Fill("#install-password", password)
	p.Click("#install")
	complains(t, p, "#page-install", "certificates-missing", "")
	s.set(func() { s.certificates = answer; s.refuse = true })
	p.Fill("#install-password", "qwerty13")
	p.Click("#install")
	complains(t, p, "#page-install", "wrong-password", "install-password")
	p.Choose("#install-file", other)
	p.Fill("#install-password", password)
	p.Click("#install")
	complains(t, p, "#page-install", "other-application", "install-file")
	p.Choose("#install-file", file)
	p.Click("#install")
	complains(t, p, "#page-install", "not-reported", "") // the server was away
	authFile, gostFile := p.Download("AUTH_RSA256_*.p12"), p.Download("GOST512_*.p12")
	look(t, p, "install-2-not-reported")
	p.Click("#install-report")
	p.WaitState("#page-install", "done")
	look(t, p, "install-3-done")
	if left := browser.Eval[int](p, `localStorage.length`); left != 0 {
		t.Errorf("%d things are left in the browser's storage", left)
	}
	for _, f := range []string{authFile, gostFile} {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := keyfile.Open(b, password)
		if err != nil || len(entries) != 1 || entries[0].Certificate == nil || keyfile.FileName(entries[0]) != filepath.Base(f) {
			t.Errorf("%s: %v, %v", f, entries, err)
		}
	}
	complaints(t, p, "404 (Not Found)", "503 (Service Unavailable)")

	s.set(func() {
		for _, secret := range [][]byte{[]byte(password), container[100:160], []byte(base64.StdEncoding.EncodeToString(container[99:159]))} {
			if bytes.Contains(s.sent.Bytes(), secret) {
				t.Error("a secret was sent")
			}
		}
	})
	signing(t, s, p, authFile, gostFile)
}

// complaints are quiet but for those that the test made.
func complaints(t *testing.T, p *browser.Tab, but ...string) {
	t.Helper()
next:
	for _, c := range p.Complaints() {
		for _, ok := range but {
			if strings.Contains(c, ok) {
				continue next
			}
		}
		t.Errorf("the browser complains: %s", c)
	}
}

// signing goes on with the installed files.
func signing(t *testing.T, s *site, p *browser.Tab, authFile, gostFile string) {
	// A decision: signed with the signing key only.
	p.Open(s.URL + "/statement?purpose=sign")
	p.Wait(`document.querySelector("#page-statement [data-part=body]")?.hidden === false`)
	look(t, p, "statement-1")
	p.Click("button[type=submit]")
	complains(t, p, "#page-statement", "no-file", "statement-file")
	p.Choose("#statement-file", authFile)
	p.Fill("#statement-password", password)
	p.Click("button[type=submit]")
	complains(t, p, "#page-statement", "sign.authentication-key", "statement-file")
	look(t, p, "statement-2-purpose")
	p.Choose("#statement-file", gostFile)
	p.Fill("#statement-password", "Qwerty12")
	p.Click("button[type=submit]")
	complains(t, p, "#page-statement", "wrong-password", "statement-password")
	p.Fill("#statement-password", password)
	p.Click("#statement-keep + label")
	p.Click("button[type=submit]")
	p.WaitURL("/done")
	form := s.posted(t, "/statement")
	if form.Get("decision") != "approve" || form.Get("nonce") != "NONCE" || len(form) != 4 {
		t.Errorf("the form sent %v", form)
	}
	good(t, form.Get("cms"), []byte(text), false)

	// The next decision in the same tab: only the password is asked.
	p.Open(s.URL + "/statement?purpose=sign")
	p.Wait(`document.querySelector("#page-statement [data-part=kept]")?.hidden === false`)
	if p.Visible("#statement-file") {
		t.Error("the kept key file is asked for again")
	}
	look(t, p, "statement-3-kept")
	p.Fill("#statement-password", password)
	p.Click("button[type=submit]")
	p.WaitURL("/done")

	// Signing in asks for the other key.
	p.Open(s.URL + "/statement?purpose=auth")
	p.Fill("#statement-password", password)
	p.Click("button[type=submit]")
	complains(t, p, "#page-statement", "no-authentication", "statement-file")
	p.Choose("#statement-file", authFile)
	p.Click("button[type=submit]")
	p.WaitURL("/done")
	good(t, s.posted(t, "/statement").Get("cms"), []byte(text), false)

	p.Open(s.URL + "/holder")
	p.Choose("#holder-file", gostFile)
	p.Fill("#holder-password", password)
	look(t, p, "holder-1")
	p.Click("button[type=submit]")
	p.WaitURL("/done")
	b, err := os.ReadFile(gostFile)
	if err != nil {
		t.Fatal(err)
	}
	entries, err := keyfile.Open(b, password)
	if err != nil {
		t.Fatal(err)
	}
	c := entries[0].Certificate
	if got, want := s.posted(t, "/holder").Get("issuer-serials"), hex.EncodeToString(c.AuthorityKeyID.KeyID)+":"+c.SerialHex(); got != want {
		t.Errorf("certificates %q, want %q", got, want)
	}

	// A document, 30 MB so that it goes in pieces.
	document := bytes.Repeat([]byte("Шарт № 15, 2026 жыл. "), 1_000_000)
	path := filepath.Join(t.TempDir(), "договор.pdf")
	write(t, path, document)
	p.Open(s.URL + "/sign")
	p.Wait(`document.querySelector("#page-sign [data-part=body]")?.hidden === false`)
	look(t, p, "sign-1")
	p.Click("#sign")
	complains(t, p, "#page-sign", "no-document", "sign-document")
	p.Choose("#sign-document", path)
	p.Choose("#sign-file", authFile)
	p.Fill("#sign-password", password)
	p.Click("#sign")
	complains(t, p, "#page-sign", "sign.authentication-key", "sign-file")
	p.Choose("#sign-file", gostFile)
	p.Click("#sign-detached + label")
	p.Click("#sign")
	p.WaitState("#page-sign", "done")
	if !strings.Contains(p.Text("#page-sign"), person.Name) {
		t.Error("the page doesn't say who signed")
	}
	look(t, p, "sign-2-done")
	detached := p.Download("*.p7s")
	signature, err := os.ReadFile(detached)
	if err != nil {
		t.Fatal(err)
	}
	good(t, base64.StdEncoding.EncodeToString(signature), document, true)
	p.Click("#sign-more")
	short := filepath.Join(t.TempDir(), "short.txt")
	write(t, short, []byte("сәлем"))
	p.Choose("#sign-document", short)
	p.Fill("#sign-password", password)
	p.Click("#sign-attached + label")
	p.Click("#sign")
	p.WaitState("#page-sign", "done")
	attached, err := os.ReadFile(p.Download("short.txt.cms"))
	if err != nil {
		t.Fatal(err)
	}
	good(t, base64.StdEncoding.EncodeToString(attached), []byte("сәлем"), false)

	// Verification: the signature goes, the document stays.
	p.Open(s.URL + "/verify")
	p.Wait(`document.querySelector("#page-hash [data-part=body]")?.hidden === false`)
	p.Choose("#file", path)
	p.Choose("#content", detached)
	p.Click("button[type=submit]")
	complains(t, p, "#page-hash", "no-signature", "file")
	p.Choose("#file", detached)
	p.Choose("#content", path)
	look(t, p, "verify-1")
	p.Click("button[type=submit]")
	p.WaitURL("/done")
	sent := s.posted(t, "/verify")
	m, err := cms.Parse([]byte(sent.Get("file:file")))
	if err != nil {
		t.Fatal(err)
	}
	if len(sent["file:content"]) > 0 && sent.Get("file:content") != "" {
		t.Error("the document was sent")
	}
	if c := m.CheckDigest(0, func(h *alg.Hash) ([]byte, error) { return hex.DecodeString(sent.Get("digest-" + h.Name)) }, nil); !c.Good() {
		t.Errorf("with the page's digest: %+v, form %v", c.Findings, sent)
	}
	quiet(t, p)
}

func good(t *testing.T, signature string, content []byte, detached bool) {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		t.Fatal(err)
	}
	m, err := cms.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if m.Detached != detached {
		t.Errorf("detached %v", m.Detached)
	}
	if c := m.Check(0, content, nil); !c.Good() {
		t.Errorf("%+v; content %q", c.Findings, m.Content)
	}
	if at := m.Signers[0].SigningTime; time.Since(at).Abs() > 10*time.Minute {
		t.Errorf("signed at %v", at)
	}
}

func TestBrowserPageLeavesNothingOnAForeignComputer(t *testing.T) {
	built(t)
	s, b := newSite(t), browser.Start(t)
	for _, lang := range []string{"kk", "en"} {
		t.Run(lang, func(t *testing.T) {
			p := b.Tab(t)
			p.Lang(s.URL, lang)
			p.Open(s.URL + "/keys")
			p.Fill("#key-password", password)
			p.Fill("#key-password-again", password)
			p.Click("#key-foreign + label")
			look(t, p, "foreign-1-"+lang)
			p.Click("#make-keys")
			p.WaitState("#page-keys", "saved")
			file := p.Download("senim-keys-*.p12")
			if left := browser.Eval[int](p, `localStorage.length + sessionStorage.length`); left != 0 {
				t.Errorf("%d things are in the browser's storage", left)
			}
			look(t, p, "foreign-2-"+lang)
			p.Reload()
			p.Wait(`document.querySelector("#page-keys [data-part=body]")?.hidden === false`)
			if !p.Visible("#key-password") {
				t.Error("the page remembers the keys")
			}
			p.Click("#have-keys")
			p.Choose("#key-file", file)
			p.Fill("#key-file-password", password)
			p.Click("#check-keys")
			p.WaitState("#page-keys", "checked")
			look(t, p, "foreign-3-"+lang)
			for _, name := range []string{"statement?purpose=sign", "install", "sign", "verify", "holder"} {
				p.Open(s.URL + "/" + name)
				p.Wait(`document.querySelector("[data-part=body]")?.hidden === false`)
				look(t, p, lang+"-"+strings.Split(name, "?")[0])
			}
			quiet(t, p)
			os.Remove(file)
		})
	}
}

func TestBrowserPageGoesOnAfterALostConnection(t *testing.T) {
	built(t)
	s, b := newSite(t), browser.Start(t)
	s.set(func() { s.lost = true })
	p := b.Tab(t)
	p.Open(s.URL + "/keys")
	p.Fill("#key-password", password)
	p.Fill("#key-password-again", password)
	p.Click("#make-keys")
	complains(t, p, "#page-keys", "load", "")
	if p.Value("#key-password") != password {
		t.Error("the password has to be typed again")
	}
	s.set(func() { s.lost = false })
	p.Click("#make-keys")
	p.WaitState("#page-keys", "saved")
}

func TestBrowserPageAsksWhichOfSeveralKeysSigns(t *testing.T) {
	built(t)
	s, b := newSite(t), browser.Start(t)
	ca := testca.New(t, "p256")
	var entries []keyfile.Entry
	for _, e := range []struct {
		kind string
		auth bool
	}{{"rsa", true}, {"rsa", false}, {"kz-gost-2015-512", false}} {
		key := newKey(t, e.kind)
		public, err := key.Public()
		if err != nil {
			t.Fatal(err)
		}
		entries = append(entries, keyfile.Entry{Key: key, Certificate: ca.Issue(t, public.SPKI, person, e.auth, testca.Year)})
	}
	container, err := keyfile.Write(rand.Reader, keyfile.Modern, password, entries...)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "all.p12")
	write(t, file, container)
	p := b.Tab(t)
	p.Lang(s.URL, "ru")
	p.Open(s.URL + "/statement?purpose=sign")
	p.Choose("#statement-file", file)
	p.Fill("#statement-password", password)
	p.Click("button[type=submit]")
	p.Wait(`document.querySelectorAll("#page-statement [data-part=choice] input").length === 2 && document.querySelector("#page-statement").dataset.state === "idle"`)
	look(t, p, "choice")
	p.Click("#page-statement-choice-2 + label")
	p.Click("button[type=submit]")
	p.WaitURL("/done")
	signature, err := base64.StdEncoding.DecodeString(s.posted(t, "/statement").Get("cms"))
	if err != nil {
		t.Fatal(err)
	}
	m, err := cms.Parse(signature)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(m.Signers[0].Serial, entries[2].Certificate.Serial) {
		t.Error("another key signed than the one that was chosen")
	}
	good(t, s.posted(t, "/statement").Get("cms"), []byte(text), false)
	if len(s.posted(t, "/statement")) != 4 {
		t.Errorf("the form sent %v", s.posted(t, "/statement"))
	}
	quiet(t, p)
}

func TestBrowserPageSaysSoWithoutJavaScript(t *testing.T) {
	built(t)
	s, b := newSite(t), browser.Start(t)
	p := b.Tab(t)
	p.Script(false)
	for _, name := range []string{"keys", "statement?purpose=auth", "statement?purpose=sign", "install", "sign", "holder"} {
		p.Open(s.URL + "/" + name)
		if shown := p.Text("main"); !strings.Contains(shown, "JavaScript") {
			t.Errorf("%s says only %q", name, shown)
		}
		if p.Visible("input[type=password]") {
			t.Errorf("%s asks for a password", name)
		}
	}
	look(t, p, "noscript")
	p.Open(s.URL + "/verify")
	if !p.Visible("#file") || !p.Visible("#content") {
		t.Error("verification doesn't take files without JavaScript")
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

func newKey(t *testing.T, kind string) *alg.PrivateKey {
	t.Helper()
	k, err := alg.GenerateKey(rand.Reader, alg.KindByName(kind), 0)
	if err != nil {
		t.Fatal(err)
	}
	return k
}
