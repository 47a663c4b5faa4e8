package httpapi

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/apikey"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// Keys is what the API needs of the API keys.
type Keys interface {
	// Keys returns all keys by name.
	Keys(ctx context.Context) ([]apikey.Key, error)
	// CreateKey adds a key with the secret.
	CreateKey(ctx context.Context, by access.Actor, draft apikey.Draft, secret apikey.Secret) (apikey.Key, error)
	// RevokeKey removes a key; apikey.ErrFromFile: only the file of keys can do that.
	RevokeKey(ctx context.Context, by access.Actor, id string) error
}

// key is a key as admins read it.
type key struct {
	ID         string     `json:"id" format:"uuid" doc:"UUIDv7, given by the portal. The trail and events have it as the actor's id."`
	Name       string     `json:"name" minLength:"1" maxLength:"100" doc:"Unique: the program that uses it." example:"grafana"`
	Role       string     `json:"role" enum:"viewer,editor,admin" doc:"What it may do."`
	Teams      []string   `json:"teams" maxItems:"50" nullable:"false" doc:"Those whose services an editor may write; none: all."`
	ExpiresAt  *time.Time `json:"expires_at" doc:"null: never."`
	CreatedAt  time.Time  `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at" doc:"To the minute, a minute late at most; null: never."`
	FromFile   bool       `json:"from_file" doc:"The portal's file of keys has it: only there it can be changed and revoked."`
}

// madeKey is the answer to its making, the only one that has the key itself.
type madeKey struct {
	key
	Key string `json:"key" doc:"The key itself, for the header Authorization: Bearer. No other answer has it: store it now." example:"dvp_0123456789ABCDEFGHIJKLMNOPQRSTUV3zBrfR"`
}

type keyList struct {
	Items []key  `json:"items" nullable:"false" doc:"By name."`
	Total int    `json:"total" doc:"Keys on all pages."`
	Next  string `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

func toKey(k apikey.Key) key {
	return key{
		ID: k.ID, Name: k.Name, Role: k.Role.String(), Teams: append([]string{}, k.Teams...),
		ExpiresAt: unlessEmpty(&k.ExpiresAt), CreatedAt: k.CreatedAt, LastUsedAt: unlessEmpty(&k.LastUsedAt), FromFile: k.FromFile,
	}
}

// keyCreate is the body of a new key.
type keyCreate struct {
	Name      rest.Field[string]   `json:"name,omitempty" nullable:"false" minLength:"1" maxLength:"100" doc:"Unique: the program that uses it." example:"grafana"`
	Role      rest.Field[string]   `json:"role,omitempty" enum:"viewer,editor,admin" doc:"What it may do; absent: viewer."`
	Teams     rest.Field[[]string] `json:"teams,omitempty" maxItems:"50" doc:"Those whose services an editor may write; absent: all."`
	ExpiresAt rest.Field[string]   `json:"expires_at,omitempty" format:"date-time" doc:"From when on it opens nothing, at most ten years ahead; absent: it does not expire."`
}

// TransformSchema adds the fields that a new key must have.
func (keyCreate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"name"}
	return s
}

type keyCreateBody = rest.Body[keyCreate, key]

// draft returns what the body decides, and what of it cannot be read.
func (b keyCreate) draft() (d apikey.Draft, wrong []rest.FieldError) {
	d.Role = access.Viewer
	if b.Name.To != nil {
		d.Name = *b.Name.To
	}
	if b.Teams.To != nil {
		d.Teams = *b.Teams.To
	}
	if b.Role.To != nil && *b.Role.To != "" {
		d.Role, _ = access.ParseRole(*b.Role.To) // otherwise None, which Validate refuses
	}
	d.ExpiresAt, wrong = timeField("expires_at", b.ExpiresAt)
	return d.Normal(), wrong
}

// invalid returns what is wrong with the body.
func (b keyCreate) invalid() []rest.FieldError {
	d, wrong := b.draft()
	return append(wrong, refused(d.Validate(time.Now()))...)
}

func exampleKey() key {
	at, end := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC), time.Date(2027, 3, 14, 9, 30, 0, 0, time.UTC)
	return key{ID: "019a0000-0000-7000-8000-000000000002", Name: "grafana", Role: access.Viewer.String(), Teams: []string{"Payments"}, ExpiresAt: &end, CreatedAt: at, LastUsedAt: &at}
}

// exampleKeyBody expires at no fixed time, because that would be past some day.
func exampleKeyBody() any {
	return map[string]any{"name": "grafana", "role": "viewer", "teams": []string{"Payments"}}
}

// keys adds the routes of the API keys.
func (a *API) keys(r *rest.API) {
	const all, one = rest.Prefix + "/keys", rest.Prefix + "/keys/{id}"

	r.Tag("keys", "Keys by which programs say who they are, in the header Authorization: Bearer.")
	rest.Register(r, rest.Get("list-keys", all, "List the keys", "All keys by name, without the keys themselves, which nobody can read again."), a.listKeys,
		rest.Answers(http.StatusOK, keyList{Items: []key{exampleKey()}, Total: 2, Next: rest.Next("grafana")}),
		rest.Problems(rest.Malformed, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "create-key", Method: http.MethodPost, Path: all, Summary: "Make a key",
		Description: "The answer is the only one that has the key itself. A key is not changed later: make another, and revoke this one.",
	}, a.createKey, rest.Made("The key."), rest.Example(madeKey{exampleKey(), "dvp_0123456789ABCDEFGHIJKLMNOPQRSTUV3zBrfR"}),
		rest.Takes[keyCreateBody](exampleKeyBody(), rest.JSON), rest.Problems(rest.Malformed, nameTaken, keyLimit, rest.Invalid))
	rest.Register(r, rest.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: one, Summary: "Revoke a key",
		Description: "From now on it opens nothing, and the event streams that it opened end.", DefaultStatus: http.StatusNoContent,
	}, a.revokeKey, rest.Problems(rest.Malformed, rest.NotFound, fromFile, rest.Invalid))
}

type keyListOutput struct {
	Link string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	Body keyList
}

type listKeysInput struct{ rest.Paging }

// listKeys serves GET /api/keys.
func (a *API) listKeys(ctx context.Context, in *listKeysInput) (*keyListOutput, error) {
	page, err := in.Page()
	if err != nil {
		return nil, err
	}
	all, err := a.Catalog.Keys(ctx)
	if err != nil {
		return nil, err
	}
	part, next := rest.Cut(all, page, func(k apikey.Key) string { return catalog.NameKey(k.Name) })
	out := &keyListOutput{Link: in.NextLink(next), Body: keyList{Items: []key{}, Total: len(all), Next: next}}
	for _, k := range part {
		out.Body.Items = append(out.Body.Items, toKey(k))
	}
	return out, nil
}

type createKeyInput struct{ Body keyCreateBody }

type madeKeyOutput struct {
	CacheControl string `header:"Cache-Control" hidden:"true"`
	Body         madeKey
}

// createKey serves POST /api/keys.
func (a *API) createKey(ctx context.Context, in *createKeyInput) (*madeKeyOutput, error) {
	body, err := in.Body.Read(keyCreate.invalid)
	if err != nil {
		return nil, err
	}
	draft, wrong := body.draft()
	if len(wrong) > 0 {
		return nil, rest.InvalidFields(body.invalid())
	}
	secret := apikey.NewSecret()
	made, err := a.Catalog.CreateKey(ctx, actor(ctx), draft, secret)
	if err != nil {
		return nil, err
	}
	return &madeKeyOutput{CacheControl: "no-store", Body: madeKey{toKey(made), secret.Reveal()}}, nil
}

type revokeKeyInput struct {
	ID string `path:"id" format:"uuid" doc:"The key's id."`
}

// revokeKey serves DELETE /api/keys/{id}. Here it is revoked with the answer, and by the
// other replicas within a second.
func (a *API) revokeKey(ctx context.Context, in *revokeKeyInput) (*struct{}, error) {
	id, ok := rest.ID(in.ID)
	if !ok {
		return nil, &catalog.KindError{Kind: apikey.Kind, Err: catalog.ErrNotFound}
	}
	if err := a.Catalog.RevokeKey(ctx, actor(ctx), id); err != nil {
		return nil, err
	}
	if err := a.Ring.Refresh(ctx); err != nil {
		a.Log.WarnContext(ctx, "revoked key still in memory; retrying", "error", err)
	}
	return nil, nil
}
