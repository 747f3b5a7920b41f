// Package provider is what a page does with keys: it makes them, opens the file they are kept in, asks for certificates,
// installs them, and signs. Compiled to WebAssembly it runs in a Worker of the page (cmd/senim-wasm binds it to
// JavaScript); natively it is tested.
//
// It knows no page, network or storage: octets and a password come in, octets and codes come out. Errors carry a code
// of package base/fail; the sentence of each is the message page.error.‹code› of package web/page.
//
// A Ring holds private keys as long as the Worker lives. Go gives no way to zero them all, so the page ends the Worker
// as soon as its work is done, and the browser takes the memory back.
package provider

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// Codes of the errors that the holder can do something about, besides those of package sign.
const (
	CodePassword         = "password"          // the password breaks the rule; CheckPassword tells how
	CodeWrongPassword    = "wrong-password"    // the file is whole, the password isn't its
	CodeDamaged          = "damaged"           // no key file, or a broken one
	CodeUnsupported      = "unsupported"       // a key file that this program doesn't know
	CodeNoKey            = "no-key"            // only certificates in it
	CodeOtherKeys        = "other-keys"        // of other keys than were made for this application
	CodeNotAllKeys       = "not-all-keys"      // a key that the application asks for is not in it
	CodeInstalledAlready = "installed-already" // its keys have certificates: they are of an earlier application
	CodeNoCertificate    = "no-certificate"    // its keys wait for certificates
	CodeCertificates     = "certificates"      // the certificates can't be read
	CodeOtherApplication = "other-application" // the certificates are not of these keys
	CodeCheckFailed      = "check-failed"      // what was written doesn't open again
	CodeNoAuthentication = "no-authentication" // no authentication key in it, where one is asked for
	CodeNoSignature      = "no-signature"      // the file to be verified is no signature
	CodeProfile          = "profile"           // this build makes no such key
)

// maxKeys caps the keys of one application; a profile asks for two or three.
const maxKeys = 8

// kinds of keys by the last word of the profile's name (package authority/profile).
var kinds = map[string]string{"rsa": "rsa", "gost512": "kz-gost-2015-512"}

// KindOf is the kind of key, as package alg names it, that a certificate profile wants: individual-auth-rsa → rsa.
func KindOf(profile string) (string, error) {
	kind, ok := kinds[profile[strings.LastIndexByte(profile, '-')+1:]]
	if !ok || alg.KindByName(kind) == nil {
		return "", fail.New(fail.Unavailable, CodeProfile, "profile", profile)
	}
	return kind, nil
}

// CheckPassword returns the codes of the points of the rule that the password of a new key file breaks (M1.5).
func CheckPassword(password string) []keyfile.Broken { return keyfile.DefaultRule().Check(password) }

// Wanted is a key to be made for a certificate of a profile.
type Wanted struct {
	Profile string
	// PKCS8 is the key where it was made elsewhere: RSA by the browser, which is many times faster. Make wipes it. Empty:
	// the key is made here.
	PKCS8 []byte
}

// Made is a key file that waits for certificates.
type Made struct {
	Container []byte   // of the modern form; the friendly name of each key is its profile
	KeyIDs    []string // key identifiers in the order asked for, lower-case hexadecimal
}

// Make makes the keys of an application and puts them into one key file. A password that breaks the rule is refused
// with CodePassword before any key is made.
func Make(rand io.Reader, password string, wanted []Wanted) (Made, error) {
	defer func() {
		for _, w := range wanted {
			clear(w.PKCS8)
		}
	}()
	if broken := CheckPassword(password); len(broken) > 0 {
		return Made{}, fail.New(fail.Invalid, CodePassword)
	}
	if len(wanted) == 0 || len(wanted) > maxKeys {
		return Made{}, fmt.Errorf("couldn't make keys: %d are asked for", len(wanted))
	}
	var m Made
	var entries []keyfile.Entry
	for _, w := range wanted {
		name, err := KindOf(w.Profile)
		if err != nil {
			return Made{}, err
		}
		key, err := key(rand, alg.KindByName(name), w.PKCS8)
		if err != nil {
			return Made{}, err
		}
		public, err := key.Public()
		if err != nil {
			return Made{}, err
		}
		m.KeyIDs = append(m.KeyIDs, hex.EncodeToString(cert.KeyID(public)))
		entries = append(entries, keyfile.Entry{Alias: w.Profile, Key: key})
	}
	var err error
	if m.Container, err = keyfile.Write(rand, keyfile.Modern, password, entries...); err != nil {
		return Made{}, err
	}
	return m, nil
}

func key(rand io.Reader, kind *alg.Kind, pkcs8 []byte) (*alg.PrivateKey, error) {
	if len(pkcs8) == 0 {
		return alg.GenerateKey(rand, kind, 0)
	}
	key, err := alg.ParsePrivateKey(pkcs8)
	if err != nil {
		return nil, err
	}
	if key.Kind != kind {
		return nil, fmt.Errorf("couldn't take the browser's key: it is of %s, not %s", key.Kind.Title, kind.Title)
	}
	public, err := key.Public()
	if err != nil {
		return nil, err
	}
	return key, alg.Acceptable(public, nil)
}

// A Ring is an opened key file.
type Ring struct{ entries []keyfile.Entry }

// Open opens a key file. CodeWrongPassword, CodeDamaged, CodeUnsupported and CodeNoKey are for the holder to mend.
func Open(container []byte, password string) (*Ring, error) {
	entries, err := keyfile.Open(container, password)
	switch {
	case errors.Is(err, keyfile.ErrWrongPassword):
		return nil, fail.Wrap(fail.Invalid, CodeWrongPassword, err)
	case errors.Is(err, keyfile.ErrDamaged):
		return nil, fail.Wrap(fail.Invalid, CodeDamaged, err)
	case errors.Is(err, keyfile.ErrUnsupported):
		return nil, fail.Wrap(fail.Invalid, CodeUnsupported, err)
	case err != nil:
		return nil, err
	}
	r := &Ring{}
	for _, e := range entries {
		if e.Key != nil {
			r.entries = append(r.entries, e)
		}
	}
	if len(r.entries) == 0 {
		return nil, fail.New(fail.Invalid, CodeNoKey)
	}
	return r, nil
}

// Forget drops the keys. Their numbers stay in memory until it is collected or the Worker ends.
func (r *Ring) Forget() { r.entries = nil }

// A Key is what the holder is told of a key of the file.
type Key struct {
	Index          int
	Alias          string
	Algorithm      string // as a person reads it
	KeyID          string // lower-case hexadecimal
	Certified      bool   // the fields below are of its certificate
	Owner          string // common name
	IIN, BIN       string
	Organisation   string
	Serial         string // hexadecimal
	IssuerKeyID    string // lower-case hexadecimal; empty where the certificate doesn't say
	NotBefore      int64  // Unix seconds
	NotAfter       int64
	Authentication bool
	Signing        bool
}

// Keys describes the keys of the file, in its order.
func (r *Ring) Keys() []Key {
	var out []Key
	for i, e := range r.entries {
		k := Key{Index: i, Alias: e.Alias, Algorithm: e.Key.Kind.Title}
		if public, err := e.Key.Public(); err == nil {
			k.KeyID = hex.EncodeToString(cert.KeyID(public))
		}
		if c := e.Certificate; c != nil {
			k.Certified = true
			k.Owner, k.IIN, k.BIN, k.Organisation = c.CommonName(), c.IIN(), c.BIN(), c.Subject.Get(oid.Organization)
			k.Serial, k.IssuerKeyID = c.SerialHex(), hex.EncodeToString(c.AuthorityKeyID.KeyID)
			k.NotBefore, k.NotAfter = c.NotBefore.Unix(), c.NotAfter.Unix()
			k.Authentication, k.Signing = c.IsAuthentication(), c.IsSigning()
		}
		out = append(out, k)
	}
	return out
}

// Requests makes the certification request of each profile's key, in the order asked for. made are the key identifiers
// that Make gave, where the page still knows them: a file of other keys is then refused with CodeOtherKeys. The subject is
// the number of the application alone, since names come from the application.
func (r *Ring) Requests(rand io.Reader, number string, profiles, made []string) ([][]byte, error) {
	var out [][]byte
	for i, profile := range profiles {
		name, err := KindOf(profile)
		if err != nil {
			return nil, err
		}
		e := r.byAlias(profile)
		switch {
		case e == nil && r.certified():
			return nil, fail.New(fail.Invalid, CodeInstalledAlready)
		case e == nil || e.Key.Kind.Name != name:
			return nil, fail.New(fail.Invalid, CodeNotAllKeys)
		case e.Certificate != nil:
			return nil, fail.New(fail.Invalid, CodeInstalledAlready)
		}
		if i < len(made) {
			public, err := e.Key.Public()
			if err != nil {
				return nil, err
			}
			if id, err := hex.DecodeString(made[i]); err != nil || !bytes.Equal(id, cert.KeyID(public)) {
				return nil, fail.New(fail.Invalid, CodeOtherKeys)
			}
		}
		csr, err := request(rand, number, e.Key)
		if err != nil {
			return nil, err
		}
		out = append(out, csr)
	}
	return out, nil
}

func request(rand io.Reader, number string, key *alg.PrivateKey) ([]byte, error) {
	var subject cert.Name
	if number != "" {
		subject = cert.Name{{{Type: oid.CommonName, Tag: uint8(der.TagUTF8String), Value: number}}}
	}
	return cert.CreateRequest(rand, key, alg.DefaultScheme(key.Kind), subject, []cert.Extension{cert.ExtKeyStore(oid.KZStorePKCS12)})
}

func (r *Ring) byAlias(alias string) *keyfile.Entry {
	for i := range r.entries {
		if r.entries[i].Alias == alias {
			return &r.entries[i]
		}
	}
	return nil
}

func (r *Ring) certified() bool {
	for _, e := range r.entries {
		if e.Certificate != nil {
			return true
		}
	}
	return false
}
