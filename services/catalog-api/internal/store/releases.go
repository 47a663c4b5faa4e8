package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/outbox"
)

const (
	// maxReleases is how many releases of a service are kept.
	maxReleases = 50
	// releaseNews is for how long a release is news: one that is found later, as after an
	// outage, is stored without an event.
	releaseNews = 24 * time.Hour
)

// releaseRow is a row of releases.
type releaseRow struct {
	catalog.Release

	Tree []byte `db:"notes"` // the notes, as JSON
}

// newReleaseRows returns the rows of what was found, with the notes parsed.
func newReleaseRows(found events.ReleasesFound) (rows []releaseRow, err error) {
	for _, r := range found.Releases {
		row := releaseRow{Release: catalog.Release{
			ServiceID: found.ServiceID, Tag: r.Tag, Title: r.Title, URL: r.URL, Author: r.Author, PublishedAt: r.PublishedAt, Prerelease: r.Prerelease, NotesCut: r.NotesCut,
		}}
		if row.Tree, err = json.Marshal(append([]notes.Node{}, notes.Parse(r.Notes)...)); err != nil { // never null
			return nil, err
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// release returns the release; without a tree it has no notes.
func (r releaseRow) release() (catalog.Release, error) {
	release := r.Release
	release.PublishedAt = release.PublishedAt.UTC()
	if r.Tree == nil {
		return release, nil
	}
	if err := json.Unmarshal(r.Tree, &release.Notes); err != nil {
		return release, fmt.Errorf("notes of release %.40q: %w", r.Tag, err)
	}
	return release, nil
}

// releaseSource is a row of release_sources.
type releaseSource struct {
	ServiceID string                `db:"service_id"`
	GitHubURL string                `db:"github_url"`
	CheckedAt time.Time             `db:"checked_at"`
	Problem   events.ReleaseProblem `db:"problem"`
	Read      bool                  `db:"read"`
}

// ApplyReleases stores what a forge said, and adds an event for each release that is new. It
// returns false, and changes nothing, if the service is gone or links elsewhere, or if what is
// stored is newer. Applied twice, it changes nothing more. Releases that the forge has no more
// are removed, and none is when it could not be read.
func (s *Store) ApplyReleases(ctx context.Context, by access.Actor, found events.ReleasesFound) (applied bool, err error) {
	if err := by.May(access.StoreFetched); err != nil {
		return false, err
	}
	rows, err := newReleaseRows(found) // before anything is locked: it may take a while
	if err != nil {
		return false, fmt.Errorf("releases of service %.40q: %w", found.ServiceID, err)
	}
	// A fetcher whose clock was ahead must not keep out its own later answers.
	if at := now(); found.CheckedAt.After(at) {
		found.CheckedAt = at
	}
	err = s.bulk.inTx(ctx, func(tx *sqlx.Tx) error {
		svc, err := byID(ctx, tx, found.ServiceID, "FOR UPDATE")
		if err != nil || svc.GitHubURL != found.GitHubURL {
			return ignoreNotFound(err)
		}
		source, err := releaseSourceOf(ctx, tx, svc)
		if err != nil || found.CheckedAt.Before(source.CheckedAt) {
			return err
		}
		applied = true
		if err := saveSource(ctx, tx, source, found); err != nil || found.Problem != "" {
			return err
		}
		fresh, err := saveReleases(ctx, tx, found, rows)
		if err != nil || !source.Read {
			return err
		}
		return outbox.Add(ctx, tx, published(svc, found, fresh)...)
	})
	if err != nil {
		return false, fmt.Errorf("releases of service %.40q: %w", found.ServiceID, domainError(err))
	}
	return applied, nil
}

// releaseSourceOf returns what is known of the repository that the service links to. What is
// of an earlier link is removed.
func releaseSourceOf(ctx context.Context, tx *sqlx.Tx, svc catalog.Service) (releaseSource, error) {
	const read = `SELECT service_id, github_url, checked_at, problem, read FROM release_sources WHERE service_id = $1`
	const forget = `DELETE FROM releases WHERE service_id = $1`

	var source releaseSource
	err := domainError(tx.GetContext(ctx, &source, read, svc.ID))
	if errors.Is(err, catalog.ErrNotFound) || err == nil && source.GitHubURL != svc.GitHubURL {
		_, err = tx.ExecContext(ctx, forget, svc.ID)
		source = releaseSource{ServiceID: svc.ID, GitHubURL: svc.GitHubURL}
	}
	return source, err
}

func saveSource(ctx context.Context, tx *sqlx.Tx, source releaseSource, found events.ReleasesFound) error {
	const save = `INSERT INTO release_sources (service_id, github_url, checked_at, problem, read)
		VALUES (:service_id, :github_url, :checked_at, :problem, :read)
		ON CONFLICT (service_id) DO UPDATE SET github_url = EXCLUDED.github_url, checked_at = EXCLUDED.checked_at,
			problem = EXCLUDED.problem, read = EXCLUDED.read`

	source.CheckedAt, source.Problem = found.CheckedAt, found.Problem
	source.Read = source.Read || found.Problem == ""
	_, err := tx.NamedExecContext(ctx, save, source)
	return err
}

// saveReleases makes the table what was found, and returns the tags that are new in it.
func saveReleases(ctx context.Context, tx *sqlx.Tx, found events.ReleasesFound, rows []releaseRow) (fresh []string, err error) {
	const (
		known = `SELECT tag FROM releases WHERE service_id = $1`
		// The list says nothing of releases that are older than its oldest, unless it is complete.
		withdraw = `DELETE FROM releases WHERE service_id = $1 AND NOT tag = ANY ($2) AND ($3::timestamptz IS NULL OR published_at > $3)`
		save     = `INSERT INTO releases (service_id, tag, title, url, author, published_at, prerelease, notes, notes_cut)
			VALUES (:service_id, :tag, :title, :url, :author, :published_at, :prerelease, :notes, :notes_cut)
			ON CONFLICT (service_id, tag) DO UPDATE SET title = EXCLUDED.title, url = EXCLUDED.url, author = EXCLUDED.author,
				published_at = EXCLUDED.published_at, prerelease = EXCLUDED.prerelease, notes = EXCLUDED.notes, notes_cut = EXCLUDED.notes_cut`
		trim = `DELETE FROM releases WHERE service_id = $1 AND tag IN
			(SELECT tag FROM releases WHERE service_id = $1 ORDER BY published_at DESC, tag DESC OFFSET $2)`
	)
	var before []string
	if err := tx.SelectContext(ctx, &before, known, found.ServiceID); err != nil {
		return nil, err
	}
	tags := make(pq.StringArray, len(rows))
	var oldest *time.Time
	for i, r := range rows {
		tags[i] = r.Tag
		if !found.Complete && (oldest == nil || r.PublishedAt.Before(*oldest)) {
			oldest = &r.PublishedAt
		}
		if !slices.Contains(before, r.Tag) {
			fresh = append(fresh, r.Tag)
		}
	}
	if found.Complete || len(rows) > 0 {
		if _, err := tx.ExecContext(ctx, withdraw, found.ServiceID, tags, oldest); err != nil {
			return nil, err
		}
	}
	if len(rows) > 0 {
		if _, err := tx.NamedExecContext(ctx, save, rows); err != nil {
			return nil, err
		}
	}
	_, err = tx.ExecContext(ctx, trim, found.ServiceID, maxReleases)
	return fresh, err
}

// published returns the events of those of the fresh releases that are news, the oldest first.
func published(svc catalog.Service, found events.ReleasesFound, fresh []string) (list []events.Event) {
	for _, r := range slices.Backward(found.Releases) {
		if !slices.Contains(fresh, r.Tag) || found.CheckedAt.Sub(r.PublishedAt) > releaseNews {
			continue
		}
		list = append(list, events.ReleasePublished{
			ServiceID: svc.ID, Name: svc.Name, Team: svc.Team, Tag: r.Tag, Title: r.Title, URL: r.URL, Author: r.Author,
			PublishedAt: r.PublishedAt, Prerelease: r.Prerelease, Repository: svc.GitHubURL,
		})
	}
	return list
}

// Releases returns the newest releases of a service, limit at most, and what is known of their
// repository. Its error is catalog.ErrNotFound if there is no such service.
func (s *Store) Releases(ctx context.Context, id string, limit int) (catalog.Releases, error) {
	const query = `SELECT tag, title, url, author, published_at, prerelease, notes, notes_cut
		FROM releases WHERE service_id = $1 ORDER BY published_at DESC, tag DESC LIMIT $2`

	list := catalog.Releases{Items: []catalog.Release{}}
	err := s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		svc, err := byID(ctx, tx, id, "")
		if err != nil {
			return err
		}
		list.Repository = svc.GitHubURL
		var source releaseSource
		err = tx.GetContext(ctx, &source,
			`SELECT checked_at, problem FROM release_sources WHERE service_id = $1 AND github_url = $2`, id, svc.GitHubURL)
		if err = domainError(err); err != nil {
			return ignoreNotFound(err) // nobody has looked there yet
		}
		list.CheckedAt, list.Problem = source.CheckedAt.UTC(), source.Problem
		var rows []releaseRow
		if err := tx.SelectContext(ctx, &rows, query, id, limit); err != nil {
			return domainError(err)
		}
		list.Items, err = releasesOf(rows)
		return err
	})
	if err != nil {
		return list, fmt.Errorf("releases of service %.40q: %w", id, err)
	}
	return list, nil
}

// releasesRevision is the number of repositories that were read, and the sum of the transactions that
// noted it last. Each reading adds a later transaction, so no other state of the table has both.
const releasesRevision = `SELECT count(*) || ' ' || coalesce(sum(xmin::text::bigint), 0) FROM release_sources`

// ReleasesRevision returns a text that is another one whenever releases were read anew. It is cheap.
func (s *Store) ReleasesRevision(ctx context.Context) (revision string, err error) {
	if err := s.db.GetContext(ctx, &revision, releasesRevision); err != nil {
		return "", fmt.Errorf("have releases been read: %w", domainError(err))
	}
	return revision, nil
}

// NewestReleases returns the newest release of each service that has one, by the service's id, and
// the revision of that.
func (s *Store) NewestReleases(ctx context.Context) (newest map[string]catalog.NewestRelease, revision string, err error) {
	const query = `SELECT service_id, github_url, published_at FROM release_sources source CROSS JOIN LATERAL
		(SELECT published_at FROM releases r WHERE r.service_id = source.service_id ORDER BY published_at DESC LIMIT 1) AS newest`

	err = s.inSnapshot(ctx, func(tx *sqlx.Tx) error {
		var rows []struct {
			ServiceID string `db:"service_id"`
			catalog.NewestRelease
		}
		if err := tx.GetContext(ctx, &revision, releasesRevision); err != nil {
			return err
		}
		if err := tx.SelectContext(ctx, &rows, query); err != nil {
			return err
		}
		newest = make(map[string]catalog.NewestRelease, len(rows))
		for _, r := range rows {
			newest[r.ServiceID] = r.NewestRelease
		}
		return nil
	})
	if err != nil {
		return nil, "", fmt.Errorf("newest releases: %w", domainError(err))
	}
	return newest, revision, nil
}

// ReleasesBetween returns the releases of services in a time, the newest first, limit at most,
// without their notes; also of services that are gone.
func (s *Store) ReleasesBetween(ctx context.Context, ids []string, from, before time.Time, limit int) ([]catalog.Release, error) {
	const query = `SELECT released.* FROM unnest($1::uuid[]) AS of (id) CROSS JOIN LATERAL (
			SELECT service_id, tag, title, r.url, author, published_at, prerelease
			FROM releases r JOIN release_sources USING (service_id) LEFT JOIN services s ON s.id = service_id
			WHERE service_id = of.id AND published_at >= $2 AND published_at < $3 AND (s.id IS NULL OR s.github_url = release_sources.github_url)
			ORDER BY published_at DESC, tag DESC LIMIT $4
		) AS released ORDER BY published_at DESC, tag DESC LIMIT $4`

	var rows []releaseRow
	if err := s.db.SelectContext(ctx, &rows, query, pq.StringArray(ids), from, before, limit); err != nil {
		return nil, fmt.Errorf("releases of %d services: %w", len(ids), domainError(err))
	}
	return releasesOf(rows)
}

func releasesOf(rows []releaseRow) ([]catalog.Release, error) {
	list := make([]catalog.Release, len(rows))
	for i, r := range rows {
		var err error
		if list[i], err = r.release(); err != nil {
			return nil, err
		}
	}
	return list, nil
}
