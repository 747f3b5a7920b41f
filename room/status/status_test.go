package status

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/ocsp"
)

var moment = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// echo is a responder that keeps what it was asked, and answers with what the test says.
type echo struct {
	asked  [][]byte
	answer []byte
	err    error
}

func (e *echo) Answer(_ context.Context, request []byte) ([]byte, error) {
	e.asked = append(e.asked, request)
	return e.answer, e.err
}

// newFace serves over a real connection: net/http's own ideas about paths and HEAD are part of what is tested.
func newFace(t *testing.T, change func(*Options)) (*httptest.Server, *echo) {
	t.Helper()
	responder := &echo{answer: ocsp.CreateError(ocsp.Unauthorized)}
	o := Options{Responder: responder, Clock: clock.Fixed(moment), Log: slog.New(slog.DiscardHandler),
		Lists: func(_ context.Context, name string) (List, error) {
			if name != "gost" {
				return List{}, fail.New(fail.NotFound, "")
			}
			return List{DER: []byte("a list"), ThisUpdate: moment.Add(-time.Hour), NextUpdate: moment.Add(time.Minute)}, nil
		},
		Certificates: func(name string) []byte {
			if name == "nca_gost" {
				return []byte("a certificate")
			}
			return nil
		},
	}
	if change != nil {
		change(&o)
	}
	server := httptest.NewServer(New(o))
	t.Cleanup(server.Close)
	server.Client().CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return server, responder
}

type got struct {
	status int
	header http.Header
	body   []byte
}

func ask(t *testing.T, s *httptest.Server, method, path, body string, header ...string) got {
	t.Helper()
	r, err := http.NewRequest(method, s.URL, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.URL.Opaque = strings.TrimPrefix(s.URL, "http:") + path // exactly these octets on the wire
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	resp, err := s.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return got{resp.StatusCode, resp.Header, b}
}

// awkward is a request whose base64 has every odd digit.
func awkward(t testing.TB) []byte {
	issuer := &cert.Certificate{RawSubject: []byte("name"), PublicKeyBits: []byte("key")}
	for i := range 1 << 16 {
		serial := []byte{0x10, byte(i >> 8), byte(i), 0xFB, 0xFF, 0xFF, 0xEF}
		request, _, err := ocsp.CreateRequest(alg.HashByName("sha1"), &cert.Certificate{Serial: serial}, issuer, nil)
		if err != nil {
			t.Fatal(err)
		}
		text := base64.StdEncoding.EncodeToString(request)
		if strings.Contains(text, "+") && strings.Contains(text, "//") && strings.HasSuffix(text, "=") {
			return request
		}
	}
	t.Fatal("no such request")
	return nil
}

func TestOCSPByGETAsClientsWriteIt(t *testing.T) {
	request := awkward(t)
	text := base64.StdEncoding.EncodeToString(request)
	for _, c := range []struct{ name, path string }{
		{"escaped wholly", "/ocsp/" + url.QueryEscape(text)},
		{"not escaped at all", "/ocsp/" + text},
		{"plus as a space", "/ocsp/" + strings.ReplaceAll(url.QueryEscape(text), "%2B", "%20")},
		{"slashes alone escaped", "/ocsp/" + strings.ReplaceAll(text, "/", "%2F")},
		{"a second slash after the address", "/ocsp//" + url.QueryEscape(text)},
		{"no padding", "/ocsp/" + strings.TrimRight(text, "=")},
		{"the URL alphabet", "/ocsp/" + base64.URLEncoding.EncodeToString(request)},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, responder := newFace(t, nil)
			g := ask(t, server, "GET", c.path, "")
			if g.status != 200 || g.header.Get("Content-Type") != "application/ocsp-response" || !bytes.Equal(g.body, responder.answer) {
				t.Errorf("status %d, %s, %x", g.status, g.header, g.body)
			}
			if len(responder.asked) != 1 || !bytes.Equal(responder.asked[0], request) {
				t.Errorf("the responder was asked %x", responder.asked)
			}
		})
	}
}

func TestOCSPAnswersAndRefuses(t *testing.T) {
	malformed := ocsp.CreateError(ocsp.MalformedRequest)
	for _, c := range []struct {
		name, method, path, body string
		status                   int
		want                     []byte // nil: the responder's answer
	}{
		{"POST", "POST", "/ocsp", "question", 200, nil},
		{"POST with a slash", "POST", "/ocsp/", "question", 200, nil},
		{"an empty POST goes to the responder too", "POST", "/ocsp", "", 200, nil},
		{"a POST over the cap", "POST", "/ocsp", strings.Repeat("x", maxRequest+1), 413, []byte{}},
		{"GET of nothing", "GET", "/ocsp", "", 405, []byte{}},
		{"GET that is no base64", "GET", "/ocsp/%21%21", "", 200, malformed},
		{"GET with a broken escape", "GET", "/ocsp/MA%3", "", 400, []byte{}}, // net/http's own answer
		{"GET over the cap", "GET", "/ocsp/" + strings.Repeat("A", maxPath+4), "", 200, malformed},
		{"PUT", "PUT", "/ocsp", "question", 405, []byte{}},
		{"another path", "GET", "/ocspx", "", 404, []byte{}},
		{"a way up", "GET", "/crl/../ocsp", "", 404, []byte{}},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, responder := newFace(t, nil)
			g := ask(t, server, c.method, c.path, c.body)
			if g.status != c.status {
				t.Fatalf("status %d", g.status)
			}
			want := c.want
			if want == nil {
				want = responder.answer
			}
			if len(want) > 0 && !bytes.Equal(g.body, want) {
				t.Errorf("answered %x", g.body)
			}
			if g.header.Get("Location") != "" {
				t.Error("a redirect")
			}
		})
	}
}

func TestAResponderThatFailsIsAnInternalError(t *testing.T) {
	server, responder := newFace(t, nil)
	responder.answer, responder.err = nil, errors.New("broken")
	g := ask(t, server, "POST", "/ocsp", "question")
	if g.status != 200 || !bytes.Equal(g.body, ocsp.CreateError(ocsp.InternalError)) {
		t.Errorf("%d %x", g.status, g.body)
	}
}

// A real answer of the national test responder tells caches what RFC 5019 wants told, but for the one with a nonce.
func TestCachesKeepAnAnswerWithoutANonceForAMinute(t *testing.T) {
	text := url.QueryEscape(base64.StdEncoding.EncodeToString(awkward(t)))
	for _, c := range []struct {
		name, file string
		nonce      bool
		method     string
		want       string
	}{
		{"with a nonce", "ocsp_response_ceo_2015_revoked.bin", true, "GET", "no-store"},
		{"without one", "", false, "GET", "max-age=60, public, no-transform, must-revalidate"},
		{"without one, by POST", "", false, "POST", "no-store"},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, responder := newFace(t, nil)
			if c.nonce {
				responder.answer = testdata.Read(t, "kz", "ocsp", c.file)
			} else {
				responder.answer = unsignedAnswer(t)
			}
			path := "/ocsp/" + text
			if c.method == "POST" {
				path = "/ocsp"
			}
			g := ask(t, server, c.method, path, "")
			if got := g.header.Get("Cache-Control"); got != c.want {
				t.Errorf("Cache-Control: %s", got)
			}
			if kept := strings.Contains(c.want, "max-age"); kept != (g.header.Get("ETag") != "") || kept != (g.header.Get("Expires") != "") || kept != (g.header.Get("Last-Modified") != "") {
				t.Errorf("%v", g.header)
			}
		})
	}
}

// unsignedAnswer is a successful answer without a nonce; caches do not look at its signature.
func unsignedAnswer(t *testing.T) []byte {
	kind := alg.KindByName("p256")
	key, err := alg.GenerateKey(nil, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	issuer := &cert.Certificate{RawSubject: []byte("name"), PublicKeyBits: []byte("key")}
	name, err := cert.Name{}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	out, err := ocsp.Create(nil, ocsp.Template{ResponderName: name, ProducedAt: moment, Singles: []ocsp.Single{
		{CertID: ocsp.NewCertID(alg.HashByName("sha1"), issuer, []byte{1}), Reason: -1, ThisUpdate: moment, NextUpdate: moment.Add(time.Hour)},
	}}, alg.DefaultScheme(kind), key)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestListsAndCertificates(t *testing.T) {
	server, _ := newFace(t, nil)
	g := ask(t, server, "GET", "/crl/gost.crl", "")
	if g.status != 200 || string(g.body) != "a list" || g.header.Get("Content-Type") != "application/pkix-crl" {
		t.Fatalf("%d %q %v", g.status, g.body, g.header)
	}
	if got := g.header.Get("Last-Modified"); got != moment.Add(-time.Hour).Format(http.TimeFormat) {
		t.Errorf("Last-Modified: %s", got)
	}
	if got := g.header.Get("Cache-Control"); !strings.Contains(got, "max-age=60") { // not beyond its own end
		t.Errorf("Cache-Control: %s", got)
	}
	for _, c := range []struct {
		name, method, path string
		header             []string
		status             int
		body               string
	}{
		{"the same list again", "GET", "/crl/gost.crl", []string{"If-None-Match", g.header.Get("ETag")}, 304, ""},
		{"a list not newer", "GET", "/crl/gost.crl", []string{"If-Modified-Since", g.header.Get("Last-Modified")}, 304, ""},
		{"another list than that", "GET", "/crl/gost.crl", []string{"If-None-Match", `"x"`}, 200, "a list"},
		{"HEAD", "HEAD", "/crl/gost.crl", nil, 200, ""},
		{"a piece", "GET", "/crl/gost.crl", []string{"Range", "bytes=2-5"}, 206, "list"},
		{"no such list", "GET", "/crl/rsa.crl", nil, 404, "Not Found\n"},
		{"not a list", "GET", "/crl/gost", nil, 404, "Not Found\n"},
		{"upwards", "GET", "/crl/../../etc/passwd.crl", nil, 404, "Not Found\n"},
		{"escaped", "GET", "/crl/%67ost.crl", nil, 404, "Not Found\n"},
		{"POST", "POST", "/crl/gost.crl", nil, 405, "Method Not Allowed\n"},
		{"a certificate", "GET", "/cert/nca_gost.cer", nil, 200, "a certificate"},
		{"no such certificate", "GET", "/cert/nca.cer", nil, 404, "Not Found\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			g := ask(t, server, c.method, c.path, "", c.header...)
			if g.status != c.status || string(g.body) != c.body {
				t.Errorf("%d %q", g.status, g.body)
			}
		})
	}
}

func TestAListThatIsNotToBeHadIsNoLie(t *testing.T) {
	for _, c := range []struct {
		name  string
		lists Lists
	}{
		{"a failing store", func(context.Context, string) (List, error) { return List{}, errors.New("broken") }},
		{"nothing published", func(context.Context, string) (List, error) { return List{}, nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			server, _ := newFace(t, func(o *Options) { o.Lists = c.lists })
			if g := ask(t, server, "GET", "/crl/gost.crl", ""); g.status != 503 || g.header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v", g.status, g.header)
			}
		})
	}
}

func TestHealth(t *testing.T) {
	server, _ := newFace(t, func(o *Options) {
		o.Ready = func(context.Context) []string { return []string{"the store does not answer"} }
	})
	for _, c := range []struct {
		path, accept string
		status       int
		body         string
	}{
		{"/healthz", "", 503, "unavailable\nthe store does not answer\n"},
		{"/healthz/ready", "", 503, "unavailable\nthe store does not answer\n"},
		{"/healthz/live", "", 200, "ok\n"},
	} {
		if g := ask(t, server, "GET", c.path, ""); g.status != c.status || string(g.body) != c.body {
			t.Errorf("%s: %d %q", c.path, g.status, g.body)
		}
	}
	g := ask(t, server, "GET", "/healthz", "", "Accept", "application/json")
	var v struct {
		Status  string
		Reasons []string
	}
	if err := json.Unmarshal(g.body, &v); err != nil || v.Status != "unavailable" || !slices.Equal(v.Reasons, []string{"the store does not answer"}) {
		t.Errorf("%s: %v", g.body, err)
	}
}

func TestServesNamesItsPathsAndNoOthers(t *testing.T) {
	for path, want := range map[string]bool{
		"/ocsp": true, "/ocsp/MA": true, "/ocsp//MA": true, "/crl/x.crl": true, "/cert/x.cer": true, "/healthz": true, "/healthz/live": true,
		"/": false, "/ocspx": false, "/crl": false, "/certificates": false, "/apply": false, "/verify/ocsp/x": false,
	} {
		if got := Serves(httptest.NewRequest("GET", path, nil)); got != want {
			t.Errorf("%s: %v", path, got)
		}
	}
}

func FuzzDecodePath(f *testing.F) {
	f.Add("MEIwQDA%2BMDwwOjAJBgUrDgMCGgUABBQ%3D")
	f.Add("//ME+/==")
	f.Add("%")
	f.Fuzz(func(t *testing.T, escaped string) {
		if b, ok := decodePath(escaped); ok && (len(b) == 0 || len(b) > maxPath) {
			t.Fatalf("%d octets", len(b))
		}
	})
}
