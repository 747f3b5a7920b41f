package alg

import (
	"fmt"
	"slices"
)

var (
	hashes  []*Hash
	kinds   []*Kind
	schemes []*Scheme
)

// Register adds rows, each a *Hash, a *Kind or a *Scheme. It is called from the init functions of the packages that hold
// rows and is not safe later. A name that is already taken, or anything else than a row, panics: the program is wrong.
func Register(rows ...any) {
	for _, row := range rows {
		switch row := row.(type) {
		case *Hash:
			if HashByName(row.Name) != nil {
				panic("alg: two digests are called " + row.Name)
			}
			hashes = append(hashes, row)
		case *Kind:
			if KindByName(row.Name) != nil {
				panic("alg: two kinds of keys are called " + row.Name)
			}
			kinds = append(kinds, row)
		case *Scheme:
			if SchemeByName(row.Name) != nil {
				panic("alg: two signature schemes are called " + row.Name)
			}
			schemes = append(schemes, row)
		default:
			panic(fmt.Sprintf("alg: %T is no row", row))
		}
	}
}

// Hashes returns every linked digest, in order of registration.
func Hashes() []*Hash { return slices.Clone(hashes) }

// Kinds returns every linked kind of key, in order of registration.
func Kinds() []*Kind { return slices.Clone(kinds) }

// Schemes returns every linked signature scheme, in order of registration.
func Schemes() []*Scheme { return slices.Clone(schemes) }

// HashByName returns the digest of the name, nil when it is not linked.
func HashByName(name string) *Hash {
	return find(hashes, func(h *Hash) bool { return h.Name == name })
}

// KindByName returns the kind of the name, nil when it is not linked.
func KindByName(name string) *Kind {
	return find(kinds, func(k *Kind) bool { return k.Name == name })
}

// SchemeByName returns the scheme of the name, nil when it is not linked.
func SchemeByName(name string) *Scheme {
	return find(schemes, func(s *Scheme) bool { return s.Name == name })
}

// HashByID returns the digest of a digestAlgorithm. Parameters may be NULL or absent: both are met for every digest
// (facts/kz-pki.md section 3.3). An identifier of no linked row is ErrUnsupported.
func HashByID(id Identifier) (*Hash, error) {
	h := find(hashes, func(h *Hash) bool { return h.Identifier.OID == id.OID || slices.Contains(h.Aliases, id.OID) })
	if h == nil {
		return nil, fmt.Errorf("couldn't find digest %s: %w", id.OID, ErrUnsupported)
	}
	if !id.Plain() {
		return nil, fmt.Errorf("couldn't use digest %s: parameters are neither NULL nor absent", id.OID.Name())
	}
	return h, nil
}

// SchemeByID returns the scheme of a signatureAlgorithm of a certificate, CRL, OCSP answer or request, which has to fit the
// key that the signature is to be verified with. An identifier of no linked row is ErrUnsupported; one that needs
// another kind of key is another error.
func SchemeByID(id Identifier, pub *PublicKey) (*Scheme, error) {
	if pub == nil {
		return nil, fmt.Errorf("couldn't find signature algorithm %s: key of an %w", id.OID, ErrUnsupported)
	}
	return schemeFor(id, pub.Kind, func(*Scheme) bool { return true })
}

// SchemeForCMS returns the scheme of a SignerInfo from its digestAlgorithm and signatureAlgorithm. Besides the identifiers of
// SchemeByID, signatureAlgorithm may be that of the key: rsaEncryption (RFC 3370 section 3.2), id-ecPublicKey, and the GOST keys
// (the Kazakh C library, facts/kz-pki.md section 0 row 7, and OpenSSL's engine), with the key's parameters or none; then the
// digest decides. A signatureAlgorithm that fixes another digest is an error.
func SchemeForCMS(digest, signature Identifier, pub *PublicKey) (*Scheme, error) {
	if pub == nil {
		return nil, fmt.Errorf("couldn't find signature algorithm %s: key of an %w", signature.OID, ErrUnsupported)
	}
	h, err := HashByID(digest)
	if err != nil {
		return nil, err
	}
	if signature.OID != pub.Kind.OID {
		return schemeFor(signature, pub.Kind, func(s *Scheme) bool { return s.Hash == h })
	}
	if own, _, err := SplitSPKI(pub.SPKI); !signature.Plain() && (err != nil || !signature.Equal(own)) {
		return nil, fmt.Errorf("couldn't use signature algorithm %s: parameters are not those of the key", signature.OID.Name())
	}
	s := find(schemes, func(s *Scheme) bool { return s.Kind == pub.Kind && s.Hash == h })
	if s == nil {
		return nil, fmt.Errorf("couldn't find a signature with %s and %s: %w", pub.Kind.Title, h.Title, ErrUnsupported)
	}
	return s, nil
}

func schemeFor(id Identifier, kind *Kind, fits func(*Scheme) bool) (*Scheme, error) {
	known := false
	for _, s := range schemes {
		if s.Identifier.OID != id.OID {
			continue
		}
		known = true
		if s.Kind != kind || !fits(s) {
			continue
		}
		// RFC 4055 and the Kazakh formats write NULL, RFC 5758 and RFC 9215 nothing, and programs mix them up (OpenSSL's GOST
		// engine writes NULL): either is read, anything that says something is not.
		if !id.Plain() {
			return nil, fmt.Errorf("couldn't use signature algorithm %s: parameters are neither NULL nor absent", id.OID.Name())
		}
		return s, nil
	}
	if known {
		return nil, fmt.Errorf("couldn't use signature algorithm %s: it doesn't fit the key (%s) or the digest", id.OID.Name(), kind.Title)
	}
	return nil, fmt.Errorf("couldn't find signature algorithm %s: %w", id.OID, ErrUnsupported)
}

// DefaultScheme returns the scheme that this product signs with under a key of the kind: its first row. For RSA and P-256 that
// is SHA-256. It is nil when no scheme of the kind is linked.
func DefaultScheme(kind *Kind) *Scheme {
	return find(schemes, func(s *Scheme) bool { return s.Kind == kind })
}

func find[T any](rows []*T, is func(*T) bool) *T {
	if i := slices.IndexFunc(rows, is); i >= 0 {
		return rows[i]
	}
	return nil
}
