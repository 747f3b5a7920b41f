package main

import (
	"errors"
	"io/fs"
	"log/slog"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/BurntSushi/toml"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
)

// maxConfig caps the configuration file: ours has some twenty lines.
const maxConfig = 1 << 20

// A Config is the configuration file of a server, in TOML. A key that is not here is an error, so that a slip of the pen
// does not leave a default in force. What a flag says wins. Relative paths are relative to the file's folder. Secrets
// never stand in it.
type Config struct {
	// Data is the folder of the authority: hierarchy, store, exported checkpoints of the log. The flag is --data.
	Data string `toml:"data"`

	// Listen is the address of the pages, and of every face that has none of its own. Default "127.0.0.1:8080"; the flag is --listen.
	Listen string `toml:"listen"`

	// StatusListen is the address of the face for machines (OCSP, lists, certificates, health), always plain HTTP. Empty:
	// it shares Listen. With TLS it must be set. The flag is --status-listen.
	StatusListen string `toml:"status-listen"`

	// DeskListen is the address of the operators' desk, so that it can be kept off the public network. Empty: it shares
	// Listen. The flag is --desk-listen.
	DeskListen string `toml:"desk-listen"`

	// URL is how people reach the pages: "https://ca.example.kz". It stands in what they sign. Default: Listen by plain HTTP.
	URL string `toml:"url"`

	// DeskURL is the same for the desk, where it has its own address.
	DeskURL string `toml:"desk-url"`

	// TLSCertificate and TLSKey are PEM files, for Listen and DeskListen. Empty: plain HTTP, for a proxy in front that ends TLS.
	TLSCertificate string `toml:"tls-certificate"`
	// TLSKey is the private key of TLSCertificate.
	TLSKey string `toml:"tls-key"`

	// TrustedProxies are addresses or networks of proxies that are believed when they say whose request they pass on
	// (X-Forwarded-For). Limits count by client; without this every client behind a proxy is one.
	TrustedProxies []string `toml:"trusted-proxies"`

	// AllowedHosts are hosts in a private network that the verification page may ask for OCSP answers and lists, as
	// "host:port", or "host" for ports 80 and 443. Hosts of this authority are allowed anyway.
	AllowedHosts []string `toml:"allowed-hosts"`

	// Trust are further anchors of the verification page: files or folders of certificates. Those of this authority are
	// trusted anyway.
	Trust []string `toml:"trust"`

	// CRLHours is the time between scheduled revocation lists, in hours. Default 24. Every revocation also publishes one.
	CRLHours int `toml:"crl-hours"`

	// LogLevel is "debug", "info", "warn" or "error"; default "info". The log goes to standard error.
	LogLevel string `toml:"log-level"`

	// LogFormat is "text" or "json"; default "text".
	LogFormat string `toml:"log-format"`
}

// dataFlags name the store that a command works on.
type dataFlags struct {
	Data   string `placeholder:"DIR" help:"${data}"`
	Config string `placeholder:"FILE" help:"${config}"`
}

// config reads the configuration: the named file, or senim.toml in the data folder when it is there.
func (f *dataFlags) config(a *app) (Config, error) {
	name := f.Config
	if name == "" && f.Data != "" {
		inside := filepath.Join(f.Data, "senim.toml")
		if _, err := os.Stat(inside); err == nil {
			name = inside
		} else if !errors.Is(err, fs.ErrNotExist) {
			return Config{}, fail.Wrap(fail.Unavailable, "cli.file", err, "file", inside)
		}
	}
	var c Config
	if name != "" {
		b, err := a.Read(name, maxConfig)
		if err != nil {
			return c, err
		}
		meta, err := toml.Decode(string(b), &c)
		if err != nil {
			return c, fail.Wrap(fail.Invalid, "config.broken", err, "file", name, "error", err.Error())
		}
		if unknown := meta.Undecoded(); len(unknown) > 0 {
			return c, fail.New(fail.Invalid, "config.unknown", "file", name, "key", unknown[0].String())
		}
		c.resolve(filepath.Dir(name))
	}
	if f.Data != "" {
		c.Data = f.Data
	}
	if c.Data == "" {
		return c, fail.New(fail.Invalid, "config.no-data")
	}
	return c, nil
}

// resolve makes relative paths relative to the folder.
func (c *Config) resolve(dir string) {
	paths := []*string{&c.Data, &c.TLSCertificate, &c.TLSKey}
	for i := range c.Trust {
		paths = append(paths, &c.Trust[i])
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// Places in the data folder.
func (c *Config) store() string       { return filepath.Join(c.Data, "store.db") }
func (c *Config) checkpoints() string { return filepath.Join(c.Data, "audit") }
func (c *Config) demo() string        { return filepath.Join(c.Data, "demo") }

// A settings is a Config that was checked.
type settings struct {
	Config
	url, deskURL string
	proxies      []netip.Prefix
	crlEvery     time.Duration
	log          *slog.Logger
}

// check fills the defaults in and refuses what makes no sense.
func (c Config) check(a *app) (settings, error) {
	s := settings{Config: c}
	bad := func(key string) error { return fail.New(fail.Invalid, "config.value", "key", key) }
	if s.Listen == "" {
		s.Listen = "127.0.0.1:8080"
	}
	for key, addr := range map[string]string{"listen": s.Listen, "status-listen": s.StatusListen, "desk-listen": s.DeskListen} {
		if addr != "" {
			if _, _, err := net.SplitHostPort(addr); err != nil {
				return s, bad(key)
			}
		}
	}
	if (s.TLSCertificate == "") != (s.TLSKey == "") {
		return s, bad("tls-key")
	}
	if s.TLSCertificate != "" && s.StatusListen == "" {
		return s, fail.New(fail.Invalid, "config.tls-status")
	}
	for key, u := range map[string]string{"url": s.URL, "desk-url": s.DeskURL} {
		if u == "" {
			continue
		}
		if p, err := url.Parse(u); err != nil || p.Host == "" || p.Path != "" || p.Scheme != "https" && p.Scheme != "http" {
			return s, bad(key)
		}
	}
	for _, p := range s.TrustedProxies {
		prefix, err := netip.ParsePrefix(p)
		if err != nil {
			var addr netip.Addr
			if addr, err = netip.ParseAddr(p); err == nil {
				prefix, err = addr.Prefix(addr.BitLen())
			}
		}
		if err != nil {
			return s, bad("trusted-proxies")
		}
		s.proxies = append(s.proxies, prefix)
	}
	if s.CRLHours < 0 || s.CRLHours > 24*180 {
		return s, bad("crl-hours")
	}
	s.crlEvery = time.Duration(s.CRLHours) * time.Hour
	var level slog.Level
	if s.LogLevel != "" && level.UnmarshalText([]byte(s.LogLevel)) != nil {
		return s, bad("log-level")
	}
	o := &slog.HandlerOptions{Level: level}
	switch s.LogFormat {
	case "", "text":
		s.log = slog.New(slog.NewTextHandler(a.Err, o))
	case "json":
		s.log = slog.New(slog.NewJSONHandler(a.Err, o))
	default:
		return s, bad("log-format")
	}
	s.url, s.deskURL = s.URL, s.DeskURL
	return s, nil
}

// addresses fills in how people reach the pages where the configuration does not say, once the ports are known.
func (s *settings) addresses() {
	scheme := "http://"
	if s.TLSCertificate != "" {
		scheme = "https://"
	}
	if s.url == "" {
		s.url = scheme + reachable(s.Listen)
	}
	switch {
	case s.DeskListen == "":
		s.deskURL = s.url
	case s.deskURL == "":
		s.deskURL = scheme + reachable(s.DeskListen)
	}
}

// reachable is an address that a browser on this machine can open: a listener on every interface is reached by loopback.
func reachable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if ip, err := netip.ParseAddr(host); host == "" || err == nil && ip.IsUnspecified() {
		host = "127.0.0.1"
	}
	if port == "80" && !strings.Contains(host, ":") {
		return host
	}
	return net.JoinHostPort(host, port)
}

// unlockFlags say where the secret that unlocks an authority comes from.
type unlockFlags struct {
	UnlockFile string `placeholder:"F" help:"${unlock_file}"`
	UnlockFD   *int   `name:"unlock-fd" placeholder:"N" help:"${unlock_fd}"`
}

// secret reads the unlocking secret; a demo keeps its own in its folder.
func (f *unlockFlags) secret(a *app, c Config, demo bool) ([]byte, error) {
	switch {
	case f.UnlockFD != nil && f.UnlockFile != "":
		return nil, fail.New(fail.Invalid, "config.unlock-twice")
	case f.UnlockFD != nil:
		return cli.SecretFD(*f.UnlockFD)
	case f.UnlockFile == "" && demo:
		return a.Secret(filepath.Join(c.demo(), "unlock"), "unlock.secret", "data", c.Data)
	}
	return a.Secret(f.UnlockFile, "unlock.secret", "data", c.Data)
}
