package plan

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/synadia-io/orbit.go/jetstreamext"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// entry is the last catalogue event of a service, as far as its plan depends on it.
type entry struct {
	id      string
	seq     uint64 // of the event in stream PORTAL
	eventID string
	version int64

	// want is the wanted plan; nil if there is no health URL or the service was
	// deleted.
	want *events.ProbePlanned
}

// newEntry reads a message of portal.catalog.*.
func newEntry(seq uint64, header nats.Header, data []byte) (entry, error) {
	env, err := events.Decode(header, data)
	if err != nil {
		return entry{}, err
	}
	e := entry{seq: seq, eventID: env.ID, id: env.Event.Key().ID}
	var svc events.Service
	switch event := env.Event.(type) {
	case events.ServiceCreated:
		svc = event.Service
	case events.ServiceUpdated:
		svc = event.Service
	case events.ServiceDeleted:
		e.version = event.Version
		return e, nil
	default:
		return e, fmt.Errorf("%w: %s is no catalogue event", events.ErrPoison, env.Event.Type())
	}
	want, err := wanted(svc)
	e.version, e.want = svc.Version, want
	return e, err
}

// wanted returns the plan of a service, or nil if it has no health URL.
func wanted(svc events.Service) (*events.ProbePlanned, error) {
	if svc.StatusURL == "" {
		return nil, nil
	}
	want := events.ProbePlanned{ServiceID: svc.ID, Version: svc.Version, URL: svc.StatusURL, Interval: plannable(svc.Interval)}
	if err := want.Validate(); err != nil {
		return nil, fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	return &want, nil
}

// stored is a plan as the broker has it.
type stored struct {
	seq      uint64 // of the message in stream PROBES; 0 if there is none
	schedule string
	plan     events.ProbePlanned // zero if it can't be read
}

func newStored(seq uint64, header nats.Header, data []byte) stored {
	plan, _ := events.DecodeAs[events.ProbePlanned](header, data) // a plan that can't be read is replaced
	return stored{seq: seq, schedule: header.Get(jetstream.ScheduleHeader), plan: plan}
}

// idOf returns the last token of a subject.
func idOf(subject string) string {
	return subject[strings.LastIndexByte(subject, '.')+1:]
}

// lastOf calls fn with the last message of each of the subjects that has one.
func lastOf(
	ctx context.Context, js jetstream.JetStream, stream string, subjects []string, fn func(*jetstream.RawStreamMsg),
) error {
	msgs, err := jetstreamext.GetLastMsgsFor(ctx, js, stream, subjects)
	if err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	for msg, err := range msgs {
		if errors.Is(err, jetstreamext.ErrNoMessages) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("read stream %s: %w", stream, err)
		}
		fn(msg)
	}
	// At a deadline the messages end without an error.
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("read stream %s: %w", stream, err)
	}
	return nil
}
