// Package notice is the outbox: a notice or a job is a row in the transaction that causes it; workers take rows with a lease.
package notice

import "time"

// A Notice waits to be sent or done.
type Notice struct {
	ID      int64
	Kind    string // "issue" (job: certificates of an application), "publish-crl", "mail"
	Key     string // application number, issuer …
	Args    map[string]string
	Due     time.Time
	Lease   time.Time // taken until
	Tries   int
	Created time.Time
}

// Records is the part of the store that holds the outbox.
type Records interface {
	PutNotice(n Notice) error
	TakeNotices(kind string, now, lease time.Time, limit int) ([]Notice, error)
	DoneNotice(id int64) error
	RetryNotice(id int64, due time.Time) error
}
