package part_test

import (
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/room/part"
	"github.com/senim-pki/senim/sig/verify"
	"github.com/senim-pki/senim/web/kit"
)

var now = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

// words returns the texts of a language; what is missing fails the test at its end.
func words(t *testing.T, l i18n.Lang) part.Text {
	bundle := i18n.Merge(part.Messages(), authority.Messages())
	t.Cleanup(func() {
		for _, m := range bundle.Missing() {
			t.Errorf("missing: %s", m)
		}
	})
	return func(key string, args ...any) string { return bundle.T(l, key, args...) }
}

func said(rows []kit.Row) string {
	var b strings.Builder
	for _, r := range rows {
		switch v := r.Value.(type) {
		case string:
			b.WriteString(v)
		case kit.Tag:
			b.WriteString(v.Text)
		}
		b.WriteString("\n")
	}
	return b.String()
}

func TestTheMessagesAreComplete(t *testing.T) {
	for _, p := range part.Messages().Problems() {
		t.Error(p)
	}
}

func TestEveryWordIsThere(t *testing.T) {
	for _, l := range i18n.Langs() {
		w := words(t, l)
		for _, s := range application.States() {
			part.State(w, s)
		}
		for _, r := range application.Table() {
			if r.To == application.Deleted || r.To == application.Draft {
				continue
			}
			m := application.Move{At: now, From: r.From, To: r.To, By: r.By, Who: "850315300009"}
			part.Moves(w, &application.Application{Moves: []application.Move{m, {To: r.To, By: r.By}}}, part.Staff)
		}
		for _, name := range profile.Names() {
			if strings.HasPrefix(name, "individual-") || strings.HasPrefix(name, "operator-") || strings.HasPrefix(name, "administrator-") {
				if got := part.Profile(w, name); got == name {
					t.Errorf("the template %s has no name", name)
				}
			}
		}
		for _, reason := range append(revoke.Reasons(), 6) {
			if part.Reason(w, reason) == "" {
				t.Errorf("the reason %d has no words", reason)
			}
		}
		for _, o := range part.Localities(w) {
			if o.Text == o.Value || !part.IsLocality(o.Value) {
				t.Errorf("the place %s has no name", o.Value)
			}
		}
	}
}

func TestAStrangerSeesNeitherNameNorNumber(t *testing.T) {
	w := words(t, i18n.RU)
	a := &application.Application{
		Number: "0123456789ABCDEF", State: application.Rejected, Created: now,
		Answers: application.Answers{IIN: "850315301801", Surname: "Ибраева", Name: "Әйгерім", Patronymic: "Серікқызы", Email: "a@example.kz", Locality: "almaty"},
		Person:  person.Person{IIN: "850315301801", Surname: "РЕЕСТРОВА", Name: "ИМЯ"},
		Moves:   []application.Move{{At: now, From: application.New, To: application.Rejected, By: application.RA, Who: "850315300009", Reason: "другая фамилия"}},
	}
	var seen strings.Builder
	seen.WriteString(said(part.Application(w, a, part.Stranger)))
	for _, row := range part.Moves(w, a, part.Stranger).Rows {
		for _, c := range row {
			if s, ok := c.(string); ok {
				seen.WriteString(s)
			}
		}
	}
	c := registry.Certificate{IIN: a.Answers.IIN, Name: "РЕЕСТРОВА ИМЯ", Stage: registry.Issued, Status: registry.Valid, NotAfter: now}
	seen.WriteString(said(part.Certificate(w, c, part.Stranger, now).Rows))
	for _, secret := range []string{"850315301801", "Ибраева", "Әйгерім", "Серікқызы", "РЕЕСТРОВА", "ИМЯ", "850315300009", "a@example.kz"} {
		if strings.Contains(seen.String(), secret) {
			t.Errorf("a stranger sees %q", secret)
		}
	}
	if !strings.Contains(seen.String(), "другая фамилия") {
		t.Error("the reason of the refusal is not told")
	}
	staff := said(part.Application(w, a, part.Staff)) + said(part.Certificate(w, c, part.Staff, now).Rows)
	for _, fact := range []string{"850315301801", "Ибраева Әйгерім Серікқызы", "a@example.kz", "Алматы", "РЕЕСТРОВА ИМЯ"} {
		if !strings.Contains(staff, fact) {
			t.Errorf("staff do not see %q", fact)
		}
	}
}

func TestMaskName(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"a name", "Ибраева Әйгерім", "И••• Ә•••"},
		{"a short name is as long as any", "Ли Бо", "Л••• Б•••"},
		{"a decomposed letter", "И\u0306од", "И•••"},
		{"nothing", "  ", ""},
		{"bytes that are no text", "\xff\xfe", "\uFFFD•••"},
	} {
		if got := part.MaskName(c.in); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTheStatusOfACertificate(t *testing.T) {
	w := words(t, i18n.EN)
	valid := registry.Certificate{Stage: registry.Issued, Status: registry.Valid, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(time.Hour)}
	for _, c := range []struct {
		name       string
		change     func(*registry.Certificate)
		want, tone string
	}{
		{"valid", func(*registry.Certificate) {}, "Valid", "good"},
		{"revoked", func(c *registry.Certificate) { c.Status = registry.Revoked }, "Revoked", "bad"},
		{"revoked and expired", func(c *registry.Certificate) { c.Status, c.NotAfter = registry.Revoked, now.Add(-time.Minute) }, "Revoked", "bad"},
		{"suspended", func(c *registry.Certificate) { c.Status = registry.Hold }, "Suspended", "warn"},
		{"expired", func(c *registry.Certificate) { c.NotAfter = now.Add(-time.Second) }, "Expired", "warn"},
		{"not yet valid", func(c *registry.Certificate) { c.NotBefore = now.Add(time.Second) }, "Not yet valid", "warn"},
		{"prepared only", func(c *registry.Certificate) { c.Stage = registry.Prepared }, "Not issued", ""},
		{"a status of a later version", func(c *registry.Certificate) { c.Status = "frozen" }, "The status could not be checked", "warn"},
	} {
		x := valid
		c.change(&x)
		if got := part.Status(w, x, now); got.Text != c.want || got.Tone != c.tone {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestTheBadgeSaysHowTheTimeIsKnown(t *testing.T) {
	w := words(t, i18n.EN)
	claimed := now.Add(-time.Hour)
	stamp := func(at time.Time, trusted bool) verify.Timestamp { return verify.Timestamp{Time: at, Trusted: trusted} }
	for _, c := range []struct {
		name  string
		s     verify.Signature
		time  time.Time
		note  string
		tone  string
		owner string
	}{
		{"claimed", verify.Signature{Indication: verify.Passed, SigningTime: &claimed, Signer: verify.Signer{Name: "A"}}, claimed, "as the signer says", "good", "A"},
		{"stamped", verify.Signature{Indication: verify.Passed, SigningTime: &claimed, Timestamps: []verify.Timestamp{stamp(now, true), stamp(now.Add(-time.Minute), true)}}, now.Add(-time.Minute), "by time stamp", "good", "Owner unknown"},
		{"stamped by a stranger", verify.Signature{Indication: verify.Indeterminate, SigningTime: &claimed, Timestamps: []verify.Timestamp{stamp(now, false)}}, claimed, "as the signer says", "warn", "Owner unknown"},
		{"failed", verify.Signature{Indication: verify.Failed}, time.Time{}, "by time stamp", "bad", "Owner unknown"},
		{"an indication of nobody", verify.Signature{Indication: "GREAT"}, time.Time{}, "by time stamp", "warn", "Owner unknown"},
	} {
		got := part.Badge(w, c.s, "")
		if !got.Time.Equal(c.time) || got.TimeNote != c.note || got.Tone != c.tone || got.Owner != c.owner {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestTheIssuersRefusalIsToldInWords(t *testing.T) {
	w := words(t, i18n.EN)
	for reason, want := range map[string]string{"lint.key-weak": "key is weak", "no.such-code": "did not pass", "": "did not pass"} {
		if got := part.Detail(w, application.Move{To: application.Rejected, By: application.Issuer, Reason: reason}); !strings.Contains(got, want) || strings.Contains(got, "⟦") {
			t.Errorf("%s: %s", reason, got)
		}
	}
}
