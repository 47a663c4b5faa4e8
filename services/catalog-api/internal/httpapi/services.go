package httpapi

import (
	"bytes"
	"context"
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/google/uuid"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// serviceOutput is one service, with what a client needs to change it safely.
type serviceOutput struct {
	Status   int
	ETag     string `header:"ETag" doc:"The version, and a digest of all of it. Send it back in If-Match to change only what you have seen."`
	Location string `header:"Location" hidden:"true"`
	Body     service
}

func newServiceOutput(svc catalog.Service) *serviceOutput {
	shown := newService(&svc)
	return &serviceOutput{Status: http.StatusOK, ETag: serviceTag(shown), Body: shown}
}

// body is the JSON object of a write, as it came: T only describes it. An absent
// field differs from null, which no struct could say, so decodeChange reads it.
type body[T any] struct{ data []byte }

// UnmarshalJSON keeps the data.
func (b *body[T]) UnmarshalJSON(data []byte) error {
	b.data = bytes.Clone(data)
	return nil
}

// Schema is T's.
func (body[T]) Schema(r huma.Registry) *huma.Schema { return r.Schema(reflect.TypeFor[T](), true, "") }

// serviceID is the id of a path in the one way that ids are written, or a 404:
// whatever is no UUID is nobody's id.
func serviceID(given string) (string, error) {
	id, err := uuid.Parse(given)
	if err != nil || len(given) != 36 {
		return "", noSuchService()
	}
	return id.String(), nil
}

type createInput struct {
	preconditions
	Body body[serviceCreate]
}

// create serves POST /api/services.
func (a *API) create(ctx context.Context, in *createInput) (*serviceOutput, error) {
	if err := in.refuse(); err != nil {
		return nil, err
	}
	change, err := decodeChange(in.Body.data)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.Create(ctx, change)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	out := newServiceOutput(svc)
	out.Status, out.Location = http.StatusCreated, prefix+"/services/"+svc.ID
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
		return nil, a.problemFor(ctx, err)
	}
	out := newServiceOutput(svc)
	if notModified(in.IfNoneMatch, out.ETag) {
		out.Status = http.StatusNotModified
	}
	return out, nil
}

type updateInput struct {
	preconditions
	ID   string `path:"id" format:"uuid" doc:"The service's id."`
	Body body[serviceUpdate]
}

// update serves PUT and PATCH /api/services/{id}, which mean the same: what is
// absent stays, what is null is cleared.
func (a *API) update(ctx context.Context, in *updateInput) (*serviceOutput, error) {
	change, err := decodeChange(in.Body.data)
	if err != nil {
		return nil, err
	}
	id, version, err := a.target(ctx, in.ID, &in.preconditions)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	svc, err := a.Catalog.Update(ctx, id, version, change)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	return newServiceOutput(svc), nil
}

type deleteInput struct {
	preconditions
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// remove serves DELETE /api/services/{id}.
func (a *API) remove(ctx context.Context, in *deleteInput) (*struct{}, error) {
	id, version, err := a.target(ctx, in.ID, &in.preconditions)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	if err := a.Catalog.Delete(ctx, id, version); err != nil {
		return nil, a.problemFor(ctx, err)
	}
	return nil, nil
}

type checkInput struct {
	preconditions
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// check serves POST /api/services/{id}/check.
func (a *API) check(ctx context.Context, in *checkInput) (*serviceOutput, error) {
	id, _, err := a.target(ctx, in.ID, &in.preconditions)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	svc, err := a.Catalog.ByID(ctx, id)
	if err != nil {
		return nil, a.problemFor(ctx, err)
	}
	if svc, err = a.Check(ctx, svc); err != nil {
		return nil, a.problemFor(ctx, err)
	}
	return newServiceOutput(svc), nil
}
