package gost

import (
	"bytes"
	"crypto/hmac"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash"
	"testing"

	"github.com/senim-pki/senim/internal/testdata"
)

// octetString is hexadecimal in the vectors.
type octetString []byte

func (o *octetString) UnmarshalText(text []byte) (err error) {
	*o, err = hex.DecodeString(string(text))
	return err
}

// vectors is what this package reads of testdata/gost/vectors.json.
type vectors struct {
	Streebog []struct {
		Name            string
		Bits            int
		Message, Digest octetString
	}
	HMAC []struct {
		Name              string
		Bits              int
		Key, Message, MAC octetString
	} `json:"hmac_streebog"`
	GOST94 []struct {
		SBox            string
		Message, Digest octetString
	} `json:"gostr3411_94"`
	Sign []struct {
		Name    string
		Curve   struct{ P, Q, A, B, X, Y string }
		D       string `json:"private_d"`
		E       string `json:"digest_e"`
		K       string `json:"nonce_k"`
		PublicX string `json:"public_x"`
		PublicY string `json:"public_y"`
		R, S    string
	}
	Curves []struct{ Name, P, Q, A, B, X, Y string }
}

func readVectors(t testing.TB) *vectors {
	t.Helper()
	v := new(vectors)
	if err := json.Unmarshal(testdata.Read(t, "gost", "vectors.json"), v); err != nil {
		t.Fatal(err)
	}
	if len(v.Streebog) == 0 || len(v.HMAC) == 0 || len(v.GOST94) == 0 || len(v.Sign) == 0 || len(v.Curves) == 0 {
		t.Fatal("vectors.json lacks a part")
	}
	return v
}

func digestOf(h hash.Hash, message []byte) []byte {
	h.Write(message)
	return h.Sum(nil)
}

func streebogOf(bits int) func() hash.Hash {
	if bits == 256 {
		return NewStreebog256
	}
	return NewStreebog512
}

func TestStreebogGivesThePublishedDigests(t *testing.T) {
	for _, v := range readVectors(t).Streebog {
		if got := digestOf(streebogOf(v.Bits)(), v.Message); !bytes.Equal(got, v.Digest) {
			t.Errorf("%s, %d bits: got %x, want %x", v.Name, v.Bits, got, v.Digest)
		}
	}
}

func TestStreebogWorksUnderHMAC(t *testing.T) {
	for _, v := range readVectors(t).HMAC {
		m := hmac.New(streebogOf(v.Bits), v.Key)
		m.Write(v.Message)
		if got := m.Sum(nil); !bytes.Equal(got, v.MAC) {
			t.Errorf("%s: got %x, want %x", v.Name, got, v.MAC)
		}
	}
}

func TestGOST341194GivesThePublishedDigests(t *testing.T) {
	boxes := map[string]*SBox{
		"id-GostR3411-94-TestParamSet":      TestSBox(),
		"id-GostR3411-94-CryptoProParamSet": CryptoProSBox(),
	}
	for _, v := range readVectors(t).GOST94 {
		if got := digestOf(NewGOST341194(boxes[v.SBox]), v.Message); !bytes.Equal(got, v.Digest) {
			t.Errorf("%s of %q: got %x, want %x", v.SBox, v.Message, got, v.Digest)
		}
	}
}

func TestGOST34311GivesTheDigestsOfKazakhFiles(t *testing.T) {
	for message, want := range readKZ(t).Hashes {
		if got := digestOf(NewGOST341194(TestSBox()), []byte(message)); !bytes.Equal(got, want) {
			t.Errorf("%q: got %x, want %x", message, got, want)
		}
	}
}

// The lengths are counted over more than one word, and the control sums carry: a message of many blocks of ones does both.
func TestSumLeavesTheStateAlone(t *testing.T) {
	for name, h := range everyHash() {
		message := bytes.Repeat([]byte{0xff}, 300)
		for i := range message {
			h.Write(message[i : i+1])
			h.Sum(nil)
		}
		stepwise := h.Sum([]byte("before"))
		h.Reset()
		if whole := digestOf(h, message); !bytes.Equal(stepwise, append([]byte("before"), whole...)) {
			t.Errorf("%s: %x by steps, %x at once", name, stepwise, whole)
		}
		if h.Size() != len(h.Sum(nil)) {
			t.Errorf("%s: Size is %d, the digest has %d octets", name, h.Size(), len(h.Sum(nil)))
		}
	}
}

func everyHash() map[string]hash.Hash {
	return map[string]hash.Hash{
		"Streebog-256":        NewStreebog256(),
		"Streebog-512":        NewStreebog512(),
		"34.11-94 test":       NewGOST341194(TestSBox()),
		"34.11-94 Crypto-Pro": NewGOST341194(CryptoProSBox()),
	}
}

// fuzzSplit checks that a hash does not care how its message is cut into writes.
func fuzzSplit(f *testing.F, make func() hash.Hash) {
	f.Add([]byte(nil), uint16(0), uint16(0))
	f.Add(bytes.Repeat([]byte{0xff}, 200), uint16(31), uint16(33))
	f.Add(bytes.Repeat([]byte{1}, 64), uint16(64), uint16(64))
	f.Add(bytes.Repeat([]byte{0xee}, 129), uint16(1), uint16(128))
	f.Fuzz(func(t *testing.T, message []byte, a, b uint16) {
		i := min(int(a), len(message))
		j := min(i+int(b), len(message))
		h := make()
		for _, part := range [][]byte{message[:i], message[i:j], message[j:]} {
			if n, err := h.Write(part); n != len(part) || err != nil {
				t.Fatal(n, err)
			}
		}
		if got, want := h.Sum(nil), digestOf(make(), message); !bytes.Equal(got, want) {
			t.Fatalf("%d+%d of %d octets: %x in parts, %x at once", i, j-i, len(message), got, want)
		}
	})
}

func FuzzStreebog(f *testing.F) { fuzzSplit(f, NewStreebog512) }

func FuzzGOST341194(f *testing.F) {
	fuzzSplit(f, func() hash.Hash { return NewGOST341194(TestSBox()) })
}

func BenchmarkHash(b *testing.B) {
	for name, h := range everyHash() {
		for _, size := range []int{64, 8192} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				message := make([]byte, size)
				b.SetBytes(int64(size))
				for b.Loop() {
					h.Reset()
					h.Write(message)
					h.Sum(message[:0])
				}
			})
		}
	}
}
