package all_test

import (
	"bytes"
	"crypto/rand"
	"testing"

	"github.com/senim-pki/senim/alg"
)

// seeds are one key of each kind, encoded by f.
func seeds(f *testing.F, encode func(*alg.PrivateKey) ([]byte, error)) {
	for _, k := range alg.Kinds() {
		key, err := alg.GenerateKey(rand.Reader, k, 0)
		if err != nil {
			f.Fatal(err)
		}
		b, err := encode(key)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
}

// FuzzParsePublicKey: what is read is written again as the same key.
func FuzzParsePublicKey(f *testing.F) {
	seeds(f, func(k *alg.PrivateKey) ([]byte, error) {
		pub, err := k.Public()
		if err != nil {
			return nil, err
		}
		return pub.SPKI, nil
	})
	f.Fuzz(func(t *testing.T, b []byte) {
		pub, err := alg.ParsePublicKey(b)
		if err != nil {
			return
		}
		again, err := alg.NewPublicKey(pub.Kind, pub.Key)
		if err != nil {
			t.Fatal(err)
		}
		if !again.Equal(pub) || !bytes.Equal(again.Bits, pub.Bits) {
			t.Fatal("written as another key")
		}
		for _, s := range alg.Schemes() {
			if s.VerifyMessage(pub, b, b) {
				t.Fatal("its own encoding is a signature")
			}
		}
	})
}

// FuzzParsePrivateKey: what is read is written and read again as the same key.
func FuzzParsePrivateKey(f *testing.F) {
	seeds(f, (*alg.PrivateKey).MarshalPKCS8)
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := alg.ParsePrivateKey(b)
		if err != nil {
			return
		}
		pkcs8, err := key.MarshalPKCS8()
		if err != nil {
			t.Fatal(err)
		}
		again, err := alg.ParsePrivateKey(pkcs8)
		if err != nil {
			t.Fatal(err)
		}
		p, _ := key.Public()
		q, _ := again.Public()
		if !p.Equal(q) {
			t.Fatal("written as another key")
		}
	})
}
