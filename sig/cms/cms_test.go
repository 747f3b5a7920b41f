package cms

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
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
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

func codes(c Check) []finding.Code {
	var out []finding.Code
	for _, f := range c.Findings {
		out = append(out, f.Code)
	}
	return out
}

func parseFile(t testing.TB, elem ...string) *Message {
	t.Helper()
	m, err := Parse(testdata.Read(t, elem...))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestNationalSamples(t *testing.T) {
	document := func(name string) []byte { return testdata.Read(t, "kz", "cms", name) }
	for _, c := range []struct {
		file    string
		content []byte
		schemes []string
		times   []string
		tokens  int
	}{
		{"java_gost512_plus_rsa_attached.der", nil, []string{"kz-gost-2015-512", "rsa-sha256"}, []string{"2022-09-27T21:17:59Z", ""}, 0},
		{"java_gost512_plus_rsa_detached.der", []byte("test123"), []string{"kz-gost-2015-512", "rsa-sha256"}, nil, 0},
		{"java_rsa_one_signer_attached.der", nil, []string{"rsa-sha256"}, nil, 0},
		{"individual_attached.der", nil, []string{"kz-gost-2015-512"}, []string{"2026-07-20T09:08:06Z"}, 1},
		{"individual_attached.der", document("individual_document.txt"), []string{"kz-gost-2015-512"}, nil, 1},
		{"individual_detached.der", document("individual_document.txt"), []string{"kz-gost-2015-512"}, nil, 1},
		{"legal_entity_attached.der", nil, []string{"kz-gost-2015-512"}, nil, 1},
		{"legal_entity_detached.der", document("legal_entity_document.txt"), []string{"kz-gost-2015-512"}, nil, 1},
	} {
		t.Run(c.file, func(t *testing.T) {
			m := parseFile(t, "kz", "cms", c.file)
			var schemes []string
			for i, s := range m.Signers {
				check := m.Check(i, c.content, nil)
				if !check.Good() {
					t.Fatalf("signer %d: attributes %v, content %v, findings %v", i, check.Attributes, check.Content, codes(check))
				}
				schemes = append(schemes, check.Scheme.Name)
				if c.times != nil && c.times[i] != "" && s.SigningTime.Format(time.RFC3339) != c.times[i] {
					t.Errorf("signing time %v, want %s", s.SigningTime, c.times[i])
				}
				if len(s.Timestamps) != c.tokens {
					t.Errorf("%d time stamps, want %d", len(s.Timestamps), c.tokens)
				}
				if m.Detached {
					if other := m.Check(i, append(bytes.Clone(c.content), 'x'), nil); other.Good() || other.Content || !slices.Contains(codes(other), finding.DigestMismatch) {
						t.Errorf("with another content: %v", codes(other))
					}
				}
			}
			slices.Sort(schemes)
			if !slices.Equal(schemes, c.schemes) {
				t.Errorf("schemes %v, want %v", schemes, c.schemes)
			}
		})
	}
}

func TestTheCLibrarysReversedDigestIsAccepted(t *testing.T) {
	file := testdata.Glob(t, "kz", "zip", "META-INF", "*.cms")[0]
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	manifest := testdata.Read(t, "kz", "zip", "META-INF", "NCAManifest.xml")
	if c := m.Check(0, manifest, nil); !c.Good() || c.Scheme.Name != "kz-gost-2004" {
		t.Fatalf("attributes %v, content %v, findings %v", c.Attributes, c.Content, codes(c))
	}
	if m.Signers[0].SignatureAlgorithm.OID != oid.KZGost2004Key {
		t.Errorf("signatureAlgorithm %s, the sample was to have the key's identifier", m.Signers[0].SignatureAlgorithm.OID)
	}
	if c := m.Check(0, bytes.ReplaceAll(manifest, []byte("\r\n"), []byte("\n")), nil); c.Content {
		t.Error("the manifest without its CR is accepted")
	}
}

func TestASignatureOverUnknownContentIsRightInItself(t *testing.T) {
	m := parseFile(t, "kz", "cms", "kalkan_c_gost2004_detached_unknown_content.pem")
	c := m.Check(0, nil, nil)
	if !c.Attributes || c.Content || !slices.Equal(codes(c), []finding.Code{finding.ContentMissing}) || c.Findings[0].Severity != finding.Missing {
		t.Errorf("attributes %v, content %v, findings %v", c.Attributes, c.Content, codes(c))
	}
}

func TestTheCLibrarysAttachedMessageIsGood(t *testing.T) {
	m := parseFile(t, "kz", "zip", "CMS_for_double_sign.txt")
	for i := range m.Signers {
		if c := m.Check(i, nil, nil); !c.Good() {
			t.Errorf("signer %d: %v", i, codes(c))
		}
	}
}

func TestTimeStampTokensAreMessagesToo(t *testing.T) {
	for _, name := range []string{"tsp_token.bin", "prod_tsa_gost512_token_2026.der"} {
		m := parseFile(t, "kz", "tsp", name)
		c := m.Check(0, nil, nil)
		if !c.Good() || m.ContentType != oid.TSTInfo {
			t.Errorf("%s: %v %v", name, m.ContentType, codes(c))
		}
	}
}

func TestAnyArmourIsRead(t *testing.T) {
	raw := testdata.Read(t, "kz", "cms", "java_rsa_one_signer_attached.der")
	text := base64.StdEncoding.EncodeToString(raw)
	var lines strings.Builder
	for i := 0; i < len(text); i += 76 {
		lines.WriteString(text[i:min(i+76, len(text))] + "\r\n")
	}
	for name, b := range map[string][]byte{
		"DER":                   raw,
		"PEM CMS":               pem.EncodeToMemory(&pem.Block{Type: "CMS", Bytes: raw}),
		"PEM PKCS7":             pem.EncodeToMemory(&pem.Block{Type: "PKCS7", Bytes: raw}),
		"base64 in one line":    []byte(text),
		"base64 in lines of 76": []byte(lines.String()),
		"BER":                   toBER(t, raw),
	} {
		m, err := Parse(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if c := m.Check(0, nil, nil); !c.Good() || !bytes.Equal(m.Content, []byte("test123")) {
			t.Errorf("%s: %v, content %q", name, codes(c), m.Content)
		}
	}
}

// toBER writes the outer elements with indefinite lengths and the content in pieces.
func toBER(t testing.TB, raw []byte) []byte {
	t.Helper()
	r := der.NewReader(raw)
	s := r.Sequence()
	kind := s.Any()
	signed := s.Explicit(0).Sequence()
	version, digests := signed.Any(), signed.Any()
	info := signed.Sequence()
	infoKind := info.Any()
	content := info.Explicit(0).OctetString()
	rest := signed.Rest()
	if r.Err() != nil {
		t.Fatal(r.Err())
	}
	open := func(tag byte, parts ...[]byte) []byte {
		return append(append([]byte{tag, 0x80}, bytes.Join(parts, nil)...), 0, 0)
	}
	pieces := open(0x24, append([]byte{4, 3}, content[:3]...), append([]byte{4, byte(len(content) - 3)}, content[3:]...))
	return open(0x30, kind.Full, open(0xa0, open(0x30, version.Full, digests.Full, open(0x30, infoKind.Full, open(0xa0, pieces)), rest)))
}

func TestParseRefuses(t *testing.T) {
	raw := testdata.Read(t, "kz", "cms", "java_rsa_one_signer_attached.der")
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, ErrNotSignedData},
		{"a text", []byte("hello"), ErrNotSignedData},
		{"a PDF", []byte("%PDF-1.7"), ErrNotSignedData},
		{"a certificate", testdata.Read(t, "kz", "cert", "individual_signer.cer"), ErrNotSignedData},
		{"a certificate in PEM", testdata.Read(t, "kz", "ca", "prod", "root_gost.pem"), ErrNotSignedData},
		{"enveloped data", testdata.Read(t, "cms-rfc4134", "5.1.bin"), ErrNotSignedData},
		{"certificates only", testdata.Read(t, "cms-rfc4134", "4.11.bin"), ErrNoSignature},
		{"a cut-off message", raw[:len(raw)-10], ErrNotSignedData},
		{"a tail", append(bytes.Clone(raw), 0), ErrNotSignedData},
	} {
		if m, err := Parse(c.b); !errors.Is(err, c.want) || m != nil {
			t.Errorf("%s: %v, want %v", c.name, err, c.want)
		}
	}
	if certs, err := ParseCertificates(testdata.Read(t, "cms-rfc4134", "4.11.bin")); err != nil || len(certs) == 0 {
		t.Errorf("certificates only: %d certificates, %v", len(certs), err)
	}
}

// kinds are the keys that are signed with, one for each row.
var kinds = []string{"rsa", "p256", "kz-gost-2004", "kz-gost-2015-512", "gost-2012-256", "gost-2012-512"}

func TestWhatIsSignedVerifies(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	content := []byte("Мен қол қоямын.")
	for _, kind := range kinds {
		t.Run(kind, func(t *testing.T) {
			p := root.Issue(t, testpki.Spec{Kind: kind})
			for _, detached := range []bool{false, true} {
				b, err := Sign(rand.Reader, content, p.Key, p.Cert, Options{Detached: detached, SigningTime: testpki.Now})
				if err != nil {
					t.Fatal(err)
				}
				m, err := Parse(b)
				if err != nil {
					t.Fatal(err)
				}
				given := content
				if !detached {
					given = nil
				}
				if c := m.Check(0, given, nil); !c.Good() || m.Detached != detached || !m.Signers[0].SigningTime.Equal(testpki.Now) {
					t.Errorf("detached %v: %v", detached, codes(c))
				}
				if !bytes.Equal(m.Raw, b) {
					t.Error("it isn't DER")
				}
			}
			digest := alg.DefaultScheme(p.Key.Kind).Hash.Sum(content)
			b, err := SignDigest(rand.Reader, digest, p.Key, p.Cert, Options{SigningTime: testpki.Now})
			if err != nil {
				t.Fatal(err)
			}
			m, err := Parse(b)
			if err != nil {
				t.Fatal(err)
			}
			if c := m.Check(0, content, nil); !c.Good() {
				t.Errorf("over a digest: %v", codes(c))
			}
			if c := m.CheckDigest(0, func(*alg.Hash) ([]byte, error) { return digest, nil }, nil); !c.Good() {
				t.Errorf("checked with a digest: %v", codes(c))
			}
		})
	}
}

func TestSignHasTheFormOfNationalSamples(t *testing.T) {
	// The sample's signer signs again at the sample's moment: all but the signature value is the same octet for octet.
	sample := parseFile(t, "kz", "cms", "individual_attached.der")
	c := sample.Check(0, nil, nil)
	attributes, err := signedAttributesDER(oid.Data, c.Scheme.Hash.Sum(sample.Content), c.Certificate, sample.Signers[0].SigningTime)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(attributes, sample.Signers[0].RawSignedAttrs) {
		t.Errorf("attributes\n%x, the sample has\n%x", attributes, sample.Signers[0].RawSignedAttrs)
	}
	if !sample.Signers[0].DigestAlgorithm.Equal(c.Scheme.Hash.Identifier) || !sample.Signers[0].SignatureAlgorithm.Equal(c.Scheme.Identifier) {
		t.Error("algorithms are written otherwise")
	}
}

func TestSeveralSignersSignTheSameContent(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	content := []byte("contract")
	for _, detached := range []bool{false, true} {
		var b []byte
		for i, kind := range kinds {
			p := root.Issue(t, testpki.Spec{Kind: kind})
			o := Options{Detached: detached, SigningTime: testpki.Now}
			var err error
			if i == 0 {
				b, err = Sign(rand.Reader, content, p.Key, p.Cert, o)
			} else {
				b, err = AddSigner(rand.Reader, b, content, p.Key, p.Cert, o)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		m, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if len(m.Signers) != len(kinds) || len(m.Certificates) != len(kinds) {
			t.Fatalf("%d signers, %d certificates", len(m.Signers), len(m.Certificates))
		}
		for i := range m.Signers {
			if c := m.Check(i, content, nil); !c.Good() {
				t.Errorf("signer %d: %v", i, codes(c))
			}
		}
		p := root.Issue(t, testpki.Spec{})
		if _, err := AddSigner(rand.Reader, b, []byte("another contract"), p.Key, p.Cert, Options{}); !errors.Is(err, ErrOtherContent) {
			t.Errorf("co-signing another content: %v", err)
		}
		if _, err := AddSigner(rand.Reader, b, nil, p.Key, p.Cert, Options{}); detached != (err != nil) {
			t.Errorf("co-signing without the content, detached %v: %v", detached, err)
		}
	}
	// A second signature on a real message leaves the first alone.
	sample := testdata.Read(t, "kz", "cms", "individual_attached.der")
	p := root.Issue(t, testpki.Spec{})
	b, err := AddSigner(rand.Reader, sample, nil, p.Key, p.Cert, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	stamps := 0
	for i := range m.Signers {
		if c := m.Check(i, nil, nil); !c.Good() {
			t.Errorf("signer %d: %v", i, codes(c))
		}
		stamps += len(m.Signers[i].Timestamps)
	}
	if len(m.Signers) != 2 || stamps != 1 {
		t.Errorf("%d signers, %d time stamps", len(m.Signers), stamps)
	}
}

func TestSignRefuses(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	a, b := root.Issue(t, testpki.Spec{}), root.Issue(t, testpki.Spec{})
	if _, err := Sign(rand.Reader, nil, a.Key, b.Cert, Options{}); err == nil {
		t.Error("a key signed under another's certificate")
	}
	if _, err := Sign(rand.Reader, nil, a.Key, nil, Options{}); err == nil {
		t.Error("signed without a certificate")
	}
	if _, err := Sign(rand.Reader, nil, nil, a.Cert, Options{}); err == nil {
		t.Error("signed without a key")
	}
	if _, err := SignDigest(rand.Reader, make([]byte, 31), a.Key, a.Cert, Options{}); err == nil {
		t.Error("signed a digest of another length")
	}
	if _, err := Sign(rand.Reader, nil, a.Key, a.Cert, Options{Scheme: alg.SchemeByName("rsa-sha256")}); err == nil {
		t.Error("signed with another kind's scheme")
	}
}

func TestForeignSamples(t *testing.T) {
	content := testdata.Read(t, "cms-rfc4134", "ExContent.bin")
	for _, file := range testdata.Glob(t, "cms-rfc4134", "*.bin") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(b)
		if err != nil {
			continue
		}
		for i := range m.Signers {
			var given []byte
			if m.Detached {
				given = content
			}
			c := m.Check(i, given, nil)
			if c.Good() {
				t.Errorf("%s: SHA-1 with DSA or RSA-1024 is good", filepath.Base(file))
			}
			if m.Check(i, given, nil).Certificate != nil && !slices.ContainsFunc(codes(c), func(f finding.Code) bool {
				return f == finding.UnsupportedAlgorithm || f == finding.WeakAlgorithm
			}) {
				t.Errorf("%s: %v", filepath.Base(file), codes(c))
			}
		}
	}
	for _, name := range []string{"bad_signtime_attr.cms", "no_ct_attr.cms", "no_md_attr.cms", "ct_multiple_attr.cms"} {
		b := testdata.Read(t, "cms-openssl", name)
		m, err := Parse(b)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		c := m.Check(0, nil, nil)
		if !slices.ContainsFunc(codes(c), func(f finding.Code) bool { return f == finding.Malformed || f == finding.AttributeMissing }) {
			t.Errorf("%s: %v", name, codes(c))
		}
	}
	for _, name := range []string{"dh-malformed.der", "ecdh-malformed.der", "rsa-malformed.der", "pkcs7-md4-encrypted.pem", "pkcs7-empty-digest-set.eml"} {
		if _, err := Parse(testdata.Read(t, "cms-openssl", name)); err == nil {
			t.Errorf("%s was read as a signed message", name)
		}
	}
	if m, err := Parse(testdata.Read(t, "cms-openssl", "pkcs7-md4.pem")); err == nil {
		for i := range m.Signers {
			if m.Check(i, nil, nil).Good() {
				t.Error("MD4 is good")
			}
		}
	}
}

func TestGOSTSamplesOfOtherCurvesAreNotGood(t *testing.T) {
	for _, name := range []string{"tk26cms_signed_256.der", "tk26cms_signed_512.der"} {
		m, err := Parse(testdata.Read(t, "gost", name))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		more, err := cert.ParsePEM(testdata.Read(t, "gost", strings.Replace(name, "cms_signed", "iok_cert", 1)))
		if err != nil {
			t.Fatal(err)
		}
		for i := range m.Signers {
			c := m.Check(i, nil, more)
			known := c.Certificate != nil && c.Certificate.PublicKey != nil
			if c.Good() != known {
				t.Errorf("%s: known %v, %v", name, known, codes(c))
			}
		}
	}
}

func TestOpenSSLVerifiesOurs(t *testing.T) {
	for _, kind := range []string{"rsa", "p256", "gost-2012-256", "gost-2012-512"} {
		t.Run(kind, func(t *testing.T) {
			run := peer.Runner(func(t testing.TB, args ...string) ([]byte, error) { return peer.Run(t, nil, peer.OpenSSL(t), args...) })
			if strings.HasPrefix(kind, "gost") {
				run = peer.OpenSSLGost(t)
			}
			root := testpki.Root(t, testpki.Spec{Kind: kind})
			p := root.Issue(t, testpki.Spec{Kind: kind})
			dir := t.TempDir()
			put := func(name string, b []byte) string {
				path := filepath.Join(dir, name)
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			anchor := put("root.pem", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root.Cert.Raw}))
			content := put("content", []byte("Мен қол қоямын.\r\n"))
			for _, detached := range []bool{false, true} {
				b, err := Sign(rand.Reader, []byte("Мен қол қоямын.\r\n"), p.Key, p.Cert, Options{Detached: detached, SigningTime: testpki.Now})
				if err != nil {
					t.Fatal(err)
				}
				args := []string{"cms", "-verify", "-binary", "-inform", "DER", "-in", put("message", b), "-CAfile", anchor, "-attime", "1782907200"}
				if detached {
					args = append(args, "-content", content)
				}
				out, err := run(t, args...)
				if err != nil || string(out) != "Мен қол қоямын.\r\n" {
					t.Errorf("detached %v: %q, %v", detached, out, err)
				}
			}
		})
	}
}

func TestWeVerifyOpenSSLs(t *testing.T) {
	for _, kind := range []string{"rsa", "p256", "gost-2012-256", "gost-2012-512"} {
		t.Run(kind, func(t *testing.T) {
			run := peer.Runner(func(t testing.TB, args ...string) ([]byte, error) { return peer.Run(t, nil, peer.OpenSSL(t), args...) })
			if strings.HasPrefix(kind, "gost") {
				run = peer.OpenSSLGost(t)
			}
			p := testpki.Root(t, testpki.Spec{Kind: kind}).Issue(t, testpki.Spec{Kind: kind})
			dir := t.TempDir()
			put := func(name, label string, b []byte) string {
				path := filepath.Join(dir, name)
				if label != "" {
					b = pem.EncodeToMemory(&pem.Block{Type: label, Bytes: b})
				}
				if err := os.WriteFile(path, b, 0o600); err != nil {
					t.Fatal(err)
				}
				return path
			}
			pkcs8, err := p.Key.MarshalPKCS8()
			if err != nil {
				t.Fatal(err)
			}
			certificate, key, content := put("c.pem", "CERTIFICATE", p.Cert.Raw), put("k.pem", "PRIVATE KEY", pkcs8), put("content", "", []byte("content"))
			for _, extra := range [][]string{{"-nodetach"}, {}, {"-nodetach", "-stream", "-indef"}, {"-nodetach", "-keyid"}, {"-nodetach", "-noattr"}, {"-nodetach", "-cades"}, {"-nodetach", "-outform", "PEM"}} {
				args := append([]string{"cms", "-sign", "-binary", "-outform", "DER", "-signer", certificate, "-inkey", key, "-in", content}, extra...)
				out, err := run(t, args...)
				if err != nil {
					t.Fatal(err)
				}
				m, err := Parse(out)
				if err != nil {
					t.Errorf("%v: %v", extra, err)
					continue
				}
				if c := m.Check(0, []byte("content"), nil); !c.Good() {
					t.Errorf("%v: %v", extra, codes(c))
				}
				if c := m.Check(0, []byte("content."), nil); c.Good() {
					t.Errorf("%v: good over another content", extra)
				}
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range append(testdata.Glob(f, "kz", "cms", "*.der"), testdata.Glob(f, "cms-openssl", "*.cms")...) {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	for _, file := range testdata.Glob(f, "cms-rfc4134", "4.*.bin") {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(testdata.Read(f, "kz", "cms", "kalkan_c_gost2004_detached_unknown_content.pem"))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := Parse(b)
		if err != nil {
			if !errors.Is(err, ErrNotSignedData) && !errors.Is(err, ErrNoSignature) && !errors.Is(err, ErrMalformed) {
				t.Fatalf("error of no kind: %v", err)
			}
			return
		}
		for i := range m.Signers {
			c := m.Check(i, nil, nil)
			if len(c.Findings) == 0 && (!c.Attributes || !c.Content || c.Certificate == nil) {
				t.Fatal("not good, and nothing found")
			}
		}
	})
}

func TestOnlyTheOldDigestIsReadInBothOrders(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	for kind, want := range map[string]bool{"kz-gost-2004": true, "kz-gost-2015-512": false, "gost-2012-512": false, "p256": false} {
		p := root.Issue(t, testpki.Spec{Kind: kind})
		digest := alg.DefaultScheme(p.Key.Kind).Hash.Sum([]byte("content"))
		slices.Reverse(digest)
		b, err := SignDigest(rand.Reader, digest, p.Key, p.Cert, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m, err := Parse(b)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Check(0, []byte("content"), nil).Good(); got != want {
			t.Errorf("%s: a reversed digest is good: %v, want %v", kind, got, want)
		}
	}
}
