package keyfile

import (
	"crypto/rand"
	"testing"
)

// BenchmarkOpenModern is what a person waits for; in a browser it takes about ten times as long.
func BenchmarkOpenModern(b *testing.B) {
	container, err := Write(rand.Reader, Modern, "Parol.123", seedEntry(b))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Open(container, "Parol.123"); err != nil {
			b.Fatal(err)
		}
	}
}
