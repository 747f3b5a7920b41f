package alg

import (
	"crypto"
	"errors"
	"io"
)

// ErrNotMine is what a row answers for an identifier that it does not own.
var ErrNotMine = errors.New("not an algorithm of this row")

// ErrUnsupported marks an algorithm that no linked row knows.
var ErrUnsupported = errors.New("unsupported algorithm")

// A PublicKey is a public key with its row and its exact encoding.
type PublicKey struct {
	Kind *Kind
	SPKI []byte // DER of SubjectPublicKeyInfo as received or made
	Bits []byte // BIT STRING content
	Key  crypto.PublicKey
}

// A PrivateKey is a signer with its row; the signer may live in a file, a token or an HSM.
type PrivateKey struct {
	Kind   *Kind
	Signer crypto.Signer
}

// Exported functions of this package (implemented in table.go):
//
//	Register(rows ...any)                                     // *Hash, *Kind, *Scheme; a doubled name panics at start
//	Hashes() []*Hash; Kinds() []*Kind; Schemes() []*Scheme    // in order of registration
//	HashByName(name) *Hash; KindByName(name) *Kind; SchemeByName(name) *Scheme     // nil when not linked
//	HashByID(Identifier) (*Hash, error)                       // digestAlgorithm: OID or alias; parameters NULL or absent, else an error
//	SchemeByID(id Identifier, pub *PublicKey) (*Scheme, error) // signatureAlgorithm of a certificate, CRL, OCSP answer, CSR; must fit the key
//	SchemeForCMS(digest, signature Identifier, pub *PublicKey) (*Scheme, error) // also rsaEncryption, the KZ key OID (facts §0 row 7), ecPublicKey
//	DefaultScheme(kind *Kind) *Scheme                         // what this product signs with: SHA-256 for RSA and P-256
//	ParsePublicKey(spki []byte) (*PublicKey, error)           // strict DER; ErrUnsupported wrapped for unknown algorithms
//	NewPublicKey(kind *Kind, pub crypto.PublicKey) (*PublicKey, error)
//	ParsePrivateKey(pkcs8 []byte) (*PrivateKey, error)        // PrivateKeyInfo DER, attributes tolerated
//	GenerateKey(rand io.Reader, kind *Kind, bits int) (*PrivateKey, error)
//	(k *PrivateKey) Public() (*PublicKey, error)
//	(k *PrivateKey) MarshalPKCS8() ([]byte, error)
//	(k *PrivateKey) Sign(rand io.Reader, s *Scheme, message []byte) ([]byte, error)
//	(k *PrivateKey) SignDigest(rand io.Reader, s *Scheme, digest []byte) ([]byte, error)
//	(s *Scheme) VerifyMessage(pub *PublicKey, message, sig []byte) bool
//	(p *PublicKey) Equal(q *PublicKey) bool
//	ReadIdentifier(r *der.Reader) Identifier; WriteIdentifier(b *der.Builder, id Identifier)
//	Strength: Acceptable(pub *PublicKey, hash *Hash) error    // RSA 2048..8192, exponent odd ≥ 65537 and ≤ 2^32
var _ io.Reader
