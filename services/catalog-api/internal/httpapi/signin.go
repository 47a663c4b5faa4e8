package httpapi

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
)

// The cookies of those who signed in, and of those who are about to. A browser takes one with
// this prefix only from the site itself, by a secure connection (RFC 6265bis, section 4.1.3.2);
// connections to the same machine count as secure.
const (
	sessionCookie = "__Host-portal"
	attemptCookie = "__Host-portal-signin"
)

// attemptTime is how long a sign-in may take.
const attemptTime = 10 * time.Minute

const maxReturn = 2000 // bytes of the address to go back to

// The reasons why somebody was not signed in, as the page has them in its address.
const (
	denied  = "denied"  // by the provider
	expired = "expired" // it took too long, or was begun elsewhere
	failed  = "failed"  // the log has the cause
)

func cookie(name, value string, lasts time.Duration) string {
	c := http.Cookie{
		Name: name, Value: value, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, MaxAge: int(lasts / time.Second),
	}
	if value == "" {
		c.MaxAge = -1 // remove it
	}
	return c.String()
}

// redirect is an answer that sends a browser elsewhere.
type redirect struct {
	Location     string   `header:"Location" doc:"Where to go on."`
	CacheControl string   `header:"Cache-Control" hidden:"true"`
	SetCookie    []string `header:"Set-Cookie" doc:"Of the sign-in."`
}

func redirectTo(location string, cookies ...string) *redirect {
	return &redirect{Location: location, CacheControl: "no-store", SetCookie: cookies}
}

// signIn adds the routes by which people sign in and out.
func (a *API) signIn(r *rest.API) {
	const session = rest.Prefix + "/session"

	rest.Register(r, redirecting("sign-in", rest.Prefix+"/signin", "Sign in",
		"Sends a browser to the provider, and from there back to the page at return."), a.beginSignIn)
	rest.Register(r, redirecting("signed-in", rest.Prefix+"/signin/callback", "Come back from the provider",
		"To this address the provider sends a browser back: it is for nobody else."), a.finishSignIn, rest.Lenient())

	r.Tag("session", "Who signed in by a browser.")
	rest.Register(r, rest.Operation{
		OperationID: "begin-session", Method: http.MethodPost, Path: session, Summary: "Sign in with a key",
		Description: "For people who have a key: their browser is signed in with it, as long as it is valid.",
	}, a.beginSession, rest.Example(me{Kind: access.Key, ID: exampleKey().ID, Name: "grafana", Role: access.Viewer.String(), Teams: []string{}, SignedIn: true}), rest.Takes[sessionBody](map[string]any{"key": "dvp_0123456789ABCDEFGHIJKLMNOPQRSTUV3zBrfR"}, rest.JSON),
		rest.Problems(rest.Malformed, rest.Unauthenticated, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "end-session", Method: http.MethodDelete, Path: session, Summary: "Sign out",
		Description: "Ends the session of the browser, on every replica and with its event streams.",
	}, a.endSession, rest.Example(signedOut{"https://login.example.com/logout?client_id=dev-portal"}), rest.Problems(rest.Malformed, rest.Invalid))
}

// redirecting returns the operation of a page that a browser visits. The description of the
// API, which is for programs, does not have it.
func redirecting(id, path, summary, description string) rest.Operation {
	op := rest.Get(id, path, summary, description)
	op.DefaultStatus, op.Hidden = http.StatusFound, true
	return op
}

type signInInput struct {
	Return string `query:"return" doc:"The page of the portal to go back to, as a path; absent: the first." example:"/access"`
}

// beginSignIn serves GET /api/signin.
func (a *API) beginSignIn(ctx context.Context, in *signInInput) (*redirect, error) {
	if a.Provider == nil {
		return nil, noProvider()
	}
	back := localPath(in.Return)
	at, attempt, err := a.Provider.Begin(ctx, back)
	if err != nil {
		a.Log.ErrorContext(ctx, "nobody can sign in", "error", err)
		return redirectTo(withReason(back, failed)), nil
	}
	text, err := json.Marshal(attempt)
	if err != nil {
		return nil, err
	}
	return redirectTo(at, cookie(attemptCookie, base64.RawURLEncoding.EncodeToString(text), attemptTime)), nil
}

type callbackInput struct {
	State            string `query:"state" doc:"Of the sign-in."`
	Code             string `query:"code" doc:"By which the portal learns who it is."`
	Error            string `query:"error" doc:"Why the provider signs nobody in."`
	ErrorDescription string `query:"error_description" doc:"The same for people."`
	Issuer           string `query:"iss" doc:"The provider (RFC 9207)."`
}

// finishSignIn serves GET /api/signin/callback. Its answers are for a person's browser, so that
// what goes wrong is told by the page.
func (a *API) finishSignIn(ctx context.Context, in *callbackInput) (*redirect, error) {
	if a.Provider == nil {
		return nil, noProvider()
	}
	done := cookie(attemptCookie, "", 0)
	var attempt signin.Attempt
	text, err := base64.RawURLEncoding.DecodeString(rest.Cookie(ctx, attemptCookie))
	if err != nil || json.Unmarshal(text, &attempt) != nil || attempt.State == "" ||
		subtle.ConstantTimeCompare([]byte(attempt.State), []byte(in.State)) != 1 {
		return redirectTo(withReason("/", expired), done), nil
	}
	back := localPath(attempt.Return)
	if in.Error != "" || in.Issuer != "" && in.Issuer != a.Provider.Issuer {
		a.Log.WarnContext(ctx, "the provider signed nobody in", "error", rest.Clip(in.Error), "description", rest.Clip(in.ErrorDescription), "issuer", rest.Clip(in.Issuer))
		return redirectTo(withReason(back, denied), done), nil
	}
	person, grant, err := a.Provider.Finish(ctx, attempt, in.Code)
	if err != nil {
		a.Log.ErrorContext(ctx, "somebody could not sign in", "error", err)
		return redirectTo(withReason(back, failed), done), nil
	}
	by := a.Sessions.Actor(person)
	by.Address, by.RequestID = rest.Origin(ctx)
	token, err := a.Sessions.Begin(ctx, by, person, "", grant)
	if err != nil {
		a.Log.ErrorContext(ctx, "somebody could not sign in", "error", err)
		return redirectTo(withReason(back, failed), done), nil
	}
	rest.Identified(ctx, "person "+person.Name, person.ID)
	return redirectTo(back, done, cookie(sessionCookie, token, a.Sessions.Lifetime())), nil
}

func noProvider() *rest.Problem {
	return rest.NotFound.Problem("This portal has no provider to sign in with: its operator sets one by PORTAL_OIDC_ISSUER. People may sign in with a key on its page.")
}

// localPath returns a path of the portal to go back to, never the address of another site.
func localPath(text string) string {
	to, err := url.Parse(text)
	odd := len(text) > maxReturn || strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r == '\\' })
	if err != nil || odd || to.IsAbs() || to.Host != "" || !strings.HasPrefix(text, "/") || strings.HasPrefix(text, "//") {
		return "/"
	}
	return text
}

// withReason returns a path of the page that tells why somebody was not signed in.
func withReason(path, reason string) string {
	to, err := url.Parse(path)
	if err != nil {
		to = &url.URL{Path: "/"}
	}
	query := to.Query()
	query.Set("signin", reason)
	to.RawQuery = query.Encode()
	return to.String()
}

// sessionCreate is the body of a sign-in with a key.
type sessionCreate struct {
	Key rest.Field[string] `json:"key,omitempty" nullable:"false" doc:"The key." example:"dvp_0123456789ABCDEFGHIJKLMNOPQRSTUV3zBrfR"`
}

type sessionBody = rest.Body[sessionCreate, struct{}]

// invalid returns what is wrong with the body. It does not repeat the key.
func (b sessionCreate) invalid() []rest.FieldError {
	if b.Key.To == nil || strings.TrimSpace(*b.Key.To) == "" {
		return []rest.FieldError{{Field: "key", Message: "Enter a key: it begins with dvp_."}}
	}
	return nil
}

type beginSessionInput struct{ Body sessionBody }

type sessionOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	SetCookie    string `header:"Set-Cookie" doc:"Of the session."`
	Body         me
}

// beginSession serves POST /api/session.
func (a *API) beginSession(ctx context.Context, in *beginSessionInput) (*sessionOutput, error) {
	body, err := in.Body.Read(sessionCreate.invalid)
	if err != nil {
		return nil, err
	}
	if wrong := body.invalid(); len(wrong) > 0 {
		return nil, rest.InvalidFields(wrong)
	}
	key, err := a.Ring.Find(ctx, strings.TrimSpace(*body.Key.To))
	if why, refused := errors.AsType[apikey.Refusal](err); refused {
		rest.Identified(ctx, "a key that opens nothing", "")
		p := rest.Unauthenticated.Problem("This key opens nothing: " + why.Error() + ".")
		p.Challenge = realm
		return nil, p
	}
	if err != nil {
		return nil, err
	}
	by := key.Actor()
	by.Address, by.RequestID = rest.Origin(ctx)
	token, err := a.Sessions.Begin(ctx, by, signin.Person{}, key.ID, signin.Grant{})
	if err != nil {
		return nil, err
	}
	rest.Identified(ctx, "key "+key.Name, key.ID)
	is := a.meOf(visitor{Actor: by})
	is.SignedIn = true // from now on
	return &sessionOutput{CacheControl: "no-store", SetCookie: cookie(sessionCookie, token, a.Sessions.Lifetime()), Body: is}, nil
}

type endSessionInput struct {
	Everywhere string `query:"everywhere" enum:"true,false" doc:"Whether to end all other sessions of the same person or key too."`
}

type signedOut struct {
	ProviderURL string `json:"provider_url" doc:"Where a person signs out of the provider too; empty: nowhere."`
}

type endSessionOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	SetCookie    string `header:"Set-Cookie" doc:"Removes that of the session."`
	Body         signedOut
}

// endSession serves DELETE /api/session. Without a session there is nothing to end.
func (a *API) endSession(ctx context.Context, in *endSessionInput) (*endSessionOutput, error) {
	if in.Everywhere != "" && in.Everywhere != "true" && in.Everywhere != "false" {
		return nil, rest.InvalidParameter("everywhere", "It must be true or false.", rest.Clip(in.Everywhere))
	}
	out := &endSessionOutput{CacheControl: "no-store", SetCookie: cookie(sessionCookie, "", 0)}
	token := rest.Cookie(ctx, sessionCookie)
	if token == "" {
		return out, nil
	}
	held, err := a.Sessions.Open(ctx, token)
	if errors.Is(err, signin.ErrEnded) {
		return out, nil
	}
	if err != nil {
		return nil, err
	}
	by := held.Actor()
	if held.Key() != "" {
		by = access.Actor{Kind: access.Key, ID: held.Key()}
		if key, err := a.Ring.FindID(ctx, held.Key()); err == nil {
			by = key.Actor()
		}
	}
	by.Address, by.RequestID = rest.Origin(ctx)
	rest.Identified(ctx, strings.TrimSpace(string(by.Kind)+" "+by.Name), by.ID)
	grant, err := a.Sessions.End(ctx, by, held, in.Everywhere == "true")
	if err != nil {
		return nil, err
	}
	if a.Provider != nil && held.Key() == "" {
		out.Body.ProviderURL = a.Provider.SignOutURL(ctx, grant, a.URL)
	}
	return out, nil
}
