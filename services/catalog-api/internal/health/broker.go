package health

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
)

const (
	restartNATS = "Check the disk of NATS, then restart NATS: after its disk was full, it keeps failing until a restart."
	awaitParts  = "The services create them again. If they do not come back, the logs of catalog-api and health-worker say why."
)

// noSince is the argument of Database.Probed if only the number of services is needed.
var noSince time.Time

// NATS checks that NATS answers.
func NATS(nc *nats.Conn) Check {
	return Check{Name: "nats", Run: func(ctx context.Context) *Fault {
		err := nc.FlushWithContext(ctx) // waits for the answer to a ping
		if err == nil {
			return nil
		}
		return newFault("NATS does not answer: nothing is probed and no event is published until it is back. Changes are kept until then.",
			"Start NATS, or restart it if it hangs. If it runs, compare PORTAL_NATS_URL and its password with the server's.",
			fmt.Errorf("the connection is %s: %w", nc.Status(), err))
	}}
}

// natsUnreachable is the fault of the other checks of NATS while NATS does not answer.
func natsUnreachable() *Fault {
	return newFault("Unknown while NATS does not answer.", "Mend NATS first.", nil)
}

// Streams checks that the streams exist and JetStream answers in time.
func Streams(nc *nats.Conn, js jetstream.JetStream) Check {
	return Check{Name: "streams", Settles: true, Run: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return natsUnreachable()
		}
		streams, _, err := stream.Missing(ctx, js)
		switch {
		case err != nil:
			return newFault("NATS is connected, but JetStream fails or does not answer: no event is stored and nothing is probed.", restartNATS, err)
		case len(streams) > 0:
			return newFault("Missing stream: "+strings.Join(streams, ", ")+". Nothing goes through it.", awaitParts, nil)
		}
		return nil
	}}
}

// Consumers checks that the consumers of the services exist. Those of the workers need
// to exist only if there is something to probe.
func Consumers(nc *nats.Conn, js jetstream.JetStream, db Database) Check {
	return Check{Name: "consumers", Settles: true, Run: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return natsUnreachable()
		}
		_, missing, err := stream.Missing(ctx, js)
		switch {
		case err != nil:
			return newFault("Unknown whether the consumers exist: JetStream fails or does not answer.", restartNATS, err)
		case len(missing) == 0:
			return nil
		}
		if n, _, err := db.Probed(ctx, noSince); err == nil && n == 0 && !slices.ContainsFunc(missing, own) {
			return nil
		}
		return newFault("Missing consumer: "+strings.Join(missing, ", ")+". Its messages wait.", awaitParts, nil)
	}}
}

// own reports whether a consumer is one that catalog-api makes.
func own(consumer string) bool {
	return slices.Contains([]string{"ingest", "releases", "shifts", "calls"}, consumer)
}

// Workers checks that a worker answers, if there is something to probe, and that no
// worker is stuck.
func Workers(nc *nats.Conn, db Database) Check {
	return Check{Name: "workers", Settles: true, Run: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return natsUnreachable()
		}
		workers, err := check.Workers(ctx, nc)
		if err != nil {
			return newFault("Unknown whether a health-worker runs.", "Mend NATS first.", err)
		}
		for _, w := range workers {
			if !w.StuckSince.IsZero() {
				return newFault(fmt.Sprintf("A health-worker of location %s is stuck: its probes have hung since %s.", w.Location, w.StuckSince.Format("15:04:05 MST")),
					"Restart the health-worker; its log says which probes hang.", nil)
			}
		}
		if len(workers) > 0 {
			return busyHost(workers)
		}
		if n, _, err := db.Probed(ctx, noSince); err == nil && n == 0 {
			return nil
		}
		return newFault("No health-worker answers: nothing is probed until one does.", "Start a health-worker, and read its log.", nil)
	}}
}

// busyHost returns a mild fault for the host whose services wait the longest for their
// turn, or nil. They are probed less often than planned.
func busyHost(workers []events.WorkerState) *Fault {
	var worst events.BusyHost
	for _, w := range workers {
		for _, h := range w.BusyHosts {
			if h.RoundMS > worst.RoundMS {
				worst = h
			}
		}
	}
	if worst.RoundMS == 0 {
		return nil
	}
	round := (time.Duration(worst.RoundMS) * time.Millisecond).Round(time.Second)
	return &Fault{
		Detail: fmt.Sprintf("%s has too many services for its limit of concurrent probes: its %d services are probed every %s, less often than planned.", worst.Host, worst.Services, round),
		Cure:   "Find out why the host answers slowly, give its services longer intervals, or raise PORTAL_PER_HOST of health-worker.",
		Mild:   true,
	}
}

// Hub is the source of events for browsers.
type Hub interface {
	// Working returns nil if pages receive events.
	Working(ctx context.Context) error
}

// Live checks that pages receive events.
func Live(nc *nats.Conn, hub Hub) Check {
	return Check{Name: "live", Settles: true, Run: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return natsUnreachable()
		}
		err := hub.Working(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrMaximumConsumersLimit):
			return newFault("The stream PORTAL has no consumers left, so events cannot be read: pages only refresh every 30 seconds.",
				"Delete unused consumers (nats consumer ls PORTAL), or raise the limit of the stream or account.", err)
		}
		return newFault("Events are not read: pages get no live changes, and only refresh every 30 seconds.",
			"If NATS has just come back, wait a moment; otherwise restart catalog-api.", err)
	}}
}
