package gost

import (
	"encoding/binary"
	"hash"
	"math/bits"
	"sync"
)

// streebogBlock is the block of Streebog in octets.
const streebogBlock = 64

// streebogTable[j][b] is what octet b at place j of a column contributes to l(π(column)). 16 kB; filled before first use.
var streebogTable [8][256]uint64

var streebogInit = sync.OnceFunc(func() {
	for j := range 8 {
		for b := range 256 {
			var sum uint64
			for k := range 8 {
				if streebogPi[b]>>k&1 == 1 {
					sum ^= streebogA[63-(8*j+k)]
				}
			}
			streebogTable[j][b] = sum
		}
	}
})

// streebog is GOST R 34.11-2012 (RFC 6986). Numbers of 512 bits are eight words, the lowest first.
type streebog struct {
	size   int // octets of the digest
	h      [8]uint64
	length [8]uint64 // N: bits hashed so far
	sum    [8]uint64 // Σ: sum of the blocks mod 2^512
	block  [streebogBlock]byte
	filled int
}

// NewStreebog256 makes the hash function GOST R 34.11-2012 (СТ РК ГОСТ Р 34.11-2015) with a digest of 32 octets, RFC 6986.
func NewStreebog256() hash.Hash { return newStreebog(32) }

// NewStreebog512 makes the hash function GOST R 34.11-2012 (СТ РК ГОСТ Р 34.11-2015) with a digest of 64 octets, RFC 6986.
func NewStreebog512() hash.Hash { return newStreebog(64) }

func newStreebog(size int) *streebog {
	streebogInit()
	d := &streebog{size: size}
	d.Reset()
	return d
}

func (d *streebog) Size() int      { return d.size }
func (d *streebog) BlockSize() int { return streebogBlock }

func (d *streebog) Reset() {
	*d = streebog{size: d.size}
	if d.size == 32 {
		for i := range d.h {
			d.h[i] = 0x0101010101010101
		}
	}
}

func (d *streebog) Write(p []byte) (int, error) {
	written := len(p)
	if d.filled > 0 {
		n := copy(d.block[d.filled:], p)
		d.filled += n
		p = p[n:]
		if d.filled < streebogBlock {
			return written, nil
		}
		d.step(&d.block)
		d.filled = 0
	}
	for len(p) >= streebogBlock {
		d.step((*[streebogBlock]byte)(p))
		p = p[streebogBlock:]
	}
	d.filled = copy(d.block[:], p)
	return written, nil
}

func (d *streebog) Sum(in []byte) []byte {
	e := *d // the caller may go on writing
	clear(e.block[e.filled:])
	e.block[e.filled] = 1 // filled is below the block size: the padding always fits
	last := streebogLoad(&e.block)
	streebogCompress(&e.h, &e.length, &last)
	streebogAdd(&e.length, &[8]uint64{uint64(e.filled) * 8})
	streebogAdd(&e.sum, &last)
	var zero [8]uint64
	streebogCompress(&e.h, &zero, &e.length)
	streebogCompress(&e.h, &zero, &e.sum)
	for _, word := range e.h[8-e.size/8:] {
		in = binary.LittleEndian.AppendUint64(in, word)
	}
	return in
}

// step hashes one whole block.
func (d *streebog) step(block *[streebogBlock]byte) {
	m := streebogLoad(block)
	streebogCompress(&d.h, &d.length, &m)
	streebogAdd(&d.length, &[8]uint64{8 * streebogBlock})
	streebogAdd(&d.sum, &m)
}

func streebogLoad(block *[streebogBlock]byte) (m [8]uint64) {
	for i := range m {
		m[i] = binary.LittleEndian.Uint64(block[8*i:])
	}
	return m
}

// streebogAdd sets x = x + y mod 2^512.
func streebogAdd(x, y *[8]uint64) {
	var c uint64
	for i := range x {
		x[i], c = bits.Add64(x[i], y[i], c)
	}
}

// streebogCompress is g_N(h, m) of RFC 6986 section 8: h becomes E(LPS(h ⊕ n), m) ⊕ h ⊕ m.
func streebogCompress(h, n, m *[8]uint64) {
	var k, s, t [8]uint64
	for i := range k {
		t[i] = h[i] ^ n[i]
	}
	streebogLPS(&k, &t)
	s = *m
	for round := range streebogC {
		for i := range t {
			t[i] = s[i] ^ k[i]
		}
		streebogLPS(&s, &t)
		for i := range t {
			t[i] = k[i] ^ streebogC[round][i]
		}
		streebogLPS(&k, &t)
	}
	for i := range h {
		h[i] ^= s[i] ^ k[i] ^ m[i]
	}
}

// streebogLPS sets r = L(P(S(x))): word i of the result is made of octet i of every word of x. It is written out because
// the compiler does not unroll loops, which would cost a quarter of the hash's speed.
func streebogLPS(r, x *[8]uint64) {
	t := &streebogTable
	x0, x1, x2, x3, x4, x5, x6, x7 := x[0], x[1], x[2], x[3], x[4], x[5], x[6], x[7]
	r[0] = t[0][byte(x0)] ^ t[1][byte(x1)] ^ t[2][byte(x2)] ^ t[3][byte(x3)] ^
		t[4][byte(x4)] ^ t[5][byte(x5)] ^ t[6][byte(x6)] ^ t[7][byte(x7)]
	r[1] = t[0][byte(x0>>8)] ^ t[1][byte(x1>>8)] ^ t[2][byte(x2>>8)] ^ t[3][byte(x3>>8)] ^
		t[4][byte(x4>>8)] ^ t[5][byte(x5>>8)] ^ t[6][byte(x6>>8)] ^ t[7][byte(x7>>8)]
	r[2] = t[0][byte(x0>>16)] ^ t[1][byte(x1>>16)] ^ t[2][byte(x2>>16)] ^ t[3][byte(x3>>16)] ^
		t[4][byte(x4>>16)] ^ t[5][byte(x5>>16)] ^ t[6][byte(x6>>16)] ^ t[7][byte(x7>>16)]
	r[3] = t[0][byte(x0>>24)] ^ t[1][byte(x1>>24)] ^ t[2][byte(x2>>24)] ^ t[3][byte(x3>>24)] ^
		t[4][byte(x4>>24)] ^ t[5][byte(x5>>24)] ^ t[6][byte(x6>>24)] ^ t[7][byte(x7>>24)]
	r[4] = t[0][byte(x0>>32)] ^ t[1][byte(x1>>32)] ^ t[2][byte(x2>>32)] ^ t[3][byte(x3>>32)] ^
		t[4][byte(x4>>32)] ^ t[5][byte(x5>>32)] ^ t[6][byte(x6>>32)] ^ t[7][byte(x7>>32)]
	r[5] = t[0][byte(x0>>40)] ^ t[1][byte(x1>>40)] ^ t[2][byte(x2>>40)] ^ t[3][byte(x3>>40)] ^
		t[4][byte(x4>>40)] ^ t[5][byte(x5>>40)] ^ t[6][byte(x6>>40)] ^ t[7][byte(x7>>40)]
	r[6] = t[0][byte(x0>>48)] ^ t[1][byte(x1>>48)] ^ t[2][byte(x2>>48)] ^ t[3][byte(x3>>48)] ^
		t[4][byte(x4>>48)] ^ t[5][byte(x5>>48)] ^ t[6][byte(x6>>48)] ^ t[7][byte(x7>>48)]
	r[7] = t[0][byte(x0>>56)] ^ t[1][byte(x1>>56)] ^ t[2][byte(x2>>56)] ^ t[3][byte(x3>>56)] ^
		t[4][byte(x4>>56)] ^ t[5][byte(x5>>56)] ^ t[6][byte(x6>>56)] ^ t[7][byte(x7>>56)]
}
