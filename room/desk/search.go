package desk

import (
	"net/http"
	"strings"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/web/kit"
)

type searchView struct {
	Done                       bool
	Applications, Certificates kit.Table
}

func searchPage() kit.Page { return kit.Page{Title: "desk.search.title", Nav: "search"} }

func (d *Desk) searchForm(w http.ResponseWriter, r *http.Request) error {
	p := searchPage()
	p.Data = searchView{}
	return d.show(w, r, http.StatusOK, "desk-search", p)
}

// search answers in place: an IIN in an address would stay in histories and logs of proxies.
func (d *Desk) search(w http.ResponseWriter, r *http.Request) error {
	p := searchPage()
	p.Data, p.Form = searchView{}, r.PostForm
	query := strings.TrimSpace(r.PostFormValue("query"))
	if len([]rune(query)) < 3 || len(query) > 200 {
		p.Errors = fail.Fields{{Name: "query", Code: "desk.search.short"}}
		return d.show(w, r, http.StatusUnprocessableEntity, "desk-search", p)
	}
	found, err := d.authority.Search(r.Context(), member(r).IIN, query)
	if err != nil {
		if p.Errors.AddError("query", told(err)) {
			return d.show(w, r, http.StatusUnprocessableEntity, "desk-search", p)
		}
		return err
	}
	t := d.text(r)
	v := searchView{Done: true,
		Applications: applications(t, found.Applications, t("desk.search.applications"), t("desk.search.no-applications")),
		Certificates: certificates(t, found.Certificates, d.o.Clock.Now())}
	v.Applications.Sticky = false
	v.Certificates.Empty = t("desk.search.no-certificates")
	p.Data = v
	return d.show(w, r, http.StatusOK, "desk-search", p)
}

func certificateHref(c registry.Certificate) string {
	return "/desk/certificates/" + c.Issuer + "/" + c.Serial
}
