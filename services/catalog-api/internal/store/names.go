package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/pressly/goose/v3"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// ServiceByName returns the service that has the name or, if none has it, the one that had it
// last; else catalog.ErrNotFound.
func (s *Store) ServiceByName(ctx context.Context, name string) (catalog.Service, error) {
	const (
		has = `SELECT id, 1 AS rank, now() AS until FROM services WHERE name_key = $1`
		had = `SELECT s.id, 2, f.until FROM former_names f JOIN services s ON s.id = f.service_id WHERE f.name_key = $1`
	)
	query := `SELECT ` + columns + `, ` + ownNeeds + ` FROM services JOIN (` + has + ` UNION ALL ` + had + `) AS named USING (id) ORDER BY rank, until DESC LIMIT 1`
	if !utf8.ValidString(name) || strings.ContainsRune(name, 0) {
		return catalog.Service{}, ofKind(events.KindService, catalog.ErrNotFound) // Postgres takes no such text
	}
	var r ownRow
	if err := s.db.GetContext(ctx, &r, query, catalog.NameKey(name)); err != nil {
		return catalog.Service{}, fmt.Errorf("service %.40q: %w", name, ofKind(events.KindService, domainError(err)))
	}
	return r.service()
}

// namesMigration is version 13 of the schema: former names are read from the trail, as far as that
// goes back. It is written in Go because Go code computes the keys.
var namesMigration = goose.NewGoMigration(13, &goose.GoFunc{RunTx: addFormerNames}, nil)

func addFormerNames(ctx context.Context, tx *sql.Tx) error {
	const add = `INSERT INTO former_names (name_key, service_id, until) VALUES ($1, $2, $3)
		ON CONFLICT ON CONSTRAINT former_names_pkey DO UPDATE SET until = greatest(former_names.until, excluded.until)`
	found, err := renames(ctx, tx)
	if err != nil {
		return fmt.Errorf("read renames from the trail: %w", err)
	}
	for _, r := range found {
		if _, err := tx.ExecContext(ctx, add, catalog.NameKey(r.before), r.id, r.at); err != nil {
			return fmt.Errorf("add a former name of service %s: %w", r.id, err)
		}
	}
	return nil
}

type rename struct {
	id     string
	before string
	at     time.Time
}

func renames(ctx context.Context, tx *sql.Tx) (found []rename, err error) {
	const query = `SELECT thing_id, change ->> 'before', at
		FROM audit, jsonb_array_elements(CASE jsonb_typeof(changes) WHEN 'array' THEN changes ELSE '[]' END) AS change
		WHERE kind = $1 AND deed = $2 AND change ->> 'field' = 'name' AND change ->> 'before' <> ''`
	rows, err := tx.QueryContext(ctx, query, events.KindService, access.Updated)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var r rename
		if err := rows.Scan(&r.id, &r.before, &r.at); err != nil {
			return nil, err
		}
		found = append(found, r)
	}
	return found, rows.Err()
}
