// Package clock is where time comes from and how it is shown. No other package calls time.Now: whoever needs the time
// takes a Clock or a time.Time, so that a test, a demo and a verification "as of" a moment are all the same code.
//
// Times are stored in UTC and shown in Asia/Almaty.
package clock

import (
	_ "embed"
	"sync"
	"time"
)

// A Clock tells the time.
type Clock interface {
	// Now returns the present moment, in UTC.
	Now() time.Time
}

// System returns the clock of the machine.
func System() Clock { return system{} }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

// Fixed returns a clock that stands at t.
func Fixed(t time.Time) Clock { return fixed{t.UTC()} }

type fixed struct{ t time.Time }

func (f fixed) Now() time.Time { return f.t }

// Manual is a clock that stands until it is moved, for tests and the demo. The zero value stands at the zero time.
// It may be used by several goroutines at once.
type Manual struct {
	mu sync.Mutex
	t  time.Time // owned by mu
}

// NewManual returns a Manual that stands at t.
func NewManual(t time.Time) *Manual {
	m := new(Manual)
	m.Set(t)
	return m
}

// Now returns the moment the clock stands at.
func (m *Manual) Now() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.t
}

// Set moves the clock to t, forwards or back.
func (m *Manual) Set(t time.Time) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = t.UTC()
}

// Advance moves the clock by d and returns the new moment.
func (m *Manual) Advance(d time.Duration) time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.t = m.t.Add(d)
	return m.t
}

// almatyData is Asia/Almaty of the IANA time zone database (public domain). It is kept here, and not taken from the machine,
// because a machine whose database is older than March 2024 would still show +06; and time/tzdata is asked
// only after the machine, besides carrying 450 kB of other zones into every binary.
//
//go:embed almaty.tzif
var almatyData []byte

var almaty = sync.OnceValue(func() *time.Location {
	loc, err := time.LoadLocationFromTZData("Asia/Almaty", almatyData)
	if err != nil {
		panic("clock: embedded time zone: " + err.Error()) // a build fault; the tests load it
	}
	return loc
})

// Almaty returns the time zone in which times are shown: +06 until 2024-03-01, +05 since.
func Almaty() *time.Location { return almaty() }

// Show returns day and minute in Almaty, as "22.11.2026 14:08".
func Show(t time.Time) string { return t.In(Almaty()).Format("02.01.2006 15:04") }

// ShowSeconds returns day and second in Almaty, as "22.11.2026 14:08:31".
func ShowSeconds(t time.Time) string { return t.In(Almaty()).Format("02.01.2006 15:04:05") }

// ShowDate returns the day in Almaty, as "22.11.2026".
func ShowDate(t time.Time) string { return t.In(Almaty()).Format("02.01.2006") }
