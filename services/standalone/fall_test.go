package standalone_test

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/devstack/devtest"
	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

// A database of the demo's company falls: REST and NATS name the one cause, the services and
// teams that it hits and who is on call; its recovery clears that.
func TestFallOfADatabaseHasOneCause(t *testing.T) {
	cfg := config(t)
	cfg.Demo = true
	portal := start(t, cfg)
	defer portal.stop()
	heard := listen(t, portal.at.NATS)

	const name = "Identity DB" // by its script it never falls
	set := func(status events.Status) string {
		found := call(t, http.MethodGet, portal.at.API+"/services?q=identity+db", "", http.StatusOK)["items"].([]any)
		id := found[0].(map[string]any)["id"].(string)
		body := fmt.Sprintf(`{"name":%q,"team":"Identity","status_url":null,"status":%q,"depends_on":[{"name":"Block Storage"},{"name":"Secrets Vault"}]}`, name, status)
		call(t, http.MethodPut, portal.at.API+"/services/"+id, body, http.StatusOK)
		return id
	}
	id := set(events.StatusDown)
	fell := next(t, heard, id, true)

	var names, teams []string
	for _, hit := range fell.Services {
		names = append(names, hit.Name)
	}
	for _, hit := range fell.Teams {
		teams = append(teams, hit.Team)
	}
	for _, want := range []string{"Accounts", "Permissions", "Login", "Checkout", "Storefront"} {
		if !slices.Contains(names, want) {
			t.Errorf("it hits %v, without %s", names, want)
		}
	}
	if fell.Name != name || fell.Team != "Identity" || fell.Hits < len(names) || fell.HitTeams != len(teams) || !slices.Contains(teams, "Web") {
		t.Errorf("NATS says %+v", fell)
	}
	if !slices.Equal(fell.OnCall, []string{"Joan Clarke"}) && !slices.Equal(fell.OnCall, []string{"Grace Hopper"}) {
		t.Errorf("on call are %v", fell.OnCall)
	}

	said := call(t, http.MethodGet, portal.at.API+"/impacts", "", http.StatusOK)
	cause := said["causes"].([]any)[0].(map[string]any)
	if cause["id"] != id || cause["hits"] != float64(fell.Hits) || len(cause["teams"].([]any)) != fell.HitTeams || len(cause["on_call"].([]any)) != 1 {
		t.Errorf("REST says %v, and NATS %+v", cause, fell)
	}
	for _, other := range said["causes"].([]any)[1:] {
		if hits := other.(map[string]any)["hits"]; hits != 0.0 {
			t.Errorf("there is another cause: %v", other)
		}
	}

	set(events.StatusHealthy)
	if over := next(t, heard, id, false); over.Status != events.StatusHealthy || over.Hits != 0 {
		t.Errorf("after the recovery NATS says %+v", over)
	}
	said = call(t, http.MethodGet, portal.at.API+"/impacts", "", http.StatusOK)
	if hit := said["services"].([]any); len(hit) != 0 {
		t.Errorf("after the recovery REST says %v", hit)
	}
}

// listen returns what is said of impacts, as anybody may hear it.
func listen(t *testing.T, url string) <-chan events.ImpactChanged {
	t.Helper()
	js := devtest.JetStream(t, url)
	ctx, cancel := context.WithCancel(t.Context())
	heard, done := make(chan events.ImpactChanged, 100), make(chan error, 1)
	go func() {
		done <- stream.Subscribe(ctx, js, stream.Subscription{}, func(_ context.Context, d stream.Delivery) error {
			if e, ok := d.Event.(events.ImpactChanged); ok {
				heard <- e
			}
			return nil
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("subscription: %v", err)
		}
	})
	return heard
}

// next returns what is said of one service once it is, or is no more, a root cause.
func next(t *testing.T, heard <-chan events.ImpactChanged, id string, isRoot bool) events.ImpactChanged {
	t.Helper()
	timeout := time.After(recovery)
	for {
		select {
		case e := <-heard:
			if e.ServiceID == id && e.RootCause == isRoot {
				return e
			}
		case <-timeout:
			t.Fatalf("it is not said of %s that it is a root cause: %v", id, isRoot)
		}
	}
}
