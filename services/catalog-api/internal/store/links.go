package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// recheck is when a link with a problem is checked again, if it is not due before.
const recheck = 24 * time.Hour

// NoteLinks stores what became of links. What is stored already from a later check stays.
func (s *Store) NoteLinks(ctx context.Context, by access.Actor, checked []events.LinkChecked) error {
	const upsert = `INSERT INTO links AS known (digest, checked_at, problem, http_status, failures)
			SELECT digest, at, problem, status, CASE WHEN problem = '' THEN 0 ELSE 1 END
			FROM unnest($1::bytea[], $2::timestamptz[], $3::text[], $4::integer[]) AS c (digest, at, problem, status)
		ON CONFLICT ON CONSTRAINT links_pkey DO UPDATE SET checked_at = excluded.checked_at, problem = excluded.problem, http_status = excluded.http_status,
			failures = CASE WHEN excluded.problem = '' THEN 0 ELSE known.failures + 1 END
		WHERE excluded.checked_at > known.checked_at`
	if err := by.May(access.StoreFetched); err != nil {
		return err
	}
	var (
		digests         pq.ByteaArray
		times, problems pq.StringArray
		statuses        pq.Int64Array
		at, seen        = now(), map[catalog.LinkDigest]bool{}
	)
	for _, c := range checked {
		digest := catalog.DigestOf(c.URL)
		if seen[digest] {
			continue
		}
		seen[digest] = true
		if c.CheckedAt.After(at) { // a fetcher whose clock was ahead must not keep out its own later checks
			c.CheckedAt = at
		}
		digests, times = append(digests, digest[:]), append(times, c.CheckedAt.Format(time.RFC3339Nano))
		problems, statuses = append(problems, string(c.Problem)), append(statuses, int64(c.HTTPStatus))
	}
	if len(digests) == 0 {
		return nil
	}
	if _, err := s.bulk.db.ExecContext(ctx, upsert, digests, times, problems, statuses); err != nil {
		return fmt.Errorf("store what became of %d links: %w", len(digests), domainError(err))
	}
	return nil
}

// DueLinks returns links of services that were not checked for a time, or never, at most limit:
// in an order in which those of one host are spread.
func (s *Store) DueLinks(ctx context.Context, by access.Actor, every time.Duration, limit int) (due []string, err error) {
	const query = `SELECT url FROM (
			SELECT DISTINCT l.url, sha256(convert_to(l.url, 'UTF8')) AS digest
			FROM services CROSS JOIN LATERAL (VALUES (docs_url), (github_url), (dashboard_url)) AS l (url) WHERE l.url <> ''
		) AS linked LEFT JOIN links known USING (digest)
		WHERE known.digest IS NULL OR known.checked_at < CASE WHEN known.problem = '' THEN $1::timestamptz ELSE greatest($1, $2) END
		ORDER BY known.checked_at NULLS FIRST, digest LIMIT $3`
	if err := by.May(access.StoreFetched); err != nil {
		return nil, err
	}
	at := now()
	if err := s.bulk.db.SelectContext(ctx, &due, query, at.Add(-every), at.Add(-recheck), limit); err != nil {
		return nil, fmt.Errorf("find the links to check: %w", domainError(err))
	}
	return due, nil
}

// linksRevision is another text whenever links were checked. It is cheap.
const linksRevision = `SELECT count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) FROM links`

// LinksRevision returns a text that is another one whenever links were checked.
func (s *Store) LinksRevision(ctx context.Context) (revision string, err error) {
	if err := s.db.GetContext(ctx, &revision, linksRevision); err != nil {
		return "", fmt.Errorf("have links been checked: %w", domainError(err))
	}
	return revision, nil
}

// Links returns what became of the links that were checked, by their keys, and the revision of that.
func (s *Store) Links(ctx context.Context) (links map[catalog.LinkDigest]catalog.Link, revision string, err error) {
	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		var rows []struct {
			Digest []byte
			catalog.Link
		}
		if err := tx.GetContext(ctx, &revision, linksRevision); err != nil {
			return err
		}
		if err := tx.SelectContext(ctx, &rows, `SELECT digest, checked_at, problem, http_status, failures FROM links`); err != nil {
			return err
		}
		links = make(map[catalog.LinkDigest]catalog.Link, len(rows))
		for _, r := range rows {
			links[catalog.LinkDigest(r.Digest)] = r.Link
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("read what became of links: %w", domainError(err))
	}
	return links, revision, nil
}

// PurgeLinks removes what became of links that were checked last before a time: no service has
// them any more. It returns how many.
func (s *Store) PurgeLinks(ctx context.Context, by access.Actor, before time.Time) (int, error) {
	const old = `DELETE FROM links WHERE digest IN (SELECT digest FROM links WHERE checked_at < $1 LIMIT 5000)`
	return s.purge(ctx, by, access.PurgeTrash, old, before)
}
