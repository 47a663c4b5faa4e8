package catalog_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// The services that these tests know, by their names.
var known = map[string]string{
	"db": "019a0000-0000-7000-8000-0000000000d1", "mail": "019a0000-0000-7000-8000-0000000000d2",
}

const goneID = "019a0000-0000-7000-8000-0000000000d9"

func hard(name string) catalog.Dependency {
	return catalog.Dependency{ID: known[name], Name: name, Kind: events.DependencyHard}
}

// needed knows those that are known, and what the service needs already.
func needed(present ...catalog.Dependency) catalog.Needed {
	n := catalog.Needed{ByID: map[string]string{}, ByName: map[string]catalog.Dependency{}, Present: present}
	for name, id := range known {
		n.ByID[id], n.ByName[catalog.NameKey(name)] = name, catalog.Dependency{ID: id, Name: name}
	}
	return n
}

// fields returns the fields that an error names.
func fields(err error) (names []string) {
	invalid, _ := errors.AsType[*catalog.InvalidError](err)
	if invalid == nil {
		return nil
	}
	for _, f := range invalid.Fields {
		names = append(names, f.Field)
	}
	return names
}

func TestDependenciesAreValidated(t *testing.T) {
	many := func(n int) (list []catalog.Dependency) {
		for i := range n {
			list = append(list, catalog.Dependency{Name: fmt.Sprint("service ", i)})
		}
		return list
	}
	own := service(catalog.Change{}).ID
	for name, tc := range map[string]struct {
		list []catalog.Dependency
		want []string // the fields that are named
	}{
		"none":                      {nil, nil},
		"by name":                   {[]catalog.Dependency{{Name: "db"}}, nil},
		"by id":                     {[]catalog.Dependency{{ID: known["db"], Kind: "soft", Note: "invoices"}}, nil},
		"100":                       {many(100), nil},
		"101":                       {many(101), []string{"depends_on"}},
		"neither id nor name":       {[]catalog.Dependency{{Name: "db"}, {Name: " "}}, []string{"depends_on[1]"}},
		"an id that is none":        {[]catalog.Dependency{{ID: "db"}}, []string{"depends_on[0]"}},
		"itself":                    {[]catalog.Dependency{{ID: own}}, []string{"depends_on[0]"}},
		"itself, in capitals":       {[]catalog.Dependency{{ID: strings.ToUpper(own)}}, []string{"depends_on[0]"}},
		"itself by name":            {[]catalog.Dependency{{Name: "BILLING"}}, []string{"depends_on[0]"}},
		"twice by id":               {[]catalog.Dependency{{ID: known["db"]}, {Name: "a"}, {ID: strings.ToUpper(known["db"])}}, []string{"depends_on[2]"}},
		"twice by name":             {[]catalog.Dependency{{Name: "db"}, {Name: " DB"}}, []string{"depends_on[1]"}},
		"one name with two ids":     {[]catalog.Dependency{{ID: known["db"], Name: "db"}, {ID: known["mail"], Name: "db"}}, nil},
		"a kind that is none":       {[]catalog.Dependency{{Name: "db", Kind: "firm"}}, []string{"depends_on[0].kind"}},
		"200 characters of note":    {[]catalog.Dependency{{Name: "db", Note: strings.Repeat("ü", 200)}}, nil},
		"201 characters of note":    {[]catalog.Dependency{{Name: "db", Note: strings.Repeat("u", 201)}}, []string{"depends_on[0].note"}},
		"a line break in the note":  {[]catalog.Dependency{{Name: "db", Note: "a\x00b"}}, []string{"depends_on[0].note"}},
		"all that is wrong at once": {[]catalog.Dependency{{Kind: "x", Note: "\xff"}}, []string{"depends_on[0]", "depends_on[0].kind", "depends_on[0].note"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := fields(service(catalog.Change{DependsOn: &tc.list}).Validate()); !slices.Equal(got, tc.want) {
				t.Errorf("named are %q, want %q", got, tc.want)
			}
		})
	}
}

func TestDependenciesAreResolved(t *testing.T) {
	gone := catalog.Dependency{ID: goneID, Name: "old", Kind: events.DependencyHard, Missing: true}
	db, soft := hard("db"), hard("mail")
	soft.Kind, soft.Note = events.DependencySoft, "receipts"
	for name, tc := range map[string]struct {
		present, list, want []catalog.Dependency
		wrong               []string
	}{
		"by name, whatever its case": {list: []catalog.Dependency{{Name: " DB "}}, want: []catalog.Dependency{db}},
		"by id, in any case":         {list: []catalog.Dependency{{ID: strings.ToUpper(db.ID)}}, want: []catalog.Dependency{db}},
		"the id decides":             {list: []catalog.Dependency{{ID: db.ID, Name: "mail"}}, want: []catalog.Dependency{db}},
		"kind and note stay, as does the order": {
			list: []catalog.Dependency{{Name: "mail", Kind: "soft", Note: " receipts "}, {Name: "db"}}, want: []catalog.Dependency{soft, db},
		},
		"those that are not there": {
			list: []catalog.Dependency{{Name: "db"}, {Name: "none"}, {ID: goneID}}, wrong: []string{"depends_on[1]", "depends_on[2]"},
		},
		"one that is gone stays":              {present: []catalog.Dependency{gone}, list: []catalog.Dependency{{ID: goneID, Name: "x"}}, want: []catalog.Dependency{gone}},
		"one that is gone stays by its name":  {present: []catalog.Dependency{gone}, list: []catalog.Dependency{{Name: "OLD"}}, want: []catalog.Dependency{gone}},
		"one that was there before comes too": {list: []catalog.Dependency{gone}, want: []catalog.Dependency{gone}},
		"the id decides, also of none":        {list: []catalog.Dependency{{ID: goneID, Name: "db"}}, wrong: []string{"depends_on[0]"}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := needed(tc.present...).Resolve(tc.list)
			if !slices.Equal(got, tc.want) || !slices.Equal(fields(err), tc.wrong) {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// What is needed by another name is the same; another kind, note or order is not.
func TestChangesOfDependencies(t *testing.T) {
	renamed, soft, noted := hard("db"), hard("db"), hard("db")
	renamed.Name, soft.Kind, noted.Note = "database", events.DependencySoft, "invoices"
	mail := hard("mail")
	before := service(catalog.Change{DependsOn: &[]catalog.Dependency{hard("db"), mail}})
	for name, tc := range map[string]struct {
		list    []catalog.Dependency
		changed bool
	}{
		"the same":      {[]catalog.Dependency{hard("db"), mail}, false},
		"by a new name": {[]catalog.Dependency{renamed, mail}, false},
		"another kind":  {[]catalog.Dependency{soft, mail}, true},
		"another note":  {[]catalog.Dependency{noted, mail}, true},
		"another order": {[]catalog.Dependency{mail, hard("db")}, true},
		"one less":      {[]catalog.Dependency{mail}, true},
		"none":          {[]catalog.Dependency{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			svc := before
			changed := svc.Apply(catalog.Change{DependsOn: &tc.list}, t0.Add(time.Hour))
			differ := catalog.FieldNames(catalog.Differences(&before, &svc))
			if changed != tc.changed || (svc.Version > before.Version) != tc.changed || slices.Equal(differ, []string{"depends_on"}) != tc.changed {
				t.Errorf("it changed: %t, to version %d, by %v", changed, svc.Version, differ)
			}
		})
	}
}

func TestDependenciesAreUndone(t *testing.T) {
	before, after := service(catalog.Change{}), service(catalog.Change{DependsOn: &[]catalog.Dependency{hard("db")}})
	before.DependsOn = []catalog.Dependency{{ID: goneID, Name: "old", Kind: "soft", Note: "n"}}
	var stored []catalog.Difference
	text, err := json.Marshal(catalog.Differences(&before, &after))
	if err == nil {
		err = json.Unmarshal(text, &stored)
	}
	if err != nil {
		t.Fatal(err)
	}
	now := after
	now.DependsOn = slices.Clone(after.DependsOn)
	now.DependsOn[0].Name = "renamed since"
	back, err := now.Undo(stored)
	if want := []catalog.Dependency{{ID: goneID, Name: "old", Kind: "soft", Note: "n", Missing: true}}; err != nil || !slices.Equal(*back.DependsOn, want) {
		t.Errorf("taken back it is %+v, %v", back, err)
	}
	now.DependsOn[0].Kind = events.DependencySoft
	if again, is := errors.AsType[*catalog.OverriddenError](second(now.Undo(stored))); !is || !slices.Equal(again.Fields, []string{"depends_on"}) {
		t.Errorf("changed again: %v", again)
	}
	if got, want := catalog.DependencyTexts(stored[0].Before), []string{"old (soft): n"}; fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("people read %v, want %v", got, want)
	}
	if got := catalog.DependencyTexts(nil); got != nil {
		t.Errorf("of none they read %v", got)
	}
}

func second[T any](_ T, err error) error { return err }
