package httpapi

import (
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// openAPI is the frame of the description; routes fills it.
func (a *API) openAPI() huma.Config {
	cfg := huma.DefaultConfig("Dev Portal", a.Version)
	cfg.Info.Description = "A catalogue of services that knows which of them are up. " +
		"Errors are problem documents (RFC 9457); reads have an ETag, and writes honour If-Match."
	cfg.Info.License = &huma.License{Name: "Apache 2.0", Identifier: "Apache-2.0"}
	cfg.Info.Contact = &huma.Contact{Name: "Dev Portal", URL: "https://github.com/dev-portal/dev-portal"}
	cfg.Servers = []*huma.Server{{URL: "/", Description: "Where this description is from."}}
	cfg.Security = []map[string][]string{{}} // nobody has to say who they are
	cfg.Tags = []*huma.Tag{
		{Name: "services", Description: "The catalogue."},
		{Name: "events", Description: "What changes, as it does."},
		{Name: "health", Description: "How the portal itself is."},
	}
	cfg.OpenAPIPath, cfg.DocsPath, cfg.SchemasPath = "", "", "" // see docsRoutes
	cfg.CreateHooks = nil                                       // no $schema in bodies
	cfg.AllowAdditionalPropertiesByDefault = true               // an answer may have more, one day
	cfg.Formats = map[string]huma.Format{jsonType: huma.DefaultJSONFormat, problemJSON: huma.DefaultJSONFormat}
	cfg.Transformers = []huma.Transformer{ownProblems}
	return cfg
}

// tagOf is the tag of an operation: the first part of its path.
func tagOf(path string) string {
	name, _, _ := strings.Cut(strings.TrimPrefix(path, prefix+"/"), "/")
	return name
}

func describeEvents(doc *huma.OpenAPI) {
	names := []string{"hello", "reset", "service.created", "service.updated", "service.deleted", "status.changed"}
	doc.AddOperation(&huma.Operation{
		OperationID: "events", Method: http.MethodGet, Path: prefix + "/events", Summary: "Follow every change",
		Tags: []string{tagOf(prefix + "/events")},
		Description: "Server-Sent Events, each with an id to resume from: " + strings.Join(names, ", ") +
			". The first is hello. The data is JSON, as in the events on NATS. After reset, something was missed: read the list again. " +
			"A heartbeat comes every 15 seconds, as an event without an id: a stream that is silent for longer has died on the way.",
		Parameters: []*huma.Param{
			{Name: "Last-Event-ID", In: "header", Description: "The id of the last event that was seen: what came since is sent first.", Schema: &huma.Schema{Type: huma.TypeString}},
			{Name: "last_event_id", In: "query", Description: "The same, for those who cannot set the header.", Schema: &huma.Schema{Type: huma.TypeString}},
		},
		Responses: map[string]*huma.Response{
			"200": {Description: "The stream.", Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{Type: huma.TypeString}}}},
			"400": refused(malformed), "422": refused(invalid), "503": refused(unavailable),
		},
	})
}

// refused describes a problem outside of huma's operations.
func refused(k kind) *huma.Response {
	return &huma.Response{Description: k.title + ". " + k.about, Content: map[string]*huma.MediaType{
		problemJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/Problem"}},
	}}
}
