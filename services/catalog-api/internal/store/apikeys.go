package store

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"
	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

const keyColumns = `id, name, hash, role, teams, from_file, created_at, expires_at, last_used_at`

// keyRow is a row of api_keys.
type keyRow struct {
	ID         string         `db:"id"`
	Name       string         `db:"name"`
	NameKey    string         `db:"name_key"`
	Hash       []byte         `db:"hash"`
	Role       string         `db:"role"`
	Teams      pq.StringArray `db:"teams"`
	FromFile   bool           `db:"from_file"`
	CreatedAt  time.Time      `db:"created_at"`
	ExpiresAt  *time.Time     `db:"expires_at"`
	LastUsedAt *time.Time     `db:"last_used_at"`
}

func newKeyRow(k apikey.Key) keyRow {
	row := keyRow{
		ID: k.ID, Name: k.Name, NameKey: catalog.NameKey(k.Name), Hash: k.Hash[:], Role: k.Role.String(),
		Teams: append(pq.StringArray{}, k.Teams...), FromFile: k.FromFile, CreatedAt: k.CreatedAt,
	}
	if !k.ExpiresAt.IsZero() {
		row.ExpiresAt = &k.ExpiresAt
	}
	return row
}

func (r keyRow) key() (apikey.Key, error) {
	role, err := access.ParseRole(r.Role)
	if err != nil {
		return apikey.Key{}, fmt.Errorf("key %s: %w", r.ID, err)
	}
	k := apikey.Key{
		Draft: apikey.Draft{Name: r.Name, Role: role, Teams: append([]string{}, r.Teams...)},
		ID:    r.ID, FromFile: r.FromFile, CreatedAt: r.CreatedAt.UTC(),
	}
	copy(k.Hash[:], r.Hash)
	if r.ExpiresAt != nil {
		k.ExpiresAt = r.ExpiresAt.UTC()
	}
	if r.LastUsedAt != nil {
		k.LastUsedAt = r.LastUsedAt.UTC()
	}
	return k, nil
}

// Keys returns all API keys by name.
func (s *Store) Keys(ctx context.Context) ([]apikey.Key, error) { return keysIn(ctx, s.db) }

func keysIn(ctx context.Context, q sqlx.QueryerContext) ([]apikey.Key, error) {
	var rows []keyRow
	if err := sqlx.SelectContext(ctx, q, &rows, `SELECT `+keyColumns+` FROM api_keys ORDER BY name_key`); err != nil {
		return nil, fmt.Errorf("read the keys: %w", domainError(err))
	}
	list := make([]apikey.Key, len(rows))
	for i, row := range rows {
		var err error
		if list[i], err = row.key(); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// CreateKey adds a key with the secret, of which it keeps the hash.
// Errors: apikey.ErrTooMany, catalog.ErrNameTaken, *catalog.InvalidError, *access.DeniedError.
func (s *Store) CreateKey(ctx context.Context, by access.Actor, draft apikey.Draft, secret apikey.Secret) (apikey.Key, error) {
	if err := by.May(access.ManageKeys); err != nil {
		return apikey.Key{}, err
	}
	key := apikey.Key{Draft: draft.Normal(), Hash: secret.Hash()}
	if err := key.Validate(now()); err != nil {
		return apikey.Key{}, err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) (err error) {
		if err := lockKeys(ctx, tx); err != nil {
			return err
		}
		there, err := keysIn(ctx, tx)
		if err == nil && len(there) >= apikey.MaxKeys {
			err = apikey.ErrTooMany
		}
		if err != nil {
			return err
		}
		key, err = insertKey(ctx, tx, by, key)
		return err
	})
	if err != nil {
		return apikey.Key{}, fmt.Errorf("create key %q: %w", key.Name, err)
	}
	return key, nil
}

// lockKeys lets one transaction at a time change keys, until it ends.
func lockKeys(ctx context.Context, tx *sqlx.Tx) error {
	_, err := tx.ExecContext(ctx, `LOCK TABLE api_keys IN SHARE ROW EXCLUSIVE MODE`)
	return domainError(err)
}

func insertKey(ctx context.Context, tx *sqlx.Tx, by access.Actor, key apikey.Key) (apikey.Key, error) {
	const insert = `INSERT INTO api_keys (id, name, name_key, hash, role, teams, from_file, created_at, expires_at)
		VALUES (:id, :name, :name_key, :hash, :role, :teams, :from_file, :created_at, :expires_at)`

	id, err := uuid.NewV7()
	if err != nil {
		return key, err
	}
	key.ID, key.CreatedAt = id.String(), now()
	if _, err := tx.NamedExecContext(ctx, insert, newKeyRow(key)); err != nil {
		return key, domainError(err)
	}
	return key, recordKey(ctx, tx, by, nil, &key)
}

// RevokeKey removes the key. Errors: apikey.ErrFromFile, catalog.ErrNotFound,
// *access.DeniedError.
func (s *Store) RevokeKey(ctx context.Context, by access.Actor, id string) error {
	if err := by.May(access.ManageKeys); err != nil {
		return err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockKeys(ctx, tx); err != nil {
			return err
		}
		there, err := keysIn(ctx, tx)
		if err != nil {
			return err
		}
		for _, key := range there {
			switch {
			case key.ID != id:
			case key.FromFile:
				return apikey.ErrFromFile
			default:
				return deleteKey(ctx, tx, by, key)
			}
		}
		return ofKind(apikey.Kind, catalog.ErrNotFound)
	})
	if err != nil {
		return fmt.Errorf("revoke key %.40q: %w", id, err)
	}
	return nil
}

func deleteKey(ctx context.Context, tx *sqlx.Tx, by access.Actor, key apikey.Key) error {
	if _, err := tx.ExecContext(ctx, `DELETE FROM api_keys WHERE id = $1`, key.ID); err != nil {
		return domainError(err)
	}
	return recordKey(ctx, tx, by, &key, nil)
}

// SyncKeys makes the keys from the file those of the list. One that is no longer there, or
// not the same, is revoked; so is one of that name that was made otherwise.
func (s *Store) SyncKeys(ctx context.Context, by access.Actor, keys []apikey.Key) error {
	if err := by.May(access.ManageKeys); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if err := lockKeys(ctx, tx); err != nil {
			return err
		}
		there, err := keysIn(ctx, tx)
		if err != nil {
			return err
		}
		wanted := make(map[string]apikey.Key, len(keys)) // by the key of the name
		for _, key := range keys {
			key.FromFile = true
			wanted[catalog.NameKey(key.Name)] = key
		}
		for _, was := range there {
			name := catalog.NameKey(was.Name)
			is, stays := wanted[name]
			switch {
			case stays && was.FromFile && was.Grants(is):
				delete(wanted, name)
			case stays || was.FromFile: // another takes its place, which is added below
				if err := deleteKey(ctx, tx, by, was); err != nil {
					return err
				}
			}
		}
		for _, key := range keys {
			if add, there := wanted[catalog.NameKey(key.Name)]; there {
				if _, err := insertKey(ctx, tx, by, add); err != nil {
					return fmt.Errorf("add key %q: %w", key.Name, err)
				}
			}
		}
		return nil
	})
}

// NoteKeyUse stores when keys were last used, by their ids.
func (s *Store) NoteKeyUse(ctx context.Context, by access.Actor, used map[string]time.Time) error {
	const note = `UPDATE api_keys SET last_used_at = greatest(last_used_at, at)
		FROM unnest($1::uuid[], $2::timestamptz[]) AS used (id, at) WHERE api_keys.id = used.id`

	if err := by.May(access.NoteKeyUse); err != nil {
		return err
	}
	var ids, times pq.StringArray
	for id, at := range used {
		ids, times = append(ids, id), append(times, at.Format(time.RFC3339Nano))
	}
	if _, err := s.bulk.db.ExecContext(ctx, note, ids, times); err != nil {
		return fmt.Errorf("note the use of keys: %w", domainError(err))
	}
	return nil
}

// recordKey records what the actor did to a key. before is nil at its creation, after at
// its end.
func recordKey(ctx context.Context, tx *sqlx.Tx, by access.Actor, before, after *apikey.Key) error {
	key, did := after, access.Created
	if after == nil {
		key, did = before, access.Deleted
	}
	var changes []access.FieldChange
	was, is := keySettings(before), keySettings(after)
	for i, field := range []string{"name", "role", "teams", "expires_at"} {
		if was[i] != nil || is[i] != nil {
			changes = append(changes, access.FieldChange{Field: field, Before: was[i], After: is[i]})
		}
	}
	return record(ctx, tx, by, deed{did, events.Key{Kind: apikey.Kind, ID: key.ID}, key.Name, changes})
}

// keySettings returns a key's fields in the trail; nil: not set.
func keySettings(k *apikey.Key) (fields [4]any) {
	if k == nil {
		return fields
	}
	fields[0], fields[1] = k.Name, k.Role.String()
	if len(k.Teams) > 0 {
		fields[2] = k.Teams
	}
	if !k.ExpiresAt.IsZero() {
		fields[3] = k.ExpiresAt
	}
	return fields
}
