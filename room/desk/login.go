package desk

import (
	"net/http"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/web/kit"
)

type loginView struct {
	Text, Nonce string
	Next        string // where to go on; "" is the queue
	Problem     string // why the last try was refused
}

// local returns the address of a page of the desk, or "": what stands in a link must not lead elsewhere.
func local(next string) string {
	u, err := url.Parse(next)
	if err != nil || u.Scheme != "" || u.Host != "" || u.User != nil || strings.ContainsAny(next, "\\\r\n") || len(next) > 1000 {
		return ""
	}
	if u.Path != "/desk" && !strings.HasPrefix(u.Path, "/desk/") || strings.Contains(u.Path, "..") {
		return ""
	}
	if u.Path == "/desk/login" || u.Path == "/desk/logout" {
		return ""
	}
	return next
}

func (d *Desk) loginForm(w http.ResponseWriter, r *http.Request) error {
	next := local(r.FormValue("next"))
	if s, ok := d.o.Sessions.From(r); ok {
		if _, err := d.authority.StaffMember(r.Context(), s.Value); err == nil {
			return see(w, r, orQueue(next))
		}
	}
	if !d.logins.Allow(d.client(r)) {
		return tooOften(w)
	}
	return d.loginPage(w, r, http.StatusOK, next, nil, nil)
}

func tooOften(w http.ResponseWriter) error {
	w.Header().Set("Retry-After", "60")
	return fail.New(fail.Unavailable, "desk.login.too-often")
}

func orQueue(next string) string {
	if next == "" {
		return "/desk"
	}
	return next
}

// loginPage shows the form with a new text: each is signed once.
func (d *Desk) loginPage(w http.ResponseWriter, r *http.Request, status int, next string, faults fail.Fields, refused error) error {
	c, err := d.authority.LoginChallenge(r.Context(), d.o.Origin, d.lang(r))
	if err != nil {
		return err
	}
	v := loginView{Text: c.Text, Nonce: c.Nonce, Next: next}
	v.Problem = d.say(r, refused)
	p := d.page(r, kit.Page{Title: "desk.login.title", Wasm: true, Scripts: []string{scriptPage}, Data: v, Errors: faults, NoIndex: true})
	p.Wide = false // a page for one thing, read by whoever sits down
	d.kit.Page(w, r, status, "desk-login", p)
	return nil
}

func (d *Desk) login(w http.ResponseWriter, r *http.Request) error {
	if !d.logins.Allow(d.client(r)) { // before the authority sees it: a failure is a leaf of its log
		return tooOften(w)
	}
	next := local(r.PostFormValue("next"))
	totp := digits(r.PostFormValue("totp"))
	if len(totp) != 6 {
		return d.loginPage(w, r, http.StatusUnprocessableEntity, next, fail.Fields{{Name: "totp", Code: "desk.login.totp-missing"}}, nil)
	}
	nonce, cms, err := signed(r)
	if err != nil {
		return d.loginPage(w, r, http.StatusUnprocessableEntity, next, nil, err)
	}
	staff, err := d.authority.Login(r.Context(), nonce, cms, totp)
	switch {
	case err == nil:
	case fail.CodeOf(err) == "staff.code-wrong":
		return d.loginPage(w, r, http.StatusForbidden, next, fail.Fields{{Name: "totp", Code: "desk.login.totp-wrong"}}, nil)
	case fail.CodeOf(err) == "staff.locked", !hopeless(err):
		return d.loginPage(w, r, http.StatusForbidden, next, nil, err)
	default:
		return err
	}
	if _, err := d.o.Sessions.Start(w, r, staff.IIN, string(staff.Role)); err != nil {
		return err
	}
	return see(w, r, orQueue(next))
}

func (d *Desk) logout(w http.ResponseWriter, r *http.Request) error {
	if err := d.o.Sessions.End(w, r); err != nil {
		return err
	}
	return see(w, r, "/desk/login")
}

// digits leaves the digits of what was typed: codes are shown in groups.
func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c == ' ' || c == '-' || c == '\u00a0' {
			return -1
		}
		return c
	}, s)
}
