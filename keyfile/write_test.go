package keyfile

import (
	"bytes"
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// newEntry is a P-256 key that waits for its certificate.
func newEntry(t testing.TB) Entry {
	t.Helper()
	return seedEntry(t)
}

func seedEntry(t testing.TB) Entry {
	t.Helper()
	key, err := alg.GenerateKey(rand.Reader, alg.KindByName("p256"), 0)
	if err != nil {
		t.Fatal(err)
	}
	return Entry{Key: key}
}

// sample opens a container of the national test sets.
func sample(t testing.TB, elem ...string) Entry {
	t.Helper()
	file := testdata.Glob(t, append([]string{"kz", "p12"}, elem...)...)[0]
	entries, err := Open(readFile(t, file), "Qwerty12")
	if err != nil {
		t.Fatal(err)
	}
	return entries[0]
}

func TestWhatIsWrittenOpensAgain(t *testing.T) {
	for _, kind := range []struct{ name, pattern string }{
		{"RSA for signing in", "AUTH_RSA256_*.p12"},
		{"RSA for signing", "RSA256_*.p12"},
		{"GOST 34.310-2004", "GOSTKNCA_*.p12"},
	} {
		e := sample(t, "legacy", kind.pattern)
		for _, form := range []struct {
			name string
			writer
		}{{"national", national{nationalCost}}, {"modern", modern{cost{1000, 1000}}}} {
			t.Run(kind.name+", "+form.name, func(t *testing.T) {
				b, err := write(rand.Reader, form, "Parol.123", []Entry{{Key: e.Key, Certificate: e.Certificate}})
				if err != nil {
					t.Fatal(err)
				}
				got, err := Open(b, "Parol.123")
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != 1 || got[0].Alias != e.Alias || !bytes.Equal(got[0].LocalKeyID, e.LocalKeyID) || !bytes.Equal(got[0].Certificate.Raw, e.Certificate.Raw) {
					t.Errorf("came back as %+v", got)
				}
				was, _ := e.Key.MarshalPKCS8()
				is, err := got[0].Key.MarshalPKCS8()
				if err != nil || !bytes.Equal(was, is) {
					t.Errorf("the key came back changed (%v)", err)
				}
				if _, err := Open(b, "Parol.124"); !errors.Is(err, ErrWrongPassword) {
					t.Errorf("with another password: %v", err)
				}
				if bytes.Contains(b, e.Certificate.RawSubject) {
					t.Error("the owner's name stands in clear")
				}
			})
		}
	}
}

func TestTheNationalFormHasTheShapeOfNationalFiles(t *testing.T) {
	e := sample(t, "legacy", "GOSTKNCA_f8a42223*.p12")
	want := readFile(t, testdata.Glob(t, "kz", "p12", "legacy", "GOSTKNCA_f8a42223*.p12")[0])
	got, err := Write(rand.Reader, National, "Qwerty12", e)
	if err != nil {
		t.Fatal(err)
	}
	// Everything that isn't random is in the same place: lengths, identifiers, iterations, end-of-contents octets.
	if len(got) != len(want) {
		t.Fatalf("%d octets, the national file has %d", len(got), len(want))
	}
	head := bytes.Index(want, oid.PBEWithSHA1And3DES.Contents()) + len(oid.PBEWithSHA1And3DES.Contents())
	if !bytes.Equal(got[:head], want[:head]) {
		t.Errorf("begins with %x\nthe national file with %x", got[:head], want[:head])
	}
	for _, part := range [][]byte{
		oid.PBEWithSHA1And40RC2.Contents(), oid.LocalKeyID.Contents(), oid.FriendlyName.Contents(), oid.EncryptedData.Contents(),
		unhex("000000000000000000000000"), unhex("02020400"), unhex("300906052b0e03021a05000414"),
	} {
		if g, w := bytes.LastIndex(got, part), bytes.LastIndex(want, part); g != w {
			t.Errorf("%x at octet %d, in the national file at %d", part, g, w)
		}
	}
}

func TestAKeyThatWaitsForItsCertificateOpensAgain(t *testing.T) {
	for _, kind := range []string{"p256", "kz-gost-2015-512", "kz-gost-2004"} {
		key, err := alg.GenerateKey(rand.Reader, alg.KindByName(kind), 0)
		if err != nil {
			t.Fatal(err)
		}
		b, err := write(rand.Reader, modern{cost{1000, 1000}}, "Parol.123", []Entry{{Key: key}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := Open(b, "Parol.123")
		if err != nil || len(got) != 1 || got[0].Certificate != nil {
			t.Fatalf("%s: %d entries, %v", kind, len(got), err)
		}
		was, _ := key.Public()
		is, err := got[0].Key.Public()
		if err != nil || !is.Equal(was) {
			t.Errorf("%s: another key came back (%v)", kind, err)
		}
		if name := FileName(got[0]); name != "KEY_"+got[0].Alias+".p12" {
			t.Errorf("%s: file name %s", kind, name)
		}
		if _, err := Write(rand.Reader, National, "Parol.123", Entry{Key: key}); err == nil {
			t.Errorf("%s: the national form took a key without a certificate", kind)
		}
	}
}

func TestTheModernFormKeepsTheChain(t *testing.T) {
	e := sample(t, "legacy", "RSA256_84263605*.p12")
	issuer, err := cert.ParsePEM(testdata.Read(t, "kz", "ca", "prod", "nca_rsa.pem"))
	if err != nil {
		t.Fatal(err)
	}
	e.Chain = issuer
	b, err := write(rand.Reader, modern{cost{1000, 1000}}, "Parol.123", []Entry{e})
	if err != nil {
		t.Fatal(err)
	}
	got, err := Open(b, "Parol.123")
	if err != nil || len(got) != 1 || len(got[0].Chain) != 1 || !bytes.Equal(got[0].Chain[0].Raw, issuer[0].Raw) {
		t.Fatalf("came back as %+v, %v", got, err)
	}
}

func TestWriteRefuses(t *testing.T) {
	e := newEntry(t)
	for _, c := range []struct {
		name     string
		password string
		entries  []Entry
	}{
		{"an empty password", "", []Entry{e}},
		{"a password that is not text", "\xff", []Entry{e}},
		{"nothing", "Parol.123", nil},
		{"an entry without a key", "Parol.123", []Entry{{Alias: "x"}}},
	} {
		if _, err := write(rand.Reader, modern{cost{1, 1}}, c.password, c.entries); err == nil {
			t.Errorf("Write took %s", c.name)
		}
	}
	if _, err := write(strings.NewReader("short"), modern{cost{1, 1}}, "Parol.123", []Entry{e}); err == nil {
		t.Error("Write went on without randomness")
	}
}

func TestOpenSSLOpensOurContainers(t *testing.T) {
	openssl := peer.OpenSSL(t)
	e := sample(t, "legacy", "RSA256_84263605*.p12")
	for _, c := range []struct {
		name string
		form Form
		args []string
	}{
		{"modern", Modern, nil},
		{"national", National, []string{"-legacy"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			b, err := Write(rand.Reader, c.form, "Parol.123", e)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "key.p12")
			if err := os.WriteFile(file, b, 0o600); err != nil {
				t.Fatal(err)
			}
			args := append([]string{"pkcs12", "-in", file, "-passin", "pass:Parol.123", "-nodes"}, c.args...)
			out, err := peer.Run(t, nil, openssl, args...)
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"BEGIN PRIVATE KEY", "BEGIN CERTIFICATE", "friendlyName: " + e.Alias} {
				if !bytes.Contains(out, []byte(want)) {
					t.Errorf("openssl's output has no %q", want)
				}
			}
		})
	}
}

func TestWeOpenOpenSSLsContainers(t *testing.T) {
	openssl := peer.OpenSSL(t)
	e := sample(t, "legacy", "RSA256_84263605*.p12")
	dir := t.TempDir()
	source := filepath.Join(dir, "source.p12")
	b, err := Write(rand.Reader, National, "Parol.123", e)
	if err == nil {
		err = os.WriteFile(source, b, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	pem, err := peer.Run(t, nil, openssl, "pkcs12", "-legacy", "-in", source, "-passin", "pass:Parol.123", "-nodes")
	if err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{nil, {"-legacy"}, {"-nomac"}, {"-macalg", "sha512"}, {"-keypbe", "AES-128-CBC", "-certpbe", "NONE"}, {"-legacy", "-keypbe", "PBE-SHA1-2DES", "-certpbe", "PBE-SHA1-RC2-128"}} {
		t.Run(strings.Join(args, " "), func(t *testing.T) {
			out, err := peer.Run(t, pem, openssl, append([]string{"pkcs12", "-export", "-passout", "pass:Parol.123"}, args...)...)
			if err != nil {
				t.Fatal(err)
			}
			got, err := Open(out, "Parol.123")
			if err != nil || len(got) != 1 || got[0].Key == nil || !bytes.Equal(got[0].Certificate.Raw, e.Certificate.Raw) {
				t.Fatalf("Open: %v", err)
			}
			if _, err := Open(out, "Parol.124"); !errors.Is(err, ErrWrongPassword) {
				t.Errorf("with another password: %v", err)
			}
		})
	}
}
