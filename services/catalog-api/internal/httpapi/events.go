package httpapi

import (
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// events adds the route of the event stream, if there is one.
func (a *API) events(r *rest.API) {
	if a.Live == nil {
		return
	}
	r.Tag("events", "What changes, as it does.")
	names := []string{"hello", "reset", "service.created", "service.updated", "service.deleted", "service.deployed", "status.changed", "release.published",
		"team.created", "team.updated", "team.deleted", "impact.changed", "scorecard.changed"}
	op := rest.Get("events", rest.Prefix+"/events", "Follow every change",
		"Server-Sent Events, each with an id to resume from: "+strings.Join(names, ", ")+
			". The first is hello. The data is JSON, as in the events on NATS. After reset, something was missed: read the list again. "+
			"A heartbeat comes every 15 seconds, as an event without an id: a stream that is silent for longer has died on the way.")
	text := &huma.Schema{Type: huma.TypeString}
	op.Parameters = []*huma.Param{
		{Name: "Last-Event-ID", In: "header", Description: "The id of the last event that was seen: what came since is sent first.", Schema: text},
		{Name: "last_event_id", In: "query", Description: "The same, for those who cannot set the header.", Schema: text},
	}
	op.Responses = map[string]*huma.Response{"200": {Description: "The stream.", Content: map[string]*huma.MediaType{
		"text/event-stream": {Schema: text, Example: "id: 019a-7\nevent: hello\ndata: {}\n\n"},
	}}}
	r.Stream(op, whileValid(a.Live), rest.Problems(rest.Malformed, rest.Invalid, rest.TooManyRequests))
}
