package forge

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/egress"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/retry"
)

const (
	pageSize     = 20 // releases that are asked for: some may be drafts
	maxPages     = 3
	maxBody      = 8 << 20 // of a page, in bytes
	maxRedirects = 5
	maxHeader    = 64 << 10
	defaultWait  = 5 * time.Minute // if it does not say for how long
	headTimeout  = 15 * time.Second
)

// Answer is what a forge said of a repository.
type Answer struct {
	Unchanged bool             // since the answer with the validator; all but Budget is empty
	Releases  []events.Release // the newest, at most events.MaxReleases; no drafts
	Complete  bool             // the repository has no other releases
	Validator string           // the ETag; "": the forge gave none
}

// Error is why there is no answer.
type Error struct {
	Problem events.ReleaseProblem
	Wait    time.Duration // until the forge takes requests again, with ProblemRateLimited; else 0
	Err     error
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.Problem, e.Err) }

func (e *Error) Unwrap() error { return e.Err }

// Client asks forges. Make it by NewClient.
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
			TLSHandshakeTimeout: headTimeout, ResponseHeaderTimeout: headTimeout, MaxResponseHeaderBytes: maxHeader,
		},
	}}
}

// checkRedirect follows a repository that was moved, and never takes a token to another host,
// or from TLS to a connection that others can read.
func checkRedirect(req *http.Request, via []*http.Request) error {
	first := via[0].URL
	if len(via) > maxRedirects {
		return errors.New("redirected too often")
	}
	if first.Scheme == "https" && req.URL.Scheme != "https" {
		return errors.New("redirected away from https")
	}
	if req.URL.Scheme != first.Scheme || Host(req.URL) != Host(first) {
		req.Header.Del("Authorization")
	}
	return nil
}

// Releases asks a forge for the newest releases of a repository. With the validator of an
// earlier answer, the forge says only whether there is anything new. remaining is how many
// requests the forge takes until wait is over; -1: it does not say. The error is an *Error, or
// that of ctx.
func (c *Client) Releases(ctx context.Context, f Forge, path, validator string) (answer Answer, budget Budget, err error) {
	next := f.releases(path)
	var all []events.Release
	for page := 0; next != nil && page < maxPages && len(all) < events.MaxReleases; page++ {
		got, err := c.page(ctx, f, next, validator)
		budget = got.budget
		if err != nil || got.unchanged {
			return Answer{Unchanged: got.unchanged}, budget, err
		}
		if page == 0 {
			answer.Validator = got.validator
		}
		all = append(all, got.releases...)
		next, validator = got.next, ""
	}
	count := len(all)
	answer.Releases = newest(all)
	answer.Complete = next == nil && len(answer.Releases) == count
	return answer, budget, nil
}

// Budget is what a forge said of its limit.
type Budget struct {
	Remaining int           // requests that it takes until Wait is over; -1: it does not say
	Wait      time.Duration // until the limit begins anew
}

// page is one page of releases.
type page struct {
	unchanged bool
	releases  []events.Release
	validator string
	next      *url.URL // nil: it is the last
	budget    Budget
}

func (c *Client) page(ctx context.Context, f Forge, at *url.URL, validator string) (got page, err error) {
	got.budget = Budget{Remaining: -1}
	res, err := c.get(ctx, f, at, validator)
	if err != nil {
		return got, err
	}
	defer res.Body.Close()
	got.budget = budgetOf(res.Header)
	if res.StatusCode == http.StatusNotModified && validator != "" {
		got.unchanged = true
		return got, nil
	}
	if err := refusal(res, got.budget); err != nil {
		return got, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err != nil {
		return got, failure(ctx, err)
	}
	if len(body) > maxBody {
		return got, &Error{Problem: events.ProblemBadAnswer, Err: fmt.Errorf("more than %d bytes", maxBody)}
	}
	if got.releases, err = decode(body); err != nil {
		return got, &Error{Problem: events.ProblemBadAnswer, Err: err}
	}
	if tag := res.Header.Get("ETag"); len(tag) <= 256 {
		got.validator = tag
	}
	got.next = nextPage(res.Header, at)
	return got, nil
}

// get sends a request.
func (c *Client) get(ctx context.Context, f Forge, at *url.URL, validator string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, at.String(), nil)
	if err != nil {
		return nil, &Error{Problem: events.ProblemUnsupported, Err: err}
	}
	req.Header.Set("User-Agent", c.userAgent)
	req.Header.Set("Accept", "application/json")
	if f.Kind == GitHub {
		req.Header.Set("Accept", "application/vnd.github+json")
		req.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	}
	if validator != "" {
		req.Header.Set("If-None-Match", validator)
	}
	if f.Token != nil {
		token, err := f.Token(ctx)
		if err != nil {
			if _, is := errors.AsType[*Error](err); is {
				return nil, err
			}
			return nil, &Error{Problem: events.ProblemDenied, Err: err}
		}
		req.Header.Set("Authorization", "Bearer "+token)
	}
	res, err := c.http.Do(req)
	if err != nil {
		return nil, failure(ctx, err)
	}
	return res, nil
}

// failure returns the error of a request that was not answered.
func failure(ctx context.Context, err error) error {
	if ctx.Err() != nil && !errors.Is(context.Cause(ctx), context.DeadlineExceeded) {
		return ctx.Err()
	}
	if e, is := errors.AsType[*net.DNSError](err); is {
		err = e // without the server's address
	}
	return &Error{Problem: events.ProblemUnreachable, Err: err}
}

// refusal returns the error of an answer that has no releases.
func refusal(res *http.Response, budget Budget) error {
	err := fmt.Errorf("answered %s", res.Status)
	wait, told := retry.After(res.Header)
	switch code := res.StatusCode; {
	case code == http.StatusOK:
		return nil
	case code == http.StatusTooManyRequests, code == http.StatusForbidden && (told || budget.Remaining == 0):
		if !told {
			wait = budget.Wait
		}
		if wait <= 0 {
			wait = defaultWait
		}
		return &Error{Problem: events.ProblemRateLimited, Wait: wait, Err: err}
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return &Error{Problem: events.ProblemDenied, Err: err}
	case code == http.StatusNotFound, code == http.StatusGone, code == http.StatusUnavailableForLegalReasons:
		return &Error{Problem: events.ProblemNotFound, Err: err}
	case code >= 500:
		return &Error{Problem: events.ProblemUnreachable, Err: err}
	}
	return &Error{Problem: events.ProblemBadAnswer, Err: err}
}

// budgetOf returns what the answer says of the forge's limit: GitHub has X- before the names.
func budgetOf(header http.Header) Budget {
	for _, prefix := range []string{"X-RateLimit-", "RateLimit-"} {
		remaining, err := strconv.Atoi(header.Get(prefix + "Remaining"))
		reset, errReset := strconv.ParseInt(header.Get(prefix+"Reset"), 10, 64)
		if err == nil && errReset == nil && remaining >= 0 {
			wait := time.Until(time.Unix(reset, 0))
			return Budget{Remaining: remaining, Wait: min(max(wait, 0)+time.Second, retry.Most)} // a second, as clocks differ
		}
	}
	return Budget{Remaining: -1}
}

var nextLink = regexp.MustCompile(`<([^>]*)>\s*;\s*rel="?next"?`)

// nextPage returns the address of the page after this one (RFC 8288), at the same host; nil:
// there is none.
func nextPage(header http.Header, at *url.URL) *url.URL {
	found := nextLink.FindStringSubmatch(strings.Join(header.Values("Link"), ", "))
	if found == nil {
		return nil
	}
	next, err := at.Parse(found[1])
	if err != nil || next.Scheme != at.Scheme || next.Host != at.Host {
		return nil
	}
	return next
}
