package httpapi_test

import (
	"encoding/csv"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/httpapi"
)

func TestNamesLeadToServices(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing / EU 100%"}`)
	named := func(name string) string { return "/api/services/by-name/" + url.PathEscape(name) }
	a := p.call("GET", named("BILLING / eu 100%"), "")
	if a.status != 200 || a.body["name"] != "billing / EU 100%" {
		t.Fatalf("%d %s", a.status, a.raw)
	}
	if again := p.call("GET", named("billing / EU 100%"), "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 {
		t.Errorf("unchanged: %d", again.status)
	}

	p.call("PATCH", path, `{"name":"billing: Europe"}`)
	if old := p.call("GET", named("billing / EU 100%"), ""); old.status != 307 || old.header.Get("Location") != named("billing: Europe") {
		t.Errorf("the former name: %d to %q", old.status, old.header.Get("Location"))
	}
	p.create(`{"name":"Billing / EU 100%","team":"New"}`)
	if taken := p.call("GET", named("billing / EU 100%"), ""); taken.status != 200 || taken.body["team"] != "New" {
		t.Errorf("whoever has the name now comes first: %d %s", taken.status, taken.raw)
	}
	for _, name := range []string{"nobody", "a/../b", "%", "\x00", "\xff", strings.Repeat("x", 3000)} {
		wantProblem(t, p.call("GET", named(name), ""), 404, "not-found")
	}
}

// recently is a time from which on results can be stored, one a minute.
func recently() time.Time { return time.Now().UTC().Add(-20 * time.Minute).Truncate(time.Second) }

// badgeText returns what a badge says.
func badgeText(t *testing.T, a answer) string {
	t.Helper()
	if got := a.header.Get("Content-Type"); got != "image/svg+xml" {
		t.Fatalf("%d %s is %s", a.status, a.raw, got)
	}
	var picture struct {
		Title string `xml:"title"`
	}
	if err := xml.Unmarshal(a.raw, &picture); err != nil {
		t.Fatalf("%v in %s", err, a.raw)
	}
	return picture.Title
}

func TestBadges(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"billing <EU>","status_url":"` + probedURL + `"}`)
	p.create(`{"name":"by hand","status":"down"}`)
	from := recently()
	p.probed(path, probedURL, from, "hhhhdxxh") // 7 of 10 minutes, of which an hour has 60

	for address, want := range map[string]string{
		"billing%20%3CEU%3E/status.svg":                    "billing <EU>: healthy",
		"billing%20%3CEU%3E/status.svg?label=status%20%26": "status &: healthy",
		"billing%20%3Ceu%3E/uptime.svg?window=1h":          "billing <EU>: 70 % of 16.66 % observed",
		"billing%20%3CEU%3E/uptime.svg":                    "billing <EU>: 70 % of 0.02 % observed",
		"billing%20%3CEU%3E/latency.svg":                   "billing <EU>: 12 ms",
		"by%20hand/status.svg":                             "by hand: down",
		"by%20hand/uptime.svg":                             "by hand: not observed",
		"by%20hand/latency.svg":                            "by hand: no answers",
	} {
		a := p.call("GET", "/api/badges/"+address, "")
		if got := badgeText(t, a); a.status != 200 || got != want {
			t.Errorf("%s: %d %q, want %q", address, a.status, got, want)
		}
		if a.header.Get("Cache-Control") != "private, max-age=60" || a.header.Get("ETag") == "" {
			t.Errorf("%s: %v", address, a.header)
		}
		if again := p.call("GET", "/api/badges/"+address, "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 || len(again.raw) != 0 {
			t.Errorf("%s unchanged: %d %s", address, again.status, again.raw)
		}
	}
	if a := p.call("GET", "/api/badges/nobody/status.svg", ""); a.status != 404 || badgeText(t, a) != "nobody: not found" {
		t.Errorf("nobody: %d %s", a.status, a.raw)
	}
	wantProblem(t, p.call("GET", "/api/badges/by%20hand/mood.svg", ""), 404, "not-found")
	wantProblem(t, p.call("GET", "/api/badges/by%20hand/uptime.svg?window=ever", ""), 422, "invalid")
	wantProblem(t, p.call("GET", "/api/badges/by%20hand/uptime.svg?color=red", ""), 422, "invalid")
}

// Who may not read the catalogue learns nothing by badges but what is public.
func TestBadgesOfStrangers(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"open","tags":["Public","go"],"status":"healthy"}`)
	p.create(`{"name":"closed","tags":["public"],"status":"healthy"}`)
	for name, tc := range map[string]struct {
		badges httpapi.Badges
		want   map[string]string
	}{
		"none": {httpapi.Badges{}, map[string]string{"open": "404 open: not found private", "closed": "404 closed: not found private"}},
		"all":  {httpapi.Badges{All: true}, map[string]string{"open": "200 open: healthy public", "closed": "200 closed: healthy public"}},
		"tag":  {httpapi.Badges{Tag: " Public"}, map[string]string{"open": "200 open: healthy public", "closed": "404 closed: not found private"}},
	} {
		strangers := p.replica(func(a *httpapi.API) { a.Anonymous, a.Badges = access.None, tc.badges })
		for service, want := range tc.want {
			a := strangers.call("GET", "/api/badges/"+service+"/status.svg", "")
			scope, _, _ := strings.Cut(a.header.Get("Cache-Control"), ",")
			if elsewhere := a.header.Get("Cross-Origin-Resource-Policy") == "cross-origin"; elsewhere != (scope == "public") {
				t.Errorf("%s: pages elsewhere may show it: %t", name, elsewhere)
			}
			if got := fmt.Sprintf("%d %s %s", a.status, badgeText(t, a), scope); got != want {
				t.Errorf("%s: %q, want %q", name, got, want)
			}
		}
		wantProblem(t, strangers.call("GET", "/api/badges/open/status.svg", "", "Authorization: Bearer nonsense"), 401, "unauthenticated")
	}
}

func TestServicesAsMetrics(t *testing.T) {
	p := start(t, nil)
	if empty := p.call("GET", "/api/metrics/services", ""); empty.status != 200 || len(empty.raw) != 0 {
		t.Errorf("without services: %d %s", empty.status, empty.raw)
	}
	p = p.replica(nil) // the uptimes are a minute old at most
	path, _ := p.create(`{"name":"billing \"EU\"","team":"Core","status_url":"` + probedURL + `"}`)
	p.create(`{"name":"by hand","team":"Web","status":"down"}`)
	from := recently()
	p.probed(path, probedURL, from, "hhhhdxxh")

	a := p.call("GET", "/api/metrics/services", "")
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(string(a.raw)))
	if err != nil || !strings.HasPrefix(a.header.Get("Content-Type"), "text/plain; version=0.0.4") {
		t.Fatalf("%v in %s %s", err, a.header.Get("Content-Type"), a.raw)
	}
	got := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			got[strings.TrimPrefix(name, "portal_service_")+" "+strings.Join(labels, " ")] = m.GetGauge().GetValue()
		}
	}
	for series, want := range map[string]float64{
		`status billing "EU" Core healthy`: 1, `status billing "EU" Core down`: 0, `status by hand Web down`: 1, `status by hand Web unknown`: 0,
		`latency_seconds billing "EU" Core`: 0.017, `uptime_ratio billing "EU" Core 30d`: 0.7, `observed_ratio by hand Web 30d`: 0,
		`last_probe_timestamp_seconds billing "EU" Core`: float64(from.Add(7 * time.Minute).Unix()),
	} {
		if value, there := got[series]; !there || value != want {
			t.Errorf("%s is %v, want %v", series, value, want)
		}
	}
	for _, absent := range []string{"latency_seconds by hand Web", "uptime_ratio by hand Web 30d", "last_probe_timestamp_seconds by hand Web"} {
		if value, there := got[absent]; there {
			t.Errorf("%s is %v, want none", absent, value)
		}
	}
	if len(got) != 15 { // 4 of a status, since, observed each; and three of what was measured
		t.Errorf("%d series: %v", len(got), got)
	}

	if core := p.call("GET", "/api/metrics/services?team=Core", ""); strings.Contains(string(core.raw), "by hand") || !strings.Contains(string(core.raw), "Core") {
		t.Errorf("of a team: %s", core.raw)
	}
}

// table returns an export's rows.
func table(t *testing.T, a answer) [][]string {
	t.Helper()
	if a.status != 200 || a.header.Get("Content-Type") != "text/csv; charset=utf-8; header=present" {
		t.Fatalf("%d %s %s", a.status, a.header.Get("Content-Type"), a.raw)
	}
	var rows [][]string
	for r := csv.NewReader(strings.NewReader(string(a.raw))); ; {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, row)
	}
}

// Exports say what the reads say.
func TestExports(t *testing.T) {
	p := start(t, nil)
	path, _ := p.create(`{"name":"=cmd()","team":"Core","tags":["-1","go"],"status_url":"` + probedURL + `"}`)
	from := time.Now().UTC().Add(-20 * time.Minute).Truncate(5 * time.Minute)
	p.probed(path, probedURL, from, "hhhhd"+"xxh..")
	during := "from=" + at(from) + "&to=" + at(from.Add(10*time.Minute))

	a := p.call("GET", path+"/history.csv?step=5m&"+during, "")
	rows := table(t, a)
	if got := strings.Join(rows[1], " "); len(rows) != 3 || got != from.Format(time.RFC3339)+" 5 0 300 240 60 0 5 13.2 10 20 11.6 12.8" {
		t.Errorf("the history is %q", rows)
	}
	if a.header.Get("Content-Disposition") != `attachment; filename="history.csv"` || !strings.Contains(string(a.raw), "\r\n") {
		t.Errorf("%v", a.header)
	}
	if probes := table(t, p.call("GET", path+"/history.csv?step=probe&"+during, "")); len(probes) != 9 || strings.Join(probes[6][1:], ",") != "down,timeout,," {
		t.Errorf("one by one they are %q", probes)
	}
	if one := table(t, p.call("GET", path+"/uptime.csv?"+during, "")); len(one) != 2 || one[1][3] != "0.7" {
		t.Errorf("the uptime is %q", one)
	}
	if all := table(t, p.call("GET", "/api/uptime.csv?"+during, "")); len(all) != 2 || all[1][1] != "'=cmd()" || all[1][6] != "0.7" {
		t.Errorf("the uptimes are %q", all)
	}

	p.call("PATCH", path, `{"team":"+1 Web","description":null}`)
	moments := table(t, p.call("GET", path+"/timeline.csv", ""))
	if got := strings.Join(moments[1][1:], ","); got != "change,,,,,,,updated,anonymous,team,Core,'+1 Web,,,,,," {
		t.Errorf("the newest is %q", got)
	}
	for _, row := range moments[1:] {
		if len(row) != len(moments[0]) {
			t.Errorf("%q has %d cells", row, len(row))
		}
	}
	few := p.call("GET", path+"/timeline.csv?limit=1", "")
	if link := few.header.Get("Link"); !strings.Contains(link, "/timeline.csv?") || !strings.Contains(link, `rel="next"`) {
		t.Errorf("the next page is at %q", link)
	}
	wantProblem(t, p.call("GET", path+"/history.csv?step=1s", ""), 422, "invalid")
	wantProblem(t, p.call("GET", "/api/services/019a0000-0000-7000-8000-000000000001/timeline.csv", ""), 404, "not-found")
}
