package httpapi

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/diagram"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/impact"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// graphNode is a service of the graph.
type graphNode struct {
	ID        string         `json:"id" format:"uuid"`
	Name      string         `json:"name" doc:"Of one that is gone, its last one." example:"Payments DB"`
	Team      *string        `json:"team"`
	Tags      []string       `json:"tags" nullable:"false"`
	Status    *events.Status `json:"status" enum:"healthy,unknown,degraded,down" doc:"null: it is gone."`
	Since     *time.Time     `json:"status_since" doc:"null: it is gone."`
	RootCause bool           `json:"root_cause" doc:"It is degraded or down, and nothing that it needs is."`
	Impact    *nearestHit    `json:"impact" doc:"What hits it through hard needs, in short; null: nothing does."`
	Gone      bool           `json:"gone" doc:"It was deleted, and others still need it."`
	Hops      *int           `json:"hops" minimum:"0" doc:"The fewest needs between it and focus; null: there is no focus."`
}

// TransformSchema says that nothing may hit a service, and that one that is gone has no status.
func (graphNode) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["impact"] = rest.OrNull(s.Properties["impact"])
	s.Properties["status"].Enum = append(s.Properties["status"].Enum, nil) // the type alone does not allow it
	return s
}

// graphEdge is a need.
type graphEdge struct {
	From string                `json:"from" format:"uuid" doc:"The service that needs the other."`
	To   string                `json:"to" format:"uuid" doc:"The service that is needed."`
	Kind events.DependencyKind `json:"kind" enum:"hard,soft,observed" doc:"hard: the service does not work without it; soft: it works on, with less; observed: nobody declared it, and traces show that the service calls the other."`
	Note *string               `json:"note" doc:"What for."`
	Hit  bool                  `json:"hit" doc:"A root cause hits from along this need."`
	Seen *CallsSeen            `json:"seen" doc:"What traces show of these calls; null: nothing."`
}

// TransformSchema says that nothing may have been seen.
func (graphEdge) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["seen"] = rest.OrNull(s.Properties["seen"])
	return s
}

// graphAnswer is services, and what they need of each other.
type graphAnswer struct {
	Nodes []graphNode `json:"nodes" nullable:"false" doc:"By name."`
	Edges []graphEdge `json:"edges" nullable:"false" doc:"By the names of from and to, both of which are nodes."`
}

// The values of the parameter format.
const (
	formatJSON    = "json"
	formatDOT     = "dot"
	formatMermaid = "mermaid"
)

// graph adds the route of who needs whom.
func (a *API) graph(r *rest.API) {
	r.Tag("graph", "Which services need which, to be drawn.")
	op := rest.Get("get-graph", rest.Prefix+"/graph", "Read which services need which",
		"Services and what they need of each other, to be drawn: as JSON, in DOT for Graphviz, or in Mermaid for pages that render it. With focus, only what that service needs and who needs it, directly or through others, "+
			"each within so many hops; these are counted over all services. The filters of the list then choose among them. A service that was deleted and is still needed is there without a status, unless there is a filter: "+
			"nothing is known of it but its name. "+knownFromHeader)
	text := &huma.Schema{Type: huma.TypeString}
	rest.Register(r, op, a.readGraph, rest.Answers(http.StatusOK, exampleGraph()), func(op *huma.Operation, _ huma.Registry) {
		content := op.Responses["200"].Content
		content[diagram.DOTType] = &huma.MediaType{Schema: text, Example: string(diagram.DOT(exampleDrawing()))}
		content[diagram.MermaidType] = &huma.MediaType{Schema: text, Example: string(diagram.Mermaid(exampleDrawing()))}
	}, rest.NotChanged(), rest.Problems(rest.Malformed, rest.Invalid))
}

type graphInput struct {
	Focus  string      `query:"focus" doc:"Around this service, named by its id or, whatever its case, its name. Absent: all services." example:"Payments DB"`
	Hops   rest.Number `query:"hops" minimum:"1" maximum:"100" doc:"How far from focus, in both directions; absent: as far as there are needs."`
	Kind   []string    `query:"kind,explode" enum:"hard,soft,observed" doc:"The needs that count; absent: of every kind."`
	Format string      `query:"format" enum:"json,dot,mermaid" doc:"How the answer is written; absent: json."`
	Query  []string    `query:"q,explode" doc:"As in the list of services, like the other filters: words, in any order."`
	Team   []string    `query:"team,explode" doc:"This team; case counts."`
	Status []string    `query:"status,explode" enum:"healthy,unknown,degraded,down" doc:"This status."`
	Tag    []string    `query:"tag,explode" doc:"With this tag; case counts."`

	Past

	IfNoneMatch string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`

	values url.Values
}

// Resolve keeps the query as it was sent. The route has checked that it can be read.
func (in *graphInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.values = u.Query()
	return nil
}

type graphOutput struct {
	Status      int
	ContentType string `header:"Content-Type" hidden:"true"`
	ETag        string `header:"ETag" doc:"A digest of the answer."`
	KnownFrom   string `header:"Known-From" doc:"If it is after the moment that was asked for: from when on every change is known."`
	Body        []byte
}

// readGraph serves GET /api/graph.
func (a *API) readGraph(ctx context.Context, in *graphInput) (*graphOutput, error) {
	choice, f, err := in.choice()
	if err != nil {
		return nil, err
	}
	p, passes, known, err := a.graphPicture(ctx, in, f)
	if err != nil {
		return nil, err
	}
	choice.Passes = passes
	focused := catalog.Key(in.Focus) != ""
	if focused {
		if choice.Focus = p.Find(in.Focus); choice.Focus == "" {
			return nil, rest.InvalidParameter("focus", "No service has this id or name. Take one from /api/services.", rest.Clip(in.Focus))
		}
	}
	out := &graphOutput{Status: http.StatusOK, KnownFrom: known}
	if out.Body, out.ContentType, err = encodeGraph(in.Format, newGraphAnswer(p, p.Part(choice), focused)); err != nil {
		return nil, err
	}
	out.ETag = rest.Quoted(rest.Digest(out.Body))
	if rest.NotModified(in.IfNoneMatch, out.ETag) {
		out.Status, out.ContentType, out.Body = http.StatusNotModified, "", nil
	}
	return out, nil
}

// choice reads the parameters, apart from focus and time.
func (in *graphInput) choice() (c impact.Choice, f catalog.Filter, err error) {
	if c.Hops, err = parseHops(in.Hops); err != nil {
		return c, f, err
	}
	if c.Hops > 0 && catalog.Key(in.Focus) == "" {
		return c, f, rest.InvalidParameter("hops", "Hops are counted from a service: name it in the parameter focus.", rest.Clip(string(in.Hops)))
	}
	for _, text := range in.Kind {
		kind := events.DependencyKind(text)
		if kind != catalog.DependencyObserved && !kind.Known() {
			return c, f, rest.InvalidParameter("kind", "The kind must be one of hard, soft, observed.", rest.Clip(text))
		}
		c.Kinds = append(c.Kinds, kind)
	}
	switch in.Format {
	case "", formatJSON, formatDOT, formatMermaid:
	default:
		return c, f, rest.InvalidParameter("format", "The format must be one of json, dot, mermaid.", rest.Clip(in.Format))
	}
	f, err = filterOf(in.values)
	return c, f, err
}

// graphPicture returns what hangs together now, or at the moment that is asked for, who passes the
// filter, and what the header Known-From says. passes is nil if there is no filter.
func (a *API) graphPicture(ctx context.Context, in *graphInput, f catalog.Filter) (p *impact.Picture, passes func(*impact.Node) bool, known string, err error) {
	at, past, err := in.moment()
	if err != nil {
		return nil, nil, "", err
	}
	var list *encodedList
	var found []catalog.Listed
	switch {
	case past && !f.All():
		m, err := a.allAt(ctx, at)
		if err != nil {
			return nil, nil, "", err
		}
		return pictureAt(m), among(passing(f, m.Services)), knownFrom(m.KnownFrom, at), nil
	case past:
		list, known, err = a.listAt(ctx, at, f)
	case f.All():
		list, err = a.list.fresh(ctx)
	default:
		if found, err = a.Catalog.ListServices(ctx, f); err == nil {
			passes = among(found)
			list, err = a.list.fresh(ctx)
		}
	}
	if err != nil {
		return nil, nil, "", err
	}
	if past { // what was seen when is not kept
		return list.picture, passes, known, nil
	}
	p, err = a.seen.on(ctx, list.picture)
	return p, passes, known, err
}

// among returns a function that reports whether a service is one of these.
func among(these []catalog.Listed) func(*impact.Node) bool {
	ids := make(map[string]bool, len(these))
	for i := range these {
		ids[these[i].ID] = true
	}
	return func(n *impact.Node) bool { return ids[n.ID] }
}

func newGraphAnswer(p *impact.Picture, part impact.Part, focused bool) graphAnswer {
	g := graphAnswer{Nodes: make([]graphNode, len(part.Nodes)), Edges: make([]graphEdge, len(part.Edges))}
	for i := range part.Nodes {
		n := &part.Nodes[i]
		shown := graphNode{ID: n.ID, Name: n.Name, Team: unlessEmpty(&n.Team), Tags: append([]string{}, n.Tags...), Gone: n.Gone}
		if focused {
			shown.Hops = &n.Hops
		}
		if !n.Gone {
			shown.Status, shown.Since = &n.State.Status, &n.State.Since
			shown.RootCause, shown.Impact = p.IsRoot(n.ID), newNearestHit(p, n.ID)
		}
		g.Nodes[i] = shown
	}
	for i := range part.Edges {
		e := &part.Edges[i]
		g.Edges[i] = graphEdge{part.Nodes[e.From].ID, part.Nodes[e.To].ID, e.Kind, unlessEmpty(&e.Note), e.Hit, nil}
		if e.Seen != nil {
			g.Edges[i].Seen = &CallsSeen{e.Seen.PerMinute, e.Seen.FirstSeen.UTC(), e.Seen.LastSeen.UTC()}
		}
	}
	return g
}

func encodeGraph(format string, g graphAnswer) (body []byte, contentType string, err error) {
	const utf8 = "; charset=utf-8"
	switch format {
	case formatDOT:
		return diagram.DOT(newDrawing(g)), diagram.DOTType + utf8, nil
	case formatMermaid:
		return diagram.Mermaid(newDrawing(g)), diagram.MermaidType + utf8, nil
	}
	if body, err = json.Marshal(g); err != nil {
		err = fmt.Errorf("encode the graph: %w", err)
	}
	return body, rest.JSON, err
}

func newDrawing(g graphAnswer) (d diagram.Graph) {
	number := make(map[string]int, len(g.Nodes))
	for i, n := range g.Nodes {
		number[n.ID] = i
		d.Nodes = append(d.Nodes, diagram.Node{
			ID: n.ID, Name: n.Name, Team: valueAt(n.Team), Status: valueAt(n.Status), RootCause: n.RootCause, Hit: n.Impact != nil,
		})
	}
	for _, e := range g.Edges {
		d.Edges = append(d.Edges, diagram.Edge{From: number[e.From], To: number[e.To], Kind: e.Kind, Hit: e.Hit})
	}
	return d
}

func exampleGraph() graphAnswer {
	one, note, seen := exampleImpact(), "writes orders", exampleSeen()
	node := func(s Standing) graphNode {
		return graphNode{ID: s.ID, Name: s.Name, Team: s.Team, Tags: []string{"go"}, Status: &s.Status, Since: &s.Since}
	}
	db, shop := node(one.Impact.Causes[0].Standing), node(one.Service)
	near, far := 0, 1
	db.RootCause, db.Hops = true, &near
	shop.Impact, shop.Hops = exampleNearestHit(), &far
	return graphAnswer{[]graphNode{shop, db}, []graphEdge{{shop.ID, db.ID, events.DependencyHard, &note, true, &seen}}}
}

func exampleDrawing() diagram.Graph { return newDrawing(exampleGraph()) }
