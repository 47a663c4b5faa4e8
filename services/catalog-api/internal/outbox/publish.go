package outbox

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// confirmTimeout is how long NATS may take to confirm a batch.
const confirmTimeout = 5 * time.Second

// head reads the events to publish next: only the oldest of each key, so that no
// later event of the key overtakes one that fails.
func head(ctx context.Context, conn *sqlx.Conn) (rows []row, err error) {
	const query = `
		SELECT id, key, subject, header, data, purges FROM (
			SELECT DISTINCT ON (key) id, key, subject, header, data, purges
			FROM (SELECT id, key, subject, header, data, purges FROM outbox ORDER BY id LIMIT 1000) AS oldest
			ORDER BY key, id
		) AS first
		ORDER BY id`

	if err := conn.SelectContext(ctx, &rows, query); err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return rows, nil
}

// remove deletes rows that NATS has confirmed. It does so even if ctx has just
// ended, because otherwise they would be published again.
func remove(ctx context.Context, conn *sqlx.Conn, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTimeout)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `DELETE FROM outbox WHERE id = ANY($1)`, pq.Array(ids)); err != nil {
		return fmt.Errorf("empty the outbox: %w", err)
	}
	return nil
}

// publishResult is the outcome of publishing rows.
type publishResult struct {
	confirmed []int64 // ids of rows that NATS has confirmed
	last      uint64  // the highest sequence of these in the stream
	purged    uint64  // subjects that were purged with them
	failed    error   // the first error, if rows were not confirmed
}

// publish sends rows and waits for their confirmations.
func (r *Relay) publish(ctx context.Context, rows []row) (done publishResult) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmTimeout)
	defer cancel()

	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		msg := &nats.Msg{Subject: row.Subject, Data: row.Data}
		err := json.Unmarshal(row.Header, &msg.Header)
		if err == nil {
			acks[i], err = r.JetStream.PublishMsgAsync(msg, jetstream.WithExpectStream(events.StreamPortal))
		}
		if err != nil {
			done.failed = fmt.Errorf("publish on %s: %w", row.Subject, err)
			break
		}
	}
	for i, ack := range acks {
		if ack == nil {
			break
		}
		stored, err := stream.Stored(ctx, ack)
		if err == nil {
			done.last = max(done.last, stored.Sequence)
			done.purged += uint64(len(rows[i].Purges))
			err = r.purge(ctx, rows[i].Purges)
		}
		if err != nil {
			done.failed = cmp.Or(done.failed, fmt.Errorf("publish on %s: %w", rows[i].Subject, err))
			continue
		}
		done.confirmed = append(done.confirmed, rows[i].ID)
	}
	return done
}

// purge removes all messages on the subjects from the stream, so that new subscribers
// don't receive events of things that are gone.
func (r *Relay) purge(ctx context.Context, subjects []string) error {
	if len(subjects) == 0 {
		return nil
	}
	portal, err := r.JetStream.Stream(ctx, events.StreamPortal)
	if err != nil {
		return err
	}
	for _, subject := range subjects {
		if err := portal.Purge(ctx, jetstream.WithPurgeSubject(subject)); err != nil {
			return fmt.Errorf("purge %s: %w", subject, err)
		}
	}
	return nil
}
