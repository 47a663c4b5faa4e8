package rating

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/scorecard"
)

// Noted is the level of a service as it was noted last.
type Noted struct {
	ServiceID string       `db:"service_id"`
	Level     events.Level `db:"level"`
	Before    events.Level `db:"level_before"` // "": it has never had another one, and no event tells of it
	Since     time.Time    `db:"since"`
	Told      bool         `db:"told"` // false: the event of it is to be told again
}

// News is what is to be noted of a service, and what is to be told of it.
type News struct {
	Noted
	Event *events.ScorecardChanged // nil: nothing
}

// Find returns the news of services at a time, by what was noted of them. The first level of a
// service is only noted.
func Find(services map[string]*catalog.Service, known *Known, rules scorecard.Rules, noted map[string]Noted, at time.Time) (news []News) {
	for id, svc := range services {
		facts := known.Facts(svc, at)
		level := events.Level(rules.Score(facts).Level.String())
		was, there := noted[id]
		now := Noted{id, level, was.Level, at, true}
		switch {
		case !there:
			news = append(news, News{Noted: now})
			continue
		case was.Level == level && was.Told:
			continue
		case was.Level == level:
			now.Before, now.Since = was.Before, was.Since
		}
		news = append(news, News{now, newEvent(now, svc, rules.Card(facts))})
	}
	return news
}

func newEvent(n Noted, svc *catalog.Service, card []scorecard.Result) *events.ScorecardChanged {
	e := &events.ScorecardChanged{ServiceID: svc.ID, Name: svc.Name, Team: svc.Team, Level: n.Level, LevelBefore: n.Before, Since: n.Since}
	for i, result := range card {
		if result.Outcome == scorecard.Failed {
			e.Failing = append(e.Failing, events.FailingRule{Rule: scorecard.All[i].ID, Reason: result.Reason})
		}
	}
	return e
}
