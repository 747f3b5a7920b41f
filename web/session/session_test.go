package session_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/web/session"
)

var start = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// browser keeps cookies as a browser does, for one host.
type browser struct {
	jar map[string]string
}

func (b *browser) request(method, target string, form url.Values) *http.Request {
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r := httptest.NewRequest(method, "http://senim.example"+target, body)
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, value := range b.jar {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

func (b *browser) take(w *httptest.ResponseRecorder) {
	if b.jar == nil {
		b.jar = map[string]string{}
	}
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.jar, c.Name)
		} else {
			b.jar[c.Name] = c.Value
		}
	}
}

func (b *browser) start(t *testing.T, m *session.Manager, value string) *session.Session {
	t.Helper()
	w := httptest.NewRecorder()
	s, err := m.Start(w, b.request("POST", "/login", nil), value, "operator")
	if err != nil {
		t.Fatal(err)
	}
	b.take(w)
	return s
}

// form is the token of a form on a page that the browser opens now.
func (b *browser) form(m *session.Manager) string {
	w := httptest.NewRecorder()
	token := m.CSRFToken(w, b.request("GET", "/form", nil))
	b.take(w)
	return token
}

func (b *browser) signedIn(m *session.Manager) (*session.Session, bool) {
	return m.From(b.request("GET", "/", nil))
}

func TestASessionNamesWhoStartedIt(t *testing.T) {
	c := clock.NewManual(start)
	m := session.New(session.Options{Clock: c})
	var anna, boris browser
	anna.start(t, m, "anna")
	s, ok := anna.signedIn(m)
	if !ok || s.Value != "anna" || !s.Has("operator") || s.Has("administrator") || !s.Created.Equal(start) {
		t.Errorf("got %+v, %v", s, ok)
	}
	if _, ok := boris.signedIn(m); ok {
		t.Error("another browser is signed in")
	}
}

func TestTheCookie(t *testing.T) {
	for _, c := range []struct {
		secure bool
		want   string
	}{{true, "__Host-senim="}, {false, "senim="}} {
		m := session.New(session.Options{Clock: clock.Fixed(start), Secure: c.secure})
		w := httptest.NewRecorder()
		if _, err := m.Start(w, httptest.NewRequest("POST", "/", nil), "x"); err != nil {
			t.Fatal(err)
		}
		got := w.Header().Get("Set-Cookie")
		if !strings.HasPrefix(got, c.want) || !strings.Contains(got, "; Path=/; HttpOnly") || !strings.Contains(got, "SameSite=Lax") ||
			strings.Contains(got, "Secure") != c.secure || strings.Contains(got, "Domain") {
			t.Errorf("secure=%v: %s", c.secure, got)
		}
	}
}

func TestASessionEnds(t *testing.T) {
	for _, c := range []struct {
		name  string
		after func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual)
		want  bool
	}{
		{"not while it is used", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) {
			for range 5 {
				c.Advance(14 * time.Minute)
				b.signedIn(m)
			}
			c.Advance(14 * time.Minute)
		}, true},
		{"by idleness", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) { c.Advance(15 * time.Minute) }, false},
		{"by age, however busy", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) {
			for range 8 * 6 {
				c.Advance(10 * time.Minute)
				b.signedIn(m)
			}
		}, false},
		{"when the clock is set back behind its start", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) { c.Advance(-time.Hour) }, false},
		{"by signing out", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) {
			w := httptest.NewRecorder()
			if err := m.End(w, b.request("POST", "/logout", nil)); err != nil {
				t.Error(err)
			}
		}, false},
		{"when two cookies of its name come", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) {
			b.jar["senim"] = b.jar["senim"] + "; senim=" + b.jar["senim"]
		}, false},
		{"when its number is changed", func(t *testing.T, b *browser, m *session.Manager, c *clock.Manual) {
			b.jar["senim"] = b.jar["senim"][1:] + "A"
		}, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			clk := clock.NewManual(start)
			m := session.New(session.Options{Clock: clk})
			var b browser
			b.start(t, m, "anna")
			c.after(t, &b, m, clk)
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Cookie", "senim="+b.jar["senim"])
			if _, ok := m.From(r); ok != c.want {
				t.Errorf("signed in: %v, want %v", ok, c.want)
			}
		})
	}
}

func TestSigningOutTakesTheCookieAway(t *testing.T) {
	m := session.New(session.Options{Clock: clock.Fixed(start)})
	var b browser
	b.start(t, m, "anna")
	w := httptest.NewRecorder()
	if err := m.End(w, b.request("POST", "/logout", nil)); err != nil {
		t.Fatal(err)
	}
	b.take(w)
	if _, there := b.jar["senim"]; there {
		t.Error("the cookie is still there")
	}
}

func TestANumberPlantedBeforeTheLoginOpensNothing(t *testing.T) {
	m := session.New(session.Options{Clock: clock.Fixed(start)})
	var attacker, victim browser
	attacker.start(t, m, "attacker")
	victim.jar = map[string]string{"senim": attacker.jar["senim"]} // planted
	victim.start(t, m, "victim")
	if victim.jar["senim"] == attacker.jar["senim"] {
		t.Fatal("the login keeps the planted number")
	}
	if s, ok := attacker.signedIn(m); ok {
		t.Errorf("the planted number still opens %q", s.Value)
	}
}

// spy is a store that looks at what it is given.
type spy struct {
	session.Store
	saved  []string
	fail   bool
	loaded func() // called between a load and what follows it
}

func (s *spy) Save(ctx context.Context, id session.ID, x session.Session, until time.Time) error {
	if s.fail {
		return errors.New("disk full")
	}
	s.saved = append(s.saved, fmt.Sprintf("%s %s %+v", id[:], fmt.Sprintf("%x", id), x))
	return s.Store.Save(ctx, id, x, until)
}

func (s *spy) Load(ctx context.Context, id session.ID) (session.Session, bool, error) {
	if s.fail {
		return session.Session{Value: "anna"}, true, errors.New("disk full")
	}
	if s.loaded != nil {
		defer s.loaded()
	}
	return s.Store.Load(ctx, id)
}

func TestTheStoreNeverSeesTheNumber(t *testing.T) {
	store := &spy{Store: session.MemoryStore()}
	m := session.New(session.Options{Clock: clock.Fixed(start), Store: store})
	var b browser
	b.start(t, m, "anna")
	if len(store.saved) != 1 || strings.Contains(store.saved[0], b.jar["senim"]) {
		t.Errorf("saved %q for the cookie %q", store.saved, b.jar["senim"])
	}
}

// A request that was on its way when its session ended must not bring it back.
func TestWhatWasSignedOutStaysSignedOut(t *testing.T) {
	c := clock.NewManual(start)
	store := &spy{Store: session.MemoryStore()}
	m := session.New(session.Options{Clock: c, Store: store})
	var b browser
	b.start(t, m, "anna")
	c.Advance(2 * time.Minute)
	slow := b.request("GET", "/", nil)
	store.loaded = func() {
		store.loaded = nil
		if err := m.End(httptest.NewRecorder(), b.request("POST", "/logout", nil)); err != nil {
			t.Fatal(err)
		}
	}
	if _, ok := m.From(slow); ok {
		t.Error("the request that was overtaken is still let in")
	}
	if _, ok := b.signedIn(m); ok {
		t.Error("signed in again without a login")
	}
}

func TestAStoreThatFailsSignsNobodyIn(t *testing.T) {
	store := &spy{Store: session.MemoryStore()}
	m := session.New(session.Options{Clock: clock.Fixed(start), Store: store})
	var b browser
	b.start(t, m, "anna")
	store.fail = true
	if _, ok := b.signedIn(m); ok {
		t.Error("signed in without a store")
	}
	w := httptest.NewRecorder()
	if _, err := m.Start(w, httptest.NewRequest("POST", "/", nil), "x"); err == nil || w.Header().Get("Set-Cookie") != "" {
		t.Errorf("a session that was not kept: %v, %s", err, w.Header().Get("Set-Cookie"))
	}
}

func TestNumbersAreRandomOrThereIsNoSession(t *testing.T) {
	m := session.New(session.Options{Clock: clock.Fixed(start), Key: make([]byte, 32), Rand: strings.NewReader("too short")})
	if _, err := m.Start(httptest.NewRecorder(), httptest.NewRequest("POST", "/", nil), "x"); err == nil {
		t.Error("a session without randomness")
	}
}

func TestProtect(t *testing.T) {
	const good = "the token of the page"
	for _, c := range []struct {
		name    string
		method  string
		headers map[string]string
		token   string
		login   bool
		want    int
	}{
		{"a read needs no token", "GET", nil, "", false, 200},
		{"a form with its token", "POST", nil, good, false, 200},
		{"a form of a signed-in person", "POST", nil, good, true, 200},
		{"a form without token", "POST", nil, "", false, 403},
		{"a form with a made-up token", "POST", nil, strings.Repeat("A", 65), false, 403},
		{"a token of another browser", "POST", nil, "other", false, 403},
		{"a token of another browser for a signed-in person", "POST", nil, "other", true, 403},
		{"a delete without token", "DELETE", nil, "", false, 403},
		{"our own page by its origin", "POST", map[string]string{"Origin": "http://senim.example"}, good, false, 200},
		{"our own page without referrer", "POST", map[string]string{"Origin": "null", "Sec-Fetch-Site": "same-origin"}, good, false, 200},
		{"another origin, even with the token", "POST", map[string]string{"Origin": "https://evil.example"}, good, false, 403},
		{"another port", "POST", map[string]string{"Origin": "http://senim.example:8081"}, good, false, 403},
		{"an origin that begins like ours", "POST", map[string]string{"Origin": "http://senim.example.evil.example"}, good, false, 403},
		{"another site by fetch metadata, even with the token", "POST", map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "http://senim.example"}, good, false, 403},
		{"a sibling domain", "POST", map[string]string{"Sec-Fetch-Site": "same-site"}, good, false, 403},
		{"our own page without token", "POST", map[string]string{"Sec-Fetch-Site": "same-origin"}, "", false, 403},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := session.New(session.Options{Clock: clock.Fixed(start)})
			var b, other browser
			if c.login {
				b.start(t, m, "anna")
			}
			token := c.token
			switch token {
			case good:
				token = b.form(m)
			case "other":
				token = other.form(m)
				b.form(m)
			}
			r := b.request(c.method, "/do", url.Values{"csrf": {token}, "x": {"1"}})
			for name, value := range c.headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			m.Protect(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if c.method == "POST" && r.PostFormValue("x") != "1" {
					t.Error("the form did not reach the handler")
				}
			})).ServeHTTP(w, r)
			if w.Code != c.want {
				t.Errorf("status %d, want %d", w.Code, c.want)
			}
			if w.Code == 403 && !strings.Contains(w.Body.String(), "Вернитесь назад") {
				t.Errorf("the answer does not say what to do: %s", w.Body)
			}
		})
	}
}

func TestFormTokens(t *testing.T) {
	clk := clock.NewManual(start)
	m := session.New(session.Options{Clock: clk})
	try := func(b *browser, token string) int {
		r := b.request("POST", "/do", nil)
		r.Header.Set(session.Header, token) // as scripts send it
		w := httptest.NewRecorder()
		m.Protect(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})).ServeHTTP(w, r)
		return w.Code
	}
	var b browser
	first := b.form(m)
	second := b.form(m)
	if first == second {
		t.Error("two pages carry the same octets")
	}
	clk.Advance(30 * 24 * time.Hour)
	if try(&b, first) != 200 || try(&b, second) != 200 {
		t.Error("two tabs do not both work, or an old form does not")
	}
	b.start(t, m, "anna")
	if try(&b, first) != 403 {
		t.Error("a form opened before the login works after it")
	}
	mine := b.form(m)
	if try(&b, mine) != 200 {
		t.Error("the form of a session does not work")
	}
	var boris browser
	boris.start(t, m, "boris")
	if try(&boris, mine) != 403 {
		t.Error("a token of one session works in another")
	}
	b.start(t, m, "anna")
	if try(&b, mine) != 403 {
		t.Error("a token of an ended session works in the next")
	}
	one := b.request("GET", "/", nil)
	one.Header.Del("Cookie")
	w := httptest.NewRecorder()
	m.CSRFToken(w, one)
	m.CSRFToken(w, one)
	if n := len(w.Result().Cookies()); n != 1 {
		t.Errorf("two forms on one page set %d cookies", n)
	}
}

func TestTheRefusalKnowsWhetherTheFormWasOurs(t *testing.T) {
	for site, want := range map[string]bool{"same-origin": true, "cross-site": false, "": false} {
		var got, called bool
		m := session.New(session.Options{Clock: clock.Fixed(start), Refused: func(_ http.ResponseWriter, _ *http.Request, same bool) { got, called = same, true }})
		r := httptest.NewRequest("POST", "/", nil)
		if site != "" {
			r.Header.Set("Sec-Fetch-Site", site)
		}
		m.Protect(http.NotFoundHandler()).ServeHTTP(httptest.NewRecorder(), r)
		if !called || got != want {
			t.Errorf("%q: called %v, same origin %v", site, called, got)
		}
	}
}

func TestMemoryStoreForgetsWhatHasEnded(t *testing.T) {
	s := session.MemoryStore()
	ctx := context.Background()
	id := func(n int) (id session.ID) { id[0], id[1] = byte(n), byte(n>>8); return }
	for n := range 1000 {
		at := start.Add(time.Duration(n) * time.Minute)
		if err := s.Save(ctx, id(n), session.Session{Seen: at}, at.Add(15*time.Minute)); err != nil {
			t.Fatal(err)
		}
	}
	kept := 0
	for n := range 1000 {
		if _, ok, _ := s.Load(ctx, id(n)); ok {
			kept++
		}
	}
	if kept < 15 || kept > 60 {
		t.Errorf("%d sessions kept, of which 15 live", kept)
	}
}

func TestLimiter(t *testing.T) {
	c := clock.NewManual(start)
	l := session.NewLimiter(c, 0.5, 3, 2)
	allowed := func(key string, n int) (ok int) {
		for range n {
			if l.Allow(key) {
				ok++
			}
		}
		return
	}
	if got := allowed("a", 10); got != 3 {
		t.Errorf("at once: %d, want 3", got)
	}
	if got := allowed("b", 1); got != 1 {
		t.Error("one key pays for another")
	}
	c.Advance(4 * time.Second)
	if got := allowed("a", 10); got != 2 {
		t.Errorf("after 4 s at 0.5/s: %d, want 2", got)
	}
	c.Advance(-time.Hour)
	if got := allowed("a", 10); got != 0 {
		t.Errorf("a clock set back gave %d", got)
	}
	c.Advance(3 * time.Hour)
	if got := allowed("a", 10); got != 3 {
		t.Errorf("after long: %d, want 3", got)
	}
	allowed("c", 1) // forgets b, which was not seen for longest
	if got := allowed("a", 1); got != 0 {
		t.Error("the key in use was forgotten")
	}
	if got := allowed("b", 10); got != 3 {
		t.Errorf("a forgotten key begins anew: %d", got)
	}
}

func TestClientKey(t *testing.T) {
	trusted := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
	for _, c := range []struct{ name, remote, forwarded, want string }{
		{"an IPv4 address", "192.0.2.7:1234", "", "192.0.2.7"},
		{"the /64 of an IPv6 address", "[2001:db8:1:2:3:4:5:6]:1234", "", "2001:db8:1:2::/64"},
		{"IPv4 written as IPv6", "[::ffff:192.0.2.7]:1", "", "192.0.2.7"},
		{"a zone", "[fe80::1%eth0]:1", "", "fe80::/64"},
		{"a stranger's header is not looked at", "192.0.2.7:1", "198.51.100.1", "192.0.2.7"},
		{"behind our proxy", "10.1.1.1:1", "198.51.100.1", "198.51.100.1"},
		{"the client's own inventions stand left", "10.1.1.1:1", "203.0.113.9, 198.51.100.1", "198.51.100.1"},
		{"behind two proxies", "10.1.1.1:1", "198.51.100.1, 10.2.2.2", "198.51.100.1"},
		{"a proxy that adds a port", "[fd00::1]:1", "198.51.100.1:5555", "198.51.100.1"},
		{"IPv6 in brackets", "10.1.1.1:1", "[2001:db8::1]", "2001:db8::/64"},
		{"an unreadable hop", "10.1.1.1:1", "198.51.100.1, unknown", "10.1.1.1"},
		{"proxies only", "10.1.1.1:1", "10.3.3.3", "10.3.3.3"},
		{"no address", "@", "", "unknown"},
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.RemoteAddr = c.remote
		if c.forwarded != "" {
			r.Header.Set("X-Forwarded-For", c.forwarded)
		}
		if got := session.ClientKey(r, trusted); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
}

func FuzzClientKey(f *testing.F) {
	f.Add("10.1.1.1:1", "198.51.100.1, [2001:db8::1]:80")
	f.Add("[::1]:0", ",,,")
	trusted := []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0")}
	f.Fuzz(func(t *testing.T, remote, forwarded string) {
		r := &http.Request{RemoteAddr: remote, Header: http.Header{"X-Forwarded-For": {forwarded}}}
		if key := session.ClientKey(r, trusted); key == "" || len(key) > 64 {
			t.Errorf("key %q", key)
		}
	})
}
