package ca

import (
	"fmt"
	"path/filepath"
	"strings"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
)

// A Public is what of a hierarchy needs no secret: enough to verify everything it has signed.
type Public struct {
	Config      Config
	Roots       map[string]*cert.Certificate // by name
	Authorities map[string]*cert.Certificate // issuing authorities, by name
	LogVerifier string                       // of the audit log, in the form of golang.org/x/mod/sumdb/note
}

// OpenPublic reads the public part of the hierarchy in the folder data. Errors are fail.NotFound ca.absent and fail.Internal
// ca.damaged.
func OpenPublic(data string) (Public, error) {
	s, err := readStored(data)
	if err != nil {
		return Public{}, err
	}
	p := Public{Config: s.Config, Roots: map[string]*cert.Certificate{}, Authorities: map[string]*cert.Certificate{}}
	dir := filepath.Join(data, folder)
	for _, r := range s.Config.Roots {
		root, err := openRoot(dir, r.Name)
		if err != nil {
			return Public{}, fail.Wrap(fail.Internal, "ca.damaged", err)
		}
		p.Roots[r.Name] = root.Certificate
	}
	for _, a := range s.Config.Authorities {
		c, err := openIssuing(dir, a.Name, p.Roots[a.Root])
		if err != nil {
			return Public{}, fail.Wrap(fail.Internal, "ca.damaged", err)
		}
		p.Authorities[a.Name] = c
	}
	verifier, err := readFile(filepath.Join(dir, logVerifierFile))
	if err != nil {
		return Public{}, fail.Wrap(fail.Internal, "ca.damaged", err)
	}
	p.LogVerifier = strings.TrimSpace(string(verifier))
	return p, nil
}

func openIssuing(dir, name string, root *cert.Certificate) (*cert.Certificate, error) {
	raw, err := readFile(filepath.Join(dir, name+certSuffix))
	if err != nil {
		return nil, err
	}
	c, err := cert.Parse(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if root == nil || c.CheckSignature(root.PublicKey) != nil {
		return nil, fmt.Errorf("%s is not signed by its root", name)
	}
	return c, nil
}
