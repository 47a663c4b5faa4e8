package ingest

import "github.com/dev-portal/dev-portal/pkg/events"

// mostSeen bounds what is remembered, at some 100 bytes a service.
const mostSeen = 1 << 18

// seen is what the results said last of each service, as far as this replica
// took them. It decides only how long a result may wait.
type seen map[string]verdict

type verdict struct {
	status events.Status
	reason events.Reason
}

// news takes note of a result, and says whether it tells anything but what the
// one before it told.
func (s seen) news(r events.ProbeCompleted) bool {
	now := verdict{r.Status, r.Reason}
	if s[r.ServiceID] == now {
		return false
	}
	if len(s) >= mostSeen {
		clear(s) // many are of services that are gone
	}
	s[r.ServiceID] = now
	return true
}
