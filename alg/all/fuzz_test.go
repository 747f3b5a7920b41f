package all_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
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

// sameKey fails where the standard library read another key out of the same octets.
func sameKey(t *testing.T, ours crypto.PublicKey, theirs any) {
	t.Helper()
	if signer, ok := theirs.(crypto.Signer); ok {
		theirs = signer.Public()
	}
	if k, ok := theirs.(interface{ Equal(crypto.PublicKey) bool }); ok && !k.Equal(ours) {
		t.Fatalf("%v here, %v there", ours, theirs)
	}
}

// FuzzParsePublicKey: what is read is written again as the same key, and is the key that others read.
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
		if theirs, err := x509.ParsePKIXPublicKey(b); err == nil {
			sameKey(t, pub.Key, theirs)
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

// FuzzParsePrivateKey: what is read is written and read again as the same key, and is the key that others read.
func FuzzParsePrivateKey(f *testing.F) {
	seeds(f, (*alg.PrivateKey).MarshalPKCS8)
	f.Fuzz(func(t *testing.T, b []byte) {
		key, err := alg.ParsePrivateKey(b)
		if err != nil {
			return
		}
		if theirs, err := x509.ParsePKCS8PrivateKey(b); err == nil {
			sameKey(t, key.Signer.Public(), theirs)
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
