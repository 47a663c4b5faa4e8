package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// Calls keeps which services were seen calling which others.
type Calls interface {
	// ObserveCalls stores calls, and returns the names that no service has.
	ObserveCalls(ctx context.Context, by access.Actor, calls []catalog.Call) (unknown []string, err error)
	// HideCalls says whether the calls of one service to another are to be seen.
	HideCalls(ctx context.Context, by access.Actor, clientID, serverID string, hidden bool) (catalog.Observed, error)
	// Observed returns all that are to be seen, and their revision.
	Observed(ctx context.Context) ([]catalog.Observed, int64, error)
	// ObservedRevision returns a number that changes with what Observed returns.
	ObservedRevision(ctx context.Context) (int64, error)
}

// CallsSeen is what traces show of the calls of one service to another.
type CallsSeen struct {
	PerMinute float64   `json:"calls_per_minute" minimum:"0" doc:"How often, when they were seen last." example:"42.5"`
	FirstSeen time.Time `json:"first_seen"`
	LastSeen  time.Time `json:"last_seen"`
}

// seenOf returns what was seen of the calls of a neighbour; nil: nothing.
func seenOf(n *catalog.Neighbour) *CallsSeen {
	if n.PerMinute == nil || n.FirstSeen == nil || n.LastSeen == nil {
		return nil
	}
	return &CallsSeen{*n.PerMinute, n.FirstSeen.UTC(), n.LastSeen.UTC()}
}

// caller is a service that another one was seen calling, or that was seen calling the other.
type caller struct {
	ID     string        `json:"id" format:"uuid"`
	Name   string        `json:"name" example:"Payments DB"`
	Team   *string       `json:"team"`
	Status events.Status `json:"status" enum:"healthy,unknown,degraded,down"`
	Hidden bool          `json:"hidden" doc:"Somebody does not want to see it: it is not in the graph."`

	CallsSeen
}

func newCallers(list []catalog.Neighbour) []caller {
	shown := make([]caller, 0, len(list))
	for i := range list {
		n := &list[i]
		if seen := seenOf(n); seen != nil {
			shown = append(shown, caller{n.ID, n.Name, unlessEmpty(&n.Team), n.Status, n.Hidden, *seen})
		}
	}
	return shown
}

// observedCalls is what is stored of the calls of one service to another.
type observedCalls struct {
	From   string `json:"from" format:"uuid" doc:"The service that calls the other."`
	To     string `json:"to" format:"uuid" doc:"The service that is called."`
	Hidden bool   `json:"hidden" doc:"Somebody does not want to see them where nobody declared the need."`

	CallsSeen
}

func newObservedCalls(o *catalog.Observed) observedCalls {
	return observedCalls{o.ClientID, o.ServerID, o.Hidden, CallsSeen{o.PerMinute, o.FirstSeen.UTC(), o.LastSeen.UTC()}}
}

type observedList struct {
	Items []observedCalls `json:"items" nullable:"false" doc:"In no order."`
}

// callTell is a call that somebody saw.
type callTell struct {
	Client    rest.Field[string]  `json:"client,omitempty" nullable:"false" maxLength:"200" doc:"The service that calls the other, as traces name it." example:"shop"`
	Server    rest.Field[string]  `json:"server,omitempty" nullable:"false" maxLength:"200" doc:"The service that is called." example:"payments-db"`
	PerMinute rest.Value[float64] `json:"calls_per_minute,omitempty" minimum:"0" maximum:"1e12" doc:"How often; absent: 0, only that it calls." example:"42.5"`
	LastSeen  rest.Field[string]  `json:"last_seen,omitempty" format:"date-time" doc:"When it was seen; absent: now."`
}

// TransformSchema adds the fields that a call must have.
func (callTell) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"client", "server"}
	return s
}

// callsTell is the body of calls that somebody saw.
type callsTell struct {
	Calls rest.List[callTell, struct{}] `json:"calls,omitempty" nullable:"false" minItems:"1" maxItems:"500"`
}

// TransformSchema adds the field that it must have.
func (callsTell) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"calls"}
	return s
}

// calls returns what the body says, and what of it cannot be read.
func (b callsTell) calls(now time.Time) (list []catalog.Call, wrong []rest.FieldError) {
	if b.Calls.To == nil {
		return nil, nil
	}
	for i, c := range *b.Calls.To {
		call := catalog.Call{Client: valueOf(c.Client), Server: valueOf(c.Server), SeenAt: now}
		if c.PerMinute.To != nil {
			call.PerMinute = *c.PerMinute.To
		}
		at, unread := timeField(fmt.Sprintf("calls[%d].last_seen", i), c.LastSeen)
		if wrong = append(wrong, unread...); !at.IsZero() {
			call.SeenAt = at
		}
		list = append(list, call)
	}
	return list, wrong
}

// invalid returns what is wrong with the body.
func (b callsTell) invalid() []rest.FieldError {
	now := time.Now()
	list, wrong := b.calls(now)
	return append(wrong, refused(catalog.ValidateCalls(list, now))...)
}

type (
	callsBody = rest.Body[callsTell, callsAnswer]
	hideBody  = rest.Body[hideCalls, observedCalls]
)

// callsAnswer says what became of calls that were told.
type callsAnswer struct {
	Unknown []string `json:"unknown" nullable:"false" doc:"The names that no service of the catalogue has: their calls were passed over." example:"[\"user\"]"`
}

// hideCalls is the body that hides calls, or shows them again.
type hideCalls struct {
	Hidden rest.Value[bool] `json:"hidden,omitempty" doc:"true: they are not to be seen where nobody declared the need."`
}

// TransformSchema adds the field that it must have.
func (hideCalls) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"hidden"}
	return s
}

func (b hideCalls) invalid() []rest.FieldError {
	if b.Hidden.To == nil {
		return []rest.FieldError{{Field: "hidden", Message: "Say true or false."}}
	}
	return nil
}

func exampleSeen() CallsSeen {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	return CallsSeen{42.5, at.AddDate(0, -1, 0), at}
}

func exampleCallsBody() any {
	return map[string]any{"calls": []any{
		map[string]any{"client": "shop", "server": "payments-db", "calls_per_minute": 42.5}, map[string]any{"client": "user", "server": "shop"},
	}}
}

// observed adds the routes of what services were seen calling.
func (a *API) observed(r *rest.API) {
	const (
		tag  = "graph"
		path = rest.Prefix + "/dependencies/observed"
	)
	example := observedCalls{"019a0000-0000-7000-8000-000000000003", "019a0000-0000-7000-8000-000000000002", false, exampleSeen()}
	list := rest.Get("list-calls", path, "List which services were seen calling which others",
		"All that are not hidden, whether somebody declared the need or not: at most 50,000. Those of one service are at its /dependencies.")
	list.Tags = []string{tag}
	rest.Register(r, list, a.listCalls, rest.Answers(http.StatusOK, observedList{[]observedCalls{example}}), rest.NotChanged())
	rest.Register(r, rest.Operation{
		OperationID: "observe-calls", Method: http.MethodPost, Path: path, Tags: []string{tag},
		Summary: "Tell which services were seen calling which others",
		Description: "For what reads traces. A service is found by its name, by one that it had, or by one that differs only in case, spaces and the signs - _ . /, unless two have such a name. Of what is told twice, what was seen last counts. " +
			"What nobody declared is in the graph as observed, until a person declares it or hides it, or nobody saw it for 30 days. An editor of teams may tell of the calls of its services.",
	}, a.observeCalls, rest.Takes[callsBody](exampleCallsBody(), rest.JSON), rest.Example(callsAnswer{[]string{"user"}}), rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "hide-calls", Method: http.MethodPut, Path: rest.Prefix + "/services/{id}/dependencies/observed/{needed}", Tags: []string{tag},
		Summary:     "Hide the calls of one service to another, or show them again",
		Description: "Where nobody declared that the one needs the other, calls that are hidden are not in the graph, however often they are seen. To declare the need, write it to depends_on of the service.",
	}, a.hideCalls, rest.Takes[hideBody](map[string]any{"hidden": true}, rest.JSON),
		rest.Example(example),
		rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

type listCallsInput struct {
	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

type listCallsOutput struct {
	Status      int
	ContentType string `header:"Content-Type" hidden:"true"`
	ETag        string `header:"ETag" doc:"A digest of the answer."`
	Body        []byte
}

// listCalls serves GET /api/dependencies/observed.
func (a *API) listCalls(ctx context.Context, in *listCallsInput) (*listCallsOutput, error) {
	seen, err := a.seen.fresh(ctx)
	if err != nil {
		return nil, err
	}
	shown, err := seen.shown()
	if err != nil {
		return nil, err
	}
	out := &listCallsOutput{Status: http.StatusOK, ContentType: rest.JSON, ETag: shown.etag, Body: shown.body}
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

type observeCallsInput struct{ Body callsBody }

type observeCallsOutput struct{ Body callsAnswer }

// observeCalls serves POST /api/dependencies/observed.
func (a *API) observeCalls(ctx context.Context, in *observeCallsInput) (*observeCallsOutput, error) {
	body, err := in.Body.Read(callsTell.invalid)
	if err != nil {
		return nil, err
	}
	if wrong := body.invalid(); len(wrong) > 0 { // the store takes all that can be stored
		return nil, rest.InvalidFields(wrong)
	}
	list, _ := body.calls(time.Now())
	unknown, err := a.Catalog.ObserveCalls(ctx, actor(ctx), list)
	if err != nil {
		return nil, err
	}
	return &observeCallsOutput{callsAnswer{append([]string{}, unknown...)}}, nil
}

type hideCallsInput struct {
	ID     string `path:"id" format:"uuid" doc:"Of the service that calls the other."`
	Needed string `path:"needed" format:"uuid" doc:"Of the service that is called."`
	Body   hideBody
}

type hideCallsOutput struct{ Body observedCalls }

// hideCalls serves PUT /api/services/{id}/dependencies/observed/{needed}.
func (a *API) hideCalls(ctx context.Context, in *hideCallsInput) (*hideCallsOutput, error) {
	client, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	server, err := serviceID(in.Needed)
	if err != nil {
		return nil, err
	}
	body, err := in.Body.Read(hideCalls.invalid)
	if err != nil {
		return nil, err
	}
	if wrong := body.invalid(); len(wrong) > 0 {
		return nil, rest.InvalidFields(wrong)
	}
	o, err := a.Catalog.HideCalls(ctx, actor(ctx), client, server, *body.Hidden.To)
	if err != nil {
		return nil, err
	}
	return &hideCallsOutput{newObservedCalls(&o)}, nil
}

// seenCalls keeps which services were seen calling which others, as of the last time that somebody
// asked.
type seenCalls struct {
	calls Calls

	mu   sync.Mutex
	last *seenList
}

// seenList is one list of them.
type seenList struct {
	list     []catalog.Observed
	revision int64
	shown    func() (encoded, error)
	of, with *impact.Picture // the last picture to which it was added, and that with it
}

// encoded is an observedList as JSON.
type encoded struct {
	body []byte
	etag string
}

func encode(list []catalog.Observed) (encoded, error) {
	shown := observedList{make([]observedCalls, len(list))}
	for i := range list {
		shown.Items[i] = newObservedCalls(&list[i])
	}
	body, err := json.Marshal(shown)
	if err != nil {
		return encoded{}, fmt.Errorf("encode what was observed: %w", err)
	}
	return encoded{body, rest.Quoted(rest.Digest(body))}, nil
}

// fresh returns the list at least as new as the call.
func (s *seenCalls) fresh(ctx context.Context) (*seenList, error) {
	revision, err := s.calls.ObservedRevision(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && revision <= s.last.revision {
		return s.last, nil
	}
	list, revision, err := s.calls.Observed(ctx)
	if err != nil {
		return nil, err
	}
	// The graph, which is read more often, has no need of the text.
	shown := sync.OnceValues(func() (encoded, error) { return encode(list) })
	s.last = &seenList{list: list, revision: revision, shown: shown}
	return s.last, nil
}

// on returns the picture with all calls that were seen before it was asked.
func (s *seenCalls) on(ctx context.Context, p *impact.Picture) (*impact.Picture, error) {
	seen, err := s.fresh(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if seen.of != p {
		seen.of, seen.with = p, p.WithSeen(seen.list)
	}
	return seen.with, nil
}
