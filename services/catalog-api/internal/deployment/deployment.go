// Package deployment has the rules of deployments: what a pipeline may tell of them, in the
// portal's own words or in those of CDEvents. It uses no database and no network.
package deployment

import (
	"cmp"
	"slices"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// Kind is the kind of thing that deployments are.
const Kind events.Kind = "deployment"

// The limits of the fields, in characters.
const (
	MaxVersion     = 200
	MaxEnvironment = 100
	MaxBy          = 200
	MaxKey         = 255
)

// Ahead is how far the clock of who tells of a deployment may be ahead; MaxYears is how old
// one may be.
const (
	Ahead    = 5 * time.Minute
	MaxYears = 10
)

// Deployment is a version of a service that came into an environment. It is never changed.
type Deployment struct {
	Draft

	ID        string // UUIDv7
	ServiceID string
	Actor     access.Actor // who told of it, without role and teams
	ToldAt    time.Time
}

// Draft is what somebody tells of a deployment.
type Draft struct {
	Action      events.DeploymentAction // absent: deployed
	Version     string
	Environment string    // absent: nobody said
	URL         string    // of its run, or of what it brought
	By          string    // who or what deployed it, for people; absent: who tells of it
	At          time.Time // absent: now

	// Key is what it is told by: two drafts for a service with one key are the same
	// deployment. Absent: its time is, if it has one.
	Key string
}

// Normal returns d as it is stored. now is the present.
func (d Draft) Normal(now time.Time) Draft {
	d.Action = cmp.Or(d.Action, events.ActionDeployed)
	d.Version, d.Environment, d.By = catalog.Label(d.Version), catalog.Label(d.Environment), catalog.Label(d.By)
	if d.Key == "" && !d.At.IsZero() {
		d.Key = "at " + d.At.UTC().Format(time.RFC3339Nano) + " " + d.Environment + " " + d.Version
	}
	if d.At.IsZero() || d.At.After(now) && d.At.Before(now.Add(Ahead)) {
		d.At = now
	}
	d.At = d.At.UTC().Truncate(time.Microsecond)
	return d
}

// Validate returns a *catalog.InvalidError with every rule that d breaks at a time, or nil.
func (d Draft) Validate(now time.Time) error {
	var wrong []catalog.FieldError
	add := func(field, message string, value any) {
		if message != "" {
			wrong = append(wrong, catalog.FieldError{Field: field, Message: message, Value: value})
		}
	}
	if d.Action != "" && !slices.Contains(events.DeploymentActions, d.Action) {
		add("action", "The action must be one of "+events.Names(events.DeploymentActions)+".", d.Action)
	}
	if d.Version == "" {
		add("version", "A deployment needs a version, such as a tag or the hash of a commit.", d.Version)
	}
	add("version", catalog.WrongLabel(d.Version, MaxVersion), nil)
	add("environment", catalog.WrongLabel(d.Environment, MaxEnvironment), nil)
	add("url", catalog.WrongLink(d.URL), nil)
	add("by", catalog.WrongLabel(d.By, MaxBy), nil)
	switch {
	case d.At.IsZero():
	case d.At.After(now.Add(Ahead)):
		add("deployed_at", "This time is in the future. Tell of a deployment when it is done.", d.At)
	case d.At.Before(now.AddDate(-MaxYears, 0, 0)):
		add("deployed_at", "This time is more than ten years ago.", d.At)
	}
	if len(wrong) > 0 {
		return &catalog.InvalidError{Fields: wrong}
	}
	return nil
}

// Who returns who deployed it, for people; "": nobody knows.
func (d Deployment) Who() string { return cmp.Or(d.By, d.Actor.Name) }

// Event returns the event of a deployment of a service.
func (d Deployment) Event(svc catalog.Service) events.ServiceDeployed {
	return events.ServiceDeployed{
		DeploymentID: d.ID, ServiceID: svc.ID, Name: svc.Name, Team: svc.Team,
		Action: d.Action, Version: d.Version, Environment: d.Environment, URL: d.URL, By: d.Who(), DeployedAt: d.At,
		Actor: &events.Actor{Kind: string(d.Actor.Kind), ID: d.Actor.ID, Name: d.Actor.Name},
	}
}
