package catalog_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

func TestSlugsAreMadeOfNames(t *testing.T) {
	for name, want := range map[string]string{
		"Payments":                "payments",
		"Payments & Billing":      "payments-billing",
		"  Ops – EU/1 ":           "ops-eu-1",
		"Zürich Café":             "zurich-cafe",
		"支付":                      "team",
		"支付 2":                    "2",
		"--":                      "team",
		strings.Repeat("ab ", 40): strings.Repeat("ab-", 20) + "ab",
	} {
		if got := catalog.Slug(name); got != want || !events.IsSlug(got) {
			t.Errorf("%q has slug %q, want %q", name, got, want)
		}
	}
	for n, want := range map[int]string{1: "payments", 2: "payments-2", 10: "payments-10"} {
		if got := catalog.NextSlug("Payments", n); got != want {
			t.Errorf("number %d is %q, want %q", n, got, want)
		}
	}
	if got := catalog.NextSlug(strings.Repeat("ab ", 40), 12); got != strings.Repeat("ab-", 20)+"12" || !events.IsSlug(got) {
		t.Errorf("a long one gets %q", got)
	}
}

func TestTeamsAreValidated(t *testing.T) {
	for field, tc := range map[string]struct{ wrong, right []string }{
		"name":        {[]string{"", "a\nb", strings.Repeat("x", 101)}, []string{"Payments", "支付"}},
		"description": {[]string{"a\x00b", strings.Repeat("x", 2001)}, []string{"", "two\nlines"}},
		"chat_url":    {[]string{"javascript:alert(1)", "chat", "https://"}, []string{"", "https://chat.example.com/payments"}},
		"page_url":    {[]string{"tel:110"}, []string{"http://pager.example.com"}},
		"docs_url":    {[]string{"ftp://a.example"}, []string{"https://handbook.example.com"}},
		"email":       {[]string{"payments", "Payments <p@example.com>", "a@b, c@d", "p@example.com\nBcc: x@y", strings.Repeat("x", 250) + "@a.example"}, []string{"", "p@example.com"}},
	} {
		for i, value := range append(tc.wrong, tc.right...) {
			c := catalog.TeamChange{}
			*map[string]**string{
				"name": &c.Name, "description": &c.Description, "chat_url": &c.ChatURL, "page_url": &c.PageURL, "docs_url": &c.DocsURL, "email": &c.Email,
			}[field] = &value
			invalid, is := errors.AsType[*catalog.InvalidError](c.Validate())
			if is != (i < len(tc.wrong)) || is && invalid.Fields[0].Field != field {
				t.Errorf("%s %.40q: %v", field, value, invalid)
			}
		}
	}
	invalid, is := errors.AsType[*catalog.InvalidError](catalog.Team{Slug: "A b", Name: "a"}.Validate())
	if !is || invalid.Fields[0].Field != "slug" {
		t.Errorf("of a wrong slug: %v", invalid)
	}
}

func TestAChangeOfATeamIsSaid(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	name, link, none := " Payments ", "https://chat.example.com/payments", ""
	team := catalog.NewTeam("payments", at)
	if !team.Apply(catalog.TeamChange{Name: &name}, at) || team.Name != "Payments" || team.Version != 1 {
		t.Errorf("a new one is %+v", team)
	}
	before := team
	if team.Apply(catalog.TeamChange{Name: &name, ChatURL: &none}, at.Add(time.Hour)) || team != before {
		t.Errorf("what changes nothing made it %+v", team)
	}
	if !team.Apply(catalog.TeamChange{ChatURL: &link}, at.Add(time.Hour)) || team.Version != 2 || !team.UpdatedAt.Equal(at.Add(time.Hour)) {
		t.Errorf("changed it is %+v", team)
	}
	differences := catalog.TeamDifferences(&before, &team)
	if want := []catalog.Difference{{Field: "chat_url", Before: nil, After: link}}; !slices.Equal(differences, want) {
		t.Errorf("the differences are %v, want %v", differences, want)
	}
	if got := catalog.FieldNames(catalog.TeamDifferences(nil, &team)); !slices.Equal(got, []string{"name", "chat_url"}) {
		t.Errorf("a new one has the fields %v", got)
	}
}
