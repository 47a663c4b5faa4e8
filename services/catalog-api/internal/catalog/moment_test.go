package catalog_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Every field that is in the trail can be taken back, as it comes out of the trail.
func TestRewindTakesEveryFieldBack(t *testing.T) {
	full := catalog.Service{Tags: []string{"go", "money"}, DependsOn: []catalog.Dependency{hard("db"), {ID: goneID, Name: "old", Kind: "soft", Note: "n"}}, Interval: "5m", Status: events.StatusDown}
	for i := range reflect.TypeFor[catalog.Service]().NumField() {
		if field := reflect.ValueOf(&full).Elem().Field(i); field.Kind() == reflect.String && field.IsZero() {
			field.SetString(fmt.Sprint("text ", i))
		}
	}
	empty := catalog.Service{Tags: []string{}, Interval: "1m", Status: events.StatusDown}
	for name, tc := range map[string]struct{ before, after catalog.Service }{"set": {empty, full}, "cleared": {full, empty}} {
		var stored []catalog.Difference
		text, err := json.Marshal(catalog.Differences(&tc.before, &tc.after))
		if err == nil {
			err = json.Unmarshal(text, &stored)
		}
		if err != nil || len(stored) < 10 {
			t.Fatalf("%s: %d fields, %v", name, len(stored), err)
		}
		back := tc.after
		back.Rewind(stored)
		if left := catalog.Differences(&tc.before, &back); len(catalog.FieldNames(left)) > 0 {
			t.Errorf("%s: taken back is not %v", name, left)
		}
	}
}
