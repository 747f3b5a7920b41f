package gost

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"hash"
	"io"
	"math/big"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/iotest"

	"github.com/senim-pki/senim/internal/testdata"
)

// kzVector is one generation of testdata/kz/vectors.json: a user's key, and its certificate's signature by the issuer.
type kzVector struct {
	PrivateD  string      `json:"private_d_hex"`
	PublicX   string      `json:"public_x_hex"`
	PublicY   string      `json:"public_y_hex"`
	Digest    octetString `json:"tbs_digest_stream_hex"`
	E         string      `json:"e_hex"`
	IssuerX   string      `json:"issuer_x_hex"`
	IssuerY   string      `json:"issuer_y_hex"`
	Signature octetString `json:"signature_raw_hex"`
	R         string      `json:"r_hex"`
	S         string      `json:"s_hex"`
}

type kzVectors struct {
	Hashes   map[string]octetString `json:"gost34311_95_test_sbox_stream_order_hex"`
	GOST2004 kzVector               `json:"gost34310_2004"`
	GOST2015 kzVector               `json:"gostr3410_2015_512"`
}

func readKZ(t testing.TB) *kzVectors {
	t.Helper()
	v := new(kzVectors)
	if err := json.Unmarshal(testdata.Read(t, "kz", "vectors.json"), v); err != nil {
		t.Fatal(err)
	}
	if len(v.Hashes) == 0 || v.GOST2004.R == "" || v.GOST2015.R == "" {
		t.Fatal("vectors.json lacks a part")
	}
	return v
}

func (v *kzVectors) byCurve() map[*Curve]*kzVector {
	return map[*Curve]*kzVector{CryptoProA(): &v.GOST2004, TC26512A(): &v.GOST2015}
}

// little is a number of n octets in the order of this package.
func little(t testing.TB, digits string, n int) []byte {
	t.Helper()
	b := bigOf(t, digits).FillBytes(make([]byte, n))
	slices.Reverse(b)
	return b
}

func both() []*Curve { return []*Curve{CryptoProA(), TC26512A()} }

func newKey(t testing.TB, c *Curve) *PrivateKey {
	t.Helper()
	k, err := c.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestCurvesAreThoseOfTheVectors(t *testing.T) {
	found := 0
	for _, v := range readVectors(t).Curves {
		for _, c := range both() {
			if c.Name() != v.Name {
				continue
			}
			found++
			f := c.field
			for _, n := range []struct {
				name string
				got  *big.Int
				want string
			}{
				{"p", f.p.big(), v.P}, {"q", c.order.p.big(), v.Q}, {"a", f.plain(&c.a), v.A}, {"b", f.plain(&c.b), v.B},
				{"x", f.plain(&c.bx), v.X}, {"y", f.plain(&c.by), v.Y},
			} {
				if n.got.Cmp(bigOf(t, n.want)) != 0 {
					t.Errorf("%s of %s: got %x, want %s", n.name, v.Name, n.got, n.want)
				}
			}
			if !c.field.p.big().ProbablyPrime(20) || !c.order.p.big().ProbablyPrime(20) {
				t.Errorf("%s: not prime", v.Name)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d of 2 curves are in the vectors", found)
	}
}

func TestSigningWithAGivenNonceGivesTheStandardsExamples(t *testing.T) {
	curves := testCurves(t)
	for _, v := range readVectors(t).Sign {
		t.Run(v.Name, func(t *testing.T) {
			c := curves[v.Name]
			digest := little(t, v.E, c.size)
			k, err := c.NewPrivateKey(little(t, v.D, c.size))
			if err != nil {
				t.Fatal(err)
			}
			xy := append(little(t, v.PublicX, c.size), little(t, v.PublicY, c.size)...)
			if !bytes.Equal(k.pub.Bytes(), xy) {
				t.Errorf("public key %x, want %x", k.pub.Bytes(), xy)
			}
			e, nonce := c.digestNumber(digest), octetsOf(bigOf(t, v.K))
			r, s, ok := c.signWith(k.d(), &e, &nonce)
			if !ok || r != octetsOf(bigOf(t, v.R)) || s != octetsOf(bigOf(t, v.S)) {
				t.Errorf("r %x, s %x, ok %v", r, s, ok)
			}
			p, err := c.NewPublicKey(xy)
			if err != nil {
				t.Fatal(err)
			}
			if !p.Verify(digest, append(little(t, v.R, c.size), little(t, v.S, c.size)...)) {
				t.Error("the published signature does not verify")
			}
		})
	}
}

func TestSignaturesOfTheKazakhAuthoritiesVerify(t *testing.T) {
	for c, v := range readKZ(t).byCurve() {
		t.Run(c.Name(), func(t *testing.T) {
			issuer, err := c.NewPublicKey(append(little(t, v.IssuerX, c.size), little(t, v.IssuerY, c.size)...))
			if err != nil {
				t.Fatal(err)
			}
			if want := append(little(t, v.R, c.size), little(t, v.S, c.size)...); !bytes.Equal(v.Signature, want) {
				t.Fatal("the vector's r and s are not its signature")
			}
			if e := c.digestNumber(v.Digest); e != octetsOf(bigOf(t, v.E)) {
				t.Errorf("e is %x, want %s", e, v.E)
			}
			if !issuer.Verify(v.Digest, v.Signature) {
				t.Error("the certificate's signature does not verify")
			}

			k, err := c.NewPrivateKey(little(t, v.PrivateD, c.size))
			if err != nil {
				t.Fatal(err)
			}
			if want := append(little(t, v.PublicX, c.size), little(t, v.PublicY, c.size)...); !bytes.Equal(k.pub.Bytes(), want) {
				t.Errorf("public key %x, want %x", k.pub.Bytes(), want)
			}
		})
	}
}

// named is signer options that choose the hash of the nonce.
type named struct {
	crypto.SignerOpts
	hash func() hash.Hash
}

func (n named) NonceHash() func() hash.Hash { return n.hash }

func TestWhatIsSignedVerifies(t *testing.T) {
	digests := map[string]func([]byte){
		"a common digest":             func(d []byte) { rand.Read(d) },
		"a digest of zeros, e = 1":    func(d []byte) {},
		"a digest of ones, above q":   func(d []byte) { copy(d, bytes.Repeat([]byte{0xff}, len(d))) },
		"a digest with only its high": func(d []byte) { d[len(d)-1] = 0x80 },
	}
	options := map[string]crypto.SignerOpts{
		"no options":          nil,
		"a crypto.Hash":       crypto.Hash(0),
		"GOST 34.311 nonces":  named{hash: func() hash.Hash { return NewGOST341194(TestSBox()) }},
		"Streebog-256 nonces": named{hash: NewStreebog256},
		"options of no hash":  named{},
	}
	for _, c := range testCurves(t) {
		k := newKey(t, c)
		other := newKey(t, c)
		for about, fill := range digests {
			digest := make([]byte, c.Size())
			fill(digest)
			for how, opts := range options {
				for _, source := range []io.Reader{rand.Reader, nil} {
					sig, err := k.Sign(source, digest, opts)
					if err != nil {
						t.Fatalf("%s, %s, %s: %v", c.Name(), about, how, err)
					}
					p := k.Public().(*PublicKey)
					if !p.Verify(digest, sig) {
						t.Errorf("%s, %s, %s: does not verify", c.Name(), about, how)
					}
					if other.pub.Verify(digest, sig) {
						t.Errorf("%s, %s, %s: verifies under a stranger's key", c.Name(), about, how)
					}
				}
			}
		}
	}
}

func TestVerifyRefuses(t *testing.T) {
	for c, v := range readKZ(t).byCurve() {
		issuer, err := c.NewPublicKey(append(little(t, v.IssuerX, c.size), little(t, v.IssuerY, c.size)...))
		if err != nil {
			t.Fatal(err)
		}
		q := c.order.p.big()
		r, s := bigOf(t, v.R), bigOf(t, v.S)
		number := func(n *big.Int) []byte { return little(t, n.Text(16), c.size) }
		pair := func(r, s *big.Int) []byte { return append(number(r), number(s)...) }
		all := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), uint(8*c.size)), big.NewInt(1))
		one := big.NewInt(1)
		bend := func(b []byte, i int) []byte { b = slices.Clone(b); b[i] ^= 1; return b }
		reversed := slices.Clone([]byte(v.Signature))
		slices.Reverse(reversed)
		for _, row := range []struct {
			name        string
			digest, sig []byte
		}{
			{"r = 0", v.Digest, pair(new(big.Int), s)},
			{"s = 0", v.Digest, pair(r, new(big.Int))},
			{"r = s = 0", v.Digest, pair(new(big.Int), new(big.Int))},
			{"r = q", v.Digest, pair(q, s)},
			{"s = q", v.Digest, pair(r, q)},
			{"r = q + 1", v.Digest, pair(new(big.Int).Add(q, one), s)},
			{"s = q + 1", v.Digest, pair(r, new(big.Int).Add(q, one))},
			{"r of ones", v.Digest, pair(all, s)},
			{"s of ones", v.Digest, pair(r, all)},
			{"r = s = 1", v.Digest, pair(one, one)},
			{"−s", v.Digest, pair(r, new(big.Int).Sub(q, s))},
			{"r and s exchanged", v.Digest, pair(s, r)},
			{"the big-endian form", v.Digest, reversed},
			{"a bit of r", v.Digest, bend(v.Signature, 0)},
			{"a bit of s", v.Digest, bend(v.Signature, 2*c.size-1)},
			{"a bit of the digest", bend(v.Digest, 0), v.Signature},
			{"no signature", v.Digest, nil},
			{"a short signature", v.Digest, v.Signature[1:]},
			{"a long signature", v.Digest, append(slices.Clone([]byte(v.Signature)), 0)},
			{"no digest", nil, v.Signature},
			{"a short digest", v.Digest[:c.size-1], v.Signature},
			{"a long digest", append(slices.Clone([]byte(v.Digest)), 0), v.Signature},
		} {
			if issuer.Verify(row.digest, row.sig) {
				t.Errorf("%s: %s verifies", c.Name(), row.name)
			}
		}
	}
}

// With e = 1, r the x of P and s chosen so that z1·P + z2·Q = O, the sum has no x.
func TestVerifyRefusesASumAtInfinity(t *testing.T) {
	for _, c := range both() {
		k := newKey(t, c)
		// z1·P + z2·Q = s·v − r·v·d times P is infinity exactly when s = r·d.
		d := c.order.p.big()
		r := big.NewInt(12345)
		k2 := k.d().element()
		s := new(big.Int).Mod(new(big.Int).Mul(r, k2.big()), d)
		sig := append(little(t, r.Text(16), c.size), little(t, s.Text(16), c.size)...)
		if k.pub.Verify(bytes.Repeat([]byte{7}, c.size), sig) {
			t.Errorf("%s: verifies", c.Name())
		}
	}
}

func TestNewPublicKeyRefuses(t *testing.T) {
	for _, c := range both() {
		p := c.field.p.big()
		x, y := c.field.plain(&c.bx), c.field.plain(&c.by)
		number := func(n *big.Int) []byte { return little(t, n.Text(16), c.size) }
		pair := func(x, y *big.Int) []byte { return append(number(x), number(y)...) }
		zero, one := new(big.Int), big.NewInt(1)
		good := pair(x, y)
		if _, err := c.NewPublicKey(good); err != nil {
			t.Fatal(err)
		}
		if k, err := c.NewPublicKey(pair(x, new(big.Int).Sub(p, y))); err != nil {
			t.Errorf("%s: the opposite point is good: %v", c.Name(), err)
		} else if same, _ := c.NewPublicKey(good); k.Equal(same) {
			t.Errorf("%s: opposite points are equal", c.Name())
		}
		for name, xy := range map[string][]byte{
			"nothing":                    nil,
			"x alone":                    number(x),
			"an octet less":              good[:len(good)-1],
			"an octet more":              append(slices.Clone(good), 0),
			"SEC 1 with its first octet": append([]byte{4}, good...),
			"zeros":                      pair(zero, zero),
			"x = 0, y = 1":               pair(zero, one),
			"off the curve":              pair(x, new(big.Int).Add(y, one)),
			"x and y exchanged":          pair(y, x),
			"x = p":                      pair(p, y),
			"x = p + x":                  pair(new(big.Int).Add(p, x), y),
			"y = p":                      pair(x, p),
			"all ones":                   bytes.Repeat([]byte{0xff}, 2*c.size),
		} {
			if _, err := c.NewPublicKey(xy); err == nil {
				t.Errorf("%s: %s is accepted", c.Name(), name)
			}
		}
	}
}

func TestNewPrivateKeyRefuses(t *testing.T) {
	for _, c := range both() {
		q := c.order.p.big()
		number := func(n *big.Int) []byte { return little(t, n.Text(16), c.size) }
		for name, d := range map[string][]byte{
			"nothing":       nil,
			"zero":          number(new(big.Int)),
			"q":             number(q),
			"q + 1":         number(new(big.Int).Add(q, big.NewInt(1))),
			"all ones":      bytes.Repeat([]byte{0xff}, c.size),
			"an octet less": number(big.NewInt(1))[:c.size-1],
			"an octet more": append(number(big.NewInt(1)), 0),
		} {
			if _, err := c.NewPrivateKey(d); err == nil {
				t.Errorf("%s: %s is accepted", c.Name(), name)
			}
		}
		k, err := c.NewPrivateKey(number(new(big.Int).Sub(q, big.NewInt(1))))
		if err != nil {
			t.Fatalf("%s: q − 1 is good: %v", c.Name(), err)
		}
		one, _ := c.NewPrivateKey(number(big.NewInt(1)))
		if k.pub.x != one.pub.x || k.pub.y == one.pub.y {
			t.Errorf("%s: (q − 1)·P is not −P", c.Name())
		}
	}
}

func TestKeysComeBackFromTheirOctets(t *testing.T) {
	for _, c := range both() {
		k := newKey(t, c)
		again, err := c.NewPrivateKey(k.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		pub, err := c.NewPublicKey(k.pub.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		other := newKey(t, c)
		if !k.Equal(again) || k.Equal(other) || k.Equal("key") || k.Equal((*PrivateKey)(nil)) {
			t.Error("private Equal is wrong")
		}
		if !pub.Equal(k.Public()) || pub.Equal(other.Public()) || pub.Equal("key") || pub.Equal((*PublicKey)(nil)) {
			t.Error("public Equal is wrong")
		}
		if pub.Curve() != c || c.Size()*2 != len(pub.Bytes()) {
			t.Error("curve or size is wrong")
		}
	}
}

func TestAForgottenKeySignsNothing(t *testing.T) {
	for _, c := range both() {
		k := newKey(t, c)
		k.Zero()
		if slices.Max(k.Bytes()) != 0 {
			t.Error("the scalar is still there")
		}
		if _, err := k.Sign(rand.Reader, make([]byte, c.size), nil); err == nil {
			t.Error("a forgotten key signs")
		}
	}
}

func TestAPrintedKeyShowsNoSecret(t *testing.T) {
	for _, c := range both() {
		k := newKey(t, c)
		d := k.Bytes()
		asJSON, err := json.Marshal(k)
		if err != nil {
			t.Fatal(err)
		}
		decimal := strings.Trim(fmt.Sprint(d[:8]), "[]")
		texts := []string{string(asJSON)}
		for _, verb := range []string{"%v", "%+v", "%#v", "%x", "%d", "%s", "%q"} {
			texts = append(texts, fmt.Sprintf(verb, k), fmt.Sprintf(verb, *k))
		}
		for _, text := range texts {
			if strings.Contains(text, hex.EncodeToString(d[:8])) || strings.Contains(text, decimal) {
				t.Errorf("the secret is in %.100s…", text)
			}
		}
	}
}

func TestABrokenSourceOfRandomnessIsAnError(t *testing.T) {
	for _, c := range both() {
		fails := iotest.ErrReader(errors.New("no entropy"))
		short := bytes.NewReader(make([]byte, c.size-1))
		for name, source := range map[string]io.Reader{"none": nil, "failing": fails, "short": short,
			"zeros": iotest.OneByteReader(constant(0)), "ones": constant(0xff)} {
			if _, err := c.GenerateKey(source); err == nil {
				t.Errorf("%s: a key from a source that is %s", c.Name(), name)
			}
		}
		k := newKey(t, c)
		if _, err := k.Sign(fails, make([]byte, c.size), nil); err == nil {
			t.Errorf("%s: a signature without randomness", c.Name())
		}
		for _, n := range []int{0, c.size - 1, c.size + 1} {
			if _, err := k.Sign(rand.Reader, make([]byte, n), nil); err == nil {
				t.Errorf("%s: a digest of %d octets is signed", c.Name(), n)
			}
		}
	}
}

// constant is a source of one octet for ever.
type constant byte

func (c constant) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte(c)
	}
	return len(p), nil
}

// The nonces for P-256 with SHA-256 are printed in RFC 6979 appendix A.2.5: they prove the construction itself.
func TestNoncesAreThoseOfRFC6979(t *testing.T) {
	c := testCurves(t)["P-256"]
	d := octetsOf(bigOf(t, "C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"))
	for message, want := range map[string]string{
		"sample": "A6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60",
		"test":   "D16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0",
	} {
		sum := sha256.Sum256([]byte(message))
		slices.Reverse(sum[:]) // bits2octets reads a digest big-endian, GOST little-endian
		e := c.digestNumber(sum[:])
		n := newNonces(c, sha256.New, &d, &e, nil)
		if k := n.next(); k != octetsOf(bigOf(t, want)) {
			t.Errorf("%s: nonce %x", message, k)
		}
	}
}

func TestNoncesDependOnEverything(t *testing.T) {
	for _, c := range both() {
		d, e := octets{1}, octets{2}
		seen := map[octets]string{}
		for _, row := range []struct {
			name  string
			d, e  octets
			hash  func() hash.Hash
			fresh []byte
		}{
			{"plain", d, e, NewStreebog512, nil},
			{"another key", octets{3}, e, NewStreebog512, nil},
			{"another digest", d, octets{4}, NewStreebog512, nil},
			{"another hash", d, e, NewStreebog256, nil},
			{"fresh octets", d, e, NewStreebog512, []byte{1}},
			{"other fresh octets", d, e, NewStreebog512, []byte{2}},
		} {
			n := newNonces(c, row.hash, &row.d, &row.e, row.fresh)
			for i := range 3 {
				name := fmt.Sprintf("%s, draw %d", row.name, i)
				k := n.next()
				if was, ok := seen[k]; ok {
					t.Errorf("%s: %s and %s give the same nonce", c.Name(), name, was)
				}
				seen[k] = name
			}
		}
	}
}

func TestSignaturesOfOneDigestDifferOnlyByFreshRandomness(t *testing.T) {
	for _, c := range both() {
		k := newKey(t, c)
		digest := make([]byte, c.size)
		sign := func(source io.Reader) string {
			sig, err := k.Sign(source, digest, nil)
			if err != nil {
				t.Fatal(err)
			}
			return string(sig)
		}
		if sign(nil) != sign(nil) || sign(constant(5)) != sign(constant(5)) {
			t.Errorf("%s: the same input signs differently", c.Name())
		}
		if sign(rand.Reader) == sign(rand.Reader) || sign(nil) == sign(constant(5)) {
			t.Errorf("%s: fresh randomness does not reach the nonce", c.Name())
		}
	}
}

func TestAZeroHalfIsNotASignature(t *testing.T) {
	for _, c := range both() {
		q := c.order.p.big()
		d, nonce := octets{9}, octets{5}
		x, _ := c.multiplyBase(&nonce)
		xn := x.element()
		// s = r·d + k·e is 0 for e = −r·d/k.
		e := new(big.Int).Mul(xn.big(), big.NewInt(9))
		e.Mul(e, new(big.Int).ModInverse(big.NewInt(5), q)).Neg(e).Mod(e, q)
		eo := octetsOf(e)
		if _, s, ok := c.signWith(&d, &eo, &nonce); ok || s != (octets{}) {
			t.Errorf("%s: s = %x is taken", c.Name(), s)
		}
	}
}

func TestManyGoroutinesMayUseOneKey(t *testing.T) {
	c := testCurves(t)["P-256"] // a new curve each time, so that several build its comb at once
	d := octets{3}
	k := c.newPrivateKey(&d)
	c.comb, c.combOnce = nil, sync.Once{}
	var group sync.WaitGroup
	for range 4 {
		group.Go(func() {
			digest := make([]byte, 32)
			for range 4 {
				if sig, err := k.Sign(rand.Reader, digest, nil); err != nil || !k.pub.Verify(digest, sig) {
					t.Errorf("a signature made beside others is wrong: %v", err)
				}
			}
		})
	}
	group.Wait()
}

func TestThePackageImportsTheStandardLibraryWithoutBigIntegers(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatal("no files", err)
	}
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imported := range file.Imports {
			if path := strings.Trim(imported.Path.Value, `"`); path == "math/big" || strings.Contains(path, ".") {
				t.Errorf("%s imports %s", name, path)
			}
		}
	}
}

func FuzzVerify(f *testing.F) {
	keys := map[bool]*PrivateKey{}
	for _, c := range both() {
		k, err := c.NewPrivateKey(append([]byte{42}, make([]byte, c.size-1)...))
		if err != nil {
			f.Fatal(err)
		}
		keys[c.size == 64] = k
		digest := bytes.Repeat([]byte{1}, c.size)
		sig, err := k.Sign(nil, digest, nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.size == 64, digest, sig)
		f.Add(c.size == 64, digest, make([]byte, 2*c.size))
		f.Add(c.size == 64, digest[1:], sig)
		f.Add(c.size == 64, digest, bytes.Repeat([]byte{0xff}, 2*c.size))
	}
	f.Fuzz(func(t *testing.T, wide bool, digest, sig []byte) {
		k := keys[wide]
		c := k.pub.curve
		if !k.pub.Verify(digest, sig) {
			return
		}
		// Only the maker of a signature can know one, and the seeds' nonce is not known to the fuzzer: any other
		// signature that verifies belongs to the seed's digest number, or is a forgery.
		want, err := k.Sign(nil, bytes.Repeat([]byte{1}, c.size), nil)
		if err != nil {
			t.Fatal(err)
		}
		e, seed := c.digestNumber(digest), c.digestNumber(bytes.Repeat([]byte{1}, c.size))
		if e != seed || !bytes.Equal(sig, want) {
			t.Fatalf("forged: digest %x, signature %x", digest, sig)
		}
	})
}

func FuzzNewPublicKey(f *testing.F) {
	for _, c := range both() {
		k, err := c.NewPrivateKey(append([]byte{42}, make([]byte, c.size-1)...))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(c.size == 64, k.pub.Bytes())
		f.Add(c.size == 64, make([]byte, 2*c.size))
		f.Add(c.size == 64, bytes.Repeat([]byte{0xff}, 2*c.size))
		f.Add(c.size == 64, k.pub.Bytes()[1:])
	}
	f.Fuzz(func(t *testing.T, wide bool, xy []byte) {
		c := both()[0]
		if wide {
			c = both()[1]
		}
		p, err := c.NewPublicKey(xy)
		if err != nil {
			return
		}
		if !bytes.Equal(p.Bytes(), xy) {
			t.Fatalf("%x came back as %x", xy, p.Bytes())
		}
		x, y := p.x.element(), p.y.element()
		prime := c.field.p.big()
		left := new(big.Int).Mul(y.big(), y.big())
		right := new(big.Int).Exp(x.big(), big.NewInt(3), prime)
		right.Add(right, new(big.Int).Mul(c.field.plain(&c.a), x.big())).Add(right, c.field.plain(&c.b))
		if left.Sub(left, right).Mod(left, prime).Sign() != 0 {
			t.Fatalf("%x is not on the curve", xy)
		}
		p.Verify(make([]byte, c.size), bytes.Repeat([]byte{1}, 2*c.size))
	})
}

func BenchmarkSign(b *testing.B) {
	for _, c := range both() {
		b.Run(c.Name(), func(b *testing.B) {
			k, digest := newKey(b, c), make([]byte, c.size)
			for b.Loop() {
				if _, err := k.Sign(rand.Reader, digest, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	for _, c := range both() {
		b.Run(c.Name(), func(b *testing.B) {
			k, digest := newKey(b, c), make([]byte, c.size)
			sig, err := k.Sign(rand.Reader, digest, nil)
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if !k.pub.Verify(digest, sig) {
					b.Fatal("does not verify")
				}
			}
		})
	}
}

func BenchmarkGenerateKey(b *testing.B) {
	for _, c := range both() {
		b.Run(c.Name(), func(b *testing.B) {
			for b.Loop() {
				if _, err := c.GenerateKey(rand.Reader); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkMultiply(b *testing.B) {
	for _, c := range both() {
		for name, m := range map[string]*modulus{"p": c.field, "q": c.order} {
			b.Run(c.Name()+" "+name, func(b *testing.B) {
				x := m.rr
				for b.Loop() {
					m.mul(&x, &x, &x)
				}
			})
		}
	}
}
