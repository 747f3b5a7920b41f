package peer

import (
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"
)

// The benchmarks of this package measure the peers, for the ratios of docs/performance.md.

var (
	speedRSA   = regexp.MustCompile(`(?m)^rsa +2048 bits +\S+ +\S+ +([\d.]+) +([\d.]+)`)
	speedECDSA = regexp.MustCompile(`(?m)^ *256 bits ecdsa \(nistp256\) +\S+ +\S+ +([\d.]+) +([\d.]+)`)
)

// BenchmarkOpenSSLSpeed is openssl speed: bare signatures, on one core and on all of them.
func BenchmarkOpenSSLSpeed(b *testing.B) {
	openssl := OpenSSL(b)
	for _, c := range []struct {
		name  string
		cores int
	}{{"one", 1}, {"all", runtime.NumCPU()}} {
		b.Run(c.name, func(b *testing.B) {
			out, err := Run(b, nil, openssl, "speed", "-seconds", "1", "-multi", strconv.Itoa(c.cores), "rsa2048", "ecdsap256")
			if err != nil {
				b.Fatal(err)
			}
			for _, row := range []struct {
				name string
				line *regexp.Regexp
			}{{"rsa2048", speedRSA}, {"p256", speedECDSA}} {
				m := row.line.FindSubmatch(out)
				if m == nil {
					b.Fatalf("no line of %s in\n%s", row.name, out)
				}
				for i, what := range []string{"sign", "verify"} {
					v, err := strconv.ParseFloat(string(m[1+i]), 64)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(v, row.name+"-"+what+"/s")
				}
			}
		})
	}
}

// peerKeys are openssl genpkey's arguments; the last is by the engine, in RFC form.
var peerKeys = []struct {
	name, digest string
	genpkey      []string
	gost         bool
}{
	{"p256", "sha256", []string{"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"}, false},
	{"rsa2048", "sha256", []string{"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"}, false},
	{"gost512", "md_gost12_512", []string{"-algorithm", "gost2012_512", "-pkeyopt", "paramset:A"}, true},
}

// caConfig is an authority of openssl ca: a database in a text file, no lint, no log, nothing forced to the disk.
const caConfig = `
[ca]
default_ca = a
[a]
database = index
new_certs_dir = new
rand_serial = yes
default_days = 365
unique_subject = no
policy = p
x509_extensions = e
[p]
commonName = supplied
[e]
keyUsage = critical,digitalSignature
`

// BenchmarkOpenSSLCA is openssl ca over many requests in one run, less the run over one: it checks the request, signs, and
// writes the certificate and its line. BenchmarkOpenSSLVerify is openssl verify over many certificates, likewise.
func BenchmarkOpenSSLCA(b *testing.B) {
	each(b, func(b *testing.B, x bench) {
		args := func(n int) []string {
			a := []string{"ca", "-config", x.config, "-batch", "-notext", "-md", x.digest, "-cert", "ca.pem", "-keyfile", "ca.key", "-infiles"}
			return append(a, strings.Split(strings.TrimSuffix(strings.Repeat("leaf.csr ", n), " "), " ")...)
		}
		b.ReportMetric(x.perSecond(b, args), "certificates/s")
	})
}

func BenchmarkOpenSSLVerify(b *testing.B) {
	each(b, func(b *testing.B, x bench) {
		args := func(n int) []string {
			return append([]string{"verify", "-CAfile", "ca.pem"}, strings.Split(strings.TrimSuffix(strings.Repeat("leaf.pem ", n), " "), " ")...)
		}
		b.ReportMetric(x.perSecond(b, args), "verifications/s")
	})
}

type bench struct {
	run            func(args ...string)
	config, digest string
}

const many = 300

// perSecond is how many more a run over many makes in a second than one over a single file.
func (x bench) perSecond(b *testing.B, args func(n int) []string) float64 {
	took := func(n int) time.Duration {
		start := time.Now()
		x.run(args(n)...)
		return time.Since(start)
	}
	took(1)
	one, all := took(1), took(1+many)
	if all <= one {
		b.Skip("the machine is too busy to measure this")
	}
	return many / (all - one).Seconds()
}

func each(b *testing.B, f func(*testing.B, bench)) {
	for _, k := range peerKeys {
		b.Run(k.name, func(b *testing.B) {
			run := func(b testing.TB, args ...string) ([]byte, error) { return Run(b, nil, OpenSSL(b), args...) }
			config := caConfig
			if k.gost {
				run = OpenSSLGost(b)
				config = gostConfig + caConfig
			}
			dir := b.TempDir()
			b.Chdir(dir)
			x := bench{config: filepath.Join(dir, "ca.cnf"), digest: k.digest, run: func(args ...string) {
				b.Helper()
				if _, err := run(b, args...); err != nil {
					b.Fatal(err)
				}
			}}
			for name, text := range map[string]string{x.config: config, "index": "", "index.attr": "unique_subject = no\n"} {
				if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
					b.Fatal(err)
				}
			}
			if err := os.Mkdir("new", 0o700); err != nil {
				b.Fatal(err)
			}
			for _, name := range []string{"ca.key", "leaf.key"} {
				x.run(append(append([]string{"genpkey"}, k.genpkey...), "-out", name)...)
			}
			x.run("req", "-x509", "-new", "-key", "ca.key", "-"+k.digest, "-subj", "/CN=PEER", "-days", "30", "-out", "ca.pem")
			x.run("req", "-new", "-key", "leaf.key", "-"+k.digest, "-subj", "/CN=LEAF", "-out", "leaf.csr")
			x.run("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-"+k.digest, "-days", "20", "-out", "leaf.pem")
			b.ResetTimer()
			f(b, x)
		})
	}
}
