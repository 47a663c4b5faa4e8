package incident

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
)

// Told is an incident that an event told of.
type Told struct {
	ServiceID string `db:"service_id"`
	Name      string `db:"name"`
	Team      string `db:"team"`
	Digest    []byte `db:"told"` // of the event; empty: it is to be told again
}

// News is an event of an incident, and its digest: equal for events that say the same, whenever
// and whoever is on call. That an incident is over has none.
type News struct {
	Event  events.ImpactChanged
	Digest []byte
}

// Find returns the news of all incidents of a picture, and that those that were told of and are
// none any more are over. onCall has who is on call at that time, by team.
func Find(p *impact.Picture, told []Told, onCall map[string][]string, at time.Time) ([]News, error) {
	var list []News
	for _, in := range p.Incidents() {
		e := newEvent(in.Node, at)
		e.RootCause, e.Hits, e.HitTeams = true, len(in.Hit), len(in.Teams)
		for _, t := range in.Teams[:min(len(in.Teams), events.MaxHit)] {
			e.Teams = append(e.Teams, events.HitTeam{Team: t.Team, Services: t.Services})
		}
		for _, hit := range in.Hit[:min(len(in.Hit), events.MaxHit)] {
			svc := p.Node(hit.ID)
			e.Services = append(e.Services, events.HitService{ServiceID: svc.ID, Name: svc.Name, Team: svc.Team, Hops: hit.Hops})
		}
		digest, err := digest(e)
		if err != nil {
			return nil, err
		}
		e.OnCall = onCall[in.Team]
		for i, t := range e.Teams {
			e.Teams[i].OnCall = onCall[t.Team]
		}
		list = append(list, News{e, digest})
	}
	for _, t := range told {
		if !p.IsRoot(t.ServiceID) {
			list = append(list, News{Event: over(p, t, at)})
		}
	}
	return list, nil
}

// over returns the event that an incident is over.
func over(p *impact.Picture, t Told, at time.Time) events.ImpactChanged {
	svc := p.Node(t.ServiceID)
	if svc == nil {
		return events.ImpactChanged{ServiceID: t.ServiceID, Name: t.Name, Team: t.Team, ChangedAt: at}
	}
	e := newEvent(svc, at)
	if svc.State.Fallen() {
		for _, c := range p.On(svc.ID).Causes {
			e.Causes = append(e.Causes, events.HitBy{ServiceID: c.ID, Name: p.Node(c.ID).Name, Hops: c.Hops})
		}
	}
	return e
}

func newEvent(svc *impact.Node, at time.Time) events.ImpactChanged {
	return events.ImpactChanged{
		ServiceID: svc.ID, Name: svc.Name, Team: svc.Team, Status: svc.State.Status, Since: svc.State.Since, Reason: svc.Reason, ChangedAt: at,
	}
}

func digest(e events.ImpactChanged) ([]byte, error) {
	e.ChangedAt = time.Time{}
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("digest of an incident: %w", err)
	}
	sum := sha256.Sum256(text)
	return sum[:], nil
}
