package link

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
)

const (
	maxRedirects = 10
	maxHeader    = 64 << 10
	checkTimeout = 20 * time.Second // for a link, redirects included
	defaultWait  = time.Minute      // if a server that wants rest does not say for how long
)

// Client asks whether something answers at a link. Make it by NewClient.
type Client struct {
	http      *http.Client
	userAgent string
}

var errRedirects = errors.New("redirected too often")

// NewClient returns a client whose connections are the dialer's. Nothing is kept between two links:
// no connection, and no cookie.
func NewClient(dialer *egress.Dialer, userAgent string) *Client {
	return &Client{userAgent: userAgent, http: &http.Client{
		CheckRedirect: func(req *http.Request, via []*http.Request) error {
			if len(via) > maxRedirects || req.URL.Scheme != "https" && req.URL.Scheme != "http" {
				return errRedirects
			}
			req.Header.Del("Referer")
			return nil
		},
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, DisableKeepAlives: true, TLSHandshakeTimeout: checkTimeout,
			MaxResponseHeaderBytes: maxHeader,
		},
	}}
}

// Answer is what became of a link.
type Answer struct {
	Problem events.LinkProblem // "": something answers there, also if it wants to know who asks
	Status  int                // of HTTP; 0: nothing answered
	Wait    time.Duration      // for which the server wants rest
}

// Check asks whether something answers at a link. The error is that of ctx.
func (c *Client) Check(ctx context.Context, link string) (Answer, error) {
	answer := c.ask(ctx, http.MethodHead, link)
	if answer.Status >= http.StatusBadRequest && answer.Wait == 0 { // some servers know no HEAD
		answer = c.ask(ctx, http.MethodGet, link)
	}
	return answer, ctx.Err()
}

func (c *Client) ask(ctx context.Context, method, link string) Answer {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, link, nil)
	if err != nil {
		return Answer{Problem: events.LinkUnreachable}
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "*/*")
	res, err := c.http.Do(req)
	if err != nil {
		return Answer{Problem: problemOf(err)}
	}
	defer res.Body.Close()
	_, _ = io.CopyN(io.Discard, res.Body, 1) // the rest is not wanted
	return newAnswer(res)
}

// newAnswer returns what an answer says of a link. Who is sent to sign in has found something.
func newAnswer(res *http.Response) Answer {
	answer := Answer{Status: res.StatusCode}
	wait, told := retry.After(res.Header)
	switch code := res.StatusCode; {
	case code == http.StatusTooManyRequests, code == http.StatusServiceUnavailable && told:
		answer.Wait = defaultWait
		if told {
			answer.Wait = wait
		}
	case code == http.StatusNotFound, code == http.StatusGone:
		answer.Problem = events.LinkNotFound
	case code >= http.StatusInternalServerError:
		answer.Problem = events.LinkFailing
	}
	return answer
}

// problemOf returns the problem of a request that was not answered.
func problemOf(err error) events.LinkProblem {
	if errors.Is(err, egress.ErrDenied) {
		return events.LinkBlocked
	}
	if errors.Is(err, errRedirects) {
		return events.LinkRedirects
	}
	if _, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return events.LinkBadTLS
	}
	return events.LinkUnreachable
}
