package authority

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/base/fail"
)

// Actors in the log; people of the authority are "staff:" and their number.
const (
	actorApplicant = "applicant"
	actorHolder    = "holder"
	actorClock     = "clock"
	actorNobody    = "nobody" // who failed to say who he is
)

func staffActor(iin string) string { return "staff:" + iin }

// record writes a leaf in the transaction of the act.
func (a *Authority) record(tx audit.Records, now time.Time, act, actor, subject string, fact any) error {
	payload, err := audit.Payload(fact)
	if err != nil {
		return err
	}
	return audit.Record(tx, now, a.rand, act, actor, subject, payload)
}

// moved stores an application after one of its moves, with the leaf and the notice of it. The leaf of an approval names the keys.
func (a *Authority) moved(tx Tx, now time.Time, app *application.Application, actor string) error {
	if err := tx.PutApplication(app); err != nil {
		return err
	}
	if err := a.told(tx, now, app, len(app.Moves)-1, actor); err != nil {
		return err
	}
	return tx.PutNotice(notice.Notice{Kind: noticeMail, Key: app.Number, Args: map[string]string{"state": string(app.State)}, Due: now, Created: now})
}

// told writes the leaf of the application's move i.
func (a *Authority) told(tx Tx, now time.Time, app *application.Application, i int, actor string) error {
	m := app.Moves[i]
	fact := audit.ApplicationFact{Number: app.Number, From: string(m.From), State: string(m.To), Who: m.Who, Reason: m.Reason, Evidence: m.Evidence}
	switch m.To {
	case application.New:
		fact.Submitted = keysOf(app)
	case application.Signing:
		fact.Approved = keysOf(app)
	}
	return a.record(tx, now, "application."+string(m.To), actor, app.Number, fact)
}

// keysOf returns the keys of an application as leaves name them.
func keysOf(app *application.Application) []string {
	keys := make([]string, len(app.Requests))
	for i, q := range app.Requests {
		keys[i] = hex.EncodeToString(q.KeyHash[:])
	}
	return keys
}

// asSubmitted checks that the keys of an application are those that its applicant has handed in, by the first leaf that
// says so. Whoever can write to the database could otherwise have a key of his own approved in another's name: the log
// is bound by checkpoints, rows are not.
func asSubmitted(tx audit.Records, app *application.Application) error {
	entries, err := tx.EntriesOf(app.Number)
	if err != nil {
		return fmt.Errorf("couldn't read what was handed in: %w", err)
	}
	i := slices.IndexFunc(entries, func(e audit.Entry) bool { return e.Act == audit.ApplicationSubmitted })
	var fact audit.ApplicationFact
	if i < 0 || !bytes.Equal(entries[i].Leaf, audit.Encode(entries[i])) || json.Unmarshal(entries[i].Payload, &fact) != nil || !slices.Equal(fact.Submitted, keysOf(app)) {
		return fail.New(fail.Conflict, "application.keys-changed")
	}
	return nil
}

// decisionAge is how long before its leaf a decision may have been judged: the judgement comes first, and then its turn at the store.
const decisionAge = 15 * time.Minute

// inLog checks that the log has the decision m on an application, of the time at which it was judged, and the keys. The
// moment of a decision is a row like its evidence: without this, an old answer about the certificate of somebody who was an
// operator once would do.
func inLog(tx audit.Records, app *application.Application, m application.Move) error {
	if err := asSubmitted(tx, app); fail.Is(err, fail.Conflict) {
		return fail.Wrap(fail.Forbidden, "issue.not-approved", err)
	} else if err != nil {
		return err
	}
	entries, err := tx.EntriesOf(app.Number)
	if err != nil {
		return fmt.Errorf("couldn't read what was decided: %w", err)
	}
	for _, e := range entries {
		var fact audit.ApplicationFact
		if e.Act != "application."+string(application.Identified) || !bytes.Equal(e.Leaf, audit.Encode(e)) || json.Unmarshal(e.Payload, &fact) != nil {
			continue
		}
		if age := e.Time.Sub(m.Checked); bytes.Equal(fact.Evidence, m.Evidence) && -audit.Tolerance <= age && age <= decisionAge {
			return nil
		}
	}
	return fail.Wrap(fail.Forbidden, "issue.not-approved", errors.New("the log does not know the decision"))
}

// Kinds of jobs and notices.
const (
	noticeMail  = "mail"
	noticeIssue = "issue"
)

// A refusal is the payload of a leaf about something that was not done.
type refusal struct {
	Code    string `json:"code"`
	Purpose string `json:"purpose,omitempty"`
	Nonce   string `json:"nonce,omitempty"`
	Who     string `json:"who,omitempty"`
}

// refused writes the leaf of a refusal in a transaction of its own, since that of the act was rolled back, and returns err. Faults of
// ours and of the moment are not refusals.
func (a *Authority) refused(ctx context.Context, act, actor, subject string, r refusal, err error) error {
	if fail.Is(err, fail.Internal) || fail.Is(err, fail.Unavailable) && r.Code == "" || errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	if r.Code == "" {
		r.Code = fail.CodeOf(err)
	}
	told := a.store.Update(context.WithoutCancel(ctx), func(tx Tx) error {
		return a.record(tx, a.now(), act, actor, subject, r)
	})
	if told != nil {
		a.log.Error("a refusal could not be recorded", "act", act, "err", told)
	}
	return err
}

func (a *Authority) now() time.Time { return a.clock.Now().UTC() }
