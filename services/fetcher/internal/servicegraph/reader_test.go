package servicegraph_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/fetcher/internal/servicegraph"
)

// system is a broker with the portal's streams, a server that answers as Prometheus does, and what
// is said of it.
type system struct {
	t    *testing.T
	js   jetstream.JetStream
	said jetstream.MessagesContext
	logs lockedBuffer
	url  string

	mu     sync.Mutex
	answer http.HandlerFunc
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func newSystem(t *testing.T) *system {
	t.Helper()
	s := &system{t: t, js: devtest.JetStream(t, devtest.NATS(t).URL())}
	s.url = serve(t, func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		answer := s.answer
		s.mu.Unlock()
		answer(w, r)
	})
	if err := stream.Ensure(t.Context(), s.js, 1); err != nil {
		t.Fatal(err)
	}
	consumer, err := stream.Calls(t.Context(), s.js)
	if err != nil {
		t.Fatal(err)
	}
	if s.said, err = consumer.Messages(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.said.Stop)
	return s
}

// set sets what the server answers from now on.
func (s *system) set(answer http.HandlerFunc) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.answer = answer
}

// start runs a reader until the test ends, and checks that its log has no secret.
func (s *system) start(every time.Duration) {
	s.t.Helper()
	r := servicegraph.New(servicegraph.Config{
		JS: s.js, Client: newClient(s.url), Every: every, Log: slog.New(slog.NewTextHandler(&s.logs, nil)),
		Metrics: servicegraph.NewMetrics(prometheus.NewRegistry()),
	})
	ctx, cancel := context.WithCancel(context.WithoutCancel(s.t.Context()))
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	s.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
		if logs := s.logs.String(); strings.Contains(logs, secret) {
			s.t.Errorf("the log has the token:\n%s", logs)
		}
	})
}

// next returns what is said next.
func (s *system) next() events.CallsFound {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), 20*time.Second)
	defer cancel()
	msg, err := s.said.Next(jetstream.NextContext(ctx))
	if err != nil {
		s.t.Fatalf("nothing is said: %v\n%s", err, s.logs.String())
	}
	if err := msg.Ack(); err != nil {
		s.t.Fatal(err)
	}
	found, err := events.DecodeAs[events.CallsFound](msg.Headers(), msg.Data())
	if err != nil {
		s.t.Fatal(err)
	}
	if msg.Subject() != events.CallsFoundSubject(found.Part) {
		s.t.Errorf("part %d is said on %s", found.Part, msg.Subject())
	}
	return found
}

// until returns the next in which the first call is of a client.
func (s *system) until(client string) events.CallsFound {
	s.t.Helper()
	for {
		if found := s.next(); found.Calls[0].Client == client {
			return found
		}
	}
}

// logged checks how often a message is in the log.
func (s *system) logged(message string, want int) {
	s.t.Helper()
	if got := strings.Count(s.logs.String(), `msg="`+message); got != want {
		s.t.Errorf("%q is logged %d times, want %d:\n%s", message, got, want, s.logs.String())
	}
}

// A reading of more calls than a message takes is said in parts, by number or by size.
func TestCallsAreSaidInParts(t *testing.T) {
	many := make([]string, 1001)
	for i := range many {
		many[i] = fmt.Sprintf("c%d s %d", i, len(many)-i)
	}
	long := make([]string, 400) // "<" has six bytes in JSON
	for i := range long {
		long[i] = fmt.Sprintf("%s%03d s %d", strings.Repeat("<", 197), i, len(long)-i)
	}
	for name, tc := range map[string]struct {
		pairs []string
		parts []int // calls in each
	}{"one": {many[:1], []int{1}}, "many": {many, []int{500, 500, 1}}, "long": {long, []int{212, 188}}} {
		t.Run(name, func(t *testing.T) {
			s := newSystem(t)
			s.set(says(vector(tc.pairs...)))
			s.start(time.Hour)
			var said []string
			var readAt time.Time
			for part, calls := range tc.parts {
				found := s.next()
				if found.Part != part || len(found.Calls) != calls || time.Since(found.ReadAt) > time.Minute || part > 0 && !found.ReadAt.Equal(readAt) {
					t.Errorf("got part %d of %d calls, read at %s; want part %d of %d", found.Part, len(found.Calls), found.ReadAt, part, calls)
				}
				readAt = found.ReadAt
				said = append(said, words(servicegraph.Found{Calls: found.Calls}))
			}
			if got, want := strings.Join(said, ", "), strings.Join(tc.pairs, ", "); got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		})
	}
}

// What was read is said again after each reading, as its time counts; a problem is logged once, and
// once that it is over.
func TestProblemIsLoggedOnce(t *testing.T) {
	s := newSystem(t)
	s.set(says(vector("shop payments 1")))
	s.start(time.Millisecond)
	first := s.until("shop")
	for range 3 {
		again := s.next()
		if !again.ReadAt.After(first.ReadAt) || words(servicegraph.Found{Calls: again.Calls}) != "shop payments 1" {
			t.Errorf("again: %+v, at first %+v", again, first)
		}
		first = again
	}
	s.logged("calls read from Prometheus", 1)
	asked := make(chan struct{}, 4)
	s.set(func(w http.ResponseWriter, _ *http.Request) {
		select {
		case asked <- struct{}{}:
		default: // it was asked often enough
		}
		w.WriteHeader(http.StatusUnauthorized)
	})
	for range cap(asked) {
		<-asked
	}
	s.set(says(vector("bank payments 1")))
	s.until("bank")
	s.logged("calls not read from Prometheus", 1)
	s.logged("calls read from Prometheus again", 1)
	if !strings.Contains(s.logs.String(), `problem=denied error="answered 401"`) {
		t.Errorf("the log does not say why:\n%s", s.logs.String())
	}
	s.set(says(vector("shop payments NaN", "web payments 1")))
	s.until("web")
	s.until("web")
	s.logged("calls not read: a name is too long", 1)
}
