package doctor

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/nats-io/nats.go/jetstream"
)

// checkStreams looks for the three streams.
func checkStreams(ctx context.Context, p *patient) Finding {
	if p.nc == nil {
		return p.withoutNATS()
	}
	js, err := jetstream.New(p.nc)
	if err != nil {
		return skipped("JetStream cannot be asked: %s", err)
	}
	var missing []string
	for _, name := range []string{events.StreamPortal, events.StreamProbes, events.StreamResults} {
		err := p.permitted(ctx, func(ctx context.Context) error {
			_, err := js.Stream(ctx, name)
			return err
		})
		switch {
		case errors.Is(err, jetstream.ErrStreamNotFound):
			missing = append(missing, name)
		case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
			return broken("NATS runs without JetStream").because("The portal's events and probes are JetStream streams.",
				"Start NATS with --jetstream, and enable it for the portal's account.")
		case errors.Is(err, errDenied):
			return skipped("the user in --nats may not look at stream %s", name)
		case err != nil:
			return broken("stream %s gives no answer: %s", name, reason(err)).because(
				"A stream of a cluster whose leader is away cannot be read or written.",
				"Look whether most of the NATS servers run: `nats server report jetstream`.")
		}
	}
	if len(missing) > 0 {
		return broken("%s not there: %s", plural(len(missing), "stream is", "streams are"), strings.Join(missing, ", ")).because(
			"The broker has lost its data, or is not the one that the services use.",
			"Restart catalog-api and health-worker: each makes what is missing at its start, and what was in it is made anew from Postgres.")
	}
	return ok("PORTAL, PROBES and RESULTS are there")
}

func (p *patient) withoutNATS() Finding {
	if p.NATS == "" {
		return skipped(noNATS)
	}
	return skipped("NATS cannot be asked")
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// checkConsumers looks for what the services read by.
func checkConsumers(ctx context.Context, p *patient) Finding {
	if p.nc == nil {
		return p.stale(ctx)
	}
	js, err := jetstream.New(p.nc)
	if err != nil {
		return skipped("JetStream cannot be asked: %s", err)
	}
	var missing, unseen []string
	by := map[string]bool{}
	for _, r := range []struct {
		name, madeBy string
		look         func(context.Context) error
	}{
		{"ingest", "catalog-api", consumer(js, events.StreamResults, "ingest")},
		{"planner", "health-worker", consumer(js, events.StreamPortal, "planner")},
		{"probers", "health-worker", probers(js)},
	} {
		switch err := p.permitted(ctx, r.look); {
		case errors.Is(err, jetstream.ErrConsumerNotFound), errors.Is(err, jetstream.ErrStreamNotFound):
			missing, by[r.madeBy] = append(missing, r.name), true
		case err != nil:
			unseen = append(unseen, r.name+" ("+reason(err)+")")
		}
	}
	switch {
	case len(missing) > 0:
		makers := slices.Sorted(maps.Keys(by))
		return broken("%s not there: %s", plural(len(missing), "consumer is", "consumers are"), strings.Join(missing, ", ")).because(
			fmt.Sprintf("That is made by %s at the start: it has never run on this broker, or the broker has lost it.", strings.Join(makers, " and ")),
			fmt.Sprintf("Start %s anew.", strings.Join(makers, " and ")))
	case len(unseen) > 0:
		return skipped("not all could be looked at: %s", strings.Join(unseen, ", "))
	}
	if f := p.unread(ctx, js); f.State == Broken {
		return f
	}
	return ok("ingest, planner and probers are there")
}

func consumer(js jetstream.JetStream, stream, name string) func(context.Context) error {
	return func(ctx context.Context) error {
		_, err := js.Consumer(ctx, stream, name)
		return err
	}
}

// probers looks for those of any location: each has its own.
func probers(js jetstream.JetStream) func(context.Context) error {
	return func(ctx context.Context) error {
		stream, err := js.Stream(ctx, events.StreamProbes)
		if err != nil {
			return err
		}
		found := false
		names := stream.ConsumerNames(ctx)
		for name := range names.Name() {
			found = found || strings.HasPrefix(name, "probers-")
		}
		if err := names.Err(); err != nil || found {
			return err
		}
		return jetstream.ErrConsumerNotFound
	}
}

// unread sees whether results lie about that no catalog-api takes. It asks a few
// times, as there is a moment between two fetches.
func (p *patient) unread(ctx context.Context, js jetstream.JetStream) (f Finding) {
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 5 {
		var info *jetstream.ConsumerInfo
		err := p.permitted(ctx, func(ctx context.Context) error {
			c, err := js.Consumer(ctx, events.StreamResults, "ingest")
			if err == nil {
				info, err = c.Info(ctx)
			}
			return err
		})
		if err != nil || info.NumPending == 0 || info.NumWaiting > 0 || info.NumAckPending > 0 {
			return ok("results are read")
		}
		f = broken("%s in RESULTS, and nobody takes them", plural(int(info.NumPending), "result waits", "results wait")).because(
			"catalog-api is not connected to this broker, or hangs: statuses stay as they were.", "Restart catalog-api; its log says what keeps it.")
		<-tick.C
	}
	return f
}
