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
	checksAtOnce = 16              // besides the scheduled probes, so that those can't hold up a person
	checkWait    = 2 * time.Second // for one of these places; who asks waits as long
)

// Answer answers requests to probe at once until ctx ends, and finishes those
// that it has taken. An error of micro's (Nats-Service-Error-Code) is the reply
// to what isn't a plan (400), if all places are taken (429), and if the worker
// could not probe (503).
func (w *Worker) Answer(ctx context.Context, version string) error {
	c := &checks{Worker: w, places: semaphore.NewWeighted(checksAtOnce)}
	c.jobs.Add(1) // so that others may be added until all are waited for
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
	defer time.AfterFunc(cutAfter, cancel).Stop()
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

// stop lets the broker send no more requests, and waits for those that came.
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

// handle is called for one request after the other, and must not take long.
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
		// AddService notes the time of the start without its lock, which answers to
		// STATS read. Taking the lock once orders the two.
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

// send answers. Request's own Respond and Error are for before the handler has
// returned: after that they race the service, which reads what became of the request.
func (c *checks) send(answer *nats.Msg) {
	if err := c.JS.Conn().PublishMsg(answer); err != nil {
		c.Log.Warn("check not answered", "error", err)
	}
}
