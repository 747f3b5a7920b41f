package kit_test

import (
	"context"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/session"
)

// tab opens a browser window. Whatever a page complains of (a script that fails, a policy that blocks) is an error of
// the test.
func tab(t *testing.T) context.Context {
	t.Helper()
	path := peer.Chromium(t)
	dialogs := make(chan struct{}, 10)
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.ExecPath(path), chromedp.NoSandbox,
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-component-update", true), chromedp.WindowSize(1280, 1000))
	ctx, stop := chromedp.NewExecAllocator(t.Context(), opts...)
	t.Cleanup(stop)
	ctx, closeTab := chromedp.NewContext(ctx, chromedp.WithListener(func(ev any) {
		switch e := ev.(type) {
		case *log.EventEntryAdded:
			// A status of 403 is what a test asks for, a browser looks for an icon where a page names none, and a
			// question before leaving wants a hand that touched the page.
			expected := strings.Contains(e.Entry.Text, "status of 403") || strings.HasSuffix(e.Entry.URL, "/favicon.ico") ||
				strings.Contains(e.Entry.Text, "'beforeunload'")
			if e.Entry.Level == log.EntryLevelError && !expected {
				t.Errorf("the browser complains: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *runtime.EventExceptionThrown:
			t.Errorf("a script fails: %+v", e.ExceptionDetails)
		case *page.EventJavascriptDialogOpening:
			dialogs <- struct{}{}
		}
	}))
	t.Cleanup(closeTab)
	// The first run starts the browser and must have no deadline of its own (chromedp.Run).
	if err := chromedp.Do(ctx, chromedp.Navigate("about:blank")); err != nil {
		t.Fatal(err)
	}
	go func() {
		for {
			select {
			case <-ctx.Done():
				return
			case <-dialogs: // a changed form asks before it is left
				chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
			}
		}
	}()
	limited, cancel := context.WithTimeout(ctx, 90*time.Second)
	t.Cleanup(cancel)
	return limited
}

// js is the value of an expression on the page.
func js[T any](t *testing.T, ctx context.Context, expression string) T {
	t.Helper()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression))
	if err != nil {
		t.Fatalf("%s: %v", expression, err)
	}
	return v
}

// until waits for an expression to be true.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	for range 400 { // 20 s: the machine may be busy
		// While a page is being left there is none to ask.
		if ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool](expression)); err == nil && ok {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("never came true: %s", expression)
}

func TestPagesInABrowser(t *testing.T) {
	m := session.New(session.Options{Clock: clock.Fixed(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))})
	k := newKit(t, func(o *kit.Options) {
		o.CSRF, o.User = m.CSRFToken, nil
		o.Templates = []fs.FS{galleryFS(galleryPage + lookPage)}
	})
	var sent atomic.Int32
	release := make(chan struct{})
	mux := http.NewServeMux()
	mux.Handle("/assets/", k.Assets())
	show := func(p kit.Page) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			p := p
			p.Data, p.TitleText = lookData(), "Проверка"
			k.Page(w, r, 200, "look", p)
		}
	}
	mux.Handle("GET /look", show(kit.Page{Expires: 100}))
	mux.Handle("GET /errors", show(kit.Page{Errors: faults()}))
	mux.Handle("GET /gallery", galleryHandler(k, "текст", kit.Page{}))
	mux.HandleFunc("POST /status", func(w http.ResponseWriter, r *http.Request) {
		sent.Add(1)
		select {
		case <-release:
		case <-time.After(20 * time.Second): // a test that failed before must not hang here
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!DOCTYPE html><title>x</title><p id=done>%d", sent.Load())
	})
	srv := httptest.NewServer(k.Middleware(m.Protect(mux)))
	defer srv.Close()
	ctx := tab(t)
	open := func(path string) {
		t.Helper()
		if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+path)); err != nil {
			t.Fatal(err)
		}
	}

	open("/look?lang=kk")
	if got := js[string](t, ctx, `document.documentElement.lang+location.search`); got != "kk" {
		t.Errorf("the choice of language leads to %q", got)
	}
	until(t, ctx, `document.querySelector("[data-password] button") !== null`)

	t.Run("a password is shown and hidden", func(t *testing.T) {
		const button = `document.querySelector("[data-password] button")`
		js[chromedp.Void](t, ctx, button+`.click()`)
		if got := js[string](t, ctx, `password.type+" "+`+button+`.textContent`); got != "text Жасыру" {
			t.Errorf("after one click: %s", got)
		}
		js[chromedp.Void](t, ctx, button+`.click()`)
		if got := js[string](t, ctx, `password.type+" "+`+button+`.textContent`); got != "password Көрсету" {
			t.Errorf("after two clicks: %s", got)
		}
	})
	t.Run("a chosen file is named", func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "қолтаңба.cms")
		if err := os.WriteFile(name, make([]byte, 2500), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.SetUploadFiles(`#file`, []string{name})); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, `document.querySelector(".file-say").textContent.startsWith("қолтаңба.cms, 2")`)
	})
	t.Run("the end of the session is announced", func(t *testing.T) {
		until(t, ctx, `/: 1:\d\d\./.test(document.querySelector(".countdown").textContent)`)
	})
	t.Run("a number is copied without its spaces", func(t *testing.T) {
		js[chromedp.Void](t, ctx, `window.copied="", navigator.clipboard.writeText = async (s) => { window.copied = s }, document.querySelector(".panel .copy").click()`)
		until(t, ctx, `window.copied === "4P7K92MXQ3HD8TZWBN5R" && document.querySelector(".panel .copy").textContent.includes("Көшірілді")`)
	})
	t.Run("a double click sends a form once", func(t *testing.T) {
		// Looked at from inside: a command that comes while the page is being left may have to wait for the next one.
		got, err := chromedp.Run(ctx, chromedp.Evaluate[string](`(async () => {
			const b = document.querySelector("form[action='/status'] button[type=submit]");
			b.click(); b.click();
			await new Promise((later) => setTimeout(later, 200));
			b.click();
			return document.querySelector(".busy")?.textContent + " " + b.disabled;
		})()`, chromedp.EvalAwaitPromise))
		if err != nil || got != "Жіберілуде, күте тұрыңыз true" {
			t.Errorf("while the form is sent the page says %q, %v", got, err)
		}
		close(release)
		until(t, ctx, `document.getElementById("done") !== null`)
		if n := sent.Load(); n != 1 {
			t.Errorf("the form was sent %d times", n)
		}
	})
	t.Run("going back gives the form as it was", func(t *testing.T) {
		js[chromedp.Void](t, ctx, `history.back()`)
		until(t, ctx, `document.querySelector("form[action='/status'] button[type=submit]")?.disabled === false && document.querySelector(".busy") === null`)
	})
	t.Run("the errors take the focus and lead to the fields", func(t *testing.T) {
		open("/errors")
		until(t, ctx, `document.activeElement.id === "error-summary"`)
		js[chromedp.Void](t, ctx, `document.querySelector("#error-summary a[href='#iin']").click()`)
		if got := js[string](t, ctx, `document.activeElement.id`); got != "iin" {
			t.Errorf("the link leads to %q", got)
		}
	})
	t.Run("a file over the limit is refused at once", func(t *testing.T) {
		open("/gallery")
		until(t, ctx, `document.querySelector(".file-say") !== null`)
		name := filepath.Join(t.TempDir(), "large.pdf")
		if err := os.WriteFile(name, make([]byte, 1001), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := chromedp.Do(ctx, chromedp.SetUploadFiles(`#file`, []string{name})); err != nil {
			t.Fatal(err)
		}
		until(t, ctx, `document.querySelector(".file-say.wrong")?.textContent.startsWith("Файл тым үлкен")`)
	})
	t.Run("nothing is wider than a phone", func(t *testing.T) {
		for _, path := range []string{"/look", "/errors"} {
			if err := chromedp.Do(ctx, chromedp.EmulateViewport(320, 700), chromedp.Navigate(srv.URL+path)); err != nil {
				t.Fatal(err)
			}
			if w := js[int](t, ctx, `document.documentElement.scrollWidth`); w > 320 {
				t.Errorf("%s is %d px wide at 320 px: %s", path, w, js[string](t, ctx, `[...document.querySelectorAll("body *")].filter(e=>e.getBoundingClientRect().right>320 && !e.closest(".table-frame")).map(e=>e.tagName+"."+e.className).slice(0,5).join(" ")`))
			}
		}
	})
}

func TestAnExpiredFormIsSentAgainByTheBrowser(t *testing.T) {
	fixed := clock.Fixed(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC))
	var k *kit.Kit
	m := session.New(session.Options{Clock: fixed, Refused: func(w http.ResponseWriter, r *http.Request, same bool) { k.Expired(w, r, same) }})
	k = newKit(t, func(o *kit.Options) {
		o.CSRF, o.User = m.CSRFToken, nil
		o.Templates = []fs.FS{galleryFS(`{{define "form"}}<form method="post" action="/in?step=2">{{csrf}}{{template "input" (dict "name" "surname" "label" "Фамилия")}}{{template "button" (dict "text" "Дальше")}}</form>{{end}}`)}
	})
	mux := http.NewServeMux()
	mux.Handle("/assets/", k.Assets())
	mux.HandleFunc("GET /in", func(w http.ResponseWriter, r *http.Request) { k.Page(w, r, 200, "form", kit.Page{}) })
	mux.HandleFunc("POST /in", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		io.WriteString(w, "<!DOCTYPE html><title>x</title><p id=done>"+r.PostFormValue("surname")+r.URL.RawQuery)
	})
	mux.HandleFunc("GET /login", func(w http.ResponseWriter, r *http.Request) {
		if _, err := m.Start(w, r, "anna"); err != nil {
			t.Error(err)
		}
	})
	srv := httptest.NewServer(k.Middleware(m.Protect(mux)))
	defer srv.Close()
	ctx := tab(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/in"), chromedp.SendKeys("#surname", "Әлиева")); err != nil {
		t.Fatal(err)
	}
	// In another tab she signs in: the open form's token is no longer hers.
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](`fetch("/login").then(()=>{document.title="in"})`)); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.title === "in"`)
	js[chromedp.Void](t, ctx, `document.querySelector("main button").click()`)
	until(t, ctx, `document.querySelector("main input[name=surname][type=hidden]")?.value === "Әлиева"`)
	js[chromedp.Void](t, ctx, `document.querySelector("main button").click()`)
	until(t, ctx, `document.getElementById("done")?.textContent === "Әлиеваstep=2"`)
}

func TestWebAssemblyRunsInAWorkerOfAPageThatAllowsIt(t *testing.T) {
	// The smallest module there is: its magic number and version.
	k := newKit(t, func(o *kit.Options) {
		o.User = nil
		o.Templates = []fs.FS{galleryFS(`{{define "keys"}}<p id="said"></p>{{end}}`)}
		o.Assets = map[string]fs.FS{"page": fstest.MapFS{
			"empty.wasm": {Data: []byte("\x00asm\x01\x00\x00\x00")},
			"worker.js": {Data: []byte(`WebAssembly.instantiateStreaming(fetch(new URL("empty.wasm", self.location)))
				.then(() => postMessage("runs"), (e) => postMessage(String(e)));`)},
			"page.js": {Data: []byte(`const w = new Worker(new URL("./worker.js", import.meta.url), { type: "module" });
				w.onmessage = (m) => { document.getElementById("said").textContent = m.data; };`)},
		}}
	})
	mux := http.NewServeMux()
	mux.Handle("/assets/", k.Assets())
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, r *http.Request) {
		k.Page(w, r, 200, "keys", kit.Page{Wasm: true, Scripts: []string{"page/page.js"}})
	})
	srv := httptest.NewServer(k.Middleware(mux))
	defer srv.Close()
	ctx := tab(t)
	if err := chromedp.Do(ctx, chromedp.Navigate(srv.URL+"/keys")); err != nil {
		t.Fatal(err)
	}
	until(t, ctx, `document.getElementById("said").textContent !== ""`)
	if got := js[string](t, ctx, `document.getElementById("said").textContent`); got != "runs" {
		t.Errorf("the worker says %q", got)
	}
}
