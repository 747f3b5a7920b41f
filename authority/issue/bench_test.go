package issue_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/senim-pki/senim/authority/application"
	"github.com/senim-pki/senim/authority/profile"
	"github.com/senim-pki/senim/base/clock"
	"github.com/senim-pki/senim/internal/testauthority"
)

// BenchmarkIssue measures certificates from an approved application, one in each: CSR check, lint, two transactions on
// the disk, audit with its sequencer running. SQLite with synchronous=FULL in a temporary folder.
func BenchmarkIssue(b *testing.B) {
	for _, issuer := range []struct{ name, template string }{
		{"p256", profile.IndividualSignP256},
		{"rsa2048", profile.IndividualSignRSA},
		{"gost512", profile.IndividualSignGOST512},
	} {
		for _, clients := range []int{1, 8, 32} {
			b.Run(fmt.Sprintf("%s/%d", issuer.name, clients), func(b *testing.B) { benchmarkIssue(b, issuer.template, clients) })
		}
	}
}

func benchmarkIssue(b *testing.B, template string, clients int) {
	dir := b.TempDir()
	s := reopen(b, filepath.Join(dir, "senim.db"))
	w := testauthority.New(b, s, filepath.Join(dir, "log"), clock.NewManual(testauthority.Start))
	w.Hire(b)
	approved := make([]application.Approved, b.N)
	keys := keyPool(b, template, b.N)
	for n := range approved {
		approved[n] = w.Approve(b, w.Apply(b, testauthority.Somebody(), map[string]testauthority.Key{template: keys[n]}, template))
	}
	ctx, cancel := context.WithCancel(b.Context())
	var sequencer sync.WaitGroup
	sequencer.Go(func() { w.Log.Run(ctx, time.Second, func(err error) { b.Error(err) }) })
	b.ReportAllocs()
	spent := cpuTime()
	b.ResetTimer()
	var next atomic.Int64
	var wg sync.WaitGroup
	for range clients {
		wg.Go(func() {
			for n := next.Add(1) - 1; n < int64(b.N); n = next.Add(1) - 1 {
				if _, err := w.Issuer.Issue(b.Context(), approved[n]); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	cancel()
	sequencer.Wait()
	if spent = cpuTime() - spent; spent > 0 {
		b.ReportMetric(float64(spent.Microseconds())/float64(b.N), "cpu-µs/op")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "certificates/s")
}

// cpuTime is the processor time that this process has spent, which is nearly the same on a busy machine; 0 where the system
// doesn't tell.
var cpuTime = func() time.Duration { return 0 }

// pools keeps keys between runs of a benchmark: those of RSA take longer to make than everything that is measured.
var pools = map[string][]testauthority.Key{}

func keyPool(b *testing.B, template string, n int) []testauthority.Key {
	had := len(pools[template])
	if had < n {
		pools[template] = append(pools[template], make([]testauthority.Key, n-had)...)
		var next atomic.Int64
		var wg sync.WaitGroup
		for range runtime.GOMAXPROCS(0) {
			wg.Go(func() {
				for k := had + int(next.Add(1)) - 1; k < n; k = had + int(next.Add(1)) - 1 {
					pools[template][k] = testauthority.NewKey(b, template)
				}
			})
		}
		wg.Wait()
	}
	return pools[template][:n]
}
