package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// actions has the action of each operation. An operation that is not here panics when it
// is registered. docs/access.md has the same as a table, for people.
var actions = map[string]access.Action{
	"list-services":   access.Read,
	"get-service":     access.Read,
	"list-changes":    access.Read,
	"events":          access.Read,
	"create-service":  access.WriteService,
	"put-service":     access.WriteService,
	"patch-service":   access.WriteService,
	"delete-service":  access.WriteService,
	"restore-service": access.WriteService,
	"undo-change":     access.WriteService,
	"check-service":   access.CheckService,
	"list-trail":      access.ReadTrail,
	"list-keys":       access.ManageKeys,
	"create-key":      access.ManageKeys,
	"revoke-key":      access.ManageKeys,
	"health":          public,
	"get-me":          public,
}

// public is the action of operations that everybody may do, whatever their role.
const public access.Action = ""

// guard returns the guard of an operation: it finds out who is asking, and whether the
// actor's role is enough. Whether its teams are, the store decides, which knows the thing.
func (a *API) guard(op *rest.Operation) (func(context.Context) (context.Context, error), []rest.Detail) {
	action, known := actions[op.OperationID]
	if !known {
		panic(fmt.Sprintf("operation %q has no action in httpapi.actions", op.OperationID))
	}
	if action == public {
		return nil, nil
	}
	op.Description += fmt.Sprintf(" Needs the role %s.", action.Needs())
	return func(ctx context.Context) (context.Context, error) {
		who, err := a.identify(ctx)
		if err != nil {
			return ctx, err
		}
		return context.WithValue(ctx, visitorKey{}, who), who.May(action)
	}, []rest.Detail{rest.Problems(rest.Unauthenticated, rest.Forbidden)}
}

// visitor is who is asking, and how long that holds.
type visitor struct {
	access.Actor

	valid context.Context
}

type visitorKey struct{}

// visitorOf returns who is asking, as the guard found it.
func visitorOf(ctx context.Context) visitor {
	if who, there := ctx.Value(visitorKey{}).(visitor); there {
		return who
	}
	return visitor{valid: context.Background()} // without a guard nobody, who may do nothing
}

func actor(ctx context.Context) access.Actor { return visitorOf(ctx).Actor }

// whileValid ends the requests of a handler when the one who asks may no longer.
func whileValid(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		stop := context.AfterFunc(visitorOf(ctx).valid, cancel)
		defer stop()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// identify returns who is asking. A key that can't be used is an error, not somebody
// unknown: otherwise a portal that is open to read would hide that it was revoked.
func (a *API) identify(ctx context.Context) (visitor, error) {
	who := visitor{access.Nobody(a.Anonymous), context.Background()}
	if token, there := rest.Bearer(ctx); there {
		ctx, cancel := rest.Promptly(ctx)
		defer cancel()
		key, err := a.Ring.Find(ctx, token)
		if _, refused := errors.AsType[apikey.Refusal](err); refused {
			rest.Identified(ctx, "a key that opens nothing", "")
		}
		if err != nil {
			return who, err
		}
		who = visitor{key.Actor(), key.Valid()}
	}
	who.Address, who.RequestID = rest.Origin(ctx)
	rest.Identified(ctx, strings.TrimSpace(string(who.Kind)+" "+who.Name), who.ID)
	return who, nil
}

const realm = `Bearer realm="dev-portal"`

// refusedProblem returns the problem of a key that opens nothing (RFC 6750, section 3).
func refusedProblem(why apikey.Refusal) *rest.Problem {
	p := rest.Unauthenticated.Problem("The key in the header Authorization opens nothing: " + why.Error() + ".")
	p.Challenge = realm + `, error="invalid_token"`
	return p
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
		p.Challenge = realm
		return p
	}
	return rest.Forbidden.Problem(fmt.Sprintf("%s; the %s %s has the role %s.", needs, denied.Actor.Kind, denied.Actor.Name, denied.Actor.Role))
}
