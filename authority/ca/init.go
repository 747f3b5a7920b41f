package ca

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/big"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/mod/sumdb/note"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/lint"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// InitOptions are what a hierarchy is made from.
type InitOptions struct {
	Data       string // folder of the authority; its part here is Data/ca
	RootDir    string // folder of the roots' keys: outside Data, on a medium of its own. A demo may have it inside
	Config     Config
	Secret     []byte // unlocks the authority
	RootSecret []byte // password of the roots' key files; a demo may leave it empty and takes Secret
	Rand       io.Reader
	Now        time.Time
}

// Created is what was made.
type Created struct {
	Roots       []*cert.Certificate
	Authorities []*cert.Certificate
	RootFiles   []string // key files of the roots: to be taken away
}

// backdate is how long before its making a certificate begins, for relying parties whose clocks are behind.
const backdate = 5 * time.Minute

// responderYears is the validity of a responder's certificate.
const responderYears = 1

// stored is the file hierarchy.json: the configuration, and what Open needs to recognise a root's key that lies where it must not.
type stored struct {
	Version  int       `json:"version"` // 1
	Created  time.Time `json:"created"`
	Config   Config    `json:"config"`
	RootKeys []rootKey `json:"rootKeys"`
}

type rootKey struct {
	File   string `json:"file"`
	Size   int64  `json:"size"`
	SHA256 string `json:"sha256"`
}

// Init makes a hierarchy:
//
//  1. refuses a configuration that is not sound, a root folder inside Data (but for a demo), and a folder that holds one already;
//  2. makes the master key and puts it under Secret;
//  3. makes each root: key, certificate, key file in RootDir, first list in Data/ca;
//  4. makes each issuing authority: key, certificate signed by its root, key file in Data/ca;
//  5. makes each OCSP responder in the same way;
//  6. makes the key of the audit log;
//  7. writes hierarchy.json, which is what makes the folder a hierarchy.
//
// A failed Init leaves files but no hierarchy.json; it is run again on new folders.
func Init(o InitOptions) (*Created, error) {
	// 1.
	if err := o.Config.Check(); err != nil {
		return nil, err
	}
	if len(o.RootSecret) == 0 && o.Config.Demo {
		o.RootSecret = o.Secret
	}
	for _, secret := range [][]byte{o.Secret, o.RootSecret} {
		if err := CheckSecret(secret); err != nil {
			return nil, err
		}
	}
	if err := o.folders(); err != nil {
		return nil, err
	}
	m := maker{o: o, dir: filepath.Join(o.Data, folder), now: o.Now.UTC().Truncate(time.Second)}
	out, err := m.make()
	if err != nil {
		return nil, fmt.Errorf("couldn't make the hierarchy: %w", err)
	}
	return out, nil
}

const folder = "ca"

func (o InitOptions) folders() error {
	if o.Data == "" || o.RootDir == "" {
		return fail.New(fail.Invalid, "ca.folder")
	}
	inside, err := within(o.RootDir, o.Data)
	if err != nil {
		return fmt.Errorf("couldn't look at the folders: %w", err)
	}
	if inside && !o.Config.Demo {
		return fail.New(fail.Invalid, "ca.root-inside")
	}
	dir := filepath.Join(o.Data, folder)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fail.New(fail.Conflict, "ca.exists")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("couldn't look at the folder: %w", err)
	}
	for _, r := range o.Config.Roots {
		if _, err := os.Lstat(filepath.Join(o.RootDir, r.Name+keySuffix)); !errors.Is(err, fs.ErrNotExist) {
			return fail.Wrap(fail.Conflict, "ca.exists", err)
		}
	}
	if err := makeDir(dir); err != nil {
		return err
	}
	return makeDir(o.RootDir)
}

const (
	keySuffix, certSuffix, listSuffix = ".p12", ".cer", ".crl"
	responderSuffix                   = "-ocsp"
	hierarchyFile, unlockFile         = "hierarchy.json", "unlock.json"
	logKeyFile, logVerifierFile       = "log.key", "log.pub"
)

// A maker holds what the steps of Init share.
type maker struct {
	o        InitOptions
	dir      string
	now      time.Time
	password string // of key files in dir
	sealing  []byte
	stored   stored
	replace  bool // files that are there are written over: a renewal
}

// A signer is an authority while the hierarchy is made.
type signer struct {
	cert   *cert.Certificate
	key    *alg.PrivateKey
	scheme *alg.Scheme
}

func (m *maker) make() (*Created, error) {
	c := m.o.Config
	m.stored = stored{Version: 1, Created: m.now, Config: c}
	// 2.
	if err := m.master(); err != nil {
		return nil, err
	}
	out := new(Created)
	// 3.
	roots := map[string]signer{}
	for _, r := range c.Roots {
		s, file, err := m.root(r)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", r.Name, err)
		}
		roots[r.Name] = s
		out.Roots, out.RootFiles = append(out.Roots, s.cert), append(out.RootFiles, file)
	}
	for _, a := range c.Authorities {
		// 4.
		s, err := m.issuing(a, roots[a.Root])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", a.Name, err)
		}
		out.Authorities = append(out.Authorities, s.cert)
		// 5.
		if err := m.responder(a, s); err != nil {
			return nil, fmt.Errorf("%s, OCSP responder: %w", a.Name, err)
		}
	}
	// 6.
	if err := m.log(); err != nil {
		return nil, err
	}
	// 7.
	b, err := json.MarshalIndent(m.stored, "", "  ")
	if err != nil {
		return nil, err
	}
	return out, writeFile(filepath.Join(m.dir, hierarchyFile), append(b, '\n'))
}

func (m *maker) master() error {
	master := make([]byte, masterSize)
	if _, err := io.ReadFull(m.o.Rand, master); err != nil {
		return err
	}
	file, err := lock(m.o.Rand, m.o.Secret, master)
	if err != nil {
		return err
	}
	if m.password, err = keyFilePassword(master); err != nil {
		return err
	}
	if m.sealing, err = derive(master, "sealing"); err != nil {
		return err
	}
	return writeFile(filepath.Join(m.dir, unlockFile), file)
}

func (m *maker) root(r RootConfig) (signer, string, error) {
	s, serial, err := m.signer(r.Scheme, r.Bits)
	if err != nil {
		return s, "", err
	}
	public, err := s.key.Public()
	if err != nil {
		return s, "", err
	}
	subject, err := nameOf(r.CommonName)
	if err != nil {
		return s, "", err
	}
	h := profile.Hierarchy{
		Issuer: subject, KeyID: cert.KeyID(public), Scheme: s.scheme, IssuerIssuer: subject, IssuerSerial: serial, Policy: r.Policy, CPS: r.CPS,
	}
	req := profile.Request{CommonName: r.CommonName, PublicKey: public, Serial: serial, NotBefore: m.now.Add(-backdate), NotAfter: m.now.AddDate(r.Years, 0, 0)}
	if s.cert, err = sign(m.o.Rand, profile.National(h).Template(profile.Root), req, signer{key: s.key, scheme: s.scheme}); err != nil {
		return s, "", err
	}
	file := filepath.Join(m.o.RootDir, r.Name+keySuffix)
	container, err := keyfile.Write(m.o.Rand, keyfile.Modern, string(m.o.RootSecret), keyfile.Entry{Alias: r.Name, Key: s.key, Certificate: s.cert})
	if err != nil {
		return s, "", err
	}
	sum := sha256.Sum256(container)
	m.stored.RootKeys = append(m.stored.RootKeys, rootKey{r.Name + keySuffix, int64(len(container)), hex.EncodeToString(sum[:])})
	list, err := rootList(m.o.Rand, s, m.now, r.ListDays, big.NewInt(1), nil)
	if err != nil {
		return s, "", err
	}
	return s, file, errors.Join(
		writeFile(file, container),
		writeFile(filepath.Join(m.o.RootDir, r.Name+certSuffix), s.cert.Raw),
		writeFile(filepath.Join(m.dir, r.Name+certSuffix), s.cert.Raw),
		writeFile(filepath.Join(m.dir, r.Name+listSuffix), list),
	)
}

func (m *maker) issuing(a AuthorityConfig, root signer) (signer, error) {
	s, serial, err := m.signer(a.Scheme, a.Bits)
	if err != nil {
		return s, err
	}
	public, err := s.key.Public()
	if err != nil {
		return s, err
	}
	urls := m.o.Config.urls(a.Root)
	h := profile.Hierarchy{
		Issuer: root.cert.RawSubject, KeyID: root.cert.SubjectKeyID, Scheme: root.scheme, IssuerIssuer: root.cert.RawIssuer, IssuerSerial: root.cert.Serial,
		Policy: a.Policy, CPS: a.CPS, CRL: urls.CRL, CAIssuers: urls.CAIssuers,
	}
	req := profile.Request{CommonName: a.CommonName, PublicKey: public, Serial: serial, NotBefore: m.now.Add(-backdate), NotAfter: m.now.AddDate(a.Years, 0, 0)}
	if s.cert, err = sign(m.o.Rand, profile.National(h).Template(profile.Issuing), req, root); err != nil {
		return s, err
	}
	return s, m.keep(a.Name, s)
}

func (m *maker) responder(a AuthorityConfig, issuer signer) error {
	s, serial, err := m.signer(a.Scheme, min(a.Bits, 2048))
	if err != nil {
		return err
	}
	public, err := s.key.Public()
	if err != nil {
		return err
	}
	req := profile.Request{
		CommonName: "OCSP RESPONDER", Organization: a.CommonName, PublicKey: public, Serial: serial,
		NotBefore: m.now.Add(-backdate), NotAfter: m.now.Add(-backdate).AddDate(responderYears, 0, 0),
	}
	t := profile.National(hierarchyOf(m.o.Config, a, issuer.cert, issuer.scheme)).Template(profile.OCSPResponder)
	if s.cert, err = sign(m.o.Rand, t, req, issuer); err != nil {
		return err
	}
	return m.keep(a.Name+responderSuffix, s)
}

func (m *maker) log() error {
	skey, vkey, err := note.GenerateKey(m.o.Rand, m.o.Config.LogName)
	if err != nil {
		return err
	}
	sealed, err := seal(m.o.Rand, m.sealing, "audit log key", []byte(skey))
	if err != nil {
		return err
	}
	return errors.Join(
		writeFile(filepath.Join(m.dir, logKeyFile), sealed),
		writeFile(filepath.Join(m.dir, logVerifierFile), []byte(vkey+"\n")),
	)
}

func (m *maker) signer(scheme string, bits int) (signer, []byte, error) {
	s := signer{scheme: alg.SchemeByName(scheme)}
	if s.scheme == nil {
		return s, nil, fmt.Errorf("%s: %w", scheme, alg.ErrUnsupported)
	}
	var err error
	if s.key, err = alg.GenerateKey(m.o.Rand, s.scheme.Kind, bits); err != nil {
		return s, nil, err
	}
	serial, err := NewSerial(m.o.Rand)
	return s, serial, err
}

// NewSerial makes a serial number: 20 octets, the first from 10 to 7F, all else random (DESIGN section 3).
func NewSerial(rand io.Reader) ([]byte, error) {
	b := make([]byte, 20)
	if _, err := io.ReadFull(rand, b); err != nil {
		return nil, fmt.Errorf("couldn't make a serial number: %w", err)
	}
	for b[0] &= 0x7f; b[0] < 0x10; b[0] &= 0x7f {
		if _, err := io.ReadFull(rand, b[:1]); err != nil {
			return nil, fmt.Errorf("couldn't make a serial number: %w", err)
		}
	}
	return b, nil
}

// sign fills the template, lints the exact bytes, signs them, and checks that the signature is right before anybody sees it.
func sign(rand io.Reader, t *profile.Template, r profile.Request, issuer signer) (*cert.Certificate, error) {
	tbs, err := t.TBS(r)
	if err != nil {
		return nil, err
	}
	if err := lint.Check(t, issuer.cert, tbs); err != nil {
		return nil, err
	}
	raw, err := cert.Sign(rand, tbs, issuer.key, issuer.scheme)
	if err != nil {
		return nil, err
	}
	c, err := cert.Parse(raw)
	if err != nil {
		return nil, err
	}
	public, err := issuer.key.Public()
	if err != nil {
		return nil, err
	}
	return c, c.CheckSignature(public)
}

// rootList makes a list of a root.
func rootList(rand io.Reader, root signer, now time.Time, days int, number *big.Int, entries []crl.Entry) ([]byte, error) {
	contents := number.Bytes()
	if len(contents) == 0 || contents[0]&0x80 != 0 {
		contents = append([]byte{0}, contents...)
	}
	der, err := crl.Create(rand, crl.Template{
		Issuer: root.cert.RawSubject, Scheme: root.scheme, ThisUpdate: now, NextUpdate: now.AddDate(0, 0, days),
		Number: contents, AuthorityKeyID: root.cert.SubjectKeyID, Entries: entries,
	}, root.key)
	if err != nil {
		return nil, err
	}
	list, err := crl.Parse(der)
	if err != nil {
		return nil, err
	}
	if !bytes.Equal(list.RawIssuer, root.cert.RawSubject) {
		return nil, errors.New("the list came out under another name")
	}
	return der, list.CheckSignature(root.cert.PublicKey)
}

func nameOf(commonName string) ([]byte, error) {
	return cert.Name{
		{{Type: oid.CommonName, Tag: uint8(der.TagUTF8String), Value: commonName}},
		{{Type: oid.Country, Tag: uint8(der.TagPrintableString), Value: "KZ"}},
	}.Marshal()
}

// hierarchyOf returns what certificates of an issuing authority have in common.
func hierarchyOf(c Config, a AuthorityConfig, issuer *cert.Certificate, scheme *alg.Scheme) profile.Hierarchy {
	urls := c.urls(a.Name)
	return profile.Hierarchy{
		Issuer: issuer.RawSubject, KeyID: issuer.SubjectKeyID, Scheme: scheme, IssuerIssuer: issuer.RawIssuer, IssuerSerial: issuer.Serial,
		Policy: a.Policy, CPS: a.CPS, OCSP: urls.OCSP, CAIssuers: urls.CAIssuers, CRL: urls.CRL, DeltaCRL: urls.DeltaCRL,
	}
}
