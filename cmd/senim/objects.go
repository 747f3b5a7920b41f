package main

import (
	"errors"
	"path/filepath"
	"slices"
	"strings"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/cmd/internal/cli"
	"github.com/senim-pki/senim/der"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/sig/cms"
)

const (
	// maxBundle caps a file of certificates: a country's has a few hundred, this is some ten thousand.
	maxBundle = 16 << 20
	// maxObject caps a file with one object of any kind, in its text form too: the largest is a list.
	maxObject = crl.MaxSize*3/2 + 4096
	// maxBlocks caps the PEM blocks of one file.
	maxBlocks = 20_000
)

// blocks returns the binary objects of a file: its PEM blocks, or the one that it is in DER or bare base64. The labels
// say what each claims to be, "" for what was no PEM.
func blocks(b []byte) (objects [][]byte, labels []string, err error) {
	if len(b) > 0 && b[0] != 0x30 {
		for rest := b; len(objects) < maxBlocks; {
			block, label, next, ok := der.DecodePEM(rest)
			if !ok {
				break
			}
			objects, labels, rest = append(objects, block), append(labels, label), next
		}
	}
	if objects != nil {
		return objects, labels, nil
	}
	one, err := der.Unarmor(b, crl.MaxSize)
	if err != nil {
		return nil, nil, err
	}
	return [][]byte{one}, []string{""}, nil
}

// certificates reads every certificate of the files and folders: PEM, DER, base64, or a PKCS#7 bag.
func (a *app) certificates(paths []string) ([]*cert.Certificate, error) {
	var all []*cert.Certificate
	err := a.each(paths, maxBundle, []string{".cer", ".crt", ".pem", ".der", ".p7b", ".p7c"}, func(b []byte) error {
		objects, labels, err := blocks(b)
		if err != nil {
			return err
		}
		found := false
		for i, o := range objects {
			if l := labels[i]; l != "" && !strings.Contains(l, "CERTIFICATE") && l != "PKCS7" && l != "CMS" || strings.Contains(l, "REQUEST") {
				continue // a key or parameters beside them
			}
			c, err := cert.Parse(o)
			if err == nil {
				all, found = append(all, c), true
				continue
			}
			bag, inBag := cms.ParseCertificates(o)
			if inBag != nil || len(bag) == 0 {
				return err
			}
			all, found = append(all, bag...), true
		}
		if !found {
			return errors.New("no certificate in it")
		}
		return nil
	})
	return all, err
}

// lists reads the CRLs of the files and folders.
func (a *app) lists(paths []string) ([]*crl.List, error) {
	var all []*crl.List
	err := a.each(paths, maxObject, []string{".crl", ".pem", ".der"}, func(b []byte) error {
		objects, _, err := blocks(b)
		if err != nil {
			return err
		}
		for _, o := range objects {
			l, err := crl.Parse(o)
			if err != nil {
				return err
			}
			all = append(all, l)
		}
		return nil
	})
	return all, err
}

// answers reads OCSP answers.
func (a *app) answers(paths []string) ([]*ocsp.Response, error) {
	var all []*ocsp.Response
	err := a.each(paths, ocsp.MaxResponse*2, []string{".ocsp", ".ors", ".der", ".bin"}, func(b []byte) error {
		o, err := der.Unarmor(b, ocsp.MaxResponse)
		if err != nil {
			return err
		}
		r, err := ocsp.ParseResponse(o)
		if err != nil {
			return err
		}
		all = append(all, r)
		return nil
	})
	return all, err
}

// each gives every file to f, and of a folder every file in it. A named file that f cannot read is an error; so is one
// in a folder whose extension says that it should be readable, while others, as a README, are passed over.
func (a *app) each(paths []string, max int64, extensions []string, f func([]byte) error) error {
	for _, p := range paths {
		names, folder := []string{p}, false
		if cli.IsDir(p) {
			var err error
			if names, err = cli.ReadDir(p); err != nil {
				return err
			}
			folder = true
		}
		for _, name := range names {
			expected := !folder || slices.Contains(extensions, strings.ToLower(filepath.Ext(name)))
			b, err := a.Read(name, max)
			if err == nil {
				if err = f(b); err != nil {
					err = fail.Wrap(fail.Invalid, "cmd.unreadable", err, "file", name, "error", err.Error())
				}
			}
			if err != nil && expected {
				return err
			}
		}
	}
	return nil
}
