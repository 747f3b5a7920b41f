package desk_test

import (
	"encoding/base64"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/internal/testroom"
	"github.com/senim-pki/senim/room/desk"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/page"
	"github.com/senim-pki/senim/web/session"
)

// A place is a desk over a real authority, with an operator and a server.
type place struct {
	*testroom.House
	op     testroom.Staff
	server *httptest.Server
	kit    *kit.Kit
	t      testing.TB
}

func newPlace(t testing.TB) *place {
	t.Helper()
	return placeIn(t, testroom.New(t))
}

func placeIn(t testing.TB, h *testroom.House) *place {
	t.Helper()
	p := &place{House: h, op: h.Hire(testroom.OperatorIIN, "ОПЕРАТОР", account.Operator), t: t}
	sessions := session.New(session.Options{Clock: h.Clock, Refused: func(w http.ResponseWriter, r *http.Request, same bool) { p.kit.Expired(w, r, same) }})
	var err error
	p.kit, err = kit.New(kit.Options{
		Messages:  []*i18n.Bundle{desk.Messages(), part.Messages(), page.Messages()},
		Templates: []fs.FS{desk.Templates(), part.Templates(), page.Templates()},
		Assets:    map[string]fs.FS{"desk": desk.Assets(), "page": page.Assets()},
		CSRF:      sessions.CSRFToken, User: desk.User, NavFor: desk.NavFor, SignOut: desk.SignOut, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.New(desk.Options{Authority: h.Authority, Kit: p.kit, Sessions: sessions, Clock: h.Clock, Origin: testroom.Origin})
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/assets/", p.kit.Assets())
	mux.Handle("/", d.Handler())
	p.server = testroom.Serve(t, p.kit.Middleware(mux))
	return p
}

// signIn opens a browser in which s is signed in.
func (p *place) signIn(s testroom.Staff) *testroom.Reader {
	p.t.Helper()
	p.Tick()
	b := testroom.Open(p.t, p.server)
	if after := p.login(b, b.Get("/desk/login"), s, nil); after.Path != "/desk" || after.Status != 200 {
		p.t.Fatalf("signed in, and at %s (%d): %s", after.Path, after.Status, after.Text())
	}
	return b
}

func (p *place) login(b *testroom.Reader, at *testroom.Page, s testroom.Staff, change func(url.Values)) *testroom.Page {
	p.t.Helper()
	form := signed(p.t, at, "/desk/login", s.Auth)
	form.Set("totp", s.TOTP.Code(p.Clock.Now()))
	if change != nil {
		change(form)
	}
	return b.Post("/desk/login", form)
}

// signed fills in the form to action as the page's script does: the text that is shown, signed.
func signed(t testing.TB, at *testroom.Page, action string, pen testroom.Pen) url.Values {
	t.Helper()
	form := at.Form(action)
	form.Set("cms", base64.StdEncoding.EncodeToString(pen.Sign(t, shown(at))))
	return form
}

// shown is the text to be signed; the parser has taken the line break after <pre>.
func shown(at *testroom.Page) string { return at.Raw("pre data-text") }

func (p *place) open(b *testroom.Reader, number string) *testroom.Page {
	return b.Get("/desk/applications/" + number)
}

func decisionOf(number string) string { return "/desk/applications/" + number + "/decision" }
func signOf(number string) string     { return "/desk/applications/" + number + "/sign" }

// form is a form of the application page; two go to the same address, so it is picked by its act.
func approval(at *testroom.Page, number string) url.Values {
	form := at.Form(decisionOf(number))
	form.Set("act", "approve")
	form.Set("document", "yes")
	form.Set("photo", "yes")
	return form
}

func refusal(at *testroom.Page, number, reason, words string) url.Values {
	form := at.Form(decisionOf(number))
	form.Set("act", "refuse")
	form.Set("reason", reason)
	form.Set("words", words)
	form.Del("document")
	form.Del("photo")
	return form
}

func wants(t *testing.T, p *testroom.Page, status int, sentences ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("%s: status %d, want %d", p.Path, p.Status, status)
	}
	for _, s := range sentences {
		if !strings.Contains(p.Text(), s) {
			t.Errorf("%s does not say %q:\n%s", p.Path, s, p.Text())
		}
	}
}

func TestAnOperatorApprovesWithHisKey(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "АЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := p.signIn(p.op)

	queue := b.Get("/desk")
	wants(t, queue, 200, "В очереди 1 заявка", kit.Group4(number), "ИБРАЕВА ӘЙГЕРІМ СЕРІКҚЫЗЫ", "Алматы", "Новая заявка")
	if queue.Header.Get("Cache-Control") != "no-store" {
		t.Error("the queue may be kept in a cache")
	}
	if queue.Inner("span class=user-name") != "ОПЕРАТОР ТЕСТ" {
		t.Errorf("the header names %q", queue.Inner("span class=user-name"))
	}

	at := p.open(b, number)
	wants(t, at, 200, "Имя в заявке отличается от реестра", "АЙГЕРІМ", "Отличается", "Совпадает", "a@example.kz", "RSA 2048", "Других заявок этого ИИН нет")
	statement := b.Post(decisionOf(number), approval(at, number))
	wants(t, statement, 200, "Подписать подтверждение", "ИБРАЕВА АЙГЕРІМ СЕРІКҚЫЗЫ", "senim-statement-1")
	done := b.Post(signOf(number), signed(t, statement, signOf(number), p.op.Sign))
	wants(t, done, 200, "заявка подтверждена", "Заявка на подписи в ИС НУЦ")
	if done.Path != "/desk/applications/"+number+"?decided=yes" || done.Has("#decision") {
		t.Errorf("after the decision at %s, form still there: %v", done.Path, done.Has("#decision"))
	}
	wants(t, b.Get("/desk"), 200, "Очередь пуста")

	p.Issued(number, testroom.PersonIIN)
	wants(t, p.open(b, number), 200, "Выпущены регистрационные свидетельства", "Аутентификация, RSA", "Действителен")
	wants(t, b.Get("/desk?state=issued"), 200, kit.Group4(number))
}

func TestARefusalDemandsAReasonAndIsToldInTheApplicantsLanguage(t *testing.T) {
	p := newPlace(t)
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil) // not in the register
	b := p.signIn(p.op)
	at := p.open(b, number)
	wants(t, at, 200, "В реестре лиц такого ИИН нет", "Заявитель увидит причину на казахском языке")
	if at.Has("#approve") {
		t.Error("whom the register does not know can be approved")
	}
	for _, c := range []struct{ name, reason, words, want string }{
		{"no reason", "", "", "Не выбрана причина отказа"},
		{"a reason of nobody's list", "because", "", "Не выбрана причина отказа"},
		{"other without words", "other", "  ", "Напишите её своими словами"},
		{"a novel", "photo", strings.Repeat("ж", 351), "длиннее 350 знаков"},
	} {
		t.Run(c.name, func(t *testing.T) {
			again := b.Post(decisionOf(number), refusal(at, number, c.reason, c.words))
			wants(t, again, 422, c.want)
			if c.reason == "photo" && again.Raw("#words") != "\n"+c.words && again.Raw("#words") != c.words {
				t.Error("what was typed is lost")
			}
		})
	}
	hostile := `</pre><script>alert(1)</script>"'`
	statement := b.Post(decisionOf(number), refusal(at, number, "photo", hostile))
	wants(t, statement, 200, "Подписать отказ", hostile)
	if strings.Contains(string(statement.Body), "<script>alert") {
		t.Error("a script gets into the page")
	}
	// A wrong key first: the page comes back with the reason kept.
	wrong := b.Post(signOf(number), signed(t, statement, signOf(number), p.op.Auth))
	wants(t, wrong, 422, "Это ключ для входа", hostile)
	done := b.Post(signOf(number), signed(t, wrong, signOf(number), p.op.Sign))
	wants(t, done, 200, "по заявке отказано", "Құжаттағы сурет келген адамға сәйкес емес. "+hostile)
	if p.State(number) != application.Rejected {
		t.Errorf("the application is %s", p.State(number))
	}
}

func TestACheckListIsPartOfTheApproval(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := p.signIn(p.op)
	form := approval(p.open(b, number), number)
	form.Del("photo")
	again := b.Post(decisionOf(number), form)
	wants(t, again, 422, "Не отмечено, что фотография сверена")
	if !again.Has("input name=document checked") {
		t.Error("the other tick is lost")
	}
	form.Del("document")
	wants(t, b.Post(decisionOf(number), form), 422, "Не отмечено, что документ проверен")
}

func TestSigningInRefuses(t *testing.T) {
	p := newPlace(t)
	stranger := testroom.New(t).Hire(testroom.OperatorIIN2, "ЧУЖОЙ", account.Operator) // of another register
	for _, c := range []struct {
		name   string
		status int
		pen    testroom.Pen
		change func(url.Values)
		want   string
	}{
		{"the signing key", 403, p.op.Sign, nil, "Для входа выберите ключ аутентификации"},
		{"a wrong code", 403, p.op.Auth, func(f url.Values) { f.Set("totp", "000000") }, "Код не принят"},
		{"no code", 422, p.op.Auth, func(f url.Values) { f.Set("totp", "") }, "Код состоит из шести цифр"},
		{"no signature", 422, p.op.Auth, func(f url.Values) { f.Set("cms", "") }, "Подпись не получена"},
		{"something that is no signature", 403, p.op.Auth, func(f url.Values) { f.Set("cms", "MAA=") }, "не является подписью"},
		{"a nonce of nobody", 403, p.op.Auth, func(f url.Values) { f.Set("nonce", "AAAA") }, "Такой текст не найден"},
		{"a certificate that the register does not have", 403, stranger.Auth, nil, "выпущен не этим удостоверяющим центром"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p.Tick()
			b := testroom.Open(t, p.server)
			s := p.op
			s.Auth = c.pen
			wants(t, p.login(b, b.Get("/desk/login"), s, c.change), c.status, c.want)
			if after := b.Get("/desk"); !strings.HasPrefix(after.Path, "/desk/login") {
				t.Errorf("and is inside, at %s", after.Path)
			}
		})
	}
	t.Run("another text of the same site", func(t *testing.T) {
		p.Tick()
		b := testroom.Open(t, p.server)
		mine, other := b.Get("/desk/login"), b.Get("/desk/login")
		again := p.login(b, mine, p.op, func(f url.Values) { f.Set("nonce", other.Form("/desk/login").Get("nonce")) })
		wants(t, again, 403, "Подписан другой текст")
	})
	t.Run("the same signature twice", func(t *testing.T) {
		p.Tick()
		b := testroom.Open(t, p.server)
		at := b.Get("/desk/login")
		var form url.Values
		p.login(b, at, p.op, func(f url.Values) { form = f })
		thief := testroom.Open(t, p.server)
		p.Tick()
		form.Set("totp", p.op.TOTP.Code(p.Clock.Now()))
		form.Set("csrf", thief.Get("/desk/login").Form("/desk/login").Get("csrf"))
		wants(t, thief.Post("/desk/login", form), 403, "уже был подписан")
	})
}

func TestALoginGoesOnOnlyToPagesOfTheDesk(t *testing.T) {
	p := newPlace(t)
	for next, want := range map[string]string{
		"/desk/search":              "/desk/search",
		"//evil.example/desk":       "/desk",
		"https://evil.example/desk": "/desk",
		"/desk/../evil":             "/desk",
		`/desk\evil`:                "/desk",
		"/desk/login":               "/desk",
		"/apply":                    "/desk",
		"javascript:alert(1)":       "/desk",
		"/desk?state=issued":        "/desk?state=issued",
	} {
		p.Tick()
		b := testroom.Open(t, p.server)
		at := b.Get("/desk/login?next=" + url.QueryEscape(next))
		if after := p.login(b, at, p.op, nil); after.Path != want {
			t.Errorf("%s leads to %s", next, after.Path)
		}
	}
}

func TestWithoutASessionEverythingLeadsToTheLogin(t *testing.T) {
	p := newPlace(t)
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := testroom.Open(t, p.server)
	for _, path := range []string{"/desk", "/desk/search", "/desk/applications/" + number, "/desk/certificates/rsa/00", "/desk/nothing"} {
		if at := b.Get(path); !strings.HasPrefix(at.Path, "/desk/login") || strings.Contains(at.Text(), "ИБРАЕВА") {
			t.Errorf("%s leads to %s", path, at.Path)
		}
	}
	for _, path := range []string{"/desk/search", decisionOf(number), signOf(number), "/desk/certificates/rsa/00/sign"} {
		if at := b.Post(path, url.Values{"query": {testroom.PersonIIN}}); !strings.HasPrefix(at.Path, "/desk/login") {
			t.Errorf("a form for %s leads to %s", path, at.Path)
		}
	}
}

func TestASessionEnds(t *testing.T) {
	p := newPlace(t)
	for name, end := range map[string]func(*testroom.Reader){
		"after 15 minutes without a request": func(*testroom.Reader) { p.Clock.Advance(15*time.Minute + time.Second) },
		"after 8 hours of work": func(b *testroom.Reader) {
			for range 50 {
				p.Clock.Advance(10 * time.Minute)
				b.Get("/desk")
			}
		},
		"by signing out": func(b *testroom.Reader) { b.Submit(b.Get("/desk"), "/desk/logout") },
	} {
		t.Run(name, func(t *testing.T) {
			b := p.signIn(p.op)
			at := b.Get("/desk/search")
			if at.Attr("p class=countdown", "data-countdown") == "" {
				t.Error("the page does not count down")
			}
			end(b)
			if after := b.Get("/desk/search"); !strings.HasPrefix(after.Path, "/desk/login?next=") {
				t.Errorf("still at %s", after.Path)
			}
		})
	}
}

func TestWhoIsRemovedIsOutAtOnce(t *testing.T) {
	p := newPlace(t)
	p.Hire(testroom.AdminIIN, "ӘКІМШІ", account.Administrator)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := p.signIn(p.op)
	at := p.open(b, number)
	statement := b.Post(decisionOf(number), approval(at, number))
	if err := p.RemoveStaff(t.Context(), "test", testroom.OperatorIIN); err != nil {
		t.Fatal(err)
	}
	after := b.Post(signOf(number), signed(t, statement, signOf(number), p.op.Sign))
	wants(t, after, 403, "Вы больше не сотрудник этого центра")
	if p.State(number) != application.New {
		t.Errorf("and decided: %s", p.State(number))
	}
	if again := b.Get("/desk"); !strings.HasPrefix(again.Path, "/desk/login") {
		t.Errorf("the session goes on at %s", again.Path)
	}
}

func TestNobodyDecidesHisOwnApplication(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.OperatorIIN, "ОПЕРАТОР", "ТЕСТ", "")
	number := p.Apply(testroom.OperatorIIN, "own", func(a *application.Answers) { a.Surname, a.Name, a.Patronymic = "ОПЕРАТОР", "ТЕСТ", "" })
	b := p.signIn(p.op)
	at := p.open(b, number)
	wants(t, at, 200, "Это ваша собственная заявка")
	if at.Has("#decision") {
		t.Error("and he is offered to decide it")
	}
	// He makes the form himself.
	form := url.Values{"csrf": {b.Get("/desk/search").Form("/desk/search").Get("csrf")}, "act": {"approve"}, "document": {"yes"}, "photo": {"yes"}}
	wants(t, b.Post(decisionOf(number), form), 422, "Это ваша собственная заявка")
	if p.State(number) != application.New {
		t.Errorf("it became %s", p.State(number))
	}
}

func TestOfTwoDecisionsTheSecondIsToldWhatHappened(t *testing.T) {
	p := newPlace(t)
	second := p.Hire(testroom.OperatorIIN2, "ВТОРОЙ", account.Operator)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	first, other := p.signIn(p.op), p.signIn(second)

	statement := first.Post(decisionOf(number), approval(p.open(first, number), number))
	late := other.Post(decisionOf(number), refusal(p.open(other, number), number, "photo", ""))
	form := signed(t, statement, signOf(number), p.op.Sign)
	wants(t, first.Post(signOf(number), form), 200, "заявка подтверждена")

	conflict := other.Post(signOf(number), signed(t, late, signOf(number), second.Sign))
	wants(t, conflict, 409, "Эта заявка уже изменилась", "Решение подписал другой оператор, ИИН "+testroom.OperatorIIN, "Ваше последнее действие ничего не изменило")
	if p.State(number) != application.Signing {
		t.Errorf("the application is %s", p.State(number))
	}
	// The first one's double click is no conflict, his other tab is.
	wants(t, first.Post(signOf(number), form), 200, "заявка подтверждена")
	tab := first.Post(decisionOf(number), url.Values{"csrf": form["csrf"], "act": {"approve"}, "document": {"yes"}, "photo": {"yes"}})
	wants(t, tab, 409, "подписали вы сами")
}

func TestOneOperatorsStatementIsNotSignedByAnother(t *testing.T) {
	p := newPlace(t)
	second := p.Hire(testroom.OperatorIIN2, "ВТОРОЙ", account.Operator)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := p.signIn(p.op)
	statement := b.Post(decisionOf(number), approval(p.open(b, number), number))
	wants(t, b.Post(signOf(number), signed(t, statement, signOf(number), second.Sign)), 422, "подписан не вами")
	if p.State(number) != application.New {
		t.Errorf("and decided: %s", p.State(number))
	}
}

func TestFormsFromElsewhereAreRefused(t *testing.T) {
	p := newPlace(t)
	b := p.signIn(p.op)
	for name, form := range map[string]url.Values{
		"without a token":       {"query": {testroom.PersonIIN}},
		"with one of a visitor": {"query": {testroom.PersonIIN}, "csrf": {testroom.Open(t, p.server).Get("/desk/login").Form("/desk/login").Get("csrf")}},
	} {
		t.Run(name, func(t *testing.T) {
			if at := b.Post("/desk/search", form); at.Status != 403 || at.Has("#found") {
				t.Errorf("status %d: %s", at.Status, at.Text())
			}
		})
	}
}

func TestSearchFinds(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	p.Decided(p.op, number, true, "")
	rows, _ := p.Issued(number, testroom.PersonIIN)
	b := p.signIn(p.op)
	for _, c := range []struct {
		name, query  string
		status       int
		applications int
		certificates int
		want         string
	}{
		{"number as it is shown", application.FormatNumber(number), 200, 1, 2, "Заявки"},
		{"IIN", testroom.PersonIIN, 200, 1, 2, "Сертификаты"},
		{"serial in groups", kit.Group4(rows[0].Serial), 200, 0, 1, kit.Group4(rows[0].Serial)},
		{"beginning of a surname", "ибра", 200, 0, 2, "ИБРАЕВА ӘЙГЕРІМ"},
		{"nobody", "111111111111", 200, 0, 0, "Таких заявок не найдено"},
		{"two letters", "иб", 422, 0, 0, "не меньше трёх знаков"},
		{"markup", `"><script>`, 200, 0, 0, "не найдено"},
	} {
		t.Run(c.name, func(t *testing.T) {
			at := b.Submit(b.Get("/desk/search"), "/desk/search", "query", c.query)
			wants(t, at, c.status, c.want)
			body := string(at.Body)
			if n := strings.Count(body, `href="/desk/applications/`); n != c.applications {
				t.Errorf("%d applications", n)
			}
			if n := strings.Count(body, `href="/desk/certificates/`); n != c.certificates {
				t.Errorf("%d certificates", n)
			}
			if at.Attr("#query", "value") != c.query {
				t.Errorf("what was typed became %q", at.Attr("#query", "value"))
			}
			if strings.Contains(at.Path, testroom.PersonIIN) {
				t.Error("the address holds an IIN")
			}
		})
	}
}

func TestACertificateIsSuspendedLiftedAndRevokedBySignedStatements(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	p.Decided(p.op, number, true, "")
	rows, _ := p.Issued(number, testroom.PersonIIN)
	c := rows[0]
	if c.Profile != profile.IndividualAuthRSA {
		t.Fatalf("the first is %s", c.Profile)
	}
	b := p.signIn(p.op)
	at := "/desk/certificates/" + c.Issuer + "/" + c.Serial
	status := func() registry.Status {
		got, err := p.Certificate(t.Context(), testroom.OperatorIIN, c.Issuer, c.Serial)
		if err != nil {
			t.Fatal(err)
		}
		return got.Status
	}
	wants(t, b.Get(at), 200, "ИБРАЕВА ӘЙГЕРІМ", "Действителен", "Отпечаток SHA-256", "Выпущен")

	again := b.Submit(b.Get(at), at+"/change", "act", "revoke", "words-revoke", "")
	wants(t, again, 422, "Не выбрана причина отзыва", "Не указано основание")
	wants(t, b.Submit(b.Get(at), at+"/change", "act", "burn"), 422, "Непонятно, что сделать")

	for _, step := range []struct {
		act, reason string
		want        registry.Status
		says        string
		offers      string
	}{
		{"hold", "", registry.Hold, "действие сертификата приостановлено", "#lift"},
		{"lift", "", registry.Valid, "действие сертификата возобновлено", "#hold"},
		{"revoke", "1", registry.Revoked, "сертификат отозван", ""},
	} {
		p.Tick()
		statement := b.Submit(b.Get(at), at+"/change", "act", step.act, "reason", step.reason, "words-"+step.act, "по заявлению владельца")
		wants(t, statement, 200, "по заявлению владельца")
		form := signed(t, statement, at+"/sign", p.op.Sign)
		done := b.Post(at+"/sign", form)
		if done.Status != 200 || !strings.Contains(strings.ToLower(done.Text()), step.says) || status() != step.want {
			t.Errorf("%s: %d, %s: %s", step.act, done.Status, status(), done.Text())
		}
		if step.offers != "" && !done.Has(step.offers) {
			t.Errorf("after %s nothing of %s", step.act, step.offers)
		}
		if twice := b.Post(at+"/sign", form); twice.Status != 200 || status() != step.want {
			t.Errorf("%s sent twice: %d", step.act, twice.Status)
		}
	}
	last := b.Get(at)
	wants(t, last, 200, "Статус этого сертификата больше не изменить", "Отозван")
	if last.Has("#revoke") || last.Has("#hold") {
		t.Error("a revoked certificate is offered to be changed")
	}
	form := b.Get("/desk/search").Form("/desk/search")
	form.Set("act", "hold")
	form.Set("words-hold", "очень надо")
	wants(t, b.Post(at+"/change", form), 409, "уже отозван")
}

func TestHostileNamesAreOnlyText(t *testing.T) {
	p := newPlace(t)
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	// The domain refuses such names; a page must not rest on that.
	err := p.Store.Update(t.Context(), func(tx authority.Tx) error {
		a, err := tx.Application(number)
		if err != nil {
			return err
		}
		const hostile = `"><img src=x onerror=alert(1)>{{.}}`
		a.Answers.Surname, a.Answers.Email, a.Answers.Locality, a.Answers.Agreement = hostile, hostile, hostile, hostile
		return tx.PutApplication(a)
	})
	if err != nil {
		t.Fatal(err)
	}
	b := p.signIn(p.op)
	for _, at := range []*testroom.Page{b.Get("/desk"), p.open(b, number)} {
		if strings.Contains(string(at.Body), "<img") || !strings.Contains(at.Text(), "<img src=x onerror=alert(1)>{{.}}") {
			t.Errorf("%s holds markup of the applicant", at.Path)
		}
	}
}

func TestTheQueueIsFilteredAndPaged(t *testing.T) {
	p := newPlace(t)
	numbers := map[string]string{}
	for i, place := range []string{"almaty", "astana"} {
		p.Clock.Advance(time.Minute)
		numbers[place] = p.Apply([]string{testroom.PersonIIN, testroom.OperatorIIN2}[i], place, func(a *application.Answers) { a.Locality = place })
	}
	b := p.signIn(p.op)
	all := string(b.Get("/desk").Body)
	if first, then := strings.Index(all, numbers["almaty"]), strings.Index(all, numbers["astana"]); first < 0 || then < first {
		t.Errorf("not the oldest first: %d, %d", first, then)
	}
	one := b.Get("/desk?locality=astana")
	wants(t, one, 200, "В очереди 1 заявка", "Снять фильтр")
	if strings.Contains(string(one.Body), numbers["almaty"]) {
		t.Error("the filter lets another place through")
	}
	wants(t, b.Get("/desk?locality=aqtau"), 200, "Здесь заявок нет: Актау")
	if rest := string(b.Get("/desk?after=" + numbers["almaty"]).Body); strings.Contains(rest, "applications/"+numbers["almaty"]) || !strings.Contains(rest, numbers["astana"]) {
		t.Error("the next page is not what follows")
	}
	for _, odd := range []string{"/desk?after=0000000000000000", "/desk?after=%00", "/desk?state=%3Cscript%3E&locality=%22"} {
		if at := b.Get(odd); at.Status != 200 {
			t.Errorf("%s: %d", odd, at.Status)
		}
	}
	wants(t, b.Get("/desk/applications/0000000000000000"), 404, "Заявки с таким номером нет")
	wants(t, b.Get("/desk/applications/nonsense"), 404, "Заявки с таким номером нет")
	wants(t, b.Get("/desk/certificates/rsa/12"), 404, "Такого сертификата в реестре нет")
}

func TestEveryPageSpeaksThreeLanguages(t *testing.T) {
	p := newPlace(t)
	p.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := p.Apply(testroom.PersonIIN, testroom.PersonIIN, nil)
	b := p.signIn(p.op)
	for lang, word := range map[string]string{"kk": "Кезек", "ru": "Очередь", "en": "Queue"} {
		b.Lang = lang
		for _, path := range []string{"/desk", "/desk/search", "/desk/applications/" + number} {
			at := b.Get(path)
			if at.Status != 200 || !strings.Contains(string(at.Body), word) || strings.Contains(string(at.Body), "⟦") {
				t.Errorf("%s in %s: %d, %s", path, lang, at.Status, at.Text())
			}
		}
	}
	b.Lang = "kk"
	wants(t, b.Post(decisionOf(number), approval(p.open(b, number), number)), 200, "Растауға қол қою", "Мен")
}
