package ca

import (
	"strings"

	"golang.org/x/text/unicode/norm"

	"github.com/senim-pki/senim/oid"
)

// Names and identifiers of the real national authorities (facts/kz-pki.md sections 1.2 and 2.1). An authority that bore them
// would deceive; the national test hierarchies are not ours either.
var (
	realNames = []string{
		"НЕГІЗГІ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ",
		"ҰЛТТЫҚ КУӘЛАНДЫРУШЫ ОРТАЛЫҚ",
		"НЕГІЗГІ КО TEST",
		"ҰКО 3.0",
		"НУЦ РК",
		"НАЦИОНАЛЬНЫЙ УДОСТОВЕРЯЮЩИЙ ЦЕНТР",
		"NATIONAL CERTIFICATION AUTHORITY",
		"КОРНЕВОЙ УДОСТОВЕРЯЮЩИЙ ЦЕНТР РЕСПУБЛИКИ КАЗАХСТАН",
		"УДОСТОВЕРЯЮЩИЙ ЦЕНТР ГОСУДАРСТВЕННЫХ ОРГАНОВ",
		"МЕМЛЕКЕТТІК ТЕХНИКАЛЫҚ ҚЫЗМЕТ",
		"BTSD CA",
	}
	realArcs = []oid.OID{
		"1.2.398.3.1",  // root authority
		"1.2.398.3.2",  // authority of government bodies
		"1.2.398.3.3",  // national authority
		"1.2.398.3.17", // BTS Digital
	}
	realHosts = []string{"pki.gov.kz", "root.gov.kz"}
)

// forbiddenName returns the real name that s contains or imitates, or "".
func forbiddenName(s string) string {
	for _, name := range realNames {
		if strings.Contains(skeleton(s), skeleton(name)) {
			return name
		}
	}
	return ""
}

// lookalikes are Latin letters and the Cyrillic ones that a reader takes them for.
var lookalikes = strings.NewReplacer("A", "А", "B", "В", "C", "С", "E", "Е", "H", "Н", "I", "І", "K", "К", "M", "М", "O", "О", "P", "Р", "T", "Т", "X", "Х", "Y", "У", "Ё", "Е")

// skeleton is what two names look like: without case, blanks, punctuation, invisible characters, and with one alphabet.
func skeleton(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case 'A' <= r && r <= 'Z', '0' <= r && r <= '9', 'Ѐ' <= r && r <= 'ԯ':
			return r
		}
		return -1
	}, strings.ToUpper(norm.NFKC.String(s)))
	return lookalikes.Replace(s)
}

func forbiddenOID(o oid.OID) bool {
	for _, arc := range realArcs {
		if o == arc || o.Under(arc) {
			return true
		}
	}
	return false
}

func forbiddenHost(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	for _, h := range realHosts {
		if host == h || strings.HasSuffix(host, "."+h) {
			return true
		}
	}
	return false
}
