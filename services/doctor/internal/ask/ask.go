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

// ErrMute is a server that is there, but hangs.
var ErrMute = errors.New("it takes the connection, but gives no answer in time")

// maxBody is more than any answer that is read has.
const maxBody = 4 << 20

// Way is where a question is sent.
type Way struct {
	Words string   // for people
	Base  *url.URL // what is connected to
	Host  string   // the Host header, and the name by which TLS is checked
}

// Answer is what came back.
type Answer struct {
	Err    error
	Status int
	Header http.Header
	Body   string
	From   Source
	Cert   string // the name in the certificate, if TLS was used
}

// Edge is the way of people.
func (p *Portal) Edge() Way {
	return Way{Words: "the edge", Base: p.URL, Host: p.URL.Host}
}

// ByTraefik is the way round the edge.
func (p *Portal) ByTraefik() Way {
	return Way{Words: "Traefik at " + p.Traefik.Host, Base: p.Traefik, Host: p.URL.Host}
}

// Direct is a way to a part that needs no Host header.
func Direct(name string, base *url.URL) Way {
	return Way{Words: name + " at " + base.Host, Base: base, Host: base.Host}
}

// Inside is the best way to what is behind Traefik: through Traefik, if we may.
// It is not there when neither that nor the edge can be asked.
func (p *Portal) Inside() (w Way, there bool) {
	if p.Traefik != nil {
		return p.ByTraefik(), true
	}
	return p.Edge(), !p.NoName && !p.NoEdge
}

// Get asks each question once.
func (p *Portal) Get(ctx context.Context, w Way, path string) Answer {
	key := w.Base.String() + " " + w.Host + " " + path
	a, known := p.answers[key]
	if !known {
		a = p.Ask(ctx, w, path, false)
		p.answers[key] = a
	}
	return a
}

// Ask asks for a path. With anyCert whatever certificate is shown will do, as it is
// only to be looked at.
func (p *Portal) Ask(ctx context.Context, w Way, path string, anyCert bool) Answer {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(w.Base.String(), "/")+path, nil)
	if err != nil {
		return Answer{Err: err}
	}
	req.Host = w.Host
	req.Header.Set("User-Agent", "dev-portal-doctor/"+p.Version)
	for _, line := range p.Header {
		name, value, _ := strings.Cut(line, ":")
		if !anyCert { // it may be a password
			req.Header.Set(strings.TrimSpace(name), strings.TrimSpace(value))
		}
	}
	var connected atomic.Bool
	transport := &http.Transport{ // without a proxy: that would be a hop that nobody asked about
		DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			conn, err := (&net.Dialer{Resolver: p.Lookup}).DialContext(ctx, network, addr)
			connected.Store(err == nil)
			return conn, err
		},
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			ServerName:         (&url.URL{Host: w.Host}).Hostname(),
			InsecureSkipVerify: anyCert, //nolint:gosec // nothing secret is sent then
		},
	}
	resp, err := transport.RoundTrip(req) // which follows no redirect
	switch {
	case err != nil && IsTimeout(err) && connected.Load():
		return Answer{Err: ErrMute}
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

// Said is an answer in a few words.
func (a Answer) Said() string {
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

// Reason is why no answer came, in words.
func Reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, nats.ErrNoServers): // of one server that refuses
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

// IsTimeout says whether an answer did not come in time.
func IsTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}
