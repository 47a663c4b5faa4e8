package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// The kinds of problem beyond those of any API.
var (
	nameTaken = rest.NewKind("name-taken", http.StatusConflict, "Name taken",
		"Names are unique; case and invisible characters make no difference.")
	serviceNeeded = rest.NewKind("service-needed", http.StatusConflict, "Other services need it",
		"Services say in depends_on that they need this one. Change them first, or delete it with dangling=allow: then they say that it is missing.")
	teamInUse = rest.NewKind("team-in-use", http.StatusConflict, "Team in use",
		"Services name this team. Give them another one, or rename this team.")
	keyLimit = rest.NewKind("key-limit", http.StatusConflict, "Too many keys",
		"A portal has at most 1,000 keys. Revoke those that nobody uses.")
	fromFile = rest.NewKind("from-file", http.StatusConflict, "Key from the file",
		"The portal's file of keys has this key, and would bring it back: it is changed and revoked there.")
	overridden = rest.NewKind("changed-again", http.StatusConflict, "Changed again since",
		"A field that the change changed has another value by now. The answer names the fields.")
	noUndo = rest.NewKind("no-undo", http.StatusConflict, "Cannot be undone",
		"Only updates and deletions are taken back. An added service can be deleted.")
	noHealthURL = rest.NewKind("no-health-url", http.StatusUnprocessableEntity, "No health URL",
		"A service without status_url cannot be checked.")
	tooMany = rest.NewKind("too-many", http.StatusTooManyRequests, "Too many checks",
		"One service can be checked five times in a row, then every two seconds; all services together thirty times, then three times a second. Retry-After says when to try again.")
	workerFailed = rest.NewKind("worker-failed", http.StatusBadGateway, "Check failed",
		"A health-worker replied with an error, or for another service.")
	noWorker = rest.NewKind("no-worker", http.StatusServiceUnavailable, "No health-worker",
		"No health-worker runs, or the portal cannot reach NATS.")
)

// kinds are all of the above, for the documentation.
var kinds = []rest.Kind{nameTaken, serviceNeeded, teamInUse, keyLimit, fromFile, overridden, noUndo, noHealthURL, tooMany, workerFailed, noWorker}

// problem returns the problem for an error of the domain, and logs faults of the
// database and the workers. It returns nil for any other error.
func (a *API) problem(ctx context.Context, err error) *rest.Problem {
	invalid, isInvalid := errors.AsType[*catalog.InvalidError](err)
	limited, isTooMany := errors.AsType[*check.TooManyError](err)
	again, isOverridden := errors.AsType[*catalog.OverriddenError](err)
	used, isUsed := errors.AsType[*catalog.InUseError](err)
	needed, isNeeded := errors.AsType[*catalog.NeededError](err)
	refusal, isRefused := errors.AsType[apikey.Refusal](err)
	denied, isDenied := errors.AsType[*access.DeniedError](err)
	switch {
	case isDenied:
		return deniedProblem(denied)
	case isInvalid:
		return rest.InvalidFields(fieldErrors(invalid.Fields))
	case isRefused:
		return refusedProblem(refusal)
	case errors.Is(err, signin.ErrEnded):
		return endedProblem()
	case errors.Is(err, signin.ErrUnchecked):
		a.Log.WarnContext(ctx, "a session could not be used", "error", err)
		return rest.RetryLater("The provider with which you signed in does not answer, so the portal cannot know whether you still may. Nothing was changed; try again shortly.")
	case errors.Is(err, signin.ErrForged):
		a.Log.WarnContext(ctx, "a token of a proxy could not be verified", "error", err)
		return rest.Unauthenticated.Problem("The token that the proxy before the portal sent could not be verified: the portal's log has the cause.")
	case isOverridden:
		return overridden.Problem("Nothing was changed, because this was changed again since: " + strings.Join(again.Fields, ", ") + ". Edit the service instead.")
	case errors.Is(err, catalog.ErrNoUndo):
		return noUndo.Problem("Only updates and deletions can be taken back. To take back that a service was added, delete it.")
	case isNeeded:
		return serviceNeeded.Problem(neededBy(needed) + " Nothing was deleted. Change what they need first, or delete it with dangling=allow: then they say that it is missing.")
	case isUsed:
		return teamInUse.Problem(usedBy(used.Services) + " Nothing was changed; give them another team first, or rename this one.")
	case errors.Is(err, apikey.ErrTooMany):
		return keyLimit.Problem(fmt.Sprintf("There are %d keys, and no more are allowed. Revoke one that nobody uses.", apikey.MaxKeys))
	case errors.Is(err, apikey.ErrFromFile):
		return fromFile.Problem("This key is in the portal's file of keys (PORTAL_KEYS_FILE). Remove it there: some seconds later it opens nothing.")
	case errors.Is(err, catalog.ErrNotFound):
		return rest.NotFound.Problem(capital(kindOf(err)) + " not found. It may have been deleted.")
	case errors.Is(err, catalog.ErrSlugTaken):
		return taken("team", "slug")
	case errors.Is(err, catalog.ErrNameTaken):
		return taken(kindOf(err), "name")
	case errors.Is(err, catalog.ErrVersionMismatch):
		return rest.ChangedMeanwhile()
	case errors.Is(err, check.ErrNoURL):
		return noHealthURL.Problem("The service has no health URL, so there is nothing to check. Give it a status_url first.")
	case isTooMany:
		p := tooMany.Problem("Too many checks at once. Wait a moment; scheduled probes continue.")
		p.RetryAfter = limited.Wait
		return p
	case errors.Is(err, check.ErrNoWorker):
		p := noWorker.Problem("No health-worker replies, so nothing can be checked now. Start one, or wait until it is back.")
		p.RetryAfter = rest.RetryAfter
		return p
	case errors.Is(err, check.ErrWorker):
		a.Log.ErrorContext(ctx, "health-worker gave no usable answer", "error", err)
		return workerFailed.Problem("A health-worker gave no usable answer. Try again; the portal's log has the cause.")
	case errors.Is(err, catalog.ErrUnavailable):
		a.Log.ErrorContext(ctx, "database not available", "error", err)
		return rest.RetryLater(withoutDatabase(err))
	}
	return nil
}

// taken returns the problem that another thing of a kind has the name or slug.
func taken(kind, field string) *rest.Problem {
	has := "Another " + kind + " has this " + field + "."
	p := nameTaken.Problem(has + " Choose another " + field + ", or use that " + kind + ".")
	p.Errors = []rest.FieldProblem{{Field: field, Location: "body." + field, Message: has}}
	return p
}

// neededBy returns who needs a service: "3 services need it: billing, mail and 1 more."
func neededBy(e *catalog.NeededError) string {
	named := strings.Join(e.First, ", ")
	if more := e.Services - len(e.First); more > 0 {
		named += fmt.Sprintf(" and %d more", more)
	}
	if e.Services == 1 {
		return "One service needs it: " + named + "."
	}
	return fmt.Sprintf("%d services need it: %s.", e.Services, named)
}

func usedBy(services int) string {
	if services == 1 {
		return "One service names this team."
	}
	return fmt.Sprintf("%d services name this team.", services)
}

// kindOf returns the word for the kind of thing that the error is about.
func kindOf(err error) string {
	if of, is := errors.AsType[*catalog.KindError](err); is {
		return string(of.Kind)
	}
	return "thing"
}

func capital(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

// withoutDatabase returns what a failure of the database means for the request.
func withoutDatabase(err error) string {
	switch {
	case errors.Is(err, catalog.ErrStorageFull):
		return "The disk of the database is full. Nothing was changed; the catalogue can still be read. The portal's operator must make room on the disk of Postgres."
	case errors.Is(err, catalog.ErrReadOnly):
		return "The database is read-only. Nothing was changed; the catalogue can still be read. Its disk may be almost full, or it is a standby: the portal's operator must check Postgres."
	case errors.Is(err, catalog.ErrInDoubt):
		return "The connection to the database was lost during the change, so it may or may not have been saved. Read the service again before you repeat the change."
	}
	return "The database is not reachable or does not answer in time. Nothing was changed; try again shortly."
}

func fieldErrors(of []catalog.FieldError) []rest.FieldError {
	list := make([]rest.FieldError, len(of))
	for i, f := range of {
		list[i] = rest.FieldError(f)
	}
	return list
}
