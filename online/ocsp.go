package online

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/senim-pki/senim/alg"
	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/ocsp"
)

// maxGET is the longest base64 of a request that is asked with GET (RFC 5019 section 5).
const maxGET = 255

// OCSP asks the responders that the certificate names for its status, and returns the first answer that speaks of it.
// Whether the answer is authentic is for pki/path to say. Errors are *fail.Error of kind Unavailable.
func (c *Client) OCSP(ctx context.Context, leaf, issuer *cert.Certificate) (*ocsp.Response, error) {
	urls := addresses(leaf.OCSPURLs)
	var errs []error
	for _, u := range urls {
		r, err := c.askResponder(ctx, u, leaf, issuer)
		if err == nil {
			return r, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", hostOf(u), err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, c.unavailable("OCSP answer", urls, errs)
}

// askResponder names the certificate by SHA-256, as Kazakh responders expect (facts/kz-pki.md section 3.6), and by SHA-1
// to one that does not understand that (RFC 5019 section 2.1.1 knows only SHA-1).
func (c *Client) askResponder(ctx context.Context, address string, leaf, issuer *cert.Certificate) (*ocsp.Response, error) {
	var errs []error
	for _, name := range []string{"sha256", "sha1"} {
		hash := alg.HashByName(name)
		if hash == nil {
			errs = append(errs, fmt.Errorf("no row for %s", name))
			continue
		}
		r, err := c.askOnce(ctx, address, hash, leaf, issuer)
		if err == nil {
			return r, nil
		}
		errs = append(errs, err)
		var understood *notAnswered
		if !errors.As(err, &understood) {
			break // the place cannot be reached; the other name will not help
		}
	}
	return nil, errors.Join(errs...)
}

// notAnswered: the responder speaks OCSP, and did not answer this question.
type notAnswered struct{ why string }

func (e *notAnswered) Error() string { return e.why }

func (c *Client) askOnce(ctx context.Context, address string, hash *alg.Hash, leaf, issuer *cert.Certificate) (*ocsp.Response, error) {
	nonce := make([]byte, 16)
	if _, err := io.ReadFull(c.o.Rand, nonce); err != nil {
		return nil, fmt.Errorf("couldn't make a nonce: %w", err)
	}
	request, _, err := ocsp.CreateRequest(hash, leaf, issuer, nonce)
	if err != nil {
		return nil, err
	}
	a, err := c.ask(ctx, address, question{
		method: http.MethodPost, body: request, max: ocsp.MaxResponse,
		header: map[string]string{"Content-Type": "application/ocsp-request", "Accept": "application/ocsp-response"},
	})
	var status statusError
	if errors.As(err, &status) && (status == http.StatusMethodNotAllowed || status == http.StatusNotImplemented || status == http.StatusNotFound) {
		nonce = nil
		a, err = c.askByGET(ctx, address, hash, leaf, issuer)
	}
	if err != nil {
		return nil, err
	}
	r, err := ocsp.ParseResponse(a.body)
	switch {
	case err != nil:
		return nil, err
	case r.Code != ocsp.Successful:
		return nil, &notAnswered{"the responder answered " + ocsp.CodeName(r.Code)}
	case r.Nonce != nil && nonce != nil && !bytes.Equal(r.Nonce, nonce):
		// An answer without a nonce is usual (RFC 5019); one with another's is an old answer in new clothes.
		return nil, errors.New("the answer is to another question: its nonce differs")
	}
	if _, ok := r.Find(leaf, issuer); !ok {
		return nil, &notAnswered{"the answer does not speak of this certificate"}
	}
	return r, nil
}

// askByGET asks without a nonce, as caches between us and the responder expect (RFC 6960 appendix A.1).
func (c *Client) askByGET(ctx context.Context, address string, hash *alg.Hash, leaf, issuer *cert.Certificate) (*answer, error) {
	request, _, err := ocsp.CreateRequest(hash, leaf, issuer, nil)
	if err != nil {
		return nil, err
	}
	text := base64.StdEncoding.EncodeToString(request)
	if len(text) > maxGET {
		return nil, errors.New("the responder takes no POST, and the question is too long for GET")
	}
	return c.ask(ctx, strings.TrimRight(address, "/")+"/"+url.QueryEscape(text), question{
		method: http.MethodGet, max: ocsp.MaxResponse, header: map[string]string{"Accept": "application/ocsp-response"},
	})
}
