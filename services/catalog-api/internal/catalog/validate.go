package catalog

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// The limits of a service's fields; lengths are in characters.
const (
	MaxName        = 100
	MaxTeam        = 100
	MaxDescription = 2000
	MaxURL         = 500
	MaxTags        = 50
	MaxTag         = 40
)

// Validate returns an *InvalidError with every rule that s breaks, or nil.
func (s Service) Validate() error {
	var v validator
	if s.Name == "" {
		v.add("name", "A service needs a name.", s.Name)
	}
	v.text("name", s.Name, MaxName)
	v.text("description", s.Description, MaxDescription)
	v.text("team", s.Team, MaxTeam)
	v.url("status_url", s.StatusURL)
	if u, err := url.Parse(s.StatusURL); err == nil && u.User != nil {
		v.add("status_url", "A health URL must not contain a user name or password: it is shown to everybody.", nil)
	}
	v.url("docs_url", s.DocsURL)
	v.url("github_url", s.GitHubURL)
	v.url("dashboard_url", s.DashboardURL)
	v.tags(s.Tags)
	if !s.Interval.Known() {
		v.add("interval", "The interval must be one of "+list(events.Intervals)+".", s.Interval)
	}
	if !s.Status.Known() {
		v.add("status", "The status must be one of "+list(events.Statuses)+".", s.Status)
	}
	if len(v.fields) > 0 {
		return &InvalidError{Fields: v.fields}
	}
	return nil
}

// validator collects broken rules.
type validator struct{ fields []FieldError }

func (v *validator) add(field, message string, value any) {
	v.fields = append(v.fields, FieldError{Field: field, Message: message, Value: value})
}

func (v *validator) text(field, value string, most int) {
	switch {
	case !utf8.ValidString(value) || strings.ContainsFunc(value, forbidden(field)):
		v.add(field, "It contains control characters or is not UTF-8; remove them.", nil)
	case utf8.RuneCountInString(value) > most:
		v.add(field, fmt.Sprintf("At most %d characters are allowed; this has %d.", most, utf8.RuneCountInString(value)), nil)
	}
}

// forbidden is true for control characters; a description may have lines.
func forbidden(field string) func(rune) bool {
	return func(r rune) bool {
		if field == "description" && (r == '\n' || r == '\t' || r == '\r') {
			return false
		}
		return unicode.IsControl(r)
	}
}

func (v *validator) url(field, raw string) {
	if raw == "" {
		return
	}
	if n := utf8.RuneCountInString(raw); n > MaxURL {
		v.add(field, fmt.Sprintf("At most %d characters are allowed; this has %d.", MaxURL, n), nil)
		return
	}
	if message := wrongURL(raw); message != "" {
		v.add(field, message, raw)
	}
}

// wrongURL says what is wrong with a link, or is empty. A space or a control
// character inside would be read differently by the browser than by us.
func wrongURL(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil || strings.ContainsFunc(raw, unicode.IsSpace) || !utf8.ValidString(raw):
		return "This is not a URL. It must look like https://host/path."
	case u.Scheme != "http" && u.Scheme != "https":
		return "A URL must begin with http:// or https://."
	case u.Hostname() == "":
		return "This URL names no host. It must look like https://host/path."
	case !validPort(u.Port()):
		return "The port of this URL is out of range: it must be 1 to 65535."
	}
	return ""
}

func validPort(port string) bool {
	n, err := strconv.Atoi(port)
	return port == "" || (err == nil && n > 0 && n <= 65535)
}

func (v *validator) tags(tags []string) {
	if len(tags) > MaxTags {
		v.add("tags", fmt.Sprintf("At most %d tags are allowed; these are %d.", MaxTags, len(tags)), nil)
		return
	}
	for i, tag := range tags {
		field := fmt.Sprintf("tags[%d]", i)
		if tag == "" {
			v.add(field, "A tag must not be empty.", tag)
		}
		v.text(field, tag, MaxTag)
	}
}

func list[S ~string](values []S) string {
	names := make([]string, len(values))
	for i, value := range values {
		names[i] = string(value)
	}
	return strings.Join(names, ", ")
}
