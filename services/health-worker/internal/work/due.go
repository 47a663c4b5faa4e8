package work

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// due is a due message: a request for a scheduled probe.
type due struct {
	events.ProbePlanned
	msg     jetstream.Msg
	slot    time.Time // when the probe is planned for
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
	// Messages of the broker's scheduler name the next slot, in whole seconds.
	// The planner's own messages are due when they are stored.
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

// end returns the end of the slot, which is the start of the next one.
func (d due) end() time.Time { return d.slot.Add(d.Interval.Duration()) }
