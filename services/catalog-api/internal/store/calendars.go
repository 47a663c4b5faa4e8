package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// calendarRow is a row of team_calendars.
type calendarRow struct {
	Slug        string     `db:"slug"`
	ReadAt      *time.Time `db:"read_at"`
	Problem     string     `db:"problem"`
	CoversUntil *time.Time `db:"covers_until"`
	Shifts      []byte     `db:"shifts"` // events.Shift, as JSON
}

func (r calendarRow) reading() (oncall.Reading, error) {
	read := oncall.Reading{Problem: r.Problem}
	if r.ReadAt != nil {
		read.ReadAt = r.ReadAt.UTC()
	}
	if r.CoversUntil != nil {
		read.CoversUntil = r.CoversUntil.UTC()
	}
	var shifts []events.Shift
	if err := json.Unmarshal(r.Shifts, &shifts); err != nil {
		return read, fmt.Errorf("shifts of team %s: %w", r.Slug, err)
	}
	for _, s := range shifts {
		from, until := s.From.UTC(), s.Until.UTC()
		read.Shifts = append(read.Shifts, oncall.Shift{Person: oncall.Person{Name: s.Name, Email: oncall.Text(s.Email)}, From: &from, Until: &until})
	}
	return read, nil
}

// Calendars returns what was read of the calendars of these teams, by their slugs. It has none
// of a team whose present calendar was not read yet.
func (s *Store) Calendars(ctx context.Context, slugs []string) (map[string]oncall.Reading, error) {
	const read = `SELECT slug, read_at, problem, covers_until, shifts FROM team_calendars
		JOIN teams USING (slug) WHERE slug = ANY ($1) AND url = calendar_url`
	if len(slugs) == 0 {
		return nil, nil
	}
	var rows []calendarRow
	if err := s.db.SelectContext(ctx, &rows, read, pq.StringArray(slugs)); err != nil {
		return nil, fmt.Errorf("read the calendars of teams: %w", domainError(err))
	}
	readings := make(map[string]oncall.Reading, len(rows))
	for _, r := range rows {
		var err error
		if readings[r.Slug], err = r.reading(); err != nil {
			return nil, err
		}
	}
	return readings, nil
}
