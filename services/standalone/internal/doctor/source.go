package doctor

import (
	"encoding/json"
	"net/http"
	"strings"
)

// source is who made an answer: the same status means another thing from each.
type source string

const (
	fromWeb        source = "web"
	fromAPI        source = "catalog-api"
	fromTraefik    source = "Traefik"
	fromTunnel     source = "cloudflared"
	fromCloudflare source = "Cloudflare"
	fromLogin      source = "a login"
	fromElsewhere  source = "something else"
)

// traefikSays are Traefik's own answers; it has no header of its own.
var traefikSays = map[int]string{
	http.StatusNotFound:           "404 page not found",
	http.StatusBadGateway:         "Bad Gateway",
	http.StatusServiceUnavailable: "no available server",
	http.StatusGatewayTimeout:     "Gateway Timeout",
}

// sourceOf tells who made an answer by the marks that only they leave.
func sourceOf(a answer) source {
	body := strings.TrimSpace(a.body)
	cloudflare := a.header.Get("Cf-Ray") != "" || strings.EqualFold(a.header.Get("Server"), "cloudflare")
	switch {
	case isAPI(a):
		return fromAPI
	case isWeb(a):
		return fromWeb
	case traefikSays[a.status] != "" && strings.EqualFold(body, traefikSays[a.status]):
		return fromTraefik
	case cloudflare && a.status == http.StatusNotFound && body == "":
		return fromTunnel
	case cloudflare && a.status == http.StatusBadGateway && strings.Contains(body, "cloudflared"):
		return fromTunnel
	case cloudflare && a.status >= 520 && a.status <= 530:
		return fromCloudflare
	case a.status == http.StatusUnauthorized, a.status == http.StatusForbidden, a.status/100 == 3:
		return fromLogin
	}
	return fromElsewhere
}

// isWeb knows the page's server by the policy that its every answer has, and by
// what /health says where a proxy has taken the header away.
func isWeb(a answer) bool {
	if strings.Contains(a.header.Get("Content-Security-Policy"), "require-trusted-types-for") {
		return true
	}
	var health map[string]string
	return a.status == http.StatusOK && json.Unmarshal([]byte(a.body), &health) == nil && len(health) == 1 && health["status"] == "ok"
}

func isAPI(a answer) bool {
	if strings.HasPrefix(a.header.Get("Content-Type"), "application/problem+json") {
		var problem struct{ Type string }
		return json.Unmarshal([]byte(a.body), &problem) == nil && strings.HasPrefix(problem.Type, "/api/docs#")
	}
	_, health := healthOf(a)
	return health
}

// health is what GET /api/health says.
type health struct {
	Status   string     `json:"status"`
	Version  string     `json:"version"`
	Postgres dependency `json:"postgres"`
	NATS     dependency `json:"nats"`

	// Of NATS; nil: catalog-api could not ask.
	Streams   *dependency `json:"streams"`
	Consumers *dependency `json:"consumers"`
	Workers   *dependency `json:"workers"`

	Checks []checked `json:"checks"`
}

// checked is one of the things that catalog-api looks at.
type checked struct {
	Name string `json:"name"`
	dependency
	Cure string `json:"cure"`
}

// cure is what catalog-api says is to be done about a part, or else the words given.
func (h health) cure(part, otherwise string) string {
	for _, c := range h.Checks {
		if c.Name == part && c.Cure != "" {
			return c.Cure
		}
	}
	return otherwise
}

type dependency struct {
	Status string `json:"status"`
	Detail string `json:"detail"`
}

func (d dependency) ok() bool { return d.Status == "ok" }

// healthOf reads an answer of /api/health, if it is one.
func healthOf(a answer) (h health, is bool) {
	is = json.Unmarshal([]byte(a.body), &h) == nil && h.Postgres.Status != "" && h.NATS.Status != ""
	return h, is
}
