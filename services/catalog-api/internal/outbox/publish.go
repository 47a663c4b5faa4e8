package outbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// confirmation is how long NATS may take to confirm a batch.
const confirmation = 5 * time.Second

// head reads what is to be published next: of each service its oldest event
// only. If that one fails, no later one of the service has overtaken it.
func head(ctx context.Context, conn *sqlx.Conn) (rows []row, err error) {
	const query = `
		SELECT id, service_id, subject, header, data FROM (
			SELECT DISTINCT ON (service_id) id, service_id, subject, header, data
			FROM (SELECT id, service_id, subject, header, data FROM outbox ORDER BY id LIMIT 1000) AS oldest
			ORDER BY service_id, id
		) AS first
		ORDER BY id`

	if err := conn.SelectContext(ctx, &rows, query); err != nil {
		return nil, fmt.Errorf("read the outbox: %w", err)
	}
	return rows, nil
}

// remove deletes rows that NATS has confirmed. It does so even if ctx has just
// ended, because else they would be published once more.
func remove(ctx context.Context, conn *sqlx.Conn, ids []int64) error {
	if len(ids) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmation)
	defer cancel()
	if _, err := conn.ExecContext(ctx, `DELETE FROM outbox WHERE id = ANY($1)`, pq.Array(ids)); err != nil {
		return fmt.Errorf("empty the outbox: %w", err)
	}
	return nil
}

// publish sends rows and waits for their confirmations. It returns the ids of
// those confirmed, and the first error of the others.
func (r *Relay) publish(ctx context.Context, rows []row) (confirmed []int64, failed error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), confirmation)
	defer cancel()

	acks := make([]jetstream.PubAckFuture, len(rows))
	for i, row := range rows {
		msg := &nats.Msg{Subject: row.Subject, Data: row.Data}
		err := json.Unmarshal(row.Header, &msg.Header)
		if err == nil {
			acks[i], err = r.JetStream.PublishMsgAsync(msg, jetstream.WithExpectStream(events.StreamPortal))
		}
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("publish on %s: %w", row.Subject, err))
			break
		}
	}
	for i, ack := range acks {
		if ack == nil {
			break
		}
		err := wait(ctx, ack)
		if err == nil {
			err = r.forget(ctx, rows[i])
		}
		if err != nil {
			failed = firstOf(failed, fmt.Errorf("publish on %s: %w", rows[i].Subject, err))
			continue
		}
		confirmed = append(confirmed, rows[i].ID)
	}
	return confirmed, failed
}

// forget removes the status history of a service whose tombstone is published:
// a snapshot of the stream must not tell of what is no more.
func (r *Relay) forget(ctx context.Context, row row) error {
	var header nats.Header
	if err := json.Unmarshal(row.Header, &header); err != nil {
		return err
	}
	if header.Get(nats.MsgRollup) == "" { // only a tombstone rolls its subject up
		return nil
	}
	stream, err := r.JetStream.Stream(ctx, events.StreamPortal)
	if err != nil {
		return err
	}
	return stream.Purge(ctx, jetstream.WithPurgeSubject(events.StatusSubject(row.ServiceID)))
}

func wait(ctx context.Context, ack jetstream.PubAckFuture) error {
	select {
	case <-ack.Ok():
		return nil
	case err := <-ack.Err():
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func firstOf(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
