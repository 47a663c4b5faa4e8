package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// KindSettings is the kind of thing that the portal's settings are in the trail.
const KindSettings events.Kind = "settings"

// NoteSettings compares the settings with which the portal runs with those of before, and
// records what changed. Settings are not secret; "" counts as not set.
func (s *Store) NoteSettings(ctx context.Context, by access.Actor, settings map[string]string) error {
	const (
		lock   = `LOCK TABLE settings IN SHARE ROW EXCLUSIVE MODE` // replicas start together
		remove = `DELETE FROM settings`
		insert = `INSERT INTO settings (name, value) SELECT * FROM unnest($1::text[], $2::text[])`
	)
	if err := by.May(access.NoteSettings); err != nil {
		return err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, lock); err != nil {
			return domainError(err)
		}
		var rows []struct{ Name, Value string }
		if err := tx.SelectContext(ctx, &rows, `SELECT name, value FROM settings`); err != nil {
			return domainError(err)
		}
		before := make(map[string]string, len(rows))
		for _, row := range rows {
			before[row.Name] = row.Value
		}
		changes := settingChanges(before, settings)
		if len(changes) == 0 {
			return nil
		}
		if _, err := tx.ExecContext(ctx, remove); err != nil {
			return domainError(err)
		}
		var names, values pq.StringArray
		for name, value := range settings {
			names, values = append(names, name), append(values, value)
		}
		if _, err := tx.ExecContext(ctx, insert, names, values); err != nil {
			return domainError(err)
		}
		did := access.Updated
		if len(before) == 0 {
			did = access.Created
		}
		return record(ctx, tx, by, deed{did, events.Key{Kind: KindSettings, ID: "portal"}, "Settings", changes})
	})
	if err != nil {
		return fmt.Errorf("note the settings: %w", err)
	}
	return nil
}

// settingChanges returns what differs, by name.
func settingChanges(before, after map[string]string) (changes []access.FieldChange) {
	all := maps.Clone(before)
	maps.Copy(all, after)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if before[name] != after[name] {
			changes = append(changes, access.FieldChange{Field: name, Before: unlessUnset(before[name]), After: unlessUnset(after[name])})
		}
	}
	return changes
}

func unlessUnset(value string) any {
	if value == "" {
		return nil
	}
	return value
}
