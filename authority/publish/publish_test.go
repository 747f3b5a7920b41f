package publish_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/authority"
	"github.com/senim-pki/senim/authority/audit"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/authority/publish"
	"github.com/senim-pki/senim/authority/registry"
	"github.com/senim-pki/senim/authority/revoke"
	"github.com/senim-pki/senim/authority/store/memory"
	"github.com/senim-pki/senim/authority/store/sqlite"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/internal/testauthority"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/pki/path"
)

func world(t testing.TB) *testauthority.World {
	s := memory.New()
	t.Cleanup(func() { s.Close() })
	w := testauthority.New(t, s, t.TempDir(), clock.NewManual(testauthority.Start))
	w.Hire(t)
	return w
}

func change(t testing.TB, w *testauthority.World, c registry.Certificate, to registry.Status, reason int) {
	t.Helper()
	w.Update(t, func(tx authority.Tx) error {
		_, err := revoke.Change(tx, w.Clock.Now(), rand.Reader, revoke.Order{Issuer: c.Issuer, Serial: c.Serial, To: to, Reason: reason, Actor: "test"})
		return err
	})
}

func request(t testing.TB, hash string, leaf, issuer *cert.Certificate, nonce []byte) []byte {
	t.Helper()
	q, _, err := ocsp.CreateRequest(alg.HashByName(hash), leaf, issuer, nonce)
	if err != nil {
		t.Fatal(err)
	}
	return q
}

func answer(t testing.TB, w *testauthority.World, request []byte) *ocsp.Response {
	t.Helper()
	b, err := w.Responder.Answer(t.Context(), request)
	if err != nil {
		t.Fatalf("couldn't answer: %v", err)
	}
	p, err := ocsp.ParseResponse(b)
	if err != nil {
		t.Fatalf("couldn't read the answer: %v", err)
	}
	return p
}

func TestTheResponderSaysWhatTheRegisterSays(t *testing.T) {
	w := world(t)
	for _, template := range []string{profile.IndividualSignP256, profile.IndividualSignGOST512} {
		row := w.Issued(t, template)[0]
		leaf, issuer := testauthority.Parsed(t, row), w.Public.Authorities[row.Issuer]
		revoked := w.Clock.Now()
		for _, c := range []struct {
			name   string
			do     func()
			status ocsp.Status
			reason int
		}{
			{"valid", func() {}, ocsp.Good, -1},
			{"on hold", func() { change(t, w, row, registry.Hold, 0) }, ocsp.Revoked, 6},
			{"lifted", func() { change(t, w, row, registry.Valid, 0) }, ocsp.Good, -1},
			{"revoked", func() { change(t, w, row, registry.Revoked, revoke.Superseded) }, ocsp.Revoked, revoke.Superseded},
		} {
			w.Clock.Advance(1500 * time.Millisecond)
			c.do()
			revoked = w.Clock.Now().Truncate(time.Second)
			w.Clock.Advance(time.Minute)
			for _, hash := range []string{"sha1", "sha256"} {
				t.Run(template+" "+c.name+" "+hash, func(t *testing.T) {
					nonce := []byte("12345678")
					p := answer(t, w, request(t, hash, leaf, issuer, nonce))
					s, ok := p.Find(leaf, issuer)
					if !ok || s.Status != c.status || s.Reason != c.reason || len(p.Singles) != 1 {
						t.Fatalf("the answer is %+v", p.Singles)
					}
					if c.status == ocsp.Revoked && !s.RevokedAt.Equal(revoked) {
						t.Errorf("revoked at %s, want %s", s.RevokedAt, revoked)
					}
					now := w.Clock.Now().Truncate(time.Second)
					if !p.ProducedAt.Equal(now) || !s.ThisUpdate.Equal(now) || !s.NextUpdate.IsZero() || !p.ExtendedRevoke {
						t.Errorf("produced at %s, this update %s, next %s, extended revoke %t", p.ProducedAt, s.ThisUpdate, s.NextUpdate, p.ExtendedRevoke)
					}
					if !bytes.Equal(p.Nonce, nonce) {
						t.Errorf("the nonce is %x", p.Nonce)
					}
					responder := w.Hierarchy.Authority(row.Issuer).Responder.Certificate
					if !bytes.Equal(p.ResponderName, responder.RawSubject) || len(p.Certificates) != 1 || !bytes.Equal(p.Certificates[0].Raw, responder.Raw) {
						t.Error("the responder is not named with its certificate")
					}
					if err := p.CheckSignature(responder.PublicKey); err != nil {
						t.Error(err)
					}
				})
			}
		}
	}
}

func TestAPathIsJudgedByTheResponderInProcess(t *testing.T) {
	w := world(t)
	row := w.Issued(t, profile.IndividualSignGOST512)[0]
	if err := w.Publisher.Work(t.Context()); err != nil {
		t.Fatal(err)
	}
	validate := func() path.Result {
		return path.Validate(t.Context(), path.Input{
			Leaf: testauthority.Parsed(t, row), Intermediates: w.Hierarchy.Intermediates(), Anchors: w.Hierarchy.Anchors(), Time: w.Clock.Now(),
			Purpose: path.Sign, Revocation: path.Hard, Fetcher: w.Responder,
		})
	}
	if r := validate(); !r.Valid() {
		t.Errorf("findings about a valid certificate: %+v", r.Findings)
	}
	change(t, w, row, registry.Revoked, revoke.KeyCompromise)
	w.Clock.Advance(time.Second)
	if r := validate(); r.Valid() || !r.Has("revoked") {
		t.Errorf("findings about a revoked certificate: %+v", r.Findings)
	}
}

func TestWhatWasNeverIssuedIsAnsweredAsNotIssued(t *testing.T) {
	w := world(t)
	issuer := w.Public.Authorities["ec"]
	row := w.Issued(t, profile.IndividualSignP256)[0]
	leaf := *testauthority.Parsed(t, row)
	for _, c := range []struct {
		name  string
		stage registry.Stage
	}{{"an unknown serial", ""}, {"a prepared serial", registry.Prepared}, {"an abandoned serial", registry.Abandoned}} {
		t.Run(c.name, func(t *testing.T) {
			serial := fmt.Sprintf("5%039d", len(c.name))
			if c.stage != "" {
				w.Update(t, func(tx authority.Tx) error {
					return tx.InsertCertificate(registry.Certificate{Issuer: "ec", Serial: serial, Stage: c.stage, Status: registry.Valid, Reason: -1, KeyHash: [32]byte{byte(len(c.name))}})
				})
			}
			var err error
			if leaf.Serial, err = registry.SerialOctets(serial); err != nil {
				t.Fatal(err)
			}
			p := answer(t, w, request(t, "sha256", &leaf, issuer, nil))
			s := p.Singles[0]
			if s.Status != ocsp.Revoked || !s.RevokedAt.Equal(time.Unix(0, 0)) || s.Reason != 6 || !p.ExtendedRevoke || p.Nonce != nil {
				t.Errorf("the answer is %+v, extended revoke %t, nonce %x", s, p.ExtendedRevoke, p.Nonce)
			}
		})
	}
	t.Run("the responder's own certificate is good", func(t *testing.T) {
		responder := w.Hierarchy.Authority("ec").Responder.Certificate
		if s := answer(t, w, request(t, "sha1", responder, issuer, nil)).Singles[0]; s.Status != ocsp.Good {
			t.Errorf("the answer is %+v", s)
		}
	})
}

// join makes one request about what several ask.
func join(t testing.TB, requests ...[]byte) []byte {
	t.Helper()
	var list []byte
	for _, q := range requests {
		// OCSPRequest, TBSRequest, requestList: each a SEQUENCE around the next, here without other members.
		for range 3 {
			n := 2
			if q[1]&0x80 != 0 {
				n += int(q[1] & 0x7f)
			}
			q = q[n:]
		}
		list = append(list, q...)
	}
	for range 3 {
		list = append(lengthOf(len(list)), list...)
	}
	return list
}

func lengthOf(n int) []byte {
	switch {
	case n < 0x80:
		return []byte{0x30, byte(n)}
	case n < 0x100:
		return []byte{0x30, 0x81, byte(n)}
	}
	return []byte{0x30, 0x82, byte(n >> 8), byte(n)}
}

func TestRequestsThatCannotBeAnsweredGetAnError(t *testing.T) {
	w := world(t)
	row := w.Issued(t, profile.IndividualSignP256)[0]
	leaf, issuer := testauthority.Parsed(t, row), w.Public.Authorities[row.Issuer]
	good := request(t, "sha256", leaf, issuer, nil)
	foreign := request(t, "sha256", leaf, leaf, nil)
	var many [][]byte
	for range 21 {
		many = append(many, good)
	}
	for _, c := range []struct {
		name    string
		request []byte
		code    int
	}{
		{"nothing", nil, ocsp.MalformedRequest},
		{"text", []byte("GET / HTTP/1.1"), ocsp.MalformedRequest},
		{"a cut request", good[:len(good)-1], ocsp.MalformedRequest},
		{"a request with a tail", append(bytes.Clone(good), 0), ocsp.MalformedRequest},
		{"a request about nothing", join(t), ocsp.MalformedRequest},
		{"a request about too many", join(t, many...), ocsp.MalformedRequest},
		{"a request of a megabyte", make([]byte, 1<<20), ocsp.MalformedRequest},
		{"another authority's certificate", foreign, ocsp.Unauthorized},
		{"a nonce of 128 octets", request(t, "sha256", leaf, issuer, make([]byte, 128)), ocsp.Successful},
		{"a nonce of 129 octets", withNonce(good, 129), ocsp.MalformedRequest},
		{"20 certificates", join(t, many[:20]...), ocsp.Successful},
	} {
		t.Run(c.name, func(t *testing.T) {
			if p := answer(t, w, c.request); p.Code != c.code {
				t.Errorf("the code is %d, want %d", p.Code, c.code)
			}
		})
	}
	t.Run("ours and another's together", func(t *testing.T) {
		gost := testauthority.Parsed(t, w.Issued(t, profile.IndividualSignGOST512)[0])
		p := answer(t, w, join(t, good, request(t, "sha1", gost, w.Public.Authorities["gost"], nil), foreign))
		if len(p.Singles) != 3 || p.Singles[0].Status != ocsp.Good || p.Singles[1].Status != ocsp.Unknown || p.Singles[2].Status != ocsp.Unknown {
			t.Errorf("the answers are %+v", p.Singles)
		}
	})
	t.Run("a clock that was set back", func(t *testing.T) {
		w.Clock.Advance(-time.Hour)
		defer w.Clock.Advance(time.Hour)
		b, err := w.Responder.Answer(t.Context(), good)
		if p, parsed := ocsp.ParseResponse(b); fail.CodeOf(err) != "clock.behind" || parsed != nil || p.Code != ocsp.TryLater {
			t.Errorf("it answered %x: %v", b, err)
		}
	})
	t.Run("a store that is closed", func(t *testing.T) {
		w := world(t)
		w.Store.Close()
		b, err := w.Responder.Answer(t.Context(), good)
		if p, parsed := ocsp.ParseResponse(b); err == nil || parsed != nil || p.Code != ocsp.TryLater {
			t.Errorf("it answered %x: %v", b, err)
		}
	})
}

// withNonce adds a nonce extension of n octets to a request.
func withNonce(q []byte, n int) []byte {
	value := append([]byte{0x04, 0x81, byte(n)}, make([]byte, n)...)
	value = append([]byte{0x04, 0x81, byte(len(value))}, value...)
	ext := append([]byte{0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 2}, value...)
	ext = append(lengthOf(len(ext)), ext...)
	ext = append(lengthOf(len(ext)), ext...)
	length := lengthOf(len(ext))
	length[0] = 0xa2
	tbs := q[2:]
	if q[1]&0x80 != 0 {
		tbs = q[2+int(q[1]&0x7f):]
	}
	body := tbs[2:]
	if tbs[1]&0x80 != 0 {
		body = tbs[2+int(tbs[1]&0x7f):]
	}
	body = append(append(bytes.Clone(body), length...), ext...)
	body = append(lengthOf(len(body)), body...)
	return append(lengthOf(len(body)), body...)
}

func TestAListHasWhatIsRevokedAndNotExpired(t *testing.T) {
	w := world(t)
	var rows []registry.Certificate
	for range 4 {
		rows = append(rows, w.Issued(t, profile.IndividualSignP256)[0])
	}
	first, err := w.Publisher.Publish(t.Context(), "ec")
	if err != nil || first.Number != 1 {
		t.Fatalf("the first list is %d: %v", first.Number, err)
	}
	w.Clock.Advance(1500 * time.Millisecond)
	change(t, w, rows[0], registry.Revoked, revoke.Unspecified)
	change(t, w, rows[1], registry.Hold, 0)
	change(t, w, rows[2], registry.Hold, 0)
	change(t, w, rows[2], registry.Valid, 0)
	second, err := w.Publisher.Publish(t.Context(), "ec")
	if err != nil || second.Number != 2 {
		t.Fatalf("the second list is %d: %v", second.Number, err)
	}
	list, err := crl.Parse(second.DER)
	if err != nil {
		t.Fatal(err)
	}
	if err := list.CheckSignature(w.Public.Authorities["ec"].PublicKey); err != nil {
		t.Error(err)
	}
	now := w.Clock.Now().Truncate(time.Second)
	if !list.ThisUpdate.Equal(now) || !list.NextUpdate.Equal(now.Add(48*time.Hour)) || !bytes.Equal(list.Number, []byte{2}) || !bytes.Equal(list.AuthorityKeyID.KeyID, w.Public.Authorities["ec"].SubjectKeyID) {
		t.Errorf("the list is of %s to %s, number %x", list.ThisUpdate, list.NextUpdate, list.Number)
	}
	for n, want := range []struct {
		listed bool
		reason int
	}{{true, -1}, {true, 6}, {false, 0}, {false, 0}} {
		e, ok := list.Find(testauthority.Parsed(t, rows[n]).Serial)
		if ok != want.listed || ok && (e.Reason != want.reason || !e.Time.Equal(now)) {
			t.Errorf("certificate %d is listed %t as %+v", n, ok, e)
		}
	}
	w.Clock.Set(rows[0].NotAfter.Add(time.Second))
	third, err := w.Publisher.Publish(t.Context(), "ec")
	if err != nil {
		t.Fatal(err)
	}
	if list, err = crl.Parse(third.DER); err != nil || len(list.Entries) != 0 {
		t.Errorf("expired certificates are listed: %v, %v", list.Entries, err)
	}
	if _, err := w.Publisher.Publish(t.Context(), "nobody"); !fail.Is(err, fail.NotFound) {
		t.Errorf("an unknown issuer: %v", err)
	}
	w.Clock.Advance(-time.Hour)
	if _, err := w.Publisher.Publish(t.Context(), "ec"); fail.CodeOf(err) != "clock.behind" {
		t.Errorf("a clock that was set back: %v", err)
	}
	w.Clock.Advance(time.Hour)
	w.Verify(t)
}

func TestListsArePublishedOnScheduleAndOnChange(t *testing.T) {
	w := world(t)
	row := w.Issued(t, profile.IndividualSignP256)[0]
	number := func() string {
		t.Helper()
		if err := w.Publisher.Work(t.Context()); err != nil {
			t.Fatal(err)
		}
		var all string
		for _, issuer := range []string{"ec", "gost", "rsa", "root_gost", "root_rsa"} {
			l, err := w.Publisher.Current(t.Context(), issuer)
			if err != nil {
				t.Fatal(err)
			}
			all += fmt.Sprint(l.Number, " ")
		}
		return all
	}
	for _, c := range []struct {
		name string
		do   func()
		want string
	}{
		{"at first", func() {}, "1 1 1 1 1 "},
		{"again at once", func() {}, "1 1 1 1 1 "},
		{"after two changes", func() {
			change(t, w, row, registry.Hold, 0)
			change(t, w, row, registry.Revoked, revoke.KeyCompromise)
		}, "2 1 1 1 1 "},
		{"again", func() { w.Clock.Advance(time.Minute) }, "2 1 1 1 1 "},
		{"a day later", func() { w.Clock.Advance(24 * time.Hour) }, "3 2 2 1 1 "},
	} {
		c.do()
		if got := number(); got != c.want {
			t.Errorf("%s: lists %s, want %s", c.name, got, c.want)
		}
	}
	if _, err := w.Log.Integrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Verify(t)
}

func TestTwoPublishersAtOnceGiveDifferentNumbers(t *testing.T) {
	w := world(t)
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			if _, err := w.Publisher.Publish(t.Context(), "ec"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if l, err := w.Publisher.Current(t.Context(), "ec"); err != nil || l.Number != 2 {
		t.Errorf("the last list is %d: %v", l.Number, err)
	}
	w.Verify(t)
}

func TestAPublisherThatLeavesAGapIsRefused(t *testing.T) {
	if _, err := publish.NewPublisher(publish.Options{Every: 2 * time.Hour, Valid: time.Hour}); err == nil {
		t.Error("lists may end before the next is due")
	}
}

func FuzzAnswer(f *testing.F) {
	w := world(f)
	row := w.Issued(f, profile.IndividualSignP256)[0]
	leaf, issuer := testauthority.Parsed(f, row), w.Public.Authorities[row.Issuer]
	f.Add(request(f, "sha1", leaf, issuer, nil))
	f.Add(request(f, "sha256", leaf, issuer, []byte("nonce")))
	f.Add(request(f, "sha256", leaf, leaf, nil))
	f.Add([]byte{0x30, 0})
	f.Fuzz(func(t *testing.T, q []byte) {
		b, err := w.Responder.Answer(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ocsp.ParseResponse(b); err != nil {
			t.Fatalf("%x: %v", b, err)
		}
	})
}

// BenchmarkOCSP measures answers to requests about one valid certificate among a thousand, SQLite on disk.
func BenchmarkOCSP(b *testing.B) {
	path := filepath.Join(b.TempDir(), "senim.db")
	if _, _, err := sqlite.Migrate(b.Context(), path, clock.Fixed(testauthority.Start)); err != nil {
		b.Fatal(err)
	}
	s, err := sqlite.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	w := testauthority.New(b, s, b.TempDir(), clock.NewManual(testauthority.Start))
	w.Hire(b)
	w.Update(b, func(tx authority.Tx) error {
		for n := range 1000 {
			if err := tx.InsertCertificate(registry.Certificate{
				Issuer: "ec", Serial: fmt.Sprintf("2%039d", n), KeyHash: [32]byte{1, byte(n), byte(n >> 8)}, TBS: make([]byte, 800), DER: make([]byte, 900), Stage: registry.Issued, Status: registry.Valid,
			}); err != nil {
				return err
			}
		}
		return audit.Record(tx, w.Clock.Now(), rand.Reader, "bench", "bench", "", nil)
	})
	for _, c := range []struct{ name, template string }{{"p256", profile.IndividualSignP256}, {"rsa2048", profile.IndividualSignRSA}, {"gost512", profile.IndividualSignGOST512}} {
		row := w.Issued(b, c.template)[0]
		q := request(b, "sha1", testauthority.Parsed(b, row), w.Public.Authorities[row.Issuer], []byte("12345678"))
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			b.RunParallel(func(pb *testing.PB) {
				for pb.Next() {
					if _, err := w.Responder.Answer(context.Background(), q); err != nil {
						b.Error(err)
					}
				}
			})
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "answers/s")
		})
	}
}

func TestAServedListIsASecondLateAtMost(t *testing.T) {
	w := world(t)
	shelf := publish.NewShelf(w.Publisher)
	if _, err := shelf.Current(t.Context(), "ec"); !fail.Is(err, fail.NotFound) {
		t.Fatalf("before the first list: %v", err)
	}
	for _, c := range []struct {
		name string
		do   func()
		want int64
	}{
		{"the first list, at once", func() {}, 1},
		{"the second, as soon as it is published", func() {}, 1},
		{"and a second later", func() { w.Clock.Advance(time.Second) }, 3},
		{"a clock that was set back", func() { w.Clock.Set(w.Clock.Now().Add(-time.Second)) }, 4},
	} {
		if _, err := w.Publisher.Publish(t.Context(), "ec"); err != nil {
			t.Fatal(err)
		}
		c.do()
		for range 2 {
			if l, err := shelf.Current(t.Context(), "ec"); err != nil || l.Number != c.want {
				t.Errorf("%s: list %d, want %d: %v", c.name, l.Number, c.want, err)
			}
		}
	}
}
