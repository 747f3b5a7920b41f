package cms

import (
	"bytes"
	"crypto/rand"
	"slices"
	"testing"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/internal/testpki"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
)

// A draft is a message taken apart: attributes are signed again after they were bent, so that only the bend is wrong.
type draft struct {
	contentType oid.OID
	content     []byte
	certs       [][]byte
	set         [][]byte // signed attributes
	unsigned    [][]byte
	unsorted    bool
	noAttrs     bool
	signature   func([]byte) []byte
	digestAlg   alg.Identifier
	sigAlg      alg.Identifier
	serial      []byte
	issuer      []byte
}

func attr(kind oid.OID, values ...[]byte) []byte {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(kind)
		b.Set(func(b *der.Builder) {
			for _, v := range values {
				b.Raw(v)
			}
		})
	})
	return b.MustBytes()
}

func encoded(f func(*der.Builder)) []byte {
	b := der.NewBuilder()
	f(b)
	return b.MustBytes()
}

func (d *draft) index(kind oid.OID) int {
	return slices.IndexFunc(d.set, func(a []byte) bool { return der.NewReader(a).Sequence().OID() == kind })
}

func (d *draft) drop(kind oid.OID) { i := d.index(kind); d.set = slices.Delete(d.set, i, i+1) }

func (d *draft) build(t testing.TB, key *alg.PrivateKey, scheme *alg.Scheme) []byte {
	t.Helper()
	set := d.set
	if !d.unsorted {
		set = der.SortSet(set)
	}
	signed := encoded(func(b *der.Builder) { b.Set(func(b *der.Builder) { b.Raw(bytes.Join(set, nil)) }) })
	message := signed
	if d.noAttrs {
		message = d.content
	}
	signature, err := key.Sign(rand.Reader, scheme, message)
	if err != nil {
		t.Fatal(err)
	}
	if d.signature != nil {
		signature = d.signature(signature)
	}
	implicit := bytes.Clone(signed)
	implicit[0] = 0xa0
	return encoded(func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			b.OID(oid.SignedData)
			b.Explicit(0, func(b *der.Builder) {
				b.Sequence(func(b *der.Builder) {
					b.Int(1)
					b.Set(func(b *der.Builder) { alg.WriteIdentifier(b, d.digestAlg) })
					b.Sequence(func(b *der.Builder) {
						b.OID(d.contentType)
						b.Explicit(0, func(b *der.Builder) { b.OctetString(d.content) })
					})
					if len(d.certs) > 0 {
						b.ContextConstructed(0, func(b *der.Builder) { b.Raw(bytes.Join(d.certs, nil)) })
					}
					b.Set(func(b *der.Builder) {
						b.Sequence(func(b *der.Builder) {
							b.Int(1)
							b.Sequence(func(b *der.Builder) {
								b.Raw(d.issuer)
								b.RawInteger(d.serial)
							})
							alg.WriteIdentifier(b, d.digestAlg)
							if !d.noAttrs {
								b.Raw(implicit)
							}
							alg.WriteIdentifier(b, d.sigAlg)
							b.OctetString(signature)
							if d.unsigned != nil {
								b.ContextConstructed(1, func(b *der.Builder) { b.Raw(bytes.Join(d.unsigned, nil)) })
							}
						})
					})
				})
			})
		})
	})
}

func TestCheckRefuses(t *testing.T) {
	root := testpki.Root(t, testpki.Spec{})
	for _, kind := range []string{"p256", "kz-gost-2004", "kz-gost-2015-512"} {
		p := root.Issue(t, testpki.Spec{Kind: kind})
		// Another certificate for the same key, by name and serial number the same: only the hash tells them apart.
		twin := root.Issue(t, testpki.Spec{Key: p.Key, Serial: p.Cert.Serial, Name: "ДРУГОВ ДРУГ"})
		// The same name and number with another key.
		stranger := root.Issue(t, testpki.Spec{Kind: kind, Serial: p.Cert.Serial})
		scheme := alg.DefaultScheme(p.Key.Kind)
		digest := func(content string) []byte {
			return encoded(func(b *der.Builder) { b.OctetString(scheme.Hash.Sum([]byte(content))) })
		}
		utcTime := encoded(func(b *der.Builder) { b.Time(testpki.Now) })
		for _, c := range []struct {
			name string
			bend func(*draft)
			want finding.Code // "" is good
		}{
			{"nothing bent", func(*draft) {}, ""},
			{"an attribute nobody knows", func(d *draft) { d.set = append(d.set, attr("1.2.3.4", digest("x"), digest("x"))) }, ""},
			{"no signing time", func(d *draft) { d.drop(oid.SigningTime) }, ""},
			{"no reference to the certificate", func(d *draft) { d.drop(oid.SigningCertificateV2) }, ""},
			{"no attributes over data", func(d *draft) { d.noAttrs = true }, ""},
			{"a signer whose certificate is absent", func(d *draft) { d.certs = nil }, finding.NoSigningCertificate},
			{"neither attributes nor a certificate", func(d *draft) { d.noAttrs, d.certs = true, nil }, finding.NoSigningCertificate},
			{"a certificate of another", func(d *draft) { d.certs = [][]byte{root.Cert.Raw} }, finding.NoSigningCertificate},
			{"another serial number", func(d *draft) { d.serial = []byte{1} }, finding.NoSigningCertificate},
			{"another issuer", func(d *draft) { d.issuer = p.Cert.RawSubject }, finding.NoSigningCertificate},
			{"a swapped certificate with the same key", func(d *draft) { d.certs = [][]byte{twin.Cert.Raw} }, finding.SigningCertificateMismatch},
			{"a swapped certificate with another key", func(d *draft) { d.certs = [][]byte{stranger.Cert.Raw} }, finding.SignatureValueWrong},
			{"a swapped certificate beside the right one", func(d *draft) { d.certs = [][]byte{stranger.Cert.Raw, twin.Cert.Raw, p.Cert.Raw} }, ""},
			{"another content", func(d *draft) { d.content = []byte("other") }, finding.DigestMismatch},
			{"no attributes and another content", func(d *draft) {
				d.noAttrs = true
				d.signature = func([]byte) []byte { return make([]byte, 64) }
			}, finding.SignatureValueWrong},
			{"attributes passed off as content", func(d *draft) {
				// The classic: what was signed as attributes becomes the content of a message without attributes.
				d.content = encoded(func(b *der.Builder) { b.SetOf(d.set) })
				d.contentType, d.noAttrs = oid.TSTInfo, true
			}, finding.AttributeMissing},
			{"attributes passed off as data", func(d *draft) {
				d.content, d.noAttrs = encoded(func(b *der.Builder) { b.SetOf(d.set) }), true
			}, finding.Malformed},
			{"no attributes over data that is a set", func(d *draft) {
				d.content, d.noAttrs = encoded(func(b *der.Builder) { b.SetOf([][]byte{digest("x")}) }), true
			}, ""},
			{"no attributes over another content type", func(d *draft) { d.contentType, d.noAttrs = oid.TSTInfo, true }, finding.AttributeMissing},
			{"attributes that are not DER", func(d *draft) {
				d.set = der.SortSet(d.set)
				slices.Reverse(d.set)
				d.unsorted = true
			}, finding.AttributesNotDER},
			{"no content type", func(d *draft) { d.drop(oid.ContentType) }, finding.AttributeMissing},
			{"no digest", func(d *draft) { d.drop(oid.MessageDigest) }, finding.AttributeMissing},
			{"two digests", func(d *draft) { d.set = append(d.set, attr(oid.MessageDigest, digest("other"))) }, finding.Malformed},
			{"a digest of two values", func(d *draft) {
				d.set[d.index(oid.MessageDigest)] = attr(oid.MessageDigest, der.SortSet([][]byte{digest("content"), digest("other")})...)
			}, finding.Malformed},
			{"a digest of no value", func(d *draft) { d.set[d.index(oid.MessageDigest)] = attr(oid.MessageDigest) }, finding.Malformed},
			{"a digest that is no string", func(d *draft) { d.set[d.index(oid.MessageDigest)] = attr(oid.MessageDigest, utcTime) }, finding.Malformed},
			{"an empty digest", func(d *draft) {
				d.set[d.index(oid.MessageDigest)] = attr(oid.MessageDigest, []byte{4, 0})
			}, finding.DigestMismatch},
			{"half a digest", func(d *draft) {
				d.set[d.index(oid.MessageDigest)] = attr(oid.MessageDigest, encoded(func(b *der.Builder) { b.OctetString(scheme.Hash.Sum([]byte("content"))[:16]) }))
			}, finding.DigestMismatch},
			{"two content types", func(d *draft) {
				d.set = append(d.set, attr(oid.ContentType, encoded(func(b *der.Builder) { b.OID(oid.TSTInfo) })))
			}, finding.Malformed},
			{"a content type that is not the content's", func(d *draft) { d.contentType = oid.TSTInfo }, finding.ContentTypeMismatch},
			{"two signing times", func(d *draft) { d.set = append(d.set, attr(oid.SigningTime, utcTime, utcTime)) }, finding.Malformed},
			{"an unsigned signing time", func(d *draft) { d.unsigned = [][]byte{attr(oid.SigningTime, utcTime)} }, finding.Malformed},
			{"an unsigned digest", func(d *draft) { d.unsigned = [][]byte{attr(oid.MessageDigest, digest("content"))} }, finding.Malformed},
			{"protected algorithms that are not those used", func(d *draft) {
				d.set = append(d.set, attr(oid.CMSAlgorithmProtect, encoded(func(b *der.Builder) {
					b.Sequence(func(b *der.Builder) {
						alg.WriteIdentifier(b, alg.SHA384.Identifier)
						b.ContextConstructed(1, func(b *der.Builder) { b.OID(scheme.Identifier.OID) })
					})
				})))
			}, finding.Malformed},
			{"a changed signature", func(d *draft) { d.signature = func(s []byte) []byte { s[len(s)/2] ^= 1; return s } }, finding.SignatureValueWrong},
			{"an empty signature", func(d *draft) { d.signature = func([]byte) []byte { return nil } }, finding.SignatureValueWrong},
			{"a signature of zeros", func(d *draft) { d.signature = func(s []byte) []byte { clear(s); return s } }, finding.SignatureValueWrong},
			{"a signature of ones", func(d *draft) { d.signature = func(s []byte) []byte { return bytes.Repeat([]byte{0xff}, len(s)) } }, finding.SignatureValueWrong},
			{"a longer signature", func(d *draft) { d.signature = func(s []byte) []byte { return append(s, 0) } }, finding.SignatureValueWrong},
			{"a weak digest", func(d *draft) { d.digestAlg = alg.SHA1.Identifier }, finding.UnsupportedAlgorithm},
			{"another kind's algorithm", func(d *draft) { d.sigAlg = alg.SchemeByName("rsa-sha256").Identifier }, finding.UnsupportedAlgorithm},
			{"an algorithm nobody knows", func(d *draft) { d.sigAlg = alg.Identifier{OID: "1.2.3.4"} }, finding.UnsupportedAlgorithm},
		} {
			t.Run(kind+", "+c.name, func(t *testing.T) {
				signed, err := signedAttributesDER(oid.Data, scheme.Hash.Sum([]byte("content")), p.Cert, testpki.Now)
				if err != nil {
					t.Fatal(err)
				}
				d := &draft{contentType: oid.Data, content: []byte("content"), certs: [][]byte{p.Cert.Raw}, digestAlg: scheme.Hash.Identifier,
					sigAlg: scheme.Identifier, serial: p.Cert.Serial, issuer: p.Cert.RawIssuer}
				for r := der.NewReader(signed).Set(); !r.Empty(); {
					d.set = append(d.set, r.Any().Full)
				}
				c.bend(d)
				m, err := Parse(d.build(t, p.Key, scheme))
				if err != nil {
					t.Fatal(err)
				}
				check := m.Check(0, nil, nil)
				if c.want == "" {
					if !check.Good() {
						t.Fatalf("findings %v", codes(check))
					}
					return
				}
				if check.Good() || !slices.Contains(codes(check), c.want) {
					t.Fatalf("findings %v, want %s", codes(check), c.want)
				}
			})
		}
	}
}

func TestAttachedContentHasToBeTheGivenOne(t *testing.T) {
	p := testpki.Root(t, testpki.Spec{}).Issue(t, testpki.Spec{})
	b, err := Sign(rand.Reader, []byte("content"), p.Key, p.Cert, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	if c := m.Check(0, []byte("other"), nil); c.Good() || !slices.Contains(codes(c), finding.ContentDiffers) {
		t.Errorf("another content: %v", codes(c))
	}
	if c := m.Check(0, []byte{}, nil); c.Good() || !slices.Contains(codes(c), finding.ContentDiffers) {
		t.Errorf("an empty content: %v", codes(c))
	}
	if c := m.Check(0, []byte("content"), nil); !c.Good() {
		t.Errorf("the same content: %v", codes(c))
	}
	empty, err := Sign(rand.Reader, nil, p.Key, p.Cert, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if m, err := Parse(empty); err != nil || m.Detached || !m.Check(0, nil, nil).Good() {
		t.Errorf("an attached empty content: %v", err)
	}
}

func TestACertificateGivenBesideTheMessageIsFound(t *testing.T) {
	p := testpki.Root(t, testpki.Spec{}).Issue(t, testpki.Spec{})
	b, err := Sign(rand.Reader, []byte("content"), p.Key, p.Cert, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	m.Certificates = nil
	if c := m.Check(0, nil, nil); c.Good() || c.Certificate != nil || !c.Content {
		t.Errorf("without it: %v", codes(c))
	}
	if c := m.Check(0, nil, []*cert.Certificate{p.Cert}); !c.Good() {
		t.Errorf("with it: %v", codes(c))
	}
}

func TestAttributesAreNoDetachedDocument(t *testing.T) {
	p := testpki.Root(t, testpki.Spec{}).Issue(t, testpki.Spec{})
	signed, err := Sign(rand.Reader, []byte("content"), p.Key, p.Cert, Options{Detached: true})
	if err != nil {
		t.Fatal(err)
	}
	m, err := Parse(signed)
	if err != nil {
		t.Fatal(err)
	}
	// The same signature in a message that lost its attributes, and the attributes beside it as the document.
	document := m.Signers[0].RawSignedAttrs
	m.Signers[0].RawSignedAttrs, m.Signers[0].SignedAttributes = nil, nil
	if c := m.Check(0, document, nil); c.Good() || !slices.Contains(codes(c), finding.Malformed) {
		t.Errorf("findings %v", codes(c))
	}
}
