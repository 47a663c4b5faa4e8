package stream_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go/jetstream"
)

func TestSubscriberWaitsForPortal(t *testing.T) {
	t.Parallel()
	b := reserveBroker(t)
	f := follow(t, connect(t, b.url()), stream.Subscription{})
	b.start(b.port)
	b.portal()
	f.wants("restart", "caught up")
	publish(t, connect(t, b.url()), created("a"))
	f.wants("created a 1")
}

func TestSubscriberResumesAfterServerRestart(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	publish(t, b.portal(), created("a"), turned("a", "down"))
	f := follow(t, connect(t, b.url()), stream.Subscription{})
	f.wants("restart", "created a 1", "a is down", "caught up")
	for v := int64(2); v < 6; v += 2 {
		b.aside(func(js jetstream.JetStream) { publish(t, js, updated("a", v), updated("a", v+1)) })
		f.wants(fmt.Sprint("updated a ", v), fmt.Sprint("updated a ", v+1))
	}
	publish(t, connect(t, b.url()), turned("a", "healthy"))
	f.wants("a is healthy")
}

func TestSubscriberMissesNothingBeforeFirstMessage(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	publish(t, b.portal(), created("a"))
	status := []string{events.AllStatus}
	all := follow(t, connect(t, b.url()), stream.Subscription{Subjects: status})
	tail := follow(t, connect(t, b.url()), stream.Subscription{Subjects: status, Tail: 1})
	all.wants("restart", "caught up")
	tail.wants("restart", "caught up")
	b.aside(func(js jetstream.JetStream) {
		publish(t, js, turned("a", "down"), turned("a", "healthy"), created("b"), created("c"))
	})
	all.wants("a is down", "a is healthy")
	tail.wants("a is down", "a is healthy")
}

func TestSubscriberRestartsWhenDataIsLost(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(*testing.T, *broker){
		"the stream was made anew": func(t *testing.T, b *broker) {
			if err := connect(t, b.url()).DeleteStream(t.Context(), events.StreamPortal); err != nil {
				t.Fatal(err)
			}
		},
		"the disk was replaced": func(t *testing.T, b *broker) {
			b.stop()
			b.dir = t.TempDir()
			b.start(b.port)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			publish(t, b.portal(), created("a"), created("b"))
			f := follow(t, connect(t, b.url()), stream.Subscription{})
			f.wants("restart", "created a 1", "created b 1", "caught up")
			lose(t, b)
			js := b.portal()
			f.wants("restart", "caught up")
			publish(t, js, updated("a", 1))
			f.wants("updated a 1")
			if f.epochs[0] == f.epochs[1] {
				t.Errorf("both lives of the stream are epoch %s", f.epochs[0])
			}
		})
	}
}

// A power failure loses the last messages, and restoring a backup loses more. The
// reader must notice, even if the stream has grown again since.
func TestSubscriberRestartsWhenStreamIsSetBack(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		then []events.Event
		want []string
	}{
		"and is shorter now":         {nil, []string{"created a 1"}},
		"and has grown past us anew": {[]events.Event{created("x"), created("y"), created("z")}, []string{"created a 1", "created x 1", "created y 1", "created z 1"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startBroker(t)
			publish(t, b.portal(), created("a"))
			b.stop()
			restore := b.save()
			b.start(b.port)
			publish(t, connect(t, b.url()), created("b"), created("c"))
			f := follow(t, connect(t, b.url()), stream.Subscription{})
			f.wants("restart", "created a 1", "created b 1", "created c 1", "caught up")
			b.stop()
			restore()
			b.start(b.port)
			b.aside(func(js jetstream.JetStream) {
				if len(tc.then) > 0 {
					publish(t, js, tc.then...)
				}
			})
			f.wants("restart")
			f.wants(tc.want...)
			f.wants("caught up")
		})
	}
}

// Messages lost with a connection are not redelivered. The test simulates this by
// reading from the subscriber's consumer, which takes messages away from it.
func TestSubscriberRecoversLostMessages(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	f := follow(t, js, stream.Subscription{})
	f.wants("restart", "caught up")
	stolen := func() {
		thief, err := js.Consumer(t.Context(), events.StreamPortal, consumers(t, js)[0])
		if err != nil {
			t.Fatal(err)
		}
		loot := make(chan string, 1)
		batch, err := thief.Fetch(1, jetstream.FetchMaxWait(patience))
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			defer close(loot)
			for msg := range batch.Messages() {
				loot <- msg.Subject()
			}
		}()
		for v := int64(1); ; v++ {
			publish(t, js, updated("a", v))
			f.wants(fmt.Sprint("updated a ", v))
			select {
			case <-loot:
				return
			default:
			}
		}
	}
	stolen()
	if len(f.failures()) == 0 {
		t.Error("nothing was lost, or nobody was told")
	}
}

// The server deletes the consumer of a reader that is so slow that it sends no request
// for a minute: the snapshot must continue then, without duplicates.
func TestSlowSubscriberGetsSnapshotOnce(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	const n = ahead
	want := publishMany(t, js, n)
	f := newFollower(t)
	f.hold = make(chan struct{})
	f.run(js, stream.Subscription{})
	f.wants("restart", want[0])
	dropConsumers(t, js)
	publish(t, js, updated("s0", 2), updated(fmt.Sprint("s", n-1), 2))
	close(f.hold)
	f.wants(want[1 : n-1]...)
	f.wants("updated s0 2")
	// When the snapshot is requested again, it has only the last service's newest event.
	f.wants(fmt.Sprintf("updated s%d 2", n-1), "caught up")
}

func TestCaughtUpWhileOthersWrite(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	want := publishMany(t, js, ahead)
	f := newFollower(t)
	f.hold = make(chan struct{})
	f.run(js, stream.Subscription{})
	f.wants("restart", want[0])
	publish(t, js, updated("s1", 2), created("d"))
	close(f.hold)
	f.wants(want[1:]...)
	f.wants("caught up", "updated s1 2", "created d 1")
}

func TestDeletionsDuringSnapshotDoNotBlockIt(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	want := publishMany(t, js, ahead)
	var born, dead []events.Event
	var end []string
	for i := range 20 {
		name := fmt.Sprint("short", i)
		born, dead = append(born, created(name)), append(dead, deleted(name, 2))
		end = append(end, says(deleted(name, 2)))
	}
	publish(t, js, append(born, created("last"))...)
	f := newFollower(t)
	f.hold = make(chan struct{})
	f.run(js, stream.Subscription{})
	f.wants("restart", want[0])
	publish(t, js, dead...)
	close(f.hold)
	f.wants(want[1:]...)
	f.wants("created last 1")
	var rest []string // when the snapshot is complete depends on when it was requested again
	for range len(end) + 1 {
		rest = append(rest, f.next())
	}
	caughtUp := slices.Index(rest, "caught up")
	if caughtUp < 0 || !slices.Equal(slices.Delete(rest, caughtUp, caughtUp+1), end) {
		t.Errorf("the rest is %q", rest)
	}
}

// ahead is more messages than the client prefetches for a slow reader.
const ahead = 1200

// publishMany adds n services, and returns what a follower records of them.
func publishMany(t *testing.T, js jetstream.JetStream, n int) (want []string) {
	t.Helper()
	var list []events.Event
	for i := range n {
		list = append(list, created(fmt.Sprint("s", i)))
		want = append(want, fmt.Sprintf("created s%d 1", i))
	}
	publish(t, js, list...)
	return want
}

// A message may be stored just when a reader checks for lost ones: it is in flight
// then, and the reader must not fail because of it.
func TestMessageIsLostOnlyIfMissingTwice(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	portal, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	r := stream.NewIdleReader(portal)
	look := func(step string, lost bool) {
		t.Helper()
		if err := r.CheckIdle(t.Context()); (err != nil) != lost {
			t.Fatalf("%s: got %v, want an error: %t", step, err, lost)
		}
	}
	look("nothing was stored", false)
	publish(t, js, created("a"))
	look("a message was just stored", false)
	r.SetPosition(1)
	look("it came", false)
	publish(t, js, created("b"), created("c"))
	look("two were just stored", false)
	r.SetPosition(2)
	publish(t, js, created("d"))
	look("the second is missing at two looks", true)
}

// A stream may be purged between a reader's checks: the reader must not wait for
// messages that were purged.
func TestReaderDoesNotWaitForPurgedMessages(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	publish(t, js, created("a"))
	portal, err := js.Stream(t.Context(), events.StreamPortal)
	if err != nil {
		t.Fatal(err)
	}
	r := stream.NewIdleReader(portal)
	r.SetGoal(1)
	if r.CaughtUp() {
		t.Fatal("caught up with what did not come")
	}
	if err := portal.Purge(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := r.CheckIdle(t.Context()); err != nil || !r.CaughtUp() {
		t.Errorf("not caught up (%v) with a stream that is empty", err)
	}
}
