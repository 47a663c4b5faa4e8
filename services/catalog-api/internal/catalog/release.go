package catalog

import (
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/notes"
)

// Releases are those of a service's software, as far as its repository could be read.
type Releases struct {
	Repository string                // that the service links to; "": to none
	CheckedAt  time.Time             // when what is known of it changed or was confirmed; zero: nobody has looked yet
	Problem    events.ReleaseProblem // why it could not be read then; "": it could
	Items      []Release             // the newest first
}

// Release is a release as the forge has it, with its notes parsed.
type Release struct {
	ServiceID   string    `db:"service_id"`
	Tag         string    `db:"tag"`
	Title       string    `db:"title"`  // "": it is the tag
	URL         string    `db:"url"`    // of its page; "": it has none
	Author      string    `db:"author"` // "": not known
	PublishedAt time.Time `db:"published_at"`
	Prerelease  bool      `db:"prerelease"`
	NotesCut    bool      `db:"notes_cut"` // they are only the beginning

	Notes []notes.Node `db:"-"`
}

// NewestRelease is when the newest release in a repository was published.
type NewestRelease struct {
	Repository  string    `db:"github_url"` // that was read: the service may link elsewhere now
	PublishedAt time.Time `db:"published_at"`
}
