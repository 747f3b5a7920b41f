package main

import (
	"os"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/path"
	"github.com/senim-pki/senim/sig/cms"
	"github.com/senim-pki/senim/sig/verify"
)

// maxSigned caps a signed file: a message at its own cap, written as base64 with line breaks.
const maxSigned = cms.MaxSize + cms.MaxSize/2 + 4096

type verifyCmd struct {
	Content string   `placeholder:"FILE" help:"${verify_content}"`
	OCSP    []string `name:"ocsp" sep:"none" placeholder:"FILE" help:"${verify_ocsp}"`
	Online  bool     `help:"${verify_online}"`
	trustFlags
	File string `arg:"" help:"${verify_file}"`
}

// Run judges the signatures of one file.
func (c *verifyCmd) Run(a *app) error {
	t, err := c.read(a)
	if err != nil {
		return err
	}
	in := verify.Input{Anchors: t.anchors, Intermediates: t.intermediates, CRLs: t.crls, Revocation: c.mode(path.Soft), Time: t.at, Lax: t.lax}
	if in.OCSPs, err = a.answers(c.OCSP); err != nil {
		return err
	}
	if in.File, err = a.Read(c.File, maxSigned); err != nil {
		return err
	}
	content := content{name: c.Content}
	if err := content.give(a, &in); err != nil {
		return err
	}
	if c.Online {
		f := t.fetcher(a)
		defer f.Close()
		in.Fetcher = f
	}
	r, err := verify.Verify(a.ctx, in)
	if err != nil {
		return err
	}
	if content.err != nil {
		return content.err // it was asked for and could not be read: whatever was found means nothing
	}
	if c.JSON {
		err = a.JSON(a.withTexts(r))
	} else {
		err = a.printReport(r)
	}
	if err != nil {
		return err
	}
	if code := r.ExitCode(); code != 0 {
		return verdict(code)
	}
	return nil
}

// content is the document of a detached signature: small ones are read, large ones are hashed as a stream.
type content struct {
	name    string
	digests map[string][]byte
	err     error
}

// maxInMemory is up to where a document is read. Beyond it an attached copy could not be in a message anyway.
const maxInMemory = cms.MaxSize

func (c *content) give(a *app, in *verify.Input) error {
	if c.name == "" {
		return nil
	}
	info, err := os.Stat(c.name)
	if c.name != "-" && err == nil && info.Mode().IsRegular() && info.Size() > maxInMemory {
		c.digests = map[string][]byte{}
		in.Digest = c.digest
		return nil
	}
	in.Content, err = a.Read(c.name, maxInMemory)
	if in.Content == nil {
		in.Content = []byte{} // an empty document is a document
	}
	return err
}

func (c *content) digest(hash string) []byte {
	if d, ok := c.digests[hash]; ok {
		return d
	}
	h := alg.HashByName(hash)
	if h == nil || c.err != nil {
		return nil
	}
	d, err := digestFile(c.name, h)
	if err != nil {
		c.err = err
		return nil
	}
	c.digests[hash] = d
	return d
}
