package fault

import (
	"slices"
	"testing"
)

var (
	first  = Register("test.first")
	second = Register("test.second")
)

func TestArmedPointCallsItsActionEachTime(t *testing.T) {
	calls := 0
	Arm("test.first", func() { calls++ })
	first.Here()
	Here("test.first")
	second.Here()
	if calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
	Arm("test.first", nil)
	first.Here()
	if calls != 2 {
		t.Errorf("a disarmed point was called")
	}
}

func TestUnarmedAndUnknownPointsDoNothing(t *testing.T) {
	second.Here()
	Here("test.nobody")
	var zero Point
	zero.Here()
	if zero.Name() != "" || second.Name() != "test.second" {
		t.Error("names are wrong")
	}
}

func TestPointsAreListedInOrder(t *testing.T) {
	got := Points()
	if !slices.IsSorted(got) || !slices.Contains(got, "test.first") || !slices.Contains(got, "test.second") {
		t.Errorf("got %v", got)
	}
}

func TestWrongNamesPanic(t *testing.T) {
	for name, f := range map[string]func(){
		"arming what nobody registered": func() { Arm("test.nobody", func() {}) },
		"registering twice":             func() { Register("test.first") },
		"registering without a name":    func() { Register("") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			f()
		})
	}
}

func BenchmarkUnarmedPoint(b *testing.B) {
	for b.Loop() {
		second.Here()
	}
}
