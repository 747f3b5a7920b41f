package verify

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/report"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/verify"
	"github.com/senim-pki/senim/web/kit"
)

// wantsJSON: a browser always names text/html.
func wantsJSON(r *http.Request) bool {
	a := r.Header.Get("Accept")
	return strings.Contains(a, "application/json") && !strings.Contains(a, "text/html")
}

// judge answers an upload: with a page, or for a program with the JSON of `senim verify`.
func (p *Page) judge(w http.ResponseWriter, r *http.Request) error {
	if err := p.admit(w, r); err != nil {
		return err
	}
	u, err := read(r)
	if err != nil {
		return p.refuse(w, r, err)
	}
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		w.Header().Set("Retry-After", "30")
		return fail.New(fail.Unavailable, "verify.busy")
	}
	if list, ok := certificateOf(u.file); ok {
		return p.certificate(ctx, w, r, list)
	}
	now := p.o.Clock.Now().UTC()
	in := verify.Input{
		File: u.file, Anchors: p.o.Anchors, Intermediates: p.o.Intermediates, Revocation: path.Soft, Time: now, Fetcher: p.o.Fetcher,
	}
	if u.given() {
		in.Digest = u.digest
	}
	rep, err := verify.Verify(ctx, in)
	if err != nil {
		return p.refuse(w, r, err)
	}
	for i := range rep.Signatures {
		for _, list := range [][]verify.Message{rep.Signatures[i].Errors, rep.Signatures[i].Warnings} {
			for j := range list {
				list[j].Text = report.Message(p.kit.Lang(r), list[j])
			}
		}
	}
	if wantsJSON(r) {
		return sendJSON(w, rep)
	}
	if waits(rep) && !u.given() {
		return p.askContent(w, r, u)
	}
	return p.result(w, r, u, rep, now)
}

// waits reports whether nothing is wrong but that the document is not there.
func waits(rep *verify.Report) bool {
	for _, s := range rep.Signatures {
		if s.SubIndication == verify.SignedDataNotFound {
			return true
		}
	}
	return false
}

// askContent keeps the signature and asks for its document.
func (p *Page) askContent(w http.ResponseWriter, r *http.Request, u *upload) error {
	v := formView{Name: u.name}
	if len(u.file) <= maxCarried {
		v.Signature = base64.StdEncoding.EncodeToString(u.file)
	}
	v.Max = p.kit.T(r, "verify.max", "megabytes", MaxBody>>20)
	p.kit.Page(w, r, http.StatusOK, "verify-ask", kit.Page{Title: "verify.ask.title", Nav: "verify", NoIndex: true, Wasm: true, Scripts: scripts, Data: v})
	return nil
}

// refuse shows the form again and says why nothing was judged; a program gets the error itself.
func (p *Page) refuse(w http.ResponseWriter, r *http.Request, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case wantsJSON(r):
		return err
	case errors.As(err, &tooLarge):
		w.Header().Set("Connection", "close")
		p.show(w, r, http.StatusRequestEntityTooLarge, formView{Problem: p.kit.T(r, "verify.too-large", "megabytes", MaxBody>>20)})
	case !fail.Is(err, fail.Invalid):
		return err
	default:
		problem, ok := report.Error(p.kit.Lang(r), err)
		if !ok {
			problem = p.kit.Message(r, err)
		}
		p.show(w, r, http.StatusUnprocessableEntity, formView{Problem: problem})
	}
	return nil
}

func sendJSON(w http.ResponseWriter, v any) error {
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("couldn't write a report: %w", err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Add("Vary", "Accept")
	h.Set("Content-Length", strconv.Itoa(len(b)+1))
	_, err = w.Write(append(b, '\n'))
	if err != nil {
		return fmt.Errorf("couldn't send a report: %w", err)
	}
	return nil
}

// certificateOf returns the certificates of a file that is one or several of them and nothing else.
func certificateOf(file []byte) ([]*cert.Certificate, bool) {
	if len(file) > cert.MaxFile || bytes.Contains(file[:min(len(file), 4096)], []byte("-----BEGIN PKCS7")) || bytes.Contains(file[:min(len(file), 4096)], []byte("-----BEGIN CMS")) {
		return nil, false
	}
	list, err := cert.ParsePEM(file)
	return list, err == nil && len(list) > 0
}

// A certificateReport is the JSON of `senim cert check`.
type certificateReport struct {
	Valid         bool                `json:"valid"`
	Indication    string              `json:"indication"`
	SubIndication string              `json:"subIndication,omitempty"`
	Chain         []verify.ChainEntry `json:"chain"`
	Errors        []verify.Message    `json:"errors"`
	Warnings      []verify.Message    `json:"warnings"`
}

// content gives the document out of an attached signature, as it is.
func (p *Page) content(w http.ResponseWriter, r *http.Request) error {
	if err := p.admit(w, r); err != nil {
		return err
	}
	u, err := read(r)
	if err != nil {
		return p.refuseContent(w, r, err)
	}
	m, err := cms.Parse(u.file)
	if err != nil {
		return p.refuseContent(w, r, fail.Wrap(fail.Invalid, verify.NotASignature, err))
	}
	if m.Detached {
		return p.refuseContent(w, r, fail.New(fail.Invalid, "verify.content.detached"))
	}
	h := w.Header()
	// Somebody's file under our address: no browser shall show it, run it or guess what it is.
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": contentName(u.name)}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cache-Control", "no-store")
	h.Set("Content-Length", strconv.Itoa(len(m.Content)))
	if _, err = w.Write(m.Content); err != nil {
		return fmt.Errorf("couldn't send a content: %w", err)
	}
	return nil
}

func (p *Page) contentForm(w http.ResponseWriter, r *http.Request) error {
	p.showContent(w, r, http.StatusOK, formView{})
	return nil
}

func (p *Page) showContent(w http.ResponseWriter, r *http.Request, status int, v formView) {
	v.Max = p.kit.T(r, "verify.max", "megabytes", MaxBody>>20)
	p.kit.Page(w, r, status, "verify-content", kit.Page{Title: "verify.content.title", Nav: "verify", Back: "/verify", Data: v})
}

func (p *Page) refuseContent(w http.ResponseWriter, r *http.Request, err error) error {
	var tooLarge *http.MaxBytesError
	switch {
	case errors.As(err, &tooLarge):
		w.Header().Set("Connection", "close")
		p.showContent(w, r, http.StatusRequestEntityTooLarge, formView{Problem: p.kit.T(r, "verify.too-large", "megabytes", MaxBody>>20)})
		return nil
	case !fail.Is(err, fail.Invalid):
		return err
	}
	problem, ok := report.Error(p.kit.Lang(r), err)
	if !ok {
		problem = p.kit.Message(r, err)
	}
	p.showContent(w, r, http.StatusUnprocessableEntity, formView{Problem: problem})
	return nil
}
