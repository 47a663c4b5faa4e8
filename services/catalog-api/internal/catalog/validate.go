package catalog

import (
	"cmp"
	"fmt"
	"net/url"
	"slices"
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
	MaxURL         = 2000
	MaxTags        = 50
	MaxTag         = 63
)

// Validate returns an *InvalidError with every rule that s breaks, or nil.
func (s Service) Validate() error {
	var v validator
	for _, t := range s.texts(Change{}) {
		t.check(&v, t.name, *t.value)
	}
	v.tags(s.Tags)
	v.dependencies(s)
	if !s.Interval.Known() {
		v.add("interval", "The interval must be one of "+events.Names(events.Intervals)+".", s.Interval)
	}
	if !s.Status.Known() {
		v.add("status", "The status must be one of "+events.Names(events.Statuses)+".", s.Status)
	}
	return v.err()
}

// linkSchemes are the schemes of links.
var linkSchemes = []string{"http", "https"}

// validator collects broken rules.
type validator struct{ fields []FieldError }

func (v *validator) add(field, message string, value any) {
	v.fields = append(v.fields, FieldError{Field: field, Message: message, Value: value})
}

// err returns an *InvalidError with the broken rules, or nil if there are none.
func (v *validator) err() error {
	if len(v.fields) == 0 {
		return nil
	}
	return &InvalidError{Fields: v.fields}
}

func (v *validator) name(field, value string) {
	if value == "" {
		v.add(field, "A service needs a name.", value)
	}
	v.label(field, value, MaxName)
}

func (v *validator) description(field, value string) {
	if wrong := wrongCharacter(value, true); wrong != "" {
		v.add(field, wrong, nil)
		return
	}
	v.length(field, value, MaxDescription)
}

func (v *validator) team(field, value string) { v.label(field, value, MaxTeam) }

func (v *validator) healthURL(field, value string) {
	v.address(field, value, events.ProbedSchemes)
	if u, err := url.Parse(value); err == nil && u.User != nil {
		v.add(field, "A health URL must not contain a user name or password: everybody can see it.", nil)
	}
}

// label checks a name, team or tag.
func (v *validator) label(field, value string, most int) {
	if wrong := WrongLabel(value, most); wrong != "" {
		v.add(field, wrong, nil)
	}
}

// WrongLabel returns what is wrong with a name, team or tag, a text of one line, or "".
func WrongLabel(value string, most int) string {
	if wrong := wrongCharacter(value, false); wrong != "" {
		return wrong
	}
	if value != "" && !strings.ContainsFunc(value, visible) {
		return "It has no visible character: enter at least one letter, digit or sign."
	}
	return wrongLength(value, most)
}

func (v *validator) length(field, value string, most int) {
	if wrong := wrongLength(value, most); wrong != "" {
		v.add(field, wrong, nil)
	}
}

func wrongLength(value string, most int) string {
	if n := utf8.RuneCountInString(value); n > most {
		return fmt.Sprintf("At most %d characters are allowed, but there are %d.", most, n)
	}
	return ""
}

// url checks a link.
func (v *validator) url(field, raw string) { v.address(field, raw, linkSchemes) }

// address checks a URL of one of the schemes.
func (v *validator) address(field, raw string, schemes []string) {
	if wrong := wrongLength(raw, MaxURL); wrong != "" {
		v.add(field, wrong, nil)
	} else if wrong := wrongURL(raw, schemes); wrong != "" {
		v.add(field, wrong, raw)
	}
}

// WrongLink returns what is wrong with a link, a URL of http or https, or "".
func WrongLink(raw string) string {
	return cmp.Or(wrongLength(raw, MaxURL), wrongURL(raw, linkSchemes))
}

// wrongURL returns what is wrong with a URL, or "". Browsers parse URLs with spaces or
// control characters differently than we do.
func wrongURL(raw string, schemes []string) string {
	u, err := url.Parse(raw)
	switch {
	case raw == "":
		return ""
	case err != nil || strings.ContainsFunc(raw, unicode.IsSpace) || wrongCharacter(raw, false) != "":
		return "This is not a URL. Use the form https://host/path."
	case !slices.Contains(schemes, u.Scheme):
		return "The URL must begin with " + strings.Join(schemes, ":// or ") + "://."
	case u.Hostname() == "":
		return "This URL has no host. Use the form https://host/path."
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
		v.add("tags", fmt.Sprintf("At most %d tags are allowed, but there are %d.", MaxTags, len(tags)), nil)
		return
	}
	for i, tag := range tags {
		field := fmt.Sprintf("tags[%d]", i)
		if tag == "" {
			v.add(field, "A tag must not be empty.", tag)
		}
		v.label(field, tag, MaxTag)
	}
}
