package ca

import (
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/keyfile"
)

// RenewResponders gives every OCSP responder a new key and a certificate for a year. The issuing authorities sign them, so no
// root is needed; responders are not in the register, for they exist before it does. A running service takes them when it starts.
func RenewResponders(rand io.Reader, data string, secret []byte, now time.Time) error {
	h, err := Open(data, secret)
	if err != nil {
		return err
	}
	file, err := readFile(filepath.Join(data, folder, unlockFile))
	if err != nil {
		return fail.Wrap(fail.Internal, "ca.damaged", err)
	}
	master, err := unlockMaster(file, secret)
	if err != nil {
		return err
	}
	defer clear(master)
	m := maker{o: InitOptions{Config: h.config, Rand: rand}, dir: filepath.Join(data, folder), now: now.UTC().Truncate(time.Second), replace: true}
	if m.password, err = keyFilePassword(master); err != nil {
		return err
	}
	for i, c := range h.config.Authorities {
		a := h.authorities[i]
		if err := m.responder(c, signer{a.Certificate, a.Key, a.Scheme}); err != nil {
			return fmt.Errorf("couldn't renew the OCSP responder of %s: %w", c.Name, err)
		}
	}
	return nil
}

// Expiring is a certificate of the hierarchy that ends soon, for the operator to be told.
type Expiring struct {
	Name string
	At   time.Time
}

// Expiring returns what of the hierarchy ends within d from now: authorities, responders, lists of roots.
func (h *Hierarchy) Expiring(now time.Time, d time.Duration) []Expiring {
	var all []Expiring
	soon := func(name string, at time.Time) {
		if at.Before(now.Add(d)) {
			all = append(all, Expiring{name, at})
		}
	}
	for _, r := range h.roots {
		soon(r.Name, r.Certificate.NotAfter)
		soon(r.Name+listSuffix, r.nextUpdate)
	}
	for _, a := range h.authorities {
		soon(a.Name, a.Certificate.NotAfter)
		soon(a.Name+responderSuffix, a.Responder.Certificate.NotAfter)
	}
	return all
}

// keep writes key file and certificate of an authority or responder into the folder. The key file comes first: it holds both.
func (m *maker) keep(name string, s signer) error {
	container, err := keyfile.WriteRandom(m.o.Rand, m.password, keyfile.Entry{Alias: name, Key: s.key, Certificate: s.cert})
	if err != nil {
		return err
	}
	if err := write(filepath.Join(m.dir, name+keySuffix), container, m.replace); err != nil {
		return err
	}
	return write(filepath.Join(m.dir, name+certSuffix), s.cert.Raw, m.replace)
}
