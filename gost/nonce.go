package gost

import (
	"crypto/hmac"
	"hash"
)

// nonces is the generator of RFC 6979 section 3.2 with additional data (section 3.6): HMAC-DRBG keyed with the private
// key and the digest. Without additional data the nonces follow from those alone; with fresh randomness as additional
// data they are good if either the hash or the source of randomness is, and a fault injected into one signature does not
// meet the same nonce again.
type nonces struct {
	curve *Curve
	hash  func() hash.Hash
	key   []byte
	v     []byte
	retry bool
}

// newNonces seeds the generator with the private key d, the number e of the digest, and fresh octets (may be empty).
func newNonces(c *Curve, h func() hash.Hash, d, e *octets, fresh []byte) *nonces {
	size := h().Size()
	n := &nonces{curve: c, hash: h, key: make([]byte, size), v: make([]byte, size)}
	for i := range n.v {
		n.v[i] = 1
	}
	// The construction is big-endian: int2octets(d) and bits2octets(digest), of which the latter is e.
	dBig, eBig := d.bigEndian(c.size), e.bigEndian(c.size)
	for step := range byte(2) {
		n.rekey(n.v, []byte{step}, dBig, eBig, fresh)
	}
	clear(dBig)
	return n
}

// next gives the next candidate that is a scalar, 0 < k < q.
func (n *nonces) next() (k octets) {
	bits := n.curve.order.bits
	size := (bits + 7) / 8
	for {
		if n.retry {
			n.rekey(n.v, []byte{0})
		}
		n.retry = true
		t := make([]byte, 0, size+len(n.v))
		for len(t) < size {
			n.turn()
			t = append(t, n.v...)
		}
		// bits2int: the leftmost bits of t, as a big-endian number. size octets hold fewer than 8 bits too many.
		k = octets{}
		shift := 8*size - bits
		for i, b := range t[:size] {
			low := size - 1 - i
			k[low] |= b >> shift
			if low > 0 {
				k[low-1] = byte(uint16(b) << (8 - shift))
			}
		}
		clear(t)
		if n.curve.isScalar(&k) {
			return k
		}
	}
}

// rekey replaces the key by the MAC of parts, then turns.
func (n *nonces) rekey(parts ...[]byte) {
	old := n.key
	n.key = n.mac(parts...)
	clear(old)
	n.turn()
}

// turn replaces v by its MAC.
func (n *nonces) turn() {
	old := n.v
	n.v = n.mac(old)
	clear(old)
}

func (n *nonces) mac(parts ...[]byte) []byte {
	m := hmac.New(n.hash, n.key)
	for _, part := range parts {
		m.Write(part)
	}
	return m.Sum(nil)
}

// forget clears the generator.
func (n *nonces) forget() {
	clear(n.key)
	clear(n.v)
}

// bigEndian gives the lowest size octets in big-endian order.
func (o *octets) bigEndian(size int) []byte {
	out := make([]byte, size)
	for i := range out {
		out[size-1-i] = o[i]
	}
	return out
}
