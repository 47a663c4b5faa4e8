package integration

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

func TestServiceLifecycle(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	s.worker()
	browser := s.browser()
	target.set(status(http.StatusNoContent))

	svc := s.create(fields{"name": "billing", "team": "Payments", "status_url": target.url("/healthz"), "interval": "10s"})
	if svc.Status != "unknown" || svc.Version != 1 {
		t.Errorf("created as %+v", svc)
	}
	first := s.becomes(svc.ID, events.StatusHealthy) // probed at once: the first slot may be 10 s away
	if first.From != events.StatusUnknown || first.Reason != events.ReasonOK || first.HTTPStatus != 204 || first.Team != "Payments" {
		t.Errorf("the first event is %+v", first)
	}
	// A reader of the event can read the new state: both are written in one transaction.
	if now := s.get(svc.ID); now.Status != "healthy" || *now.Reason != "ok" || *now.LatencyMS < 1 || now.CheckedAt == nil || now.Version != 1 {
		t.Errorf("after the first probe: %+v", now)
	}
	if name, data := sse(t, browser); name != "team.created" || data["slug"] != "payments" {
		t.Errorf("the browser was told %s %v", name, data)
	}
	if name, data := sse(t, browser); name != "service.created" || data["name"] != "billing" {
		t.Errorf("the browser was told %s %v", name, data)
	}
	if name, data := sse(t, browser); name != "status.changed" || data["to"] != "healthy" {
		t.Errorf("the browser was told %s %v", name, data)
	}

	from := events.StatusHealthy
	for _, step := range []struct {
		what   string
		do     func()
		to     events.Status
		reason events.Reason
		code   int
	}{
		{"it answers 503", func() { target.set(status(http.StatusServiceUnavailable)) }, events.StatusDegraded, events.ReasonHTTP5xx, 503},
		{"it hangs", func() { target.set(hang) }, events.StatusDown, events.ReasonTimeout, 0},
		{"it recovers", func() { target.set(status(http.StatusOK)) }, events.StatusHealthy, events.ReasonOK, 200},
		{"it refuses", target.refuse, events.StatusDown, events.ReasonConnectRefused, 0},
		{"it is back", target.open, events.StatusHealthy, events.ReasonOK, 200},
	} {
		step.do()
		e := s.becomes(svc.ID, step.to)
		if e.From != from || e.Reason != step.reason || e.HTTPStatus != step.code || e.Location != "default" {
			t.Errorf("%s: got %+v", step.what, e)
		}
		if now := s.get(svc.ID); now.Status != string(step.to) {
			t.Errorf("%s: the API says %s", step.what, now.Status)
		}
		if name, data := sse(t, browser); name != "status.changed" || data["to"] != string(step.to) {
			t.Errorf("%s: the browser was told %s %v", step.what, name, data)
		}
		if name, data := sse(t, browser); name != "impact.changed" || data["status"] != string(step.to) || data["root_cause"] != (step.to != events.StatusHealthy) {
			t.Errorf("%s: the browser was told %s %v", step.what, name, data)
		}
		from = step.to
	}
}

// sse returns the next event that the browser receives.
func sse(t *testing.T, browser <-chan [2]string) (name string, data map[string]any) {
	t.Helper()
	select {
	case e := <-browser:
		if err := json.Unmarshal([]byte(e[1]), &data); err != nil {
			t.Fatal(err)
		}
		return e[0], data
	case <-time.After(waitTimeout):
		t.Fatal("timed out waiting for an event in the browser")
		return "", nil
	}
}

func TestNewHealthURLReplacesTheOldOneAtOnce(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	s.worker()
	svc := s.create(fields{"name": "billing", "status_url": target.url("/old"), "interval": "10s"})
	s.becomes(svc.ID, events.StatusHealthy)

	s.send("PATCH", "/api/services/"+svc.ID, fields{"status_url": target.url("/new")}, http.StatusOK)
	s.becomes(svc.ID, events.StatusUnknown)
	s.becomes(svc.ID, events.StatusHealthy)
	old := len(target.seen("/old"))
	target.next("/new") // a slot later …
	target.next("/new")
	if n := len(target.seen("/old")); n != old {
		t.Errorf("the old address was probed %d times more", n-old)
	}
}

func TestDeletedServiceIsNotProbed(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	s.worker()
	stays := s.create(fields{"name": "stays", "status_url": target.url("/stays"), "interval": "10s"})
	goes := s.create(fields{"name": "goes", "status_url": target.url("/goes"), "interval": "10s"})
	s.becomes(goes.ID, events.StatusHealthy)

	if code, body := s.call("DELETE", "/api/services/"+goes.ID, nil); code != http.StatusNoContent {
		t.Fatalf("got %d: %s", code, body)
	}
	tombstone := await(s, "the tombstone", func(e events.ServiceDeleted) bool { return e.ID == goes.ID })
	if tombstone.Name != "goes" || tombstone.Version != 2 {
		t.Errorf("got %+v", tombstone)
	}
	// A probe may be running while the planner receives the deletion. It has ended when the
	// other service, which has the same interval, has had two slots.
	target.next("/stays")
	target.next("/stays")
	probed := len(target.seen("/goes"))
	target.next("/stays")
	target.next("/stays")
	if n := len(target.seen("/goes")); n != probed {
		t.Errorf("it was probed %d times after its deletion", n-probed)
	}
	if code, _ := s.call("GET", "/api/services/"+goes.ID, nil); code != http.StatusNotFound {
		t.Errorf("the API answers %d for it", code)
	}
	s.get(stays.ID)
}

func TestCheckReturnsTheNewStatus(t *testing.T) {
	t.Parallel()
	s, target := start(t), serve(t, "127.0.0.1")
	svc := s.create(fields{"name": "billing", "status_url": target.url("/"), "interval": "1h"})
	bare := s.create(fields{"name": "bare"})

	began := time.Now()
	code, body := s.call("POST", "/api/services/"+svc.ID+"/check", nil)
	if code != http.StatusServiceUnavailable || !strings.Contains(string(body), "worker") {
		t.Errorf("without a worker: got %d: %s", code, body)
	}
	t.Logf("without a worker the answer took %v", time.Since(began))

	s.worker()
	s.becomes(svc.ID, events.StatusHealthy)
	target.set(status(http.StatusTeapot))
	if now := s.send("POST", "/api/services/"+svc.ID+"/check", nil, http.StatusOK); now.Status != "degraded" || *now.HTTPStatus != 418 {
		t.Errorf("got %+v", now)
	}
	s.becomes(svc.ID, events.StatusDegraded)
	if code, body := s.call("POST", "/api/services/"+bare.ID+"/check", nil); code != http.StatusUnprocessableEntity {
		t.Errorf("without a health URL: got %d: %s", code, body)
	}
}

func TestHealthReportsMissingConsumersAndWorkers(t *testing.T) {
	t.Parallel()
	s := start(t)
	wants := func(when, consumers, workers string) {
		t.Helper()
		eventually(t, "health when "+when, func() bool {
			var health map[string]any
			status, body := s.call("GET", "/api/health", nil)
			if err := json.Unmarshal(body, &health); err != nil {
				t.Error(err)
			}
			got := fmt.Sprint(status, " ", health["status"])
			for _, part := range []string{"streams", "consumers", "workers"} {
				said, _ := health[part].(map[string]any)
				got += fmt.Sprint(" ", said["status"])
			}
			code := "503 degraded"
			if consumers == "ok" && workers == "ok" {
				code = "200 ok"
			}
			return got == code+" ok "+consumers+" "+workers
		})
	}
	wants("there is nothing to probe", "ok", "ok")
	s.create(fields{"name": "billing", "status_url": "http://127.0.0.1:9/"})
	wants("no worker ever was", "unavailable", "unavailable")
	w := s.worker()
	wants("a worker runs", "ok", "ok")
	w.kill()
	wants("the worker is gone", "ok", "unavailable")
}

func TestRedirectToALoginPageIsNotHealthy(t *testing.T) {
	t.Parallel()
	s, target, login := start(t), serve(t, "127.0.0.1"), serve(t, "127.0.0.2")
	s.worker()
	target.set(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, login.url("/login"), http.StatusFound)
	})
	svc := s.create(fields{"name": "billing", "status_url": target.url("/")})
	if e := s.becomes(svc.ID, events.StatusDegraded); e.Reason != events.ReasonRedirect {
		t.Errorf("got %+v", e)
	}
	if n := len(login.seen("/login")); n != 0 {
		t.Errorf("the other host was asked %d times", n)
	}
}

func TestDeniedAddressIsNotProbed(t *testing.T) {
	t.Parallel()
	s, target, secret := start(t), serve(t, "127.0.0.1"), serve(t, "127.0.0.3")
	s.worker("PORTAL_DENY=127.0.0.3/32")
	direct := s.create(fields{"name": "direct", "status_url": secret.url("/")})
	metadata := s.create(fields{"name": "metadata", "status_url": "http://169.254.169.254/latest/meta-data/"})
	allowed := s.create(fields{"name": "allowed", "status_url": target.url("/")})
	blocked := map[string]bool{}
	for range 2 {
		e := await(s, "the blocked ones", func(e events.StatusChanged) bool { return e.To == events.StatusDown })
		blocked[e.ServiceID] = e.Reason == events.ReasonBlocked
	}
	if !blocked[direct.ID] || !blocked[metadata.ID] {
		t.Errorf("got %v", blocked)
	}
	eventually(t, "the allowed one is healthy", func() bool { return s.get(allowed.ID).Status == "healthy" })
	if n := len(secret.seen("/")); n != 0 {
		t.Errorf("the denied address was asked %d times", n)
	}
}
