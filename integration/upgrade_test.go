package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
)

const (
	// oldest is the commit of the oldest version that can be upgraded to this one without
	// downtime.
	oldest = "21f7a18cc2d0f0e66389bbc2d23a96940851a7d6"

	// newReason replaces http_4xx in a simulated future version.
	newReason events.Reason = "http_client_error"
)

// versions builds both services twice: at the commit oldest, into bin/old, and the current
// ones with an unknown reason, into bin/new.
var versions = sync.OnceValue(func() error {
	src, err := os.MkdirTemp("", "portal-old-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(src) }()
	unpack := exec.Command("bash", "-euo", "pipefail", "-c", `git -C .. archive "$0" | tar -x -C "$1"`, oldest, src)
	if out, err := unpack.CombinedOutput(); err != nil {
		return fmt.Errorf("unpack commit %s; a shallow clone lacks it until `git fetch --unshallow`: %w\n%s", oldest, err, out)
	}
	overlay, err := withNewReason(src)
	if err != nil {
		return err
	}
	return errors.Join(
		build(src, filepath.Join(bin, "old")),
		build("..", filepath.Join(bin, "new"), "-overlay", overlay),
	)
})

// withNewReason writes a build overlay with newReason into dir.
func withNewReason(dir string) (overlay string, err error) {
	source, err := filepath.Abs("../pkg/events/status.go")
	if err != nil {
		return "", err
	}
	code, err := os.ReadFile(source)
	if err != nil {
		return "", err
	}
	was, is := fmt.Sprintf("%q", events.ReasonHTTP4xx), fmt.Sprintf("%q", newReason)
	if n := strings.Count(string(code), was); n != 1 {
		return "", fmt.Errorf("%s has %s %d times, want once", source, was, n)
	}
	changed := filepath.Join(dir, "status.go.new")
	replace, err := json.Marshal(map[string]any{"Replace": map[string]string{source: changed}})
	if err != nil {
		return "", err
	}
	overlay = filepath.Join(dir, "overlay.json")
	return overlay, errors.Join(
		os.WriteFile(changed, []byte(strings.Replace(string(code), was, is, 1)), 0o600),
		os.WriteFile(overlay, replace, 0o600),
	)
}

// An upgrade is rolled out one service at a time, and the old and new version run side by
// side for a while.
func TestUpgradeLosesNoResult(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds two versions of the portal")
	}
	must(t, versions())
	for name, replace := range map[string][2]func(*upgrade){
		"workers first": {(*upgrade).replaceWorker, (*upgrade).replaceAPI},
		"the API first": {(*upgrade).replaceAPI, (*upgrade).replaceWorker},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u := newUpgrade(t)
			replace[0](u)
			replace[1](u)
			u.end()
		})
	}
}

// The events of both versions wait in one outbox, and either version may publish them.
func TestUpgradeLosesNoPendingEvent(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("builds two versions of the portal")
	}
	must(t, versions())
	for _, publisher := range []string{"old", "new"} {
		t.Run("the "+publisher+" version publishes", func(t *testing.T) {
			t.Parallel()
			before := &system{t: t, broker: parts.broker(t), database: parts.database(t), version: "old", addr: freeAddr(t)}
			before.startAPI() // it publishes until it ends
			want := map[string][]string{}
			before.changeServices(want, "published by the old version")
			before.streamHas(want)

			before.broker.stop()
			before.changeServices(want, "by the old version alone")
			after := *before
			after.version, after.addr = "new", freeAddr(t)
			after.startAPI()
			before.changeServices(want, "by the old version beside the new one")
			after.changeServices(want, "by the new version")
			if publisher == "new" {
				before.api.stop()
			}
			before.broker.start()
			after.streamHas(want)
		})
	}
}

// changeServices creates, changes and deletes services. It adds the event types that the
// stream must have in the end to want, by subject.
func (s *system) changeServices(want map[string][]string, name string) {
	s.t.Helper()
	stays := s.create(fields{"name": name})
	goes := s.create(fields{"name": name + ", deleted"})
	for _, svc := range []service{stays, goes} {
		s.send("PATCH", "/api/services/"+svc.ID, fields{"status": "degraded"}, http.StatusOK)
	}
	if code, body := s.call("DELETE", "/api/services/"+goes.ID, nil); code != http.StatusNoContent {
		s.t.Fatalf("got %d: %s", code, body)
	}
	want[events.CatalogSubject(stays.ID)] = []string{events.ServiceCreated{}.Type(), events.ServiceUpdated{}.Type()}
	want[events.StatusSubject(stays.ID)] = []string{events.StatusChanged{}.Type()}
	want[events.CatalogSubject(goes.ID)] = []string{events.ServiceDeleted{}.Type()}
}

// streamHas waits until the stream has exactly the wanted events.
func (s *system) streamHas(want map[string][]string) {
	s.t.Helper()
	js := s.connect()
	eventually(s.t, fmt.Sprintf("the stream has %v", want), func() bool {
		portal, err := js.Stream(s.t.Context(), events.StreamPortal)
		if err != nil {
			return false
		}
		got := map[string][]string{}
		for seq := uint64(1); seq <= portal.CachedInfo().State.LastSeq; seq++ {
			msg, err := portal.GetMsg(s.t.Context(), seq)
			onlyNew := func(subject string) bool {
				return strings.HasPrefix(subject, events.ImpactSubject("")) || strings.HasPrefix(subject, events.ScorecardSubject(""))
			}
			if err == nil && !onlyNew(msg.Subject) { // otherwise a later message has replaced it, or only the new version tells of it
				got[msg.Subject] = append(got[msg.Subject], msg.Header.Get("ce-type"))
			}
		}
		return maps.EqualFunc(got, want, slices.Equal)
	})
}

// upgrade is a portal with parts of the old and the new version.
type upgrade struct {
	*system
	target   *target
	services []service
	apis     map[string]*system // by version
	pages    map[string]<-chan [2]string
	workers  map[string]*process
	told     <-chan events.Event // the events that a subscriber of this version received from the start
	changes  int                 // of each service
}

// newUpgrade starts a portal of the old version with some services, half of which fail.
func newUpgrade(t *testing.T) *upgrade {
	t.Helper()
	u := &upgrade{
		system: &system{t: t, broker: parts.broker(t), database: parts.database(t)},
		target: serve(t, "127.0.0.1"),
		apis:   map[string]*system{}, pages: map[string]<-chan [2]string{}, workers: map[string]*process{},
	}
	u.addAPI("old")
	u.addr = u.apis["old"].addr
	u.events, u.told = u.subscribe(), u.subscribe()
	u.addWorker("old")
	u.turn()
	for i := range 12 {
		u.services = append(u.services, u.create(fields{
			"name": fmt.Sprint("service ", i), "status_url": u.target.url(fmt.Sprint("/", i)), "interval": "10s",
		}))
	}
	u.turned("the old version")
	return u
}

func (u *upgrade) addAPI(version string) {
	u.t.Helper()
	api := *u.system
	api.version, api.addr = version, freeAddr(u.t)
	api.startAPI()
	u.apis[version], u.pages[version] = &api, api.browser()
}

func (u *upgrade) addWorker(version string) {
	u.t.Helper()
	s := *u.system
	s.version = version
	u.workers[version] = s.worker()
}

func (u *upgrade) replaceAPI() {
	u.t.Helper()
	u.step("a new API beside the old one", func() { u.addAPI("new") })
	u.step("the new API alone", func() {
		u.apis["old"].api.stop()
		delete(u.apis, "old")
	})
}

func (u *upgrade) replaceWorker() {
	u.t.Helper()
	u.step("a new worker beside the old one", func() { u.addWorker("new") })
	u.step("the new worker alone", func() {
		u.workers["old"].stop()
		delete(u.workers, "old")
	})
}

// step does one step of the upgrade, and then changes the status of all services.
func (u *upgrade) step(what string, do func()) {
	u.t.Helper()
	do()
	u.turn()
	u.turned(what)
}

// turn makes the healthy half of the services fail, and the failing half healthy.
func (u *upgrade) turn() {
	u.changes++
	half := u.changes % 2
	u.target.set(func(w http.ResponseWriter, r *http.Request) {
		if i, err := strconv.Atoi(r.URL.Path[1:]); err != nil || i%2 == half {
			w.WriteHeader(http.StatusNotFound)
		}
	})
}

// turned waits for the status changes of all services, and checks that each API and its
// page report them.
func (u *upgrade) turned(what string) {
	u.t.Helper()
	missing := map[string]events.Status{} // the expected status of each service
	for i, svc := range u.services {
		missing[svc.ID] = events.StatusHealthy
		if i%2 == u.changes%2 {
			missing[svc.ID] = events.StatusDegraded
		}
	}
	reason := map[string]events.Reason{}
	for len(missing) > 0 {
		e := await(u.system, fmt.Sprintf("%d services to turn with %s", len(missing), what),
			func(e events.StatusChanged) bool { return missing[e.ServiceID] != "" })
		if e.To != missing[e.ServiceID] || !u.known(e.To, e.Reason) {
			u.t.Fatalf("with %s: a service went from %s to %s because of %s, want %s", what, e.From, e.To, e.Reason, missing[e.ServiceID])
		}
		delete(missing, e.ServiceID)
		reason[e.ServiceID] = e.Reason
		for version, api := range u.apis {
			if got := api.get(e.ServiceID); got.Status != string(e.To) || got.Reason == nil || *got.Reason != string(e.Reason) {
				u.t.Errorf("with %s: of a service that is %s by %s the %s API says %+v", what, e.To, e.Reason, version, got)
			}
		}
	}
	for version := range u.apis {
		for range u.services {
			data := u.page(version)
			if id, _ := data["service_id"].(string); data["reason"] != string(reason[id]) {
				u.t.Errorf("with %s: a page of the %s API was told %v, want %s", what, version, data, reason[id])
			}
		}
	}
}

// known reports whether a running worker gives such a reason.
func (u *upgrade) known(status events.Status, reason events.Reason) bool {
	switch {
	case status == events.StatusHealthy:
		return reason == events.ReasonOK
	case reason == newReason:
		return u.workers["new"] != nil
	default:
		return reason == events.ReasonHTTP4xx && u.workers["old"] != nil
	}
}

// page returns the next status change that a page of the API receives.
func (u *upgrade) page(version string) (data map[string]any) {
	u.t.Helper()
	for name := ""; name != "status.changed"; {
		name, data = sse(u.t, u.pages[version])
	}
	return data
}

// end checks all events that the subscriber received from the start.
func (u *upgrade) end() {
	u.t.Helper()
	of := map[string]int{}
	eventually(u.t, "the subscriber was told of all changes", func() bool {
		for len(u.told) > 0 {
			changed, ok := (<-u.told).(events.StatusChanged)
			if !ok {
				continue
			}
			of[changed.ServiceID]++
			if changed.Reason == events.ReasonStale {
				u.t.Errorf("%s was stale", changed.Name)
			}
		}
		return !slices.ContainsFunc(u.services, func(svc service) bool { return of[svc.ID] < u.changes })
	})
	for _, svc := range u.services {
		if of[svc.ID] > u.changes {
			u.t.Errorf("of %s %d changes were told, want %d", svc.Name, of[svc.ID], u.changes)
		}
	}
}
