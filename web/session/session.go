// Package session remembers who is signed in, proves that a form came from our own page, and slows down whoever asks too often.
//
// A session names somebody by an opaque value; what that value means, and what he may do, is the caller's business. The
// browser holds a random number only, the store holds its hash only, so neither a copy of the store nor a log lets anyone in.
package session

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/senim-pki/senim/base/clock"
)

// Options is what a Manager is made of.
type Options struct {
	Clock  clock.Clock // required
	Secure bool        // people reach the site by https: Secure cookies with the __Host- prefix
	// Idle ends a session that long after its last request, Absolute that long after its start. Zero: 15 minutes and 8 hours.
	Idle, Absolute time.Duration
	Rand           io.Reader // crypto/rand when nil
	Store          Store     // MemoryStore() when nil
	// Name distinguishes the cookies of two sites on one host: browsers do not tell ports apart. "senim" when empty.
	Name string
	// Key authenticates form tokens, at least 32 octets. Nil: made at random, so that forms opened before a restart have
	// to be sent again, and copies of the process do not accept each other's. Not to be used for anything else.
	Key []byte
	// Refused answers a request that Protect refuses: kit's Expired. sameOrigin says that the
	// browser vouches that the form came from our own page, so that it may be shown again with what was typed.
	// Nil: a short text.
	Refused func(w http.ResponseWriter, r *http.Request, sameOrigin bool)
}

// ID is the SHA-256 of the number in the cookie; stores see nothing else.
type ID [sha256.Size]byte

// A Store keeps sessions by ID until the given moment, after which it may forget them. It is safe for concurrent use.
// Load and Touch report false for an unknown one; an error means that the store itself failed.
type Store interface {
	Save(ctx context.Context, id ID, s Session, until time.Time) error
	Load(ctx context.Context, id ID) (Session, bool, error)
	// Touch notes the last request of a session, and never brings back one that was deleted since it was loaded.
	Touch(ctx context.Context, id ID, seen, until time.Time) (bool, error)
	Delete(ctx context.Context, id ID) error
}

// A Session is one person in one browser.
type Session struct {
	Value   string   // whom it names, opaque to this package
	Roles   []string // as given to Start
	CSRF    string   // secret of the session's form tokens; Manager.CSRFToken gives what goes into a form
	Created time.Time
	Seen    time.Time // last request, to the minute
	id      ID
}

// Has reports whether the session was started with the role.
func (s *Session) Has(role string) bool {
	for _, r := range s.Roles {
		if r == role {
			return true
		}
	}
	return false
}

// Manager starts, finds and ends sessions. It is safe for concurrent use.
type Manager struct {
	o         Options
	cookie    string // of the session
	anonymous string // of anonymous forms
}

// New makes a Manager. It panics on a nil Clock or a short Key: both are slips of wiring.
func New(o Options) *Manager {
	if o.Clock == nil {
		panic("session: no clock")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.Store == nil {
		o.Store = MemoryStore()
	}
	if o.Idle <= 0 {
		o.Idle = 15 * time.Minute
	}
	if o.Absolute <= 0 {
		o.Absolute = 8 * time.Hour
	}
	if o.Name == "" {
		o.Name = "senim"
	}
	if o.Key == nil {
		o.Key = make([]byte, 32)
		if _, err := io.ReadFull(o.Rand, o.Key); err != nil {
			panic("session: no randomness")
		}
	}
	if len(o.Key) < 32 {
		panic("session: key shorter than 32 octets")
	}
	m := &Manager{o: o, cookie: o.Name, anonymous: o.Name + "-form"}
	if o.Secure {
		// The prefix makes browsers refuse the cookie from a sibling domain or over plain HTTP (RFC 6265bis, 4.1.3.2).
		m.cookie, m.anonymous = "__Host-"+m.cookie, "__Host-"+m.anonymous
	}
	return m
}

// Start begins a session that names value, and ends the one that the request came with, so that a number planted before
// the login opens nothing after it. The caller redirects; roles are kept with the session.
func (m *Manager) Start(w http.ResponseWriter, r *http.Request, value string, roles ...string) (*Session, error) {
	if id, ok := m.idOf(r); ok {
		if err := m.o.Store.Delete(r.Context(), id); err != nil {
			return nil, fmt.Errorf("couldn't end the earlier session: %w", err)
		}
	}
	number, err := m.random()
	if err != nil {
		return nil, err
	}
	secret, err := m.random()
	if err != nil {
		return nil, err
	}
	now := m.o.Clock.Now().UTC()
	s := Session{Value: value, Roles: append([]string(nil), roles...), CSRF: secret, Created: now, Seen: now, id: hash(number)}
	if err := m.o.Store.Save(r.Context(), s.id, s, m.until(s)); err != nil {
		return nil, fmt.Errorf("couldn't keep the session: %w", err)
	}
	m.set(w, m.cookie, number)
	return &s, nil
}

// From is the session of the request. It reports false when there is none, when it has ended by idleness or age, and
// when the store fails: whoever cannot be recognised is nobody.
func (m *Manager) From(r *http.Request) (*Session, bool) {
	id, ok := m.idOf(r)
	if !ok {
		return nil, false
	}
	s, ok, err := m.o.Store.Load(r.Context(), id)
	if err != nil || !ok {
		return nil, false
	}
	s.id = id
	now := m.o.Clock.Now().UTC()
	if !now.Before(m.until(s)) || now.Before(s.Created.Add(-time.Minute)) { // a clock set back must not lengthen a session
		m.o.Store.Delete(context.WithoutCancel(r.Context()), id) // it is refused by its times whether this succeeds or not
		return nil, false
	}
	if now.Sub(s.Seen) >= time.Minute { // not a write to the store for every picture
		s.Seen = now
		if ok, err := m.o.Store.Touch(r.Context(), id, now, m.until(s)); err != nil || !ok {
			return nil, false
		}
	}
	return &s, true
}

// Left is how long the session lives if nothing more is asked.
func (m *Manager) Left(s *Session) time.Duration { return m.until(*s).Sub(m.o.Clock.Now()) }

// End ends the session of the request and takes its cookie away. Signing out when signed out is no error.
func (m *Manager) End(w http.ResponseWriter, r *http.Request) error {
	m.unset(w, m.cookie)
	id, ok := m.idOf(r)
	if !ok {
		return nil
	}
	if err := m.o.Store.Delete(context.WithoutCancel(r.Context()), id); err != nil {
		return fmt.Errorf("couldn't end the session: %w", err)
	}
	return nil
}

func (m *Manager) until(s Session) time.Time {
	idle, absolute := s.Seen.Add(m.o.Idle), s.Created.Add(m.o.Absolute)
	if absolute.Before(idle) {
		return absolute
	}
	return idle
}

func (m *Manager) idOf(r *http.Request) (ID, bool) {
	number, ok := m.get(r, m.cookie)
	if !ok {
		return ID{}, false
	}
	return hash(number), true
}

func hash(number string) ID { return sha256.Sum256([]byte(number)) }

// numberLen is 32 random octets in base64url: 256 bits.
const numberLen = 43

// random is 256 random bits.
func (m *Manager) random() (string, error) {
	var b [32]byte
	if _, err := io.ReadFull(m.o.Rand, b[:]); err != nil {
		return "", fmt.Errorf("couldn't take randomness: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(b[:]), nil
}

func (m *Manager) set(w http.ResponseWriter, name, value string) {
	// No Expires: the browser forgets it with its last window; the server ends it earlier.
	http.SetCookie(w, &http.Cookie{Name: name, Value: value, Path: "/", Secure: m.o.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

func (m *Manager) unset(w http.ResponseWriter, name string) {
	http.SetCookie(w, &http.Cookie{Name: name, Path: "/", MaxAge: -1, Secure: m.o.Secure, HttpOnly: true, SameSite: http.SameSiteLaxMode})
}

// get is the cookie when there is exactly one of that name: with two, somebody planted one.
func (m *Manager) get(r *http.Request, name string) (string, bool) {
	cookies := r.CookiesNamed(name)
	if len(cookies) != 1 || len(cookies[0].Value) != numberLen {
		return "", false
	}
	return cookies[0].Value, true
}

func (m *Manager) mac(parts ...string) []byte {
	h := hmac.New(sha256.New, m.o.Key)
	for _, p := range parts {
		fmt.Fprintf(h, "%d:%s", len(p), p)
	}
	return h.Sum(nil)
}
