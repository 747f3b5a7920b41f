package all_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/senim-pki/senim/alg"
	_ "github.com/senim-pki/senim/alg/all"
	"github.com/senim-pki/senim/alg/gostkey"
	"github.com/senim-pki/senim/alg/kzgost"
	"github.com/senim-pki/senim/alg/weak"
	"github.com/senim-pki/senim/gost"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
)

// TestEverySchemeSignsAndVerifies is the one table over all rows: keys survive both encodings, signatures verify and any
// change to them does not.
func TestEverySchemeSignsAndVerifies(t *testing.T) {
	schemes := slices.DeleteFunc(alg.Schemes(), func(s *alg.Scheme) bool { return s == weak.RSASHA1 }) // it only verifies
	if len(schemes) != 10 {
		t.Fatalf("%d schemes are linked, want 10", len(schemes))
	}
	for _, s := range schemes {
		t.Run(s.Name, func(t *testing.T) {
			key, err := alg.GenerateKey(rand.Reader, s.Kind, 0)
			if err != nil {
				t.Fatal(err)
			}
			pub, err := key.Public()
			if err != nil {
				t.Fatal(err)
			}
			again, err := alg.ParsePublicKey(pub.SPKI)
			if err != nil {
				t.Fatal(err)
			}
			if !again.Equal(pub) || again.Kind != s.Kind || !bytes.Equal(again.Bits, pub.Bits) {
				t.Fatal("the public key read is not the one written")
			}
			pkcs8, err := key.MarshalPKCS8()
			if err != nil {
				t.Fatal(err)
			}
			stored, err := alg.ParsePrivateKey(pkcs8)
			if err != nil {
				t.Fatal(err)
			}
			message := []byte("Сенім")
			sig, err := stored.Sign(rand.Reader, s, message)
			if err != nil {
				t.Fatal(err)
			}
			if got := alg.DefaultScheme(s.Kind); got.Kind != s.Kind || !s.Kind.GOST && got.Hash != alg.SHA256 {
				t.Errorf("default scheme %s", got.Name)
			}
			if len(sig) > s.Length(pub.Key) {
				t.Fatalf("signature of %d octets, at most %d were promised", len(sig), s.Length(pub.Key))
			}
			found, err := alg.SchemeByID(s.Identifier, again)
			if err != nil || found != s {
				t.Fatalf("SchemeByID = %v, %v", found, err)
			}
			if !s.VerifyMessage(again, message, sig) {
				t.Fatal("the signature doesn't verify")
			}
			if s.VerifyMessage(again, append(message, '!'), sig) {
				t.Fatal("a changed message verifies")
			}
			for i := range sig {
				bent := bytes.Clone(sig)
				bent[i] ^= 1
				if s.VerifyMessage(again, message, bent) {
					t.Fatalf("a signature with octet %d changed verifies", i)
				}
			}
			for _, bad := range [][]byte{nil, {}, sig[:len(sig)-1], append(bytes.Clone(sig), 0), make([]byte, len(sig)), bytes.Repeat([]byte{0xff}, len(sig))} {
				if s.VerifyMessage(again, message, bad) {
					t.Fatalf("%x verifies", bad)
				}
			}
			for _, other := range alg.Schemes() {
				if other.Kind == s.Kind {
					continue
				}
				if other.VerifyMessage(again, message, sig) {
					t.Fatalf("%s accepts a key of another kind", other.Name)
				}
				if found, err := alg.SchemeByID(other.Identifier, again); err == nil || errors.Is(err, alg.ErrUnsupported) {
					t.Fatalf("%s with this key is %v, %v: want an error that says they don't fit", other.Name, found, err)
				}
			}
		})
	}
}

// One point may stand in a Kazakh and in an RFC key, and both forms have signatures of one length: only the order of octets
// keeps them apart.
func TestASignatureIsReadInOneOrderOnly(t *testing.T) {
	kz, rfc := alg.SchemeByName("kz-gost-2015-512"), alg.SchemeByName("gost-2012-512")
	key, err := alg.GenerateKey(rand.Reader, kz.Kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	read := map[*alg.Scheme]*alg.PublicKey{}
	for _, s := range []*alg.Scheme{kz, rfc} {
		if read[s], err = alg.NewPublicKey(s.Kind, key.Signer.Public()); err != nil {
			t.Fatal(err)
		}
	}
	if read[kz].Equal(read[rfc]) {
		t.Error("keys of two kinds are equal")
	}
	digest := kz.Hash.Sum([]byte("Сенім"))
	sig, err := key.SignDigest(rand.Reader, kz, digest)
	if err != nil {
		t.Fatal(err)
	}
	reversed := gostkey.Reversed(sig)
	for _, c := range []struct {
		name   string
		scheme *alg.Scheme
		key    *alg.PublicKey
		sig    []byte
		want   bool
	}{
		{"Kazakh as Kazakh", kz, read[kz], sig, true},
		{"Kazakh as RFC", rfc, read[rfc], sig, false},
		{"reversed as RFC", rfc, read[rfc], reversed, true},
		{"reversed as Kazakh", kz, read[kz], reversed, false},
		{"the halves exchanged", kz, read[kz], slices.Concat(sig[64:], sig[:64]), false},
		{"a Kazakh key with the RFC scheme", rfc, read[kz], reversed, false},
		{"an RFC key with the Kazakh scheme", kz, read[rfc], sig, false},
	} {
		if c.scheme.VerifyDigest(c.key, digest, c.sig) != c.want {
			t.Errorf("%s: want %v", c.name, c.want)
		}
	}
}

func TestSignRefuses(t *testing.T) {
	key, err := alg.GenerateKey(rand.Reader, alg.KindByName("p256"), 0)
	if err != nil {
		t.Fatal(err)
	}
	s := alg.SchemeByName("p256-sha256")
	for name, f := range map[string]func() ([]byte, error){
		"a key of another kind":      func() ([]byte, error) { return key.Sign(rand.Reader, alg.SchemeByName("kz-gost-2004"), nil) },
		"a digest of another length": func() ([]byte, error) { return key.SignDigest(rand.Reader, s, make([]byte, 31)) },
	} {
		if _, err := f(); err == nil {
			t.Errorf("%s: signed", name)
		}
	}
}

// token is a signer that shows its public key and signs, and nothing else, as one in a token or HSM does.
type token struct {
	crypto.Signer
	spoil func([]byte) []byte
}

func (s token) Sign(rand io.Reader, digest []byte, opts crypto.SignerOpts) ([]byte, error) {
	sig, err := s.Signer.Sign(rand, digest, opts)
	if s.spoil != nil {
		sig = s.spoil(sig)
	}
	return sig, err
}

func TestKeysMayLiveInATokenAndStayThere(t *testing.T) {
	for _, k := range alg.Kinds() {
		t.Run(k.Name, func(t *testing.T) {
			key, err := alg.GenerateKey(rand.Reader, k, 0)
			if err != nil {
				t.Fatal(err)
			}
			outside := &alg.PrivateKey{Kind: k, Signer: token{Signer: key.Signer}}
			pub, err := outside.Public()
			if err != nil {
				t.Fatal(err)
			}
			s := alg.DefaultScheme(k)
			sig, err := outside.Sign(rand.Reader, s, []byte("Сенім"))
			if err != nil || !s.VerifyMessage(pub, []byte("Сенім"), sig) {
				t.Errorf("signature %x, %v", sig, err)
			}
			if b, err := outside.MarshalPKCS8(); err == nil {
				t.Errorf("the key left its token: %d octets", len(b))
			}
			if !k.GOST {
				return
			}
			outside.Signer = token{key.Signer, func(sig []byte) []byte { return sig[1:] }}
			if _, err := outside.Sign(rand.Reader, s, nil); err == nil {
				t.Error("a signature that is too short is passed on")
			}
		})
	}
}

func TestSchemeForCMSReads(t *testing.T) {
	public := map[string]*alg.PublicKey{}
	for _, k := range alg.Kinds() {
		key, err := alg.GenerateKey(rand.Reader, k, 0)
		if err != nil {
			t.Fatal(err)
		}
		if public[k.Name], err = key.Public(); err != nil {
			t.Fatal(err)
		}
	}
	null := alg.Null()
	own := func(kind string) []byte {
		id, _, err := alg.SplitSPKI(public[kind].SPKI)
		if err != nil {
			t.Fatal(err)
		}
		return id.Params
	}
	for _, c := range []struct {
		name              string
		kind              string
		digest, signature alg.Identifier
		want              string // empty: an error
	}{
		{"sha256WithRSA", "rsa", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.SHA256WithRSA, Params: null}, "rsa-sha256"},
		{"rsaEncryption, digest decides", "rsa", alg.Identifier{OID: oid.SHA512, Params: null}, alg.Identifier{OID: oid.RSAEncryption, Params: null}, "rsa-sha512"},
		{"the C library's key OID", "kz-gost-2004", alg.Identifier{OID: oid.KZGost95Digest, Params: null}, alg.Identifier{OID: oid.KZGost2004Key, Params: null}, "kz-gost-2004"},
		{"Java's signature OID", "kz-gost-2004", alg.Identifier{OID: oid.KZGost95Digest, Params: null}, alg.Identifier{OID: oid.KZGost2004WithGost95, Params: null}, "kz-gost-2004"},
		{"Kazakhstan's 512 bits", "kz-gost-2015-512", alg.Identifier{OID: oid.KZStreebog512, Params: null}, alg.Identifier{OID: oid.KZGost2015512WithStreebog512, Params: null}, "kz-gost-2015-512"},
		{"OpenSSL's engine", "gost-2012-256", alg.Identifier{OID: oid.Streebog256, Params: null}, alg.Identifier{OID: oid.Gost2012256Key, Params: null}, "gost-2012-256"},
		{"ECDSA", "p256", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.ECDSAWithSHA256}, "p256-sha256"},
		{"another digest than the signature says", "rsa", alg.Identifier{OID: oid.SHA512}, alg.Identifier{OID: oid.SHA256WithRSA}, ""},
		{"a signature of another key", "rsa", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.ECDSAWithSHA256}, ""},
		{"SHA-1, which VerifyMessage refuses", "rsa", alg.Identifier{OID: oid.SHA1}, alg.Identifier{OID: oid.RSAEncryption}, "rsa-sha1"},
		{"parameters that say something", "rsa", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.SHA256WithRSA, Params: []byte{4, 0}}, ""},
		{"a key's name with the key's own parameters", "p256", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.ECPublicKey, Params: own("p256")}, "p256-sha256"},
		{"the C library's key OID with the key's own parameters", "kz-gost-2004", alg.Identifier{OID: oid.KZGost95Digest, Params: null}, alg.Identifier{OID: oid.KZGost2004Key, Params: own("kz-gost-2004")}, "kz-gost-2004"},
		{"a key's name with parameters of another key", "kz-gost-2004", alg.Identifier{OID: oid.KZGost95Digest, Params: null}, alg.Identifier{OID: oid.KZGost2004Key, Params: own("kz-gost-2015-512")}, ""},
		{"a key's name with parameters that say something", "rsa", alg.Identifier{OID: oid.SHA256}, alg.Identifier{OID: oid.RSAEncryption, Params: []byte{4, 0}}, ""},
		{"an unknown digest", "rsa", alg.Identifier{OID: "1.2.3"}, alg.Identifier{OID: oid.RSAEncryption}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := alg.SchemeForCMS(c.digest, c.signature, public[c.kind])
			switch {
			case c.want == "" && err == nil:
				t.Fatalf("scheme %s, want an error", s.Name)
			case c.want != "" && (err != nil || s.Name != c.want):
				t.Fatalf("scheme %v, %v, want %s", s, err, c.want)
			}
		})
	}
	if _, err := alg.SchemeForCMS(alg.SHA256.Identifier, alg.Identifier{OID: oid.SHA256WithRSA}, nil); !errors.Is(err, alg.ErrUnsupported) {
		t.Fatalf("without a key: %v", err)
	}
}

// kzVectors is testdata/kz/vectors.json, whose signatures are those of real certificates.
type kzVectors struct {
	Hash map[string]string `json:"gost34311_95_test_sbox_stream_order_hex"`
	G04  kzVector          `json:"gost34310_2004"`
	G15  kzVector          `json:"gostr3410_2015_512"`
}

type kzVector struct {
	D, X, Y, Digest, IssuerX, IssuerY, Sig string
}

func (v *kzVector) UnmarshalJSON(b []byte) error {
	var f map[string]string
	if err := json.Unmarshal(b, &f); err != nil {
		return err
	}
	*v = kzVector{f["private_d_hex"], f["public_x_hex"], f["public_y_hex"], f["tbs_digest_stream_hex"], f["issuer_x_hex"], f["issuer_y_hex"], f["signature_raw_hex"]}
	return nil
}

func TestKazakhVectors(t *testing.T) {
	var v kzVectors
	if err := json.Unmarshal(testdata.Read(t, "kz", "vectors.json"), &v); err != nil {
		t.Fatal(err)
	}
	if len(v.Hash) == 0 {
		t.Fatal("vectors.json lacks a part")
	}
	for message, want := range v.Hash {
		if got := hex.EncodeToString(kzgost.GOST95.Sum([]byte(message))); got != want {
			t.Errorf("digest of %q is %s, want %s", message, got, want)
		}
	}
	for _, c := range []struct {
		s     *alg.Scheme
		curve *gost.Curve
		v     kzVector
	}{{kzgost.Scheme2004, gost.CryptoProA(), v.G04}, {kzgost.Scheme2015, gost.TC26512A(), v.G15}} {
		t.Run(c.s.Name, func(t *testing.T) {
			le := func(h string) []byte {
				b, err := hex.DecodeString(h)
				if err != nil || len(b) == 0 {
					t.Fatalf("bad hex %q", h)
				}
				out := make([]byte, c.curve.Size())
				for i := range b {
					out[len(b)-1-i] = b[i]
				}
				return out
			}
			key, err := c.curve.NewPrivateKey(le(c.v.D))
			if err != nil {
				t.Fatal(err)
			}
			if got := key.Public().(*gost.PublicKey).Bytes(); !bytes.Equal(got, append(le(c.v.X), le(c.v.Y)...)) {
				t.Error("the public key is not that of the private key")
			}
			issuer, err := c.curve.NewPublicKey(append(le(c.v.IssuerX), le(c.v.IssuerY)...))
			if err != nil {
				t.Fatal(err)
			}
			digest, _ := hex.DecodeString(c.v.Digest)
			sig, _ := hex.DecodeString(c.v.Sig)
			if !c.s.Verify(issuer, digest, sig) {
				t.Error("the issuer's signature doesn't verify")
			}
		})
	}
}

// wycheproof is a file of signature verification cases.
type wycheproof struct {
	TestGroups []struct {
		PublicKeyDer string
		Sha          string
		Tests        []struct {
			TcID             int
			Comment          string
			Msg, Sig, Result string
		}
	}
}

func TestWycheproof(t *testing.T) {
	files := map[string]string{"ecdsa_secp256r1_sha256_test.json": "p256-sha256", "ecdsa_secp256r1_sha512_test.json": "p256-sha512", "rsa_signature_8192_sha256_test.json": "rsa-sha256"}
	for _, bits := range []int{2048, 3072, 4096} {
		for _, sha := range []string{"sha256", "sha384", "sha512"} {
			files[fmt.Sprintf("rsa_signature_%d_%s_test.json", bits, sha)] = "rsa-" + sha
		}
	}
	for file, name := range files {
		t.Run(file, func(t *testing.T) {
			var w wycheproof
			if err := json.Unmarshal(testdata.Read(t, "wycheproof", file), &w); err != nil {
				t.Fatal(err)
			}
			s := alg.SchemeByName(name)
			var valid, invalid, acceptable, accepted, weakly int
			for _, g := range w.TestGroups {
				spki, err := hex.DecodeString(g.PublicKeyDer)
				if err != nil {
					t.Fatal(err)
				}
				pub, err := alg.ParsePublicKey(spki)
				if err != nil {
					t.Fatalf("key: %v", err)
				}
				weak := alg.Acceptable(pub, s.Hash) != nil
				for _, c := range g.Tests {
					msg, _ := hex.DecodeString(c.Msg)
					sig, _ := hex.DecodeString(c.Sig)
					ok := s.VerifyMessage(pub, msg, sig)
					switch {
					case weak:
						// Keys with exponent 3: the rows refuse them whatever the signature.
						if weakly++; ok {
							t.Errorf("case %d (%s): accepted under a weak key", c.TcID, c.Comment)
						}
					case c.Result == "valid":
						if valid++; !ok {
							t.Errorf("case %d (%s): refused", c.TcID, c.Comment)
						}
					case c.Result == "invalid":
						if invalid++; ok {
							t.Errorf("case %d (%s): accepted", c.TcID, c.Comment)
						}
					default:
						if acceptable++; ok {
							accepted++
						}
					}
				}
			}
			if valid == 0 || invalid == 0 {
				t.Fatal("no cases")
			}
			t.Logf("%d valid and %d invalid cases as they should be; %d of %d acceptable ones accepted; %d refused for a weak key", valid, invalid, accepted, acceptable, weakly)
		})
	}
}
