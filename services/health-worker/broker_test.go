package healthworker_test

import (
	"fmt"

	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

func (b *broker) stream(name string) jetstream.Stream {
	b.t.Helper()
	found, err := b.js.Stream(b.t.Context(), name)
	if err != nil {
		b.t.Fatal(err)
	}
	return found
}

func (b *broker) awaitNoPlan(id string) {
	b.t.Helper()
	eventually(b.t, "without a plan", func() (bool, string) { return b.plan(id) == nil, "there is one" })
}

func (b *broker) awaitPlans(n int) {
	b.t.Helper()
	eventually(b.t, "planned", func() (bool, string) {
		probes := b.stream(events.StreamProbes)
		info, err := probes.Info(b.t.Context(), jetstream.WithSubjectFilter(events.AllPlans))
		if err != nil {
			return false, err.Error()
		}
		return len(info.State.Subjects) == n, fmt.Sprintf("%d of %d", len(info.State.Subjects), n)
	})
}

// awaitSettled waits until every catalogue event is planned and acknowledged.
func (b *broker) awaitSettled() {
	b.t.Helper()
	eventually(b.t, "settled", func() (bool, string) {
		info, err := b.consumer(events.StreamPortal, "planner").Info(b.t.Context())
		if err != nil {
			return false, err.Error()
		}
		return info.NumPending == 0 && info.NumAckPending == 0, fmt.Sprintf("%+v", info)
	})
}

func (b *broker) consumer(stream, name string) jetstream.Consumer {
	b.t.Helper()
	consumer, err := b.js.Consumer(b.t.Context(), stream, name)
	if err != nil {
		b.t.Fatal(err)
	}
	return consumer
}

// addMany publishes a number of new services.
func (b *broker) addMany(n int, url string) {
	b.t.Helper()
	for i := range n {
		if i%1000 == 0 {
			<-b.js.PublishAsyncComplete()
		}
		msg, err := stream.Encode("/test", events.ServiceCreated{Service: newService(url)})
		if err != nil {
			b.t.Fatal(err)
		}
		if _, err := b.js.PublishMsgAsync(msg); err != nil {
			b.t.Fatal(err)
		}
	}
	<-b.js.PublishAsyncComplete()
}

func (b *broker) purge(subject string) {
	b.t.Helper()
	if err := b.stream(events.StreamProbes).Purge(b.t.Context(), jetstream.WithPurgeSubject(subject)); err != nil {
		b.t.Fatal(err)
	}
}
