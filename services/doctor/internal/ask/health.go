package ask

import (
	"context"
	"encoding/json"
	"fmt"
)

// The paths that tell the page's router from the API's.
const (
	PagePath = "/health"
	APIPath  = "/api/health"
)

// NotAsked is the reason to skip a hop whose state only catalog-api knows.
const NotAsked = "catalog-api, which would know, could not be asked"

// Health returns catalog-api's report on its dependencies.
func (p *Portal) Health(ctx context.Context) (h Health, there bool) {
	if p.API != nil {
		return HealthOf(p.Get(ctx, Direct("catalog-api", p.API), APIPath))
	}
	via, there := p.BehindTraefik()
	if !there {
		return h, false
	}
	return HealthOf(p.Get(ctx, via, APIPath))
}

// LogsOf returns the commands that show a part's log.
func (p *Portal) LogsOf(part string) string {
	return fmt.Sprintf("`docker compose logs %[1]s`, or `kubectl --namespace %[2]s logs --selector app.kubernetes.io/component=%[1]s`", part, p.Namespace)
}

// Health is the body of GET /api/health.
type Health struct {
	Status   string     `json:"status"`
	Version  string     `json:"version"`
	Postgres Dependency `json:"postgres"`
	NATS     Dependency `json:"nats"`

	// Parts of NATS; nil if catalog-api could not ask.
	Streams   *Dependency `json:"streams"`
	Consumers *Dependency `json:"consumers"`
	Workers   *Dependency `json:"workers"`

	Checks []Check `json:"checks"`
}

// Check is the result of one of catalog-api's checks.
type Check struct {
	Name string `json:"name"`
	Dependency
	Cure string `json:"cure"`
}

// Cure returns the fix that catalog-api names for a part, or fallback if it names none.
func (h Health) Cure(part, fallback string) string {
	for _, c := range h.Checks {
		if c.Name == part && c.Cure != "" {
			return c.Cure
		}
	}
	return fallback
}

// Dependency is the state of a part.
type Dependency struct {
	Status string `json:"status"`
	Detail string `json:"detail"`
}

// OK reports whether the part works.
func (d Dependency) OK() bool { return d.Status == "ok" }

// HealthOf parses an answer of /api/health; is says whether it is one.
func HealthOf(a Answer) (h Health, is bool) {
	is = json.Unmarshal([]byte(a.Body), &h) == nil && h.Postgres.Status != "" && h.NATS.Status != ""
	return h, is
}
