package stream_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/pkg/events/stream"
	"github.com/nats-io/nats.go/jetstream"
)

// mirrored is a mirror whose changes a follower records.
type mirrored struct {
	*follower
	*stream.Mirror

	byTeam *stream.Index
}

// mirror follows until the test ends, and returns when the first snapshot is complete.
func mirror(t *testing.T, js jetstream.JetStream, subjects ...string) mirrored {
	t.Helper()
	m := mirrored{follower: newFollower(t), Mirror: stream.NewMirror(js, subjects...)}
	m.byTeam = m.Index(func(s events.Service) []string { return []string{s.Team} })
	m.OnError = m.erred
	m.OnChange = func(c stream.Change) {
		text := short(c.Before) + " to " + short(c.After)
		if c.Event == nil {
			text += ", by comparing"
		}
		m.heard <- text
	}
	ctx := m.begin()
	go func() { m.done <- m.Run(ctx) }()
	select {
	case <-m.Ready():
	case <-t.Context().Done():
	}
	return m
}

func short(s *events.Service) string {
	if s == nil {
		return "none"
	}
	return fmt.Sprintf("%s %d %s", s.Name, s.Version, s.Status)
}

// has fails unless these are all services, also in the index by team.
func (m mirrored) has(want ...string) {
	m.t.Helper()
	var all, byTeam []string
	for s := range m.Services() {
		all = append(all, short(&s))
		if same, ok := m.Service(s.ID); !ok || short(&same) != short(&s) {
			m.t.Errorf("by its id %s is %s", short(&s), short(&same))
		}
	}
	for _, team := range []string{"", "Payments", "Search"} {
		for _, s := range m.byTeam.Services(team) {
			byTeam = append(byTeam, short(&s))
		}
	}
	slices.Sort(all)
	slices.Sort(byTeam)
	if !slices.Equal(all, want) || !slices.Equal(byTeam, want) || m.Len() != len(want) {
		m.t.Errorf("got %q (%d), by team %q, want %q", all, m.Len(), byTeam, want)
	}
}

func of(team, name string, version int64) events.Event {
	s := named(name, version)
	s.Team = team
	return events.ServiceUpdated{Service: s}
}

func TestMirrorHasPresentCatalogue(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	publish(t, js, of("Payments", "a", 1), turned("a", "down"), created("b"), created("gone"), turned("gone", "down"), deleted("gone", 2))
	m := mirror(t, js)
	m.has("a 1 down", "b 1 unknown")
	publish(t, js, turned("a", "healthy"), created("c"), of("Search", "a", 2), deleted("b", 2))
	m.wants("a 1 down to a 1 healthy", "none to c 1 unknown", "a 1 healthy to a 2 unknown", "b 1 unknown to none")
	m.has("a 2 unknown", "c 1 unknown")
	if got := m.byTeam.Services("Payments"); got != nil {
		t.Errorf("still of the team that was: %v", got)
	}
	if _, ok := m.Service(named("b", 1).ID); ok {
		t.Error("what was deleted is still there")
	}
}

func TestMirrorReportsOnlyChanges(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	publish(t, js, updated("a", 3))
	m := mirror(t, js)
	publish(t, js,
		updated("a", 3), // as after the broker lost its data
		updated("a", 2), // a repetition that comes late
		turned("nobody", "down"),
		deleted("nobody", 2),
		updated("a", 4),
	)
	m.wants("a 3 unknown to a 4 unknown")
	m.has("a 4 unknown")
}

func TestMirrorKeepsFieldsAbsentFromStatusChange(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	was := named("a", 1)
	was.LastCheckedAt, was.LatencyMS = at(9, 0, 30, 0), 5
	publish(t, js, events.ServiceCreated{Service: was})
	m := mirror(t, js)
	stale := turned("a", "unknown").(events.StatusChanged)
	stale.Reason = events.ReasonStale
	publish(t, js, stale)
	m.next()
	got, _ := m.Service(was.ID)
	want := was
	want.Status, want.StatusReason, want.StatusSince, want.LatencyMS = "unknown", "stale", stale.Since, 0
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// The old copy stays until the new one is complete; then the differences are reported.
func TestMirrorReportsChangesAcrossDataLoss(t *testing.T) {
	t.Parallel()
	b := startBroker(t)
	publish(t, b.portal(), created("a"), created("b"), created("c"), turned("c", "down"))
	m := mirror(t, connect(t, b.url()))
	b.stop()
	m.has("a 1 unknown", "b 1 unknown", "c 1 down")
	b.dir = t.TempDir()
	b.start(b.port)
	b.aside(func(js jetstream.JetStream) {
		if err := stream.Ensure(t.Context(), js, 1); err != nil {
			t.Fatal(err)
		}
		publish(t, js, created("a"), updated("c", 2), created("d"))
	})
	told := []string{m.next(), m.next(), m.next()}
	slices.Sort(told)
	want := "b 1 unknown to none, by comparing; c 1 down to c 2 unknown, by comparing; none to d 1 unknown, by comparing"
	if got := strings.Join(told, "; "); got != want {
		t.Errorf("told %q, want %q", got, want)
	}
	m.has("a 1 unknown", "c 2 unknown", "d 1 unknown")
	publish(t, connect(t, b.url()), turned("d", "down"))
	m.wants("d 1 unknown to d 1 down")
}

func TestMirrorOfConfigurationIgnoresStatus(t *testing.T) {
	t.Parallel()
	js := startBroker(t).portal()
	publish(t, js, created("a"), turned("a", "down"))
	m := mirror(t, js, events.AllCatalog)
	publish(t, js, turned("a", "healthy"), created("b"))
	m.wants("none to b 1 unknown")
	m.has("a 1 unknown", "b 1 unknown")
}
