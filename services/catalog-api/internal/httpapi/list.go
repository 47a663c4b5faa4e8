package httpapi

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"

	"github.com/danielgtaylor/huma/v2"

	"github.com/dev-portal/dev-portal/pkg/events"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/catalog"
	"github.com/dev-portal/dev-portal/services/catalog-api/internal/rest"
)

// maxIDs is how many ids, or services that are needed, a list can be filtered by.
const maxIDs = 100

// maxWords is how many words all values of q may have together.
const maxWords = 50

// serviceList is the answer to a search.
type serviceList struct {
	Items []service `json:"items" nullable:"false" doc:"By name."`
	Total int       `json:"total" doc:"Services that match the filters, on all pages."`
	Next  string    `json:"next,omitempty" doc:"If there are more: the value of after for the next page."`
}

// listServicesInput is a search. Its fields only describe the parameters: Resolve reads
// them, because an unreadable one must not pass as an absent one.
type listServicesInput struct {
	Query  []string `query:"q,explode" doc:"Words, in any order: each is a part of name, description, team or a tag; taken literally, whatever its case. Given twice, as each filter: either."`
	Team   []string `query:"team,explode" doc:"This team; case counts."`
	Status []string `query:"status,explode" enum:"healthy,unknown,degraded,down" doc:"This status."`
	Tag    []string `query:"tag,explode" doc:"With this tag; case counts."`
	ID     []string `query:"id,explode" maxItems:"100" doc:"One of these services; repeat it for each."`
	Needs  []string `query:"needs,explode" maxItems:"100" doc:"Needs this service, named by its id or, whatever its case, its name."`

	rest.Paging
	Past

	IfNoneMatch    string `header:"If-None-Match" doc:"The ETag that was read: the answer is 304 if nothing has changed."`
	AcceptEncoding string `header:"Accept-Encoding" hidden:"true"`

	values url.Values
}

// Resolve keeps the query as it was sent. The route has checked that it can be read.
func (in *listServicesInput) Resolve(ctx huma.Context) []error {
	u := ctx.URL()
	in.values = u.Query()
	return in.Paging.Resolve(ctx)
}

// filterOf returns the filter of a query. It ignores empty parameters.
func filterOf(values url.Values) (catalog.Filter, error) {
	f := catalog.Filter{
		Query: significant(values["q"], func(q string) bool { return len(catalog.Words(q)) > 0 }),
		Team:  significant(values["team"], hasKey), Tag: significant(values["tag"], hasKey), IDs: significant(values["id"], notEmpty),
		Needs: significant(values["needs"], hasKey),
	}
	words := 0
	for _, q := range f.Query {
		words += len(catalog.Words(q))
	}
	for _, status := range significant(values["status"], notEmpty) {
		if !events.Status(status).Known() {
			return f, rest.InvalidParameter("status", "The status must be one of "+events.Names(events.Statuses)+".", rest.Clip(status))
		}
		f.Status = append(f.Status, events.Status(status))
	}
	switch {
	case words > maxWords:
		return f, rest.InvalidParameter("q", fmt.Sprintf("At most %d words are allowed, but there are %d.", maxWords, words), nil)
	case len(f.IDs) > maxIDs:
		return f, rest.InvalidParameter("id", fmt.Sprintf("At most %d ids are allowed, but there are %d.", maxIDs, len(f.IDs)), nil)
	case len(f.Needs) > maxIDs:
		return f, rest.InvalidParameter("needs", fmt.Sprintf("At most %d services are allowed, but there are %d.", maxIDs, len(f.Needs)), nil)
	}
	return f, nil
}

// significant returns the values that count.
func significant(all []string, counts func(string) bool) (values []string) {
	for _, value := range all {
		if counts(value) {
			values = append(values, value)
		}
	}
	return values
}

func notEmpty(value string) bool { return value != "" }

func hasKey(value string) bool { return catalog.Key(value) != "" }

// serviceListOutput is an encoded list, as the cache keeps it.
type serviceListOutput struct {
	Status          int
	ContentType     string `header:"Content-Type" hidden:"true"`
	ContentEncoding string `header:"Content-Encoding" hidden:"true"`
	ETag            string `header:"ETag" doc:"A digest of the list."`
	Link            string `header:"Link" doc:"The next page, as rel=next, where there is one."`
	KnownFrom       string `header:"Known-From" doc:"If it is after the moment that was asked for: from when on every change is known."`
	Body            []byte
}

// listServices serves GET /api/services. The whole list, which every viewer requests, comes
// from the cache.
func (a *API) listServices(ctx context.Context, in *listServicesInput) (*serviceListOutput, error) {
	f, err := filterOf(in.values)
	if err != nil {
		return nil, err
	}
	page, err := in.Page()
	if err != nil {
		return nil, err
	}
	at, past, err := in.moment()
	if err != nil {
		return nil, err
	}
	out := &serviceListOutput{Status: http.StatusOK, ContentType: rest.JSON}
	var list *encodedList
	switch {
	case past:
		list, out.KnownFrom, err = a.listAt(ctx, at, f)
	case f.All():
		list, err = a.list.fresh(ctx)
	default:
		list, err = a.find(ctx, f)
	}
	if err != nil {
		return nil, err
	}
	whole := f.All() && page == rest.Page{}
	if !whole {
		list = list.page(page)
	}
	out.Link, out.ETag = in.NextLink(list.next), list.tag
	switch {
	case rest.NotModified(in.IfNoneMatch, list.tag):
		out.Status, out.ContentType = http.StatusNotModified, ""
	case whole && len(list.json) > minCompressed && rest.AcceptsGzip(in.AcceptEncoding):
		out.Body, out.ContentEncoding, out.ETag = list.gzip(), "gzip", rest.Compressed(list.tag)
	default:
		out.Body = list.json
	}
	return out, nil
}

// find reads a filtered list from the catalogue.
func (a *API) find(ctx context.Context, f catalog.Filter) (*encodedList, error) {
	found, err := a.Catalog.ListServices(ctx, f)
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(found, func(l catalog.Listed) bool { return mayBeHit(&l.Service) }) {
		return encodeList(found, nil)
	}
	all, err := a.list.fresh(ctx) // what hits them need not be among what was found
	if err != nil {
		return nil, err
	}
	return encodeList(found, all.picture)
}
