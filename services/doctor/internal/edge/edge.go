// Package edge checks the way in: DNS, the edge that answers there, and a tunnel.
package edge

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"syscall"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// CheckDNS resolves the host.
func CheckDNS(ctx context.Context, p *ask.Portal) finding.Finding {
	host := p.URL.Hostname()
	if net.ParseIP(host) != nil {
		return finding.Fine("%s is an address: there is no name to look up", host)
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	addresses, err := p.Lookup.LookupHost(ctx, host)
	if err == nil {
		return finding.Fine("%s is %s", host, strings.Join(addresses, ", "))
	}
	p.HostUnresolved = true
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return finding.Fault("the name %s does not exist", host).WithCause(
			"DNS has no address for it: the record does not exist, has another spelling, or has not reached this DNS server yet.",
			"Make the record (`cloudflared tunnel route dns <tunnel> "+host+"` makes the one of a tunnel), or correct --url.")
	}
	return finding.Fault("no DNS answer for %s: %s", host, ask.Reason(err)).WithCause(
		"The DNS server does not answer, so nothing is known about the name itself.",
		"Check this machine's DNS settings, or use another server: --resolver 1.1.1.1:53.")
}

// CheckEdge connects to the host's addresses, and checks who answers.
func CheckEdge(ctx context.Context, p *ask.Portal) finding.Finding {
	if p.HostUnresolved {
		return finding.Skip("the name leads nowhere")
	}
	a := p.Get(ctx, p.Edge(), "/health")
	if a.Err != nil {
		p.EdgeUnusable = true
		return edgeError(p, a.Err)
	}
	if refusing := refusingAddresses(ctx, p); len(refusing) > 0 {
		return finding.Fault("%s refuses connections, while %s has other addresses that work", strings.Join(refusing, ", "), p.URL.Hostname()).WithCause(
			"Browsers that get that address wait or fail; others do not.",
			"Start the server that should listen there, or remove the address from DNS.")
	}
	switch a.From {
	case ask.FromElsewhere:
		p.EdgeUnusable = true
		if a.Status >= http.StatusBadGateway && a.Status <= http.StatusGatewayTimeout {
			return finding.Fault("%s answers %s%s", p.URL.Host, a.Summary(), serverHeader(a)).WithCause(
				"The edge answers, but its upstream does not: the server behind it is down, or the edge sends requests to the wrong one.",
				"Check in the edge's settings where it sends "+p.URL.Hostname()+"; --traefik http://ADDRESS examines what is behind it.")
		}
		return finding.Fault("%s answers %s, which is no part of the portal%s", p.URL.Host, a.Summary(), serverHeader(a)).WithCause(
			"The name leads to another program or machine than the portal's edge.",
			"Correct the DNS record or the port in --url.")
	case ask.FromLogin:
		return redirected(p, a)
	case ask.FromWeb, ask.FromAPI, ask.FromTraefik, ask.FromTunnel, ask.FromCloudflare:
	}
	if p.URL.Scheme == "https" {
		return finding.Fine("%s answers, with a certificate that is valid", p.URL.Host)
	}
	return finding.Fine("%s answers", p.URL.Host)
}

// serverHeader quotes the Server header of an answer, or returns "".
func serverHeader(a ask.Answer) string {
	if s := a.Header.Get("Server"); s != "" {
		return fmt.Sprintf(" (its server calls itself %q)", s)
	}
	return ""
}

// redirected judges an answer that redirects, or that asks for a login.
func redirected(p *ask.Portal, a ask.Answer) finding.Finding {
	p.EdgeUnusable = true
	target, err := p.URL.Parse(a.Header.Get("Location"))
	switch {
	case a.Status/100 != 3 || err != nil || target.Hostname() != p.URL.Hostname():
		where := ""
		if err == nil && a.Status/100 == 3 {
			where = " and leads to " + target.Host
		}
		return finding.Skip("a login is required (%d%s), so nothing behind it can be examined; pass it with --header 'Name: value', or bypass it with --traefik", a.Status, where)
	case target.Scheme == p.URL.Scheme && portOf(target) == portOf(p.URL):
		return RedirectLoop(p.URL)
	default:
		other := target.Scheme + "://" + target.Host
		return finding.Fault("%s sends browsers on to %s", p.URL, other).WithCause(
			"This is not the portal's own URL. It may be intended, such as http that redirects to https.",
			"Examine that one: --url "+other)
	}
}

// portOf returns the port of a URL, or the default port of its scheme.
func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

// RedirectLoop is the finding that a URL redirects to itself.
func RedirectLoop(u *url.URL) finding.Finding {
	return finding.Fault("%s redirects to itself in a loop", u.Host).WithCause(
		"TLS ends at the edge, which asks Traefik by plain HTTP; Traefik's entry point sends that to https again.",
		"Remove the redirection from Traefik's entry point (entryPoints.web.http.redirections), or let the tunnel ask its TLS entry point.")
}

// edgeError explains why the edge did not answer.
func edgeError(p *ask.Portal, err error) finding.Finding {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	switch at := p.URL.Host; {
	case errors.Is(err, syscall.ECONNREFUSED):
		return finding.Fault("%s refuses the connection", at).WithCause(
			"The machine is there, but nothing listens on that port.",
			"Start the server (Traefik, a load balancer, the published port of compose), or correct the port in --url.")
	case errors.As(err, &verify):
		return badCertificate(p, verify.Err)
	case errors.As(err, &record):
		return finding.Fault("%s speaks no TLS", at).WithCause("It answers plain HTTP on the port of an https URL.",
			"Use http:// in --url, or set up TLS at the edge.")
	case errors.Is(err, ask.ErrNoResponse):
		return finding.Fault("%s accepts the connection, but does not answer within %s", at, p.Timeout).WithCause(
			"The server hangs, is overloaded, or waits for another server behind it.",
			"Check its log and load, and restart it if it hangs; for a slow server use a longer time: --timeout 30s.")
	case ask.IsTimeout(err):
		return finding.Fault("%s does not answer within %s", at, p.Timeout).WithCause(
			"The machine at this address is down, or a firewall drops the packets.",
			"Check the address in DNS, and the firewall's rule for that port.")
	default:
		return finding.Fault("%s gives no answer: %s", at, ask.Reason(err)).WithCause(
			"A server accepts the connection, but does not speak HTTP.",
			"Check which program listens there.")
	}
}

// badCertificate explains why a certificate is not valid.
func badCertificate(p *ask.Portal, err error) finding.Finding {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	f := finding.Fault("the certificate of %s is not valid: %s", p.URL.Host, CertificateWords(err))
	switch {
	case errors.As(err, &other):
		return f.WithCause("It belongs to another name, so browsers refuse it. Traefik shows TRAEFIK DEFAULT CERT when it has none for the host.",
			"Get a certificate for "+p.URL.Hostname()+" where TLS ends.")
	case errors.As(err, &unknown):
		return f.WithCause("Its authority is not trusted by this machine: it is self-signed, or its chain is incomplete.",
			"Install a certificate of a public authority where TLS ends, with its intermediates; a private authority must be trusted here.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return f.WithCause("It has expired, or is not valid yet: the renewal failed, or a clock is wrong.",
			"Renew it where TLS ends, and check why the automatic renewal failed.")
	}
	return f.WithCause("Browsers refuse it.", "Replace it where TLS ends.")
}

// CertificateWords describes an error of a certificate.
func CertificateWords(err error) string { return strings.TrimPrefix(err.Error(), "x509: ") }

// refusingAddresses returns the host's addresses that refuse connections, if it has
// more than one address.
func refusingAddresses(ctx context.Context, p *ask.Portal) []string {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	addresses, err := p.Lookup.LookupHost(ctx, p.URL.Hostname())
	if err != nil || len(addresses) < 2 {
		return nil
	}
	refuses := make([]bool, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address, portOf(p.URL)))
			if err == nil {
				_ = conn.Close() // nothing was sent on it
			}
			refuses[i] = errors.Is(err, syscall.ECONNREFUSED)
		})
	}
	all.Wait()
	var refusing []string
	for i, address := range addresses {
		// Not a loopback address: browsers try both ::1 and 127.0.0.1, and programs listen on one of them.
		if refuses[i] && !net.ParseIP(address).IsLoopback() {
			refusing = append(refusing, address)
		}
	}
	return refusing
}
