package work

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// due is a probe that was asked for.
type due struct {
	events.ProbePlanned
	msg     jetstream.Msg
	slot    time.Time // when it was to be made
	backlog uint64    // how many more were due when this one was delivered
}

// readDue reads a due message. Its error wraps events.ErrPoison.
func readDue(msg jetstream.Msg) (due, error) {
	plan, err := events.DecodeAs[events.ProbePlanned](msg.Headers(), msg.Data())
	if err != nil {
		return due{}, err
	}
	meta, err := msg.Metadata()
	if err != nil {
		return due{}, fmt.Errorf("%w: %w", events.ErrPoison, err)
	}
	// The broker names the next slot in what its scheduler sends, in whole seconds.
	// What the planner sends itself was planned for the moment when it was stored.
	d := due{ProbePlanned: plan, msg: msg, slot: meta.Timestamp, backlog: meta.NumPending}
	if next := msg.Headers().Get(jetstream.ScheduleNextHeader); next != "" {
		at, err := time.Parse(time.RFC3339Nano, next)
		if err != nil {
			return due{}, fmt.Errorf("%w: %s: %w", events.ErrPoison, jetstream.ScheduleNextHeader, err)
		}
		d.slot = at.Add(spread(plan.ServiceID) - plan.Interval.Duration())
	}
	return d, nil
}

// end is when the next slot comes, and this one is over.
func (d due) end() time.Time { return d.slot.Add(d.Interval.Duration()) }
