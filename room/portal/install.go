package portal

import (
	"encoding/pem"
	"net/http"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/web/kit"
)

type installView struct {
	Number, CertificatesURL, Action, Status string
	Ready                                   bool
	Lead                                    string // why not, when it is not ready
	Button                                  kit.Anchor
	Done                                    bool // installed before
}

// installable reports whether there are certificates to be fetched. They can be again later, on another computer too.
func installable(s application.State) bool {
	return s == application.Issued || s == application.Installed
}

func (p *Portal) install(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	at := "/install/" + a.Number
	if a.Number != r.PathValue("number") {
		return see(w, r, at)
	}
	v := installView{
		Number: a.Number, CertificatesURL: at + "/certificates.pem", Action: at, Status: "/status/" + a.Number,
		Ready: installable(a.State), Done: a.State == application.Installed,
	}
	page := kit.Page{Title: "portal.install.title", Nav: "status", Back: v.Status, Secret: true}
	if v.Ready {
		page.Wasm, page.Scripts = true, []string{keyScript}
	} else {
		v.Lead, v.Button = p.next(p.text(r), a)
	}
	page.Data = v
	p.kit.Page(w, r, http.StatusOK, "portal-install", page)
	return nil
}

func (p *Portal) markInstalled(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if !installable(a.State) {
		return see(w, r, "/install/"+a.Number)
	}
	if err := p.authority.MarkInstalled(r.Context(), a.Number); err != nil {
		return err
	}
	return see(w, r, "/install/"+a.Number+"/done")
}

func (p *Portal) installed(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if a.State != application.Installed {
		return see(w, r, "/install/"+a.Number)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-installed", kit.Page{Title: "portal.installed.title", Nav: "status", Secret: true,
		Data: installView{Number: a.Number, Status: "/status/" + a.Number, Action: "/install/" + a.Number}})
	return nil
}

// certificates answers with all certificates of an application. They are no secret, but the number in the address is.
func (p *Portal) certificates(w http.ResponseWriter, r *http.Request) error {
	a, certificates, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		if fail.Is(err, fail.Invalid) {
			err = fail.Wrap(fail.NotFound, "", err)
		}
		return err
	}
	if !installable(a.State) {
		return fail.New(fail.NotFound, "portal.install.not-yet")
	}
	var body []byte
	for _, c := range certificates {
		if c.Stage == registry.Issued && len(c.DER) > 0 {
			body = append(body, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: c.DER})...)
		}
	}
	h := w.Header()
	h.Set("Content-Type", "application/pem-certificate-chain")
	h.Set("Content-Disposition", `attachment; filename="certificates.pem"`)
	h.Set("Cache-Control", "no-store")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("X-Robots-Tag", "noindex, nofollow")
	_, err = w.Write(body)
	return err
}
