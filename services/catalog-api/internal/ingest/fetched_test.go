package ingest_test

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/ingest"
)

// fetchedStore is a fake store that fails at first. What it is not to have is dropped.
type fetchedStore[E events.Event] struct {
	sync.Mutex
	fail   int
	wanted func(E) bool
	stored chan string // keys of what comes
}

func (s *fetchedStore[E]) apply(_ context.Context, by access.Actor, found E) (bool, error) {
	s.Lock()
	defer s.Unlock()
	if err := by.May(access.StoreFetched); err != nil {
		return false, err
	}
	if s.fail > 0 {
		s.fail--
		return false, errors.New("the database is away")
	}
	s.stored <- found.Key().ID
	return s.wanted(found), nil
}

func found(id string, tags ...string) events.ReleasesFound {
	f := events.ReleasesFound{ServiceID: id, GitHubURL: "https://github.com/example/billing", CheckedAt: time.Now().UTC()}
	for _, tag := range tags {
		f.Releases = append(f.Releases, events.Release{Tag: tag, PublishedAt: f.CheckedAt})
	}
	return f
}

func shifts(slug, who string) events.ShiftsFound {
	at := time.Now().UTC()
	f := events.ShiftsFound{Slug: slug, URLDigest: strings.Repeat("0", 64), ReadAt: at, CoversUntil: at.AddDate(0, 0, 60)}
	if who != "" {
		f.Shifts = []events.Shift{{Name: who, From: at, Until: at.Add(time.Hour)}}
	}
	return f
}

func calls(part int, client string) events.CallsFound {
	return events.CallsFound{Part: part, ReadAt: time.Now().UTC(), Calls: []events.Call{{Client: client, Server: "payments", CallsPerMinute: 1}}}
}

// Each message is stored, however the database fails meanwhile; one that nobody can read is
// given up and hinders no other. What is of one kind doesn't hinder the others.
func TestWhatIsFoundIsStored(t *testing.T) {
	const a, b = "019a0000-0000-7000-8000-00000000000a", "019a0000-0000-7000-8000-00000000000b"
	js := devtest.JetStream(t, devtest.NATS(t).URL())
	of := fetchedCase[events.ReleasesFound]{ingest.Releases, "releases", events.ReleasesFoundSubject("x"), func(e events.ReleasesFound) bool { return len(e.Releases) > 0 }}
	of.test(t, js, []string{a, b}, found(a, "v1"), found(b))
	on := fetchedCase[events.ShiftsFound]{ingest.Shifts, "shifts", events.ShiftsFoundSubject("x"), func(e events.ShiftsFound) bool { return len(e.Shifts) > 0 }}
	on.test(t, js, []string{"payments", "web"}, shifts("payments", "Ada"), shifts("web", ""))
	to := fetchedCase[events.CallsFound]{ingest.Calls, "calls", events.CallsFoundSubject(9), func(e events.CallsFound) bool { return e.Calls[0].Client == "shop" }}
	to.test(t, js, []string{"0", "1"}, calls(0, "shop"), calls(1, "user"))
}

// fetchedCase is a kind of things that are found.
type fetchedCase[E events.Event] struct {
	kind    ingest.Kind[E]
	durable string
	subject string
	wanted  func(E) bool
}

// test sends what nobody can read, what is wanted and what is not.
func (c fetchedCase[E]) test(t *testing.T, js jetstream.JetStream, ids []string, wanted, unwanted E) {
	t.Helper()
	to := &fetchedStore[E]{fail: 1, wanted: c.wanted, stored: make(chan string, 9)}
	answers := c.kind.NewMetrics(prometheus.NewRegistry())
	in := &ingest.Fetched[E]{
		JetStream: js, Replicas: 1, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Kind: c.kind, Apply: to.apply, Metrics: answers,
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- in.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	send := func(msg *nats.Msg, err error) {
		t.Helper()
		for err == nil { // the stream is made meanwhile
			if _, err = js.PublishMsg(t.Context(), msg); !errors.Is(err, jetstream.ErrNoStreamResponse) {
				break
			}
			err = nil
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	send(&nats.Msg{Subject: c.subject, Data: []byte("{}")}, nil)
	send(stream.Encode("/test", wanted))
	send(stream.Encode("/test", unwanted))
	for _, want := range ids {
		select {
		case got := <-to.stored:
			if got != want {
				t.Errorf("got %s, want %s", got, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s was not stored", want)
		}
	}
	consumer, err := js.Consumer(t.Context(), events.StreamFetched, c.durable)
	if err != nil {
		t.Fatal(err)
	}
	for settled := false; !settled; { // until the acknowledgements have arrived
		info, err := consumer.Info(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		settled = info.NumAckPending == 0 && info.NumPending == 0
	}
	for outcome, want := range map[string]float64{"stored": 1, "dropped": 1, "invalid": 1, "unknown": 0} {
		if got := testutil.ToFloat64(answers.WithLabelValues(outcome)); got != want {
			t.Errorf("%s: got %v, want %v", outcome, got, want)
		}
	}
}
