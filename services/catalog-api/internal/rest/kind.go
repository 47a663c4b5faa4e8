package rest

import (
	"net/http"
	"slices"
)

// Kind is a kind of problem.
type Kind struct {
	slug   string
	status int
	title  string
	about  string
}

// NewKind returns a kind. Its slug is part of the contract. about tells readers of the
// documentation when it occurs.
func NewKind(slug string, status int, title, about string) Kind {
	return Kind{slug, status, title, about}
}

// The kinds of problem that any resource can have.
var (
	Malformed = NewKind("malformed", http.StatusBadRequest, "The request cannot be read",
		"The body is missing, broken off or not JSON, or a header is not as it must be.")
	NotFound = NewKind("not-found", http.StatusNotFound, "Not found",
		"There is nothing at this address: what it names is not there, or there is no such route.")
	method = NewKind("method", http.StatusMethodNotAllowed, "Method not allowed",
		"The address exists but not with this method. The header Allow has those that do.")
	tooSlow = NewKind("too-slow", http.StatusRequestTimeout, "The body came too slowly",
		"The body of a request must be complete within ten seconds.")
	Changed = NewKind("changed", http.StatusPreconditionFailed, "Changed meanwhile",
		"The version in If-Match is not the present one: somebody else changed it.")
	Unmet = NewKind("precondition", http.StatusPreconditionFailed, "A condition does not hold",
		"A header such as If-None-Match makes the request depend on what is not so.")
	tooLarge = NewKind("too-large", http.StatusRequestEntityTooLarge, "The body is too large",
		"A body may have 64 KiB.")
	mediaType = NewKind("media-type", http.StatusUnsupportedMediaType, "Not JSON",
		"Bodies are application/json in UTF-8; PATCH takes application/merge-patch+json too.")
	Invalid = NewKind("invalid", http.StatusUnprocessableEntity, "Not valid",
		"Fields or parameters break a rule; errors names each of them.")
	Internal = NewKind("internal", http.StatusInternalServerError, "Internal error",
		"A fault of the portal. Its log says more.")
	Unavailable = NewKind("unavailable", http.StatusServiceUnavailable, "Not available now",
		"The database cannot be reached or did not answer in time, or there is no room for another event stream.")
)

// KindDoc is a kind for the documentation.
type KindDoc struct {
	Slug, Title, About string
	Status             int
}

// Kinds returns the kinds of this package and more, sorted by status.
func Kinds(more ...Kind) []KindDoc {
	kinds := append([]Kind{
		Malformed, NotFound, method, tooSlow, Changed, Unmet, tooLarge, mediaType, Invalid, Internal, Unavailable,
	}, more...)
	list := make([]KindDoc, len(kinds))
	for i, k := range kinds {
		list[i] = KindDoc{Slug: k.slug, Title: k.title, About: k.about, Status: k.status}
	}
	slices.SortStableFunc(list, func(a, b KindDoc) int { return a.Status - b.Status })
	return list
}

// Problem returns a problem of this kind. detail is a sentence that a person can act on.
func (k Kind) Problem(detail string) *Problem {
	return &Problem{Type: DocsPath + "#" + k.slug, Title: k.title, Status: k.status, Detail: detail}
}
