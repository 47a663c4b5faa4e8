package signin

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/netip"
	"slices"
	"strings"

	"github.com/coreos/go-oidc/v3/oidc"
)

// ErrForged means that the token of a proxy is not one of its own.
var ErrForged = errors.New("the token of the proxy is not valid")

// headers are the names in which a proxy says who is asking.
type headers struct {
	id, name, email, groups string
	separator               string // of the groups
}

// proxies are those whose headers are known.
var proxies = map[string]headers{
	"authelia":     {"Remote-User", "Remote-Name", "Remote-Email", "Remote-Groups", ","},
	"authentik":    {"X-authentik-username", "X-authentik-name", "X-authentik-email", "X-authentik-groups", "|"},
	"oauth2-proxy": {"X-Auth-Request-User", "X-Auth-Request-Preferred-Username", "X-Auth-Request-Email", "X-Auth-Request-Groups", ","},
}

// cloudflare is the proxy whose word is a signed token.
const cloudflare = "cloudflare"

// Forwarders are the names of the proxies that Forward knows.
func Forwarders() []string {
	return append(slices.Sorted(maps.Keys(proxies)), cloudflare)
}

// Forward is how a proxy before the portal says who is asking.
type Forward struct {
	headers headers
	from    []netip.Prefix // whose headers are believed

	verifier *oidc.IDTokenVerifier // of Cloudflare's tokens; else nil
	groups   string                // the claim that has the groups
}

// NewForward returns how a proxy of Forwarders says who is asking. Its headers are believed
// from the addresses of from alone.
func NewForward(proxy string, from []netip.Prefix) (*Forward, error) {
	names, known := proxies[proxy]
	if !known {
		return nil, fmt.Errorf("%.40q is not a known proxy; it must be one of %s", proxy, strings.Join(Forwarders(), ", "))
	}
	return &Forward{headers: names, from: from}, nil
}

// NewCloudflare returns how Cloudflare Access says who is asking: by tokens that it signed, for
// the application with that audience. team is the team's address, such as
// https://example.cloudflareaccess.com, and groups the claim with the groups.
func NewCloudflare(team, audience, groups string) *Forward {
	// https://developers.cloudflare.com/cloudflare-one/identity/authorization-cookie/validating-json/
	ctx := oidc.ClientContext(context.Background(), &http.Client{Timeout: providerTimeout})
	keys := oidc.NewRemoteKeySet(ctx, team+"/cdn-cgi/access/certs")
	return &Forward{verifier: oidc.NewVerifier(team, keys, &oidc.Config{ClientID: audience}), groups: groups}
}

// Person returns who is asking; nil: the proxy does not say. direct is the address of the other
// end of the connection, and header returns one of the request. The error is ErrForged, or
// says that a token could not be verified.
func (f *Forward) Person(ctx context.Context, direct netip.Addr, header func(string) string) (*Person, error) {
	if f.verifier != nil {
		return f.verified(ctx, header("Cf-Access-Jwt-Assertion"))
	}
	id := header(f.headers.id)
	if id == "" || !slices.ContainsFunc(f.from, func(p netip.Prefix) bool { return p.Contains(direct) }) {
		return nil, nil
	}
	p := Person{
		ID: id, Name: cmp.Or(header(f.headers.name), header(f.headers.email), id), Email: strings.ToLower(header(f.headers.email)),
		Groups: strings.Split(header(f.headers.groups), f.headers.separator),
	}.clipped()
	if p.ID == "" {
		return nil, nil
	}
	return &p, nil
}

// verified returns whom a token of Cloudflare is about.
func (f *Forward) verified(ctx context.Context, token string) (*Person, error) {
	if token == "" {
		return nil, nil
	}
	is, err := f.verifier.Verify(ctx, token)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	var said claims
	if err := is.Claims(&said); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	p, err := said.person(f.groups)
	if err != nil {
		// A service's token has no subject, but the name of its client.
		return nil, fmt.Errorf("%w: %w", ErrForged, err)
	}
	p.Email = clip(strings.ToLower(said.text("email"))) // Access has verified it
	return &p, nil
}
