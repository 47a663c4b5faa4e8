package ingest_test

import (
	"context"
	"errors"
	"log/slog"
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

// releaseStore is a fake store that fails at first.
type releaseStore struct {
	sync.Mutex
	fail   int
	stored chan events.ReleasesFound
}

func (s *releaseStore) ApplyReleases(_ context.Context, by access.Actor, found events.ReleasesFound) (bool, error) {
	s.Lock()
	defer s.Unlock()
	if err := by.May(access.StoreFetched); err != nil {
		return false, err
	}
	if s.fail > 0 {
		s.fail--
		return false, errors.New("the database is away")
	}
	s.stored <- found
	return len(found.Releases) > 0, nil
}

func found(id string, tags ...string) events.ReleasesFound {
	f := events.ReleasesFound{ServiceID: id, GitHubURL: "https://github.com/example/billing", CheckedAt: time.Now().UTC()}
	for _, tag := range tags {
		f.Releases = append(f.Releases, events.Release{Tag: tag, PublishedAt: f.CheckedAt})
	}
	return f
}

// Each message is stored, however the database fails meanwhile; one that nobody can read is
// given up and hinders no other.
func TestFoundReleasesAreStored(t *testing.T) {
	const a, b = "019a0000-0000-7000-8000-00000000000a", "019a0000-0000-7000-8000-00000000000b"
	js := devtest.JetStream(t, devtest.NATS(t).URL())
	to := &releaseStore{fail: 1, stored: make(chan events.ReleasesFound, 9)}
	answers := ingest.NewReleaseMetrics(prometheus.NewRegistry())
	in := &ingest.Releases{JetStream: js, Store: to, Replicas: 1, Log: slog.New(slog.NewTextHandler(t.Output(), nil)), Metrics: answers}
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
	send(&nats.Msg{Subject: events.ReleasesFoundSubject("x"), Data: []byte("{}")}, nil)
	send(stream.Encode("/test", found(a, "v1")))
	send(stream.Encode("/test", found(b)))
	for _, want := range []string{a, b} {
		select {
		case got := <-to.stored:
			if got.ServiceID != want {
				t.Errorf("got %s, want %s", got.ServiceID, want)
			}
		case <-time.After(20 * time.Second):
			t.Fatalf("%s was not stored", want)
		}
	}
	consumer, err := js.Consumer(t.Context(), events.StreamFetched, "releases")
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
