package cert

import (
	"crypto/sha1"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/oid"
)

// A View is what a person wants to know of a certificate, in words, and for programs under stable JSON names. Times are UTC.
type View struct {
	Version            int             `json:"version"`
	Serial             string          `json:"serial"`
	OddSerial          bool            `json:"oddSerial,omitempty"`
	Subject            string          `json:"subject"`
	SubjectAttributes  []AttributeView `json:"subjectAttributes"`
	CommonName         string          `json:"commonName,omitempty"`
	IIN                string          `json:"iin,omitempty"`
	BIN                string          `json:"bin,omitempty"`
	Issuer             string          `json:"issuer"`
	NotBefore          time.Time       `json:"notBefore"`
	NotAfter           time.Time       `json:"notAfter"`
	Key                KeyView         `json:"key"`
	SignatureAlgorithm AlgorithmView   `json:"signatureAlgorithm"`
	CA                 bool            `json:"ca"`
	PathLength         *int            `json:"pathLength,omitempty"`
	KeyUsage           []string        `json:"keyUsage,omitempty"`
	ExtendedKeyUsage   []OIDView       `json:"extendedKeyUsage,omitempty"`
	ForSigning         bool            `json:"forSigning"`
	ForAuthentication  bool            `json:"forAuthentication"`
	Policies           []PolicyView    `json:"policies,omitempty"`
	SubjectKeyID       string          `json:"subjectKeyId,omitempty"`
	AuthorityKeyID     string          `json:"authorityKeyId,omitempty"`
	CRLURLs            []string        `json:"crlUrls,omitempty"`
	FreshestCRLURLs    []string        `json:"freshestCrlUrls,omitempty"`
	OCSPURLs           []string        `json:"ocspUrls,omitempty"`
	CAIssuersURLs      []string        `json:"caIssuersUrls,omitempty"`
	SubjectAltNames    []string        `json:"subjectAltNames,omitempty"`
	KeyStore           *OIDView        `json:"keyStore,omitempty"`
	OCSPNoCheck        bool            `json:"ocspNoCheck,omitempty"`
	Extensions         []ExtensionView `json:"extensions,omitempty"`
	SHA1               string          `json:"sha1"`
	SHA256             string          `json:"sha256"`
}

// An AttributeView is one attribute of a name.
type AttributeView struct {
	OID   string `json:"oid"`
	Name  string `json:"name"`
	Value string `json:"value"`
}

// An OIDView is an identifier with its name, which is the identifier again when nobody named it.
type OIDView struct {
	OID  string `json:"oid"`
	Name string `json:"name"`
}

// An AlgorithmView names an algorithm; Supported says that this program can verify with it.
type AlgorithmView struct {
	OID       string `json:"oid"`
	Name      string `json:"name"`
	Supported bool   `json:"supported"`
}

// A KeyView is a public key. Bits is 0 when the algorithm is not known; Weak says why it is not to be relied on.
type KeyView struct {
	AlgorithmView
	Bits int    `json:"bits,omitempty"`
	Weak string `json:"weak,omitempty"`
	SHA1 string `json:"sha1"` // of the BIT STRING content, as key identifiers are
}

// A PolicyView is one certificate policy.
type PolicyView struct {
	OIDView
	CPS          string `json:"cps,omitempty"`
	ExplicitText string `json:"explicitText,omitempty"`
}

// An ExtensionView is one extension as it stands in the list.
type ExtensionView struct {
	OIDView
	Critical  bool `json:"critical"`
	Size      int  `json:"size"` // octets
	Known     bool `json:"known"`
	Malformed bool `json:"malformed,omitempty"`
}

var usageNames = [...]string{
	"digitalSignature", "nonRepudiation", "keyEncipherment", "dataEncipherment", "keyAgreement", "keyCertSign", "cRLSign", "encipherOnly", "decipherOnly",
}

// Names returns the names of RFC 5280 of the bits that are set, in their order.
func (u KeyUsage) Names() []string {
	var out []string
	for i, name := range usageNames {
		if u&(1<<i) != 0 {
			out = append(out, name)
		}
	}
	return out
}

// View returns the certificate in words.
func (c *Certificate) View() View {
	sum1 := sha1.Sum(c.Raw)
	sum256 := c.Fingerprint()
	v := View{
		Version: c.Version, Serial: c.SerialHex(), OddSerial: c.OddSerial(),
		Subject: c.Subject.String(), SubjectAttributes: c.Subject.View(), CommonName: c.CommonName(), IIN: c.IIN(), BIN: c.BIN(),
		Issuer: c.Issuer.String(), NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Key: ViewKey(c.PublicKeyAlgorithm, c.PublicKeyBits, c.PublicKey), SignatureAlgorithm: ViewSignature(c.SignatureAlgorithm),
		CA: c.IsCA(), KeyUsage: c.KeyUsage.Names(), ForSigning: c.IsSigning(), ForAuthentication: c.IsAuthentication(),
		SubjectKeyID: hex.EncodeToString(c.SubjectKeyID), AuthorityKeyID: hex.EncodeToString(c.AuthorityKeyID.KeyID),
		CRLURLs: c.CRLURLs, FreshestCRLURLs: c.FreshestCRLURLs, OCSPURLs: c.OCSPURLs, CAIssuersURLs: c.CAIssuersURLs,
		OCSPNoCheck: c.OCSPNoCheck, Extensions: ViewExtensions(c.Extensions, c.Malformed),
		SHA1: hex.EncodeToString(sum1[:]), SHA256: hex.EncodeToString(sum256[:]),
	}
	if b := c.BasicConstraints; b != nil && b.MaxPath >= 0 {
		v.PathLength = &b.MaxPath
	}
	for _, p := range c.ExtKeyUsage {
		v.ExtendedKeyUsage = append(v.ExtendedKeyUsage, viewOID(p))
	}
	for _, p := range c.Policies {
		v.Policies = append(v.Policies, PolicyView{viewOID(p.OID), p.CPS, p.ExplicitText})
	}
	for _, n := range c.SubjectAltNames {
		v.SubjectAltNames = append(v.SubjectAltNames, n.String())
	}
	if c.KeyStore != "" {
		store := viewOID(c.KeyStore)
		v.KeyStore = &store
	}
	return v
}

// View returns the attributes of a name in their order.
func (n Name) View() []AttributeView {
	out := []AttributeView{}
	for _, rdn := range n {
		for _, a := range rdn {
			name, ok := attributeNames[a.Type]
			if !ok {
				name = a.Type.Name()
			}
			out = append(out, AttributeView{string(a.Type), name, a.Value})
		}
	}
	return out
}

func viewOID(id oid.OID) OIDView { return OIDView{string(id), id.Name()} }

// ViewSignature names a signature algorithm.
func ViewSignature(id alg.Identifier) AlgorithmView {
	v := AlgorithmView{OID: string(id.OID), Name: id.OID.Name()}
	for _, s := range alg.Schemes() {
		if s.Identifier.OID == id.OID {
			v.Supported = true
			v.Name = s.Title
			break
		}
	}
	return v
}

// ViewKey describes a public key; key is nil when no linked row knows it.
func ViewKey(id alg.Identifier, bits []byte, key *alg.PublicKey) KeyView {
	sum := sha1.Sum(bits)
	v := KeyView{AlgorithmView: AlgorithmView{OID: string(id.OID), Name: id.OID.Name()}, SHA1: hex.EncodeToString(sum[:])}
	if key == nil {
		return v
	}
	v.Name, v.Supported, v.Bits = key.Kind.Title, true, key.BitLen()
	if err := alg.Acceptable(key, nil); err != nil {
		v.Weak = err.Error()
	}
	return v
}

// ViewExtensions lists extensions.
func ViewExtensions(extensions []Extension, malformed []oid.OID) []ExtensionView {
	var out []ExtensionView
	for _, e := range extensions {
		v := ExtensionView{OIDView: viewOID(e.OID), Critical: e.Critical, Size: len(e.Value), Known: Known(e.OID)}
		for _, id := range malformed {
			v.Malformed = v.Malformed || id == e.OID
		}
		out = append(out, v)
	}
	return out
}

// String shows a name of subjectAltName with its kind: "DNS:example.kz".
func (g GeneralName) String() string {
	kind := [...]string{"other", "email", "DNS", "X.400", "name", "EDI", "URI", "IP", "OID"}
	if g.Kind < 0 || g.Kind >= len(kind) {
		return Shown(g.Value)
	}
	return kind[g.Kind] + ":" + Shown(g.Value)
}

// Shown returns text from a certificate as it may be printed to a terminal: what doesn't show, or turns the direction of
// writing, becomes an escape. The line break inside a URL of the authorities of 2018 is why it exists.
func Shown(s string) string {
	var b strings.Builder
	for _, c := range s {
		if visible(c) {
			b.WriteRune(c)
		} else {
			fmt.Fprintf(&b, `\u{%X}`, c)
		}
	}
	return b.String()
}

// Text returns the certificate in lines for a terminal.
func Text(c *Certificate) string { return c.View().String() }

// TimeLayout is how the views print a moment, in UTC.
const TimeLayout = "2006-01-02 15:04:05 UTC"

// Line adds one aligned line to a text of this package's style, and nothing for an empty value.
func Line(b *strings.Builder, label, value string) {
	if value != "" {
		fmt.Fprintf(b, "%-20s %s\n", label, Visible(value))
	}
}

// String returns the lines of Text.
func (v View) String() string {
	var b strings.Builder
	Line(&b, "subject", v.Subject)
	Line(&b, "IIN", v.IIN)
	Line(&b, "BIN", v.BIN)
	Line(&b, "issuer", v.Issuer)
	serial := v.Serial
	if v.OddSerial {
		serial += " (zero, negative or too long)"
	}
	Line(&b, "serial number", serial)
	Line(&b, "valid from", v.NotBefore.UTC().Format(TimeLayout))
	Line(&b, "valid until", v.NotAfter.UTC().Format(TimeLayout))
	Line(&b, "key", v.Key.String())
	Line(&b, "signed with", v.SignatureAlgorithm.String())
	if v.CA {
		ca := "yes"
		if v.PathLength != nil {
			ca = fmt.Sprintf("yes, %d authorities may follow", *v.PathLength)
		}
		Line(&b, "authority", ca)
	}
	Line(&b, "key usage", strings.Join(v.KeyUsage, ", "))
	for _, p := range v.ExtendedKeyUsage {
		Line(&b, "purpose", p.String())
	}
	for _, p := range v.Policies {
		Line(&b, "policy", strings.TrimSpace(p.OIDView.String()+" "+Shown(p.CPS)))
		Line(&b, "policy text", Shown(p.ExplicitText))
	}
	for _, n := range v.SubjectAltNames {
		Line(&b, "also named", n)
	}
	if v.KeyStore != nil {
		Line(&b, "key storage", v.KeyStore.String())
	}
	for _, list := range []struct {
		label string
		urls  []string
	}{{"CRL", v.CRLURLs}, {"delta CRL", v.FreshestCRLURLs}, {"OCSP", v.OCSPURLs}, {"issuer's certificate", v.CAIssuersURLs}} {
		for _, u := range list.urls {
			Line(&b, list.label, Shown(u))
		}
	}
	if v.OCSPNoCheck {
		Line(&b, "OCSP", "revocation of this responder is not checked")
	}
	Line(&b, "key identifier", v.SubjectKeyID)
	Line(&b, "issuer's key", v.AuthorityKeyID)
	for _, e := range v.Extensions {
		Line(&b, "extension", e.String())
	}
	Line(&b, "SHA-1", v.SHA1)
	Line(&b, "SHA-256", v.SHA256)
	return b.String()
}

// String is the name, and the identifier where that is something else.
func (o OIDView) String() string {
	if o.Name == o.OID {
		return o.OID
	}
	return o.Name + " (" + o.OID + ")"
}

// String names the algorithm.
func (a AlgorithmView) String() string {
	s := OIDView{a.OID, a.Name}.String()
	if !a.Supported {
		s += ", not supported"
	}
	return s
}

// String names the key.
func (k KeyView) String() string {
	s := k.AlgorithmView.String()
	if k.Bits > 0 {
		s += fmt.Sprintf(", %d bits", k.Bits)
	}
	if k.Weak != "" {
		s += ", weak: " + k.Weak
	}
	return s
}

// String names the extension and what is odd about it.
func (e ExtensionView) String() string {
	s := e.OIDView.String()
	if e.Critical {
		s += ", critical"
	}
	if e.Malformed {
		s += ", malformed"
	}
	return s
}

// A RequestView is a certification request in words.
type RequestView struct {
	Subject            string          `json:"subject"`
	SubjectAttributes  []AttributeView `json:"subjectAttributes"`
	Key                KeyView         `json:"key"`
	SignatureAlgorithm AlgorithmView   `json:"signatureAlgorithm"`
	SignatureValid     bool            `json:"signatureValid"` // it was made with the requested key
	Extensions         []ExtensionView `json:"extensions,omitempty"`
}

// View returns the request in words; it verifies the signature.
func (q *Request) View() RequestView {
	id, bits, _ := alg.SplitSPKI(q.RawSPKI)
	return RequestView{
		Subject: q.Subject.String(), SubjectAttributes: q.Subject.View(),
		Key: ViewKey(id, bits, q.PublicKey), SignatureAlgorithm: ViewSignature(q.SignatureAlgorithm),
		SignatureValid: q.CheckSignature() == nil, Extensions: ViewExtensions(q.Extensions, nil),
	}
}

// String returns the request in lines for a terminal.
func (v RequestView) String() string {
	var b strings.Builder
	Line(&b, "subject", v.Subject)
	Line(&b, "key", v.Key.String())
	Line(&b, "signed with", v.SignatureAlgorithm.String())
	valid := "no"
	if v.SignatureValid {
		valid = "yes"
	}
	Line(&b, "signature verifies", valid)
	for _, e := range v.Extensions {
		Line(&b, "extension", e.String())
	}
	return b.String()
}
