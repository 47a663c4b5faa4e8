package catalog

import (
	"cmp"
	"fmt"
	"net/mail"
	"strings"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
)

// MaxEmail is how many characters a mail address has at most (RFC 5321, section 4.5.3.1.3).
const MaxEmail = 254

// Team owns services: those whose field team is its name. An empty string means that the
// field is not set.
type Team struct {
	Slug        string `db:"slug"` // never changes: see events.IsSlug
	Name        string `db:"name"` // unique by its Key
	Description string `db:"description"`
	ChatURL     string `db:"chat_url"`
	Email       string `db:"email"`
	PageURL     string `db:"page_url"` // where one calls it for help, at any hour
	DocsURL     string `db:"docs_url"`

	OnCall      *oncall.Plan `db:"-"`            // who is on call; nil: nobody says. It is never changed, only replaced.
	CalendarURL string       `db:"calendar_url"` // of a plan by a calendar, else empty: a secret, which nobody reads but who reads the calendar

	Version int64 `db:"version"` // grows with each change

	CreatedAt time.Time `db:"created_at"`
	UpdatedAt time.Time `db:"updated_at"`
}

// TeamChange is what a client wants changed of a team: nil leaves a field as it is, an
// empty value clears it.
type TeamChange struct {
	Name, Description, ChatURL, Email, PageURL, DocsURL *string

	OnCall **oncall.Plan // to nil: nobody is said to be on call
}

// NewTeam returns an empty team, for a first Apply.
func NewTeam(slug string, now time.Time) Team {
	return Team{Slug: slug, CreatedAt: now, UpdatedAt: now}
}

// texts returns the fields of a team that a client can change, with their new values in c.
func (t *Team) texts(c TeamChange) []text {
	return []text{
		{"name", &t.Name, c.Name, Label, (*validator).teamName},
		{"description", &t.Description, c.Description, strings.TrimSpace, (*validator).description},
		{"chat_url", &t.ChatURL, c.ChatURL, strings.TrimSpace, (*validator).url},
		{"email", &t.Email, c.Email, strings.TrimSpace, (*validator).email},
		{"page_url", &t.PageURL, c.PageURL, strings.TrimSpace, (*validator).url},
		{"docs_url", &t.DocsURL, c.DocsURL, strings.TrimSpace, (*validator).url},
	}
}

// Apply applies the change at now, and reports whether the team changed. The result may be
// invalid.
func (t *Team) Apply(c TeamChange, now time.Time) bool {
	before := *t
	for _, field := range t.texts(c) {
		if field.to != nil {
			*field.value = field.normal(*field.to)
		}
	}
	if c.OnCall != nil {
		t.setOnCall(*c.OnCall)
	}
	if *t == before && t.Version > 0 {
		return false
	}
	t.Version++
	t.UpdatedAt = now
	return true
}

// Validate returns an *InvalidError with every rule that c breaks regardless of the team it
// is applied to, or nil.
func (c TeamChange) Validate() error {
	t := Team{Slug: "any", Name: "any", CalendarURL: "https://any.example"}
	t.Apply(c, time.Time{})
	return t.Validate()
}

// Validate returns an *InvalidError with every rule that t breaks, or nil.
func (t Team) Validate() error {
	var v validator
	if !events.IsSlug(t.Slug) {
		v.add("slug", fmt.Sprintf("A slug has 1 to %d of the letters a to z, digits, and hyphens between them.", events.MaxSlug), t.Slug)
	}
	for _, field := range t.texts(TeamChange{}) {
		field.check(&v, field.name, *field.value)
	}
	v.onCall(&t)
	return v.err()
}

func (v *validator) teamName(field, value string) {
	if value == "" {
		v.add(field, "A team needs a name.", value)
	}
	v.team(field, value)
}

func (v *validator) email(field, value string) {
	if wrong := wrongLength(value, MaxEmail); wrong != "" {
		v.add(field, wrong, nil)
		return
	}
	if address, err := mail.ParseAddress(value); value != "" && (err != nil || address.Address != value) {
		v.add(field, "This is not a mail address. Use the form name@host.", value)
	}
}

// Slug returns a slug for a name, which may be that of another thing.
func Slug(name string) string {
	plain := strings.Map(func(r rune) rune {
		switch {
		case 'a' <= r && r <= 'z' || '0' <= r && r <= '9':
			return r
		case r < utf8.RuneSelf:
			return '-'
		}
		return -1 // an accent, which is a sign of its own in this form, or a letter of another script
	}, strings.ToLower(norm.NFKD.String(name)))
	slug := strings.Join(strings.FieldsFunc(plain, func(r rune) bool { return r == '-' }), "-")
	return cmp.Or(cut(slug, events.MaxSlug), "team")
}

// cut returns the first characters of a slug, which do not end with a hyphen.
func cut(slug string, most int) string { return strings.TrimRight(slug[:min(len(slug), most)], "-") }

// NextSlug returns the nth slug to try for a name, from 1 on: "payments", "payments-2".
func NextSlug(name string, n int) string {
	slug := Slug(name)
	if n == 1 {
		return slug
	}
	end := fmt.Sprintf("-%d", n)
	return cut(slug, events.MaxSlug-len(end)) + end
}

// Order returns a key by which teams are in the order of their names.
func (t Team) Order() string { return Fold(t.Name) + "\x1f" + t.Slug }

// Event returns t as events contain it.
func (t Team) Event() events.Team {
	e := events.Team{
		Slug: t.Slug, Name: t.Name, Description: t.Description,
		ChatURL: t.ChatURL, Email: t.Email, PageURL: t.PageURL, DocsURL: t.DocsURL,
		Version: t.Version, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
	if t.OnCall != nil {
		e.OnCall.Kind = string(t.OnCall.Kind)
	}
	return e
}

// TeamDifferences returns the fields that a client can change and that differ between two
// states of a team, in their order. Before its creation and after its deletion it is nil.
func TeamDifferences(before, after *Team) []Difference {
	was, is := onCallSettings(before, after)
	return differencesOf(append(before.settings(), was), append(after.settings(), is))
}

// settings returns the fields that are plain text and that a client can set, always the same ones.
func (t *Team) settings() (list []setting) {
	if t == nil {
		t = &Team{}
	}
	for _, field := range t.texts(TeamChange{}) {
		list = append(list, setting{field.name, unlessZero(*field.value)})
	}
	return list
}
