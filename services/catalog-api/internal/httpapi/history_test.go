package httpapi_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// probed stores results of a service, one a minute from a time on. Each letter is one: healthy,
// degraded, down, or none (.).
func (p *portal) probed(path, statusURL string, from time.Time, letters string) {
	p.tb.Helper()
	svc := p.call("GET", path, "")
	var results []events.ProbeCompleted
	for i, letter := range letters {
		r := events.ProbeCompleted{
			ServiceID: svc.body["id"].(string), Version: 1, URL: statusURL, PlannedAt: from.Add(time.Duration(i) * time.Minute), Location: "here",
		}
		r.CheckedAt = r.PlannedAt
		switch letter {
		case 'h':
			r.Status, r.Reason, r.HTTPStatus, r.LatencyMS = events.StatusHealthy, events.ReasonOK, 200, int64(10+i)
		case 'd':
			r.Status, r.Reason, r.HTTPStatus, r.LatencyMS = events.StatusDegraded, events.ReasonHTTP5xx, 503, 20
		case 'x':
			r.Status, r.Reason = events.StatusDown, events.ReasonTimeout
		default:
			continue
		}
		results = append(results, r)
	}
	if _, err := p.store.ApplyResults(p.tb.Context(), access.Prober, results); err != nil {
		p.tb.Fatal(err)
	}
}

func items(a answer, name string) []map[string]any {
	list, _ := a.body[name].([]any)
	found := make([]map[string]any, len(list))
	for i, item := range list {
		found[i] = item.(map[string]any)
	}
	return found
}

const probedURL = "https://billing.example/healthz"

func at(t time.Time) string { return url.QueryEscape(t.Format(time.RFC3339)) }

func TestHistoryIsTold(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","team":"Core","status_url":"` + probedURL + `"}`)
	// Whole five minutes that are over, and in one day of UTC.
	from := time.Now().UTC().Add(-20 * time.Minute).Truncate(5 * time.Minute)
	p.probed(path, probedURL, from, "hhhhd"+"xxh..."+"....")

	a := p.call("GET", path+"/history?step=5m&from="+at(from)+"&to="+at(from.Add(15*time.Minute)), "")
	buckets := items(a, "buckets")
	if a.status != 200 || a.body["step"] != "5m" || len(buckets) != 3 {
		t.Fatalf("got %d %s", a.status, a.raw)
	}
	for i, want := range []string{
		"probes:5 missed:0 observed:300 healthy:240 degraded:60 down:0",
		"probes:3 missed:0 observed:300 healthy:180 degraded:0 down:120",
		"probes:0 missed:0 observed:0 healthy:0 degraded:0 down:0",
	} {
		b := buckets[i]
		got := fmt.Sprintf("probes:%v missed:%v observed:%v healthy:%v degraded:%v down:%v", b["probes"], b["missed"], b["observed_s"], b["healthy_s"], b["degraded_s"], b["down_s"])
		if got != want {
			t.Errorf("bucket %d: got %s, want %s", i, got, want)
		}
	}
	latency := buckets[0]["latency_ms"].(map[string]any)
	if latency["count"] != 5.0 || latency["min"] != 10.0 || latency["max"] != 20.0 || latency["mean"] != 13.2 || latency["p50"].(float64) < 11.4 || latency["p50"].(float64) > 12.6 {
		t.Errorf("latencies are %v", latency)
	}
	if buckets[2]["latency_ms"] != nil {
		t.Errorf("without an answer there is a latency: %v", buckets[2])
	}

	probes := items(p.call("GET", path+"/history?step=probe&from="+at(from)+"&to="+at(from.Add(15*time.Minute)), ""), "probes")
	if len(probes) != 8 || probes[4]["http_status"] != 503.0 || probes[5]["reason"] != "timeout" || probes[5]["latency_ms"] != nil || probes[7]["latency_ms"] != 17.0 {
		t.Errorf("one by one they are %v", probes)
	}
	if day := p.call("GET", path+"/history?from="+at(from.AddDate(0, 0, -80)), ""); day.body["step"] != "1d" || len(items(day, "buckets")) < 80 {
		t.Errorf("80 days are told in %d steps of %v", len(items(day, "buckets")), day.body["step"])
	}

	for query, field := range map[string]string{
		"step=1s": "step", "step=probe": "step", "step=5m&from=2020-01-01T00:00:00Z": "step", "step=1h&from=2020-01-01T00:00:00Z": "step",
		"from=yesterday": "from", "to=2020-01-01T00:00:00": "to", "from=2090-01-01T00:00:00Z": "from",
		"from=2026-03-14T10:00:00Z&to=2026-03-14T09:00:00Z": "from", "step=5m&from=" + at(from.AddDate(0, 0, -9)): "step", "steps=1h": "steps",
	} {
		a := p.call("GET", path+"/history?"+query, "")
		wantProblem(t, a, 422, "invalid")
		if errors := items(a, "errors"); len(errors) != 1 || errors[0]["field"] != field {
			t.Errorf("%s: the errors are %v, want one of %s", query, errors, field)
		}
	}
}

func TestUptimeIsOfObservedTime(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","team":"Core","status_url":"` + probedURL + `"}`)
	other, _ := p.create(`{"name":"mail","team":"Web","status_url":"` + probedURL + `"}`)
	p.create(`{"name":"by hand","team":"Core","status":"healthy"}`)
	from := time.Now().UTC().Add(-20 * time.Minute).Truncate(time.Second)
	p.probed(path, probedURL, from, "hhhhdxxh") // 7 and 3 minutes are observed
	p.probed(other, probedURL, from, "xxxx..........")

	window := "from=" + at(from) + "&to=" + at(from.Add(20*time.Minute))
	one := items(p.call("GET", path+"/uptime?"+window, ""), "items")[0]
	if one["uptime"] != 0.7 || one["coverage"] != 0.5 || one["observed_s"] != 600.0 || one["degraded_s"] != 60.0 || one["down_s"] != 120.0 {
		t.Errorf("got %v", one)
	}
	if windows := items(p.call("GET", path+"/uptime", ""), "items"); len(windows) != 4 || windows[3]["window"] != "90d" || windows[3]["observed_s"] != 600.0 {
		t.Errorf("without a window: %v", windows)
	}
	if two := items(p.call("GET", path+"/uptime?window=1h&window=2d", ""), "items"); len(two) != 2 || two[0]["window"] != "1h" || two[0]["uptime"] != 0.7 {
		t.Errorf("two windows: %v", two)
	}

	all := p.call("GET", "/api/uptime?"+window, "")
	list := items(all, "items")
	if len(list) != 3 || list[0]["name"] != "billing" || list[0]["uptime"] != 0.7 || list[1]["name"] != "by hand" || list[2]["uptime"] != 0.0 {
		t.Errorf("got %s", all.raw)
	}
	if hand := list[1]; hand["uptime"] != nil || hand["coverage"] != 0.0 || !strings.Contains(string(all.raw), `"uptime":null`) {
		t.Errorf("what a person said is observed: %v", hand)
	}
	if got := fmt.Sprintf("%.4f of %.4f", all.body["uptime"], all.body["coverage"]); got != "0.4375 of 0.2667" { // 7 of 16 minutes, of 60
		t.Errorf("together: %s", got)
	}
	if core := p.call("GET", "/api/uptime?team=Core&window=7d", ""); len(items(core, "items")) != 2 || core.body["window"] != "7d" {
		t.Errorf("of a team: %s", core.raw)
	}

	for _, query := range []string{"window=30", "window=d", "window=-1d", "window=0h", "window=99999d", "window=1w", "window=%C2%B2d"} {
		wantProblem(t, p.call("GET", path+"/uptime?"+query, ""), 422, "invalid")
		wantProblem(t, p.call("GET", "/api/uptime?"+query, ""), 422, "invalid")
	}
	wantProblem(t, p.call("GET", path+"/uptime?"+strings.Repeat("window=1d&", 11), ""), 422, "invalid")
	for _, route := range []string{"/history", "/uptime", "/timeline"} {
		wantProblem(t, p.call("GET", "/api/services/019a0000-0000-7000-8000-000000000001"+route, ""), 404, "not-found")
		wantProblem(t, p.call("GET", "/api/services/x"+route, ""), 404, "not-found")
	}
}

func TestTimelineHasStatusesAndChanges(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing","team":"Core","status_url":"` + probedURL + `"}`)
	from := time.Now().UTC().Add(-20 * time.Minute).Truncate(time.Second)
	p.probed(path, probedURL, from, "hhxxh.......h")
	p.call("PATCH", path, `{"team":"Web"}`)

	told := func(list []map[string]any) (lines []string) {
		for _, m := range list {
			line := fmt.Sprint(m["kind"])
			if status, is := m["status"].(map[string]any); is {
				line = fmt.Sprintf("%v > %v %v", status["from"], status["to"], status["reason"])
			} else if change, is := m["change"].(map[string]any); is {
				line = fmt.Sprint(change["deed"])
			}
			lines = append(lines, line)
		}
		return lines
	}
	want := []string{"updated", "created", "unknown > healthy ok", "healthy > unknown stale", "down > healthy ok", "healthy > down timeout", "<nil> > healthy ok"}
	whole := p.call("GET", path+"/timeline", "")
	if got := told(items(whole, "items")); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Fatalf("got\n%q, want\n%q", got, want)
	}
	down := items(whole, "items")[5]
	if down["at"] != from.Add(2*time.Minute).Format(time.RFC3339) || down["status"].(map[string]any)["until"] != from.Add(4*time.Minute).Format(time.RFC3339) {
		t.Errorf("it was down: %v", down)
	}

	var got []string
	for next := ""; ; {
		page := p.call("GET", path+"/timeline?limit=2&after="+next, "")
		got = append(got, told(items(page, "items"))...)
		if next, _ = page.body["next"].(string); next == "" {
			break
		}
		if !strings.Contains(page.header.Get("Link"), "after="+next) {
			t.Errorf("the link is %s", page.header.Get("Link"))
		}
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("in pages:\n%q, want\n%q", got, want)
	}
	if got := told(items(p.call("GET", path+"/timeline?kind=change", ""), "items")); fmt.Sprint(got) != "[updated created]" {
		t.Errorf("changes alone: %q", got)
	}
	some := p.call("GET", path+"/timeline?from="+at(from.Add(time.Minute))+"&to="+at(from.Add(4*time.Minute)), "")
	if got := told(items(some, "items")); fmt.Sprint(got) != "[healthy > down timeout]" {
		t.Errorf("some minutes: %q", got)
	}
	wantProblem(t, p.call("GET", path+"/timeline?kind=eclipse", ""), 422, "invalid")
	wantProblem(t, p.call("GET", path+"/timeline?after=x", ""), 422, "invalid")
	p.call("DELETE", path, "")
	if got := told(items(p.call("GET", path+"/timeline?limit=2", ""), "items")); len(got) != 2 {
		t.Errorf("after it was deleted: %q", got)
	}
}

func TestStripsAreOfManyServices(t *testing.T) {
	p := start(t, nil)
	path, svc := p.create(`{"name":"billing","status_url":"` + probedURL + `"}`)
	_, other := p.create(`{"name":"by hand","status":"healthy"}`)
	from := time.Now().UTC().Truncate(30 * time.Minute).Add(-time.Hour) // two segments before the last
	p.probed(path, probedURL, from, "hhhhxh"+"....."+strings.Repeat(".", 25)+"hd")

	ids := "id=" + svc.body["id"].(string) + "&id=" + other.body["id"].(string)
	a := p.call("GET", "/api/strips?"+ids, "")
	list := items(a, "items")
	if at := a.body["at"].([]any); a.status != 200 || len(list) != 2 || len(at) != 48 || at[45] != from.Format(time.RFC3339) {
		t.Fatalf("got %d %s", a.status, a.raw)
	}
	if got := list[0]["strip"].(string); len(got) != 48 || !strings.HasPrefix(got[44:], "-xd") {
		t.Errorf("the strip is %q", got)
	}
	if got := list[1]["strip"]; got != strings.Repeat("-", 48) {
		t.Errorf("by hand it is %q", got)
	}
	days := p.call("GET", "/api/strips?days=90&zone=Asia/Kolkata&id="+svc.body["id"].(string), "")
	if list := items(days, "items"); len(list) != 1 || len(list[0]["strip"].(string)) != 90 || !strings.Contains(list[0]["strip"].(string)[87:], "x") {
		t.Errorf("of 90 days: %s", days.raw)
	}
	for _, query := range []string{
		"id=" + strings.Repeat("x&id=", 100), ids + "&days=0", ids + "&days=101", ids + "&days=many", ids + "&days=9&zone=Mars/Base", ids + "&days=9&zone=Local",
		"days=9&" + strings.Repeat(ids+"&", 6),
	} {
		wantProblem(t, p.call("GET", "/api/strips?"+query, ""), 422, "invalid")
	}
	if a := p.call("GET", "/api/strips?id=x", ""); a.status != 200 || items(a, "items")[0]["strip"] != strings.Repeat("-", 48) {
		t.Errorf("of an unknown one: %d %s", a.status, a.raw)
	}
}
