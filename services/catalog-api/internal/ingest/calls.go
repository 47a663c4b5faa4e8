package ingest

import (
	"context"
	"log/slog"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// maxNamesLogged is how many names that no service has are named in a line of the log.
const maxNamesLogged = 20

// Calls are those that traces show.
var Calls = Kind[events.CallsFound]{
	"calls", "Parts of readings of calls by what became of them; dropped: nothing in it is of two services.", stream.Calls,
}

// Observer stores calls that were found. Apply is for a Fetched of the kind Calls.
type Observer struct {
	// Observe stores calls, and returns the names that no service has.
	Observe func(ctx context.Context, by access.Actor, calls []catalog.Call) (unknown []string, err error)
	Log     *slog.Logger
	Unknown prometheus.Counter // see NewUnknown
}

// NewUnknown registers the metric of an Observer.
func NewUnknown(reg prometheus.Registerer) prometheus.Counter {
	unknown := prometheus.NewCounter(prometheus.CounterOpts{
		Name: "portal_calls_unknown_names_total", Help: "Names in traces that no service has, counted each time that they are read.",
	})
	reg.MustRegister(unknown)
	return unknown
}

// Apply stores the calls in a part of a reading. It returns false if no call is of two services:
// in traces there is more than what is in the catalogue, so that is no error.
func (o Observer) Apply(ctx context.Context, by access.Actor, found events.CallsFound) (applied bool, err error) {
	calls := make([]catalog.Call, len(found.Calls))
	for i, c := range found.Calls {
		calls[i] = catalog.Call{Client: c.Client, Server: c.Server, PerMinute: c.CallsPerMinute, SeenAt: found.ReadAt}
	}
	unknown, err := o.Observe(ctx, by, calls)
	if err != nil {
		return false, err
	}
	o.Unknown.Add(float64(len(unknown)))
	nobody := make(map[string]bool, len(unknown))
	for _, name := range unknown {
		nobody[name] = true
	}
	if len(unknown) > 0 {
		o.Log.DebugContext(ctx, "names in traces that no service has", "names", len(unknown), "first", unknown[:min(len(unknown), maxNamesLogged)])
	}
	for _, c := range calls {
		applied = applied || !nobody[c.Client] && !nobody[c.Server]
	}
	return applied, nil
}
