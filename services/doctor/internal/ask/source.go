package ask

import (
	"encoding/json"
	"net/http"
	"strings"
)

// Source is the hop that made an answer. The same status means something else from each.
type Source string

// The sources that can be told apart.
const (
	FromWeb        Source = "web"
	FromAPI        Source = "catalog-api"
	FromTraefik    Source = "Traefik"
	FromTunnel     Source = "cloudflared"
	FromCloudflare Source = "Cloudflare"
	FromLogin      Source = "a login"
	FromElsewhere  Source = "something else"
)

// traefikBodies are the bodies of Traefik's own answers, which have no header to tell
// them by.
var traefikBodies = map[int]string{
	http.StatusNotFound:           "404 page not found",
	http.StatusBadGateway:         "Bad Gateway",
	http.StatusServiceUnavailable: "no available server",
	http.StatusGatewayTimeout:     "Gateway Timeout",
}

// sourceOf tells the source of an answer by the marks that only this source leaves.
func sourceOf(a Answer) Source {
	body := strings.TrimSpace(a.Body)
	cloudflare := a.Header.Get("Cf-Ray") != "" || strings.EqualFold(a.Header.Get("Server"), "cloudflare")
	switch {
	case isAPI(a):
		return FromAPI
	case isWeb(a):
		return FromWeb
	case traefikBodies[a.Status] != "" && strings.EqualFold(body, traefikBodies[a.Status]):
		return FromTraefik
	case cloudflare && a.Status == http.StatusNotFound && body == "":
		return FromTunnel
	case cloudflare && a.Status == http.StatusBadGateway && strings.Contains(body, "cloudflared"):
		return FromTunnel
	case cloudflare && a.Status >= 520 && a.Status <= 530:
		return FromCloudflare
	case a.Status == http.StatusUnauthorized, a.Status == http.StatusForbidden, a.Status/100 == 3:
		return FromLogin
	}
	return FromElsewhere
}

// isWeb recognises web by the Content-Security-Policy of its answers, or by the body of
// /health if a proxy has removed the header.
func isWeb(a Answer) bool {
	if strings.Contains(a.Header.Get("Content-Security-Policy"), "require-trusted-types-for") {
		return true
	}
	var health map[string]string
	return a.Status == http.StatusOK && json.Unmarshal([]byte(a.Body), &health) == nil && len(health) == 1 && health["status"] == "ok"
}

// isAPI recognises catalog-api by its problem documents and its health report.
func isAPI(a Answer) bool {
	if strings.HasPrefix(a.Header.Get("Content-Type"), "application/problem+json") {
		var problem struct{ Type string }
		return json.Unmarshal([]byte(a.Body), &problem) == nil && strings.HasPrefix(problem.Type, "/api/docs#")
	}
	_, health := HealthOf(a)
	return health
}
