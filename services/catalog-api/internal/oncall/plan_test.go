package oncall_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

func TestAContactIsAlwaysOnCall(t *testing.T) {
	plan := &oncall.Plan{Kind: oncall.ByContact, Contact: &oncall.Person{Name: "Desk"}}
	duty, err := plan.At(time.Now(), oncall.Reading{})
	if got := brief(duty.Now); err != nil || !slices.Equal(got, []string{"Desk null null"}) || duty.Next != nil || !duty.ChangesAt.IsZero() {
		t.Errorf("on call is %+v, %v", duty, err)
	}
	if list, err := plan.Shifts(time.Now(), time.Now(), oncall.Reading{}); err != nil || !slices.Equal(brief(list), []string{"Desk null null"}) {
		t.Errorf("the shifts are %v, %v", brief(list), err)
	}
}

func TestWithoutAPlanNobodyIsOnCall(t *testing.T) {
	var none *oncall.Plan
	if duty, err := none.At(time.Now(), oncall.Reading{}); err != nil || duty.Now != nil || duty.Next != nil {
		t.Errorf("on call is %+v, %v", duty, err)
	}
	if list, err := none.Shifts(time.Now(), time.Now(), oncall.Reading{}); err != nil || list != nil {
		t.Errorf("the shifts are %v, %v", brief(list), err)
	}
}

func TestWhoIsOnCallByACalendar(t *testing.T) {
	var read oncall.Reading
	for _, text := range []string{"A 08 16", "B 12 20", "C 20 22", "D 20 21", "E 23 24"} {
		var name string
		var from, until int
		if _, err := fmt.Sscanf(text, "%s %d %d", &name, &from, &until); err != nil {
			t.Fatal(err)
		}
		begin, over := time.Date(2026, 11, 30, from, 0, 0, 0, time.UTC), time.Date(2026, 11, 30, until, 0, 0, 0, time.UTC)
		read.Shifts = append(read.Shifts, oncall.Shift{Person: oncall.Person{Name: name}, From: &begin, Until: &over})
	}
	plan := &oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{Host: "calendar.example.com"}}
	names := func(list []oncall.Shift) string {
		var all []string
		for _, s := range list {
			all = append(all, s.Person.Name)
		}
		return strings.Join(all, "+")
	}
	for at, want := range map[string]string{
		"07": "now , next A, changes 08", "08": "now A, next B, changes 12", "12": "now A+B, next C+D, changes 16", "16": "now B, next C+D, changes 20",
		"20": "now C+D, next E, changes 21", "22": "now , next E, changes 23", "23": "now E, next , changes 00",
	} {
		duty, err := plan.At(moment(t, "2026-11-30T"+at+":00:00Z"), read)
		got := fmt.Sprintf("now %s, next %s, changes %02d", names(duty.Now), names(duty.Next), duty.ChangesAt.Hour())
		if err != nil || got != want {
			t.Errorf("at %s: %s, want %s, %v", at, got, want, err)
		}
	}
	list, err := plan.Shifts(moment(t, "2026-11-30T16:00:00Z"), moment(t, "2026-11-30T20:00:00Z"), read)
	if got := names(list); err != nil || got != "B" {
		t.Errorf("of some hours it is %s, %v", got, err)
	}
	if duty, err := plan.At(time.Now(), oncall.Reading{}); err != nil || duty.Now != nil || !duty.ChangesAt.IsZero() {
		t.Errorf("not read yet: %+v, %v", duty, err)
	}
}

func TestAnAnswerHasAThousandShiftsAtMost(t *testing.T) {
	from := moment(t, "2026-11-30T00:00:00Z")
	until := from.Add(time.Hour)
	read := oncall.Reading{Shifts: slices.Repeat([]oncall.Shift{{From: &from, Until: &until}}, oncall.MaxShifts+1)}
	list, err := (&oncall.Plan{Kind: oncall.ByCalendar}).Shifts(from, until, read)
	if err != nil || len(list) != oncall.MaxShifts {
		t.Errorf("there are %d, %v", len(list), err)
	}
	list, err = rotation("AB", "UTC", "2026-11-30T00:00", 1).Shifts(from, from.AddDate(9, 0, 0), oncall.Reading{})
	if err != nil || len(list) != oncall.MaxShifts {
		t.Errorf("of a rotation there are %d, %v", len(list), err)
	}
}

func TestLocalTimes(t *testing.T) {
	for text, want := range map[string]bool{
		"2026-11-30T09:00": true, "1970-01-01T00:00": true, "9998-12-31T23:59": true, "2028-02-29T00:00": true,
		"": false, "2026-11-30": false, "2026-11-30 09:00": false, "2026-11-30T9:00": false, "2026-11-30T09:00:00": false, "2026-11-30T09:00Z": false,
		"2026-02-29T00:00": false, "2026-11-30T24:00": false, "1969-12-31T23:59": false, "9999-01-01T00:00": false, "+2026-11-30T09:00": false,
	} {
		if got := oncall.Local(text).Valid(); got != want {
			t.Errorf("%q is valid: %t", text, got)
		}
	}
}

func TestZones(t *testing.T) {
	for name, want := range map[string]bool{
		"UTC": true, "Europe/Zurich": true, "America/Argentina/Buenos_Aires": true, "Etc/GMT+5": true,
		"": false, "Local": false, "Europe/Nowhere": false, "europe/zurich": false, "localtime": false, "posix/Europe/Zurich": false, "right/UTC": false,
		"../zoneinfo/UTC": false, "Europe/../UTC": false, "/UTC": false, "CEST": false, "+01:00": false, "Europe": false,
	} {
		if _, err := oncall.Zone(name); (err == nil) != want {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestAPlanInJSON(t *testing.T) {
	for _, text := range []string{
		`{"kind":"contact","contact":{"name":"Desk","email":null,"phone":"+41 44","url":null}}`,
		`{"kind":"rotation","rotation":{"people":[{"name":"Ada","email":"ada@example.com","phone":null,"url":null}],"zone":"Europe/Zurich","starts":"2026-11-30T09:00","shift_days":7,"overrides":[]}}`,
		`{"kind":"calendar","calendar":{"host":"calendar.example.com"}}`,
	} {
		var plan oncall.Plan
		if err := json.Unmarshal([]byte(text), &plan); err != nil {
			t.Fatal(err)
		}
		if got, err := json.Marshal(plan); err != nil || string(got) != text {
			t.Errorf("%s became %s, %v", text, got, err)
		}
	}
}
