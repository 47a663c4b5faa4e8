package httpapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/deployment"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// cloudEventJSON is the media type of a CloudEvent in structured mode.
const cloudEventJSON = "application/cloudevents+json"

// eventBody is the body of a request with a CloudEvent: the event in structured mode, its data
// in binary mode.
type eventBody struct{ data []byte }

// UnmarshalJSON keeps the data, which means one thing or another by the headers.
func (b *eventBody) UnmarshalJSON(data []byte) error {
	b.data = bytes.Clone(data)
	return nil
}

// Schema describes both modes as an object.
func (eventBody) Schema(huma.Registry) *huma.Schema {
	return &huma.Schema{
		Type:        huma.TypeObject,
		Description: "A CDEvent, or the CloudEvent that has it as its data.", AdditionalProperties: true,
	}
}

// exampleEvent is a CDEvent, of which a request in structured mode has more around it.
func exampleEvent() map[string]any {
	return map[string]any{
		"context": map[string]any{
			"version": "0.4.0", "id": "271069a8-fc18-44f1-b38f-9d70a1695819", "source": "/ci/payments",
			"type": "dev.cdevents.service.deployed.0.2.0", "timestamp": "2026-03-14T09:31:20Z",
		},
		"subject": map[string]any{
			"id": "service/billing", "type": "service", "source": "https://ci.example.com/runs/4417",
			"content": map[string]any{
				"environment": map[string]any{"id": "production"},
				"artifactId":  "pkg:oci/billing@sha256%3A0b31b1c02ff458ad9b7b81cbdf8f028bd54699fa151f221d1e8de6817db93427?tag=v1.8.2",
			},
		},
	}
}

func exampleCloudEvent() map[string]any {
	cd := exampleEvent()
	about := cd["context"].(map[string]any)
	return map[string]any{
		"specversion": "1.0", "id": about["id"], "source": about["source"], "type": about["type"],
		"datacontenttype": rest.JSON, "data": cd,
	}
}

// cloudEvents adds the route for CloudEvents.
func (a *API) cloudEvents(r *rest.API) {
	rest.Register(r, rest.Operation{
		OperationID: "receive-event", Method: http.MethodPost, Path: rest.Prefix + "/cloudevents", Summary: "Tell of a deployment by a CloudEvent",
		Description: "Takes the CDEvents service.deployed, service.upgraded and service.rolledback as CloudEvents 1.0 over HTTP, in binary mode (headers ce-…) or in structured mode. " +
			"The subject's id is the name or the id of a service; what is before its last slash may be absent there. The version is the tag or the version of artifactId; customData may have version, url and by. " +
			"An event that was told before is answered with 200, and one of another type with 204.",
		Tags: []string{"deployments"},
	}, a.receiveEvent, rest.Made("The deployment."), rest.Example(exampleDeployment()), rest.Answers(http.StatusOK, exampleDeployment()), ignored,
		rest.Takes[eventBody](exampleCloudEvent(), cloudEventJSON, rest.JSON),
		rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

// ignored describes 204.
func ignored(op *rest.Operation, _ huma.Registry) {
	op.Responses["204"] = &huma.Response{Description: "The event is of a type that the portal takes no notice of."}
}

type receiveEventInput struct {
	SpecVersion string `header:"Ce-Specversion" doc:"In binary mode, as the headers below." example:"1.0"`
	ID          string `header:"Ce-Id" doc:"Of the event: with its source, the same for one that is sent again."`
	Source      string `header:"Ce-Source"`
	Type        string `header:"Ce-Type" example:"dev.cdevents.service.deployed.0.2.0"`
	Subject     string `header:"Ce-Subject"`
	Time        string `header:"Ce-Time"`
	Body        eventBody
}

type receiveEventOutput struct {
	Status int
	Body   *deployedThing
}

// receiveEvent serves POST /api/cloudevents.
func (a *API) receiveEvent(ctx context.Context, in *receiveEventInput) (*receiveEventOutput, error) {
	e, err := readEvent(ctx, in.Body.data)
	if err != nil {
		return nil, rest.Malformed.Problem("This is no CloudEvent 1.0: " + err.Error() + ".")
	}
	if !deployment.Tells(e) {
		return &receiveEventOutput{Status: http.StatusNoContent}, nil
	}
	names, draft, err := deployment.FromCDEvent(e)
	if err != nil {
		return nil, rest.Invalid.Problem(strings.ToUpper(err.Error()[:1]) + err.Error()[1:] + ".")
	}
	svc, err := a.firstService(ctx, names)
	if errors.Is(err, catalog.ErrNotFound) {
		return nil, rest.NotFound.Problem(fmt.Sprintf("No service has the name or id %q, which is the subject's id of the event. Add the service, or send its name.", rest.Clip(names[0])))
	}
	if err != nil {
		return nil, err
	}
	out, err := a.told(ctx, svc.ID, draft)
	if err != nil {
		return nil, err
	}
	return &receiveEventOutput{out.Status, &out.Body}, nil
}

// readEvent reads a CloudEvent: in structured mode if its media type says so or it has no
// attributes in headers, else in binary mode.
func readEvent(ctx context.Context, body []byte) (deployment.Event, error) {
	header := func(name string) string { return rest.Header(ctx, name) }
	if rest.MediaType(ctx) == cloudEventJSON || header("Ce-Specversion") == "" {
		return deployment.ParseEvent(body)
	}
	return deployment.ReadEvent(header, body)
}

// firstService returns the service that has the first of the names or ids, or
// catalog.ErrNotFound.
func (a *API) firstService(ctx context.Context, names []string) (svc catalog.Service, err error) {
	for _, name := range names {
		if id, is := rest.ID(name); is {
			svc, err = a.Catalog.ServiceByID(ctx, id)
		} else {
			svc, err = a.Catalog.ServiceByName(ctx, name)
		}
		if !errors.Is(err, catalog.ErrNotFound) {
			break
		}
	}
	return svc, err
}
