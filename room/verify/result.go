package verify

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"regexp"
	"slices"
	"time"

	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/report"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/verify"
	"github.com/senim-pki/senim/web/kit"
)

type resultView struct {
	Verdict    kit.Tag // the answer of M9, of the worst signature
	Code       string  // the same for programs that look at the page: valid, invalid, open
	Name       string
	Count      string // how many of the signatures are valid, where there are several
	Checked    time.Time
	Local      bool // the document was hashed on the reader's computer
	Signatures []signatureView
	Report     template.URL // the report as JSON, to be saved
	Content    template.URL // the document of an attached signature, to be saved; "" when it is too large for that
	Document   string       // its name
	Large      bool         // it is too large: the other form gives it
}

type signatureView struct {
	Badge    kit.Badge
	Verdict  kit.Tag
	Rows     []kit.Row
	Chain    kit.Table
	Errors   []string
	Warnings []string
}

// maxInline caps the document that a result page holds for saving, in octets: the page grows by a third more than that.
const maxInline = 1 << 20

func dataURL(kind string, b []byte) template.URL {
	return template.URL("data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(b))
}

var verdictCodes = map[string]string{"good": "valid", "bad": "invalid", "warn": "open"}

// toneOf is good for valid, warn where more evidence or time could still make it valid, bad else.
func toneOf(indication, sub string) string {
	switch verify.ExitCode(indication, sub) {
	case 0:
		return "good"
	case 2:
		return "warn"
	}
	return "bad"
}

func (p *Page) result(w http.ResponseWriter, r *http.Request, u *upload, rep *verify.Report, now time.Time) error {
	t, lang := p.text(r), p.kit.Lang(r)
	v := resultView{Name: u.name, Checked: now, Local: u.content == nil && len(u.digests) > 0}
	good := 0
	rank := map[string]int{"": -1, "good": 0, "warn": 1, "bad": 2}
	for _, s := range rep.Signatures {
		short, explanation := report.Verdict(lang, s)
		one := signatureView{Badge: part.Badge(t, s, masked(explanation)), Verdict: kit.Tag{Text: short, Tone: toneOf(s.Indication, s.SubIndication)}}
		switch one.Verdict.Tone {
		case "good":
			good++
		case "bad":
			// What no further evidence could heal is not valid, whatever the standard's word for it is (DESIGN section 5, exit code 1).
			one.Badge.Verdict, one.Badge.Tone = t("part.badge.invalid"), "bad"
		}
		if rank[one.Verdict.Tone] > rank[v.Verdict.Tone] || v.Verdict.Text == "" {
			v.Verdict = one.Verdict
		}
		one.Rows = p.rows(t, r, s)
		one.Chain = chain(t, s.Chain)
		one.Errors, one.Warnings = without(texts(s.Errors), one.Badge.Detail), texts(s.Warnings)
		v.Signatures = append(v.Signatures, one)
	}
	if n := len(rep.Signatures); n > 1 {
		v.Count = t("verify.count", "count", n, "good", good)
	}
	v.Code = verdictCodes[v.Verdict.Tone]
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't write a report: %w", err)
	}
	v.Report = dataURL("application/json", b)
	if m, err := cms.Parse(u.file); err == nil && !m.Detached {
		v.Document = contentName(u.name)
		if v.Large = len(m.Content) > maxInline; !v.Large {
			v.Content = dataURL("application/octet-stream", m.Content)
		}
	}
	p.kit.Page(w, r, http.StatusOK, "verify-result", kit.Page{Title: "verify.result.title", Nav: "verify", Back: "/verify", Secret: true, Data: v})
	return nil
}

// number is a person's number in a name's SERIALNUMBER (facts/kz-pki.md section 2.3).
var number = regexp.MustCompile(`IIN\d{12}`)

// masked hides the numbers in a name that is shown whole.
func masked(s string) string {
	return number.ReplaceAllStringFunc(s, func(n string) string { return "IIN" + iin.Mask(n[len("IIN"):]) })
}

// without leaves out what was said already.
func without(list []string, said string) []string {
	return slices.DeleteFunc(list, func(s string) bool { return s == said })
}

func texts(list []verify.Message) []string {
	var out []string
	for _, m := range list {
		out = append(out, masked(m.Text))
	}
	return out
}

// rows are the facts of a signature. The owner's number is public in the certificate, and all the same hidden in its middle: a
// page is shown to others, printed and photographed.
func (p *Page) rows(t part.Text, r *http.Request, s verify.Signature) []kit.Row {
	var rows []kit.Row
	add := func(key string, value any) {
		if value != "" {
			rows = append(rows, kit.Row{Key: t(key), Value: value})
		}
	}
	add("part.owner", s.Signer.Name)
	if s.Signer.IIN != "" {
		add("part.iin", iin.Mask(s.Signer.IIN))
	}
	add("verify.organization", s.Signer.Organization)
	add("verify.bin", s.Signer.BIN)
	if s.Signer.Serial != "" {
		add("part.serial", part.Number(s.Signer.Serial))
	}
	add("verify.issuer", s.Signer.Issuer)
	if s.Certificate != nil {
		add("part.validity", t("part.validity.from-to", "from", kit.Date(s.Certificate.NotBefore), "to", kit.Date(s.Certificate.NotAfter)))
	}
	if s.SigningTime != nil {
		add("verify.claimed", *s.SigningTime)
	}
	if len(s.Timestamps) == 0 {
		add("verify.stamp", t("verify.stamp.none"))
	}
	for _, stamp := range s.Timestamps {
		text := "verify.stamp.untrusted"
		if stamp.Trusted {
			text = "verify.stamp.trusted"
		}
		add("verify.stamp", t(text, "time", kit.Time(stamp.Time), "signer", stamp.Signer))
	}
	add("verify.status", status(t, s.Revocation))
	add("verify.algorithm", s.Algorithm)
	add("verify.indication", report.Indication(p.kit.Lang(r), s.Indication, s.SubIndication))
	return rows
}

// status says what is known of the certificate's revocation, from where and of what moment.
func status(t part.Text, s *verify.RevocationStatus) string {
	if s == nil {
		return t("verify.status.not-asked")
	}
	source := t("verify.status.source." + sourceName(s.Source))
	asked := "—"
	if s.Asked != nil {
		asked = kit.Time(*s.Asked)
	}
	switch s.Status {
	case "good":
		return t("verify.status.good", "source", source, "time", asked)
	case "revoked", "hold":
		at := "—"
		if s.At != nil {
			at = kit.Time(*s.At)
		}
		return t("verify.status."+s.Status, "source", source, "time", asked, "at", at)
	}
	return t("verify.status.unknown")
}

func sourceName(s string) string {
	if s == "ocsp" || s == "crl" {
		return s
	}
	return "other"
}

func chain(t part.Text, entries []verify.ChainEntry) kit.Table {
	table := kit.Table{
		Caption: t("verify.chain"), Empty: t("verify.chain.empty"),
		Columns: []kit.Column{{Text: t("verify.chain.subject")}, {Text: t("part.certificate.until")}, {Text: t("verify.chain.role")}},
	}
	for i, e := range entries {
		role := kit.Tag{Text: t("verify.chain.authority")}
		switch {
		case e.Anchor:
			role = kit.Tag{Text: t("verify.chain.anchor"), Tone: "good"}
		case i == 0:
			role = kit.Tag{Text: t("verify.chain.owner"), Tone: "info"}
		}
		table.Rows = append(table.Rows, []any{masked(e.Subject), kit.Date(e.NotAfter), role})
	}
	return table
}

type certificateView struct {
	Verdict     kit.Tag
	Code        string
	Explanation string
	Checked     time.Time
	Rows        []kit.Row
	Chain       kit.Table
	Errors      []string
	Warnings    []string
	Report      template.URL
}

// certificate judges the first certificate of a file; the others may be its issuers.
func (p *Page) certificate(ctx context.Context, w http.ResponseWriter, r *http.Request, list []*cert.Certificate) error {
	t, lang, now, leaf := p.text(r), p.kit.Lang(r), p.o.Clock.Now().UTC(), list[0]
	indication, sub, result := verify.Certificate(ctx, path.Input{
		Leaf: leaf, Intermediates: append(list[1:len(list):len(list)], p.o.Intermediates...), Anchors: p.o.Anchors, Time: now,
		Purpose: path.Any, Revocation: path.Soft, Fetcher: p.o.Fetcher,
	})
	rep := certificateReport{Valid: indication == verify.Passed, Indication: indication, SubIndication: sub, Chain: []verify.ChainEntry{}, Errors: []verify.Message{}, Warnings: []verify.Message{}}
	for _, f := range result.Findings {
		m := verify.Message{Code: string(f.Code), Subject: f.Subject, Args: f.Args, Text: report.Text(lang, f)}
		if f.Severity == finding.Warning {
			rep.Warnings = append(rep.Warnings, m)
		} else {
			rep.Errors = append(rep.Errors, m)
		}
	}
	for _, c := range result.Chain {
		e := verify.ChainEntry{Subject: c.Subject.String(), Serial: c.SerialHex(), NotBefore: c.NotBefore.UTC(), NotAfter: c.NotAfter.UTC()}
		for _, a := range p.o.Anchors {
			e.Anchor = e.Anchor || string(a.Raw) == string(c.Raw)
		}
		rep.Chain = append(rep.Chain, e)
	}
	if wantsJSON(r) {
		return sendJSON(w, rep)
	}
	v := certificateView{Verdict: kit.Tag{Tone: toneOf(indication, sub)}, Checked: now, Chain: chain(t, rep.Chain), Errors: texts(rep.Errors), Warnings: texts(rep.Warnings)}
	v.Code = verdictCodes[v.Verdict.Tone]
	v.Verdict.Text, v.Explanation = report.Verdict(lang, verify.Signature{Indication: indication, SubIndication: sub, Findings: result.Findings})
	switch { // what is said of a signature does not fit a certificate
	case rep.Valid && len(rep.Chain) == 1:
		v.Explanation = t("verify.certificate.anchor")
	case rep.Valid:
		v.Explanation = t("verify.certificate.valid")
	case !spoken[sub]:
		v.Verdict.Text = t("verify.certificate.invalid")
	}
	v.Explanation = masked(v.Explanation)
	v.Errors = without(v.Errors, v.Explanation)
	x := leaf.View()
	v.Rows = []kit.Row{{Key: t("part.owner"), Value: x.CommonName}}
	add := func(key string, value any) {
		if value != "" {
			v.Rows = append(v.Rows, kit.Row{Key: t(key), Value: value})
		}
	}
	if x.CommonName == "" {
		v.Rows[0].Value = masked(x.Subject)
	}
	if x.IIN != "" {
		add("part.iin", iin.Mask(x.IIN))
	}
	add("verify.bin", x.BIN)
	add("part.serial", part.Number(x.Serial))
	add("verify.issuer", x.Issuer)
	add("part.validity", t("part.validity.from-to", "from", kit.Date(x.NotBefore), "to", kit.Date(x.NotAfter)))
	add("verify.algorithm", x.Key.Name)
	add("verify.purpose", purpose(t, leaf))
	if len(result.Revocations) > 0 && len(result.Chain) > 1 {
		add("verify.status", status(t, revocation(result.Revocations[0])))
	}
	add("verify.fingerprint", part.Number(x.SHA256))
	b, err := json.MarshalIndent(rep, "", "  ")
	if err != nil {
		return fmt.Errorf("couldn't write a report: %w", err)
	}
	v.Report = dataURL("application/json", b)
	p.kit.Page(w, r, http.StatusOK, "verify-certificate", kit.Page{Title: "verify.certificate.title", Nav: "verify", Back: "/verify", Secret: true, Data: v})
	return nil
}

// spoken are the sub-indications whose answer in M9 is about the certificate.
var spoken = map[string]bool{
	verify.OutOfBoundsNoPOE: true, verify.RevokedNoPOE: true, verify.RevokedCANoPOE: true, verify.TryLater: true, verify.NoCertificateChainFound: true,
}

func purpose(t part.Text, c *cert.Certificate) string {
	switch {
	case c.IsCA():
		return t("verify.purpose.authority")
	case c.IsSigning() && c.IsAuthentication():
		return t("verify.purpose.both")
	case c.IsSigning():
		return t("verify.purpose.sign")
	case c.IsAuthentication():
		return t("verify.purpose.auth")
	}
	return ""
}

// revocation is the answer about a certificate as a report has it.
func revocation(x path.Revocation) *verify.RevocationStatus {
	s := &verify.RevocationStatus{Source: x.Source, Status: "unknown"}
	if !x.Checked {
		return s
	}
	s.Status, s.Asked = x.Status.String(), &x.Asked
	if !x.At.IsZero() {
		s.At = &x.At
	}
	const certificateHold = 6 // RFC 5280 section 5.3.1
	if s.Status == "revoked" && x.Reason == certificateHold {
		s.Status = "hold"
	}
	return s
}
