// Package ca makes and opens a hierarchy: root authorities, issuing authorities, their OCSP responders, and the keys of all.
//
// Config is what an operator writes; a Hierarchy is what was checked and opened. Roots are made into a folder of their
// own and are needed again only to renew what they signed. The package decides nothing about certificates of people.
package ca

import (
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/pki/cert"
)

// A Hierarchy is an opened authority: certificates, keys and addresses. It is not changed after Open, and may be used by
// several goroutines at once.
type Hierarchy struct {
	name        string // as statements and pages call the authority
	demo        bool
	config      Config
	roots       []Root
	authorities []*Authority
	logKey      string // note signer key, as sumdb/note writes it
	logVerifier string
	sealing     []byte
	issues      map[string]string // template → authority
}

// An Authority is an issuing authority with its key and its OCSP responder.
type Authority struct {
	Name        string // "gost", "rsa"; in URLs, in the register, in the log
	Certificate *cert.Certificate
	Key         *alg.PrivateKey
	Scheme      *alg.Scheme
	Root        *cert.Certificate // that signed Certificate
	Responder   Responder
	URLs        URLs
	Profile     profile.Hierarchy // what its certificates have in common
}

// A Responder signs OCSP answers for one issuing authority (RFC 6960 section 4.2.2.2).
type Responder struct {
	Certificate *cert.Certificate
	Key         *alg.PrivateKey
	Scheme      *alg.Scheme
}

// URLs are where relying parties find what an authority publishes.
type URLs struct{ CRL, DeltaCRL, CAIssuers, OCSP string }

// A Root is a root authority as the running service knows it: certificate and current list, no key.
type Root struct {
	Name        string // "root_gost", "root_rsa"
	Certificate *cert.Certificate
	List        []byte // its CRL, DER

	nextUpdate time.Time // of List
}

// Name returns what statements and pages call the authority.
func (h *Hierarchy) Name() string { return h.name }

// Demo reports whether the hierarchy is for trying out: its names say TEST, and everything lies in one folder.
func (h *Hierarchy) Demo() bool { return h.demo }

// Roots returns the root authorities.
func (h *Hierarchy) Roots() []Root { return append([]Root(nil), h.roots...) }

// Authorities returns the issuing authorities in the order of the configuration.
func (h *Hierarchy) Authorities() []*Authority { return append([]*Authority(nil), h.authorities...) }

// Authority returns the issuing authority of that name, or nil.
func (h *Hierarchy) Authority(name string) *Authority {
	for _, a := range h.authorities {
		if a.Name == name {
			return a
		}
	}
	return nil
}

// Issuer returns the issuing authority that issues certificates of the template, or nil.
func (h *Hierarchy) Issuer(template string) *Authority { return h.Authority(h.issues[template]) }

// Config returns the configuration that the hierarchy was made by.
func (h *Hierarchy) Config() Config { return h.config }

// LogKey returns the signer key of the audit log, in the form of golang.org/x/mod/sumdb/note. It is a secret.
func (h *Hierarchy) LogKey() string { return h.logKey }

// LogVerifier returns the verifier key of the audit log, in the form of golang.org/x/mod/sumdb/note.
func (h *Hierarchy) LogVerifier() string { return h.logVerifier }

// Anchors returns the certificates of the root authorities.
func (h *Hierarchy) Anchors() []*cert.Certificate {
	var all []*cert.Certificate
	for _, r := range h.roots {
		all = append(all, r.Certificate)
	}
	return all
}

// Intermediates returns the certificates of the issuing authorities.
func (h *Hierarchy) Intermediates() []*cert.Certificate {
	var all []*cert.Certificate
	for _, a := range h.authorities {
		all = append(all, a.Certificate)
	}
	return all
}
