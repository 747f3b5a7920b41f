package keyfile

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// Open decrypts a PKCS#12 container and returns its keys, each with its certificate; certificates of nobody's key come as
// entries of their own when there is no key at all, otherwise as Chain.
//
// Every error wraps ErrWrongPassword, ErrDamaged or ErrUnsupported. When the MAC does not fit, but some part still decrypts
// with the password, the file is what is wrong, not the password. A container without a MAC has only padding and structure
// to tell by. A key that is not that of its certificate is ErrDamaged.
func Open(container []byte, password string) ([]Entry, error) {
	return open(container, password, maxIterations, maxTotal)
}

func open(container []byte, password string, each, total int) ([]Entry, error) {
	entries, err := openWith(container, password, each, total, false)
	if password == "" && errors.Is(err, ErrWrongPassword) {
		// No password is met as two zero octets and as nothing at all.
		return openWith(container, password, each, total, true)
	}
	return entries, err
}

func openWith(container []byte, password string, each, total int, noTerminator bool) ([]Entry, error) {
	p, err := readPFX(container)
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key container: %w", err)
	}
	if checkPassword(password) != nil {
		return nil, fmt.Errorf("couldn't open the key container: %w: %w", ErrWrongPassword, errPassword)
	}
	k := newRun(password, each, total)
	defer k.wipe()
	if noTerminator {
		k.bmp = nil
	}
	intact := true
	if p.mac != nil {
		if intact, err = p.mac.good(k, p.content); err != nil {
			return nil, fmt.Errorf("couldn't check the MAC of the key container: %w", err)
		}
	}
	var c contents
	defer c.wipe()
	err = c.readAuthenticatedSafe(k, p.content)
	if !intact {
		if c.decrypted {
			return nil, fmt.Errorf("couldn't open the key container: %w: the MAC doesn't fit, the password does", ErrDamaged)
		}
		return nil, fmt.Errorf("couldn't open the key container: %w", ErrWrongPassword)
	}
	if err != nil {
		if p.mac != nil && errors.Is(err, ErrWrongPassword) {
			// The MAC proves the password, so that what doesn't decrypt was never right.
			err = fmt.Errorf("%w: a part doesn't decrypt with the container's password", ErrDamaged)
		}
		return nil, fmt.Errorf("couldn't open the key container: %w", err)
	}
	entries, err := c.entries()
	if err != nil {
		return nil, fmt.Errorf("couldn't open the key container: %w", err)
	}
	return entries, nil
}

// Describe says what a container is, without its password. Its errors are those of Open but for ErrWrongPassword.
func Describe(container []byte) (Summary, error) {
	if _, err := readPFX(container); err != nil {
		return Summary{}, fmt.Errorf("couldn't read the key container: %w", err)
	}
	return Summary{Size: len(container), Form: "pkcs12"}, nil
}

// A pfx is the outermost structure.
type pfx struct {
	content []byte // the AuthenticatedSafe, still BER: the MAC is over these octets
	mac     *macData
}

func readPFX(container []byte) (pfx, error) {
	if len(container) > MaxSize {
		return pfx{}, fmt.Errorf("%w: %d octets, at most %d are read", ErrDamaged, len(container), MaxSize)
	}
	b, err := normalize(container)
	if err != nil {
		return pfx{}, err
	}
	r := der.NewReader(b)
	s := r.Sequence()
	if v := s.Int(); r.Err() == nil && v != 3 {
		return pfx{}, fmt.Errorf("%w: PKCS#12 of version %d", ErrUnsupported, v)
	}
	safe := s.Sequence()
	kind := safe.OID()
	if r.Err() == nil && kind == oid.SignedData {
		return pfx{}, fmt.Errorf("%w: integrity by a public key", ErrUnsupported)
	}
	if kind != oid.Data {
		safe.Fail("content type %s", kind)
	}
	x := safe.Explicit(0)
	p := pfx{content: x.OctetString()}
	x.End()
	safe.End()
	if !s.Empty() {
		mac := readMAC(s)
		p.mac = &mac
	}
	if s.End() != nil || r.End() != nil {
		return pfx{}, damaged("PFX", r.Err())
	}
	return p, nil
}

func normalize(ber []byte) ([]byte, error) {
	b, err := der.Normalize(ber, der.Limits{Size: MaxSize})
	if err != nil {
		return nil, damaged("encoding", err)
	}
	return b, nil
}

// contents is what was found in the bags.
type contents struct {
	keys      []keyBag
	certs     []certBag
	bags      int
	decrypted bool     // at least one encrypted part came out well-formed: the password is right
	secrets   [][]byte // decrypted octets, to be zeroed
}

type bagAttributes struct {
	name       string
	localKeyID []byte
}

type keyBag struct {
	bagAttributes
	key *alg.PrivateKey
}

type certBag struct {
	bagAttributes
	certificate *cert.Certificate
	used        bool
}

func (c *contents) wipe() {
	for _, s := range c.secrets {
		wipe(s)
	}
}

func (c *contents) readAuthenticatedSafe(k *kdfRun, ber []byte) error {
	b, err := normalize(ber)
	if err != nil {
		return err
	}
	r := der.NewReader(b)
	s := r.Sequence()
	var failed error
	for !s.Empty() {
		// After a failure the other parts are still tried: whether one of them decrypts tells damage from a wrong password.
		if err := c.readContentInfo(k, s.Element(der.TagSequence)); err != nil && failed == nil {
			failed = err
		}
	}
	if s.End() != nil || r.End() != nil {
		return damaged("AuthenticatedSafe", r.Err())
	}
	return failed
}

func (c *contents) readContentInfo(k *kdfRun, e der.Element) error {
	if e.Full == nil {
		return fmt.Errorf("%w: no content", ErrDamaged)
	}
	r := e.Reader()
	s := r.Sequence()
	kind := s.OID()
	x := s.Explicit(0)
	switch {
	case r.Err() != nil:
	case kind == oid.Data:
		safe := x.OctetString()
		if x.End() == nil && s.End() == nil {
			return c.readSafeContents(k, safe, 0)
		}
	case kind == oid.EncryptedData:
		x := x.Sequence()
		x.Int() // version, 0 or 2; says nothing that the structure doesn't
		info := x.Sequence()
		if t := info.OID(); t != oid.Data {
			info.Fail("encrypted content type %s", t)
		}
		id := alg.ReadIdentifier(info)
		ciphertext := info.ImplicitOctetString(0)
		info.End()
		if r.Err() == nil {
			return c.readEncrypted(k, id, ciphertext, func(plain []byte) error { return c.readSafeContents(k, plain, 0) })
		}
	default:
		return fmt.Errorf("%w: content %s", ErrUnsupported, kind.Name())
	}
	return damaged("content", r.Err())
}

// readEncrypted decrypts and hands the plaintext on. Plaintext that is no BER at all is taken for the work of a wrong
// password: one padding in 256 is right by chance.
func (c *contents) readEncrypted(k *kdfRun, id alg.Identifier, ciphertext []byte, read func(plain []byte) error) error {
	plain, err := k.decrypt(id, ciphertext)
	if err != nil {
		return err
	}
	c.secrets = append(c.secrets, plain)
	whole, err := der.Normalize(plain, der.Limits{Size: MaxSize})
	if err != nil || len(whole) < 2 || whole[0] != byte(der.TagSequence) {
		return fmt.Errorf("%w: structure", ErrWrongPassword)
	}
	if &whole[0] != &plain[0] {
		c.secrets = append(c.secrets, whole)
	}
	c.decrypted = true
	return read(whole)
}

func (c *contents) readSafeContents(k *kdfRun, ber []byte, depth int) error {
	b, err := normalize(ber)
	if err != nil {
		return err
	}
	r := der.NewReader(b)
	s := r.Sequence()
	for !s.Empty() {
		if err := c.readBag(k, s, depth); err != nil {
			return err
		}
	}
	if s.End() != nil || r.End() != nil {
		return damaged("SafeContents", r.Err())
	}
	return nil
}

// maxBags caps the keys and certificates of a container, and whatever else is in its bags. Real ones have 2 to 10; each key costs
// the computation of its public key, and each is compared with each certificate.
const maxBags = 200

func (c *contents) readBag(k *kdfRun, r *der.Reader, depth int) error {
	if c.bags++; c.bags > maxBags {
		return fmt.Errorf("%w: more than %d bags", ErrUnsupported, maxBags)
	}
	s := r.Sequence()
	kind := s.OID()
	value := s.Explicit(0).Any()
	attributes := readBagAttributes(s)
	if s.End() != nil {
		return damaged("bag", s.Err())
	}
	switch kind {
	case oid.KeyBag:
		return c.addKey(value.Full, attributes)
	case oid.PKCS8ShroudedKeyBag:
		r := value.Reader()
		s := r.Sequence()
		id := alg.ReadIdentifier(s)
		ciphertext := s.OctetString()
		if s.End() != nil || r.End() != nil {
			return damaged("key bag", r.Err())
		}
		return c.readEncrypted(k, id, ciphertext, func(plain []byte) error { return c.addKey(plain, attributes) })
	case oid.CertBag:
		return c.addCertificate(value, attributes)
	case oid.SafeContentsBag:
		if depth >= 2 {
			return fmt.Errorf("%w: bags nested in bags", ErrUnsupported)
		}
		return c.readSafeContents(k, value.Full, depth+1)
	case oid.CRLBag, oid.SecretBag:
		return nil // neither key nor certificate
	}
	return nil // a bag of a later standard
}

func (c *contents) addKey(pkcs8 []byte, a bagAttributes) error {
	key, err := alg.ParsePrivateKey(pkcs8)
	if errors.Is(err, alg.ErrUnsupported) {
		return fmt.Errorf("%w: %w", ErrUnsupported, err)
	}
	if err != nil {
		return damaged("private key", err)
	}
	c.keys = append(c.keys, keyBag{a, key})
	return nil
}

func (c *contents) addCertificate(e der.Element, a bagAttributes) error {
	r := e.Reader()
	s := r.Sequence()
	kind := s.OID()
	x := s.Explicit(0)
	if r.Err() == nil && kind != oid.X509CertificateBag {
		return nil // an SDSI certificate: nobody's use
	}
	raw := x.OctetString()
	x.End()
	if s.End() != nil || r.End() != nil {
		return damaged("certificate bag", r.Err())
	}
	// The certificate outlives the decrypted octets, which are zeroed.
	certificate, err := cert.Parse(bytes.Clone(raw))
	if err != nil {
		return damaged("certificate", err)
	}
	c.certs = append(c.certs, certBag{bagAttributes: a, certificate: certificate})
	return nil
}

// readBagAttributes reads friendlyName and localKeyID; others are passed over, and so is a name that is no text.
func readBagAttributes(r *der.Reader) bagAttributes {
	var a bagAttributes
	if r.Empty() {
		return a
	}
	set := r.Set()
	for !set.Empty() {
		s := set.Sequence()
		kind := s.OID()
		values := s.Set()
		if values.Empty() {
			s.End()
			continue
		}
		v := values.Any()
		switch {
		case kind == oid.FriendlyName && v.Is(der.TagBMPString):
			if name, ok := der.BMPText(v.Contents); ok {
				a.name = name
			}
		case kind == oid.LocalKeyID && v.Is(der.TagOctetString):
			a.localKeyID = bytes.Clone(v.Contents)
		}
		s.End()
	}
	set.End()
	return a
}

var errMismatch = fmt.Errorf("%w: the private key is not that of the certificate", ErrDamaged)

// entries pairs keys with certificates: by the public key, which is what counts, never by names alone.
func (c *contents) entries() ([]Entry, error) {
	var out []Entry
	for _, k := range c.keys {
		public, err := k.key.Public()
		if err != nil {
			return nil, damaged("private key", err)
		}
		e := Entry{Alias: k.name, LocalKeyID: k.localKeyID, Key: k.key}
		for i := range c.certs {
			b := &c.certs[i]
			if b.certificate.PublicKey.Equal(public) && b.certificate.PublicKey != nil {
				e.Certificate, b.used = b.certificate, true
				if e.Alias == "" {
					e.Alias = b.name
				}
				if e.LocalKeyID == nil {
					e.LocalKeyID = b.localKeyID
				}
				break
			}
			if k.localKeyID != nil && bytes.Equal(k.localKeyID, b.localKeyID) {
				return nil, errMismatch
			}
		}
		if e.Certificate == nil && len(c.keys) == 1 && len(c.certs) > 0 {
			return nil, errMismatch
		}
		if e.Alias == "" {
			e.Alias = defaultAlias(e, public)
		}
		out = append(out, e)
	}
	var rest []*cert.Certificate
	for _, b := range c.certs {
		if b.used {
			continue
		}
		if len(c.keys) > 0 {
			rest = append(rest, b.certificate)
			continue
		}
		e := Entry{Alias: b.name, LocalKeyID: b.localKeyID, Certificate: b.certificate}
		if e.Alias == "" {
			e.Alias = defaultAlias(e, nil)
		}
		out = append(out, e)
	}
	for i := range out {
		if out[i].Key != nil {
			out[i].Chain = rest
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: neither key nor certificate in it", ErrDamaged)
	}
	return out, nil
}

// defaultAlias is the alias of an entry that has none of its own: the identifier of its key in lower-case hex.
func defaultAlias(e Entry, public *alg.PublicKey) string {
	switch {
	case e.Certificate != nil && len(e.Certificate.SubjectKeyID) > 0:
		return hex.EncodeToString(e.Certificate.SubjectKeyID)
	case len(e.LocalKeyID) > 0:
		return hex.EncodeToString(e.LocalKeyID)
	case public != nil:
		return hex.EncodeToString(cert.KeyID(public))
	}
	return ""
}
