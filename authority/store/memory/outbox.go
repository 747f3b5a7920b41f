package memory

import (
	"bytes"
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/publish"
)

func copyNotice(n notice.Notice) notice.Notice {
	n.Args = maps.Clone(n.Args)
	n.Due, n.Lease, n.Created = instant(n.Due), instant(n.Lease), instant(n.Created)
	return n
}

func (t *tx) PutNotice(n notice.Notice) error {
	if err := t.writing(); err != nil {
		return err
	}
	last := t.s.lastNotice
	t.undo = append(t.undo, func() { t.s.lastNotice = last })
	t.s.lastNotice++
	n.ID = t.s.lastNotice
	put(t, t.s.notices, n.ID, copyNotice(n))
	return nil
}

func (t *tx) TakeNotices(kind string, now, lease time.Time, limit int) ([]notice.Notice, error) {
	if err := t.writing(); err != nil {
		return nil, err
	}
	now = instant(now)
	var taken []notice.Notice
	for _, n := range t.s.notices {
		if n.Kind == kind && !n.Due.After(now) && !n.Lease.After(now) {
			taken = append(taken, n)
		}
	}
	slices.SortFunc(taken, func(a, b notice.Notice) int { return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.ID, b.ID)) })
	taken = taken[:min(len(taken), limited(limit))]
	for i, n := range taken {
		n.Lease = instant(lease)
		n.Tries++
		put(t, t.s.notices, n.ID, n)
		taken[i] = copyNotice(n)
	}
	return taken, nil
}

func (t *tx) DoneNotice(id int64) error {
	if err := t.writing(); err != nil {
		return err
	}
	drop(t, t.s.notices, id)
	return nil
}

func (t *tx) RetryNotice(id int64, due time.Time) error {
	if err := t.writing(); err != nil {
		return err
	}
	n, ok := t.s.notices[id]
	if !ok {
		return notFound("notice")
	}
	n.Due, n.Lease = instant(due), time.Time{}
	put(t, t.s.notices, id, n)
	return nil
}

func copyList(l publish.List) publish.List {
	l.DER, l.ThisUpdate, l.NextUpdate = bytes.Clone(l.DER), instant(l.ThisUpdate), instant(l.NextUpdate)
	return l
}

func (t *tx) PutList(l publish.List) error {
	if err := t.writing(); err != nil {
		return err
	}
	if last, ok := t.s.lists[l.Issuer]; ok && last.Number >= l.Number {
		return conflict("list.number")
	}
	put(t, t.s.lists, l.Issuer, copyList(l))
	return nil
}

func (t *tx) LastList(issuer string) (publish.List, error) {
	if err := t.reading(); err != nil {
		return publish.List{}, err
	}
	l, ok := t.s.lists[issuer]
	if !ok {
		return publish.List{}, notFound("list")
	}
	return copyList(l), nil
}
