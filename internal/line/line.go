// Package line walks the line of an authority over HTTP, as people do in a browser: apply, hand keys in, decide, install,
// revoke. Forms are read from the pages and sent with their tokens and cookies; what the page does with keys is done by the
// same code natively (web/page/provider). It is for tests and measurements of a whole server.
//
// Every function fails the test with what it saw.
package line

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/web/page/provider"
)

// A Browser keeps cookies and walks pages of one server.
type Browser struct {
	Base string // "http://127.0.0.1:8080"
	http *http.Client
}

// New makes a browser without a past.
func New(t testing.TB, base string) *Browser {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Browser{Base: base, http: &http.Client{Jar: jar, Timeout: 30 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}}
}

// Get opens a page.
func (b *Browser) Get(t testing.TB, path string) *Page {
	t.Helper()
	p, err := b.TryGet(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TryGet is Get for a server that may not be there.
func (b *Browser) TryGet(ctx context.Context, path string) (*Page, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.Base+path, nil)
	if err != nil {
		return nil, err
	}
	return b.do(r)
}

// Send submits a form with values put into its fields.
func (b *Browser) Send(t testing.TB, f Form, values map[string]string) *Page {
	t.Helper()
	p, err := b.TrySend(t.Context(), f, values)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// TrySend is Send for a server that may die meanwhile.
func (b *Browser) TrySend(ctx context.Context, f Form, values map[string]string) (*Page, error) {
	sent := url.Values{}
	for k, v := range f.Fields {
		sent.Set(k, v)
	}
	for k, v := range values {
		sent.Set(k, v)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, b.Base+f.Action, strings.NewReader(sent.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.Base)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.do(r)
}

func (b *Browser) do(r *http.Request) (*Page, error) {
	resp, err := b.http.Do(r)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 64<<20))
	if err != nil {
		return nil, err
	}
	return &Page{Status: resp.StatusCode, Path: resp.Request.URL.Path, Body: body}, nil
}

// A Person applies.
type Person struct{ IIN, Surname, Name, Patronymic string }

// An Application that was handed in.
type Application struct {
	Number   string
	Code     string // revocation code
	Profiles []string
	Ring     *provider.Ring // its keys
	KeyFile  []byte         // the container that waits for certificates
	Password string
}

// Apply walks from the agreement to the number. signing is "gost", "rsa" or "both".
func (b *Browser) Apply(t testing.TB, p Person, signing, password string) *Application {
	t.Helper()
	at := b.Get(t, "/apply").must(t, "/apply")
	at = b.Send(t, at.Form(t, "/apply"), map[string]string{"agree": "yes"}).must(t, "/apply/form")
	at = b.Send(t, at.Form(t, "/apply/form"), map[string]string{
		"iin": p.IIN, "surname": p.Surname, "name": p.Name, "patronymic": p.Patronymic, "locality": "astana", "signing": signing,
	}).must(t, "/apply/keys")
	keys := at.Form(t, "/apply/keys")
	a := &Application{Number: keys.Data["number"], Profiles: strings.Fields(keys.Data["profiles"]), Password: password}
	requests := a.makeKeys(t)
	at = b.Send(t, keys, requests).must(t, "/apply/check")
	at = b.Send(t, at.Form(t, "/apply/submit"), nil).must(t, "/apply/done")
	a.Code = strings.ReplaceAll(at.Text(t, "revocation-code"), " ", "")
	if a.Number == "" || a.Code == "" {
		t.Fatalf("no number or revocation code on the last page:\n%s", at.Body)
	}
	return a
}

func (a *Application) makeKeys(t testing.TB) map[string]string {
	t.Helper()
	var wanted []provider.Wanted
	for _, p := range a.Profiles {
		wanted = append(wanted, provider.Wanted{Profile: p})
	}
	made, err := provider.Make(rand.Reader, a.Password, wanted)
	if err != nil {
		t.Fatalf("couldn't make keys: %v", err)
	}
	a.KeyFile = made.Container
	if a.Ring, err = provider.Open(made.Container, a.Password); err != nil {
		t.Fatalf("couldn't open the key file: %v", err)
	}
	list, err := a.Ring.Requests(rand.Reader, a.Number, a.Profiles, made.KeyIDs)
	if err != nil {
		t.Fatalf("couldn't make requests: %v", err)
	}
	fields := map[string]string{}
	for i, p := range a.Profiles {
		fields["csr-"+p] = base64.StdEncoding.EncodeToString(list[i])
	}
	return fields
}

// Certificates returns the certificates of an application in PEM, or false as long as there are none.
func (b *Browser) Certificates(ctx context.Context, number string) ([]byte, bool) {
	p, err := b.TryGet(ctx, "/install/"+number+"/certificates.pem")
	if err != nil || p.Status != http.StatusOK {
		return nil, false
	}
	return p.Body, true
}

// Install waits for the certificates, joins them with the keys, and tells the portal.
func (b *Browser) Install(t testing.TB, a *Application, form keyfile.Form) []provider.File {
	t.Helper()
	var certificates []byte
	Wait(t, "certificates of "+a.Number, func() (ok bool) {
		certificates, ok = b.Certificates(t.Context(), a.Number)
		return ok
	})
	files, err := a.Ring.Install(rand.Reader, certificates, a.Password, form)
	if err != nil {
		t.Fatalf("couldn't install: %v", err)
	}
	at := b.Get(t, "/install/"+a.Number)
	b.Send(t, at.Form(t, "/install/"+a.Number), nil).must(t, "/install/"+a.Number+"/done")
	return files
}

// Wait asks until ok, for a minute.
func Wait(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 600 {
		if ok() {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	t.Fatalf("waited a minute for %s", what)
}

// An Operator works at the desk.
type Operator struct {
	*Browser
	ring *provider.Ring
}

// SignIn opens the desk with a key file and the secret of one-time codes. A code works once, so that the second sign-in within
// half a minute waits for the next code.
func SignIn(t testing.TB, base string, container []byte, password string, totp account.Secret) *Operator {
	t.Helper()
	ring, err := provider.Open(container, password)
	if err != nil {
		t.Fatalf("couldn't open the operator's key file: %v", err)
	}
	o := &Operator{New(t, base), ring}
	for range 70 {
		at := o.Get(t, "/desk/login").must(t, "/desk/login")
		f := at.Statement(t)
		f.Fields["totp"] = totp.Code(time.Now())
		at = o.Send(t, f, map[string]string{"cms": o.sign(t, provider.Authentication, at.Challenge(t))})
		if at.Path == "/desk" {
			return o
		}
		if at.Status != http.StatusForbidden {
			t.Fatalf("the desk answered the sign-in with %d at %s:\n%s", at.Status, at.Path, at.Main())
		}
		time.Sleep(5 * time.Second)
	}
	t.Fatal("couldn't sign in at the desk")
	return nil
}

func (o *Operator) sign(t testing.TB, p provider.Purpose, text string) string {
	t.Helper()
	return sign(t, o.ring, p, text)
}

func sign(t testing.TB, ring *provider.Ring, p provider.Purpose, text string) string {
	t.Helper()
	now := time.Now()
	keys, err := ring.Choose(p, now)
	if err != nil {
		t.Fatalf("no key for %s: %v", p, err)
	}
	cms, err := ring.SignStatement(rand.Reader, keys[0], p, text, now)
	if err != nil {
		t.Fatalf("couldn't sign a statement: %v", err)
	}
	return base64.StdEncoding.EncodeToString(cms)
}

// Approve decides on an application.
func (o *Operator) Approve(t testing.TB, number string) {
	t.Helper()
	f, cms := o.decision(t, number)
	o.Send(t, f, map[string]string{"cms": cms}).ok(t)
}

// TryApprove is Approve for a server that may die at the last step; what it answered does not matter.
func (o *Operator) TryApprove(t testing.TB, number string) error {
	t.Helper()
	f, cms := o.decision(t, number)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	_, err := o.TrySend(ctx, f, map[string]string{"cms": cms})
	return err
}

func (o *Operator) decision(t testing.TB, number string) (Form, string) {
	t.Helper()
	path := "/desk/applications/" + number
	at := o.Get(t, path).must(t, path)
	at = o.Send(t, at.FormID(t, "approve-form"), map[string]string{"document": "yes", "photo": "yes"}).ok(t)
	return at.Statement(t), o.sign(t, provider.Signing, at.Challenge(t))
}

// Revoke revokes a certificate with a key of the files, by a statement of its holder. reason is a CRLReason.
func (b *Browser) Revoke(t testing.TB, file provider.File, password string, reason int) {
	t.Helper()
	ring, err := provider.Open(file.Container, password)
	if err != nil {
		t.Fatalf("couldn't open the key file: %v", err)
	}
	at := b.Get(t, "/revoke/key").must(t, "/revoke/key")
	at = b.Send(t, at.Form(t, "/revoke/key"), map[string]string{"issuer-serials": file.Key.IssuerKeyID + ":" + strings.ToLower(file.Key.Serial)}).ok(t)
	f := at.Form(t, "/revoke/key/reason")
	if len(f.Choices["certificate"]) != 1 {
		t.Fatalf("%d certificates to revoke, not one:\n%s", len(f.Choices["certificate"]), at.Main())
	}
	at = b.Send(t, f, map[string]string{"certificate": f.Choices["certificate"][0], "reason": fmt.Sprint(reason), "consent": "yes"}).ok(t)
	at = b.Send(t, at.Statement(t), map[string]string{"cms": sign(t, ring, provider.Signing, at.Challenge(t))})
	if !strings.HasPrefix(at.Path, "/revoke/done/") {
		t.Fatalf("the revocation ended at %s with %d:\n%s", at.Path, at.Status, at.Main())
	}
}
