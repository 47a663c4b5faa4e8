package httpapi

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rating"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// checkTimeout bounds a check by hand; the probe itself takes twelve seconds at most.
const checkTimeout = 14 * time.Second

// Catalog is what the API needs of the catalogue. Its errors wrap those of
// package catalog; any other one is answered as an internal error.
type Catalog interface {
	// ListServices returns the services that pass the filter, in the order of their keys.
	ListServices(ctx context.Context, f catalog.Filter) ([]catalog.Listed, error)
	// ServiceByID returns the service, or catalog.ErrNotFound.
	ServiceByID(ctx context.Context, id string) (catalog.Service, error)
	// ServiceByName returns the service that has the name, or had it last, or catalog.ErrNotFound.
	ServiceByName(ctx context.Context, name string) (catalog.Service, error)

	Lists
	Dependencies
	Calls
	Moments
	Writer
	Trail
	Deployments
	Keys
	Teams
	OnCall
	History
	Releases
	Levels
}

// Lists reads the list of all services.
type Lists interface {
	// Changed reports whether the list has changed since the revision, apart from
	// measurements: latency and time of the last probe. It is cheap.
	Changed(ctx context.Context, at catalog.Revision) (bool, error)
	// Changes returns the changes since the revision; if measured, also those of
	// measurements.
	Changes(ctx context.Context, at catalog.Revision, measured bool) (catalog.Changes, error)
}

// Writer changes the catalogue. An ifVersion other than 0 must be the service's
// version, or the write fails with catalog.ErrVersionMismatch.
type Writer interface {
	CreateService(ctx context.Context, by access.Actor, c catalog.Change) (catalog.Service, error)
	UpdateService(ctx context.Context, by access.Actor, id string, ifVersion int64, c catalog.Change) (catalog.Service, error)
	// DeleteService fails with *catalog.NeededError if others need the service; DeleteNeededService does not.
	DeleteService(ctx context.Context, by access.Actor, id string, ifVersion int64) error
	DeleteNeededService(ctx context.Context, by access.Actor, id string, ifVersion int64) error

	// RestoreService brings a deleted service back.
	RestoreService(ctx context.Context, by access.Actor, id string) (catalog.Service, error)
	// UndoChange takes an entry of the service's trail back.
	UndoChange(ctx context.Context, by access.Actor, id string, seq int64) (catalog.Service, error)
}

// services adds the routes of the catalogue.
func (a *API) services(r *rest.API) {
	const all, one = rest.Prefix + "/services", rest.Prefix + "/services/{id}"
	a.list = newListCache(a.Catalog)
	a.seen = &seenCalls{calls: a.Catalog}
	a.scores = &scores{rules: a.Rules, list: a.list, reader: rating.Reader{Sources: a.Catalog}}
	a.past = a.newMoments()
	r.Tag("services", "The catalogue. Probes do not change the version of a service, so they never conflict with If-Match.")
	rest.Register(r, rest.Get("list-services", all, "Find services",
		"All services by name, or those that meet every filter; a filter given several times means any of its values. "+
			"With limit they come in pages: the header Link and the field next lead to the next one. With at, all of it is as it was then: "+
			"the filters are of that moment too, and services that were deleted since are there. "+knownFromHeader), a.listServices,
		rest.Answers(http.StatusOK, serviceList{Items: []service{exampleService()}, Total: 2, Next: rest.Next("billing")}),
		rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "create-service", Method: http.MethodPost, Path: all, Summary: "Add a service",
		Description: "The name must be free. With a status_url the service is probed at once.",
	}, a.createService, rest.Takes[serviceCreateBody](exampleWrite, rest.JSON), rest.Located("The service, as it was added."), rest.Example(exampleService()),
		rest.Problems(rest.Malformed, nameTaken, rest.Unmet, rest.Invalid))
	rest.Register(r, rest.Get("get-service", one, "Read a service", "The service as it is now, with the ETag that a safe write sends back; with at, as it was then. "+knownFromHeader), a.readService,
		rest.Example(exampleService()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
	rest.Register(r, rest.Get("get-service-by-name", all+"/by-name/{name}", "Read a service by its name",
		"The service that has the name. A name that it had before leads to the one that it has now, unless another service has it. "+
			"With at, the service that had the name then, as it was. "+knownFromHeader), a.readServiceByName,
		rest.Example(exampleService()), rest.Moved("The service has another name now."), rest.NotChanged(), rest.Problems(rest.NotFound, rest.Invalid))
	update := rest.Problems(rest.Malformed, rest.NotFound, nameTaken, rest.Changed, rest.Unmet, rest.Invalid)
	rest.Register(r, rest.Operation{
		OperationID: "put-service", Method: http.MethodPut, Path: one, Summary: "Change a service",
		Description: "Fields that are absent stay as they are; null clears.",
	}, a.updateService, rest.Takes[serviceUpdateBody](exampleWrite, rest.JSON), rest.Example(exampleService()), update)
	rest.Register(r, rest.Operation{
		OperationID: "patch-service", Method: http.MethodPatch, Path: one, Summary: "Change some fields of a service",
		Description: "A JSON merge patch (RFC 7396): fields that are absent stay as they are; null clears.",
	}, a.updateService, rest.Takes[serviceUpdateBody](examplePatch, rest.MergePatch, rest.JSON), rest.Example(exampleService()), update)
	rest.Register(r, rest.Operation{
		OperationID: "delete-service", Method: http.MethodDelete, Path: one, Summary: "Remove a service",
		Description: "The service is gone at once, and those who follow the events are told. One that others need stays, unless dangling=allow is given: " +
			"then those that need it say that it is missing, until they need it no more, or it is restored.",
	}, a.deleteService, rest.Problems(rest.Malformed, rest.NotFound, serviceNeeded, rest.Changed, rest.Unmet, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "check-service", Method: http.MethodPost, Path: one + "/check", Summary: "Probe a service now",
		Description: "Answers when the probe is done, within twelve seconds.",
	}, a.checkService, rest.Within(checkTimeout), rest.Example(exampleService()),
		rest.Problems(rest.Malformed, rest.NotFound, rest.Changed, rest.Unmet, rest.Invalid, noHealthURL, tooMany, workerFailed, noWorker))
}

// serviceID returns the id in a path in its canonical spelling, or catalog.ErrNotFound
// if it is not a UUID.
func serviceID(pathID string) (string, error) {
	id, ok := rest.ID(pathID)
	if !ok {
		return "", &catalog.KindError{Kind: events.KindService, Err: catalog.ErrNotFound}
	}
	return id, nil
}

// serviceTarget returns the id of a service to write, and the version that it must have
// for that; 0: any.
func (a *API) serviceTarget(ctx context.Context, pathID string, p *rest.Preconditions) (id string, version int64, err error) {
	id, err = serviceID(pathID)
	if err != nil {
		return id, 0, err
	}
	version, err = p.Required(func() (int64, time.Time, error) {
		svc, err := a.Catalog.ServiceByID(ctx, id)
		return svc.Version, svc.UpdatedAt, err
	})
	return id, version, err
}

type createServiceInput struct {
	rest.Preconditions
	Body serviceCreateBody
}

// createService serves POST /api/services.
func (a *API) createService(ctx context.Context, in *createServiceInput) (*serviceOutput, error) {
	if err := in.Refuse(); err != nil {
		return nil, err
	}
	body, err := in.Body.Read(func(s serviceCreate) []rest.FieldError { return serviceUpdate(s).invalid() })
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.CreateService(ctx, actor(ctx), serviceUpdate(body).change())
	if err != nil {
		return nil, err
	}
	return a.written(ctx, svc).At(rest.Prefix + "/services/" + svc.ID), nil
}

type readServiceInput struct {
	Past

	ID          string `path:"id" format:"uuid" doc:"The service's id."`
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

// readService serves GET /api/services/{id}.
func (a *API) readService(ctx context.Context, in *readServiceInput) (*serviceOutput, error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	at, past, err := in.moment()
	if err != nil {
		return nil, err
	}
	if past {
		out, err := a.serviceAt(ctx, id, at)
		if err != nil {
			return nil, err
		}
		return out.Unless(in.IfNoneMatch), nil
	}
	svc, err := a.Catalog.ServiceByID(ctx, id)
	if err != nil {
		return nil, err
	}
	out, err := a.read(ctx, svc)
	if err != nil {
		return nil, err
	}
	return out.Unless(in.IfNoneMatch), nil
}

type readNamedInput struct {
	rest.Named
	Past

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

// readServiceByName serves GET /api/services/by-name/{name}.
func (a *API) readServiceByName(ctx context.Context, in *readNamedInput) (*serviceOutput, error) {
	at, past, err := in.moment()
	if err != nil {
		return nil, err
	}
	if past {
		out, err := a.serviceNamedAt(ctx, in.Name, at)
		if err != nil || out.Location != "" {
			return out, err
		}
		return out.Unless(in.IfNoneMatch), nil
	}
	svc, err := a.Catalog.ServiceByName(ctx, in.Name)
	if err != nil {
		return nil, err
	}
	out, err := a.read(ctx, svc)
	if err != nil {
		return nil, err
	}
	if catalog.NameKey(svc.Name) != catalog.NameKey(in.Name) {
		return out.MovedTo(rest.Prefix + "/services/by-name/" + url.PathEscape(svc.Name)), nil
	}
	return out.Unless(in.IfNoneMatch), nil
}

type updateServiceInput struct {
	rest.Preconditions
	ID   string `path:"id" format:"uuid" doc:"The service's id."`
	Body serviceUpdateBody
}

// updateService serves PUT and PATCH /api/services/{id}, which mean the same: absent fields
// stay, null clears.
func (a *API) updateService(ctx context.Context, in *updateServiceInput) (*serviceOutput, error) {
	body, err := in.Body.Read(serviceUpdate.invalid)
	if err != nil {
		return nil, err
	}
	id, version, err := a.serviceTarget(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	svc, err := a.Catalog.UpdateService(ctx, actor(ctx), id, version, body.change())
	if err != nil {
		return nil, err
	}
	return a.written(ctx, svc), nil
}

type deleteServiceInput struct {
	rest.Preconditions
	ID       string `path:"id" format:"uuid" doc:"The service's id."`
	Dangling string `query:"dangling" enum:"allow" doc:"allow: also if other services need it, which then say that it is missing. Absent: it stays if others need it."`
}

// deleteService serves DELETE /api/services/{id}.
func (a *API) deleteService(ctx context.Context, in *deleteServiceInput) (*struct{}, error) {
	id, version, err := a.serviceTarget(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return nil, err
	}
	switch in.Dangling {
	case "":
		return nil, a.Catalog.DeleteService(ctx, actor(ctx), id, version)
	case "allow":
		return nil, a.Catalog.DeleteNeededService(ctx, actor(ctx), id, version)
	}
	return nil, rest.InvalidParameter("dangling", "It must be allow, or absent.", rest.Clip(in.Dangling))
}

type checkServiceInput struct {
	rest.Preconditions
	ID string `path:"id" format:"uuid" doc:"The service's id."`
}

// checkService serves POST /api/services/{id}/check.
func (a *API) checkService(ctx context.Context, in *checkServiceInput) (*serviceOutput, error) {
	svc, err := a.toCheck(ctx, in)
	if err != nil {
		return nil, err
	}
	if svc, err = a.Check(ctx, svc); err != nil {
		return nil, err
	}
	return a.written(ctx, svc), nil
}

// toCheck returns the service to check. Reading it has the time limit of other routes,
// rather than checkTimeout.
func (a *API) toCheck(ctx context.Context, in *checkServiceInput) (catalog.Service, error) {
	ctx, cancel := rest.Promptly(ctx)
	defer cancel()
	id, _, err := a.serviceTarget(ctx, in.ID, &in.Preconditions)
	if err != nil {
		return catalog.Service{}, err
	}
	svc, err := a.Catalog.ServiceByID(ctx, id)
	if err == nil {
		err = actor(ctx).May(access.CheckService, svc.Team)
	}
	return svc, err
}
