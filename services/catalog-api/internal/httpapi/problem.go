package httpapi

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/check"
)

// problem is the body of every answer that is not a success, by RFC 9457.
type problem struct {
	Type   string         `json:"type" format:"uri-reference" doc:"What kind of problem this is: stable, to match on. It leads to the kind's paragraph in the documentation." example:"/api/docs#name-taken"`
	Title  string         `json:"title" doc:"The kind in a few words."`
	Status int            `json:"status" doc:"The HTTP status code."`
	Detail string         `json:"detail" doc:"What to do about it, as a sentence for a person."`
	Errors []fieldProblem `json:"errors,omitempty" nullable:"false" doc:"Each field that is not valid."`

	retryAfter time.Duration // 0: nothing is said of it
}

// fieldProblem is what is wrong with one field or parameter.
type fieldProblem struct {
	Field    string `json:"field" doc:"Its name, as in the request." example:"status_url"`
	Location string `json:"location" doc:"Where it is: in body or query." example:"body.status_url"`
	Message  string `json:"message" doc:"What is wrong and what is right, for a person."`
	Value    any    `json:"value,omitempty" doc:"What was given, where it helps to see it."`
}

// Error makes a problem an error that handlers return.
func (p *problem) Error() string { return p.Detail }

// GetStatus tells huma the status code.
func (p *problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type.
func (p *problem) ContentType(string) string { return problemJSON }

// GetHeaders tells huma which headers go with the problem.
func (p *problem) GetHeaders() http.Header {
	if p.retryAfter == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(p.retryAfter.Seconds())))}}
}

const problemJSON = "application/problem+json"

// problemFor is the one place that knows which problem an error is. What it
// doesn't know is a bug or an outage: logged, and told without its cause.
func (a *API) problemFor(ctx context.Context, err error) error {
	known, isProblem := errors.AsType[*problem](err)
	invalid, isInvalid := errors.AsType[*catalog.InvalidError](err)
	limited, isTooMany := errors.AsType[*check.TooManyError](err)
	switch {
	case isProblem:
		return known
	case isInvalid:
		return invalidFields(invalid.Fields)
	case errors.Is(err, catalog.ErrNotFound):
		return noSuchService()
	case errors.Is(err, catalog.ErrNameTaken):
		p := nameTaken.problem("Another service has this name. Choose another name, or edit that service.")
		p.Errors = []fieldProblem{{Field: "name", Location: "body.name", Message: "Another service has this name."}}
		return p
	case errors.Is(err, catalog.ErrVersionMismatch):
		return changedMeanwhile.problem("Somebody changed the service since you read it. Read it again, then repeat your change.")
	case errors.Is(err, check.ErrNoURL):
		return noHealthURL.problem("The service has no health URL, so there is nothing to check. Give it a status_url first.")
	case isTooMany:
		p := tooMany.problem("There were too many checks just now. Wait a moment; probes go on by themselves.")
		p.retryAfter = limited.Wait
		return p
	case errors.Is(err, check.ErrNoWorker):
		p := noWorker.problem("No health worker answers, so nothing can be checked now. Start one, or wait until it is back.")
		p.retryAfter = 5 * time.Second
		return p
	case errors.Is(err, catalog.ErrUnavailable):
		a.Log.ErrorContext(ctx, "the database is not available", "error", err)
		return retryLater(withoutDatabase(err))
	case ctx.Err() != nil && errors.Is(ctx.Err(), context.Canceled):
		return unavailable.problem("The request was given up before it was done.") // nobody reads this
	}
	a.Log.ErrorContext(ctx, "request failed", "error", err)
	switch {
	case errors.Is(err, check.ErrWorker):
		return workerFailed.problem("A health worker was asked, but gave no usable answer. Try again; the portal's log says more.")
	case errors.Is(err, context.DeadlineExceeded):
		return retryLater("The portal could not do this in time. Try again in a moment.")
	}
	return internalError()
}

// withoutDatabase says what that means for the request.
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

func retryLater(detail string) *problem {
	p := unavailable.problem(detail)
	p.retryAfter = 5 * time.Second
	return p
}

func internalError() *problem {
	return internal.problem("The portal could not do this, and it is not your fault. Its log says why.")
}

func noSuchService() *problem {
	return notFound.problem("There is no service with this id. It may have been deleted.")
}

func invalidFields(fields []catalog.FieldError) *problem {
	p := invalid.problem("Some fields are not valid: correct them and send the request again.")
	for _, f := range fields {
		p.Errors = append(p.Errors, fieldProblem{Field: f.Field, Location: "body." + f.Field, Message: f.Message, Value: f.Value})
	}
	if len(p.Errors) == 1 {
		p.Detail = "The field " + p.Errors[0].Field + " is not valid. " + p.Errors[0].Message
	}
	return p
}

// writeProblem answers with p outside of huma's handlers.
func writeProblem(w http.ResponseWriter, p *problem) {
	for key, values := range p.GetHeaders() {
		w.Header()[key] = values
	}
	body, err := json.Marshal(p)
	if err != nil { // a value that was echoed can't be written; the rest can
		p.Errors = nil
		body, _ = json.Marshal(p)
	}
	w.Header().Set("Content-Type", problemJSON)
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody is left to be told
}

// ownProblems turns the problems that huma itself makes into ours.
func ownProblems(_ huma.Context, _ string, v any) (any, error) {
	made, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	k := internal
	if made.Status < http.StatusInternalServerError {
		k = kind{slug: malformed.slug, status: made.Status, title: malformed.title}
	}
	p := k.problem("The request is not as the portal wants it: " + made.Detail + ".")
	for _, e := range made.Errors {
		field := strings.TrimPrefix(e.Location, "body.")
		p.Errors = append(p.Errors, fieldProblem{Field: field, Location: e.Location, Message: e.Message})
	}
	return p, nil
}
