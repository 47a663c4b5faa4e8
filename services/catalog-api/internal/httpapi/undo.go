package httpapi

import (
	"context"
	"net/http"
	"strconv"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// kindChange is the word for an entry of a service's changes.
const kindChange = "change"

// undo adds the routes that take changes of services back.
func (a *API) undo(r *rest.API) {
	const one = rest.Prefix + "/services/{id}"

	rest.Register(r, rest.Operation{
		OperationID: "restore-service", Method: http.MethodPost, Path: one + "/restore", Summary: "Restore a deleted service",
		Description: "For thirty days after its deletion, a service comes back with its id and all that people gave it. One that is there stays as it is.",
	}, a.restoreService, rest.Example(exampleService()), rest.Problems(rest.Malformed, rest.NotFound, nameTaken, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "undo-change", Method: http.MethodPost, Path: one + "/changes/{change}/undo", Summary: "Take a change back",
		Description: "The fields that an update changed get the values that they had before, if nobody has changed them again since; a deletion is taken back by restoring the service.",
	}, a.undoChange, rest.Example(exampleService()), rest.Problems(rest.Malformed, rest.NotFound, nameTaken, overridden, noUndo, rest.Invalid))
}

type restoreServiceInput struct {
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// restoreService serves POST /api/services/{id}/restore.
func (a *API) restoreService(ctx context.Context, in *restoreServiceInput) (*serviceOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.RestoreService(ctx, actor(ctx), id)
	if err != nil {
		return nil, err
	}
	return a.written(ctx, svc), nil
}

type undoChangeInput struct {
	ID     string `path:"id" format:"uuid" doc:"The service's id."`
	Change string `path:"change" doc:"The id of the change, from the service's changes." example:"1042"`
}

// undoChange serves POST /api/services/{id}/changes/{change}/undo.
func (a *API) undoChange(ctx context.Context, in *undoChangeInput) (*serviceOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	seq, err := strconv.ParseInt(in.Change, 10, 64)
	if err != nil {
		return nil, &catalog.KindError{Kind: kindChange, Err: catalog.ErrNotFound}
	}
	svc, err := a.Catalog.UndoChange(ctx, actor(ctx), id, seq)
	if err != nil {
		return nil, err
	}
	return a.written(ctx, svc), nil
}
