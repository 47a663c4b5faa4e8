package httpapi

import (
	"context"
	"net/http"
	"strings"
)

// Health is what the portal can reach; nil: it answers.
type Health struct {
	Postgres error
	NATS     error
	Chain    *Chain // nil: nobody could be asked
}

// Chain is what probes go through on NATS. The API works without it.
type Chain struct {
	MissingStreams   []string
	MissingConsumers []string
	Worker           bool // at least one answers
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

	Streams   *dependency `json:"streams,omitempty" doc:"Of NATS. This and what follows is absent when nobody could be asked, and does not change the status."`
	Consumers *dependency `json:"consumers,omitempty" doc:"Those that the services read by."`
	Workers   *dependency `json:"workers,omitempty" doc:"ok: at least one health-worker answers."`
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
	if c := state.Chain; c != nil {
		out.Body.Streams = complete(c.MissingStreams, "Nothing goes through a stream that is not there; the services try to make it again")
		out.Body.Consumers = complete(c.MissingConsumers, "Nothing is read by a consumer that is not there; its service tries to make it again")
		out.Body.Workers = &dependency{Status: "ok"}
		if !c.Worker {
			out.Body.Workers = &dependency{"unavailable", "No health-worker answers: nothing is probed until one does."}
		}
	}
	return out, nil
}

func complete(missing []string, why string) *dependency {
	if len(missing) == 0 {
		return &dependency{Status: "ok"}
	}
	return &dependency{"unavailable", why + ": " + strings.Join(missing, ", ") + "."}
}
