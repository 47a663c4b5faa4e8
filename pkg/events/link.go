package events

import (
	"slices"
	"time"
)

// LinksSubject is where the fetcher tells catalog-api what became of links, and asks which to
// check next: a LinksRequest as JSON, answered by Links as JSON. It is a request on core NATS, in
// no stream: of what is lost, the links are due again.
const LinksSubject = "portal.links"

// MaxLinks is how many links there are in a LinksRequest, and in the answer.
const MaxLinks = 50

// LinksRequest tells what became of links, and asks for more.
type LinksRequest struct {
	Checked []LinkChecked `json:"checked,omitzero"`
	EveryS  int64         `json:"every_s"` // seconds between two checks of a link that answers
}

// Links has links of services that are due to be checked.
type Links struct {
	Due []string `json:"due"`
}

// LinkProblem is the code of why a link does not lead anywhere. Later versions may have more.
type LinkProblem string

// The problems of links.
const (
	LinkNotFound    LinkProblem = "not_found"   // its server has no such page
	LinkFailing     LinkProblem = "failing"     // its server answers with an error of its own
	LinkUnreachable LinkProblem = "unreachable" // nothing answers in time
	LinkBadTLS      LinkProblem = "bad_tls"     // its server cannot show who it is
	LinkRedirects   LinkProblem = "redirects"   // it leads on and on
	LinkBlocked     LinkProblem = "blocked"     // its address is one that the portal does not dial
)

// LinkProblems has every LinkProblem.
var LinkProblems = []LinkProblem{LinkNotFound, LinkFailing, LinkUnreachable, LinkBadTLS, LinkRedirects, LinkBlocked}

// Known reports whether p is in LinkProblems.
func (p LinkProblem) Known() bool { return slices.Contains(LinkProblems, p) }

// LinkChecked is what became of a link.
type LinkChecked struct {
	URL        string      `json:"url"`
	CheckedAt  time.Time   `json:"checked_at"`           // by the fetcher's clock
	Problem    LinkProblem `json:"problem,omitzero"`     // absent: something answers there
	HTTPStatus int         `json:"http_status,omitzero"` // 0: nothing answered
}
