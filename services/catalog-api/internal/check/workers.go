package check

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// answerTime is within what every worker answers; the first may take all of the
// context's time.
const answerTime = 300 * time.Millisecond

// Workers asks all workers how they are. None answering is no error.
func Workers(ctx context.Context, nc *nats.Conn) ([]events.WorkerState, error) {
	subject, err := micro.ControlSubject(micro.StatsVerb, events.WorkerService, "")
	if err != nil {
		return nil, err
	}
	inbox := nc.NewInbox()
	replies, err := nc.SubscribeSync(inbox)
	if err != nil {
		return nil, fmt.Errorf("ask the health workers: %w", err)
	}
	defer func() { _ = replies.Unsubscribe() }() // fails only where the connection has gone
	if err := nc.PublishRequest(subject, inbox, nil); err != nil {
		return nil, fmt.Errorf("ask the health workers: %w", err)
	}
	var workers []events.WorkerState
	for wait := ctx; ; {
		msg, err := replies.NextMsgWithContext(wait)
		switch {
		case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
			return workers, nil
		case err != nil:
			return nil, fmt.Errorf("ask the health workers: %w", err)
		}
		workers = append(workers, stateIn(msg.Data))
		if len(workers) == 1 {
			var cancel context.CancelFunc
			wait, cancel = context.WithTimeout(ctx, answerTime)
			defer cancel()
		}
	}
}

// stateIn reads what a worker says of itself; one of an older version says nothing.
func stateIn(answer []byte) events.WorkerState {
	var stats micro.Stats
	var state events.WorkerState
	if json.Unmarshal(answer, &stats) != nil {
		return state
	}
	for _, endpoint := range stats.Endpoints {
		if len(endpoint.Data) > 0 && json.Unmarshal(endpoint.Data, &state) == nil {
			return state
		}
	}
	return state
}
