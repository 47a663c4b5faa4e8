package calendar

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
)

const (
	maxBody      = 4 << 20 // bytes
	maxRedirects = 5
	maxHeader    = 64 << 10
	maxValidator = 1 << 10          // bytes of an ETag
	defaultWait  = 5 * time.Minute  // if a server that wants rest does not say for how long
	readTimeout  = 20 * time.Second // for all of a calendar, redirects included
)

// Validators are those of an earlier answer. The zero value asks for the calendar in any case.
type Validators struct{ ETag, LastModified string }

// Answer is what a server said.
type Answer struct {
	Unchanged bool // since the answer with the validators; all else is empty
	Body      []byte
	Validators
}

// Client asks servers for calendars. Make it by NewClient.
type Client struct {
	http      *http.Client
	userAgent string
}

// NewClient returns a client whose connections are the dialer's.
func NewClient(dialer *egress.Dialer, userAgent string) *Client {
	return &Client{userAgent: userAgent, http: &http.Client{
		CheckRedirect: checkRedirect,
		Transport: &http.Transport{
			DialContext: dialer.DialContext, ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, IdleConnTimeout: time.Minute,
			TLSHandshakeTimeout: readTimeout, MaxResponseHeaderBytes: maxHeader,
		},
	}}
}

// The errors of redirects that are not followed.
var (
	errRedirects = errors.New("redirected too often")
	errPlain     = errors.New("redirected away from https")
	errScheme    = errors.New("redirected to what is neither http nor https")
)

func checkRedirect(req *http.Request, via []*http.Request) error {
	switch {
	case len(via) > maxRedirects:
		return errRedirects
	case req.URL.Scheme != "https" && req.URL.Scheme != "http":
		return errScheme
	case req.URL.Scheme != "https" && via[len(via)-1].URL.Scheme == "https":
		return errPlain
	}
	req.Header.Del("Referer") // it has the URL, which is a secret
	return nil
}

// Read asks for a calendar. The error is an *Error, or that of ctx; no error has the URL.
func (c *Client) Read(ctx context.Context, address string, known Validators) (Answer, error) {
	try, cancel := context.WithTimeout(ctx, readTimeout)
	defer cancel()
	answer, err := c.read(try, address, known)
	if ctx.Err() != nil {
		return Answer{}, ctx.Err()
	}
	return answer, err
}

func (c *Client) read(ctx context.Context, address string, known Validators) (answer Answer, err error) {
	at, err := url.Parse(address)
	if err != nil {
		return answer, fault(events.FeedBadAnswer, "the address is none")
	}
	if at.Scheme == "webcal" { // as programs for calendars take it
		at.Scheme = "https"
	}
	if at.Scheme != "https" && at.Scheme != "http" || at.Host == "" {
		return answer, fault(events.FeedBadAnswer, "the address is not one of http, https or webcal")
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return answer, fault(events.FeedBadAnswer, "the address is none")
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "text/calendar, */*;q=0.1")
	if known.ETag != "" {
		req.Header.Set("If-None-Match", known.ETag)
	}
	if known.LastModified != "" {
		req.Header.Set("If-Modified-Since", known.LastModified)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return answer, failure(err)
	}
	defer res.Body.Close()
	if res.StatusCode == http.StatusNotModified && known != (Validators{}) {
		return Answer{Unchanged: true}, nil
	}
	if err := refusal(res); err != nil {
		return answer, err
	}
	return taken(res)
}

// taken returns what an answer has.
func taken(res *http.Response) (answer Answer, err error) {
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return answer, failure(err)
	}
	if len(body) > maxBody {
		return answer, fault(events.FeedTooLarge, "more than %d bytes", maxBody)
	}
	answer.Body = body
	if tag := res.Header.Get("ETag"); len(tag) <= maxValidator {
		answer.ETag = tag
	}
	if modified := res.Header.Get("Last-Modified"); len(modified) <= maxValidator {
		answer.LastModified = modified
	}
	return answer, nil
}

// refusal returns the error of an answer that has no calendar.
func refusal(res *http.Response) error {
	wait, told := retry.After(res.Header)
	if !told {
		wait = defaultWait
	}
	err := fmt.Errorf("answered %d", res.StatusCode) // and not with its words, which may be anything
	switch code := res.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusTooManyRequests, told && (code == http.StatusForbidden || code == http.StatusServiceUnavailable):
		return &Error{Problem: events.FeedRateLimited, Wait: wait, Err: err}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &Error{Problem: events.FeedDenied, Err: err}
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusUnavailableForLegalReasons:
		return &Error{Problem: events.FeedNotFound, Err: err}
	case code >= 500:
		return &Error{Problem: events.FeedUnreachable, Err: err}
	}
	return &Error{Problem: events.FeedBadAnswer, Err: err}
}

// failure returns the error of a request that was not answered. Of its text only what has no URL
// in it is kept.
func failure(err error) error {
	for _, refused := range []error{errRedirects, errPlain, errScheme} {
		if errors.Is(err, refused) {
			return &Error{Problem: events.FeedBadAnswer, Err: refused}
		}
	}
	if errors.Is(err, egress.ErrDenied) {
		return &Error{Problem: events.FeedBlocked, Err: egress.ErrDenied}
	}
	if egress.TimedOut(err) {
		return fault(events.FeedUnreachable, "no answer within %s", readTimeout)
	}
	if e, is := errors.AsType[*net.DNSError](err); is {
		return fault(events.FeedUnreachable, "its host is not found: %s", e.Err)
	}
	if e, is := errors.AsType[*net.OpError](err); is {
		return &Error{Problem: events.FeedUnreachable, Err: e}
	}
	if e, is := errors.AsType[*tls.CertificateVerificationError](err); is {
		return &Error{Problem: events.FeedUnreachable, Err: e}
	}
	return fault(events.FeedUnreachable, "the connection failed")
}
