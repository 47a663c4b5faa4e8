// Package outbox carries events from the database to NATS: written in the
// transaction that makes them true, published after it, deleted when NATS has
// confirmed them. NATS being down neither fails a write nor loses an event.
package outbox

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// Source is the CloudEvents source of all that catalog-api says.
const Source = "/dev-portal/catalog-api"

// channel is where Postgres notifies the relay that a transaction with events
// has committed.
const channel = "outbox"

// Add stores events in the caller's transaction and wakes the relay once that
// commits. It takes a Tx and never a DB, so that no event can be stored outside
// the transaction that makes it true. Events of a service are published in the
// order of Add where the caller holds the lock of the service's row.
func Add(ctx context.Context, tx *sqlx.Tx, list ...events.Event) error {
	const insert = `
		INSERT INTO outbox (service_id, subject, header, data)
		VALUES (:service_id, :subject, :header, :data)`

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
		rows[i] = row{ServiceID: e.Entity(), Subject: msg.Subject, Header: header, Data: msg.Data}
	}
	// A statement has at most 65,535 parameters; a row takes four.
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
	ID        int64  `db:"id"`
	ServiceID string `db:"service_id"`
	Subject   string `db:"subject"`
	Header    []byte `db:"header"`
	Data      []byte `db:"data"`
}
