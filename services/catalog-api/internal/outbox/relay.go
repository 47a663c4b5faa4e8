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
	relayLock   = 7_164_201_906_001 // the advisory lock of the active relay: any number nobody else uses
	candidacy   = 2 * time.Second   // how often a waiting replica tries to become the active one
	poll        = time.Second       // how often the outbox is looked at when no notification comes
	resyncEvery = 10 * time.Minute
	resyncMost  = time.Minute // how long a comparison may take
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
	Replicas    int // of a stream that has to be created
	Log         *slog.Logger
	Metrics     *Metrics
}

// Run publishes until ctx ends, whenever this replica is the active one. No
// fault of Postgres or NATS ends it.
func (r *Relay) Run(ctx context.Context) error {
	reconnected := r.NATS.StatusChanged(nats.CONNECTED)
	defer r.NATS.RemoveStatusListener(reconnected)

	for ctx.Err() == nil {
		if err := r.candidate(ctx, reconnected); err != nil && ctx.Err() == nil {
			r.Log.WarnContext(ctx, "the relay was interrupted; trying again", "error", err)
		}
		sleep(ctx, candidacy)
	}
	return nil
}

// candidate becomes the active relay if there is none, and returns when it no
// longer is.
func (r *Relay) candidate(ctx context.Context, reconnected <-chan nats.Status) (err error) {
	conn, err := r.DB.Connx(ctx)
	if err != nil {
		return fmt.Errorf("relay: %w", err)
	}
	// Closing gives the connection back to the pool, so the lock goes first.
	defer func() {
		unlock, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
		defer cancel()
		_, _ = conn.ExecContext(unlock, `SELECT pg_advisory_unlock_all()`) // fails where the connection did: the lock went with it
		_ = conn.Close()
	}()
	var active bool
	if err := conn.GetContext(ctx, &active, `SELECT pg_try_advisory_lock($1)`, relayLock); err != nil || !active {
		return err
	}
	r.Log.InfoContext(ctx, "this replica publishes the outbox")
	r.Metrics.active.Set(1)
	defer r.Metrics.active.Set(0)
	return r.lead(ctx, conn, reconnected)
}

// term is the time in which a replica is the active one.
type term struct {
	ready    bool      // the streams are there: nothing goes out before
	compared time.Time // zero: the stream is to be compared
	looked   time.Time
	sight    sight  // of the stream, at the last look
	purged   uint64 // subjects that were purged since then
	news     bool   // something was published since then: the sight is old
}

// note keeps up with what this replica itself did to the stream.
func (t *term) note(done sent) {
	t.purged += done.purged
	t.news = true
	if done.last > t.sight.last {
		t.sight.last, t.sight.subjects = done.last, max(t.sight.subjects, 1)
	}
}

// lead publishes whatever comes into the outbox, and compares the stream with
// the database at first, after each loss of the connection to NATS, when the
// stream has lost something, and now and then.
func (r *Relay) lead(ctx context.Context, conn *sqlx.Conn, reconnected <-chan nats.Status) error {
	listener, err := listen(ctx, r.DatabaseURL)
	if err != nil {
		return fmt.Errorf("listen for the outbox: %w", err)
	}
	defer listener.close()
	ticker := time.NewTicker(poll)
	defer ticker.Stop()

	var now term
	for {
		if r.NATS.IsConnected() {
			if err := r.keepInLine(ctx, &now); err != nil && ctx.Err() == nil {
				r.Log.WarnContext(ctx, "the stream could not be compared with the database; trying again", "error", err)
			}
		}
		if now.ready {
			if err := r.drain(ctx, conn, &now); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-reconnected:
			now.compared = time.Time{}
		case <-listener.heard():
		case <-ticker.C:
		}
	}
}

// keepInLine compares the stream with the database if it is time to, or if it
// has lost something since the last look.
func (r *Relay) keepInLine(ctx context.Context, t *term) error {
	if age := time.Since(t.looked); !t.compared.IsZero() && (age > lookEvery || t.news && age > poll) {
		seen, err := r.look(ctx)
		if err != nil {
			return err
		}
		if t.sight.lost(seen, t.purged) {
			r.Log.WarnContext(ctx, "the stream was deleted, emptied or set back; it is brought in line again")
			t.compared = time.Time{}
		}
		t.looked, t.sight, t.purged, t.news = time.Now(), seen, 0, false
		// The workers fill that of the probes, but may not make it.
		if err := stream.Ensure(ctx, r.JetStream, r.Replicas, events.StreamProbes); err != nil {
			return err
		}
	}
	if time.Since(t.compared) <= resyncEvery {
		return nil
	}
	return r.resync(ctx, t)
}

// resync makes sure of the streams, and puts into the outbox what they lack.
func (r *Relay) resync(ctx context.Context, t *term) error {
	ctx, cancel := context.WithTimeout(ctx, resyncMost)
	defer cancel()
	if err := stream.Ensure(ctx, r.JetStream, r.Replicas, events.StreamPortal, events.StreamProbes); err != nil {
		t.ready = false
		return err
	}
	t.ready = true // also where it can't be compared: what waits can go out
	seen, err := r.look(ctx)
	if err != nil {
		return err
	}
	if err := r.repair(ctx); err != nil {
		return err
	}
	t.compared, t.looked, t.sight, t.purged, t.news = time.Now(), time.Now(), seen, 0, false
	return nil
}

// drain publishes until the outbox is empty or NATS doesn't confirm. A stream that
// has gone ends the term's readiness. An error is the database's, and final.
func (r *Relay) drain(ctx context.Context, conn *sqlx.Conn, t *term) error {
	for r.NATS.IsConnected() && ctx.Err() == nil {
		rows, err := head(ctx, conn)
		if err != nil || len(rows) == 0 {
			return err
		}
		done := r.publish(ctx, rows)
		t.note(done)
		if err := remove(ctx, conn, done.confirmed); err != nil {
			return err
		}
		r.Metrics.published.Add(float64(len(done.confirmed)))
		if done.failed != nil {
			r.Log.WarnContext(ctx, "NATS did not take all events; they stay in the outbox", "error", done.failed)
			if errors.Is(done.failed, jetstream.ErrNoStreamResponse) {
				t.ready, t.compared = false, time.Time{}
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
