package httpapi

import (
	"context"
	"net/http"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/health"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// healthOutput is the state of the portal. Its status is 503 unless all is ok.
type healthOutput struct {
	Status int
	Body   healthBody
}

type healthBody struct {
	Status   string     `json:"status" enum:"ok,degraded,unavailable" doc:"ok; degraded: something does not work, and checks says what; unavailable: nothing can be read or changed."`
	Version  string     `json:"version" doc:"Of the program."`
	Postgres dependency `json:"postgres"`
	NATS     dependency `json:"nats"`

	Streams   *dependency `json:"streams,omitempty" doc:"Of NATS. This and what follows is absent while NATS does not answer."`
	Consumers *dependency `json:"consumers,omitempty" doc:"Those that the services read by."`
	Workers   *dependency `json:"workers,omitempty" doc:"ok: a health-worker answers, or there is nothing to probe."`

	Checks []checked `json:"checks" nullable:"false" doc:"Everything that is looked at, every few seconds."`
}

type dependency struct {
	Status string `json:"status" enum:"ok,unavailable"`
	Detail string `json:"detail,omitempty" doc:"What does not work meanwhile; where the status is ok, what is good to know."`
}

type checked struct {
	Name string `json:"name" doc:"What was looked at, as the metric portal_health calls it."`
	dependency
	Cure string `json:"cure,omitempty" doc:"What to do about it, for a person."`
}

// portal adds the route for the portal's own health.
func (a *API) portal(r *rest.API) {
	r.Tag("health", "How the portal itself is.")
	fine := dependency{Status: "ok"}
	example := healthBody{
		Status: "ok", Version: "1.0.0", Postgres: fine, NATS: fine, Streams: &fine, Consumers: &fine, Workers: &fine,
		Checks: []checked{{Name: "postgres", dependency: fine}, {Name: "outbox", dependency: fine}},
	}
	broken := example
	broken.Status = "degraded"
	broken.Checks = []checked{{
		Name: "outbox", dependency: dependency{"unavailable", "Changes have waited for 12 s to be published."}, Cure: "Look at the log of catalog-api.",
	}}
	rest.Register(r, rest.Get("health", rest.Prefix+"/health", "How the portal is", "What the portal depends on, and whether it works."), a.health,
		rest.Quiet(), rest.Example(example), rest.Answers(http.StatusServiceUnavailable, broken), rest.Problems(rest.Malformed, rest.Invalid))
}

// health serves GET /api/health. It leaves the causes of faults to the log, because they
// name hosts.
func (a *API) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	fine := dependency{Status: "ok"}
	out := &healthOutput{Status: http.StatusOK, Body: healthBody{
		Status: "ok", Version: a.Version, Postgres: fine, NATS: fine, Streams: &dependency{Status: "ok"}, Consumers: &dependency{Status: "ok"}, Workers: &dependency{Status: "ok"},
		Checks: []checked{},
	}}
	body := &out.Body
	parts := map[string]*dependency{
		"postgres": &body.Postgres, "nats": &body.NATS, "streams": body.Streams, "consumers": body.Consumers, "workers": body.Workers,
	}
	for _, r := range a.Health(ctx) {
		c := checked{Name: r.Name, dependency: fine}
		if f := r.Fault; f != nil && f.Mild {
			c.Detail, c.Cure = f.Detail, f.Cure
		} else if f != nil {
			c.dependency, c.Cure = dependency{"unavailable", f.Detail}, f.Cure
			out.Status = http.StatusServiceUnavailable
			if body.Status == "ok" {
				body.Status = "degraded"
			}
			if r.Name == health.DatabaseCheck {
				body.Status = "unavailable"
			}
			if part := parts[r.Name]; part != nil {
				*part = c.dependency
			}
		}
		body.Checks = append(body.Checks, c)
	}
	if body.NATS != fine {
		body.Streams, body.Consumers, body.Workers = nil, nil, nil
	}
	return out, nil
}
