package doctor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go/jetstream"
)

// The services make what is missing, and fill it anew from Postgres, within seconds.
const askAgain = "Ask again in a minute: catalog-api and health-worker make what is missing by themselves. If it stays, their logs say " +
	"what hinders them, such as a full disk or a limit of the account."

// checkStreams looks for the three streams, or believes catalog-api.
func checkStreams(ctx context.Context, p *patient) Finding {
	if p.nc == nil {
		return p.byHealth(ctx, "streams", "not all streams can be used", askAgain, func(h health) *dependency { return h.Streams })
	}
	err := p.look(ctx)
	switch {
	case errors.Is(err, errDenied):
		return p.byHealth(ctx, "streams", "not all streams can be used", askAgain, func(h health) *dependency { return h.Streams })
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return broken("NATS runs without JetStream").because("The portal's events and probes are JetStream streams.",
			"Start NATS with --jetstream, and enable it for the portal's account.")
	case err != nil:
		return broken("the streams cannot be looked at: %s", reason(err)).because(
			"A stream of a cluster whose leader is away cannot be read or written.",
			"Look whether most of the NATS servers run: `nats server report jetstream`.")
	case len(p.missingStreams) > 0:
		return broken("%s not there: %s", plural(len(p.missingStreams), "stream is", "streams are"), strings.Join(p.missingStreams, ", ")).because(
			"The broker has lost its data, or is not the one that the services use.", askAgain)
	}
	return ok("%s, %s and %s are there", events.StreamPortal, events.StreamProbes, events.StreamResults)
}

// look asks NATS for what is missing.
func (p *patient) look(ctx context.Context) error {
	js, err := jetstream.New(p.nc)
	if err != nil {
		return err
	}
	return p.permitted(ctx, func(ctx context.Context) (err error) {
		p.missingStreams, p.missingConsumers, err = stream.Missing(ctx, js)
		return err
	})
}

// byHealth believes catalog-api about a part of NATS that is broken, if it is, in
// the words given.
func (p *patient) byHealth(ctx context.Context, name, words, fix string, part func(health) *dependency) Finding {
	h, there := p.health(ctx)
	if !there {
		return skipped("%s", p.notAskedEither())
	}
	switch d := part(h); {
	case d == nil:
		return skipped("catalog-api does not say; --nats URL asks NATS itself")
	case !d.ok():
		return broken("catalog-api says that %s", words).because(d.Detail, h.cure(name, fix))
	}
	return ok("as it should be, says catalog-api")
}

// notAskedEither is why NATS says nothing where catalog-api does not.
func (p *patient) notAskedEither() string {
	switch {
	case p.NATS == "":
		return notAsked + ", and --nats was not given"
	case p.nc == nil:
		return notAsked + ", and NATS neither"
	}
	return notAsked + ", and the user in --nats may not look"
}

func plural(n int, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, more)
}

// checkConsumers looks for what the services read by, or believes catalog-api.
func checkConsumers(ctx context.Context, p *patient) Finding {
	if p.nc == nil || p.look(ctx) != nil {
		return p.byHealth(ctx, "consumers", "not all consumers are there", askAgain, func(h health) *dependency { return h.Consumers })
	}
	if missing := p.missingConsumers; len(missing) > 0 {
		return broken("%s not there: %s", plural(len(missing), "consumer is", "consumers are"), strings.Join(missing, ", ")).because(
			"catalog-api makes ingest, and health-worker planner and probers: it has never run on this broker, or it cannot.", askAgain)
	}
	if f := p.unread(ctx); f.State == Broken {
		return f
	}
	return ok("ingest, planner and probers are there")
}

// unread sees whether results lie about that no catalog-api takes. It asks a few
// times, as there is a moment between two fetches.
func (p *patient) unread(ctx context.Context) (f Finding) {
	js, err := jetstream.New(p.nc)
	if err != nil {
		return skipped("%s", err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 5 {
		var info *jetstream.ConsumerInfo
		err := p.permitted(ctx, func(ctx context.Context) error {
			c, err := js.Consumer(ctx, events.StreamResults, "ingest") // which asks for its state
			if err == nil {
				info = c.CachedInfo()
			}
			return err
		})
		if err != nil || info.NumPending == 0 || info.NumWaiting > 0 || info.NumAckPending > 0 {
			return ok("results are read")
		}
		f = broken("results wait in %s, and nobody takes them (%d)", events.StreamResults, info.NumPending).because(
			"catalog-api is not connected to this broker, or hangs: statuses stay as they were.", "Restart catalog-api; its log says what keeps it.")
		<-tick.C
	}
	return f
}
