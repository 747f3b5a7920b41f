// Package fault names the points of a procedure at which a test stops, delays or kills the process, to see that what was
// left behind is right ("failed but persisted").
//
// A point is a package variable, so that every name is known without running anything:
//
//	var afterSign = fault.Register("issue.after-sign")
//	…
//	afterSign.Here()
//
// A point that is not armed costs one atomic load. Arming happens in cmd, from its environment, and in tests; nothing a
// user sends can arm a point.
package fault

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A Point is a named place in a procedure. The zero Point is no place; its Here does nothing.
type Point struct{ p *point }

type point struct {
	name   string
	action atomic.Pointer[func()]
}

var (
	mu     sync.Mutex
	points = map[string]*point{} // owned by mu
)

// Register declares a point. It panics when the name is empty or taken: two places of one name could not be told apart.
func Register(name string) Point {
	mu.Lock()
	defer mu.Unlock()
	if name == "" {
		panic("fault: a point without a name")
	}
	if _, taken := points[name]; taken {
		panic("fault: point " + name + " is registered twice")
	}
	p := &point{name: name}
	points[name] = p
	return Point{p}
}

// Name returns the point's name.
func (p Point) Name() string {
	if p.p == nil {
		return ""
	}
	return p.p.name
}

// Here calls the action of the point if it is armed. The action runs in the caller's goroutine.
func (p Point) Here() {
	if p.p == nil {
		return
	}
	if action := p.p.action.Load(); action != nil {
		(*action)()
	}
}

// Here is Point.Here for a registered name. A name that nobody registered cannot be armed either, so it does nothing.
func Here(name string) {
	mu.Lock()
	p := points[name]
	mu.Unlock()
	Point{p}.Here()
}

// Arm makes the named point call action each time it is passed; a nil action disarms it. It panics when there is no such
// point: a test whose fault never strikes would pass for nothing. A caller with a name from outside asks Points first.
func Arm(name string, action func()) {
	mu.Lock()
	defer mu.Unlock()
	p, ok := points[name]
	if !ok {
		panic("fault: no point is called " + name)
	}
	if action == nil {
		p.action.Store(nil)
		return
	}
	p.action.Store(&action)
}

// Points returns the names of all registered points, sorted.
func Points() []string {
	mu.Lock()
	defer mu.Unlock()
	names := make([]string, 0, len(points))
	for name := range points {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
