package events

import (
	"errors"
	"strings"
	"time"
)

// MaxSlug is how many characters a slug has at most: those of a DNS label (RFC 1035,
// section 2.3.1), whose letters it also has.
const MaxSlug = 63

// IsSlug reports whether text is the slug of a thing: lower-case letters of ASCII, digits,
// and hyphens between them.
func IsSlug(text string) bool {
	return text != "" && len(text) <= MaxSlug && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789-") == "" &&
		text[0] != '-' && text[len(text)-1] != '-'
}

// Team is a team when the event was written: who owns services, and how to reach them.
type Team struct {
	// Slug is given by the catalogue and never changed: see IsSlug.
	Slug string `json:"slug" jsonschema:"pattern=^[a-z0-9]+(-+[a-z0-9]+)*$,maxLength=63"`

	Name        string `json:"name"` // unique, 1 to 100 characters; the field team of its services
	Description string `json:"description,omitzero"`

	ChatURL string `json:"chat_url,omitzero" jsonschema:"format=uri"` // where one talks to it
	Email   string `json:"email,omitzero" jsonschema:"format=email"`
	PageURL string `json:"page_url,omitzero" jsonschema:"format=uri"` // where one calls it for help, at any hour
	DocsURL string `json:"docs_url,omitzero" jsonschema:"format=uri"` // its handbook

	// OnCall says how it is known who is on call, not who: that is asked of the API.
	OnCall OnCall `json:"on_call,omitzero"`

	// Version increases with every change. The first is 1, also of a team that has the slug
	// of one that was deleted.
	Version int64 `json:"version"`

	CreatedAt time.Time `json:"created_at"`
	UpdatedAt time.Time `json:"updated_at"`
}

// OnCall is how it is known who is on call for a team.
type OnCall struct {
	Kind string `json:"kind"` // "contact", "rotation" or "calendar"; later versions may have more
}

func (t Team) readable() error {
	return errors.Join(
		checkSlug("slug", t.Slug),
		check(t.Version > 0, "version is %d, the first is 1", t.Version),
		check(!t.CreatedAt.IsZero(), "created_at is missing"),
		check(!t.UpdatedAt.IsZero(), "updated_at is missing"),
	)
}

// Validate returns every rule that the team breaks, joined.
func (t Team) Validate() error {
	return errors.Join(t.readable(), check(t.Name != "", "name is empty"))
}

// TeamCreated says that a team was added: by a person, or because a service named it.
//
//	Type      dev.portal.team.created.v1
//	Subject   portal.team.<slug>, in stream PORTAL
//	Source    catalog-api, in the transaction that stored the team
//	Readers   browsers (by Server-Sent Events), and any system
//	Delivery  at least once; in order for each team. After the loss of the broker's data a
//	          team comes again as TeamUpdated.
//	Errors    one that lacks its slug, version or times is poison: readers terminate it, unretried
type TeamCreated struct {
	Team
	Authorship
}

// Type is the CloudEvents type.
func (TeamCreated) Type() string { return "dev.portal.team.created.v1" }

// Subject is where the event is published.
func (e TeamCreated) Subject() string { return TeamSubject(e.Slug) }

// Key is the team's.
func (e TeamCreated) Key() Key { return teamKey(e.Slug) }

// TeamUpdated says that a team changed. If its name did, a ServiceUpdated of each of its
// services says so too, from the same transaction.
//
//	Type      dev.portal.team.updated.v1
//	Subject   portal.team.<slug>, in stream PORTAL
//	else as TeamCreated
type TeamUpdated struct {
	Team
	Authorship
}

// Type is the CloudEvents type.
func (TeamUpdated) Type() string { return "dev.portal.team.updated.v1" }

// Subject is where the event is published.
func (e TeamUpdated) Subject() string { return TeamSubject(e.Slug) }

// Key is the team's.
func (e TeamUpdated) Key() Key { return teamKey(e.Slug) }

// TeamDeleted says that a team is gone. As a Tombstone it replaces all that the stream had
// of the team, and goes by itself after seven days. A later team may get the slug.
//
//	Type      dev.portal.team.deleted.v1
//	Subject   portal.team.<slug>, in stream PORTAL
//	else as TeamCreated
type TeamDeleted struct {
	Slug      string    `json:"slug" jsonschema:"pattern=^[a-z0-9]+(-+[a-z0-9]+)*$,maxLength=63"`
	Name      string    `json:"name"`    // as it was at the end
	Version   int64     `json:"version"` // higher than any of this team before
	DeletedAt time.Time `json:"deleted_at"`
	Actor     *Actor    `json:"actor,omitzero"` // who deleted it, as in Authorship
}

// Type is the CloudEvents type.
func (TeamDeleted) Type() string { return "dev.portal.team.deleted.v1" }

// Subject is where the event is published.
func (e TeamDeleted) Subject() string { return TeamSubject(e.Slug) }

// Key is the team's.
func (e TeamDeleted) Key() Key { return teamKey(e.Slug) }

// Purges is empty: a team has no other subjects.
func (TeamDeleted) Purges() []string { return nil }

func (e TeamDeleted) readable() error {
	return errors.Join(
		checkSlug("slug", e.Slug),
		check(e.Version > 0, "version is %d, the first is 1", e.Version),
		check(!e.DeletedAt.IsZero(), "deleted_at is missing"),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e TeamDeleted) Validate() error {
	return errors.Join(e.readable(), check(e.Name != "", "name is empty"))
}

// checkSlug returns an error if a slug is none, because it becomes part of a subject.
func checkSlug(field, slug string) error {
	return check(IsSlug(slug), "%s %.40q is not a slug", field, slug)
}
