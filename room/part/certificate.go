package part

import (
	"slices"
	"strconv"
	"time"

	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/web/kit"
)

// A Card is a certificate of the register as template "part-certificate" draws it.
type Card struct {
	Title string
	Tag   kit.Tag
	Rows  []kit.Row
}

var profiles = []string{
	profile.IndividualAuthRSA, profile.IndividualSignGOST512, profile.IndividualSignRSA, profile.IndividualSignP256,
	profile.OperatorAuthRSA, profile.OperatorSignGOST512, profile.AdministratorAuthRSA, profile.AdministratorSignGOST512,
}

// Profile returns the name of a certificate template. One that nobody named is shown as it is.
func Profile(t Text, name string) string {
	if !slices.Contains(profiles, name) {
		return name
	}
	return t("part.profile." + name)
}

// reasons are the CRLReasons that have a name here (RFC 5280 section 5.3.1).
var reasons = []int{0, 1, 2, 3, 4, 5, 6, 9, 10}

// Reason returns a CRLReason in words; "" for one that is absent.
func Reason(t Text, code int) string {
	if !slices.Contains(reasons, code) {
		return ""
	}
	return t("part.reason." + strconv.Itoa(code))
}

// Status returns the status of a certificate at the moment now.
func Status(t Text, c registry.Certificate, now time.Time) kit.Tag {
	switch {
	case c.Stage != registry.Issued:
		return kit.Tag{Text: t("part.status.not-issued")}
	case c.Status == registry.Revoked:
		return kit.Tag{Text: t("part.status.revoked"), Tone: "bad"}
	case now.After(c.NotAfter):
		return kit.Tag{Text: t("part.status.expired"), Tone: "warn"}
	case c.Status == registry.Hold:
		return kit.Tag{Text: t("part.status.hold"), Tone: "warn"}
	case c.Status != registry.Valid: // a status that this build does not know is no good one
		return kit.Tag{Text: t("part.status.unknown"), Tone: "warn"}
	case now.Before(c.NotBefore):
		return kit.Tag{Text: t("part.status.not-yet"), Tone: "warn"}
	}
	return kit.Tag{Text: t("part.status.valid"), Tone: "good"}
}

// Certificate returns a certificate as a card. Whom it names is shown to staff, and to others masked where the register gave it at all.
func Certificate(t Text, c registry.Certificate, v Viewer, now time.Time) Card {
	card := Card{Title: Profile(t, c.Profile), Tag: Status(t, c, now)}
	if v == Staff {
		card.Rows = append(card.Rows,
			kit.Row{Key: t("part.owner"), Value: c.Name},
			kit.Row{Key: t("part.iin"), Value: c.IIN, Copy: true})
	} else if c.IIN != "" {
		card.Rows = append(card.Rows,
			kit.Row{Key: t("part.owner"), Value: MaskName(c.Name)},
			kit.Row{Key: t("part.iin"), Value: iin.Mask(c.IIN)})
	}
	card.Rows = append(card.Rows,
		kit.Row{Key: t("part.serial"), Value: Number(c.Serial), Copy: true},
		kit.Row{Key: t("part.validity"), Value: t("part.validity.from-to", "from", kit.Date(c.NotBefore), "to", kit.Date(c.NotAfter))})
	if c.Status != registry.Valid && !c.StatusAt.IsZero() {
		card.Rows = append(card.Rows, kit.Row{Key: t("part.status-at"), Value: c.StatusAt})
		if why := Reason(t, c.Reason); why != "" {
			card.Rows = append(card.Rows, kit.Row{Key: t("part.reason"), Value: why})
		}
	}
	return card
}

// Certificates returns a list of certificates, a line each. href, when not nil, gives the address of each one's own page.
func Certificates(t Text, list []registry.Certificate, now time.Time, href func(registry.Certificate) string) kit.Table {
	table := kit.Table{
		Caption: t("part.certificates"),
		Columns: []kit.Column{{Text: t("part.certificate.template")}, {Text: t("part.serial")}, {Text: t("part.certificate.until")}, {Text: t("part.state")}},
		Empty:   t("part.certificates.empty"),
	}
	for _, c := range list {
		var title any = Profile(t, c.Profile)
		if href != nil {
			title = kit.Anchor{Text: Profile(t, c.Profile), Href: href(c)}
		}
		table.Rows = append(table.Rows, []any{title, Number(c.Serial), kit.Date(c.NotAfter), Status(t, c, now)})
	}
	return table
}
