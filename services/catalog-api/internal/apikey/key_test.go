package apikey_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

func TestDrafts(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	many := make([]string, apikey.MaxTeams+1)
	for i := range many {
		many[i] = fmt.Sprint(i)
	}
	for name, tc := range map[string]struct {
		draft apikey.Draft
		wrong string // the fields
	}{
		"the least":             {apikey.Draft{Name: "grafana", Role: access.Viewer}, ""},
		"all":                   {apikey.Draft{Name: "ci", Role: access.Editor, Teams: []string{"Core", "Web"}, ExpiresAt: at.Add(time.Hour)}, ""},
		"an admin":              {apikey.Draft{Name: "root", Role: access.Admin}, ""},
		"nothing":               {apikey.Draft{}, "name role"},
		"no role":               {apikey.Draft{Name: "x", Role: access.None}, "role"},
		"a role beyond":         {apikey.Draft{Name: "x", Role: access.Admin + 1}, "role"},
		"a long name":           {apikey.Draft{Name: strings.Repeat("n", 101), Role: access.Viewer}, "name"},
		"a control character":   {apikey.Draft{Name: "a\x00b", Role: access.Viewer}, "name"},
		"an empty team":         {apikey.Draft{Name: "x", Role: access.Editor, Teams: []string{"", "Core"}}, "teams[0]"},
		"too many teams":        {apikey.Draft{Name: "x", Role: access.Editor, Teams: many}, "teams"},
		"expired":               {apikey.Draft{Name: "x", Role: access.Viewer, ExpiresAt: at}, "expires_at"},
		"in eleven years":       {apikey.Draft{Name: "x", Role: access.Viewer, ExpiresAt: at.AddDate(11, 0, 0)}, "expires_at"},
		"spaces around":         {apikey.Draft{Name: "  a  b ", Role: access.Viewer, Teams: []string{" Core", "Core "}}, ""},
		"a name not to be seen": {apikey.Draft{Name: "\u200b", Role: access.Viewer}, "name"},
	} {
		var fields []string
		err := tc.draft.Normal().Validate(at)
		if invalid, is := errors.AsType[*catalog.InvalidError](err); is {
			for _, f := range invalid.Fields {
				fields = append(fields, f.Field)
			}
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if got := strings.Join(fields, " "); got != tc.wrong {
			t.Errorf("%s: wrong are %q, want %q", name, got, tc.wrong)
		}
	}
	d := apikey.Draft{Name: "  a  b ", Teams: []string{" Web", "Core", "Core "}}.Normal()
	if d.Name != "a b" || !slices.Equal(d.Teams, []string{"Core", "Web"}) {
		t.Errorf("normal is %+v", d)
	}
}
