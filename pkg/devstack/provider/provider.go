// Package provider is a provider of OpenID Connect for tests: the certified library of
// zitadel, with the storage of its example, people who are in groups, and a page to sign in.
package provider

import (
	"context"
	"crypto/sha256"
	"errors"
	"html/template"
	"log/slog"
	"net/http"
	"strings"
	"sync"

	"github.com/zitadel/oidc/v3/example/server/storage"
	"github.com/zitadel/oidc/v3/pkg/oidc"
	"github.com/zitadel/oidc/v3/pkg/op"
)

// Client is the one client of the provider.
type Client struct{ ID, Secret, RedirectURI string }

// Person is somebody whom the provider knows. The name with which they sign in is their id.
type Person struct {
	ID       string   `json:"id"`
	Password string   `json:"password"`
	Name     string   `json:"name"`
	Email    string   `json:"email"`
	Groups   []string `json:"groups"`
}

// Provider is the provider. Its own pages are under /login.
type Provider struct {
	http.Handler

	// GroupsInToken has the groups and the profile in ID tokens, and not only at userinfo.
	GroupsInToken bool

	people *people
}

// New returns a provider at an address.
func New(issuer string, client Client) (*Provider, error) {
	p := &Provider{people: &people{by: map[string]Person{}}}
	users := &users{people: p.people}
	web := storage.WebClient(client.ID, client.Secret, client.RedirectURI)
	kept := &kept{Storage: storage.NewStorageWithClients(users, map[string]*storage.Client{client.ID: web}), provider: p}
	var options []op.Option
	if strings.HasPrefix(issuer, "http:") {
		options = append(options, op.WithAllowInsecure())
	}
	served, err := op.NewProvider(&op.Config{
		CryptoKey: sha256.Sum256([]byte(client.Secret)), CodeMethodS256: true, AuthMethodPost: true, GrantTypeRefreshToken: true,
		DefaultLogoutRedirectURI: "/login/out", SupportedScopes: []string{"openid", "profile", "email", "groups", "offline_access"},
	}, kept, op.StaticIssuer(issuer), append(options, op.WithLogger(slog.New(slog.DiscardHandler)))...)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /login/username", func(w http.ResponseWriter, r *http.Request) { show(w, r.FormValue("authRequestID"), "") })
	mux.Handle("POST /login/username", op.NewIssuerInterceptor(served.IssuerFromRequest).HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.FormValue("id")
		if err := kept.CheckUsernamePassword(r.FormValue("username"), r.FormValue("password"), id); err != nil {
			show(w, id, "Name or password is wrong.")
			return
		}
		http.Redirect(w, r, op.AuthCallbackURL(served)(r.Context(), id), http.StatusFound)
	}))
	mux.HandleFunc("/login/out", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("Signed out.")) })
	mux.Handle("/", served)
	p.Handler = mux
	return p, nil
}

// Put adds a person, or changes one.
func (p *Provider) Put(person Person) {
	p.people.mu.Lock()
	defer p.people.mu.Unlock()
	p.people.by[person.ID] = person
}

// Remove removes a person.
func (p *Provider) Remove(id string) {
	p.people.mu.Lock()
	defer p.people.mu.Unlock()
	delete(p.people.by, id)
}

var page = template.Must(template.New("").Parse(`<!doctype html>
<html lang="en"><title>Sign in</title>
<form method="post" action="/login/username">
  <input type="hidden" name="id" value="{{.ID}}">
  <p role="alert">{{.Problem}}</p>
  <label>Name <input name="username"></label>
  <label>Password <input name="password" type="password"></label>
  <button>Sign in</button>
</form></html>`))

func show(w http.ResponseWriter, id, problem string) {
	_ = page.Execute(w, struct{ ID, Problem string }{id, problem}) // fails only if the browser is gone
}

type people struct {
	mu sync.Mutex
	by map[string]Person
}

func (p *people) find(id string) (Person, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	person, there := p.by[id]
	return person, there
}

// users are the people in the terms of the storage.
type users struct{ *people }

// GetUserByID implements storage.UserStore.
func (u *users) GetUserByID(id string) *storage.User {
	person, there := u.find(id)
	if !there {
		return nil
	}
	first, last, _ := strings.Cut(person.Name, " ")
	return &storage.User{
		ID: person.ID, Username: person.ID, Password: person.Password, FirstName: first, LastName: last, Email: person.Email, EmailVerified: true,
	}
}

// GetUserByUsername implements storage.UserStore.
func (u *users) GetUserByUsername(name string) *storage.User { return u.GetUserByID(name) }

// ExampleClientID implements storage.UserStore.
func (u *users) ExampleClientID() string { return "" }

// kept is the storage with groups, for people who can be removed.
type kept struct {
	*storage.Storage

	provider *Provider
}

var errUnknown = errors.New("nobody is known by this id")

// TokenRequestByRefreshToken implements op.Storage. Somebody who was removed gets nothing more.
func (k *kept) TokenRequestByRefreshToken(ctx context.Context, token string) (op.RefreshTokenRequest, error) {
	request, err := k.Storage.TokenRequestByRefreshToken(ctx, token)
	if err != nil {
		return nil, op.ErrInvalidRefreshToken
	}
	if _, there := k.provider.people.find(request.GetSubject()); !there {
		return nil, op.ErrInvalidRefreshToken
	}
	return request, nil
}

// SetUserinfoFromRequest implements op.CanSetUserinfoFromRequest.
func (k *kept) SetUserinfoFromRequest(ctx context.Context, info *oidc.UserInfo, token op.IDTokenRequest, scopes []string) error {
	if err := k.Storage.SetUserinfoFromRequest(ctx, info, token, scopes); err != nil {
		return err
	}
	if !k.provider.GroupsInToken {
		return nil
	}
	return k.setGroups(info, token.GetSubject())
}

// SetUserinfoFromToken implements op.Storage.
func (k *kept) SetUserinfoFromToken(ctx context.Context, info *oidc.UserInfo, tokenID, subject, origin string) error {
	if err := k.Storage.SetUserinfoFromToken(ctx, info, tokenID, subject, origin); err != nil {
		return err
	}
	return k.setGroups(info, subject)
}

func (k *kept) setGroups(info *oidc.UserInfo, id string) error {
	person, there := k.provider.people.find(id)
	if !there {
		return errUnknown
	}
	info.AppendClaims("groups", person.Groups)
	return nil
}

// GetClientByClientID implements op.Storage.
func (k *kept) GetClientByClientID(ctx context.Context, id string) (op.Client, error) {
	client, err := k.Storage.GetClientByClientID(ctx, id)
	if err != nil {
		return nil, err
	}
	return assertive{client, k.provider.GroupsInToken}, nil
}

// assertive is a client whose ID tokens may have what userinfo has.
type assertive struct {
	op.Client

	all bool
}

// IDTokenUserinfoClaimsAssertion implements op.Client.
func (a assertive) IDTokenUserinfoClaimsAssertion() bool { return a.all }
