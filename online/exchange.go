package online

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
)

// A question is one HTTP request.
type question struct {
	method string
	body   []byte
	header map[string]string
	max    int // octets of the answer
}

// An answer is what came back: status 200 with its body, or 304 without.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// A statusError is an HTTP status that is no answer.
type statusError int

func (e statusError) Error() string { return fmt.Sprintf("status %d", int(e)) }

// ask carries out q at the address. A GET follows two redirects, to public hosts only: a redirect is the word of the
// network, not of the configuration.
func (c *Client) ask(ctx context.Context, address string, q question) (*answer, error) {
	release, err := c.take(ctx)
	if err != nil {
		return nil, err
	}
	defer release()
	ctx, cancel := context.WithTimeout(ctx, c.o.Timeout)
	defer cancel()
	u, err := parse(address)
	if err != nil {
		return nil, err
	}
	client := c.foreign
	if c.isAllowed(u) {
		client = c.own
	}
	for range maxRedirects {
		a, next, err := once(ctx, client, u, q)
		if err != nil || next == nil {
			return a, err
		}
		u, client = next, c.foreign
	}
	a, next, err := once(ctx, client, u, q)
	if next != nil {
		return nil, errors.New("too many redirects")
	}
	return a, err
}

// once is one request; next is where a redirect leads.
func once(ctx context.Context, client *http.Client, u *url.URL, q question) (a *answer, next *url.URL, err error) {
	req, err := http.NewRequestWithContext(ctx, q.method, u.String(), bytes.NewReader(q.body))
	if err != nil {
		return nil, nil, err
	}
	req.Header.Set("User-Agent", "senim")
	for k, v := range q.header {
		req.Header.Set(k, v)
	}
	resp, err := client.Do(req)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
	case http.StatusNotModified:
		return &answer{status: resp.StatusCode, header: resp.Header}, nil, nil
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		if q.method != http.MethodGet {
			return nil, nil, statusError(resp.StatusCode)
		}
		to, err := resp.Location()
		if err != nil {
			return nil, nil, err
		}
		to, err = parse(to.String())
		return nil, to, err
	default:
		return nil, nil, statusError(resp.StatusCode)
	}
	if resp.ContentLength > int64(q.max) {
		return nil, nil, fmt.Errorf("%d octets announced, at most %d are read", resp.ContentLength, q.max)
	}
	// The type that the server names is not looked at: national ones name several, and the parser knows better.
	body, err := io.ReadAll(io.LimitReader(resp.Body, int64(q.max)+1))
	if err != nil {
		return nil, nil, err
	}
	if len(body) > q.max {
		return nil, nil, fmt.Errorf("over %d octets", q.max)
	}
	return &answer{status: resp.StatusCode, header: resp.Header, body: body}, nil, nil
}
