package httpapi

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// actions has the action of each operation. An operation that is not here panics when it
// is registered. docs/access.md has the same as a table, for people.
var actions = map[string]access.Action{
	"list-services":       access.Read,
	"get-service":         access.Read,
	"get-service-by-name": access.Read,
	"get-dependencies":    access.Read,
	"get-impact":          access.Read,
	"list-impacts":        access.Read,
	"get-graph":           access.Read,
	"list-calls":          access.Read,
	"observe-calls":       access.ObserveCalls,
	"hide-calls":          access.WriteService,
	"list-scorecards":     access.Read,
	"get-scorecard":       access.Read,
	"get-team-scorecard":  access.Read,
	"get-badge":           public, // see mayShow
	"service-metrics":     access.Read,
	"export-history":      access.Read,
	"export-uptime":       access.Read,
	"export-timeline":     access.Read,
	"export-uptimes":      access.Read,
	"list-changes":        access.Read,
	"get-history":         access.Read,
	"get-uptime":          access.Read,
	"get-timeline":        access.Read,
	"list-releases":       access.Read,
	"list-uptimes":        access.Read,
	"list-strips":         access.Read,
	"list-falls":          access.Read,
	"get-falls-around":    access.Read,
	"events":              access.Read,
	"create-service":      access.WriteService,
	"put-service":         access.WriteService,
	"patch-service":       access.WriteService,
	"delete-service":      access.WriteService,
	"restore-service":     access.WriteService,
	"undo-change":         access.WriteService,
	"check-service":       access.CheckService,
	"list-teams":          access.Read,
	"get-team":            access.Read,
	"get-team-timeline":   access.Read,
	"list-oncall":         access.Read,
	"get-oncall":          access.Read,
	"list-shifts":         access.Read,
	"create-team":         access.WriteTeam,
	"put-team":            access.WriteTeam,
	"patch-team":          access.WriteTeam,
	"delete-team":         access.WriteTeam,
	"list-deployments":    access.Read,
	"tell-deployment":     access.TellDeployment,
	"tell-deployment-of":  access.TellDeployment,
	"receive-event":       access.TellDeployment,
	"list-trail":          access.ReadTrail,
	"list-keys":           access.ManageKeys,
	"create-key":          access.ManageKeys,
	"revoke-key":          access.ManageKeys,
	"health":              public,
	"get-me":              public,
	"sign-in":             public,
	"signed-in":           public,
	"begin-session":       public,
	"end-session":         public,
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
		err = who.May(action)
		if who.trouble != nil && (err != nil || action != access.Read) { // a write would be somebody else's
			err = who.trouble
		}
		return context.WithValue(ctx, visitorKey{}, who), err
	}, []rest.Detail{rest.Problems(rest.Unauthenticated, rest.Forbidden)}
}

// visitor is who is asking.
type visitor struct {
	access.Actor

	proofs  []proof      // of who it is; none: nobody said so
	session *signin.Held // of who signed in; else nil
	trouble error        // why the session of the request could not be used, and it is anonymous
}

// proof is what shows who is asking, for as long as it is good.
type proof interface {
	// Hold calls end when it is no longer good, unless release is called before.
	Hold(end func()) (release func())
}

type visitorKey struct{}

// visitorOf returns who is asking, as the guard found it; without a guard nobody, who may do
// nothing.
func visitorOf(ctx context.Context) visitor {
	who, _ := ctx.Value(visitorKey{}).(visitor)
	return who
}

func actor(ctx context.Context) access.Actor { return visitorOf(ctx).Actor }

// whileValid ends the requests of a handler when the one who asks may no longer.
func whileValid(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithCancel(r.Context())
		defer cancel()
		for _, proof := range visitorOf(ctx).proofs {
			defer proof.Hold(cancel)()
		}
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// identify returns who is asking: by a key, or else by a session, or else by what a proxy
// says. A key that can't be used is an error, not somebody unknown: otherwise a portal that is
// open to read would hide that it was revoked. A session that can't is trouble only for
// those who want to write.
func (a *API) identify(ctx context.Context) (visitor, error) {
	who := visitor{Actor: access.Nobody(a.Anonymous)}
	within, cancel := rest.Promptly(ctx)
	defer cancel()
	var err error
	if token, there := rest.Bearer(ctx); there {
		who, err = a.byKey(within, token)
		if _, refused := errors.AsType[apikey.Refusal](err); refused {
			rest.Identified(ctx, "a key that opens nothing", "")
		}
	} else if token := rest.Cookie(ctx, sessionCookie); token != "" {
		signedIn, err := a.bySession(within, token)
		if err == nil {
			who = signedIn
		}
		who.trouble = err
	} else if a.Forward != nil {
		who, err = a.byProxy(within, who)
	}
	if err != nil {
		return who, err
	}
	who.Address, who.RequestID = rest.Origin(ctx)
	rest.Identified(ctx, strings.TrimSpace(string(who.Kind)+" "+who.Name), who.ID)
	return who, nil
}

func (a *API) byKey(ctx context.Context, token string) (visitor, error) {
	key, err := a.Ring.Find(ctx, token)
	if err != nil {
		return visitor{}, err
	}
	return visitor{Actor: key.Actor(), proofs: []proof{key}}, nil
}

func (a *API) bySession(ctx context.Context, token string) (visitor, error) {
	held, err := a.Sessions.Find(ctx, token)
	if err != nil {
		return visitor{}, err
	}
	if held.Key() == "" {
		return visitor{Actor: a.person(held.Actor()), proofs: []proof{held}, session: held}, nil
	}
	key, err := a.Ring.FindID(ctx, held.Key())
	if _, refused := errors.AsType[apikey.Refusal](err); refused {
		return visitor{}, signin.ErrEnded
	}
	if err != nil {
		return visitor{}, err
	}
	return visitor{Actor: key.Actor(), proofs: []proof{held, key}, session: held}, nil
}

func (a *API) byProxy(ctx context.Context, nobody visitor) (visitor, error) {
	person, err := a.Forward.Person(ctx, rest.Direct(ctx), func(name string) string { return rest.Header(ctx, name) })
	if err != nil || person == nil {
		return nobody, err
	}
	return visitor{Actor: a.person(a.Sessions.Actor(*person)), proofs: []proof{forwarded{}}}, nil
}

// person returns a person with at least what anybody may do.
func (a *API) person(p access.Actor) access.Actor {
	switch {
	case p.Role < a.Anonymous:
		p.Role, p.Teams = a.Anonymous, nil
	case p.Role == a.Anonymous:
		p.Teams = nil
	}
	return p
}

// forwarded is the word of a proxy. It is good for one request; a stream is ended after a
// while, so that the proxy is asked again.
type forwarded struct{}

// Hold implements proof.
func (forwarded) Hold(end func()) (release func()) {
	timer := time.AfterFunc(signin.MaxCheckEvery, end)
	return func() { timer.Stop() }
}

const realm = `Bearer realm="dev-portal"`

// refusedProblem returns the problem of a key that opens nothing (RFC 6750, section 3).
func refusedProblem(why apikey.Refusal) *rest.Problem {
	p := rest.Unauthenticated.Problem("The key in the header Authorization opens nothing: " + why.Error() + ".")
	p.Challenge = realm + `, error="invalid_token"`
	return p
}

// endedProblem returns the problem of a session that has ended.
func endedProblem() *rest.Problem {
	p := rest.Unauthenticated.Problem("Your session has ended. Sign in again; nothing was changed.")
	p.Challenge = realm
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
