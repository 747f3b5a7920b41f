package cert

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
)

// A TBS is what a certificate says, before its signature. It is always of version 3.
type TBS struct {
	Serial              []byte      // INTEGER contents: positive, 1 to 20 octets
	Scheme              *alg.Scheme // that it is going to be signed with
	Issuer              []byte      // encoded name, copied from the issuer's certificate
	Subject             Name
	NotBefore, NotAfter time.Time // to the second
	SPKI                []byte    // encoded SubjectPublicKeyInfo
	Extensions          []Extension
}

// Marshal returns the exact octets to be signed.
func (t TBS) Marshal() ([]byte, error) {
	out, err := t.marshal()
	if err != nil {
		return nil, fmt.Errorf("couldn't write a certificate: %w", err)
	}
	return out, nil
}

func (t TBS) marshal() ([]byte, error) {
	if n := len(t.Serial); n == 0 || n > 20 || t.Serial[0]&0x80 != 0 || n == 1 && t.Serial[0] == 0 {
		return nil, errors.New("serial number is not positive, or over 20 octets")
	}
	if t.Scheme == nil {
		return nil, errors.New("no signature scheme")
	}
	issuer, err := ParseName(t.Issuer)
	if err != nil {
		return nil, err
	}
	if len(issuer) == 0 {
		return nil, errors.New("issuer has an empty name")
	}
	if err := t.Subject.strict(); err != nil {
		return nil, err
	}
	subject, err := t.Subject.Marshal()
	if err != nil {
		return nil, err
	}
	if t.NotAfter.Before(t.NotBefore) {
		return nil, errors.New("it would end before it begins")
	}
	if _, _, err := alg.SplitSPKI(t.SPKI); err != nil {
		return nil, err
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Explicit(0, func(b *der.Builder) { b.Int(2) })
		b.RawInteger(t.Serial)
		alg.WriteIdentifier(b, t.Scheme.Identifier)
		b.Raw(t.Issuer)
		b.Sequence(func(b *der.Builder) {
			b.Time(t.NotBefore)
			b.Time(t.NotAfter)
		})
		b.Raw(subject)
		b.Raw(t.SPKI)
		if len(t.Extensions) > 0 {
			b.Explicit(3, func(b *der.Builder) { WriteExtensions(b, t.Extensions) })
		}
	})
	return b.Bytes()
}

// Assemble puts a signature under to-be-signed octets, of a certificate, a request or a list. It does not verify it: a lint needs the
// whole before there is a signature.
func Assemble(tbs []byte, scheme *alg.Scheme, signature []byte) ([]byte, error) {
	r := der.NewReader(tbs)
	r.Element(der.TagSequence)
	if err := r.End(); err != nil {
		return nil, fmt.Errorf("couldn't put a signature under it: %w", err)
	}
	b := der.NewBuilder()
	b.Sequence(func(b *der.Builder) {
		b.Raw(tbs)
		alg.WriteIdentifier(b, scheme.Identifier)
		b.BitString(signature)
	})
	return b.Bytes()
}

// Sign signs to-be-signed octets and returns the whole.
func Sign(rand io.Reader, tbs []byte, key *alg.PrivateKey, scheme *alg.Scheme) ([]byte, error) {
	signature, err := key.Sign(rand, scheme, tbs)
	if err != nil {
		return nil, err
	}
	return Assemble(tbs, scheme, signature)
}

// extension encodes a value. What cannot be encoded leaves Value nil, which TBS.Marshal and WriteExtensions refuse.
func extension(id oid.OID, critical bool, f func(*der.Builder)) Extension {
	b := der.NewBuilder()
	f(b)
	value, err := b.Bytes()
	if err != nil {
		value = nil
	}
	return Extension{id, critical, value}
}

// ExtBasicConstraints builds basicConstraints; maxPath is -1 for no limit.
func ExtBasicConstraints(critical, ca bool, maxPath int) Extension {
	return extension(oid.ExtBasicConstraints, critical, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			if ca {
				b.Bool(true)
			}
			if maxPath >= 0 {
				b.Int(int64(maxPath))
			}
		})
	})
}

// ExtKeyUsage builds keyUsage.
func ExtKeyUsage(critical bool, bits KeyUsage) Extension {
	var set []int
	for i := range 9 {
		if bits&(1<<i) != 0 {
			set = append(set, i)
		}
	}
	return extension(oid.ExtKeyUsage, critical, func(b *der.Builder) { b.NamedBits(set...) })
}

// ExtEKU builds extendedKeyUsage.
func ExtEKU(critical bool, purposes ...oid.OID) Extension {
	return extension(oid.ExtExtKeyUsage, critical, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			for _, p := range purposes {
				b.OID(p)
			}
		})
	})
}

// ExtSKI builds subjectKeyIdentifier.
func ExtSKI(id []byte) Extension {
	return extension(oid.ExtSubjectKeyID, false, func(b *der.Builder) { b.OctetString(id) })
}

// ExtAKI builds authorityKeyIdentifier of the key identifier alone.
func ExtAKI(keyID []byte) Extension { return ExtAKIFull(keyID, nil, nil) }

// ExtAKIFull builds authorityKeyIdentifier with the issuer's issuer (an encoded name) and serial number, as national
// authorities have it.
func ExtAKIFull(keyID, issuer, serial []byte) Extension {
	return extension(oid.ExtAuthorityKeyID, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			if keyID != nil {
				b.Context(0, keyID)
			}
			if issuer != nil {
				b.ContextConstructed(1, func(b *der.Builder) {
					b.Explicit(DirectoryName, func(b *der.Builder) { b.Raw(issuer) })
				})
			}
			if serial != nil {
				b.Context(2, serial)
			}
		})
	})
}

// ExtPolicies builds certificatePolicies. CPS is an IA5String, ExplicitText a UTF8String; an empty one is left out.
func ExtPolicies(policies []Policy) Extension {
	return extension(oid.ExtCertificatePolicies, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			for _, p := range policies {
				b.Sequence(p.write)
			}
		})
	})
}

func (p Policy) write(b *der.Builder) {
	b.OID(p.OID)
	if p.CPS == "" && p.ExplicitText == "" {
		return
	}
	b.Sequence(func(b *der.Builder) {
		if p.CPS != "" {
			b.Sequence(func(b *der.Builder) {
				b.OID(oid.CPSQualifier)
				b.IA5String(p.CPS)
			})
		}
		if p.ExplicitText != "" {
			b.Sequence(func(b *der.Builder) {
				b.OID(oid.UserNotice)
				b.Sequence(func(b *der.Builder) { b.UTF8String(p.ExplicitText) })
			})
		}
	})
}

// ExtCRLDP builds cRLDistributionPoints: one point under all the URLs, which are places of the same list.
func ExtCRLDP(urls ...string) Extension { return points(oid.ExtCRLDistributionPoints, urls) }

// ExtFreshestCRL builds freshestCRL in the same way.
func ExtFreshestCRL(urls ...string) Extension { return points(oid.ExtFreshestCRL, urls) }

func points(id oid.OID, urls []string) Extension {
	return extension(id, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			b.Sequence(func(b *der.Builder) {
				b.Explicit(0, func(b *der.Builder) {
					b.ContextConstructed(0, func(b *der.Builder) {
						for _, u := range urls {
							writeGeneralName(b, GeneralName{Kind: URI, Value: u})
						}
					})
				})
			})
		})
	})
}

// An AccessDescription is an entry of authorityInfoAccess: oid.OCSP or oid.CAIssuers, and where it is.
type AccessDescription struct {
	Method oid.OID
	URL    string
}

// ExtAIA builds authorityInfoAccess in the given order.
func ExtAIA(entries []AccessDescription) Extension {
	return extension(oid.ExtAuthorityInfoAccess, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			for _, e := range entries {
				b.Sequence(func(b *der.Builder) {
					b.OID(e.Method)
					writeGeneralName(b, GeneralName{Kind: URI, Value: e.URL})
				})
			}
		})
	})
}

// ExtSAN builds subjectAltName. A name with Raw is written as it is; else Kind is Email, DNSName or URI and Value its text.
func ExtSAN(names ...GeneralName) Extension {
	return extension(oid.ExtSubjectAltName, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) {
			for _, n := range names {
				writeGeneralName(b, n)
			}
		})
	})
}

func writeGeneralName(b *der.Builder, n GeneralName) {
	if n.Raw != nil {
		b.Raw(n.Raw)
		return
	}
	e := der.Element{Tag: der.TagIA5String, Contents: []byte(n.Value)}
	if _, ok := der.Text(e); !ok || n.Value == "" || n.Kind != Email && n.Kind != DNSName && n.Kind != URI {
		b.Fail(fmt.Errorf("name of kind %d is empty, outside ASCII or of another kind", n.Kind))
		return
	}
	b.Context(uint8(n.Kind), e.Contents)
}

// ExtKeyStore builds the national extension that says where the key is kept (facts/kz-pki.md section 2.4).
func ExtKeyStore(store oid.OID) Extension {
	return extension(oid.KZKeyStore, false, func(b *der.Builder) {
		b.Sequence(func(b *der.Builder) { b.OID(store) })
	})
}

// ExtOCSPNoCheck builds id-pkix-ocsp-nocheck for the certificate of an OCSP responder.
func ExtOCSPNoCheck() Extension {
	return extension(oid.OCSPNoCheck, false, func(b *der.Builder) { b.Null() })
}
