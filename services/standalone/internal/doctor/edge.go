package doctor

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
)

// checkDNS looks the host up.
func checkDNS(ctx context.Context, p *patient) Finding {
	host := p.URL.Hostname()
	if net.ParseIP(host) != nil {
		return ok("%s is an address: there is no name to look up", host)
	}
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	addresses, err := p.resolver.LookupHost(ctx, host)
	if err == nil {
		return ok("%s is %s", host, strings.Join(addresses, ", "))
	}
	p.noName = true
	var dns *net.DNSError
	if errors.As(err, &dns) && dns.IsNotFound {
		return broken("the name %s does not exist", host).because(
			"DNS has no address for it: the record was never made, or is spelt otherwise, or is not yet known where you ask.",
			"Make the record (`cloudflared tunnel route dns <tunnel> "+host+"` makes the one of a tunnel), or correct --url.")
	}
	return broken("nobody says where %s is: %s", host, reason(err)).because(
		"The DNS server does not answer, so nothing is known about the name itself.",
		"Look at this machine's DNS, or name another server: --resolver 1.1.1.1:53.")
}

// checkEdge connects to where the name leads, and looks who answers.
func checkEdge(ctx context.Context, p *patient) Finding {
	if p.noName {
		return skipped("the name leads nowhere")
	}
	a := p.get(ctx, p.edge(), "/health")
	if a.err != nil {
		p.noEdge = true
		return p.silentEdge(a.err)
	}
	if dead := p.deadAddresses(ctx); len(dead) > 0 {
		return broken("%s refuses connections, while %s has other addresses that work", strings.Join(dead, ", "), p.URL.Hostname()).because(
			"Browsers that happen on that address wait or fail, and others do not.",
			"Start what should listen there, or take the address out of DNS.")
	}
	switch a.from {
	case fromElsewhere:
		p.noEdge = true
		if a.status >= http.StatusBadGateway && a.status <= http.StatusGatewayTimeout {
			return broken("%s answers %s%s", p.URL.Host, a.said(), callsItself(a)).because(
				"The edge is there, but has nobody behind it: what it sends the portal's requests to is away, or is none of its servers.",
				"Look in the edge's own settings where it sends "+p.URL.Hostname()+"; --traefik http://ADDRESS says whether what comes after it works.")
		}
		return broken("%s answers %s, which is none of the portal's parts%s", p.URL.Host, a.said(), callsItself(a)).because(
			"The name leads to another program or machine than the portal's edge.",
			"Correct the DNS record or the port in --url; what answers there now may say in its own log who it is.")
	case fromLogin:
		return p.redirected(a)
	case fromWeb, fromAPI, fromTraefik, fromTunnel, fromCloudflare:
	}
	if p.URL.Scheme == "https" {
		return ok("%s answers, with a certificate that is valid", p.URL.Host)
	}
	return ok("%s answers", p.URL.Host)
}

func callsItself(a answer) string {
	if s := a.header.Get("Server"); s != "" {
		return fmt.Sprintf(" (its server calls itself %q)", s)
	}
	return ""
}

// redirected judges an answer that sends us elsewhere, or lets nobody in.
func (p *patient) redirected(a answer) Finding {
	p.noEdge = true
	target, err := p.URL.Parse(a.header.Get("Location"))
	switch {
	case a.status/100 != 3 || err != nil || target.Hostname() != p.URL.Hostname():
		where := ""
		if err == nil && a.status/100 == 3 {
			where = " and leads to " + target.Host
		}
		return skipped("a login is in the way (%d%s): nothing behind it can be seen from here; --header 'Name: value' gets past it, --traefik round it", a.status, where)
	case target.Scheme == p.URL.Scheme && portOf(target) == portOf(p.URL):
		return redirectLoop(p.URL)
	default:
		other := target.Scheme + "://" + target.Host
		return broken("%s sends browsers on to %s", p.URL, other).because(
			"This is not the portal's own URL. That may be as you want it: http that leads to https is right.",
			"Look at the other one: --url "+other)
	}
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "https":
		return "443"
	}
	return "80"
}

func redirectLoop(u *url.URL) Finding {
	return broken("%s is redirected to itself, for ever", u.Host).because(
		"TLS ends at the edge, which asks Traefik by plain HTTP; Traefik's entry point sends that to https again.",
		"Take the redirection off Traefik's entry point (entryPoints.web.http.redirections), or let the tunnel ask its TLS entry point.")
}

// silentEdge says why nobody answered.
func (p *patient) silentEdge(err error) Finding {
	var record tls.RecordHeaderError
	var verify *tls.CertificateVerificationError
	switch at := p.URL.Host; {
	case errors.Is(err, syscall.ECONNREFUSED):
		return broken("%s refuses the connection", at).because(
			"The machine is there, but nothing listens on that port.",
			"Start what should (Traefik, a load balancer, the published port of compose), or correct the port in --url.")
	case errors.As(err, &verify):
		return p.badCertificate(verify.Err)
	case errors.As(err, &record):
		return broken("%s speaks no TLS", at).because("It answers plain HTTP on the port of an https URL.",
			"Use http:// in --url, or give the edge its TLS.")
	case errors.Is(err, errMute):
		return broken("%s takes the connection, but gives no answer within %s", at, p.Timeout).because(
			"What listens there hangs, or is overloaded, or waits in vain for what is behind it.",
			"Look at its log and load, and restart it if it does nothing; a slow one may be given more: --timeout 30s.")
	case isTimeout(err):
		return broken("%s does not answer within %s", at, p.Timeout).because(
			"The address leads to no machine that is on, or a firewall drops the packets.",
			"Check the address that DNS gives, and what is allowed in on that port.")
	default:
		return broken("%s gives no answer: %s", at, reason(err)).because(
			"Something takes the connection, but does not speak HTTP as the edge would.",
			"Look at what listens there.")
	}
}

// badCertificate says what is wrong with a certificate.
func (p *patient) badCertificate(err error) Finding {
	var unknown x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	var other x509.HostnameError
	f := broken("the certificate of %s is not valid: %s", p.URL.Host, certificateWords(err))
	switch {
	case errors.As(err, &other):
		return f.because("It belongs to another name, so browsers refuse it. Traefik shows TRAEFIK DEFAULT CERT when it has none for the host.",
			"Get a certificate for "+p.URL.Hostname()+" where TLS ends.")
	case errors.As(err, &unknown):
		return f.because("Nobody whom this machine trusts has signed it: it is self-signed, or its chain is incomplete.",
			"Install a certificate of a public authority where TLS ends, with its intermediates; a private authority must be trusted here.")
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return f.because("It has expired, or is not valid yet: the renewal failed, or a clock is wrong.",
			"Renew it where TLS ends, and look why that did not happen by itself.")
	}
	return f.because("Browsers refuse it.", "Replace it where TLS ends.")
}

func certificateWords(err error) string { return strings.TrimPrefix(err.Error(), "x509: ") }

// deadAddresses are those of the name's addresses that refuse connections.
func (p *patient) deadAddresses(ctx context.Context) []string {
	ctx, cancel := context.WithTimeout(ctx, p.Timeout)
	defer cancel()
	addresses, err := p.resolver.LookupHost(ctx, p.URL.Hostname())
	if err != nil || len(addresses) < 2 {
		return nil
	}
	refuses := make([]bool, len(addresses))
	var all sync.WaitGroup
	for i, address := range addresses {
		all.Go(func() {
			conn, err := new(net.Dialer).DialContext(ctx, "tcp", net.JoinHostPort(address, portOf(p.URL)))
			if err == nil {
				_ = conn.Close() // nothing was said on it
			}
			refuses[i] = errors.Is(err, syscall.ECONNREFUSED)
		})
	}
	all.Wait()
	var dead []string
	for i, address := range addresses {
		// Browsers try ::1 and 127.0.0.1 both, and programs listen on one of them.
		if refuses[i] && !net.ParseIP(address).IsLoopback() {
			dead = append(dead, address)
		}
	}
	return dead
}
