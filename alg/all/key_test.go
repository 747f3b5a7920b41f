package all_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/alg/eckey"
	"github.com/senim-pki/senim/alg/kzgost"
	"github.com/senim-pki/senim/alg/rfcgost"
	"github.com/senim-pki/senim/alg/rsakey"
	"github.com/senim-pki/senim/alg/weak"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/gost"
	"github.com/senim-pki/senim/internal/peer"
	"github.com/senim-pki/senim/internal/testdata"
	"github.com/senim-pki/senim/oid"
)

// TestOpenSSLsKeysAreRead: key and public key of OpenSSL and its GOST engine are those that we read, and the other way round.
func TestOpenSSLsKeysAreRead(t *testing.T) {
	path := peer.OpenSSL(t)
	plain := peer.Runner(func(t testing.TB, args ...string) ([]byte, error) { return peer.Run(t, nil, path, args...) })
	gostly := peer.OpenSSLGost(t)
	for _, c := range []struct {
		name    string
		kind    *alg.Kind
		openssl peer.Runner
		args    []string
	}{
		{"RSA-2048", rsakey.Kind, plain, []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}},
		{"RSA-3072", rsakey.Kind, plain, []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:3072"}},
		{"P-256", eckey.P256, plain, []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-pkeyopt", "ec_param_enc:named_curve"}},
		{"GOST 256, CryptoPro-A", rfcgost.Kind256, gostly, []string{"-algorithm", "gost2012_256", "-pkeyopt", "paramset:A"}},
		{"GOST 256, the same curve for exchange", rfcgost.Kind256, gostly, []string{"-algorithm", "gost2012_256", "-pkeyopt", "paramset:XA"}},
		{"GOST 512", rfcgost.Kind512, gostly, []string{"-algorithm", "gost2012_512", "-pkeyopt", "paramset:A"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			file := func(name string) string { return filepath.Join(dir, name) }
			public := func(keyFile string) *alg.PublicKey {
				t.Helper()
				out, err := c.openssl(t, "pkey", "-in", keyFile, "-pubout")
				if err != nil {
					t.Fatal(err)
				}
				block, _ := pem.Decode(out)
				pub, err := alg.ParsePublicKey(block.Bytes)
				if err != nil {
					t.Fatal(err)
				}
				return pub
			}
			if _, err := c.openssl(t, append([]string{"genpkey", "-out", file("theirs.pem")}, c.args...)...); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(file("theirs.pem"))
			if err != nil {
				t.Fatal(err)
			}
			block, _ := pem.Decode(text)
			key, err := alg.ParsePrivateKey(block.Bytes)
			if err != nil {
				t.Fatal(err)
			}
			pub, err := key.Public()
			if err != nil {
				t.Fatal(err)
			}
			if key.Kind != c.kind || !pub.Equal(public(file("theirs.pem"))) {
				t.Error("their key is read as another")
			}
			ours, err := alg.GenerateKey(rand.Reader, c.kind, 0)
			if err != nil {
				t.Fatal(err)
			}
			pkcs8, err := ours.MarshalPKCS8()
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file("ours.pem"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600); err != nil {
				t.Fatal(err)
			}
			if pub, err = ours.Public(); err != nil || !pub.Equal(public(file("ours.pem"))) {
				t.Errorf("our key is read as another: %v", err)
			}
		})
	}
}

// pkcs8 wraps contents as a PrivateKeyInfo.
func pkcs8(id alg.Identifier, content []byte) []byte {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(0)
		alg.WriteIdentifier(b, id)
		b.OctetString(content)
	})
	return b.MustBytes()
}

func encode(f func(*der.Builder)) []byte {
	b := der.NewBuilder()
	f(b)
	return b.MustBytes()
}

// identifier is that of a key that MarshalPKCS8 writes.
func identifier(t *testing.T, kind *alg.Kind) alg.Identifier {
	t.Helper()
	key, err := alg.GenerateKey(rand.Reader, kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	id, _, err := kind.MarshalPKCS8(key.Signer)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

// TestFormsOfGOSTKeys: facts/kz-pki.md section 0 row 6, and what OpenSSL's engine has written over time.
func TestFormsOfGOSTKeys(t *testing.T) {
	integer := func(b []byte) []byte { return encode(func(w *der.Builder) { w.Unsigned(b) }) }
	octets := func(b []byte) []byte { return encode(func(w *der.Builder) { w.OctetString(b) }) }
	for _, c := range []struct {
		name  string
		kind  *alg.Kind
		first byte // of the big-endian number
		zeros int  // octets before it
		form  func(be, le []byte) []byte
		ok    bool
		again bool // written as it was read
	}{
		{"2004: INTEGER of 32 octets", kzgost.Kind2004, 0x71, 0, func(be, _ []byte) []byte { return integer(be) }, true, true},
		{"2004: INTEGER of 33 octets", kzgost.Kind2004, 0xf1, 0, func(be, _ []byte) []byte { return integer(be) }, true, true},
		{"2004: INTEGER of 30 octets", kzgost.Kind2004, 0x71, 2, func(be, _ []byte) []byte { return integer(be) }, true, true},
		{"2004: INTEGER that is too long", kzgost.Kind2004, 0x71, 0, func(be, _ []byte) []byte { return integer(append([]byte{1}, be...)) }, false, false},
		{"2004: zero", kzgost.Kind2004, 0, 32, func(be, _ []byte) []byte { return integer(nil) }, false, false},
		{"2004: negative", kzgost.Kind2004, 0xf1, 0, func(be, _ []byte) []byte { return append([]byte{2, 32}, be...) }, false, false},
		{"2004: OCTET STRING", kzgost.Kind2004, 0x71, 0, func(_, le []byte) []byte { return octets(le) }, false, false},
		{"2015: OCTET STRING", kzgost.Kind2015, 0x71, 0, func(_, le []byte) []byte { return octets(le) }, true, true},
		{"2015: a short OCTET STRING", kzgost.Kind2015, 0x71, 0, func(_, le []byte) []byte { return octets(le[1:]) }, false, false},
		{"2015: over the order of the curve", kzgost.Kind2015, 0x71, 0, func(be, le []byte) []byte { return octets(bytes.Repeat([]byte{0xff}, 64)) }, false, false},
		{"2015: something behind", kzgost.Kind2015, 0x71, 0, func(_, le []byte) []byte { return append(octets(le), 0) }, false, false},
		{"RFC 256: bare octets", rfcgost.Kind256, 0x71, 0, func(_, le []byte) []byte { return le }, true, true},
		{"RFC 256: OCTET STRING", rfcgost.Kind256, 0x71, 0, func(_, le []byte) []byte { return octets(le) }, true, false},
		{"RFC 256: INTEGER", rfcgost.Kind256, 0xf1, 0, func(be, _ []byte) []byte { return integer(be) }, true, false},
		{"RFC 512: bare octets", rfcgost.Kind512, 0x71, 0, func(_, le []byte) []byte { return le }, true, true},
		{"RFC 512: INTEGER", rfcgost.Kind512, 0x71, 0, func(be, _ []byte) []byte { return integer(be) }, true, false},
		{"RFC 512: masked", rfcgost.Kind512, 0x71, 0, func(_, le []byte) []byte { return append(bytes.Clone(le), le...) }, false, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			size := c.kind.Bits(nil) / 8
			be := make([]byte, size)
			rand.Read(be)
			clear(be[:c.zeros])
			if c.zeros < size {
				be[c.zeros] = c.first
			}
			le := make([]byte, size)
			for i := range be {
				le[size-1-i] = be[i]
			}
			b := pkcs8(identifier(t, c.kind), c.form(be, le))
			key, err := alg.ParsePrivateKey(b)
			if (err == nil) != c.ok {
				t.Fatalf("read: %v, want ok %v", err, c.ok)
			}
			if err != nil {
				return
			}
			if !bytes.Equal(key.Signer.(*gost.PrivateKey).Bytes(), le) {
				t.Error("read as another number")
			}
			written, err := key.MarshalPKCS8()
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Equal(written, b) != c.again {
				t.Errorf("written as %x, read %x", written, b)
			}
		})
	}
}

func TestPrivateKeysAreRefused(t *testing.T) {
	k, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	null := alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()}
	type numbers struct {
		version             int64
		n, e, d, p, q       *big.Int
		dp, dq, coefficient *big.Int
	}
	numbered := func(id alg.Identifier, bend func(*numbers)) []byte {
		v := numbers{0, k.N, big.NewInt(int64(k.E)), k.D, k.Primes[0], k.Primes[1], k.Precomputed.Dp, k.Precomputed.Dq, k.Precomputed.Qinv}
		if bend != nil {
			bend(&v)
		}
		return pkcs8(id, encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Int(v.version)
				for _, x := range []*big.Int{v.n, v.e, v.d, v.p, v.q, v.dp, v.dq, v.coefficient} {
					b.Unsigned(x.Bytes())
				}
			})
		}))
	}
	if _, err := alg.ParsePrivateKey(numbered(null, nil)); err != nil {
		t.Fatalf("the key that is bent below isn't read: %v", err)
	}
	plus := func(x *big.Int, n int64) *big.Int { return new(big.Int).Add(x, big.NewInt(n)) }
	ec, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	ecID := identifier(t, eckey.P256)
	d, _ := ec.Bytes()
	other, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	foreign, _ := other.PublicKey.Bytes()
	ecKey := func(id alg.Identifier, version int64, d []byte, f func(*der.Builder)) []byte {
		return pkcs8(id, encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Int(version)
				b.OctetString(d)
				f(b)
			})
		}))
	}
	nothing := func(*der.Builder) {}
	if _, err := alg.ParsePrivateKey(ecKey(ecID, 1, d, nothing)); err != nil {
		t.Fatalf("the key that is bent below isn't read: %v", err)
	}
	for _, c := range []struct {
		name        string
		b           []byte
		unsupported bool
	}{
		{"nothing", nil, false},
		{"more than the cap", make([]byte, alg.MaxKey+1), false},
		{"RSA without NULL", numbered(alg.Identifier{OID: oid.RSAEncryption}, nil), false},
		{"RSA of three primes", numbered(null, func(v *numbers) { v.version = 1 }), false},
		{"RSA: another exponent", numbered(null, func(v *numbers) { v.e = big.NewInt(65539) }), false},
		{"RSA: a small exponent", numbered(null, func(v *numbers) { v.e = big.NewInt(3) }), false},
		{"RSA: an even exponent", numbered(null, func(v *numbers) { v.e = big.NewInt(65536) }), false},
		{"RSA: an exponent of 5 octets", numbered(null, func(v *numbers) { v.e = big.NewInt(1<<32 + 1) }), false},
		{"RSA: another modulus", numbered(null, func(v *numbers) { v.n = plus(v.n, 2) }), false},
		{"RSA: an even modulus", numbered(null, func(v *numbers) { v.n = plus(v.n, 1) }), false},
		{"RSA: another secret exponent", numbered(null, func(v *numbers) { v.d = plus(v.d, 2) }), false},
		{"RSA: another prime", numbered(null, func(v *numbers) { v.p = plus(v.p, 2) }), false},
		{"RSA: the primes 1 and n", numbered(null, func(v *numbers) { v.p, v.q = big.NewInt(1), v.n }), false},
		{"RSA: no primes", numbered(null, func(v *numbers) { v.p, v.q = new(big.Int), new(big.Int) }), false},
		{"RSA: another CRT exponent", numbered(null, func(v *numbers) { v.dp = plus(v.dp, 2) }), false},
		{"RSA: another CRT coefficient", numbered(null, func(v *numbers) { v.coefficient = plus(v.coefficient, 1) }), false},
		{"RSA: a number longer than the modulus", numbered(null, func(v *numbers) { v.d = new(big.Int).Lsh(v.d, 64) }), false},
		{"RSA of 1024 bits", weakKey(t), false},
		{"P-256: another version", ecKey(ecID, 2, d, nothing), false},
		{"P-256: a short number", ecKey(ecID, 1, d[1:], nothing), false},
		{"P-256: zero", ecKey(ecID, 1, make([]byte, 32), nothing), false},
		{"P-256: over the order", ecKey(ecID, 1, bytes.Repeat([]byte{0xff}, 32), nothing), false},
		{"P-256: a foreign public key", ecKey(ecID, 1, d, func(b *der.Builder) { b.Explicit(1, func(b *der.Builder) { b.BitString(foreign) }) }), false},
		{"P-256: another curve inside", ecKey(ecID, 1, d, func(b *der.Builder) { b.Explicit(0, func(b *der.Builder) { b.OID(oid.P384) }) }), false},
		{"P-384", ecKey(alg.Identifier{OID: oid.ECPublicKey, Params: encode(func(b *der.Builder) { b.OID(oid.P384) })}, 1, d, nothing), true},
		{"Ed25519", pkcs8(alg.Identifier{OID: oid.Ed25519}, []byte{4, 0}), true},
		{"GOST of TC26, masked", testdata.Read(t, "gost", "tk26_pfx_expected_privatekeyinfo.der"), true},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := alg.ParsePrivateKey(c.b)
			if err == nil || errors.Is(err, alg.ErrUnsupported) != c.unsupported {
				t.Fatalf("%v, want unsupported %v", err, c.unsupported)
			}
		})
	}
}

// weakKey is an RSA key of 1024 bits, which crypto/rsa no longer makes without being told to.
func weakKey(t *testing.T) []byte {
	t.Helper()
	prime := func() *big.Int {
		p, err := rand.Prime(rand.Reader, 512)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	one, e := big.NewInt(1), big.NewInt(65537)
	for {
		p, q := prime(), prime()
		p1, q1 := new(big.Int).Sub(p, one), new(big.Int).Sub(q, one)
		d := new(big.Int).ModInverse(e, new(big.Int).Mul(p1, q1))
		if d == nil || p.Cmp(q) == 0 {
			continue
		}
		return pkcs8(alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()}, encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Int(0)
				for _, x := range []*big.Int{new(big.Int).Mul(p, q), e, d, p, q, new(big.Int).Mod(d, p1), new(big.Int).Mod(d, q1), new(big.Int).ModInverse(q, p)} {
					b.Unsigned(x.Bytes())
				}
			})
		}))
	}
}

func TestPublicKeysAreJudged(t *testing.T) {
	spki := func(id alg.Identifier, bits []byte) []byte {
		return encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				alg.WriteIdentifier(b, id)
				b.BitString(bits)
			})
		})
	}
	null := alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()}
	rsaKey := func(bits uint, e int64) []byte {
		n := new(big.Int).SetBit(big.NewInt(1), int(bits)-1, 1)
		return spki(null, encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Unsigned(n.Bytes())
				b.Int(e)
			})
		}))
	}
	ec, _ := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	point, _ := ec.PublicKey.Bytes()
	ecID := identifier(t, eckey.P256)
	compressed := append([]byte{2 | point[64]&1}, point[1:33]...)
	gostBits := func(kind *alg.Kind) []byte {
		key, err := alg.GenerateKey(rand.Reader, kind, 0)
		if err != nil {
			t.Fatal(err)
		}
		pub, err := key.Public()
		if err != nil {
			t.Fatal(err)
		}
		return pub.Bits
	}
	params := func(ids ...oid.OID) []byte {
		return encode(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				for _, id := range ids {
					b.OID(id)
				}
			})
		})
	}
	bits256, bits512 := gostBits(kzgost.Kind2004), gostBits(kzgost.Kind2015)
	for _, c := range []struct {
		name                        string
		b                           []byte
		read, acceptable, supported bool
	}{
		{"RSA of 2048 bits", rsaKey(2048, 65537), true, true, true},
		{"RSA of 8192 bits", rsaKey(8192, 65537), true, true, true},
		{"RSA of 2047 bits is shown and refused", rsaKey(2047, 65537), true, false, true},
		{"RSA of 1024 bits is shown and refused", rsaKey(1024, 65537), true, false, true},
		{"RSA of 8193 bits is shown and refused", rsaKey(8193, 65537), true, false, true},
		{"RSA with exponent 3 is shown and refused", rsaKey(2048, 3), true, false, true},
		{"RSA with exponent 65536", rsaKey(2048, 65536), false, false, true},
		{"RSA with exponent 1", rsaKey(2048, 1), false, false, true},
		{"RSA with exponent 2^31+1", rsaKey(2048, 1<<31+1), false, false, true},
		{"RSA with a negative exponent", rsaKey(2048, -65537), false, false, true},
		{"RSA of a million bits", rsaKey(200_000, 65537), false, false, true},
		{"RSA without NULL", spki(alg.Identifier{OID: oid.RSAEncryption}, []byte{0x30, 0}), false, false, true},
		{"P-256", spki(ecID, point), true, true, true},
		{"P-256, a compressed point", spki(ecID, compressed), false, false, true},
		{"P-256, infinity", spki(ecID, []byte{0}), false, false, true},
		{"P-256, off the curve", spki(ecID, append(bytes.Clone(point[:64]), point[64]^1)), false, false, true},
		{"P-256 with its curve spelt out", spki(alg.Identifier{OID: oid.ECPublicKey, Params: []byte{0x30, 0}}, point), false, false, false},
		{"P-384", spki(alg.Identifier{OID: oid.ECPublicKey, Params: encode(func(b *der.Builder) { b.OID(oid.P384) })}, point), false, false, false},
		{"DSA", spki(alg.Identifier{OID: oid.DSA}, []byte{2, 1, 1}), false, false, false},
		{"KZ 2004", spki(alg.Identifier{OID: oid.KZGost2004Key, Params: params(oid.KZParam2004A, oid.KZHashParamTest)}, bits256), true, true, true},
		{"KZ 2004, parameter B", spki(alg.Identifier{OID: oid.KZGost2004Key, Params: params(oid.KZParam2004B, oid.KZHashParamTest)}, bits256), false, false, false},
		{"KZ 2004 with a key of 512 bits", spki(alg.Identifier{OID: oid.KZGost2004Key, Params: params(oid.KZParam2004A, oid.KZHashParamTest)}, bits512), false, false, true},
		{"KZ 2015 without parameters", spki(alg.Identifier{OID: oid.KZGost2015512Key}, bits512), false, false, false},
		{"KZ 2015, a bare point", spki(alg.Identifier{OID: oid.KZGost2015512Key, Params: params(oid.KZParam2015512A, oid.KZStreebog512)}, bits512[3:]), false, false, true},
		{"RFC 256", spki(alg.Identifier{OID: oid.Gost2012256Key, Params: params(oid.GostParamCryptoProA, oid.Streebog256)}, bits256), true, true, true},
		{"RFC 256 without digest", spki(alg.Identifier{OID: oid.Gost2012256Key, Params: params(oid.GostParamCryptoProA)}, bits256), true, true, true},
		{"RFC 256 with the other digest", spki(alg.Identifier{OID: oid.Gost2012256Key, Params: params(oid.GostParamCryptoProA, oid.Streebog512)}, bits256), false, false, true},
		{"RFC 256, parameter set of TC26", spki(alg.Identifier{OID: oid.Gost2012256Key, Params: params(oid.GostParam256A)}, bits256), false, false, false},
		{"RFC 512", spki(alg.Identifier{OID: oid.Gost2012512Key, Params: params(oid.GostParam512A)}, bits512), true, true, true},
		{"RFC 512 with digest", spki(alg.Identifier{OID: oid.Gost2012512Key, Params: params(oid.GostParam512A, oid.Streebog512)}, bits512), true, true, true},
		{"something behind", append(rsaKey(2048, 65537), 0), false, false, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			pub, err := alg.ParsePublicKey(c.b)
			if (err == nil) != c.read || errors.Is(err, alg.ErrUnsupported) == c.supported {
				t.Fatalf("%v, want read %v, supported %v", err, c.read, c.supported)
			}
			if err == nil && (alg.Acceptable(pub, nil) == nil) != c.acceptable {
				t.Errorf("acceptable: %v, want %v", alg.Acceptable(pub, nil), c.acceptable)
			}
			if err == nil && alg.Acceptable(pub, alg.SHA1) == nil {
				t.Error("acceptable with SHA-1")
			}
		})
	}
}

func TestSHA1IsReadAndNotAccepted(t *testing.T) {
	key, err := alg.GenerateKey(rand.Reader, rsakey.Kind, 0)
	if err != nil {
		t.Fatal(err)
	}
	pub, err := key.Public()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := key.Sign(rand.Reader, weak.RSASHA1, []byte("Сенім")); err == nil {
		t.Error("signed with SHA-1")
	}
	digest := alg.SHA1.Sum([]byte("Сенім"))
	sig, err := key.Signer.Sign(rand.Reader, digest, alg.SHA1.Crypto)
	if err != nil {
		t.Fatal(err)
	}
	if !weak.RSASHA1.Verify(pub.Key, digest, sig) {
		t.Error("a right signature doesn't verify where it is asked for")
	}
	if weak.RSASHA1.VerifyDigest(pub, digest, sig) {
		t.Error("a signature with SHA-1 counts")
	}
}

func TestRSAKeysAreMadeOfTheAgreedLengths(t *testing.T) {
	for _, c := range []struct{ asked, made int }{
		{0, 2048}, {2048, 2048}, {3072, 3072}, {4096, 4096},
		{1024, 0}, {2040, 0}, {2049, 0}, {4104, 0}, {8192, 0}, {-1, 0},
	} {
		t.Run(fmt.Sprint(c.asked), func(t *testing.T) {
			key, err := alg.GenerateKey(rand.Reader, rsakey.Kind, c.asked)
			if c.made == 0 {
				if err == nil {
					t.Fatal("made")
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			pub, err := key.Public()
			if err != nil || pub.BitLen() != c.made {
				t.Fatalf("%v, %d bits, want %d", err, pub.BitLen(), c.made)
			}
			for _, s := range []*alg.Scheme{rsakey.SHA256, rsakey.SHA384, rsakey.SHA512} {
				sig, err := key.Sign(rand.Reader, s, []byte("Сенім"))
				if err != nil || len(sig) != c.made/8 || !s.VerifyMessage(pub, []byte("Сенім"), sig) {
					t.Errorf("%s: %v, %d octets", s.Name, err, len(sig))
				}
			}
		})
	}
}

// What is weak and what is wrong are two answers: Scheme.Verify only calculates, the rest refuses.
func TestAWeakKeysRightSignatureIsRightAndNotAccepted(t *testing.T) {
	r := der.NewReader(weakKey(t))
	s := r.Sequence()
	s.Int()
	alg.ReadIdentifier(s)
	numbers := der.NewReader(s.OctetString()).Sequence()
	numbers.Int()
	n, e, d := new(big.Int).SetBytes(numbers.Unsigned()), numbers.Int(), new(big.Int).SetBytes(numbers.Unsigned())
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Unsigned(n.Bytes())
		b.Int(e)
	})
	pub, err := alg.ParsePublicKey(encode(func(outer *der.Builder) {
		outer.Sequence(func(outer *der.Builder) {
			alg.WriteIdentifier(outer, alg.Identifier{OID: oid.RSAEncryption, Params: alg.Null()})
			outer.BitString(b.MustBytes())
		})
	}))
	if err != nil {
		t.Fatal(err)
	}
	// RSASSA-PKCS1-v1_5 by hand (RFC 8017 section 9.2), since crypto/rsa does not sign with so short a key.
	digest := alg.SHA256.Sum([]byte("Сенім"))
	info := encode(func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			alg.WriteIdentifier(b, alg.SHA256.Identifier)
			b.OctetString(digest)
		})
	})
	padded := slices.Concat([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 128-3-len(info)), []byte{0}, info)
	sig := new(big.Int).Exp(new(big.Int).SetBytes(padded), d, n).FillBytes(make([]byte, 128))
	if !rsakey.SHA256.Verify(pub.Key, digest, sig) {
		t.Error("a right signature of a weak key doesn't verify where only that is asked")
	}
	if rsakey.SHA256.VerifyDigest(pub, digest, sig) {
		t.Error("a signature of a weak key counts")
	}
	sig[127] ^= 1
	if rsakey.SHA256.Verify(pub.Key, digest, sig) {
		t.Error("a wrong signature of a weak key verifies")
	}
}
