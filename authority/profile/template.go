package profile

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/oid"
	"github.com/senim-pki/senim/pki/cert"
)

// A Template is one kind of certificate of one issuing authority. Its fields are what package lint checks a result by.
type Template struct {
	Name       string
	Kind       string // of the key, a row of alg; "" is any
	Person     bool   // names a person, by IIN
	CA         bool
	Years      int // of validity, at most; 0 when the caller decides
	Subject    []Attribute
	Usage      cert.KeyUsage
	UsageFree  bool // keyUsage is not critical
	Purposes   []oid.OID
	Extensions []oid.OID // in the order in which they are written

	hierarchy Hierarchy
}

// An Attribute of a subject name, each an RDN of its own.
type Attribute struct {
	Type     oid.OID
	Tag      der.Tag
	Optional bool // left out when the request has no value for it
}

// A Set is the templates of one issuing authority.
type Set struct{ hierarchy Hierarchy }

// National returns the templates in the form of the national authority's hierarchy of 2022 (facts/kz-pki.md sections 2.2
// to 2.4), with the values of h.
func National(h Hierarchy) Set { return Set{h} }

// Template returns the template of that name, or nil.
func (s Set) Template(name string) *Template {
	for _, t := range national {
		if t.Name == name {
			t.hierarchy = s.hierarchy
			return &t
		}
	}
	return nil
}

// Names returns the names of all templates.
func Names() []string {
	var names []string
	for _, t := range national {
		names = append(names, t.Name)
	}
	return names
}

// KindOf returns the kind of key that the template takes, as alg calls it; "" for any kind and for an unknown template.
func KindOf(template string) string {
	for _, t := range national {
		if t.Name == template {
			return t.Kind
		}
	}
	return ""
}

// Orders of extensions. The order is part of the form: programs in the field have been seen to compare whole certificates.
var (
	personOrder  = []oid.OID{oid.ExtCertificatePolicies, oid.ExtAuthorityInfoAccess, oid.ExtCRLDistributionPoints, oid.ExtFreshestCRL, oid.ExtExtKeyUsage, oid.ExtKeyUsage, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID, oid.KZKeyStore}
	ocspOrder    = []oid.OID{oid.ExtKeyUsage, oid.OCSPNoCheck, oid.ExtExtKeyUsage, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID, oid.KZKeyStore}
	rootOrder    = []oid.OID{oid.ExtBasicConstraints, oid.ExtKeyUsage, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID, oid.ExtCertificatePolicies}
	issuingOrder = []oid.OID{oid.ExtBasicConstraints, oid.ExtKeyUsage, oid.ExtCRLDistributionPoints, oid.ExtSubjectKeyID, oid.ExtAuthorityKeyID, oid.ExtAuthorityInfoAccess, oid.ExtCertificatePolicies}
)

// Names (facts/kz-pki.md section 2.3).
var (
	personName = []Attribute{
		{Type: oid.CommonName, Tag: der.TagUTF8String},
		{Type: oid.Surname, Tag: der.TagUTF8String},
		{Type: oid.SerialNumber, Tag: der.TagPrintableString},
		{Type: oid.Country, Tag: der.TagPrintableString},
		{Type: oid.GivenName, Tag: der.TagUTF8String, Optional: true}, // the patronymic
	}
	serviceName = []Attribute{
		{Type: oid.CommonName, Tag: der.TagUTF8String},
		{Type: oid.Country, Tag: der.TagPrintableString},
		{Type: oid.Organization, Tag: der.TagUTF8String, Optional: true},
	}
)

const (
	authUsage     = cert.DigitalSignature | cert.KeyEncipherment                    // 03 02 05 A0
	signUsage     = cert.DigitalSignature | cert.NonRepudiation                     // 03 02 06 C0
	gostSignUsage = cert.DigitalSignature | cert.NonRepudiation | cert.KeyAgreement // 03 02 03 C8
	caUsage       = cert.KeyCertSign | cert.CRLSign                                 // 03 02 01 06
	rsa, gost     = "rsa", "kz-gost-2015-512"
)

func people(name, kind string, usage cert.KeyUsage, purposes ...oid.OID) Template {
	return Template{Name: name, Kind: kind, Person: true, Years: 1, Subject: personName, Usage: usage, Purposes: purposes, Extensions: personOrder}
}

var national = []Template{
	people(IndividualAuthRSA, rsa, authUsage, oid.EKUClientAuth, oid.KZEKUIndividual),
	people(IndividualSignGOST512, gost, gostSignUsage, oid.EKUEmailProtection, oid.KZEKUIndividual),
	people(IndividualSignRSA, rsa, signUsage, oid.EKUEmailProtection, oid.KZEKUIndividual),
	people(IndividualSignP256, "p256", signUsage, oid.EKUEmailProtection, oid.KZEKUIndividual),

	people(OperatorAuthRSA, rsa, authUsage, oid.EKUClientAuth, oid.KZEKUOperator),
	people(OperatorSignGOST512, gost, gostSignUsage, oid.EKUEmailProtection, oid.KZEKUOperator),
	people(AdministratorAuthRSA, rsa, authUsage, oid.EKUClientAuth, oid.KZEKUAdministrator),
	people(AdministratorSignGOST512, gost, gostSignUsage, oid.EKUEmailProtection, oid.KZEKUAdministrator),

	{Name: OCSPResponder, Years: 1, Subject: serviceName, Usage: cert.DigitalSignature, UsageFree: true, Purposes: []oid.OID{oid.EKUOCSPSigning}, Extensions: ocspOrder},
	{Name: Root, CA: true, Subject: serviceName, Usage: caUsage, Extensions: rootOrder},
	{Name: Issuing, CA: true, Subject: serviceName, Usage: caUsage, Extensions: issuingOrder},
}

// Hierarchy returns the values that the template writes into every certificate.
func (t *Template) Hierarchy() Hierarchy { return t.hierarchy }

// NotAfter returns the end of validity of a certificate that begins at notBefore: the same time of day, Years later.
func (t *Template) NotAfter(notBefore time.Time) time.Time { return notBefore.AddDate(t.Years, 0, 0) }

// Written returns the extensions that a certificate has, in order: those whose value the hierarchy lacks are left out.
func (t *Template) Written() []oid.OID {
	h := t.hierarchy
	return slices.DeleteFunc(slices.Clone(t.Extensions), func(id oid.OID) bool {
		switch id {
		case oid.ExtCRLDistributionPoints:
			return h.CRL == ""
		case oid.ExtFreshestCRL:
			return h.DeltaCRL == ""
		case oid.ExtAuthorityInfoAccess:
			return len(t.access()) == 0
		case oid.ExtCertificatePolicies:
			return h.Policy == ""
		}
		return false
	})
}

// TBS returns the exact to-be-signed bytes of the certificate that r asks for.
func (t *Template) TBS(r Request) ([]byte, error) {
	out, err := t.tbs(r)
	if err != nil {
		return nil, fmt.Errorf("couldn't fill the template %s: %w", t.Name, err)
	}
	return out, nil
}

func (t *Template) tbs(r Request) ([]byte, error) {
	if r.PublicKey == nil || t.Kind != "" && r.PublicKey.Kind.Name != t.Kind {
		return nil, errors.New("the key is of another kind")
	}
	tbs := cert.TBS{
		Serial: r.Serial, Scheme: t.hierarchy.Scheme, Issuer: t.hierarchy.Issuer, Subject: t.name(r),
		NotBefore: r.NotBefore, NotAfter: r.NotAfter, SPKI: r.PublicKey.SPKI,
	}
	for _, id := range t.Written() {
		e, err := t.extension(id, r.PublicKey)
		if err != nil {
			return nil, err
		}
		tbs.Extensions = append(tbs.Extensions, e)
	}
	return tbs.Marshal()
}

func (t *Template) name(r Request) cert.Name {
	var name cert.Name
	for _, a := range t.Subject {
		value := ""
		switch a.Type {
		case oid.CommonName:
			value = r.CommonName
		case oid.Surname:
			value = r.Surname
		case oid.SerialNumber:
			value = "IIN" + r.IIN
		case oid.Country:
			value = "KZ"
		case oid.GivenName:
			value = r.Patronymic
		case oid.Organization:
			value = r.Organization
		}
		if value == "" && a.Optional {
			continue
		}
		name = append(name, cert.RDN{{Type: a.Type, Tag: uint8(a.Tag), Value: value}})
	}
	return name
}

// access returns where the issuer and its status are found. An authority's own certificate names the issuer only: a root
// answers by its list.
func (t *Template) access() []cert.AccessDescription {
	var all []cert.AccessDescription
	if t.hierarchy.OCSP != "" && !t.CA {
		all = append(all, cert.AccessDescription{Method: oid.OCSP, URL: t.hierarchy.OCSP})
	}
	if t.hierarchy.CAIssuers != "" {
		all = append(all, cert.AccessDescription{Method: oid.CAIssuers, URL: t.hierarchy.CAIssuers})
	}
	return all
}

func (t *Template) extension(id oid.OID, key *alg.PublicKey) (cert.Extension, error) {
	h := t.hierarchy
	switch id {
	case oid.ExtBasicConstraints:
		return cert.ExtBasicConstraints(true, true, -1), nil
	case oid.ExtKeyUsage:
		return cert.ExtKeyUsage(!t.UsageFree, t.Usage), nil
	case oid.ExtExtKeyUsage:
		return cert.ExtEKU(false, t.Purposes...), nil
	case oid.ExtSubjectKeyID:
		return cert.ExtSKI(cert.KeyID(key)), nil
	case oid.ExtAuthorityKeyID:
		if t.CA {
			return cert.ExtAKIFull(h.KeyID, h.IssuerIssuer, h.IssuerSerial), nil
		}
		return cert.ExtAKI(h.KeyID), nil
	case oid.ExtCertificatePolicies:
		return cert.ExtPolicies([]cert.Policy{{OID: h.Policy, CPS: h.CPS}}), nil
	case oid.ExtCRLDistributionPoints:
		return cert.ExtCRLDP(h.CRL), nil
	case oid.ExtFreshestCRL:
		return cert.ExtFreshestCRL(h.DeltaCRL), nil
	case oid.ExtAuthorityInfoAccess:
		return cert.ExtAIA(t.access()), nil
	case oid.KZKeyStore:
		store := h.Storage
		if store == "" {
			store = oid.KZStorePKCS12
		}
		return cert.ExtKeyStore(store), nil
	case oid.OCSPNoCheck:
		return cert.ExtOCSPNoCheck(), nil
	}
	return cert.Extension{}, fmt.Errorf("the template has the extension %s, which nobody fills", id)
}
