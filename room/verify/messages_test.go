package verify

import "testing"

func TestEveryTextIsThereInThreeLanguages(t *testing.T) {
	for _, problem := range messages.Problems() {
		t.Error(problem)
	}
}
