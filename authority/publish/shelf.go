package publish

import (
	"context"
	"sync"
	"time"

	"github.com/senim-pki/senim/base/clock"
)

// shelfAge is how old a list of a Shelf may be: a revocation is on the list that is served within this time of its publication.
const shelfAge = time.Second

// A Shelf holds the lists that are served. Anybody may ask for them at any pace, and a list of a million entries has forty
// megabytes: read from the store for each request, a few askers at once would take all memory there is. It may be used by
// several goroutines at once.
type Shelf struct {
	current func(ctx context.Context, issuer string) (List, error)
	clock   clock.Clock

	mu   sync.Mutex
	kept map[string]shelved // mu; of issuers that have a list, so names that somebody makes up take no room
}

type shelved struct {
	list List
	at   time.Time
}

// NewShelf makes a Shelf in front of the lists of p.
func NewShelf(p *Publisher) *Shelf {
	return &Shelf{current: p.Current, clock: p.o.Clock, kept: map[string]shelved{}}
}

// Current is Publisher.Current, at most a second late. The DER is shared: nobody may change it.
func (s *Shelf) Current(ctx context.Context, issuer string) (List, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if k, ok := s.kept[issuer]; ok && !now.Before(k.at) && now.Sub(k.at) < shelfAge {
		return k.list, nil
	}
	l, err := s.current(ctx, issuer)
	if err != nil {
		delete(s.kept, issuer)
		return List{}, err
	}
	s.kept[issuer] = shelved{l, now}
	return l, nil
}
