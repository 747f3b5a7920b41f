package session

import (
	"context"
	"sync"
	"time"
)

// memoryCap bounds the memory of MemoryStore to some tens of megabytes. Only signed-in people have a session, so nobody
// fills it from outside; beyond it the session that would end first makes room.
const memoryCap = 100_000

// MemoryStore keeps sessions in this process: a restart signs everybody out.
func MemoryStore() Store {
	return &memory{kept: map[ID]kept{}}
}

type kept struct {
	s     Session
	until time.Time
}

type memory struct {
	mu   sync.Mutex
	kept map[ID]kept // mu
	next int         // mu; saves until the next sweep
}

// Save also sweeps now and then: what ended before the newly saved one was last seen is gone.
func (m *memory) Save(_ context.Context, id ID, s Session, until time.Time) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	s.Roles = append([]string(nil), s.Roles...)
	if m.next--; m.next < 0 || len(m.kept) >= memoryCap {
		for k, v := range m.kept {
			if !s.Seen.Before(v.until) {
				delete(m.kept, k)
			}
		}
		m.next = len(m.kept)
	}
	if _, ok := m.kept[id]; !ok && len(m.kept) >= memoryCap {
		var first ID
		var at time.Time
		for k, v := range m.kept {
			if at.IsZero() || v.until.Before(at) {
				first, at = k, v.until
			}
		}
		delete(m.kept, first)
	}
	m.kept[id] = kept{s, until}
	return nil
}

func (m *memory) Load(_ context.Context, id ID) (Session, bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[id]
	v.s.Roles = append([]string(nil), v.s.Roles...)
	return v.s, ok, nil
}

func (m *memory) Touch(_ context.Context, id ID, seen, until time.Time) (bool, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	v, ok := m.kept[id]
	if ok {
		v.s.Seen, v.until = seen, until
		m.kept[id] = v
	}
	return ok, nil
}

func (m *memory) Delete(_ context.Context, id ID) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	delete(m.kept, id)
	return nil
}
