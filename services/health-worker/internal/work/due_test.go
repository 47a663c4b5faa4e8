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
	"github.com/dev-portal/dev-portal/services/health-worker/internal/metrics"
	"github.com/dev-portal/dev-portal/services/health-worker/internal/probe"
)

// message is a due message as the broker delivers it: only with a real one could
// a test not choose its age.
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

// newMessage is a due message whose next slot is then; zero: none is named.
func newMessage(t *testing.T, interval events.Interval, next time.Time) *message {
	t.Helper()
	msg, err := events.Encode("/test", plan("http://billing.example/", interval))
	if err != nil {
		t.Fatal(err)
	}
	if !next.IsZero() {
		msg.Header.Set(jetstream.ScheduleNextHeader, next.Format(time.RFC3339Nano))
	}
	return &message{header: msg.Header, data: msg.Data, stored: time.Now()}
}

func TestSlotIsAnIntervalBeforeTheNext(t *testing.T) {
	next := time.Date(2026, 11, 22, 23, 0, 37, 0, time.UTC)
	got, err := readDue(newMessage(t, "5m", next))
	if want := next.Add(-5 * time.Minute); err != nil || !got.slot.Equal(want) || !got.end().Equal(next) {
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

func TestWhatBecomesOfADueMessage(t *testing.T) {
	for name, tc := range map[string]struct {
		age     time.Duration // of the slot
		busy    time.Duration // for which the host has no place
		settled string
		dropped float64
	}{
		"it is dropped when its next slot has come":         {age: time.Minute, settled: "ack", dropped: 1},
		"it is handed back when its host is busy":           {busy: time.Hour, settled: "nak"},
		"it is dropped when its host is busy until the end": {age: 57 * time.Second, busy: time.Hour, settled: "ack", dropped: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := worker(t, nil, func(context.Context, string) (probe.Outcome, error) {
					t.Error("probed")
					return probe.Outcome{}, probe.ErrNotMade
				})
				w.PerHost = 1
				w.prepare()
				msg := newMessage(t, "1m", time.Now().Add(time.Minute-tc.age))
				if tc.busy > 0 {
					w.hosts.tryEnter("billing.example:http")
				}
				if !w.slots.TryAcquire(1) {
					t.Fatal("no place")
				}
				began := time.Now()
				w.handle(t.Context(), t.Context(), msg)
				if msg.settled != tc.settled || count(t, w.Metrics.Dropped.WithLabelValues(metrics.Late)) != tc.dropped {
					t.Errorf("it was settled by %q, want %q", msg.settled, tc.settled)
				}
				if took := time.Since(began); took > hostWait {
					t.Errorf("it waited for %s, longer than %s", took, hostWait)
				}
				if msg.settled == "nak" && (msg.returned < retryAfter || msg.returned > 2*retryAfter) {
					t.Errorf("it comes again after %s", msg.returned)
				}
				if !w.slots.TryAcquire(int64(w.Concurrency)) {
					t.Error("its place is lost")
				}
			})
		})
	}
}
