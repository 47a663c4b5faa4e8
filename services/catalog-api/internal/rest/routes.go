package rest

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

// Operation is the description of a route.
type Operation = huma.Operation

// Get returns the operation of a read.
func Get(id, path, summary, description string) Operation {
	return Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description}
}

// Detail adds to an operation what its types do not describe.
type Detail func(*Operation, huma.Registry)

// traits are the options of a route.
type traits struct {
	limit   time.Duration // for the work on a request
	streams bool          // its answers are endless: they are neither limited in time nor compressed
	lenient bool          // it takes parameters that it does not know
	quiet   bool          // its requests are too frequent to be logged
	bodies  []string      // media types that it accepts
	example any           // of its answer
	guard   func(context.Context) (context.Context, error)
}

const traitsKey = "traits"

func traitsOf(op *Operation) *traits {
	t, there := op.Metadata[traitsKey].(*traits)
	if !there {
		t = &traits{limit: handlerTimeout}
		op.Metadata = map[string]any{traitsKey: t}
	}
	return t
}

// Within sets the time limit of a route's handler.
func Within(limit time.Duration) Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).limit = limit }
}

// Quiet keeps a route's requests out of the log.
func Quiet() Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).quiet = true }
}

// Lenient makes a route take parameters that it does not know: others decide which come.
func Lenient() Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).lenient = true }
}

// Register adds a route. The handler validates the input, so that each rule is in one
// place; the schemas only describe it. The route's tag is the first part of its path.
func Register[I, O any](a *API, op Operation, handler func(context.Context, *I) (*O, error), details ...Detail) {
	op.SkipValidateParams, op.SkipValidateBody = true, true
	op.BodyReadTimeout, op.MaxBodyBytes = -1, -1 // see readBody
	a.complete(&op, details)
	huma.Register(a.huma, op, func(ctx context.Context, in *I) (*O, error) {
		out, err := handler(ctx, in)
		if err != nil {
			return nil, a.problem(ctx, err)
		}
		return out, nil
	})
	schemas := a.huma.OpenAPI().Components.Schemas.Map()
	delete(schemas, "ErrorModel") // huma's own, which transformProblem replaces
	delete(schemas, "ErrorDetail")
	if example := traitsOf(&op).example; example != nil {
		op.Responses[strconv.Itoa(max(op.DefaultStatus, http.StatusOK))].Content[JSON].Example = asJSON(example)
	}
}

// Stream adds a route with endless answers. The handler must end them itself.
func (a *API) Stream(op Operation, handler http.Handler, details ...Detail) {
	traitsOf(&op).streams = true
	a.complete(&op, details)
	a.huma.OpenAPI().AddOperation(&op)
	a.route(&op, handler)
}

// Serve adds a route that is not part of the description.
func (a *API) Serve(path string, handler http.Handler) {
	op := Get("", path, "", "")
	a.route(&op, handler)
}

func (a *API) complete(op *Operation, details []Detail) {
	traitsOf(op)
	if op.Tags == nil {
		op.Tags = []string{tagOf(op.Path)}
	}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	if a.Guard != nil {
		guard, more := a.Guard(op)
		traitsOf(op).guard = guard
		details = append(details, more...)
	}
	for _, complete := range append(details, Problems(Unavailable, Internal)) {
		complete(op, a.huma.OpenAPI().Components.Schemas)
	}
}

// route adds a route, with the guards that all routes have.
func (a *API) route(op *Operation, handler http.Handler) {
	t := traitsOf(op)
	var known []string
	for _, p := range op.Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	if len(t.bodies) > 0 {
		handler = a.readBody(handler, t.bodies)
	}
	if !t.streams {
		handler = compress(timeLimit(handler, t.limit))
	}
	a.router.Method(op.Method, op.Path, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		exchangeOf(r.Context()).traits = *t
		if t.guard != nil {
			ctx, err := t.guard(r.Context())
			if a.rate.exceeded(w, r) { // here it is known whose request it is
				return
			}
			if err != nil {
				refuse(w, r, a.problem(ctx, err))
				return
			}
			r = r.WithContext(ctx)
		} else if a.rate.exceeded(w, r) {
			return
		}
		if p := unknownParameters(r, known); p != nil && !t.lenient {
			WriteProblem(w, r, p)
			return
		}
		handler.ServeHTTP(w, r)
	}))
}

// Takes makes the route read a T as JSON, in one of the media types. Messages ask for
// the first of these. T is a Body, or derived from one.
func Takes[T any](example any, types ...string) Detail {
	return func(op *Operation, schemas huma.Registry) {
		traitsOf(op).bodies = types
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		for _, t := range types {
			op.RequestBody.Content[t] = &huma.MediaType{Schema: schemas.Schema(reflect.TypeFor[T](), true, ""), Example: asJSON(example)}
		}
		Problems(tooLarge, mediaType, tooSlow)(op, schemas)
	}
}

// Example sets the example of the route's answer.
func Example(answer any) Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).example = answer }
}

// asJSON converts a value to the generic types of encoding/json, as an example.
func asJSON(value any) (out any) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("an example is no JSON: %v", err))
	}
	return out
}

// Answers describes an answer that the handler encodes itself, or of another status.
func Answers[T any](status int, example T) Detail {
	return func(op *Operation, schemas huma.Registry) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content: map[string]*huma.MediaType{
				JSON: {Schema: schemas.Schema(reflect.TypeFor[T](), true, ""), Example: asJSON(example)},
			},
		}
	}
}

// NotChanged describes 304.
func NotChanged() Detail {
	return func(op *Operation, _ huma.Registry) {
		op.Responses["304"] = &huma.Response{Description: "Nothing has changed since the ETag in If-None-Match."}
	}
}

// Located describes 201, with the header Location.
func Located(description string) Detail {
	return func(op *Operation, _ huma.Registry) {
		op.DefaultStatus = http.StatusCreated
		op.Responses["201"] = &huma.Response{Description: description, Headers: map[string]*huma.Param{
			"Location": {Description: "Where it is.", Schema: &huma.Schema{Type: huma.TypeString, Format: "uri-reference"}},
		}}
	}
}

// Made describes 201, for a thing without an address.
func Made(description string) Detail {
	return func(op *Operation, _ huma.Registry) {
		op.DefaultStatus = http.StatusCreated
		op.Responses["201"] = &huma.Response{Description: description}
	}
}

// Problems describes the kinds of problem that the route can answer with.
func Problems(of ...Kind) Detail {
	return func(op *Operation, schemas huma.Registry) {
		schema := schemas.Schema(reflect.TypeFor[Problem](), true, "")
		for _, k := range of {
			code := strconv.Itoa(k.status)
			response := op.Responses[code]
			if response == nil {
				response = &huma.Response{Content: map[string]*huma.MediaType{}}
				op.Responses[code] = response
			}
			media := response.Content[ProblemJSON]
			if media == nil {
				media = &huma.MediaType{Schema: schema, Examples: map[string]*huma.Example{}}
				response.Content[ProblemJSON] = media
			}
			if media.Examples[k.slug] != nil {
				continue
			}
			media.Examples[k.slug] = &huma.Example{Summary: k.title, Value: asJSON(k.Problem(k.about))}
			text := fmt.Sprintf("%s. %s", k.title, k.about)
			if response.Description != "" {
				text = response.Description + " Or: " + text
			}
			response.Description = text
		}
	}
}

// Tag describes the routes under a path, or those that have it in their Operation. The
// documentation shows tags in this order.
func (a *API) Tag(name, description string) {
	doc := a.huma.OpenAPI()
	doc.Tags = append(doc.Tags, &huma.Tag{Name: name, Description: description})
}

// tagOf returns the first part of the path after Prefix.
func tagOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, Prefix+"/"), "/")
	return name
}

// OpenAPI returns the description of all routes so far, as JSON.
func (a *API) OpenAPI() []byte {
	doc := a.huma.OpenAPI()
	described, err := json.Marshal(doc)
	if err != nil {
		panic(err) // the document is made from our types alone
	}
	return described
}

// bearer is the name of the scheme of authentication in the description.
const bearer = "key"

// humaConfig configures huma. huma only describes and decodes: this package validates the
// input and shapes the output.
func (a *API) humaConfig() huma.Config {
	cfg := huma.DefaultConfig(a.Title, a.Version)
	cfg.Info.Description = a.Description
	cfg.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	cfg.Info.Contact = &huma.Contact{Name: "Dev Portal", URL: "https://github.com/dev-portal/dev-portal"}
	cfg.Servers = []*huma.Server{{URL: "/", Description: "This server."}}
	cfg.Security = []map[string][]string{{}, {bearer: {}}} // with or without a key
	cfg.Components.SecuritySchemes = map[string]*huma.SecurityScheme{bearer: {
		Type: "http", Scheme: "bearer", Description: "An API key. Without one, a request is anonymous, and may do what the portal lets everybody do.",
	}}
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // the user of the package serves them
	cfg.CreateHooks = nil                                       // no $schema in bodies
	cfg.AllowAdditionalPropertiesByDefault = true               // later versions may add members
	cfg.Formats = map[string]huma.Format{JSON: huma.DefaultJSONFormat, ProblemJSON: huma.DefaultJSONFormat}
	cfg.Transformers = []huma.Transformer{transformProblem}
	return cfg
}
