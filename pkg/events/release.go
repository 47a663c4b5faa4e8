package events

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"
)

// The limits of what is taken from a release, in bytes. What is longer is cut.
const (
	MaxReleases = 10 // of a ReleasesFound
	MaxTag      = 255
	MaxTitle    = 255
	MaxAuthor   = 100
	MaxNotes    = 16 << 10
	maxLink     = 2048
)

// ReleaseProblem is the code of why no releases could be read. Later versions may have
// more of them than ReleaseProblems.
type ReleaseProblem string

// The problems of reading releases.
const (
	ProblemNotFound    ReleaseProblem = "not_found"    // there is no such repository, or the token may not see it
	ProblemDenied      ReleaseProblem = "denied"       // the forge refuses the token, or wants one
	ProblemRateLimited ReleaseProblem = "rate_limited" // the forge takes no more requests for now
	ProblemUnreachable ReleaseProblem = "unreachable"  // no answer in time, or an error of the forge
	ProblemBadAnswer   ReleaseProblem = "bad_answer"   // the answer was not that of the forge's API
	ProblemUnsupported ReleaseProblem = "unsupported"  // the link is not that of a repository at a forge that is set up
)

// ReleaseProblems has every ReleaseProblem.
var ReleaseProblems = []ReleaseProblem{
	ProblemNotFound, ProblemDenied, ProblemRateLimited, ProblemUnreachable, ProblemBadAnswer, ProblemUnsupported,
}

// Known reports whether p is in ReleaseProblems.
func (p ReleaseProblem) Known() bool { return slices.Contains(ReleaseProblems, p) }

// Release is what a forge says of one release.
type Release struct {
	Tag         string    `json:"tag"`                                  // unique in the repository
	Title       string    `json:"title,omitzero"`                       // absent if it is the tag
	URL         string    `json:"url,omitzero" jsonschema:"format=uri"` // its page, http or https; absent if there is none
	Author      string    `json:"author,omitzero"`                      // the account's name at the forge
	PublishedAt time.Time `json:"published_at"`                         // by the forge, UTC
	Prerelease  bool      `json:"prerelease,omitzero"`                  // its author says that it is not for everybody yet
	Notes       string    `json:"notes,omitzero"`                       // Markdown
	NotesCut    bool      `json:"notes_cut,omitzero"`                   // Notes is only the beginning
}

func (r Release) readable() error {
	return errors.Join(
		checkText("tag", r.Tag, 1, MaxTag), checkText("title", r.Title, 0, MaxTitle), checkText("author", r.Author, 0, MaxAuthor),
		checkLink("url", r.URL),
		check(!r.PublishedAt.IsZero(), "published_at is missing"),
		check(len(r.Notes) <= MaxNotes && !strings.ContainsRune(r.Notes, 0), "notes have %d bytes, or a zero byte", len(r.Notes)),
	)
}

// ReleasesFound has the newest releases of the repository that a service links to, or says
// why there are none. It is sent when they differ from those sent last, and once a day.
//
//	Type      dev.portal.releases.found.v1
//	Subject   portal.release.found.<service id>, in stream FETCHED: one is kept, for a week
//	Source    fetcher
//	Readers   catalog-api, which drops it if the service has another link now; fetcher,
//	          which goes on from it after a restart
//	Delivery  at least once; the last one of each service
//	Errors    one that lacks its ids, times or texts is poison: the reader terminates it
type ReleasesFound struct {
	ServiceID string    `json:"service_id" jsonschema:"format=uuid"`
	GitHubURL string    `json:"github_url" jsonschema:"format=uri"` // the service's link, as it was asked for
	CheckedAt time.Time `json:"checked_at"`                         // when the forge answered, by the fetcher's clock

	// Releases are the newest ones, at most MaxReleases, the newest first; no drafts.
	Releases []Release `json:"releases,omitzero"`

	// Complete says that the repository has no other releases.
	Complete bool `json:"complete,omitzero"`

	// Problem is why there are no releases; absent if they could be read.
	Problem ReleaseProblem `json:"problem,omitzero"`

	// Validator is the ETag of the answer, for the fetcher's next request.
	Validator string `json:"validator,omitzero"`
}

// Type is the CloudEvents type.
func (ReleasesFound) Type() string { return "dev.portal.releases.found.v1" }

// Subject is where the event is published.
func (e ReleasesFound) Subject() string { return ReleasesFoundSubject(e.ServiceID) }

// Key is the service's.
func (e ReleasesFound) Key() Key { return serviceKey(e.ServiceID) }

// readable also checks what would fail the database write.
func (e ReleasesFound) readable() error {
	errs := []error{
		checkID("service_id", e.ServiceID),
		checkURL("github_url", e.GitHubURL),
		check(!e.CheckedAt.IsZero(), "checked_at is missing"),
		check(len(e.Releases) <= MaxReleases, "there are %d releases, at most %d are read", len(e.Releases), MaxReleases),
	}
	if e.Problem != "" {
		errs = append(errs, checkWord("problem", string(e.Problem)))
	}
	tags := map[string]bool{}
	for i, r := range e.Releases {
		if err := r.readable(); err != nil {
			errs = append(errs, fmt.Errorf("release %d: %w", i, err))
		}
		errs = append(errs, check(!tags[r.Tag], "release %d: tag %.40q comes twice", i, r.Tag))
		tags[r.Tag] = true
	}
	return errors.Join(errs...)
}

// Validate returns every rule that the event breaks, joined.
func (e ReleasesFound) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Problem == "" || e.Problem.Known(), "problem %.40q is not on the list", e.Problem),
		check(e.Problem == "" || len(e.Releases) == 0, "there are releases and the problem %.40q", e.Problem),
		check(len(e.Validator) <= maxLink, "validator has %d bytes", len(e.Validator)),
	)
}

// ReleasePublished says that a new version of a service's software was published. Releases
// that a repository had already when it was first looked at are not told of, nor is one that
// was found more than a day after it was published.
//
//	Type      dev.portal.release.published.v1
//	Subject   portal.release.<service id>, in stream PORTAL: the last 100 are kept
//	Source    catalog-api, in the transaction that stored the release
//	Readers   browsers (by Server-Sent Events), and any system that acts on releases
//	Delivery  at least once; once for each tag, in the order in which they were found. It is
//	          not sent again after a loss of the broker's data.
//	Errors    one that lacks its ids, tag or time is poison: readers terminate it, unretried
type ReleasePublished struct {
	ServiceID   string    `json:"service_id" jsonschema:"format=uuid"`
	Name        string    `json:"name"`                                 // of the service at that time, as is Team
	Team        string    `json:"team,omitzero"`                        // absent if nobody owns the service
	Tag         string    `json:"tag"`                                  // unique in the repository
	Title       string    `json:"title,omitzero"`                       // absent if it is the tag
	URL         string    `json:"url,omitzero" jsonschema:"format=uri"` // its page, http or https; absent if there is none
	Author      string    `json:"author,omitzero"`                      // the account's name at the forge
	PublishedAt time.Time `json:"published_at"`                         // by the forge
	Prerelease  bool      `json:"prerelease,omitzero"`                  // its author says that it is not for everybody yet
	Repository  string    `json:"repository" jsonschema:"format=uri"`   // the service's link to its code
}

// Type is the CloudEvents type.
func (ReleasePublished) Type() string { return "dev.portal.release.published.v1" }

// Subject is where the event is published.
func (e ReleasePublished) Subject() string { return ReleaseSubject(e.ServiceID) }

// Key is the service's.
func (e ReleasePublished) Key() Key { return serviceKey(e.ServiceID) }

func (e ReleasePublished) readable() error {
	return errors.Join(
		checkID("service_id", e.ServiceID),
		check(e.Tag != "", "tag is empty"),
		check(!e.PublishedAt.IsZero(), "published_at is missing"),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ReleasePublished) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Name != "", "name is empty"),
		checkText("tag", e.Tag, 1, MaxTag), checkText("title", e.Title, 0, MaxTitle), checkText("author", e.Author, 0, MaxAuthor),
		checkLink("url", e.URL), checkURL("repository", e.Repository),
	)
}

// checkText returns an error unless text has so many bytes, and no control characters.
func checkText(field, text string, least, most int) error {
	return check(len(text) >= least && len(text) <= most && !strings.ContainsFunc(text, unicode.IsControl),
		"%s %.40q must have %d to %d bytes, none of them a control character", field, text, least, most)
}

// checkLink returns an error unless link is empty or one that a page may show.
func checkLink(field, link string) error {
	ok := link == "" || (strings.HasPrefix(link, "https://") || strings.HasPrefix(link, "http://")) &&
		len(link) <= maxLink && !strings.ContainsFunc(link, unicode.IsControl)
	return check(ok, "%s %.40q is not a link to a page", field, link)
}
