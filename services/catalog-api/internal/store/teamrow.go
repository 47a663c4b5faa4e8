package store

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// teamColumns are those of catalog.Team, by the db tags of its fields.
var teamColumns = append(namesOf(reflect.TypeFor[catalog.Team]()), "on_call")

// selectTeams selects teams; their columns in full, as for services.
var selectTeams = `SELECT ` + strings.Join(teamColumns, ", ") + ` FROM teams `

// teamRow is a row of teams.
type teamRow struct {
	catalog.Team

	NameKey string  `db:"name_key"`
	Plan    *string `db:"on_call"` // as JSON; nil: there is none
}

func newTeamRow(t catalog.Team) (teamRow, error) {
	r := teamRow{Team: t, NameKey: catalog.Key(t.Name)}
	if t.OnCall == nil {
		return r, nil
	}
	plan, err := json.Marshal(t.OnCall)
	if err != nil {
		return r, fmt.Errorf("encode who is on call: %w", err)
	}
	text := string(plan)
	r.Plan = &text
	return r, nil
}

func (r teamRow) team() (catalog.Team, error) {
	t := r.Team
	t.CreatedAt, t.UpdatedAt = t.CreatedAt.UTC(), t.UpdatedAt.UTC()
	if r.Plan == nil {
		return t, nil
	}
	if err := json.Unmarshal([]byte(*r.Plan), &t.OnCall); err != nil {
		return t, fmt.Errorf("who is on call for team %s: %w", t.Slug, err)
	}
	return t, nil
}

// saveTeam writes all that a team has.
func saveTeam(ctx context.Context, tx *sqlx.Tx, t catalog.Team) error {
	update := `UPDATE teams SET ` + assigned(teamColumns) + `, name_key = :name_key WHERE slug = :slug`
	row, err := newTeamRow(t)
	if err != nil {
		return err
	}
	_, err = tx.NamedExecContext(ctx, update, row)
	return domainError(err)
}
