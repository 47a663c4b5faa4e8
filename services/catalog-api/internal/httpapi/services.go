package httpapi

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// checkTimeout bounds a check by hand; the probe itself takes twelve seconds at most.
const checkTimeout = 14 * time.Second

// Catalog is what the API needs of the catalogue. Its errors wrap those of
// package catalog; any other one is answered as an internal error.
type Catalog interface {
	// List returns the services that pass the filter, in the order of their keys.
	List(ctx context.Context, f catalog.Filter) ([]catalog.Listed, error)
	// ByID returns the service, or catalog.ErrNotFound.
	ByID(ctx context.Context, id string) (catalog.Service, error)

	Lists
	Writer
}

// Lists is what the cached list is made from.
type Lists interface {
	// Changed is cheap. It says whether the list shows anything else than at the
	// revision, but for what only probes measure.
	Changed(ctx context.Context, at catalog.Revision) (bool, error)
	// Changes returns what that is; if measured, with what probes measured.
	Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error)
}

// Writer changes the catalogue. An ifVersion other than 0 must be the service's
// version, or the write fails with catalog.ErrVersionMismatch.
type Writer interface {
	Create(ctx context.Context, c catalog.Change) (catalog.Service, error)
	Update(ctx context.Context, id string, ifVersion int64, c catalog.Change) (catalog.Service, error)
	Delete(ctx context.Context, id string, ifVersion int64) error
}

// services adds the catalogue.
func (a *API) services(r *rest.API) {
	const all, one = rest.Prefix + "/services", rest.Prefix + "/services/{id}"
	const mergePatch = "application/merge-patch+json"

	a.list = newListCache(a.Catalog)
	r.Tag("services", "The catalogue.")
	rest.Register(r, rest.Get("list-services", all, "Find services",
		"All services by name, or those that meet every filter; a filter given several times means any of its values. "+
			"With limit they come in pages: the header Link and the field next lead to the next one."), a.search,
		rest.Answers(http.StatusOK, serviceList{Items: []service{exampleService()}, Total: 2, Next: rest.Next("billing")}),
		rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "create-service", Method: http.MethodPost, Path: all, Summary: "Add a service",
		Description: "The name must be free. With a status_url the service is probed at once.",
	}, a.create, rest.Takes[createBody](exampleWrite, rest.JSON), rest.Located("The service, as it was added."), rest.Example(exampleService()),
		rest.Problems(rest.Malformed, nameTaken, rest.Unmet, rest.Invalid))
	rest.Register(r, rest.Get("get-service", one, "Read a service", "The service as it is now, with the ETag that a safe write sends back."), a.read,
		rest.Example(exampleService()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	update := rest.Problems(rest.Malformed, rest.NotFound, nameTaken, rest.Changed, rest.Unmet, rest.Invalid)
	rest.Register(r, rest.Operation{
		OperationID: "put-service", Method: http.MethodPut, Path: one, Summary: "Change a service",
		Description: "Fields that are absent stay as they are; null clears.",
	}, a.update, rest.Takes[updateBody](exampleWrite, rest.JSON), rest.Example(exampleService()), update)
	rest.Register(r, rest.Operation{
		OperationID: "patch-service", Method: http.MethodPatch, Path: one, Summary: "Change some fields of a service",
		Description: "A JSON merge patch (RFC 7396): fields that are absent stay as they are; null clears.",
	}, a.update, rest.Takes[updateBody](examplePatch, mergePatch, rest.JSON), rest.Example(exampleService()), update)
	rest.Register(r, rest.Operation{
		OperationID: "delete-service", Method: http.MethodDelete, Path: one, Summary: "Remove a service",
		Description: "The service is gone at once, and those who follow the events are told.",
	}, a.remove, rest.Problems(rest.Malformed, rest.NotFound, rest.Changed, rest.Unmet, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "check-service", Method: http.MethodPost, Path: one + "/check", Summary: "Probe a service now",
		Description: "Answers when the probe is done, within twelve seconds.",
	}, a.check, rest.Within(checkTimeout), rest.Example(exampleService()),
		rest.Problems(rest.Malformed, rest.NotFound, rest.Changed, rest.Unmet, rest.Invalid, noHealthURL, tooMany, workerFailed, noWorker))
}

// service is a service as clients read it. What is not set is null.
type service struct {
	ID           string          `json:"id" format:"uuid" doc:"UUIDv7, given by the portal."`
	Name         string          `json:"name" minLength:"1" maxLength:"100" doc:"Unique, whatever its case and what cannot be seen of it." example:"billing"`
	Description  *string         `json:"description" maxLength:"2000" doc:"What it does, in a few lines."`
	Team         *string         `json:"team" maxLength:"100" doc:"Who owns it." example:"Payments"`
	Status       events.Status   `json:"status" enum:"healthy,unknown,degraded,down" doc:"How it is. Set by probes where there is a status_url."`
	StatusURL    *string         `json:"status_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Its health URL, asked every interval; http or https, without user name." example:"https://billing.example/healthz"`
	DocsURL      *string         `json:"docs_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its documentation is."`
	GitHubURL    *string         `json:"github_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its code is."`
	DashboardURL *string         `json:"dashboard_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its numbers are shown."`
	Tags         []string        `json:"tags" maxItems:"50" minLength:"1" maxLength:"63" nullable:"false" doc:"Each once, in the order given."`
	Interval     events.Interval `json:"interval" enum:"10s,15s,20s,30s,1m,2m,5m,10m,15m,30m,1h" doc:"Time between two probes."`
	Version      int64           `json:"version" minimum:"1" doc:"Grows with each change by a client, never with a probe."`

	StatusSince   time.Time      `json:"status_since"`
	StatusReason  *events.Reason `json:"status_reason" doc:"Why it has its status, as a code." example:"ok"`
	HTTPStatus    *int           `json:"http_status" doc:"Of the last probe; null if it was not answered."`
	LatencyMS     *int64         `json:"latency_ms" doc:"Of the last probe, in milliseconds; null if it was not answered."`
	LastCheckedAt *time.Time     `json:"last_checked_at" doc:"When the last probe started; null: never."`
	CreatedAt     time.Time      `json:"created_at"`
	UpdatedAt     time.Time      `json:"updated_at" doc:"When a client last changed it. A probe doesn't."`
}

// newService shows s, which it keeps pointers into.
func newService(s *catalog.Service) service {
	return service{
		ID: s.ID, Name: s.Name, Description: unlessEmpty(&s.Description), Team: unlessEmpty(&s.Team), Status: s.Status,
		StatusURL: unlessEmpty(&s.StatusURL), DocsURL: unlessEmpty(&s.DocsURL),
		GitHubURL: unlessEmpty(&s.GitHubURL), DashboardURL: unlessEmpty(&s.DashboardURL),
		Tags: append([]string{}, s.Tags...), Interval: s.Interval, Version: s.Version,
		StatusSince: s.StatusSince.UTC(), StatusReason: unlessEmpty(&s.StatusReason),
		HTTPStatus: unlessEmpty(&s.HTTPStatus), LatencyMS: unlessEmpty(&s.LatencyMS), LastCheckedAt: s.LastCheckedAt,
		CreatedAt: s.CreatedAt.UTC(), UpdatedAt: s.UpdatedAt.UTC(),
	}
}

// unlessEmpty is nil for a value that is not set.
func unlessEmpty[T comparable](value *T) *T {
	if *value == *new(T) {
		return nil
	}
	return value
}

// serviceUpdate is the body of a write, and serviceCreate that of an addition.
type serviceUpdate struct {
	Name         rest.Field[string]          `json:"name,omitempty" nullable:"false" minLength:"1" maxLength:"100" doc:"Unique, whatever its case and what cannot be seen of it. Spaces around it are dropped, and several in a row are one." example:"billing"`
	Description  rest.Field[string]          `json:"description,omitempty" maxLength:"2000" doc:"What it does, in a few lines."`
	Team         rest.Field[string]          `json:"team,omitempty" maxLength:"100" doc:"Who owns it." example:"Payments"`
	Status       rest.Field[events.Status]   `json:"status,omitempty" enum:"healthy,unknown,degraded,down" doc:"How it is. Of no effect beside a status_url: then the probe says it."`
	StatusURL    rest.Field[string]          `json:"status_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Its health URL: http or https, without user name." example:"https://billing.example/healthz"`
	DocsURL      rest.Field[string]          `json:"docs_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its documentation is."`
	GitHubURL    rest.Field[string]          `json:"github_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its code is."`
	DashboardURL rest.Field[string]          `json:"dashboard_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its numbers are shown."`
	Tags         rest.Field[[]string]        `json:"tags,omitempty" maxItems:"50" minLength:"1" maxLength:"63" doc:"Trimmed, and each kept once: spaces in a row and invisible characters make no new tag." example:"[\"go\"]"`
	Interval     rest.Field[events.Interval] `json:"interval,omitempty" enum:"10s,15s,20s,30s,1m,2m,5m,10m,15m,30m,1h" doc:"Time between two probes; null: the portal's default."`
}

type serviceCreate serviceUpdate

// TransformSchema says what a new service cannot do without.
func (serviceCreate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"name"}
	return s
}

func (s serviceUpdate) change() catalog.Change {
	return catalog.Change{
		Name: s.Name.To, Description: s.Description.To, Team: s.Team.To, Status: s.Status.To,
		StatusURL: s.StatusURL.To, DocsURL: s.DocsURL.To, GitHubURL: s.GitHubURL.To, DashboardURL: s.DashboardURL.To,
		Tags: s.Tags.To, Interval: s.Interval.To,
	}
}

// invalid is what the catalogue says of the fields.
func (s serviceUpdate) invalid() []rest.FieldError {
	if err, is := errors.AsType[*catalog.InvalidError](s.change().Validate()); is {
		return fieldErrors(err.Fields)
	}
	return nil
}

type (
	createBody = rest.Body[serviceCreate, service]
	updateBody = rest.Body[serviceUpdate, service]
)

// What the description shows of bodies and answers.
var (
	exampleWrite = map[string]any{
		"name": "billing", "team": "Payments", "status_url": "https://billing.example/healthz", "tags": []string{"go"},
	}
	examplePatch = map[string]any{"team": "Payments", "docs_url": nil}
)

func exampleService() service {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	checked := at.Add(time.Hour)
	return newService(&catalog.Service{
		ID: "019a0000-0000-7000-8000-000000000001", Name: "billing", Team: "Payments", StatusURL: "https://billing.example/healthz",
		Tags: []string{"go"}, Interval: events.DefaultInterval, Version: 1,
		Status: events.StatusHealthy, StatusSince: at, StatusReason: events.ReasonOK, HTTPStatus: 200, LatencyMS: 12, LastCheckedAt: &checked,
		CreatedAt: at, UpdatedAt: at,
	})
}

// serviceOutput is one service, with what a client needs to change it safely.
type serviceOutput struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version, and a digest of all of it. Send it back in If-Match to change only what you have seen."`
	Location string `header:"Location" hidden:"true"`
	Body     service
}

func newServiceOutput(svc catalog.Service) *serviceOutput {
	shown := newService(&svc)
	return &serviceOutput{Status: http.StatusOK, ETag: rest.Tag(shown.Version, shown), Body: shown}
}

// serviceID is the id of a path in the one way that ids are written, or
// catalog.ErrNotFound: whatever is no UUID is nobody's id.
func serviceID(given string) (string, error) {
	id, err := uuid.Parse(given)
	if err != nil || len(given) != 36 {
		return "", catalog.ErrNotFound
	}
	return id.String(), nil
}

// target is the id of a service that is to be written, and the version that it
// must have then; 0: any.
func (a *API) target(ctx context.Context, given string, p *rest.Preconditions) (id string, version int64, err error) {
	id, err = serviceID(given)
	if err != nil {
		return id, 0, err
	}
	if any, err := p.Given(); err != nil || !any {
		return id, 0, err
	}
	svc, err := a.Catalog.ByID(ctx, id)
	if err != nil {
		return id, 0, err
	}
	version, err = p.Hold(svc.Version, svc.UpdatedAt)
	return id, version, err
}

type createInput struct {
	rest.Preconditions
	Body createBody
}

// create serves POST /api/services.
func (a *API) create(ctx context.Context, in *createInput) (*serviceOutput, error) {
	if err := in.Refuse(); err != nil {
		return nil, err
	}
	body, err := in.Body.Read(func(s serviceCreate) []rest.FieldError { return serviceUpdate(s).invalid() })
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.Create(ctx, serviceUpdate(body).change())
	if err != nil {
		return nil, err
	}
	out := newServiceOutput(svc)
	out.Status, out.Location = http.StatusCreated, rest.Prefix+"/services/"+svc.ID
	return out, nil
}

type readInput struct {
	ID          string `path:"id" format:"uuid" doc:"The service's id."`
	IfNoneMatch string `header:"If-None-Match" doc:"An ETag that was read: the answer is 304 if nothing has changed."`
}

// read serves GET /api/services/{id}.
func (a *API) read(ctx context.Context, in *readInput) (*serviceOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.ByID(ctx, id)
	if err != nil {
		return nil, err
	}
	out := newServiceOutput(svc)
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

type updateInput struct {
	rest.Preconditions
	ID   string `path:"id" format:"uuid" doc:"The service's id."`
	Body updateBody
}

// update serves PUT and PATCH /api/services/{id}, which mean the same: what is
// absent stays, what is null is cleared.
func (a *API) update(ctx context.Context, in *updateInput) (*serviceOutput, error) {
	body, err := in.Body.Read(serviceUpdate.invalid)
	if err != nil {
		return nil, err
	}
	id, version, err := a.target(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.Update(ctx, id, version, body.change())
	if err != nil {
		return nil, err
	}
	return newServiceOutput(svc), nil
}

type deleteInput struct {
	rest.Preconditions
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// remove serves DELETE /api/services/{id}.
func (a *API) remove(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, version, err := a.target(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	return nil, a.Catalog.Delete(ctx, id, version)
}

type checkInput struct {
	rest.Preconditions
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// check serves POST /api/services/{id}/check.
func (a *API) check(ctx context.Context, in *checkInput) (*serviceOutput, error) {
	svc, err := a.toCheck(ctx, in)
	if err != nil {
		return nil, err
	}
	if svc, err = a.Check(ctx, svc); err != nil {
		return nil, err
	}
	return newServiceOutput(svc), nil
}

// toCheck is the service that is to be checked. The database has no more time for it
// than elsewhere.
func (a *API) toCheck(ctx context.Context, in *checkInput) (catalog.Service, error) {
	ctx, cancel := rest.Promptly(ctx)
	defer cancel()
	id, _, err := a.target(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return catalog.Service{}, err
	}
	return a.Catalog.ByID(ctx, id)
}
