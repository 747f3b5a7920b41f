package keyfile

import (
	"crypto/hmac"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// A macData is what protects a container's integrity (RFC 7292 section 4; RFC 9579 for PBMAC1).
type macData struct {
	algorithm  alg.Identifier
	digest     []byte
	salt       []byte
	iterations int
}

func readMAC(r *der.Reader) macData {
	var m macData
	s := r.Sequence()
	info := s.Sequence()
	m.algorithm = alg.ReadIdentifier(info)
	m.digest = info.OctetString()
	info.End()
	m.salt = s.OctetString()
	m.iterations = 1
	if !s.Empty() {
		m.iterations = count(s)
	}
	s.End()
	return m
}

// good reports whether the MAC over content is right under the password of k.
func (m macData) good(k *kdfRun, content []byte) (bool, error) {
	if m.algorithm.OID == oid.PBMAC1 {
		return m.goodPBMAC1(k, content)
	}
	newHash, ok := hashes[m.algorithm.OID]
	if !ok || !m.algorithm.Plain() {
		return false, fmt.Errorf("%w: MAC with %s", ErrUnsupported, m.algorithm.OID.Name())
	}
	key, err := k.pkcs12(m.algorithm.OID, deriveMAC, m.salt, m.iterations, newHash().Size())
	if err != nil {
		return false, err
	}
	h := hmac.New(newHash, key)
	h.Write(content)
	return hmac.Equal(h.Sum(nil), m.digest), nil
}

// goodPBMAC1 is RFC 9579: salt and iterations of the parameters count, those of MacData don't; the key length has to
// be there, and is at least 20 octets.
func (m macData) goodPBMAC1(k *kdfRun, content []byte) (bool, error) {
	r := der.NewReader(m.algorithm.Params)
	s := r.Sequence()
	kdf := alg.ReadIdentifier(s)
	scheme := alg.ReadIdentifier(s)
	if s.End() != nil || r.End() != nil {
		return false, damaged("PBMAC1", r.Err())
	}
	p, err := readPBKDF2(kdf)
	if err != nil {
		return false, err
	}
	if p.keyLength < 20 || p.keyLength > 64 {
		return false, fmt.Errorf("%w: PBMAC1 with a key of %d octets", ErrDamaged, p.keyLength)
	}
	newHash, ok := hmacs[scheme.OID]
	if !ok || !scheme.Plain() {
		return false, fmt.Errorf("%w: PBMAC1 with %s", ErrUnsupported, scheme.OID.Name())
	}
	key, err := k.pbkdf2(p, p.keyLength)
	if err != nil {
		return false, err
	}
	h := hmac.New(newHash, key)
	h.Write(content)
	return hmac.Equal(h.Sum(nil), m.digest), nil
}
