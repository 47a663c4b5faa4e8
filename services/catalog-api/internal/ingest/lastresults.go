package ingest

import "github.com/dev-portal/dev-portal/pkg/events"

// maxLastResults bounds lastResults, at some 100 bytes per service.
const maxLastResults = 1 << 18

// lastResults are the last results of services, by id, that this replica received. They
// only decide how long a batch may wait.
type lastResults map[string]verdict

type verdict struct {
	status events.Status
	reason events.Reason
}

// update stores a result, and reports whether it differs from the service's last one.
func (l lastResults) update(r events.ProbeCompleted) bool {
	now := verdict{r.Status, r.Reason}
	if l[r.ServiceID] == now {
		return false
	}
	if len(l) >= maxLastResults {
		clear(l) // many are of deleted services
	}
	l[r.ServiceID] = now
	return true
}
