package crl_test

import (
	"bytes"
	"crypto/rand"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

func issuer(t testing.TB, file string) *cert.Certificate {
	t.Helper()
	list, err := cert.ParsePEM(testdata.Read(t, "kz", "ca", "test", file))
	if err != nil {
		t.Fatal(err)
	}
	return list[0]
}

// TestKazakhLists is the README of testdata/kz/crl, and the README of testdata/kz/p12 for the entries.
func TestKazakhLists(t *testing.T) {
	for _, c := range []struct {
		file, issuer       string
		number, base       string
		this, next         string // "" is not told
		serial, reason, at string // of one entry; "" for none
	}{
		{"nca_gost2022_test_num4_2022.crl", "nca_gost2022_test.cer", "04", "", "2022-07-27", "2023-01-23", "3A90343E720594C55204B19CB9A402422EF0E622", "certificateHold", "2022-07-27 10:25:30"},
		{"nca_gost2022_test_num14_2025.crl", "nca_gost2022_test.cer", "0E", "", "2025-04-29", "2025-10-26", "1860D9665327C26760C213126760A3B73072218D", "", "2024-10-29 11:45:53"},
		{"nca_gost2022_d_test.crl", "nca_gost2022_test.cer", "0A", "0E", "", "", "", "", ""},
		{"nca_gost2022_test_num166_2026.crl", "nca_gost2022_test.cer", "A6", "", "2026-08-11", "2027-02-07", "3ACEA55CBCDF38C861FB3F341854C53EC9ED6ECD", "certificateHold", "2026-05-08 14:57:29"},
		{"nca_gost_test.crl", "nca_gost_test.crt", "07", "", "2022-03-29", "2022-09-25", "", "", ""},
		{"nca_rsa_test.crl", "nca_rsa_test.crt", "09", "", "2022-03-29", "2022-09-25", "", "", ""},
	} {
		t.Run(c.file, func(t *testing.T) {
			l, err := crl.Parse(testdata.Read(t, "kz", "crl", c.file))
			if err != nil {
				t.Fatal(err)
			}
			ca := issuer(t, c.issuer)
			if err := l.CheckSignature(ca.PublicKey); err != nil {
				t.Errorf("signature: %v", err)
			}
			if l.CheckSignature(issuer(t, "root_gost_test.crt").PublicKey) == nil {
				t.Error("verifies under a foreign key")
			}
			if !cert.EqualName(l.RawIssuer, ca.RawSubject) || !bytes.Equal(l.AuthorityKeyID.KeyID, ca.SubjectKeyID) {
				t.Errorf("issuer %s, key %x", l.Issuer, l.AuthorityKeyID.KeyID)
			}
			v := l.View()
			if v.Number != c.number || v.BaseNumber != c.base || l.IsDelta() != (c.base != "") || l.UnknownCritical {
				t.Errorf("number %s, base %s, unknown critical %v", v.Number, v.BaseNumber, l.UnknownCritical)
			}
			if c.this != "" && (l.ThisUpdate.Format(time.DateOnly) != c.this || l.NextUpdate.Format(time.DateOnly) != c.next) {
				t.Errorf("from %v to %v", l.ThisUpdate, l.NextUpdate)
			}
			if c.base != "" && len(l.Entries) != 0 {
				t.Errorf("%d entries in an empty list", len(l.Entries))
			}
			for i, e := range l.Entries {
				if found, ok := l.Find(e.Serial); !ok || !bytes.Equal(found.Serial, e.Serial) {
					t.Errorf("entry %d isn't found", i)
				}
			}
			if _, ok := l.Find(ca.Serial); ok {
				t.Error("a certificate that is not on the list is found")
			}
			if c.serial != "" {
				text := v.String()
				line := c.serial + "  " + c.at + " UTC  " + c.reason
				if !strings.Contains(text, strings.TrimSpace(line)) {
					t.Errorf("no line %q in\n%s", line, text)
				}
			}
			rebuild(t, l)
		})
	}
}

// rebuild writes the list from its parts. The order of extensions varies (facts/kz-pki.md section 3.6), so the octets are
// compared where it is ours.
func rebuild(t *testing.T, l *crl.List) {
	t.Helper()
	template := crl.Template{Issuer: l.RawIssuer, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate, Number: l.Number,
		BaseNumber: l.BaseNumber, AuthorityKeyID: l.AuthorityKeyID.KeyID, Entries: l.Entries}
	for _, s := range alg.Schemes() {
		if s.Identifier.Equal(l.SignatureAlgorithm) {
			template.Scheme = s
		}
	}
	tbs, err := template.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	want := len(l.RawTBS)
	if !bytes.Contains(l.RawTBS[:64], []byte{5, 0}) {
		want += 2 // the list of 2026 has no NULL inside
	}
	if len(tbs) != want {
		t.Errorf("rebuilt list has %d octets, not %d", len(tbs), len(l.RawTBS))
	}
	if l.Extensions[0].OID == oid.ExtCRLNumber && l.BaseNumber == nil && !bytes.Equal(tbs, l.RawTBS) {
		t.Error("rebuilt list differs")
	}
}

func TestForeignLists(t *testing.T) {
	var read, refused, unknown int
	for _, file := range append(testdata.Glob(t, "pkits", "crls", "*.crl"), testdata.Glob(t, "gost", "*crl.der")...) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		l, err := crl.Parse(b)
		if err != nil {
			refused++
			t.Logf("%s: %v", filepath.Base(file), err)
			continue
		}
		read++
		if l.UnknownCritical {
			unknown++
		}
		if l.View().String() == "" {
			t.Errorf("%s: no text", file)
		}
	}
	t.Logf("%d lists read, %d of them with an unknown critical extension, %d refused", read, unknown, refused)
	if refused > 1 {
		t.Errorf("%d lists are refused", refused)
	}
}

func entries(n int) []crl.Entry {
	out := make([]crl.Entry, n)
	for i := range out {
		serial := make([]byte, 20)
		rand.Read(serial)
		serial[0] = 0x10 | serial[0]&0x6f
		binary.BigEndian.PutUint32(serial[16:], uint32(i))
		out[i] = crl.Entry{Serial: serial, Time: time.Unix(1750000000+int64(i), 0).UTC(), Reason: i%7 - 1}
	}
	return out
}

func template(t testing.TB, s *alg.Scheme, n int) (crl.Template, *alg.PrivateKey) {
	t.Helper()
	key, err := alg.GenerateKey(rand.Reader, s.Kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	name, err := cert.Name{{{Type: oid.CommonName, Tag: 12, Value: "Сынақ КО"}}}.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return crl.Template{
		Issuer: name, Scheme: s, ThisUpdate: time.Unix(1760000000, 0), NextUpdate: time.Unix(1760086400, 0),
		Number: []byte{7}, AuthorityKeyID: []byte("key identifier"), Entries: entries(n),
	}, key
}

func TestCreateForEveryScheme(t *testing.T) {
	for _, s := range alg.Schemes() {
		t.Run(s.Name, func(t *testing.T) {
			tm, key := template(t, s, 3)
			tm.Entries[1].InvalidityDate = time.Unix(1700000000, 0).UTC()
			tm.BaseNumber = []byte{5}
			b, err := crl.Create(rand.Reader, tm, key)
			if err != nil {
				t.Fatal(err)
			}
			l, err := crl.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			pub, _ := key.Public()
			if err := l.CheckSignature(pub); err != nil {
				t.Error(err)
			}
			if len(l.Entries) != 3 || !l.IsDelta() || l.UnknownCritical || !bytes.Equal(l.Number, tm.Number) {
				t.Errorf("list %+v", l)
			}
			for i, e := range tm.Entries {
				got, ok := l.Find(e.Serial)
				if e.Reason == 0 {
					e.Reason = -1
				}
				if !ok || got.Reason != e.Reason || !got.Time.Equal(e.Time) || !got.InvalidityDate.Equal(e.InvalidityDate) {
					t.Errorf("entry %d is %+v, want %+v", i, got, e)
				}
			}
			if _, err := json.Marshal(l.View()); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestCreateRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		bend func(*crl.Template)
	}{
		{"no number", func(t *crl.Template) { t.Number = nil }},
		{"a negative number", func(t *crl.Template) { t.Number = []byte{0x80} }},
		{"a number that is not minimal", func(t *crl.Template) { t.Number = []byte{0, 1} }},
		{"an end before the beginning", func(t *crl.Template) { t.NextUpdate = t.ThisUpdate }},
		{"no issuer", func(t *crl.Template) { t.Issuer = []byte{0x30, 0} }},
		{"no scheme", func(t *crl.Template) { t.Scheme = nil }},
		{"a reason that there is not", func(t *crl.Template) { t.Entries[0].Reason = 7 }},
		{"a serial number that is not minimal", func(t *crl.Template) { t.Entries[0].Serial = []byte{0, 1} }},
		{"an empty serial number", func(t *crl.Template) { t.Entries[0].Serial = nil }},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm, key := template(t, alg.SchemeByName("p256-sha256"), 1)
			c.bend(&tm)
			if _, err := crl.Create(rand.Reader, tm, key); err == nil {
				t.Fatal("created")
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := testdata.Read(t, "kz", "crl", "nca_gost_test.crl")
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"nothing", nil},
		{"a cut file", good[:len(good)-1]},
		{"an octet too many", append(bytes.Clone(good), 0)},
		{"another algorithm inside than outside", bytes.Replace(good, []byte("\x01\x01\x01\x02\x05\x00\x30"), []byte("\x01\x01\x01\x03\x05\x00\x30"), 1)},
		{"version 3", bytes.Replace(good, []byte{2, 1, 1}, []byte{2, 1, 2}, 1)},
		{"a negative number", bytes.Replace(good, []byte{0x55, 0x1d, 0x14, 4, 3, 2, 1, 7}, []byte{0x55, 0x1d, 0x14, 4, 3, 2, 1, 0x87}, 1)},
		{"more than the cap", make([]byte, crl.MaxSize+1)},
	} {
		if _, err := crl.Parse(c.b); err == nil {
			t.Errorf("%s: read", c.name)
		}
	}
}

func TestRemovalHidesNoRevocationInTheSameList(t *testing.T) {
	const removed, compromised = 8, 1
	for _, c := range []struct {
		name          string
		first, second int
		want          int
	}{
		{"removed, then revoked", removed, compromised, compromised},
		{"revoked, then removed", compromised, removed, compromised},
		{"revoked twice: the first", compromised, 4, compromised},
		{"removed twice", removed, removed, removed},
	} {
		t.Run(c.name, func(t *testing.T) {
			tm, key := template(t, alg.SchemeByName("p256-sha256"), 2)
			tm.Entries[0].Reason, tm.Entries[1].Reason = c.first, c.second
			tm.Entries[1].Serial = tm.Entries[0].Serial
			b, err := crl.Create(rand.Reader, tm, key)
			if err != nil {
				t.Fatal(err)
			}
			l, err := crl.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if e, ok := l.Find(tm.Entries[0].Serial); !ok || e.Reason != c.want {
				t.Errorf("reason %d, want %d", e.Reason, c.want)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range append(testdata.Glob(f, "kz", "crl", "*.crl"), testdata.Glob(f, "gost", "*crl.der")...) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := crl.Parse(b)
		if err != nil {
			return
		}
		for i, e := range l.Entries {
			if _, ok := l.Find(e.Serial); !ok {
				t.Fatalf("entry %d isn't found", i)
			}
		}
		_ = l.View().String()
	})
}

const many = 100_000

func BenchmarkCreate100k(b *testing.B) {
	tm, key := template(b, alg.SchemeByName("p256-sha256"), many)
	for b.Loop() {
		if _, err := crl.Create(rand.Reader, tm, key); err != nil {
			b.Fatal(err)
		}
	}
}

func longList(b testing.TB) []byte {
	tm, key := template(b, alg.SchemeByName("p256-sha256"), many)
	list, err := crl.Create(rand.Reader, tm, key)
	if err != nil {
		b.Fatal(err)
	}
	return list
}

func BenchmarkParse100k(b *testing.B) {
	list := longList(b)
	b.SetBytes(int64(len(list)))
	for b.Loop() {
		if _, err := crl.Parse(list); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFind100k(b *testing.B) {
	l, err := crl.Parse(longList(b))
	if err != nil {
		b.Fatal(err)
	}
	serial := l.Entries[many/2].Serial
	for b.Loop() {
		if _, ok := l.Find(serial); !ok {
			b.Fatal("not found")
		}
	}
}
