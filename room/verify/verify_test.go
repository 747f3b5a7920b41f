package verify_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io/fs"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/account"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/internal/testroom"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/report"
	"github.com/senim-pki/senim/room/part"
	verifyroom "github.com/senim-pki/senim/room/verify"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/verify"
	"github.com/senim-pki/senim/web/kit"
	"github.com/senim-pki/senim/web/page"
)

// A world is an authority with one person who has keys, and the verification page that trusts it.
type world struct {
	*testroom.House
	op   testroom.Staff
	pens map[string]testroom.Pen
	rows []registry.Certificate
	t    testing.TB
}

func newWorld(t testing.TB) *world {
	t.Helper()
	h := testroom.New(t)
	w := &world{House: h, op: h.Hire(testroom.OperatorIIN, "ОПЕРАТОР", account.Operator), t: t}
	h.Register(testroom.PersonIIN, "ИБРАЕВА", "ӘЙГЕРІМ", "СЕРІКҚЫЗЫ")
	number := h.Apply(testroom.PersonIIN, testroom.PersonIIN, func(a *application.Answers) { a.Signing = "both" })
	h.Decided(w.op, number, true, "")
	w.rows, w.pens = h.Issued(number, testroom.PersonIIN)
	w.Tick()
	return w
}

func (w *world) gost() testroom.Pen { return w.pens[profile.IndividualSignGOST512] }
func (w *world) rsa() testroom.Pen  { return w.pens[profile.IndividualSignRSA] }
func (w *world) auth() testroom.Pen { return w.pens[profile.IndividualAuthRSA] }

// serve opens the page; change, when not nil, changes what it is made from.
func (w *world) serve(change func(*verifyroom.Options)) *testroom.Reader {
	w.t.Helper()
	k, err := kit.New(kit.Options{
		Messages:  []*i18n.Bundle{verifyroom.Messages(), part.Messages(), page.Messages(), report.Messages()},
		Templates: []fs.FS{verifyroom.Templates(), part.Templates(), page.Templates()},
		Assets:    map[string]fs.FS{"verify": verifyroom.Assets(), "page": page.Assets()},
		BodyLimit: verifyroom.BodyLimit, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	o := verifyroom.Options{Kit: k, Clock: w.Clock, Anchors: w.Hierarchy.Anchors(), Fetcher: w.Responder()}
	for _, a := range w.Hierarchy.Authorities() {
		o.Intermediates = append(o.Intermediates, a.Certificate)
	}
	if change != nil {
		change(&o)
	}
	p, err := verifyroom.New(o)
	if err != nil {
		w.t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/assets/", k.Assets())
	mux.Handle("/", p.Handler())
	return testroom.Open(w.t, testroom.Serve(w.t, k.Middleware(mux)))
}

func (w *world) revoke(c registry.Certificate, act string, reason int) {
	w.t.Helper()
	ctx := context.Background()
	s, err := w.OperatorRevocationChallenge(ctx, w.op.IIN, c.Issuer, c.Serial, act, reason, "по заявлению", testroom.Origin, "ru")
	if err == nil {
		_, err = w.RevokeByOperator(ctx, w.op.IIN, s.Nonce, w.op.Sign.Sign(w.t, s.Text))
	}
	if err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) row(template string) registry.Certificate {
	for _, r := range w.rows {
		if r.Profile == template {
			return r
		}
	}
	w.t.Fatalf("no certificate of %s", template)
	return registry.Certificate{}
}

var contract = []byte("Договор № 7 о поставке воды в степь.")

func signature(b []byte) map[string]testroom.File {
	return map[string]testroom.File{"file": {Name: "contract.pdf.p7s", Body: b}}
}

func wants(t *testing.T, p *testroom.Page, status int, code string, sentences ...string) {
	t.Helper()
	if p.Status != status {
		t.Errorf("status %d, want %d", p.Status, status)
	}
	if got := p.Attr("#verdict", "data-verdict"); got != code {
		t.Errorf("verdict %q, want %q", got, code)
	}
	for _, s := range sentences {
		if !strings.Contains(p.Text(), s) {
			t.Errorf("the page does not say %q:\n%s", s, p.Text())
		}
	}
	if strings.Contains(string(p.Body), "⟦") {
		t.Error("a message is missing")
	}
}

func TestTheAnswersOfM9(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	at := cms.Options{SigningTime: w.Clock.Now()}
	attached := w.gost().SignAs(t, contract, at)
	altered := bytes.Replace(attached, []byte("№ 7"), []byte("№ 8"), 1)
	both, err := cms.AddSigner(rand.Reader, attached, nil, w.rsa().Key, w.rsa().Certificate, at)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		file []byte
		code string
		says []string
	}{
		{"GOST, attached", attached, "valid", []string{"действителен", "Подпись действительна", "ИБРАЕВА ӘЙГЕРІМ", "9001••••••15", "Не отозван. Источник: ответ OCSP", "Точка доверия", "по словам подписавшего", "время подписания ничем не доказано"}},
		{"RSA, attached", w.rsa().SignAs(t, contract, at), "valid", []string{"действителен", "RSA"}},
		{"as PEM", pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: attached}), "valid", nil},
		{"two signers", both, "valid", []string{"2 подписи, действительных: 2."}},
		{"another content", altered, "invalid", []string{"недействительная электронная подпись"}},
		{"a key for signing in", w.auth().SignAs(t, contract, at), "invalid", []string{"недействительная электронная подпись"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := b.Upload("/verify", signature(c.file), nil, nil)
			wants(t, p, 200, c.code, c.says...)
			if strings.Contains(p.Text(), testroom.PersonIIN) {
				t.Error("the page shows the whole IIN")
			}
		})
	}

	w.revoke(w.row(profile.IndividualSignGOST512), statement.Hold, 0)
	w.Tick()
	wants(t, b.Upload("/verify", signature(attached), nil, nil), 200, "invalid", "сертификат отозван", "Приостановлен:")
	w.revoke(w.row(profile.IndividualSignGOST512), statement.Revoke, 1)
	w.Tick()
	wants(t, b.Upload("/verify", signature(attached), nil, nil), 200, "invalid", "сертификат отозван", "Подпись недействительна", "Отозван: ")
	wants(t, b.Upload("/verify", signature(both), nil, nil), 200, "invalid", "2 подписи, действительных: 1.")

	w.Clock.Advance(400 * 24 * time.Hour)
	wants(t, b.Upload("/verify", signature(w.rsa().SignAs(t, contract, at)), nil, nil), 200, "invalid", "срок действия сертификата закончился или ещё не наступил")
}

func TestATrustThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	attached := w.rsa().SignAs(t, contract, cms.Options{})
	other := w.Hierarchy.Authority("gost").Certificate
	b := w.serve(func(o *verifyroom.Options) { o.Anchors, o.Intermediates = []*cert.Certificate{other}, nil })
	wants(t, b.Upload("/verify", signature(attached), nil, nil), 200, "open", "сертификат отсутствует в списке доверенных сертификатов")
}

type silence struct{}

func (silence) OCSP(context.Context, *cert.Certificate, *cert.Certificate) (*ocsp.Response, error) {
	return nil, errors.New("the network is down")
}

func (silence) CRL(context.Context, *cert.Certificate) (*crl.List, error) {
	return nil, errors.New("the network is down")
}

func TestWithoutAnAnswerTheStatusIsNotKnown(t *testing.T) {
	w := newWorld(t)
	attached := w.gost().SignAs(t, contract, cms.Options{})
	for name, f := range map[string]path.Fetcher{"the network is down": silence{}, "nobody is asked": nil} {
		t.Run(name, func(t *testing.T) {
			b := w.serve(func(o *verifyroom.Options) { o.Fetcher = f })
			wants(t, b.Upload("/verify", signature(attached), nil, nil), 200, "open", "не удалось проверить статус сертификата", "ответ не получен")
			wants(t, b.Upload("/verify", signature(w.gost().Certificate.Raw), nil, nil), 200, "open", "не удалось проверить статус сертификата")
		})
	}
}

func TestADetachedSignatureAsksForItsDocumentAndKeepsItself(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	detached := w.rsa().SignAs(t, contract, cms.Options{Detached: true, SigningTime: w.Clock.Now()})
	ask := b.Upload("/verify", signature(detached), nil, nil)
	wants(t, ask, 200, "", "Нужен подписанный документ", "contract.pdf.p7s", "выбирать её снова не нужно")
	form := ask.Form("/verify")
	kept := map[string]string{"signature": form.Get("signature"), "signature-name": form.Get("signature-name")}

	document := map[string]testroom.File{"content": {Name: "contract.pdf", Body: contract}}
	wants(t, b.Upload("/verify", document, kept, nil), 200, "valid", "contract.pdf.p7s")
	forged := map[string]testroom.File{"content": {Name: "contract.pdf", Body: append([]byte("x"), contract...)}}
	wants(t, b.Upload("/verify", forged, kept, nil), 200, "invalid", "недействительная электронная подпись")
	empty := map[string]testroom.File{"content": {Name: "empty.txt", Body: nil}}
	wants(t, b.Upload("/verify", empty, kept, nil), 200, "invalid")

	// With a script the document stays where it is.
	sum := sha256.Sum256(contract)
	hashed := map[string]string{"digest-sha256": hex.EncodeToString(sum[:])}
	local := b.Upload("/verify", signature(detached), hashed, nil)
	wants(t, local, 200, "valid", "Сам документ не передавался")
	hashed["digest-sha256"] = strings.Repeat("00", 32)
	wants(t, b.Upload("/verify", signature(detached), hashed, nil), 200, "invalid")

	gost := w.gost().SignAs(t, contract, cms.Options{Detached: true})
	streebog := alg.HashByName("kz-streebog-512")
	wants(t, b.Upload("/verify", signature(gost), map[string]string{"digest-kz-streebog-512": hex.EncodeToString(streebog.Sum(contract))}, nil), 200, "valid")
	// The digest of another algorithm says nothing.
	if p := b.Upload("/verify", signature(gost), map[string]string{"digest-sha256": hex.EncodeToString(sum[:])}, nil); p.Attr("#verdict", "data-verdict") == "valid" {
		t.Error("valid without a digest of its algorithm")
	}
}

func TestTheDocumentAndTheReportAreSaved(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	attached := w.gost().SignAs(t, contract, cms.Options{})
	p := b.Upload("/verify", signature(attached), nil, nil)
	data, ok := strings.CutPrefix(p.Attr("#save-content", "href"), "data:application/octet-stream;base64,")
	got, err := base64.StdEncoding.DecodeString(data)
	if !ok || err != nil || !bytes.Equal(got, contract) || p.Attr("#save-content", "download") != "contract.pdf" {
		t.Errorf("the document: %q, %v, named %q", got, err, p.Attr("#save-content", "download"))
	}
	data, ok = strings.CutPrefix(p.Attr("#save-report", "href"), "data:application/json;base64,")
	got, err = base64.StdEncoding.DecodeString(data)
	var rep verify.Report
	if !ok || err != nil || json.Unmarshal(got, &rep) != nil || !rep.Valid || rep.Signatures[0].Signer.IIN != testroom.PersonIIN {
		t.Errorf("the report: %s", got)
	}

	large := w.rsa().SignAs(t, bytes.Repeat([]byte("вода "), 300_000), cms.Options{})
	if p := b.Upload("/verify", signature(large), nil, nil); p.Attr("#save-content", "href") != "/verify/content" || len(p.Body) > 100_000 {
		t.Errorf("a large document: %q in a page of %d octets", p.Attr("#save-content", "href"), len(p.Body))
	}
	out := b.Upload("/verify/content", signature(large), nil, nil)
	if len(out.Body) != 9*300_000 || out.Header.Get("Content-Disposition") != `attachment; filename=contract.pdf` ||
		out.Header.Get("Content-Type") != "application/octet-stream" || out.Header.Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%d octets, %v", len(out.Body), out.Header)
	}
	detached := w.rsa().SignAs(t, contract, cms.Options{Detached: true})
	wants(t, b.Upload("/verify/content", signature(detached), nil, nil), 422, "", "документа в нём нет")
	wants(t, b.Upload("/verify/content", signature([]byte("text")), nil, nil), 422, "")
	wants(t, b.Get("/verify/content"), 200, "", "действительность подписи здесь не проверяется")
}

func TestACertificateIsJudged(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	leaf := w.gost().Certificate
	inPEM := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})
	wants(t, b.Upload("/verify", signature(leaf.Raw), nil, nil), 200, "valid", "действителен", "ИБРАЕВА ӘЙГЕРІМ", "9001••••••15", "Подпись документов", "Не отозван")
	wants(t, b.Upload("/verify", signature(inPEM), nil, nil), 200, "valid")
	wants(t, b.Upload("/verify", signature(w.auth().Certificate.Raw), nil, nil), 200, "valid", "Вход (аутентификация)")
	wants(t, b.Upload("/verify", signature(w.Hierarchy.Anchors()[0].Raw), nil, nil), 200, "valid", "сам стоит в списке доверенных", "Удостоверяющий центр")
	bent := bytes.Clone(leaf.Raw)
	bent[len(bent)-1] ^= 1
	wants(t, b.Upload("/verify", signature(bent), nil, nil), 200, "invalid")
	w.revoke(w.row(profile.IndividualSignGOST512), statement.Revoke, 1)
	w.Tick()
	wants(t, b.Upload("/verify", signature(leaf.Raw), nil, nil), 200, "invalid", "сертификат отозван", "Отозван: ")
}

func TestAProgramGetsJSON(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	ask := func(r *http.Request) { r.Header.Set("Accept", "application/json") }
	var rep verify.Report
	p := b.Upload("/verify", signature(w.rsa().SignAs(t, contract, cms.Options{Detached: true})), nil, ask)
	if err := json.Unmarshal(p.Body, &rep); err != nil || p.Status != 200 || rep.Valid || len(rep.Signatures) != 1 {
		t.Fatalf("%d %s: %v", p.Status, p.Body, err)
	}
	if s := rep.Signatures[0]; s.SubIndication != "SIGNED_DATA_NOT_FOUND" || len(s.Errors) == 0 || s.Errors[0].Text == "" {
		t.Errorf("%+v", s)
	}
	p = b.Upload("/verify", signature(w.gost().Certificate.Raw), nil, ask)
	var c struct {
		Valid bool
		Chain []verify.ChainEntry
	}
	if err := json.Unmarshal(p.Body, &c); err != nil || !c.Valid || len(c.Chain) != 3 {
		t.Errorf("%s: %v", p.Body, err)
	}
	p = b.Upload("/verify", signature([]byte("text")), nil, ask)
	if p.Status != 400 || !strings.Contains(string(p.Body), `"verify.not-a-signature"`) {
		t.Errorf("%d %s", p.Status, p.Body)
	}
}

func TestHostileUploads(t *testing.T) {
	w := newWorld(t)
	b := w.serve(func(o *verifyroom.Options) {})
	nested := bytes.Repeat([]byte{0x30, 0x80}, 1<<20)
	for _, c := range []struct {
		name   string
		files  map[string]testroom.File
		fields map[string]string
		status int
		says   string
	}{
		{"nothing", nil, map[string]string{"x": "y"}, 422, "Файл не выбран"},
		{"an empty file", signature(nil), nil, 422, "Файл не выбран"},
		{"a text", signature([]byte("просто текст")), nil, 422, ""},
		{"a million open sequences", signature(nested), nil, 422, ""},
		{"base64 that is none", nil, map[string]string{"signature": "%%%"}, 422, "Файл не выбран"},
		{"a digest of the wrong length", signature(w.rsa().SignAs(t, contract, cms.Options{Detached: true})), map[string]string{"digest-sha256": "00"}, 422, "Отпечаток документа"},
		{"a digest that is no number", signature(w.rsa().SignAs(t, contract, cms.Options{Detached: true})), map[string]string{"digest-sha256": "zz"}, 422, "Отпечаток документа"},
		{"a field that no person sees", signature(w.rsa().SignAs(t, contract, cms.Options{})), map[string]string{"homepage": "http://spam.example"}, 422, "должно быть пустым"},
		{"more than is taken", signature(make([]byte, verifyroom.MaxBody+1)), nil, 413, "Файлы больше 32 МБ"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := b.Upload("/verify", c.files, c.fields, nil)
			wants(t, p, c.status, "", c.says)
			if !p.Has("#verify") {
				t.Error("the form is not there to try again")
			}
		})
	}
	t.Run("a hostile name of a file", func(t *testing.T) {
		p := b.Upload("/verify", map[string]testroom.File{"file": {Name: "../../\u202efdp.\"><script>alert(1)</script>.p7s", Body: w.rsa().SignAs(t, contract, cms.Options{})}}, nil, nil)
		wants(t, p, 200, "valid")
		if strings.Contains(string(p.Body), "<script>alert") || strings.Contains(string(p.Body), "\u202e") || strings.Contains(p.Attr("#save-content", "download"), "/") {
			t.Errorf("the name gets through: %q", p.Attr("#save-content", "download"))
		}
	})
	t.Run("from another site", func(t *testing.T) {
		for _, path := range []string{"/verify", "/verify/content"} {
			for header, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
				p := b.Upload(path, signature(w.rsa().SignAs(t, contract, cms.Options{})), nil, func(r *http.Request) { r.Header.Set(header, value) })
				wants(t, p, 403, "", "с другого сайта")
			}
		}
	})
}

func TestWhoAsksTooOftenWaits(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	for range 30 {
		if p := b.Upload("/verify", nil, map[string]string{"x": "y"}, nil); p.Status != 422 {
			t.Fatalf("status %d", p.Status)
		}
	}
	p := b.Upload("/verify", nil, map[string]string{"x": "y"}, nil)
	wants(t, p, 503, "", "слишком часто")
	if p.Header.Get("Retry-After") == "" {
		t.Error("and is not told when")
	}
	w.Clock.Advance(time.Minute)
	wants(t, b.Upload("/verify", nil, map[string]string{"x": "y"}, nil), 422, "")
}

func TestThePageSpeaksThreeLanguages(t *testing.T) {
	w := newWorld(t)
	b := w.serve(nil)
	attached := w.gost().SignAs(t, contract, cms.Options{SigningTime: w.Clock.Now()})
	detached := w.gost().SignAs(t, contract, cms.Options{Detached: true})
	for lang, word := range map[string]string{"kk": "Қолтаңба", "ru": "Подпись", "en": "signature"} {
		b.Lang = lang
		for _, p := range []*testroom.Page{b.Get("/verify"), b.Upload("/verify", signature(attached), nil, nil), b.Upload("/verify", signature(detached), nil, nil),
			b.Upload("/verify", signature(w.gost().Certificate.Raw), nil, nil), b.Get("/verify/content")} {
			if p.Status != 200 || strings.Contains(string(p.Body), "⟦") {
				t.Errorf("%s: %d %s", lang, p.Status, p.Text())
			}
		}
		if p := b.Upload("/verify", signature(attached), nil, nil); !strings.Contains(p.Text(), word) {
			t.Errorf("%s: %s", lang, p.Text())
		}
	}
}
