package doctor

import (
	"context"
	"net/http"
	"os"
	"strings"
)

// checkTunnel reads the tunnel's configuration, and looks at the edge's answers
// for what only a tunnel says.
func checkTunnel(ctx context.Context, p *patient) Finding {
	var written *Finding // what the file says
	if p.TunnelConfig != "" {
		f := p.writtenTunnel()
		if f.State == Broken {
			return f
		}
		written = &f
	}
	if p.noName || p.noEdge {
		if written == nil {
			return skipped("the edge lets nothing through to it, and no --tunnel-config was given")
		}
		return *written
	}
	for _, path := range []string{"/health", "/api/health"} {
		if f, bad := tunnelSays(p.get(ctx, p.edge(), path), p.URL.Hostname(), written); bad {
			return f
		}
	}
	if written != nil {
		return *written
	}
	if p.get(ctx, p.edge(), "/health").header.Get("Cf-Ray") == "" {
		return skipped("nothing says that a Cloudflare Tunnel is in the way, and no --tunnel-config was given")
	}
	return ok("Cloudflare passes the request on")
}

// writtenTunnel judges the file.
func (p *patient) writtenTunnel() Finding {
	text, err := os.ReadFile(p.TunnelConfig)
	var config tunnelConfig
	if err == nil {
		config, err = parseTunnel(text)
	}
	if err != nil {
		return broken("%s cannot be used: %s", p.TunnelConfig, err).because(
			"cloudflared does not start with it.", "Correct it; deploy/cloudflared/config.yaml is an example.")
	}
	return config.judge(p.TunnelConfig, p.URL.Hostname())
}

// tunnelSays knows the answers of a tunnel, and of an edge whose tunnel is away.
func tunnelSays(a answer, host string, written *Finding) (f Finding, bad bool) {
	switch {
	case a.from == fromTunnel && a.status == http.StatusNotFound && written != nil:
		return broken("the tunnel answers 404 itself, though %s", written.What).because(
			"The cloudflared that runs has another configuration than this file.",
			"Roll the file out (`kubectl apply -k deploy/cloudflared`), and look that cloudflared has started again with it."), true
	case a.from == fromTunnel && a.status == http.StatusNotFound:
		return broken("the tunnel answers 404 itself: an empty body, by way of Cloudflare").because(
			"The host name is not in the tunnel's ingress, or stands after the catch-all; Traefik, whose 404 has words, was never asked.",
			addRule(host)+" --tunnel-config FILE says which of the two it is."), true
	case a.from == fromTunnel:
		return broken("the tunnel cannot reach what it should send %s to (%s)", host, a.said()).because(
			"cloudflared runs, but its service refuses, hangs or has another name.",
			"Correct the service in the tunnel's ingress: Traefik's name and port as cloudflared sees them; then see whether Traefik runs."), true
	case a.from == fromCloudflare && (a.status == 530 || strings.Contains(a.body, "1033")):
		return broken("Cloudflare has no tunnel for %s (%s)", host, a.said()).because(
			"No cloudflared is connected, or the DNS record names a tunnel that was deleted.",
			"Start cloudflared and read its log; `cloudflared tunnel info` shows who is connected."), true
	case a.from == fromCloudflare:
		return broken("Cloudflare cannot reach the server behind it (%s)", a.said()).because(
			"The DNS record leads to a server, not to a tunnel, and the server does not answer Cloudflare.",
			"Point the record to the tunnel (`cloudflared tunnel route dns`), or open the server to Cloudflare."), true
	}
	return Finding{}, false
}
