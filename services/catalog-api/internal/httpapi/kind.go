package httpapi

import "net/http"

// kind is a kind of problem. Its slug is part of the contract.
type kind struct {
	slug   string
	status int
	title  string
	about  string // for the documentation: when it comes
}

var (
	malformed = kind{"malformed", http.StatusBadRequest, "The request cannot be read",
		"The body is missing, broken off or not JSON, or a header is not as it must be."}
	notFound = kind{"not-found", http.StatusNotFound, "Not found",
		"There is nothing at this address: no such service, or no such route."}
	method = kind{"method", http.StatusMethodNotAllowed, "Method not allowed",
		"The address exists but not with this method. The header Allow has those that do."}
	tooSlow = kind{"too-slow", http.StatusRequestTimeout, "The body came too slowly",
		"The body of a request must be complete within ten seconds."}
	nameTaken = kind{"name-taken", http.StatusConflict, "The name is taken",
		"Names are unique, whatever their case and what cannot be seen of them."}
	changedMeanwhile = kind{"changed", http.StatusPreconditionFailed, "Changed meanwhile",
		"The version in If-Match is not the service's present one: somebody else changed it."}
	unmet = kind{"precondition", http.StatusPreconditionFailed, "A condition does not hold",
		"A header such as If-None-Match makes the request depend on what is not so."}
	tooLarge = kind{"too-large", http.StatusRequestEntityTooLarge, "The body is too large",
		"A body may have 64 KiB."}
	mediaType = kind{"media-type", http.StatusUnsupportedMediaType, "Not JSON",
		"Bodies are application/json in UTF-8; PATCH takes application/merge-patch+json too."}
	invalid = kind{"invalid", http.StatusUnprocessableEntity, "Not valid",
		"Fields or parameters break a rule; errors names each of them."}
	noHealthURL = kind{"no-health-url", http.StatusUnprocessableEntity, "Nothing to check",
		"A service without status_url cannot be checked."}
	tooMany = kind{"too-many", http.StatusTooManyRequests, "Too many checks",
		"A service can be checked five times at once, then every two seconds; all of them thirty times, then three times a second. Retry-After says when again."}
	internal = kind{"internal", http.StatusInternalServerError, "Internal error",
		"A fault of the portal. Its log says more."}
	workerFailed = kind{"worker-failed", http.StatusBadGateway, "The check failed",
		"A health worker was asked and answered with an error, or for another service."}
	noWorker = kind{"no-worker", http.StatusServiceUnavailable, "No health worker",
		"Nobody is there to make the check, or the portal cannot reach NATS."}
	unavailable = kind{"unavailable", http.StatusServiceUnavailable, "Not available now",
		"The database cannot be reached or did not answer in time, or there is no room for another event stream."}
)

// kinds has every kind, as the documentation lists them.
var kinds = []kind{
	malformed, notFound, method, tooSlow, nameTaken, changedMeanwhile, unmet, tooLarge, mediaType,
	invalid, noHealthURL, tooMany, internal, workerFailed, noWorker, unavailable,
}

func (k kind) problem(detail string) *problem {
	return &problem{Type: docsPath + "#" + k.slug, Title: k.title, Status: k.status, Detail: detail}
}
