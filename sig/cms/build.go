package cms

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// Options of a signature.
type Options struct {
	Detached     bool
	SigningTime  time.Time           // to the second; zero leaves the attribute out
	Certificates []*cert.Certificate // included besides the signer's
	Scheme       *alg.Scheme         // nil is the one this product signs with under the key
	ContentType  oid.OID             // empty is id-data; a time stamp's is id-ct-TSTInfo
}

// Sign makes a SignedData with one signer, in DER and in the form of the national samples (facts/kz-pki.md section
// 3.3): contentType, signingTime, messageDigest in stream order and signingCertificateV2 with the SHA-256 of the certificate.
// A key that isn't that of the certificate is an error. Whether the certificate may sign is for package sign to ask.
func Sign(rand io.Reader, content []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error) {
	if content == nil {
		content = []byte{}
	}
	scheme, err := o.scheme(key)
	if err != nil {
		return nil, err
	}
	attached := content
	if o.Detached {
		attached = nil
	}
	return sign(rand, attached, scheme.Hash.Sum(content), key, certificate, o)
}

// SignDigest makes a detached SignedData over a content that was hashed elsewhere with the scheme's digest, in stream order.
func SignDigest(rand io.Reader, digest []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error) {
	return sign(rand, nil, digest, key, certificate, o)
}

func sign(rand io.Reader, attached, digest []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error) {
	m := &Message{ContentType: o.ContentType, Content: attached, Detached: attached == nil}
	if m.ContentType == "" {
		m.ContentType = oid.Data
	}
	if err := m.addSigner(rand, digest, key, certificate, o); err != nil {
		return nil, fmt.Errorf("couldn't sign the content: %w", err)
	}
	return m.encode()
}

// AddSigner adds a signer to a message, over the same content. content is needed when the message is detached; when it is not
// and content is given, they have to be the same. The signatures that are there are kept octet for octet, and have to be over that
// content: a co-signature of something else would make the message a trap.
func AddSigner(rand io.Reader, message, content []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error) {
	out, err := addSigner(rand, message, content, key, certificate, o)
	if err != nil {
		return nil, fmt.Errorf("couldn't add a signature: %w", err)
	}
	return out, nil
}

// ErrOtherContent is the cause of AddSigner's error when the signatures that are there are over another content.
var ErrOtherContent = errors.New("the message's signatures are over another content")

func addSigner(rand io.Reader, message, content []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) ([]byte, error) {
	m, err := Parse(message)
	if err != nil {
		return nil, err
	}
	if m.ContentType != oid.Data {
		return nil, fmt.Errorf("%w: content type %s", ErrMalformed, m.ContentType.Name())
	}
	if m.Detached && content == nil {
		return nil, ErrContentMissing
	}
	if !m.Detached {
		if content != nil && !bytes.Equal(content, m.Content) {
			return nil, ErrOtherContent
		}
		content = m.Content
	}
	for i := range m.Signers {
		if !m.Check(i, content, o.Certificates).Content {
			return nil, ErrOtherContent
		}
	}
	if len(m.Signers) == maxSigners {
		return nil, fmt.Errorf("%w: it has %d signers", ErrMalformed, maxSigners)
	}
	scheme, err := o.scheme(key)
	if err != nil {
		return nil, err
	}
	if err := m.addSigner(rand, scheme.Hash.Sum(content), key, certificate, o); err != nil {
		return nil, err
	}
	return m.encode()
}

func (o Options) scheme(key *alg.PrivateKey) (*alg.Scheme, error) {
	if key == nil {
		return nil, errors.New("no private key")
	}
	if o.Scheme != nil {
		return o.Scheme, nil
	}
	if s := alg.DefaultScheme(key.Kind); s != nil {
		return s, nil
	}
	return nil, fmt.Errorf("%w: no signature scheme for %s", alg.ErrUnsupported, key.Kind.Title)
}

// addSigner makes a SignerInfo and adds what belongs to it to the message's sets.
func (m *Message) addSigner(rand io.Reader, digest []byte, key *alg.PrivateKey, certificate *cert.Certificate, o Options) error {
	scheme, err := o.scheme(key)
	if err != nil {
		return err
	}
	if certificate == nil {
		return errors.New("no certificate")
	}
	public, err := key.Public()
	if err != nil {
		return err
	}
	if certificate.PublicKey == nil || !certificate.PublicKey.Equal(public) {
		return errors.New("the private key is not that of the certificate")
	}
	if len(digest) != scheme.Hash.Size {
		return fmt.Errorf("digest of %d octets, %s has %d", len(digest), scheme.Hash.Title, scheme.Hash.Size)
	}
	attributes, err := signedAttributesDER(m.ContentType, digest, certificate, o.SigningTime)
	if err != nil {
		return err
	}
	signature, err := key.Sign(rand, scheme, attributes)
	if err != nil {
		return err
	}
	implicit := bytes.Clone(attributes)
	implicit[0] = byte(der.ContextConstructedTag(0))
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Int(1)
		b.Sequence(func(b *der.Builder) {
			b.Raw(certificate.RawIssuer)
			b.RawInteger(certificate.Serial)
		})
		alg.WriteIdentifier(b, scheme.Hash.Identifier)
		b.Raw(implicit)
		alg.WriteIdentifier(b, scheme.Identifier)
		b.OctetString(signature)
	})
	info, err := b.Bytes()
	if err != nil {
		return err
	}
	id := der.NewBuilder()
	alg.WriteIdentifier(id, scheme.Hash.Identifier)
	digestAlgorithm, err := id.Bytes()
	if err != nil {
		return err
	}
	m.signers = append(m.signers, info)
	m.digestAlgorithms = addOnce(m.digestAlgorithms, digestAlgorithm)
	m.certificates = addOnce(m.certificates, certificate.Raw)
	for _, c := range o.Certificates {
		m.certificates = addOnce(m.certificates, c.Raw)
	}
	return nil
}

func addOnce(set [][]byte, element []byte) [][]byte {
	for _, e := range set {
		if bytes.Equal(e, element) {
			return set
		}
	}
	return append(set, element)
}

// signedAttributesDER is the SET OF that is signed.
func signedAttributesDER(contentType oid.OID, digest []byte, certificate *cert.Certificate, at time.Time) ([]byte, error) {
	var set [][]byte
	var failed error
	add := func(kind oid.OID, f func(*der.Builder)) {
		b := der.NewBuilder()
		b.Sequence(func(b *der.Builder) {
			b.OID(kind)
			b.Set(f)
		})
		encoded, err := b.Bytes()
		if err != nil {
			failed = err
		}
		set = append(set, encoded)
	}
	add(oid.ContentType, func(b *der.Builder) { b.OID(contentType) })
	if !at.IsZero() {
		add(oid.SigningTime, func(b *der.Builder) { b.Time(at) })
	}
	add(oid.MessageDigest, func(b *der.Builder) { b.OctetString(digest) })
	fingerprint := certificate.Fingerprint()
	add(oid.SigningCertificateV2, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Sequence(func(b *der.Builder) { b.OctetString(fingerprint[:]) })
			})
		})
	})
	if failed != nil {
		return nil, failed
	}
	b := der.NewBuilder()
	b.SetOf(set)
	return b.Bytes()
}

// AddTimestamp adds a time-stamp token to signer i of a message, as an unsigned attribute. It doesn't look into the token.
func AddTimestamp(message []byte, i int, token []byte) ([]byte, error) {
	m, err := Parse(message)
	if err == nil && (i < 0 || i >= len(m.Signers)) {
		err = fmt.Errorf("it has %d signers", len(m.Signers))
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't add a time stamp: %w", err)
	}
	attributes := [][]byte{}
	r := der.NewReader(m.signers[i])
	s := r.Sequence()
	info := der.NewBuilder()
	info.Sequence(func(b *der.Builder) {
		for !s.Empty() {
			e := s.Any()
			if !e.Is(der.ContextConstructedTag(1)) {
				b.Raw(e.Full)
				continue
			}
			for old := e.Inside(); !old.Empty(); {
				attributes = append(attributes, old.Any().Full)
			}
		}
		b.ContextConstructed(1, func(b *der.Builder) {
			stamp := der.NewBuilder()
			stamp.Sequence(func(b *der.Builder) {
				b.OID(oid.TimeStampToken)
				b.Set(func(b *der.Builder) { b.Raw(token) })
			})
			b.Raw(bytes.Join(der.SortSet(append(attributes, stamp.MustBytes())), nil))
		})
	})
	encoded, err := info.Bytes()
	if err == nil {
		err = r.Err()
	}
	if err != nil {
		return nil, fmt.Errorf("couldn't add a time stamp: %w", err)
	}
	m.signers[i] = encoded
	return m.encode()
}

// encode writes the message; sets are in the order of DER, also where those received were not. No set but the signed
// attributes of a signer is signed, and those are inside the SignerInfo, which is kept as it is.
func (m *Message) encode() ([]byte, error) {
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.OID(oid.SignedData)
		b.Explicit(0, func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Int(int64(m.version()))
				b.SetOf(m.digestAlgorithms)
				b.Sequence(func(b *der.Builder) {
					b.OID(m.ContentType)
					if !m.Detached {
						b.Explicit(0, func(b *der.Builder) { b.OctetString(m.Content) })
					}
				})
				if len(m.certificates) > 0 {
					b.ContextConstructed(0, func(b *der.Builder) { b.Raw(bytes.Join(der.SortSet(m.certificates), nil)) })
				}
				if len(m.CRLs) > 0 {
					b.ContextConstructed(1, func(b *der.Builder) { b.Raw(bytes.Join(der.SortSet(m.CRLs), nil)) })
				}
				b.SetOf(m.signers)
			})
		})
	})
	return b.Bytes()
}

// version is CMSVersion by RFC 5652 section 5.1.
func (m *Message) version() int {
	version := 1
	if m.ContentType != oid.Data {
		version = 3
	}
	for _, c := range m.certificates {
		switch der.Tag(c[0]) {
		case der.ContextConstructedTag(3): // other
			return 5
		case der.ContextConstructedTag(2): // v2AttrCert
			version = max(version, 4)
		case der.ContextConstructedTag(1): // v1AttrCert
			version = max(version, 3)
		}
	}
	for _, s := range m.Signers {
		if s.Version == 3 {
			version = max(version, 3)
		}
	}
	return version
}
