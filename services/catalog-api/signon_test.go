package catalogapi_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSignOnIsWholeOrNamed(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	const oidc = "PORTAL_PUBLIC_URL=https://portal.example.com PORTAL_OIDC_ISSUER=https://login.example.com/realms/x PORTAL_OIDC_CLIENT=portal "
	const cloudflare = "PORTAL_FORWARD_AUTH=cloudflare PORTAL_CLOUDFLARE_TEAM=https://x.cloudflareaccess.com PORTAL_CLOUDFLARE_AUDIENCE=y"
	for name, tc := range map[string]struct {
		env  string
		want string // in the error; "": it starts
	}{
		"a provider":                      {oidc, ""},
		"a provider with a secret":        {oidc + "PORTAL_OIDC_SECRET_FILE=" + secret, ""},
		"a secret that is not there":      {oidc + "PORTAL_OIDC_SECRET_FILE=/nowhere", "PORTAL_OIDC_SECRET_FILE: open /nowhere"},
		"a provider on this machine":      {"PORTAL_PUBLIC_URL=http://127.0.0.1:8000 PORTAL_OIDC_ISSUER=http://localhost:9000 PORTAL_OIDC_CLIENT=portal", ""},
		"a provider by http":              {oidc + "PORTAL_OIDC_ISSUER=http://login.example.com", "PORTAL_OIDC_ISSUER is"},
		"a provider without a client":     {"PORTAL_PUBLIC_URL=https://portal.example.com PORTAL_OIDC_ISSUER=https://login.example.com", "PORTAL_OIDC_CLIENT is not set"},
		"a provider without a portal":     {"PORTAL_OIDC_ISSUER=https://login.example.com PORTAL_OIDC_CLIENT=portal", "PORTAL_PUBLIC_URL is not set"},
		"a portal by http":                {oidc + "PORTAL_PUBLIC_URL=http://portal.example.com", "PORTAL_PUBLIC_URL is"},
		"a portal below a path":           {oidc + "PORTAL_PUBLIC_URL=https://example.com/portal", "PORTAL_PUBLIC_URL is"},
		"a portal that is no URL":         {oidc + "PORTAL_PUBLIC_URL=portal.example.com", "PORTAL_PUBLIC_URL is"},
		"rules of groups":                 {oidc + "PORTAL_GROUPS=platform=admin;team-*=editor:*", ""},
		"rules that are none":             {oidc + "PORTAL_GROUPS=platform=root", `PORTAL_GROUPS: "platform=root": "root" is not a role`},
		"a check each second":             {oidc + "PORTAL_SESSION_CHECK=1s", ""},
		"a check that is too rare":        {oidc + "PORTAL_SESSION_CHECK=1h", "PORTAL_SESSION_CHECK is"},
		"a check at no time":              {oidc + "PORTAL_SESSION_CHECK=often", "PORTAL_SESSION_CHECK is"},
		"a proxy":                         {"PORTAL_FORWARD_AUTH=authelia PORTAL_FORWARD_AUTH_FROM=10.0.0.7", ""},
		"a proxy at any address":          {"PORTAL_FORWARD_AUTH=authelia PORTAL_PROXIES=10.0.0.0/8", "PORTAL_FORWARD_AUTH_FROM is empty"},
		"a proxy at a name":               {"PORTAL_FORWARD_AUTH=authelia PORTAL_FORWARD_AUTH_FROM=traefik", `PORTAL_FORWARD_AUTH_FROM has "traefik"`},
		"a proxy that is not known":       {"PORTAL_FORWARD_AUTH=nginx PORTAL_FORWARD_AUTH_FROM=10.0.0.7", `"nginx" is not a known proxy`},
		"Cloudflare":                      {cloudflare, ""},
		"Cloudflare without an audience":  {"PORTAL_FORWARD_AUTH=cloudflare PORTAL_CLOUDFLARE_TEAM=https://x.cloudflareaccess.com", "PORTAL_CLOUDFLARE_AUDIENCE"},
		"Cloudflare without a safe team":  {"PORTAL_FORWARD_AUTH=cloudflare PORTAL_CLOUDFLARE_TEAM=http://x.example PORTAL_CLOUDFLARE_AUDIENCE=y", "PORTAL_CLOUDFLARE_TEAM must be"},
		"several things at the same time": {"PORTAL_OIDC_ISSUER=x PORTAL_GROUPS=y", "PORTAL_GROUPS"},
	} {
		err := configured(tc.env)
		if (err == nil) != (tc.want == "") || err != nil && !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: got %v, want %q", name, err, tc.want)
		}
	}
}
