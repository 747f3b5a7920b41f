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
	"strings"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// ErrRootKeyPresent says that the key of a root lies in the folder of the authority, where whoever takes the server takes
// the root with it.
var ErrRootKeyPresent = errors.New("the key of a root authority lies in the data folder")

// Exists reports whether the folder holds a hierarchy.
func Exists(data string) bool {
	_, err := os.Stat(filepath.Join(data, folder, hierarchyFile))
	return err == nil
}

// ReadConfig returns the configuration of the hierarchy in the folder; it needs no secret.
func ReadConfig(data string) (Config, error) {
	s, err := readStored(data)
	return s.Config, err
}

func readStored(data string) (stored, error) {
	var s stored
	b, err := readFile(filepath.Join(data, folder, hierarchyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return s, fail.Wrap(fail.NotFound, "ca.absent", err)
	}
	if err != nil {
		return s, fmt.Errorf("couldn't read the hierarchy: %w", err)
	}
	if err := json.Unmarshal(b, &s); err != nil || s.Version != 1 {
		return s, fail.Wrap(fail.Internal, "ca.damaged", fmt.Errorf("%s: version %d: %w", hierarchyFile, s.Version, err))
	}
	return s, nil
}

// Open opens the hierarchy in the folder data under its secret. Errors: fail.NotFound ca.absent, fail.Forbidden
// ca.secret-wrong, fail.Internal ca.damaged; and, but for a demo, fail.Forbidden ca.root-present that wraps ErrRootKeyPresent.
func Open(data string, secret []byte) (*Hierarchy, error) {
	s, err := readStored(data)
	if err != nil {
		return nil, err
	}
	if !s.Config.Demo {
		found, err := findRootKey(data, s.RootKeys)
		if err != nil {
			return nil, fmt.Errorf("couldn't look for keys of roots: %w", err)
		}
		if found != "" {
			return nil, fail.Wrap(fail.Forbidden, "ca.root-present", fmt.Errorf("%w: %s", ErrRootKeyPresent, found), "file", found)
		}
	}
	dir := filepath.Join(data, folder)
	file, err := readFile(filepath.Join(dir, unlockFile))
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "ca.damaged", err)
	}
	roots := openRoots(dir, s.Config) // beside the slow derivation, which needs only the secret
	master, err := unlockMaster(file, secret)
	if err != nil {
		return nil, err
	}
	defer clear(master)
	h, err := open(dir, s.Config, master, roots)
	if err != nil {
		return nil, fail.Wrap(fail.Internal, "ca.damaged", err)
	}
	return h, nil
}

// opening is what a goroutine is opening; it is to be read once.
type opening[T any] <-chan opened[T]

type opened[T any] struct {
	what T
	err  error
}

func start[T any](f func() (T, error)) opening[T] {
	c := make(chan opened[T], 1) // nobody may be waiting any more
	go func() {
		what, err := f()
		c <- opened[T]{what, err}
	}()
	return c
}

func (o opening[T]) wait() (T, error) {
	x := <-o
	return x.what, x.err
}

func openRoots(dir string, c Config) []opening[Root] {
	var roots []opening[Root]
	for _, r := range c.Roots {
		roots = append(roots, start(func() (Root, error) { return openRoot(dir, r.Name) }))
	}
	return roots
}

func open(dir string, c Config, master []byte, openingRoots []opening[Root]) (*Hierarchy, error) {
	h := &Hierarchy{name: c.Name, demo: c.Demo, config: c, issues: map[string]string{}}
	var err error
	if h.sealing, err = derive(master, "sealing"); err != nil {
		return nil, err
	}
	password, err := keyFilePassword(master)
	if err != nil {
		return nil, err
	}
	var authorities []opening[*Authority]
	for _, a := range c.Authorities {
		authorities = append(authorities, start(func() (*Authority, error) { return openAuthority(dir, c, a, password) }))
	}
	roots := map[string]*cert.Certificate{}
	for _, o := range openingRoots {
		root, err := o.wait()
		if err != nil {
			return nil, err
		}
		h.roots = append(h.roots, root)
		roots[root.Name] = root.Certificate
	}
	for i, o := range authorities {
		a, err := o.wait()
		if err != nil {
			return nil, err
		}
		if a.Root = roots[c.Authorities[i].Root]; a.Root == nil {
			return nil, fmt.Errorf("%s has no root", a.Name)
		}
		if err := a.Certificate.CheckSignature(a.Root.PublicKey); err != nil {
			return nil, fmt.Errorf("%s is not signed by its root: %w", a.Name, err)
		}
		h.authorities = append(h.authorities, a)
		for _, t := range c.Authorities[i].Templates {
			h.issues[t] = a.Name
		}
	}
	sealed, err := readFile(filepath.Join(dir, logKeyFile))
	if err != nil {
		return nil, err
	}
	logKey, err := h.Unseal("audit log key", sealed)
	if err != nil {
		return nil, err
	}
	verifier, err := readFile(filepath.Join(dir, logVerifierFile))
	if err != nil {
		return nil, err
	}
	h.logKey, h.logVerifier = string(logKey), strings.TrimSpace(string(verifier))
	return h, nil
}

// openAuthority opens an authority but for its root, by which the caller judges it.
func openAuthority(dir string, c Config, a AuthorityConfig, password string) (*Authority, error) {
	key, certificate, err := openKey(dir, a.Name, password)
	if err != nil {
		return nil, err
	}
	scheme := alg.SchemeByName(a.Scheme)
	if scheme == nil {
		return nil, fmt.Errorf("%s: %s: %w", a.Name, a.Scheme, alg.ErrUnsupported)
	}
	responder := Responder{Scheme: scheme}
	// The certificate in the key file counts; a renewal that was stopped may have left the old one beside it.
	if responder.Key, responder.Certificate, err = openContainer(dir, a.Name+responderSuffix, password); err != nil {
		return nil, err
	}
	if err := responder.Certificate.CheckSignature(certificate.PublicKey); err != nil {
		return nil, fmt.Errorf("the responder of %s is not signed by it: %w", a.Name, err)
	}
	return &Authority{
		Name: a.Name, Certificate: certificate, Key: key, Scheme: scheme, Responder: responder,
		URLs: c.urls(a.Name), Profile: hierarchyOf(c, a, certificate, scheme),
	}, nil
}

func openRoot(dir, name string) (Root, error) {
	r := Root{Name: name}
	raw, err := readFile(filepath.Join(dir, name+certSuffix))
	if err != nil {
		return r, err
	}
	if r.Certificate, err = cert.Parse(raw); err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	if err := r.Certificate.CheckSignature(r.Certificate.PublicKey); err != nil {
		return r, fmt.Errorf("%s: %w", name, err)
	}
	if r.List, err = readFile(filepath.Join(dir, name+listSuffix)); err != nil {
		return r, err
	}
	list, err := crl.Parse(r.List)
	if err != nil {
		return r, fmt.Errorf("list of %s: %w", name, err)
	}
	if err := list.CheckSignature(r.Certificate.PublicKey); err != nil {
		return r, fmt.Errorf("list of %s: %w", name, err)
	}
	r.nextUpdate = list.NextUpdate
	return r, nil
}

// openKey opens a key file and checks that its certificate is the one beside it: the certificate is public and might be swapped.
func openKey(dir, name, password string) (*alg.PrivateKey, *cert.Certificate, error) {
	key, certificate, err := openContainer(dir, name, password)
	if err != nil {
		return nil, nil, err
	}
	raw, err := readFile(filepath.Join(dir, name+certSuffix))
	if err != nil {
		return nil, nil, err
	}
	if !bytes.Equal(raw, certificate.Raw) {
		return nil, nil, fmt.Errorf("%s: the certificate beside the key file is another one", name)
	}
	return key, certificate, nil
}

func openContainer(dir, name, password string) (*alg.PrivateKey, *cert.Certificate, error) {
	container, err := readFile(filepath.Join(dir, name+keySuffix))
	if err != nil {
		return nil, nil, err
	}
	entries, err := keyfile.Open(container, password)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(entries) != 1 || entries[0].Key == nil || entries[0].Certificate == nil {
		return nil, nil, fmt.Errorf("%s: not one key with its certificate", name)
	}
	return entries[0].Key, entries[0].Certificate, nil
}

// findRootKey looks through the data folder for a root's key file, by name and by content, and returns where it is.
func findRootKey(data string, keys []rootKey) (string, error) {
	found := ""
	err := filepath.WalkDir(data, func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return nil // what cannot be read by us cannot be a danger from us
		}
		for _, k := range keys {
			same := d.Name() == k.File
			if info, err := d.Info(); !same && err == nil && info.Size() == k.Size && info.Mode().IsRegular() {
				same = sameContent(p, k.SHA256)
			}
			if same {
				if found, err = filepath.Rel(data, p); err != nil {
					found = p
				}
				return fs.SkipAll
			}
		}
		return nil
	})
	return found, err
}

func sameContent(name, sum string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, io.LimitReader(f, maxFile)); err != nil {
		return false
	}
	return hex.EncodeToString(h.Sum(nil)) == sum
}

// RenewRootLists signs a new list of each root with the keys in rootDir and puts it into the data folder, beside the old one's place.
// revoked names authorities of the hierarchy that a root revokes from now on; what was on a list stays on it. A running
// service reads the lists when it starts.
func RenewRootLists(rand io.Reader, data, rootDir string, rootSecret []byte, now time.Time, revoked map[string]int) error {
	s, err := readStored(data)
	if err != nil {
		return err
	}
	now = now.UTC().Truncate(time.Second)
	dir := filepath.Join(data, folder)
	for name := range revoked {
		if !s.Config.has(name) {
			return fail.New(fail.NotFound, "ca.no-authority", "name", name)
		}
	}
	for _, r := range s.Config.Roots {
		old, err := openRoot(dir, r.Name)
		if err != nil {
			return fail.Wrap(fail.Internal, "ca.damaged", err)
		}
		container, err := readFile(filepath.Join(rootDir, r.Name+keySuffix))
		if err != nil {
			return fail.Wrap(fail.NotFound, "ca.no-root-key", err, "name", r.Name)
		}
		entries, err := keyfile.Open(container, string(rootSecret))
		switch {
		case errors.Is(err, keyfile.ErrWrongPassword):
			return fail.Wrap(fail.Forbidden, "ca.secret-wrong", err)
		case err != nil || len(entries) != 1 || entries[0].Certificate == nil || !bytes.Equal(entries[0].Certificate.Raw, old.Certificate.Raw):
			return fail.Wrap(fail.Invalid, "ca.other-root-key", err, "name", r.Name)
		}
		list, err := crl.Parse(old.List)
		if err != nil {
			return fail.Wrap(fail.Internal, "ca.damaged", err)
		}
		on := list.Entries
		for _, a := range s.Config.Authorities {
			reason, wanted := revoked[a.Name]
			if !wanted || a.Root != r.Name {
				continue
			}
			raw, err := readFile(filepath.Join(dir, a.Name+certSuffix))
			if err != nil {
				return fail.Wrap(fail.Internal, "ca.damaged", err)
			}
			c, err := cert.Parse(raw)
			if err != nil {
				return fail.Wrap(fail.Internal, "ca.damaged", err)
			}
			if _, already := list.Find(c.Serial); !already {
				on = append(on, crl.Entry{Serial: c.Serial, Time: now, Reason: reason})
			}
		}
		number := new(big.Int).SetBytes(list.Number)
		der, err := rootList(rand, signer{old.Certificate, entries[0].Key, alg.SchemeByName(r.Scheme)}, now, r.ListDays, number.Add(number, big.NewInt(1)), on)
		if err != nil {
			return fmt.Errorf("couldn't sign the list of %s: %w", r.Name, err)
		}
		if err := replaceFile(filepath.Join(dir, r.Name+listSuffix), der); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) has(authority string) bool {
	for _, a := range c.Authorities {
		if a.Name == authority {
			return true
		}
	}
	return false
}
