package cert_test

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

const (
	utf8String = uint8(der.TagUTF8String)
	printable  = uint8(der.TagPrintableString)
	ia5String  = uint8(der.TagIA5String)
	teletex    = uint8(der.TagT61String)
	bmpString  = uint8(der.TagBMPString)
	universal  = uint8(der.TagUniversalString)
	bitString  = uint8(der.TagBitString)
)

func key(t testing.TB, s *alg.Scheme) (*alg.PrivateKey, *alg.PublicKey) {
	t.Helper()
	k, err := alg.GenerateKey(rand.Reader, s.Kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := k.Public()
	if err != nil {
		t.Fatal(err)
	}
	return k, pub
}

func marshal(t testing.TB, n cert.Name) []byte {
	t.Helper()
	b, err := n.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func cn(value string) cert.Name {
	return cert.Name{{{Type: oid.CommonName, Tag: utf8String, Value: value}}}
}

func tbs(t testing.TB, s *alg.Scheme, pub *alg.PublicKey) cert.TBS {
	return cert.TBS{
		Serial: []byte{0x10, 0xff}, Scheme: s, Issuer: marshal(t, cn("Issuer")), Subject: cn("Subject"),
		NotBefore: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2050, 1, 1, 0, 0, 0, 0, time.UTC), SPKI: pub.SPKI,
		Extensions: []cert.Extension{cert.ExtBasicConstraints(true, true, 3), cert.ExtKeyUsage(true, cert.KeyCertSign|cert.DecipherOnly)},
	}
}

func TestCertificateForEveryScheme(t *testing.T) {
	for _, s := range alg.Schemes() {
		t.Run(s.Name, func(t *testing.T) {
			k, pub := key(t, s)
			want := tbs(t, s, pub)
			octets, err := want.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			// A lint judges the whole under a signature that is not one yet.
			placeholder, err := cert.Assemble(octets, s, make([]byte, s.Length(pub.Key)))
			if err != nil {
				t.Fatal(err)
			}
			if c, err := cert.Parse(placeholder); err != nil || c.CheckSignature(pub) == nil {
				t.Errorf("placeholder: %v", err)
			}
			b, err := cert.Sign(rand.Reader, octets, k, s)
			if err != nil {
				t.Fatal(err)
			}
			c, err := cert.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.CheckSignature(pub); err != nil {
				t.Error(err)
			}
			if !bytes.Equal(c.RawTBS, octets) || !bytes.Equal(c.Serial, want.Serial) || !c.NotAfter.Equal(want.NotAfter) || c.Version != 3 ||
				!c.PublicKey.Equal(pub) || !c.IsCA() || c.BasicConstraints.MaxPath != 3 || c.KeyUsage != cert.KeyCertSign|cert.DecipherOnly {
				t.Errorf("read %+v", c)
			}
			for i := range octets {
				bent := bytes.Clone(b)
				bent[bytes.Index(b, octets)+i] ^= 0x40
				if c, err := cert.Parse(bent); err == nil && c.CheckSignature(pub) == nil {
					t.Fatalf("octet %d of what is signed can be changed", i)
				}
			}
			if out, err := json.Marshal(c.View()); err != nil || !bytes.Contains(out, []byte(`"pathLength":3`)) {
				t.Errorf("JSON %s, %v", out, err)
			}
		})
	}
}

func TestMarshalRefuses(t *testing.T) {
	s := alg.SchemeByName("p256-sha256")
	_, pub := key(t, s)
	for _, c := range []struct {
		name string
		bend func(*cert.TBS)
	}{
		{"no serial number", func(x *cert.TBS) { x.Serial = nil }},
		{"serial number zero", func(x *cert.TBS) { x.Serial = []byte{0} }},
		{"a negative serial number", func(x *cert.TBS) { x.Serial = []byte{0x80} }},
		{"a serial number of 21 octets", func(x *cert.TBS) { x.Serial = bytes.Repeat([]byte{1}, 21) }},
		{"a serial number that is not minimal", func(x *cert.TBS) { x.Serial = []byte{0, 1} }},
		{"no scheme", func(x *cert.TBS) { x.Scheme = nil }},
		{"an issuer without a name", func(x *cert.TBS) { x.Issuer = []byte{0x30, 0} }},
		{"an issuer that is no name", func(x *cert.TBS) { x.Issuer = []byte{0x30, 2, 5, 0} }},
		{"an end before the beginning", func(x *cert.TBS) { x.NotAfter = x.NotBefore.Add(-time.Second) }},
		{"no key", func(x *cert.TBS) { x.SPKI = nil }},
		{"two extensions alike", func(x *cert.TBS) { x.Extensions = append(x.Extensions, x.Extensions[0]) }},
		{"a URL outside ASCII", func(x *cert.TBS) { x.Extensions = []cert.Extension{cert.ExtCRLDP("http://қаз.kz/")} }},
		{"a malformed purpose", func(x *cert.TBS) { x.Extensions = []cert.Extension{cert.ExtEKU(false, "1.x")} }},
		{"a name that is not ASCII in SAN", func(x *cert.TBS) {
			x.Extensions = []cert.Extension{cert.ExtSAN(cert.GeneralName{Kind: cert.DNSName, Value: "қаз.kz"})}
		}},
		{"Cyrillic in a PrintableString", func(x *cert.TBS) {
			x.Subject = cert.Name{{{Type: oid.CommonName, Tag: printable, Value: "ТЕСТ"}}}
		}},
		{"an @ in a PrintableString", func(x *cert.TBS) {
			x.Subject = cert.Name{{{Type: oid.CommonName, Tag: printable, Value: "a@b"}}}
		}},
		{"a zero character in a name", func(x *cert.TBS) { x.Subject = cn("a\x00b") }},
		{"a subject with an empty part", func(x *cert.TBS) { x.Subject = cert.Name{{}} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := tbs(t, s, pub)
			c.bend(&x)
			if b, err := x.Marshal(); err == nil {
				t.Fatalf("written: %x", b)
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	good := load(t, "kz", "cert/individual_signer.cer").Raw
	swap := func(from, to string) []byte {
		f, _ := hex.DecodeString(from)
		u, _ := hex.DecodeString(to)
		if !bytes.Contains(good, f) || len(f) != len(u) {
			t.Fatalf("%s isn't there to be replaced", from)
		}
		return bytes.Replace(good, f, u, 1)
	}
	for _, c := range []struct {
		name string
		b    []byte
	}{
		{"nothing", nil},
		{"a cut file", good[:len(good)-1]},
		{"an octet too many", append(bytes.Clone(good), 0)},
		{"more than the cap", make([]byte, cert.MaxSize+1)},
		{"version 1 written down", swap("a003020102", "a003020100")},
		{"version 4", swap("a003020102", "a003020103")},
		{"extensions in version 2", swap("a003020102", "a003020101")},
		{"another algorithm inside than outside", swap("2a830e030a01010203020500305d", "2a830e030a01010203010500305d")},
		{"one extension twice", swap("0603551d0e", "0603551d23")},
		{"a point off the curve", func() []byte {
			c := load(t, "kz", "cert/individual_signer.cer")
			b := bytes.Clone(good)
			b[bytes.Index(b, c.PublicKeyBits)+10] ^= 1
			return b
		}()},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := cert.Parse(c.b); err == nil {
				t.Fatal("read")
			}
		})
	}
}

func TestSerialNumbersThatShouldNotBe(t *testing.T) {
	good := load(t, "kz", "cert/individual_signer.cer")
	for _, c := range []struct {
		name  string
		first byte // of the serial number
		odd   bool
	}{{"as issued", good.Serial[0], false}, {"negative", 0xec, true}} {
		b := bytes.Clone(good.Raw)
		b[bytes.Index(b, good.Serial)] = c.first
		x, err := cert.Parse(b)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if x.OddSerial() != c.odd || x.View().OddSerial != c.odd {
			t.Errorf("%s: odd %v, want %v", c.name, x.OddSerial(), c.odd)
		}
	}
}

// A known extension that can't be decoded leaves nothing of itself behind, and is told.
func TestMalformedExtensions(t *testing.T) {
	s := alg.SchemeByName("p256-sha256")
	k, pub := key(t, s)
	for _, c := range []struct {
		name string
		ext  cert.Extension
	}{
		{"basicConstraints with something behind", cert.Extension{OID: oid.ExtBasicConstraints, Value: unhex("30030101ff0500")}},
		{"basicConstraints with a negative length", cert.Extension{OID: oid.ExtBasicConstraints, Value: unhex("30060101ff0201ff")}},
		{"keyUsage of three octets", cert.Extension{OID: oid.ExtKeyUsage, Value: unhex("030400ffffff")}},
		{"keyUsage with an unused bit set", cert.Extension{OID: oid.ExtKeyUsage, Value: unhex("030207ff")}},
		{"no purpose", cert.Extension{OID: oid.ExtExtKeyUsage, Value: unhex("3000")}},
		{"purposes, then rubbish", cert.Extension{OID: oid.ExtExtKeyUsage, Value: unhex("300a06082b060105050703040500")}},
		{"an empty value", cert.Extension{OID: oid.ExtSubjectKeyID, Value: []byte{}}},
		{"an address of 5 octets", cert.Extension{OID: oid.ExtSubjectAltName, Value: unhex("300787050102030405")}},
		{"a distribution point without names", cert.Extension{OID: oid.ExtCRLDistributionPoints, Value: unhex("30063004a002a000")}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := tbs(t, s, pub)
			x.Extensions = []cert.Extension{c.ext}
			octets, err := x.Marshal()
			if err != nil {
				t.Fatal(err)
			}
			b, err := cert.Sign(rand.Reader, octets, k, s)
			if err != nil {
				t.Fatal(err)
			}
			got, err := cert.Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if !slices.Equal(got.Malformed, []oid.OID{c.ext.OID}) {
				t.Errorf("malformed: %v", got.Malformed)
			}
			if got.IsCA() || got.HasKeyUsage || got.ExtKeyUsage != nil || got.SubjectKeyID != nil || got.SubjectAltNames != nil || got.CRLURLs != nil {
				t.Errorf("something is left: %+v", got)
			}
		})
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func TestNamesRoundTrip(t *testing.T) {
	for _, c := range []struct {
		name  string
		value cert.Name
		text  string
	}{
		{"nothing", cert.Name{}, ""},
		{"the national form", cert.Name{{{oid.CommonName, utf8String, "ТЕСТОВ ТЕСТ"}}, {{oid.SerialNumber, printable, "IIN123456789011"}}, {{oid.Country, printable, "KZ"}}}, "CN=ТЕСТОВ ТЕСТ, SERIALNUMBER=IIN123456789011, C=KZ"},
		{"other string types", cert.Name{{{oid.DomainComponent, ia5String, "ROLE01"}}, {{oid.CommonName, bmpString, "Қ😀"}}, {{oid.CommonName, teletex, "Gülüm"}}, {{oid.CommonName, universal, "Ә"}}}, "DC=ROLE01, CN=Қ😀, CN=Gülüm, CN=Ә"},
		{"several attributes in a part", cert.Name{{{oid.CommonName, utf8String, "А"}, {oid.UserID, utf8String, "1.2"}}}, "CN=А + UID=1.2"},
		{"a value that is no text", cert.Name{{{"2.5.4.45", bitString, "#0303000102"}}}, "2.5.4.45=#0303000102"},
		{"special characters", cert.Name{{{oid.Organization, utf8String, ` «А, Б» + "В" \ `}}}, `O=\ «А\, Б» \+ \"В\" \\\ `},
		{"a name that turns the direction of writing", cert.Name{{{oid.CommonName, utf8String, "a\u202eb\nc"}}}, `CN=a\E2\80\AEb\0Ac`},
		{"letters that show nothing: Hangul filler, variation selector, joiner, blank Braille", cert.Name{{{oid.CommonName, utf8String, "a\u3164b\ufe0fc\u034fd\u2800"}}},
			`CN=a\E3\85\A4b\EF\B8\8Fc\CD\8Fd\E2\A0\80`},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := marshal(t, c.value)
			again, err := cert.ParseName(b)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(marshal(t, again), b) {
				t.Error("not written as it was read")
			}
			if got := c.value.String(); got != c.text {
				t.Errorf("text %q, want %q", got, c.text)
			}
		})
	}
}

func TestNumbersOfOddNames(t *testing.T) {
	iin := func(value string) cert.RDN { return cert.RDN{{Type: oid.SerialNumber, Tag: printable, Value: value}} }
	ou := func(value string) cert.RDN {
		return cert.RDN{{Type: oid.OrganizationalUnit, Tag: utf8String, Value: value}}
	}
	for _, c := range []struct {
		name     string
		of       cert.Name
		iin, bin string
	}{
		{"none", cn("ТЕСТОВ ТЕСТ"), "", ""},
		{"one of each", cert.Name{iin("IIN123456789011"), ou("BIN123456789021")}, "123456789011", "123456789021"},
		{"an IIN twice", cert.Name{iin("IIN123456789011"), iin("IIN123456789011")}, "123456789011", ""},
		{"two IINs: nobody can say whose it is", cert.Name{iin("IIN123456789011"), iin("IIN123456789012")}, "", ""},
		{"two IINs in one part", cert.Name{append(iin("IIN123456789011"), iin("IIN123456789012")...)}, "", ""},
		{"another serial number first", cert.Name{iin("7"), iin("IIN123456789011")}, "123456789011", ""},
		{"a department first", cert.Name{ou("БУХГАЛТЕРИЯ"), ou("BIN123456789021")}, "", "123456789021"},
		{"two BINs", cert.Name{ou("BIN123456789021"), ou("BIN123456789022")}, "", ""},
		{"two BINs, and one more in serialNumber", cert.Name{ou("BIN123456789021"), ou("BIN123456789022"), iin("BIN123456789021")}, "", ""},
		{"a BIN in serialNumber", cert.Name{iin("BIN123456789021")}, "", "123456789021"},
		{"an IIN in OU", cert.Name{ou("IIN123456789011")}, "", ""},
		{"small letters", cert.Name{iin("iin123456789011")}, "", ""},
		{"thirteen digits", cert.Name{iin("IIN1234567890110")}, "", ""},
		{"digits of another script", cert.Name{ou("BIN١٢٣٤٥٦")}, "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.of.IIN() != c.iin || c.of.BIN() != c.bin {
				t.Errorf("IIN %q, BIN %q, want %q and %q", c.of.IIN(), c.of.BIN(), c.iin, c.bin)
			}
		})
	}
}

func TestAPartHasFewAttributes(t *testing.T) {
	part := func(n int) cert.Name {
		var r cert.RDN
		for i := range n {
			r = append(r, cert.Attribute{Type: oid.CommonName, Tag: utf8String, Value: strings.Repeat("a", i+1)})
		}
		return cert.Name{r}
	}
	if _, err := cert.ParseName(marshal(t, part(16))); err != nil {
		t.Errorf("16 attributes: %v", err)
	}
	if _, err := cert.ParseName(marshal(t, part(17))); err == nil {
		t.Error("17 attributes in a part are read")
	}
}

func TestEqualName(t *testing.T) {
	n := func(values ...cert.Attribute) []byte {
		var name cert.Name
		for _, a := range values {
			name = append(name, cert.RDN{a})
		}
		return marshal(t, name)
	}
	a := func(tag uint8, value string) cert.Attribute {
		return cert.Attribute{Type: oid.CommonName, Tag: tag, Value: value}
	}
	for _, c := range []struct {
		name string
		x, y []byte
		want bool
	}{
		{"the same octets", n(a(utf8String, "А")), n(a(utf8String, "А")), true},
		{"another case", n(a(utf8String, "Қазақстан")), n(a(utf8String, "ҚАЗАҚСТАН")), true},
		{"another string type", n(a(utf8String, "Root CA")), n(a(printable, "root ca")), true},
		{"more space", n(a(printable, " Root   CA ")), n(a(utf8String, "Root CA")), true},
		{"no space", n(a(printable, "RootCA")), n(a(utf8String, "Root CA")), false},
		{"another name", n(a(printable, "Root CA")), n(a(utf8String, "Root CB")), false},
		{"IA5String is compared by octets", n(a(ia5String, "Root")), n(a(ia5String, "root")), false},
		{"IA5String and PrintableString", n(a(ia5String, "Root")), n(a(printable, "Root")), false},
		{"another attribute", n(a(utf8String, "А")), n(cert.Attribute{Type: oid.Organization, Tag: utf8String, Value: "А"}), false},
		{"another order", n(a(utf8String, "А"), a(utf8String, "Б")), n(a(utf8String, "Б"), a(utf8String, "А")), false},
		{"a longer name", n(a(utf8String, "А"), a(utf8String, "Б")), n(a(utf8String, "А")), false},
		{"one part with two, two parts with one", marshal(t, cert.Name{{a(utf8String, "А"), a(utf8String, "Б")}}), n(a(utf8String, "А"), a(utf8String, "Б")), false},
		{"attributes of a part in another order", marshal(t, cert.Name{{a(utf8String, "А"), a(printable, "B")}}), marshal(t, cert.Name{{a(utf8String, "b"), a(utf8String, "а")}}), true},
		{"one attribute twice is not two", marshal(t, cert.Name{{a(utf8String, "А"), a(printable, "A")}}), marshal(t, cert.Name{{a(utf8String, "А"), a(utf8String, "Б")}}), false},
		{"what is no name", []byte{0x30, 1}, n(a(utf8String, "А")), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if cert.EqualName(c.x, c.y) != c.want || cert.EqualName(c.y, c.x) != c.want {
				t.Errorf("want %v", c.want)
			}
		})
	}
}

func TestParsePEM(t *testing.T) {
	a, b := load(t, "kz", "cert/individual_signer.cer").Raw, load(t, "kz", "cert/legal_entity_signer.cer").Raw
	block := func(b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b}))
	}
	base := strings.NewReplacer("-----BEGIN CERTIFICATE-----\n", "", "-----END CERTIFICATE-----\n", "").Replace(block(a))
	for _, c := range []struct {
		name string
		in   string
		want int // 0: an error
	}{
		{"DER", string(a), 1},
		{"PEM", block(a), 1},
		{"two with words between", "subject=А\n" + block(a) + "subject=Б\n" + block(b), 2},
		{"a key beside it", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + block(a), 1},
		{"CR LF", strings.ReplaceAll(block(a), "\n", "\r\n"), 1},
		{"bare base64", base, 1},
		{"base64 on one line", strings.ReplaceAll(base, "\n", ""), 1},
		{"nothing", "", 0},
		{"words", "сертификат", 0},
		{"only a key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", 0},
		{"a damaged second one", block(a) + block(b[:100]), 0},
		{"more than the cap", strings.Repeat(" ", cert.MaxFile+1), 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			list, err := cert.ParsePEM([]byte(c.in))
			if len(list) != c.want || (err == nil) != (c.want > 0) {
				t.Errorf("%d certificates, %v, want %d", len(list), err, c.want)
			}
		})
	}
}

func TestRequestForEveryScheme(t *testing.T) {
	for _, s := range alg.Schemes() {
		t.Run(s.Name, func(t *testing.T) {
			k, pub := key(t, s)
			b, err := cert.CreateRequest(rand.Reader, k, s, cn("ТЕСТ"), []cert.Extension{cert.ExtKeyStore(oid.KZStorePKCS12)})
			if err != nil {
				t.Fatal(err)
			}
			q, err := cert.ParseRequest(b)
			if err != nil {
				t.Fatal(err)
			}
			if err := q.CheckSignature(); err != nil || !q.PublicKey.Equal(pub) || q.Subject.Get(oid.CommonName) != "ТЕСТ" || cert.Find(q.Extensions, oid.KZKeyStore) == nil {
				t.Errorf("request %+v, %v", q, err)
			}
			if text := q.View().String(); !strings.Contains(text, "signature verifies   yes") {
				t.Errorf("text:\n%s", text)
			}
			// The key of another request under this one's signature.
			_, other := key(t, s)
			if len(other.SPKI) == len(pub.SPKI) {
				forged := bytes.Replace(b, pub.SPKI, other.SPKI, 1)
				if q, err := cert.ParseRequest(forged); err != nil || !errors.Is(q.CheckSignature(), cert.ErrSignature) {
					t.Errorf("a foreign key in a request: %v", err)
				}
			}
			for _, bad := range [][]byte{nil, b[:len(b)-1], append(bytes.Clone(b), 0), make([]byte, cert.MaxSize+1)} {
				if _, err := cert.ParseRequest(bad); err == nil {
					t.Errorf("%d octets are read", len(bad))
				}
			}
		})
	}
}

func addFiles(f *testing.F, files []string) {
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		if list, err := cert.ParsePEM(b); err == nil {
			b = list[0].Raw
		}
		f.Add(b)
	}
}

// FuzzParse: what is read can be shown, and its names are written as they were read.
func FuzzParse(f *testing.F) {
	addFiles(f, testdata.Glob(f, "kz", "c*", "*.cer"))
	addFiles(f, testdata.Glob(f, "kz", "ca", "*", "*"))
	addFiles(f, testdata.Glob(f, "gost", "*cert*.der"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := cert.Parse(b)
		if err != nil {
			return
		}
		if _, err := json.Marshal(c.View()); err != nil {
			t.Fatal(err)
		}
		for _, line := range strings.Split(cert.Text(c), "\n") {
			if strings.ContainsAny(line, "\r\x1b\x00") {
				t.Fatalf("a control character in %q", line)
			}
		}
		_, _, _ = c.IsSigning(), c.SelfIssued(), c.OddSerial()
		if again, err := c.Subject.Marshal(); err == nil {
			n, err := cert.ParseName(again)
			if err != nil || n.String() != c.Subject.String() {
				t.Fatalf("subject %s is written as %s, %v", c.Subject, n, err)
			}
			if len(again) == len(c.RawSubject) && !cert.EqualName(again, c.RawSubject) {
				t.Fatal("a name isn't equal to itself")
			}
		} else {
			t.Fatalf("a name that was read can't be written: %v", err)
		}
	})
}

func FuzzParseRequest(f *testing.F) {
	addFiles(f, testdata.Glob(f, "gost", "*csr.der"))
	s := alg.SchemeByName("p256-sha256")
	k, _ := key(f, s)
	b, err := cert.CreateRequest(rand.Reader, k, s, cn("ТЕСТ"), []cert.Extension{cert.ExtKeyStore(oid.KZStorePKCS12)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		if q, err := cert.ParseRequest(b); err == nil {
			_ = q.View().String()
		}
	})
}

// FuzzParsePEM: whatever the file is, it is read or refused.
func FuzzParsePEM(f *testing.F) {
	for _, file := range testdata.Glob(f, "kz", "ca", "*", "*") {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
		if filepath.Ext(file) == ".cer" {
			f.Add(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: b}))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if list, err := cert.ParsePEM(b); err == nil && len(list) == 0 {
			t.Fatal("no certificate and no error")
		}
	})
}
