package events

import (
	"errors"
	"slices"
	"strings"
	"time"
)

// Status is the health of a service.
type Status string

// The four states, by severity, the worst last.
const (
	StatusHealthy  Status = "healthy"  // the probe was answered with 2xx
	StatusUnknown  Status = "unknown"  // never probed, no health URL, or no result for three intervals
	StatusDegraded Status = "degraded" // the probe was answered, but not with 2xx
	StatusDown     Status = "down"     // the probe was not answered
)

// Statuses has every Status.
var Statuses = []Status{StatusHealthy, StatusUnknown, StatusDegraded, StatusDown}

// Names lists the values of a set, such as Statuses, for a message: "healthy, unknown".
func Names[T ~string](set []T) string {
	names := make([]string, len(set))
	for i, value := range set {
		names[i] = string(value)
	}
	return strings.Join(names, ", ")
}

// Known reports whether s is in Statuses.
func (s Status) Known() bool { return slices.Contains(Statuses, s) }

// translate returns s and "" for a known status, and else StatusUnknown and the
// original value.
func (s Status) translate() (Status, string) {
	if s.Known() {
		return s, ""
	}
	return StatusUnknown, string(s)
}

// Reason is the code of why a service has its status. Later versions may have more
// reasons than Reasons.
type Reason string

// The reasons, with the status that each one leads to.
const (
	ReasonOK       Reason = "ok"        // healthy: 2xx
	ReasonHostBusy Reason = "host_busy" // healthy: 2xx, but probed less often than planned, as its host takes no more probes at once

	ReasonHTTP1xx  Reason = "http_1xx" // degraded: the connection was upgraded to a protocol that nobody asked for
	ReasonHTTP3xx  Reason = "http_3xx" // degraded: a redirect that could not be followed
	ReasonHTTP4xx  Reason = "http_4xx" // degraded
	ReasonHTTP5xx  Reason = "http_5xx" // degraded; an answer outside 100 to 599 too
	ReasonRedirect Reason = "redirect" // degraded: redirected to another host, or more than 5 times

	ReasonDNS                 Reason = "dns"                   // down: the host's name does not exist, or has no address
	ReasonDNSFailure          Reason = "dns_failure"           // down: the name servers failed or did not answer
	ReasonConnectRefused      Reason = "connect_refused"       // down
	ReasonConnectTimeout      Reason = "connect_timeout"       // down: no connection in time
	ReasonUnreachable         Reason = "unreachable"           // down: no route, or a router says that network or host can't be reached
	ReasonTLS                 Reason = "tls"                   // down: the handshake failed, or a client certificate is wanted
	ReasonTLSExpired          Reason = "tls_expired"           // down: the certificate has expired
	ReasonTLSNotYetValid      Reason = "tls_not_yet_valid"     // down: the certificate is not valid yet
	ReasonTLSName             Reason = "tls_name"              // down: the certificate is for another name
	ReasonTLSUnknownAuthority Reason = "tls_unknown_authority" // down: nobody known has signed the certificate
	ReasonTimeout             Reason = "timeout"               // down: connected, but no answer in time
	ReasonReset               Reason = "reset"                 // down: the connection broke before an answer came
	ReasonBadResponse         Reason = "bad_response"          // down: what came was not HTTP
	ReasonBlocked             Reason = "blocked"               // down: the address is on the deny list

	ReasonStale  Reason = "stale"  // unknown: no result for three intervals
	ReasonManual Reason = "manual" // a person set the status; there is no health URL
)

// Reasons has every Reason.
var Reasons = []Reason{
	ReasonOK, ReasonHostBusy,
	ReasonHTTP1xx, ReasonHTTP3xx, ReasonHTTP4xx, ReasonHTTP5xx, ReasonRedirect,
	ReasonDNS, ReasonDNSFailure, ReasonConnectRefused, ReasonConnectTimeout, ReasonUnreachable,
	ReasonTLS, ReasonTLSExpired, ReasonTLSNotYetValid, ReasonTLSName, ReasonTLSUnknownAuthority,
	ReasonTimeout, ReasonReset, ReasonBadResponse, ReasonBlocked,
	ReasonStale, ReasonManual,
}

// Known reports whether r is in Reasons.
func (r Reason) Known() bool { return slices.Contains(Reasons, r) }

// checkReason accepts the reasons of later versions too, as the writer of a status
// copies the reason of a probe's result.
func checkReason(field string, r Reason) error {
	if r == "" {
		return nil
	}
	return checkWord(field, string(r))
}

// StatusChanged says that a service's status went from one value to another.
//
//	Type      dev.portal.status.changed.v1
//	Subject   portal.status.<service id>, in stream PORTAL: the last 100 are kept
//	Source    catalog-api, in the transaction that stored the new status
//	Readers   browsers (by Server-Sent Events), and any system that acts on health
//	Delivery  at least once; in order for each service
//	Errors    one that lacks its ids or times is poison: readers terminate it, unretried
type StatusChanged struct {
	// ServiceID is the catalogue's UUIDv7, which stays the same when the name changes.
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`

	// Name is the service's name at that time, so that a reader can notify a person
	// without asking the API.
	Name string `json:"name"`

	// Team is the service's team at that time; absent if nobody owns the service.
	Team string `json:"team,omitzero"`

	// From is the previous status, never equal to To.
	From Status `json:"from"`

	// To is the new status.
	To Status `json:"to"`

	// FromWord and ToWord are the original values if From or To is a status of a
	// later version, which is decoded as StatusUnknown. Otherwise they are empty.
	FromWord string `json:"-"`
	ToWord   string `json:"-"`

	// Reason is the reason for the status To. It is absent if the health URL
	// changed, which makes earlier results invalid: To is then unknown.
	Reason Reason `json:"reason,omitzero"`

	// Since is when the status To began: the start of the deciding probe by the
	// worker's clock, or the time of the write. UTC.
	Since time.Time `json:"since"`

	// CheckedAt is when the deciding probe started; absent if a person, or the
	// absence of results, decided.
	CheckedAt time.Time `json:"checked_at,omitzero"`

	// LatencyMS is the time from the start of the request to the answer's
	// header, in milliseconds, rounded up; absent when no answer came.
	LatencyMS int64 `json:"latency_ms,omitzero"`

	// HTTPStatus is the answer's status code; absent when no answer came.
	HTTPStatus int `json:"http_status,omitzero"`

	// Location is where the deciding worker runs; absent if no probe decided.
	Location string `json:"location,omitzero"`

	// After is the last that was done to the service in the half hour before; absent:
	// nothing that the portal knows of.
	After *Preceding `json:"after,omitzero"`
}

// Type is the CloudEvents type.
func (StatusChanged) Type() string { return "dev.portal.status.changed.v1" }

// Subject is where the event is published.
func (e StatusChanged) Subject() string { return StatusSubject(e.ServiceID) }

// Key is the service's.
func (e StatusChanged) Key() Key { return serviceKey(e.ServiceID) }

func (e *StatusChanged) translate() {
	e.From, e.FromWord = e.From.translate()
	e.To, e.ToWord = e.To.translate()
}

func (e StatusChanged) readable() error {
	return errors.Join(
		checkID("service_id", e.ServiceID),
		check(!e.Since.IsZero(), "since is missing"),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e StatusChanged) Validate() error {
	return errors.Join(
		e.readable(),
		check(e.Name != "", "name is empty"),
		check(e.From.Known(), "from %.40q is not a status", e.From),
		check(e.To.Known(), "to %.40q is not a status", e.To),
		check(e.From != e.To, "from and to are both %.40q", e.To),
		checkReason("reason", e.Reason),
		check(e.HTTPStatus >= 0 && e.HTTPStatus <= 999, "http_status %d is out of range", e.HTTPStatus),
		check(e.LatencyMS >= 0, "latency_ms is negative"),
		e.After.validate(),
	)
}
