package httpapi

import (
	"context"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

type meOutput struct{ Body me }

// me is who is asking.
type me struct {
	Kind  access.ActorKind `json:"kind" enum:"anonymous,person,key"`
	ID    string           `json:"id,omitempty"`
	Name  string           `json:"name,omitempty"`
	Role  string           `json:"role" enum:"none,viewer,editor,admin" doc:"What the request may do."`
	Teams []string         `json:"teams" nullable:"false" doc:"Those whose services an editor may write; none: all."`
}

// me adds the route that says who is asking.
func (a *API) me(r *rest.API) {
	r.Tag("me", "Who is asking.")
	rest.Register(r, rest.Get("get-me", rest.Prefix+"/me", "Who is asking", "As whom the portal takes the request, and what it may do."), a.readMe,
		rest.Example(me{Kind: access.Anonymous, Role: access.Viewer.String(), Teams: []string{}}), rest.Problems(rest.Malformed, rest.Unauthenticated, rest.Invalid))
}

// readMe serves GET /api/me.
func (a *API) readMe(ctx context.Context, _ *struct{}) (*meOutput, error) {
	by, err := a.identify(ctx)
	if err != nil {
		return nil, err
	}
	return &meOutput{me{by.Kind, by.ID, by.Name, by.Role.String(), append([]string{}, by.Teams...)}}, nil
}
