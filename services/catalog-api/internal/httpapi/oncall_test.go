package httpapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// weekly is a rotation whose clocks are changed between the shifts of Ada and Bob.
const weekly = `{"kind":"rotation","rotation":{"people":[{"name":"Ada","email":"ada@example.com"},{"name":"Bob"}],"zone":"Europe/Zurich",
	"starts":"2026-10-19T09:00","shift_days":7,"overrides":[{"from":"2026-10-21T09:00","until":"2026-10-22T09:00","person":{"name":"Grace"}}]}}`

// wantJSON checks that a value of an answer is this JSON.
func wantJSON(tb testing.TB, what string, got any, want string) {
	tb.Helper()
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		tb.Fatalf("%s: %v", want, err)
	}
	if !reflect.DeepEqual(got, wanted) {
		text, err := json.Marshal(got)
		tb.Errorf("%s is\n%s, %v, want\n%s", what, text, err, want)
	}
}

func TestAPlanIsWrittenWithItsTeam(t *testing.T) {
	p := start(t, nil)
	path, made := p.add("/api/teams", `{"name":"Payments","on_call":`+weekly+`}`)
	const none = `"email":null,"phone":null,"url":null`
	wantJSON(t, "on_call", made.body["on_call"], `{"kind":"rotation","rotation":{"people":[{"name":"Ada","email":"ada@example.com","phone":null,"url":null},{"name":"Bob",`+none+`}],
		"zone":"Europe/Zurich","starts":"2026-10-19T09:00","shift_days":7,"overrides":[{"from":"2026-10-21T09:00","until":"2026-10-22T09:00","person":{"name":"Grace",`+none+`}}]}}`)
	for _, method := range []string{"PUT", "PATCH"} {
		if a := p.call(method, path, string(made.raw)); a.status != 200 || a.body["version"] != 1.0 || a.header.Get("ETag") != made.header.Get("ETag") {
			t.Errorf("what was read is sent back by %s: %d %s", method, a.status, a.raw)
		}
	}
	if a := p.call("PATCH", path, `{"email":"p@example.com"}`); a.status != 200 || a.body["version"] != 2.0 || !reflect.DeepEqual(a.body["on_call"], made.body["on_call"]) {
		t.Errorf("another field: %d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("PATCH", path, `{"on_call":null}`, "If-Match: "+made.header.Get("ETag")), 412, "changed")
	contact := p.call("PATCH", path, `{"on_call":{"kind":"contact","contact":{"name":" Duty  desk","phone":"+41 44 000 00 00"}}}`)
	wantJSON(t, "on_call", contact.body["on_call"], `{"kind":"contact","contact":{"name":"Duty desk","email":null,"phone":"+41 44 000 00 00","url":null}}`)
	if a := p.call("PATCH", path, `{"on_call":null}`); a.status != 200 || a.body["on_call"] != nil || a.body["version"] != 4.0 {
		t.Errorf("cleared: %d %s", a.status, a.raw)
	}
	if a := p.call("GET", path, ""); a.body["on_call"] != nil || !strings.Contains(string(a.raw), `"on_call":null`) {
		t.Errorf("read: %s", a.raw)
	}
}

func TestTheURLOfACalendarIsNeverRead(t *testing.T) {
	p := start(t, nil)
	path, made := p.add("/api/teams", `{"name":"Payments","on_call":{"kind":"calendar","calendar":{"url":"webcal://calendar.example.com/secret/a.ics"}}}`)
	wantJSON(t, "on_call", made.body["on_call"], `{"kind":"calendar","calendar":{"host":"calendar.example.com"}}`)
	if a := p.call("PUT", path, string(made.raw)); a.status != 200 || a.body["version"] != 1.0 {
		t.Errorf("sent back: %d %s", a.status, a.raw)
	}
	if a := p.call("PATCH", path, `{"on_call":{"kind":"calendar","calendar":{"url":"https://calendar.example.com/secret/b.ics","host":"x"}}}`); a.status != 200 || a.body["version"] != 2.0 {
		t.Errorf("another: %d %s", a.status, a.raw)
	}
	said := p.call("GET", "/api/audit?kind=team", "")
	if !strings.Contains(string(said.raw), `"url":"changed"`) {
		t.Errorf("the trail has %s", said.raw)
	}
	for _, a := range []answer{
		made, said, p.call("GET", path, ""), p.call("GET", "/api/teams", ""), p.call("GET", path+"/timeline", ""), p.call("GET", path+"/oncall", ""), p.call("GET", "/api/oncall", ""),
		p.call("PATCH", path, `{"on_call":{"kind":"calendar","calendar":{"url":"ftp://secret"}}}`),
		p.call("PATCH", path, `{"on_call":{"kind":"calendar","calendar":{"url":"https://secret\ud800"}}}`),
		p.call("PATCH", path, `{"on_call":{"kind":"calendar","calendar":{"url":["https://secret"],"address":"https://secret"}}}`),
		p.call("PATCH", path, `{"on_call":"https://secret"}`),
	} {
		if strings.Contains(string(a.raw), "secret") {
			t.Errorf("it is in %d %s", a.status, a.raw)
		}
	}
}

func TestPlansThatCannotBeWritten(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Payments"}`)
	rotation := func(text string) string { return `{"kind":"rotation","rotation":` + text + `}` }
	for plan, fields := range map[string]string{
		`5`:                            "on_call",
		`[]`:                           "on_call",
		`{}`:                           "on_call.kind",
		`{"kind":null}`:                "on_call.kind",
		`{"kind":7}`:                   "on_call.kind",
		`{"kind":"oracle"}`:            "on_call.kind",
		`{"kind":"contact"}`:           "on_call.contact",
		`{"kind":"contact","who":"x"}`: "on_call.who on_call.contact",
		`{"kind":"contact","contact":{"name":"A"},"rotation":null}`:                        "",
		`{"kind":"contact","contact":{"name":"A","name":"B"}}`:                             "on_call.contact.name",
		`{"kind":"contact","contact":{"name":"A","Name":"B","mail":"x"}}`:                  "on_call.contact.Name on_call.contact.mail",
		`{"kind":"contact","contact":{"name":5,"email":"x"}}`:                              "on_call.contact.name on_call.contact.email",
		`{"kind":"contact","contact":["A"]}`:                                               "on_call.contact",
		`{"kind":"contact","contact":{"name":"A"},"calendar":{"url":"https://a.example"}}`: "on_call.calendar",
		`{"kind":"calendar","calendar":{}}`:                                                "on_call.calendar.url",
		rotation(`{}`):                                                                     "on_call.rotation.people on_call.rotation.zone on_call.rotation.starts on_call.rotation.shift_days",
		rotation(`{"people":{},"zone":"UTC","starts":"2026-10-19T09:00","shift_days":7}`):  "on_call.rotation.people",
		rotation(`{"people":[{"name":"A"},{"name":"B"},{"name":"C"},{"name":"D","email":"d"}],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":7}`): "on_call.rotation.people[3].email",
		rotation(`{"people":["A"],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":7}`):                                                             "on_call.rotation.people[0]",
		rotation(`{"people":[{"name":"A"}],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":"7"}`):                                                  "on_call.rotation.shift_days",
		rotation(`{"people":[{"name":"A"}],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":1.5}`):                                                  "on_call.rotation.shift_days",
		rotation(`{"people":[{"name":"A"}],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":7,"overrides":null}`):                                   "",
		rotation(`{"people":[{"name":"A"}],"zone":"UTC","starts":"2026-10-19T09:00","shift_days":7,"overrides":[{"from":"x","person":null}]}`):           "on_call.rotation.overrides[0].from on_call.rotation.overrides[0].until on_call.rotation.overrides[0].person.name",
	} {
		a := p.call("PATCH", "/api/teams/payments", `{"on_call":`+plan+`}`)
		if fields == "" {
			if a.status != 200 {
				t.Errorf("%s: %d %s", plan, a.status, a.raw)
			}
			continue
		}
		wantProblem(t, a, 422, "invalid")
		if got := strings.Join(a.fields(), " "); got != fields {
			t.Errorf("%s: wrong are %q, want %q", plan, got, fields)
		}
	}
	many := p.call("PATCH", "/api/teams/payments", `{"on_call":`+rotation(`{"people":[`+strings.Repeat(`{"name":5},`, 99)+`{}]}`)+`}`)
	if got := len(many.fields()); got != 50 {
		t.Errorf("of many wrong fields %d are named", got)
	}
}

func TestWhoIsOnCall(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Payments","on_call":`+weekly+`}`)
	p.add("/api/teams", `{"name":"Desk","on_call":{"kind":"contact","contact":{"name":"Duty desk"}}}`)
	p.add("/api/teams", `{"name":"Nobody"}`)
	p.add("/api/teams", `{"name":"Web","on_call":{"kind":"calendar","calendar":{"url":"https://calendar.example.com/web.ics"}}}`)
	const none = `"email":null,"phone":null,"url":null`
	for path, want := range map[string]string{
		"payments/oncall?at=2026-10-21T07:00:00Z": `{"team":{"slug":"payments","name":"Payments"},"at":"2026-10-21T07:00:00Z","kind":"rotation","zone":"Europe/Zurich","feed":null,"changes_at":"2026-10-22T07:00:00Z",
			"now":[{"person":{"name":"Grace",` + none + `},"from":"2026-10-21T07:00:00Z","until":"2026-10-22T07:00:00Z","override":true}],
			"next":[{"person":{"name":"Ada","email":"ada@example.com","phone":null,"url":null},"from":"2026-10-22T07:00:00Z","until":"2026-10-26T08:00:00Z","override":false}]}`,
		"payments/oncall?at=2026-10-01T02:00:00%2B02:00": `{"team":{"slug":"payments","name":"Payments"},"at":"2026-10-01T00:00:00Z","kind":"rotation","zone":"Europe/Zurich","feed":null,"changes_at":"2026-10-19T07:00:00Z","now":[],
			"next":[{"person":{"name":"Ada","email":"ada@example.com","phone":null,"url":null},"from":"2026-10-19T07:00:00Z","until":"2026-10-21T07:00:00Z","override":false}]}`,
		"payments/oncall?at=9999-12-31T23:59:59Z": `{"team":{"slug":"payments","name":"Payments"},"at":"9999-12-31T23:59:59Z","kind":"rotation","zone":"Europe/Zurich","feed":null,"changes_at":null,"next":[],
			"now":[{"person":{"name":"Bob",` + none + `},"from":"9999-12-27T08:00:00Z","until":null,"override":false}]}`,
		"desk/oncall?at=2026-10-21T07:00:00Z": `{"team":{"slug":"desk","name":"Desk"},"at":"2026-10-21T07:00:00Z","kind":"contact","zone":null,"feed":null,"changes_at":null,"next":[],
			"now":[{"person":{"name":"Duty desk",` + none + `},"from":null,"until":null,"override":false}]}`,
		"nobody/oncall?at=2026-10-21T07:00:00Z": `{"team":{"slug":"nobody","name":"Nobody"},"at":"2026-10-21T07:00:00Z","kind":null,"zone":null,"feed":null,"changes_at":null,"now":[],"next":[]}`,
		"web/oncall?at=2026-10-21T07:00:00Z": `{"team":{"slug":"web","name":"Web"},"at":"2026-10-21T07:00:00Z","kind":"calendar","zone":null,"changes_at":null,"now":[],"next":[],
			"feed":{"host":"calendar.example.com","read_at":null,"problem":null,"covers_until":null}}`,
		"payments/oncall/shifts?from=2026-10-22T06:00:00Z&to=2026-10-22T07:30:00Z": `{"items":[
			{"person":{"name":"Grace",` + none + `},"from":"2026-10-21T07:00:00Z","until":"2026-10-22T07:00:00Z","override":true},
			{"person":{"name":"Ada","email":"ada@example.com","phone":null,"url":null},"from":"2026-10-22T07:00:00Z","until":"2026-10-26T08:00:00Z","override":false}]}`,
		"desk/oncall/shifts":   `{"items":[{"person":{"name":"Duty desk",` + none + `},"from":null,"until":null,"override":false}]}`,
		"nobody/oncall/shifts": `{"items":[]}`,
	} {
		a := p.call("GET", "/api/teams/"+path, "")
		if a.status != 200 {
			t.Errorf("%s: %d %s", path, a.status, a.raw)
			continue
		}
		wantJSON(t, path, any(a.body), want)
	}
	if a := p.call("GET", "/api/teams/payments/oncall/shifts", ""); a.status != 200 || len(a.body["items"].([]any)) != 5 {
		t.Errorf("four weeks from now on: %d %s", a.status, a.raw)
	}
	now := p.call("GET", "/api/teams/payments/oncall", "")
	if at, err := time.Parse(time.RFC3339, fmt.Sprint(now.body["at"])); err != nil || time.Since(at) > time.Hour || len(now.body["now"].([]any)) != 1 {
		t.Errorf("now: %d %s, %v", now.status, now.raw, err)
	}
	wantProblem(t, p.call("GET", "/api/teams/x/oncall", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/teams/x/oncall/shifts", ""), 404, "not-found")
	for query, field := range map[string]string{
		"?at=tomorrow": "at", "?at=9999-12-31T23:59:59-01:00": "at", "/shifts?from=x": "from", "/shifts?to=0001-01-01T00:00:00Z": "to",
		"/shifts?from=2026-10-22T06:00:00Z&to=2026-10-22T06:00:00Z": "to", "/shifts?from=2026-10-22T06:00:00Z&to=2027-10-23T06:00:01Z": "to", "?to=2026-10-22T06:00:00Z": "to",
	} {
		a := p.call("GET", "/api/teams/payments/oncall"+query, "")
		wantProblem(t, a, 422, "invalid")
		if got := strings.Join(a.fields(), " "); got != field {
			t.Errorf("%s: wrong is %q, want %q", query, got, field)
		}
	}
}

func TestWhoIsOnCallOfAllTeams(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Payments","on_call":`+weekly+`}`)
	for _, name := range []string{"web", "Accounts"} {
		p.add("/api/teams", fmt.Sprintf(`{"name":%q}`, name))
	}
	slugs := func(a answer) (list []string) {
		for _, item := range a.body["items"].([]any) {
			list = append(list, item.(map[string]any)["team"].(map[string]any)["slug"].(string))
		}
		return list
	}
	all := p.call("GET", "/api/oncall?at=2026-10-20T00:00:00Z", "")
	if got := slugs(all); fmt.Sprint(got) != "[accounts payments web]" || all.body["total"] != 3.0 || all.body["at"] != "2026-10-20T00:00:00Z" {
		t.Errorf("all are %s", all.raw)
	}
	one := p.call("GET", "/api/teams/payments/oncall?at=2026-10-20T00:00:00Z", "")
	if !reflect.DeepEqual(all.body["items"].([]any)[1], any(one.body)) {
		t.Errorf("in the list it is %v, alone %v", all.body["items"].([]any)[1], one.body)
	}
	first := p.call("GET", "/api/oncall?limit=2", "")
	next, _ := first.body["next"].(string)
	rest := p.call("GET", "/api/oncall?limit=2&after="+next, "")
	if got := fmt.Sprint(slugs(first), slugs(rest)); got != "[accounts payments] [web]" || rest.body["next"] != nil || !strings.Contains(first.header.Get("Link"), next) {
		t.Errorf("in pages: %s and %s", first.raw, rest.raw)
	}
}

// Who looks again after some time gets 304, until it is somebody else's turn.
func TestWhoIsOnCallIsNotChanged(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Payments","on_call":`+weekly+`}`)
	for _, path := range []string{"/api/teams/payments/oncall", "/api/oncall"} {
		tag := p.call("GET", path+"?at=2026-10-19T12:00:00Z", "").header.Get("ETag")
		for at, want := range map[string]int{"2026-10-20T12:00:00Z": 304, "2026-10-21T12:00:00Z": 200} {
			if a := p.call("GET", path+"?at="+at, "", "If-None-Match: "+tag); a.status != want {
				t.Errorf("%s at %s: %d, want %d", path, at, a.status, want)
			}
		}
		if a := p.call("PATCH", "/api/teams/payments", `{"name":"Money"}`); a.status != 200 {
			t.Errorf("renamed: %d", a.status)
		}
		if a := p.call("GET", path+"?at=2026-10-20T12:00:00Z", "", "If-None-Match: "+tag); a.status != 200 {
			t.Errorf("%s after a change of the team: %d", path, a.status)
		}
		p.call("PATCH", "/api/teams/payments", `{"name":"Payments"}`)
	}
}

// readCalendars is a catalogue in which calendars were read.
type readCalendars struct {
	httpapi.Catalog

	read map[string]oncall.Reading
}

func (r readCalendars) Calendars(context.Context, []string) (map[string]oncall.Reading, error) {
	return r.read, nil
}

func TestWhoIsOnCallByACalendar(t *testing.T) {
	at := time.Date(2026, 11, 30, 9, 0, 0, 0, time.UTC)
	shift := func(name string, from, hours int) oncall.Shift {
		begin := at.Add(time.Duration(from) * time.Hour)
		until := begin.Add(time.Duration(hours) * time.Hour)
		return oncall.Shift{Person: oncall.Person{Name: name}, From: &begin, Until: &until}
	}
	p := start(t, func(a *httpapi.API) {
		a.Catalog = readCalendars{a.Catalog, map[string]oncall.Reading{
			"web": {ReadAt: at, Problem: "unreachable", CoversUntil: at.AddDate(0, 0, 60), Shifts: []oncall.Shift{shift("Ada", 0, 8), shift("Bob", 4, 8), shift("Cleo", 12, 1)}},
		}}
	})
	p.add("/api/teams", `{"name":"Web","on_call":{"kind":"calendar","calendar":{"url":"https://calendar.example.com/web.ics"}}}`)
	const none = `"email":null,"phone":null,"url":null`
	a := p.call("GET", "/api/teams/web/oncall?at=2026-11-30T14:00:00Z", "")
	wantJSON(t, "on call", any(a.body), `{"team":{"slug":"web","name":"Web"},"at":"2026-11-30T14:00:00Z","kind":"calendar","zone":null,"changes_at":"2026-11-30T17:00:00Z",
		"now":[{"person":{"name":"Ada",`+none+`},"from":"2026-11-30T09:00:00Z","until":"2026-11-30T17:00:00Z","override":false},
			{"person":{"name":"Bob",`+none+`},"from":"2026-11-30T13:00:00Z","until":"2026-11-30T21:00:00Z","override":false}],
		"next":[{"person":{"name":"Cleo",`+none+`},"from":"2026-11-30T21:00:00Z","until":"2026-11-30T22:00:00Z","override":false}],
		"feed":{"host":"calendar.example.com","read_at":"2026-11-30T09:00:00Z","problem":"unreachable","covers_until":"2027-01-29T09:00:00Z"}}`)
	shifts := p.call("GET", "/api/teams/web/oncall/shifts?from=2026-11-30T17:00:00Z&to=2026-11-30T21:00:00Z", "")
	wantJSON(t, "the shifts", any(shifts.body), `{"items":[{"person":{"name":"Bob",`+none+`},"from":"2026-11-30T13:00:00Z","until":"2026-11-30T21:00:00Z","override":false}]}`)
}

// A machine may lose a zone that it had, as in another image: the other teams are still known.
func TestATeamWithoutItsZoneHidesNoOther(t *testing.T) {
	p := start(t, nil)
	p.add("/api/teams", `{"name":"Web","on_call":{"kind":"contact","contact":{"name":"Desk"}}}`)
	p.add("/api/teams", `{"name":"Payments","on_call":{"kind":"rotation","rotation":{"people":[{"name":"Ada"}],"zone":"UTC","starts":"2026-11-30T09:00","shift_days":1}}}`)
	const lose = `UPDATE teams SET on_call = jsonb_set(on_call, '{rotation,zone}', '"Europe/Atlantis"') WHERE slug = 'payments'`
	if _, err := p.store.DB().ExecContext(t.Context(), lose); err != nil {
		t.Fatal(err)
	}
	a := p.call("GET", "/api/oncall", "")
	items, _ := a.body["items"].([]any)
	if a.status != 200 || len(items) != 1 || items[0].(map[string]any)["team"].(map[string]any)["slug"] != "web" {
		t.Errorf("who is on call: %d %s", a.status, a.raw)
	}
	if a := p.call("GET", "/api/teams/payments/oncall", ""); a.status != 500 {
		t.Errorf("of the team without its zone: %d %s", a.status, a.raw)
	}
}
