package store

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// BeginSession adds a session of the actor, and an entry to the trail.
func (s *Store) BeginSession(ctx context.Context, by access.Actor, row signin.Row) error {
	const insert = `INSERT INTO sessions (token, data, expires_at) VALUES ($1, $2, $3)`

	if err := by.May(access.SignIn); err != nil {
		return err
	}
	return s.inTx(ctx, func(tx *sqlx.Tx) error {
		if _, err := tx.ExecContext(ctx, insert, row.Token[:], row.Data, row.ExpiresAt); err != nil {
			return domainError(err)
		}
		return record(ctx, tx, by, deed{did: access.SignedIn, thing: identityOf(by.Kind, by.ID), name: by.Name})
	})
}

// identityOf returns the thing that somebody who signs in is in the trail.
func identityOf(kind access.ActorKind, id string) events.Key {
	if kind == access.Key {
		return events.Key{Kind: apikey.Kind, ID: id}
	}
	return events.Key{Kind: signin.Kind, ID: id}
}

// Session returns the data of a session that has not expired; nil: there is none.
func (s *Store) Session(ctx context.Context, token signin.Hash) (data []byte, expiresAt time.Time, err error) {
	const find = `SELECT data, expires_at FROM sessions WHERE token = $1 AND expires_at > $2`

	err = s.db.QueryRowxContext(ctx, find, token[:], now()).Scan(&data, &expiresAt)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, time.Time{}, nil
	}
	if err != nil {
		return nil, time.Time{}, fmt.Errorf("read a session: %w", domainError(err))
	}
	return data, expiresAt.UTC(), nil
}

// SessionVersions returns the versions of those that are there.
func (s *Store) SessionVersions(ctx context.Context, tokens []signin.Hash) (map[signin.Hash]int64, error) {
	const find = `SELECT token, version FROM sessions WHERE token = ANY($1)`

	var rows []struct {
		Token   []byte `db:"token"`
		Version int64  `db:"version"`
	}
	if err := s.db.SelectContext(ctx, &rows, find, bytesOf(tokens)); err != nil {
		return nil, fmt.Errorf("read the versions of sessions: %w", domainError(err))
	}
	versions := make(map[signin.Hash]int64, len(rows))
	for _, row := range rows {
		versions[signin.Hash(row.Token)] = row.Version
	}
	return versions, nil
}

func bytesOf(tokens []signin.Hash) pq.ByteaArray {
	list := make(pq.ByteaArray, len(tokens))
	for i := range tokens {
		list[i] = tokens[i][:]
	}
	return list
}

// ClaimSession lets one replica check a session of that version; until then the others wait.
func (s *Store) ClaimSession(ctx context.Context, by access.Actor, token signin.Hash, version int64, until time.Time) (claimed bool, err error) {
	const claim = `UPDATE sessions SET checking_until = $3 WHERE token = $1 AND version = $2 AND coalesce(checking_until <= $4, true)`

	if err := by.May(access.KeepSessions); err != nil {
		return false, err
	}
	done, err := s.db.ExecContext(ctx, claim, token[:], version, until, now())
	if err != nil {
		return false, fmt.Errorf("claim a session: %w", domainError(err))
	}
	n, err := done.RowsAffected()
	return n > 0, err
}

// ChangeSession replaces the data of a session that is still there.
func (s *Store) ChangeSession(ctx context.Context, by access.Actor, token signin.Hash, data []byte) error {
	const change = `UPDATE sessions SET data = $2, checking_until = NULL WHERE token = $1`

	if err := by.May(access.KeepSessions); err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, change, token[:], data); err != nil {
		return fmt.Errorf("change a session: %w", domainError(err))
	}
	return nil
}

// TouchSessions stores until when sessions last.
func (s *Store) TouchSessions(ctx context.Context, by access.Actor, until map[signin.Hash]time.Time) error {
	const touch = `UPDATE sessions SET expires_at = greatest(expires_at, at)
		FROM unnest($1::bytea[], $2::timestamptz[]) AS used (token, at) WHERE sessions.token = used.token`

	if err := by.May(access.KeepSessions); err != nil {
		return err
	}
	tokens, times := make([]signin.Hash, 0, len(until)), make(pq.StringArray, 0, len(until))
	for token, at := range until {
		tokens, times = append(tokens, token), append(times, at.Format(time.RFC3339Nano))
	}
	if _, err := s.bulk.db.ExecContext(ctx, touch, bytesOf(tokens), times); err != nil {
		return fmt.Errorf("note the use of sessions: %w", domainError(err))
	}
	return nil
}

// EndSessions removes a session, or with everywhere all of the same person or key, and adds an
// entry to the trail. Without the session it does nothing.
func (s *Store) EndSessions(ctx context.Context, by access.Actor, token signin.Hash, everywhere bool) error {
	const (
		end   = `DELETE FROM sessions WHERE token = $1 RETURNING data`
		endTo = `DELETE FROM sessions WHERE who = $1`
	)
	if err := by.May(access.SignIn); err != nil {
		return err
	}
	err := s.inTx(ctx, func(tx *sqlx.Tx) error {
		var data []byte
		if err := tx.QueryRowxContext(ctx, end, token[:]).Scan(&data); errors.Is(err, sql.ErrNoRows) {
			return nil
		} else if err != nil {
			return domainError(err)
		}
		var was struct {
			Session signin.Session `json:"session"`
		}
		if err := json.Unmarshal(data, &was); err != nil {
			return fmt.Errorf("read a session that ends: %w", err)
		}
		if everywhere {
			if _, err := tx.ExecContext(ctx, endTo, was.Session.Who); err != nil {
				return domainError(err)
			}
		}
		thing, name := identityOf(access.Person, was.Session.Person.ID), was.Session.Person.Name
		if was.Session.Key != "" {
			thing, name = identityOf(access.Key, was.Session.Key), ""
		}
		return record(ctx, tx, by, deed{did: access.SignedOut, thing: thing, name: cmp.Or(name, by.Name)})
	})
	if err != nil {
		return fmt.Errorf("end a session: %w", err)
	}
	return nil
}

// PurgeSessions removes sessions that expired before that time, some thousands at most, and
// returns how many.
func (s *Store) PurgeSessions(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const expired = `DELETE FROM sessions WHERE token IN (SELECT token FROM sessions WHERE expires_at < $1 LIMIT 5000)`
	return s.purge(ctx, by, access.PurgeSessions, expired, before)
}
