package publish

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"math/big"
	"time"

	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/ca"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/base/fault"
	"github.com/senim-pki/senim/pki/crl"
)

var (
	afterSign   = fault.Register("publish.after-sign")
	afterCommit = fault.Register("publish.after-commit")
)

// Actor is who publishes, in the log.
const Actor = "publisher"

// Options of a Publisher. A zero duration is the default.
type Options struct {
	Hierarchy    Hierarchy
	View, Update func(ctx context.Context, f func(Tx) error) error
	Clock        clock.Clock
	Rand         io.Reader     // nil is crypto/rand
	Every        time.Duration // between scheduled lists; 24 hours
	Valid        time.Duration // from thisUpdate to nextUpdate; twice Every: one missed turn leaves relying parties a list
}

// A Publisher makes full certificate revocation lists (RFC 5280 section 5): on schedule, and after each change of status.
type Publisher struct{ o Options }

// NewPublisher makes a Publisher.
func NewPublisher(o Options) (*Publisher, error) {
	if o.Every == 0 {
		o.Every = 24 * time.Hour
	}
	if o.Valid == 0 {
		o.Valid = 2 * o.Every
	}
	if o.Every < 0 || o.Valid < o.Every {
		return nil, errors.New("a list must be valid until the next is published")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	return &Publisher{o}, nil
}

// Current returns the list that was published last; issuer names an issuing authority or a root.
func (p *Publisher) Current(ctx context.Context, issuer string) (l List, err error) {
	err = p.o.View(ctx, func(tx Tx) (err error) {
		l, err = tx.LastList(issuer)
		return err
	})
	return l, err
}

// Publish makes, signs and stores the next list of an issuing authority, whose entries are its certificates on hold and
// revoked that have not expired. It refuses when the clock stands before the last entry of the log or the last list.
func (p *Publisher) Publish(ctx context.Context, issuer string) (List, error) {
	for _, a := range p.o.Hierarchy.Authorities() {
		if a.Name != issuer {
			continue
		}
		// Two publishers may take the same number; the second to store it begins again.
		for try := 0; ; try++ {
			l, err := p.publish(ctx, a)
			if try < 3 && fail.CodeOf(err) == "list.number" {
				continue
			}
			if err != nil {
				return l, fmt.Errorf("couldn't publish the list of %s: %w", issuer, err)
			}
			return l, nil
		}
	}
	return List{}, fail.New(fail.NotFound, "list.not-found")
}

func (p *Publisher) publish(ctx context.Context, a *ca.Authority) (List, error) {
	now := p.o.Clock.Now().UTC()
	l := List{Issuer: a.Name, Number: 1, ThisUpdate: now.Truncate(time.Second)}
	l.NextUpdate = l.ThisUpdate.Add(p.o.Valid)
	t := crl.Template{
		Issuer: a.Certificate.RawSubject, Scheme: a.Scheme, ThisUpdate: l.ThisUpdate, NextUpdate: l.NextUpdate,
		AuthorityKeyID: a.Certificate.SubjectKeyID,
	}
	if err := p.o.View(ctx, func(tx Tx) error {
		if err := audit.CheckClock(tx, now); err != nil {
			return err
		}
		last, err := tx.LastList(a.Name)
		switch {
		case err == nil:
			if l.ThisUpdate.Before(last.ThisUpdate) {
				return fail.Wrap(fail.Unavailable, "clock.behind", errors.New("the last list is later than the clock"))
			}
			l.Number = last.Number + 1
		case !fail.Is(err, fail.NotFound):
			return err
		}
		rows, err := tx.RevokedCertificates(a.Name, now)
		if err != nil {
			return err
		}
		t.Entries = make([]crl.Entry, 0, len(rows))
		for _, c := range rows {
			serial, err := registry.SerialOctets(c.Serial)
			if err != nil {
				return err
			}
			t.Entries = append(t.Entries, crl.Entry{Serial: serial, Time: c.StatusAt.Truncate(time.Second), Reason: c.Reason, InvalidityDate: c.Invalidity})
		}
		return nil
	}); err != nil {
		return l, err
	}
	t.Number = contents(l.Number)
	var err error
	if l.DER, err = crl.Create(p.o.Rand, t, a.Key); err != nil {
		return l, err
	}
	afterSign.Here()
	// What is stored is served: what does not verify must not leave.
	list, err := crl.Parse(l.DER)
	if err == nil {
		err = list.CheckSignature(a.Certificate.PublicKey)
	}
	if err != nil {
		return l, fmt.Errorf("couldn't verify a list that was just signed: %w", err)
	}
	if err := p.o.Update(ctx, func(tx Tx) error { return p.put(tx, now, l) }); err != nil {
		return l, err
	}
	afterCommit.Here()
	return l, nil
}

// put stores a list with its leaf.
func (p *Publisher) put(tx Tx, now time.Time, l List) error {
	sum := sha256.Sum256(l.DER)
	payload, err := audit.Payload(audit.ListFact{Issuer: l.Issuer, Number: l.Number, DER: hex.EncodeToString(sum[:])})
	if err != nil {
		return err
	}
	if err := tx.PutList(l); err != nil {
		return err
	}
	return audit.Record(tx, now, p.o.Rand, audit.ListPublished, Actor, l.Issuer, payload)
}

// PublishRoots stores the lists of the roots, which were signed where the roots' keys are, if they are newer than what is stored.
func (p *Publisher) PublishRoots(ctx context.Context) error {
	for _, root := range p.o.Hierarchy.Roots() {
		if root.List == nil {
			continue
		}
		list, err := crl.Parse(root.List)
		if err == nil {
			err = list.CheckSignature(root.Certificate.PublicKey)
		}
		if err != nil {
			return fmt.Errorf("couldn't publish the list of %s: %w", root.Name, err)
		}
		number := new(big.Int).SetBytes(list.Number)
		if !number.IsInt64() {
			return fmt.Errorf("couldn't publish the list of %s: its number is beyond all counting", root.Name)
		}
		l := List{Issuer: root.Name, Number: number.Int64(), DER: root.List, ThisUpdate: list.ThisUpdate, NextUpdate: list.NextUpdate}
		last, err := p.Current(ctx, root.Name)
		if err == nil && last.Number >= l.Number {
			continue
		}
		if err != nil && !fail.Is(err, fail.NotFound) {
			return err
		}
		err = p.o.Update(ctx, func(tx Tx) error { return p.put(tx, p.o.Clock.Now(), l) })
		if err != nil && fail.CodeOf(err) != "list.number" { // which says that somebody else was faster
			return fmt.Errorf("couldn't publish the list of %s: %w", root.Name, err)
		}
	}
	return nil
}

// lease is for how long a job is this worker's: a list of a million entries is signed within seconds.
const lease = 2 * time.Minute

// Work publishes what is due: lists that changes of status have asked for, one for all that wait, and lists on schedule.
// It goes on with the next authority when one fails.
func (p *Publisher) Work(ctx context.Context) error {
	now := p.o.Clock.Now()
	var jobs []notice.Notice
	if err := p.o.View(ctx, func(tx Tx) error { return audit.CheckClock(tx, now) }); err != nil {
		return err
	}
	if err := p.o.Update(ctx, func(tx Tx) (err error) {
		jobs, err = tx.TakeNotices(revoke.NoticeKind, now, now.Add(lease), 1000)
		return err
	}); err != nil {
		return fmt.Errorf("couldn't take jobs: %w", err)
	}
	asked := map[string][]notice.Notice{}
	for _, j := range jobs {
		asked[j.Key] = append(asked[j.Key], j)
	}
	errs := []error{p.PublishRoots(ctx)}
	for _, a := range p.o.Hierarchy.Authorities() {
		errs = append(errs, p.work(ctx, a.Name, asked[a.Name], now))
	}
	return errors.Join(errs...)
}

func (p *Publisher) work(ctx context.Context, issuer string, jobs []notice.Notice, now time.Time) error {
	if len(jobs) == 0 {
		last, err := p.Current(ctx, issuer)
		if err != nil && !fail.Is(err, fail.NotFound) {
			return err
		}
		if err == nil && now.Before(last.ThisUpdate.Add(p.o.Every)) {
			return nil
		}
	}
	if _, err := p.Publish(ctx, issuer); err != nil {
		return errors.Join(err, p.o.Update(ctx, func(tx Tx) error {
			for _, j := range jobs {
				if err := tx.RetryNotice(j.ID, now.Add(10*time.Second)); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	if len(jobs) == 0 {
		return nil
	}
	return p.o.Update(ctx, func(tx Tx) error {
		for _, j := range jobs {
			if err := tx.DoneNotice(j.ID); err != nil {
				return err
			}
		}
		return nil
	})
}

// Run works every so often until ctx ends; report is told of each failure.
func (p *Publisher) Run(ctx context.Context, every time.Duration, report func(error)) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		if err := p.Work(ctx); err != nil && ctx.Err() == nil {
			report(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// contents returns the INTEGER contents octets of a positive number.
func contents(n int64) []byte {
	b := big.NewInt(n).Bytes()
	if len(b) == 0 || b[0]&0x80 != 0 {
		b = append([]byte{0}, b...)
	}
	return b
}
