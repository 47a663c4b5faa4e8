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

// RetryAfter is when to retry after a failure that should end soon.
const RetryAfter = 5 * time.Second

// Problem is the body of every answer that is not a success, by RFC 9457. Handlers can
// return it as an error.
type Problem struct {
	Type      string         `json:"type" format:"uri-reference" doc:"What kind of problem this is: stable, to match on. It leads to the kind's paragraph in the documentation." example:"/api/docs#name-taken"`
	Title     string         `json:"title" doc:"The kind in a few words."`
	Status    int            `json:"status" doc:"The HTTP status code."`
	Detail    string         `json:"detail" doc:"What to do about it, as a sentence for a person."`
	RequestID string         `json:"request_id,omitempty" doc:"Of the request, as the header X-Request-Id and the portal's log have it."`
	Errors    []FieldProblem `json:"errors,omitempty" nullable:"false" doc:"Each field that is not valid."`

	RetryAfter time.Duration `json:"-"` // of the header Retry-After; 0: no header
	Challenge  string        `json:"-"` // the header WWW-Authenticate; "": no header
}

// FieldProblem describes what is wrong with one field or parameter.
type FieldProblem struct {
	Field    string `json:"field" doc:"Its name, as in the request." example:"status_url"`
	Location string `json:"location" doc:"Where it is: in body or query." example:"body.status_url"`
	Message  string `json:"message" doc:"What is wrong and what is allowed, for a person."`
	Value    any    `json:"value,omitempty" doc:"The value that was sent, where that helps."`
}

// Error implements error.
func (p *Problem) Error() string { return p.Detail }

// GetStatus returns the status code. It implements huma.StatusError.
func (p *Problem) GetStatus() int { return p.Status }

// ContentType returns the media type of problems, for huma.
func (p *Problem) ContentType(string) string { return ProblemJSON }

// GetHeaders returns the headers of the problem, for huma.
func (p *Problem) GetHeaders() http.Header {
	headers := http.Header{}
	if p.RetryAfter > 0 {
		headers.Set("Retry-After", strconv.Itoa(int(math.Ceil(p.RetryAfter.Seconds()))))
	}
	if p.Challenge != "" {
		headers.Set("WWW-Authenticate", p.Challenge)
	}
	return headers
}

// problem returns the problem for an error of a handler. An unknown error is a bug or an
// outage: its cause is logged, and not shown to the client.
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
		return Unavailable.Problem("The request was cancelled by the client.") // nobody reads this
	}
	a.Log.ErrorContext(ctx, "request failed", "error", err)
	if errors.Is(err, context.DeadlineExceeded) {
		return RetryLater("The portal did not finish in time. Try again in a moment.")
	}
	return internalError()
}

// RetryLater returns a problem that should end within a few seconds.
func RetryLater(detail string) *Problem {
	p := Unavailable.Problem(detail)
	p.RetryAfter = RetryAfter
	return p
}

func internalError() *Problem {
	return Internal.Problem("Something went wrong in the portal. Its log has the cause, under the request_id.")
}

// FieldError describes what is wrong with a field of a body.
type FieldError struct {
	Field   string // as in the body: "status_url", "tags[3]"
	Message string // what is wrong and what is right, for a person
	Value   any    // the value that was sent; nil: it is not echoed
}

// InvalidFields returns the problem of a body with invalid fields.
func InvalidFields(fields []FieldError) *Problem {
	p := Invalid.Problem("Some fields are not valid: correct them and send the request again.")
	for _, f := range fields[:min(len(fields), maxErrors)] {
		p.Errors = append(p.Errors, FieldProblem{Field: f.Field, Location: "body." + f.Field, Message: f.Message, Value: f.Value})
	}
	if len(p.Errors) == 1 {
		p.Detail = "The field " + p.Errors[0].Field + " is not valid. " + p.Errors[0].Message
	}
	return p
}

// InvalidParameter returns the problem of a query with an invalid parameter.
func InvalidParameter(name, message string, value any) *Problem {
	p := Invalid.Problem("The parameter " + name + " is not valid. " + message)
	p.Errors = []FieldProblem{{Field: name, Location: "query." + name, Message: message, Value: value}}
	return p
}

// WriteProblem answers with p. Handlers that can return p don't need it.
func WriteProblem(w http.ResponseWriter, r *http.Request, p *Problem) {
	for key, values := range p.GetHeaders() {
		w.Header()[key] = values
	}
	p.RequestID = exchangeOf(r.Context()).id
	body, err := json.Marshal(p)
	if err != nil { // an echoed value can't be encoded
		p.Errors = nil
		body, _ = json.Marshal(p)
	}
	w.Header().Set("Content-Type", ProblemJSON)
	w.Header().Set("Cache-Control", "no-cache")
	w.WriteHeader(p.Status)
	_, _ = w.Write(append(body, '\n')) // fails only if the client is gone
}

// refuse answers with p before the body is read. The server would wait for the body before
// it answers, for as long as a client drips it.
func refuse(w http.ResponseWriter, r *http.Request, p *Problem) {
	if r.ContentLength != 0 {
		_ = http.NewResponseController(w).SetReadDeadline(time.Now()) // if it can't be set, the server's own applies
		w.Header().Set("Connection", "close")
	}
	WriteProblem(w, r, p)
}

// transformProblem adds the request's id to problems of handlers, and converts errors of
// huma itself to problems.
func transformProblem(ctx huma.Context, _ string, v any) (any, error) {
	p, ours := v.(*Problem)
	model, humas := v.(*huma.ErrorModel)
	switch {
	case humas:
		k := Internal
		if model.Status < http.StatusInternalServerError {
			k = Kind{slug: Malformed.slug, status: model.Status, title: Malformed.title}
		}
		p = k.Problem("The request is not valid: " + model.Detail + ".")
		for _, e := range model.Errors {
			field := strings.TrimPrefix(e.Location, "body.")
			p.Errors = append(p.Errors, FieldProblem{Field: field, Location: e.Location, Message: e.Message})
		}
	case !ours:
		return v, nil
	}
	p.RequestID = exchangeOf(ctx.Context()).id
	return p, nil
}
