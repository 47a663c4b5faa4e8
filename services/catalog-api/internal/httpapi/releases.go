package httpapi

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// Releases is what the API needs of the releases.
type Releases interface {
	// Releases returns the newest releases of a service, or catalog.ErrNotFound.
	Releases(ctx context.Context, id string, limit int) (catalog.Releases, error)
	// ReleasesBetween returns the releases of services in a time, the newest first, without
	// their notes.
	ReleasesBetween(ctx context.Context, ids []string, from, before time.Time, limit int) ([]catalog.Release, error)
	// ReleasesRevision and NewestReleases are as in rating.Sources.
	ReleasesRevision(ctx context.Context) (string, error)
	NewestReleases(ctx context.Context) (newest map[string]catalog.NewestRelease, revision string, err error)
	// LinksRevision and Links are, too.
	LinksRevision(ctx context.Context) (string, error)
	Links(ctx context.Context) (links map[catalog.LinkDigest]catalog.Link, revision string, err error)
}

const (
	releasesPage = 10 // if the limit is not given
	mostReleases = 50 // that are kept
)

// releaseFacts is what is known of a release, besides its notes.
type releaseFacts struct {
	Tag         string    `json:"tag" doc:"Unique in the repository." example:"v1.8.2"`
	Title       string    `json:"title,omitempty" doc:"Absent: it is the tag."`
	URL         string    `json:"url,omitempty" doc:"Its page: http or https."`
	Author      string    `json:"author,omitempty" doc:"The account's name at the forge."`
	PublishedAt time.Time `json:"published_at"`
	Prerelease  bool      `json:"prerelease,omitempty" doc:"Its author says that it is not for everybody yet."`
}

type release struct {
	releaseFacts
	Notes    []noteNode `json:"notes" nullable:"false" doc:"What its author wrote, as a tree."`
	NotesCut bool       `json:"notes_cut,omitempty" doc:"The notes are longer: the release's page has all of them."`
}

// noteNode is a notes.Node.
type noteNode struct {
	Kind     notes.Kind `json:"kind" enum:"paragraph,heading,list,item,quote,code_block,link,emphasis,strong,strikethrough,code,break,text" doc:"text, code and code_block have a text, break has nothing, and all others have children. There is no HTML and no image."`
	Text     string     `json:"text,omitempty"`
	URL      string     `json:"url,omitempty" doc:"Of a link: http or https."`
	Level    int        `json:"level,omitempty" doc:"Of a heading: 1 to 6."`
	Ordered  bool       `json:"ordered,omitempty" doc:"Of a list: its items are numbered."`
	Children []noteNode `json:"children,omitempty"`
}

type releaseList struct {
	Repository string                `json:"repository,omitempty" doc:"The service's github_url, which was asked. Absent: the service has none."`
	CheckedAt  *time.Time            `json:"checked_at,omitempty" doc:"When the releases changed, or were confirmed: they are asked for more often, and what has not changed is noted once a day. Absent: nobody has asked yet."`
	Problem    events.ReleaseProblem `json:"problem,omitempty" enum:"not_found,denied,rate_limited,unreachable,bad_answer,unsupported" doc:"Why they could not be read at checked_at; more may come. The items are those from before."`
	Items      []release             `json:"items" nullable:"false" doc:"The newest first."`
}

func newReleaseFacts(r catalog.Release) releaseFacts {
	return releaseFacts{r.Tag, r.Title, r.URL, r.Author, r.PublishedAt, r.Prerelease}
}

func newReleaseList(of catalog.Releases) releaseList {
	list := releaseList{Repository: of.Repository, Problem: of.Problem, Items: make([]release, len(of.Items))}
	if !of.CheckedAt.IsZero() {
		list.CheckedAt = &of.CheckedAt
	}
	for i, r := range of.Items {
		list.Items[i] = release{newReleaseFacts(r), newNoteNodes(r.Notes), r.NotesCut}
	}
	return list
}

func newNoteNodes(of []notes.Node) []noteNode {
	list := make([]noteNode, len(of))
	for i, n := range of {
		list[i] = noteNode{n.Kind, n.Text, n.URL, n.Level, n.Ordered, newNoteNodes(n.Children)}
	}
	return list
}

func exampleReleases() releaseList {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	const repository = "https://github.com/example/billing"
	return newReleaseList(catalog.Releases{Repository: repository, CheckedAt: at.Add(time.Minute), Items: []catalog.Release{{
		Tag: "v1.8.2", Title: "Faster invoices", URL: repository + "/releases/tag/v1.8.2", Author: "ada", PublishedAt: at,
		Notes: notes.Parse("A PDF takes **2 s**, not 8 (see [#41](" + repository + "/pull/41)).\n\n* `invoice` renders in parallel"),
	}}})
}

// releases adds the route of the releases.
func (a *API) releases(r *rest.API) {
	r.Tag("releases", "What was published of the services' software, as their forges say.")
	op := rest.Get("list-releases", rest.Prefix+"/services/{id}/releases", "Read the releases of a service",
		"The newest releases in the repository that the service links to (github_url), with their notes; if it could not be read, why.")
	op.Tags = []string{"releases"}
	rest.Register(r, op, a.listReleases, rest.Example(exampleReleases()), rest.NotChanged(), rest.Problems(rest.Malformed, rest.NotFound, rest.Invalid))
}

type releasesInput struct {
	ID          string      `path:"id" format:"uuid" doc:"The service's id."`
	Limit       rest.Number `query:"limit" minimum:"1" maximum:"50" doc:"How many at most; absent: 10."`
	IfNoneMatch string      `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
}

// limit returns how many releases are asked for.
func (in *releasesInput) limit() (int, error) {
	if in.Limit == "" {
		return releasesPage, nil
	}
	n, err := strconv.Atoi(string(in.Limit))
	if err != nil || n < 1 || n > mostReleases {
		return 0, rest.InvalidParameter("limit", fmt.Sprintf("It must be a number from 1 to %d.", mostReleases), rest.Clip(string(in.Limit)))
	}
	return n, nil
}

// listReleases serves GET /api/services/{id}/releases.
func (a *API) listReleases(ctx context.Context, in *releasesInput) (*rest.Versioned[releaseList], error) {
	id, err := serviceID(in.ID)
	if err != nil {
		return nil, err
	}
	limit, err := in.limit()
	if err != nil {
		return nil, err
	}
	found, err := a.Catalog.Releases(ctx, id, limit)
	if err != nil {
		return nil, err
	}
	return rest.NewVersioned(1, newReleaseList(found)).Unless(in.IfNoneMatch), nil
}
