package provider_test

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testca"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/sign"
	"github.com/senim-pki/senim/web/page/provider"
)

const (
	password = "qwerty12"
	number   = "4P7K92MXQ3HD8TZWBN5R"
	auth     = "individual-auth-rsa"
	gost     = "individual-sign-gost512"
	signRSA  = "individual-sign-rsa"
)

var person = testca.Person{Name: "ТЕСТОВ ТЕСТ", IIN: "123456789011"}

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	if err == nil || fail.CodeOf(err) != code {
		t.Errorf("error %v, want code %s", err, code)
	}
}

// browserKey is an RSA key as WebCrypto exports it.
func browserKey(t *testing.T) []byte {
	t.Helper()
	key, err := alg.GenerateKey(rand.Reader, alg.KindByName("rsa"), 2048)
	if err != nil {
		t.Fatal(err)
	}
	b, err := key.MarshalPKCS8()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func makeKeys(t *testing.T, profiles ...string) provider.Made {
	t.Helper()
	var wanted []provider.Wanted
	for _, p := range profiles {
		w := provider.Wanted{Profile: p}
		if strings.HasSuffix(p, "-rsa") {
			w.PKCS8 = browserKey(t)
		}
		wanted = append(wanted, w)
	}
	made, err := provider.Make(rand.Reader, password, wanted)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range wanted {
		if bytes.Count(w.PKCS8, []byte{0}) != len(w.PKCS8) {
			t.Errorf("the export of %s's key was not zeroed", w.Profile)
		}
	}
	return made
}

func open(t *testing.T, container []byte) *provider.Ring {
	t.Helper()
	r, err := provider.Open(container, password)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func requests(t *testing.T, made provider.Made, profiles ...string) map[string]string {
	t.Helper()
	list, err := open(t, made.Container).Requests(rand.Reader, number, profiles, made.KeyIDs)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]string{}
	for i, p := range profiles {
		out[p] = base64.StdEncoding.EncodeToString(list[i])
	}
	return out
}

func TestKeysAreMadeCertifiedInstalledAndSign(t *testing.T) {
	ca := testca.New(t, "kz-gost-2015-512")
	profiles := []string{auth, gost, signRSA}
	made := makeKeys(t, profiles...)
	asked := requests(t, made, profiles...)
	for profile, text := range asked {
		raw, _ := base64.StdEncoding.DecodeString(text)
		q, err := cert.ParseRequest(raw)
		if err != nil {
			t.Fatalf("%s: %v", profile, err)
		}
		if err := q.CheckSignature(); err != nil {
			t.Errorf("%s: %v", profile, err)
		}
		if len(q.Subject) != 1 || q.Subject.Get(oid.CommonName) != number {
			t.Errorf("%s: subject %v says more than the number", profile, q.Subject)
		}
		if e := cert.Find(q.Extensions, oid.KZKeyStore); e == nil || hex.EncodeToString(e.Value) != "300a06082a830e0303050101" {
			t.Errorf("%s: no KeyStoreInfo of a PKCS#12 file", profile)
		}
	}
	answer := ca.Answer(t, person, asked)
	for _, form := range []keyfile.Form{keyfile.National, keyfile.Modern} {
		files, err := open(t, made.Container).Install(rand.Reader, answer, password, form)
		if err != nil {
			t.Fatal(err)
		}
		if len(files) != 3 {
			t.Fatalf("%d files", len(files))
		}
		for i, prefix := range []string{"AUTH_RSA256_", "GOST512_", "RSA256_"} {
			f := files[i]
			if !strings.HasPrefix(f.Name, prefix) || f.Key.Owner != person.Name || f.Key.IIN != person.IIN || !f.Key.Certified {
				t.Errorf("file %s of %+v", f.Name, f.Key)
			}
			sign := open(t, f.Container)
			purpose := provider.Signing
			if i == 0 {
				purpose = provider.Authentication
			}
			at, err := sign.Choose(purpose, time.Now())
			if err != nil || len(at) != 1 {
				t.Fatalf("%s: %v, %v", f.Name, at, err)
			}
			const text = "Мен өтінімді растаймын\r\nвторая строка\n"
			signed, err := sign.SignStatement(rand.Reader, at[0], purpose, text, time.Now())
			if err != nil {
				t.Fatal(err)
			}
			m := parse(t, signed)
			if string(m.Content) != text {
				t.Errorf("%s: content %q", f.Name, m.Content)
			}
			if c := m.Check(0, nil, nil); !c.Good() {
				t.Errorf("%s: %+v", f.Name, c.Findings)
			}
		}
	}
}

func parse(t *testing.T, b []byte) *cms.Message {
	t.Helper()
	m, err := cms.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestADetachedSignatureIsMadeFromPieces(t *testing.T) {
	r := certified(t, testca.New(t, "p256"), entry{gost, testca.Year})
	document := bytes.Repeat([]byte("сенім "), 100_000)
	h, err := r.NewDigest(0)
	if err != nil {
		t.Fatal(err)
	}
	for piece := range bytes.Lines(bytes.ReplaceAll(document, []byte("с"), []byte("с\n"))) {
		h.Write(piece)
	}
	h.Reset()
	h.Write(document[:70_000])
	h.Write(document[70_000:])
	signed, err := r.SignDigest(rand.Reader, 0, h.Sum(nil), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	m := parse(t, signed)
	if !m.Detached {
		t.Error("the content is inside")
	}
	if c := m.Check(0, document, nil); !c.Good() {
		t.Errorf("%+v", c.Findings)
	}

	d, err := provider.NewDigests(signed)
	if err != nil {
		t.Fatal(err)
	}
	d.Write(document[:1])
	d.Write(document[1:])
	names, values := d.Sums()
	if len(names) != 1 {
		t.Fatalf("digests %v", names)
	}
	want := alg.HashByName(names[0]).Sum(document)
	if values[0] != hex.EncodeToString(want) {
		t.Errorf("%s: %s", names[0], values[0])
	}
	if c := m.CheckDigest(0, func(*alg.Hash) ([]byte, error) { return want, nil }, nil); !c.Good() {
		t.Errorf("%+v", c.Findings)
	}
}

func TestWhatIsNoSignatureGivesNoDigests(t *testing.T) {
	for _, b := range [][]byte{nil, []byte("%PDF-1.7"), {0x30, 0x80}} {
		_, err := provider.NewDigests(b)
		wantCode(t, err, provider.CodeNoSignature)
	}
}

func TestMakeRefusesAWeakPasswordBeforeMakingAKey(t *testing.T) {
	for _, p := range []string{"", "short", "пароль12", "qwertyui", "12345678"} {
		key := browserKey(t)
		_, err := provider.Make(noRandom{t}, p, []provider.Wanted{{Profile: auth, PKCS8: key}})
		wantCode(t, err, provider.CodePassword)
		if sha256.Sum256(key) != sha256.Sum256(make([]byte, len(key))) {
			t.Error("the refused key was not zeroed")
		}
	}
}

type noRandom struct{ t *testing.T }

func (n noRandom) Read(p []byte) (int, error) {
	n.t.Error("random numbers were used")
	return rand.Read(p)
}

func TestMakeRefuses(t *testing.T) {
	p256, err := alg.GenerateKey(rand.Reader, alg.KindByName("p256"), 0)
	if err != nil {
		t.Fatal(err)
	}
	other, err := p256.MarshalPKCS8()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name   string
		wanted []provider.Wanted
		code   string
	}{
		{"an unknown profile", []provider.Wanted{{Profile: "individual-sign-sm2"}}, provider.CodeProfile},
		{"an empty profile", []provider.Wanted{{}}, provider.CodeProfile},
		{"no key at all", nil, ""},
		{"too many keys", make([]provider.Wanted, 9), ""},
		{"a key of another kind", []provider.Wanted{{Profile: auth, PKCS8: other}}, ""},
		{"no key in the octets", []provider.Wanted{{Profile: auth, PKCS8: []byte("x")}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := provider.Make(rand.Reader, password, c.wanted)
			wantCode(t, err, c.code)
		})
	}
}

func TestOpenTellsWhatIsWrong(t *testing.T) {
	made := makeKeys(t, gost)
	broken := bytes.Clone(made.Container)
	broken[len(broken)/2] ^= 1
	for _, c := range []struct {
		name      string
		container []byte
		password  string
		code      string
	}{
		{"another password", made.Container, "qwerty13", provider.CodeWrongPassword},
		{"the password in another layout", made.Container, "йцукен12", provider.CodeWrongPassword},
		{"a picture", []byte("\x89PNG\r\n\x1a\n"), password, provider.CodeDamaged},
		{"nothing", nil, password, provider.CodeDamaged},
		{"half of the file", made.Container[:len(made.Container)/2], password, provider.CodeDamaged},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := provider.Open(c.container, c.password)
			wantCode(t, err, c.code)
		})
	}
	if _, err := provider.Open(broken, password); err == nil {
		t.Error("a bent container opens")
	}
}

func TestRequestsRefuseOtherFiles(t *testing.T) {
	made, other := makeKeys(t, gost), makeKeys(t, gost)
	ca := testca.New(t, "p256")
	installed, err := open(t, made.Container).Install(rand.Reader, ca.Answer(t, person, requests(t, made, gost)), password, keyfile.Modern)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name      string
		container []byte
		profiles  []string
		ids       []string
		code      string
	}{
		{"keys made another time", other.Container, []string{gost}, made.KeyIDs, provider.CodeOtherKeys},
		{"a key that is not there", made.Container, []string{gost, auth}, nil, provider.CodeNotAllKeys},
		{"an installed file", installed[0].Container, []string{gost}, nil, provider.CodeInstalledAlready},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, c.container).Requests(rand.Reader, number, c.profiles, c.ids)
			wantCode(t, err, c.code)
		})
	}
	if _, err := open(t, other.Container).Requests(rand.Reader, "", []string{gost}, nil); err != nil {
		t.Errorf("after a reload, when the page knows no identifiers: %v", err)
	}
}

func TestInstallRefuses(t *testing.T) {
	ca := testca.New(t, "p256")
	made, other := makeKeys(t, auth, gost), makeKeys(t, gost)
	asked := requests(t, made, auth, gost)
	half := ca.Answer(t, person, map[string]string{auth: asked[auth]})
	more := append(ca.Answer(t, person, asked), ca.Answer(t, person, requests(t, other, gost))...)
	for _, c := range []struct {
		name         string
		certificates []byte
		code         string
	}{
		{"no certificates", []byte("<!DOCTYPE html>"), provider.CodeCertificates},
		{"those of another application", ca.Answer(t, person, requests(t, other, gost)), provider.CodeOtherApplication},
		{"only some", half, provider.CodeNotAllKeys},
		{"one whose key is elsewhere", more, provider.CodeNotAllKeys},
		{"only the authority's own", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: ca.Certificate.Raw}), provider.CodeOtherApplication},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := open(t, made.Container).Install(rand.Reader, c.certificates, password, keyfile.National)
			wantCode(t, err, c.code)
		})
	}
}

type entry struct {
	profile string
	term    testca.Term
}

// certified is the ring of a container with keys and certificates. "plain" is a key without one.
func certified(t *testing.T, ca *testca.CA, entries ...entry) *provider.Ring {
	t.Helper()
	var out []keyfile.Entry
	for _, e := range entries {
		kind := "kz-gost-2015-512"
		if strings.HasSuffix(e.profile, "-rsa") {
			kind = "rsa"
		}
		key, err := alg.GenerateKey(rand.Reader, alg.KindByName(kind), 0)
		if err != nil {
			t.Fatal(err)
		}
		public, err := key.Public()
		if err != nil {
			t.Fatal(err)
		}
		k := keyfile.Entry{Key: key}
		if e.profile != "plain" {
			k.Certificate = ca.Issue(t, public.SPKI, person, strings.Contains(e.profile, "auth"), e.term)
		}
		out = append(out, k)
	}
	container, err := keyfile.Write(rand.Reader, keyfile.Modern, password, out...)
	if err != nil {
		t.Fatal(err)
	}
	return open(t, container)
}

func TestChooseFindsTheKeyOrSaysWhy(t *testing.T) {
	ca := testca.New(t, "p256")
	past := testca.Term{From: -48 * time.Hour, To: -24 * time.Hour}
	future := testca.Term{From: 24 * time.Hour, To: 48 * time.Hour}
	for _, c := range []struct {
		name    string
		entries []entry
		purpose provider.Purpose
		want    int // how many
		code    string
	}{
		{"a signing key", []entry{{auth, testca.Year}, {gost, testca.Year}}, provider.Signing, 1, ""},
		{"two signing keys", []entry{{gost, testca.Year}, {signRSA, testca.Year}}, provider.Signing, 2, ""},
		{"an expired one beside a valid one", []entry{{gost, past}, {gost, testca.Year}}, provider.Signing, 1, ""},
		{"an authentication key", []entry{{auth, testca.Year}, {gost, testca.Year}}, provider.Authentication, 1, ""},
		{"an authentication key for a document", []entry{{auth, testca.Year}}, provider.Signing, 0, sign.AuthenticationKey},
		{"a signing key to sign in", []entry{{gost, testca.Year}}, provider.Authentication, 0, provider.CodeNoAuthentication},
		{"an expired signing key", []entry{{gost, past}}, provider.Signing, 0, sign.Expired},
		{"an expired authentication key", []entry{{auth, past}}, provider.Authentication, 0, sign.Expired},
		{"one that isn't valid yet", []entry{{gost, future}}, provider.Signing, 0, sign.NotYetValid},
		{"an expired signing key beside an authentication key", []entry{{auth, testca.Year}, {gost, past}}, provider.Signing, 0, sign.Expired},
		{"keys that wait for certificates", []entry{{"plain", testca.Year}}, provider.Signing, 0, provider.CodeNoCertificate},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := certified(t, ca, c.entries...).Choose(c.purpose, time.Now())
			if len(got) != c.want {
				t.Errorf("%d keys, want %d", len(got), c.want)
			}
			if c.code != "" {
				wantCode(t, err, c.code)
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAKeyForSigningInSignsNoDocument(t *testing.T) {
	r := certified(t, testca.New(t, "p256"), entry{auth, testca.Year}, entry{gost, testca.Year})
	_, err := r.Sign(rand.Reader, 0, []byte("x"), time.Now())
	wantCode(t, err, sign.AuthenticationKey)
	_, err = r.SignStatement(rand.Reader, 1, provider.Authentication, "x", time.Now())
	wantCode(t, err, provider.CodeNoAuthentication)
	for _, i := range []int{-1, 2} {
		if _, err := r.Sign(rand.Reader, i, nil, time.Now()); err == nil {
			t.Errorf("key %d of two signs", i)
		}
	}
	r.Forget()
	if _, err := r.Sign(rand.Reader, 1, []byte("x"), time.Now()); err == nil {
		t.Error("a forgotten key signs")
	}
}

func FuzzNewDigests(f *testing.F) {
	f.Add([]byte{0x30, 0x80, 0, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		if d, err := provider.NewDigests(b); err == nil {
			d.Write(b)
			d.Sums()
		}
	})
}
