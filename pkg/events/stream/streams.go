package stream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// duplicates is how long a stream remembers message ids. Readers must be idempotent
// nevertheless: a publisher may retry later than this.
const duplicates = 2 * time.Minute

// fetchedLife is how long StreamFetched keeps what was read elsewhere. The fetcher reads
// everything anew once a day, so that what is older is of things that are gone.
const fetchedLife = 7 * 24 * time.Hour

// generation is incremented with each change of streams(), and stored in each stream's
// metadata: if two versions run at once during an upgrade, the older one doesn't revert
// the changes of the newer one.
const (
	generation    = 5
	generationKey = "dev-portal-generation"
)

// Ensure creates the named streams, or all, or updates them to this version's
// configuration. It is for catalog-api, which owns them; other services wait for them.
// Ensure is safe to call at any time and by several processes at once. A new stream
// gets replicas, at least 1. Ensure keeps that and all other settings of an operator,
// and doesn't update a stream that a newer version has changed.
func Ensure(ctx context.Context, js jetstream.JetStream, replicas int, names ...string) error {
	ctx = withoutDeadline{ctx}
	for _, want := range streams() {
		if len(names) > 0 && !slices.Contains(names, want.Name) {
			continue
		}
		if err := ensure(ctx, js, want, replicas); err != nil {
			return fmt.Errorf("stream %s: %w", want.Name, err)
		}
	}
	return nil
}

// withoutDeadline hides the deadline of a context, so that JetStream limits each
// request by its default of 5 s even if all of them together have longer: a request in
// flight when a connection breaks is never answered.
type withoutDeadline struct{ context.Context }

// Deadline implements context.Context. It returns false, but Done still ends.
func (withoutDeadline) Deadline() (time.Time, bool) { return time.Time{}, false }

func ensure(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig, replicas int) error {
	present, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		want.Replicas = max(replicas, 1)
		want = with(want, want)
		// Several processes may create the same stream at once. If another version
		// has just created it, it is different, and is updated below.
		_, err = js.CreateStream(ctx, want)
		if !errors.Is(err, jetstream.ErrStreamNameAlreadyInUse) {
			return err
		}
		present, err = js.Stream(ctx, want.Name)
	}
	if err != nil {
		return err
	}
	cfg := present.CachedInfo().Config
	if made, err := strconv.Atoi(cfg.Metadata[generationKey]); err == nil && made > generation {
		return nil
	}
	// Skip an update that changes nothing, as it reloads the stream's consumers.
	if changed := with(cfg, want); !reflect.DeepEqual(changed, cfg) {
		_, err = js.UpdateStream(ctx, changed)
	}
	return err
}

// with returns cfg with the settings of want that the portal decides.
func with(cfg, want jetstream.StreamConfig) jetstream.StreamConfig {
	cfg.Description, cfg.Subjects = want.Description, want.Subjects
	cfg.MaxMsgsPerSubject, cfg.MaxAge = want.MaxMsgsPerSubject, want.MaxAge
	cfg.Compression, cfg.Duplicates = want.Compression, want.Duplicates
	cfg.AllowDirect, cfg.AllowRollup = want.AllowDirect, want.AllowRollup
	cfg.AllowMsgTTL, cfg.AllowMsgSchedules = want.AllowMsgTTL, want.AllowMsgSchedules
	cfg.Metadata = maps.Clone(cfg.Metadata)
	if cfg.Metadata == nil {
		cfg.Metadata = map[string]string{}
	}
	cfg.Metadata[generationKey] = strconv.Itoa(generation)
	return cfg
}

func streams() []jetstream.StreamConfig {
	return []jetstream.StreamConfig{
		{
			Name:              events.StreamPortal,
			Description:       "What is in the catalogue and how it is: the public contract",
			Subjects:          []string{events.AllPortal},
			MaxMsgsPerSubject: 100,
			Storage:           jetstream.FileStorage,
			Compression:       jetstream.S2Compression,
			Duplicates:        duplicates,
			AllowDirect:       true,
			AllowRollup:       true, // a tombstone replaces the other events of its subject …
			AllowMsgTTL:       true, // … and expires
		},
		{
			Name:              events.StreamProbes,
			Description:       "Which service is probed when; internal",
			Subjects:          []string{events.AllPlans, events.AllDue},
			MaxMsgsPerSubject: 1,
			Storage:           jetstream.FileStorage,
			Duplicates:        duplicates,
			AllowDirect:       true,
			AllowRollup:       true, // the scheduler replaces messages by it
			AllowMsgTTL:       true, // a due message lives one interval
			AllowMsgSchedules: true,
		},
		{
			Name:              events.StreamResults,
			Description:       "What probes saw, on its way into the catalogue; internal",
			Subjects:          []string{events.AllResults},
			MaxMsgsPerSubject: -1, // unlimited
			MaxAge:            time.Hour,
			Storage:           jetstream.FileStorage,
			Compression:       jetstream.S2Compression,
			Duplicates:        duplicates,
			AllowDirect:       true,
		},
		{
			Name:              events.StreamFetched,
			Description:       "What was read elsewhere, the last of each thing: the fetcher goes on from it; internal",
			Subjects:          []string{events.AllFound, events.AllShifts, events.AllCalls},
			MaxMsgsPerSubject: 1,
			MaxAge:            fetchedLife,
			Storage:           jetstream.FileStorage,
			Compression:       jetstream.S2Compression,
			Duplicates:        duplicates,
			AllowDirect:       true,
		},
	}
}

// The names of the durable consumers; the location is appended to that of the probers.
const (
	durablePlanner = "planner"
	durableProbers = "probers-"
	durableIngest  = "ingest"
	durableFound   = "releases"
	durableShifts  = "shifts"
	durableCalls   = "calls"
)

// Probers creates or updates the consumer that delivers due probes to the workers
// of a location. AckWait is longer than any probe takes, so that only the probes of a
// dead worker are redelivered to another one.
func Probers(ctx context.Context, js jetstream.JetStream, location string) (jetstream.Consumer, error) {
	return consumer(ctx, js, events.StreamProbes, jetstream.ConsumerConfig{
		Durable:       durableProbers + location,
		FilterSubject: events.AllDue,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       30 * time.Second,
		MaxAckPending: 20_000,
	})
}

// PlannerGroup is the priority group of the Planner consumer.
const PlannerGroup = "planner"

// Planner creates or updates the consumer by which workers follow the catalogue.
// One worker at a time is pinned to it, so that plans are written in order; when
// that worker is gone, another one is pinned. A new consumer begins with the last
// event of each service.
func Planner(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	return consumer(ctx, js, events.StreamPortal, jetstream.ConsumerConfig{
		Durable:        durablePlanner,
		FilterSubject:  events.AllCatalog,
		DeliverPolicy:  jetstream.DeliverLastPerSubjectPolicy,
		AckPolicy:      jetstream.AckExplicitPolicy,
		AckWait:        30 * time.Second,
		MaxAckPending:  10_000,
		PriorityPolicy: jetstream.PriorityPolicyPinned,
		PriorityGroups: []string{PlannerGroup},
		PinnedTTL:      10 * time.Second,
	})
}

// Ingest creates or updates the consumer by which the replicas of catalog-api
// share the results.
func Ingest(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	return consumer(ctx, js, events.StreamResults, jetstream.ConsumerConfig{
		Durable:       durableIngest,
		FilterSubject: events.AllResults,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       30 * time.Second,
		MaxAckPending: 20_000,
	})
}

// Found creates or updates the consumer by which the replicas of catalog-api share the
// releases that were found.
func Found(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	return fetched(ctx, js, durableFound, events.AllFound)
}

// Shifts creates or updates the consumer by which the replicas of catalog-api share the
// shifts that were found.
func Shifts(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	return fetched(ctx, js, durableShifts, events.AllShifts)
}

// Calls creates or updates the consumer by which the replicas of catalog-api share the calls
// that were found.
func Calls(ctx context.Context, js jetstream.JetStream) (jetstream.Consumer, error) {
	return fetched(ctx, js, durableCalls, events.AllCalls)
}

func fetched(ctx context.Context, js jetstream.JetStream, durable, filter string) (jetstream.Consumer, error) {
	return consumer(ctx, js, events.StreamFetched, jetstream.ConsumerConfig{
		Durable:       durable,
		FilterSubject: filter,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       30 * time.Second,
		MaxAckPending: 100,
	})
}

func consumer(
	ctx context.Context, js jetstream.JetStream, stream string, cfg jetstream.ConsumerConfig,
) (jetstream.Consumer, error) {
	c, err := js.CreateOrUpdateConsumer(withoutDeadline{ctx}, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("consumer %s of stream %s: %w", cfg.Durable, stream, err)
	}
	return c, nil
}
