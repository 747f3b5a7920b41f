package authority

import (
	"io"
	"log/slog"
	"time"

	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/base/clock"
)

// Options are what an authority is made from.
type Options struct {
	Store     Store
	Hierarchy *ca.Hierarchy
	Clock     clock.Clock
	Rand      io.Reader              // nil is crypto/rand
	CheckIIN  func(iin string) error // nil is iin.Check; a hierarchy of test identities gives iin.CheckLenient
	Log       *slog.Logger           // faults of the workers; nil is silence
	CRLEvery  time.Duration          // between scheduled lists; 0 is 24 hours
}

// An Authority is a certification authority at work. It may be used by several goroutines at once.
type Authority struct {
	store     Store
	hierarchy *ca.Hierarchy
	clock     clock.Clock
	rand      io.Reader
	checkIIN  func(string) error
	log       *slog.Logger
}
