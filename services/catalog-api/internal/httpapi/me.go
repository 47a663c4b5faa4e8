package httpapi

import (
	"context"
	"errors"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

type meOutput struct {
	SetCookie string `header:"Set-Cookie" doc:"Removes that of a session that has ended."`
	Body      me
}

// me is who is asking.
type me struct {
	Kind     access.ActorKind `json:"kind" enum:"anonymous,person,key"`
	ID       string           `json:"id,omitempty"`
	Name     string           `json:"name,omitempty"`
	Role     string           `json:"role" enum:"none,viewer,editor,admin" doc:"What the request may do."`
	Teams    []string         `json:"teams" nullable:"false" doc:"Those whose services an editor may write; none: all."`
	SignedIn bool             `json:"signed_in" doc:"By a session of the browser, which can be ended."`
	Ended    bool             `json:"ended" doc:"The browser had a session, which has ended."`
	Provider string           `json:"provider,omitempty" doc:"The name of the provider with whom people sign in at /api/signin; absent: there is none."`
}

func exampleMe() me {
	return me{Kind: access.Person, ID: "ada", Name: "Ada Lovelace", Role: access.Editor.String(), Teams: []string{"Payments"}, SignedIn: true, Provider: "Example"}
}

// me adds the route that says who is asking.
func (a *API) me(r *rest.API) {
	r.Tag("me", "Who is asking.")
	rest.Register(r, rest.Get("get-me", rest.Prefix+"/me", "Who is asking", "As whom the portal takes the request, and what it may do."), a.readMe,
		rest.Example(exampleMe()), rest.Problems(rest.Malformed, rest.Unauthenticated, rest.Invalid))
}

// readMe serves GET /api/me.
func (a *API) readMe(ctx context.Context, _ *struct{}) (*meOutput, error) {
	who, err := a.identify(ctx)
	if err != nil {
		return nil, err
	}
	out := &meOutput{Body: a.meOf(who)}
	if out.Body.Ended = errors.Is(who.trouble, signin.ErrEnded); out.Body.Ended {
		out.SetCookie = cookie(sessionCookie, "", 0)
	}
	return out, nil
}

func (a *API) meOf(who visitor) me {
	is := me{
		Kind: who.Kind, ID: who.ID, Name: who.Name, Role: who.Role.String(), Teams: append([]string{}, who.Teams...), SignedIn: who.session != nil,
	}
	if a.Provider != nil {
		is.Provider = a.Provider.Name
	}
	return is
}
