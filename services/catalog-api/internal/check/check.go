// Package check probes a service at once: it sends a NATS request to a health worker,
// and stores the result.
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

// The errors of a check, beside *TooManyError.
var (
	ErrNoURL    = errors.New("the service has no health URL")
	ErrNoWorker = errors.New("no health worker answers")
	ErrWorker   = errors.New("the health worker gave no usable result")
)

const (
	defaultTimeout = 12 * time.Second // longer than the longest probe and the round trip
	storeTimeout   = 4 * time.Second  // to store the result and read the service
)

// source is the CloudEvents source of requests.
const source = "/dev-portal/catalog-api"

// Checker sends checks to workers. All fields but Timeout must be set.
type Checker struct {
	NATS *nats.Conn

	// Apply stores a result, unless it is outdated by now.
	Apply func(context.Context, []events.ProbeCompleted) error

	// ByID returns the service, or catalog.ErrNotFound.
	ByID func(ctx context.Context, id string) (catalog.Service, error)

	Timeout time.Duration // for a worker to answer; 0: 12 s

	limit Limiter
}

// Check probes the service now and returns the updated service. It fails at once with
// ErrNoURL if there is nothing to probe, with ErrNoWorker if no worker is there, and
// with a *TooManyError after too many checks. It fails with ErrWorker if no result
// comes in time, or if the answer is not a valid one.
func (c *Checker) Check(ctx context.Context, svc catalog.Service) (catalog.Service, error) {
	if svc.StatusURL == "" {
		return catalog.Service{}, fmt.Errorf("check %q: %w", svc.Name, ErrNoURL)
	}
	if err := c.limit.Allow(svc.ID, time.Now()); err != nil {
		return catalog.Service{}, fmt.Errorf("check %q: %w", svc.Name, err)
	}
	result, err := c.request(ctx, svc)
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

// request sends the request to a worker. It fails at once if the connection is down:
// otherwise the request would wait in the client's buffer for the reconnect.
func (c *Checker) request(ctx context.Context, svc catalog.Service) (events.ProbeCompleted, error) {
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
	return decodeReply(reply, svc.ID)
}

// decodeReply decodes a reply, which must be about the service with the id.
func decodeReply(reply *nats.Msg, id string) (events.ProbeCompleted, error) {
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
