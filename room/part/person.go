package part

import (
	"strings"
	"unicode/utf8"
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

func orDash(s string) string {
	if s == "" {
		return "—"
	}
	return s
}
