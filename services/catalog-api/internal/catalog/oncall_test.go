package catalog_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// planned returns the change that gives a team a plan.
func planned(p *oncall.Plan) catalog.TeamChange { return catalog.TeamChange{OnCall: &p} }

func byCalendar(url string) *oncall.Plan {
	return &oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{URL: url}}
}

// byRotation returns a plan that is right, changed by edit.
func byRotation(edit func(*oncall.Rotation)) *oncall.Plan {
	r := &oncall.Rotation{People: []oncall.Person{{Name: "Ada"}, {Name: "Bob"}}, Zone: "Europe/Zurich", Starts: "2026-11-30T09:00", ShiftDays: 7}
	edit(r)
	return &oncall.Plan{Kind: oncall.ByRotation, Rotation: r}
}

// overrides returns some of "from until" by Grace.
func overrides(times ...string) (list []oncall.Override) {
	for _, t := range times {
		from, until, _ := strings.Cut(t, " ")
		list = append(list, oncall.Override{From: oncall.Local(from), Until: oncall.Local(until), Person: oncall.Person{Name: "Grace"}})
	}
	return list
}

func TestPlansAreValidated(t *testing.T) {
	contact := func(p oncall.Person) *oncall.Plan { return &oncall.Plan{Kind: oncall.ByContact, Contact: &p} }
	for what, tc := range map[string]struct {
		plan *oncall.Plan
		want string // the fields that are wrong
	}{
		"none":                      {nil, ""},
		"without a kind":            {&oncall.Plan{}, "on_call.kind"},
		"of another kind":           {&oncall.Plan{Kind: "oracle"}, "on_call.kind"},
		"without its member":        {&oncall.Plan{Kind: oncall.ByContact}, "on_call.contact"},
		"with the member of others": {&oncall.Plan{Kind: oncall.ByContact, Contact: &oncall.Person{Name: "A"}, Calendar: &oncall.Calendar{URL: "https://a.example"}}, "on_call.calendar"},
		"a contact":                 {contact(oncall.Person{Name: "Desk", Email: "d@example.com", Phone: "+41 (0)44/000-00.00", URL: "https://pager.example.com/desk"}), ""},
		"a contact of nobody":       {contact(oncall.Person{}), "on_call.contact.name"},
		"one that can't be reached": {
			contact(oncall.Person{Name: "a\nb", Email: "desk", Phone: "call me", URL: "tel:110"}),
			"on_call.contact.name on_call.contact.email on_call.contact.phone on_call.contact.url",
		},
		"a phone of signs":        {contact(oncall.Person{Name: "A", Phone: "+"}), "on_call.contact.phone"},
		"a phone that is long":    {contact(oncall.Person{Name: "A", Phone: oncall.Text(strings.Repeat("1", 41))}), "on_call.contact.phone"},
		"a rotation":              {byRotation(func(*oncall.Rotation) {}), ""},
		"a rotation of nobody":    {byRotation(func(r *oncall.Rotation) { r.People = nil }), "on_call.rotation.people"},
		"a rotation of many":      {byRotation(func(r *oncall.Rotation) { r.People = slices.Repeat(r.People, 26) }), "on_call.rotation.people"},
		"somebody in it is wrong": {byRotation(func(r *oncall.Rotation) { r.People[1].Email = "bob" }), "on_call.rotation.people[1].email"},
		"somebody comes twice":    {byRotation(func(r *oncall.Rotation) { r.People = slices.Repeat(r.People, 2) }), ""},
		"no zone":                 {byRotation(func(r *oncall.Rotation) { r.Zone = "" }), "on_call.rotation.zone"},
		"the machine's zone":      {byRotation(func(r *oncall.Rotation) { r.Zone = "Local" }), "on_call.rotation.zone"},
		"UTC":                     {byRotation(func(r *oncall.Rotation) { r.Zone = " UTC " }), ""},
		"a beginning with offset": {byRotation(func(r *oncall.Rotation) { r.Starts = "2026-11-30T09:00:00Z" }), "on_call.rotation.starts"},
		"no days":                 {byRotation(func(r *oncall.Rotation) { r.ShiftDays = 0 }), "on_call.rotation.shift_days"},
		"too many days":           {byRotation(func(r *oncall.Rotation) { r.ShiftDays = 367 }), "on_call.rotation.shift_days"},
		"a leap year":             {byRotation(func(r *oncall.Rotation) { r.ShiftDays = 366 }), ""},
		"overrides that meet": {
			byRotation(func(r *oncall.Rotation) {
				r.Overrides = overrides("2026-12-26T09:00 2026-12-27T09:00", "2026-12-24T09:00 2026-12-26T09:00")
			}), "",
		},
		"overrides that overlap": {
			byRotation(func(r *oncall.Rotation) {
				r.Overrides = overrides("2026-12-25T09:00 2026-12-27T09:00", "2026-12-24T09:00 2026-12-26T09:00")
			}), "on_call.rotation.overrides[0].from",
		},
		"one within another": {
			byRotation(func(r *oncall.Rotation) {
				r.Overrides = overrides("2026-12-01T09:00 2026-12-31T09:00", "2026-12-04T09:00 2026-12-05T09:00", "2026-12-04T09:00 2026-12-06T09:00")
			}), "on_call.rotation.overrides[1].from on_call.rotation.overrides[2].from",
		},
		"one that ends as it begins": {
			byRotation(func(r *oncall.Rotation) { r.Overrides = overrides("2026-12-24T09:00 2026-12-24T09:00") }), "on_call.rotation.overrides[0].until",
		},
		"one at no time": {
			byRotation(func(r *oncall.Rotation) { r.Overrides = overrides("tomorrow later") }), "on_call.rotation.overrides[0].from on_call.rotation.overrides[0].until",
		},
		"one of nobody": {
			byRotation(func(r *oncall.Rotation) {
				r.Overrides = overrides("2026-12-24T09:00 2026-12-26T09:00")
				r.Overrides[0].Person = oncall.Person{}
			}), "on_call.rotation.overrides[0].person.name",
		},
		"many overrides":                 {byRotation(func(r *oncall.Rotation) { r.Overrides = make([]oncall.Override, 101) }), "on_call.rotation.overrides"},
		"a calendar":                     {byCalendar("https://calendar.example.com/secret/basic.ics"), ""},
		"one by webcal":                  {byCalendar("WebCal://calendar.example.com/basic.ics"), ""},
		"one without a URL":              {byCalendar(""), "on_call.calendar.url"},
		"one by FTP":                     {byCalendar("ftp://calendar.example.com"), "on_call.calendar.url"},
		"one with a password":            {byCalendar("https://a:b@calendar.example.com"), "on_call.calendar.url"},
		"one whose URL is long":          {byCalendar("https://calendar.example.com/" + strings.Repeat("x", 2000)), "on_call.calendar.url"},
		"one whose webcal has no host":   {byCalendar("webcal:///x"), "on_call.calendar.url"},
		"one whose URL is none, at that": {byCalendar("https://\x00"), "on_call.calendar.url"},
	} {
		team := catalog.NewTeam("a", time.Time{})
		name := "A"
		team.Apply(catalog.TeamChange{Name: &name}, time.Time{})
		team.Apply(planned(tc.plan), time.Time{})
		var got []string
		if invalid, is := errors.AsType[*catalog.InvalidError](team.Validate()); is {
			for _, f := range invalid.Fields {
				got = append(got, f.Field)
				if strings.HasPrefix(f.Field, "on_call.calendar") && f.Value != nil {
					t.Errorf("%s: the message has %v", what, f.Value)
				}
			}
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: wrong are %v, want %s", what, got, tc.want)
		}
	}
	if err := planned(byCalendar("")).Validate(); err != nil { // it keeps the one that is there
		t.Errorf("a change to a calendar without a URL: %v", err)
	}
}

func TestAPlanIsReplacedAsAWhole(t *testing.T) {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	team := catalog.NewTeam("payments", at)
	apply := func(p *oncall.Plan) bool { return team.Apply(planned(p), at) }
	apply(nil)
	given := &oncall.Plan{Kind: oncall.ByContact, Contact: &oncall.Person{Name: " Duty  desk ", Email: " d@example.com "}}
	if !apply(given) || team.OnCall.Contact.Name != "Duty desk" || team.OnCall.Contact.Email != "d@example.com" || team.Event().OnCall.Kind != "contact" {
		t.Errorf("it is %+v", team.OnCall.Contact)
	}
	before := team
	if apply(given) || team != before {
		t.Error("the same plan made another version")
	}
	if !apply(byCalendar("webcal://calendar.example.com:8443/secret")) || team.CalendarURL != "https://calendar.example.com:8443/secret" || *team.OnCall.Calendar != (oncall.Calendar{Host: "calendar.example.com:8443"}) {
		t.Errorf("by a calendar it is %+v, %s", team.OnCall.Calendar, team.CalendarURL)
	}
	before = team
	if apply(&oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{Host: "elsewhere.example.com"}}) || team != before {
		t.Errorf("without a URL it became %+v, %s", team.OnCall.Calendar, team.CalendarURL)
	}
	if !apply(byRotation(func(*oncall.Rotation) {})) || team.CalendarURL != "" || team.OnCall.Rotation.Overrides == nil {
		t.Errorf("by a rotation it is %+v, %q", team.OnCall.Rotation, team.CalendarURL)
	}
	if !apply(byCalendar("")) || team.Validate() == nil {
		t.Error("the URL of the calendar before came back")
	}
	if !apply(nil) || team.OnCall != nil || team.CalendarURL != "" || team.Event().OnCall.Kind != "" {
		t.Errorf("cleared it is %+v", team.OnCall)
	}
}

// A difference is stored in the trail and shown: it must not tell the URL.
func TestDifferencesOfPlansKeepTheURL(t *testing.T) {
	with := func(p *oncall.Plan) *catalog.Team {
		team := catalog.NewTeam("payments", time.Time{})
		team.Apply(planned(p), time.Time{})
		return &team
	}
	say := func(value any) string {
		switch plan, _ := value.(*oncall.Plan); {
		case plan == nil:
			return fmt.Sprint(value)
		case plan.Calendar != nil:
			return fmt.Sprint(*plan.Calendar)
		default:
			return string(plan.Kind)
		}
	}
	one, two, other := with(byCalendar("https://a.example/1")), with(byCalendar("https://a.example/2")), with(byCalendar("https://b.example/1"))
	for what, tc := range map[string]struct {
		before, after *catalog.Team
		want          string
	}{
		"the same":        {one, with(byCalendar("https://a.example/1")), ""},
		"another URL":     {one, two, "on_call: { a.example} to {changed a.example}"},
		"another host":    {one, other, "on_call: { a.example} to { b.example}"},
		"another kind":    {one, with(byRotation(func(*oncall.Rotation) {})), "on_call: { a.example} to rotation"},
		"a plan at last":  {with(nil), one, "on_call: <nil> to { a.example}"},
		"no plan":         {one, with(nil), "on_call: { a.example} to <nil>"},
		"it was made":     {nil, one, "on_call: <nil> to { a.example}"},
		"it was removed":  {one, nil, "on_call: { a.example} to <nil>"},
		"nobody, as ever": {with(nil), nil, ""},
	} {
		got := ""
		for _, d := range catalog.TeamDifferences(tc.before, tc.after) {
			got += d.Field + ": " + say(d.Before) + " to " + say(d.After)
		}
		if got != tc.want {
			t.Errorf("%s: %q, want %q", what, got, tc.want)
		}
	}
}
