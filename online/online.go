// Package online asks the network for revocation evidence: OCSP answers and CRLs, by the addresses that certificates name.
//
// Whoever sends in a certificate chooses those addresses, so this package treats them as hostile: only http and https,
// no address of a private network or of this machine (looked at when dialling, after the name was resolved), two
// redirects at most, caps on size, time and number. What comes back is parsed and nothing more: pki/path decides
// whether it is authentic and fresh. Nothing that this package returns is evidence by itself.
//
// A Client is a path.Fetcher. OCSP is asked anew each time, with a nonce; lists are kept for a few minutes and then
// revalidated. Time stamps and issuer certificates are not fetched yet.
package online

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/path"
)

// The codes of this package's errors, each fail.Unavailable: the same may succeed later, or from another network.
const (
	CodeNoAddress = "online.no-address" // the certificate names no place to ask
	CodeFailed    = "online.failed"     // every place it names failed; args: host
	CodeRefused   = "online.refused"    // an address that is not asked: private, not http, a closed port; args: host
)

const (
	// maxURLs caps the addresses of one certificate that are tried one after another. Real ones name one or two.
	maxURLs = 3
	// maxURL is the longest address that is asked, in octets. Real ones have some forty.
	maxURL = 2048
	// maxRedirects: a list that moved from http to https and then to a mirror needs two.
	maxRedirects = 2
	// maxAtOnce caps the requests that run together, so that a stranger's certificates can't make us a flood. The
	// others wait.
	maxAtOnce = 32
)

// Options is what a Client is made of. Only Clock is required.
type Options struct {
	Clock clock.Clock
	// Allowed are hosts, as "host:port", or "host" for the ports of http and https, that may lie in a private network or on this machine: those of the own
	// authority, from its configuration. A redirect to them is refused all the same.
	Allowed []string
	// Timeout ends one exchange, from dialling to the last octet. 0 is 10 seconds.
	Timeout time.Duration
	// CacheDir keeps lists between runs of a command. Empty: in memory only.
	CacheDir string
	Rand     io.Reader    // nil is crypto/rand
	Log      *slog.Logger // why a request failed; nil is silence
}

// A Client asks OCSP responders and fetches CRLs. It may be used by several goroutines at once; Close it when done.
type Client struct {
	o       Options
	allowed map[string]bool
	own     *http.Client // for Allowed hosts: no look at the dialled address
	foreign *http.Client // for everybody else
	slots   chan struct{}
	lists   *lists
}

var _ path.Fetcher = (*Client)(nil)

// New makes a Client. It panics without a clock, which is a slip of wiring.
func New(o Options) *Client {
	if o.Clock == nil {
		panic("online: no clock")
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	c := &Client{o: o, allowed: map[string]bool{}, slots: make(chan struct{}, maxAtOnce), lists: newLists(o.CacheDir, o.Log)}
	for _, h := range o.Allowed {
		c.allowed[strings.ToLower(h)] = true
	}
	c.own = newHTTP(&net.Dialer{Timeout: o.Timeout})
	c.foreign = newHTTP(&net.Dialer{Timeout: o.Timeout, Control: onlyPublic})
	return c
}

// newHTTP makes a client that asks exactly what it is told to: no proxy of the environment, no redirects, no cookies.
func newHTTP(d *net.Dialer) *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:            d.DialContext,
			DisableCompression:     true, // the caps count the octets of the wire
			MaxResponseHeaderBytes: 16 << 10,
			MaxIdleConns:           maxAtOnce,
			MaxIdleConnsPerHost:    4,
			IdleConnTimeout:        30 * time.Second,
			TLSHandshakeTimeout:    d.Timeout,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// Close lets the idle connections go. The Client stays usable.
func (c *Client) Close() {
	c.own.CloseIdleConnections()
	c.foreign.CloseIdleConnections()
}

// errRefused is the cause of an error about an address that is not asked.
var errRefused = errors.New("address is not asked")

// unavailable is the error of a certificate whose every address failed with errs.
func (c *Client) unavailable(what string, urls []string, errs []error) error {
	if len(urls) == 0 {
		return fail.New(fail.Unavailable, CodeNoAddress)
	}
	code := CodeFailed
	all := errors.Join(errs...)
	if errors.Is(errs[0], errRefused) {
		code = CodeRefused
	}
	err := fmt.Errorf("couldn't get %s: %w", what, all)
	c.o.Log.Warn("revocation evidence is not to be had", "what", what, "err", err)
	return fail.Wrap(fail.Unavailable, code, err, "host", hostOf(urls[0]))
}

// take waits for a slot.
func (c *Client) take(ctx context.Context) (release func(), err error) {
	select {
	case c.slots <- struct{}{}:
		return func() { <-c.slots }, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}
