package catalogapi

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/dev-portal/dev-portal/pkg/service"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/signin"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/store"
)

// SignOn configures how people say who they are: to a provider of OpenID Connect, or to a
// proxy before the portal. See docs/access.md. All fields are optional; Settings describes
// them.
type SignOn struct {
	PublicURL string

	Issuer, ClientID, SecretFile, Scopes, ProviderName string

	Forward, ForwardFrom, CloudflareTeam, CloudflareAudience string

	Groups, GroupsClaim string
	CheckEvery          string
}

// Setting is a setting as a flag and as a variable.
type Setting struct {
	Value          *string
	Flag, Variable string
	Usage          string // the value's name is between backquotes
}

// Settings returns the settings of s, to be set.
func (s *SignOn) Settings() []Setting {
	return []Setting{
		{&s.PublicURL, "public-url", "PORTAL_PUBLIC_URL", "`URL` at which people reach the portal; needed with --oidc-issuer"},
		{&s.Issuer, "oidc-issuer", "PORTAL_OIDC_ISSUER", "`URL` of the provider of OpenID Connect with whom people sign in"},
		{&s.ClientID, "oidc-client", "PORTAL_OIDC_CLIENT", "`id` that the provider gave the portal"},
		{&s.SecretFile, "oidc-secret-file", "PORTAL_OIDC_SECRET_FILE", "`file` of the secret that the provider gave the portal, if it did"},
		{&s.Scopes, "oidc-scopes", "PORTAL_OIDC_SCOPES", "`scopes` to ask the provider for, with spaces between (default openid, profile, email, and groups and offline_access where it has them)"},
		{&s.ProviderName, "oidc-name", "PORTAL_OIDC_NAME", "`name` of the provider on the page (default its host)"},
		{&s.Forward, "forward-auth", "PORTAL_FORWARD_AUTH", "`proxy` that says who is asking: " + strings.Join(signin.Forwarders(), ", ")},
		{&s.ForwardFrom, "forward-auth-from", "PORTAL_FORWARD_AUTH_FROM", "`addresses` and prefixes of that proxy, with commas between: from others its headers are not believed"},
		{&s.CloudflareTeam, "cloudflare-team", "PORTAL_CLOUDFLARE_TEAM", "`URL` of the team at Cloudflare Access, whose tokens are verified"},
		{&s.CloudflareAudience, "cloudflare-audience", "PORTAL_CLOUDFLARE_AUDIENCE", "audience `tag` of the portal at Cloudflare Access"},
		{&s.Groups, "groups", "PORTAL_GROUPS", "`rules` of what the members of groups may do, such as platform=admin;team-*=editor:*"},
		{&s.GroupsClaim, "groups-claim", "PORTAL_GROUPS_CLAIM", "`claim` of a token that has the groups (default groups)"},
		{&s.CheckEvery, "session-check", "PORTAL_SESSION_CHECK", "`time` after which the provider is asked again whether somebody is still there (default and at most 10m)"},
	}
}

// signOnFromEnv reads the settings from their variables.
func signOnFromEnv(env *service.Env) (s SignOn) {
	for _, setting := range s.Settings() {
		*setting.Value = env.Text(setting.Variable)
	}
	return s
}

// On reports whether people can sign in otherwise than with a key.
func (s SignOn) On() bool { return s.Issuer != "" || s.Forward != "" }

func (s SignOn) withDefaults() SignOn {
	s.PublicURL = strings.TrimRight(s.PublicURL, "/")
	s.GroupsClaim = cmp.Or(s.GroupsClaim, "groups")
	s.CheckEvery = cmp.Or(s.CheckEvery, signin.MaxCheckEvery.String())
	if at, err := url.Parse(s.Issuer); err == nil {
		s.ProviderName = cmp.Or(s.ProviderName, at.Hostname())
	}
	return s
}

func (s SignOn) validate() error {
	var rules service.Rules
	if s.PublicURL != "" {
		rules.Check(safeURL(s.PublicURL, false), "PORTAL_PUBLIC_URL is %q; it must be an address without a path such as https://portal.example.com, or http on this machine alone", s.PublicURL)
	}
	if s.Issuer != "" {
		rules.Check(safeURL(s.Issuer, true), "PORTAL_OIDC_ISSUER is %q; it must be an https address, or http on this machine alone", s.Issuer)
		rules.Check(s.ClientID != "", "PORTAL_OIDC_CLIENT is not set; it is the id that the provider at %s gave the portal", s.Issuer)
		rules.Check(s.PublicURL != "", "PORTAL_PUBLIC_URL is not set; to it the provider at %s sends people back", s.Issuer)
	}
	if s.SecretFile != "" {
		_, err := os.ReadFile(s.SecretFile)
		rules.Check(err == nil, "PORTAL_OIDC_SECRET_FILE: %v", err)
	}
	if _, err := s.forward(); err != nil {
		rules = append(rules, err)
	}
	if _, err := access.ParseGroups(s.Groups); err != nil {
		rules = append(rules, fmt.Errorf("PORTAL_GROUPS: %w", err))
	}
	every, err := time.ParseDuration(s.CheckEvery)
	rules.Check(err == nil && every >= time.Second && every <= signin.MaxCheckEvery,
		"PORTAL_SESSION_CHECK is %q; it must be a time from 1s to %s", s.CheckEvery, signin.MaxCheckEvery)
	return rules.Err()
}

// forward returns how a proxy says who is asking; nil: it does not.
func (s SignOn) forward() (*signin.Forward, error) {
	from := service.NewEnv(func(string) string { return s.ForwardFrom })
	prefixes := from.Prefixes("PORTAL_FORWARD_AUTH_FROM")
	switch {
	case s.Forward == "":
		return nil, nil
	case s.Forward == "cloudflare":
		if !safeURL(s.CloudflareTeam, false) || s.CloudflareAudience == "" {
			return nil, fmt.Errorf("PORTAL_FORWARD_AUTH is cloudflare: PORTAL_CLOUDFLARE_TEAM must be the team's address, such as https://example.cloudflareaccess.com, " +
				"and PORTAL_CLOUDFLARE_AUDIENCE the tag of the application")
		}
		return signin.NewCloudflare(s.CloudflareTeam, s.CloudflareAudience, s.GroupsClaim), nil
	case from.Err() != nil:
		return nil, from.Err()
	case len(prefixes) == 0:
		return nil, fmt.Errorf("PORTAL_FORWARD_AUTH is %s, and PORTAL_FORWARD_AUTH_FROM is empty: whoever reaches the portal could say that they are somebody else", s.Forward)
	}
	forward, err := signin.NewForward(s.Forward, prefixes)
	if err != nil {
		return nil, fmt.Errorf("PORTAL_FORWARD_AUTH: %w", err)
	}
	return forward, nil
}

// provider returns with whom people sign in; nil: with nobody.
func (s SignOn) provider() *signin.Provider {
	if s.Issuer == "" {
		return nil
	}
	return &signin.Provider{
		Issuer: s.Issuer, ClientID: s.ClientID, SecretFile: s.SecretFile, RedirectURL: s.PublicURL + "/api/signin/callback",
		Scopes: strings.Fields(s.Scopes), GroupsClaim: s.GroupsClaim, Name: s.ProviderName,
	}
}

// sessions returns the sessions in the database. s must be valid.
func (s SignOn) sessions(db *store.Store, provider *signin.Provider, log *slog.Logger) *signin.Sessions {
	sessions := signin.NewSessions(db, log)
	groups, _ := access.ParseGroups(s.Groups)
	sessions.Actor = func(p signin.Person) access.Actor { return p.Actor(groups) }
	sessions.CheckEvery, _ = time.ParseDuration(s.CheckEvery)
	if provider != nil {
		sessions.Check = provider.Check
	}
	return sessions
}

// names returns the names that the portal answers to by its public URL.
func (s SignOn) names() []string {
	at, err := url.Parse(s.PublicURL)
	if err != nil || at.Hostname() == "" {
		return nil
	}
	return []string{at.Hostname()}
}
