package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/jmoiron/sqlx"
	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// ListServices returns the services that pass the filter, by name regardless of case.
func (s *Store) ListServices(ctx context.Context, f catalog.Filter) ([]catalog.Listed, error) {
	q := newListQuery(f)
	if q.empty {
		return nil, nil
	}
	var list []catalog.Listed
	err := s.inSnapshot(ctx, func(tx *sqlx.Tx) (err error) {
		list, err = listed(ctx, tx, strings.Join(append(q.conditions, `true`), ` AND `)+` ORDER BY name_key`, q.args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list services: %w", domainError(err))
	}
	return list, nil
}

// listQuery is a filter in SQL.
type listQuery struct {
	conditions []string
	args       []any
	empty      bool // no service can pass
}

func newListQuery(f catalog.Filter) *listQuery {
	q := &listQuery{}
	if len(f.Query) > 0 {
		var alternatives []string
		for _, text := range validTexts(f.Query) {
			alternatives = append(alternatives, q.words(catalog.Words(text)))
		}
		q.and(len(alternatives) > 0, `(`+strings.Join(alternatives, ` OR `)+`)`)
	}
	q.oneOf(`team_key = ANY(%s)`, f.Team, keysOf(f.Team))
	q.oneOf(`tag_keys && %s`, f.Tag, keysOf(f.Tag))
	if len(f.Status) > 0 {
		q.conditions = append(q.conditions, `status = ANY(`+q.arg(pq.Array(f.Status))+`)`)
	}
	var ids []string
	for _, id := range f.IDs {
		if isID(id) {
			ids = append(ids, id)
		}
	}
	q.oneOf(`id = ANY(%s)`, f.IDs, ids)
	q.needs(f.Needs)
	return q
}

// needs adds the condition that a service needs one of those with the ids or names. One that is
// gone is found by its id alone.
func (q *listQuery) needs(asked []string) {
	if len(asked) == 0 {
		return
	}
	var ids, names pq.StringArray
	for _, one := range validTexts(asked) {
		if isID(one) {
			ids = append(ids, one)
		}
		names = append(names, catalog.NameKey(one))
	}
	q.and(len(names) > 0, fmt.Sprintf(`id IN (SELECT service_id FROM dependencies WHERE needs_id = ANY (%s)
		OR needs_id IN (SELECT id FROM services WHERE name_key = ANY (%s)))`, q.arg(ids), q.arg(names)))
}

// words returns the condition that a service's text contains all of the words.
func (q *listQuery) words(words []string) string {
	all := []string{`true`}
	for _, word := range words {
		all = append(all, `strpos(search_text, `+q.arg(word)+`) > 0`)
	}
	return `(` + strings.Join(all, ` AND `) + `)`
}

// oneOf adds a condition on possible, those of the values asked for that can exist.
func (q *listQuery) oneOf(condition string, asked, possible []string) {
	if len(asked) > 0 {
		q.and(len(possible) > 0, fmt.Sprintf(condition, q.arg(pq.StringArray(possible))))
	}
}

func (q *listQuery) and(possible bool, condition string) {
	q.conditions = append(q.conditions, condition)
	q.empty = q.empty || !possible
}

func (q *listQuery) arg(value any) string {
	q.args = append(q.args, value)
	return `$` + strconv.Itoa(len(q.args))
}

// validTexts drops what Postgres cannot store as text, so that it matches nothing.
func validTexts(texts []string) (kept []string) {
	for _, text := range texts {
		if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
			kept = append(kept, text)
		}
	}
	return kept
}

// keysOf returns the keys of texts. It drops empty ones: they are also the keys of
// services without a team.
func keysOf(texts []string) (keys []string) {
	for _, text := range validTexts(texts) {
		if key := catalog.Key(text); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
