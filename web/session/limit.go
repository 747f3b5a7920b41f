package session

import (
	"container/list"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"github.com/senim-pki/senim/base/clock"
)

// Limiter lets each key do burst things at once and rate things a second after that (token bucket). Its memory is bounded:
// beyond maxKeys the key that was not seen for longest is forgotten. It is safe for concurrent use.
type Limiter struct {
	clock   clock.Clock
	rate    float64
	burst   float64
	maxKeys int

	mu      sync.Mutex
	buckets map[string]*list.Element // mu
	order   *list.List               // mu; of *bucket, the latest in front
}

type bucket struct {
	key  string
	left float64
	at   time.Time
}

// NewLimiter makes a limiter of rate per second with the given burst, remembering at most maxKeys keys. It panics where a
// number is not positive: such a limiter would let nobody in, or everybody.
func NewLimiter(c clock.Clock, rate float64, burst, maxKeys int) *Limiter {
	if c == nil || !(rate > 0) || burst < 1 || maxKeys < 1 {
		panic("session: limiter with a number that is not positive")
	}
	return &Limiter{clock: c, rate: rate, burst: float64(burst), maxKeys: maxKeys, buckets: map[string]*list.Element{}, order: list.New()}
}

// Allow reports whether the key may do one more thing now, and counts it if so. A refused try costs nothing.
func (l *Limiter) Allow(key string) bool {
	now := l.clock.Now()
	l.mu.Lock()
	defer l.mu.Unlock()
	e, ok := l.buckets[key]
	if !ok {
		if l.order.Len() >= l.maxKeys {
			oldest := l.order.Back()
			delete(l.buckets, oldest.Value.(*bucket).key)
			l.order.Remove(oldest)
		}
		e = l.order.PushFront(&bucket{key: key, left: l.burst, at: now})
		l.buckets[key] = e
	} else {
		l.order.MoveToFront(e)
	}
	b := e.Value.(*bucket)
	if d := now.Sub(b.at); d > 0 { // a clock set back gives nothing
		b.left = min(l.burst, b.left+d.Seconds()*l.rate)
	}
	b.at = now
	if b.left < 1 {
		return false
	}
	b.left--
	return true
}

// ClientKey is who asks, for a Limiter: the IPv4 address, or the /64 of an IPv6 one, since one customer holds all of it.
//
// Behind proxies the address is the rightmost of X-Forwarded-For that is not a trusted proxy's; whatever stands left of it
// the client wrote himself. Without a trusted peer the header is not looked at.
func ClientKey(r *http.Request, trustedProxies []netip.Prefix) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return "unknown" // a socket without address: all share one bucket
	}
	addr := peer.Addr().Unmap().WithZone("")
	trusted := func(a netip.Addr) bool {
		for _, p := range trustedProxies {
			if p.Contains(a) {
				return true
			}
		}
		return false
	}
	if trusted(addr) {
		hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
		for i := len(hops) - 1; i >= 0; i-- {
			a, err := parseHop(strings.TrimSpace(hops[i]))
			if err != nil {
				break // an unreadable hop: the last readable one stands
			}
			addr = a
			if !trusted(a) {
				break
			}
		}
	}
	if addr.Is6() {
		p, _ := addr.Prefix(64)
		return p.String()
	}
	return addr.String()
}

// parseHop reads an address with or without a port; some proxies add one.
func parseHop(s string) (netip.Addr, error) {
	if ap, err := netip.ParseAddrPort(s); err == nil {
		return ap.Addr().Unmap().WithZone(""), nil
	}
	a, err := netip.ParseAddr(strings.Trim(s, "[]"))
	return a.Unmap().WithZone(""), err
}
