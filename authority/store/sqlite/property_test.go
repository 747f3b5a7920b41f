package sqlite_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/notice"
	"github.com/senim-pki/senim/authority/person"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/statement"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/authority/store/storetest"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
)

// An operation is one call of a Records method with fixed arguments; what it answers is compared.
type operation func(tx authority.Tx) (any, error)

// operations draws a call from small sets of values, so that rows meet.
func operations(t *rapid.T) operation {
	id := rapid.SampledFrom([]string{"A", "B", "C"}).Draw(t, "id")
	other := rapid.SampledFrom([]string{"А", "Ё", "Ж%", ""}).Draw(t, "text")
	n := rapid.IntRange(0, 4).Draw(t, "n")
	at := storetest.Start.Add(time.Duration(rapid.IntRange(-3, 3).Draw(t, "hours")) * time.Hour)
	stage := rapid.SampledFrom([]registry.Stage{registry.Prepared, registry.Issued, registry.Abandoned}).Draw(t, "stage")
	status := rapid.SampledFrom([]registry.Status{registry.Valid, registry.Hold, registry.Revoked}).Draw(t, "status")
	state := rapid.SampledFrom([]application.State{application.Draft, application.New, application.Signing}).Draw(t, "state")
	c := registry.Certificate{
		Issuer: "rsa", Serial: fmt.Sprintf("%s%d", id, n), Profile: "p", Application: other, IIN: id, Name: other + id, KeyHash: [32]byte{byte(n)}, TBS: []byte{byte(n)},
		NotBefore: at, NotAfter: at.Add(time.Hour), Stage: stage, Status: status, StatusAt: at, Reason: n, Prepared: at,
	}
	if stage != registry.Prepared {
		c.DER, c.IssuedAt = []byte{1, byte(n)}, at
	}
	nothing := func(f func(tx authority.Tx) error) operation {
		return func(tx authority.Tx) (any, error) { return nil, f(tx) }
	}
	all := []operation{
		nothing(func(tx authority.Tx) error {
			return tx.PutPerson(person.Person{IIN: id, Surname: other, Updated: at})
		}),
		func(tx authority.Tx) (any, error) { return tx.Person(id) },
		func(tx authority.Tx) (any, error) { return tx.CountPersons() },
		nothing(func(tx authority.Tx) error {
			return tx.PutChallenge(statement.Challenge{Nonce: id, Text: other, Expires: at})
		}),
		func(tx authority.Tx) (any, error) { return tx.Challenge(id) },
		nothing(func(tx authority.Tx) error { return tx.UseChallenge(id) }),
		nothing(func(tx authority.Tx) error { return tx.DeleteChallenges(at) }),
		func(tx authority.Tx) (any, error) {
			a := &application.Application{Number: id, State: state, Answers: application.Answers{IIN: other}, Created: at, Deadline: at, Version: int64(n)}
			return &a.Version, tx.PutApplication(a)
		},
		func(tx authority.Tx) (any, error) { return tx.Application(id) },
		nothing(func(tx authority.Tx) error { return tx.DeleteApplication(id) }),
		func(tx authority.Tx) (any, error) {
			return tx.ListApplications(application.Filter{States: []application.State{state}, IIN: other, OldestFirst: n%2 == 0, Limit: n, Before: at})
		},
		func(tx authority.Tx) (any, error) { return tx.ListApplications(application.Filter{After: id}) },
		nothing(func(tx authority.Tx) error { return tx.InsertCertificate(c) }),
		nothing(func(tx authority.Tx) error { return tx.IssueCertificate(c) }),
		nothing(func(tx authority.Tx) error { return tx.UpdateCertificate(c) }),
		func(tx authority.Tx) (any, error) { return tx.Certificate("rsa", c.Serial) },
		func(tx authority.Tx) (any, error) { return tx.CertificateByKey(c.KeyHash) },
		func(tx authority.Tx) (any, error) { return tx.CertificatesOf(other) },
		func(tx authority.Tx) (any, error) { return tx.RevokedCertificates("rsa", at) },
		func(tx authority.Tx) (any, error) {
			return tx.FindCertificates(registry.Filter{IIN: id, NamePrefix: other, Stage: stage, Limit: n})
		},
		func(tx authority.Tx) (any, error) { return tx.FindCertificates(registry.Filter{Serial: id}) },
		nothing(func(tx authority.Tx) error {
			return tx.AppendEntry(audit.Entry{Time: at, Act: other, Subject: id, Payload: []byte{byte(n)}, Salt: []byte{1}, Leaf: []byte{2}})
		}),
		func(tx authority.Tx) (any, error) { return tx.EntriesAfter(int64(n), n) },
		func(tx authority.Tx) (any, error) { return tx.EntriesOf(id) },
		func(tx authority.Tx) (any, error) { return tx.LastEntryTime() },
		nothing(func(tx authority.Tx) error { return tx.StoreHashes(int64(n), [][32]byte{{byte(n)}}) }),
		func(tx authority.Tx) (any, error) { return tx.ReadHashes([]int64{int64(n)}) },
		nothing(func(tx authority.Tx) error {
			return tx.PutCheckpoint(audit.Checkpoint{Size: int64(n), Note: []byte(id), Time: at})
		}),
		func(tx authority.Tx) (any, error) { return tx.LastCheckpoint() },
		nothing(func(tx authority.Tx) error {
			return tx.PutNotice(notice.Notice{Kind: other, Key: id, Due: at, Created: at})
		}),
		func(tx authority.Tx) (any, error) {
			taken, err := tx.TakeNotices(other, at, at.Add(time.Hour), n)
			for i := range taken {
				taken[i].ID = 0 // numbers may skip
			}
			return taken, err
		},
		nothing(func(tx authority.Tx) error {
			return tx.PutList(publish.List{Issuer: id, Number: int64(n), DER: []byte{1}, ThisUpdate: at})
		}),
		func(tx authority.Tx) (any, error) { return tx.LastList(id) },
	}
	return rapid.SampledFrom(all).Draw(t, "operation")
}

func TestMemoryAndSQLiteAnswerTheSame(t *testing.T) {
	dir := t.TempDir()
	runs := 0
	rapid.Check(t, func(rt *rapid.T) {
		runs++
		path := filepath.Join(dir, fmt.Sprintf("%d.db", runs))
		if _, _, err := sqlite.Migrate(t.Context(), path, clock.Fixed(storetest.Start)); err != nil {
			rt.Fatal(err)
		}
		file, err := sqlite.Open(t.Context(), path)
		if err != nil {
			rt.Fatal(err)
		}
		defer file.Close()
		stores := []authority.Store{memory.New(), file}
		refused := errors.New("rolled back")
		for range rapid.IntRange(1, 12).Draw(rt, "transactions") {
			batch := make([]operation, rapid.IntRange(1, 6).Draw(rt, "operations"))
			for i := range batch {
				batch[i] = operations(rt)
			}
			keep := rapid.IntRange(0, 3).Draw(rt, "keep") > 0
			var answers [2][]string
			for i, s := range stores {
				err := s.Update(t.Context(), func(tx authority.Tx) error {
					answers[i] = nil
					for _, op := range batch {
						v, err := op(tx)
						if err != nil {
							answers[i] = append(answers[i], fmt.Sprint(fail.KindOf(err), " ", fail.CodeOf(err)))
						} else {
							answers[i] = append(answers[i], show(v))
						}
					}
					if !keep {
						return refused
					}
					return nil
				})
				if keep && err != nil || !keep && !errors.Is(err, refused) {
					rt.Fatalf("store %d answered %v", i, err)
				}
			}
			if !reflect.DeepEqual(answers[0], answers[1]) {
				for n := range answers[0] {
					if answers[0][n] != answers[1][n] {
						rt.Fatalf("operation %d:\nmemory %s\nsqlite %s", n, answers[0][n], answers[1][n])
					}
				}
			}
		}
	})
}

// show is a value in words; a nil slice and an empty one are the same.
func show(v any) string {
	r := reflect.ValueOf(v)
	switch {
	case !r.IsValid():
		return "done"
	case r.Kind() == reflect.Slice && r.Len() == 0:
		return "none"
	case r.Kind() == reflect.Slice:
		var s string
		for i := range r.Len() {
			s += show(r.Index(i).Interface()) + "\n"
		}
		return s
	case r.Kind() == reflect.Pointer:
		return show(r.Elem().Interface())
	}
	return fmt.Sprintf("%+v", v)
}
