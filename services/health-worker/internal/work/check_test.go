package work

import (
	"context"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nats.go/micro"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// answering runs w's responder until the test ends or stop is called. It returns
// when the responder listens.
func answering(t *testing.T, w *Worker, version string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- w.Answer(ctx, version) }()
	stopped := false
	stop = func() {
		cancel()
		if !stopped {
			stopped = true
			if err := receive(t, done, "end of the responder"); err != nil {
				t.Error(err)
			}
		}
	}
	t.Cleanup(stop)
	await(t, func() (bool, string) {
		_, err := w.JS.Conn().Request("$SRV.PING.health-worker", nil, time.Second)
		return err == nil, "it doesn't listen"
	})
	return stop
}

// check asks for a probe, and returns the reply.
func check(t *testing.T, js jetstream.JetStream, p events.ProbePlanned) *nats.Msg {
	t.Helper()
	msg, err := stream.Encode("/test", p)
	if err != nil {
		t.Fatal(err)
	}
	msg.Subject = events.CheckSubject
	reply, err := js.Conn().RequestMsg(msg, patience)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}

func TestCheckIsAnsweredWithTheResult(t *testing.T) {
	for name, version := range map[string]string{"of a release": "1.2.3", "of no release": "dev"} {
		t.Run(name, func(t *testing.T) {
			js := connect(t, devtest.NATS(t).URL())
			heard := results(t, js)
			w := worker(t, js, func(context.Context, string) (probe.Outcome, error) { return healthy, nil })
			answering(t, w, version)

			want, before := plan("http://billing.example/", "1h"), time.Now()
			reply := check(t, js, want)
			got, err := events.DecodeAs[events.ProbeCompleted](reply.Header, reply.Data)
			if err != nil {
				t.Fatal(err)
			}
			if got.ServiceID != want.ServiceID || got.Version != 1 || got.URL != want.URL || got.Status != events.StatusHealthy {
				t.Errorf("got %+v, want the result of %+v", got, want)
			}
			if got.PlannedAt.Before(before) || got.CheckedAt.Before(got.PlannedAt) {
				t.Errorf("planned at %s and checked at %s, want the time of the request", got.PlannedAt, got.CheckedAt)
			}
			if len(heard) != 0 {
				t.Error("the result was published too")
			}
		})
	}
}

func TestInvalidCheckRequestIsRefused(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	answering(t, worker(t, js, nil), "1.0.0")
	reply, err := js.Conn().Request(events.CheckSubject, []byte("{}"), patience)
	if err != nil {
		t.Fatal(err)
	}
	if got := reply.Header.Get(micro.ErrorCodeHeader); got != "400" {
		t.Errorf("code is %q, want 400", got)
	}
}

func TestCheckIsIndependentOfScheduledProbes(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	release, started := make(chan bool), make(chan bool, 10)
	w := worker(t, js, func(ctx context.Context, url string) (probe.Outcome, error) {
		if url == "http://hangs.example/" {
			started <- true
			return hold(ctx, release)
		}
		return healthy, nil
	})
	w.Concurrency = 1
	run(t, w)
	answering(t, w, "1.0.0")
	t.Cleanup(func() { close(release) }) // runs before the cleanups that stop the two
	ask(t, js, plan("http://hangs.example/", "1h"))
	receive(t, started, "probe")

	if reply := check(t, js, plan("http://billing.example/", "1h")); reply.Header.Get(micro.ErrorCodeHeader) != "" {
		t.Errorf("refused: %v", reply.Header)
	}
}

func TestExcessChecksAreRefused(t *testing.T) {
	js := connect(t, devtest.NATS(t).URL())
	release, started := make(chan bool), make(chan bool, checksAtOnce)
	w := worker(t, js, func(ctx context.Context, _ string) (probe.Outcome, error) {
		started <- true
		return hold(ctx, release)
	})
	stop := answering(t, w, "1.0.0")
	replies := make(chan *nats.Msg, checksAtOnce)
	for range checksAtOnce {
		go func() { replies <- check(t, js, plan("http://billing.example/", "1h")) }()
	}
	for range checksAtOnce {
		receive(t, started, "check")
	}
	if got := check(t, js, plan("http://billing.example/", "1h")).Header.Get(micro.ErrorCodeHeader); got != "429" {
		t.Errorf("code is %q, want 429", got)
	}
	stopped := make(chan bool)
	go func() {
		stop()
		close(stopped)
	}()
	close(release)
	for range checksAtOnce {
		if reply := receive(t, replies, "reply"); reply.Header.Get(micro.ErrorCodeHeader) != "" {
			t.Errorf("refused: %v", reply.Header)
		}
	}
	receive(t, stopped, "stop")
}
