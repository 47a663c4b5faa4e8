package plan

import (
	"fmt"
	"hash/fnv"
	"time"

	"github.com/dev-portal/dev-portal/pkg/events"
)

// schedule returns a cron expression of the broker, in UTC, that fires each interval:
//
//	second minute hour day month weekday
//
// The id determines the offset in the interval, so that the load is even however
// many services are added at once. "n/step" means n, n+step, … up to the field's
// end; as each interval divides the minute or the hour, the step across that end has
// the same length.
func schedule(id string, interval events.Interval) string {
	every := interval.Duration()
	at := offset(id, every)
	second, minute := int(at.Seconds())%60, int(at.Minutes())
	switch {
	case every < time.Minute:
		return fmt.Sprintf("%d/%d * * * * *", second, int(every.Seconds()))
	case every == time.Minute:
		return fmt.Sprintf("%d * * * * *", second)
	case every < time.Hour:
		return fmt.Sprintf("%d %d/%d * * * *", second, minute, int(every.Minutes()))
	default:
		return fmt.Sprintf("%d %d * * * *", second, minute)
	}
}

// plannable returns the interval itself if this version knows it. For one that only
// a later version knows it returns the longest known interval that is not longer, as
// results may come more often than asked for; the shortest one if all are longer.
func plannable(interval events.Interval) events.Interval {
	if interval.Known() {
		return interval
	}
	fits := events.Intervals[0]
	for _, i := range events.Intervals {
		if i.Duration() <= interval.Duration() {
			fits = i
		}
	}
	return fits
}

// offset returns the offset of the service's slots in the interval, in whole seconds.
func offset(id string, every time.Duration) time.Duration {
	h := fnv.New64a()
	h.Write([]byte(id))
	seconds := uint64(every / time.Second)
	return time.Duration(mix(h.Sum64())%seconds) * time.Second
}

// mix improves FNV's weak low bits (the finaliser of MurmurHash3).
func mix(h uint64) uint64 {
	h = (h ^ h>>33) * 0xff51afd7ed558ccd
	h = (h ^ h>>33) * 0xc4ceb9fe1a85ec53
	return h ^ h>>33
}
