// Package browser drives a real Chromium for tests: pages are opened, filled in, and waited for, files are chosen and
// downloaded, pictures are taken. What a page says on its console as an error, and what its policy stopped, is kept.
//
// Every function fails the test with what the page showed at that moment. It is for tests only.
package browser

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/senim-pki/senim/internal/peer"
)

// limit ends one wait. The slowest work of a page, a key file on a busy machine, takes some ten seconds.
const limit = 90 * time.Second

// A Browser is one Chromium with a fresh profile, ended with the test.
type Browser struct {
	Downloads string // folder of what its pages save
	ctx       context.Context
}

// Start starts a browser. Without a Chromium on the machine the test is skipped.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := peer.Chromium(t)
	b := &Browser{Downloads: t.TempDir()}
	alloc, cancel := chromedp.NewExecAllocator(context.Background(),
		chromedp.ExecPath(path), chromedp.Headless, chromedp.DisableGPU, chromedp.NoSandbox, chromedp.NoFirstRun,
		chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("disable-sync", true), chromedp.Flag("disable-dev-shm-usage", true),
		chromedp.Flag("lang", "ru"),
		// A page that scrolls smoothly moves away under the click.
		// Letters of colourless edges make pictures of half the size.
		chromedp.Flag("force-prefers-reduced-motion", true), chromedp.Flag("disable-lcd-text", true), chromedp.WSURLReadTimeout(limit))
	ctx, end := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		end()
		cancel()
	})
	b.ctx = ctx
	allow := cdpbrowser.SetDownloadBehaviorParams{Behavior: cdpbrowser.SetDownloadBehaviorBehaviorAllow, DownloadPath: b.Downloads}
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("couldn't start the browser: %v", err)
	}
	if _, err := chromedp.CallBrowser(ctx, cdpbrowser.SetDownloadBehavior, allow); err != nil {
		t.Fatalf("couldn't set the folder of downloads: %v", err)
	}
	return b
}

// A Tab is one page of the browser.
type Tab struct {
	t   testing.TB
	b   *Browser
	ctx context.Context

	mu         sync.Mutex
	complaints []string // owned by mu
}

// Tab opens a tab of the size of a desktop window.
func (b *Browser) Tab(t testing.TB) *Tab {
	t.Helper()
	p := &Tab{t: t, b: b}
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithListener(p.listen))
	t.Cleanup(end)
	p.ctx = ctx
	// The tab lives as long as the context of its first command, so this one has no limit.
	if err := chromedp.Do(ctx, command(log.Enable, cdp.Empty{}), chromedp.EmulateViewport(1280, 900)); err != nil {
		t.Fatalf("couldn't open a tab: %v", err)
	}
	return p
}

func (p *Tab) listen(event any) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			text += " " + e.ExceptionDetails.Exception.Description
		}
		p.complaints = append(p.complaints, text)
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.ConsoleAPICalledTypeError {
			var words []string
			for _, a := range e.Args {
				words = append(words, string(a.Value)+a.Description)
			}
			p.complaints = append(p.complaints, strings.Join(words, " "))
		}
	case *log.EventEntryAdded:
		if e.Entry.Level == log.EntryLevelError {
			p.complaints = append(p.complaints, e.Entry.Text+" "+e.Entry.URL)
		}
	}
}

// command is a command of the protocol as a step.
func command[P, R any](c cdp.Command[P, R], params P) chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, c, params)
		return err
	})
}

// Complaints are errors of scripts, of loading and of the content policy since the last call.
func (p *Tab) Complaints() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.complaints
	p.complaints = nil
	return c
}

func (p *Tab) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	if err := chromedp.Do(ctx, actions...); err != nil {
		p.t.Fatalf("couldn't %s: %v\n%s", what, err, p.scene())
	}
}

// scene is what the page shows, for a message of failure.
func (p *Tab) scene() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n" + (document.body?.innerText ?? "")`))
	if err != nil {
		return "the page doesn't answer: " + err.Error()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	return fmt.Sprintf("%s\ncomplaints: %q", text, p.complaints)
}

// Open goes to an address and waits until it is loaded.
func (p *Tab) Open(url string) {
	p.t.Helper()
	p.do("open "+url, chromedp.Navigate(url))
}

// Reload loads the page again.
func (p *Tab) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// Back goes back as the browser's button does, and waits until the page is there again, from memory or loaded.
func (p *Tab) Back() {
	p.t.Helper()
	left := Eval[float64](p, `window.senimLeft = Math.random()`)
	Eval[bool](p, "history.back(), true")
	p.Wait(fmt.Sprintf(`document.readyState === "complete" && window.senimLeft !== %v`, left))
}

// Offline cuts the tab off from the network, or joins it again.
func (p *Tab) Offline(on bool) {
	p.t.Helper()
	rule := network.Conditions{Offline: on, DownloadThroughput: -1, UploadThroughput: -1}
	p.do("cut the network off or join it", command(network.Enable, network.EnableParams{}),
		command(network.EmulateNetworkConditionsByRule, network.EmulateNetworkConditionsByRuleParams{MatchedNetworkConditions: []*network.Conditions{&rule}}))
}

// URL is the present address.
func (p *Tab) URL() string {
	p.t.Helper()
	return Eval[string](p, "location.href")
}

// WaitURL waits until the address holds part.
func (p *Tab) WaitURL(part string) {
	p.t.Helper()
	p.Wait(fmt.Sprintf("location.href.includes(%q)", part))
}

// Fill replaces what is in a visible field by typing.
func (p *Tab) Fill(selector, text string) {
	p.t.Helper()
	at := chromedp.CSS(selector)
	p.do("find "+selector, chromedp.WaitVisible(at))
	Eval[bool](p, fmt.Sprintf(`(e => { e.focus(); e.value = ""; e.dispatchEvent(new Event("input", { bubbles: true })); return true })(document.querySelector(%s))`, quote(selector)))
	if text != "" {
		p.do("fill in "+selector, chromedp.SendKeys(at, text))
	}
}

// Click clicks what is visible and enabled.
func (p *Tab) Click(selector string) {
	p.t.Helper()
	at := chromedp.CSS(selector)
	p.do("click "+selector, chromedp.WaitVisible(at), chromedp.WaitEnabled(at), chromedp.ScrollIntoView(at), chromedp.Click(at))
}

// Choose puts files into a file input, as its button does.
func (p *Tab) Choose(selector string, files ...string) {
	p.t.Helper()
	p.do("choose a file in "+selector, chromedp.WaitVisible(chromedp.CSS(selector)), chromedp.SetUploadFiles(chromedp.CSS(selector), files))
}

// Eval is the value of a JavaScript expression, which may be a promise.
func Eval[T any](p *Tab, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, limit)
	defer cancel()
	out, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("couldn't evaluate %s: %v\n%s", expression, err, p.scene())
	}
	return out
}

// Wait waits until a JavaScript expression is true; through a navigation too.
func (p *Tab) Wait(expression string) {
	p.t.Helper()
	end := time.Now().Add(limit)
	for {
		ctx, cancel := context.WithTimeout(p.ctx, 10*time.Second)
		ok, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("Boolean("+expression+")"))
		cancel()
		if err == nil && ok {
			return
		}
		if time.Now().After(end) || p.ctx.Err() != nil {
			p.t.Fatalf("%s didn't become true (%v)\n%s", expression, err, p.scene())
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// WaitState waits until the fragment or element has data-state of that value; an error that was not waited for fails at once.
func (p *Tab) WaitState(selector, state string) {
	p.t.Helper()
	now := fmt.Sprintf("document.querySelector(%s)?.dataset.state", quote(selector))
	p.Wait(fmt.Sprintf(`[%s, "error"].includes(%s)`, quote(state), now))
	if got := Eval[string](p, now); got != state {
		p.t.Fatalf("%s is in state %s, not %s\n%s", selector, got, state, p.scene())
	}
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has a JSON form
	}
	return string(b)
}

// Text is the visible text of an element; of none it is empty.
func (p *Tab) Text(selector string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.innerText ?? ""`, quote(selector)))
}

// Value is what is in a field.
func (p *Tab) Value(selector string) string {
	p.t.Helper()
	return Eval[string](p, fmt.Sprintf(`document.querySelector(%s)?.value ?? ""`, quote(selector)))
}

// Visible reports whether an element is shown.
func (p *Tab) Visible(selector string) bool {
	p.t.Helper()
	return Eval[bool](p, fmt.Sprintf(`Boolean(document.querySelector(%s)?.checkVisibility())`, quote(selector)))
}

// Lang chooses the language of the site's pages, as its switch does.
func (p *Tab) Lang(origin, lang string) {
	p.t.Helper()
	p.do("choose "+lang, command(network.SetCookie, network.SetCookieParams{Name: "lang", Value: lang, URL: origin}))
}

// Script turns JavaScript off or on for the pages opened from now on.
func (p *Tab) Script(on bool) {
	p.t.Helper()
	p.do("turn JavaScript on or off", command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on}))
}

// Download waits for a finished file of the pattern (path.Match) in the folder of downloads.
func (p *Tab) Download(pattern string) string {
	p.t.Helper()
	for end := time.Now().Add(limit); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		found, err := filepath.Glob(filepath.Join(p.b.Downloads, pattern))
		if err != nil {
			p.t.Fatal(err)
		}
		if len(found) > 0 && !strings.HasSuffix(found[0], ".crdownload") {
			if info, err := os.Stat(found[0]); err == nil && info.Size() > 0 {
				return found[0]
			}
		}
	}
	entries, _ := os.ReadDir(p.b.Downloads)
	p.t.Fatalf("no download %s, only %v\n%s", pattern, entries, p.scene())
	return ""
}

// Width shows the page in a window of that width until it is changed.
func (p *Tab) Width(width int) {
	p.t.Helper()
	p.do("change the window", chromedp.EmulateViewport(int64(width), 900))
}

// Picture writes the whole page as a PNG, seen in a window of that width.
func (p *Tab) Picture(file string, width int) {
	p.t.Helper()
	window := func(width int) chromedp.Action[chromedp.Void] {
		return command(emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(width), Height: 900, DeviceScaleFactor: 1, Mobile: width < 640})
	}
	var png []byte
	shoot := chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		layout, err := cdp.Call(ctx, t, page.GetLayoutMetrics, cdp.Empty{})
		if err != nil {
			return err
		}
		beyond := true
		shot, err := cdp.Call(ctx, t, page.CaptureScreenshot, page.CaptureScreenshotParams{CaptureBeyondViewport: &beyond,
			Clip: &page.Viewport{Width: float64(width), Height: layout.CSSContentSize.Height, Scale: 1}})
		png = shot.Data
		return err
	})
	// The first may be half painted: the window has just changed.
	p.do("take a picture", window(width), shoot, shoot, window(1280))
	if err := os.WriteFile(file, png, 0o644); err != nil {
		p.t.Fatal(err)
	}
}
