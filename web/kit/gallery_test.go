package kit_test

import (
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/web/kit"
)

// lookPage is the gallery to look at: components with the texts that they will bear.
const lookPage = `{{define "look"}}
{{template "steps" .Steps}}
<h1>Проверка статуса заявки</h1>
<p class="lead">Введите номер заявки. Он указан на странице, которая открылась после подачи.</p>
<form method="post" action="/status" novalidate>{{csrf}}
{{template "input" (dict "name" "number" "label" "Номер заявки" "hint" "20 знаков, например 4P7K 92MX …" "mono" true "width" "20")}}
{{template "input" (dict "name" "iin" "label" "ИИН" "hint" "12 цифр с удостоверения личности" "inputmode" "numeric" "width" "12" "mono" true)}}
{{template "password-input" (dict "name" "password" "label" "Пароль к файлу ключа" "hint" "От 6 до 32 знаков, хотя бы одна строчная латинская буква и одна цифра" "autocomplete" "new-password")}}
{{template "radios" (dict "name" "kind" "label" "Где будут храниться ключи" "options" (list (option "file" "В файлах на этом компьютере" "Файлы можно скопировать на флеш-накопитель") (option "token" "На токене")))}}
{{template "checkboxes" (dict "name" "roles" "label" "Что получить" "options" (list (option "a" "Ключ аутентификации") (option "b" "Ключ для подписи")))}}
{{template "select" (dict "name" "place" "label" "Населённый пункт" "empty" "Выберите" "options" (list (option "a" "Алматы") (option "b" "Шымкент")))}}
{{template "file-input" (dict "name" "file" "label" "Файл с подписью")}}
{{template "textarea" (dict "name" "why" "label" "Причина" "optional" true "rows" 3)}}
{{template "checkbox" (dict "name" "agree" "label" "Я прочитал пользовательское соглашение и согласен с ним")}}
{{template "button" (dict "text" "Подать заявку")}}{{template "button" (dict "text" "Сохранить и выйти" "kind" "secondary")}}{{template "button" (dict "text" "Отозвать ключи" "kind" "warning")}}
</form>
{{template "panel" (dict "title" "Заявка принята" "number" "4P7K92MXQ3HD8TZWBN5R" "label" "Номер заявки" "text" "До 22.12.2026 придите с удостоверением личности в центр обслуживания.")}}
{{template "notification" (dict "text" "Сертификат действует до 22.11.2027." )}}
{{template "notification" (dict "text" "Подпись поставлена. Файл сохранён." "tone" "good")}}
{{template "notification" (dict "text" "Срок действия ключа заканчивается через 10 дней." "tone" "warn")}}
{{template "notification" (dict "text" "Пароль не подошёл к файлу ключа. Проверьте раскладку и Caps Lock." "tone" "bad")}}
{{template "warning" (dict "text" "Запишите код отзыва. Мы показываем его один раз и восстановить не сможем.")}}
{{template "inset" (dict "text" "Ключи создаются в вашем браузере и никуда не отправляются.")}}
<h2>Заявка</h2>
{{template "summary-list" .Rows}}
<h2>Изменения статуса</h2>
{{template "timeline" .Moves}}
<h2>Подписи</h2>
{{range .Badges}}{{template "badge" .}}{{end}}
{{template "tabs" .Tabs}}
{{template "table" .Table}}
{{template "pagination" .Pages}}
<p>{{range .Tags}}{{template "tag" .}} {{end}}</p>
{{template "details" (dict "summary" "Где найти номер заявки" "text" "Номер напечатан вверху страницы, которая открылась после подачи заявки." "open" true)}}
<h3>Заголовок третьего уровня</h3>
<p>Обычный текст со <a href="/x">ссылкой</a> и номером {{group4 "7a3f90c1e5b2"}}.</p>
{{end}}`

func lookData() galleryData {
	at := time.Date(2026, 11, 22, 9, 8, 0, 0, time.UTC)
	return galleryData{
		Steps: kit.Steps{Number: 2, Of: 4, Text: "Ключи"},
		Tabs:  []kit.Tab{{Text: "Новые", Href: "/a", Current: true, Count: 12}, {Text: "На проверке", Href: "/b", Count: 3}, {Text: "Закрытые", Href: "/c"}},
		Rows: []kit.Row{
			{Key: "Фамилия и имя", Value: "ТЕСТОВ ТЕСТ", Href: "/x"}, {Key: "ИИН", Value: "1234 •••• 9011"},
			{Key: "Электронная почта", Value: "test@example.kz", Href: "/x"},
			{Key: "Статус", Value: kit.Tag{Text: "Новая заявка", Tone: "info"}}, {Key: "Серийный номер", Value: "7A3F 90C1 E5B2 4410", Copy: true},
		},
		Moves: []kit.Move{
			{Text: "Новая заявка", Time: at, Tone: "info", Detail: "Подана на портале, онлайн заявка."},
			{Text: "Пользователь идентифицирован центром регистрации", Time: at.Add(26 * time.Hour), Tone: "info"},
			{Text: "Выпущены регистрационные свидетельства (сертификаты) по заявке", Time: at.Add(27 * time.Hour), Tone: "good"},
			{Text: "Сертификаты успешно установлены", Next: true},
		},
		Badges: []kit.Badge{
			{Owner: "ТЕСТОВ ТЕСТ", Organisation: "ТОО «Пример»", Role: "Первый руководитель", Time: at, TimeNote: "по метке времени", Verdict: "Подпись действительна", Tone: "good"},
			{Owner: "ТЕСТОВА ТЕСТІ", Time: at, TimeNote: "по словам подписавшего", Verdict: "Подпись недействительна", Tone: "bad", Detail: "Сертификат отозван 20.11.2026 10:00."},
			{Owner: "ТЕСТОВ ТЕСТ", Verdict: "Не удалось проверить статус", Tone: "warn", Detail: "Повторите проверку позже."},
		},
		Table: kit.Table{Caption: "Очередь", Columns: []kit.Column{{Text: "Номер"}, {Text: "Заявитель"}, {Text: "Подана"}, {Text: "Статус"}, {Text: "Дней", Numeric: true}}, Rows: [][]any{
			{kit.Anchor{Text: "4P7K 92MX", Href: "/n"}, "ТЕСТОВ ТЕСТ", at, kit.Tag{Text: "Новая заявка", Tone: "info"}, 3},
			{kit.Anchor{Text: "8MZ2 11QP", Href: "/n"}, "ӘЛИЕВА ҰЛБОСЫН ҚҰРМАНҒАЛИҚЫЗЫ", at, kit.Tag{Text: "Отклонена", Tone: "bad"}, 12}}},
		Tags:  []kit.Tag{{Text: "Действителен", Tone: "good"}, {Text: "Срок истекает", Tone: "warn"}, {Text: "Отозван", Tone: "bad"}, {Text: "Новая заявка", Tone: "info"}, {Text: "Не проверен"}},
		Pages: kit.Pagination{Prev: "/1", Next: "/3", Number: 2, Of: 14},
	}
}

// TestTheGalleryStandsAlone writes pages of all components with all that they load, to be looked at:
//
//	go test -run Gallery -artifacts -outputdir DIR ./web/kit
//
// and any file server over the folder. It fails where a page asks for a file that is not served.
func TestTheGalleryStandsAlone(t *testing.T) {
	k := newKit(t, func(o *kit.Options) {
		o.Templates = []fs.FS{galleryFS(galleryPage + lookPage)}
		o.User = nil
	})
	dir := t.ArtifactDir()
	for _, page := range []struct {
		file, lang string
		p          kit.Page
	}{
		{"look.html", "ru", kit.Page{Nav: "status", Back: "/back"}},
		{"errors.html", "kk", kit.Page{Nav: "apply", Errors: faults()[:3]}},
		{"desk.html", "en", kit.Page{Wide: true, Nav: "status"}},
	} {
		h := k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			page.p.Data, page.p.TitleText = lookData(), "Проверка статуса заявки"
			k.Page(w, r, 200, "look", page.p)
		}))
		w := get(h, "/", "Cookie", "lang="+page.lang)
		if w.Code != 200 {
			t.Fatalf("%s: status %d", page.file, w.Code)
		}
		keep(t, filepath.Join(dir, page.file), w)
		elements(t, w.Body.Bytes(), func(n *html.Node) {
			for _, key := range []string{"src", "href"} {
				if a := attr(n, key); strings.HasPrefix(a, "/assets/") {
					keep(t, filepath.Join(dir, filepath.FromSlash(a)), get(k.Assets(), a))
					if strings.HasSuffix(a, "kit.js") {
						for _, m := range imports(get(k.Assets(), a).Body.String()) {
							a := a[:strings.LastIndex(a, "/")+1] + m
							keep(t, filepath.Join(dir, filepath.FromSlash(a)), get(k.Assets(), a))
						}
					}
				}
			}
		})
	}
	problem := k.Handle(func(http.ResponseWriter, *http.Request) error { return fail.New(fail.Unavailable, "") })
	keep(t, filepath.Join(dir, "problem.html"), get(problem, "/"))
}

// imports are the modules that a module asks for.
func imports(js string) []string {
	var out []string
	for line := range strings.Lines(js) {
		if _, name, ok := strings.Cut(line, `from "./`); ok {
			out = append(out, name[:strings.Index(name, `"`)])
		}
	}
	return out
}

func keep(t *testing.T, file string, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code == 404 {
		t.Errorf("%s is not served", file)
		return
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, w.Body.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
