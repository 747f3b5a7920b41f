package keyfile

import (
	"encoding/hex"
	"slices"
	"strings"
	"testing"
)

func TestPasswordRule(t *testing.T) {
	for _, c := range []struct {
		password string
		want     []string
	}{
		{"Qwerty12", nil},
		{"aaaaa1", nil},
		{"a1@#%&*~_-.", nil},
		{strings.Repeat("a", 31) + "1", nil},
		{"", []string{PasswordTooShort, PasswordNoLetter, PasswordNoDigit}},
		{"aaaa1", []string{PasswordTooShort}},
		{strings.Repeat("a", 32) + "1", []string{PasswordTooLong}},
		{"QWERTY12", []string{PasswordNoLetter}},
		{"Qwertyui", []string{PasswordNoDigit}},
		{"йцукен12", []string{PasswordNoLetter, PasswordForbidden}},
		{"қазақ123", []string{PasswordNoLetter, PasswordForbidden}},
		{"qwerty 12", []string{PasswordForbidden}},
		{"qwerty12!", []string{PasswordForbidden}},
		{"qwerty١٢", []string{PasswordNoDigit, PasswordForbidden}}, // Arabic digits are no digits here
		{"qwerty12\x00", []string{PasswordForbidden}},
		{"qwerty12\xff", []string{PasswordForbidden}},
		{"жабдық", []string{PasswordNoLetter, PasswordNoDigit, PasswordForbidden}}, // six characters, twelve octets
	} {
		var got []string
		for _, b := range DefaultRule().Check(c.password) {
			got = append(got, b.Code)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("%q: %v, want %v", c.password, got, c.want)
		}
	}
}

func TestForbiddenNamesTheCharacter(t *testing.T) {
	broken := DefaultRule().Check("qwerty12!")
	if len(broken) != 1 || broken[0].Args["character"] != "!" || broken[0].Args["allowed"] != "@ # % & * ~ _ - ." {
		t.Errorf("got %v", broken)
	}
}

// The vectors of RFC 2268 section 5.
func TestRC2(t *testing.T) {
	for _, c := range []struct {
		bits               int
		key, plain, cipher string
	}{
		{63, "0000000000000000", "0000000000000000", "ebb773f993278eff"},
		{64, "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49"},
		{64, "3000000000000000", "1000000000000001", "30649edf9be7d2c2"},
		{64, "88", "0000000000000000", "61a8a244adacccf0"},
		{64, "88bca90e90875a", "0000000000000000", "6ccf4308974c267f"},
		{64, "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "1a807d272bbe5db1"},
		{128, "88bca90e90875a7f0f79c384627bafb2", "0000000000000000", "2269552ab0f85ca6"},
		{129, "88bca90e90875a7f0f79c384627bafb216f80a6f85920584c42fceb0be255daf1e", "0000000000000000", "5b78d3a43dfff1f1"},
	} {
		block := newRC2(unhex(c.key), c.bits)
		got := make([]byte, 8)
		block.Encrypt(got, unhex(c.plain))
		if hex.EncodeToString(got) != c.cipher {
			t.Errorf("key %s, %d bits: %x, want %s", c.key, c.bits, got, c.cipher)
		}
		block.Decrypt(got, got)
		if hex.EncodeToString(got) != c.plain {
			t.Errorf("key %s, %d bits: decrypts to %x, want %s", c.key, c.bits, got, c.plain)
		}
	}
}
