package doctor

import (
	"context"
	"errors"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
)

// pingWait is the time within which every worker answers.
const pingWait = time.Second

// checkWorkers asks for at least one worker on NATS, or believes catalog-api.
func checkWorkers(ctx context.Context, p *patient) Finding {
	const why = "Nothing is probed: statuses become unknown after three intervals, and a check by hand fails."
	fix := "Start a health-worker, and read its log: " + p.logsOf("health-worker") + "."
	if p.nc != nil {
		n, err := p.ping(ctx)
		switch {
		case err == nil && n == 0:
			return broken("no health-worker answers on NATS").because(why, fix)
		case err == nil:
			return ok("%s on NATS", plural(n, "health-worker answers", "health-workers answer"))
		}
	}
	return p.byHealth(ctx, "workers", "no health-worker does its work", fix, func(h health) *dependency { return h.Workers })
}

// ping counts the workers.
func (p *patient) ping(ctx context.Context) (n int, err error) {
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
