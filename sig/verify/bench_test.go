package verify

import (
	"testing"

	"github.com/senim-pki/senim/internal/testpki"
)

// BenchmarkVerify is a whole verdict: parse, content, chain of three, list of the issuer. One after the other.
func BenchmarkVerify(b *testing.B) {
	for _, kind := range []struct{ name, kind string }{{"p256", "p256"}, {"rsa2048", "rsa"}, {"gost512", "kz-gost-2015-512"}} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			x := newScene(b, testpki.Spec{Kind: kind.kind})
			for b.Loop() {
				if r, err := Verify(background, x.in); err != nil || !r.Valid {
					b.Fatal("not valid")
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "verdicts/s")
		})
	}
}
