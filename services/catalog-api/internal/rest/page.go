package rest

import (
	"encoding/base64"
	"net/url"
	"sort"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// maxPage is the largest limit of a page.
const maxPage = 1000

// Number is a parameter that is described as a number and read by Page, because an
// unreadable one must not pass as an absent one.
type Number string

// Schema implements huma.SchemaProvider.
func (Number) Schema(huma.Registry) *huma.Schema { return &huma.Schema{Type: huma.TypeInteger} }

// Paging are the parameters of a list that can be read in pages. Pages are bounded by
// keys, so that additions and deletions meanwhile move nothing to another page.
type Paging struct {
	Limit Number `query:"limit" minimum:"1" maximum:"1000" doc:"Size of a page; absent: all. If there are more, next leads to the next page."`
	After string `query:"after" doc:"The value of next in the page before."`

	url url.URL // of the request
}

// Resolve keeps the URL, for NextLink.
func (p *Paging) Resolve(ctx huma.Context) []error {
	p.url = ctx.URL()
	return nil
}

// Page is a part of a list.
type Page struct {
	After string // the page has the keys after this one; "": from the start
	Limit int    // 0: no limit
}

// Page parses the parameters. Its error is a *Problem.
func (p *Paging) Page() (page Page, err error) {
	if p.Limit != "" {
		n, err := strconv.Atoi(string(p.Limit))
		if err != nil || n < 1 || n > maxPage {
			return page, InvalidParameter("limit", "It must be a number from 1 to "+strconv.Itoa(maxPage)+".", Clip(string(p.Limit)))
		}
		page.Limit = n
	}
	key, err := base64.RawURLEncoding.DecodeString(p.After)
	if err != nil {
		return page, InvalidParameter("after", "It must be the value of next from an earlier page.", Clip(p.After))
	}
	page.After = string(key)
	return page, nil
}

// Next returns the value of the parameter after for the page that follows the key.
func Next(key string) string { return base64.RawURLEncoding.EncodeToString([]byte(key)) }

// Cut returns the items of a page, and the value of after for the next one; "": there is
// none. all are sorted by the bytes of their keys.
func Cut[T any](all []T, p Page, key func(T) string) (part []T, next string) {
	begin := 0
	if p.After != "" {
		begin = sort.Search(len(all), func(i int) bool { return key(all[i]) > p.After })
	}
	part = all[begin:]
	if p.Limit > 0 && len(part) > p.Limit {
		part = part[:p.Limit]
		next = Next(key(part[p.Limit-1]))
	}
	return part, next
}

// NextLink returns the header Link (RFC 8288) from this page to the next one; "": there is
// none.
func (p *Paging) NextLink(next string) string {
	if next == "" {
		return ""
	}
	query := p.url.Query()
	query.Set("after", next)
	page := p.url
	page.RawQuery = query.Encode()
	return "<" + page.RequestURI() + `>; rel="next"`
}
