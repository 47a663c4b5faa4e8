package plan

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// planned returns the message that replaces the plan, provided that the plan is
// still the one that was read.
func planned(c change) (*nats.Msg, []jetstream.PublishOpt, error) {
	msg, err := stream.Encode(source, *c.want)
	return msg, []jetstream.PublishOpt{
		jetstream.WithExpectLastSequencePerSubject(c.have.seq),
		jetstream.WithScheduleCron(schedule(c.id, c.want.Interval)),
		jetstream.WithScheduleTarget(events.DueSubject(c.id)),
		jetstream.WithScheduleTTL(c.want.Interval.Duration()),
	}, err
}

// due returns the message that asks for a probe at once. Its id is derived from the
// catalogue event's, so that an event asks only once.
func due(c change) (*nats.Msg, []jetstream.PublishOpt, error) {
	msg, err := stream.Encode(source, *c.want)
	if err != nil {
		return nil, nil, err
	}
	msg.Subject = events.DueSubject(c.id)
	return msg, []jetstream.PublishOpt{
		jetstream.WithMsgID(c.eventID + "-due"),
		jetstream.WithMsgTTL(c.want.Interval.Duration()),
	}, nil
}

// publish sends a message for each change, and waits until all are stored. It
// returns how many were stored, and the changes that conflicted with another worker's.
func (p *Planner) publish(
	ctx context.Context, changes []change, message func(change) (*nats.Msg, []jetstream.PublishOpt, error),
) (stored int, conflicts map[string]entry, err error) {
	acks := make([]jetstream.PubAckFuture, len(changes))
	for i, c := range changes {
		msg, opts, err := message(c)
		if err != nil {
			return 0, nil, err
		}
		if acks[i], err = p.JS.PublishMsgAsync(msg, opts...); err != nil {
			return 0, nil, fmt.Errorf("publish %s: %w", msg.Subject, err)
		}
	}
	conflicts = map[string]entry{}
	var failed error
	for i, c := range changes {
		switch _, err := stream.Stored(ctx, acks[i]); {
		case err == nil:
			stored++
		case isConflict(err):
			conflicts[c.id] = c.entry
		case failed == nil: // the others most probably have the same cause
			failed = err
		}
	}
	return stored, conflicts, failed
}

// isConflict reports whether the broker refused a plan because it was replaced since
// it was read.
func isConflict(err error) bool {
	api, ok := errors.AsType[*jetstream.APIError](err)
	return ok && (api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequence ||
		api.ErrorCode == jetstream.JSErrCodeStreamWrongLastSequenceConstant)
}
