package doctor

import (
	"net/http"
	"testing"
)

func TestWhoMadeAnAnswer(t *testing.T) {
	cloudflare := http.Header{"Server": {"cloudflare"}, "Cf-Ray": {"8f00ba4-FRA"}}
	for name, tc := range map[string]struct {
		answer answer
		want   source
	}{
		"web by its policy":              {answer{status: 404, header: http.Header{"Content-Security-Policy": {"default-src 'self'; require-trusted-types-for 'script'"}}}, fromWeb},
		"web by its health":              {answer{status: 200, body: `{"status":"ok"}`}, fromWeb},
		"another program's health":       {answer{status: 200, body: `{"status":"ok","uptime":"3d"}`}, fromElsewhere},
		"catalog-api by its health":      {answer{status: 503, body: `{"status":"degraded","postgres":{"status":"ok"},"nats":{"status":"unavailable"}}`}, fromAPI},
		"catalog-api by its problems":    {answer{status: 404, header: http.Header{"Content-Type": {"application/problem+json"}}, body: `{"type":"/api/docs#not-found"}`}, fromAPI},
		"another API's problem":          {answer{status: 404, header: http.Header{"Content-Type": {"application/problem+json"}}, body: `{"type":"about:blank"}`}, fromElsewhere},
		"Traefik has no route":           {answer{status: 404, body: "404 page not found\n"}, fromTraefik},
		"Traefik's 404 by Cloudflare":    {answer{status: 404, header: cloudflare, body: "404 page not found\n"}, fromTraefik},
		"Traefik has no server":          {answer{status: 503, body: "no available server\n"}, fromTraefik},
		"Traefik is refused":             {answer{status: 502, body: "Bad Gateway"}, fromTraefik},
		"the tunnel has no rule":         {answer{status: 404, header: cloudflare}, fromTunnel},
		"an empty 404, not Cloudflare's": {answer{status: 404}, fromElsewhere},
		"cloudflared is refused":         {answer{status: 502, header: cloudflare, body: "Unable to reach the origin service. … traffic from cloudflared"}, fromTunnel},
		"Cloudflare has no tunnel":       {answer{status: 530, header: cloudflare, body: "error code: 1033"}, fromCloudflare},
		"Cloudflare reaches no server":   {answer{status: 521, header: cloudflare, body: "<html>"}, fromCloudflare},
		"a login":                        {answer{status: 302, header: http.Header{"Location": {"https://login.example.net"}}}, fromLogin},
		"a password is wanted":           {answer{status: 401}, fromLogin},
		"another server":                 {answer{status: 200, body: "<html>Welcome to nginx!</html>"}, fromElsewhere},
	} {
		if got := sourceOf(tc.answer); got != tc.want {
			t.Errorf("%s: got %s, want %s", name, got, tc.want)
		}
	}
}
