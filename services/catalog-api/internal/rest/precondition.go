package rest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// Preconditions are the headers that make a write depend on the state of its target
// (RFC 9110, section 13). All of them are honoured, because a client that sends one
// relies on it.
type Preconditions struct {
	IfMatch           string `header:"If-Match" doc:"The ETag that was read: the answer is 412 if the version has changed since."`
	IfNoneMatch       string `header:"If-None-Match" doc:"An ETag: the answer is 412 if it is the current version; * matches any version."`
	IfUnmodifiedSince string `header:"If-Unmodified-Since" doc:"A date: the answer is 412 if a client has changed the resource since, to the second. If-Match is exact, and takes precedence."`
}

// Resolve reads the headers. Several lines of one header are one list.
func (p *Preconditions) Resolve(ctx huma.Context) []error {
	r, _ := humachi.Unwrap(ctx)
	for name, value := range map[string]*string{
		"If-Match": &p.IfMatch, "If-None-Match": &p.IfNoneMatch, "If-Unmodified-Since": &p.IfUnmodifiedSince,
	} {
		*value = strings.Join(r.Header.Values(name), ", ")
	}
	return nil
}

// Required returns the version that the target of a write must still have; 0: any. If
// there are preconditions, it calls read, which returns the target's version and when a
// client last changed it, and evaluates them. Its error is that of read, or the problem of
// a condition that is false or cannot be parsed.
func (p *Preconditions) Required(read func() (version int64, changed time.Time, err error)) (int64, error) {
	if !p.given() {
		return 0, nil
	}
	if err := p.validate(); err != nil {
		return 0, err
	}
	version, changed, err := read()
	if err != nil {
		return 0, err
	}
	return p.evaluate(version, changed)
}

func (p *Preconditions) given() bool { return p.IfMatch+p.IfNoneMatch+p.IfUnmodifiedSince != "" }

func (p *Preconditions) validate() error {
	for name, value := range map[string]string{"If-Match": p.IfMatch, "If-None-Match": p.IfNoneMatch} {
		if tags, ok := parseTags(value); value != "" && (!ok || len(tags) == 0) {
			return Malformed.Problem("The header " + name + " is not a list of entity tags. Send the ETag that you read, with its quotes, or *.")
		}
	}
	if _, err := http.ParseTime(p.IfUnmodifiedSince); err != nil && p.IfUnmodifiedSince != "" {
		return Malformed.Problem("The header If-Unmodified-Since is not an HTTP date. Send If-Match with the ETag that you read instead.")
	}
	return nil
}

// evaluate compares tags by version.
func (p *Preconditions) evaluate(version int64, changed time.Time) (required int64, err error) {
	match, _ := parseTags(p.IfMatch)
	none, _ := parseTags(p.IfNoneMatch)
	since, _ := http.ParseTime(p.IfUnmodifiedSince)
	has := func(tags []string) bool {
		return slices.Contains(tags, "*") || slices.Contains(versions(tags), version)
	}
	switch {
	case p.IfMatch != "" && !has(match):
		return 0, ChangedMeanwhile()
	case p.IfMatch == "" && p.IfUnmodifiedSince != "" && changed.Truncate(time.Second).After(since):
		return 0, ChangedMeanwhile()
	case p.IfNoneMatch != "" && has(none):
		return 0, Unmet.Problem("The header If-None-Match matches the current version, so nothing was written. Remove the header to write anyway.")
	case strings.TrimSpace(p.IfMatch) == "*" && p.IfNoneMatch == "":
		return 0, nil // it exists, and nothing else is required
	}
	return version, nil
}

// ChangedMeanwhile returns the problem of a write to a thing that has another version.
func ChangedMeanwhile() *Problem {
	return Changed.Problem("Somebody else changed it after you read it. Read it again, then repeat your change.")
}

// Refuse returns a problem if there are preconditions that an addition cannot honour.
func (p *Preconditions) Refuse() error {
	if err := p.validate(); err != nil {
		return err
	}
	if p.IfNoneMatch+p.IfUnmodifiedSince != "" || (p.IfMatch != "" && strings.TrimSpace(p.IfMatch) != "*") {
		return Unmet.Problem("A POST cannot depend on If-Match, If-None-Match or If-Unmodified-Since. " +
			"Remove them: a name that is taken is refused anyway.")
	}
	return nil
}
