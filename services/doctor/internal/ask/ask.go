package ask

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"syscall"

	"github.com/nats-io/nats.go"
)

// ErrNoResponse means that the server accepted the connection, but did not answer in time.
var ErrNoResponse = errors.New("it accepts the connection, but does not answer in time")

// maxBody is the most bytes that are read of a body; no expected answer is larger.
const maxBody = 4 << 20

// Route says where a request is sent.
type Route struct {
	Name string   // shown in findings
	Base *url.URL // the server to connect to
	Host string   // the Host header, and the name by which TLS is checked
}

// Answer is the response to a request.
type Answer struct {
	Err    error
	Status int
	Header http.Header
	Body   string
	From   Source
	Cert   string // the name in the certificate, if TLS was used
}

// Edge is the route that browsers take.
func (p *Portal) Edge() Route {
	return Route{Name: "the edge", Base: p.URL, Host: p.URL.Host}
}

// ByTraefik is the route to Traefik that bypasses the edge.
func (p *Portal) ByTraefik() Route {
	return Route{Name: "Traefik at " + p.Traefik.Host, Base: p.Traefik, Host: p.URL.Host}
}

// Direct is a route to a part itself, which needs no special Host header.
func Direct(name string, base *url.URL) Route {
	return Route{Name: name + " at " + base.Host, Base: base, Host: base.Host}
}

// BehindTraefik returns the best route to the parts behind Traefik: through Traefik if
// its URL was given, otherwise through the edge. there is false if the edge cannot be
// used either.
func (p *Portal) BehindTraefik() (via Route, there bool) {
	if p.Traefik != nil {
		return p.ByTraefik(), true
	}
	return p.Edge(), !p.HostUnresolved && !p.EdgeUnusable
}

// Get requests a path. Each request is sent once; its answer is cached.
func (p *Portal) Get(ctx context.Context, via Route, path string) Answer {
	key := via.Base.String() + " " + via.Host + " " + path
	a, known := p.answers[key]
	if !known {
		a = p.Ask(ctx, via, path, false)
		p.answers[key] = a
	}
	return a
}

// Ask requests a path. With anyCert, any certificate is accepted, because the caller
// only wants to look at it.
func (p *Portal) Ask(ctx context.Context, via Route, path string, anyCert bool) Answer {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(via.Base.String(), "/")+path, nil)
	if err != nil {
		return Answer{Err: err}
	}
	req.Host = via.Host
	req.Header.Set("User-Agent", "dev-portal-doctor/"+p.Version)
	for _, line := range p.Header {
		name, value, _ := strings.Cut(line, ":")
		if !anyCert { // it may be a password
			req.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	var connected atomic.Bool
	transport := &http.Transport{ // without a proxy, which would be one more hop
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{Resolver: p.Lookup}).DialContext(ctx, network, addr)
			connected.Store(err == nil)
			return conn, err
		},
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			ServerName:         (&url.URL{Host: via.Host}).Hostname(),
			InsecureSkipVerify: anyCert, //nolint:gosec // nothing secret is sent then
		},
	}
	resp, err := transport.RoundTrip(req) // RoundTrip follows no redirect
	switch {
	case err != nil && IsTimeout(err) && connected.Load():
		return Answer{Err: ErrNoResponse}
	case err != nil:
		return Answer{Err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	a := Answer{Err: err, Status: resp.StatusCode, Header: resp.Header, Body: string(body)}
	if resp.TLS != nil {
		a.Cert = resp.TLS.PeerCertificates[0].Subject.CommonName
	}
	a.From = sourceOf(a)
	return a
}

// Summary describes the answer in a few words.
func (a Answer) Summary() string {
	if a.Err != nil {
		return Reason(a.Err)
	}
	words := fmt.Sprintf("%d", a.Status)
	if text := strings.TrimSpace(a.Body); text == "" {
		words += " without a body"
	} else if line, _, _ := strings.Cut(text, "\n"); len(line) < 80 && !strings.HasPrefix(line, "<") {
		words += fmt.Sprintf(" %q", line)
	}
	return words
}

// Reason describes why no answer came.
func Reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, nats.ErrNoServers): // ErrNoServers: the only server refuses
		return "the connection is refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to it"
	case errors.As(err, &dns) && dns.IsNotFound:
		return dns.Name + " is not known here"
	case IsTimeout(err):
		return "no answer came in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection was closed without an answer"
	}
	return err.Error()
}

// IsTimeout reports whether err is a timeout.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}
