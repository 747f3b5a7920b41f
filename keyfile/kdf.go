package keyfile

import (
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"errors"
	"hash"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/senim-pki/senim/oid"
)

// maxPassword caps a password, in octets of UTF-8. A longer one is a mistake (a file given as a password), and the
// derivation of RFC 7292 appendix B copies it into each block.
const maxPassword = 1024

// What the derivation of RFC 7292 appendix B makes (its "diversifier").
const (
	deriveKey = 1
	deriveIV  = 2
	deriveMAC = 3
)

// bmpPassword is the password as RFC 7292 appendix B.1 wants it: UTF-16BE with two zero octets behind it.
func bmpPassword(password string) []byte {
	units := utf16.Encode([]rune(password))
	out := make([]byte, 0, 2*len(units)+2)
	for _, u := range units {
		out = append(out, byte(u>>8), byte(u))
	}
	return append(out, 0, 0)
}

var errPassword = errors.New("the password is not UTF-8, or over 1024 octets")

func checkPassword(password string) error {
	if len(password) > maxPassword || !utf8.ValidString(password) {
		return errPassword
	}
	return nil
}

// pkcs12KDF derives size octets from a password already in its BMP form (RFC 7292 appendix B.2). The caller has capped
// salt and iterations.
func pkcs12KDF(newHash func() hash.Hash, id byte, password, salt []byte, iterations, size int) []byte {
	h := newHash()
	v, u := h.BlockSize(), h.Size()
	fill := func(x []byte) []byte {
		if len(x) == 0 {
			return nil
		}
		out := make([]byte, (len(x)+v-1)/v*v)
		for i := range out {
			out[i] = x[i%len(x)]
		}
		return out
	}
	d := make([]byte, v)
	for i := range d {
		d[i] = id
	}
	s, p := fill(salt), fill(password)
	in := append(append([]byte{}, s...), p...)
	wipe(p)
	defer wipe(in)
	out := make([]byte, 0, size+u)
	a := make([]byte, 0, u)
	defer func() { wipe(a[:cap(a)]) }()
	for {
		h.Reset()
		h.Write(d)
		h.Write(in)
		a = h.Sum(a[:0])
		for range iterations - 1 {
			h.Reset()
			h.Write(a)
			a = h.Sum(a[:0])
		}
		out = append(out, a...)
		if len(out) >= size {
			wipe(out[size:])
			return out[:size]
		}
		// Each block of v octets of the input becomes itself + B + 1 modulo 2^(8v), B being a repeated to v octets.
		for block := 0; block < len(in); block += v {
			carry := uint(1)
			for i := v - 1; i >= 0; i-- {
				carry += uint(in[block+i]) + uint(a[i%u])
				in[block+i] = byte(carry)
				carry >>= 8
			}
		}
	}
}

// hashes are the digests of MACs and derivations; anything else is unsupported.
var hashes = map[oid.OID]func() hash.Hash{
	oid.SHA1:   sha1.New,
	oid.SHA224: sha256.New224,
	oid.SHA256: sha256.New,
	oid.SHA384: sha512.New384,
	oid.SHA512: sha512.New,
}

// hmacs are the pseudo-random functions of PBKDF2 and the MACs of PBMAC1.
var hmacs = map[oid.OID]func() hash.Hash{
	oid.HMACWithSHA1:   sha1.New,
	oid.HMACWithSHA224: sha256.New224,
	oid.HMACWithSHA256: sha256.New,
	oid.HMACWithSHA384: sha512.New384,
	oid.HMACWithSHA512: sha512.New,
}

func wipe(b []byte) {
	clear(b)
}
