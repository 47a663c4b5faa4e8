package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// routes is the API's table of contents.
func (a *API) routes(api huma.API) {
	const services, one = prefix + "/services", prefix + "/services/{id}"

	register(api, get("list-services", services, "Find services",
		"All services by name, or those that meet every filter; a filter given several times means any of its values."), a.search,
		answers[serviceList](200), notChanged(), problems(malformed, invalid))
	register(api, huma.Operation{
		OperationID: "create-service", Method: http.MethodPost, Path: services, Summary: "Add a service",
		Description:   "The name must be free. With a status_url the service is probed at once.",
		DefaultStatus: http.StatusCreated,
	}, a.create, a.takes(jsonType), located(), problems(malformed, nameTaken, unmet, invalid))
	register(api, get("get-service", one, "Read a service", "The service as it is now, with the ETag that a safe write sends back."), a.read,
		notChanged(), problems(malformed, notFound, invalid))
	register(api, huma.Operation{
		OperationID: "put-service", Method: http.MethodPut, Path: one, Summary: "Change a service",
		Description: "Fields that are absent stay as they are; null clears.",
	}, a.update, a.takes(jsonType), problems(malformed, notFound, nameTaken, changedMeanwhile, unmet, invalid))
	register(api, huma.Operation{
		OperationID: "patch-service", Method: http.MethodPatch, Path: one, Summary: "Change some fields of a service",
		Description: "A JSON merge patch (RFC 7396): fields that are absent stay as they are; null clears.",
	}, a.update, a.takes(mergePatch, jsonType), problems(malformed, notFound, nameTaken, changedMeanwhile, unmet, invalid))
	register(api, huma.Operation{
		OperationID: "delete-service", Method: http.MethodDelete, Path: one, Summary: "Remove a service",
		Description: "The service is gone at once, and those who follow the events are told.",
	}, a.remove, problems(malformed, notFound, changedMeanwhile, unmet, invalid))
	register(api, huma.Operation{
		OperationID: "check-service", Method: http.MethodPost, Path: one + "/check", Summary: "Probe a service now",
		Description: "Answers when the probe is done, within twelve seconds.",
	}, a.check, problems(malformed, notFound, changedMeanwhile, unmet, invalid, noHealthURL, tooMany, workerFailed, noWorker))
	register(api, get("health", prefix+"/health", "How the portal is", "What the portal depends on, and whether it works."), a.health, answers[healthBody](503), problems(malformed, invalid))
	if a.Live != nil {
		describeEvents(api.OpenAPI())
	}
}

const (
	jsonType   = "application/json"
	mergePatch = "application/merge-patch+json"
)

func get(id, path, summary, description string) huma.Operation {
	return huma.Operation{OperationID: id, Method: http.MethodGet, Path: path, Summary: summary, Description: description}
}

// detail completes an operation beyond what its types say.
type detail func(*huma.Operation, huma.Registry)

// register adds a route. What comes in is judged by the handler, so that each
// rule is in one place and says it in one way; huma's schemas only describe it.
func register[I, O any](api huma.API, op huma.Operation, handler func(context.Context, *I) (*O, error), details ...detail) {
	schemas := api.OpenAPI().Components.Schemas
	op.Tags = []string{tagOf(op.Path)}
	op.SkipValidateParams, op.SkipValidateBody = true, true
	op.Responses = map[string]*huma.Response{}
	for _, complete := range append(details, problems(unavailable, internal)) {
		complete(&op, schemas)
	}
	huma.Register(api, op, handler)
	delete(schemas.Map(), "ErrorModel") // huma's own, which ownProblems replaces
	delete(schemas.Map(), "ErrorDetail")
	if op.RequestBody == nil {
		return
	}
	for _, media := range op.RequestBody.Content {
		onlyKnown(schemas.SchemaFromRef(media.Schema.Ref))
	}
}

// takes has the route read a body of one of the types; the first is the one that
// is asked for.
func (a *API) takes(types ...string) detail {
	return func(op *huma.Operation, schemas huma.Registry) {
		op.Middlewares = append(op.Middlewares, a.readBody(types...))
		op.BodyReadTimeout, op.MaxBodyBytes = -1, -1 // readBody has read it by then
		op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{}}
		described := reflect.TypeFor[serviceUpdate]()
		if op.Method == http.MethodPost {
			described = reflect.TypeFor[serviceCreate]()
		}
		for _, t := range types {
			op.RequestBody.Content[t] = &huma.MediaType{Schema: schemas.Schema(described, true, "")}
		}
		problems(tooLarge, mediaType, tooSlow)(op, schemas)
	}
}

// answers describes a body that the handler encodes itself, or another status.
func answers[T any](status int) detail {
	return func(op *huma.Operation, schemas huma.Registry) {
		op.Responses[strconv.Itoa(status)] = &huma.Response{
			Description: http.StatusText(status),
			Content:     map[string]*huma.MediaType{jsonType: {Schema: schemas.Schema(reflect.TypeFor[T](), true, "")}},
		}
	}
}

func notChanged() detail {
	return func(op *huma.Operation, _ huma.Registry) {
		op.Responses["304"] = &huma.Response{Description: "Nothing has changed since the ETag in If-None-Match."}
	}
}

func located() detail {
	return func(op *huma.Operation, _ huma.Registry) {
		op.Responses["201"] = &huma.Response{Description: "The service, as it was added.", Headers: map[string]*huma.Param{
			"Location": {Description: "Where the service is.", Schema: &huma.Schema{Type: huma.TypeString, Format: "uri-reference"}},
		}}
	}
}

// problems describes the kinds of problem that the route answers with.
func problems(of ...kind) detail {
	return func(op *huma.Operation, schemas huma.Registry) {
		schema := schemas.Schema(reflect.TypeFor[problem](), true, "")
		for _, k := range of {
			code := strconv.Itoa(k.status)
			text := fmt.Sprintf("%s. %s", k.title, k.about)
			if there := op.Responses[code]; there != nil && !strings.Contains(there.Description, text) {
				text = there.Description + " Or: " + text
			}
			if op.Responses[code] == nil {
				op.Responses[code] = &huma.Response{Content: map[string]*huma.MediaType{}}
			}
			op.Responses[code].Description = text
			op.Responses[code].Content[problemJSON] = &huma.MediaType{Schema: schema}
		}
	}
}

// onlyKnown lets a body have the fields of its type and those that only the
// portal can set, and no others.
func onlyKnown(body *huma.Schema) {
	body.AdditionalProperties = false
	for _, name := range given {
		body.Properties[name] = &huma.Schema{Description: "Given by the portal: ignored here, whatever it is."}
	}
}
