package ocsp

import (
	"encoding/hex"
	"strings"
	"time"

	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// String is "good", "revoked" or "unknown".
func (s Status) String() string {
	switch s {
	case Good:
		return "good"
	case Revoked:
		return "revoked"
	}
	return "unknown"
}

// CodeName returns the name of RFC 6960 of a response status.
func CodeName(code int) string {
	switch code {
	case Successful:
		return "successful"
	case MalformedRequest:
		return "malformedRequest"
	case InternalError:
		return "internalError"
	case TryLater:
		return "tryLater"
	case SigRequired:
		return "sigRequired"
	case Unauthorized:
		return "unauthorized"
	}
	return "unknown status"
}

// A View is what a person wants to know of an answer, in words, and for programs under stable JSON names. Times are UTC.
type View struct {
	Status             string              `json:"status"`
	Responder          string              `json:"responder,omitempty"` // name, or "key " and the hash
	ProducedAt         *time.Time          `json:"producedAt,omitempty"`
	Answers            []SingleView        `json:"answers,omitempty"`
	Nonce              string              `json:"nonce,omitempty"`
	ExtendedRevoke     bool                `json:"extendedRevoke,omitempty"`
	UnknownCritical    bool                `json:"unknownCritical,omitempty"`
	SignatureAlgorithm *cert.AlgorithmView `json:"signatureAlgorithm,omitempty"`
	Certificates       []cert.View         `json:"certificates,omitempty"`
}

// A SingleView is the answer about one certificate.
type SingleView struct {
	CertIDView
	Status     string     `json:"status"`
	RevokedAt  *time.Time `json:"revokedAt,omitempty"`
	Reason     string     `json:"reason,omitempty"`
	ThisUpdate time.Time  `json:"thisUpdate"`
	NextUpdate *time.Time `json:"nextUpdate,omitempty"`
}

// A CertIDView is the name of a certificate to a responder.
type CertIDView struct {
	Serial         string `json:"serial"`
	Hash           string `json:"hash"`
	IssuerNameHash string `json:"issuerNameHash"`
	IssuerKeyHash  string `json:"issuerKeyHash"`
}

// View returns the identifier in words.
func (id CertID) View() CertIDView {
	return CertIDView{cert.SerialHex(id.Serial), id.Hash.OID.Name(), hex.EncodeToString(id.IssuerNameHash), hex.EncodeToString(id.IssuerKeyHash)}
}

// View returns the answer in words.
func (p *Response) View() View {
	v := View{Status: CodeName(p.Code)}
	if p.Code != Successful {
		return v
	}
	v.Responder = "key " + hex.EncodeToString(p.ResponderKeyHash)
	if p.ResponderName != nil {
		n, _ := cert.ParseName(p.ResponderName) // it was read before
		v.Responder = n.String()
	}
	algorithm := cert.ViewSignature(p.SignatureAlgorithm)
	v.ProducedAt, v.SignatureAlgorithm = &p.ProducedAt, &algorithm
	v.Nonce, v.ExtendedRevoke, v.UnknownCritical = hex.EncodeToString(p.Nonce), p.ExtendedRevoke, p.UnknownCritical
	for i := range p.Singles {
		s := &p.Singles[i]
		one := SingleView{CertIDView: s.CertID.View(), Status: s.Status.String(), Reason: crl.ReasonName(s.Reason), ThisUpdate: s.ThisUpdate}
		if s.Status == Revoked {
			one.RevokedAt = &s.RevokedAt
		}
		if !s.NextUpdate.IsZero() {
			one.NextUpdate = &s.NextUpdate
		}
		v.Answers = append(v.Answers, one)
	}
	for _, c := range p.Certificates {
		v.Certificates = append(v.Certificates, c.View())
	}
	return v
}

// String returns the answer in lines for a terminal.
func (v View) String() string {
	var b strings.Builder
	cert.Line(&b, "status", v.Status)
	cert.Line(&b, "responder", v.Responder)
	if v.ProducedAt != nil {
		cert.Line(&b, "produced", v.ProducedAt.UTC().Format(cert.TimeLayout))
	}
	if v.SignatureAlgorithm != nil {
		cert.Line(&b, "signed with", v.SignatureAlgorithm.String())
	}
	cert.Line(&b, "nonce", v.Nonce)
	if v.ExtendedRevoke {
		cert.Line(&b, "extended revoke", "a certificate that was never issued is answered as revoked")
	}
	if v.UnknownCritical {
		cert.Line(&b, "not to be used", "a critical extension is not known")
	}
	for _, s := range v.Answers {
		cert.Line(&b, "certificate", s.Serial)
		status := s.Status
		if s.RevokedAt != nil {
			status += " at " + s.RevokedAt.UTC().Format(cert.TimeLayout)
		}
		if s.Reason != "" {
			status += ", " + s.Reason
		}
		cert.Line(&b, "  status", status)
		cert.Line(&b, "  as of", s.ThisUpdate.UTC().Format(cert.TimeLayout))
		if s.NextUpdate != nil {
			cert.Line(&b, "  next update", s.NextUpdate.UTC().Format(cert.TimeLayout))
		}
		cert.Line(&b, "  issuer's name", s.Hash+" "+s.IssuerNameHash)
		cert.Line(&b, "  issuer's key", s.Hash+" "+s.IssuerKeyHash)
	}
	for _, c := range v.Certificates {
		b.WriteString("\n" + c.String())
	}
	return b.String()
}

// A RequestView is a request in words.
type RequestView struct {
	Certificates []CertIDView `json:"certificates"`
	Nonce        string       `json:"nonce,omitempty"`
}

// View returns the request in words.
func (q *Request) View() RequestView {
	v := RequestView{Nonce: hex.EncodeToString(q.Nonce)}
	for _, id := range q.Certs {
		v.Certificates = append(v.Certificates, id.View())
	}
	return v
}

// String returns the request in lines for a terminal.
func (v RequestView) String() string {
	var b strings.Builder
	for _, id := range v.Certificates {
		cert.Line(&b, "certificate", id.Serial)
		cert.Line(&b, "  issuer's name", id.Hash+" "+id.IssuerNameHash)
		cert.Line(&b, "  issuer's key", id.Hash+" "+id.IssuerKeyHash)
	}
	cert.Line(&b, "nonce", v.Nonce)
	return b.String()
}
