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

// Operation is a route, as it is described.
type Operation = huma.Operation

// Get is the operation of a read.
func Get(id, path, summary, description string) Operation {
	return Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description}
}

// Detail completes an operation beyond what its types say.
type Detail func(*Operation, huma.Registry)

// traits are how a route differs from the others.
type traits struct {
	limit   time.Duration // for the work on a request
	streams bool          // its answers have no end: nothing bounds or compresses them
	quiet   bool          // it is asked so often that the log is the better without
	bodies  []string      // media types of bodies that it takes
	example any           // of its answer
}

const traitsKey = "traits"

func traitsOf(op *Operation) *traits {
	t, there := op.Metadata[traitsKey].(*traits)
	if !there {
		t = &traits{limit: promptly}
		op.Metadata = map[string]any{traitsKey: t}
	}
	return t
}

// Within gives a route's handler more time than others have.
func Within(limit time.Duration) Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).limit = limit }
}

// Quiet keeps a route's requests out of the log.
func Quiet() Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).quiet = true }
}

// Register adds a route. What comes in is judged by the handler, so that each rule
// is in one place and says it in one way; the schemas only describe it. A route with
// a path that begins with a tag's name has that tag.
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
	delete(schemas, "ErrorModel") // huma's own, which ownProblems replaces
	delete(schemas, "ErrorDetail")
	if example := traitsOf(&op).example; example != nil {
		op.Responses[strconv.Itoa(max(op.DefaultStatus, http.StatusOK))].Content[JSON].Example = plain(example)
	}
}

// Stream adds a route whose answers have no end. It ends them itself.
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
	op.Tags = []string{tagOf(op.Path)}
	if op.Responses == nil {
		op.Responses = map[string]*huma.Response{}
	}
	for _, complete := range append(details, Problems(Unavailable, Internal)) {
		complete(op, a.huma.OpenAPI().Components.Schemas)
	}
}

// route has all that every route has, whoever handles it.
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
		if p := unknownParameters(r, known); p != nil {
			WriteProblem(w, r, p)
			return
		}
		handler.ServeHTTP(w, r)
	}))
}

// Takes has the route read a JSON object that is a T. It is sent as one of the
// media types, of which the first is the one that is asked for. T is Body's, or
// a type that is made from it.
func Takes[T any](example any, types ...string) Detail {
	return func(op *Operation, schemas huma.Registry) {
		traitsOf(op).bodies = types
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		for _, t := range types {
			op.RequestBody.Content[t] = &huma.MediaType{Schema: schemas.Schema(reflect.TypeFor[T](), true, ""), Example: plain(example)}
		}
		Problems(tooLarge, mediaType, tooSlow)(op, schemas)
	}
}

// Example shows what the route answers with.
func Example(answer any) Detail {
	return func(op *Operation, _ huma.Registry) { traitsOf(op).example = answer }
}

// plain is a value as JSON has it: the description is not of Go.
func plain(value any) (out any) {
	text, err := json.Marshal(value)
	if err == nil {
		err = json.Unmarshal(text, &out)
	}
	if err != nil {
		panic(fmt.Sprintf("an example is no JSON: %v", err))
	}
	return out
}

// Answers describes a body that the handler encodes itself, or another status.
func Answers[T any](status int, example T) Detail {
	return func(op *Operation, schemas huma.Registry) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content: map[string]*huma.MediaType{
				JSON: {Schema: schemas.Schema(reflect.TypeFor[T](), true, ""), Example: plain(example)},
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

// Problems describes the kinds of problem that the route answers with.
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
			media.Examples[k.slug] = &huma.Example{Summary: k.title, Value: plain(k.Problem(k.about))}
			text := fmt.Sprintf("%s. %s", k.title, k.about)
			if response.Description != "" {
				text = response.Description + " Or: " + text
			}
			response.Description = text
		}
	}
}

// Tag names what routes under a path are about. Tags are shown in their order.
func (a *API) Tag(name, description string) {
	doc := a.huma.OpenAPI()
	doc.Tags = append(doc.Tags, &huma.Tag{Name: name, Description: description})
}

// tagOf is the first part of the path.
func tagOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, Prefix+"/"), "/")
	return name
}

// OpenAPI is the description of all routes that were added, as JSON.
func (a *API) OpenAPI() []byte {
	doc := a.huma.OpenAPI()
	described, err := json.Marshal(doc)
	if err != nil {
		panic(err) // the document is made from our types alone
	}
	return described
}

// described is the frame of the description. huma only describes and decodes here:
// what comes in is judged and what goes out is shaped by this package.
func (a *API) described() huma.Config {
	cfg := huma.DefaultConfig(a.Title, a.Version)
	cfg.Info.Description = a.Description
	cfg.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	cfg.Info.Contact = &huma.Contact{Name: "Dev Portal", URL: "https://github.com/dev-portal/dev-portal"}
	cfg.Servers = []*huma.Server{{URL: "/", Description: "Where this description is from."}}
	cfg.Security = []map[string][]string{{}}                    // nobody has to say who they are
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // who makes the API serves them
	cfg.CreateHooks = nil                                       // no $schema in bodies
	cfg.AllowAdditionalPropertiesByDefault = true               // an answer may have more, one day
	cfg.Formats = map[string]huma.Format{JSON: huma.DefaultJSONFormat, ProblemJSON: huma.DefaultJSONFormat}
	cfg.Transformers = []huma.Transformer{ownProblems}
	return cfg
}
