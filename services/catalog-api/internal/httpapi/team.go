package httpapi

import (
	"errors"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/oncall"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// team is a team as clients read it. Fields that are not set are null.
type team struct {
	Slug        string       `json:"slug" pattern:"^[a-z0-9]+(-+[a-z0-9]+)*$" minLength:"1" maxLength:"63" doc:"For addresses and subjects on NATS. It never changes." example:"payments"`
	Name        string       `json:"name" minLength:"1" maxLength:"100" doc:"Unique: what the field team of its services says. Case counts." example:"Payments"`
	Description *string      `json:"description" maxLength:"2000" doc:"What it does, in a few lines."`
	ChatURL     *string      `json:"chat_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where one talks to it."`
	Email       *string      `json:"email" maxLength:"254" doc:"Its mail address." example:"payments@example.com"`
	PageURL     *string      `json:"page_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where one calls it for help, at any hour."`
	DocsURL     *string      `json:"docs_url" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its handbook is."`
	OnCall      *oncall.Plan `json:"on_call" doc:"Who is on call; null: nobody says."`
	Version     int64        `json:"version" minimum:"1" doc:"Grows with each change."`
	CreatedAt   time.Time    `json:"created_at"`
	UpdatedAt   time.Time    `json:"updated_at"`
}

// TransformSchema says that a team may have no plan.
func (team) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Properties["on_call"] = rest.OrNull(s.Properties["on_call"])
	return s
}

// newTeam returns t as clients read it. The result has pointers into t.
func newTeam(t *catalog.Team) team {
	return team{
		Slug: t.Slug, Name: t.Name, Description: unlessEmpty(&t.Description),
		ChatURL: unlessEmpty(&t.ChatURL), Email: unlessEmpty(&t.Email), PageURL: unlessEmpty(&t.PageURL), DocsURL: unlessEmpty(&t.DocsURL), OnCall: t.OnCall,
		Version: t.Version, CreatedAt: t.CreatedAt, UpdatedAt: t.UpdatedAt,
	}
}

// TeamUpdate is the body of a change. It is exported so that others can embed it: huma looks into no other.
type TeamUpdate struct {
	Name        rest.Field[string] `json:"name,omitempty" nullable:"false" minLength:"1" maxLength:"100" doc:"Unique; case counts. Its services get a new name too. Spaces around it are removed, and several in a row become one." example:"Payments"`
	Description rest.Field[string] `json:"description,omitempty" maxLength:"2000" doc:"What it does, in a few lines."`
	ChatURL     rest.Field[string] `json:"chat_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where one talks to it."`
	Email       rest.Field[string] `json:"email,omitempty" maxLength:"254" doc:"Its mail address." example:"payments@example.com"`
	PageURL     rest.Field[string] `json:"page_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where one calls it for help, at any hour."`
	DocsURL     rest.Field[string] `json:"docs_url,omitempty" pattern:"^[Hh][Tt][Tt][Pp][Ss]?://\\S+$" maxLength:"2000" doc:"Where its handbook is."`

	OnCall rest.Object[oncall.Plan] `json:"on_call,omitempty" doc:"Who is on call. It is changed as a whole; a calendar without a URL keeps the one that is there."`
}

// teamCreate is the body of a new team.
type teamCreate struct {
	Slug rest.Field[string] `json:"slug,omitempty" nullable:"false" pattern:"^[a-z0-9]+(-+[a-z0-9]+)*$" minLength:"1" maxLength:"63" doc:"Unique, and never changed; absent or empty: made of the name." example:"search"`
	TeamUpdate
}

// TransformSchema adds the fields that a new team must have.
func (teamCreate) TransformSchema(_ huma.Registry, s *huma.Schema) *huma.Schema {
	s.Required = []string{"name"}
	return s
}

func (t TeamUpdate) change() catalog.TeamChange {
	return catalog.TeamChange{
		Name: t.Name.To, Description: t.Description.To, ChatURL: t.ChatURL.To, Email: t.Email.To, PageURL: t.PageURL.To, DocsURL: t.DocsURL.To,
		OnCall: t.OnCall.To,
	}
}

// slug returns that of the body; "": it is to be made.
func (t teamCreate) slug() string {
	if t.Slug.To == nil {
		return ""
	}
	return *t.Slug.To
}

// invalid returns the fields that the catalogue refuses.
func (t TeamUpdate) invalid() []rest.FieldError { return refused(t.change().Validate()) }

func (t teamCreate) invalid() []rest.FieldError {
	made := catalog.NewTeam(t.slug(), time.Time{})
	if made.Slug == "" {
		made.Slug = "any"
	}
	made.Apply(t.change(), time.Time{})
	return refused(made.Validate())
}

// refused returns the fields of an *catalog.InvalidError.
func refused(err error) []rest.FieldError {
	if invalid, is := errors.AsType[*catalog.InvalidError](err); is {
		return fieldErrors(invalid.Fields)
	}
	return nil
}

type (
	teamCreateBody = rest.Body[teamCreate, team]
	teamUpdateBody = rest.Body[TeamUpdate, team]
)

// The examples in the description.
var (
	exampleTeamWrite = map[string]any{
		"name": "Search", "chat_url": "https://chat.example.com/search", "email": "search@example.com", "page_url": "https://pager.example.com/search",
		"on_call": examplePlan(),
	}
	exampleTeamPatch = map[string]any{
		"docs_url": "https://handbook.example.com/search", "email": nil,
		"on_call": oncall.Plan{Kind: oncall.ByCalendar, Calendar: &oncall.Calendar{URL: "https://calendar.example.com/secret/basic.ics"}},
	}
)

func exampleTeam() team {
	at := time.Date(2026, 3, 14, 9, 30, 0, 0, time.UTC)
	return newTeam(&catalog.Team{
		Slug: "payments", Name: "Payments", Description: "Takes money in, and pays it out.", ChatURL: "https://chat.example.com/payments",
		Email: "payments@example.com", PageURL: "https://pager.example.com/payments", OnCall: examplePlan(), Version: 1, CreatedAt: at, UpdatedAt: at,
	})
}
