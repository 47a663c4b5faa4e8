package events

import "time"

// CheckSubject is where workers answer requests to probe a service at once: a
// ProbePlanned as the request, a ProbeCompleted as the reply. It is internal.
const CheckSubject = "portal.check"

// WorkerService is what the workers call themselves as a NATS micro service, by
// which they answer requests on CheckSubject and can be asked who is there.
const WorkerService = "health-worker"

// WorkerState is what a worker says of itself: the data of its endpoint in the
// answer to $SRV.STATS.health-worker (NATS micro, STATS). It is internal.
type WorkerState struct {
	Location string `json:"location"`

	// Places is how many scheduled probes may run at once, Taken how many do.
	Places int `json:"places"`
	Taken  int `json:"taken"`

	// StuckSince is since when every place has been taken without one being
	// given back, for longer than a probe may take: then a probe does not end.
	// Absent when all is well.
	StuckSince time.Time `json:"stuck_since,omitzero"`

	// BusyHosts are those with more services than they let be probed in time,
	// the longest round first; 10 at most.
	BusyHosts []BusyHost `json:"busy_hosts,omitempty"`
}

// BusyHost is a host and port whose services are probed less often than planned.
type BusyHost struct {
	Host     string `json:"host"`     // name or address, and port
	Services int    `json:"services"` // that wait for their turn or are being probed
	RoundMS  int64  `json:"round_ms"` // in which each of them is probed once, in milliseconds
}
