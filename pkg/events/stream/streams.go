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

// duplicates is how long a stream remembers message ids. Readers are idempotent
// all the same: a publisher can come back later than this.
const duplicates = 2 * time.Minute

// generation is counted up with each change of what streams() wants, and is noted
// with each stream: of two versions that run beside each other in an upgrade, the
// older leaves alone what the newer has changed.
const (
	generation    = 1
	generationKey = "dev-portal-generation"
)

// Ensure creates streams, or brings them to what this version wants: those with
// the names given, or all three. It is for catalog-api, which owns them; whoever
// else needs one waits for it. Ensure is safe to call at any time and by several
// at once. A new stream gets replicas, at least 1; that and all else that an
// operator chose for a stream is kept, and so is what a newer version made of it.
func Ensure(ctx context.Context, js jetstream.JetStream, replicas int, names ...string) error {
	ctx = eachInTime{ctx}
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

// eachInTime is a context by which each request has the time that JetStream gives
// one by itself, 5 s, also where all of them together have longer: what was on its
// way as a connection broke is never answered.
type eachInTime struct{ context.Context }

// Deadline implements context.Context: Done alone tells of the end.
func (eachInTime) Deadline() (time.Time, bool) { return time.Time{}, false }

func ensure(ctx context.Context, js jetstream.JetStream, want jetstream.StreamConfig, replicas int) error {
	present, err := js.Stream(ctx, want.Name)
	if errors.Is(err, jetstream.ErrStreamNotFound) {
		want.Replicas = max(replicas, 1)
		want = with(want, want)
		// Several may create the same stream at once. One that another version has
		// just created is different, and is changed below.
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
	// An update that changes nothing is left out: it is work for the server.
	if changed := with(cfg, want); !reflect.DeepEqual(changed, cfg) {
		_, err = js.UpdateStream(ctx, changed)
	}
	return err
}

// with is a stream's configuration, changed in what is ours to decide.
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
			Subjects:          []string{events.AllCatalog, events.AllStatus},
			MaxMsgsPerSubject: 100,
			Storage:           jetstream.FileStorage,
			Compression:       jetstream.S2Compression,
			Duplicates:        duplicates,
			AllowDirect:       true,
			AllowRollup:       true, // a deleted service leaves only its tombstone …
			AllowMsgTTL:       true, // … and that goes by itself
		},
		{
			Name:              events.StreamProbes,
			Description:       "Which service is probed when; internal",
			Subjects:          []string{events.AllPlans, events.AllDue},
			MaxMsgsPerSubject: 1,
			Storage:           jetstream.FileStorage,
			Duplicates:        duplicates,
			AllowDirect:       true,
			AllowRollup:       true, // the scheduler's own way to replace
			AllowMsgTTL:       true, // a due message lives one interval
			AllowMsgSchedules: true,
		},
		{
			Name:              events.StreamResults,
			Description:       "What probes saw, on its way into the catalogue; internal",
			Subjects:          []string{events.AllResults},
			MaxMsgsPerSubject: -1, // as the server writes "any number"
			MaxAge:            time.Hour,
			Storage:           jetstream.FileStorage,
			Compression:       jetstream.S2Compression,
			Duplicates:        duplicates,
			AllowDirect:       true,
		},
	}
}

// The durable consumers; that of the probers ends in their location.
const (
	durablePlanner = "planner"
	durableProbers = "probers-"
	durableIngest  = "ingest"
)

// Probers creates or updates the consumer that hands due probes to the workers
// of a location. AckWait is longer than any probe takes, so that only a dead
// worker's probe goes to another one.
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
// One worker at a time is pinned to it, so that plans are written in order;
// when it has gone another takes over. A new consumer begins with the last
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

func consumer(
	ctx context.Context, js jetstream.JetStream, stream string, cfg jetstream.ConsumerConfig,
) (jetstream.Consumer, error) {
	c, err := js.CreateOrUpdateConsumer(eachInTime{ctx}, stream, cfg)
	if err != nil {
		return nil, fmt.Errorf("consumer %s of stream %s: %w", cfg.Durable, stream, err)
	}
	return c, nil
}
