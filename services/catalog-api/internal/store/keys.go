package store

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/lib/pq"
	"github.com/pressly/goose/v3"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// keys are the columns by which services are found, derived from what people wrote.
type keys struct {
	Name   string         `db:"name_key"`
	Team   string         `db:"team_key"`
	Tags   pq.StringArray `db:"tag_keys"`
	Search string         `db:"search_text"`
}

func newKeys(svc catalog.Service) keys {
	k := keys{
		Name: catalog.NameKey(svc.Name), Team: catalog.Key(svc.Team),
		Tags: make(pq.StringArray, len(svc.Tags)), Search: svc.SearchText(),
	}
	for i, tag := range svc.Tags {
		k.Tags[i] = catalog.Key(tag)
	}
	return k
}

// keysMigration is version 3 of the schema. It is written in Go because Go code
// computes the keys. Names with the same key by the new rules all stay: the oldest
// gets the key itself, and the others the key and a number until they are renamed.
var keysMigration = goose.NewGoMigration(3, &goose.GoFunc{RunTx: addKeys}, nil)

// The defaults are for replicas of the previous version, which still write.
const addKeyColumns = `ALTER TABLE services
	ADD COLUMN team_key text NOT NULL DEFAULT '', ADD COLUMN tag_keys text[] NOT NULL DEFAULT '{}'`

func addKeys(ctx context.Context, tx *sql.Tx) error {
	if _, err := tx.ExecContext(ctx, addKeyColumns); err != nil {
		return fmt.Errorf("add the columns of keys: %w", err)
	}
	found, err := oldestFirst(ctx, tx)
	if err != nil {
		return fmt.Errorf("read what the keys are made from: %w", err)
	}
	// Clear the old keys first: a new key may be the old key of another service.
	if _, err := tx.ExecContext(ctx, `UPDATE services SET name_key = id::text`); err != nil {
		return fmt.Errorf("clear the old keys: %w", err)
	}
	const update = `UPDATE services SET name_key = $2, team_key = $3, tag_keys = $4, search_text = $5 WHERE id = $1`
	taken := make(map[string]bool, len(found))
	for _, svc := range found {
		k := newKeys(svc)
		for n := 2; taken[k.Name]; n++ {
			k.Name = fmt.Sprintf("%s\x1f%d", catalog.NameKey(svc.Name), n)
		}
		taken[k.Name] = true
		if _, err := tx.ExecContext(ctx, update, svc.ID, k.Name, k.Team, k.Tags, k.Search); err != nil {
			return fmt.Errorf("write the keys of service %s: %w", svc.ID, err)
		}
	}
	return nil
}

func oldestFirst(ctx context.Context, tx *sql.Tx) (found []catalog.Service, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT id, name, description, team, tags FROM services ORDER BY created_at, id`)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }() // its error is in Err
	for rows.Next() {
		var svc catalog.Service
		if err := rows.Scan(&svc.ID, &svc.Name, &svc.Description, &svc.Team, (*pq.StringArray)(&svc.Tags)); err != nil {
			return nil, err
		}
		found = append(found, svc)
	}
	return found, rows.Err()
}
