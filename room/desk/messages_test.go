package desk

import (
	"testing"

	"github.com/senim-pki/senim/base/i18n"
)

func TestEveryTextIsThereInThreeLanguages(t *testing.T) {
	for _, problem := range messages.Problems() {
		t.Error(problem)
	}
	for _, l := range i18n.Langs() {
		for _, code := range refusals {
			if code != "other" && !messages.Has("desk.refuse."+code+".told") {
				t.Errorf("%s: the reason %s has no words for the applicant", l, code)
			}
		}
	}
}
