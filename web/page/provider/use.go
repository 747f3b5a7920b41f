package provider

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"hash"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/sign"
)

// A Purpose is what a key is wanted for.
type Purpose string

const (
	Authentication Purpose = "auth" // signing in: clientAuth
	Signing        Purpose = "sign" // documents and statements: emailProtection, nonRepudiation
)

// reasons against a certificate, the one that tells the holder most first.
var reasons = []string{sign.Expired, sign.NotYetValid, CodeNoAuthentication, sign.AuthenticationKey, sign.NotASigningKey}

// Choose returns the indexes of the keys whose certificates serve the purpose and are valid now; the holder is asked
// when there are several. None is an error that says what is the matter with those there are.
func (r *Ring) Choose(p Purpose, now time.Time) ([]int, error) {
	var good []int
	found := map[string]error{}
	for i, e := range r.entries {
		if e.Certificate == nil {
			continue
		}
		err := usable(e.Certificate, p, now)
		if err == nil {
			good = append(good, i)
			continue
		}
		found[fail.CodeOf(err)] = err
	}
	if len(good) > 0 {
		return good, nil
	}
	for _, code := range reasons {
		if err := found[code]; err != nil {
			return nil, err
		}
	}
	return nil, fail.New(fail.Invalid, CodeNoCertificate)
}

func usable(c *cert.Certificate, p Purpose, now time.Time) error {
	switch {
	case p != Authentication:
		return sign.Usable(c, now, false)
	case !c.IsAuthentication():
		return fail.New(fail.Invalid, CodeNoAuthentication)
	case now.Before(c.NotBefore):
		return fail.New(fail.Invalid, sign.NotYetValid)
	case now.After(c.NotAfter):
		return fail.New(fail.Invalid, sign.Expired)
	}
	return nil
}

func (r *Ring) entry(i int) (*keyfile.Entry, error) {
	if i < 0 || i >= len(r.entries) {
		return nil, fmt.Errorf("couldn't find key %d: the file has %d", i, len(r.entries))
	}
	if r.entries[i].Certificate == nil {
		return nil, fail.New(fail.Invalid, CodeNoCertificate)
	}
	return &r.entries[i], nil
}

// SignStatement signs exactly the octets of text, attached. A statement of sign-in is signed with an authentication key,
// which package sign refuses for documents; every other one goes through its door.
func (r *Ring) SignStatement(rand io.Reader, i int, p Purpose, text string, now time.Time) ([]byte, error) {
	if p != Authentication {
		return r.Sign(rand, i, []byte(text), now)
	}
	e, err := r.entry(i)
	if err != nil {
		return nil, err
	}
	if err := usable(e.Certificate, p, now); err != nil {
		return nil, err
	}
	return cms.Sign(rand, []byte(text), e.Key, e.Certificate, cms.Options{SigningTime: now})
}

// Sign makes an attached signature of content in the plain national form.
func (r *Ring) Sign(rand io.Reader, i int, content []byte, now time.Time) ([]byte, error) {
	e, err := r.entry(i)
	if err != nil {
		return nil, err
	}
	return sign.Sign(sign.Request{Format: "cms", Content: content, Key: e.Key, Certificate: e.Certificate, Time: now, Rand: rand})
}

// NewDigest returns a running digest of the kind that a signature by the key is over.
func (r *Ring) NewDigest(i int) (hash.Hash, error) {
	e, err := r.entry(i)
	if err != nil {
		return nil, err
	}
	s := alg.DefaultScheme(e.Key.Kind)
	if s == nil {
		return nil, fmt.Errorf("couldn't sign with %s: %w", e.Key.Kind.Title, alg.ErrUnsupported)
	}
	return s.Hash.New(), nil
}

// SignDigest makes a detached signature of a content whose digest, of NewDigest, is given: a large document is read once
// and never held.
func (r *Ring) SignDigest(rand io.Reader, i int, digest []byte, now time.Time) ([]byte, error) {
	e, err := r.entry(i)
	if err != nil {
		return nil, err
	}
	return sign.Sign(sign.Request{Format: "cms", Detached: true, Digest: digest, Key: e.Key, Certificate: e.Certificate, Time: now, Rand: rand})
}

// A File is a key file ready for use.
type File struct {
	Name      string // the customary one: AUTH_RSA256_….p12
	Container []byte
	Key       Key
}

// Install joins the keys of the ring with their certificates and writes a file of its own for each, as existing programs
// expect. certificates is PEM with every certificate of the application and, if they are there, of its issuers. All keys
// have to have one, or nothing is written. Each file is opened again, and its key signs and is verified by the certificate,
// before any is returned.
func (r *Ring) Install(rand io.Reader, certificates []byte, password string, form keyfile.Form) ([]File, error) {
	all, err := cert.ParsePEM(certificates)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, CodeCertificates, err)
	}
	joined, err := r.join(all)
	if err != nil {
		return nil, err
	}
	var out []File
	for _, e := range joined {
		f := File{Name: keyfile.FileName(e)}
		if f.Container, err = keyfile.Write(rand, form, password, e); err != nil {
			return nil, err
		}
		if f.Key, err = reopen(rand, f.Container, password, e); err != nil {
			return nil, fail.Wrap(fail.Internal, CodeCheckFailed, err)
		}
		out = append(out, f)
	}
	return out, nil
}

func (r *Ring) join(all []*cert.Certificate) ([]keyfile.Entry, error) {
	used := make([]bool, len(all))
	var out []keyfile.Entry
	for _, e := range r.entries {
		public, err := e.Key.Public()
		if err != nil {
			return nil, err
		}
		found := false
		for i, c := range all {
			// The newest, should a key ever have had two.
			if c.PublicKey == nil || !c.PublicKey.Equal(public) || c.IsCA() || found && !c.NotBefore.After(e.Certificate.NotBefore) {
				continue
			}
			e.Certificate, used[i], found = c, true, true
		}
		if found {
			e.Alias, e.LocalKeyID = "", nil // those of the certificate, as in every national file
			out = append(out, e)
		}
	}
	switch {
	case len(out) == 0:
		return nil, fail.New(fail.Invalid, CodeOtherApplication)
	case len(out) < len(r.entries):
		return nil, fail.New(fail.Invalid, CodeNotAllKeys)
	}
	var issuers []*cert.Certificate
	for i, c := range all {
		if used[i] {
			continue
		}
		if !c.IsCA() {
			return nil, fail.New(fail.Invalid, CodeNotAllKeys) // a certificate whose key is elsewhere
		}
		issuers = append(issuers, c)
	}
	for i := range out {
		out[i].Chain = issuers
	}
	return out, nil
}

func reopen(rand io.Reader, container []byte, password string, want keyfile.Entry) (Key, error) {
	r, err := Open(container, password)
	if err != nil {
		return Key{}, err
	}
	defer r.Forget()
	if len(r.entries) != 1 || r.entries[0].Certificate == nil || !bytes.Equal(r.entries[0].Certificate.Raw, want.Certificate.Raw) {
		return Key{}, fmt.Errorf("couldn't find the certificate again")
	}
	e := r.entries[0]
	s := alg.DefaultScheme(e.Key.Kind)
	if s == nil {
		return Key{}, alg.ErrUnsupported
	}
	proof := []byte("senim: " + hex.EncodeToString(want.Certificate.Serial))
	signature, err := e.Key.Sign(rand, s, proof)
	if err != nil {
		return Key{}, err
	}
	if !s.VerifyMessage(want.Certificate.PublicKey, proof, signature) {
		return Key{}, fmt.Errorf("couldn't verify with the certificate what the key signed")
	}
	return r.Keys()[0], nil
}

// Digests hashes a document that stays on the holder's computer, for the verification of a detached signature elsewhere.
type Digests struct {
	names  []string
	hashes []hash.Hash
}

// NewDigests reads a signature and prepares the digests that its signers are over, each once. CodeNoSignature: the file
// is none; CodeUnsupported: it is over a digest that is unknown here.
func NewDigests(signature []byte) (*Digests, error) {
	m, err := cms.Parse(signature)
	if err != nil {
		return nil, fail.Wrap(fail.Invalid, CodeNoSignature, err)
	}
	d := &Digests{}
	seen := map[string]bool{}
	for _, s := range m.Signers {
		h, err := alg.HashByID(s.DigestAlgorithm)
		if err != nil {
			return nil, fail.Wrap(fail.Invalid, CodeUnsupported, err)
		}
		if !seen[h.Name] {
			seen[h.Name] = true
			d.names, d.hashes = append(d.names, h.Name), append(d.hashes, h.New())
		}
	}
	if len(d.hashes) == 0 {
		return nil, fail.New(fail.Invalid, CodeNoSignature)
	}
	return d, nil
}

// Write adds to every digest; it never fails.
func (d *Digests) Write(p []byte) (int, error) {
	for _, h := range d.hashes {
		h.Write(p)
	}
	return len(p), nil
}

// Sums returns name of the digest (package alg) and value in lower-case hexadecimal, in the order of the signers.
func (d *Digests) Sums() (names, values []string) {
	for _, h := range d.hashes {
		values = append(values, hex.EncodeToString(h.Sum(nil)))
	}
	return d.names, values
}
