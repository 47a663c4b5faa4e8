package rest

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// unknownParameters returns the problem of a query with unknown parameters, or nil. A
// misspelt filter must not return everything.
func unknownParameters(r *http.Request, known []string) *Problem {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return Malformed.Problem("The query of the URL cannot be parsed. Percent-encode each value.")
	}
	message := "Unknown parameter. This address takes none."
	if len(known) > 0 {
		message = "Unknown parameter. These are known: " + strings.Join(known, ", ") + "."
	}
	var wrong []FieldProblem
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if !slices.Contains(known, name) && len(wrong) < maxErrors {
			shown := Clip(strings.ToValidUTF8(name, "\ufffd"))
			wrong = append(wrong, FieldProblem{Field: shown, Location: "query." + shown, Message: message})
		}
	}
	switch len(wrong) {
	case 0:
		return nil
	case 1:
		p := Invalid.Problem("The parameter " + wrong[0].Field + " is not known. " + message)
		p.Errors = wrong
		return p
	}
	p := Invalid.Problem("Some parameters are unknown: remove them, or check their spelling.")
	p.Errors = wrong
	return p
}
