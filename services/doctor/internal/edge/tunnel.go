package edge

import (
	"context"
	"net/http"
	"os"
	"strings"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// CheckTunnel checks the tunnel's configuration file, and the edge's answers for those
// that only a tunnel makes.
func CheckTunnel(ctx context.Context, p *ask.Portal) finding.Finding {
	var fromFile *finding.Finding // the finding about the file; nil if none was given
	if p.TunnelConfig != "" {
		f := checkTunnelFile(p)
		if f.State == finding.Broken {
			return f
		}
		fromFile = &f
	}
	if p.HostUnresolved || p.EdgeUnusable {
		if fromFile == nil {
			return finding.Skip("the edge passes nothing to it, and no --tunnel-config was given")
		}
		return *fromFile
	}
	for _, path := range []string{"/health", "/api/health"} {
		if f, bad := judgeTunnelAnswer(p.Get(ctx, p.Edge(), path), p.URL.Hostname(), fromFile); bad {
			return f
		}
	}
	if fromFile != nil {
		return *fromFile
	}
	if p.Get(ctx, p.Edge(), "/health").Header.Get("Cf-Ray") == "" {
		return finding.Skip("no sign of a Cloudflare Tunnel, and no --tunnel-config was given")
	}
	return finding.Fine("Cloudflare passes the request on")
}

// checkTunnelFile checks the configuration file.
func checkTunnelFile(p *ask.Portal) finding.Finding {
	text, err := os.ReadFile(p.TunnelConfig)
	var config tunnelConfig
	if err == nil {
		config, err = parseTunnel(text)
	}
	if err != nil {
		return finding.Fault("%s cannot be used: %s", p.TunnelConfig, err).WithCause(
			"cloudflared does not start with it.", "Correct it; deploy/cloudflared/config.yaml is an example.")
	}
	return config.judge(p.TunnelConfig, p.URL.Hostname())
}

// judgeTunnelAnswer recognises the error answers of a tunnel, and of Cloudflare when the
// tunnel is not connected.
func judgeTunnelAnswer(a ask.Answer, host string, fromFile *finding.Finding) (f finding.Finding, bad bool) {
	switch {
	case a.From == ask.FromTunnel && a.Status == http.StatusNotFound && fromFile != nil:
		return finding.Fault("the tunnel answers 404 itself, though %s", fromFile.What).WithCause(
			"The running cloudflared has another configuration than this file.",
			"Roll the file out (`kubectl apply -k deploy/cloudflared`), and check that cloudflared has restarted with it."), true
	case a.From == ask.FromTunnel && a.Status == http.StatusNotFound:
		return finding.Fault("the tunnel answers 404 itself: an empty body, by way of Cloudflare").WithCause(
			"The host name is not in the tunnel's ingress, or comes after the catch-all. The request never reached Traefik, whose 404 has a text.",
			addRule(host)+" --tunnel-config FILE tells which."), true
	case a.From == ask.FromTunnel:
		return finding.Fault("the tunnel cannot reach its service for %s (%s)", host, a.Summary()).WithCause(
			"cloudflared runs, but the service refuses connections, hangs or has another name.",
			"Correct the service in the tunnel's ingress: Traefik's name and port as cloudflared sees them; then see whether Traefik runs."), true
	case a.From == ask.FromCloudflare && (a.Status == 530 || strings.Contains(a.Body, "1033")):
		return finding.Fault("Cloudflare has no tunnel for %s (%s)", host, a.Summary()).WithCause(
			"No cloudflared is connected, or the DNS record names a tunnel that was deleted.",
			"Start cloudflared and read its log; `cloudflared tunnel info` shows who is connected."), true
	case a.From == ask.FromCloudflare:
		return finding.Fault("Cloudflare cannot reach the server behind it (%s)", a.Summary()).WithCause(
			"The DNS record leads to a server, not to a tunnel, and the server does not answer Cloudflare.",
			"Point the record to the tunnel (`cloudflared tunnel route dns`), or open the server to Cloudflare."), true
	}
	return finding.Finding{}, false
}
