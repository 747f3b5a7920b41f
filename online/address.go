package online

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"syscall"
)

// addresses returns the places that a certificate names, in order. A URI with a line break inside (the 2018 certificates
// of the national authority, facts/kz-pki.md section 2.1: "http://…" CR LF "URL=http://…") is as many addresses as it
// has lines. Other schemes, as ldap, are left out.
func addresses(uris []string) []string {
	var all []string
	for _, uri := range uris {
		for _, line := range strings.FieldsFunc(uri, func(r rune) bool { return r == '\r' || r == '\n' }) {
			line = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "URL="))
			scheme, _, ok := strings.Cut(line, "://")
			if !ok || len(line) > maxURL || len(all) == maxURLs {
				continue
			}
			if s := strings.ToLower(scheme); s == "http" || s == "https" {
				all = append(all, line)
			}
		}
	}
	return all
}

// parse reads an address and refuses what a certificate has no reason to name.
func parse(address string) (*url.URL, error) {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%w: %w", errRefused, errors.Unwrap(err))
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("%w: scheme %q", errRefused, u.Scheme)
	case u.Hostname() == "":
		return nil, fmt.Errorf("%w: no host", errRefused)
	case u.User != nil:
		return nil, fmt.Errorf("%w: it carries a name or password", errRefused)
	}
	u.Fragment = ""
	return u, nil
}

// isAllowed reports whether the configuration names the host of u with its port; without a port it means those of http and https.
// Anything else that listens on that host is not a stranger's to ask.
func (c *Client) isAllowed(u *url.URL) bool {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	usual := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	if port == "" {
		port = usual
	}
	return c.allowed[net.JoinHostPort(host, port)] || port == usual && c.allowed[host]
}

func hostOf(address string) string {
	if u, err := url.Parse(address); err == nil {
		return u.Host
	}
	return ""
}

// onlyPublic is a net.Dialer.Control: it sees the address that is dialled, after the name was resolved, so that a
// name which answers differently the second time gains nothing.
func onlyPublic(network, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	if !strings.HasPrefix(network, "tcp") || !public(ap.Addr()) {
		return fmt.Errorf("%w: %s is not a public one", errRefused, ap.Addr())
	}
	// Below 1024 other services listen, some of which take commands out of an HTTP body.
	if p := ap.Port(); p != 80 && p != 443 && p < 1024 {
		return fmt.Errorf("%w: port %d", errRefused, p)
	}
	return nil
}

// special are the ranges of the IANA special-purpose registries that netip's own questions and globalUnicast leave in.
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"),       // this network
	netip.MustParsePrefix("100.64.0.0/10"),   // carriers' own
	netip.MustParsePrefix("192.0.0.0/24"),    // protocol assignments
	netip.MustParsePrefix("192.0.2.0/24"),    // documentation
	netip.MustParsePrefix("192.88.99.0/24"),  // 6to4 relays
	netip.MustParsePrefix("198.18.0.0/15"),   // benchmarks
	netip.MustParsePrefix("198.51.100.0/24"), // documentation
	netip.MustParsePrefix("203.0.113.0/24"),  // documentation
	netip.MustParsePrefix("240.0.0.0/4"),     // reserved, broadcast
	netip.MustParsePrefix("2001::/23"),       // protocol assignments, Teredo
	netip.MustParsePrefix("2001:db8::/32"),   // documentation
	netip.MustParsePrefix("2002::/16"),       // 6to4 carries an IPv4 address
	netip.MustParsePrefix("3fff::/20"),       // documentation
}

// globalUnicast is all of IPv6 that is assigned to the public internet (RFC 4291 section 2.4 and IANA). What lies outside carries
// IPv4 addresses of any kind (NAT64, IPv4-compatible and -translated), or is local.
var globalUnicast = netip.MustParsePrefix("2000::/3")

// public reports whether an address is one of the public internet.
func public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() || a.Zone() != "" || a.Is6() && !globalUnicast.Contains(a) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(a) })
}
