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

// replyWindow is how long to wait for further workers after the first has answered. The
// first may take until the context ends.
const replyWindow = 300 * time.Millisecond

// Workers returns the states of the workers that answer. It is no error if none does.
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
	defer func() { _ = replies.Unsubscribe() }() // fails only if the connection is closed
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
		workers = append(workers, decodeState(msg.Data))
		if len(workers) == 1 {
			var cancel context.CancelFunc
			wait, cancel = context.WithTimeout(ctx, replyWindow)
			defer cancel()
		}
	}
}

// decodeState returns the state in an answer, or a zero one for a worker of an older
// version.
func decodeState(answer []byte) events.WorkerState {
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
