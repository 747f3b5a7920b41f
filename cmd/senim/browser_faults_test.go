package main_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/internal/browser"
	"github.com/senim-pki/senim/internal/line"
)

// complains wants a message of the server beside a field, in which what was typed is kept.
func (v *visitor) complains(field, text, typed string) {
	v.t.Helper()
	v.Wait(fmt.Sprintf(`document.getElementById(%q)`, field+"-error"))
	v.says("#"+field+"-error", text)
	if got := v.Value("#" + field); got != typed {
		v.t.Errorf("%s holds %q, not what was typed, %q", field, got, typed)
	}
}

// refuses wants a message of a fragment, beside one of its fields; without a field on top.
func (v *visitor) refuses(root, field, text string) {
	v.t.Helper()
	v.WaitState(root, "error")
	if field == "" {
		v.says(root+" [data-problem]", text)
		return
	}
	v.says("#"+field+"-error", text)
}

// hammer clicks as an impatient hand does.
func (v *visitor) hammer(selector string) {
	v.t.Helper()
	v.Wait(fmt.Sprintf(`document.querySelector(%q)`, selector))
	browser.Eval[bool](v.Tab, fmt.Sprintf(`(b => { b.click(); b.click(); b.click(); return true })(document.querySelector(%q))`, selector))
}

// faults goes the same way with everything that goes wrong on it.
func (w *walk) faults(t *testing.T) {
	v := w.tab(t, "ru")
	p := line.Person{IIN: "940219205744", Surname: "Оспанова", Name: "Гүлнар", Patronymic: "Ерланқызы"}
	note := w.write(t, "note.txt", "Это не ключ и не подпись.\n")

	number, code, file := v.applyBadly(p, note)
	v.open("/status")
	v.Fill("#number", "0000-0000-0000-0000")
	v.Click(`form[action="/status"] button`)
	v.complains("number", "Заявки с таким номером нет", "0000-0000-0000-0000")
	v.look("status-error")

	v.decideBadly(number, p.IIN, file, note)
	v.waitStatus(number, "Сертификаты готовы")
	auth, gost := v.installBadly(number, file)
	signature := v.signBadly(auth, gost, note)
	v.revokeBadly(number, code, gost, note)
	v.verify(signature, note, "invalid")
	v.quiet("422", "404", "ERR_INTERNET_DISCONNECTED")
}

// applyBadly ends with exactly one application all the same.
func (v *visitor) applyBadly(p line.Person, note string) (number, code, file string) {
	v.t.Helper()
	v.open("/apply")
	v.Click(`form[action="/apply"] button`)
	v.complains("agree", "Без соглашения подать заявку нельзя", "yes")
	v.look("agreement-error")
	v.Click("#agree + label")
	v.Click(`form[action="/apply"] button`)
	v.WaitURL("/apply/form")

	wrong := p
	wrong.IIN = p.IIN[:11] + "5"
	v.fillForm(wrong)
	v.Fill("#name", "")
	v.Click(`form[action="/apply/form"] button`)
	v.complains("iin", "не сходится контрольная цифра", wrong.IIN)
	v.complains("name", "", "")
	v.look("form-error")
	if got := v.Value("#surname") + v.Value("#locality"); got != p.Surname+"almaty" {
		v.t.Errorf("the form forgot: %s", got)
	}
	v.Fill("#iin", p.IIN)
	v.Fill("#name", p.Name)
	v.hammer(`form[action="/apply/form"] button`)
	v.WaitURL("/apply/keys")
	number = browser.Eval[string](v.Tab, `document.querySelector("#page-keys").dataset.number`)

	v.Back()
	v.WaitURL("/apply/form")
	if got := v.Value("#iin"); got != p.IIN {
		v.t.Errorf("after going back the form holds %q", got)
	}
	v.Click(`form[action="/apply/form"] button`)
	v.WaitURL("/apply/keys")

	v.Fill("#key-password", "пароль12")
	v.Fill("#key-password-again", "пароль12")
	v.Click("#make-keys")
	v.refuses("#page-keys", "key-password", "проверьте раскладку клавиатуры")
	v.Fill("#key-password", ownPassword)
	v.Click("#make-keys")
	v.refuses("#page-keys", "key-password-again", "Пароли не совпадают")
	v.Fill("#key-password-again", ownPassword)
	v.hammer("#make-keys")
	v.WaitState("#page-keys", "saved")
	file = v.download("senim-keys-*.p12")

	v.Reload()
	v.WaitState("#page-keys", "saved")
	v.Choose("#key-file", note)
	v.Fill("#key-file-password", ownPassword)
	v.Click("#check-keys")
	v.refuses("#page-keys", "key-file", "Это не файл ключа")
	v.Choose("#key-file", v.w.demoFile("operator.p12"))
	v.Fill("#key-file-password", password)
	v.Click("#check-keys")
	v.refuses("#page-keys", "key-file", "уже есть сертификаты")
	v.Choose("#key-file", file)
	v.Click("#check-keys")
	v.refuses("#page-keys", "key-file-password", "Пароль не подошёл")
	v.look("keys-error")

	// A second tab finds the same application.
	other := v.w.tab(v.t, "ru")
	other.open("/")
	other.Click("#resume")
	other.WaitURL("/apply/keys")
	if got := browser.Eval[string](other.Tab, `document.querySelector("#page-keys").dataset.number`); got != number {
		v.t.Errorf("the second tab makes keys for %s, not %s", got, number)
	}
	v.Fill("#key-file-password", ownPassword)
	v.Click("#check-keys")
	v.WaitState("#page-keys", "checked")
	v.hammer("#submit-keys")
	v.WaitURL("/apply/check")
	other.open("/apply/check")

	// The connection is lost at submission; then only the answer is; then a hand clicks on and on.
	v.Offline(true)
	v.Click("#submit-application")
	v.Wait(`location.href.startsWith("chrome-error:")`)
	v.Offline(false)
	v.Back()
	v.WaitURL("/apply/check")
	v.Wait(`document.querySelector("#submit-application")`)
	v.says("main", p.IIN)
	browser.Eval[bool](v.Tab, `(f => fetch(f.action, { method: "POST", body: new URLSearchParams(new FormData(f)), redirect: "manual" }).then(() => true))(document.querySelector("form[action='/apply/submit']"))`)
	v.hammer("#submit-application")
	got, code := v.done()
	if got != number {
		v.t.Errorf("%s was submitted, not %s", got, number)
	}
	other.Click("#submit-application")
	if got, c := other.done(); got != number || c != code {
		v.t.Errorf("the second tab shows %s, not %s, or another code", got, number)
	}
	v.Reload()
	v.Back()
	v.open("/apply/submit")
	if got, c := v.done(); got != number || c != code {
		v.t.Errorf("after reloading and going back there is %s, not %s, or another code", got, number)
	}
	other.quiet()
	return number, code, file
}

// signOut leaves the desk, if the browser is signed in.
func (v *visitor) signOut() {
	v.t.Helper()
	v.open("/desk")
	if v.Visible(".user form button") {
		v.Click(".user form button")
	}
	v.WaitURL("/desk/login")
}

// decideBadly approves all the same.
func (v *visitor) decideBadly(number, iin, file, note string) {
	v.t.Helper()
	o := v.w.tab(v.t, "ru")
	o.signOut()
	const send = "main form[data-statement] button[type=submit].button"
	o.Choose("#statement-file", note)
	o.Fill("#statement-password", password)
	o.Fill("#totp", "000000")
	o.Click(send)
	o.refuses("#page-statement", "statement-file", "Это не файл ключа")
	o.Choose("#statement-file", o.w.demoFile("operator.p12"))
	o.Fill("#statement-password", ownPassword)
	o.Click(send)
	o.refuses("#page-statement", "statement-password", "Пароль не подошёл")
	if got := o.Value("#totp"); got != "000000" {
		o.t.Errorf("the code is gone: %q", got)
	}
	o.Choose("#statement-file", one(o.t, filepath.Join(o.w.dir, "demo"), "AUTH_RSA256_*.p12"))
	o.Fill("#statement-password", password)
	o.Click(send)
	o.Wait(`document.querySelector("main .notification.bad")`) // a stranger; and the code is wrong
	o.look("desk-login-error")
	o.signIn()

	// One application, whatever was clicked.
	o.open("/desk/search")
	o.Fill("#query", iin)
	o.Click("#find")
	o.Wait(`document.querySelector("#found")`)
	if n := browser.Eval[int](o.Tab, `new Set([...document.querySelectorAll("#found a[href^='/desk/applications/']")].map(a => a.href)).size`); n != 1 {
		o.t.Errorf("%d applications of one person", n)
	}
	o.Click("#found a[href='/desk/applications/" + number + "']")
	o.Wait(`document.querySelector("#approve")`)
	o.Click("#approve")
	o.complains("document", "", "yes")
	o.look("application-error")
	o.Click("#document + label")
	o.Click("#photo + label")
	o.hammer("#approve")
	o.WaitURL("/decision")
	o.Wait(`document.querySelector("#page-statement [data-part=body]").hidden === false`)

	// The same in a second tab, which comes later.
	late := o.w.tab(o.t, "ru")
	late.open("/desk/applications/" + number)
	late.Click("#document + label")
	late.Click("#photo + label")

	if o.Visible("#statement-other") {
		o.Click("#statement-other")
	}
	o.Choose("#statement-file", file)
	o.Fill("#statement-password", ownPassword)
	o.Click("#sign-decision")
	o.refuses("#page-statement", "statement-file", "ещё нет сертификатов")
	o.Choose("#statement-file", o.w.demoFile("operator.p12"))
	o.Click("#sign-decision")
	o.refuses("#page-statement", "statement-password", "Пароль не подошёл")
	o.Fill("#statement-password", password)
	o.hammer("#sign-decision")
	o.WaitURL("decided=yes")

	late.Click("#approve")
	late.Wait(`document.querySelector("#what, .notification.bad")`)
	late.look("late")
	late.quiet("409", "422")
	o.quiet("403", "422")
}

func (v *visitor) installBadly(number, file string) (auth, sign string) {
	v.t.Helper()
	v.open("/install/" + number)
	v.Wait(`document.querySelector("#page-install [data-part=body]").hidden === false`)
	v.Choose("#install-file", one(v.t, filepath.Join(v.w.dir, "demo"), "GOST512_*.p12"))
	v.Fill("#install-password", ownPassword)
	v.Click("#install")
	v.refuses("#page-install", "install-password", "Пароль не подошёл")
	v.Fill("#install-password", password)
	v.Click("#install")
	v.refuses("#page-install", "install-file", "Выберите файл, сохранённый при подаче этой заявки")
	v.look("install-error")
	v.Choose("#install-file", file)
	v.Fill("#install-password", ownPassword)
	v.Offline(true)
	v.Click("#install")
	v.refuses("#page-install", "", "Связь с сервером прервалась")
	v.look("install-offline")
	v.Offline(false)
	v.hammer("#install")
	v.WaitState("#page-install", "done")
	return v.download("AUTH_RSA256_*.p12"), v.download("GOST512_*.p12")
}

func (v *visitor) signBadly(auth, gost, note string) (signature string) {
	v.t.Helper()
	v.open("/sign")
	v.Wait(`document.querySelector("#page-sign [data-part=body]").hidden === false`)
	v.Click("#sign")
	v.refuses("#page-sign", "sign-document", "Документ не выбран")
	v.Choose("#sign-document", note)
	v.Choose("#sign-file", auth)
	v.Fill("#sign-password", ownPassword)
	v.Click("#sign")
	v.refuses("#page-sign", "sign-file", "Этот ключ для входа")
	v.look("sign-error")
	v.Choose("#sign-file", gost)
	v.Fill("#sign-password", "qwerty-13")
	v.Click("#sign")
	v.refuses("#page-sign", "sign-password", "Пароль не подошёл")
	signature = v.sign(note, gost, true)
	v.verify(signature, note, "valid")

	changed := v.w.write(v.t, "changed.txt", "Это не ключ и не подпись!\n")
	v.verify(signature, changed, "invalid")
	v.look("changed")
	v.open("/verify")
	v.Click("#verify")
	v.Wait(`document.querySelector("main .notification.bad")`)
	v.says("main", "Файл не выбран")
	v.Choose("#file", note)
	v.Click("#verify")
	v.Wait(`document.querySelector("#file-error, main .notification.bad")`)
	v.look("verify-error")
	return signature
}

func (v *visitor) revokeBadly(number, code, gost, note string) {
	v.t.Helper()
	v.open("/revoke/key")
	v.Wait(`document.querySelector("#page-holder [data-part=body]").hidden === false`)
	v.Choose("#holder-file", note)
	v.Fill("#holder-password", ownPassword)
	v.Click("form[data-holder] button[type=submit].button")
	v.refuses("#page-holder", "holder-file", "Это не файл ключа")
	v.Choose("#holder-file", gost)
	v.Click("form[data-holder] button[type=submit].button")
	v.Wait(`document.querySelector("[name=certificate]")`)
	v.Click(`form[action="/revoke/key/reason"] button`)
	v.complains("consent", "Согласие не отмечено", "yes")
	v.says("#reason-error", "Причина не выбрана")
	v.look("reason-error")

	v.open("/revoke/code")
	v.Fill("#number", number)
	v.Fill("#code", strings.Repeat("0", 16))
	v.Click(`form[action="/revoke/code"] button`)
	v.Wait(`document.querySelector(".error-summary, main .notification.bad")`)
	if got := strings.ReplaceAll(v.Value("#number"), " ", ""); got != number {
		v.t.Errorf("the number is gone: %q", got)
	}
	v.look("code-error")
	v.Fill("#code", code)
	v.hammer(`form[action="/revoke/code"] button`)
	v.Wait(`document.querySelector(".panel")`)
	v.says("main", "Сертификаты приостановлены")
	v.look("held")
}

// unscripted opens every page without JavaScript: each works but those that make or use keys, which say so.
func (w *walk) unscripted(t *testing.T) {
	v := w.tab(t, "ru")
	v.Script(false)
	v.signOut()
	for _, c := range []struct {
		path string
		key  bool
	}{
		{"/", false}, {"/apply", false}, {"/status", false}, {"/verify", false}, {"/revoke", false}, {"/revoke/code", false},
		{"/about", false}, {"/downloads", false},
		{"/sign", true}, {"/revoke/key", true}, {"/desk/login", true},
	} {
		v.open(c.path)
		said := v.Visible("main noscript .notification.warn")
		if said != c.key || v.Text("h1") == "" {
			t.Errorf("%s says that JavaScript is off: %v\n%s", c.path, said, v.Text("main"))
		}
		if v.Visible("input[type=password]") {
			t.Errorf("%s asks for a password that nothing would use", c.path)
		}
	}
	v.look("unscripted")

	v.open("/apply")
	if v.Visible("#agree") {
		v.Click("#agree + label")
	}
	v.Click(`form[action="/apply"] button`)
	v.WaitURL("/apply/form")
	v.fillForm(line.Person{IIN: "860208105651", Surname: "Иванов", Name: "Пётр", Patronymic: "Сергеевич"})
	v.Click(`form[action="/apply/form"] button`)
	v.WaitURL("/apply/keys")
	v.says("main", "Ключи создаются на вашем компьютере, и для этого нужен JavaScript")
	v.look("unscripted-keys")

	// A detached signature is checked with its document sent.
	document, secret := w.write(t, "плащ.txt", "плащ и шпага\n"), w.demoFile("password")
	signature := filepath.Join(w.folder, "плащ.p7s")
	if _, stderr, code := senim(t, "sign", "--key", one(t, filepath.Join(w.dir, "demo"), "GOST512_*.p12"), "--password-file", secret, "--detached", "-o", signature, document); code != 0 {
		t.Fatalf("sign: %d\n%s", code, stderr)
	}
	v.verify(signature, document, "valid")
	v.quiet()
}
