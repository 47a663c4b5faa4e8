package httpapi

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
)

// preconditions are the headers of a write that make it depend on how the
// service is (RFC 9110, section 13). None of them is passed over: a client that
// sends one relies on it.
type preconditions struct {
	IfMatch           string `header:"If-Match" doc:"An ETag that was read: the answer is 412 if the service has another version by now. A probe meanwhile is no conflict."`
	IfNoneMatch       string `header:"If-None-Match" doc:"An ETag: the answer is 412 if the service has its version; with * always, because the service is there."`
	IfUnmodifiedSince string `header:"If-Unmodified-Since" doc:"A date: the answer is 412 if a client changed the service later, to the second. If-Match is exact, and goes before it."`
}

// Resolve takes each header whole: one that comes twice is one list.
func (p *preconditions) Resolve(ctx huma.Context) []error {
	r, _ := humachi.Unwrap(ctx)
	for name, value := range map[string]*string{
		"If-Match": &p.IfMatch, "If-None-Match": &p.IfNoneMatch, "If-Unmodified-Since": &p.IfUnmodifiedSince,
	} {
		*value = strings.Join(r.Header.Values(name), ", ")
	}
	return nil
}

// given says whether the write depends on anything.
func (p *preconditions) given() bool { return p.IfMatch+p.IfNoneMatch+p.IfUnmodifiedSince != "" }

// target is the id of a service that is to be written, and the version that it
// must have then; 0: any.
func (a *API) target(ctx context.Context, given string, p *preconditions) (id string, version int64, err error) {
	id, err = serviceID(given)
	if err != nil || !p.given() {
		return id, 0, err
	}
	if err := p.readable(); err != nil {
		return id, 0, err
	}
	svc, err := a.Catalog.ByID(ctx, id)
	if err != nil {
		return id, 0, err
	}
	if strings.TrimSpace(p.IfMatch) == "*" && p.IfNoneMatch == "" {
		return id, 0, nil // it is there, which is all that was asked
	}
	return id, svc.Version, p.hold(svc)
}

func (p *preconditions) readable() error {
	for name, value := range map[string]string{"If-Match": p.IfMatch, "If-None-Match": p.IfNoneMatch} {
		if tags, ok := parseTags(value); value != "" && (!ok || len(tags) == 0) {
			return malformed.problem("The header " + name + " is not a list of entity tags. Send the ETag that you read, with its quotes, or *.")
		}
	}
	if _, err := http.ParseTime(p.IfUnmodifiedSince); err != nil && p.IfUnmodifiedSince != "" {
		return malformed.problem("The header If-Unmodified-Since is not a date as HTTP writes it. Send If-Match with the ETag that you read instead.")
	}
	return nil
}

// hold says what of p is not true of the service. Tags are compared by version.
func (p *preconditions) hold(svc catalog.Service) error {
	match, _ := parseTags(p.IfMatch)
	none, _ := parseTags(p.IfNoneMatch)
	since, _ := http.ParseTime(p.IfUnmodifiedSince)
	has := func(tags []string) bool {
		return slices.Contains(tags, "*") || slices.Contains(versions(tags), svc.Version)
	}
	switch {
	case p.IfMatch != "" && !has(match):
		return catalog.ErrVersionMismatch
	case p.IfMatch == "" && p.IfUnmodifiedSince != "" && svc.UpdatedAt.Truncate(time.Second).After(since):
		return catalog.ErrVersionMismatch
	case p.IfNoneMatch != "" && has(none):
		return unmet.problem("The header If-None-Match forbids this, because the service is there and as that header says. Leave the header out to write all the same.")
	}
	return nil
}

// refuse is for an addition: it cannot be made to depend on what the list is.
func (p *preconditions) refuse() error {
	if err := p.readable(); err != nil {
		return err
	}
	if p.IfNoneMatch+p.IfUnmodifiedSince != "" || (p.IfMatch != "" && strings.TrimSpace(p.IfMatch) != "*") {
		return unmet.problem("An addition cannot depend on If-Match, If-None-Match or If-Unmodified-Since. " +
			"Leave them out: a name that is taken is refused in any case.")
	}
	return nil
}
