package i18n

import "strconv"

// pluralForms returns the forms that a language has, in the order of the files.
func pluralForms(l Lang) []string {
	if l == RU {
		return []string{"one", "few", "many"}
	}
	return []string{"one", "other"}
}

// plural returns the form for n things (CLDR plural rules for integers).
func plural(l Lang, n uint64) string {
	if l != RU {
		if n == 1 {
			return "one"
		}
		return "other"
	}
	switch tens := n / 10 % 10; {
	case n%10 == 1 && tens != 1:
		return "one"
	case n%10 >= 2 && n%10 <= 4 && tens != 1:
		return "few"
	}
	return "many"
}

// count returns the magnitude of the argument "count": an integer of any type, or its decimal text.
func count(args []any) (uint64, bool) {
	v, ok := argument(args, "count")
	if !ok {
		return 0, false
	}
	var n int64
	switch v := v.(type) {
	case int:
		n = int64(v)
	case int8:
		n = int64(v)
	case int16:
		n = int64(v)
	case int32:
		n = int64(v)
	case int64:
		n = v
	case uint:
		return uint64(v), true
	case uint8:
		return uint64(v), true
	case uint16:
		return uint64(v), true
	case uint32:
		return uint64(v), true
	case uint64:
		return v, true
	case string:
		parsed, err := strconv.ParseInt(v, 10, 64)
		if err != nil {
			return 0, false
		}
		n = parsed
	default:
		return 0, false
	}
	if n < 0 {
		return -uint64(n), true
	}
	return uint64(n), true
}
