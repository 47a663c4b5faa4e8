package httpapi

import (
	"context"
	"net/http"
)

// Health is what the portal can reach; nil: it answers.
type Health struct {
	Postgres error
	NATS     error
}

// healthOutput is the state of the portal. The status is 503 unless it is ok.
type healthOutput struct {
	Status int
	Body   healthBody
}

type healthBody struct {
	Status   string     `json:"status" enum:"ok,degraded,unavailable" doc:"ok; degraded: reading and writing works, but not probing; unavailable: nothing does."`
	Version  string     `json:"version" doc:"Of the program."`
	Postgres dependency `json:"postgres"`
	NATS     dependency `json:"nats"`
}

type dependency struct {
	Status string `json:"status" enum:"ok,unavailable"`
	Detail string `json:"detail,omitempty" doc:"What does not work meanwhile."`
}

// health serves GET /api/health. Why something is missing is for the log: it
// would name hosts.
func (a *API) health(ctx context.Context, _ *struct{}) (*healthOutput, error) {
	state := a.Health(ctx)
	out := &healthOutput{Status: http.StatusOK, Body: healthBody{
		Status: "ok", Version: a.Version, Postgres: dependency{Status: "ok"}, NATS: dependency{Status: "ok"},
	}}
	if state.NATS != nil {
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "degraded"
		out.Body.NATS = dependency{"unavailable", "NATS does not answer: nothing is probed and no event is sent until it is back. Changes are kept until then."}
	}
	if state.Postgres != nil {
		out.Status, out.Body.Status = http.StatusServiceUnavailable, "unavailable"
		out.Body.Postgres = dependency{"unavailable", "Postgres does not answer: nothing can be read or changed until it is back."}
	}
	return out, nil
}
