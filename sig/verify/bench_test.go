package verify

import (
	"testing"

	"github.com/senim-pki/senim/internal/testpki"
)

// BenchmarkVerify is a whole verdict: parse, content, chain of three, list of the issuer.
func BenchmarkVerify(b *testing.B) {
	for _, kind := range []string{"rsa", "p256", "kz-gost-2015-512"} {
		b.Run(kind, func(b *testing.B) {
			x := newScene(b, testpki.Spec{Kind: kind})
			for b.Loop() {
				if r, err := Verify(background, x.in); err != nil || !r.Valid {
					b.Fatal("not valid")
				}
			}
		})
	}
}
