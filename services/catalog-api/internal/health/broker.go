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
	restartNATS = "Restart NATS; look at its disk first: after it was full, NATS goes on failing until it is restarted."
	awaitParts  = "The services make them again by themselves. If they do not come back, the logs of catalog-api and health-worker say what hinders them."
)

// noTime is for who only counts.
var noTime time.Time

// NATS checks that it answers.
func NATS(nc *nats.Conn) Check {
	return Check{Name: "nats", Look: func(ctx context.Context) *Fault {
		err := nc.FlushWithContext(ctx) // a ping, and the answer to it
		if err == nil {
			return nil
		}
		return broken("NATS does not answer: nothing is probed and no event is sent until it is back. Changes are kept until then.",
			"Start NATS, or restart it if it hangs. If it runs: compare PORTAL_NATS_URL and its password with the server's.",
			fmt.Errorf("the connection is %s: %w", nc.Status(), err))
	}}
}

// unseen is what all else on NATS is meanwhile.
func unseen() *Fault {
	return broken("It cannot be seen while NATS does not answer.", "See to NATS first.", nil)
}

// Streams checks that the streams are there and the broker says so in time.
func Streams(nc *nats.Conn, js jetstream.JetStream) Check {
	return Check{Name: "streams", Settles: true, Look: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return unseen()
		}
		streams, _, err := stream.Missing(ctx, js)
		switch {
		case err != nil:
			return broken("NATS is connected, but JetStream does not answer or fails: no event is stored and nothing is probed.", restartNATS, err)
		case len(streams) > 0:
			return broken("Not there: stream "+strings.Join(streams, ", ")+". Nothing goes through it.", awaitParts, nil)
		}
		return nil
	}}
}

// Consumers checks that what the services read by is there. Those of the workers
// are missed only where there is something to probe.
func Consumers(nc *nats.Conn, js jetstream.JetStream, db Database) Check {
	return Check{Name: "consumers", Settles: true, Look: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return unseen()
		}
		_, missing, err := stream.Missing(ctx, js)
		switch {
		case err != nil:
			return broken("It cannot be seen whether the consumers are there: JetStream does not answer or fails.", restartNATS, err)
		case len(missing) == 0:
			return nil
		}
		if n, _, err := db.Probed(ctx, noTime); err == nil && n == 0 && !slices.Contains(missing, "ingest") {
			return nil
		}
		return broken("Not there: consumer "+strings.Join(missing, ", ")+". What it should read waits.", awaitParts, nil)
	}}
}

// Workers checks that somebody probes, if there is something to probe, and that
// nobody of them is stuck.
func Workers(nc *nats.Conn, db Database) Check {
	return Check{Name: "workers", Settles: true, Look: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return unseen()
		}
		workers, err := check.Workers(ctx, nc)
		if err != nil {
			return broken("It cannot be seen whether a health-worker is there.", "See to NATS first.", err)
		}
		for _, w := range workers {
			if !w.StuckSince.IsZero() {
				return broken(fmt.Sprintf("A health-worker of location %s is stuck: its probes have not ended since %s.", w.Location, w.StuckSince.Format("15:04:05 MST")),
					"Restart the health-worker; its log says which probes do not end.", nil)
			}
		}
		if len(workers) > 0 {
			return busy(workers)
		}
		if n, _, err := db.Probed(ctx, noTime); err == nil && n == 0 {
			return nil
		}
		return broken("No health-worker answers: nothing is probed until one does.", "Start a health-worker, and read its log.", nil)
	}}
}

// busy names the host whose services wait the longest for their turn, if there is
// one: they are probed less often than planned.
func busy(workers []events.WorkerState) *Fault {
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
		Detail: fmt.Sprintf("%s takes no more probes at once: its %d services are probed every %s, less often than planned.", worst.Host, worst.Services, round),
		Cure:   "Find out why it answers slowly, give its services longer intervals, or raise PORTAL_PER_HOST of health-worker.",
		Mild:   true,
	}
}

// Hub is the reader of the events for browsers.
type Hub interface {
	// Working returns nil when pages hear of what happens.
	Working(ctx context.Context) error
}

// Live checks that pages hear of what happens.
func Live(nc *nats.Conn, hub Hub) Check {
	return Check{Name: "live", Settles: true, Look: func(ctx context.Context) *Fault {
		if !nc.IsConnected() {
			return unseen()
		}
		err := hub.Working(ctx)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, jetstream.ErrMaximumConsumersLimit):
			return broken("All consumers of stream PORTAL are used up, so the events cannot be read: pages only refresh every half minute.",
				"Delete consumers that nobody needs (nats consumer ls PORTAL), or raise the limit of the stream or account.", err)
		}
		return broken("The events are not read: pages hear of no change, and only refresh every half minute.",
			"If NATS has just been mended, wait a moment; else restart catalog-api.", err)
	}}
}
