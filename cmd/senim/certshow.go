package main

import (
	"errors"

	"github.com/senim-pki/senim/base/fail"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
	"github.com/senim-pki/senim/pki/ocsp"
	"github.com/senim-pki/senim/sig/cms"
)

type certShowCmd struct {
	JSON bool   `name:"json" help:"${json}"`
	File string `arg:"" help:"${show_file}"`
}

// Run shows every object of the file, in words or as JSON.
func (c *certShowCmd) Run(a *app) error {
	b, err := a.Read(c.File, maxObject)
	if err != nil {
		return err
	}
	objects, _, err := blocks(b)
	if err != nil {
		return fail.Wrap(fail.Invalid, "cmd.not-an-object", err, "file", c.File)
	}
	var shown []any
	for i, o := range objects {
		views, err := view(o)
		if err != nil {
			return fail.Wrap(fail.Invalid, "cmd.not-an-object", err, "file", c.File)
		}
		for j, v := range views {
			shown = append(shown, v)
			if c.JSON {
				continue
			}
			if i+j > 0 {
				if err := a.Text("\n"); err != nil {
					return err
				}
			}
			if err := a.Text(v.(interface{ String() string }).String()); err != nil {
				return err
			}
		}
	}
	switch {
	case !c.JSON:
		return nil
	case len(shown) == 1:
		return a.JSON(shown[0])
	}
	return a.JSON(map[string]any{"type": "collection", "objects": shown})
}

// What cert show says of an object as JSON: its view, and what it is.
type (
	certificateJSON struct {
		Type string `json:"type"`
		cert.View
	}
	requestJSON struct {
		Type string `json:"type"`
		cert.RequestView
	}
	listJSON struct {
		Type string `json:"type"`
		crl.View
	}
	answerJSON struct {
		Type string `json:"type"`
		ocsp.View
	}
	questionJSON struct {
		Type string `json:"type"`
		ocsp.RequestView
	}
)

// view finds out what an object is by reading it: names of files and labels of PEM blocks say too many different things.
func view(o []byte) ([]any, error) {
	c, err := cert.Parse(o)
	if err == nil {
		return []any{certificateJSON{"certificate", c.View()}}, nil
	}
	errs := []error{err}
	if q, err := cert.ParseRequest(o); err == nil {
		return []any{requestJSON{"request", q.View()}}, nil
	} else {
		errs = append(errs, err)
	}
	if l, err := crl.Parse(o); err == nil {
		return []any{listJSON{"crl", l.View()}}, nil
	} else {
		errs = append(errs, err)
	}
	if r, err := ocsp.ParseResponse(o); err == nil {
		return []any{answerJSON{"ocsp-response", r.View()}}, nil
	} else {
		errs = append(errs, err)
	}
	if q, err := ocsp.ParseRequest(o); err == nil {
		return []any{questionJSON{"ocsp-request", q.View()}}, nil
	} else {
		errs = append(errs, err)
	}
	bag, err := cms.ParseCertificates(o)
	if err == nil && len(bag) > 0 {
		var all []any
		for _, c := range bag {
			all = append(all, certificateJSON{"certificate", c.View()})
		}
		return all, nil
	}
	return nil, errors.Join(append(errs, err)...)
}
