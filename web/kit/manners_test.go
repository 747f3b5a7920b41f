package kit_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/andybalholm/brotli"
	"golang.org/x/net/html"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/web/kit"
)

func TestAnErrorBecomesAPage(t *testing.T) {
	secret := errors.New("secret cause 4711")
	room, err := i18n.Load(fstest.MapFS{"m.toml": {Data: []byte("[room.taken]\nkk = \"а {who}\"\nru = \"Уже занято: {who}. Выберите другое.\"\nen = \"c {who}\"\n")}}, "m.toml")
	if err != nil {
		t.Fatal(err)
	}
	var fields fail.Fields
	fields.Add("iin", "kit.error.invalid.what")
	for _, c := range []struct {
		name      string
		err       error
		status    int
		says      string
		reference bool
	}{
		{"invalid", fail.Wrap(fail.Invalid, "", secret), 400, "Не удалось понять", false},
		{"several fields", fields, 400, "Не удалось понять", false},
		{"not found", fail.Wrap(fail.NotFound, "no.such.message", secret), 404, "ничего не найдено", false},
		{"conflict with a message", fmt.Errorf("couldn't take: %w", fail.Wrap(fail.Conflict, "room.taken", secret, "who", "<b>Ә</b>")), 409, "Уже занято: &lt;b&gt;Ә&lt;/b&gt;. Выберите другое.", false},
		{"forbidden", fail.Wrap(fail.Forbidden, "", secret), 403, "нет права", false},
		{"unavailable", fail.Wrap(fail.Unavailable, "", secret), 503, "через несколько минут", false},
		{"internal", fail.Wrap(fail.Internal, "room.taken", secret, "who", "x"), 500, "назовите эту метку", true},
		{"unclassified", secret, 500, "назовите эту метку", true},
		{"a body over the cap", fmt.Errorf("couldn't read: %w", &http.MaxBytesError{Limit: 1}), 413, "больше, чем разрешено", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			var log bytes.Buffer
			k := newKit(t, func(o *kit.Options) {
				o.Messages = []*i18n.Bundle{room}
				o.Log = slog.New(slog.NewTextHandler(&log, nil))
			})
			h := k.Middleware(k.Handle(func(http.ResponseWriter, *http.Request) error { return c.err }))
			w := get(h, "/secret-number?number=SECRET", "Accept-Language", "ru")
			body := w.Body.String()
			if w.Code != c.status || !strings.Contains(body, c.says) {
				t.Errorf("status %d, want %d; the page should say %q:\n%s", w.Code, c.status, c.says, body)
			}
			if strings.Contains(body, "4711") {
				t.Error("the page betrays the cause")
			}
			_, after, found := strings.Cut(body, "назовите эту метку")
			if found != c.reference {
				t.Errorf("reference on the page: %v", found)
			}
			if c.reference {
				_, ref, _ := strings.Cut(after, `translate="no">`)
				ref, _, _ = strings.Cut(ref, "<")
				if len(ref) != 9 || !strings.Contains(log.String(), "reference="+ref) || !strings.Contains(log.String(), "4711") {
					t.Errorf("the log does not hold reference %q and cause: %s", ref, log.String())
				}
			}
			if strings.Contains(log.String(), "SECRET") || strings.Contains(log.String(), "secret-number") {
				t.Errorf("the log holds the address: %s", log.String())
			}
			elements(t, w.Body.Bytes(), nil)

			w = get(h, "/", "Accept", "application/json")
			if w.Code != c.status || !strings.HasPrefix(w.Body.String(), `{"error":{`) || strings.Contains(w.Body.String(), "4711") {
				t.Errorf("as JSON: status %d, %s", w.Code, w.Body)
			}
		})
	}
}

func TestAnErrorAfterTheAnswerBeganIsOnlyLogged(t *testing.T) {
	var log bytes.Buffer
	k := newKit(t, func(o *kit.Options) { o.Log = slog.New(slog.NewTextHandler(&log, nil)) })
	w := get(k.Handle(func(w http.ResponseWriter, _ *http.Request) error {
		io.WriteString(w, "half")
		return errors.New("broken pipe")
	}), "/")
	if w.Body.String() != "half" || !strings.Contains(log.String(), "broken pipe") {
		t.Errorf("body %q, log %s", w.Body, log.String())
	}
}

func TestAPanicBecomesAPage(t *testing.T) {
	k := newKit(t, nil)
	w := get(k.Middleware(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("secret 4711") })), "/")
	if w.Code != 500 || strings.Contains(w.Body.String(), "4711") || !strings.Contains(w.Body.String(), "<main") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
	defer func() {
		if recover() != http.ErrAbortHandler {
			t.Error("a panic after the answer began does not break it off")
		}
	}()
	get(k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		io.WriteString(w, "half")
		panic("late")
	})), "/")
}

func TestHeaders(t *testing.T) {
	for _, c := range []struct {
		name         string
		secure       bool
		user         string
		page         kit.Page
		want, absent map[string]string
	}{
		{"of a plain page", false, "", kit.Page{}, map[string]string{
			"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'; worker-src 'self'",
			"X-Content-Type-Options":  "nosniff", "Referrer-Policy": "same-origin", "Cache-Control": "private, no-cache", "Permissions-Policy": "camera=()",
			"Vary": "Cookie, Accept-Language", "Content-Language": "kk",
		}, map[string]string{"Content-Security-Policy": "wasm", "Strict-Transport-Security": "max-age", "X-Robots-Tag": "noindex"}},
		{"of a page with keys", false, "", kit.Page{Wasm: true}, map[string]string{"Content-Security-Policy": "script-src 'self' 'wasm-unsafe-eval';"}, map[string]string{"Content-Security-Policy": "'unsafe-eval'"}},
		{"of a page of somebody signed in", false, "anna", kit.Page{}, map[string]string{"Cache-Control": "no-store", "Referrer-Policy": "same-origin"}, nil},
		{"of a page with secret numbers", true, "", kit.Page{Secret: true}, map[string]string{"Referrer-Policy": "no-referrer", "Cache-Control": "no-store", "X-Robots-Tag": "noindex", "Strict-Transport-Security": "max-age"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKit(t, func(o *kit.Options) {
				o.Secure = c.secure
				o.User = func(*http.Request) string { return c.user }
			})
			w := get(galleryHandler(k, "x", c.page), "/", "Accept-Language", "kk-KZ,ru;q=0.8")
			for name, want := range c.want {
				if got := w.Header().Get(name); !strings.Contains(got, want) {
					t.Errorf("%s: %q, want %q", name, got, want)
				}
			}
			for name, bad := range c.absent {
				if got := w.Header().Get(name); strings.Contains(got, bad) {
					t.Errorf("%s: %q, must not have %q", name, got, bad)
				}
			}
			if len(w.Header().Get("X-Request-Id")) != 24 {
				t.Errorf("X-Request-Id: %q", w.Header().Get("X-Request-Id"))
			}
		})
	}
}

func TestTheCapOnBodies(t *testing.T) {
	k := newKit(t, func(o *kit.Options) {
		o.BodyLimit = func(r *http.Request) int64 {
			if r.URL.Path == "/large" {
				return 2 * kit.DefaultBody
			}
			return 0
		}
	})
	h := k.Middleware(k.Handle(func(w http.ResponseWriter, r *http.Request) error {
		_, err := io.Copy(io.Discard, r.Body)
		return err
	}))
	for _, c := range []struct {
		path string
		size int
		want int
	}{{"/", kit.DefaultBody, 200}, {"/", kit.DefaultBody + 1, 413}, {"/large", kit.DefaultBody + 1, 200}, {"/large", 2*kit.DefaultBody + 1, 413}} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest("POST", c.path, strings.NewReader(strings.Repeat("x", c.size))))
		if w.Code != c.want {
			t.Errorf("%s with %d octets: status %d, want %d", c.path, c.size, w.Code, c.want)
		}
	}
}

func TestTheChoiceOfLanguage(t *testing.T) {
	k := newKit(t, nil)
	h := k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, string(k.Lang(r))) }))
	for _, c := range []struct{ name, cookie, accept, want string }{
		{"nothing said", "", "", "ru"},
		{"the browser's wish", "", "en-GB,en;q=0.9,kk;q=0.5", "en"},
		{"the cookie before the browser", "lang=kk", "en", "kk"},
		{"an unknown cookie", "lang=<script>", "en", "en"},
		{"an unknown wish", "", "de", "ru"},
	} {
		if got := get(h, "/", "Cookie", c.cookie, "Accept-Language", c.accept).Body.String(); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, c := range []struct{ name, target, location, cookie string }{
		{"keeps the rest of the address", "/a%20b?x=1&lang=kk&y=%26", "/a%20b?x=1&y=%26", "lang=kk"},
		{"stays on this host", "//evil.example/x?lang=en", "/evil.example/x", "lang=en"},
		{"stays on this host with a backslash", "/%5C%5Cevil.example?lang=en", "/evil.example", "lang=en"},
		{"drops an unknown language", "/?lang=%0d%0aSet-Cookie:x", "/", ""},
	} {
		w := get(h, "http://senim.example"+c.target)
		cookie, _, _ := strings.Cut(w.Header().Get("Set-Cookie"), ";")
		if w.Code != 303 || w.Header().Get("Location") != c.location || cookie != c.cookie {
			t.Errorf("%s: %d to %q with %q", c.name, w.Code, w.Header().Get("Location"), cookie)
		}
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest("POST", "/?lang=kk", nil))
	if w.Code != 200 || w.Body.String() != "kk" {
		t.Errorf("a POST with ?lang=: %d %s", w.Code, w.Body)
	}
}

func FuzzTheChoiceOfLanguageStaysOnThisHost(f *testing.F) {
	for _, s := range []string{"/", "//evil.example", `/\evil.example`, "/%2F%2Fevil.example", "/\t/evil.example", "/a?x=1"} {
		f.Add(s)
	}
	k := newKit(f, nil)
	h := k.Middleware(http.NotFoundHandler())
	f.Fuzz(func(t *testing.T, path string) {
		r := httptest.NewRequest("GET", "http://senim.example/", nil)
		r.URL = &url.URL{Path: path, RawQuery: "lang=kk"}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		to := w.Header().Get("Location")
		u, err := url.Parse(to)
		if w.Code != 303 || err != nil || u.Host != "" || u.Scheme != "" || !strings.HasPrefix(to, "/") || strings.HasPrefix(to, "//") || strings.HasPrefix(to, `/\`) || strings.ContainsAny(to, "\r\n\t") {
			t.Errorf("%q leads to %d %q: %v", path, w.Code, to, err)
		}
	})
}

func TestAssets(t *testing.T) {
	wasm := bytes.Repeat([]byte("\x00asm wasm "), 500)
	var br, gz bytes.Buffer
	bw := brotli.NewWriter(&br)
	bw.Write(wasm)
	bw.Close()
	gw := gzip.NewWriter(&gz)
	gw.Write(wasm)
	gw.Close()
	k := newKit(t, func(o *kit.Options) {
		o.Assets = map[string]fs.FS{"page": fstest.MapFS{
			"both.wasm.br": {Data: br.Bytes()}, "both.wasm.gz": {Data: gz.Bytes()}, "only.wasm.br": {Data: br.Bytes()},
			"zip.wasm.gz": {Data: gz.Bytes()}, "plain.wasm": {Data: wasm}, ".keep": {}, "secret.key": {Data: []byte("k")},
		}}
	})
	h := k.Middleware(k.Assets())
	for _, c := range []struct{ name, accept, encoding string }{
		{"both.wasm", "gzip, deflate, br", "br"}, {"both.wasm", "gzip", "gzip"}, {"both.wasm", "br;q=0, gzip;q=0.5", "gzip"}, {"both.wasm", "", ""},
		{"only.wasm", "br", "br"}, {"only.wasm", "gzip", ""}, {"zip.wasm", "br", ""}, {"zip.wasm", "gzip", "gzip"}, {"plain.wasm", "br, gzip", ""},
	} {
		w := get(h, k.AssetURL("page/"+c.name), "Accept-Encoding", c.accept)
		var got []byte
		switch w.Header().Get("Content-Encoding") {
		case "br":
			got, _ = io.ReadAll(brotli.NewReader(w.Body))
		case "gzip":
			z, err := gzip.NewReader(w.Body)
			if err != nil {
				t.Fatal(err)
			}
			got, _ = io.ReadAll(z)
		default:
			got = w.Body.Bytes()
		}
		if w.Code != 200 || w.Header().Get("Content-Encoding") != c.encoding || !bytes.Equal(got, wasm) {
			t.Errorf("%s for %q: %d, %q, %d octets", c.name, c.accept, w.Code, w.Header().Get("Content-Encoding"), len(got))
		}
		if w.Header().Get("Content-Type") != "application/wasm" || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") || w.Header().Get("Vary") != "Accept-Encoding" {
			t.Errorf("%s: %v", c.name, w.Header())
		}
	}
	css := k.AssetURL("kit.css")
	w := get(h, css, "Accept-Encoding", "gzip")
	if w.Header().Get("Content-Encoding") != "gzip" || w.Header().Get("Content-Type") != "text/css; charset=utf-8" {
		t.Errorf("kit.css: %v", w.Header())
	}
	if again := get(h, css, "Accept-Encoding", "gzip", "If-None-Match", w.Header().Get("ETag")); again.Code != 304 || again.Body.Len() != 0 {
		t.Errorf("an unchanged file: %d", again.Code)
	}
	if again := get(h, css, "If-None-Match", w.Header().Get("ETag")); again.Code != 200 {
		t.Errorf("an unchanged file in another packing: %d", again.Code)
	}
	if old := get(h, "/assets/olderbuild/kit.css"); old.Code != 200 || old.Header().Get("Cache-Control") != "no-cache" {
		t.Errorf("the address of an older build: %d %v", old.Code, old.Header())
	}
	for _, target := range []string{"/assets/", "/assets/x", "/assets/x/none.css", "/assets/x/page/.keep", "/assets/x/page/secret.key", "/assets/x/../kit.go", "/assets/x/page/both.wasm.br"} {
		if w := get(h, target); w.Code != 404 {
			t.Errorf("%s: %d", target, w.Code)
		}
	}
	if k.HasAsset("page/none.wasm") || k.AssetURL("page/none.wasm") != "" || !k.HasAsset("page/both.wasm") {
		t.Error("HasAsset is wrong")
	}
	other := newKit(t, nil)
	if other.AssetURL("kit.css") == css {
		t.Error("the address does not depend on the other files")
	}
}

func TestAnExpiredFormCanBeSentAgain(t *testing.T) {
	k := newKit(t, nil)
	for _, c := range []struct {
		name, kind, body string
		sameOrigin, want bool
	}{
		{"from our own page", "application/x-www-form-urlencoded", url.Values{"iin": {"1", hostile}, "csrf": {"stale"}, "new-password": {"p4ssword"}, "name": {hostile}}.Encode(), true, true},
		{"from elsewhere", "application/x-www-form-urlencoded", "iin=1", false, false},
		{"with a file", "multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"iin\"\r\n\r\n1\r\n--b--\r\n", true, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			r := httptest.NewRequest("POST", "/apply?step=2", strings.NewReader(c.body))
			r.Header.Set("Content-Type", c.kind)
			r.PostFormValue("csrf") // as session.Protect does before
			w := httptest.NewRecorder()
			k.Expired(w, r, c.sameOrigin)
			sent := url.Values{}
			elements(t, w.Body.Bytes(), func(n *html.Node) {
				if n.Data == "input" && attr(n, "type") == "hidden" {
					sent.Add(attr(n, "name"), attr(n, "value"))
				}
				if n.Data == "form" && attr(n, "action") == "/apply?step=2" && !c.want {
					t.Error("the form is offered again")
				}
			})
			sent.Del("csrf")
			if w.Code != 403 || w.Header().Get("Cache-Control") != "no-store" {
				t.Errorf("status %d, %v", w.Code, w.Header())
			}
			want := ""
			if c.want {
				want = url.Values{"iin": {"1", hostile}, "name": {hostile}}.Encode()
			}
			// The user's menu has a form too, without hidden fields but the token.
			if sent.Encode() != want {
				t.Errorf("sends again %q, want %q", sent.Encode(), want)
			}
			if strings.Contains(w.Body.String(), "p4ssword") {
				t.Error("the page holds the password")
			}
		})
	}
}

func TestAFormOverTheCapIsNotCalledExpired(t *testing.T) {
	k := newKit(t, nil)
	h := k.Middleware(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.PostFormValue("csrf")
		k.Expired(w, r, true)
	}))
	r := httptest.NewRequest("POST", "/", strings.NewReader("a="+strings.Repeat("x", kit.DefaultBody)))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != 413 {
		t.Errorf("status %d", w.Code)
	}
}

func TestPagesRenderAtTheSameTime(t *testing.T) {
	k := newKit(t, nil)
	var wg sync.WaitGroup
	for i := range 24 {
		wg.Go(func() {
			lang := string(i18n.Langs()[i%3])
			text := fmt.Sprintf("text-of-%02d", i)
			w := get(galleryHandler(k, text, kit.Page{Form: url.Values{"iin": {"typed-" + text}}}), "/", "Cookie", "lang="+lang)
			body := w.Body.String()
			if !strings.Contains(body, `<html lang="`+lang+`"`) || !strings.Contains(body, "typed-"+text) || strings.Count(body, "typed-") != 1 {
				t.Errorf("page %d is mixed with another", i)
			}
		})
	}
	wg.Wait()
}

func TestNumbersAndTimes(t *testing.T) {
	for in, want := range map[string]string{"": "", "123": "123", "1234": "1234", "12345": "1234 5", "1234-5678 9": "1234 5678 9", "ӘБВГД": "ӘБВГ Д"} {
		if got := kit.Group4(in); got != want {
			t.Errorf("Group4(%q) = %q, want %q", in, got, want)
		}
	}
	when := dataOf("").When
	if got := kit.Time(when); got != "22.11.2026 14:08" {
		t.Errorf("Time = %q", got)
	}
	if got := kit.Date(when); got != "22.11.2026" {
		t.Errorf("Date = %q", got)
	}
	if kit.Time(when.AddDate(-5000, 0, 0)) == "" || kit.Time(dataOf("").Moves[2].Time) != "—" {
		t.Error("the zero time is no dash")
	}
}

func BenchmarkPage(b *testing.B) {
	k := newKit(b, nil)
	h := galleryHandler(k, "текст", kit.Page{})
	get(h, "/")
	for b.Loop() {
		get(h, "/")
	}
}

func TestARequestMayHaveANavigationOfItsOwn(t *testing.T) {
	for _, c := range []struct {
		name string
		nav  []kit.Link
		want string
		not  string
	}{
		{"none of its own: the site's", nil, `href="/apply"`, `href="/desk"`},
		{"its own", []kit.Link{{Name: "apply", Text: "kit.nav.apply", Href: "/desk"}}, `href="/desk"`, `href="/apply"`},
		{"empty: no navigation", []kit.Link{}, "<header", `href="/apply"`},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newKit(t, func(o *kit.Options) { o.NavFor = func(*http.Request) []kit.Link { return c.nav } })
			body := get(k.Middleware(k.NotFound()), "/nowhere", "Accept-Language", "ru").Body.String()
			if !strings.Contains(body, c.want) || strings.Contains(body, c.not) {
				t.Errorf("the page should have %s and not %s:\n%s", c.want, c.not, body)
			}
		})
	}
}
