package broker

import (
	"context"
	"errors"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/services/doctor/internal/ask"
	"github.com/dev-portal/dev-portal/services/doctor/internal/finding"
)

// pingWait is how long to wait for answers; every worker answers within it.
const pingWait = time.Second

// CheckWorkers checks that at least one worker answers on NATS, or uses catalog-api's
// health report.
func (p *Broker) CheckWorkers(ctx context.Context) finding.Finding {
	const why = "Nothing is probed: statuses become unknown after three intervals, and a check by hand fails."
	fix := "Start a health-worker, and read its log: " + p.LogsOf("health-worker") + "."
	if p.nc != nil {
		n, err := p.ping(ctx)
		switch {
		case err == nil && n == 0:
			return finding.Fault("no health-worker answers on NATS").WithCause(why, fix)
		case err == nil:
			return finding.Fine("%s on NATS", finding.Plural(n, "health-worker answers", "health-workers answer"))
		}
	}
	return p.byHealth(ctx, "workers", "no health-worker does its work", fix, func(h ask.Health) *ask.Dependency { return h.Workers })
}

// ping counts the workers that answer.
func (p *Broker) ping(ctx context.Context) (n int, err error) {
	subject, err := micro.ControlSubject(micro.PingVerb, events.WorkerService, "")
	if err != nil {
		return 0, err
	}
	err = p.permitted(ctx, func(ctx context.Context) error {
		inbox := p.nc.NewInbox()
		replies, err := p.nc.SubscribeSync(inbox)
		if err != nil {
			return err
		}
		defer func() { _ = replies.Unsubscribe() }() // the connection is closed anyway
		if err := p.nc.PublishRequest(subject, inbox, nil); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, pingWait)
		defer cancel()
		for {
			_, err := replies.NextMsgWithContext(ctx)
			switch {
			case errors.Is(err, nats.ErrNoResponders), errors.Is(err, context.DeadlineExceeded):
				return nil
			case err != nil:
				return err
			}
			n++
		}
	})
	return n, err
}
