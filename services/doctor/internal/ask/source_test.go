package ask

import (
	"net/http"
	"testing"
)

func TestSourceOfAnAnswer(t *testing.T) {
	cloudflare := http.Header{"Server": {"cloudflare"}, "Cf-Ray": {"8f00ba4-FRA"}}
	for name, tc := range map[string]struct {
		answer Answer
		want   Source
	}{
		"web by its policy":              {Answer{Status: 404, Header: http.Header{"Content-Security-Policy": {"default-src 'self'; require-trusted-types-for 'script'"}}}, FromWeb},
		"web by its health":              {Answer{Status: 200, Body: `{"status":"ok"}`}, FromWeb},
		"another program's health":       {Answer{Status: 200, Body: `{"status":"ok","uptime":"3d"}`}, FromElsewhere},
		"catalog-api by its health":      {Answer{Status: 503, Body: `{"status":"degraded","postgres":{"status":"ok"},"nats":{"status":"unavailable"}}`}, FromAPI},
		"catalog-api by its problems":    {Answer{Status: 404, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: `{"type":"/api/docs#not-found"}`}, FromAPI},
		"another API's problem":          {Answer{Status: 404, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: `{"type":"about:blank"}`}, FromElsewhere},
		"Traefik has no route":           {Answer{Status: 404, Body: "404 page not found\n"}, FromTraefik},
		"Traefik's 404 by Cloudflare":    {Answer{Status: 404, Header: cloudflare, Body: "404 page not found\n"}, FromTraefik},
		"Traefik has no server":          {Answer{Status: 503, Body: "no available server\n"}, FromTraefik},
		"Traefik is refused":             {Answer{Status: 502, Body: "Bad Gateway"}, FromTraefik},
		"the tunnel has no rule":         {Answer{Status: 404, Header: cloudflare}, FromTunnel},
		"an empty 404, not Cloudflare's": {Answer{Status: 404}, FromElsewhere},
		"cloudflared is refused":         {Answer{Status: 502, Header: cloudflare, Body: "Unable to reach the origin service. … traffic from cloudflared"}, FromTunnel},
		"Cloudflare has no tunnel":       {Answer{Status: 530, Header: cloudflare, Body: "error code: 1033"}, FromCloudflare},
		"Cloudflare reaches no server":   {Answer{Status: 521, Header: cloudflare, Body: "<html>"}, FromCloudflare},
		"a login":                        {Answer{Status: 302, Header: http.Header{"Location": {"https://login.example.net"}}}, FromLogin},
		"a password is wanted":           {Answer{Status: 401}, FromLogin},
		"another server":                 {Answer{Status: 200, Body: "<html>Welcome to nginx!</html>"}, FromElsewhere},
	} {
		if got := sourceOf(tc.answer); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}
