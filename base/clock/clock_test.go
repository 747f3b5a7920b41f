package clock

import (
	"sync"
	"testing"
	"time"
)

func TestTimesAreShownInAlmaty(t *testing.T) {
	for _, c := range []struct{ utc, want string }{
		{"2026-11-22T09:08:31Z", "22.11.2026 14:08:31"}, // +05
		{"2024-02-29T17:59:59Z", "29.02.2024 23:59:59"}, // the last second of +06
		{"2024-02-29T18:00:00Z", "29.02.2024 23:00:00"}, // the clocks went back an hour
		{"2024-02-29T19:00:00Z", "01.03.2024 00:00:00"},
		{"2022-07-07T00:00:00Z", "07.07.2022 06:00:00"},
		{"2045-09-08T20:00:00Z", "09.09.2045 01:00:00"}, // past the table, by the rule at its end
	} {
		at, err := time.Parse(time.RFC3339, c.utc)
		if err != nil {
			t.Fatal(err)
		}
		if got := ShowSeconds(at); got != c.want {
			t.Errorf("%s is shown as %s, want %s", c.utc, got, c.want)
		}
		if got := Show(at); got != c.want[:16] {
			t.Errorf("%s is shown as %s, want %s", c.utc, got, c.want[:16])
		}
		if got := ShowDate(at); got != c.want[:10] {
			t.Errorf("%s is shown as %s, want %s", c.utc, got, c.want[:10])
		}
	}
	if got := Almaty().String(); got != "Asia/Almaty" {
		t.Errorf("zone %s", got)
	}
}

func TestClocksTellUTC(t *testing.T) {
	at := time.Date(2026, 11, 22, 14, 8, 0, 0, Almaty())
	for name, c := range map[string]Clock{"system": System(), "fixed": Fixed(at), "manual": NewManual(at)} {
		if loc := c.Now().Location(); loc != time.UTC {
			t.Errorf("%s clock tells time in %v", name, loc)
		}
	}
	if got := Fixed(at).Now(); !got.Equal(at) {
		t.Errorf("fixed clock says %v", got)
	}
	before := time.Now()
	if got := System().Now(); got.Before(before) || got.Sub(before) > time.Minute {
		t.Errorf("system clock says %v at %v", got, before)
	}
}

func TestManualMovesWhenMoved(t *testing.T) {
	start := time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC)
	m := NewManual(start)
	var wait sync.WaitGroup
	for range 10 {
		wait.Go(func() { m.Advance(time.Minute); m.Now() })
	}
	wait.Wait()
	if got := m.Now(); !got.Equal(start.Add(10 * time.Minute)) {
		t.Errorf("after ten minutes: %v", got)
	}
	m.Set(start.Add(-time.Hour))
	if got := m.Now(); !got.Equal(start.Add(-time.Hour)) {
		t.Errorf("set back: %v", got)
	}
}
