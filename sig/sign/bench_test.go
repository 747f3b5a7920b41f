package sign

import (
	"crypto/rand"
	"testing"

	"github.com/senim-pki/senim/internal/testpki"
)

// BenchmarkSign signs a document of 4 kB: every check before the key, digest, signed attributes, signature. One after the other.
func BenchmarkSign(b *testing.B) {
	content := make([]byte, 4<<10)
	for _, kind := range []struct{ name, kind string }{{"p256", "p256"}, {"rsa2048", "rsa"}, {"gost512", "kz-gost-2015-512"}} {
		b.Run(kind.name, func(b *testing.B) {
			b.ReportAllocs()
			who := testpki.Root(b, testpki.Spec{}).Issue(b, testpki.Spec{Kind: kind.kind})
			r := Request{Content: content, Key: who.Key, Certificate: who.Cert, Time: testpki.Now, Rand: rand.Reader}
			for b.Loop() {
				if _, err := Sign(r); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "signatures/s")
		})
	}
}
