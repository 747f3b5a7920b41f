package i18n

import (
	"strconv"
	"strings"
)

// maxAcceptLanguage caps the header: browsers send under a hundred characters.
const maxAcceptLanguage = 1000

// Match returns the language that an Accept-Language header (RFC 9110 section 12.5.4) likes best of ours. Of equals the first one
// wins. When it names none of ours, or cannot be read, the answer is Russian, which the most users of the national systems read.
func Match(acceptLanguage string) Lang {
	if len(acceptLanguage) > maxAcceptLanguage {
		return RU
	}
	best, bestQ := RU, 0.0
	for item := range strings.SplitSeq(acceptLanguage, ",") {
		code, parameter, _ := strings.Cut(item, ";")
		l, ok := ParseLang(strings.TrimSpace(code))
		if !ok {
			continue
		}
		q := 1.0
		if value, found := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q="); found {
			var err error
			if q, err = strconv.ParseFloat(value, 64); err != nil || !(q >= 0 && q <= 1) {
				continue
			}
		}
		if q > bestQ {
			best, bestQ = l, q
		}
	}
	return best
}
