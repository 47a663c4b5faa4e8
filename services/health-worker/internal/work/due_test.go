package work

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// message is a fake due message, so that a test can choose its age.
type message struct {
	jetstream.Msg
	header   nats.Header
	data     []byte
	stored   time.Time
	settled  string
	returned time.Duration
}

func (m *message) Subject() string      { return "portal.probe.due.x" }
func (m *message) Headers() nats.Header { return m.header }
func (m *message) Data() []byte         { return m.data }
func (m *message) Metadata() (*jetstream.MsgMetadata, error) {
	return &jetstream.MsgMetadata{Timestamp: m.stored}, nil
}

func (m *message) Ack() error {
	m.settled = "ack"
	return nil
}

func (m *message) TermWithReason(string) error {
	m.settled = "term"
	return nil
}

func (m *message) NakWithDelay(d time.Duration) error {
	m.settled, m.returned = "nak", d
	return nil
}

// newMessage returns a due message that names next as the next slot, or none if
// next is zero.
func newMessage(t *testing.T, interval events.Interval, next time.Time) *message {
	t.Helper()
	msg, err := stream.Encode("/test", plan("http://billing.example/", interval))
	if err != nil {
		t.Fatal(err)
	}
	if !next.IsZero() {
		msg.Header.Set(jetstream.ScheduleNextHeader, next.Format(time.RFC3339Nano))
	}
	return &message{header: msg.Header, data: msg.Data, stored: time.Now()}
}

func TestDueMessageSlot(t *testing.T) {
	next := time.Date(2026, 11, 22, 23, 0, 37, 0, time.UTC)
	got, err := readDue(newMessage(t, "5m", next))
	if want := next.Add(-5 * time.Minute); err != nil || got.slot.Sub(want) != spread(got.ServiceID) ||
		got.end().Sub(got.slot) != 5*time.Minute {
		t.Errorf("from the scheduler: got %s to %s (%v), want %s to %s", got.slot, got.end(), err, want, next)
	}
	direct := newMessage(t, "5m", time.Time{})
	got, err = readDue(direct)
	if err != nil || !got.slot.Equal(direct.stored) {
		t.Errorf("from the planner: got %s (%v), want when it was stored, %s", got.slot, err, direct.stored)
	}
	odd := newMessage(t, "5m", time.Time{})
	odd.header.Set(jetstream.ScheduleNextHeader, "purge")
	if _, err := readDue(odd); !errors.Is(err, events.ErrPoison) {
		t.Errorf("with a next slot that is no time: got %v, want ErrPoison", err)
	}
}

func TestLateDueMessageIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := worker(t, nil, func(context.Context, string) (probe.Outcome, error) {
			t.Error("probed")
			return probe.Outcome{}, probe.ErrNotMade
		})
		ctx, cancel := context.WithCancel(t.Context())
		stop := w.prepare(ctx)
		msg := newMessage(t, "1m", time.Now().Add(-time.Second))
		w.accept(ctx, msg)
		if dropped := count(t, w.Metrics.Dropped.WithLabelValues(metrics.Late)); msg.settled != "ack" || dropped != 1 {
			t.Errorf("it was settled by %q, %v are counted, want acknowledged, and 1", msg.settled, dropped)
		}
		if got := w.dispatcher.room(); got != w.Concurrency {
			t.Errorf("%d places are free, want all", got)
		}
		cancel()
		stop()
	})
}

func TestProbeStartsAtServiceOffset(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		probed := make(chan time.Time, 1)
		w := worker(t, nil, func(context.Context, string) (probe.Outcome, error) {
			probed <- time.Now()
			return probe.Outcome{}, probe.ErrNotMade
		})
		ctx, cancel := context.WithCancel(t.Context())
		stop := w.prepare(ctx)
		for id := range 20 {
			msg, slot := newMessage(t, "1m", time.Now().Add(time.Minute)), time.Now()
			d, err := readDue(msg)
			if err != nil {
				t.Fatal(err)
			}
			w.accept(ctx, msg)
			if lag := (<-probed).Sub(d.slot); lag < 0 || lag > wheelStep || d.slot.Before(slot) || d.slot.Sub(slot) >= time.Second {
				t.Errorf("%d: planned %s into the second, and probed %s after that", id, d.slot.Sub(slot), lag)
			}
			synctest.Wait()
		}
		direct := newMessage(t, "1m", time.Time{})
		w.accept(ctx, direct)
		if at := <-probed; !at.Equal(direct.stored) {
			t.Errorf("a new service was probed %s later, want at once", at.Sub(direct.stored))
		}
		held := newMessage(t, "1m", time.Now().Add(time.Minute+time.Second)) // for the next second
		w.accept(ctx, held)
		cancel()
		stop()
		if held.settled != "nak" {
			t.Errorf("what was held at the stop was settled by %q, want handed back", held.settled)
		}
	})
}
