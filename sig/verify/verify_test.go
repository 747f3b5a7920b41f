package verify

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/cms"
)

var background = context.Background()

func certificates(t testing.TB, folder string) (roots, others []*cert.Certificate) {
	t.Helper()
	for _, file := range testdata.Glob(t, "kz", "ca", folder, "*") {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		list, err := cert.ParsePEM(b)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(file, "/root") {
			roots = append(roots, list...)
		} else {
			others = append(others, list...)
		}
	}
	return roots, others
}

func moment(t testing.TB, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestNationalSamples(t *testing.T) {
	testRoots, testCAs := certificates(t, "test")
	prodRoots, prodCAs := certificates(t, "prod")
	l166, err := crl.Parse(testdata.Read(t, "kz", "crl", "nca_gost2022_test_num166_2026.crl"))
	if err != nil {
		t.Fatal(err)
	}
	cmsFile := func(name string) []byte { return testdata.Read(t, "kz", "cms", name) }
	text := func(name string) []byte { return testdata.Read(t, "kz", "cms", name) }
	meta, err := os.ReadFile(testdata.Glob(t, "kz", "zip", "META-INF", "*.cms")[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name       string
		file       []byte
		content    []byte
		at         string
		revocation path.Mode
		exit       int
		want       []string // sub-indications of the signatures, sorted; "" is passed
	}{
		{"individual, attached, with its list", cmsFile("individual_attached.der"), nil, "2026-08-12T00:00:00Z", path.Soft, 0, []string{""}},
		{"individual, detached, with its list", cmsFile("individual_detached.der"), text("individual_document.txt"), "2026-08-12T00:00:00Z", path.Soft, 0, []string{""}},
		{"individual, attached, before the list", cmsFile("individual_attached.der"), nil, "2026-07-21T00:00:00Z", path.Soft, 2, []string{TryLater}},
		{"individual, attached, not asked", cmsFile("individual_attached.der"), nil, "2026-07-21T00:00:00Z", path.None, 0, []string{""}},
		{"individual, after its certificate", cmsFile("individual_attached.der"), nil, "2027-06-01T00:00:00Z", path.None, 1, []string{OutOfBoundsNoPOE}},
		{"first head, attached, with the list", cmsFile("legal_entity_attached.der"), nil, "2026-08-12T00:00:00Z", path.Soft, 0, []string{""}},
		{"first head, detached, with the list", cmsFile("legal_entity_detached.der"), text("legal_entity_document.txt"), "2026-08-12T00:00:00Z", path.Soft, 0, []string{""}},
		{"first head over the individual's document", cmsFile("legal_entity_detached.der"), append(text("individual_document.txt"), 'x'), "2026-08-12T00:00:00Z", path.Soft, 1, []string{HashFailure}},
		{"first head, detached, nothing given", cmsFile("legal_entity_detached.der"), nil, "2026-08-12T00:00:00Z", path.Soft, 2, []string{SignedDataNotFound}},
		// The two certificates of this pair were never valid at the same time.
		{"Java, two signers, in the GOST one's days", cmsFile("java_gost512_plus_rsa_attached.der"), nil, "2022-09-28T00:00:00Z", path.None, 1, []string{"", OutOfBoundsNoPOE}},
		{"Java, two signers, in the RSA one's days", cmsFile("java_gost512_plus_rsa_detached.der"), []byte("test123"), "2021-06-01T00:00:00Z", path.None, 1, []string{"", OutOfBoundsNoPOE}},
		{"Java, RSA, in its days", cmsFile("java_rsa_one_signer_attached.der"), nil, "2021-06-01T00:00:00Z", path.None, 0, []string{""}},
		{"C library, content unknown", cmsFile("kalkan_c_gost2004_detached_unknown_content.pem"), nil, "2026-08-12T00:00:00Z", path.None, 2, []string{SignedDataNotFound}},
		{"C library, another content", cmsFile("kalkan_c_gost2004_detached_unknown_content.pem"), []byte("?"), "2026-08-12T00:00:00Z", path.None, 1, []string{HashFailure}},
		{"C library, manifest of a ZIP, later", meta, testdata.Read(t, "kz", "zip", "META-INF", "NCAManifest.xml"), "2026-08-12T00:00:00Z", path.None, 1, []string{OutOfBoundsNoPOE}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := Verify(background, Input{File: c.file, Content: c.content, Anchors: append(testRoots, prodRoots...), Intermediates: append(testCAs, prodCAs...),
				CRLs: []*crl.List{l166}, Revocation: c.revocation, Time: moment(t, c.at)})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range r.Signatures {
				got = append(got, s.SubIndication)
				if s.Indication == Passed && (len(s.Chain) != 3 || !s.Chain[2].Anchor || s.Signer.IIN == "" || s.Covered == "" || len(s.Errors) != 0) {
					t.Errorf("passed with %+v", s)
				}
				for _, stamp := range s.Timestamps {
					if !stamp.Trusted || stamp.Policy != string(oid.KZPolicyTSAGost2015512) || !s.BestTime.Equal(stamp.Time) {
						t.Errorf("time stamp %+v, best time %v, warnings %+v", stamp, s.BestTime, s.Warnings)
					}
				}
			}
			slices.Sort(got)
			if !slices.Equal(got, c.want) || r.ExitCode() != c.exit || r.Valid != (c.exit == 0) {
				t.Errorf("%v, exit %d, want %v, %d", got, r.ExitCode(), c.want, c.exit)
			}
		})
	}
}

func TestTheCLibrarysManifestIsValidInItsDays(t *testing.T) {
	roots, cas := certificates(t, "prod")
	testRoots, testCAs := certificates(t, "test")
	meta, err := os.ReadFile(testdata.Glob(t, "kz", "zip", "META-INF", "*.cms")[0])
	if err != nil {
		t.Fatal(err)
	}
	m, err := cms.Parse(meta)
	if err != nil {
		t.Fatal(err)
	}
	manifest := testdata.Read(t, "kz", "zip", "META-INF", "NCAManifest.xml")
	r, err := Verify(background, Input{File: meta, Content: manifest, Anchors: append(roots, testRoots...), Intermediates: append(cas, testCAs...), Time: m.Signers[0].SigningTime})
	if err != nil {
		t.Fatal(err)
	}
	if r.ExitCode() != 0 {
		t.Errorf("%+v", r.Signatures[0].Errors)
	}
}

// A scene is a small hierarchy with a signer.
type scene struct {
	root, ca, signer *testpki.Party
	in               Input
}

func newScene(t testing.TB, s testpki.Spec) *scene {
	t.Helper()
	root := testpki.Root(t, testpki.Spec{})
	ca := root.Issue(t, testpki.Spec{Name: "CA", CA: true})
	x := &scene{root: root, ca: ca, signer: ca.Issue(t, s)}
	x.in = Input{Anchors: []*cert.Certificate{root.Cert}, Intermediates: []*cert.Certificate{ca.Cert}, Time: testpki.Now, Revocation: path.Soft,
		CRLs: []*crl.List{ca.CRL(t, testpki.Now.Add(-time.Hour), nil)}}
	x.sign(t, cms.Options{})
	return x
}

func (x *scene) sign(t testing.TB, o cms.Options) {
	t.Helper()
	o.SigningTime = testpki.Now.Add(-time.Minute)
	b, err := cms.Sign(rand.Reader, []byte("content"), x.signer.Key, x.signer.Cert, o)
	if err != nil {
		t.Fatal(err)
	}
	x.in.File = b
}

// without leaves a certificate out of the message.
func without(t testing.TB, message []byte, c *cert.Certificate) []byte {
	t.Helper()
	b := der.NewBuilder()
	r := der.NewReader(message).Sequence()
	b.Sequence(func(b *der.Builder) {
		b.Raw(r.Any().Full)
		signed := r.Explicit(0).Sequence()
		b.Explicit(0, func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				for !signed.Empty() {
					if e := signed.Any(); !e.Is(der.ContextConstructedTag(0)) {
						b.Raw(e.Full)
					}
				}
			})
		})
	})
	out, err := b.Bytes()
	if err != nil || bytes.Contains(out, c.Raw) {
		t.Fatalf("couldn't take the certificate out: %v", err)
	}
	return out
}

// withoutAttributes takes a message's signed attributes out, and returns them as they were signed.
func withoutAttributes(t testing.TB, message []byte) (bare, attributes []byte) {
	t.Helper()
	m, err := cms.Parse(message)
	if err != nil {
		t.Fatal(err)
	}
	attributes = m.Signers[0].RawSignedAttrs
	implicit := bytes.Clone(attributes)
	implicit[0] = byte(der.ContextConstructedTag(0))
	b := der.NewBuilder()
	var copyOf func(b *der.Builder, e der.Element)
	copyOf = func(b *der.Builder, e der.Element) {
		switch {
		case bytes.Equal(e.Full, implicit):
		case bytes.Contains(e.Full, implicit) && e.Tag == der.TagSequence:
			b.Sequence(func(b *der.Builder) { each(e, func(x der.Element) { copyOf(b, x) }) })
		case bytes.Contains(e.Full, implicit) && e.Tag == der.TagSet:
			b.Set(func(b *der.Builder) { each(e, func(x der.Element) { copyOf(b, x) }) })
		case bytes.Contains(e.Full, implicit):
			b.ContextConstructed(0, func(b *der.Builder) { each(e, func(x der.Element) { copyOf(b, x) }) })
		default:
			b.Raw(e.Full)
		}
	}
	copyOf(b, der.NewReader(message).Any())
	return b.MustBytes(), attributes
}

func each(e der.Element, f func(der.Element)) {
	for r := e.Inside(); !r.Empty(); {
		f(r.Any())
	}
}

func TestVerifyGivesIndications(t *testing.T) {
	for _, c := range []struct {
		name string
		spec testpki.Spec
		bend func(testing.TB, *scene)
		want string // sub-indication, "" is passed
		code finding.Code
		exit int
	}{
		{name: "nothing wrong"},
		{name: "an attached content, given too", bend: func(_ testing.TB, x *scene) { x.in.Content = []byte("content") }},
		{name: "an attached content, another given", bend: func(_ testing.TB, x *scene) { x.in.Content = []byte("other") }, want: HashFailure, code: finding.ContentDiffers, exit: 1},
		{name: "an attached content, an empty one given", bend: func(_ testing.TB, x *scene) { x.in.Content = []byte{} }, want: HashFailure, code: finding.ContentDiffers, exit: 1},
		{name: "an attached content, another hashed in the page", bend: func(_ testing.TB, x *scene) {
			x.in.Digest = func(name string) []byte { return alg.HashByName(name).Sum([]byte("other")) }
		}, want: HashFailure, code: finding.ContentDiffers, exit: 1},
		{name: "detached, hashed in the page", bend: func(t testing.TB, x *scene) {
			x.sign(t, cms.Options{Detached: true})
			x.in.Digest = func(name string) []byte { return alg.HashByName(name).Sum([]byte("content")) }
		}},
		{name: "detached, another hashed in the page", bend: func(t testing.TB, x *scene) {
			x.sign(t, cms.Options{Detached: true})
			x.in.Digest = func(name string) []byte { return alg.HashByName(name).Sum([]byte("other")) }
		}, want: HashFailure, code: finding.DigestMismatch, exit: 1},
		{name: "detached, nothing given", bend: func(t testing.TB, x *scene) { x.sign(t, cms.Options{Detached: true}) }, want: SignedDataNotFound, code: finding.ContentMissing, exit: 2},
		{name: "detached, and the signed attributes are passed off as the document", bend: func(t testing.TB, x *scene) {
			x.sign(t, cms.Options{Detached: true})
			x.in.File, x.in.Content = withoutAttributes(t, x.in.File)
		}, want: FormatFailure, code: finding.Malformed, exit: 1},
		{name: "detached, and the certificate revoked", bend: func(t testing.TB, x *scene) {
			x.sign(t, cms.Options{Detached: true})
			x.revoke(t, 1, testpki.Now.Add(-2*time.Hour))
		}, want: RevokedNoPOE, code: finding.Revoked, exit: 1},
		{name: "the signature changed", bend: func(_ testing.TB, x *scene) { x.in.File[len(x.in.File)-3] ^= 1 }, want: SigCryptoFailure, code: finding.SignatureValueWrong, exit: 1},
		{name: "the content changed", bend: func(_ testing.TB, x *scene) {
			x.in.File = bytes.Replace(x.in.File, []byte("content"), []byte("CONTENT"), 1)
		}, want: HashFailure, code: finding.DigestMismatch, exit: 1},
		{name: "the certificate is absent", bend: func(t testing.TB, x *scene) { x.in.File = without(t, x.in.File, x.signer.Cert) }, want: NoSigningCertificateFound, code: finding.NoSigningCertificate, exit: 2},
		{name: "the certificate is absent and given", bend: func(t testing.TB, x *scene) {
			x.in.File = without(t, x.in.File, x.signer.Cert)
			x.in.Intermediates = append(x.in.Intermediates, x.signer.Cert)
		}},
		{name: "the certificate is absent and a twin is given", bend: func(t testing.TB, x *scene) {
			x.in.File = without(t, x.in.File, x.signer.Cert)
			x.in.Intermediates = append(x.in.Intermediates, x.ca.Issue(t, testpki.Spec{Name: "ДРУГОВ", Key: x.signer.Key, Serial: x.signer.Cert.Serial}).Cert)
		}, want: SigConstraintsFailure, code: finding.SigningCertificateMismatch, exit: 1},
		{name: "no anchor", bend: func(_ testing.TB, x *scene) { x.in.Anchors = nil }, want: NoCertificateChainFound, code: finding.NoChain, exit: 2},
		{name: "no authority", bend: func(_ testing.TB, x *scene) { x.in.Intermediates = nil }, want: NoCertificateChainFound, code: finding.NoChain, exit: 2},
		{name: "the signer's own root in the message", bend: func(t testing.TB, x *scene) {
			own := testpki.Root(t, testpki.Spec{})
			x.signer = own.Issue(t, testpki.Spec{})
			x.sign(t, cms.Options{Certificates: []*cert.Certificate{own.Cert}})
		}, want: NoCertificateChainFound, code: finding.NoChain, exit: 2},
		{name: "a forged certificate", bend: func(t testing.TB, x *scene) {
			forger := testpki.Root(t, testpki.Spec{Name: "CA"})
			x.signer = forger.Issue(t, testpki.Spec{Issuer: x.ca.Cert.RawSubject, NoKeyIDs: true})
			x.sign(t, cms.Options{})
		}, want: ChainConstraintsFailure, code: finding.BadSignature, exit: 1},
		{name: "a person as authority", bend: func(t testing.TB, x *scene) {
			person := x.signer
			x.signer = person.Issue(t, testpki.Spec{})
			x.sign(t, cms.Options{Certificates: []*cert.Certificate{person.Cert}})
		}, want: ChainConstraintsFailure, code: finding.NotCA, exit: 1},
		{name: "a key for signing in", spec: testpki.Spec{EKU: []oid.OID{oid.EKUClientAuth}, KeyUsage: cert.DigitalSignature | cert.KeyEncipherment}, want: SigConstraintsFailure, code: finding.AuthenticationKey, exit: 1},
		{name: "a key for servers", spec: testpki.Spec{EKU: []oid.OID{oid.EKUServerAuth}, KeyUsage: cert.DigitalSignature}, want: SigConstraintsFailure, code: finding.PurposeForbids, exit: 1},
		{name: "an information system", spec: testpki.Spec{EKU: []oid.OID{oid.KZEKULegal}}},
		{name: "ended", bend: func(_ testing.TB, x *scene) {
			x.in.Time, x.in.Revocation = x.signer.Cert.NotAfter.Add(time.Hour), path.None
		}, want: OutOfBoundsNoPOE, code: finding.Expired, exit: 1},
		{name: "not begun", bend: func(_ testing.TB, x *scene) {
			x.in.Time, x.in.Revocation = x.signer.Cert.NotBefore.Add(-time.Hour), path.None
		}, want: OutOfBoundsNoPOE, code: finding.NotYetValid, exit: 1},
		{name: "revoked", bend: func(t testing.TB, x *scene) { x.revoke(t, 1, testpki.Now.Add(-2*time.Hour)) }, want: RevokedNoPOE, code: finding.Revoked, exit: 1},
		{name: "on hold", bend: func(t testing.TB, x *scene) { x.revoke(t, 6, testpki.Now.Add(-2*time.Hour)) }, want: RevokedNoPOE, code: finding.OnHold, exit: 1},
		{name: "the authority is revoked", bend: func(t testing.TB, x *scene) {
			x.in.CRLs = append(x.in.CRLs, x.root.CRL(t, testpki.Now.Add(-time.Hour), nil, crl.Entry{Serial: x.ca.Cert.Serial, Time: testpki.Now.Add(-2 * time.Hour), Reason: 2}))
		}, want: RevokedCANoPOE, code: finding.Revoked, exit: 1},
		{name: "no status", bend: func(_ testing.TB, x *scene) { x.in.CRLs = nil }, want: TryLater, code: finding.NoRevocationAnswer, exit: 2},
		{name: "no status, not asked", bend: func(_ testing.TB, x *scene) { x.in.CRLs, x.in.Revocation = nil, path.None }},
		{name: "no status of the authority, all needed", bend: func(_ testing.TB, x *scene) { x.in.Revocation = path.Hard }, want: TryLater, code: finding.NoRevocationAnswer, exit: 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newScene(t, c.spec)
			if c.bend != nil {
				c.bend(t, x)
			}
			r, err := Verify(background, x.in)
			if err != nil {
				t.Fatal(err)
			}
			s := r.Signatures[0]
			if s.SubIndication != c.want || r.ExitCode() != c.exit || r.Valid != (c.exit == 0) {
				t.Fatalf("%s %s, exit %d; want %s, %d: %+v", s.Indication, s.SubIndication, r.ExitCode(), c.want, c.exit, s.Findings)
			}
			if c.code != "" && !slices.ContainsFunc(s.Errors, func(m Message) bool { return m.Code == string(c.code) }) {
				t.Errorf("errors %+v, want %s", s.Errors, c.code)
			}
			if c.exit == 0 && (len(s.Errors) != 0 || s.Indication != Passed) {
				t.Errorf("valid with %+v", s.Errors)
			}
		})
	}
}

func (x *scene) revoke(t testing.TB, reason int, at time.Time) {
	t.Helper()
	x.in.CRLs = []*crl.List{x.ca.CRL(t, testpki.Now.Add(-time.Hour), nil, crl.Entry{Serial: x.signer.Cert.Serial, Time: at, Reason: reason})}
}

func TestTheWorstSignatureDecides(t *testing.T) {
	x := newScene(t, testpki.Spec{})
	stranger := testpki.Root(t, testpki.Spec{Name: "STRANGER"}).Issue(t, testpki.Spec{})
	login := x.ca.Issue(t, testpki.Spec{EKU: []oid.OID{oid.EKUClientAuth}, KeyUsage: cert.DigitalSignature})
	add := func(p *testpki.Party) {
		b, err := cms.AddSigner(rand.Reader, x.in.File, nil, p.Key, p.Cert, cms.Options{})
		if err != nil {
			t.Fatal(err)
		}
		x.in.File = b
	}
	for _, c := range []struct {
		add        *testpki.Party
		exit       int
		indication string
	}{{nil, 0, Passed}, {stranger, 2, Indeterminate}, {login, 1, Indeterminate}} {
		if c.add != nil {
			add(c.add)
		}
		r, err := Verify(background, x.in)
		if err != nil {
			t.Fatal(err)
		}
		if r.ExitCode() != c.exit || r.Indication != c.indication || r.Valid != (c.exit == 0) {
			t.Errorf("%d signatures: %s, exit %d, want %d", len(r.Signatures), r.Indication, r.ExitCode(), c.exit)
		}
	}
	if (&Report{Valid: true, Indication: Passed}).ExitCode() != 3 {
		t.Error("a report without signatures is not an exit of 3")
	}
}

func TestVerifyRefusesWhatIsNoSignedFile(t *testing.T) {
	for _, c := range []struct {
		name string
		file []byte
		want string
	}{
		{"nothing", nil, NotASignature},
		{"a text", []byte("Мен қол қоямын."), NotASignature},
		{"a certificate", testdata.Read(t, "kz", "cert", "individual_signer.cer"), NotASignature},
		{"certificates only", testdata.Read(t, "cms-rfc4134", "4.11.bin"), NoSignature},
		{"an encrypted message", testdata.Read(t, "cms-rfc4134", "5.1.bin"), NotASignature},
	} {
		r, err := Verify(background, Input{File: c.file, Time: testpki.Now})
		if r != nil || fail.CodeOf(err) != c.want || !fail.Is(err, fail.Invalid) {
			t.Errorf("%s: %v, want %s", c.name, err, c.want)
		}
	}
	if _, err := Verify(background, Input{File: testdata.Read(t, "kz", "cms", "individual_attached.der")}); err == nil {
		t.Error("verified at no moment")
	}
}

// stamp makes a time-stamp token of a signature.
func stamp(t testing.TB, tsa *testpki.Party, signature []byte, at time.Time) []byte {
	t.Helper()
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(1)
		b.OID("1.2.3")
		b.Sequence(func(b *der.Builder) {
			alg.WriteIdentifier(b, alg.SHA256.Identifier)
			b.OctetString(alg.SHA256.Sum(signature))
		})
		b.Int(1)
		b.GeneralizedTime(at)
	})
	out, err := cms.Sign(rand.Reader, b.MustBytes(), tsa.Key, tsa.Cert, cms.Options{SigningTime: at, ContentType: oid.TSTInfo})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTimeStamps(t *testing.T) {
	revoked := testpki.Now.Add(-24 * time.Hour)
	before, after := revoked.Add(-time.Hour), revoked.Add(time.Hour)
	tsaSpec := testpki.Spec{Name: "TSA", EKU: []oid.OID{oid.EKUTimeStamping}}
	for _, c := range []struct {
		name  string
		tsa   func(x *scene) *testpki.Party
		at    time.Time
		bend  func(x *scene, signature []byte) []byte
		lists func(x *scene, tsa *testpki.Party) *crl.List
		why   string // of the warning; "" is trusted
		exit  int
	}{
		{name: "trusted, before the revocation", at: before, exit: 0},
		{name: "trusted, after the revocation", at: after, exit: 1},
		{name: "a stranger's", at: before, tsa: func(*scene) *testpki.Party {
			return testpki.Root(t, testpki.Spec{Name: "X"}).Issue(t, tsaSpec)
		}, why: "chain", exit: 1},
		{name: "the signer's own", at: before, tsa: func(x *scene) *testpki.Party { return x.signer }, why: "chain", exit: 1},
		{name: "by a person", at: before, tsa: func(x *scene) *testpki.Party { return x.ca.Issue(t, testpki.Spec{}) }, why: "chain", exit: 1},
		{name: "by an authority that had ended", at: before, tsa: func(x *scene) *testpki.Party {
			s := tsaSpec
			s.NotAfter = before.Add(-time.Second)
			return x.ca.Issue(t, s)
		}, why: "chain", exit: 1},
		{name: "by an authority that ended since", at: before, tsa: func(x *scene) *testpki.Party {
			s := tsaSpec
			s.NotAfter = before.Add(time.Minute)
			return x.ca.Issue(t, s)
		}, exit: 0},
		{name: "of another signature", at: before, bend: func(_ *scene, s []byte) []byte { return append([]byte{1}, s...) }, why: "imprint", exit: 1},
		{name: "from the future", at: testpki.Now.Add(time.Hour), why: "later", exit: 1},
		{name: "by an authority revoked since", at: before, lists: func(x *scene, tsa *testpki.Party) *crl.List {
			return x.ca.CRL(t, testpki.Now.Add(-time.Hour), nil, crl.Entry{Serial: x.signer.Cert.Serial, Time: revoked, Reason: 1}, crl.Entry{Serial: tsa.Cert.Serial, Time: revoked, Reason: 1})
		}, why: "revoked", exit: 1},
		{name: "by an authority that ended and was revoked", at: before, tsa: func(x *scene) *testpki.Party {
			s := tsaSpec
			s.NotAfter = revoked.Add(time.Hour)
			return x.ca.Issue(t, s)
		}, lists: func(x *scene, tsa *testpki.Party) *crl.List {
			return x.ca.CRL(t, testpki.Now.Add(-time.Hour), nil, crl.Entry{Serial: x.signer.Cert.Serial, Time: revoked, Reason: 1}, crl.Entry{Serial: tsa.Cert.Serial, Time: revoked, Reason: 1})
		}, why: "revoked", exit: 1},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newScene(t, testpki.Spec{})
			x.revoke(t, 1, revoked)
			tsa := x.ca.Issue(t, tsaSpec)
			if c.tsa != nil {
				tsa = c.tsa(x)
			}
			if c.lists != nil {
				x.in.CRLs = []*crl.List{c.lists(x, tsa)}
			}
			m, err := cms.Parse(x.in.File)
			if err != nil {
				t.Fatal(err)
			}
			signature := m.Signers[0].Signature
			if c.bend != nil {
				signature = c.bend(x, signature)
			}
			if x.in.File, err = cms.AddTimestamp(x.in.File, 0, stamp(t, tsa, signature, c.at)); err != nil {
				t.Fatal(err)
			}
			r, err := Verify(background, x.in)
			if err != nil {
				t.Fatal(err)
			}
			s := r.Signatures[0]
			if r.ExitCode() != c.exit || len(s.Timestamps) != 1 || s.Timestamps[0].Trusted != (c.why == "") {
				t.Fatalf("exit %d, time stamps %+v, findings %+v", r.ExitCode(), s.Timestamps, s.Findings)
			}
			if want := c.at; c.why == "" && !s.BestTime.Equal(want) || c.why != "" && !s.BestTime.Equal(x.in.Time) {
				t.Errorf("best time %v", s.BestTime)
			}
			if c.why != "" && !slices.ContainsFunc(s.Warnings, func(m Message) bool { return m.Args["why"] == c.why }) {
				t.Errorf("warnings %+v, want %s", s.Warnings, c.why)
			}
		})
	}
}

func TestTimeStampsAreCounted(t *testing.T) {
	x := newScene(t, testpki.Spec{})
	const signers = 6
	for range signers - 1 {
		var err error
		if x.in.File, err = cms.AddSigner(rand.Reader, x.in.File, nil, x.signer.Key, x.signer.Cert, cms.Options{}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range signers {
		for n := range maxTimestamps { // the set of signers is sorted anew each time, so that some get more
			var err error
			if x.in.File, err = cms.AddTimestamp(x.in.File, i, []byte{4, 1, byte(n)}); err != nil {
				t.Fatal(err)
			}
		}
	}
	r, err := Verify(background, x.in)
	if err != nil {
		t.Fatal(err)
	}
	judged, cut := 0, 0
	for _, s := range r.Signatures {
		for _, w := range s.Warnings {
			switch w.Args["why"] {
			case "format":
				judged++
			case "number":
				cut++
			}
		}
	}
	if judged != maxStamps || cut == 0 || !r.Valid {
		t.Errorf("%d judged, %d signatures cut short, valid %v", judged, cut, r.Valid)
	}
}

func TestTheStatusIsReported(t *testing.T) {
	x := newScene(t, testpki.Spec{})
	x.revoke(t, 6, testpki.Now.Add(-2*time.Hour))
	responder := x.ca.Issue(t, testpki.Spec{Name: "OCSP", EKU: []oid.OID{oid.EKUOCSPSigning}, Extra: []cert.Extension{cert.ExtOCSPNoCheck()}})
	r, err := Verify(background, x.in)
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Signatures[0].Revocation; s == nil || s.Status != "hold" || s.Source != "crl" || s.At == nil || s.Reason != "certificateHold" {
		t.Errorf("on hold: %+v", s)
	}
	x.in.OCSPs = []*ocsp.Response{responder.Answer(t, x.signer.Cert, x.ca.Cert, ocsp.Single{Status: ocsp.Good, ThisUpdate: testpki.Now, Reason: -1}, nil)}
	if r, err = Verify(background, x.in); err != nil {
		t.Fatal(err)
	}
	if s := r.Signatures[0].Revocation; s == nil || s.Status != "good" || s.Source != "ocsp" || r.ExitCode() != 0 {
		t.Errorf("lifted since: %+v", s)
	}
}

func TestANameThatCommandsTheTerminalIsShownAndNotObeyed(t *testing.T) {
	x := newScene(t, testpki.Spec{Name: "X\x1b[2K\rvalid: \u202egnp"})
	x.in.CRLs = nil
	r, err := Verify(background, x.in)
	if err != nil {
		t.Fatal(err)
	}
	s := r.Signatures[0]
	for _, text := range []string{s.Signer.Name, s.Errors[0].Subject, s.Chain[0].Subject} {
		if strings.ContainsAny(text, "\x1b\r\u202e") || !strings.Contains(text, `X\1B[2K`) {
			t.Errorf("shown as %q", text)
		}
	}
}

func TestTheJSONIsThatOfTheDesign(t *testing.T) {
	x := newScene(t, testpki.Spec{})
	r, err := Verify(background, x.in)
	if err != nil {
		t.Fatal(err)
	}
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	var got struct {
		Valid      bool
		Indication string
		Signatures []map[string]any
	}
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"indication", "format", "level", "signer", "signingTime", "bestTime", "timestamps", "chain", "covered", "errors", "warnings"} {
		if v, ok := got.Signatures[0][key]; !ok || v == nil {
			t.Errorf("no %s in %s", key, b)
		}
	}
	if bytes.Contains(b, []byte("null")) {
		t.Errorf("null in %s", b)
	}
}

func TestCertificate(t *testing.T) {
	x := newScene(t, testpki.Spec{})
	in := path.Input{Leaf: x.signer.Cert, Intermediates: x.in.Intermediates, Anchors: x.in.Anchors, Time: testpki.Now}
	if indication, sub, _ := Certificate(background, in); indication != Passed || sub != "" {
		t.Errorf("good: %s %s", indication, sub)
	}
	in.Anchors = nil
	if indication, sub, _ := Certificate(background, in); ExitCode(indication, sub) != 2 || sub != NoCertificateChainFound {
		t.Errorf("no anchor: %s %s", indication, sub)
	}
	in.Anchors, in.Time = x.in.Anchors, x.signer.Cert.NotAfter.Add(time.Hour)
	if indication, sub, _ := Certificate(background, in); ExitCode(indication, sub) != 1 || sub != OutOfBoundsNoPOE {
		t.Errorf("ended: %s %s", indication, sub)
	}
}

func FuzzVerify(f *testing.F) {
	x := newScene(f, testpki.Spec{})
	f.Add(x.in.File, []byte(nil))
	m, err := cms.Parse(x.in.File)
	if err != nil {
		f.Fatal(err)
	}
	stamped, err := cms.AddTimestamp(x.in.File, 0, stamp(f, x.ca.Issue(f, testpki.Spec{EKU: []oid.OID{oid.EKUTimeStamping}}), m.Signers[0].Signature, testpki.Now))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(stamped, []byte("content"))
	x.sign(f, cms.Options{Detached: true})
	f.Add(x.in.File, []byte("content"))
	f.Add(testdata.Read(f, "kz", "cms", "java_rsa_one_signer_attached.der"), []byte(nil))
	f.Fuzz(func(t *testing.T, file, content []byte) {
		in := x.in
		in.File, in.Content = file, content
		r, err := Verify(background, in)
		if err != nil {
			return
		}
		// There is one signer who can be valid, and one content that he signed.
		m, _ := cms.Parse(file)
		got := m.Content
		if m.Detached {
			got = content
		}
		if r.Valid && string(got) != "content" {
			t.Fatalf("valid over %q", got)
		}
	})
}
