// Package outbox carries events from the database to NATS: written in the
// transaction that makes them true, published after it, deleted when NATS has
// confirmed them. NATS being down neither fails a write nor loses an event.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Source is the CloudEvents source of the events of catalog-api.
const Source = "/dev-portal/catalog-api"

// channel is the Postgres channel that notifies the relay of committed transactions
// with events.
const channel = "outbox"

// Add stores events in the caller's transaction and wakes the relay once that
// commits. It takes a Tx and never a DB, so that no event can be stored outside
// the transaction that makes it true. Events of a key are published in the
// order of Add, provided that the caller holds the lock of the thing's row.
func Add(ctx context.Context, tx *sqlx.Tx, list ...events.Event) error {
	const insert = `
		INSERT INTO outbox (key, subject, header, data, purges)
		VALUES (:key, :subject, :header, :data, :purges)`

	if len(list) == 0 {
		return nil
	}
	rows := make([]row, len(list))
	for i, e := range list {
		msg, err := events.Encode(Source, e)
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		header, err := json.Marshal(msg.Header)
		if err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		rows[i] = row{
			Key: e.Key().String(), Subject: msg.Subject, Header: header, Data: msg.Data,
			Purges: append(pq.StringArray{}, msg.Purges...), // never null
		}
	}
	// A statement has at most 65,535 parameters; a row takes five.
	for len(rows) > 0 {
		n := min(len(rows), 1000)
		if _, err := tx.NamedExecContext(ctx, insert, rows[:n]); err != nil {
			return fmt.Errorf("outbox: %w", err)
		}
		rows = rows[n:]
	}
	if _, err := tx.ExecContext(ctx, `NOTIFY `+channel); err != nil {
		return fmt.Errorf("outbox: %w", err)
	}
	return nil
}

// row is a row of the outbox.
type row struct {
	ID      int64          `db:"id"`
	Key     string         `db:"key"` // of the thing that the event is about
	Subject string         `db:"subject"`
	Header  []byte         `db:"header"`
	Data    []byte         `db:"data"`
	Purges  pq.StringArray `db:"purges"` // subjects to purge once the event is stored
}
