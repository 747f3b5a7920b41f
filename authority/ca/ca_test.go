package ca_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/path"
)

var (
	secret     = []byte("қар жауғанда ашылады")
	rootSecret = []byte("the roots lie in a safe")
	now        = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
)

// config has short RSA keys: long ones cost seconds and prove nothing more.
func config() ca.Config {
	c := ca.DemoConfig()
	c.Demo, c.Name = false, "Test authority"
	for i := range c.Roots {
		c.Roots[i].Bits = min(c.Roots[i].Bits, 2048)
	}
	c.AddEC()
	return c
}

func options(t testing.TB, c ca.Config) ca.InitOptions {
	dir := t.TempDir()
	return ca.InitOptions{
		Data: filepath.Join(dir, "data"), RootDir: filepath.Join(dir, "root"), Config: c,
		Secret: secret, RootSecret: rootSecret, Rand: rand.Reader, Now: now,
	}
}

// made is one hierarchy that tests work on copies of: to protect the roots' key files takes seconds, as it should.
var made string

func TestMain(m *testing.M) {
	var err error
	if made, err = os.MkdirTemp("", "senim-ca-"); err != nil {
		panic(err)
	}
	o := ca.InitOptions{
		Data: filepath.Join(made, "data"), RootDir: filepath.Join(made, "root"), Config: config(),
		Secret: secret, RootSecret: rootSecret, Rand: rand.Reader, Now: now,
	}
	code := 1
	if _, err = ca.Init(o); err == nil {
		code = m.Run()
	} else {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	if err := os.RemoveAll(made); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
	}
	os.Exit(code)
}

func initialise(t testing.TB) ca.InitOptions {
	t.Helper()
	o := options(t, config())
	for from, to := range map[string]string{"data": o.Data, "root": o.RootDir} {
		if err := os.CopyFS(to, os.DirFS(filepath.Join(made, from))); err != nil {
			t.Fatal(err)
		}
	}
	return o
}

func TestAHierarchyIsMadeAndOpened(t *testing.T) {
	o := initialise(t)
	h, err := ca.Open(o.Data, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, root, kind string }{{"gost", "root_gost", "kz-gost-2015-512"}, {"rsa", "root_rsa", "rsa"}, {"ec", "root_rsa", "p256"}} {
		t.Run(c.name, func(t *testing.T) {
			a := h.Authority(c.name)
			if a == nil || a.Certificate.PublicKey.Kind.Name != c.kind {
				t.Fatalf("authority %+v", a)
			}
			public, err := a.Key.Public()
			if err != nil || !public.Equal(a.Certificate.PublicKey) {
				t.Errorf("the key is not that of the certificate: %v", err)
			}
			if a.Responder.Certificate.CheckSignature(a.Certificate.PublicKey) != nil || !a.Responder.Certificate.OCSPNoCheck {
				t.Error("the responder is not one of this authority")
			}
			if got := a.Certificate.CRLURLs; len(got) != 1 || got[0] != "http://127.0.0.1:8080/crl/"+c.root+".crl" {
				t.Errorf("list of the root at %v", got)
			}
			if a.URLs.CRL != "http://127.0.0.1:8080/crl/"+c.name+".crl" || a.URLs.OCSP != "http://127.0.0.1:8080/ocsp" {
				t.Errorf("addresses %+v", a.URLs)
			}
			if n := len(a.Certificate.Serial); n != 20 || a.Certificate.Serial[0] < 0x10 || a.Certificate.Serial[0] > 0x7f {
				t.Errorf("serial %x", a.Certificate.Serial)
			}
			for _, p := range a.Certificate.Policies {
				if !p.OID.Under("2.25") {
					t.Errorf("policy %s", p.OID)
				}
			}
			for _, leaf := range []*cert.Certificate{a.Certificate, a.Responder.Certificate} {
				r := path.Validate(context.Background(), path.Input{Leaf: leaf, Intermediates: h.Intermediates(), Anchors: h.Anchors(), Time: now})
				if !r.Valid() {
					t.Errorf("%s: %v", leaf.CommonName(), r.Findings)
				}
			}
		})
	}
	for _, r := range h.Roots() {
		list, err := crl.Parse(r.List)
		if err != nil || list.CheckSignature(r.Certificate.PublicKey) != nil || len(list.Entries) != 0 {
			t.Errorf("list of %s: %v", r.Name, err)
		}
	}
	for template, want := range map[string]string{
		profile.IndividualAuthRSA: "rsa", profile.IndividualSignGOST512: "gost", profile.OperatorSignGOST512: "gost", profile.IndividualSignP256: "ec",
	} {
		if a := h.Issuer(template); a == nil || a.Name != want {
			t.Errorf("%s is issued by %v", template, a)
		}
	}
	if h.Issuer(profile.Root) != nil {
		t.Error("somebody issues roots")
	}
	if !strings.HasPrefix(h.LogKey(), "PRIVATE+KEY+senim.test/audit+") || !strings.HasPrefix(h.LogVerifier(), "senim.test/audit+") {
		t.Error("no key of the log")
	}
	sealed, err := h.Seal(rand.Reader, "totp 1", []byte("x"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Unseal("totp 2", sealed); err == nil {
		t.Error("a value sealed for one use opened for another")
	}
	again, err := ca.Open(o.Data, secret)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := again.Unseal("totp 1", sealed); err != nil || string(b) != "x" {
		t.Errorf("after a restart: %q, %v", b, err)
	}
}

func TestAnIssuingKeyOfRSAHas2048BitsAnd4096ByOption(t *testing.T) {
	long := options(t, config())
	for i := range long.Config.Authorities {
		if long.Config.Authorities[i].Name == "rsa" {
			long.Config.Authorities[i].Bits = 4096
		}
	}
	if _, err := ca.Init(long); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		o    ca.InitOptions
		bits int
	}{{initialise(t), 2048}, {long, 4096}} {
		h, err := ca.Open(c.o.Data, secret)
		if err != nil {
			t.Fatal(err)
		}
		if got := h.Authority("rsa").Certificate.View().Key.Bits; got != c.bits {
			t.Errorf("a key of %d bits, want %d", got, c.bits)
		}
	}
}

func TestNothingOfTheRootsAndNoPlainKeyLiesInTheData(t *testing.T) {
	h, err := ca.Open(filepath.Join(made, "data"), secret)
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(made, func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]; info.Mode().Perm() != want {
			t.Errorf("%s has mode %o", d.Name(), info.Mode().Perm())
		}
		if d.IsDir() {
			return nil
		}
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		if bytes.Contains(b, []byte(h.LogKey())) || bytes.Contains(b, secret) {
			t.Errorf("%s holds a secret", d.Name())
		}
		if strings.HasSuffix(p, ".p12") {
			if _, err := keyfile.Open(b, ""); !errors.Is(err, keyfile.ErrWrongPassword) {
				t.Errorf("%s opens without a password: %v", d.Name(), err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	o := initialise(t)
	dir := filepath.Join(o.Data, "ca")
	copyOf := func(t *testing.T, from, to string) {
		t.Helper()
		b, err := os.ReadFile(from)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to, b, 0o600); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.Remove(to) })
	}
	swap := func(t *testing.T, name, with string) {
		t.Helper()
		old, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := os.WriteFile(filepath.Join(dir, name), old, 0o600); err != nil {
				t.Fatal(err)
			}
		})
		b := []byte(with)
		if strings.HasSuffix(with, ".cer") || strings.HasSuffix(with, ".p12") {
			if b, err = os.ReadFile(filepath.Join(dir, with)); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		name   string
		bend   func(t *testing.T)
		secret []byte
		code   string
	}{
		{"another secret", func(t *testing.T) {}, []byte("another secret"), "ca.secret-wrong"},
		{"no secret", func(t *testing.T) {}, nil, "ca.secret-wrong"},
		{"a root's key in the data", func(t *testing.T) {
			copyOf(t, filepath.Join(o.RootDir, "root_rsa.p12"), filepath.Join(o.Data, "root_rsa.p12"))
		}, secret, "ca.root-present"},
		{"a root's key under another name", func(t *testing.T) {
			copyOf(t, filepath.Join(o.RootDir, "root_gost.p12"), filepath.Join(dir, "notes.txt"))
		}, secret, "ca.root-present"},
		{"a swapped certificate", func(t *testing.T) { swap(t, "rsa.cer", "gost.cer") }, secret, "ca.damaged"},
		{"a swapped key file", func(t *testing.T) { swap(t, "rsa.p12", "gost.p12") }, secret, "ca.damaged"},
		{"a swapped root", func(t *testing.T) { swap(t, "root_rsa.cer", "root_gost.cer") }, secret, "ca.damaged"},
		{"a damaged configuration", func(t *testing.T) { swap(t, "hierarchy.json", "{") }, secret, "ca.damaged"},
		{"an unlock that asks for all memory", func(t *testing.T) {
			swap(t, "unlock.json", `{"kdf":"argon2id","time":1,"memory":4294967295,"threads":1,"salt":"MTIzNDU2Nzg5MDEyMzQ1Ng==","sealed":""}`)
		}, secret, "ca.damaged"},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.bend(t)
			h, err := ca.Open(o.Data, c.secret)
			if h != nil || fail.CodeOf(err) != c.code {
				t.Errorf("answered %v, want %s", err, c.code)
			}
			if c.code == "ca.root-present" && !errors.Is(err, ca.ErrRootKeyPresent) {
				t.Error("it is not ErrRootKeyPresent")
			}
		})
	}
	if _, err := ca.Open(t.TempDir(), secret); fail.CodeOf(err) != "ca.absent" {
		t.Errorf("an empty folder: %v", err)
	}
	if _, err := ca.Open(o.Data, secret); err != nil {
		t.Errorf("the good one does not open any more: %v", err)
	}
}

func TestInitRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(o *ca.InitOptions)
		code string
	}{
		{"a root folder inside the data", func(o *ca.InitOptions) { o.RootDir = filepath.Join(o.Data, "root") }, "ca.root-inside"},
		{"the data folder itself", func(o *ca.InitOptions) { o.RootDir = o.Data }, "ca.root-inside"},
		{"a root folder inside, by way of dots", func(o *ca.InitOptions) { o.RootDir = o.RootDir + "/../data/x" }, "ca.root-inside"},
		{"no root folder", func(o *ca.InitOptions) { o.RootDir = "" }, "ca.folder"},
		{"a short secret", func(o *ca.InitOptions) { o.Secret = []byte("1234567") }, "ca.secret-short"},
		{"no secret for the roots", func(o *ca.InitOptions) { o.RootSecret = nil }, "ca.secret-short"},
		{"the name of the national root", func(o *ca.InitOptions) {
			o.Config.Roots[0].CommonName = "НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ (GOST) 2022"
		}, "ca.real-name"},
		{"the name of the national authority, in small letters and inside another", func(o *ca.InitOptions) {
			o.Config.Authorities[0].CommonName = "Жаңа Ұлттық  куәландырушы орталық"
		}, "ca.real-name"},
		{"that name with Latin letters in it", func(o *ca.InitOptions) { o.Config.Authorities[0].CommonName = "HУЦ PK (GOST)" }, "ca.real-name"},
		{"that name with an invisible letter in it", func(o *ca.InitOptions) { o.Config.Name = "НУЦ\u200b РК" }, "ca.real-name"},
		{"the national policy", func(o *ca.InitOptions) { o.Config.Authorities[0].Policy = oid.KZNCAPolicy }, "ca.real-oid"},
		{"a policy under the national one", func(o *ca.InitOptions) { o.Config.TSAPolicy = "1.2.398.3.3.2.6.9" }, "ca.real-oid"},
		{"the policy of the national root", func(o *ca.InitOptions) { o.Config.Roots[1].Policy = oid.KZRootPolicy }, "ca.real-oid"},
		{"a line break in the name of an authority", func(o *ca.InitOptions) { o.Config.Authorities[0].CommonName = "ERTIS\nCA" }, "ca.name"},
		{"no policy", func(o *ca.InitOptions) { o.Config.Roots[1].Policy = "" }, "ca.policy"},
		{"the addresses of the national authority", func(o *ca.InitOptions) { o.Config.URL = "http://test.pki.gov.kz" }, "ca.real-host"},
		{"addresses that need another certificate", func(o *ca.InitOptions) { o.Config.URL = "https://ca.example.kz" }, "ca.url"},
		{"a demo whose names do not say TEST", func(o *ca.InitOptions) {
			o.Config.Demo = true
			o.Config.Roots[0].CommonName = "SENIM ROOT"
		}, "ca.demo-name"},
		{"a name that is no file name", func(o *ca.InitOptions) { o.Config.Authorities[0].Name = "../rsa" }, "ca.short-name"},
		{"two authorities of one name", func(o *ca.InitOptions) { o.Config.Authorities[0].Name = "rsa" }, "ca.short-name"},
		{"an authority without a root", func(o *ca.InitOptions) { o.Config.Authorities[0].Root = "x" }, "ca.no-root"},
		{"an RSA key of 1024 bits", func(o *ca.InitOptions) { o.Config.Authorities[1].Bits = 1024 }, "ca.bits"},
		{"an unknown algorithm", func(o *ca.InitOptions) { o.Config.Roots[0].Scheme = "md5" }, "ca.scheme"},
		{"an authority that outlives its root", func(o *ca.InitOptions) { o.Config.Authorities[0].Years = 21 }, "ca.years"},
		{"a template that is nobody's to issue", func(o *ca.InitOptions) { o.Config.Authorities[0].Templates = []string{profile.Root} }, "ca.template"},
		{"a template of two authorities", func(o *ca.InitOptions) { o.Config.Authorities[0].Templates = []string{profile.IndividualAuthRSA} }, "ca.template-doubled"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := options(t, config())
			c.bend(&o)
			_, err := ca.Init(o)
			if !fail.Is(err, fail.Invalid) {
				t.Fatalf("answered %v", err)
			}
			var fields fail.Fields
			if errors.As(err, &fields) {
				if !slices.ContainsFunc(fields, func(f fail.Field) bool { return f.Code == c.code }) {
					t.Errorf("answered %v, want %s", err, c.code)
				}
			} else if fail.CodeOf(err) != c.code {
				t.Errorf("answered %v, want %s", err, c.code)
			}
			if _, err := os.Stat(filepath.Join(o.Data, "ca")); err == nil {
				t.Error("it left a folder, and a second attempt would find it taken")
			}
		})
	}
}

func TestInitNeverWritesOverAHierarchy(t *testing.T) {
	o := initialise(t)
	before, err := os.ReadFile(filepath.Join(o.Data, "ca", "gost.p12"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ca.Init(o); fail.CodeOf(err) != "ca.exists" {
		t.Errorf("the same folders: %v", err)
	}
	fresh := o
	fresh.Data = filepath.Join(t.TempDir(), "data")
	if _, err := ca.Init(fresh); fail.CodeOf(err) != "ca.exists" {
		t.Errorf("a root folder that holds keys: %v", err)
	}
	after, err := os.ReadFile(filepath.Join(o.Data, "ca", "gost.p12"))
	if err != nil || !bytes.Equal(before, after) {
		t.Errorf("a key file was changed: %v", err)
	}
}

func TestADemoKeepsEverythingInOneFolder(t *testing.T) {
	c := ca.DemoConfig()
	for i := range c.Roots {
		c.Roots[i].Bits = min(c.Roots[i].Bits, 2048)
	}
	o := options(t, c)
	o.RootDir, o.RootSecret = filepath.Join(o.Data, "ca", "roots"), nil
	if _, err := ca.Init(o); err != nil {
		t.Fatal(err)
	}
	h, err := ca.Open(o.Data, secret)
	if err != nil || !h.Demo() {
		t.Fatalf("didn't open: %v", err)
	}
	for _, x := range append(h.Anchors(), h.Intermediates()...) {
		if !strings.Contains(x.CommonName(), "TEST") {
			t.Errorf("%s doesn't say TEST", x.CommonName())
		}
	}
}

func TestAConfigOfOnesOwnIsSound(t *testing.T) {
	c, err := ca.NewConfig(rand.Reader, "Пример", "http://ca.example.kz/")
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Check(); err != nil {
		t.Errorf("refused: %v", err)
	}
	other, err := ca.NewConfig(rand.Reader, "Пример", "http://ca.example.kz")
	if err != nil || other.Roots[0].Policy == c.Roots[0].Policy {
		t.Errorf("two authorities have one policy: %v", err)
	}
}

func TestListsOfTheRootsAreRenewed(t *testing.T) {
	o := initialise(t)
	later := now.AddDate(0, 6, 0)
	if err := ca.RenewRootLists(rand.Reader, o.Data, o.RootDir, []byte("wrong wrong"), later, nil); fail.CodeOf(err) != "ca.secret-wrong" {
		t.Errorf("a wrong password: %v", err)
	}
	if err := ca.RenewRootLists(rand.Reader, o.Data, t.TempDir(), rootSecret, later, nil); fail.CodeOf(err) != "ca.no-root-key" {
		t.Errorf("an empty folder: %v", err)
	}
	if err := ca.RenewRootLists(rand.Reader, o.Data, o.RootDir, rootSecret, later, map[string]int{"x": 1}); fail.CodeOf(err) != "ca.no-authority" {
		t.Errorf("an unknown authority: %v", err)
	}
	if err := ca.RenewRootLists(rand.Reader, o.Data, o.RootDir, rootSecret, later, map[string]int{"rsa": 2}); err != nil {
		t.Fatal(err)
	}
	if err := ca.RenewRootLists(rand.Reader, o.Data, o.RootDir, rootSecret, later.AddDate(0, 0, 1), nil); err != nil {
		t.Fatal(err)
	}
	h, err := ca.Open(o.Data, secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range h.Roots() {
		list, err := crl.Parse(r.List)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(list.Number, []byte{3}) || !list.ThisUpdate.Equal(later.AddDate(0, 0, 1)) {
			t.Errorf("%s: number %x of %s", r.Name, list.Number, list.ThisUpdate)
		}
		_, revoked := list.Find(h.Authority("rsa").Certificate.Serial)
		if revoked != (r.Name == "root_rsa") {
			t.Errorf("%s: revoked is %v", r.Name, revoked)
		}
	}
}

func TestRespondersAreRenewed(t *testing.T) {
	o := initialise(t)
	before, err := ca.Open(o.Data, secret)
	if err != nil {
		t.Fatal(err)
	}
	if soon := before.Expiring(now, 30*24*time.Hour); len(soon) != 0 {
		t.Errorf("a new hierarchy ends soon: %v", soon)
	}
	later := now.AddDate(0, 11, 15)
	soon := before.Expiring(later, 30*24*time.Hour)
	for _, want := range []string{"gost-ocsp", "rsa-ocsp", "ec-ocsp", "root_gost.crl"} {
		if !slices.ContainsFunc(soon, func(e ca.Expiring) bool { return e.Name == want }) {
			t.Errorf("%s does not end soon: %v", want, soon)
		}
	}
	if err := ca.RenewResponders(rand.Reader, o.Data, []byte("another secret"), later); fail.CodeOf(err) != "ca.secret-wrong" {
		t.Errorf("another secret: %v", err)
	}
	if err := ca.RenewResponders(rand.Reader, o.Data, secret, later); err != nil {
		t.Fatal(err)
	}
	after, err := ca.Open(o.Data, secret)
	if err != nil {
		t.Fatal(err)
	}
	for i, a := range after.Authorities() {
		old := before.Authorities()[i]
		if !bytes.Equal(a.Certificate.Raw, old.Certificate.Raw) {
			t.Errorf("%s is another authority", a.Name)
		}
		if r := a.Responder.Certificate; r.PublicKey.Equal(old.Responder.Certificate.PublicKey) || !r.NotAfter.After(later.AddDate(0, 11, 0)) {
			t.Errorf("the responder of %s was not renewed", a.Name)
		}
		public, err := a.Responder.Key.Public()
		if err != nil || !public.Equal(a.Responder.Certificate.PublicKey) {
			t.Errorf("the responder of %s has another key: %v", a.Name, err)
		}
	}
	for _, e := range after.Expiring(later, 30*24*time.Hour) {
		if strings.HasSuffix(e.Name, "-ocsp") {
			t.Errorf("%s ends soon all the same", e.Name)
		}
	}
}

// A start pays for one slow derivation and the opening of every key file.
func BenchmarkOpen(b *testing.B) {
	for b.Loop() {
		if _, err := ca.Open(filepath.Join(made, "data"), secret); err != nil {
			b.Fatal(err)
		}
	}
}
