package part

import (
	"strings"
	"unicode/utf8"

	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/iin"
	"github.com/senim-pki/senim/web/kit"
)

// MaskName leaves its bearer able to recognise a name and tells a stranger nothing: the first letter of each word, and the same
// three dots however long the word is.
func MaskName(words ...string) string {
	var masked []string
	for _, w := range strings.Fields(strings.Join(words, " ")) {
		first, _ := utf8.DecodeRuneInString(w)
		masked = append(masked, string(first)+"•••")
	}
	return strings.Join(masked, " ")
}

// FullName joins the parts of a name that there are.
func FullName(surname, name, patronymic string) string {
	return strings.Join(strings.Fields(surname+" "+name+" "+patronymic), " ")
}

// Person returns the facts about a person of the register.
func Person(t Text, p person.Person, v Viewer) []kit.Row {
	if v != Staff {
		return []kit.Row{
			{Key: t("part.iin"), Value: iin.Mask(p.IIN)},
			{Key: t("part.name"), Value: MaskName(p.Surname, p.Name)},
		}
	}
	rows := []kit.Row{
		{Key: t("part.iin"), Value: p.IIN, Copy: true},
		{Key: t("part.surname"), Value: p.Surname},
		{Key: t("part.given-name"), Value: orDash(p.Name)},
		{Key: t("part.patronymic"), Value: orDash(p.Patronymic)},
	}
	if !p.Updated.IsZero() {
		rows = append(rows, kit.Row{Key: t("part.register-updated"), Value: p.Updated})
	}
	return rows
}

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
