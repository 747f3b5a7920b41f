package gost

import (
	"encoding/binary"
	"hash"
	"math/bits"
	"sync"
)

// SBox is a substitution of the cipher GOST 28147-89 as GOST R 34.11-94 uses it. TestSBox and CryptoProSBox are all there are.
type SBox struct {
	// wide[i][b] is the substitution of octet i of a word, already rotated left by 11 bits.
	wide [4][256]uint32
}

// newSBox makes a substitution from eight rows of hexadecimal digits; row 0 is for the lowest four bits.
func newSBox(rows [8]string) *SBox {
	s := new(SBox)
	nibble := func(row, x int) uint32 {
		c := rows[row][x]
		if c >= 'A' {
			return uint32(c-'A') + 10
		}
		return uint32(c - '0')
	}
	for i := range s.wide {
		for b := range 256 {
			word := nibble(2*i, b&15) | nibble(2*i+1, b>>4)<<4
			s.wide[i][b] = bits.RotateLeft32(word<<(8*i), 11)
		}
	}
	return s
}

// TestSBox is id-GostR3411-94-TestParamSet (RFC 5831 section 6; facts/kz-pki.md section 3.2): in spite of its name the one that
// GOST 34.311-95 is used with in Kazakhstan.
func TestSBox() *SBox { return testSBox() }

var testSBox = sync.OnceValue(func() *SBox {
	return newSBox([8]string{
		"4A92D80E6B1C7F53",
		"EB4C6DFA23810759",
		"581DA342EFC7609B",
		"7DA1089FE46CB253",
		"6C715FD84A9E03B2",
		"4BA0721D36859CFE",
		"DB413F590AE7682C",
		"1FD057A4923E6B8C",
	})
})

// CryptoProSBox is id-GostR3411-94-CryptoProParamSet (RFC 4357 section 11.2), which Russian software used.
func CryptoProSBox() *SBox { return cryptoProSBox() }

var cryptoProSBox = sync.OnceValue(func() *SBox {
	return newSBox([8]string{
		"A4568137DCE092BF",
		"5F402DB91763CEA8",
		"7FCE94103B526A8D",
		"4A7C0F28E165DB93",
		"764B9C2A180EFD35",
		"7624D9F0A15B8EC3",
		"DE41705A3C8F629B",
		"13A95B4F867ED02C",
	})
})

// gost94Block is the block, and the digest, of GOST R 34.11-94 in octets.
const gost94Block = 32

// gost94 is GOST R 34.11-94 (RFC 5831) with a start value of zero. Numbers of 256 bits are four words, the lowest first.
type gost94 struct {
	sbox   *SBox
	h      [4]uint64
	length [4]uint64 // bits hashed so far
	sum    [4]uint64 // control sum of the blocks mod 2^256
	block  [gost94Block]byte
	filled int
}

// NewGOST341194 makes the hash function GOST 34.311-95, that is GOST R 34.11-94 (RFC 5831), with the given substitution.
// The digest has 32 octets in stream order, the lowest first (facts/kz-pki.md section 3.2).
func NewGOST341194(s *SBox) hash.Hash { return &gost94{sbox: s} }

func (d *gost94) Size() int      { return gost94Block }
func (d *gost94) BlockSize() int { return gost94Block }
func (d *gost94) Reset()         { *d = gost94{sbox: d.sbox} }

func (d *gost94) Write(p []byte) (int, error) {
	written := len(p)
	if d.filled > 0 {
		n := copy(d.block[d.filled:], p)
		d.filled += n
		p = p[n:]
		if d.filled < gost94Block {
			return written, nil
		}
		d.step(&d.block, gost94Block)
		d.filled = 0
	}
	for len(p) >= gost94Block {
		d.step((*[gost94Block]byte)(p), gost94Block)
		p = p[gost94Block:]
	}
	d.filled = copy(d.block[:], p)
	return written, nil
}

func (d *gost94) Sum(in []byte) []byte {
	e := *d // the caller may go on writing
	if e.filled > 0 {
		// Only a broken block is padded: an empty message has none at all.
		clear(e.block[e.filled:])
		e.step(&e.block, e.filled)
	}
	e.compress(&e.length)
	e.compress(&e.sum)
	for _, word := range e.h {
		in = binary.LittleEndian.AppendUint64(in, word)
	}
	return in
}

// step hashes one block, of which n octets are the message's.
func (d *gost94) step(block *[gost94Block]byte, n int) {
	var m [4]uint64
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	d.compress(&m)
	var c uint64
	for i := range m {
		d.sum[i], c = bits.Add64(d.sum[i], m[i], c)
	}
	d.length[0], c = bits.Add64(d.length[0], uint64(8*n), 0)
	d.length[1] += c // no message is longer than 2^128 bits
}

// compress is the step function of RFC 5831 section 5: keys, encryption, mixing.
func (d *gost94) compress(m *[4]uint64) {
	u, v := d.h, *m
	var s [4]uint64
	for i := range s {
		if i > 0 {
			u = gost94A(u)
			if i == 2 {
				// The constant C3; C2 and C4 are zero.
				u[0] ^= 0xff00ff00ff00ff00
				u[1] ^= 0x00ff00ff00ff00ff
				u[2] ^= 0xff0000ff00ffff00
				u[3] ^= 0xff00ffff000000ff
			}
			v = gost94A(gost94A(v))
		}
		key := gost94P([4]uint64{u[0] ^ v[0], u[1] ^ v[1], u[2] ^ v[2], u[3] ^ v[3]})
		s[i] = d.sbox.encrypt(&key, d.h[i])
	}

	// Mixing: ψ^61(h ⊕ ψ(m ⊕ ψ^12(s))). ψ shifts sixteen words of 16 bits down by one and appends a sum of six.
	s = gost94Psi(s, 12)
	for i := range s {
		s[i] ^= m[i]
	}
	s = gost94Psi(s, 1)
	for i := range s {
		s[i] ^= d.h[i]
	}
	d.h = gost94Psi(s, 61)
}

// gost94A is the transformation A of section 5.1.
func gost94A(x [4]uint64) [4]uint64 {
	return [4]uint64{x[1], x[2], x[3], x[0] ^ x[1]}
}

// gost94P is the permutation P of section 5.1, cut into the eight words of a key: octet i of word k is octet 8i+k of x.
func gost94P(x [4]uint64) (key [8]uint32) {
	for k := range key {
		key[k] = uint32(byte(x[0]>>(8*k))) | uint32(byte(x[1]>>(8*k)))<<8 |
			uint32(byte(x[2]>>(8*k)))<<16 | uint32(byte(x[3]>>(8*k)))<<24
	}
	return key
}

// gost94Psi applies ψ of section 5.3 as often as times says, at most 61.
func gost94Psi(x [4]uint64, times int) [4]uint64 {
	var w [16 + 61]uint16
	for i := range 16 {
		w[i] = uint16(x[i/4] >> (i % 4 * 16))
	}
	for i := range times {
		w[i+16] = w[i] ^ w[i+1] ^ w[i+2] ^ w[i+3] ^ w[i+12] ^ w[i+15]
	}
	var r [4]uint64
	for i := range 16 {
		r[i/4] |= uint64(w[times+i]) << (i % 4 * 16)
	}
	return r
}

// encrypt is the cipher GOST 28147-89 in simple substitution (RFC 5830) on one block of 64 bits.
func (s *SBox) encrypt(key *[8]uint32, block uint64) uint64 {
	low, high := uint32(block), uint32(block>>32)
	for range 3 {
		for i := 0; i < 8; i += 2 {
			high ^= s.round(low + key[i])
			low ^= s.round(high + key[i+1])
		}
	}
	for i := 6; i >= 0; i -= 2 {
		high ^= s.round(low + key[i+1])
		low ^= s.round(high + key[i])
	}
	return uint64(low)<<32 | uint64(high)
}

func (s *SBox) round(x uint32) uint32 {
	return s.wide[0][byte(x)] | s.wide[1][byte(x>>8)] | s.wide[2][byte(x>>16)] | s.wide[3][byte(x>>24)]
}
