package store

import (
	"context"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/history"
)

// keepPiece moves the results that a service's row has to table probes, where they have the
// interval that the service has now.
const keepPiece = `
	WITH piece AS (
		SELECT id, measured_at, probe_interval, measured FROM services WHERE id = ANY($1) AND measured <> '' ORDER BY id FOR UPDATE
	), kept AS (
		INSERT INTO probes (service_id, at, interval, data) SELECT * FROM piece ON CONFLICT (service_id, at) DO NOTHING
	)
	UPDATE services s SET measured = '' FROM piece WHERE s.id = piece.id`

// endPiece notes that from now on nobody looks at what was probed so far.
var endPiece = `
	WITH ended AS (
		UPDATE services SET measured_at = $2::timestamptz WHERE id = $1 AND measured_at < $2::timestamptz
		RETURNING id, measured_at, probe_interval
	)
	INSERT INTO probes (service_id, at, interval, data)
	SELECT id, measured_at, probe_interval, ` + pieceTime("measured_at", "0") + ` || $3::bytea FROM ended`

// leaveProbes ends what the results of a service so far say of it: from then on it is no
// more, or has another health URL. Its row must be locked.
func leaveProbes(ctx context.Context, tx *sqlx.Tx, id string, at time.Time) error {
	if err := closeProbes(ctx, tx, id); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, endPiece, id, at, history.EndOfLook)
	return domainError(err)
}

// closeProbes ends the piece of results that a service's row has, as the next one will have
// another interval.
func closeProbes(ctx context.Context, tx *sqlx.Tx, ids ...string) error {
	_, err := tx.ExecContext(ctx, keepPiece, pq.StringArray(ids))
	return domainError(err)
}
