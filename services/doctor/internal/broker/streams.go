package broker

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// askAgain is the fix for missing streams and consumers: the services create them again,
// and refill them from Postgres, within seconds.
const askAgain = "Try again in a minute: catalog-api and health-worker create what is missing. If it stays missing, their logs say " +
	"what hinders them, such as a full disk or a limit of the account."

// CheckStreams looks for the streams in NATS, or uses catalog-api's health report.
func (p *Broker) CheckStreams(ctx context.Context) finding.Finding {
	err := p.look(ctx)
	switch {
	case errors.Is(err, errNotConnected), errors.Is(err, errDenied):
		return p.byHealth(ctx, "streams", "not all streams can be used", askAgain, func(h ask.Health) *ask.Dependency { return h.Streams })
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return finding.Fault("NATS runs without JetStream").WithCause("The portal's events and probes are JetStream streams.",
			"Start NATS with --jetstream, and enable it for the portal's account.")
	case err != nil:
		return finding.Fault("the streams cannot be read: %s", ask.Reason(err)).WithCause(
			"A stream without a leader cannot be read or written.",
			"Check that most of the NATS servers run: `nats server report jetstream`.")
	case len(p.missingStreams) > 0:
		return finding.Fault("%s not there: %s", finding.Plural(len(p.missingStreams), "stream is", "streams are"), strings.Join(p.missingStreams, ", ")).WithCause(
			"The broker has lost its data, or is not the one that the services use.", askAgain)
	}
	return finding.Fine("%s, %s, %s and %s are there", events.StreamPortal, events.StreamProbes, events.StreamResults, events.StreamFetched)
}

// look asks NATS for missing streams and consumers.
func (p *Broker) look(ctx context.Context) error {
	if p.nc == nil {
		return errNotConnected
	}
	js, err := jetstream.New(p.nc)
	if err != nil {
		return err
	}
	return p.permitted(ctx, func(ctx context.Context) (err error) {
		p.missingStreams, p.missingConsumers, err = stream.Missing(ctx, js)
		return err
	})
}

// byHealth judges a part of NATS by catalog-api's health report. words describes it if
// it is broken.
func (p *Broker) byHealth(ctx context.Context, name, words, fix string, part func(ask.Health) *ask.Dependency) finding.Finding {
	h, there := p.Health(ctx)
	if !there {
		return finding.Skip("%s", p.skipReason())
	}
	switch d := part(h); {
	case d == nil:
		return finding.Skip("catalog-api does not say; --nats URL asks NATS itself")
	case !d.OK():
		return finding.Fault("catalog-api says that %s", words).WithCause(d.Detail, h.Cure(name, fix))
	}
	return finding.Fine("as it should be, says catalog-api")
}

// skipReason says why neither catalog-api nor NATS could be asked.
func (p *Broker) skipReason() string {
	switch {
	case p.NATS == "":
		return ask.NotAsked + ", and --nats was not given"
	case p.nc == nil:
		return ask.NotAsked + ", and NATS neither"
	}
	return ask.NotAsked + ", and the user in --nats lacks the permission"
}

// CheckConsumers looks for the services' consumers in NATS, or uses catalog-api's health
// report.
func (p *Broker) CheckConsumers(ctx context.Context) finding.Finding {
	if p.look(ctx) != nil {
		return p.byHealth(ctx, "consumers", "not all consumers are there", askAgain, func(h ask.Health) *ask.Dependency { return h.Consumers })
	}
	if missing := p.missingConsumers; len(missing) > 0 {
		return finding.Fault("%s not there: %s", finding.Plural(len(missing), "consumer is", "consumers are"), strings.Join(missing, ", ")).WithCause(
			"catalog-api makes ingest, releases, shifts and calls, and health-worker planner and probers: it has never run on this broker, or it cannot.", askAgain)
	}
	if f := p.unreadResults(ctx); f.State == finding.Broken {
		return f
	}
	return finding.Fine("ingest, releases, shifts, calls, planner and probers are there")
}

// unreadResults checks whether results are pending that no catalog-api fetches. It asks
// a few times, because there is a pause between two fetches.
func (p *Broker) unreadResults(ctx context.Context) (f finding.Finding) {
	js, err := jetstream.New(p.nc)
	if err != nil {
		return finding.Skip("%s", err)
	}
	tick := time.NewTicker(200 * time.Millisecond)
	defer tick.Stop()
	for range 5 {
		var info *jetstream.ConsumerInfo
		err := p.permitted(ctx, func(ctx context.Context) error {
			c, err := js.Consumer(ctx, events.StreamResults, "ingest") // requests its state as well
			if err == nil {
				info = c.CachedInfo()
			}
			return err
		})
		if err != nil || info.NumPending == 0 || info.NumWaiting > 0 || info.NumAckPending > 0 {
			return finding.Fine("results are read")
		}
		f = finding.Fault("results wait in %s, and nobody reads them (%d)", events.StreamResults, info.NumPending).WithCause(
			"catalog-api is not connected to this broker, or hangs: statuses stay as they were.", "Restart catalog-api; its log says what keeps it.")
		<-tick.C
	}
	return f
}
