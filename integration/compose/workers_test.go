//go:build compose

package compose

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os/exec"
	"slices"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
)

const (
	services = 60
	interval = 10 * time.Second
)

func TestWorkersShareTheProbesAlsoAfterOneIsKilled(t *testing.T) {
	hits, changes := portal.follow(t), portal.subscribe(t)
	ids := register(t, "shared", services)
	defer remove(t, ids)
	paths := pathsOf("shared", services)

	changes.until("every service is healthy", ids, events.StatusHealthy)
	began := time.Now()
	hits.until("every service is probed three times more", func() bool { return hits.each(paths, 3, began) })
	count := hits.byWorker(began)
	t.Logf("probes by worker: %v", count)
	if len(count) != workers {
		t.Errorf("%d workers probed, want %d: %v", len(count), workers, count)
	}
	for from, n := range count {
		if n < services*3/10 {
			t.Errorf("worker %s made %d probes: it has no fair share of %v", from, n, count)
		}
	}
	for _, path := range paths {
		if gap := shortest(hits.since(path, began)); gap < interval/2 {
			t.Errorf("%s was probed twice within %s", path, gap)
		}
	}

	victim := portal.containers(t, "health-worker")[0]
	address := victim.NetworkSettings.Networks[portal.name+"_targets"].IPAddress
	killed := time.Now()
	if _, err := output(exec.CommandContext(t.Context(), "docker", "kill", victim.ID)); err != nil {
		t.Fatal(err)
	}
	// Half of them get a new URL while a worker is dead, perhaps the planning one.
	const half = services / 2
	for i, id := range ids[:half] {
		change(t, id, map[string]any{"status_url": target("moved", i)})
	}
	current := append(pathsOf("moved", half), paths[half:]...)
	hits.until("every service is probed twice without the worker", func() bool { return hits.each(current, 2, killed) })
	if late := hits.byWorker(killed.Add(time.Second))[address]; late > 0 {
		t.Errorf("the dead worker %s made %d probes", address, late)
	}
	for _, path := range paths[half:] {
		if gap := longest(hits.since(path, began)); gap > 2*interval+interval/2 {
			t.Errorf("%s was not probed for %s", path, gap)
		}
	}

	if _, err := portal.compose(waitTimeout, "exec", "-T", "target", "touch", "/tmp/broken"); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if _, err := portal.compose(waitTimeout, "exec", "-T", "target", "rm", "/tmp/broken"); err != nil {
			t.Error(err)
		}
	}()
	changes.until("every service is degraded", ids, events.StatusDegraded)
	if got := total(t, "?status=degraded"); got != services {
		t.Errorf("%d services are degraded, want %d", got, services)
	}
	nothingRefused(t)
}

// changes has the status of each service, as received by the read-only user.
type changes struct {
	t      *testing.T
	events <-chan events.StatusChanged
	status map[string]events.Status
}

func (p *project) subscribe(t *testing.T) *changes {
	t.Helper()
	js := p.jetstream(t, "subscriber")
	out := make(chan events.StatusChanged, 100_000)
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() {
		sub := stream.Subscription{Subjects: []string{events.AllStatus}}
		done <- stream.Subscribe(ctx, js, sub, func(_ context.Context, d stream.Delivery) error {
			if changed, ok := d.Event.(events.StatusChanged); ok {
				out <- changed
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
	return &changes{t: t, events: out, status: map[string]events.Status{}}
}

func (c *changes) until(what string, ids []string, want events.Status) {
	c.t.Helper()
	timeout := time.After(waitTimeout)
	for slices.ContainsFunc(ids, func(id string) bool { return c.status[id] != want }) {
		select {
		case changed := <-c.events:
			c.status[changed.ServiceID] = changed.To
		case <-timeout:
			c.t.Fatalf("timed out waiting until %s", what)
		}
	}
}

// register adds n services by REST through Traefik, and returns their ids.
func register(t *testing.T, prefix string, n int) (ids []string) {
	t.Helper()
	for i := range n {
		code, body := call(t, http.MethodPost, "http://"+portal.web+"/api/services", map[string]any{
			"name": fmt.Sprintf("%s %d", prefix, i), "status_url": target(prefix, i), "interval": "10s",
		})
		var made struct{ ID string }
		if err := json.Unmarshal([]byte(body), &made); code != http.StatusCreated || err != nil {
			t.Fatalf("create: %d %s", code, body)
		}
		ids = append(ids, made.ID)
	}
	return ids
}

func remove(t *testing.T, ids []string) {
	t.Helper()
	for _, id := range ids {
		if code, body := call(t, http.MethodDelete, "http://"+portal.web+"/api/services/"+id, nil); code != http.StatusNoContent {
			t.Fatalf("delete: %d %s", code, body)
		}
	}
}

func change(t *testing.T, id string, fields map[string]any) {
	t.Helper()
	if code, body := call(t, http.MethodPatch, "http://"+portal.web+"/api/services/"+id, fields); code != http.StatusOK {
		t.Fatalf("change: %d %s", code, body)
	}
}

func total(t *testing.T, query string) int {
	t.Helper()
	code, body := call(t, http.MethodGet, "http://"+portal.web+"/api/services"+query, nil)
	var list struct{ Total int }
	if err := json.Unmarshal([]byte(body), &list); code != http.StatusOK || err != nil {
		t.Fatalf("list: %d %s", code, body)
	}
	return list.Total
}

func target(prefix string, i int) string { return "http://target:8080" + path(prefix, i) }
func path(prefix string, i int) string   { return fmt.Sprintf("/%s/%d", prefix, i) }

func pathsOf(prefix string, n int) (out []string) {
	for i := range n {
		out = append(out, path(prefix, i))
	}
	return out
}

func shortest(all []hit) time.Duration {
	return gaps(all, func(a, b time.Duration) bool { return a < b })
}
func longest(all []hit) time.Duration {
	return gaps(all, func(a, b time.Duration) bool { return a > b })
}

// gaps returns the best gap between two hits.
func gaps(all []hit, better func(a, b time.Duration) bool) (best time.Duration) {
	for i := 1; i < len(all); i++ {
		if gap := all[i].at.Sub(all[i-1].at); i == 1 || better(gap, best) {
			best = gap
		}
	}
	return best
}
