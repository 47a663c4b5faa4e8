package httpapi

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"
)

// onlyDescribed is a middleware of all routes: it refuses a query with a
// parameter that the operation doesn't describe, because a filter that is
// misspelt must not answer with everything.
func onlyDescribed(ctx huma.Context, next func(huma.Context)) {
	var known []string
	for _, p := range ctx.Operation().Parameters {
		if p.In == "query" {
			known = append(known, p.Name)
		}
	}
	r, w := humachi.Unwrap(ctx)
	if p := unknownParameters(r, known); p != nil {
		writeProblem(w, p)
		return
	}
	next(ctx)
}

// withParameters does the same for a handler that is not huma's.
func withParameters(next http.Handler, known ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p := unknownParameters(r, known); p != nil {
			writeProblem(w, p)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unknownParameters is the problem that a query has, or nil.
func unknownParameters(r *http.Request, known []string) *problem {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return malformed.problem("The query in the address cannot be read. Encode each value of it.")
	}
	message := "There is no such parameter here. This address takes none."
	if len(known) > 0 {
		message = "There is no such parameter here. These can be given: " + strings.Join(known, ", ") + "."
	}
	var wrong []fieldProblem
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) && len(wrong) < maxErrors {
			shown := clip(strings.ToValidUTF8(name, "\ufffd"))
			wrong = append(wrong, fieldProblem{Field: shown, Location: "query." + shown, Message: message})
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		p := invalid.problem("The parameter " + wrong[0].Field + " is not known. " + message)
		p.Errors = wrong
		return p
	}
	p := invalid.problem("Some parameters are not known: leave them out, or look how they are spelt.")
	p.Errors = wrong
	return p
}
