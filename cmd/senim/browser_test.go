package main_test

import (
	"encoding/base32"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/internal/browser"
	"github.com/senim-pki/senim/internal/line"
	"github.com/senim-pki/senim/web/page"
)

// The whole line in a real browser, against the real program: what the README walks through. With SENIM_PICTURES=DIR the
// README's pictures are written there, as make pictures does.

// A walk is a demo that people walk through with one browser.
type walk struct {
	*server
	made    firstDemo
	browser *browser.Browser
	folder  string // of documents, and of files that are made beside the browser
	used    string // the last one-time code: each works once
}

func newWalk(t *testing.T) *walk {
	t.Helper()
	if !page.Built() {
		t.Fatal("the pages hold no WebAssembly, without which there is no line; run make build")
	}
	b := browser.Start(t)
	dir, made := copyOfDemo(t)
	return &walk{server: startAt(t, made.addr, dir), made: made, browser: b, folder: t.TempDir()}
}

func (w *walk) demoFile(name string) string { return filepath.Join(w.dir, "demo", name) }

func (w *walk) write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(w.folder, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// tab is a tab that speaks a language.
func (w *walk) tab(t *testing.T, lang string) *visitor {
	t.Helper()
	v := &visitor{Tab: w.browser.Tab(t), w: w, t: t, lang: lang, folder: t.TempDir()}
	v.Lang(w.url, lang)
	return v
}

// A visitor is a person before the browser.
type visitor struct {
	*browser.Tab
	w      *walk
	t      *testing.T
	lang   string
	folder string // of what was downloaded
}

func (v *visitor) open(path string) {
	v.t.Helper()
	v.Open(v.w.url + path)
}

// says wants a text in an element.
func (v *visitor) says(selector, text string) {
	v.t.Helper()
	if got := v.Text(selector); !strings.Contains(got, text) {
		v.t.Errorf("%s at %s says %q, not %q", selector, v.URL(), got, text)
	}
}

// figures are the pictures of the README, by language and page, with the width of the window.
var figures = map[string]int{
	"ru-start": 1280, "ru-keys": 1280, "ru-number": 390, "ru-application": 1280, "ru-decision": 1280, "ru-install": 390,
	"ru-signed": 1280, "ru-valid": 1280, "ru-revocation": 1280, "ru-invalid": 1280, "kk-keys-saved": 390, "en-valid": 390,
}

// look takes pictures of a page: for the README, and in both widths for whoever looks at every page (go test -artifacts).
func (v *visitor) look(name string) {
	v.t.Helper()
	name = v.lang + "-" + name
	if dir, width := os.Getenv("SENIM_PICTURES"), figures[name]; dir != "" && width > 0 {
		v.Figure(filepath.Join(dir, name+".png"), width)
	}
	if f := flag.Lookup("test.artifacts"); f == nil || f.Value.String() != "true" {
		return
	}
	for _, width := range []int{390, 1280} {
		v.Picture(filepath.Join(v.t.ArtifactDir(), fmt.Sprintf("%s-%d.png", name, width)), width)
	}
}

// quiet wants no complaint of the browser but those that the test made.
func (v *visitor) quiet(but ...string) {
	v.t.Helper()
next:
	for _, c := range v.Complaints() {
		for _, ok := range but {
			if strings.Contains(c, ok) {
				continue next
			}
		}
		v.t.Errorf("the browser complains: %s", c)
	}
}

// download waits for a file and takes it away, so that the next of that pattern is another one.
func (v *visitor) download(pattern string) string {
	v.t.Helper()
	came := v.Download(pattern)
	file := filepath.Join(v.folder, filepath.Base(came))
	if err := os.Rename(came, file); err != nil {
		v.t.Fatal(err)
	}
	return file
}

const ownPassword = "qwerty-12"

// toKeys goes from the start page to the keys of a person.
func (v *visitor) toKeys(p line.Person) {
	v.t.Helper()
	v.open("/")
	v.look("start")
	v.Click("#apply")
	v.Wait(`location.pathname === "/apply"`)
	v.look("agreement")
	v.Click("#agree")
	v.Click(`form[action="/apply"] button`)
	v.WaitURL("/apply/form")
	v.fillForm(p)
	v.look("form")
	v.Click(`form[action="/apply/form"] button`)
	v.WaitURL("/apply/keys")
}

func (v *visitor) fillForm(p line.Person) {
	v.t.Helper()
	v.Fill("#iin", p.IIN)
	v.Fill("#surname", p.Surname)
	v.Fill("#name", p.Name)
	v.Fill("#patronymic", p.Patronymic)
	browser.Eval[string](v.Tab, `document.querySelector("#locality").value = "almaty"`)
}

// makeKeys makes the keys, keeps the file and opens it again. The file has the application's number in its name.
func (v *visitor) makeKeys() (file string) {
	v.t.Helper()
	v.Fill("#key-password", ownPassword)
	v.Fill("#key-password-again", ownPassword)
	v.look("keys")
	v.Click("#make-keys")
	v.WaitState("#page-keys", "saved")
	file = v.download("senim-keys-*.p12")
	v.look("keys-saved")
	v.Choose("#key-file", file)
	v.Fill("#key-file-password", ownPassword)
	v.Click("#check-keys")
	v.WaitState("#page-keys", "checked")
	v.look("keys-checked")
	return file
}

// apply goes from the start page to the number and the revocation code.
func (v *visitor) apply(p line.Person) (number, code, file string) {
	v.t.Helper()
	v.toKeys(p)
	file = v.makeKeys()
	v.Click("#submit-keys")
	v.WaitURL("/apply/check")
	v.says("main", p.IIN)
	v.says("main", p.Surname)
	v.look("check")
	v.Click("#submit-application")
	number, code = v.done()
	if filepath.Base(file) != "senim-keys-"+number+".p12" {
		v.t.Errorf("the key file of %s is %s", number, filepath.Base(file))
	}
	return number, code, file
}

// done reads the page with the number.
func (v *visitor) done() (number, code string) {
	v.t.Helper()
	v.WaitURL("/apply/done")
	v.Wait(`document.querySelector("#panel-number") && document.querySelector("#revocation-code")`)
	v.look("number")
	compact := func(selector string) string { return strings.Join(strings.Fields(v.Text(selector)), "") }
	return compact("#panel-number"), compact("#revocation-code")
}

// signIn opens the desk with a key file and a one-time code.
func (v *visitor) signIn() {
	v.t.Helper()
	text, err := os.ReadFile(v.w.demoFile("operator.totp"))
	if err != nil {
		v.t.Fatal(err)
	}
	secret, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.TrimSpace(string(text)))
	if err != nil {
		v.t.Fatal(err)
	}
	v.open("/desk")
	if browser.Eval[string](v.Tab, "location.pathname") == "/desk" {
		return // the browser is signed in, in another tab
	}
	v.WaitURL("/desk/login")
	v.Choose("#statement-file", v.w.demoFile("operator.p12"))
	v.Click("#statement-keep + label")
	v.look("desk-login")
	v.Fill("#statement-password", password)
	code := account.Secret(secret).Code(time.Now())
	line.Wait(v.t, "a one-time code that was not used", func() bool {
		code = account.Secret(secret).Code(time.Now())
		return code != v.w.used
	})
	v.w.used = code
	v.Fill("#totp", code)
	v.Click("main form[data-statement] button[type=submit].button")
	v.Wait(`location.pathname === "/desk"`)
}

// approve decides on an application of the queue.
func (v *visitor) approve(number string) {
	v.t.Helper()
	v.open("/desk")
	v.look("queue")
	v.Click(`a[href="/desk/applications/` + number + `"]`)
	v.WaitURL("/desk/applications/" + number)
	v.Click("#document + label")
	v.Click("#photo + label")
	v.look("application")
	v.Click("#approve")
	v.WaitURL("/decision")
	v.operatorKey()
	v.look("decision")
	v.Click("#sign-decision")
	v.WaitURL("decided=yes")
	v.look("decided")
}

// operatorKey fills in the operator's key, whose file is kept for the tab where it was chosen.
func (v *visitor) operatorKey() {
	v.t.Helper()
	v.Wait(`document.querySelector("#page-statement [data-part=body]").hidden === false`)
	if v.Visible("#statement-file") {
		v.Choose("#statement-file", v.w.demoFile("operator.p12"))
	}
	v.Fill("#statement-password", password)
}

// waitStatus asks again until the application's page leads on.
func (v *visitor) waitStatus(number, text string) {
	v.t.Helper()
	line.Wait(v.t, text, func() bool {
		v.open("/status/" + number)
		return strings.Contains(v.Text("main"), text)
	})
}

// install joins keys and certificates, and returns the files that were saved.
func (v *visitor) install(number, file string) (auth, sign string) {
	v.t.Helper()
	v.open("/status/" + number)
	v.Click("#next-button")
	v.WaitURL("/install/" + number)
	v.Choose("#install-file", file)
	v.Fill("#install-password", ownPassword)
	v.look("install")
	v.Click("#install")
	v.WaitState("#page-install", "done")
	v.look("install")
	auth, sign = v.download("AUTH_RSA256_*.p12"), v.download("GOST512_*.p12")
	v.Click("[data-next]")
	v.WaitURL("/install/" + number + "/done")
	v.look("installed")
	return auth, sign
}

// sign signs a document with a key file. The signature has the document's name and .cms or .p7s.
func (v *visitor) sign(document, key string, detached bool) string {
	v.t.Helper()
	v.open("/sign")
	v.Choose("#sign-document", document)
	v.Choose("#sign-file", key)
	v.Fill("#sign-password", ownPassword)
	suffix := ".cms"
	if detached {
		v.Click("#sign-detached + label")
		suffix = ".p7s"
	}
	v.look("sign")
	v.Click("#sign")
	v.WaitState("#page-sign", "done")
	v.look("signed")
	return v.download(filepath.Base(document) + suffix)
}

// verify asks the page about a signature. document is empty when it is inside.
func (v *visitor) verify(signature, document, want string) {
	v.t.Helper()
	v.open("/verify")
	v.Choose("#file", signature)
	if document != "" {
		v.Choose("#content", document)
	}
	v.look("verify")
	v.Click("#verify")
	v.Wait(`document.querySelector("#verdict")`)
	if got := browser.Eval[string](v.Tab, `document.querySelector("#verdict").dataset.verdict`); got != want {
		v.t.Errorf("the page finds %s %s, not %s:\n%s", filepath.Base(signature), got, want, v.Text("main"))
	}
}

// revoke revokes the certificate of a key file with its key.
func (v *visitor) revoke(key string) {
	v.t.Helper()
	v.open("/revoke")
	v.look("revoke")
	v.Click("#by-key")
	v.WaitURL("/revoke/key")
	v.Choose("#holder-file", key)
	v.Fill("#holder-password", ownPassword)
	v.look("holder")
	v.Click("form[data-holder] button[type=submit].button")
	v.Wait(`document.querySelector("[name=certificate]")`)
	v.Click("[name=certificate] + label")
	browser.Eval[string](v.Tab, `document.querySelector("#reason").value = "1"`)
	v.Click("#consent + label")
	v.look("reason")
	v.Click(`form[action="/revoke/key/reason"] button`)
	v.Wait(`document.querySelector("#page-statement")`)
	v.Choose("#statement-file", key)
	v.Fill("#statement-password", ownPassword)
	v.look("revocation")
	v.Click("form[data-statement] button[type=submit].button")
	v.WaitURL("/revoke/done/")
	v.look("revoked")
}

func TestBrowserLine(t *testing.T) {
	w := newWalk(t)
	t.Run("in Russian, from the start page to the revocation", w.russian)
	t.Run("in Kazakh", w.shorter("kk", line.Person{IIN: "970812202550", Surname: "Үсенова", Name: "Құралай"},
		"Жаңа өтінім", "Өтінім бойынша тіркеу куәліктері (сертификаттар) шығарылды", "Сертификаттар сәтті орнатылды", "жарамды"))
	t.Run("in English", w.shorter("en", line.Person{IIN: "741121105914", Surname: "Ким", Name: "Виктор"},
		"New application", "Certificates issued", "The certificates have been installed", "valid"))
	t.Run("with everything that goes wrong", w.faults)
	t.Run("without JavaScript", w.unscripted)
	w.stop(t)
	if stdout, stderr, code := senim(t, "audit", "verify", "--data", w.dir); code != 0 {
		t.Errorf("audit verify: %d\n%s%s", code, stdout, stderr)
	}
}

func (w *walk) russian(t *testing.T) {
	v := w.tab(t, "ru")
	number, _, file := v.apply(line.Person{IIN: "631007206976", Surname: "Петрова", Name: "Анна", Patronymic: "Ивановна"})
	v.open("/status/" + number)
	v.says("main", "Новая заявка")
	v.look("status")

	o := w.tab(t, "ru") // the operator sits elsewhere
	o.signIn()
	o.approve(number)
	v.waitStatus(number, "Выпущены регистрационные свидетельства (сертификаты) по заявке")
	v.look("status-issued")
	auth, gost := v.install(number, file)
	v.says("main", "Сертификаты успешно установлены. Ключи ЭЦП готовы к использованию")

	secret := w.write(t, "password", ownPassword+"\n")
	for _, f := range []string{auth, gost} {
		stdout, stderr, code := senim(t, "key", "list", "--password-file", secret, f)
		if code != 0 || !strings.Contains(stdout, "matches the certificate") {
			t.Errorf("key list of %s: %d\n%s%s", filepath.Base(f), code, stdout, stderr)
		}
	}
	rsa := newPeerOf(t, w, auth, secret)
	rsa.status(t, "good")

	document := w.write(t, "Договор.txt", "Договор аренды № 7\n")
	signature := v.sign(document, gost, false)
	v.verify(signature, "", "valid")
	v.says("main", "ПЕТРОВА АННА")
	v.look("valid")
	judge(t, signature, 0, "TOTAL-PASSED", "--trust", w.demoFile("trust.pem"), "--online")
	stored := w.answer(t, "good", gost)
	judge(t, signature, 0, "TOTAL-PASSED", "--trust", w.demoFile("trust.pem"), "--ocsp", stored)

	v.revoke(gost)
	v.verify(signature, "", "invalid")
	v.look("invalid")
	judge(t, signature, 1, "INDETERMINATE REVOKED_NO_POE", "--trust", w.demoFile("trust.pem"), "--online")
	judge(t, signature, 1, "INDETERMINATE REVOKED_NO_POE", "--trust", w.demoFile("trust.pem"), "--ocsp", w.answer(t, "revoked", gost))

	o.revokeAtTheDesk(auth)
	rsa.status(t, "revoked")
	v.quiet()
	o.quiet()
}

// revokeAtTheDesk finds the certificate of a key file by its serial and revokes it with a reason.
func (v *visitor) revokeAtTheDesk(key string) {
	v.t.Helper()
	c := holder(v.t, key)
	v.open("/desk/search")
	v.Fill("#query", fmt.Sprintf("%X", c.Serial))
	v.Click("#find")
	v.Wait(`document.querySelector("#found a[href^='/desk/certificates/']")`)
	v.look("search")
	v.Click("#found a[href^='/desk/certificates/']")
	v.Wait(`document.querySelector("#revoke-form")`)
	v.look("certificate")
	browser.Eval[string](v.Tab, `document.querySelector("#revoke-form select").value = document.querySelector("#revoke-form option:nth-of-type(2)").value`)
	v.Fill("#words-revoke", "Заявление владельца № 15")
	v.Click("#revoke")
	v.Wait(`document.querySelector("#page-statement")`)
	v.look("revoke-sign")
	v.operatorKey()
	v.Click("#sign-decision")
	v.Wait(`document.querySelector(".notification.good") && location.pathname.startsWith("/desk/certificates/")`)
	v.look("certificate-revoked")
}

// shorter walks from the start page to a checked signature in another language: detached, its document hashed in the page.
func (w *walk) shorter(lang string, p line.Person, state, issued, installed, valid string) func(*testing.T) {
	return func(t *testing.T) {
		v := w.tab(t, lang)
		number, _, file := v.apply(p)
		v.open("/status/" + number)
		v.says("main", state)
		v.look("status")
		o := w.tab(t, lang)
		o.signIn()
		o.approve(number)
		v.waitStatus(number, issued)
		_, gost := v.install(number, file)
		v.says("h1, .panel-title", installed)
		document := w.write(t, lang+".txt", strings.Repeat("Шарт № 7, договор № 7, contract No. 7\n", 1000))
		signature := v.sign(document, gost, true)
		v.verify(signature, document, "valid")
		v.says("#verdict", valid)
		v.says("main", strings.ToUpper(p.Surname))
		v.look("valid")
		judge(t, signature, 0, "TOTAL-PASSED", "--trust", w.demoFile("trust.pem"), "--online", "--content", document)
		judge(t, signature, 1, "TOTAL-FAILED HASH_FAILURE", "--trust", w.demoFile("trust.pem"), "--content", w.write(t, "other.txt", "Шарт № 8\n"))
		v.quiet()
		o.quiet()
	}
}
