// Package signin knows people: as a provider of OpenID Connect tells them, or a proxy that
// asked one. It keeps the sessions of those who signed in.
package signin

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"unicode"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/access"
)

// Kind is the kind of thing that people are in the trail.
const Kind events.Kind = "person"

// The limits of what is taken from a sign-on. More is cut.
const (
	maxText   = 255 // bytes; the most that a subject may have (OpenID Connect Core 1.0, section 2)
	maxGroups = 500
)

// Person is somebody as a sign-on tells them.
type Person struct {
	ID     string   `json:"id"` // the subject
	Name   string   `json:"name"`
	Email  string   `json:"email,omitempty"` // "" unless the sign-on has verified it
	Groups []string `json:"groups,omitempty"`
}

// Actor returns what a person is to the rules. An e-mail address counts as a group: where a
// sign-on knows no groups, people are told apart by it.
func (p Person) Actor(groups access.Groups) access.Actor {
	names := p.Groups
	if p.Email != "" {
		names = append(slices.Clip(names), p.Email)
	}
	role, teams := groups.Of(names)
	return access.Actor{Kind: access.Person, ID: p.ID, Name: p.Name, Role: role, Teams: teams}
}

// clipped returns the person within the limits.
func (p Person) clipped() Person {
	p.ID, p.Name, p.Email = clip(p.ID), clip(p.Name), clip(p.Email)
	groups := make([]string, 0, min(len(p.Groups), maxGroups))
	for _, group := range p.Groups {
		group = strings.TrimSpace(group)
		if group != "" && group == clip(group) && len(groups) < maxGroups { // part of a group would be another
			groups = append(groups, group)
		}
	}
	p.Groups = groups
	return p
}

// clip returns a text in one line without control characters, and without what is beyond the
// limit.
func clip(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	text = strings.Join(strings.Fields(text), " ")
	for len(text) > maxText {
		text = strings.ToValidUTF8(text[:maxText], "")
	}
	return text
}

// claims are what a token says (OpenID Connect Core 1.0, section 5.1).
type claims map[string]json.RawMessage

func (c claims) text(name string) (text string) {
	_ = json.Unmarshal(c[name], &text) // one of another type is none
	return text
}

var errNoSubject = errors.New("the sign-on does not say who it is: there is no sub")

// person returns whom the claims are about. groups is the claim that has the groups; one
// within objects is named with dots, such as realm_access.roles.
func (c claims) person(groups string) (Person, error) {
	p := Person{
		ID:   c.text("sub"),
		Name: cmp.Or(c.text("name"), c.text("preferred_username"), c.text("email"), c.text("sub")),
	}
	var verified any
	_ = json.Unmarshal(c["email_verified"], &verified)
	if verified == true || verified == "true" { // some providers send it as a text
		p.Email = strings.ToLower(c.text("email"))
	}
	p.Groups = c.list(groups)
	if p = p.clipped(); p.ID == "" {
		return p, errNoSubject
	}
	return p, nil
}

// has reports whether a claim is there, also an empty one.
func (c claims) has(path string) bool { return c.find(path) != nil }

// list returns the texts of a claim that is a list or one text.
func (c claims) list(path string) (texts []string) {
	raw := c.find(path)
	var one string
	if json.Unmarshal(raw, &texts) != nil && json.Unmarshal(raw, &one) == nil {
		texts = []string{one}
	}
	return texts
}

// find returns a claim by its name, or by its path with dots.
func (c claims) find(path string) json.RawMessage {
	if raw, there := c[path]; there {
		return raw
	}
	name, rest, deeper := strings.Cut(path, ".")
	var inner claims
	if !deeper || json.Unmarshal(c[name], &inner) != nil {
		return nil
	}
	return inner.find(rest)
}
