package work

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/micro"
	"golang.org/x/sync/semaphore"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	checksAtOnce = 16              // places apart from the scheduled probes', so that those can't delay a person
	checkWait    = 2 * time.Second // how long a request waits for one of these places
)

// Answer answers requests to probe at once until ctx ends, and finishes those
// that it has accepted. It replies with an error of micro's
// (Nats-Service-Error-Code) to a request that isn't a plan (400), if all places
// are taken (429), and if the worker could not probe (503).
func (w *Worker) Answer(ctx context.Context, version string) error {
	c := &checks{Worker: w, places: semaphore.NewWeighted(checksAtOnce)}
	c.jobs.Add(1) // keeps the count above 0, so that handle may add jobs until stop waits
	finish, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()

	svc, err := c.add(finish, version)
	if errors.Is(err, micro.ErrConfigValidation) {
		svc, err = c.add(finish, "0.0.0") // the version isn't a semantic one
	}
	if err != nil {
		return fmt.Errorf("answer checks: %w", err)
	}
	<-ctx.Done()
	defer time.AfterFunc(cancelAfter, cancel).Stop()
	if err := c.stop(finish, svc); err != nil && w.JS.Conn().IsConnected() {
		return fmt.Errorf("stop answering checks: %w", err)
	}
	return nil
}

type checks struct {
	*Worker
	places *semaphore.Weighted

	mu      sync.Mutex
	stopped bool
	jobs    sync.WaitGroup
}

// stop ends the subscription and waits for the requests that have arrived.
func (c *checks) stop(ctx context.Context, svc micro.Service) error {
	flush, cancel := context.WithTimeout(ctx, time.Second)
	defer cancel()
	err := errors.Join(svc.Stop(), c.JS.Conn().FlushWithContext(flush))
	c.mu.Lock()
	c.stopped = true
	c.mu.Unlock()
	c.jobs.Done()
	c.jobs.Wait()
	return err
}

// handle is called sequentially, and must return soon.
func (c *checks) handle(ctx context.Context, req micro.Request) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		c.refuse(req, "503", errors.New("the worker stops"))
		return
	}
	asked := time.Now()
	c.jobs.Go(func() { c.answer(ctx, req, asked) })
}

func (c *checks) add(finish context.Context, version string) (micro.Service, error) {
	svc, err := micro.AddService(c.JS.Conn(), micro.Config{
		Name:         events.WorkerService,
		Version:      version,
		Description:  "Probes a service at once",
		QueueGroup:   events.WorkerService,
		StatsHandler: func(*micro.Endpoint) any { return c.State() },
		Metadata:     map[string]string{"location": c.Location},
		Endpoint: &micro.EndpointConfig{
			Subject: events.CheckSubject,
			Handler: micro.HandlerFunc(func(req micro.Request) { c.handle(finish, req) }),
		},
	})
	if err == nil {
		// AddService writes its start time without the lock under which STATS
		// replies read it. Taking the lock once orders the two.
		svc.Stopped()
	}
	return svc, err
}

func (c *checks) answer(ctx context.Context, req micro.Request, asked time.Time) {
	plan, err := events.DecodeAs[events.ProbePlanned](nats.Header(req.Headers()), req.Data())
	if err != nil {
		c.refuse(req, "400", err)
		return
	}
	wait, cancel := context.WithTimeout(ctx, checkWait)
	defer cancel()
	if err := c.places.Acquire(wait, 1); err != nil {
		c.refuse(req, "429", errors.New("too many checks at once"))
		return
	}
	defer c.places.Release(1)

	start, end := time.Now(), c.checking.begin()
	outcome, err := c.Probe(ctx, plan.URL)
	end()
	if err != nil {
		c.refuse(req, "503", err)
		return
	}
	c.Metrics.Checks.WithLabelValues(string(outcome.Status), string(outcome.Reason)).Inc()
	msg, err := stream.Encode(source, c.result(plan, outcome, times{planned: asked, checked: start}))
	if err != nil {
		c.refuse(req, "500", err)
		return
	}
	c.send(&nats.Msg{Subject: req.Reply(), Header: msg.Header, Data: msg.Data})
}

func (c *checks) refuse(req micro.Request, code string, why error) {
	c.send(&nats.Msg{Subject: req.Reply(), Header: nats.Header{
		micro.ErrorHeader: {why.Error()}, micro.ErrorCodeHeader: {code},
	}})
}

// send publishes the reply. Request's Respond and Error must not be used: once the
// handler has returned, they race with the service, which reads the request's state.
func (c *checks) send(answer *nats.Msg) {
	if err := c.JS.Conn().PublishMsg(answer); err != nil {
		c.Log.Warn("check reply not sent", "error", err)
	}
}
