package online

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var moment = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// An authority of a test: a name, a key, and a server on this machine.
type authority struct {
	*httptest.Server
	issuer *cert.Certificate
	leaf   *cert.Certificate
	key    *alg.PrivateKey
	scheme *alg.Scheme
	asked  atomic.Int32
}

func newAuthority(t *testing.T, handler func(a *authority, w http.ResponseWriter, r *http.Request)) *authority {
	t.Helper()
	kind := alg.KindByName("p256")
	key, err := alg.GenerateKey(rand.Reader, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	public, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	name, err := cert.Name{{{Type: oid.CommonName, Tag: 12, Value: "TEST"}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{key: key, scheme: alg.DefaultScheme(kind)}
	a.issuer = &cert.Certificate{RawSubject: name, PublicKey: public, PublicKeyBits: public.Bits}
	a.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.asked.Add(1)
		handler(a, w, r)
	}))
	t.Cleanup(a.Close)
	a.leaf = &cert.Certificate{Serial: []byte{0x10, 1}, RawIssuer: name, OCSPURLs: []string{a.URL + "/ocsp"}, CRLURLs: []string{a.URL + "/crl"}}
	return a
}

func (a *authority) host() string { return strings.TrimPrefix(a.URL, "http://") }

func (a *authority) client(t *testing.T, o Options) *Client {
	t.Helper()
	if o.Clock == nil {
		o.Clock = clock.Fixed(moment)
	}
	o.Allowed = append(o.Allowed, a.host())
	c := New(o)
	t.Cleanup(c.Close)
	return c
}

// answer is an answer of the authority to the request in body.
func (a *authority) answer(t testing.TB, body []byte, bend func(*ocsp.Template)) []byte {
	q, err := ocsp.ParseRequest(body)
	if err != nil {
		t.Errorf("the request can't be read: %v", err)
		return nil
	}
	tpl := ocsp.Template{ResponderName: a.issuer.RawSubject, ProducedAt: moment, Nonce: q.Nonce,
		Singles: []ocsp.Single{{CertID: q.Certs[0], Reason: -1, ThisUpdate: moment}}}
	if bend != nil {
		bend(&tpl)
	}
	out, err := ocsp.Create(rand.Reader, tpl, a.scheme, a.key)
	if err != nil {
		t.Errorf("couldn't answer: %v", err)
	}
	return out
}

func (a *authority) newList(t testing.TB, number byte) []byte {
	out, err := crl.Create(rand.Reader, crl.Template{Issuer: a.issuer.RawSubject, Scheme: a.scheme, ThisUpdate: moment.Add(-time.Hour),
		NextUpdate: moment.Add(24 * time.Hour), Number: []byte{number}}, a.key)
	if err != nil {
		t.Errorf("couldn't make a list: %v", err)
	}
	return out
}

func TestAResponderIsAskedByPOSTWithANonce(t *testing.T) {
	a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		if r.Method != http.MethodPost || r.Header.Get("Content-Type") != "application/ocsp-request" {
			t.Errorf("%s of %s", r.Method, r.Header.Get("Content-Type"))
		}
		if q, err := ocsp.ParseRequest(body); err != nil || len(q.Nonce) != 16 {
			t.Errorf("no nonce of 16 octets: %v", err)
		}
		w.Header().Set("Content-Type", "text/plain") // what a server calls it is not looked at
		w.Write(a.answer(t, body, nil))
	})
	r, err := a.client(t, Options{}).OCSP(t.Context(), a.leaf, a.issuer)
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := r.Find(a.leaf, a.issuer); !ok || s.Status != ocsp.Good {
		t.Errorf("the answer is %v, %v", s.Status, ok)
	}
}

func TestAResponderThatKnowsOnlyTheOldWaysIsAskedInThem(t *testing.T) {
	for _, c := range []struct {
		name  string
		serve func(a *authority, w http.ResponseWriter, r *http.Request)
	}{
		{"SHA-1 names", func(a *authority, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			if q, err := ocsp.ParseRequest(body); err != nil || q.Certs[0].Hash.OID != oid.SHA1 {
				w.Write(ocsp.CreateError(ocsp.Unauthorized))
				return
			}
			w.Write(a.answer(t, body, nil))
		}},
		{"no nonce in the answer", func(a *authority, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Write(a.answer(t, body, func(tpl *ocsp.Template) { tpl.Nonce = nil }))
		}},
		{"GET alone", func(a *authority, w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodGet {
				w.WriteHeader(http.StatusMethodNotAllowed)
				return
			}
			text, err := url.PathUnescape(strings.TrimPrefix(r.URL.EscapedPath(), "/ocsp/"))
			if err != nil {
				t.Error(err)
			}
			body, err := base64.StdEncoding.DecodeString(text)
			if err != nil {
				t.Error(err)
			}
			w.Write(a.answer(t, body, nil))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, c.serve)
			if _, err := a.client(t, Options{}).OCSP(t.Context(), a.leaf, a.issuer); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestOCSPRefuses(t *testing.T) {
	stranger := newAuthority(t, nil)
	post := func(bend func(*ocsp.Template)) func(a *authority, w http.ResponseWriter, r *http.Request) {
		return func(a *authority, w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			w.Write(a.answer(t, body, bend))
		}
	}
	for _, c := range []struct {
		name  string
		serve func(a *authority, w http.ResponseWriter, r *http.Request)
	}{
		{"another's nonce", post(func(tpl *ocsp.Template) { tpl.Nonce = make([]byte, 16) })},
		{"an answer about another serial number", post(func(tpl *ocsp.Template) {
			tpl.Singles[0].CertID = ocsp.NewCertID(alg.HashByName("sha256"), stranger.issuer, []byte{0x10, 2})
		})},
		{"an answer about another issuer", post(func(tpl *ocsp.Template) {
			tpl.Singles[0].CertID = ocsp.NewCertID(alg.HashByName("sha256"), stranger.issuer, []byte{0x10, 1})
		})},
		{"a page instead of an answer", func(a *authority, w http.ResponseWriter, r *http.Request) { io.WriteString(w, "<html>") }},
		{"try later", func(a *authority, w http.ResponseWriter, r *http.Request) { w.Write(ocsp.CreateError(ocsp.TryLater)) }},
		{"status 500", func(a *authority, w http.ResponseWriter, r *http.Request) { w.WriteHeader(500) }},
		{"a redirect of a POST", func(a *authority, w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, a.URL+"/other", http.StatusTemporaryRedirect)
		}},
		{"a body over the cap", func(a *authority, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(200)
			for range ocsp.MaxResponse/1024 + 2 {
				w.Write(make([]byte, 1024))
			}
		}},
		{"a length over the cap", func(a *authority, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Length", "99999999")
			w.WriteHeader(200)
		}},
		{"headers without end", func(a *authority, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Long", strings.Repeat("x", 64<<10))
			w.WriteHeader(200)
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, c.serve)
			_, err := a.client(t, Options{}).OCSP(t.Context(), a.leaf, a.issuer)
			if !fail.Is(err, fail.Unavailable) || fail.CodeOf(err) != CodeFailed {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestASlowServerIsLeft(t *testing.T) {
	for _, c := range []struct {
		name  string
		begin func(w http.ResponseWriter)
	}{
		{"before the first octet", func(http.ResponseWriter) {}},
		{"in the middle of the body", func(w http.ResponseWriter) {
			w.Header().Set("Content-Length", "1000")
			io.WriteString(w, "0")
			w.(http.Flusher).Flush()
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				c.begin(w)
				<-r.Context().Done()
			})
			_, err := a.client(t, Options{Timeout: 100 * time.Millisecond}).OCSP(t.Context(), a.leaf, a.issuer)
			if !fail.Is(err, fail.Unavailable) || !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestAddressesThatAreNotAsked(t *testing.T) {
	inside := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) { w.Write(a.newList(t, 1)) })
	for _, c := range []struct{ name, url, code string }{
		{"this machine", inside.URL + "/crl", CodeRefused},
		{"this machine by name", "http://localhost:" + port(inside.URL) + "/crl", CodeRefused},
		{"this machine in IPv6", "http://[::1]:" + port(inside.URL) + "/crl", CodeRefused},
		{"this machine in IPv6 of IPv4", "http://[::ffff:127.0.0.1]:" + port(inside.URL) + "/crl", CodeRefused},
		{"this machine as any address", "http://0.0.0.0:" + port(inside.URL) + "/crl", CodeRefused},
		{"a cloud's metadata", "http://169.254.169.254/latest/meta-data", CodeRefused},
		{"a private network", "http://10.0.0.1/crl", CodeRefused},
		{"a port where mail is taken", "http://9.9.9.9:25/crl", CodeRefused},
		{"a password in it", "http://a:b@9.9.9.9/crl", CodeRefused},
		{"no host", "http:///crl", CodeRefused},
		{"a file", "file:///etc/passwd", CodeNoAddress},
		{"a directory", "ldap://9.9.9.9/cn=x", CodeNoAddress},
		{"nothing", "", CodeNoAddress},
		{"too long", "http://9.9.9.9/" + strings.Repeat("x", maxURL), CodeNoAddress},
	} {
		t.Run(c.name, func(t *testing.T) {
			client := New(Options{Clock: clock.Fixed(moment), Allowed: []string{"ca.example.kz"}})
			defer client.Close()
			_, err := client.CRL(t.Context(), &cert.Certificate{CRLURLs: []string{c.url}})
			if !fail.Is(err, fail.Unavailable) || fail.CodeOf(err) != c.code {
				t.Errorf("got %v", err)
			}
		})
	}
	if n := inside.asked.Load(); n != 0 {
		t.Errorf("the server on this machine was asked %d times", n)
	}
}

// A host of the configuration is the service it names and not everything that listens there.
func TestAnAllowedHostIsAllowedWithItsPortOnly(t *testing.T) {
	inside := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) { w.Write(a.newList(t, 1)) })
	for _, c := range []struct {
		allowed, url string
		want         bool
	}{
		{"127.0.0.1:" + port(inside.URL), inside.URL + "/crl", true},
		{"127.0.0.1", inside.URL + "/crl", false},
		{"127.0.0.1:80", inside.URL + "/crl", false},
	} {
		client := New(Options{Clock: clock.Fixed(moment), Allowed: []string{c.allowed}})
		_, err := client.CRL(t.Context(), &cert.Certificate{CRLURLs: []string{c.url}})
		client.Close()
		if (err == nil) != c.want {
			t.Errorf("%s allowed, %s asked: %v", c.allowed, c.url, err)
		}
	}
	for _, c := range []struct {
		allowed, url string
		want         bool
	}{
		{"ca.example.kz", "http://CA.example.kz/crl", true}, {"ca.example.kz", "https://ca.example.kz/crl", true}, {"ca.example.kz", "http://ca.example.kz:80/crl", true},
		{"ca.example.kz:80", "http://ca.example.kz/crl", true}, {"ca.example.kz:80", "https://ca.example.kz/crl", false},
		{"ca.example.kz", "http://ca.example.kz:443/crl", false}, {"ca.example.kz", "http://x.ca.example.kz/crl", false},
		{"[::1]:8080", "http://[::1]:8080/crl", true}, {"::1", "http://[::1]/crl", true},
	} {
		u, err := parse(c.url)
		if err != nil {
			t.Fatal(err)
		}
		client := New(Options{Clock: clock.Fixed(moment), Allowed: []string{c.allowed}})
		if got := client.isAllowed(u); got != c.want {
			t.Errorf("%s allowed, %s asked: %v", c.allowed, c.url, got)
		}
		client.Close()
	}
}

func port(u string) string { return u[strings.LastIndex(u, ":")+1:] }

func TestARedirectIsFollowedToPublicHostsOnly(t *testing.T) {
	inside := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) { w.Write(a.newList(t, 1)) })
	for _, c := range []struct{ name, to string }{
		{"to this machine", inside.URL + "/crl"},
		{"to itself, though the configuration names it", ""},
		{"to a file", "file:///etc/passwd"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
				to := c.to
				if to == "" {
					to = a.URL + "/other"
				}
				w.Header().Set("Location", to)
				w.WriteHeader(http.StatusFound)
			})
			_, err := a.client(t, Options{}).CRL(t.Context(), a.leaf)
			if fail.CodeOf(err) != CodeFailed && fail.CodeOf(err) != CodeRefused {
				t.Errorf("got %v", err)
			}
			if n := a.asked.Load(); n != 1 {
				t.Errorf("asked %d times", n)
			}
		})
	}
	if n := inside.asked.Load(); n != 0 {
		t.Errorf("the server inside was asked %d times", n)
	}
}

func TestAddressesOfCertificates(t *testing.T) {
	for _, c := range []struct {
		name string
		uris []string
		want []string
	}{
		{"two lines in one URI, as in 2018", []string{"http://crl.root.gov.kz/gost.crl\r\nURL=http://crl1.root.gov.kz/gost.crl"},
			[]string{"http://crl.root.gov.kz/gost.crl", "http://crl1.root.gov.kz/gost.crl"}},
		{"a header smuggled in", []string{"http://x.kz/a HTTP/1.1\r\nHost: inside\r\n\r\n"}, []string{"http://x.kz/a HTTP/1.1"}},
		{"ldap beside http", []string{"ldap://x.kz/cn", "HTTP://x.kz/a"}, []string{"HTTP://x.kz/a"}},
		{"a hundred of them", slices.Repeat([]string{"http://x.kz/a"}, 100), []string{"http://x.kz/a", "http://x.kz/a", "http://x.kz/a"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := addresses(c.uris); !slices.Equal(got, c.want) {
				t.Errorf("%q", got)
			}
		})
	}
}

func TestPublicAddresses(t *testing.T) {
	for _, c := range []struct {
		address string
		want    bool
	}{
		{"195.12.113.29", true}, {"2a03:f680::1", true},
		{"127.0.0.1", false}, {"::1", false}, {"0.0.0.0", false}, {"::", false}, {"10.1.2.3", false}, {"172.16.0.1", false},
		{"192.168.1.1", false}, {"169.254.169.254", false}, {"100.64.0.1", false}, {"224.0.0.1", false}, {"255.255.255.255", false},
		{"::ffff:127.0.0.1", false}, {"::ffff:10.0.0.1", false}, {"::127.0.0.1", false}, {"64:ff9b::7f00:1", false}, {"2002:7f00:1::", false},
		{"fc00::1", false}, {"fe80::1", false}, {"fe80::1%eth0", false}, {"fec0::1", false}, {"ff02::1", false}, {"2001:db8::1", false},
		{"::ffff:0:7f00:1", false}, {"5f00::1", false}, {"3fff::1", false}, {"100::1", false}, {"2001::1", false}, {"64:ff9b:1::1", false},
	} {
		if got := public(netip.MustParseAddr(c.address)); got != c.want {
			t.Errorf("%s: %v", c.address, got)
		}
	}
}

func TestAListIsKeptAMomentAndThenAskedAbout(t *testing.T) {
	number := atomic.Int32{}
	number.Store(1)
	a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
		etag := fmt.Sprintf(`"%d"`, number.Load())
		w.Header().Set("ETag", etag)
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write(a.newList(t, byte(number.Load())))
	})
	now := clock.NewManual(moment)
	dir := filepath.Join(t.TempDir(), "cache")
	c := a.client(t, Options{Clock: now, CacheDir: dir})
	want := func(c *Client, n byte, asked int32) {
		t.Helper()
		l, err := c.CRL(t.Context(), a.leaf)
		if err != nil {
			t.Fatal(err)
		}
		if l.Number[0] != n || a.asked.Load() != asked {
			t.Errorf("list %d after %d requests, want %d after %d", l.Number[0], a.asked.Load(), n, asked)
		}
	}
	want(c, 1, 1)
	want(c, 1, 1) // young
	now.Advance(youth)
	want(c, 1, 2) // not modified
	number.Store(2)
	want(c, 1, 2)
	now.Advance(youth)
	want(c, 2, 3)
	want(a.client(t, Options{Clock: now, CacheDir: dir}), 2, 3) // another run finds it on disk

	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 1 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	want(a.client(t, Options{Clock: now, CacheDir: dir}), 2, 4) // a damaged file is fetched again
	now.Advance(48 * time.Hour)
	want(c, 2, 5) // past its end it is asked for anew, and the server has nothing better
}

// Whoever once stood between us and the server can give an old list the tag of the newest: then the server says for as long as it has
// no newer one that ours is right.
func TestAnOldListUnderTheTagOfTheNewestDoesNotStay(t *testing.T) {
	bad := atomic.Bool{}
	bad.Store(true)
	a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"2"`)
		switch {
		case bad.Load():
			w.Write(a.newList(t, 1))
		case r.Header.Get("If-None-Match") == `"2"`:
			w.WriteHeader(http.StatusNotModified)
		default:
			w.Write(a.newList(t, 2))
		}
	})
	now := clock.NewManual(moment)
	c := a.client(t, Options{Clock: now})
	got := byte(0)
	for range 20 {
		l, err := c.CRL(t.Context(), a.leaf)
		if err != nil {
			t.Fatal(err)
		}
		got = l.Number[0]
		bad.Store(false)
		now.Advance(youth)
	}
	if got != 2 {
		t.Errorf("list %d after 40 minutes", got)
	}
}

func TestManyWhoWantTheSameListWaitForOneRequest(t *testing.T) {
	a := newAuthority(t, func(a *authority, w http.ResponseWriter, r *http.Request) {
		time.Sleep(20 * time.Millisecond)
		w.Write(a.newList(t, 1))
	})
	c := a.client(t, Options{})
	errs := make(chan error)
	for range 20 {
		go func() { _, err := c.CRL(t.Context(), a.leaf); errs <- err }()
	}
	for range 20 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if n := a.asked.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}

func TestTheCacheIsBounded(t *testing.T) {
	l := newLists(t.TempDir(), New(Options{Clock: clock.Fixed(moment)}).o.Log)
	a := newAuthority(t, nil)
	b := a.newList(t, 1)
	list, err := crl.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 3 * maxKept {
		l.put(fmt.Sprint("http://x.kz/", i), &kept{Checked: moment, DER: b, list: list})
	}
	files, _ := filepath.Glob(filepath.Join(l.dir, "*"))
	if len(l.kept) != maxKept || len(l.order) != maxKept || len(files) != maxKept {
		t.Errorf("%d in memory, %d in order, %d on disk", len(l.kept), len(l.order), len(files))
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add("http://crl.root.gov.kz/gost.crl\r\nURL=http://crl1.root.gov.kz/gost.crl")
	f.Add("https://user@[::1%25lo]:80/?#")
	f.Add("http://%zz")
	f.Fuzz(func(t *testing.T, uri string) {
		for _, a := range addresses([]string{uri}) {
			if strings.ContainsAny(a, "\r\n") {
				t.Fatalf("%q", a)
			}
			u, err := parse(a)
			if err == nil && (u.Hostname() == "" || u.User != nil || u.Scheme != "http" && u.Scheme != "https") {
				t.Fatalf("%q", u)
			}
		}
	})
}
