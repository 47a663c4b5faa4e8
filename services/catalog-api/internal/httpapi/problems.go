package httpapi

import (
	"context"
	"errors"
	"net/http"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// The kinds of problem beyond those of any API.
var (
	nameTaken = rest.NewKind("name-taken", http.StatusConflict, "The name is taken",
		"Names are unique, whatever their case and what cannot be seen of them.")
	noHealthURL = rest.NewKind("no-health-url", http.StatusUnprocessableEntity, "Nothing to check",
		"A service without status_url cannot be checked.")
	tooMany = rest.NewKind("too-many", http.StatusTooManyRequests, "Too many checks",
		"A service can be checked five times at once, then every two seconds; all of them thirty times, then three times a second. Retry-After says when again.")
	workerFailed = rest.NewKind("worker-failed", http.StatusBadGateway, "The check failed",
		"A health worker was asked and answered with an error, or for another service.")
	noWorker = rest.NewKind("no-worker", http.StatusServiceUnavailable, "No health worker",
		"Nobody is there to make the check, or the portal cannot reach NATS.")
)

// kinds are all of the above, for the documentation.
var kinds = []rest.Kind{nameTaken, noHealthURL, tooMany, workerFailed, noWorker}

// problem returns the problem for an error of the domain, and logs faults of the
// database and the workers. It returns nil for any other error.
func (a *API) problem(ctx context.Context, err error) *rest.Problem {
	invalid, isInvalid := errors.AsType[*catalog.InvalidError](err)
	limited, isTooMany := errors.AsType[*check.TooManyError](err)
	switch {
	case isInvalid:
		return rest.InvalidFields(fieldErrors(invalid.Fields))
	case errors.Is(err, catalog.ErrNotFound):
		return rest.NotFound.Problem("There is no service with this id. It may have been deleted.")
	case errors.Is(err, catalog.ErrNameTaken):
		p := nameTaken.Problem("Another service has this name. Choose another name, or edit that service.")
		p.Errors = []rest.FieldProblem{{Field: "name", Location: "body.name", Message: "Another service has this name."}}
		return p
	case errors.Is(err, catalog.ErrVersionMismatch):
		return rest.ChangedMeanwhile()
	case errors.Is(err, check.ErrNoURL):
		return noHealthURL.Problem("The service has no health URL, so there is nothing to check. Give it a status_url first.")
	case isTooMany:
		p := tooMany.Problem("There were too many checks just now. Wait a moment; probes go on by themselves.")
		p.RetryAfter = limited.Wait
		return p
	case errors.Is(err, check.ErrNoWorker):
		p := noWorker.Problem("No health worker answers, so nothing can be checked now. Start one, or wait until it is back.")
		p.RetryAfter = rest.RetryAfter
		return p
	case errors.Is(err, check.ErrWorker):
		a.Log.ErrorContext(ctx, "a health worker gave no usable answer", "error", err)
		return workerFailed.Problem("A health worker was asked, but gave no usable answer. Try again; the portal's log says more.")
	case errors.Is(err, catalog.ErrUnavailable):
		a.Log.ErrorContext(ctx, "the database is not available", "error", err)
		return rest.RetryLater(withoutDatabase(err))
	}
	return nil
}

// withoutDatabase returns what a failure of the database means for the request.
func withoutDatabase(err error) string {
	switch {
	case errors.Is(err, catalog.ErrStorageFull):
		return "The disk of the database is full, so nothing was changed; what is there can still be read. Whoever runs the portal must make room on the disk of Postgres."
	case errors.Is(err, catalog.ErrReadOnly):
		return "The database takes no changes, so nothing was changed; what is there can still be read. Its disk may be almost full, or it is a standby: whoever runs the portal must look at Postgres."
	case errors.Is(err, catalog.ErrInDoubt):
		return "The database was lost while it made the change, which may have been made or not. Read it again before you repeat it."
	}
	return "The database cannot be reached at the moment, or does not answer in time. Nothing was changed; try again shortly."
}

func fieldErrors(of []catalog.FieldError) []rest.FieldError {
	list := make([]rest.FieldError, len(of))
	for i, f := range of {
		list[i] = rest.FieldError(f)
	}
	return list
}
