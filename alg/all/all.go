// Package all links every row of package alg.
package all

import (
	_ "github.com/senim-pki/senim/alg/eckey"   // ECDSA P-256
	_ "github.com/senim-pki/senim/alg/kzgost"  // Kazakhstan's GOST in its own encodings
	_ "github.com/senim-pki/senim/alg/rfcgost" // GOST R 34.10-2012 of RFC 9215
	_ "github.com/senim-pki/senim/alg/rsakey"  // RSA, PKCS#1 v1.5
)
