package ca

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"golang.org/x/crypto/argon2"

	"github.com/senim-pki/senim/base/fail"
)

// An unlock is the file unlock.json: a random master key under the operator's secret. Key files and sealed values are under
// keys derived from the master, so that the secret, or how it is shared, can change without touching them, and so that a start
// pays for one slow derivation and not for one per key.
type unlock struct {
	KDF     string `json:"kdf"` // "argon2id"
	Time    uint32 `json:"time"`
	Memory  uint32 `json:"memory"` // KiB
	Threads uint8  `json:"threads"`
	Salt    []byte `json:"salt"`
	Sealed  []byte `json:"sealed"` // AES-256-GCM: nonce ‖ ciphertext ‖ tag
}

const masterSize = 32

// Parameters of Argon2id: the first recommendation of OWASP's password storage guide; some 30 ms and 19 MiB.
const (
	argonTime, argonMemory, argonThreads = 2, 19 * 1024, 1
	maxArgonTime, maxArgonMemory         = 64, 1 << 20 // a changed file must not exhaust the machine before it is refused
)

// minSecret is the fewest octets of a secret. The demo's is random; a person's is a sentence.
const minSecret = 8

// CheckSecret refuses a new secret that is too short.
func CheckSecret(secret []byte) error {
	if len(secret) < minSecret {
		return fail.New(fail.Invalid, "ca.secret-short", "min", fmt.Sprint(minSecret))
	}
	return nil
}

func lock(rand io.Reader, secret, master []byte) ([]byte, error) {
	if err := CheckSecret(secret); err != nil {
		return nil, err
	}
	u := unlock{KDF: "argon2id", Time: argonTime, Memory: argonMemory, Threads: argonThreads, Salt: make([]byte, 16)}
	if _, err := io.ReadFull(rand, u.Salt); err != nil {
		return nil, err
	}
	var err error
	if u.Sealed, err = seal(rand, u.key(secret), "senim master", master); err != nil {
		return nil, err
	}
	return json.MarshalIndent(u, "", "  ")
}

func unlockMaster(file, secret []byte) ([]byte, error) {
	var u unlock
	if err := json.Unmarshal(file, &u); err != nil {
		return nil, fail.Wrap(fail.Internal, "ca.damaged", err)
	}
	if u.KDF != "argon2id" || u.Time < 1 || u.Time > maxArgonTime || u.Memory < 8 || u.Memory > maxArgonMemory || u.Threads < 1 || len(u.Salt) < 16 {
		return nil, fail.Wrap(fail.Internal, "ca.damaged", errors.New("parameters of unlock.json"))
	}
	master, err := unseal(u.key(secret), "senim master", u.Sealed)
	if err != nil || len(master) != masterSize {
		return nil, fail.Wrap(fail.Forbidden, "ca.secret-wrong", err)
	}
	return master, nil
}

func (u unlock) key(secret []byte) []byte {
	return argon2.IDKey(secret, u.Salt, u.Time, u.Memory, u.Threads, 32)
}

// derive makes a key of the master for one use.
func derive(master []byte, use string) ([]byte, error) {
	return hkdf.Key(sha256.New, master, nil, "senim "+use, 32)
}

// keyFilePassword is the password of every key file of the hierarchy.
func keyFilePassword(master []byte) (string, error) {
	k, err := derive(master, "key files")
	return base32.StdEncoding.WithPadding(base32.NoPadding).EncodeToString(k), err
}

func gcm(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// seal encrypts with AES-256-GCM under a random nonce; label says what it is, and opens nothing else.
func seal(rand io.Reader, key []byte, label string, plaintext []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, a.NonceSize())
	if _, err := io.ReadFull(rand, nonce); err != nil {
		return nil, err
	}
	return a.Seal(nonce, nonce, plaintext, []byte(label)), nil
}

func unseal(key []byte, label string, sealed []byte) ([]byte, error) {
	a, err := gcm(key)
	if err != nil {
		return nil, err
	}
	if len(sealed) < a.NonceSize() {
		return nil, errors.New("sealed value too short")
	}
	return a.Open(nil, sealed[:a.NonceSize()], sealed[a.NonceSize():], []byte(label))
}

// Seal encrypts a value that only this hierarchy, opened, can read again; label names what it is and whose.
func (h *Hierarchy) Seal(rand io.Reader, label string, plaintext []byte) ([]byte, error) {
	b, err := seal(rand, h.sealing, label, plaintext)
	if err != nil {
		return nil, fmt.Errorf("couldn't seal: %w", err)
	}
	return b, nil
}

// Unseal is the reverse of Seal with the same label.
func (h *Hierarchy) Unseal(label string, sealed []byte) ([]byte, error) {
	b, err := unseal(h.sealing, label, sealed)
	if err != nil {
		return nil, fmt.Errorf("couldn't open a sealed value: %w", err)
	}
	return b, nil
}
