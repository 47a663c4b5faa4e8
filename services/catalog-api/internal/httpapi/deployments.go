package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// Deployments is what the API needs of deployments.
type Deployments interface {
	// AddDeployment adds a deployment of a service. One that was told before is returned as it
	// is, and made is false.
	AddDeployment(ctx context.Context, by access.Actor, serviceID string, d deployment.Draft) (_ deployment.Deployment, made bool, err error)
	// Deployments returns deployments of services before a time, the newest first.
	Deployments(ctx context.Context, ids []string, from, before time.Time, limit int) ([]deployment.Deployment, error)
}

// deployedThing is a deployment.
type deployedThing struct {
	ID          string                  `json:"id" format:"uuid" doc:"UUIDv7, given by the portal."`
	ServiceID   string                  `json:"service_id" format:"uuid"`
	Action      events.DeploymentAction `json:"action" enum:"deployed,upgraded,rolledback"`
	Version     string                  `json:"version" maxLength:"200" doc:"As the pipeline calls it." example:"v1.8.2"`
	Environment string                  `json:"environment,omitempty" maxLength:"100" doc:"Absent: nobody said." example:"production"`
	URL         string                  `json:"url,omitempty" format:"uri" maxLength:"2000" doc:"Of its run, or of what it brought."`
	By          string                  `json:"by,omitempty" maxLength:"200" doc:"Who or what deployed it, for people: as was told, or the name of who told it." example:"payments pipeline"`
	At          time.Time               `json:"deployed_at"`
	Actor       entryActor              `json:"actor" doc:"Who told the portal."`
	ToldAt      time.Time               `json:"told_at" doc:"When the portal was told."`
}

type deploymentList struct {
	Items []deployedThing `json:"items" nullable:"false" doc:"The newest first."`
	Next  string          `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

func newDeployedThing(d deployment.Deployment) deployedThing {
	return deployedThing{
		ID: d.ID, ServiceID: d.ServiceID, Action: d.Action, Version: d.Version, Environment: d.Environment, URL: d.URL, By: d.Who(), At: d.At,
		Actor: entryActor{d.Actor.Kind, d.Actor.ID, d.Actor.Name}, ToldAt: d.ToldAt,
	}
}

func exampleDeployment() deployedThing {
	at := time.Date(2026, 3, 14, 9, 31, 20, 0, time.UTC)
	return deployedThing{
		ID: "019a0000-0000-7000-8000-000000000003", ServiceID: exampleService().ID, Action: events.ActionUpgraded, Version: "v1.8.2",
		Environment: "production", URL: "https://ci.example.com/runs/4417", By: "payments pipeline", At: at,
		Actor: entryActor{Kind: access.Key, ID: exampleKey().ID, Name: "ci"}, ToldAt: at.Add(2 * time.Second),
	}
}

// deploymentTell is the body of a deployment.
type deploymentTell struct {
	Action      rest.Field[string] `json:"action,omitempty" enum:"deployed,upgraded,rolledback" doc:"Absent: deployed."`
	Version     rest.Field[string] `json:"version,omitempty" nullable:"false" minLength:"1" maxLength:"200" doc:"Such as a tag or the hash of a commit." example:"v1.8.2"`
	Environment rest.Field[string] `json:"environment,omitempty" maxLength:"100" example:"production"`
	URL         rest.Field[string] `json:"url,omitempty" format:"uri" maxLength:"2000" doc:"Of its run, or of what it brought." example:"https://ci.example.com/runs/4417"`
	By          rest.Field[string] `json:"by,omitempty" maxLength:"200" doc:"Who or what deployed it; absent: who tells of it." example:"payments pipeline"`
	DeployedAt  rest.Field[string] `json:"deployed_at,omitempty" format:"date-time" doc:"When it was done; absent: now."`
}

// TransformSchema adds the field that a deployment must have.
func (deploymentTell) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"version"}
	return s
}

type deploymentBody = rest.Body[deploymentTell, deployedThing]

// draft returns what the body says, and what of it cannot be read.
func (b deploymentTell) draft() (d deployment.Draft, wrong []rest.FieldError) {
	d = deployment.Draft{
		Action: events.DeploymentAction(valueOf(b.Action)), Version: valueOf(b.Version), Environment: valueOf(b.Environment), URL: valueOf(b.URL), By: valueOf(b.By),
	}
	d.At, wrong = timeField("deployed_at", b.DeployedAt)
	return d, wrong
}

// invalid returns what is wrong with the body.
func (b deploymentTell) invalid() []rest.FieldError {
	d, wrong := b.draft()
	return append(wrong, refused(d.Validate(time.Now()))...)
}

func exampleDeploymentBody() any {
	return map[string]any{
		"action": "upgraded", "version": "v1.8.2", "environment": "production", "url": "https://ci.example.com/runs/4417", "by": "payments pipeline",
	}
}

// deployments adds the routes of deployments.
func (a *API) deployments(r *rest.API) {
	const (
		tag   = "deployments"
		of    = rest.Prefix + "/services/{id}/deployments"
		named = rest.Prefix + "/services/by-name/{name}/deployments"
		about = "What came into which environment, on the timeline of the service. A change of its status in the half hour after says so. " +
			"With the header Idempotency-Key, or with deployed_at, it may be sent again: what the portal knows already is answered with 200."
	)
	r.Tag(tag, "What was deployed when, as pipelines tell it.")
	made := rest.Made("The deployment.")
	takes, known := rest.Takes[deploymentBody](exampleDeploymentBody(), rest.JSON), rest.Answers(http.StatusOK, exampleDeployment())
	list := rest.Get("list-deployments", of, "List the deployments of a service", "The newest first, in pages; also after the service was deleted.")
	list.Tags = []string{tag}
	rest.Register(r, list, a.listDeployments,
		rest.Answers(http.StatusOK, deploymentList{Items: []deployedThing{exampleDeployment()}, Next: rest.Next("2026-03-14T09:31:20Z")}),
		rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "tell-deployment", Method: http.MethodPost, Path: of, Summary: "Tell of a deployment", Description: about, Tags: []string{tag},
	}, a.tellDeployment, made, rest.Example(exampleDeployment()), takes, known, rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "tell-deployment-of", Method: http.MethodPost, Path: named, Summary: "Tell of a deployment, by the service's name",
		Description: about, Tags: []string{tag},
	}, a.tellDeploymentOf, made, rest.Example(exampleDeployment()), takes, known, rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	a.cloudEvents(r)
}

type deploymentOutput struct {
	Status int
	Body   deployedThing
}

// told adds a deployment to a service.
func (a *API) told(ctx context.Context, serviceID string, d deployment.Draft) (*deploymentOutput, error) {
	done, made, err := a.Catalog.AddDeployment(ctx, actor(ctx), serviceID, d)
	if err != nil {
		return nil, err
	}
	out := &deploymentOutput{Status: http.StatusOK, Body: newDeployedThing(done)}
	if made {
		out.Status = http.StatusCreated
	}
	return out, nil
}

// Told is what a request that tells of a deployment says.
type Told struct {
	Key  string `header:"Idempotency-Key" maxLength:"255" doc:"Of your choice, such as the id of the run. What is sent again with the same key, by the same key of the API, is the same deployment."`
	Body deploymentBody
}

// draft reads it.
func (t *Told) draft(ctx context.Context) (d deployment.Draft, err error) {
	body, err := t.Body.Read(deploymentTell.invalid)
	if err != nil {
		return d, err
	}
	d, wrong := body.draft()
	if len(wrong) > 0 {
		return d, rest.InvalidFields(body.invalid())
	}
	if len(t.Key) > deployment.MaxKey {
		return d, rest.Malformed.Problem("The header Idempotency-Key is longer than 255 characters. Send the id of the run, or its hash.")
	}
	if t.Key != "" {
		who := actor(ctx)
		d.Key = "key " + string(who.Kind) + " " + who.ID + " " + t.Key
	}
	return d, nil
}

type tellDeploymentInput struct {
	Told

	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// tellDeployment serves POST /api/services/{id}/deployments.
func (a *API) tellDeployment(ctx context.Context, in *tellDeploymentInput) (*deploymentOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	draft, err := in.draft(ctx)
	if err != nil {
		return nil, err
	}
	return a.told(ctx, id, draft)
}

type tellDeploymentOfInput struct {
	Told
	rest.Named
}

// tellDeploymentOf serves POST /api/services/by-name/{name}/deployments.
func (a *API) tellDeploymentOf(ctx context.Context, in *tellDeploymentOfInput) (*deploymentOutput, error) {
	draft, err := in.draft(ctx)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.ServiceByName(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	return a.told(ctx, svc.ID, draft)
}

type listDeploymentsInput struct {
	Times
	rest.Paging

	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

type deploymentListOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body deploymentList
}

// listDeployments serves GET /api/services/{id}/deployments.
func (a *API) listDeployments(ctx context.Context, in *listDeploymentsInput) (*deploymentListOutput, error) {
	moments, err := a.readTimeline(ctx, &timelineInput{ID: in.ID, TimelinePage: TimelinePage{Times: in.Times, Paging: in.Paging, Kind: []string{momentDeployment}}})
	if err != nil {
		return nil, err
	}
	out := &deploymentListOutput{Link: moments.Link, Body: deploymentList{Items: make([]deployedThing, len(moments.Body.Items)), Next: moments.Body.Next}}
	for i, m := range moments.Body.Items {
		out.Body.Items[i] = *m.Deployment
	}
	return out, nil
}
