package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	relayLock     = 7_164_201_906_001 // the advisory lock of the active relay: any number nobody else uses
	lockRetry     = 2 * time.Second   // how often a waiting replica tries to become the active one
	poll          = time.Second       // how often the outbox is read without a notification
	resyncEvery   = 10 * time.Minute
	resyncTimeout = time.Minute
)

// Relay publishes the outbox. Of several replicas one is active at a time: the
// holder of an advisory lock, on whose connection the outbox is also read and
// emptied, so that a relay that lost the lock can't go on.
type Relay struct {
	DB          *sqlx.DB
	DatabaseURL string // for the connection that listens
	NATS        *nats.Conn
	JetStream   jetstream.JetStream
	Repairs     []Repair
	Replicas    int               // of a stream that has to be created
	Noticed     []chan<- struct{} // each is sent to, if it has room, while this relay is the active one: when it hears of added events, and every second
	Log         *slog.Logger
	Metrics     *Metrics
}

// Run publishes the outbox until ctx ends, whenever this replica is the active one.
// It retries after any failure of Postgres or NATS.
func (r *Relay) Run(ctx context.Context) error {
	reconnected := r.NATS.StatusChanged(nats.CONNECTED)
	defer r.NATS.RemoveStatusListener(reconnected)

	for ctx.Err() == nil {
		if err := r.tryLead(ctx, reconnected); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "outbox relay interrupted; retrying", "error", err)
		}
		sleep(ctx, lockRetry)
	}
	return nil
}

// tryLead becomes the active relay if there is none, and returns when it no longer is.
func (r *Relay) tryLead(ctx context.Context, reconnected <-chan nats.Status) (err error) {
	conn, err := r.DB.Connx(ctx)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	// Close returns the connection to the pool, so the lock must be released first.
	defer func() {
		unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_, _ = conn.ExecContext(unlock, `SELECT pg_advisory_unlock_all()`) // fails if the connection did, which also released the lock
		_ = conn.Close()
	}()
	var active bool
	if err := conn.GetContext(ctx, &active, `SELECT pg_try_advisory_lock($1)`, relayLock); err != nil || !active {
		return err
	}
	r.Log.InfoContext(ctx, "this replica publishes the outbox now")
	r.Metrics.active.Set(1)
	defer r.Metrics.active.Set(0)
	return r.lead(ctx, conn, reconnected)
}

// notice tells those who look whenever something may have changed.
func (r *Relay) notice() {
	for _, noticed := range r.Noticed {
		select {
		case noticed <- struct{}{}:
		default:
		}
	}
}

// leadership is what the active relay knows of the stream.
type leadership struct {
	ready    bool        // the streams exist: nothing is published before
	compared time.Time   // with the database; zero: a comparison is due
	checked  time.Time   // when state was read
	state    streamState // of the stream, when checked
	purged   uint64      // subjects that the relay purged since then
	stale    bool        // the relay published since then, so state is stale
}

// record adds what this replica itself did to the stream.
func (l *leadership) record(done publishResult) {
	l.purged += done.purged
	l.stale = true
	if done.last > l.state.last {
		l.state.last, l.state.subjects = done.last, max(l.state.subjects, 1)
	}
}

// lead publishes the events that are added to the outbox. It compares the stream with
// the database at the start, after each reconnect to NATS, when the stream has lost
// something, and every resyncEvery.
func (r *Relay) lead(ctx context.Context, conn *sqlx.Conn, reconnected <-chan nats.Status) error {
	listener, err := listen(ctx, r.DatabaseURL)
	if err != nil {
		return fmt.Errorf("listen for the outbox: %w", err)
	}
	defer listener.close()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()

	var l leadership
	for {
		if r.NATS.IsConnected() {
			if err := r.compareIfDue(ctx, &l); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "comparison of the stream with the database failed; retrying", "error", err)
			}
		}
		if l.ready {
			r.notice()
			if err := r.drain(ctx, conn, &l); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-reconnected:
			l.compared = time.Time{}
		case <-listener.notifications():
		case <-ticker.C:
		}
	}
}

// compareIfDue compares the stream with the database if resyncEvery has passed, or if
// the stream has lost something since the last check.
func (r *Relay) compareIfDue(ctx context.Context, l *leadership) error {
	if age := time.Since(l.checked); !l.compared.IsZero() && (age > checkEvery || l.stale && age > poll) {
		state, err := r.streamState(ctx)
		if err != nil {
			return err
		}
		if l.state.lost(state, l.purged) {
			r.Log.WarnContext(ctx, "stream was deleted, emptied or reset; repairing it from the database")
			l.compared = time.Time{}
		}
		l.checked, l.state, l.purged, l.stale = time.Now(), state, 0, false
		// Workers publish to the stream of probes, but may not create it.
		if err := stream.Ensure(ctx, r.JetStream, r.Replicas, events.StreamProbes); err != nil {
			return err
		}
	}
	if time.Since(l.compared) <= resyncEvery {
		return nil
	}
	return r.resync(ctx, l)
}

// resync creates missing streams, and adds the events that they lack to the outbox.
func (r *Relay) resync(ctx context.Context, l *leadership) error {
	ctx, cancel := context.WithTimeout(ctx, resyncTimeout)
	defer cancel()
	if err := stream.Ensure(ctx, r.JetStream, r.Replicas, events.StreamPortal, events.StreamProbes); err != nil {
		l.ready = false
		return err
	}
	l.ready = true // even if the comparison fails: waiting events can be published
	state, err := r.streamState(ctx)
	if err != nil {
		return err
	}
	if err := r.repair(ctx); err != nil {
		return err
	}
	l.compared, l.checked, l.state, l.purged, l.stale = time.Now(), time.Now(), state, 0, false
	return nil
}

// drain publishes until the outbox is empty or NATS doesn't confirm. If the stream is
// gone, it resets l.ready. An error is the database's, and final.
func (r *Relay) drain(ctx context.Context, conn *sqlx.Conn, l *leadership) error {
	for r.NATS.IsConnected() && ctx.Err() == nil {
		rows, err := head(ctx, conn)
		if err != nil || len(rows) == 0 {
			return err
		}
		done := r.publish(ctx, rows)
		l.record(done)
		if err := remove(ctx, conn, done.confirmed); err != nil {
			return err
		}
		r.Metrics.published.Add(float64(len(done.confirmed)))
		if done.failed != nil {
			r.Log.WarnContext(ctx, "events not acknowledged by NATS; they stay in the outbox", "error", done.failed)
			if errors.Is(done.failed, jetstream.ErrNoStreamResponse) {
				l.ready, l.compared = false, time.Time{}
			}
			return nil
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
