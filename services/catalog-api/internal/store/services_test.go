package store_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/nats-io/nats.go"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

func contains(s, part string) bool { return strings.Contains(s, part) }

func header(t *testing.T, raw []byte) (h nats.Header) {
	t.Helper()
	if err := json.Unmarshal(raw, &h); err != nil {
		t.Fatal(err)
	}
	return h
}

func TestWritesAddEvents(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("billing"), Status: ptr(events.StatusHealthy)})
	if _, err := db.UpdateService(t.Context(), editor, svc.ID, 0, catalog.Change{Status: ptr(events.StatusDown)}); err != nil {
		t.Fatal(err)
	}
	if err := db.DeleteService(t.Context(), editor, svc.ID, 0); err != nil {
		t.Fatal(err)
	}

	got := takeOutbox(t, db)
	if len(got) != 4 {
		t.Fatalf("got %d events, want created, updated, status changed, deleted: %+v", len(got), got)
	}
	if e, ok := got[0].(events.ServiceCreated); !ok || e.Name != "billing" || e.Version != 1 || e.Status != events.StatusHealthy {
		t.Errorf("first: %+v", got[0])
	}
	if e, ok := got[1].(events.ServiceUpdated); !ok || e.Version != 2 || e.Status != events.StatusDown {
		t.Errorf("second: %+v", got[1])
	}
	if e, ok := got[2].(events.StatusChanged); !ok || e.From != events.StatusHealthy || e.To != events.StatusDown || e.Reason != events.ReasonManual {
		t.Errorf("third: %+v", got[2])
	}
	if e, ok := got[3].(events.ServiceDeleted); !ok || e.ID != svc.ID || e.Version != 3 {
		t.Errorf("fourth: %+v", got[3])
	}
}

func TestRefusedWritesAddNoEvents(t *testing.T) {
	db := open(t)
	svc := create(t, db, catalog.Change{Name: ptr("Billing")})
	other := create(t, db, catalog.Change{Name: ptr("search")})
	takeOutbox(t, db)

	invalid := func(err error) bool { _, ok := errors.AsType[*catalog.InvalidError](err); return ok }
	is := func(want error) func(error) bool { return func(err error) bool { return errors.Is(err, want) } }
	update := func(id string, version int64, c catalog.Change) error {
		_, err := db.UpdateService(t.Context(), editor, id, version, c)
		return err
	}
	_, createErr := db.CreateService(t.Context(), editor, catalog.Change{Name: ptr("bILLing")})
	const nobody = "019a0000-0000-7000-8000-000000000000"
	for name, tc := range map[string]struct {
		err  error
		want func(error) bool
	}{
		"a name that is taken":             {createErr, is(catalog.ErrNameTaken)},
		"a rename to one that is taken":    {update(other.ID, 0, catalog.Change{Name: ptr("BILLING")}), is(catalog.ErrNameTaken)},
		"an update of what isn't there":    {update(nobody, 0, catalog.Change{}), is(catalog.ErrNotFound)},
		"an update of what is no id":       {update("{"+nobody[1:], 0, catalog.Change{}), is(catalog.ErrNotFound)},
		"an update of an old version":      {update(svc.ID, 7, catalog.Change{Team: ptr("x")}), is(catalog.ErrVersionMismatch)},
		"an update to what is not legal":   {update(svc.ID, 1, catalog.Change{Name: ptr("")}), invalid},
		"a deletion of an old version":     {db.DeleteService(t.Context(), editor, svc.ID, 7), is(catalog.ErrVersionMismatch)},
		"a deletion of what isn't there":   {db.DeleteService(t.Context(), editor, nobody, 0), is(catalog.ErrNotFound)},
		"an update that changes nothing":   {update(svc.ID, 1, catalog.Change{Name: ptr("Billing")}), is(nil)},
		"a rename in case only is allowed": {update(other.ID, 0, catalog.Change{Name: ptr("search")}), is(nil)},
	} {
		if !tc.want(tc.err) {
			t.Errorf("%s: got %v", name, tc.err)
		}
	}
	if got := takeOutbox(t, db); len(got) != 0 {
		t.Errorf("the outbox has %+v", got)
	}
}

func TestListFilters(t *testing.T) {
	db := open(t)
	create(t, db, catalog.Change{
		Name: ptr("Ärger"), Team: ptr("Support"), Description: ptr("100% of complaints"), Tags: ptr([]string{"go", "b_2"}),
	})
	create(t, db, catalog.Change{Name: ptr("billing"), Team: ptr("Payments"), Tags: ptr([]string{"go"}), Status: ptr(events.StatusDown)})
	last := create(t, db, catalog.Change{Name: ptr("Cart"), Team: ptr("payments"), Description: ptr(`back\slash`)})

	for name, tc := range map[string]struct {
		filter catalog.Filter
		want   string
	}{
		"none, by name whatever its case":     {catalog.Filter{}, "billing Cart Ärger"},
		"a part of a name":                    {catalog.Filter{Query: []string{"ILL"}}, "billing"},
		"case beyond ASCII":                   {catalog.Filter{Query: []string{"äRG"}}, "Ärger"},
		"a percent sign is one":               {catalog.Filter{Query: []string{"0%"}}, "Ärger"},
		"a percent sign matches nothing else": {catalog.Filter{Query: []string{"%"}}, "Ärger"},
		"an underscore is one":                {catalog.Filter{Query: []string{"_"}}, "Ärger"},
		"a backslash is one":                  {catalog.Filter{Query: []string{`k\s`}}, "Cart"},
		"a part of a team":                    {catalog.Filter{Query: []string{"paym"}}, "billing Cart"},
		"a part of a tag":                     {catalog.Filter{Query: []string{"b_2"}}, "Ärger"},
		"not across two fields":               {catalog.Filter{Query: []string{"billingpayments"}}, ""},
		"a team exactly":                      {catalog.Filter{Team: []string{"Payments"}}, "billing"},
		"a tag exactly":                       {catalog.Filter{Tag: []string{"go"}}, "billing Ärger"},
		"not a part of a tag":                 {catalog.Filter{Tag: []string{"g"}}, ""},
		"a status":                            {catalog.Filter{Status: []events.Status{events.StatusDown}}, "billing"},
		"all narrow together":                 {catalog.Filter{Tag: []string{"go"}, Status: []events.Status{events.StatusUnknown}, Query: []string{"r"}}, "Ärger"},
		"a NUL matches nothing":               {catalog.Filter{Query: []string{"a\x00"}}, ""},
		"ids":                                 {catalog.Filter{IDs: []string{last.ID, "019a0000-0000-7000-8000-000000000000"}}, "Cart"},
		"what are no ids match nothing":       {catalog.Filter{IDs: []string{"x'; --"}}, ""},
		"a quote is one":                      {catalog.Filter{Query: []string{"'"}}, ""},
		"broken UTF-8 is no error":            {catalog.Filter{Query: []string{"\xff"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			list, err := db.ListServices(t.Context(), tc.filter)
			if err != nil {
				t.Fatal(err)
			}
			var names []string
			for _, svc := range list {
				names = append(names, svc.Name)
			}
			if got := strings.Join(names, " "); got != tc.want {
				t.Errorf("got %q, want %q", got, tc.want)
			}
		})
	}
}
