package portal_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jba/templatecheck"
	"golang.org/x/net/html"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/room/portal"
)

// somebody is in the register of every test that needs him.
var somebody = person.Person{IIN: "850315301801", Surname: "ИБРАЕВА", Name: "ӘЙГЕРІМ", Patronymic: "СЕРІКҚЫЗЫ"}

// keyOf makes a key for a template once for all tests: each test has a register of its own.
var keyOf = func() func(t testing.TB, template string) testauthority.Key {
	var mu sync.Mutex
	made := map[string]testauthority.Key{}
	return func(t testing.TB, template string) testauthority.Key {
		mu.Lock()
		defer mu.Unlock()
		k, ok := made[template]
		if !ok {
			k = testauthority.NewKey(t, template)
			made[template] = k
		}
		return k
	}
}()

func csr(t testing.TB, template string) string {
	return base64.StdEncoding.EncodeToString(keyOf(t, template).CSR)
}

func answers(change ...string) []string {
	form := map[string]string{"iin": somebody.IIN, "surname": "Ибраева", "name": "Әйгерім", "patronymic": "Серікқызы", "email": "a@example.kz", "locality": "almaty", "signing": "gost"}
	for i := 0; i < len(change); i += 2 {
		form[change[i]] = change[i+1]
	}
	var pairs []string
	for name, value := range form {
		pairs = append(pairs, name, value)
	}
	return pairs
}

func (b *visitor) keys() *answer {
	b.t.Helper()
	return b.post("/apply/keys", "csr-"+profile.IndividualAuthRSA, csr(b.t, profile.IndividualAuthRSA), "csr-"+profile.IndividualSignGOST512, csr(b.t, profile.IndividualSignGOST512))
}

// drafted goes up to the check of the answers.
func (b *visitor) drafted() *answer {
	b.t.Helper()
	b.get("/apply")
	b.post("/apply", "agree", "yes").want("/apply/form", 200)
	b.post("/apply/form", answers()...).want("/apply/keys", 200)
	return b.keys().want("/apply/check", 200)
}

// applied hands an application in and returns its number and code.
func (b *visitor) applied() (number, code string) {
	b.t.Helper()
	b.drafted()
	a := b.post("/apply/submit").want("/apply/done", 200)
	return compact(a.text(a.id("panel-number"))), compact(a.text(a.id("revocation-code")))
}

func compact(s string) string { return strings.ReplaceAll(s, " ", "") }

// issued has the operator approve an application, and its certificates issued.
func (s *site) issued(t testing.TB, number string) {
	t.Helper()
	var a *application.Application
	s.Update(t, func(tx authority.Tx) (err error) {
		if err := tx.PutPerson(somebody); err != nil {
			return err
		}
		a, err = tx.Application(number)
		return err
	})
	if _, err := s.Issuer.Issue(t.Context(), s.Approve(t, a)); err != nil {
		t.Fatal(err)
	}
}

func (s *site) application(t testing.TB, number string) (a *application.Application) {
	t.Helper()
	s.View(t, func(tx authority.Tx) (err error) { a, err = tx.Application(number); return err })
	return a
}

func (s *site) applications(t testing.TB) (n int) {
	t.Helper()
	s.View(t, func(tx authority.Tx) error {
		list, err := tx.ListApplications(application.Filter{States: application.States()})
		n = len(list)
		return err
	})
	return n
}

func TestTheMessagesAreComplete(t *testing.T) {
	for _, p := range portal.Messages().Problems() {
		t.Error(p)
	}
}

func TestFromTheStartToInstalledCertificates(t *testing.T) {
	for _, lang := range i18n.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			s := newSite(t)
			b := s.visitor(t)
			b.lang = string(lang)
			see := func(a *answer, path string, words ...string) *answer {
				t.Helper()
				a.want(path, 200, words...).sound(string(lang))
				return a
			}
			see(b.get("/"), "/")
			see(b.get("/apply"), "/apply", "2026-11")
			see(b.post("/apply", "agree", "yes"), "/apply/form")
			see(b.post("/apply/form", answers()...), "/apply/keys").keptNowhere()
			see(b.get("/apply/form"), "/apply/form")
			if got := b.last.value("surname") + b.last.value("locality") + b.last.value("signing") + b.last.value("iin"); got != "Ибраеваalmatygost"+somebody.IIN {
				t.Errorf("the form comes back with %q", got)
			}
			see(b.keys(), "/apply/check", "Ибраева", "Әйгерім", "a@example.kz").keptNowhere()
			see(b.post("/apply/submit"), "/apply/done").keptNowhere()
			number, code := compact(b.last.text(b.last.id("panel-number"))), compact(b.last.text(b.last.id("revocation-code")))
			if len(number) != 16 || len(code) != 16 || number == code {
				t.Fatalf("number %q, code %q", number, code)
			}

			stranger := s.visitor(t)
			stranger.lang = string(lang)
			see(stranger.get("/status"), "/status")
			grouped := strings.ToLower(number[:4] + "-" + number[4:8] + " " + number[8:])
			see(stranger.post("/status", "number", grouped), "/status/"+number, "8503••••••01", "И••• Ә••• С•••", "22.12.2026").keptNowhere()
			for _, secret := range []string{somebody.IIN, "Ибраева", "Серікқызы", "a@example.kz", compact(code)} {
				if strings.Contains(string(stranger.last.body), secret) {
					t.Errorf("a stranger sees %q", secret)
				}
			}
			see(stranger.get("/install/"+number), "/install/"+number)
			if stranger.last.id("page-install") != nil {
				t.Error("there is something to install before it is issued")
			}
			if a := stranger.get("/install/" + number + "/certificates.pem"); a.status != 404 {
				t.Errorf("certificates before they are issued: %d", a.status)
			}

			s.clock.Advance(time.Hour)
			s.issued(t, number)
			see(stranger.get("/status/"+number), "/status/"+number, "22.11.2026 18:00")
			if href := attr(stranger.last.id("next-button"), "href"); href != "/install/"+number {
				t.Errorf("the next step is %q", href)
			}
			for _, secret := range []string{"ИБРАЕВА", "ӘЙГЕРІМ", testauthority.Operator} {
				if strings.Contains(string(stranger.last.body), secret) {
					t.Errorf("a stranger sees %q", secret)
				}
			}
			see(b.get("/install/"+number), "/install/"+number).keptNowhere()
			if f := b.last.id("page-install"); f == nil || attr(f, "data-certificates") != "/install/"+number+"/certificates.pem" || attr(f, "action") != "/install/"+number {
				t.Error("the page does not install")
			}
			pem := b.get("/install/" + number + "/certificates.pem")
			if pem.status != 200 || pem.header.Get("Content-Type") != "application/pem-certificate-chain" || strings.Count(string(pem.body), "BEGIN CERTIFICATE") != 2 {
				t.Errorf("certificates: %d %s %s", pem.status, pem.header.Get("Content-Type"), pem.body)
			}
			pem.keptNowhere()
			for range 2 {
				see(b.post("/install/"+number), "/install/"+number+"/done").keptNowhere()
			}
			see(b.get("/status/"+number), "/status/"+number)
			if got := s.application(t, number).State; got != application.Installed {
				t.Errorf("state %s", got)
			}

			see(b.get("/revoke"), "/revoke")
			see(b.get("/revoke/code"), "/revoke/code").keptNowhere()
			see(stranger.post("/revoke/code", "number", number, "code", " "+strings.ToLower(code)), "/revoke/code/"+number).keptNowhere()
			for _, page := range []string{"/revoke/key", "/sign", "/downloads", "/about", "/apply", "/apply/done"} {
				see(b.get(page), page)
			}
			if missing := s.bundle.Missing(); len(missing) > 0 {
				t.Errorf("missing messages: %v", missing)
			}
		})
	}
}

func TestTheHolderRevokes(t *testing.T) {
	for _, lang := range i18n.Langs() {
		t.Run(string(lang), func(t *testing.T) {
			s := newSite(t)
			b := s.visitor(t)
			b.lang = string(lang)
			number, _ := b.applied()
			s.issued(t, number)
			_, certificates, err := s.authority.Status(t.Context(), number)
			if err != nil {
				t.Fatal(err)
			}
			var list []string
			for _, c := range certificates {
				keyID := s.Hierarchy.Authority(c.Issuer).Certificate.SubjectKeyID
				list = append(list, fmt.Sprintf("%x:%s", keyID, strings.ToLower(c.Serial)))
			}
			b.get("/revoke/key").want("/revoke/key", 200)
			b.post("/revoke/key", "issuer-serials", strings.Join(list, " ")).want("/revoke/key", 200).sound(b.lang)
			b.last.keptNowhere()
			for _, secret := range []string{somebody.IIN, "ИБРАЕВА", number} {
				if strings.Contains(string(b.last.body), secret) {
					t.Errorf("whoever knows a serial learns %q", secret)
				}
			}
			sign := certificates[1]
			if sign.Profile != profile.IndividualSignGOST512 {
				sign = certificates[0]
			}
			form := []string{"issuer-serials", strings.Join(list, " "), "certificate", sign.Subject(), "reason", "1"}
			b.post("/revoke/key/reason", form...).want("/revoke/key/reason", 422).sound(b.lang)
			if b.last.value("reason") != "1" || b.last.value("certificate") != sign.Subject() {
				t.Error("what was chosen is lost")
			}
			b.post("/revoke/key/reason", append(form, "consent", "yes")...).want("/revoke/key/reason", 200).sound(b.lang)
			nonce, text := b.last.value("nonce"), b.last.statement()
			if nonce == "" || !strings.Contains(text, nonce) || !strings.Contains(text, sign.Serial) || !strings.Contains(text, "origin: "+origin) {
				t.Fatalf("the text to be signed: %q", text)
			}

			// A refused signature leads to a new text, nothing is revoked.
			b.post("/revoke/key/sign", "certificate", sign.Subject(), "reason", "1", "nonce", nonce, "cms", "").want("/revoke/key/sign", 422).sound(b.lang)
			b.post("/revoke/key/sign", "certificate", sign.Subject(), "reason", "1", "nonce", nonce, "cms", "MAA=").want("/revoke/key/sign", 422).sound(b.lang)
			if got := s.Certificate(t, sign).Status; got != "valid" {
				t.Fatalf("an unsigned form made it %s", got)
			}
			nonce, text = b.last.value("nonce"), b.last.statement()
			cms := base64.StdEncoding.EncodeToString(s.sign(t, text, sign))
			for range 2 { // a double click
				b.post("/revoke/key/sign", "certificate", sign.Subject(), "reason", "1", "nonce", nonce, "cms", cms).want("/revoke/done/"+sign.Subject(), 200, "22.11.2026").sound(b.lang)
			}
			if got := s.Certificate(t, sign); got.Status != "revoked" || got.Reason != 1 {
				t.Errorf("status %s, reason %d", got.Status, got.Reason)
			}
			b.post("/revoke/key", "issuer-serials", strings.Join(list, "\n")).want("/revoke/key", 200).sound(b.lang)
			if n := b.last.find(func(n *html.Node) bool { return attr(n, "value") == sign.Subject() }); n != nil {
				t.Error("a revoked certificate is offered again")
			}
			if missing := s.bundle.Missing(); len(missing) > 0 {
				t.Errorf("missing messages: %v", missing)
			}
		})
	}
}

// statement is the text to be signed as a browser reads it.
func (a *answer) statement() string {
	pre := a.find(func(n *html.Node) bool { return n.Data == "pre" })
	if pre == nil {
		return ""
	}
	var b strings.Builder
	for n := range pre.Descendants() {
		if n.Type == html.TextNode {
			b.WriteString(n.Data)
		}
	}
	return b.String()
}

func TestInputOfEveryKindComesBackWithAMessage(t *testing.T) {
	s := newSite(t)
	long := strings.Repeat("Я", 5000)
	for _, c := range []struct {
		name  string
		form  []string
		field string // the fault's
	}{
		{"nothing at all", []string{"iin", "", "surname", "", "name", "", "patronymic", "", "email", "", "locality", "", "signing", ""}, "iin"},
		{"an IIN too short", answers("iin", "85031530180"), "iin"},
		{"an IIN with a letter", answers("iin", "85031530180О"), "iin"},
		{"no surname", answers("surname", ""), "surname"},
		{"a place of no list", answers("locality", "moscow"), "locality"},
		{"no place", answers("locality", ""), "locality"},
		{"a surname without end", answers("surname", long), "surname"},
		{"a surname with markup", answers("surname", `"><script>alert(1)</script>`), "surname"},
		{"a name with a zero", answers("name", "А\x00Б"), "name"},
		{"a name that turns the writing", answers("name", "А\u202eБ"), "name"},
		{"bytes that are no text", answers("patronymic", "\xff\xfe"), "patronymic"},
		{"an address that is none", answers("email", "a@"), "email"},
		{"an address with a second line", answers("email", "a@example.kz\r\nBcc: b@example.kz"), "email"},
		{"a key that is not offered", answers("signing", "md5"), "signing"},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := s.visitor(t)
			b.address = fmt.Sprintf("192.0.2.%d:1", len(c.name))
			b.post("/apply", "agree", "yes").want("/apply/form", 200)
			a := b.post("/apply/form", c.form...).want("/apply/form", 422)
			a.sound("ru")
			if a.id(c.field+"-error") == nil {
				t.Errorf("the field %s says nothing: %s", c.field, a.text())
			}
			if a.find(func(n *html.Node) bool { return n.Data == "a" && attr(n, "href") == "#"+c.field }) == nil {
				t.Errorf("the summary does not lead to %s", c.field)
			}
			for i := 0; i < len(c.form); i += 2 {
				if name, typed := c.form[i], c.form[i+1]; name != "signing" && name != "locality" && !strings.ContainsAny(typed, "\x00\r\xff") && a.value(name) != typed {
					t.Errorf("%s came back as %q", name, a.value(name))
				}
			}
			b.get("/apply/keys").want("/apply/form", 200) // nothing was kept, so there is no next step
		})
	}
}

func TestAllFaultsAreSaidAtOnce(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.post("/apply", "agree", "yes")
	a := b.post("/apply/form", "iin", "1", "signing", "gost").want("/apply/form", 422)
	for _, field := range []string{"iin", "surname", "locality"} {
		if a.id(field+"-error") == nil {
			t.Errorf("%s is not named", field)
		}
	}
}

func TestKeysOfEveryWrongKind(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.post("/apply", "agree", "yes")
	b.post("/apply/form", answers()...)
	auth, sign := "csr-"+profile.IndividualAuthRSA, "csr-"+profile.IndividualSignGOST512
	for _, c := range []struct {
		name string
		form []string
	}{
		{"none", nil},
		{"one is missing", []string{auth, csr(t, profile.IndividualAuthRSA)}},
		{"no base64", []string{auth, "%%%", sign, csr(t, profile.IndividualSignGOST512)}},
		{"no request", []string{auth, "MAA=", sign, "MAA="}},
		{"too long", []string{auth, strings.Repeat("MAAA", 10000), sign, csr(t, profile.IndividualSignGOST512)}},
		{"changed over", []string{auth, csr(t, profile.IndividualSignGOST512), sign, csr(t, profile.IndividualAuthRSA)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := b.post("/apply/keys", c.form...).want("/apply/keys", 422)
			if a.id("error-summary") == nil {
				t.Errorf("the page does not say what is wrong: %s", a.text())
			}
			b.get("/apply/check").want("/apply/keys", 200)
		})
	}
}

func TestOneApplicationWhateverHappens(t *testing.T) {
	for _, c := range []struct {
		name string
		do   func(b *visitor)
	}{
		{"once", func(b *visitor) { b.drafted(); b.post("/apply/submit") }},
		{"a double click on every page", func(b *visitor) {
			for range 2 {
				b.post("/apply", "agree", "yes")
			}
			for range 2 {
				b.post("/apply/form", answers()...)
			}
			for range 2 {
				b.keys()
			}
			for range 2 {
				b.post("/apply/submit")
			}
		}},
		{"reloads of every page", func(b *visitor) {
			b.drafted()
			for _, page := range []string{"/apply", "/apply/form", "/apply/keys", "/apply/check", "/apply/submit", "/apply/done"} {
				b.get(page)
			}
			b.get("/apply/check").want("/apply/check", 200)
			b.post("/apply/submit")
			b.get("/apply/submit").want("/apply/done", 200)
		}},
		{"the answer to the submission is lost", func(b *visitor) {
			b.drafted()
			b.do(b.request("POST", "/apply/submit", b.form()))
			b.post("/apply/submit").want("/apply/done", 200)
		}},
		{"two tabs, the second goes on after the first has submitted", func(b *visitor) {
			b.drafted()
			form := b.form(answers("surname", "Другая")...)
			b.post("/apply/submit").want("/apply/done", 200)
			b.follow(b.request("POST", "/apply/form", form)).want("/apply/done", 200)
			b.keys().want("/apply/done", 200)
			b.get("/apply/form").want("/apply/done", 200)
		}},
		{"two at the same moment", func(b *visitor) {
			b.drafted()
			var wg sync.WaitGroup
			form := b.form()
			for range 8 {
				r := b.request("POST", "/apply/submit", form)
				for _, c := range b.jar {
					r.AddCookie(c)
				}
				r.RemoteAddr = b.address
				wg.Go(func() { b.s.handler.ServeHTTP(discard{http.Header{}}, r) })
			}
			wg.Wait()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newSite(t)
			b := s.visitor(t)
			c.do(b)
			a := b.get("/apply/done").want("/apply/done", 200)
			first := a.text(a.id("panel-number")) + a.text(a.id("revocation-code"))
			if a := b.get("/apply/done"); a.text(a.id("panel-number"))+a.text(a.id("revocation-code")) != first {
				t.Error("number or code change from view to view")
			}
			if n := s.applications(t); n != 1 {
				t.Errorf("%d applications", n)
			}
			got := s.application(t, compact(a.text(a.id("panel-number"))))
			if got.State != application.New || got.Answers.Surname == "Другая" || len(got.Moves) != 1 {
				t.Errorf("state %s, moves %+v", got.State, got.Moves)
			}
		})
	}
}

// discard is an answer that nobody reads.
type discard struct{ h http.Header }

func (d discard) Header() http.Header         { return d.h }
func (d discard) Write(b []byte) (int, error) { return len(b), nil }
func (d discard) WriteHeader(int)             {}

func TestADraftBelongsToItsBrowser(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, code := b.applied()
	own := b.jar["senim_draft"].Value
	if c := b.jar["senim_draft"]; !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.MaxAge != 30*24*3600 || c.Secure {
		t.Errorf("the cookie is %s", c.Raw)
	}
	for _, c := range []struct{ name, cookie string }{
		{"no cookie", ""},
		{"only the number", number},
		{"the number and nothing", number + "."},
		{"the number and another secret", number + "." + strings.Repeat("0", 32)},
		{"a changed secret", own[:len(own)-1] + "!"},
		{"no number", "." + strings.Repeat("0", 32)},
		{"a number of nobody", "0000000000000000." + strings.Repeat("0", 32)},
		{"much too long", strings.Repeat("A", 3000)},
	} {
		t.Run(c.name, func(t *testing.T) {
			other := s.visitor(t)
			if c.cookie != "" {
				other.jar["senim_draft"] = &http.Cookie{Name: "senim_draft", Value: c.cookie}
			}
			for _, page := range []string{"/apply/done", "/apply/check", "/apply/keys", "/apply/form", "/apply"} {
				a := other.get(page).want("/apply", 200)
				if strings.Contains(string(a.body), compact(code)) || strings.Contains(string(a.body), "Ибраева") {
					t.Errorf("%s shows another's application", page)
				}
			}
			if _, kept := other.jar["senim_draft"]; kept && c.cookie == number+"."+strings.Repeat("0", 32) {
				t.Error("the useless cookie is kept")
			}
		})
	}
	s = newSite(t, func(o *portal.Options) { o.Secure = true })
	b = s.visitor(t)
	b.post("/apply", "agree", "yes")
	if c := b.jar["__Host-senim_draft"]; c == nil || !c.Secure || c.Path != "/" || c.Domain != "" {
		t.Errorf("the cookie goes over plain HTTP, or can be planted: %v", b.jar)
	}
	b.drafted()
}

func TestWhatWasTypedSurvivesALostDraft(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.post("/apply", "agree", "yes").want("/apply/form", 200)
	delete(b.jar, "senim_draft")
	b.post("/apply/form", answers()...).want("/apply/keys", 200)
	delete(b.jar, "senim_draft")
	delete(b.jar, "senim_agreement")
	a := b.post("/apply/form", answers()...).want("/apply/form", 422)
	if a.id("agree-error") == nil || a.value("surname") != "Ибраева" {
		t.Errorf("the agreement is not asked for, or what was typed is lost: %s", a.text())
	}
	b.post("/apply/form", append(answers(), "agree", "yes")...).want("/apply/keys", 200)
}

func TestChangedAnswersAskForOtherKeys(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.drafted()
	b.post("/apply/form", answers("surname", "Ибрагимова")...).want("/apply/check", 200, "Ибрагимова")
	b.post("/apply/form", answers("signing", "both")...).want("/apply/keys", 200)
	b.get("/apply/check").want("/apply/keys", 200)
	b.post("/apply/submit").want("/apply/keys", 200)
}

func TestASecondApplicationLeavesTheFirstAlone(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	first, code := b.applied()
	a := b.get("/apply").want("/apply", 200)
	if a.id("before") == nil {
		t.Error("the page does not say that there is one")
	}
	b.post("/apply", "agree", "yes").want("/apply/form", 200)
	if b.last.value("surname") != "" {
		t.Error("the new one begins with the answers of the first")
	}
	b.get("/apply/done").want("/apply/form", 200)
	stranger := s.visitor(t)
	stranger.post("/status/"+first+"/cancel", "code", code).want("/status/"+first, 200, "Отозвана заявителем")
}

func TestAnotherPersonsComputerForgets(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, code := b.applied()
	b.post("/apply/forget").want("/", 200)
	if len(b.jar) != 1 { // the form's token
		t.Errorf("cookies left: %v", b.jar)
	}
	if a := b.get("/apply/done").want("/apply", 200); strings.Contains(string(a.body), number) || strings.Contains(string(a.body), code) {
		t.Error("the browser still knows")
	}
	b.get("/status/"+number).want("/status/"+number, 200)
}

func TestNumbersThatOpenNothing(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.post("/apply", "agree", "yes")
	draft, _, _ := strings.Cut(b.jar["senim_draft"].Value, ".")
	for _, c := range []struct {
		name, number string
		status       int
	}{
		{"empty", "", 422},
		{"too short", "1234", 422},
		{"letters that are in no number", "UUUU-UUUU-UUUU-UUUU", 422},
		{"markup", `"><b>x</b>`, 422},
		{"somebody's guess", "0123456789ABCDEF", 404},
		{"a draft", draft, 404},
		{"much too long", strings.Repeat("1", 100_000), 422},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.visitor(t).post("/status", "number", c.number).want("/status", c.status)
			a.sound("ru")
			if a.id("number-error") == nil || a.value("number") != c.number {
				t.Errorf("no message, or what was typed is lost: %s", a.text())
			}
			if c.status == 404 {
				for _, page := range []string{"/status/", "/status/%s/cancel", "/install/", "/install/%s/done", "/install/%s/certificates.pem", "/revoke/code/"} {
					path := page + c.number
					if strings.Contains(page, "%s") {
						path = fmt.Sprintf(page, c.number)
					}
					if got := s.visitor(t).get(path); got.status != 404 {
						t.Errorf("%s: %d", path, got.status)
					}
				}
			}
		})
	}
}

func TestRevocationCodes(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, code := b.applied()
	wrong := strings.Repeat("0", 16)
	b.post("/status/"+number+"/cancel", "code", "x").want("/status/"+number+"/cancel", 422).sound("ru")
	a := b.post("/status/"+number+"/cancel", "code", wrong).want("/status/"+number+"/cancel", 422)
	if a.id("code-error") == nil || a.value("code") != "" {
		t.Error("a wrong code says nothing, or comes back")
	}
	if s.application(t, number).State != application.New {
		t.Error("withdrawn on a wrong code")
	}
	// A wrong code and a number of nobody are answered alike.
	known := b.post("/revoke/code", "number", number, "code", wrong).want("/revoke/code", 422).text()
	unknown := b.post("/revoke/code", "number", wrong, "code", wrong).want("/revoke/code", 422).text()
	if known != unknown {
		t.Errorf("the answers differ:\n%s\n%s", known, unknown)
	}
	b.post("/status/"+number+"/cancel", "code", code).want("/status/"+number, 200, "Отозвана заявителем")
	b.post("/status/"+number+"/cancel", "code", code).want("/status/"+number, 200) // a double click
	b.get("/status/"+number+"/cancel").want("/status/"+number, 200)
	b.get("/apply/done").want("/apply/done", 200)
}

func TestGuessesAreSlowedDown(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, _ := b.applied()
	refused := func(do func(b *visitor) *answer) int {
		b := s.visitor(t)
		b.address = "198.51.100.9:1"
		for i := range 200 {
			if a := do(b); a.status == 503 {
				if a.header.Get("Retry-After") == "" {
					t.Error("it is not said when to come again")
				}
				a.sound("ru")
				return i
			}
		}
		return -1
	}
	if n := refused(func(b *visitor) *answer { return b.get("/status/0123456789ABCDEF") }); n < 10 || n > 100 {
		t.Errorf("after %d tries of numbers", n)
	}
	s.clock.Advance(time.Hour)
	if n := refused(func(b *visitor) *answer {
		return b.post("/revoke/code", "number", "0123456789ABCDEF", "code", strings.Repeat("0", 16))
	}); n < 3 || n > 30 {
		t.Errorf("after %d tries of codes", n)
	}
	if n := refused(func(b *visitor) *answer {
		b.jar, b.last = map[string]*http.Cookie{}, nil
		return b.post("/apply", "agree", "yes")
	}); n < 10 || n > 100 {
		t.Errorf("after %d drafts", n)
	}
	b.get("/status/"+number).want("/status/"+number, 200) // others are served
}

func TestFormsFromElsewhere(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, code := b.applied()
	for _, path := range []string{"/apply", "/apply/form", "/apply/keys", "/apply/submit", "/apply/forget", "/status", "/status/" + number + "/cancel", "/install/" + number, "/revoke/code", "/revoke/key", "/revoke/key/reason", "/revoke/key/sign"} {
		form := b.form("code", code, "number", number, "agree", "yes")
		form.Set("csrf", "stale")
		r := b.request("POST", path, form)
		if w := b.do(r); w.Code != 403 {
			t.Errorf("%s with a stale token: %d", path, w.Code)
		}
		form = b.form("code", code, "number", number, "agree", "yes")
		r = b.request("POST", path, form)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if w := b.do(r); w.Code != 403 {
			t.Errorf("%s from another site: %d", path, w.Code)
		}
	}
	if got := s.application(t, number).State; got != application.New {
		t.Errorf("state %s", got)
	}
}

func TestAStaleFormComesBackWithWhatWasTyped(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	b.post("/apply", "agree", "yes")
	form := b.form(answers()...)
	form.Set("csrf", "stale")
	w := b.follow(b.request("POST", "/apply/form", form))
	if w.status != 403 || w.value("surname") != "Ибраева" || w.value("locality") != "almaty" {
		t.Fatalf("status %d: %s", w.status, w.body)
	}
	b.post("/apply/form", answers()...).want("/apply/keys", 200)
}

func TestHostileNamesAreOnlyText(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, _ := b.applied()
	const hostile = `</script><img src=x onerror=alert(1)>"' {{.}}`
	s.Update(t, func(tx authority.Tx) error {
		a, err := tx.Application(number)
		if err != nil {
			return err
		}
		a.Answers.Surname, a.Answers.Name, a.Answers.Email, a.Answers.Locality = hostile, hostile, hostile, hostile
		a.State = application.Rejected
		a.Moves = append(a.Moves, application.Move{At: now, From: application.New, To: application.Rejected, By: application.RA, Who: "850315300009", Reason: hostile})
		return tx.PutApplication(a)
	})
	for _, page := range []string{"/status/" + number, "/apply/done", "/apply"} {
		a := b.get(page).want(page, 200)
		if a.find(func(n *html.Node) bool { return n.Data == "img" || n.Data == "script" && n.FirstChild != nil }) != nil {
			t.Errorf("%s runs what was typed", page)
		}
	}
	if !strings.Contains(b.get("/status/"+number).text(), hostile) {
		t.Error("the reason of the refusal is not shown")
	}
}

func TestEveryStateHasItsNextStep(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, _ := b.applied()
	for _, state := range application.States() {
		if state == application.Draft {
			continue
		}
		s.Update(t, func(tx authority.Tx) error {
			a, err := tx.Application(number)
			if err != nil {
				return err
			}
			a.State, a.Moves = state, a.Moves[:1]
			if state != application.New {
				a.Moves = append(a.Moves, application.Move{At: now.Add(time.Hour), From: application.New, To: state, By: application.RA, Reason: "неясно"})
			}
			return tx.PutApplication(a)
		})
		for _, lang := range i18n.Langs() {
			t.Run(string(state)+" "+string(lang), func(t *testing.T) {
				s.clock.Advance(time.Minute) // the limit of look-ups
				b := &visitor{t: t, s: s, lang: string(lang), address: b.address, jar: b.jar}
				a := b.get("/status/"+number).want("/status/"+number, 200)
				a.sound(string(lang))
				if a.text(a.id("next")) == "" {
					t.Error("the page does not say what to do")
				}
				primary := 0
				for n := range a.doc.Descendants() {
					if attr(n, "class") == "button" {
						primary++
					}
				}
				if primary != 1 {
					t.Errorf("%d primary buttons", primary)
				}
				if may := application.Allowed(state, application.Applicant, application.Cancelled); may != (a.id("cancel") != nil) {
					t.Errorf("it can be withdrawn: %v, and the page says otherwise", may)
				}
				b.get("/install/"+number).want("/install/"+number, 200).sound(string(lang))
				b.get("/apply/done").want("/apply/done", 200).sound(string(lang))
			})
		}
	}
	if missing := s.bundle.Missing(); len(missing) > 0 {
		t.Errorf("missing messages: %v", missing)
	}
}

func TestKeysThatHaveCertificatesAreRefusedInPlace(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	number, _ := b.applied()

	// A second application with the same keys is begun before the first is issued, a third after it.
	second := s.visitor(t)
	second.drafted()
	s.issued(t, number)
	a := second.post("/apply/submit").want("/apply/submit", 422)
	a.sound("ru")
	if a.id("error-summary") == nil {
		t.Errorf("the page does not say why: %s", a.text())
	}
	third := s.visitor(t)
	third.post("/apply", "agree", "yes")
	third.post("/apply/form", answers()...)
	if a := third.keys().want("/apply/keys", 422); a.id("error-summary") == nil {
		t.Errorf("the page does not say why: %s", a.text())
	}
}

func TestTheRegisterIsNotToBeAsked(t *testing.T) {
	s := newSite(t)
	s.Update(t, func(tx authority.Tx) error { return tx.PutPerson(somebody) })
	answer := func(iin string) string {
		b := s.visitor(t)
		b.post("/apply", "agree", "yes")
		a := b.post("/apply/form", answers("iin", iin, "surname", "Чужая")...).want("/apply/keys", 200)
		number := attr(a.id("page-keys"), "data-number")
		return strings.ReplaceAll(a.text(), number, "")
	}
	if known, unknown := answer(somebody.IIN), answer(testauthority.Operator); known != unknown {
		t.Errorf("an IIN of the register is answered otherwise:\n%s\n%s", known, unknown)
	}
}

func TestSerialsThatAreNobodys(t *testing.T) {
	s := newSite(t)
	keyID := fmt.Sprintf("%x", s.Hierarchy.Authorities()[0].Certificate.SubjectKeyID)
	root := fmt.Sprintf("%x", s.Hierarchy.Roots()[0].Certificate.SubjectKeyID)
	for _, list := range []string{
		"", " ", ":", "x", keyID, keyID + ":", keyID + ":zz", keyID + ":" + strings.Repeat("00", 20), root + ":01", "00:01",
		strings.Repeat(keyID+":01 ", 17), strings.Repeat("a", 100_000),
	} {
		b := s.visitor(t)
		a := b.post("/revoke/key", "issuer-serials", list).want("/revoke/key", 422)
		a.sound("ru")
		b.post("/revoke/key/reason", "issuer-serials", list, "certificate", "a/b", "reason", "1", "consent", "yes").want("/revoke/key/reason", 422).sound("ru")
	}
	for _, path := range []string{"/revoke/done/rsa/00", "/revoke/done/x/y"} {
		if a := s.visitor(t).get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
}

func TestDownloadsLeadToEveryAuthority(t *testing.T) {
	s := newSite(t)
	a := s.visitor(t).get("/downloads")
	var hrefs []string
	for n := range a.doc.Descendants() {
		if h := attr(n, "href"); strings.HasPrefix(h, "/cert/") || strings.HasPrefix(h, "/crl/") {
			hrefs = append(hrefs, h)
		}
	}
	for _, r := range s.Hierarchy.Roots() {
		if !strings.Contains(strings.Join(hrefs, " "), "/cert/"+r.Name+".cer") {
			t.Errorf("no certificate of %s", r.Name)
		}
	}
	for _, i := range s.Hierarchy.Authorities() {
		if !strings.Contains(strings.Join(hrefs, " "), "/crl/"+i.Name+".crl") {
			t.Errorf("no list of %s", i.Name)
		}
		sum := i.Certificate.Fingerprint()
		if !strings.Contains(strings.ReplaceAll(a.text(), " ", ""), fmt.Sprintf("%x", sum)) {
			t.Errorf("no fingerprint of %s", i.Name)
		}
	}
}

func TestAddressesThatAreNotThere(t *testing.T) {
	s := newSite(t)
	b := s.visitor(t)
	for _, path := range []string{"/nothing", "/apply/", "/status/a/b/c", "/install/", "/revoke/done/rsa"} {
		if a := b.get(path); a.status != 404 {
			t.Errorf("%s: %d", path, a.status)
		}
	}
	for _, path := range []string{"/", "/about", "/downloads", "/sign"} {
		if a := b.post(path); a.status != 404 {
			t.Errorf("POST %s: %d", path, a.status)
		}
	}
}

func TestNewRefuses(t *testing.T) {
	s := newSite(t)
	good := portal.Options{Authority: s.authority, Hierarchy: s.Hierarchy, Kit: s.kit, Sessions: s.sessions, Clock: s.clock, Origin: origin}
	if _, err := portal.New(good); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(o *portal.Options){
		"no authority": func(o *portal.Options) { o.Authority = nil }, "no clock": func(o *portal.Options) { o.Clock = nil },
		"no hierarchy": func(o *portal.Options) { o.Hierarchy = nil }, "no sessions": func(o *portal.Options) { o.Sessions = nil },
		"an origin without scheme": func(o *portal.Options) { o.Origin = "senim.example" }, "an origin with a path": func(o *portal.Options) { o.Origin = origin + "/x" },
		"an origin that is a script": func(o *portal.Options) { o.Origin = "javascript://x" },
	} {
		o := good
		change(&o)
		if _, err := portal.New(o); err == nil {
			t.Error(name)
		}
	}
}

func TestTheTemplatesFitTheirData(t *testing.T) {
	s := newSite(t)
	templates, err := s.kit.Templates()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range portal.Views() {
		if err := templatecheck.CheckHTML(templates.Lookup(name), data); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, x := range templates.Templates() {
		if strings.HasPrefix(x.Name(), "portal-") && x.Name() != "portal-download" {
			if _, ok := portal.Views()[x.Name()]; !ok {
				t.Errorf("%s is not checked", x.Name())
			}
		}
	}
}
