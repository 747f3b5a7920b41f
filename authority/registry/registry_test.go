package registry_test

import (
	"bytes"
	"testing"

	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/base/fail"
)

func TestSerialsAreReadAsPeopleWriteThem(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"0a1b", "0A1B"},
		{"0A 1B\n", "0A1B"},
		{"0a:1b-ff", "0A1BFF"},
		{"00ff", "FF"}, // the sign octet of DER
		{"00", "00"},
		{"6B36 3ED7 1D0C 4E3A 6C5F 1B8F 2F4A 9D0E 7C1B 2A3F", "6B363ED71D0C4E3A6C5F1B8F2F4A9D0E7C1B2A3F"},
	} {
		got, err := registry.ParseSerial(c.typed)
		if err != nil || got != c.want {
			t.Errorf("%q is read as %q: %v", c.typed, got, err)
		}
	}
	for _, typed := range []string{"", " ", "abc", "xy", "0x12", "AA;DROP", "6B363ED71D0C4E3A6C5F1B8F2F4A9D0E7C1B2A3F0102"} {
		if got, err := registry.ParseSerial(typed); !fail.Is(err, fail.Invalid) {
			t.Errorf("%q is read as %q: %v", typed, got, err)
		}
	}
}

func TestSerialOctetsAreThoseOfAPositiveInteger(t *testing.T) {
	for _, c := range []struct {
		serial string
		want   []byte
	}{{"7F01", []byte{0x7f, 1}}, {"80", []byte{0, 0x80}}, {"00", []byte{0}}} {
		got, err := registry.SerialOctets(c.serial)
		if err != nil || !bytes.Equal(got, c.want) {
			t.Errorf("%s is %x: %v", c.serial, got, err)
		}
		if back := registry.FormatSerial(got); back != c.serial {
			t.Errorf("%s comes back as %s", c.serial, back)
		}
	}
	if got := registry.GroupSerial("6B363ED71D"); got != "6B36 3ED7 1D" {
		t.Errorf("grouped as %q", got)
	}
}

func TestWhatIsRevokedStaysRevoked(t *testing.T) {
	all := []registry.Status{registry.Valid, registry.Hold, registry.Revoked}
	for _, from := range all {
		for _, to := range all {
			want := from != to && from != registry.Revoked
			if from.MayBecome(to) != want {
				t.Errorf("from %s to %s: %t", from, to, !want)
			}
		}
	}
	if len(registry.StatusMoves()) != 4 {
		t.Errorf("there are %d moves", len(registry.StatusMoves()))
	}
}
