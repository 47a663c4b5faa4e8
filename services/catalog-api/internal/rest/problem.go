package rest

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
)

// ProblemJSON is the media type of problems.
const ProblemJSON = "application/problem+json"

// RetryAfter is when to try again what should work again soon.
const RetryAfter = 5 * time.Second

// Problem is the body of every answer that is not a success, by RFC 9457. It is the
// error that a handler returns to say so itself.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"What kind of problem this is: stable, to match on. It leads to the kind's paragraph in the documentation." example:"/api/docs#name-taken"`
	Title     string         `json:"title" doc:"The kind in a few words."`
	Status    int            `json:"status" doc:"The HTTP status code."`
	Detail    string         `json:"detail" doc:"What to do about it, as a sentence for a person."`
	RequestID string         `json:"request_id,omitempty" doc:"Of the request, as the header X-Request-Id and the portal's log have it."`
	Errors    []FieldProblem `json:"errors,omitempty" nullable:"false" doc:"Each field that is not valid."`

	RetryAfter time.Duration `json:"-"` // 0: nothing is said of it
}

// FieldProblem is what is wrong with one field or parameter.
type FieldProblem struct {
	Field    string `json:"field" doc:"Its name, as in the request." example:"status_url"`
	Location string `json:"location" doc:"Where it is: in body or query." example:"body.status_url"`
	Message  string `json:"message" doc:"What is wrong and what is right, for a person."`
	Value    any    `json:"value,omitempty" doc:"What was given, where it helps to see it."`
}

// Error makes a problem an error that handlers return.
func (p *Problem) Error() string { return p.Detail }

// GetStatus tells huma the status code.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType tells huma the media type.
func (p *Problem) ContentType(string) string { return ProblemJSON }

// GetHeaders tells huma which headers go with the problem.
func (p *Problem) GetHeaders() http.Header {
	if p.RetryAfter == 0 {
		return nil
	}
	return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds())))}}
}

// problem is the one that an error of a handler is. What nobody knows is a bug or
// an outage: logged, and told without its cause.
func (a *API) problem(ctx context.Context, err error) *Problem {
	if p, is := errors.AsType[*Problem](err); is {
		return p
	}
	if a.Problem != nil {
		if p := a.Problem(ctx, err); p != nil {
			return p
		}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return Unavailable.Problem("The request was given up before it was done.") // nobody reads this
	}
	a.Log.ErrorContext(ctx, "request failed", "error", err)
	if errors.Is(err, context.DeadlineExceeded) {
		return RetryLater("The portal could not do this in time. Try again in a moment.")
	}
	return internalError()
}

// RetryLater is a problem that should be over in a few seconds.
func RetryLater(detail string) *Problem {
	p := Unavailable.Problem(detail)
	p.RetryAfter = RetryAfter
	return p
}

func internalError() *Problem {
	return Internal.Problem("The portal could not do this, and it is not your fault. Its log says why.")
}

// FieldError is what is wrong with a field of a body.
type FieldError struct {
	Field   string // as in the body: "status_url", "tags[3]"
	Message string // what is wrong and what is right, for a person
	Value   any    // what was given; nil: it is not echoed
}

// InvalidFields is the problem of a body of which some fields are wrong.
func InvalidFields(fields []FieldError) *Problem {
	p := Invalid.Problem("Some fields are not valid: correct them and send the request again.")
	for _, f := range fields {
		p.Errors = append(p.Errors, FieldProblem{Field: f.Field, Location: "body." + f.Field, Message: f.Message, Value: f.Value})
	}
	if len(p.Errors) == 1 {
		p.Detail = "The field " + p.Errors[0].Field + " is not valid. " + p.Errors[0].Message
	}
	return p
}

// InvalidParameter is the problem of a parameter in a query that cannot be as it is.
func InvalidParameter(name, message string, value any) *Problem {
	p := Invalid.Problem("The parameter " + name + " is not valid. " + message)
	p.Errors = []FieldProblem{{Field: name, Location: "query." + name, Message: message, Value: value}}
	return p
}

// WriteProblem answers with p outside of handlers that return it.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	for key, values := range p.GetHeaders() {
		w.Header()[key] = values
	}
	p.RequestID = exchangeOf(r.Context()).id
	body, err := json.Marshal(p)
	if err != nil { // a value that was echoed can't be written; the rest can
		p.Errors = nil
		body, _ = json.Marshal(p)
	}
	w.Header().Set("Content-Type", ProblemJSON)
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // the client has gone: nobody is left to be told
}

// ownProblems completes the problems of handlers, and turns those that huma itself
// makes into ours.
func ownProblems(ctx huma.Context, _ string, v any) (any, error) {
	p, ours := v.(*Problem)
	made, itself := v.(*huma.ErrorModel)
	switch {
	case itself:
		k := Internal
		if made.Status < http.StatusInternalServerError {
			k = Kind{slug: Malformed.slug, status: made.Status, title: Malformed.title}
		}
		p = k.Problem("The request is not as the portal wants it: " + made.Detail + ".")
		for _, e := range made.Errors {
			field := strings.TrimPrefix(e.Location, "body.")
			p.Errors = append(p.Errors, FieldProblem{Field: field, Location: e.Location, Message: e.Message})
		}
	case !ours:
		return v, nil
	}
	p.RequestID = exchangeOf(ctx.Context()).id
	return p, nil
}
