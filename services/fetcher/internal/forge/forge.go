// Package forge reads the releases of repositories from the APIs of GitHub, GitLab, and Gitea
// or Forgejo: one request in, one answer out. It knows nothing of services, of schedules, or of
// other repositories.
package forge

import (
	"context"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// Kind is the API that a forge speaks.
type Kind string

// The kinds.
const (
	GitHub Kind = "github" // github.com, and GitHub Enterprise Server
	GitLab Kind = "gitlab"
	Gitea  Kind = "gitea" // and Forgejo, which has the same API
)

// Kinds has every Kind.
var Kinds = []Kind{GitHub, GitLab, Gitea}

// Known are the forges that need no setting.
var Known = []Forge{
	{Kind: GitHub, Web: &url.URL{Scheme: "https", Host: "github.com"}},
	{Kind: GitLab, Web: &url.URL{Scheme: "https", Host: "gitlab.com"}},
	{Kind: Gitea, Web: &url.URL{Scheme: "https", Host: "codeberg.org"}},
}

// Forge is a place with repositories.
type Forge struct {
	Kind Kind
	Web  *url.URL // of its pages; scheme and host alone

	// Token gives what shows who asks; nil: requests are anonymous.
	Token Token
}

// Token gives a token for a request. It is not kept for longer than that.
type Token func(ctx context.Context) (string, error)

// Host returns the forge's host as links to it have it: "github.com", "git.example:3000".
func (f Forge) Host() string { return Host(f.Web) }

// Host returns the host of a link in one spelling: lower case, without www. and the scheme's own
// port.
func Host(u *url.URL) string {
	host := strings.TrimPrefix(strings.ToLower(u.Hostname()), "www.")
	if port := u.Port(); port != "" && (u.Scheme != "https" || port != "443") && (u.Scheme != "http" || port != "80") {
		return net.JoinHostPort(host, port)
	}
	if strings.Contains(host, ":") {
		return "[" + host + "]"
	}
	return host
}

// Parse reads a setting such as "gitea=git.example.com". The host may be a URL, for a forge
// without TLS: "gitea=http://git.internal:3000".
func Parse(setting string) (Forge, error) {
	kind, host, ok := strings.Cut(setting, "=")
	if ok && !strings.Contains(host, "://") {
		host = "https://" + host
	}
	u, err := url.Parse(strings.TrimSuffix(host, "/"))
	if !ok || err != nil || u.Host == "" || u.Path != "" || u.RawQuery != "" || u.User != nil ||
		u.Scheme != "https" && u.Scheme != "http" || !slices.Contains(Kinds, Kind(kind)) {
		return Forge{}, fmt.Errorf("%.80q is not a forge; it must be like gitea=git.example.com, with one of %s", setting, strings.Join(names(Kinds), ", "))
	}
	return Forge{Kind: Kind(kind), Web: u}, nil
}

func names(kinds []Kind) (list []string) {
	for _, k := range kinds {
		list = append(list, string(k))
	}
	return list
}

// segment is a part of a repository's path, at any of the forges.
var segment = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$`)

// Repository returns the path of the repository that a link at this forge leads to, or into:
// "owner/name", or at GitLab "group/subgroup/name".
func (f Forge) Repository(link *url.URL) (path string, ok bool) {
	inside, _, _ := strings.Cut(strings.Trim(link.Path, "/")+"/", "/-/") // GitLab's pages in a repository
	parts := strings.Split(strings.Trim(inside, "/"), "/")
	if f.Kind != GitLab && len(parts) > 2 {
		parts = parts[:2]
	}
	last := len(parts) - 1
	parts[last] = strings.TrimSuffix(parts[last], ".git")
	if len(parts) < 2 || len(parts) > 20 || slices.ContainsFunc(parts, func(s string) bool { return !segment.MatchString(s) }) {
		return "", false
	}
	return strings.Join(parts, "/"), true
}

// api returns the URL of the forge's API.
func (f Forge) api() *url.URL {
	switch {
	case f.Kind == GitLab:
		return f.Web.JoinPath("api/v4")
	case f.Kind == Gitea:
		return f.Web.JoinPath("api/v1")
	case f.Host() == "github.com":
		return &url.URL{Scheme: "https", Host: "api.github.com"}
	}
	return f.Web.JoinPath("api/v3") // GitHub Enterprise Server
}

// releases returns the URL of the newest releases of a repository.
func (f Forge) releases(path string) *url.URL {
	var u *url.URL
	switch f.Kind {
	case GitLab:
		u = f.api().JoinPath("projects", url.PathEscape(path), "releases")
	default:
		u = f.api().JoinPath("repos", path, "releases")
	}
	size := "per_page"
	if f.Kind == Gitea {
		size = "limit"
	}
	u.RawQuery = url.Values{size: {fmt.Sprint(pageSize)}}.Encode()
	return u
}
