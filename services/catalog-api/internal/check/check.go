// Package check has a service probed at once: it asks a health worker by a NATS
// request, and stores what that saw.
package check

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// What can go wrong with a check.
var (
	ErrNoURL    = errors.New("the service has no health URL")
	ErrNoWorker = errors.New("no health worker answers")
	ErrWorker   = errors.New("the health worker gave no usable result")
)

const (
	defaultTimeout = 12 * time.Second // longer than the longest probe takes, and the way there
	storeTimeout   = 4 * time.Second  // to store the result and read the service
)

// source is who asks, as the worker sees it.
const source = "/dev-portal/catalog-api"

// Checker asks the workers. All but Timeout must be set.
type Checker struct {
	NATS *nats.Conn

	// Apply stores a result, if it is not stale by now.
	Apply func(context.Context, []events.ProbeCompleted) error

	// ByID returns the service, or catalog.ErrNotFound.
	ByID func(ctx context.Context, id string) (catalog.Service, error)

	Timeout time.Duration // for a worker to answer; 0: 12 s

	limit Limiter
}

// Check has the service probed now and returns it as it is afterwards. It fails
// at once with ErrNoURL where there is nothing to probe and with ErrNoWorker
// where nobody would do it, with a *TooManyError after too many checks, and with
// ErrWorker if the answer is no result.
func (c *Checker) Check(ctx context.Context, svc catalog.Service) (catalog.Service, error) {
	if svc.StatusURL == "" {
		return catalog.Service{}, fmt.Errorf("check %q: %w", svc.Name, ErrNoURL)
	}
	if err := c.limit.Allow(svc.ID, time.Now()); err != nil {
		return catalog.Service{}, fmt.Errorf("check %q: %w", svc.Name, err)
	}
	result, err := c.ask(ctx, svc)
	if err != nil {
		return catalog.Service{}, fmt.Errorf("check %q: %w", svc.Name, err)
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := c.Apply(ctx, []events.ProbeCompleted{result}); err != nil {
		return catalog.Service{}, fmt.Errorf("check %q: store the result: %w", svc.Name, err)
	}
	return c.ByID(ctx, svc.ID)
}

// ask sends the request. A connection that is down is told at once: the request
// would wait in the client's buffer until it is back.
func (c *Checker) ask(ctx context.Context, svc catalog.Service) (events.ProbeCompleted, error) {
	var none events.ProbeCompleted
	if status := c.NATS.Status(); status != nats.CONNECTED {
		return none, fmt.Errorf("%w: the connection to nats is %s", ErrNoWorker, status)
	}
	msg, err := stream.Encode(source, events.ProbePlanned{
		ServiceID: svc.ID, Version: svc.Version, URL: svc.StatusURL, Interval: svc.Interval,
	})
	if err != nil {
		return none, err
	}
	msg.Subject = events.CheckSubject

	timeout := c.Timeout
	if timeout == 0 {
		timeout = defaultTimeout
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	reply, err := c.NATS.RequestMsgWithContext(ctx, msg)
	switch {
	case errors.Is(err, nats.ErrNoResponders):
		return none, fmt.Errorf("%w: %w", ErrNoWorker, err)
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return none, fmt.Errorf("%w within %s", ErrWorker, timeout)
	case err != nil:
		return none, fmt.Errorf("ask a worker: %w", err)
	}
	return result(reply, svc.ID)
}

// result reads a reply, which must be about the service that was asked for.
func result(reply *nats.Msg, id string) (events.ProbeCompleted, error) {
	var none events.ProbeCompleted
	if code := reply.Header.Get(micro.ErrorCodeHeader); code != "" {
		return none, fmt.Errorf("%w: %s: %s", ErrWorker, code, reply.Header.Get(micro.ErrorHeader))
	}
	completed, err := events.DecodeAs[events.ProbeCompleted](reply.Header, reply.Data)
	if err != nil {
		return none, fmt.Errorf("%w: %w", ErrWorker, err)
	}
	if completed.ServiceID != id {
		return none, fmt.Errorf("%w: it is about %s", ErrWorker, completed.ServiceID)
	}
	return completed, nil
}
