package online

import (
	"context"
	"fmt"
	"net/http"

	"github.com/senim-pki/senim/pki/cert"
	"github.com/senim-pki/senim/pki/crl"
)

// CRL fetches the list that the certificate names as its own. Whether it is authentic and of the right issuer is for
// pki/path to say. Errors are *fail.Error of kind Unavailable.
func (c *Client) CRL(ctx context.Context, leaf *cert.Certificate) (*crl.List, error) {
	urls := addresses(leaf.CRLURLs)
	var errs []error
	for _, u := range urls {
		l, err := c.list(ctx, u)
		if err == nil {
			return l, nil
		}
		errs = append(errs, fmt.Errorf("%s: %w", hostOf(u), err))
		if ctx.Err() != nil {
			break
		}
	}
	return nil, c.unavailable("CRL", urls, errs)
}

// list returns the list at an address: from the cache while that is young, else with a question that says which list we
// have. Several callers who want the same one wait for one request.
func (c *Client) list(ctx context.Context, address string) (*crl.List, error) {
	unlock, err := c.lists.lock(ctx, address)
	if err != nil {
		return nil, err
	}
	defer unlock()
	now := c.o.Clock.Now()
	have := c.lists.get(address)
	if have != nil && have.young(now) {
		return have.list, nil
	}
	q := question{method: http.MethodGet, max: crl.MaxSize, header: map[string]string{"Accept": "application/pkix-crl, */*;q=0.5"}}
	if have != nil && have.askable(now) {
		if have.ETag != "" {
			q.header["If-None-Match"] = have.ETag
		}
		if have.LastModified != "" {
			q.header["If-Modified-Since"] = have.LastModified
		}
	}
	a, err := c.ask(ctx, address, q)
	if err != nil {
		return nil, err
	}
	if a.status == http.StatusNotModified {
		if have == nil {
			return nil, statusError(a.status)
		}
		have.Checked = now
		c.lists.put(address, have)
		return have.list, nil
	}
	l, err := crl.Parse(a.body)
	if err != nil {
		return nil, err
	}
	c.lists.put(address, &kept{Fetched: now, Checked: now, ETag: a.header.Get("ETag"), LastModified: a.header.Get("Last-Modified"), DER: a.body, list: l})
	return l, nil
}
