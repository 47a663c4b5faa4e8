package httpapi

import (
	"context"
	"fmt"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// actions has the action of each operation. An operation that is not here panics when it
// is registered. docs/access.md has the same as a table, for people.
var actions = map[string]access.Action{
	"list-services":  access.Read,
	"get-service":    access.Read,
	"list-changes":   access.Read,
	"events":         access.Read,
	"create-service": access.WriteService,
	"put-service":    access.WriteService,
	"patch-service":  access.WriteService,
	"delete-service": access.WriteService,
	"check-service":  access.CheckService,
	"list-trail":     access.ReadTrail,
	"health":         public,
	"get-me":         public,
}

// public is the action of operations that everybody may do, whatever their role.
const public access.Action = ""

// guard returns the guard of an operation: it finds out who is asking, and whether the
// actor's role is enough. Whether its teams are, the store decides, which knows the thing.
func (a *API) guard(op *rest.Operation) (func(context.Context) (context.Context, *rest.Problem), []rest.Detail) {
	action, known := actions[op.OperationID]
	if !known {
		panic(fmt.Sprintf("operation %q has no action in httpapi.actions", op.OperationID))
	}
	if action == public {
		return nil, nil
	}
	op.Description += fmt.Sprintf(" Needs the role %s.", action.Needs())
	return func(ctx context.Context) (context.Context, *rest.Problem) {
		by := a.identify(ctx)
		if err := by.May(action); err != nil {
			return ctx, a.problem(ctx, err)
		}
		return context.WithValue(ctx, actorKey{}, by), nil
	}, []rest.Detail{rest.Problems(rest.Unauthenticated, rest.Forbidden)}
}

type actorKey struct{}

// actor returns who is asking, as the guard found it.
func actor(ctx context.Context) access.Actor {
	by, _ := ctx.Value(actorKey{}).(access.Actor) // without a guard nobody, who may do nothing
	return by
}

// identify returns who is asking.
func (a *API) identify(ctx context.Context) access.Actor {
	by := access.Nobody(a.Anonymous)
	by.Address, by.RequestID = rest.Origin(ctx)
	return by
}

// deniedProblem returns the problem of an actor who may not do something.
func deniedProblem(denied *access.DeniedError) *rest.Problem {
	needs := fmt.Sprintf("This needs the role %s", denied.Needs)
	if denied.Team != nil {
		needs = fmt.Sprintf("This needs an editor of team %q", *denied.Team)
	}
	if denied.Actor.Kind == access.Anonymous {
		p := rest.Unauthenticated.Problem(needs + ". The request is anonymous, and anonymous requests have the role " + denied.Actor.Role.String() +
			" here (PORTAL_ANONYMOUS).")
		p.Challenge = `Bearer realm="dev-portal"`
		return p
	}
	return rest.Forbidden.Problem(fmt.Sprintf("%s; the %s %s has the role %s.", needs, denied.Actor.Kind, denied.Actor.Name, denied.Actor.Role))
}
