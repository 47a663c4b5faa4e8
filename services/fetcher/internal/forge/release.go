package forge

import (
	"cmp"
	"encoding/json"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// answered is a release as the forges give it; each has some of the fields.
type answered struct {
	Tag        string    `json:"tag_name"`
	Name       string    `json:"name"`
	Draft      bool      `json:"draft"`            // GitHub and Gitea, for those who may write
	Prerelease bool      `json:"prerelease"`       // GitHub and Gitea
	Upcoming   bool      `json:"upcoming_release"` // GitLab: released_at is to come
	Page       string    `json:"html_url"`         // GitHub and Gitea
	Body       string    `json:"body"`             // GitHub and Gitea
	Text       string    `json:"description"`      // GitLab
	Published  time.Time `json:"published_at"`     // GitHub and Gitea
	Released   time.Time `json:"released_at"`      // GitLab
	Links      struct {
		Self string `json:"self"`
	} `json:"_links"` // GitLab
	Author struct {
		Login    string `json:"login"`    // GitHub and Gitea
		Username string `json:"username"` // GitLab
	} `json:"author"`
}

// decode returns the releases of a page that are published.
func decode(body []byte) (list []events.Release, err error) {
	var page []answered
	if err := json.Unmarshal(body, &page); err != nil {
		return nil, err
	}
	for _, r := range page {
		published := later(r.Published, r.Released)
		if r.Draft || r.Upcoming || published.IsZero() || !isTag(r.Tag) {
			continue
		}
		release := events.Release{
			Tag: r.Tag, Title: line(r.Name, events.MaxTitle), URL: link(cmp.Or(r.Page, r.Links.Self)),
			Author: line(cmp.Or(r.Author.Login, r.Author.Username), events.MaxAuthor), PublishedAt: published.UTC(), Prerelease: r.Prerelease,
		}
		if release.Title == r.Tag {
			release.Title = ""
		}
		notes := strings.NewReplacer("\x00", "", "\r\n", "\n").Replace(cmp.Or(r.Body, r.Text))
		release.Notes = cut(notes, events.MaxNotes)
		release.NotesCut = len(release.Notes) < len(notes)
		list = append(list, release)
	}
	return list, nil
}

// newest returns the newest of the releases, each tag once, that together fit into a message.
func newest(all []events.Release) []events.Release {
	slices.SortStableFunc(all, func(a, b events.Release) int {
		return cmp.Or(b.PublishedAt.Compare(a.PublishedAt), strings.Compare(b.Tag, a.Tag))
	})
	seen := map[string]bool{}
	all = slices.DeleteFunc(all, func(r events.Release) bool {
		twice := seen[r.Tag]
		seen[r.Tag] = true
		return twice
	})
	all = all[:min(len(all), events.MaxReleases)]
	for most := events.MaxNotes; size(all) > maxEncoded; most /= 2 {
		for i, r := range all {
			all[i].Notes = cut(r.Notes, most)
			all[i].NotesCut = r.NotesCut || len(all[i].Notes) < len(r.Notes)
		}
	}
	return all
}

// maxEncoded is the maximum of the releases in a message, as JSON, which writes some letters
// in six bytes. Readers take 256 KiB.
const maxEncoded = 200 << 10

func size(all []events.Release) int {
	encoded, err := json.Marshal(all)
	if err != nil {
		return 0 // impossible: it has texts and times
	}
	return len(encoded)
}

func isTag(tag string) bool {
	return tag != "" && len(tag) <= events.MaxTag && !strings.ContainsFunc(tag, unicode.IsControl)
}

// line returns a text on one line, of at most that many bytes.
func line(text string, most int) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, text)
	return strings.TrimSpace(cut(strings.TrimSpace(text), most))
}

// cut returns the begin of a text, of at most that many bytes.
func cut(text string, most int) string {
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}

// link returns the address of a page, or "" if it is none.
func link(to string) string {
	const most = 2048
	if len(to) > most || strings.ContainsFunc(to, unicode.IsControl) || !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "http://") {
		return ""
	}
	return to
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
