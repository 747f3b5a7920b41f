package crl

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/senim-pki/senim/pki/cert"
)

// A View is what a person wants to know of a list, in words, and for programs under stable JSON names. Times are UTC.
type View struct {
	Issuer             string               `json:"issuer"`
	ThisUpdate         time.Time            `json:"thisUpdate"`
	NextUpdate         *time.Time           `json:"nextUpdate,omitempty"`
	Number             string               `json:"number,omitempty"`     // hexadecimal
	BaseNumber         string               `json:"baseNumber,omitempty"` // of a delta list
	AuthorityKeyID     string               `json:"authorityKeyId,omitempty"`
	SignatureAlgorithm cert.AlgorithmView   `json:"signatureAlgorithm"`
	UnknownCritical    bool                 `json:"unknownCritical,omitempty"`
	Extensions         []cert.ExtensionView `json:"extensions,omitempty"`
	Count              int                  `json:"count"`
	Entries            []EntryView          `json:"entries"`
	SHA256             string               `json:"sha256"`
}

// An EntryView is one revoked certificate.
type EntryView struct {
	Serial         string     `json:"serial"`
	Time           time.Time  `json:"time"`
	Reason         string     `json:"reason,omitempty"`
	InvalidityDate *time.Time `json:"invalidityDate,omitempty"`
}

// View returns the list in words.
func (l *List) View() View {
	sum := sha256.Sum256(l.Raw)
	v := View{
		Issuer: l.Issuer.String(), ThisUpdate: l.ThisUpdate, Number: cert.SerialHex(l.Number), BaseNumber: cert.SerialHex(l.BaseNumber),
		AuthorityKeyID:     hex.EncodeToString(l.AuthorityKeyID.KeyID),
		SignatureAlgorithm: cert.ViewSignature(l.SignatureAlgorithm), UnknownCritical: l.UnknownCritical,
		Extensions: cert.ViewExtensions(l.Extensions, nil), Count: len(l.Entries), Entries: make([]EntryView, len(l.Entries)),
		SHA256: hex.EncodeToString(sum[:]),
	}
	if !l.NextUpdate.IsZero() {
		v.NextUpdate = &l.NextUpdate
	}
	for i := range l.Entries {
		e := &l.Entries[i]
		v.Entries[i] = EntryView{Serial: cert.SerialHex(e.Serial), Time: e.Time, Reason: ReasonName(e.Reason)}
		if !e.InvalidityDate.IsZero() {
			v.Entries[i].InvalidityDate = &e.InvalidityDate
		}
	}
	return v
}

// String returns the list in lines for a terminal.
func (v View) String() string {
	var b strings.Builder
	cert.Line(&b, "issuer", v.Issuer)
	cert.Line(&b, "issued", v.ThisUpdate.UTC().Format(cert.TimeLayout))
	if v.NextUpdate != nil {
		cert.Line(&b, "next update", v.NextUpdate.UTC().Format(cert.TimeLayout))
	}
	cert.Line(&b, "number", v.Number)
	cert.Line(&b, "changes since", v.BaseNumber)
	cert.Line(&b, "issuer's key", v.AuthorityKeyID)
	cert.Line(&b, "signed with", v.SignatureAlgorithm.String())
	for _, e := range v.Extensions {
		cert.Line(&b, "extension", e.String())
	}
	if v.UnknownCritical {
		cert.Line(&b, "not to be used", "a critical extension is not known")
	}
	cert.Line(&b, "SHA-256", v.SHA256)
	cert.Line(&b, "revoked", fmt.Sprint(v.Count))
	for _, e := range v.Entries {
		cert.Line(&b, "", strings.TrimSpace(e.Serial+"  "+e.Time.UTC().Format(cert.TimeLayout)+"  "+e.Reason))
	}
	return b.String()
}
