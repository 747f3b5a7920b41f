package account

import (
	"crypto/rand"
	"errors"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/senim-pki/senim/base/fail"
)

// TestVectorsOfRFC6238 has the SHA-1 rows of appendix B, which have eight digits.
func TestVectorsOfRFC6238(t *testing.T) {
	secret := Secret("12345678901234567890")
	for _, c := range []struct {
		unix int64
		code string
	}{
		{59, "94287082"}, {1111111109, "07081804"}, {1111111111, "14050471"}, {1234567890, "89005924"}, {2000000000, "69279037"}, {20000000000, "65353130"},
	} {
		at := time.Unix(c.unix, 0)
		if got := secret.at(step(at), 8); got != c.code {
			t.Errorf("at %d: %s, want %s", c.unix, got, c.code)
		}
		if got := secret.Code(at); got != c.code[2:] {
			t.Errorf("six digits at %d: %s, want %s", c.unix, got, c.code[2:])
		}
	}
}

// box is a Sealer that shows the label.
type box struct{}

func (box) Seal(_ io.Reader, label string, b []byte) ([]byte, error) {
	return append([]byte(label+"|"), b...), nil
}

func (box) Unseal(label string, b []byte) ([]byte, error) {
	s, ok := strings.CutPrefix(string(b), label+"|")
	if !ok {
		return nil, errors.New("another label")
	}
	return []byte(s), nil
}

func member(t *testing.T) (*Staff, Secret) {
	t.Helper()
	secret, err := NewSecret(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	s := &Staff{IIN: "850315300009", Role: Operator}
	if err := s.SetTOTP(rand.Reader, box{}, secret); err != nil {
		t.Fatal(err)
	}
	return s, secret
}

func TestACodeIsTakenOnceWithinItsWindow(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 15, 0, time.UTC)
	for _, c := range []struct {
		name   string
		at     time.Duration // moment of the code, from now
		before time.Duration // moment of a code that was taken before; 0 is none
		ok     bool
	}{
		{"the present code", 0, 0, true},
		{"the code before", -30 * time.Second, 0, true},
		{"the code after", 30 * time.Second, 0, true},
		{"two codes before", -60 * time.Second, 0, false},
		{"two codes after", 60 * time.Second, 0, false},
		{"the same code again", -1 * time.Second, -2 * time.Second, false},
		{"an older code after a newer one", -30 * time.Second, -1 * time.Second, false},
		{"the next code", 30 * time.Second, -1 * time.Second, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, secret := member(t)
			if c.before != 0 {
				if err := s.CheckTOTP(box{}, secret.Code(now.Add(c.before)), now); err != nil {
					t.Fatal(err)
				}
			}
			err := s.CheckTOTP(box{}, secret.Code(now.Add(c.at)), now)
			if (err == nil) != c.ok || !c.ok && fail.CodeOf(err) != "staff.code-wrong" {
				t.Errorf("answered %v", err)
			}
		})
	}
}

func TestCodesThatAreNone(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, code := range []string{"", "0", "1234567", "абвгде", strings.Repeat("0", 1000)} {
		s, _ := member(t)
		if err := s.CheckTOTP(box{}, code, now); fail.CodeOf(err) != "staff.code-wrong" {
			t.Errorf("%q: %v", code, err)
		}
	}
}

func TestFailuresLockForAWhile(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	s, secret := member(t)
	for range tries {
		if err := s.CheckTOTP(box{}, "x", now); fail.CodeOf(err) != "staff.code-wrong" {
			t.Fatal(err)
		}
	}
	if err := s.CheckTOTP(box{}, secret.Code(now), now); fail.CodeOf(err) != "staff.locked" {
		t.Errorf("the right code after five wrong ones: %v", err)
	}
	later := now.Add(lockFor)
	if err := s.CheckTOTP(box{}, secret.Code(later), later); err != nil {
		t.Errorf("when the lock is over: %v", err)
	}
	s.Removed = true
	if err := s.CheckTOTP(box{}, secret.Code(later.Add(time.Minute)), later.Add(time.Minute)); fail.CodeOf(err) != "staff.removed" {
		t.Errorf("a removed member: %v", err)
	}
}

func TestASecretIsSealedForItsMember(t *testing.T) {
	s, secret := member(t)
	s.IIN = "850315301801"
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	if err := s.CheckTOTP(box{}, secret.Code(now), now); !fail.Is(err, fail.Internal) {
		t.Errorf("another member's secret was read: %v", err)
	}
}

func TestTheURLIsReadByAuthenticators(t *testing.T) {
	u, err := url.Parse(Secret("12345678901234567890").URL("Senim TEST", "850315300009"))
	if err != nil {
		t.Fatal(err)
	}
	if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/Senim TEST:850315300009" || u.Query().Get("secret") != "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" || u.Query().Get("issuer") != "Senim TEST" {
		t.Errorf("%s", u)
	}
}

func TestEachRoleHasItsCertificates(t *testing.T) {
	for _, r := range []Role{Administrator, Operator} {
		if r.Power() == "" || len(r.Templates()) != 2 {
			t.Errorf("%s: %s %v", r, r.Power(), r.Templates())
		}
	}
	if Role("x").Power() != "" || Role("x").Templates() != nil {
		t.Error("an unknown role has powers")
	}
}
