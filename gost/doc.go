// Package gost is the national cryptography in open code: the hash functions GOST 34.311-95 (GOST R 34.11-94) and Streebog
// (GOST R 34.11-2012, СТ РК ГОСТ Р 34.11-2015), and signatures of GOST 34.310-2004 and СТ РК ГОСТ Р 34.10-2015
// (GOST R 34.10-2001 and 2012) on the curves CryptoPro-A and TC26-512-A.
//
// It knows no ASN.1 and no object identifier: numbers go in and out as octets of fixed length, in the little-endian order
// of the Kazakh formats (facts/kz-pki.md section 0, rows 3 to 5). Package alg gives these octets their place in certificates and
// messages, in the Kazakh and in the RFC form. Do not use a Curve of this package for anything but signatures:
// there is no product of a secret with a stranger's point here.
//
// What is constant time: making a key, computing its public point, signing, and comparing keys. None of these branches on
// or indexes memory by a secret; the only loops of varying length reject a candidate that is out of range, which says
// nothing about the one that is kept. What is not: verification, parsing of public keys, everything that sees public values
// only. The hash functions look their tables up by the data they hash, as every table implementation does; an attacker who
// shares the processor's cache could learn about a hashed secret (for us: the nonce generator's state) from that. Fresh
// randomness in each nonce keeps such knowledge from adding up.
//
// All exported functions may be called by many goroutines, but one hash.Hash belongs to one goroutine at a time, and Zero
// must not run beside another method of the same key.
package gost
