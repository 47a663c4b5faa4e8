package events

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode"
)

// ProbedSchemes has the schemes of the URLs that can be probed.
var ProbedSchemes = []string{"http", "https"}

// ProbePlanned says which URL to probe. As a plan it has a schedule, by which the
// broker copies it to the service's due subject at each slot; as a due message it
// asks the worker that receives it to probe now.
//
//	Type      dev.portal.probe.planned.v1
//	Subject   portal.probe.plan.<service id>, in stream PROBES: one is kept
//	Source    health-worker, from the service's last catalogue event
//	Readers   the broker's scheduler; health-worker, on portal.probe.due.<service id>
//	Delivery  a due message lives one interval, and goes to one worker of a location
//	Errors    one that lacks its ids, times or URL is poison: the worker terminates it
type ProbePlanned struct {
	ServiceID string   `json:"service_id" jsonschema:"format=uuid"`
	Version   int64    `json:"version"` // of the configuration that the URL and interval are from
	URL       string   `json:"url" jsonschema:"format=uri"`
	Interval  Interval `json:"interval"`
}

// Type is the CloudEvents type.
func (ProbePlanned) Type() string { return "dev.portal.probe.planned.v1" }

// Subject is where the plan is kept. The subject of a due message is DueSubject.
func (e ProbePlanned) Subject() string { return PlanSubject(e.ServiceID) }

// Key is the service's.
func (e ProbePlanned) Key() Key { return serviceKey(e.ServiceID) }

func (e ProbePlanned) readable() error {
	return errors.Join(
		checkID("service_id", e.ServiceID),
		check(e.Version > 0, "version is %d, the first is 1", e.Version),
		checkURL("url", e.URL),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ProbePlanned) Validate() error {
	return errors.Join(e.readable(), checkProbed("url", e.URL), check(e.Interval.Known(), "interval %.40q is not in the set", e.Interval))
}

// ProbeCompleted is the result of one probe of a service. It is the reply to a
// request on CheckSubject; the results of scheduled probes are sent as
// ProbesCompleted.
//
//	Type      dev.portal.probe.completed.v1
//	Subject   portal.probe.result.<service id>, in stream RESULTS: kept for an hour
//	Source    health-worker
//	Readers   catalog-api: what is older than what it knows is for the history alone
//	Delivery  at least once; no order
//	Errors    one that lacks its ids, times or URL is poison: the reader terminates it
type ProbeCompleted struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	Version   int64  `json:"version"` // as in the plan
	URL       string `json:"url" jsonschema:"format=uri"`

	Status Status `json:"status"` // healthy, degraded or down
	Reason Reason `json:"reason"`

	// StatusWord is the original value if Status is one of a later version, which is
	// decoded as StatusUnknown. Otherwise it is empty.
	StatusWord string `json:"-"`

	// HTTPStatus is the answer's status code; absent when no answer came.
	HTTPStatus int `json:"http_status,omitzero"`

	// LatencyMS is the time from the start of the request to the answer's
	// header, in milliseconds, rounded up; absent when no answer came.
	LatencyMS int64 `json:"latency_ms,omitzero"`

	// RoundMS is the time in which all services of the service's host are probed
	// once, in milliseconds, if that is longer than the interval: the next result
	// may take as long. Absent if the interval is kept.
	RoundMS int64 `json:"round_ms,omitzero"`

	PlannedAt time.Time `json:"planned_at"` // the slot; for a check by hand, the request
	CheckedAt time.Time `json:"checked_at"` // when the probe really started, by the worker's clock
	Location  string    `json:"location"`
}

// Type is the CloudEvents type.
func (ProbeCompleted) Type() string { return "dev.portal.probe.completed.v1" }

// Subject is where the event is published.
func (e ProbeCompleted) Subject() string { return ResultSubject(e.ServiceID) }

// Key is the service's.
func (e ProbeCompleted) Key() Key { return serviceKey(e.ServiceID) }

func (e *ProbeCompleted) translate() { e.Status, e.StatusWord = e.Status.translate() }

// readable also checks the other fields, because an invalid value would fail the
// database write of all results of the message.
func (e ProbeCompleted) readable() error {
	return errors.Join(
		checkID("service_id", e.ServiceID),
		check(e.Version > 0, "version is %d, the first is 1", e.Version),
		checkURL("url", e.URL),
		checkWord("reason", string(e.Reason)),
		check(e.HTTPStatus >= 0 && e.HTTPStatus <= 999, "http_status %d is out of range", e.HTTPStatus),
		check(e.LatencyMS >= 0, "latency_ms is negative"),
		check(e.RoundMS >= 0, "round_ms is negative"),
		check(!e.PlannedAt.IsZero(), "planned_at is missing"),
		check(!e.CheckedAt.IsZero(), "checked_at is missing"),
		checkLocation(e.Location),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ProbeCompleted) Validate() error {
	return errors.Join(
		e.readable(),
		checkProbed("url", e.URL),
		check(e.Status.Known() && e.Status != StatusUnknown, "status %.40q is no outcome of a probe", e.Status),
		check(e.Reason.Known(), "reason %.40q is not on the list", e.Reason),
	)
}

// MaxResults is the maximum of results of a ProbesCompleted: with the longest URLs
// they just fit into a message.
const MaxResults = 64

// ProbesCompleted has the results of probes that ended at about the same time, so
// that a message, its storage and its acknowledgement serve several.
//
//	Type      dev.portal.probes.completed.v1
//	Subject   portal.probe.result.<location>, in stream RESULTS: kept for an hour
//	Source    health-worker
//	Readers   catalog-api: what is older than what it knows is for the history alone
//	Delivery  at least once; no order
//	Errors    one that lacks its ids, times or URL is poison: the reader terminates it
type ProbesCompleted struct {
	Results []ProbeCompleted `json:"results"` // 1 to MaxResults, all of one location
}

// Type is the CloudEvents type.
func (ProbesCompleted) Type() string { return "dev.portal.probes.completed.v1" }

// Subject is where the event is published.
func (e ProbesCompleted) Subject() string { return ResultSubject(e.location()) }

// Key is the location's.
func (e ProbesCompleted) Key() Key { return Key{KindLocation, e.location()} }

// location returns the location of the results, or "" if there are none.
func (e ProbesCompleted) location() string {
	if len(e.Results) == 0 {
		return ""
	}
	return e.Results[0].Location
}

func (e *ProbesCompleted) translate() {
	for i := range e.Results {
		e.Results[i].translate()
	}
}

func (e ProbesCompleted) readable() error {
	var errs []error
	for i, r := range e.Results {
		if err := r.readable(); err != nil {
			errs = append(errs, fmt.Errorf("result %d: %w", i, err))
		}
	}
	return errors.Join(errs...)
}

// Validate returns every rule that the event breaks, joined.
func (e ProbesCompleted) Validate() error {
	errs := []error{check(len(e.Results) > 0 && len(e.Results) <= MaxResults,
		"there are %d results, want 1 to %d", len(e.Results), MaxResults)}
	for i, r := range e.Results {
		if err := r.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("result %d: %w", i, err))
		}
		errs = append(errs, check(r.Location == e.location(), "result %d is of location %.40q, not %.40q", i, r.Location, e.location()))
	}
	return errors.Join(errs...)
}

// DecodeResults decodes a message of stream RESULTS: a ProbesCompleted, a single
// ProbeCompleted, or a ProbeDelayed, which has no results. Its errors are those of
// Decode; for another type the error wraps ErrPoison.
func DecodeResults(header map[string][]string, data []byte) ([]ProbeCompleted, error) {
	env, err := Decode(header, data)
	if err != nil {
		return nil, err
	}
	switch e := env.Event.(type) {
	case ProbesCompleted:
		return e.Results, nil
	case ProbeCompleted:
		return []ProbeCompleted{e}, nil
	case ProbeDelayed:
		return nil, nil
	}
	return nil, fmt.Errorf("%w: %s is no result of a probe", ErrPoison, env.Event.Type())
}

// ProbeDelayed says that a service waits for its probe, because its host takes no
// more probes at once: missing results then don't mean a failure. It is sent once an
// interval while the service waits.
//
//	Type      dev.portal.probe.delayed.v1
//	Subject   portal.probe.result.<service id>, in stream RESULTS: kept for an hour
//	Source    health-worker
//	Readers   catalog-api, which drops what is older than the service's last result
//	Delivery  at most once; no order
//	Errors    one that lacks its ids, times or URL is poison: the reader terminates it
type ProbeDelayed struct {
	ServiceID string `json:"service_id" jsonschema:"format=uuid"`
	URL       string `json:"url" jsonschema:"format=uri"` // as in the plan

	// RoundMS is how long after the last result the next one may come, in
	// milliseconds: an estimate, and longer than the interval.
	RoundMS int64 `json:"round_ms"`

	SaidAt   time.Time `json:"said_at"` // by the worker's clock
	Location string    `json:"location"`
}

// Type is the CloudEvents type.
func (ProbeDelayed) Type() string { return "dev.portal.probe.delayed.v1" }

// Subject is where the event is published.
func (e ProbeDelayed) Subject() string { return ResultSubject(e.ServiceID) }

// Key is the service's.
func (e ProbeDelayed) Key() Key { return serviceKey(e.ServiceID) }

func (e ProbeDelayed) readable() error {
	return errors.Join(
		checkID("service_id", e.ServiceID),
		checkURL("url", e.URL),
		check(e.RoundMS > 0, "round_ms is %d, want more than 0", e.RoundMS),
		check(!e.SaidAt.IsZero(), "said_at is missing"),
		checkLocation(e.Location),
	)
}

// Validate returns every rule that the event breaks, joined.
func (e ProbeDelayed) Validate() error { return errors.Join(e.readable(), checkProbed("url", e.URL)) }

// checkLocation returns an error if location is empty or has characters that are not
// allowed in a subject, of which it becomes a part.
func checkLocation(location string) error {
	odd := strings.ContainsFunc(location, func(r rune) bool {
		return unicode.IsControl(r) || unicode.IsSpace(r) || strings.ContainsRune(".*>", r)
	})
	return errors.Join(check(location != "", "location is empty"), check(!odd, "location %.40q is not the name of a place", location))
}

// checkURL returns an error unless raw can be a URL, of whatever scheme.
func checkURL(field, raw string) error {
	return check(raw != "" && !strings.ContainsFunc(raw, unicode.IsControl), "%s %.40q is no URL", field, raw)
}

// checkProbed returns an error unless a probe of this version can ask raw. It is not for
// readers: a later worker may know more schemes.
func checkProbed(field, raw string) error {
	u, err := url.Parse(raw)
	return check(raw == "" || err == nil && slices.Contains(ProbedSchemes, u.Scheme) && u.Host != "",
		"%s is not a URL that begins with %s", field, strings.Join(ProbedSchemes, ":// or ")+"://")
}
