package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
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
	Catalogue   Catalogue
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

// lead publishes whatever comes into the outbox, and compares the stream with
// the catalogue at first, after each loss of the connection to NATS, when the
// stream has gone, and now and then.
func (r *Relay) lead(ctx context.Context, conn *sqlx.Conn, reconnected <-chan nats.Status) error {
	listener := pq.NewListener(r.DatabaseURL, 100*time.Millisecond, 5*time.Second, nil)
	defer func() { _ = listener.Close() }()
	if err := listener.Listen(channel); err != nil {
		return fmt.Errorf("listen for the outbox: %w", err)
	}
	ticker := time.NewTicker(poll)
	defer ticker.Stop()

	var compared time.Time // zero: the stream is to be compared
	for {
		if time.Since(compared) > resyncEvery && r.NATS.IsConnected() {
			if err := r.resync(ctx); err != nil {
				r.Log.WarnContext(ctx, "the stream could not be compared with the catalogue; trying again", "error", err)
			} else {
				compared = time.Now()
			}
		}
		// Nothing goes out before the streams are there.
		if !compared.IsZero() {
			gone, err := r.drain(ctx, conn)
			if err != nil {
				return err
			}
			if gone {
				compared = time.Time{}
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-reconnected:
			compared = time.Time{}
		case <-listener.NotificationChannel():
		case <-ticker.C:
		}
	}
}

// resync makes sure of the streams, and puts into the outbox what they lack.
func (r *Relay) resync(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, resyncMost)
	defer cancel()
	if err := events.Ensure(ctx, r.JetStream, r.Replicas); err != nil {
		return err
	}
	last, err := published(ctx, r.JetStream)
	if err != nil {
		return err
	}
	n, err := r.Catalogue.Republish(ctx, last)
	if err != nil {
		return err
	}
	if n > 0 {
		r.Log.InfoContext(ctx, "the stream lacked events of the catalogue; they are sent again", "services", n)
		r.Metrics.republished.Add(float64(n))
	}
	return nil
}

// drain publishes until the outbox is empty or NATS doesn't confirm. It says
// whether the stream has gone. An error is the database's, and final.
func (r *Relay) drain(ctx context.Context, conn *sqlx.Conn) (gone bool, err error) {
	for r.NATS.IsConnected() && ctx.Err() == nil {
		rows, err := head(ctx, conn)
		if err != nil || len(rows) == 0 {
			return false, err
		}
		confirmed, failed := r.publish(ctx, rows)
		if err := remove(ctx, conn, confirmed); err != nil {
			return false, err
		}
		r.Metrics.published.Add(float64(len(confirmed)))
		if failed != nil {
			r.Log.WarnContext(ctx, "NATS did not take all events; they stay in the outbox", "error", failed)
			return errors.Is(failed, jetstream.ErrNoStreamResponse), nil
		}
	}
	return false, nil
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
