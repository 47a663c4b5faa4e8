package httpapi_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

// exactly is a time in an address, to the microsecond.
func exactly(t time.Time) string { return url.QueryEscape(t.UTC().Format(time.RFC3339Nano)) }

// updated returns when a service in an answer was changed.
func (a answer) updated(tb testing.TB) time.Time {
	tb.Helper()
	at, err := time.Parse(time.RFC3339, a.body["updated_at"].(string))
	if err != nil {
		tb.Fatal(err)
	}
	return at
}

func TestPortalAtAMoment(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","team":"Core","tags":["go"],"status":"down"}`)
	other, _ := p.create(`{"name":"mail","team":"Web"}`)
	first := p.call("GET", path, "")
	before := time.Now()
	changed := p.call("PATCH", path, `{"name":"invoices","team":"Web","tags":[],"status":"healthy"}`)
	p.call("DELETE", other, "")
	_, after := p.create(`{"name":"billing"}`)

	for query, want := range map[string]string{
		"":                                   "billing invoices",
		"?at=" + exactly(before):             "billing mail",
		"?at=" + exactly(after.updated(t)):   "billing invoices",
		"?team=Core&at=" + exactly(before):   "billing",
		"?tag=go&at=" + exactly(before):      "billing",
		"?q=MAI&at=" + exactly(before):       "mail",
		"?status=down&at=" + exactly(before): "billing",
		"?limit=1&at=" + exactly(before):     "billing",
		"?id=" + made.body["id"].(string) + "&at=" + exactly(before):                             "billing",
		"?at=" + exactly(changed.updated(t)):                                                     "invoices mail",
		"?at=" + exactly(changed.updated(t).Add(-time.Microsecond)):                              "billing mail",
		"?at=" + url.QueryEscape(before.In(time.FixedZone("", 5*3600)).Format(time.RFC3339Nano)): "billing mail",
	} {
		a := p.call("GET", "/api/services"+query, "")
		if got := strings.Join(a.names(), " "); a.status != 200 || got != want || a.header.Get("Known-From") != "" {
			t.Errorf("%s: got %d %s, known from %q; want %s", query, a.status, got, a.header.Get("Known-From"), want)
		}
		again := p.call("GET", "/api/services"+query, "", "If-None-Match: "+a.header.Get("ETag"))
		if again.status != 304 || len(again.raw) > 0 {
			t.Errorf("%s again: %d", query, again.status)
		}
	}
	page := p.call("GET", "/api/services?limit=1&at="+exactly(before), "")
	next := strings.TrimPrefix(strings.Split(page.header.Get("Link"), ">")[0], "<")
	if a := p.call("GET", next, ""); page.body["total"] != 2.0 || len(a.names()) != 1 || a.names()[0] != "mail" {
		t.Errorf("page 2 of %v at %s has %v", page.body["total"], next, a.names())
	}

	then := p.call("GET", path+"?at="+exactly(before), "")
	if fmt.Sprint(then.body) != fmt.Sprint(first.body) {
		t.Errorf("then it was\n%v, but it said\n%v", then.body, first.body)
	}
	if a := p.call("GET", path+"?at="+exactly(before), "", "If-None-Match: "+then.header.Get("ETag")); a.status != 304 {
		t.Errorf("again: %d", a.status)
	}
	if a := p.call("GET", path+"?at="+exactly(time.Now().Add(time.Second)), ""); a.body["name"] != "invoices" {
		t.Errorf("by a clock that is ahead it is %s", a.raw)
	}
	gone := p.call("GET", other+"?at="+exactly(before), "")
	if gone.status != 200 || gone.body["name"] != "mail" || gone.body["version"] != 1.0 {
		t.Errorf("one that is deleted was %s", gone.raw)
	}
	for _, missing := range []string{other + "?at=" + exactly(time.Now()), "/api/services/" + after.body["id"].(string) + "?at=" + exactly(before)} {
		wantProblem(t, p.call("GET", missing, ""), 404, "not-found")
	}

	named := func(name string, at time.Time) string {
		a := p.call("GET", "/api/services/by-name/"+name+"?at="+exactly(at), "")
		return strings.TrimSpace(fmt.Sprint(a.status, " ", a.header.Get("Location"), " ", a.body["id"] == made.body["id"]))
	}
	if got := named("billing", before); got != "200  true" {
		t.Errorf("by its name then: %s", got)
	}
	if got, want := named("INVOICES", before), "307 /api/services/by-name/billing?at="+exactly(before.Truncate(time.Microsecond))+" true"; got != want {
		t.Errorf("by its name of later: got %s, want %s", got, want)
	}
	if got := named("nobody", before); !strings.HasPrefix(got, "404") {
		t.Errorf("by no name: %s", got)
	}
}

func TestMomentsThatNobodyKnows(t *testing.T) {
	p := start(t, nil)
	wantProblem(t, p.call("GET", "/api/services?at=2026-03-14T02:10:00Z", ""), 422, "invalid")
	path, made := p.create(`{"name":"billing"}`)
	p.call("PATCH", path, `{"team":"Core"}`)
	for query, says := range map[string]string{
		"2026-03-14T02:10": "It must be a time such as 2026-03-14T09:30:00Z.", "now": "It must be a time such as 2026-03-14T09:30:00Z.",
		exactly(time.Now().Add(time.Hour)): "It must not be in the future.",
		"2020-03-14T02:10:00Z":             "the record begins at " + made.updated(t).Format(time.RFC3339),
	} {
		for _, where := range []string{"/api/services", path, "/api/services/by-name/billing"} {
			a := p.call("GET", where+"?at="+query, "")
			wantProblem(t, a, 422, "invalid")
			if detail := a.body["detail"].(string); !slices.Equal(a.fields(), []string{"at"}) || !strings.Contains(detail, says) {
				t.Errorf("%s at %s: %s, fields %v", where, query, detail, a.fields())
			}
		}
	}
	first := made.updated(t)
	if _, err := p.store.PurgeTrail(t.Context(), access.Sweeper, time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"/api/services", "/api/services?team=Core", path, "/api/services/by-name/billing"} {
		mark := "?"
		if strings.Contains(where, "?") {
			mark = "&"
		}
		a := p.call("GET", where+mark+"at="+exactly(first), "")
		known, err := time.Parse(time.RFC3339, a.header.Get("Known-From"))
		if a.status != 200 || err != nil || !known.After(first) {
			t.Errorf("%s: %d, known from %s, %v", where, a.status, known, err)
		}
	}
}

// slow counts how often the past is read, and lets nobody on until it is told to.
type slow struct {
	httpapi.Catalog

	read atomic.Int64
	open chan struct{}
}

func (s *slow) ServicesAt(ctx context.Context, at time.Time, ids []string) (catalog.Moment, error) {
	s.read.Add(1)
	<-s.open
	return s.Catalog.ServicesAt(ctx, at, ids)
}

// A link to a moment is followed by many people at once.
func TestMomentIsReadOnceForAll(t *testing.T) {
	var s *slow
	p := start(t, func(a *httpapi.API) {
		s = &slow{Catalog: a.Catalog, open: make(chan struct{})}
		a.Catalog = s
	})
	billing, _ := p.create(`{"name":"billing","status_url":"` + probedURL + `"}`)
	long := time.Now().UTC().Add(-3 * time.Hour).Truncate(time.Second) // so that it does not change any more
	p.probed(billing, probedURL, long, "h")
	path := "/api/services?at=" + exactly(long)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if a := p.call("GET", path, ""); a.status != 200 || len(a.names()) != 1 {
				t.Errorf("%d %s", a.status, a.raw)
			}
		})
	}
	close(s.open)
	all.Wait()
	if n := s.read.Load(); n != 1 {
		t.Errorf("it was read %d times", n)
	}
	// The last three are kept, and the first of these three is the one that goes next.
	for _, step := range []struct {
		minute int
		reads  int64
	}{{1, 2}, {2, 3}, {0, 3}, {3, 4}, {0, 4}, {2, 4}, {1, 5}} {
		p.call("GET", "/api/services?at="+exactly(long.Add(time.Duration(step.minute)*time.Minute)), "")
		if n := s.read.Load(); n != step.reads {
			t.Errorf("after minute %d it was read %d times, want %d", step.minute, n, step.reads)
		}
	}
}

func TestFallsAreTold(t *testing.T) {
	p := start(t, nil)
	if a := p.call("GET", "/api/falls?to=2026-03-14T09:30:00Z", ""); a.status != 200 || a.body["begin"] != nil || len(items(a, "items")) != 0 {
		t.Errorf("of nothing: %d %s", a.status, a.raw)
	}
	path, _ := p.create(`{"name":"billing","status_url":"` + probedURL + `"}`)
	other, _ := p.create(`{"name":"mail","status_url":"` + probedURL + `"}`)
	from := time.Now().UTC().Add(-90 * time.Minute).Truncate(time.Hour).Add(10 * time.Minute)
	p.probed(path, probedURL, from, "hhxxhdh")
	p.probed(other, probedURL, from, "hhxhhhh")
	a := p.call("GET", "/api/falls?from="+at(from)+"&to="+at(from.Add(30*time.Minute)), "")
	var got []string
	for _, item := range items(a, "items") {
		when, _ := time.Parse(time.RFC3339, item["at"].(string))
		got = append(got, fmt.Sprintf("%.0f %v %v", when.Sub(from).Minutes(), item["services"], item["status"]))
	}
	if want := []string{"2 2 down", "5 1 degraded"}; !slices.Equal(got, want) || a.body["step_s"] != 1.0 || a.body["begin"] != from.Format(time.RFC3339) {
		t.Errorf("got %v of %s, want %v", got, a.raw, want)
	}
	minute := func(n int) string { return from.Add(time.Duration(n) * time.Minute).Format(time.RFC3339) }
	for query, want := range map[string][2]any{
		"?at=" + minute(1): {nil, minute(2)},
		"?at=" + minute(2): {nil, minute(5)}, // it fell in the second before
		"?at=" + from.Add(2*time.Minute+time.Second).Format(time.RFC3339): {minute(2), minute(5)},
		"?at=" + minute(6):         {minute(5), nil},
		"":                         {minute(5), nil},
		"?at=2020-01-01T00:00:00Z": {nil, minute(2)},
	} {
		if a := p.call("GET", "/api/falls/around"+query, ""); a.status != 200 || a.body["before"] != want[0] || a.body["after"] != want[1] {
			t.Errorf("around %s: %d %s, want %v", query, a.status, a.raw, want)
		}
	}
	wantProblem(t, p.call("GET", "/api/falls/around?at=noon", ""), 422, "invalid")
	week := p.call("GET", "/api/falls", "")
	begin, _ := time.Parse(time.RFC3339, week.body["from"].(string))
	end, _ := time.Parse(time.RFC3339, week.body["to"].(string))
	if length := end.Sub(begin); length < 7*24*time.Hour || length > 8*24*time.Hour || end.Before(time.Now()) || len(items(week, "items")) != 2 {
		t.Errorf("of a week: %s", week.raw)
	}
	many, _ := p.create(`{"name":"flapping","status_url":"` + probedURL + `"}`)
	p.probed(many, probedURL, from.AddDate(0, 0, -1), strings.Repeat("hx", 600))
	few := p.call("GET", "/api/falls?from="+at(from.AddDate(0, 0, -5)), "")
	if n := len(items(few, "items")); few.body["step_s"] != 900.0 || n < 80 || n > 90 {
		t.Errorf("of 600 falls: %d in steps of %v s", n, few.body["step_s"])
	}
	for query, field := range map[string]string{"from=x": "from", "to=2020-01-01": "to", "from=2026-01-01T00:00:00Z&to=2026-02-02T00:00:00Z": "from", "at=x": "at"} {
		a := p.call("GET", "/api/falls?"+query, "")
		wantProblem(t, a, 422, "invalid")
		if !slices.Equal(a.fields(), []string{field}) {
			t.Errorf("%s: the fields are %v", query, a.fields())
		}
	}
}

// What the page asks beside the list at a moment ends at it.
func TestHistoryEndsAtAMoment(t *testing.T) {
	p := start(t, nil)
	path, made := p.create(`{"name":"billing","status_url":"` + probedURL + `"}`)
	from := time.Now().UTC().Add(-20 * time.Minute).Truncate(time.Second)
	p.probed(path, probedURL, from, "hhhhxxxx")
	then := at(from.Add(4 * time.Minute))

	strip := items(p.call("GET", "/api/strips?id="+made.body["id"].(string)+"&to="+then, ""), "items")[0]["strip"].(string)
	if len(strip) != 48 || strings.Contains(strip, "x") || !strings.Contains(strip, "h") {
		t.Errorf("the strip is %s", strip)
	}
	days := items(p.call("GET", "/api/strips?days=3&zone=UTC&id="+made.body["id"].(string)+"&to="+then, ""), "items")[0]["strip"].(string)
	if len(days) != 3 || strings.Contains(days, "x") || !strings.Contains(days, "h") {
		t.Errorf("the days are %s", days)
	}
	wantProblem(t, p.call("GET", "/api/strips?to=x", ""), 422, "invalid")
	for _, state := range []string{"there", "deleted"} {
		up := items(p.call("GET", path+"/uptime?window=1h&window=24h&to="+then, ""), "items")
		if len(up) != 2 || up[0]["uptime"] != 1.0 || up[0]["window"] != "1h" || up[1]["observed_s"] != 240.0 {
			t.Errorf("while it is %s the uptimes are %v", state, up)
		}
		var probes float64
		for _, b := range items(p.call("GET", path+"/history?step=5m&from="+at(from.Add(-5*time.Minute))+"&to="+at(from.Add(15*time.Minute)), ""), "buckets") {
			probes += b["probes"].(float64)
		}
		if probes != 8 {
			t.Errorf("while it is %s there are %v probes", state, probes)
		}
		p.call("DELETE", path, "")
	}
	wantProblem(t, p.call("GET", "/api/services/019a0000-0000-7000-8000-000000000009/uptime", ""), 404, "not-found")
}
