package portal

import (
	"encoding/base64"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/web/kit"
)

func (p *Portal) revoke(w http.ResponseWriter, r *http.Request) error {
	p.kit.Page(w, r, http.StatusOK, "portal-revoke", kit.Page{Title: "portal.revoke.title", Nav: "revoke"})
	return nil
}

// By the holder, with his signing key: the key file says which certificates, he chooses one and a reason, and signs exactly
// the text that he is shown.

func holderPage() kit.Page {
	return kit.Page{Title: "portal.holder.title", Nav: "revoke", Back: "/revoke", Secret: true, Wasm: true, Scripts: []string{keyScript}}
}

func (p *Portal) holder(w http.ResponseWriter, r *http.Request) error {
	p.kit.Page(w, r, http.StatusOK, "portal-holder", holderPage())
	return nil
}

// maxCertificates caps the list that a key file gives. One holds the three of an application, some hold those of two.
const maxCertificates = 16

// A certificateName is how a key file names one of its certificates.
type certificateName struct{ keyID, serial string }

// parseNames reads "key identifier of the issuer:serial …" in hexadecimal. What is no such name is left out: a key file may hold
// certificates of anybody.
func parseNames(list string) ([]certificateName, error) {
	const longest = 2 + 2*64 + 2*registry.SerialSize // a key identifier is a hash
	if len(list) > maxCertificates*longest {
		return nil, fail.New(fail.Invalid, "portal.holder.none")
	}
	items := strings.FieldsFunc(list, func(c rune) bool { return c == ',' || c == ' ' || c == '\n' || c == '\r' })
	switch {
	case len(items) == 0:
		return nil, fail.New(fail.Invalid, "portal.holder.empty")
	case len(items) > maxCertificates:
		return nil, fail.New(fail.Invalid, "portal.holder.none")
	}
	var names []certificateName
	for _, item := range items {
		keyID, serial, _ := strings.Cut(item, ":")
		if serial, err := registry.ParseSerial(serial); err == nil && keyID != "" {
			names = append(names, certificateName{strings.ToLower(keyID), serial})
		}
	}
	return names, nil
}

// certificatesOf finds the certificates of such a list. Those of other authorities are left out. What is answered is what
// OCSP tells everybody too.
func (p *Portal) certificatesOf(r *http.Request, list string) ([]registry.Certificate, error) {
	names, err := parseNames(list)
	if err != nil {
		return nil, err
	}
	var found []registry.Certificate
	for _, n := range names {
		i := slices.IndexFunc(p.issuers, func(i issuer) bool { return !i.Root && i.keyID == n.keyID })
		if i < 0 {
			continue
		}
		c, err := p.authority.CertificateStatus(r.Context(), p.issuers[i].Name, n.serial)
		switch {
		case fail.Is(err, fail.NotFound):
		case err != nil:
			return nil, err
		default:
			found = append(found, c)
		}
	}
	if len(found) == 0 {
		return nil, fail.New(fail.Invalid, "portal.holder.none")
	}
	return found, nil
}

type reasonView struct {
	List    string // of issuers and serials, as the page found them in the key file
	Choices []kit.Option
	Reasons []kit.Option
	Closed  *kit.Table // those that nothing can be done with any more
}

func (p *Portal) reasonPage(r *http.Request, list string, certificates []registry.Certificate) kit.Page {
	t, now := p.text(r), p.o.Clock.Now()
	v := reasonView{List: list}
	var closed []registry.Certificate
	for _, c := range certificates {
		if !c.Status.MayBecome(registry.Revoked) || now.After(c.NotAfter) {
			closed = append(closed, c)
			continue
		}
		v.Choices = append(v.Choices, kit.Option{Value: c.Subject(), Text: part.Profile(t, c.Profile),
			Hint: t("portal.holder.choice", "status", part.Status(t, c, now).Text, "until", kit.Date(c.NotAfter), "serial", kit.Group4(c.Serial))})
	}
	if len(closed) > 0 {
		table := part.Certificates(t, closed, now, nil)
		table.Caption = t("portal.holder.closed")
		v.Closed = &table
	}
	for _, code := range authority.RevocationReasons() {
		v.Reasons = append(v.Reasons, kit.Option{Value: strconv.Itoa(code), Text: part.Reason(t, code)})
	}
	return kit.Page{Title: "portal.reason.title", Nav: "revoke", Back: "/revoke/key", Secret: true, Data: v}
}

func (p *Portal) holderCertificates(w http.ResponseWriter, r *http.Request) error {
	if !p.lookups.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	list := r.PostFormValue("issuer-serials")
	certificates, err := p.certificatesOf(r, list)
	if err != nil {
		return p.again(w, r, "portal-holder", holderPage(), "", err)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-reason", p.reasonPage(r, list, certificates))
	return nil
}

// A revocation is what the holder asks for, as his form says it.
type revocation struct {
	issuer, serial string
	reason         int
}

func (p *Portal) revocation(r *http.Request) (v revocation, faults fail.Fields) {
	var ok bool
	if v.issuer, v.serial, ok = strings.Cut(r.PostFormValue("certificate"), "/"); !ok {
		faults.Add("certificate", "portal.reason.certificate-missing")
	}
	reason, err := strconv.Atoi(r.PostFormValue("reason"))
	if err != nil || !slices.Contains(authority.RevocationReasons(), reason) {
		faults.Add("reason", "portal.reason.missing")
	}
	v.reason = reason
	return v, faults
}

type statementView struct {
	Text, Nonce         string
	Certificate, Reason string // as in the form, to begin again when the signature is refused
	Problem             string // why the last signature was refused
}

// statementPage makes the text to be signed, and its page.
func (p *Portal) statementPage(r *http.Request, v revocation, problem string) (kit.Page, error) {
	c, err := p.authority.RevocationChallenge(r.Context(), v.issuer, v.serial, v.reason, p.o.Origin, p.lang(r))
	if err != nil {
		return kit.Page{}, err
	}
	return kit.Page{Title: "portal.statement.title", Nav: "revoke", Back: "/revoke/key", Secret: true, Wasm: true, Scripts: []string{keyScript},
		Data: statementView{c.Text, c.Nonce, v.issuer + "/" + v.serial, strconv.Itoa(v.reason), problem}}, nil
}

func (p *Portal) holderReason(w http.ResponseWriter, r *http.Request) error {
	if !p.lookups.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	list := r.PostFormValue("issuer-serials")
	certificates, err := p.certificatesOf(r, list)
	if err != nil {
		return p.again(w, r, "portal-holder", holderPage(), "", err)
	}
	v, faults := p.revocation(r)
	if r.PostFormValue("consent") != "yes" {
		faults.Add("consent", "portal.reason.consent-missing")
	}
	if err := faults.Err(); err != nil {
		return p.again(w, r, "portal-reason", p.reasonPage(r, list, certificates), "", err)
	}
	page, err := p.statementPage(r, v, "")
	if err != nil {
		return p.again(w, r, "portal-reason", p.reasonPage(r, list, certificates), "certificate", err)
	}
	p.kit.Page(w, r, http.StatusOK, "portal-statement", page)
	return nil
}

// maxCMS caps a signed statement in characters of base64: a few kilobytes of text, one certificate, one signature.
const maxCMS = 64 << 10

func (p *Portal) holderSign(w http.ResponseWriter, r *http.Request) error {
	if !p.lookups.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	v, faults := p.revocation(r)
	if faults.Err() != nil {
		return see(w, r, "/revoke/key")
	}
	text := strings.TrimSpace(r.PostFormValue("cms"))
	cms, err := base64.StdEncoding.DecodeString(text)
	var c registry.Certificate
	if text == "" || len(text) > maxCMS || err != nil {
		err = fail.New(fail.Invalid, "portal.statement.missing")
	} else {
		c, err = p.authority.RevokeByHolder(r.Context(), r.PostFormValue("nonce"), cms)
	}
	if err == nil {
		return see(w, r, "/revoke/done/"+c.Subject())
	}
	if fail.Is(err, fail.Internal) || fail.Is(err, fail.Unavailable) {
		return err
	}
	// Sent a second time the nonce is used, and what it asked for is done.
	if is, lost := p.authority.CertificateStatus(r.Context(), v.issuer, v.serial); lost == nil && is.Status == registry.Revoked {
		return see(w, r, "/revoke/done/"+is.Subject())
	}
	page, again := p.statementPage(r, v, p.kit.Message(r, err))
	if again != nil {
		return errors.Join(again, err)
	}
	p.kit.Page(w, r, http.StatusUnprocessableEntity, "portal-statement", page)
	return nil
}

type revokedView struct {
	Card part.Card
	Time string
}

// holderDone shows what became of the certificate. Anybody may look: it says what OCSP says, and names nobody.
func (p *Portal) holderDone(w http.ResponseWriter, r *http.Request) error {
	if !p.lookups.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	c, err := p.authority.CertificateStatus(r.Context(), r.PathValue("issuer"), r.PathValue("serial"))
	if err != nil {
		return err
	}
	if c.Status != registry.Revoked {
		return see(w, r, "/revoke")
	}
	p.kit.Page(w, r, http.StatusOK, "portal-revoked", kit.Page{Title: "portal.revoked.title", Nav: "revoke", Secret: true,
		Data: revokedView{part.Certificate(p.text(r), c, part.Stranger, p.o.Clock.Now()), clock.ShowSeconds(c.StatusAt)}})
	return nil
}

// By number and revocation code, for whoever has lost the key or the password: suspends at once.

func codePage() kit.Page {
	return kit.Page{Title: "portal.code.title", Nav: "revoke", Back: "/revoke", Secret: true}
}

func (p *Portal) codeForm(w http.ResponseWriter, r *http.Request) error {
	page := codePage()
	if number, _, ok := p.ticket(r); ok { // this browser's own application
		page.Form = map[string][]string{"number": {kit.Group4(number)}}
	}
	p.kit.Page(w, r, http.StatusOK, "portal-code", page)
	return nil
}

func (p *Portal) hold(w http.ResponseWriter, r *http.Request) error {
	if !p.codes.Allow(p.client(r)) {
		return p.tooOften(w)
	}
	var faults fail.Fields
	number, err := application.ParseNumber(r.PostFormValue("number"))
	if err != nil && !faults.AddError("number", err) {
		return err
	}
	code, err := application.ParseCode(r.PostFormValue("code"))
	if err != nil && !faults.AddError("code", err) {
		return err
	}
	if err := faults.Err(); err != nil {
		return p.again(w, r, "portal-code", codePage(), "", err)
	}
	_, err = p.authority.HoldByCode(r.Context(), number, code)
	if fail.Is(err, fail.NotFound) { // a number that is nobody's is answered like a wrong code
		err = fail.New(fail.Forbidden, codeWrong)
	}
	if err != nil {
		return p.again(w, r, "portal-code", codePage(), "code", asFault(err, "code", codeWrong, codeLocked, codeNothing))
	}
	return see(w, r, "/revoke/code/"+number)
}

type heldView struct {
	Number, Status string
	Certificates   kit.Table
}

func (p *Portal) held(w http.ResponseWriter, r *http.Request) error {
	a, certificates, err := p.found(w, r, r.PathValue("number"))
	if err != nil {
		return p.unknown(w, r, r.PathValue("number"), err)
	}
	if !slices.ContainsFunc(certificates, func(c registry.Certificate) bool { return c.Status == registry.Hold }) {
		return see(w, r, "/status/"+a.Number) // nothing was suspended, or it is over: the page says what is
	}
	p.kit.Page(w, r, http.StatusOK, "portal-held", kit.Page{Title: "portal.held.title", Nav: "revoke", Secret: true,
		Data: heldView{a.Number, "/status/" + a.Number, part.Certificates(p.text(r), certificates, p.o.Clock.Now(), nil)}})
	return nil
}
