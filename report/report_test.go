package report

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/i18n"
	"github.com/senim-pki/senim/keyfile"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/finding"
	"github.com/senim-pki/senim/sig/verify"
)

// constants are the string constants of a package's source whose value is taken.
func constants(t *testing.T, folder string, taken func(name, value string) bool) []string {
	t.Helper()
	packages, err := parser.ParseDir(token.NewFileSet(), folder, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]bool{}
	for _, p := range packages {
		for name, file := range p.Files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			for _, d := range file.Decls {
				g, ok := d.(*ast.GenDecl)
				if !ok || g.Tok != token.CONST {
					continue
				}
				for _, s := range g.Specs {
					v := s.(*ast.ValueSpec)
					for i, x := range v.Values {
						if lit, ok := x.(*ast.BasicLit); ok && lit.Kind == token.STRING {
							value, _ := strconv.Unquote(lit.Value)
							if taken(v.Names[i].Name, value) {
								found[value] = true
							}
						}
					}
				}
			}
		}
	}
	if len(found) == 0 {
		t.Fatalf("no constants in %s", folder)
	}
	return slices.Sorted(maps.Keys(found))
}

func TestMessagesAreWholeInThreeLanguages(t *testing.T) {
	for _, p := range Messages().Problems() {
		t.Error(p)
	}
}

func TestEveryCodeHasItsWordsAndEveryWordItsCode(t *testing.T) {
	want := map[string]bool{}
	for _, c := range constants(t, "../pki/finding", func(string, string) bool { return true }) {
		want["finding."+c] = true
	}
	prefixed := func(prefixes ...string) func(string, string) bool {
		return func(_, value string) bool {
			return slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(value, p) })
		}
	}
	for _, c := range constants(t, "../keyfile", prefixed("password.")) {
		want[c] = true
	}
	for _, c := range constants(t, "../sig/sign", prefixed("sign.")) {
		want[c] = true
	}
	for _, c := range constants(t, "../sig/verify", prefixed("verify.")) {
		want[c] = true
	}
	for _, c := range constants(t, "../sig/verify", func(_, value string) bool { return value == strings.ToUpper(value) && len(value) > 3 }) {
		want["indication."+key(c)] = true
	}
	for _, v := range verdicts {
		want[v] = true
	}
	for reason := range 11 {
		if name := crl.ReasonName(reason); !strings.HasPrefix(name, "reason") && name != "certificateHold" && name != "removeFromCRL" && name != "aACompromise" {
			want["revocation-reason."+reasonKey(name)] = true
		}
	}
	for _, k := range []string{"verdict.valid", "verdict.bad-signature", "verdict.valid-explanation", "verdict.not-valid-explanation", "indication.with-reason"} {
		want[k] = true
	}
	for k := range want {
		if !Messages().Has(k) {
			t.Errorf("no words for %s", k)
		}
	}
	for _, k := range Messages().Keys() {
		if !want[k] {
			t.Errorf("nothing says %s", k)
		}
	}
}

func TestSentencesSayWhoAndWhen(t *testing.T) {
	f := finding.Finding{Code: finding.Revoked, Severity: finding.Fatal, Subject: "ТЕСТОВ ТЕСТ", Args: map[string]string{"time": "2026-05-08T14:57:29Z", "reason": "keyCompromise"}}
	if got, want := Text(i18n.RU, f), "Сертификат «ТЕСТОВ ТЕСТ» отозван, время: 08.05.2026 19:57, причина: компрометация ключа. Не принимайте эту подпись; попросите подписать документ действующим сертификатом."; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
	f.Args["reason"] = ""
	if got := Text(i18n.RU, f); !strings.Contains(got, "причина: не указана") {
		t.Errorf("without a reason: %q", got)
	}
	if got, want := Message(i18n.EN, verify.Message{Code: "expired", Subject: "X", Args: map[string]string{"notAfter": "2026-05-08T14:57:29Z"}}), "The certificate of “X” has expired, it ended 08.05.2026 19:57."; !strings.HasPrefix(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestBrokenPasswordsAreExplained(t *testing.T) {
	for _, lang := range i18n.Langs() {
		for _, password := range []string{"", strings.Repeat("Ж", 40)} {
			for _, b := range keyfile.DefaultRule().Check(password) {
				if got := Broken(lang, b); strings.ContainsAny(got, "⟦{") {
					t.Errorf("%s %s: %q", lang, b.Code, got)
				}
			}
		}
	}
	broken := keyfile.DefaultRule().Check("йцукен12")
	if got, want := Broken(i18n.RU, broken[len(broken)-1]), "Символ «й» в пароле использовать нельзя. Используйте только латинские буквы, цифры и символы: @ # % & * ~ _ - ."; got != want {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

func TestVerdictsAreTheAnswersOfThePortal(t *testing.T) {
	for _, c := range []struct {
		indication, sub string
		code            finding.Code
		want            string
	}{
		{verify.Passed, "", "", "действителен"},
		{verify.Indeterminate, verify.OutOfBoundsNoPOE, finding.Expired, "срок действия сертификата закончился или ещё не наступил"},
		{verify.Indeterminate, verify.RevokedNoPOE, finding.Revoked, "сертификат отозван"},
		{verify.Indeterminate, verify.RevokedNoPOE, finding.OnHold, "сертификат отозван"},
		{verify.Indeterminate, verify.TryLater, finding.NoRevocationAnswer, "не удалось проверить статус сертификата"},
		{verify.Failed, verify.SigCryptoFailure, finding.SignatureValueWrong, "недействительная электронная подпись"},
		{verify.Failed, verify.HashFailure, finding.DigestMismatch, "недействительная электронная подпись"},
		{verify.Indeterminate, verify.SigConstraintsFailure, finding.AuthenticationKey, "недействительная электронная подпись"},
		{verify.Indeterminate, verify.ChainConstraintsFailure, finding.BadSignature, "недействительная электронная подпись"},
		{verify.Indeterminate, verify.NoCertificateChainFound, finding.NoChain, "сертификат отсутствует в списке доверенных сертификатов"},
		{verify.Indeterminate, verify.SignedDataNotFound, finding.ContentMissing, "не хватает подписанного документа"},
	} {
		s := verify.Signature{Indication: c.indication, SubIndication: c.sub}
		if c.code != "" {
			s.Findings = []finding.Finding{{Code: finding.TimestampUnverified}, {Code: c.code, Severity: finding.Fatal, Subject: "X", Args: map[string]string{"time": "t", "reason": "r", "notAfter": "n"}}}
		}
		short, explanation := Verdict(i18n.RU, s)
		if short != c.want {
			t.Errorf("%s %s: %q, want %q", c.indication, c.sub, short, c.want)
		}
		if c.code != "" && explanation != Text(i18n.RU, s.Findings[1]) {
			t.Errorf("%s %s: explained by %q", c.indication, c.sub, explanation)
		}
		if words := Indication(i18n.KK, c.indication, c.sub); strings.Contains(words, "⟦") {
			t.Errorf("%s %s: %q", c.indication, c.sub, words)
		}
	}
}

func TestErrorsOfSigningAreExplained(t *testing.T) {
	err := fmt.Errorf("couldn't sign: %w", fail.New(fail.Invalid, "sign.expired", "notAfter", "2026-05-08T14:57:29Z"))
	if got, ok := Error(i18n.EN, err); !ok || !strings.HasPrefix(got, "The certificate has expired, it ended 08.05.2026 19:57.") {
		t.Errorf("got %q", got)
	}
	if _, ok := Error(i18n.EN, errors.New("another")); ok {
		t.Error("an error of somebody else is explained")
	}
	if _, ok := Error(i18n.EN, fail.New(fail.Invalid, "nobody.knows")); ok {
		t.Error("a code of somebody else is explained")
	}
}
