package store

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/lib/pq"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// List returns the services that pass the filter, by name whatever its case.
func (s *Store) List(ctx context.Context, f catalog.Filter) ([]catalog.Listed, error) {
	q := query(f)
	if q.empty {
		return nil, nil
	}
	list, err := listed(ctx, s.db, strings.Join(append(q.conditions, `true`), ` AND `)+` ORDER BY name_key`, q.args...)
	if err != nil {
		return nil, fmt.Errorf("list services: %w", domainError(err))
	}
	return list, nil
}

// listQuery is a filter in SQL.
type listQuery struct {
	conditions []string
	args       []any
	empty      bool // nothing can pass
}

func query(f catalog.Filter) *listQuery {
	q := &listQuery{}
	if len(f.Query) > 0 {
		var either []string
		for _, text := range storable(f.Query) {
			either = append(either, q.words(catalog.Words(text)))
		}
		q.and(len(either) > 0, `(`+strings.Join(either, ` OR `)+`)`)
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
	return q
}

// words is the condition that all of them are in a service's text.
func (q *listQuery) words(words []string) string {
	all := []string{`true`}
	for _, word := range words {
		all = append(all, `strpos(search_text, `+q.arg(word)+`) > 0`)
	}
	return `(` + strings.Join(all, ` AND `) + `)`
}

// oneOf adds a condition of those asked for that can be there at all.
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

// storable leaves out what no text in Postgres can be, so that it matches nothing.
func storable(texts []string) (kept []string) {
	for _, text := range texts {
		if utf8.ValidString(text) && !strings.ContainsRune(text, 0) {
			kept = append(kept, text)
		}
	}
	return kept
}

// keysOf leaves out also what has no key: a service without a team has none either.
func keysOf(texts []string) (keys []string) {
	for _, text := range storable(texts) {
		if key := catalog.Key(text); key != "" {
			keys = append(keys, key)
		}
	}
	return keys
}
