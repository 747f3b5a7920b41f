package portal

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

func FuzzParseNames(f *testing.F) {
	for _, seed := range []string{"", "ab:01", "AB:7f01 cd:02,ef:03", ":", "ab:", ":01", "ab:01:02", "ab:\xff", strings.Repeat("a:1 ", 100), "é:01\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, list string) {
		names, err := parseNames(list)
		if err != nil && !fail.Is(err, fail.Invalid) {
			t.Fatalf("%q: %v", list, err)
		}
		if len(names) > maxCertificates {
			t.Fatalf("%d names", len(names))
		}
		for _, n := range names {
			if again, err := registry.ParseSerial(n.serial); err != nil || again != n.serial || n.keyID == "" {
				t.Fatalf("%q gave %+v", list, n)
			}
		}
	})
}

func FuzzTicket(f *testing.F) {
	for _, seed := range []string{"", ".", "0123456789ABCDEF.secret", "0123-4567-89ab-cdef.x", "0123456789ABCDEF.", strings.Repeat("A", 300), "\"0123456789ABCDEF.s\""} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Header.Set("Cookie", draftCookie+"="+cookie)
		number, secret, ok := (&Portal{}).ticket(r)
		if !ok {
			return
		}
		if canonical, err := application.ParseNumber(number); err != nil || canonical != number || secret == "" {
			t.Fatalf("%q gave %q and %q", cookie, number, secret)
		}
	})
}
