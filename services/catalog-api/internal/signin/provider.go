package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
	"golang.org/x/sync/singleflight"
)

// providerTimeout is the time that a request to a provider may take.
const providerTimeout = 5 * time.Second

// ErrRefused means that a provider no longer vouches for somebody.
var ErrRefused = errors.New("the provider does not vouch for them")

// Provider signs people in by OpenID Connect, with the code flow and PKCE (RFC 7636). Its
// fields but SecretFile, Scopes and Name must be set. It finds out about the provider
// when that is first needed, so that a portal starts without it.
type Provider struct {
	Issuer      string // its URL, as its tokens have it
	ClientID    string
	SecretFile  string   // has the client's secret; "": the client is a public one
	RedirectURL string   // of the portal
	Scopes      []string // none: what the provider has of openid, profile, email, groups and offline_access
	GroupsClaim string   // see claims.person
	Name        string   // for people

	known  atomic.Pointer[known]
	asking singleflight.Group
}

// known is what a provider says about itself.
type known struct {
	*oidc.Provider

	scopes     []string
	endSession string // "": it has no sign-out
}

// Grant is what a provider gave for a person. It is secret.
type Grant struct {
	Access  string    `json:"access"`
	Expiry  time.Time `json:"expiry"` // of Access
	Refresh string    `json:"refresh,omitempty"`
	ID      string    `json:"id"` // the token of OpenID Connect, for the sign-out
}

// Attempt is a sign-in that has begun. The browser keeps it meanwhile.
type Attempt struct {
	State    string `json:"state"`
	Nonce    string `json:"nonce"`
	Verifier string `json:"verifier"` // of PKCE
	Return   string `json:"return"`   // the page to go back to
}

// client returns a context with the client for requests to the provider; status, if not nil,
// is set to that of the last answer.
func (p *Provider) client(ctx context.Context, status *int) context.Context {
	return oidc.ClientContext(ctx, &http.Client{Timeout: providerTimeout, Transport: noting{status}})
}

// noting notes the status of answers.
type noting struct{ status *int }

// RoundTrip implements http.RoundTripper.
func (n noting) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := http.DefaultTransport.RoundTrip(r)
	if err == nil && n.status != nil {
		*n.status = res.StatusCode
	}
	return res, err
}

// find returns what the provider says about itself. Those who ask at the same time share one
// question, and nobody waits longer than its own context.
func (p *Provider) find(ctx context.Context) (*known, error) {
	if k := p.known.Load(); k != nil {
		return k, nil
	}
	answer := p.asking.DoChan("", func() (any, error) {
		within, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		return p.ask(within)
	})
	select {
	case <-ctx.Done():
		return nil, fmt.Errorf("ask the provider at %s about itself: %w", p.Issuer, ctx.Err())
	case got := <-answer:
		if got.Err != nil {
			return nil, got.Err
		}
		return got.Val.(*known), nil
	}
}

func (p *Provider) ask(ctx context.Context) (*known, error) {
	found, err := oidc.NewProvider(p.client(ctx, nil), p.Issuer)
	if err != nil {
		return nil, fmt.Errorf("ask the provider at %s about itself: %w", p.Issuer, err)
	}
	var more struct {
		Scopes     []string `json:"scopes_supported"`
		EndSession string   `json:"end_session_endpoint"`
	}
	if err := found.Claims(&more); err != nil {
		return nil, fmt.Errorf("read what the provider at %s says about itself: %w", p.Issuer, err)
	}
	k := &known{Provider: found, scopes: p.Scopes, endSession: more.EndSession}
	if len(k.scopes) == 0 {
		k.scopes = []string{oidc.ScopeOpenID, "profile", "email"}
		for _, scope := range []string{"groups", oidc.ScopeOfflineAccess} {
			if slices.Contains(more.Scopes, scope) {
				k.scopes = append(k.scopes, scope)
			}
		}
	}
	p.known.Store(k)
	return k, nil
}

// config returns what the provider says about itself, and the client's configuration. The
// secret is read again each time, because operators exchange it.
func (p *Provider) config(ctx context.Context) (*known, *oauth2.Config, error) {
	k, err := p.find(ctx)
	if err != nil {
		return nil, nil, err
	}
	cfg := &oauth2.Config{ClientID: p.ClientID, Endpoint: k.Endpoint(), RedirectURL: p.RedirectURL, Scopes: k.scopes}
	if p.SecretFile != "" {
		secret, err := os.ReadFile(p.SecretFile)
		if err != nil {
			return nil, nil, fmt.Errorf("read the client's secret: %w", err)
		}
		cfg.ClientSecret = strings.TrimSpace(string(secret))
	}
	return k, cfg, nil
}

// Begin returns the address at the provider to which a browser goes to sign in.
func (p *Provider) Begin(ctx context.Context, returnTo string) (string, Attempt, error) {
	_, cfg, err := p.config(ctx)
	if err != nil {
		return "", Attempt{}, err
	}
	a := Attempt{State: oauth2.GenerateVerifier(), Nonce: oauth2.GenerateVerifier(), Verifier: oauth2.GenerateVerifier(), Return: returnTo}
	return cfg.AuthCodeURL(a.State, oidc.Nonce(a.Nonce), oauth2.S256ChallengeOption(a.Verifier)), a, nil
}

// Finish returns who signed in, by the code that the browser brought back.
func (p *Provider) Finish(ctx context.Context, a Attempt, code string) (Person, Grant, error) {
	k, cfg, err := p.config(ctx)
	if err != nil {
		return Person{}, Grant{}, err
	}
	ctx = p.client(ctx, nil)
	token, err := cfg.Exchange(ctx, code, oauth2.VerifierOption(a.Verifier))
	if err != nil {
		return Person{}, Grant{}, fmt.Errorf("exchange the code: %w", withoutBody(err))
	}
	said, raw, err := p.idClaims(ctx, k, token)
	switch {
	case err != nil:
		return Person{}, Grant{}, err
	case said == nil:
		return Person{}, Grant{}, errors.New("the provider gave no ID token")
	case said.text("nonce") != a.Nonce:
		return Person{}, Grant{}, errors.New("the ID token is for another sign-in: its nonce differs")
	}
	if p.lacks(said) { // many providers have it only there
		more, err := userInfo(ctx, k, token)
		if err != nil {
			return Person{}, Grant{}, err
		}
		if said, err = said.with(more); err != nil {
			return Person{}, Grant{}, err
		}
	}
	person, err := said.person(p.GroupsClaim)
	return person, grantOf(token, raw, Grant{}), err
}

// Check asks the provider whether a person is still there, and returns them as they are now.
// ErrRefused: they are not. Any other error says that the provider did not tell.
func (p *Provider) Check(ctx context.Context, was Person, grant Grant) (Person, Grant, error) {
	k, cfg, err := p.config(ctx)
	if err != nil {
		return was, grant, err
	}
	var status int
	ctx = p.client(ctx, &status)
	token := &oauth2.Token{AccessToken: grant.Access, Expiry: grant.Expiry}
	raw := ""
	var said claims
	if grant.Refresh != "" {
		if token, err = cfg.TokenSource(ctx, &oauth2.Token{RefreshToken: grant.Refresh}).Token(); err != nil {
			return was, grant, refusedIf(refusal(err), fmt.Errorf("refresh: %w", withoutBody(err)))
		}
		said, raw, err = p.idClaims(ctx, k, token)
		if grant = grantOf(token, raw, grant); err != nil { // it replaces the former even then
			return was, grant, err
		}
	} else if !token.Valid() || k.UserInfoEndpoint() == "" {
		return was, grant, fmt.Errorf("%w: without a refresh token it cannot be asked any more", ErrRefused)
	}
	if p.lacks(said) {
		status = 0
		more, err := userInfo(ctx, k, token)
		if err != nil {
			return was, grant, refusedIf(status == http.StatusUnauthorized || status == http.StatusForbidden, err)
		}
		if said, err = said.with(more); err != nil {
			return was, grant, err
		}
	}
	if said == nil { // it tells nothing more than that they are there
		return was, grant, nil
	}
	is, err := said.person(p.GroupsClaim)
	if err == nil && is.ID != was.ID {
		err = fmt.Errorf("%w: it answers with another person", ErrRefused)
	}
	return is, grant, err
}

// SignOutURL returns the address at which people sign out of the provider too, and then come
// back (OpenID Connect RP-Initiated Logout 1.0); "": it has none.
func (p *Provider) SignOutURL(ctx context.Context, grant Grant, back string) string {
	k, err := p.find(ctx)
	if err != nil || k.endSession == "" {
		return ""
	}
	at, err := url.Parse(k.endSession)
	if err != nil {
		return ""
	}
	query := at.Query()
	query.Set("client_id", p.ClientID)
	query.Set("post_logout_redirect_uri", back)
	if grant.ID != "" {
		query.Set("id_token_hint", grant.ID)
	}
	at.RawQuery = query.Encode()
	return at.String()
}

// lacks reports whether the claims leave open who somebody is, or in which groups.
func (p *Provider) lacks(said claims) bool {
	return said == nil || !said.has(p.GroupsClaim) || !said.has("name") && !said.has("preferred_username")
}

// idClaims returns the verified claims of a token's ID token, and that itself; nil and "":
// there is none.
func (p *Provider) idClaims(ctx context.Context, k *known, token *oauth2.Token) (said claims, raw string, err error) {
	raw, there := token.Extra("id_token").(string)
	if !there || raw == "" {
		return nil, "", nil
	}
	verified, err := k.Verifier(&oidc.Config{ClientID: p.ClientID}).Verify(ctx, raw)
	if err != nil {
		return nil, "", fmt.Errorf("verify the ID token: %w", err)
	}
	if err := verified.Claims(&said); err != nil {
		return nil, "", fmt.Errorf("read the ID token: %w", err)
	}
	return said, raw, nil
}

// userInfo returns what the provider says at its address for that; nil: it has none.
func userInfo(ctx context.Context, k *known, token *oauth2.Token) (said claims, err error) {
	if k.UserInfoEndpoint() == "" {
		return nil, nil
	}
	info, err := k.UserInfo(ctx, oauth2.StaticTokenSource(token))
	if err == nil {
		err = info.Claims(&said)
	}
	if err != nil {
		return nil, fmt.Errorf("ask for what is known of the person: %w", err)
	}
	return said, nil
}

// with returns the claims with those of other, which must be of the same person (OpenID
// Connect Core 1.0, section 5.3.2).
func (c claims) with(other claims) (claims, error) {
	if c != nil && other != nil && c.text("sub") != other.text("sub") {
		return nil, errors.New("the provider told of another person than the one who signed in")
	}
	if c == nil {
		return other, nil
	}
	all := maps.Clone(c)
	maps.Copy(all, other)
	return all, nil
}

// grantOf returns the grant of an answer. What a refreshed one does not give again stays.
func grantOf(token *oauth2.Token, id string, was Grant) Grant {
	return Grant{
		Access: token.AccessToken, Expiry: token.Expiry, Refresh: cmp.Or(token.RefreshToken, was.Refresh), ID: cmp.Or(id, was.ID),
	}
}

// refusal reports whether an answer of the token endpoint means that it vouches no longer
// (RFC 6749, section 5.2), rather than that it, or the client's configuration, is broken.
func refusal(err error) bool {
	answer, is := errors.AsType[*oauth2.RetrieveError](err)
	return is && (answer.ErrorCode == "invalid_grant" || answer.ErrorCode == "access_denied")
}

// withoutBody returns an error of the token endpoint without the answer's body, which may
// have secrets.
func withoutBody(err error) error {
	answer, is := errors.AsType[*oauth2.RetrieveError](err)
	if !is {
		return err
	}
	text := ""
	if answer.Response != nil {
		text = answer.Response.Status
	}
	return fmt.Errorf("the provider answered %s %q", text, clip(answer.ErrorCode+" "+answer.ErrorDescription))
}

func refusedIf(refused bool, err error) error {
	if refused {
		return fmt.Errorf("%w: %w", ErrRefused, err)
	}
	return err
}
