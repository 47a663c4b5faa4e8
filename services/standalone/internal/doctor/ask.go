package doctor

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

// errMute is a server that is there, but hangs.
var errMute = errors.New("it takes the connection, but gives no answer in time")

// maxBody is more than any answer that is read has.
const maxBody = 4 << 20

// way is where a question is sent.
type way struct {
	words string   // for people
	base  *url.URL // what is connected to
	host  string   // the Host header, and the name by which TLS is checked
}

// answer is what came back.
type answer struct {
	err    error
	status int
	header http.Header
	body   string
	from   source
	cert   string // the name in the certificate, if TLS was used
}

func (p *patient) edge() way {
	return way{words: "the edge", base: p.URL, host: p.URL.Host}
}

func (p *patient) traefik() way {
	return way{words: "Traefik at " + p.Traefik.Host, base: p.Traefik, host: p.URL.Host}
}

// direct is a way to a part that needs no Host header.
func direct(name string, base *url.URL) way {
	return way{words: name + " at " + base.Host, base: base, host: base.Host}
}

// inside is the best way to what is behind Traefik: through Traefik, if we may.
// It is not there when neither that nor the edge can be asked.
func (p *patient) inside() (w way, there bool) {
	if p.Traefik != nil {
		return p.traefik(), true
	}
	return p.edge(), !p.noName && !p.noEdge
}

// get asks each question once.
func (p *patient) get(ctx context.Context, w way, path string) answer {
	key := w.base.String() + " " + w.host + " " + path
	a, known := p.answers[key]
	if !known {
		a = p.ask(ctx, w, path, false)
		p.answers[key] = a
	}
	return a
}

// ask asks for a path. With anyCert whatever certificate is shown will do, as it is
// only to be looked at.
func (p *patient) ask(ctx context.Context, w way, path string, anyCert bool) answer {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(w.base.String(), "/")+path, nil)
	if err != nil {
		return answer{err: err}
	}
	req.Host = w.host
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
			conn, err := (&net.Dialer{Resolver: p.resolver}).DialContext(ctx, network, addr)
			connected.Store(err == nil)
			return conn, err
		},
		DisableKeepAlives: true,
		TLSClientConfig: &tls.Config{
			ServerName:         (&url.URL{Host: w.host}).Hostname(),
			InsecureSkipVerify: anyCert, //nolint:gosec // nothing secret is sent then
		},
	}
	resp, err := transport.RoundTrip(req) // which follows no redirect
	switch {
	case err != nil && isTimeout(err) && connected.Load():
		return answer{err: errMute}
	case err != nil:
		return answer{err: err}
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxBody))
	a := answer{err: err, status: resp.StatusCode, header: resp.Header, body: string(body)}
	if resp.TLS != nil {
		a.cert = resp.TLS.PeerCertificates[0].Subject.CommonName
	}
	a.from = sourceOf(a)
	return a
}

// said is an answer in a few words.
func (a answer) said() string {
	if a.err != nil {
		return reason(a.err)
	}
	words := fmt.Sprintf("%d", a.status)
	if text := strings.TrimSpace(a.body); text == "" {
		words += " without a body"
	} else if line, _, _ := strings.Cut(text, "\n"); len(line) < 80 && !strings.HasPrefix(line, "<") {
		words += fmt.Sprintf(" %q", line)
	}
	return words
}

// reason is why no answer came, in words.
func reason(err error) string {
	var dns *net.DNSError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, nats.ErrNoServers): // of one server that refuses
		return "the connection is refused"
	case errors.Is(err, syscall.EHOSTUNREACH), errors.Is(err, syscall.ENETUNREACH):
		return "there is no route to it"
	case errors.As(err, &dns) && dns.IsNotFound:
		return dns.Name + " is not known here"
	case isTimeout(err):
		return "no answer came in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET):
		return "the connection was closed without an answer"
	}
	return err.Error()
}

func isTimeout(err error) bool {
	var timeout net.Error
	return errors.Is(err, context.DeadlineExceeded) || (errors.As(err, &timeout) && timeout.Timeout())
}
