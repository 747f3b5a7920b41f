package ca

import (
	"fmt"
	"io"
	"math/big"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/lint"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/oid"
)

// A Config is what an operator decides before a hierarchy is made; afterwards it is written into certificates and cannot be
// changed. Start from DemoConfig or NewConfig. Its JSON form is the file hierarchy.json.
type Config struct {
	// Name is what pages and signed statements call the authority: "Senim TEST".
	Name string `json:"name"`

	// Demo marks a hierarchy for trying out. Everything, the roots' keys too, lies in one folder, and every name must say TEST.
	Demo bool `json:"demo,omitempty"`

	// URL is where certificates send relying parties for lists, certificates and answers: "http://ca.example.kz". It is plain http
	// on purpose: whoever checks a certificate must not need another one for it (RFC 5280 section 8).
	URL string `json:"url"`

	// LogName is the name of the audit log in its checkpoints, a host name without scheme: "ca.example.kz/audit".
	LogName string `json:"logName"`

	// TSAPolicy is the policy of time stamps that the authority will issue. It must lie in an arc of your own.
	TSAPolicy oid.OID `json:"tsaPolicy"`

	// Roots are the root authorities, Authorities the issuing ones. Names are used in files and URLs: small Latin letters, digits, underscore.
	Roots       []RootConfig      `json:"roots"`
	Authorities []AuthorityConfig `json:"authorities"`
}

// A RootConfig describes a root authority.
type RootConfig struct {
	Name       string  `json:"name"`       // "root_gost"
	Scheme     string  `json:"scheme"`     // row of alg: "kz-gost-2015-512", "rsa-sha256", "p256-sha256"
	Bits       int     `json:"bits"`       // modulus of an RSA key, 4096; 0 for other kinds
	CommonName string  `json:"commonName"` // at most 64 characters
	Policy     oid.OID `json:"policy"`     // of the root; an arc of your own, 2.25.… if you have none
	CPS        string  `json:"cps"`        // URL of the certification practice statement
	Years      int     `json:"years"`      // of validity
	ListDays   int     `json:"listDays"`   // how long a list of the root is good; it must be renewed with `senim ca crl --root` before
}

// An AuthorityConfig describes an issuing authority with its OCSP responder.
type AuthorityConfig struct {
	Name       string   `json:"name"` // "gost", "rsa", "ec"
	Root       string   `json:"root"` // name of the root that signs it
	Scheme     string   `json:"scheme"`
	Bits       int      `json:"bits"` // 2048 or 4096 for RSA
	CommonName string   `json:"commonName"`
	Policy     oid.OID  `json:"policy"` // of this authority and everything that it issues
	CPS        string   `json:"cps"`
	Years      int      `json:"years"`
	Templates  []string `json:"templates"` // which templates of package profile it issues; each belongs to one authority
}

const (
	gostScheme, rsaScheme, ecScheme = "kz-gost-2015-512", "rsa-sha256", "p256-sha256"
	rootYears, issuingYears         = 20, 10
	rootListDays                    = 365
)

// DemoConfig is the hierarchy of `senim serve --demo`: its names say TEST, its addresses are on this machine, its policies
// lie under 2.25.
func DemoConfig() Config {
	// A UUID made for this demo; everybody may use 2.25 (ITU-T X.667).
	const arc = "2.25.117363934921274886083205741093812254197"
	c := standard("Senim TEST", "SENIM TEST", "http://127.0.0.1:8080", arc)
	c.Demo, c.LogName = true, "senim.test/audit"
	return c
}

// NewConfig is a hierarchy to start from: name is the authority's, base its URL. Its policies lie under 2.25 and a random
// UUID; an organisation with an arc of its own replaces them.
func NewConfig(rand io.Reader, name, base string) (Config, error) {
	var uuid [16]byte
	if _, err := io.ReadFull(rand, uuid[:]); err != nil {
		return Config{}, fmt.Errorf("couldn't make an arc of identifiers: %w", err)
	}
	uuid[6], uuid[8] = uuid[6]&0x0f|0x40, uuid[8]&0x3f|0x80 // RFC 9562 version 4
	c := standard(name, strings.ToUpper(name), base, "2.25."+new(big.Int).SetBytes(uuid[:]).String())
	if u, err := url.Parse(base); err == nil {
		c.LogName = u.Hostname() + "/audit"
	}
	return c, nil
}

func standard(name, upper, base, arc string) Config {
	base = strings.TrimSuffix(base, "/")
	gost, rsa := []string{}, []string{}
	for _, t := range profile.Names() {
		switch profile.KindOf(t) {
		case "kz-gost-2015-512":
			gost = append(gost, t)
		case "rsa":
			rsa = append(rsa, t)
		}
	}
	return Config{
		Name: name, URL: base, TSAPolicy: oid.OID(arc + ".3"),
		Roots: []RootConfig{
			{Name: "root_gost", Scheme: gostScheme, CommonName: upper + " ROOT (GOST)", Policy: oid.OID(arc + ".1"), CPS: base + "/cps", Years: rootYears, ListDays: rootListDays},
			{Name: "root_rsa", Scheme: rsaScheme, Bits: 4096, CommonName: upper + " ROOT (RSA)", Policy: oid.OID(arc + ".1"), CPS: base + "/cps", Years: rootYears, ListDays: rootListDays},
		},
		Authorities: []AuthorityConfig{
			{Name: "gost", Root: "root_gost", Scheme: gostScheme, CommonName: upper + " CA (GOST)", Policy: oid.OID(arc + ".2"), CPS: base + "/cps", Years: issuingYears, Templates: gost},
			{Name: "rsa", Root: "root_rsa", Scheme: rsaScheme, Bits: 2048, CommonName: upper + " CA (RSA)", Policy: oid.OID(arc + ".2"), CPS: base + "/cps", Years: issuingYears, Templates: rsa},
		},
	}
}

// AddEC adds an issuing authority on P-256 under the RSA root, for the template individual-sign-p256: no national form is
// known for it, and it serves comparisons.
func (c *Config) AddEC() {
	rsa := c.Authorities[len(c.Authorities)-1]
	c.Authorities = append(c.Authorities, AuthorityConfig{
		Name: "ec", Root: "root_rsa", Scheme: ecScheme, CommonName: strings.Replace(rsa.CommonName, "(RSA)", "(EC)", 1),
		Policy: rsa.Policy, CPS: rsa.CPS, Years: rsa.Years, Templates: []string{profile.IndividualSignP256},
	})
}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,31}$`)

// Check reports everything that is wrong with the configuration, as fail.Fields: the field is the JSON path.
func (c *Config) Check() error {
	var f fail.Fields
	if c.Name == "" || utf8.RuneCountInString(c.Name) > 64 {
		f.Add("name", "ca.name")
	}
	if real := forbiddenName(c.Name); real != "" {
		f.Add("name", "ca.real-name", "name", real)
	}
	u, err := url.Parse(c.URL)
	switch {
	case err != nil || u.Scheme != "http" || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.HasSuffix(c.URL, "/"):
		f.Add("url", "ca.url")
	case forbiddenHost(u.Hostname()):
		f.Add("url", "ca.real-host", "host", u.Hostname())
	}
	if c.LogName == "" || strings.ContainsAny(c.LogName, " +\n") {
		f.Add("logName", "ca.log-name")
	}
	policy(&f, "tsaPolicy", c.TSAPolicy)
	if len(c.Roots) == 0 || len(c.Authorities) == 0 {
		f.Add("authorities", "ca.empty")
	}
	names, templates := []string{}, []string{}
	for i, r := range c.Roots {
		at := "roots[" + strconv.Itoa(i) + "]."
		c.authority(&f, at, r.Name, r.CommonName, r.Scheme, r.Bits, r.Policy, r.CPS, r.Years, &names)
		if r.ListDays < 1 || r.ListDays > 3660 {
			f.Add(at+"listDays", "ca.years")
		}
	}
	for i, a := range c.Authorities {
		at := "authorities[" + strconv.Itoa(i) + "]."
		c.authority(&f, at, a.Name, a.CommonName, a.Scheme, a.Bits, a.Policy, a.CPS, a.Years, &names)
		root := slices.IndexFunc(c.Roots, func(r RootConfig) bool { return r.Name == a.Root })
		if root < 0 {
			f.Add(at+"root", "ca.no-root", "root", a.Root)
		} else if a.Years > c.Roots[root].Years {
			f.Add(at+"years", "ca.years")
		}
		for _, t := range a.Templates {
			switch {
			case !slices.Contains(profile.Names(), t) || t == profile.Root || t == profile.Issuing || t == profile.OCSPResponder:
				f.Add(at+"templates", "ca.template", "template", t)
			case slices.Contains(templates, t):
				f.Add(at+"templates", "ca.template-doubled", "template", t)
			}
			templates = append(templates, t)
		}
	}
	return f.Err()
}

func (c *Config) authority(f *fail.Fields, at, name, commonName, scheme string, bits int, p oid.OID, cps string, years int, names *[]string) {
	if !nameForm.MatchString(name) || slices.Contains(*names, name) {
		f.Add(at+"name", "ca.short-name", "name", name)
	}
	*names = append(*names, name)
	if n := utf8.RuneCountInString(commonName); n == 0 || n > 64 || !lint.PlainText(commonName) {
		f.Add(at+"commonName", "ca.name")
	}
	if real := forbiddenName(commonName); real != "" {
		f.Add(at+"commonName", "ca.real-name", "name", real)
	}
	if c.Demo && !strings.Contains(strings.ToUpper(commonName), "TEST") {
		f.Add(at+"commonName", "ca.demo-name")
	}
	s := alg.SchemeByName(scheme)
	switch {
	case s == nil:
		f.Add(at+"scheme", "ca.scheme", "scheme", scheme)
	case s.Kind.Name == "rsa" && bits != 2048 && bits != 3072 && bits != 4096, s.Kind.Name != "rsa" && bits != 0:
		f.Add(at+"bits", "ca.bits")
	}
	policy(f, at+"policy", p)
	u, err := url.Parse(cps)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" || forbiddenHost(u.Hostname()) {
		f.Add(at+"cps", "ca.cps")
	}
	if years < 1 || years > 30 {
		f.Add(at+"years", "ca.years")
	}
}

func policy(f *fail.Fields, at string, p oid.OID) {
	switch {
	case p.Contents() == nil:
		f.Add(at, "ca.policy")
	case forbiddenOID(p):
		f.Add(at, "ca.real-oid", "oid", string(p))
	}
}

// urls returns the published addresses of an authority. OCSP has one address for all: a request names its issuer.
func (c *Config) urls(issuer string) URLs {
	return URLs{CRL: c.URL + "/crl/" + issuer + ".crl", CAIssuers: c.URL + "/cert/" + issuer + ".cer", OCSP: c.URL + "/ocsp"}
}
