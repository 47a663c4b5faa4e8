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
	Malformed = NewKind("malformed", http.StatusBadRequest, "Malformed request",
		"The body is missing, incomplete or not JSON, or a header is not valid.")
	Unauthenticated = NewKind("unauthenticated", http.StatusUnauthorized, "Not signed in",
		"The request does not say who is asking, and nobody unknown may do this. The answer names the role that is needed.")
	Forbidden = NewKind("forbidden", http.StatusForbidden, "Not allowed",
		"Who is asking may not do this. The answer names the role that is needed.")
	NotFound = NewKind("not-found", http.StatusNotFound, "Not found",
		"Nothing is at this address: the resource does not exist, or the route does not.")
	method = NewKind("method", http.StatusMethodNotAllowed, "Method not allowed",
		"The address exists, but not with this method. The header Allow lists its methods.")
	tooSlow = NewKind("too-slow", http.StatusRequestTimeout, "Request timeout",
		"The body of a request must be complete within ten seconds.")
	Changed = NewKind("changed", http.StatusPreconditionFailed, "Version conflict",
		"The version in If-Match is not the current one: somebody else changed the resource.")
	Unmet = NewKind("precondition", http.StatusPreconditionFailed, "Precondition failed",
		"A condition in a header such as If-None-Match is not met.")
	crossOrigin = NewKind("cross-origin", http.StatusForbidden, "Request of another site",
		"A page of another site made a browser send a request that changes something.")
	misdirected = NewKind("misdirected", http.StatusMisdirectedRequest, "Not this portal's name",
		"The request is to a name that the portal does not answer to.")
	TooManyRequests = NewKind("too-many-requests", http.StatusTooManyRequests, "Too many requests",
		"A client, which is a key or an address, sends more requests than the portal takes. The headers RateLimit-Limit, RateLimit-Remaining and RateLimit-Reset (in seconds) say how many it may send; Retry-After, when to go on.")
	tooLarge = NewKind("too-large", http.StatusRequestEntityTooLarge, "Body too large",
		"A body has at most 64 KiB.")
	mediaType = NewKind("media-type", http.StatusUnsupportedMediaType, "Unsupported media type",
		"Bodies are application/json in UTF-8; PATCH takes application/merge-patch+json too, and events may be application/cloudevents+json.")
	Invalid = NewKind("invalid", http.StatusUnprocessableEntity, "Validation failed",
		"Fields or parameters are not valid; errors lists each of them.")
	Internal = NewKind("internal", http.StatusInternalServerError, "Internal error",
		"An error in the portal. Its log has the cause, under the request_id.")
	Unavailable = NewKind("unavailable", http.StatusServiceUnavailable, "Temporarily unavailable",
		"The database cannot be reached or did not answer in time, or no more event streams can be opened.")
)

// KindDoc is a kind for the documentation.
type KindDoc struct {
	Slug, Title, About string
	Status             int
}

// Kinds returns the kinds of this package and more, sorted by status.
func Kinds(more ...Kind) []KindDoc {
	kinds := append([]Kind{
		Malformed, Unauthenticated, Forbidden, crossOrigin, NotFound, method, tooSlow, Changed, Unmet, tooLarge, mediaType, misdirected, Invalid, TooManyRequests, Internal, Unavailable,
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
