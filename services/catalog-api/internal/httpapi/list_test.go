package httpapi_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// names returns the names of the services in a list.
func (a answer) names() []string {
	names := []string{}
	items, _ := a.body["items"].([]any)
	for _, item := range items {
		names = append(names, item.(map[string]any)["name"].(string))
	}
	return names
}

func TestListIsFiltered(t *testing.T) {
	p := start(t, nil)
	p.create(`{"name":"Zulu","team":"Core","tags":["go","50%"],"status":"down"}`)
	alpha, _ := p.create(`{"name":"alpha","team":"core","description":"Groß & schön","tags":["Go"]}`)
	mike, _ := p.create(`{"name":"Mike","team":"Core","tags":["go","a_b"],"status":"healthy"}`)
	id := func(path string) string { return strings.TrimPrefix(path, "/api/services/") }

	for name, tc := range map[string]struct {
		query string
		want  []string
	}{
		"nothing asked":               {"", []string{"alpha", "Mike", "Zulu"}},
		"all empty":                   {"q=&team=&status=&tag=&id=", []string{"alpha", "Mike", "Zulu"}},
		"either of two":               {"q=ulu&q=MIK", []string{"Mike", "Zulu"}},
		"words in any order":          {"q=sch%C3%B6n+alph", []string{"alpha"}},
		"words in other forms":        {"q=%20sch%C3%B6n%C2%A0GRO%E2%80%8BSS%20", []string{"alpha"}},
		"one word that is not there":  {"q=alph+x", []string{}},
		"either of two statuses":      {"status=down&status=healthy", []string{"Mike", "Zulu"}},
		"either of two teams":         {"team=core&team=Core", []string{"alpha", "Mike", "Zulu"}},
		"either of two tags":          {"tag=50%25&tag=a_b", []string{"Mike", "Zulu"}},
		"a team as it looks":          {"team=Co%E2%80%8Bre", []string{"Mike", "Zulu"}},
		"a tag as it looks":           {"tag=%EF%BD%87o", []string{"Mike", "Zulu"}},
		"an invisible team":           {"team=%E2%80%8B", []string{"alpha", "Mike", "Zulu"}},
		"part of a name, any case":    {"q=ULU", []string{"Zulu"}},
		"part of a description":       {"q=GROSS", []string{"alpha"}},
		"part of a tag":               {"q=a_b", []string{"Mike"}},
		"a percent sign is itself":    {"q=%25", []string{"Zulu"}},
		"an underscore is itself":     {"q=_", []string{"Mike"}},
		"a quote is itself":           {"q='", []string{}},
		"a team exactly":              {"team=Core", []string{"Mike", "Zulu"}},
		"a tag exactly":               {"tag=go", []string{"Mike", "Zulu"}},
		"a status":                    {"status=down", []string{"Zulu"}},
		"all narrow together":         {"team=Core&tag=go&status=healthy&q=mi", []string{"Mike"}},
		"ids":                         {"id=" + id(mike) + "&id=" + id(alpha), []string{"alpha", "Mike"}},
		"an id in capitals":           {"id=" + strings.ToUpper(id(mike)), []string{"Mike"}},
		"an id and another filter":    {"id=" + id(mike) + "&status=down", []string{}},
		"an id that is none":          {"id=x", []string{}},
		"an id in another notation":   {"id=urn:uuid:" + id(mike), []string{}},
		"one id that is none of two":  {"id=x&id=" + id(mike), []string{"Mike"}},
		"NUL in the query":            {"q=%00", []string{}},
		"NUL in the team":             {"team=%00", []string{}},
		"NUL in the tag":              {"tag=a%00", []string{}},
		"no UTF-8":                    {"q=%ff%fe&tag=%ff", []string{}},
		"a parameter without a value": {"q", []string{"alpha", "Mike", "Zulu"}},
	} {
		t.Run(name, func(t *testing.T) {
			a := p.call("GET", "/api/services?"+tc.query, "")
			if a.status != 200 || !slices.Equal(a.names(), tc.want) || a.body["total"] != float64(len(tc.want)) {
				t.Errorf("%d %v, total %v; want %v", a.status, a.names(), a.body["total"], tc.want)
			}
			if past := p.call("GET", "/api/services?"+tc.query+"&at="+exactly(time.Now()), ""); !slices.Equal(past.names(), tc.want) {
				t.Errorf("of a moment it is %d %v", past.status, past.names())
			}
			if again := p.call("GET", "/api/services?"+tc.query, "", "If-None-Match: "+a.header.Get("ETag")); again.status != 304 || len(again.raw) > 0 {
				t.Errorf("asked again: %d", again.status)
			}
		})
	}
	many := strings.Repeat("id="+id(mike)+"&", 100)
	if a := p.call("GET", "/api/services?"+many, ""); !slices.Equal(a.names(), []string{"Mike"}) {
		t.Errorf("100 ids: %d %v", a.status, a.names())
	}
	for query, field := range map[string]string{
		"page=2": "page", "Status=down": "Status", "q=a&%00=1": "\x00", "q=" + strings.Repeat("a+", 51): "q", "status=down&status=fine": "status",
		"status=fine": "status", "status=%00": "status", "status=Down": "status", many + "id=x": "id",
	} {
		a := p.call("GET", "/api/services?"+query, "")
		wantProblem(t, a, 422, "invalid")
		if !slices.Equal(a.fields(), []string{field}) {
			t.Errorf("names %v", a.fields())
		}
	}
	wantProblem(t, p.call("GET", "/api/services?q=%zz", ""), 400, "malformed")
}

func TestListPages(t *testing.T) {
	p := start(t, nil)
	paths := map[string]string{}
	for _, name := range []string{"a", "B", "c", "D", "e"} {
		paths[name], _ = p.create(fmt.Sprintf(`{"name":%q,"team":"x"}`, name))
	}
	p.create(`{"name":"zz"}`)
	for filter, want := range map[string][]string{
		"":       {"a B 6", "c D 6", "e zz 6"},
		"team=x": {"a B 5", "c D 5", "e 5"},
	} {
		var got []string
		next := "/api/services?limit=2&" + filter
		for next != "" {
			page := p.call("GET", next, "")
			got = append(got, strings.Join(append(page.names(), fmt.Sprint(page.body["total"])), " "))
			if again := p.call("GET", next, "", "If-None-Match: "+page.header.Get("ETag")); again.status != http.StatusNotModified {
				t.Errorf("%s again: %d", next, again.status)
			}
			link, field := page.header.Get("Link"), page.body["next"]
			next, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), `>; rel="next"`)
			if (next == "") != (field == nil) || next != "" && !strings.Contains(next, "after="+field.(string)) {
				t.Errorf("the link is %q and next %v", link, field)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", filter, got, want)
		}
	}
	first := p.call("GET", "/api/services?limit=2", "")
	p.call("DELETE", paths["B"], "") // the last that was seen
	p.create(`{"name":"Az"}`)        // before it
	second := p.call("GET", "/api/services?limit=2&after="+first.body["next"].(string), "")
	if got := second.names(); !slices.Equal(got, []string{"c", "D"}) {
		t.Errorf("after a change before it the second page is %v", got)
	}
}

func TestEmptyListIsAList(t *testing.T) {
	if a := start(t, nil).call("GET", "/api/services", ""); string(a.raw) != `{"items":[],"total":0}` {
		t.Errorf("%s", a.raw)
	}
}

func TestListIsCompressedOnRequest(t *testing.T) {
	p := start(t, nil)
	for i := range 20 {
		p.create(fmt.Sprintf(`{"name":"service %d","team":"Core"}`, i))
	}
	for _, path := range []string{"/api/services", "/api/services?team=Core"} {
		plain := p.call("GET", path, "", "Accept-Encoding: identity")
		zipped := p.call("GET", path, "", "Accept-Encoding: br, gzip;q=0.5")
		if zipped.header.Get("Content-Encoding") != "gzip" || len(zipped.raw) >= len(plain.raw)/2 {
			t.Fatalf("%s: %v, %d of %d bytes", path, zipped.header, len(zipped.raw), len(plain.raw))
		}
		r, err := gzip.NewReader(bytes.NewReader(zipped.raw))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, plain.raw) {
			t.Errorf("%s: another body when compressed (%v)", path, err)
		}
		for name, a := range map[string]answer{"plain": plain, "zipped": zipped} {
			if !strings.Contains(a.header.Get("Vary"), "Accept-Encoding") || a.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s %s: headers %v", path, name, a.header)
			}
			again := p.call("GET", path, "", "Accept-Encoding: gzip", "If-None-Match: "+a.header.Get("ETag"))
			if again.status != 304 {
				t.Errorf("%s %s again: %d", path, name, again.status)
			}
		}
		if plain.header.Get("ETag") == zipped.header.Get("ETag") {
			t.Error("two bodies have one strong tag")
		}
		for _, refused := range []string{"gzip;q=0", "*;q=0", "br", "gzip;q=0, *"} {
			if a := p.call("GET", path, "", "Accept-Encoding: "+refused); a.header.Get("Content-Encoding") != "" {
				t.Errorf("%s: compressed for %q", path, refused)
			}
		}
	}
}

func TestListHasEarlierWritesOfAllReplicas(t *testing.T) {
	p := start(t, nil)
	other := p.replica(nil)
	path, _ := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	seen := other.call("GET", "/api/services", "")
	for i := range 20 {
		p.call("PUT", path, fmt.Sprintf(`{"team":"t%d"}`, i))
		a := other.call("GET", "/api/services", "", "If-None-Match: "+seen.header.Get("ETag"))
		if want := fmt.Sprintf(`"team":"t%d"`, i); a.status != 200 || !strings.Contains(string(a.raw), want) {
			t.Fatalf("after the write of %s: %d %s", want, a.status, a.raw)
		}
		seen = a
	}
	p.probe(path, time.Now())
	if a := other.call("GET", "/api/services", ""); !strings.Contains(string(a.raw), `"healthy"`) {
		t.Errorf("after a probe: %s", a.raw)
	}
	p.call("DELETE", path, "")
	if a := other.call("GET", "/api/services", ""); len(a.names()) != 0 {
		t.Errorf("after the deletion: %s", a.raw)
	}
}

// Each writer must see its own last write in the next list that it reads, while others
// write and read too.
func TestListHasOwnWrites(t *testing.T) {
	p := start(t, nil)
	replicas := []*portal{p, p.replica(nil)}
	var wg sync.WaitGroup
	for writer := range 6 {
		path, _ := p.create(fmt.Sprintf(`{"name":"w%d"}`, writer))
		wg.Go(func() {
			for i := range 15 {
				description := fmt.Sprintf("writer %d wrote %d", writer, i)
				body, _ := json.Marshal(map[string]string{"description": description})
				if a := replicas[i%2].call("PATCH", path, string(body)); a.status != 200 {
					t.Errorf("write: %d %s", a.status, a.raw)
				}
				a := replicas[(i+writer)%2].call("GET", "/api/services", "", "Accept-Encoding: identity")
				if !strings.Contains(string(a.raw), description) {
					t.Errorf("the list lacks %q", description)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkListOf1000(b *testing.B) {
	p := start(b, nil)
	for i := range 1000 {
		p.create(fmt.Sprintf(`{"name":"service %d","team":"Team %d","description":%q,"status_url":"https://%d.example/healthz","tags":["go","http"]}`,
			i, i%20, strings.Repeat("what it does ", 5), i))
	}
	tag := p.call("GET", "/api/services", "").header.Get("ETag")
	for name, header := range map[string]http.Header{
		"plain": {"Accept-Encoding": {"identity"}}, "gzip": {"Accept-Encoding": {"gzip"}}, "unchanged": {"If-None-Match": {tag}},
	} {
		b.Run(name, func(b *testing.B) {
			u, err := url.Parse(p.url + "/api/services")
			if err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				res, err := http.DefaultTransport.RoundTrip((&http.Request{Method: "GET", URL: u, Header: header}).WithContext(b.Context()))
				if err != nil {
					b.Fatal(err)
				}
				n, _ := io.Copy(io.Discard, res.Body)
				_ = res.Body.Close()
				b.SetBytes(n)
			}
		})
	}
}

// Measurements are refreshed with and without Run. Writes meanwhile are not lost by that.
func TestListRefreshesMeasurements(t *testing.T) {
	p := start(t, nil)
	running := p.replica(nil)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- running.api.Run(ctx) }()
	defer func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("run: %v", err)
		}
	}()
	path, _ := p.create(`{"name":"a","status_url":"http://x.example/"}`)
	at := time.Now().Add(-time.Hour).Truncate(time.Second).UTC()
	p.probe(path, at)
	for range 2 {
		for name, replica := range map[string]*portal{"without Run": p, "with it": running} {
			at = at.Add(time.Second)
			for try, status := 0, 0; status != 304; try++ { // fails if 2 s have passed in between
				seen := replica.call("GET", "/api/services", "", "Accept-Encoding: gzip")
				status = replica.call("GET", "/api/services", "", "If-None-Match: "+seen.header.Get("ETag")).status
				if try == 20 {
					t.Fatalf("%s: asked again at once: %d", name, status)
				}
			}
			p.probe(path, at)
			_, other := p.create(fmt.Sprintf(`{"name":"b %s %s"}`, name, at.Format("05")))
			if list := replica.call("GET", "/api/services", "", "Accept-Encoding: identity"); !strings.Contains(string(list.raw), other.body["id"].(string)) {
				t.Errorf("%s: the list lacks what was just written", name)
			}
			deadline := time.Now().Add(30 * time.Second)
			for want := at.Format(time.RFC3339); ; time.Sleep(50 * time.Millisecond) {
				list := replica.call("GET", "/api/services", "", "Accept-Encoding: identity")
				if strings.Contains(string(list.raw), `"last_checked_at":"`+want) {
					break
				}
				if time.Now().After(deadline) {
					t.Fatalf("%s: the list lacks the probe of %s: %s", name, want, list.raw)
				}
			}
		}
	}
}
