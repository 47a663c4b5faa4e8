package incident

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

var at = time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)

// many returns a database that is down, and so many services of so many teams that need it.
func many(services, teams int) *impact.Picture {
	nodes := []*impact.Node{{ID: "db", Name: "db", State: impact.State{Status: events.StatusDown, Since: at}}}
	for n := range services {
		nodes = append(nodes, &impact.Node{ID: fmt.Sprintf("%04d", n), Name: fmt.Sprint("service ", n), Team: fmt.Sprint("Team ", n%teams), Hard: []string{"db"}})
	}
	return impact.NewPicture(nodes, nil)
}

func found(t *testing.T, p *impact.Picture, onCall map[string][]string, when time.Time) News {
	t.Helper()
	news, err := Find(p, nil, onCall, when)
	if err != nil || len(news) != 1 {
		t.Fatalf("%+v, %v", news, err)
	}
	return news[0]
}

func TestNewsNameNoMoreThanTheyMay(t *testing.T) {
	e := found(t, many(500, 40), nil, at).Event
	if e.Hits != 500 || e.HitTeams != 40 || len(e.Services) != events.MaxHit || len(e.Teams) != events.MaxHit {
		t.Errorf("%+v", e)
	}
}

// A handover is no news, and neither is the time.
func TestDigestOfNews(t *testing.T) {
	first := found(t, many(3, 2), map[string][]string{"Team 0": {"Ada"}}, at)
	if again := found(t, many(3, 2), map[string][]string{"Team 0": {"Bo"}}, at.Add(time.Hour)); !bytes.Equal(first.Digest, again.Digest) {
		t.Error("somebody else on call is news")
	}
	if more := found(t, many(4, 2), nil, at); bytes.Equal(first.Digest, more.Digest) {
		t.Error("another service that is hit is no news")
	}
	if fmt.Sprint(first.Event.Teams) != "[{Team 0 2 [Ada]} {Team 1 1 []}]" {
		t.Errorf("teams: %v", first.Event.Teams)
	}
}
