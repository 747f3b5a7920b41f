package portal

import (
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"

	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

// keyScript is the module of package page that brings its fragments to life.
const keyScript = "page/page.js"

type startView struct {
	Resume string // where this browser's draft goes on; "" when it has none
	Links  []startLink
}

type startLink struct{ Title, Text, Href string }

func (p *Portal) start(w http.ResponseWriter, r *http.Request) error {
	d, err := p.draft(w, r)
	if err != nil {
		return err
	}
	t := p.text(r)
	var v startView
	if d != nil && d.open() && d.answered() {
		v.Resume = p.step(r, d)
	}
	for _, l := range []struct{ key, href string }{
		{"status", "/status"}, {"install", "/status"}, {"sign", "/sign"}, {"verify", "/verify"}, {"revoke", "/revoke"}, {"downloads", "/downloads"},
	} {
		v.Links = append(v.Links, startLink{t("portal.start." + l.key), t("portal.start." + l.key + ".text"), l.href})
	}
	p.kit.Page(w, r, http.StatusOK, "portal-start", kit.Page{Title: "portal.start.title", Data: v})
	return nil
}

func (p *Portal) sign(w http.ResponseWriter, r *http.Request) error {
	p.kit.Page(w, r, http.StatusOK, "portal-sign", kit.Page{Title: "portal.sign.title", Nav: "sign", Wasm: true, Scripts: []string{keyScript}})
	return nil
}

func (p *Portal) about(w http.ResponseWriter, r *http.Request) error {
	p.kit.Page(w, r, http.StatusOK, "portal-about", kit.Page{Title: "portal.about.title", Data: p.o.Hierarchy.Name()})
	return nil
}

// An issuer is an authority whose certificate and list can be fetched.
type issuer struct {
	Name  string // in URLs
	Root  bool
	keyID string // hexadecimal
	view  cert.View
}

func issuersOf(h *ca.Hierarchy) []issuer {
	var all []issuer
	for _, r := range h.Roots() {
		all = append(all, issuer{r.Name, true, hex.EncodeToString(r.Certificate.SubjectKeyID), r.Certificate.View()})
	}
	for _, a := range h.Authorities() {
		all = append(all, issuer{a.Name, false, hex.EncodeToString(a.Certificate.SubjectKeyID), a.Certificate.View()})
	}
	return all
}

// A download is an issuer as the page shows it.
type download struct {
	Title, Certificate, List string
	Rows                     []kit.Row
}

type downloadsView struct{ Roots, Issuing []download }

func (p *Portal) downloads(w http.ResponseWriter, r *http.Request) error {
	t := p.text(r)
	var v downloadsView
	for _, i := range p.issuers {
		key := i.view.Key.Name
		if bits := strconv.Itoa(i.view.Key.Bits); !strings.Contains(key, bits) { // the names of GOST keys say it
			key = t("portal.downloads.key-bits", "name", key, "bits", bits)
		}
		d := download{Title: i.view.CommonName, Certificate: "/cert/" + i.Name + ".cer", List: "/crl/" + i.Name + ".crl", Rows: []kit.Row{
			{Key: t("portal.downloads.key"), Value: key},
			{Key: t("part.validity"), Value: t("part.validity.from-to", "from", kit.Date(i.view.NotBefore), "to", kit.Date(i.view.NotAfter))},
			{Key: t("part.serial"), Value: part.Number(i.view.Serial)},
			{Key: t("portal.downloads.fingerprint"), Value: part.Number(i.view.SHA256), Copy: true},
		}}
		if d.Title == "" {
			d.Title = i.view.Subject
		}
		if i.Root {
			v.Roots = append(v.Roots, d)
		} else {
			v.Issuing = append(v.Issuing, d)
		}
	}
	p.kit.Page(w, r, http.StatusOK, "portal-downloads", kit.Page{Title: "portal.downloads.title", Data: v})
	return nil
}
