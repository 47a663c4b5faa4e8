package store_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jmoiron/sqlx"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
)

func TestSchemaIsWhatTheMigrationsMake(t *testing.T) {
	text, err := os.ReadFile("schema.sql")
	if err != nil {
		t.Fatal(err)
	}
	read, err := sqlx.Open("postgres", devtest.Database(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = read.Close() })
	exec(t, read, string(text))

	got, want := objects(t, read), objects(t, open(t).DB())
	for _, object := range want {
		if !slices.Contains(got, object) {
			t.Errorf("schema.sql lacks %s", object)
		}
	}
	for _, object := range got {
		if !slices.Contains(want, object) {
			t.Errorf("the migrations do not make %s", object)
		}
	}
	if len(want) < 40 {
		t.Errorf("only %d objects were compared", len(want))
	}
}

// dated is the name of a partition that is made when its time comes.
var dated = regexp.MustCompile(`_\d{8}\b`)

// objects describes columns, constraints, indexes, triggers, functions and options of
// tables, one a line. Comments and white space of functions do not count.
func objects(t *testing.T, db *sqlx.DB) (list []string) {
	t.Helper()
	const query = `
		SELECT concat_ws(' ', 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), 'not null:', a.attnotnull,
				a.attidentity, pg_get_expr(d.adbin, d.adrelid), (SELECT collname FROM pg_collation WHERE oid = a.attcollation))
			FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid LEFT JOIN pg_attrdef d ON d.adrelid = c.oid AND d.adnum = a.attnum
			WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r' AND a.attnum > 0 AND NOT a.attisdropped
		UNION ALL SELECT concat_ws(' ', 'options', relname, reloptions) FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind = 'r'
		UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, pg_get_constraintdef(oid))
			FROM pg_constraint WHERE connamespace = 'public'::regnamespace
		UNION ALL SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public'
		UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
		UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace`

	var all []string
	if err := db.SelectContext(t.Context(), &all, query); err != nil {
		t.Fatal(err)
	}
	for _, object := range all {
		var words []string
		for line := range strings.Lines(object) {
			line, _, _ = strings.Cut(line, " -- ")
			words = append(words, strings.Fields(line)...)
		}
		if object = strings.Join(words, " "); !strings.Contains(object, "goose_db_version") && !dated.MatchString(object) {
			list = append(list, object)
		}
	}
	return list
}
