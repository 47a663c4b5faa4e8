package scorecard

import (
	"strconv"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// why says why a link leads nowhere, where no number of HTTP does.
var why = map[events.LinkProblem]string{
	events.LinkUnreachable: "nothing answers", events.LinkBadTLS: "its certificate is not valid", events.LinkRedirects: "it redirects on and on",
}

// LinksOf returns what was found at the links of a service, by what became of each when it was
// checked; nil: none was.
func LinksOf(svc *catalog.Service, checked map[catalog.LinkDigest]catalog.Link) *Links {
	var found *Links
	for _, l := range []struct{ name, url, field string }{
		{"Docs", svc.DocsURL, "docs_url"}, {"Code", svc.GitHubURL, "github_url"}, {"Dashboard", svc.DashboardURL, "dashboard_url"},
	} {
		link, known := checked[catalog.DigestOf(l.url)]
		if l.url == "" || !known {
			continue
		}
		if found == nil {
			found = &Links{}
		}
		if !link.Broken() {
			continue
		}
		reason := why[link.Problem]
		if link.HTTPStatus != 0 {
			reason = strconv.Itoa(link.HTTPStatus)
		}
		if reason == "" {
			reason = string(link.Problem) // of a later version
		}
		found.Broken = append(found.Broken, Broken{l.name + " (" + reason + ")", l.field})
	}
	return found
}
