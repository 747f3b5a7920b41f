package keyfile

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/des"
	"crypto/pbkdf2"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// Caps on what a container may ask of whoever opens it, which happens before anything in it is authenticated.
const (
	// maxIterations caps one derivation. The modern form has 600,000 and 1,200,000; two million take under a second
	// on a computer and some seconds in a browser, more would be an attack on a server and a phone's battery.
	maxIterations = 2_000_000
	// maxTotal caps the iterations of all derivations of a container; the same derivation asked twice counts once.
	maxTotal = 6_000_000
	// maxSalt caps a salt, in octets. Real ones have 8 to 32.
	maxSalt = 1024
)

// A kdfRun derives keys from one password, within the caps.
type kdfRun struct {
	bmp   []byte // RFC 7292 form
	utf8  []byte // PBES2 and PBMAC1 take the password as it is in UTF-8
	each  int    // cap on one derivation
	left  int    // iterations not yet spent
	cache map[string][]byte
}

func newRun(password string, each, total int) *kdfRun {
	return &kdfRun{bmp: bmpPassword(password), utf8: []byte(password), each: each, left: total, cache: map[string][]byte{}}
}

// wipe zeroes the password's forms and every derived key.
func (k *kdfRun) wipe() {
	wipe(k.bmp)
	wipe(k.utf8)
	for _, key := range k.cache {
		wipe(key)
	}
}

// spend answers the cached key, or makes and keeps it.
func (k *kdfRun) spend(name string, iterations int, make func() []byte) ([]byte, error) {
	if key, ok := k.cache[name]; ok {
		return key, nil
	}
	if iterations < 1 {
		return nil, fmt.Errorf("%w: %d iterations", ErrDamaged, iterations)
	}
	if iterations > k.each || iterations > k.left {
		return nil, fmt.Errorf("%w: %d iterations are more than is taken", ErrUnsupported, iterations)
	}
	k.left -= iterations
	key := make()
	k.cache[name] = key
	return key, nil
}

func checkSalt(salt []byte) error {
	if len(salt) > maxSalt {
		return fmt.Errorf("%w: salt of %d octets", ErrUnsupported, len(salt))
	}
	return nil
}

// pkcs12 derives by RFC 7292 appendix B.
func (k *kdfRun) pkcs12(hashOID oid.OID, id byte, salt []byte, iterations, size int) ([]byte, error) {
	newHash, ok := hashes[hashOID]
	if !ok {
		return nil, fmt.Errorf("%w: derivation with %s", ErrUnsupported, hashOID.Name())
	}
	if err := checkSalt(salt); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("12 %s %d %x %d %d", hashOID, id, salt, iterations, size)
	return k.spend(name, iterations, func() []byte { return pkcs12KDF(newHash, id, k.bmp, salt, iterations, size) })
}

// pbkdf2 derives by RFC 8018 section 5.2.
func (k *kdfRun) pbkdf2(p pbkdf2Params, size int) ([]byte, error) {
	prf, ok := hmacs[p.prf]
	if !ok {
		return nil, fmt.Errorf("%w: PBKDF2 with %s", ErrUnsupported, p.prf.Name())
	}
	if err := checkSalt(p.salt); err != nil {
		return nil, err
	}
	name := fmt.Sprintf("pbkdf2 %s %x %d %d", p.prf, p.salt, p.iterations, size)
	var fault error
	key, err := k.spend(name, p.iterations, func() []byte {
		key, err := pbkdf2.Key(prf, string(k.utf8), p.salt, p.iterations, size)
		fault = err
		return key
	})
	if err == nil && fault != nil {
		return nil, fmt.Errorf("couldn't derive a key: %w", fault)
	}
	return key, err
}

type pbkdf2Params struct {
	salt       []byte
	iterations int
	keyLength  int // 0 when absent
	prf        oid.OID
}

// readPBKDF2 reads a KeyDerivationFunc that has to be PBKDF2 (RFC 8018 appendix A.2).
func readPBKDF2(id alg.Identifier) (pbkdf2Params, error) {
	if id.OID != oid.PBKDF2 {
		return pbkdf2Params{}, fmt.Errorf("%w: key derivation %s", ErrUnsupported, id.OID.Name())
	}
	r := der.NewReader(id.Params)
	s := r.Sequence()
	if tag, _ := s.PeekTag(); tag == der.TagSequence {
		return pbkdf2Params{}, fmt.Errorf("%w: PBKDF2 with a salt from elsewhere", ErrUnsupported)
	}
	p := pbkdf2Params{salt: s.OctetString(), prf: oid.HMACWithSHA1}
	p.iterations = count(s)
	if tag, ok := s.PeekTag(); ok && tag == der.TagInteger {
		if p.keyLength = count(s); p.keyLength == 0 {
			s.Fail("key length 0")
		}
	}
	if !s.Empty() {
		prf := alg.ReadIdentifier(s)
		if p.prf = prf.OID; !prf.Plain() {
			s.Fail("parameters of the pseudo-random function")
		}
	}
	if s.End() != nil || r.End() != nil {
		return pbkdf2Params{}, damaged("PBKDF2", r.Err())
	}
	return p, nil
}

// count reads a positive INTEGER that is far below what an int holds on any platform.
func count(r *der.Reader) int {
	v := r.Int()
	if v < 0 || v > 1<<30 {
		r.Fail("%d is no count", v)
		return 0
	}
	return int(v)
}

func damaged(what string, err error) error {
	return fmt.Errorf("%w: %s: %w", ErrDamaged, what, err)
}

// A pbes1 is one of the ciphers of RFC 7292 appendix C.
type pbes1 struct {
	keySize int
	block   func(key []byte) (cipher.Block, error)
}

var pbes1Ciphers = map[oid.OID]pbes1{
	oid.PBEWithSHA1And3DES: {24, des.NewTripleDESCipher},
	oid.PBEWithSHA1And2DES: {16, func(key []byte) (cipher.Block, error) {
		three := append(append([]byte{}, key...), key[:8]...)
		defer wipe(three)
		return des.NewTripleDESCipher(three)
	}},
	oid.PBEWithSHA1And128RC2: {16, func(key []byte) (cipher.Block, error) { return newRC2(key, 128), nil }},
	oid.PBEWithSHA1And40RC2:  {5, func(key []byte) (cipher.Block, error) { return newRC2(key, 40), nil }},
}

// cbc returns the cipher and the IV that an AlgorithmIdentifier of a bag or of encrypted data names.
func (k *kdfRun) cbc(id alg.Identifier) (cipher.Block, []byte, error) {
	if c, ok := pbes1Ciphers[id.OID]; ok {
		return k.pbes1(c, id.Params)
	}
	if id.OID == oid.PBES2 {
		return k.pbes2(id.Params)
	}
	return nil, nil, fmt.Errorf("%w: encryption %s", ErrUnsupported, id.OID.Name())
}

// pbes1 reads pkcs-12PbeParams and derives key and IV.
func (k *kdfRun) pbes1(c pbes1, params []byte) (cipher.Block, []byte, error) {
	r := der.NewReader(params)
	s := r.Sequence()
	salt := s.OctetString()
	iterations := count(s)
	if s.End() != nil || r.End() != nil {
		return nil, nil, damaged("encryption parameters", r.Err())
	}
	key, err := k.pkcs12(oid.SHA1, deriveKey, salt, iterations, c.keySize)
	if err != nil {
		return nil, nil, err
	}
	iv, err := k.pkcs12(oid.SHA1, deriveIV, salt, iterations, 8)
	if err != nil {
		return nil, nil, err
	}
	block, err := c.block(key)
	return block, iv, err
}

// pbes2 reads PBES2-params (RFC 8018 appendix A.4).
func (k *kdfRun) pbes2(params []byte) (cipher.Block, []byte, error) {
	r := der.NewReader(params)
	s := r.Sequence()
	kdf := alg.ReadIdentifier(s)
	scheme := alg.ReadIdentifier(s)
	if s.End() != nil || r.End() != nil {
		return nil, nil, damaged("PBES2", r.Err())
	}
	p, err := readPBKDF2(kdf)
	if err != nil {
		return nil, nil, err
	}
	var size int
	newBlock := aes.NewCipher
	switch scheme.OID {
	case oid.AES128CBC:
		size = 16
	case oid.AES192CBC:
		size = 24
	case oid.AES256CBC:
		size = 32
	case oid.DESEDE3CBC:
		size, newBlock = 24, des.NewTripleDESCipher
	default:
		return nil, nil, fmt.Errorf("%w: cipher %s", ErrUnsupported, scheme.OID.Name())
	}
	if p.keyLength != 0 && p.keyLength != size {
		return nil, nil, fmt.Errorf("%w: key of %d octets for %s", ErrDamaged, p.keyLength, scheme.OID.Name())
	}
	ivReader := der.NewReader(scheme.Params)
	iv := ivReader.OctetString()
	if err := ivReader.End(); err != nil {
		return nil, nil, damaged("initialisation vector", err)
	}
	key, err := k.pbkdf2(p, size)
	if err != nil {
		return nil, nil, err
	}
	block, err := newBlock(key)
	if err != nil {
		return nil, nil, err
	}
	if len(iv) != block.BlockSize() {
		return nil, nil, fmt.Errorf("%w: initialisation vector of %d octets", ErrDamaged, len(iv))
	}
	return block, iv, nil
}

// decrypt decrypts in CBC mode and takes the padding off. A wrong padding is ErrWrongPassword, which its caller may know better.
func (k *kdfRun) decrypt(id alg.Identifier, ciphertext []byte) ([]byte, error) {
	block, iv, err := k.cbc(id)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	if len(ciphertext) == 0 || len(ciphertext)%size != 0 {
		return nil, fmt.Errorf("%w: ciphertext of %d octets", ErrDamaged, len(ciphertext))
	}
	plain := make([]byte, len(ciphertext))
	cipher.NewCBCDecrypter(block, iv).CryptBlocks(plain, ciphertext)
	n := int(plain[len(plain)-1])
	good := n >= 1 && n <= size
	for i := len(plain) - min(n, size); good && i < len(plain); i++ {
		good = int(plain[i]) == n
	}
	if !good {
		wipe(plain)
		return nil, fmt.Errorf("%w: padding", ErrWrongPassword)
	}
	return plain[:len(plain)-n], nil
}

// encrypt pads and encrypts in CBC mode.
func (k *kdfRun) encrypt(id alg.Identifier, plain []byte) ([]byte, error) {
	block, iv, err := k.cbc(id)
	if err != nil {
		return nil, err
	}
	size := block.BlockSize()
	n := size - len(plain)%size
	out := make([]byte, len(plain)+n)
	copy(out, plain)
	for i := len(plain); i < len(out); i++ {
		out[i] = byte(n)
	}
	cipher.NewCBCEncrypter(block, iv).CryptBlocks(out, out)
	return out, nil
}
