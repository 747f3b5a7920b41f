package keyfile

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
)

// nationalFiles are the 46 containers of the national authority's test sets, with their passwords (testdata/kz/README.md).
func nationalFiles(t testing.TB) map[string]string {
	t.Helper()
	files := map[string]string{}
	for _, folder := range []string{"gost512-sdk2026", "gost512-test2022", "legacy"} {
		for _, file := range testdata.Glob(t, "kz", "p12", folder, "*.p12") {
			password := "Qwerty12"
			if name := filepath.Base(file); strings.HasPrefix(name, "GOST512_8ff06211") || name == "KEY_CEO_REVOKED_2015.p12" {
				password = "Aa123456"
			}
			files[file] = password
		}
	}
	return files
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestEveryNationalContainerOpensToAKeyAndItsCertificate(t *testing.T) {
	files := nationalFiles(t)
	if len(files) != 46 {
		t.Fatalf("found %d containers, want 46", len(files))
	}
	for file, password := range files {
		entries, err := Open(readFile(t, file), password)
		if err != nil {
			t.Errorf("%s: %v", filepath.Base(file), err)
			continue
		}
		if len(entries) != 1 || entries[0].Key == nil || entries[0].Certificate == nil || len(entries[0].Chain) != 0 {
			t.Errorf("%s: got %d entries, want one key with its certificate", filepath.Base(file), len(entries))
			continue
		}
		e := entries[0]
		if want := hex.EncodeToString(e.Certificate.SubjectKeyID); e.Alias != want || hex.EncodeToString(e.LocalKeyID) != want {
			t.Errorf("%s: alias %s, localKeyID %x, want the SKI %s", filepath.Base(file), e.Alias, e.LocalKeyID, want)
		}
		// The key is used, so that one which only looks like the certificate's would be found.
		scheme := alg.DefaultScheme(e.Key.Kind)
		sig, err := e.Key.Sign(rand.Reader, scheme, []byte("message"))
		if err != nil || !scheme.VerifyMessage(e.Certificate.PublicKey, []byte("message"), sig) {
			t.Errorf("%s: a signature by the key doesn't verify with the certificate (%v)", filepath.Base(file), err)
		}
	}
}

func TestFileNamesAreTheNationalOnes(t *testing.T) {
	for file, password := range nationalFiles(t) {
		name := filepath.Base(file)
		if prefix, _, _ := strings.Cut(name, "_"); prefix != "AUTH" && prefix != "RSA256" && prefix != "GOST512" && prefix != "GOSTKNCA" {
			continue // the test set gave it a name of its own
		}
		entries, err := Open(readFile(t, file), password)
		if err != nil {
			t.Fatal(err)
		}
		if got := FileName(entries[0]); got != name {
			t.Errorf("FileName of %s: %s", name, got)
		}
	}
}

func TestOpenSaysWhyNot(t *testing.T) {
	good := testdata.Read(t, "kz", "p12", "legacy", legacyRSA(t))
	flip := func(at int) []byte {
		b := bytes.Clone(good)
		b[at] ^= 1
		return b
	}
	replace := func(old, with oid.OID) []byte {
		return bytes.Replace(good, old.Contents(), with.Contents(), 1)
	}
	iterations := func(mac string) []byte {
		return append(bytes.Clone(good[:len(good)-2]), unhex(mac)...)
	}
	for _, c := range []struct {
		name      string
		container []byte
		password  string
		want      error
	}{
		{"the wrong password", good, "Qwerty13", ErrWrongPassword},
		{"no password", good, "", ErrWrongPassword},
		{"the password in another case", good, "qWERTY12", ErrWrongPassword},
		{"a password that is not text", good, "\xff\xfe", ErrWrongPassword},
		{"a file as the password", good, strings.Repeat("a", 5000), ErrWrongPassword},
		{"a changed octet of the encrypted key", flip(400), "Qwerty12", ErrDamaged},
		{"a changed octet of the MAC", flip(len(good) - 40), "Qwerty12", ErrDamaged},
		{"a changed octet of the MAC's salt", flip(len(good) - 10), "Qwerty12", ErrDamaged},
		{"other iterations of the MAC", iterations("0401"), "Qwerty12", ErrDamaged},
		{"no iterations of the MAC", iterations("0000"), "Qwerty12", ErrDamaged},
		{"half of the file", good[:len(good)/2], "Qwerty12", ErrDamaged},
		{"a tail", append(bytes.Clone(good), 0), "Qwerty12", ErrDamaged},
		{"an empty file", nil, "Qwerty12", ErrDamaged},
		{"a text", []byte("-----BEGIN CERTIFICATE-----"), "Qwerty12", ErrDamaged},
		{"over a megabyte", make([]byte, MaxSize+1), "Qwerty12", ErrDamaged},
		{"a cipher nobody here knows", replace(oid.PBEWithSHA1And3DES, oid.PBEWithSHA1And128RC4), "Qwerty12", ErrUnsupported},
		{"the GOST container of R 50.1.112", testdata.Read(t, "gost", "tk26_pfx.p12"), "Пароль для PFX", ErrUnsupported},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "a cipher nobody here knows" {
				// Its MAC no longer fits, so make it one: the cipher is what is tested.
				c.container = remac(t, c.container, "Qwerty12")
			}
			entries, err := Open(c.container, c.password)
			if !errors.Is(err, c.want) || entries != nil {
				t.Fatalf("Open: %d entries, %v; want %v", len(entries), err, c.want)
			}
			for _, other := range []error{ErrWrongPassword, ErrDamaged, ErrUnsupported} {
				if other != c.want && errors.Is(err, other) {
					t.Fatalf("Open: %v is %v too", err, other)
				}
			}
			if strings.Contains(err.Error(), "Qwerty") {
				t.Fatalf("the error shows the password: %v", err)
			}
		})
	}
}

func legacyRSA(t testing.TB) string {
	t.Helper()
	return filepath.Base(testdata.Glob(t, "kz", "p12", "legacy", "RSA256_84263605*.p12")[0])
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

// remac puts a container's content under a new MAC.
func remac(t testing.TB, container []byte, password string) []byte {
	t.Helper()
	p, err := readPFX(container)
	if err != nil {
		t.Fatal(err)
	}
	out, err := encodePFX(newRun(password, maxIterations, maxTotal), p.content, oid.SHA1, hashes[oid.SHA1], []byte("salt"), 1)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestAContainerOfAForeignKeyIsDamaged(t *testing.T) {
	files := testdata.Glob(t, "kz", "p12", "gost512-sdk2026", "legal__valid*.p12")
	var both []Entry
	for _, f := range files[:2] {
		entries, err := Open(readFile(t, f), "Qwerty12")
		if err != nil {
			t.Fatal(err)
		}
		both = append(both, entries...)
	}
	swapped := both[0]
	swapped.Certificate = both[1].Certificate
	if _, err := Write(rand.Reader, National, "Qwerty12", swapped); err == nil {
		t.Error("Write took a key with another's certificate")
	}
	// What Write refuses is put together by hand.
	pkcs8, err := both[0].Key.MarshalPKCS8()
	if err != nil {
		t.Fatal(err)
	}
	k := newRun("Qwerty12", maxIterations, maxTotal)
	container, err := national{nationalCost}.encode(rand.Reader, k, []bag{{pkcs8, "x", []byte{1}}}, []bag{{both[1].Certificate.Raw, "x", []byte{1}}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Open(container, "Qwerty12"); !errors.Is(err, ErrDamaged) {
		t.Errorf("Open: %v, want ErrDamaged", err)
	}
}

func TestIterationsAreCappedBeforeTheyAreSpent(t *testing.T) {
	b, err := write(rand.Reader, modern{cost{1000, 1000}}, "Qwerty12", []Entry{newEntry(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := open(b, "Qwerty12", 999, 10_000); !errors.Is(err, ErrUnsupported) {
		t.Errorf("one derivation over the cap: %v", err)
	}
	if _, err := open(b, "Qwerty12", 1000, 1999); !errors.Is(err, ErrUnsupported) {
		t.Errorf("all derivations over the cap: %v", err)
	}
	if _, err := open(b, "Qwerty12", 1000, 2000); err != nil {
		t.Errorf("within the caps: %v", err)
	}
	huge, err := write(rand.Reader, modern{cost{1000, 1000}}, "Qwerty12", []Entry{newEntry(t)})
	if err != nil {
		t.Fatal(err)
	}
	// The last INTEGER is the MAC's iterations: make it more than the cap.
	huge = append(huge[:len(huge)-4], unhex("02020fff")...)
	start := time.Now()
	if _, err := open(huge, "Qwerty12", 1000, 2000); !errors.Is(err, ErrUnsupported) {
		t.Errorf("MAC over the cap: %v", err)
	}
	if took := time.Since(start); took > time.Second {
		t.Errorf("refusing took %v", took)
	}
}

// A public key is computed for each private one: a megabyte of them costs a second on a computer and many in a browser.
func TestAContainerOfThousandsOfKeysIsRefusedAtOnce(t *testing.T) {
	key, err := alg.GenerateKey(rand.Reader, alg.KindByName("kz-gost-2015-512"), 0)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := key.MarshalPKCS8()
	if err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]error{maxBags: nil, maxBags + 1: ErrUnsupported, 3500: ErrUnsupported} {
		k := newRun("Qwerty12", maxIterations, maxTotal)
		container, err := modern{cost{1, 1}}.encode(rand.Reader, k, slices.Repeat([]bag{{pkcs8, "x", nil}}, n), nil)
		if err != nil {
			t.Fatal(err)
		}
		start := time.Now()
		if _, err := Open(container, "Qwerty12"); !errors.Is(err, want) {
			t.Errorf("%d keys: %v, want %v", n, err, want)
		}
		if took := time.Since(start); want != nil && took > 2*time.Second {
			t.Errorf("%d keys: %v", n, took)
		}
	}
}

func TestForeignContainersOpenAsOpenSSLSays(t *testing.T) {
	var cases []struct{ File, Password, Expect, Note string }
	if err := json.Unmarshal(testdata.Read(t, "pkcs12", "cases.json"), &cases); err != nil {
		t.Fatal(err)
	}
	if len(cases) != 20 {
		t.Fatalf("%d cases, want 20", len(cases))
	}
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) {
			b := testdata.Read(t, "pkcs12", c.File)
			start := time.Now()
			entries, err := Open(b, c.Password)
			if took := time.Since(start); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
			if c.Expect == "invalid" {
				if err == nil {
					t.Fatalf("opened to %d entries", len(entries))
				}
				return
			}
			if c.File == "nomac_parse.p12" {
				// Its content is encrypted to a public key, which no password opens.
				if !errors.Is(err, ErrUnsupported) {
					t.Fatalf("Open: %v, want ErrUnsupported", err)
				}
				return
			}
			if err != nil || len(entries) == 0 {
				t.Fatalf("Open: %d entries, %v", len(entries), err)
			}
			if _, err := Open(b, c.Password+"x"); !errors.Is(err, ErrWrongPassword) {
				t.Errorf("with another password: %v", err)
			}
		})
	}
}

func FuzzOpen(f *testing.F) {
	for _, folder := range []string{"legacy", "gost512-sdk2026"} {
		for _, file := range testdata.Glob(f, "kz", "p12", folder, "*.p12")[:3] {
			f.Add(readFile(f, file), "Qwerty12")
		}
	}
	for _, file := range testdata.Glob(f, "pkcs12", "*.p12") {
		f.Add(readFile(f, file), "1234")
	}
	for _, form := range []writer{modern{cost{1, 1}}, national{cost{1, 1}}} {
		if b, err := write(rand.Reader, form, "a1", []Entry{seedEntry(f)}); err == nil {
			f.Add(b, "a1")
		}
	}
	f.Fuzz(func(t *testing.T, container []byte, password string) {
		entries, err := open(container, password, 2048, 8192)
		if (err == nil) != (len(entries) > 0) {
			t.Fatalf("%d entries with %v", len(entries), err)
		}
		if err != nil && !errors.Is(err, ErrWrongPassword) && !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrUnsupported) {
			t.Fatalf("error of no kind: %v", err)
		}
	})
}
