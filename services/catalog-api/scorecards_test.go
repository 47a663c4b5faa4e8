package catalogapi_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// A change of a level is one event, whatever changed it, and neither a restart nor another replica
// repeats it. The first level of a service has none, and what a deleted service had is purged.
func TestLevelsAreToldOnce(t *testing.T) {
	url := devtest.NATS(t).URL()
	p := start(t, url)
	p.await("connected", func(_ int, h health) bool { return h.NATS.Status == "ok" })
	told := make(chan string, 100)
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	js := devtest.JetStream(t, url)
	go func() {
		done <- stream.Subscribe(ctx, js, stream.Subscription{Subjects: []string{events.AllScorecards}}, func(_ context.Context, d stream.Delivery) error {
			if e, is := d.Event.(events.ScorecardChanged); is {
				told <- fmt.Sprint(e.Name, " ", e.Team, ": ", e.LevelBefore, " to ", e.Level, " ", e.Failing)
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
	want := func(when, text string) {
		t.Helper()
		select {
		case got := <-told:
			if got != text {
				t.Errorf("%s: told %q, want %q", when, got, text)
			}
		case <-time.After(waitTimeout):
			t.Errorf("%s: nothing was told, want %q", when, text)
		}
	}
	do := func(method, path, body string) (answer struct{ ID, Level, Since string }) {
		t.Helper()
		code, text := p.call(method, p.url+path, body)
		if code >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, code, text)
		}
		_ = json.Unmarshal([]byte(text), &answer) // a deletion answers nothing
		return answer
	}
	noted := func(path string) {
		t.Helper()
		for deadline := time.Now().Add(waitTimeout); do("GET", path+"/scorecard", "").Since == ""; {
			if time.Now().After(deadline) {
				t.Fatal("its level was not noted")
			}
			time.Sleep(20 * time.Millisecond)
		}
	}
	do("POST", "/api/teams", `{"name":"Web","on_call":{"kind":"contact","contact":{"name":"Ada"}}}`)
	shop := "/api/services/" + do("POST", "/api/services", `{"name":"shop","team":"Web","status_url":"http://127.0.0.1:9/","description":"Sells.",`+
		`"docs_url":"https://a.example/docs","github_url":"https://a.example/code"}`).ID
	noted(shop)
	do("PATCH", shop, `{"dashboard_url":"https://a.example/numbers"}`)
	want("the shop has a dashboard", "shop Web: silver to gold []")
	do("PATCH", "/api/teams/web", `{"on_call":null}`)
	want("nobody is on call", "shop Web: gold to bronze [{on_call Nobody is on call for Web.}]")
	other := startReplica(t, url, p.database)
	other.await("connected", func(_ int, h health) bool { return h.NATS.Status == "ok" })
	do("PATCH", shop, `{"status_url":null}`)
	want("the shop is not measured", "shop Web: bronze to none [{health_url Nobody measures whether it is up: it has no health URL.} {on_call Nobody is on call for Web.}]")
	do("DELETE", shop, "")
	do("POST", shop+"/restore", "")
	noted(shop)
	do("PATCH", shop, `{"status_url":"http://127.0.0.1:9/"}`)
	want("the shop was restored, and is measured", "shop Web: none to bronze [{on_call Nobody is on call for Web.}]")
	select {
	case got := <-told:
		t.Errorf("more was told: %s", got)
	default:
	}
}
