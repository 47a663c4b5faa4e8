package catalogapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// gist returns what an event of an incident says: "db down, Ada on call, hits 2 of 2: shop/1 page/2".
func gist(e events.ImpactChanged) string {
	text := e.Name
	if e.Status != "" {
		text += " " + string(e.Status)
	}
	if len(e.OnCall) > 0 {
		text += ", " + strings.Join(e.OnCall, " and ") + " on call"
	}
	if !e.RootCause {
		text += ", no cause"
		for _, c := range e.Causes {
			text += fmt.Sprintf(" but of %s/%d", c.Name, c.Hops)
		}
		return text
	}
	text += fmt.Sprintf(", hits %d of %d:", e.Hits, e.HitTeams)
	for _, s := range e.Services {
		text += fmt.Sprintf(" %s/%d", s.Name, s.Hops)
	}
	for _, t := range e.Teams {
		if len(t.OnCall) > 0 {
			text += fmt.Sprintf("; %s: %s", t.Team, strings.Join(t.OnCall, " and "))
		}
	}
	return text
}

// One event tells of a fault, whatever it drags along; another one that it is over. Neither a
// restart nor another replica repeats them.
func TestIncidentsAreToldOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	p := start(t, url)
	p.await("connected", func(_ int, h health) bool { return h.NATS.Status == "ok" })
	told := make(chan string, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	js := devtest.JetStream(t, url)
	go func() {
		done <- stream.Subscribe(ctx, js, stream.Subscription{Subjects: []string{events.AllImpacts}}, func(_ context.Context, d stream.Delivery) error {
			if e, is := d.Event.(events.ImpactChanged); is {
				told <- gist(e)
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	want := func(when string, texts ...string) {
		t.Helper()
		var got []string
		for range texts {
			select {
			case text := <-told:
				got = append(got, text)
			case <-time.After(waitTimeout):
			}
		}
		slices.Sort(got)
		slices.Sort(texts)
		if !slices.Equal(got, texts) {
			t.Errorf("%s: told %q, want %q", when, got, texts)
		}
	}
	do := func(method, path, body string) (id string) {
		t.Helper()
		code, answer := p.call(method, p.url+path, body)
		if code >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, code, answer)
		}
		var made struct{ ID string }
		_ = json.Unmarshal([]byte(answer), &made) // a deletion answers nothing
		return made.ID
	}
	for _, team := range []string{"Data", "Web"} {
		do("POST", "/api/teams", `{"name":"`+team+`","on_call":{"kind":"contact","contact":{"name":"Desk of `+team+`"}}}`)
	}
	db := "/api/services/" + do("POST", "/api/services", `{"name":"db","team":"Data","status":"healthy"}`)
	shop := "/api/services/" + do("POST", "/api/services", `{"name":"shop","team":"Web","status":"healthy","depends_on":[{"name":"db"}]}`)
	page := "/api/services/" + do("POST", "/api/services", `{"name":"page","status":"healthy","depends_on":[{"name":"shop"}]}`)

	do("PATCH", shop, `{"status":"degraded"}`)
	want("the shop fell", "shop degraded, Desk of Web on call, hits 1 of 1: page/1")
	do("PATCH", db, `{"status":"down"}`)
	want("the database fell", "db down, Desk of Data on call, hits 2 of 2: shop/1 page/2; Web: Desk of Web", "shop degraded, no cause but of db/1")
	do("PATCH", page, `{"status":"down"}`) // dragged along: nothing is told
	other := startReplica(t, url, p.database)
	other.await("connected", func(_ int, h health) bool { return h.NATS.Status == "ok" })
	do("PATCH", page, `{"depends_on":[]}`)
	want("the page needs nothing any more", "db down, Desk of Data on call, hits 1 of 1: shop/1; Web: Desk of Web", "page down, hits 0 of 0:")
	do("PATCH", db, `{"status":"healthy"}`)
	want("the database is back", "shop degraded, Desk of Web on call, hits 0 of 0:", "db healthy, no cause")
	do("DELETE", shop, "")
	want("the shop is gone", "shop, no cause")
	do("PATCH", page, `{"status":"healthy"}`)
	want("the page is back", "page healthy, no cause")
	select {
	case got := <-told:
		t.Errorf("more was told: %s", got)
	default:
	}
}
