package catalog_test

import (
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// TestListIsFiltered of package httpapi compares all of it with the database.
func TestFilterPasses(t *testing.T) {
	svc := catalog.Service{ID: "1", Name: "Billing", Team: "Core", Tags: []string{"go", "50%"}, Status: events.StatusDown}
	none := catalog.Service{ID: "2", Name: "Mail", Status: events.StatusUnknown}
	for name, tc := range map[string]struct {
		filter  catalog.Filter
		is, too bool // whether svc and none pass
	}{
		"nothing":          {catalog.Filter{}, true, true},
		"words":            {catalog.Filter{Query: []string{"x", "CORE bill"}}, true, false},
		"no word":          {catalog.Filter{Query: []string{"x", "core mail"}}, false, false},
		"a team":           {catalog.Filter{Team: []string{"Web", "Core"}}, true, false},
		"a team's case":    {catalog.Filter{Team: []string{"core"}}, false, false},
		"an invisible one": {catalog.Filter{Team: []string{"\u200b"}}, false, false},
		"a tag":            {catalog.Filter{Tag: []string{"50%"}}, true, false},
		"a status":         {catalog.Filter{Status: []events.Status{"unknown", "down"}}, true, true},
		"both":             {catalog.Filter{Status: []events.Status{"unknown"}, Tag: []string{"go"}}, false, false},
		"ids":              {catalog.Filter{IDs: []string{"2"}}, false, true},
	} {
		passes := tc.filter.Passes()
		if is, too := passes(&svc), passes(&none); is != tc.is || too != tc.too {
			t.Errorf("%s: got %t and %t, want %t and %t", name, is, too, tc.is, tc.too)
		}
	}
}
