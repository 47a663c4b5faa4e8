package httpapi

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// maxErrors bounds how many wrong fields one answer names.
const maxErrors = 50

// setter puts a JSON value into a change, or says what is wrong with it.
type setter func(*catalog.Change, json.RawMessage) (wrong string)

// settable has each field that a client can set.
var settable = map[string]setter{
	"name":          text(func(c *catalog.Change) **string { return &c.Name }),
	"description":   text(func(c *catalog.Change) **string { return &c.Description }),
	"team":          text(func(c *catalog.Change) **string { return &c.Team }),
	"status_url":    text(func(c *catalog.Change) **string { return &c.StatusURL }),
	"docs_url":      text(func(c *catalog.Change) **string { return &c.DocsURL }),
	"github_url":    text(func(c *catalog.Change) **string { return &c.GitHubURL }),
	"dashboard_url": text(func(c *catalog.Change) **string { return &c.DashboardURL }),
	"interval":      text(func(c *catalog.Change) **events.Interval { return &c.Interval }),
	"status":        text(func(c *catalog.Change) **events.Status { return &c.Status }),
	"tags":          setTags,
}

// given has the fields that the portal gives: ignored in a write, so that what
// was read can be sent back.
var given = []string{
	"id", "version", "status_since", "status_reason", "http_status", "latency_ms",
	"last_checked_at", "created_at", "updated_at",
}

// decodeChange reads the body of a write, which is valid JSON: a field that is
// absent stays as it is, and null clears it. It names all fields that are wrong
// in one problem. The domain's rules are the domain's.
func decodeChange(body []byte) (catalog.Change, error) {
	var change catalog.Change
	if !bytes.HasPrefix(bytes.TrimLeft(body, " \t\r\n"), []byte("{")) {
		return change, invalid.problem("The body must be a JSON object with the service's fields.")
	}
	var wrong []catalog.FieldError
	seen := map[string]bool{}
	err := eachField(body, func(name string, value json.RawMessage) {
		message := set(&change, seen, name, value)
		if message != "" && len(wrong) < maxErrors {
			wrong = append(wrong, catalog.FieldError{Field: clip(name), Message: message, Value: short(value)})
		}
	})
	if err != nil {
		return change, malformed.problem("The body is not valid JSON.")
	}
	if len(wrong) > 0 {
		return change, invalidFields(append(wrong, rest(change, wrong)...))
	}
	return change, nil
}

// rest has what the domain will say of the other fields, so that one answer
// names everything.
func rest(change catalog.Change, wrong []catalog.FieldError) (more []catalog.FieldError) {
	err, _ := errors.AsType[*catalog.InvalidError](change.Validate())
	if err == nil {
		return nil
	}
	for _, f := range err.Fields {
		if !slices.ContainsFunc(wrong, func(w catalog.FieldError) bool { return w.Field == f.Field }) {
			more = append(more, f)
		}
	}
	return more
}

// set puts one field into the change, or says what is wrong with it. A name that
// comes twice is refused, because readers of JSON don't agree which one counts.
func set(change *catalog.Change, seen map[string]bool, name string, value json.RawMessage) string {
	put, known := settable[name]
	switch {
	case seen[name]:
		return "This field is there twice."
	case slices.Contains(given, name):
		return ""
	case !known:
		return "There is no such field. These can be set: " + strings.Join(slices.Sorted(maps.Keys(settable)), ", ") + "."
	}
	seen[name] = true
	return put(change, value)
}

// eachField calls fn with the members of a JSON object, in its order. Names are
// taken exactly: case counts.
func eachField(object []byte, fn func(name string, value json.RawMessage)) error {
	dec := json.NewDecoder(bytes.NewReader(object))
	if _, err := dec.Token(); err != nil {
		return err
	}
	for dec.More() {
		name, err := dec.Token()
		if err != nil {
			return err
		}
		var value json.RawMessage
		if err := dec.Decode(&value); err != nil {
			return err
		}
		fn(name.(string), value) // within an object, a token before a value is its name
	}
	return nil
}

func text[S ~string](at func(*catalog.Change) **S) setter {
	return func(c *catalog.Change, value json.RawMessage) string {
		parsed, wrong := parseText(value, "It must be text in quotes, or null.")
		*at(c) = new(S(parsed))
		return wrong
	}
}

func setTags(c *catalog.Change, value json.RawMessage) string {
	const wrong = "It must be a list of texts in quotes, or null."

	var items []json.RawMessage
	if json.Unmarshal(value, &items) != nil {
		return wrong
	}
	tags := make([]string, len(items))
	for i, item := range items {
		if string(item) == "null" {
			return wrong
		}
		tag, message := parseText(item, wrong)
		if message != "" {
			return message
		}
		tags[i] = tag
	}
	c.Tags = &tags
	return ""
}

// parseText reads a JSON string, or null as an empty one. Half of a surrogate
// pair, which encoding/json would replace without a word, is refused.
func parseText(value json.RawMessage, otherwise string) (s, wrong string) {
	if json.Unmarshal(value, &s) != nil {
		return "", otherwise
	}
	if at, escape := loneSurrogate(value); at > 0 {
		return "", fmt.Sprintf("Character %d is %s, half of a surrogate pair, which is no character: remove it.", at, escape)
	}
	return s, ""
}

// escapes are what a JSON string is made of: a pair, an escape, or a character.
var escapes = regexp.MustCompile(`(?i)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})|\\u[0-9a-f]{4}|(?s:\\?.)`)

// loneSurrogate finds the first escape in a JSON string that is half of a pair,
// and says which character it is, from 1; 0: there is none.
func loneSurrogate(value json.RawMessage) (at int, escape string) {
	if !bytes.Contains(value, []byte(`\u`)) {
		return 0, ""
	}
	for i, part := range escapes.FindAllString(string(bytes.Trim(value, "\"")), -1) {
		if len(part) == len(`\ud800`) && strings.EqualFold(part[:3], `\ud`) && part[3] >= '8' {
			return i + 1, part
		}
	}
	return 0, ""
}

// short is a value as an answer may echo it: not a long one.
func short(value json.RawMessage) any {
	if len(value) > 200 {
		return nil
	}
	return value
}

func clip(name string) string {
	if runes := []rune(name); len(runes) > 60 {
		return string(runes[:60]) + "…"
	}
	return name
}
