package keyfile

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// A cost is the iterations of a form.
type cost struct{ key, mac int }

var (
	// nationalCost is what existing programs expect (facts/kz-pki.md section 3.5). Such a file is only as good as its
	// password, and is written because the programs that people have read nothing better.
	nationalCost = cost{1024, 1024}
	// modernCost: 600,000 of PBKDF2-HMAC-SHA-256 is OWASP's figure. The MAC can be guessed against as well, and an iteration of
	// its derivation is one run of SHA-256's compression where PBKDF2 needs two, so it has twice as many: neither is the weak side.
	modernCost = cost{600_000, 1_200_000}
)

// Write makes a container of the form with the entries. Each has a private key; in the modern form its certificate may be
// missing (a key that waits for its certificate), and the certificates of Chain are kept. The national form holds, as
// existing programs write it, the key's own certificate and nothing else.
//
// An empty Alias and LocalKeyID become the subject key identifier of the certificate, or else that of the key. A key that isn't that of
// its certificate is an error, and so is an empty password: whether it is a good one is Rule's to say.
func Write(rand io.Reader, form Form, password string, entries ...Entry) ([]byte, error) {
	var out []byte
	var err error
	switch form {
	case Modern:
		out, err = write(rand, modern{modernCost}, password, entries)
	case National:
		out, err = write(rand, national{nationalCost}, password, entries)
	default:
		err = fmt.Errorf("%w: form %d", ErrUnsupported, form)
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't write the key container: %w", err)
	}
	return out, nil
}

// A bag is what is written for one key or certificate.
type bag struct {
	content    []byte // PrivateKeyInfo or certificate
	name       string // "" for a certificate of the chain
	localKeyID []byte
}

// A writer is a form: how parts are encrypted, put together and protected.
type writer interface {
	chain() bool // whether certificates of the chain are written
	waits() bool // whether a key may come without a certificate
	encode(rand io.Reader, k *kdfRun, keys, certs []bag) ([]byte, error)
}

func write(rand io.Reader, w writer, password string, entries []Entry) ([]byte, error) {
	if password == "" {
		return nil, errors.New("the password is empty")
	}
	if err := checkPassword(password); err != nil {
		return nil, err
	}
	if len(entries) == 0 {
		return nil, errors.New("nothing to write")
	}
	var keys, certs []bag
	defer func() {
		for _, k := range keys {
			wipe(k.content)
		}
	}()
	chain := map[string]bool{}
	for _, e := range entries {
		if err := checkEntry(e, w.waits()); err != nil {
			return nil, err
		}
		public, err := e.Key.Public()
		if err != nil {
			return nil, err
		}
		b := bag{name: e.Alias, localKeyID: e.LocalKeyID}
		if b.localKeyID == nil {
			b.localKeyID = keyID(e.Certificate, public)
		}
		if b.name == "" {
			b.name = hex.EncodeToString(b.localKeyID)
		}
		pkcs8, err := e.Key.MarshalPKCS8()
		if err != nil {
			return nil, err
		}
		keys = append(keys, bag{pkcs8, b.name, b.localKeyID})
		if e.Certificate != nil {
			certs = append(certs, bag{e.Certificate.Raw, b.name, b.localKeyID})
			chain[string(e.Certificate.Raw)] = true
		}
	}
	for _, e := range entries {
		for _, c := range e.Chain {
			if w.chain() && !chain[string(c.Raw)] {
				chain[string(c.Raw)] = true
				certs = append(certs, bag{content: c.Raw})
			}
		}
	}
	k := newRun(password, maxIterations, maxTotal)
	defer k.wipe()
	return w.encode(rand, k, keys, certs)
}

func checkEntry(e Entry, waits bool) error {
	if e.Key == nil {
		return errors.New("an entry has no private key")
	}
	if e.Certificate == nil {
		if !waits {
			return errors.New("the national form needs a certificate")
		}
		return nil
	}
	public, err := e.Key.Public()
	if err != nil {
		return err
	}
	if e.Certificate.PublicKey == nil || !e.Certificate.PublicKey.Equal(public) {
		return errMismatch
	}
	return nil
}

func keyID(c *cert.Certificate, public *alg.PublicKey) []byte {
	if c != nil && len(c.SubjectKeyID) > 0 {
		return c.SubjectKeyID
	}
	return cert.KeyID(public)
}

func randomSalt(rand io.Reader, size int) ([]byte, error) {
	salt := make([]byte, size)
	if _, err := io.ReadFull(rand, salt); err != nil {
		return nil, fmt.Errorf("couldn't read random octets: %w", err)
	}
	return salt, nil
}

// safeBag is a SafeBag whose value f writes.
func safeBag(kind oid.OID, b bag, f func(*der.Builder)) func(*der.Builder) {
	return func(out *der.Builder) {
		out.Sequence(func(out *der.Builder) {
			out.OID(kind)
			out.Explicit(0, f)
			if b.name == "" && b.localKeyID == nil {
				return
			}
			// In the order of the national files, which isn't that of DER; a container is BER.
			out.Set(func(out *der.Builder) {
				attribute(out, oid.LocalKeyID, func(out *der.Builder) { out.OctetString(b.localKeyID) })
				attribute(out, oid.FriendlyName, func(out *der.Builder) { out.BMPString(b.name) })
			})
		})
	}
}

func attribute(out *der.Builder, kind oid.OID, f func(*der.Builder)) {
	out.Sequence(func(out *der.Builder) {
		out.OID(kind)
		out.Set(f)
	})
}

// safeContents is a SEQUENCE of bags.
func safeContents(bags ...func(*der.Builder)) ([]byte, error) {
	out := der.NewBuilder()
	out.Sequence(func(out *der.Builder) {
		for _, b := range bags {
			b(out)
		}
	})
	return out.Bytes()
}

// keyBags encrypts each key under an identifier of its own.
func keyBags(k *kdfRun, keys []bag, encryption func() (alg.Identifier, error)) ([]byte, error) {
	var bags []func(*der.Builder)
	for _, b := range keys {
		id, err := encryption()
		if err != nil {
			return nil, err
		}
		ciphertext, err := k.encrypt(id, b.content)
		if err != nil {
			return nil, err
		}
		bags = append(bags, safeBag(oid.PKCS8ShroudedKeyBag, b, func(out *der.Builder) {
			out.Sequence(func(out *der.Builder) {
				alg.WriteIdentifier(out, id)
				out.OctetString(ciphertext)
			})
		}))
	}
	return safeContents(bags...)
}

func certBags(certs []bag) ([]byte, error) {
	var bags []func(*der.Builder)
	for _, b := range certs {
		bags = append(bags, safeBag(oid.CertBag, b, func(out *der.Builder) {
			out.Sequence(func(out *der.Builder) {
				out.OID(oid.X509CertificateBag)
				out.Explicit(0, func(out *der.Builder) { out.OctetString(b.content) })
			})
		}))
	}
	return safeContents(bags...)
}

// encodePFX puts the AuthenticatedSafe under a MAC by the derivation of RFC 7292 appendix B.
func encodePFX(k *kdfRun, safe []byte, digest oid.OID, newHash func() hash.Hash, salt []byte, iterations int) ([]byte, error) {
	key, err := k.pkcs12(digest, deriveMAC, salt, iterations, newHash().Size())
	if err != nil {
		return nil, err
	}
	mac := hmac.New(newHash, key)
	mac.Write(safe)
	out := der.NewBuilder()
	out.Sequence(func(out *der.Builder) {
		out.Int(3)
		out.Sequence(func(out *der.Builder) {
			out.OID(oid.Data)
			out.Explicit(0, func(out *der.Builder) { out.OctetString(safe) })
		})
		out.Sequence(func(out *der.Builder) {
			out.Sequence(func(out *der.Builder) {
				alg.WriteIdentifier(out, alg.Identifier{OID: digest, Params: alg.Null()})
				out.OctetString(mac.Sum(nil))
			})
			out.OctetString(salt)
			out.Int(int64(iterations))
		})
	})
	return out.Bytes()
}

// modern: everything under PBES2 with AES-256.
type modern struct{ cost }

func (modern) chain() bool { return true }
func (modern) waits() bool { return true }

func (m modern) encode(rand io.Reader, k *kdfRun, keys, certs []bag) ([]byte, error) {
	// One salt for all parts of the container, so that its keys are derived once to open it; each part has its own IV.
	salt, err := randomSalt(rand, 16)
	if err != nil {
		return nil, err
	}
	encryption := func() (alg.Identifier, error) { return m.pbes2(rand, salt) }
	keyContents, err := keyBags(k, keys, encryption)
	if err != nil {
		return nil, err
	}
	parts := [][]byte{}
	if len(certs) > 0 {
		contents, err := certBags(certs)
		if err != nil {
			return nil, err
		}
		id, err := encryption()
		if err != nil {
			return nil, err
		}
		// Certificates are encrypted too: a name and an IIN are nobody's business who finds the file.
		ciphertext, err := k.encrypt(id, contents)
		if err != nil {
			return nil, err
		}
		parts = append(parts, encryptedData(id, ciphertext))
	}
	parts = append(parts, data(keyContents))
	safe := der.NewBuilder()
	safe.Sequence(func(b *der.Builder) {
		for _, p := range parts {
			b.Raw(p)
		}
	})
	encoded, err := safe.Bytes()
	if err != nil {
		return nil, err
	}
	macSalt, err := randomSalt(rand, 16)
	if err != nil {
		return nil, err
	}
	return encodePFX(k, encoded, oid.SHA256, sha256.New, macSalt, m.mac)
}

func (m modern) pbes2(rand io.Reader, salt []byte) (alg.Identifier, error) {
	iv, err := randomSalt(rand, 16)
	if err != nil {
		return alg.Identifier{}, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			b.OID(oid.PBKDF2)
			b.Sequence(func(b *der.Builder) {
				b.OctetString(salt)
				b.Int(int64(m.key))
				alg.WriteIdentifier(b, alg.Identifier{OID: oid.HMACWithSHA256, Params: alg.Null()})
			})
		})
		b.Sequence(func(b *der.Builder) {
			b.OID(oid.AES256CBC)
			b.OctetString(iv)
		})
	})
	params, err := b.Bytes()
	return alg.Identifier{OID: oid.PBES2, Params: params}, err
}

func data(contents []byte) []byte {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(oid.Data)
		b.Explicit(0, func(b *der.Builder) { b.OctetString(contents) })
	})
	return b.MustBytes()
}

func encryptedData(id alg.Identifier, ciphertext []byte) []byte {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(oid.EncryptedData)
		b.Explicit(0, func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Int(0)
				b.Sequence(func(b *der.Builder) {
					b.OID(oid.Data)
					alg.WriteIdentifier(b, id)
					b.Context(0, ciphertext)
				})
			})
		})
	})
	return b.MustBytes()
}

// national: octet for octet the form of the national files, whose AuthenticatedSafe has indefinite lengths.
type national struct{ cost }

func (national) chain() bool { return false }
func (national) waits() bool { return false }

func (n national) encode(rand io.Reader, k *kdfRun, keys, certs []bag) ([]byte, error) {
	keyContents, err := keyBags(k, keys, func() (alg.Identifier, error) { return n.pbe(rand, oid.PBEWithSHA1And3DES) })
	if err != nil {
		return nil, err
	}
	contents, err := certBags(certs)
	if err != nil {
		return nil, err
	}
	id, err := n.pbe(rand, oid.PBEWithSHA1And40RC2)
	if err != nil {
		return nil, err
	}
	ciphertext, err := k.encrypt(id, contents)
	if err != nil {
		return nil, err
	}
	element := func(f func(*der.Builder)) []byte {
		b := der.NewBuilder()
		f(b)
		return b.MustBytes()
	}
	dataOID := element(func(b *der.Builder) { b.OID(oid.Data) })
	safe := indefinite(der.TagSequence,
		indefinite(der.TagSequence,
			dataOID,
			indefinite(der.ContextConstructedTag(0), element(func(b *der.Builder) { b.OctetString(keyContents) }))),
		indefinite(der.TagSequence,
			element(func(b *der.Builder) { b.OID(oid.EncryptedData) }),
			indefinite(der.ContextConstructedTag(0),
				indefinite(der.TagSequence,
					element(func(b *der.Builder) { b.Int(0) }),
					indefinite(der.TagSequence,
						dataOID,
						element(func(b *der.Builder) { alg.WriteIdentifier(b, id) }),
						indefinite(der.ContextConstructedTag(0), element(func(b *der.Builder) { b.OctetString(ciphertext) })))))))
	salt, err := randomSalt(rand, 20)
	if err != nil {
		return nil, err
	}
	return encodePFX(k, safe, oid.SHA1, sha1.New, salt, n.mac)
}

func (n national) pbe(rand io.Reader, kind oid.OID) (alg.Identifier, error) {
	salt, err := randomSalt(rand, 20)
	if err != nil {
		return alg.Identifier{}, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OctetString(salt)
		b.Int(int64(n.key))
	})
	params, err := b.Bytes()
	return alg.Identifier{OID: kind, Params: params}, err
}

// indefinite is a BER element of indefinite length.
func indefinite(tag der.Tag, parts ...[]byte) []byte {
	out := []byte{byte(tag), 0x80}
	out = append(out, bytes.Join(parts, nil)...)
	return append(out, 0, 0)
}
