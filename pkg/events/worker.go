package events

import "time"

// CheckSubject is where workers answer requests to probe a service at once: a
// ProbePlanned as the request, a ProbeCompleted as the reply. It is internal.
const CheckSubject = "portal.check"

// WorkerService is the name of the workers' NATS micro service, which answers
// requests on CheckSubject and can be discovered.
const WorkerService = "health-worker"

// WorkerState is the state of a worker: the data of its endpoint in the reply to
// $SRV.STATS.health-worker (NATS micro, STATS). It is internal.
type WorkerState struct {
	Location string `json:"location"`

	// Places is how many scheduled probes may run at once, Taken how many do.
	Places int `json:"places"`
	Taken  int `json:"taken"`

	// StuckSince is since when at least half of the places are held by probes that
	// do not end, that is, that run for longer than a probe may take. Absent if
	// the worker is not stuck.
	StuckSince time.Time `json:"stuck_since,omitzero"`

	// BusyHosts are the hosts with more services than can be probed in time, the
	// longest round first; 10 at most.
	BusyHosts []BusyHost `json:"busy_hosts,omitempty"`
}

// BusyHost is a host and port whose services are probed less often than planned.
type BusyHost struct {
	Host     string `json:"host"`     // name or address, and port
	Services int    `json:"services"` // that are queued or being probed
	RoundMS  int64  `json:"round_ms"` // time in which each of them is probed once, in milliseconds
}
