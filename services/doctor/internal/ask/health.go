package ask

import (
	"context"
	"encoding/json"
	"fmt"
)

// What is asked to tell the page's router from the API's.
const (
	PagePath = "/health"
	APIPath  = "/api/health"
)

// NotAsked is why nothing is known of what catalog-api would know.
const NotAsked = "catalog-api, which would know, could not be asked"

// Health is what catalog-api says of what it needs.
func (p *Portal) Health(ctx context.Context) (h Health, there bool) {
	if p.API != nil {
		return HealthOf(p.Get(ctx, Direct("catalog-api", p.API), APIPath))
	}
	w, there := p.Inside()
	if !there {
		return h, false
	}
	return HealthOf(p.Get(ctx, w, APIPath))
}

// LogsOf is how to read a part's log.
func (p *Portal) LogsOf(part string) string {
	return fmt.Sprintf("`docker compose logs %[1]s`, or `kubectl --namespace %[2]s logs --selector app.kubernetes.io/component=%[1]s`", part, p.Namespace)
}

// Health is what GET /api/health says.
type Health struct {
	Status   string     `json:"status"`
	Version  string     `json:"version"`
	Postgres Dependency `json:"postgres"`
	NATS     Dependency `json:"nats"`

	// Of NATS; nil: catalog-api could not ask.
	Streams   *Dependency `json:"streams"`
	Consumers *Dependency `json:"consumers"`
	Workers   *Dependency `json:"workers"`

	Checks []Checked `json:"checks"`
}

// Checked is one of the things that catalog-api looks at.
type Checked struct {
	Name string `json:"name"`
	Dependency
	Cure string `json:"cure"`
}

// Cure is what catalog-api says is to be done about a part, or else the words given.
func (h Health) Cure(part, otherwise string) string {
	for _, c := range h.Checks {
		if c.Name == part && c.Cure != "" {
			return c.Cure
		}
	}
	return otherwise
}

// Dependency is how a part is.
type Dependency struct {
	Status string `json:"status"`
	Detail string `json:"detail"`
}

// OK says whether it works.
func (d Dependency) OK() bool { return d.Status == "ok" }

// HealthOf reads an answer of /api/health, if it is one.
func HealthOf(a Answer) (h Health, is bool) {
	is = json.Unmarshal([]byte(a.Body), &h) == nil && h.Postgres.Status != "" && h.NATS.Status != ""
	return h, is
}
